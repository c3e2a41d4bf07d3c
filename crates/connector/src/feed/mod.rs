//! Feeds: RSS 0.90 to 2.0, RSS 1.0 and 1.1, Atom 0.3 and 1.0, CDF, JSON Feed, as they really arrive.
//!
//! XML is read by our own tolerant reader in one pass, JSON by feed-rs after mending. feed-rs is
//! also the oracle of the tests: on well-formed feeds both must agree.

pub(crate) mod address;
pub(crate) mod calendar;
mod capture;
pub(crate) mod date;
mod elements;
mod entry;
mod field;
mod json;
pub(crate) mod names;
pub(crate) mod problems;
mod reader;
mod rhythm;
pub(crate) mod scan;
mod strict;
pub(crate) mod text;

use model::entry_limits;
use url::Url;

pub(crate) use self::problems::Repairs;
use crate::charset::decode_lazily;
use crate::{Document, FeedRules, ParseError, Parsed};

/// Reads a feed of whatever format.
///
/// # Errors
/// When the document is empty, something else than a feed, or damaged so far that neither an entry
/// nor a title is left.
pub fn parse_feed(_rules: &FeedRules, document: &Document<'_>) -> Result<Parsed, ParseError> {
    if document.bytes.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
        return Err(ParseError::Empty);
    }
    if let Some(what) = binary(document.bytes) {
        return Err(ParseError::NotAFeed { what: what.into() });
    }
    let base = document.base_url.and_then(|base| Url::parse(base).ok());
    let (text, encoding, _, replaced) = decode_lazily(document.bytes, document.content_type);
    let mut repairs = Repairs::default();
    if replaced > 0 {
        repairs.list("document", format!("{replaced} characters are no {encoding}"));
    }
    let begins =
        text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\0');
    let mut parsed = match begins.as_bytes().first() {
        Some(b'{' | b'[') => json::read(&text, base.as_ref(), &mut repairs)?,
        _ => xml(&text, base, &mut repairs)?,
    };
    parsed.problems = repairs.finish(&text);
    Ok(parsed)
}

fn xml(text: &str, base: Option<Url>, repairs: &mut Repairs) -> Result<Parsed, ParseError> {
    let read = reader::read(text, base, repairs);
    let Some(format) = read.format else {
        return Err(ParseError::NotAFeed { what: what_else(read.other_root.as_deref()) });
    };
    if read.too_deep {
        if read.entries.is_empty() {
            return Err(ParseError::TooDeep { limit: reader::DEPTH });
        }
        repairs.list("document", format!("nested deeper than {} levels", reader::DEPTH));
    }
    // A page that merely contains something like a feed is a page.
    if read.entries.is_empty() && read.other_root.is_some() {
        return Err(ParseError::NotAFeed { what: what_else(read.other_root.as_deref()) });
    }
    let mut parsed = Parsed {
        format,
        title: read.feed.title.map(|(_, title)| title),
        items: read.entries,
        problems: Vec::new(),
        next: read.next,
        children: Vec::new(),
        rejected: read.rejected,
        list: None,
        changes: None,
        hints: read.rhythm.finish(),
        links: read.links,
        tail: read.tail,
    };
    if let Some(title) = &mut parsed.title
        && title.len() > entry_limits::TITLE_BYTES
    {
        *title = model::truncated(title, entry_limits::TITLE_BYTES).into_owned();
        repairs.list("document", "the title was cut");
    }
    if parsed.format.starts_with("atom") {
        inherit_authors(&mut parsed.items, read.feed.authors);
    }
    Ok(parsed)
}

/// RFC 4287 section 4.2.1: an entry without authors has those of the feed.
fn inherit_authors(items: &mut [model::Entry], authors: Vec<(u8, String)>) {
    let names: Vec<String> = authors
        .into_iter()
        .take(entry_limits::AUTHORS)
        .map(|(_, name)| model::truncated(&name, entry_limits::AUTHOR_BYTES).into_owned())
        .collect();
    for item in items.iter_mut().filter(|item| item.authors.is_empty()) {
        item.authors.clone_from(&names);
    }
}

/// A name for a document by its first element.
pub(crate) fn what_else(root: Option<&str>) -> String {
    let lower = root.map(str::to_ascii_lowercase);
    match lower.as_deref() {
        Some("html" | "head" | "body" | "meta" | "script" | "div" | "p" | "title") => {
            "an HTML page".into()
        }
        Some("urlset" | "sitemapindex") => "a sitemap".into(),
        Some("opml") => "a list of feeds (OPML)".into(),
        Some(_) => {
            let root = root.unwrap_or_default();
            let root = model::one_line(&model::truncated(root, 40));
            format!("an XML document with the root `{root}`")
        }
        None => "plain text".into(),
    }
}

/// A name for bytes that are no text, by what they begin with.
pub(crate) fn binary(bytes: &[u8]) -> Option<&'static str> {
    let names: [(&[u8], &str); 9] = [
        (b"\x1f\x8b", "a gzip file"),
        (b"PK\x03\x04", "a ZIP file"),
        (b"%PDF-", "a PDF"),
        (b"\x89PNG", "an image"),
        (b"\xff\xd8\xff", "an image"),
        (b"GIF8", "an image"),
        (b"RIFF", "a media file"),
        (b"\x28\xb5\x2f\xfd", "a zstd file"),
        (b"\x7fELF", "a program"),
    ];
    names.into_iter().find(|(begin, _)| bytes.starts_with(begin)).map(|(_, name)| name)
}
