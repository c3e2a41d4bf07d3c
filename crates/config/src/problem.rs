//! Mistakes with their places, collected while reading goes on.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};

use model::{one_line, terminal_safe};

/// The most mistakes that one reading lists: a file full of them is one mistake to a reader.
const MAX_PROBLEMS: usize = 500;

/// A mistake in the configuration, or (as a warning) something that will surprise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// As typed: it starts with the path that the user pointed at.
    pub file: PathBuf,
    /// From 1; 0 where the whole file or folder is meant.
    pub line: usize,
    /// In characters, from 1; 0 where the whole file or folder is meant.
    pub column: usize,
    /// One line, with nothing in it that a terminal would act on.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.to_string_lossy();
        f.write_str(&one_line(&terminal_safe(&file)))?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Where mistakes are put while everything else is still read.
#[derive(Debug, Default)]
pub(crate) struct Report {
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl Report {
    pub(crate) fn problem(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }
    pub(crate) fn warning(&self, warning: Problem) {
        self.warnings.borrow_mut().push(warning);
    }
    /// A mistake that is about a file or folder as a whole.
    pub(crate) fn whole(&self, file: &Path, message: impl Into<String>) {
        self.problem(whole(file, message));
    }
    pub(crate) fn warn_whole(&self, file: &Path, message: impl Into<String>) {
        self.warning(whole(file, message));
    }
    /// How many mistakes there are so far.
    pub(crate) fn count(&self) -> usize {
        self.problems.borrow().len()
    }
    /// Problems and warnings by file and place.
    pub(crate) fn into_sorted(self) -> (Vec<Problem>, Vec<Problem>) {
        (sorted(self.problems.into_inner()), sorted(self.warnings.into_inner()))
    }
}

fn whole(file: &Path, message: impl Into<String>) -> Problem {
    Problem { file: file.to_owned(), line: 0, column: 0, message: one_line(&message.into()) }
}

fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort();
    problems.dedup();
    if problems.len() > MAX_PROBLEMS {
        let more = problems.len() - MAX_PROBLEMS;
        problems.truncate(MAX_PROBLEMS);
        let file = problems[MAX_PROBLEMS - 1].file.clone();
        problems.push(whole(&file, format!("{more} more mistakes are not listed")));
    }
    problems
}
