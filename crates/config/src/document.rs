//! One file of configuration: its text, its places, its syntax mistakes.

use std::ops::Range;
use std::path::{Path, PathBuf};

use model::one_line;
use toml::de::{DeTable, DeValue, Error};

use crate::problem::{Problem, Report};
use crate::{groups, pieces, statement};

/// The most syntax mistakes that are looked for in one file.
const MAX_MISTAKES: usize = 100;
/// In files larger than this in bytes fewer are looked for, since each costs a parse.
const LARGE: usize = 256 * 1024;
const MAX_MISTAKES_IN_LARGE: usize = 10;

/// A file as it was read, with its broken parts left out.
#[derive(Debug)]
pub(crate) struct Document {
    /// What problems call it.
    pub(crate) shown: PathBuf,
    /// The folder that paths in it are relative to.
    pub(crate) folder: PathBuf,
    text: String,
    /// `text` with white space for every statement that could not be parsed.
    clean: String,
    broken: Vec<Range<usize>>,
    lines: Vec<usize>,
    /// Parts of `clean` that are read one by one.
    pieces: Vec<Range<usize>>,
}

impl Document {
    /// Reads the syntax; every mistake goes to `report`, the rest of the file stays usable.
    pub(crate) fn new(shown: PathBuf, folder: PathBuf, text: String, report: &Report) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let lines = lines.collect();
        let clean = text.clone();
        let (broken, pieces) = (Vec::new(), Vec::new());
        let mut document = Self { shown, folder, text, clean, broken, lines, pieces };
        document.pieces = document.leave_out_mistakes(report);
        document
    }

    /// The parser stops to make sense after some mistakes, so each is reported and then taken
    /// out with the statement that it stands in, until what is left has none. Then it can be cut.
    fn leave_out_mistakes(&mut self, report: &Report) -> Vec<Range<usize>> {
        let most = if self.text.len() > LARGE { MAX_MISTAKES_IN_LARGE } else { MAX_MISTAKES };
        for _ in 0..most {
            let (root, errors) = DeTable::parse_recoverable(&self.clean);
            let first = errors.iter().min_by_key(|error| start(error));
            let Some(first) = first else {
                return pieces::cut(&self.clean, root.get_ref(), groups::has_entries);
            };
            let unclosed = errors.iter().any(|error| error.message().starts_with("unclosed"));
            let opening = unclosed.then(|| statement::unclosed(&self.clean)).flatten();
            let (at, message) = match opening {
                Some((at, what)) => (at, format!("this {what} is never closed")),
                None => self.explain(first, root.get_ref()),
            };
            let mut region = statement::around(&self.clean, at);
            if self.clean[region.clone()].trim().is_empty() {
                // Taking it out would change nothing: the mistake reaches further.
                region.end = self.clean.len();
            }
            report.problem(self.problem(at, message));
            self.blank(region);
        }
        let (_, errors) = DeTable::parse_recoverable(&self.clean);
        if let Some(error) = errors.first() {
            let text = "further syntax mistakes are not listed";
            report.problem(self.problem(start(error), text));
            let all = 0..self.clean.len();
            self.blank(all);
        }
        std::iter::once(0..self.clean.len()).collect()
    }

    /// The place of a mistake, and the parser's words about it, with the other place of a key
    /// that is there twice.
    fn explain(&self, error: &Error, root: &DeTable<'_>) -> (usize, String) {
        let span = error.span().unwrap_or_default();
        let message = error.message();
        if message != "duplicate key" {
            return (span.start, message.to_owned());
        }
        let key = self.clean.get(span.clone()).unwrap_or_default();
        let name = key.trim_matches(['"', '\'']);
        let header = statement::header(&self.clean, span.start);
        let other = match &header {
            Some(path) => {
                let first = statement::first_header(&self.clean, path);
                first
                    .filter(|&at| self.place(at).0 < self.place(span.start).0)
                    .or_else(|| find_path(root, path).filter(|&at| at < span.start))
            }
            None => find_before(root, name, span.start),
        };
        match other {
            Some(other) => {
                (span.start, format!("`{name}`: already used on line {}", self.place(other).0))
            }
            None => (span.start, format!("`{name}` is there twice")),
        }
    }

    fn blank(&mut self, region: Range<usize>) {
        // White space byte for byte, so that every other place stays where it was.
        let blanks = self.clean[region.clone()].bytes().map(|b| match b {
            b'\n' => '\n',
            _ => ' ',
        });
        let blanks: String = blanks.collect();
        self.clean.replace_range(region.clone(), &blanks);
        self.broken.push(region);
    }

    /// The parts of the file that are read one by one, in order.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.pieces.iter().map(|piece| {
            let base = piece.start;
            Piece { text: &self.clean[piece.clone()], base, is_whole: self.pieces.len() == 1 }
        })
    }

    /// The source text of a value, shortened to be shown.
    pub(crate) fn shown_source(&self, span: Range<usize>) -> String {
        let source = one_line(self.text.get(span).unwrap_or_default());
        model::truncated(&source, 80).into_owned()
    }

    /// Line and column of a byte.
    pub(crate) fn place(&self, at: usize) -> (usize, usize) {
        let at = self.text.floor_char_boundary(at);
        let line = self.lines.partition_point(|&start| start <= at);
        let begin = self.lines[line - 1];
        let before = self.text[begin..at].trim_start_matches('\u{feff}');
        (line, before.chars().count() + 1)
    }

    pub(crate) fn problem(&self, at: usize, message: impl Into<String>) -> Problem {
        let (line, column) = self.place(at);
        let message = one_line(&message.into());
        Problem { file: self.shown.clone(), line, column, message }
    }

    /// Something was left out between the header at `at` and the next one: what seems to be
    /// missing there may be what was left out.
    pub(crate) fn is_broken_after(&self, at: usize) -> bool {
        let end = statement::section(&self.text, at).end;
        self.broken.iter().any(|region| region.start < end && at < region.end)
    }

    /// A whole `[kind…` section was left out: ids of that kind may be missing.
    pub(crate) fn lost_section(&self, kind: &str) -> bool {
        self.broken.iter().any(|region| {
            let left_out = &self.text[region.clone()];
            let headers = left_out.match_indices(kind).any(|(at, _)| {
                left_out[..at].trim_end().ends_with('[') || left_out[..at].trim().is_empty()
            });
            headers || region.len() == self.text.len()
        })
    }

    pub(crate) fn shown_line(&self, at: usize) -> String {
        format!("{}:{}", Path::display(&self.shown), self.place(at).0)
    }
}

