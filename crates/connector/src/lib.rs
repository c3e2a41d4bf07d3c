//! How each kind of source is read: pure functions from bytes to entries. No IO, no async, no clock.

use model::{Entry, Problem};
use serde::Serialize;

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
