//! What a document of notices yielded.

use model::{Notice, Problem};
use serde::{Serialize, Serializer};

/// Problems of one document that are told one by one.
const PROBLEMS: usize = 500;

/// What one document yielded. Every record of it is in `items`, in `skipped`, or has a problem that
/// says it could not be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ParsedNotices {
    /// The format and where it has versions, which: `ted-search`, `eforms-1.13`, `ocds-1.1`.
    pub format: String,
    /// The name that the document gives itself.
    pub title: Option<String>,
    pub items: Vec<Notice>,
    pub problems: Vec<Problem>,
    /// Records that are no notices or are there twice.
    pub skipped: Vec<Skipped>,
    /// Records that could not be read at all: each has a problem as well (I3).
    pub rejected: u32,
    /// How many the server says there are in all.
    pub total: Option<u64>,
    /// Where the next page is.
    pub next: Option<Next>,
}

/// A record that was left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Where: `release 3`, `row 12`.
    pub at: String,
    pub reason: String,
}

/// What leads to the next page of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The address of the next page.
    Address(String),
    /// A token for the body of the next request.
    Token(String),
    /// The number of the first record of the next page.
    Offset(u64),
}

impl Serialize for Next {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Address(text) | Self::Token(text) => text.serialize(s),
            Self::Offset(number) => number.to_string().serialize(s),
        }
    }
}

impl ParsedNotices {
    pub(crate) fn new(format: impl Into<String>) -> Self {
        Self { format: format.into(), ..Self::default() }
    }

    /// Something that reading went around.
    pub(crate) fn problem(&mut self, at: impl Into<String>, reason: impl Into<String>) {
        match self.problems.len() {
            ..PROBLEMS => {
                self.problems.push(Problem { at: at.into(), reason: reason.into() });
            }
            PROBLEMS => self.problems.push(Problem {
                at: "document".into(),
                reason: format!("more than {PROBLEMS} problems; the rest is not listed"),
            }),
            _ => (),
        }
    }

    /// A record that could not be read.
    pub(crate) fn reject(&mut self, at: impl Into<String>, reason: impl Into<String>) {
        self.rejected += 1;
        self.problem(at, reason);
    }

    pub(crate) fn skip(&mut self, at: impl Into<String>, reason: impl Into<String>) {
        self.skipped.push(Skipped { at: at.into(), reason: reason.into() });
    }
}