/// A part of a file that says by itself what it is.
#[derive(Clone, Copy)]
pub(crate) struct Piece<'d> {
    text: &'d str,
    /// Where it begins in the file.
    pub(crate) base: usize,
    /// It is all of the file, with any number of entries.
    pub(crate) is_whole: bool,
}

impl<'d> Piece<'d> {
    /// Its tables, but for what is broken, with places counted from `base`.
    pub(crate) fn parse(self) -> DeTable<'d> {
        DeTable::parse_recoverable(self.text).0.into_inner()
    }
}

fn start(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

/// The place of the last key of `path`.
fn find_path(root: &DeTable<'_>, path: &[String]) -> Option<usize> {
    let (name, rest) = path.split_first()?;
    let (key, value) = root.iter().find(|(key, _)| key.get_ref() == name)?;
    match (rest.is_empty(), value.get_ref()) {
        (true, _) => Some(key.span().start),
        (false, DeValue::Table(table)) => find_path(table, rest),
        (false, DeValue::Array(items)) => match items.iter().last()?.get_ref() {
            DeValue::Table(table) => find_path(table, rest),
            _ => None,
        },
        _ => None,
    }
}

/// The last place before `end` where `name` is a key.
fn find_before(root: &DeTable<'_>, name: &str, end: usize) -> Option<usize> {
    let here =
        |(key, value): (&toml::Spanned<toml::de::DeString<'_>>, &toml::Spanned<DeValue<'_>>)| {
            let own = (key.get_ref() == name && key.span().start < end).then_some(key.span().start);
            let below = match value.get_ref() {
                DeValue::Table(table) => find_before(table, name, end),
                DeValue::Array(items) => {
                    let tables = items.iter().filter_map(|item| match item.get_ref() {
                        DeValue::Table(table) => find_before(table, name, end),
                        _ => None,
                    });
                    tables.max()
                }
                _ => None,
            };
            own.max(below)
        };
    root.iter().filter_map(here).max()
}
