//! The alerts as an Atom feed (RFC 4287): ids that never change, times that are the alerts' own,
//! the same bytes for the same alerts.

use std::fmt::Write as _;
use std::io;

use model::{Facet, HttpUrl, Timestamp, one_line, terminal_safe, truncated};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use sha2::{Digest, Sha256};
use store::Store;

use crate::query::{self, AlertsQuery};
use crate::rows::AlertRow;
use crate::{Error, Settings};

pub(crate) const CONTENT_TYPE: &str = "application/atom+xml; charset=utf-8";

/// Entries of the feed.
const ENTRIES: usize = 100;
/// Bytes of a title and of a summary: a reader wants to know whether to look.
const TITLE_BYTES: usize = 512;
const SUMMARY_BYTES: usize = 4 * 1024;

/// The feed and what it is recognised by.
pub(crate) struct Feed {
    pub(crate) xml: Vec<u8>,
    pub(crate) etag: String,
}

/// The newest alerts that were sent; those that were held are for the digest.
pub(crate) fn feed(store: &Store, settings: &Settings) -> Result<Feed, Error> {
    let newest = AlertsQuery { limit: Some(ENTRIES), held: Some(false), ..AlertsQuery::default() };
    let alerts = query::alerts(store, &newest)?;
    let xml = render(&alerts, &feed_id(settings)).map_err(|e| Error::Internal(e.to_string()))?;
    let etag = format!("\"{}\"", hex(&Sha256::digest(&xml)[..16]));
    Ok(Feed { xml, etag })
}

/// Whether one of the validators in `If-None-Match` stands for `etag` (RFC 9110 section 13.1.2:
/// compared weakly).
pub(crate) fn matches(if_none_match: &str, etag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

/// One installation, one feed: the same as long as its data folder stays where it is.
fn feed_id(settings: &Settings) -> String {
    let mut hash = Sha256::new();
    hash.update(b"stackwatch/alerts.atom/1\0");
    hash.update(settings.socket.as_os_str().as_encoded_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    urn(&id)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

fn urn(id: &[u8; 16]) -> String {
    let hex = hex(id);
    let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}

fn render(alerts: &[AlertRow], id: &str) -> io::Result<Vec<u8>> {
    let updated = alerts.first().map_or(Timestamp::EPOCH, |alert| alert.at);
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let feed =
        writer.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
    feed.write_inner_content(|feed| {
        element(feed, "id", id)?;
        element(feed, "title", "stackwatch alerts")?;
        element(feed, "updated", &updated.to_string())?;
        element(feed, "generator", "stackwatch")?;
        named(feed, "author", "stackwatch")?;
        alerts.iter().try_for_each(|alert| entry(feed, alert))
    })?;
    Ok(writer.into_inner())
}

fn entry(feed: &mut Writer<Vec<u8>>, alert: &AlertRow) -> io::Result<()> {
    let said = model::title_or_address(alert.title.as_deref(), alert.url.as_deref());
    let said = if said.is_empty() { "(no title)".into() } else { one_line(&visible(&said)) };
    let title = format!("{}: {}", one_line(&alert.label), truncated(&said, TITLE_BYTES));
    feed.create_element("entry").write_inner_content(|entry| {
        element(entry, "id", &urn(&alert.id.0))?;
        element(entry, "title", &title)?;
        element(entry, "updated", &alert.at.to_string())?;
        if let Some(published) = alert.published {
            element(entry, "published", &published.to_string())?;
        }
        named(entry, "author", &alert.source_name)?;
        if let Some(url) = alert.url.as_deref().and_then(web) {
            entry
                .create_element("link")
                .with_attribute(("rel", "alternate"))
                .with_attribute(("href", url.as_str()))
                .write_empty()?;
        }
        for tag in &alert.tags {
            let scheme = format!("urn:stackwatch:{}", tag.facet);
            entry
                .create_element("category")
                .with_attribute(("term", visible(&tag.id).as_str()))
                .with_attribute(("scheme", scheme.as_str()))
                .write_empty()?;
        }
        element(entry, "summary", &summary(alert))
    })?;
    Ok(())
}

/// What the item says, what was found in it, and where else it stands.
fn summary(alert: &AlertRow) -> String {
    let mut lines = Vec::new();
    if let Some(said) = &alert.summary {
        lines.push(truncated(said.trim(), SUMMARY_BYTES).into_owned());
    }
    for facet in [Facet::Vendor, Facet::Layer, Facet::Event] {
        let mut ids: Vec<&str> =
            alert.tags.iter().filter(|tag| tag.facet == facet).map(|tag| tag.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() {
            lines.push(format!("{facet}: {}", ids.join(", ")));
        }
    }
    if !alert.further.is_empty() {
        lines.push(format!("further outlets: {}", alert.further.len()));
    }
    lines.join("\n")
}

/// The address in the form of the standard, if it is one of the web: a reader follows links, and
/// nothing else may be one.
pub(crate) fn web(url: &str) -> Option<HttpUrl> {
    url.parse().ok()
}

/// `text` without what acts and without what XML 1.0 cannot hold at all (section 2.2).
fn visible(text: &str) -> String {
    terminal_safe(text).chars().filter(|c| !matches!(c, '\u{FFFE}' | '\u{FFFF}')).collect()
}

fn element(writer: &mut Writer<Vec<u8>>, name: &str, text: &str) -> io::Result<()> {
    writer.create_element(name).write_text_content(BytesText::new(&visible(text)))?;
    Ok(())
}

fn named(writer: &mut Writer<Vec<u8>>, what: &str, name: &str) -> io::Result<()> {
    writer
        .create_element(what)
        .write_inner_content(|person| element(person, "name", &one_line(name)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_validator_is_found_in_every_form_of_the_header() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(matches(known, "\"a\""), "{known}");
        }
        assert!(!matches("\"b\"", "\"a\"") && !matches("", "\"a\""));
    }

    #[test]
    fn only_addresses_of_the_web_become_links() {
        assert_eq!(web("https://example.org/a").unwrap().as_str(), "https://example.org/a");
        for other in ["javascript:alert(1)", "data:text/html,x", "//example.org", "file:///etc"] {
            assert_eq!(web(other), None, "{other}");
        }
    }
}
