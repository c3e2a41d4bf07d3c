//! Sitemaps: the sitemaps.org protocol with Google's news extension, indexes, lists of addresses,
//! and feeds in their place, plain or as gzip files, as they really arrive.

mod draft;
mod gzip;
mod lines;
mod names;
mod reader;

use std::collections::HashSet;

use model::{Entry, Problem, Timestamp};
use url::Url;

use crate::charset::decode_lazily;
use crate::feed::{self, Repairs};
use crate::{Document, FeedRules, ParseError, Parsed};

/// Addresses of one file, and sitemaps of one index (sitemaps.org, "Sitemaps XML format").
pub const ENTRIES: usize = 50_000;
/// Bytes of one file, unpacked (the same).
pub const BYTES: usize = 50 << 20;

/// What the operator can say about a sitemap.
#[derive(Clone, Debug, Default)]
pub struct SitemapRules {}

/// What one file yielded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParsedSitemap {
    /// `sitemap`, `sitemap-news`, `sitemap-index`, `sitemap-text`, or that of a feed.
    pub format: String,
    /// The name of the publication, where entries give one.
    pub title: Option<String>,
    /// In the order of the file.
    pub items: Vec<Entry>,
    pub problems: Vec<Problem>,
    /// The sitemaps that an index names: newest first, those without a date last.
    pub children: Vec<Child>,
    /// Entries that could not be used at all: each has a problem as well (I3).
    pub rejected: u32,
    /// Of a feed in place of a sitemap.
    pub hints: model::Hints,
}

/// A sitemap that an index names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    pub url: String,
    /// When the index says that it changed last.
    pub modified: Option<Timestamp>,
}

/// Reads a sitemap of whatever format.
///
/// # Errors
/// When the document is empty, something else than a sitemap, or damaged so far that nothing is
/// left to use.
pub fn parse_sitemap(
    _rules: &SitemapRules,
    document: &Document<'_>,
) -> Result<ParsedSitemap, ParseError> {
    let mut repairs = Repairs::default();
    let unpacked = gzip::unpack(document.bytes, &mut repairs)?;
    let bytes = within_bounds(&unpacked, &mut repairs);
    if bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(ParseError::Empty);
    }
    if let Some(what) = feed::binary(bytes) {
        return Err(other(what.into()));
    }
    let base = document.base_url.and_then(|base| Url::parse(base).ok());
    // The charset of the header belongs to what is inside of a gzip file as well.
    let (text, encoding, _, replaced) = decode_lazily(bytes, document.content_type);
    if replaced > 0 {
        repairs.list("document", format!("{replaced} characters are no {encoding}"));
    }
    let begins =
        text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\0');
    let mut parsed = match begins.as_bytes().first() {
        Some(b'{' | b'[') => return of_feed(bytes, document, repairs, &text),
        Some(b'<') => match reader::read(&text, base.as_ref(), &mut repairs)? {
            reader::Read::Sitemap(parsed) => parsed,
            reader::Read::Feed => return of_feed(bytes, document, repairs, &text),
            reader::Read::Other(root) => return Err(other(feed::what_else(Some(&root)))),
        },
        _ => match lines::read(&text, &mut repairs) {
            Some(parsed) => parsed,
            // Words before the markup: warnings of a program, a byte order mark gone wrong.
            None => match reader::read(&text, base.as_ref(), &mut repairs)? {
                reader::Read::Sitemap(parsed) => parsed,
                reader::Read::Feed => return of_feed(bytes, document, repairs, &text),
                reader::Read::Other(root) => {
                    let root = Some(root.as_str()).filter(|root| !root.is_empty());
                    return Err(other(feed::what_else(root)));
                }
            },
        },
    };
    newest_first(&mut parsed.children);
    parsed.problems = repairs.finish(&text);
    Ok(parsed)
}

fn other(what: String) -> ParseError {
    ParseError::OtherKind { wanted: "a sitemap", what }
}

fn within_bounds<'a>(bytes: &'a [u8], repairs: &mut Repairs) -> &'a [u8] {
    if bytes.len() > BYTES {
        let reason = format!("more than {} MiB: the rest is not read", BYTES >> 20);
        repairs.list("document", reason);
    }
    &bytes[..bytes.len().min(BYTES)]
}

/// The protocol allows a feed in place of a sitemap.
fn of_feed(
    bytes: &[u8],
    document: &Document<'_>,
    repairs: Repairs,
    text: &str,
) -> Result<ParsedSitemap, ParseError> {
    let read = feed::parse_feed(&FeedRules::default(), &Document { bytes, ..*document });
    let feed = read.map_err(|error| match error {
        ParseError::NotAFeed { what } => other(what),
        error => error,
    })?;
    let mut problems = repairs.finish(text);
    problems.extend(feed.problems);
    Ok(ParsedSitemap {
        format: feed.format,
        title: feed.title,
        items: feed.items,
        problems,
        children: Vec::new(),
        rejected: feed.rejected,
        hints: feed.hints,
    })
}

/// Each address once, with its newest date.
pub fn newest_first(children: &mut Vec<Child>) {
    children.sort_by_key(|child| std::cmp::Reverse(child.modified));
    let mut seen = HashSet::new();
    children.retain(|child| seen.insert(child.url.clone()));
}

/// A sitemap as the entries of one document.
pub fn of_sitemap(sitemap: ParsedSitemap) -> Parsed {
    Parsed {
        format: sitemap.format,
        title: sitemap.title,
        items: sitemap.items,
        problems: sitemap.problems,
        next: None,
        children: sitemap.children,
        rejected: sitemap.rejected,
        list: None,
        changes: None,
        hints: sitemap.hints,
        links: model::Links::default(),
        tail: crate::Tail::Whole,
    }
}
