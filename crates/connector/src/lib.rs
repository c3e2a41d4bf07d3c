#![doc = include_str!("../README.md")]

mod charset;
pub mod entities;
mod error;
pub mod feed;
pub mod notices;
pub mod opml;

use model::{Entry, Problem};
use serde::Serialize;

pub use crate::charset::{DecidedBy, Decoded, decode};
pub use crate::error::ParseError;

/// A body with what the transport said about it.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    pub bytes: &'a [u8],
    /// The `Content-Type` header as received.
    pub content_type: Option<&'a str>,
    /// The address that relative references start from.
    pub base_url: Option<&'a str>,
}

/// How one source is read, with its rules compiled. A new kind is one variant and one module.
#[derive(Clone, Debug)]
pub enum Connector {
    Feed(FeedRules),
}

/// What the operator can say about a feed.
#[derive(Clone, Debug, Default)]
pub struct FeedRules {}

/// What one document yielded: the usable entries, and a problem with its place for each part that
/// was skipped, repaired or cut.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Parsed {
    /// `rss-2.0`, `atom-1.0`, `json-feed-1.1` …
    pub format: String,
    pub title: Option<String>,
    pub items: Vec<Entry>,
    pub problems: Vec<Problem>,
    /// The address of the next page, where the format has pages.
    pub next: Option<String>,
    /// Entries that could not be used at all: each has a problem as well (I3).
    #[serde(skip)]
    pub rejected: u32,
}

/// Reads one document by the rules of its connector. The same bytes always give the same result.
///
/// # Errors
/// Only when nothing in the document can be used; one bad entry is a [`Problem`].
pub fn parse(connector: &Connector, document: &Document<'_>) -> Result<Parsed, ParseError> {
    match connector {
        Connector::Feed(rules) => feed::parse_feed(rules, document),
    }
}

impl Connector {
    /// Reads entity lists: versioned state, not a stream of entries.
    pub fn is_list(&self) -> bool {
        match self {
            Self::Feed(_) => false,
        }
    }
}
