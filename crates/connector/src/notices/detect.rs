//! Which format a document is in, by its bytes.

use super::{NoticeFormat, eforms, grid, ocds, odata, ted_export, ted_search, worldbank};
use crate::ParseError;

/// Characters at the beginning that are looked at.
const HEAD: usize = 64 * 1_024;

/// The name by which errors call what was looked for.
pub(super) const WANTED: &str = "procurement notices";

/// Detects a workbook by the bytes of a ZIP archive, or the older compound files.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
}

/// The format of a text.
pub(super) fn detect(text: &str) -> Result<NoticeFormat, ParseError> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    let head = &text[..text.floor_char_boundary(HEAD)];
    match head.chars().next() {
        None => Err(ParseError::Empty),
        Some('<') => markup(head),
        Some('{' | '[') => data(text),
        Some(_) => Err(other("text that is neither XML nor JSON")),
    }
}

fn other(what: impl Into<String>) -> ParseError {
    ParseError::OtherKind { wanted: WANTED, what: what.into() }
}

/// The format by the root element.
fn markup(head: &str) -> Result<NoticeFormat, ParseError> {
    let Some(root) = root(head) else { return Err(other("markup without an element")) };
    let local = root.rsplit(':').next().unwrap_or(root);
    match local {
        ted_export::ROOT => Ok(NoticeFormat::TedExport),
        name if eforms::ROOTS.contains(&name) => Ok(NoticeFormat::EForms),
        name if name.eq_ignore_ascii_case("html") => Err(other("an HTML page")),
        name => Err(other(format!("XML that begins with <{name}>"))),
    }
}

/// The name of the first element, after declarations, comments and a document type.
fn root(mut rest: &str) -> Option<&str> {
    loop {
        let start = rest.find('<')?;
        rest = &rest[start..];
        let end = match () {
            () if rest.starts_with("<!--") => rest.find("-->")? + 3,
            () if rest.starts_with("<?") => rest.find("?>")? + 2,
            () if rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) => {
                if rest.get(9..).is_some_and(|name| {
                    name.trim_start().get(..4).is_some_and(|name| name.eq_ignore_ascii_case("html"))
                }) {
                    return Some("html");
                }
                rest.find('>')? + 1
            }
            () => {
                let name = &rest[1..];
                let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
                return Some(&name[..end]);
            }
        };
        rest = &rest[end..];
    }
}

/// The format by the keys of the first object: of the whole, else of the first member of a list,
/// else inside a wrapper.
fn data(text: &str) -> Result<NoticeFormat, ParseError> {
    let keys = keys(text);
    let has = |level: usize| {
        let keys = &keys;
        move |key: &str| keys.iter().any(|(depth, known)| *depth == level && known == key)
    };
    for level in 1..=3 {
        let found = match () {
            () if ocds::fits(has(level)) => NoticeFormat::Ocds,
            () if worldbank::fits(has(level)) => NoticeFormat::WorldBank,
            () if ted_search::fits(has(level)) => NoticeFormat::TedSearch,
            () if level == 1 && (grid::fits(has(1)) || (has(1)("d") && grid::fits(has(2)))) => {
                NoticeFormat::Grid
            }
            () if level == 1 && odata::fits(has(level)) => NoticeFormat::OData,
            () => continue,
        };
        return Ok(found);
    }
    // Servers tell what went wrong with a status of 200, too.
    if text.len() <= HEAD
        && let Ok(value) = serde_json::from_str::<serde_json::Value>(text)
    {
        let places = ["message", "error/message", "error_description", "error"];
        if let Some(message) = places.iter().find_map(|path| super::json::text(&value, path)) {
            return Err(other(format!(
                "an error of the server: {}",
                model::truncated(&message, 300)
            )));
        }
    }
    let what = match keys.iter().filter(|(depth, _)| *depth == 1).take(5).collect::<Vec<_>>() {
        found if found.is_empty() => "JSON without keys".into(),
        found => {
            let names: Vec<_> = found.iter().map(|(_, key)| model::truncated(key, 40)).collect();
            format!("JSON with the keys {}", names.join(", "))
        }
    };
    Err(other(what))
}

/// Most keys that are looked at.
const KEYS: usize = 400;

/// The keys of the objects at the beginning, with how many objects they lie in. Lists do not count;
/// what lies deeper than three objects, or behind the first member of a list, is passed over. The
/// text need not be valid.
fn keys(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let (mut depth, mut objects) = (Vec::new(), 0_usize);
    let mut chars = text.char_indices();
    let mut last: Option<String> = None;
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let start = at + 1;
                let mut end = start;
                let mut escaped = false;
                for (at, c) in chars.by_ref() {
                    end = at;
                    match c {
                        '"' if !escaped => break,
                        '\\' => escaped = !escaped,
                        _ => escaped = false,
                    }
                }
                last = (end - start <= 64).then(|| text[start..end].to_owned());
            }
            ':' => {
                if let Some(key) = last.take().filter(|_| objects <= 3) {
                    found.push((objects, key));
                    if found.len() >= KEYS {
                        break;
                    }
                }
            }
            '{' | '[' => {
                depth.push(c);
                objects += usize::from(c == '{');
            }
            '}' | ']' => {
                if depth.pop() == Some('{') {
                    objects -= 1;
                }
                last = None;
            }
            ',' => last = None,
            _ => (),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_tells_the_format() {
        use NoticeFormat::{EForms, OData, Ocds, TedExport, TedSearch, WorldBank};
        let cases = [
            ("\u{FEFF}<?xml version='1.0'?><!-- a > b --><TED_EXPORT a='1'>", TedExport),
            ("<x:ContractNotice xmlns:x='u'/>", EForms),
            ("{\"notices\": [{\"publication-number\": \"1-2026\"}]}", TedSearch),
            ("[{\"links\": {}, \"publication-number\": \"1-2026\"}]", TedSearch),
            ("{\"uri\": \"u\", \"publisher\": {\"name\": \"x\"}, \"releases\": []}", Ocds),
            ("[{\"releases\": []}]", Ocds),
            ("{\"result\": {\"releases\": []}}", Ocds),
            ("{\"tag\": [], \"ocid\": \"o\"}", Ocds),
            ("{\"rows\": \"1\", \"procnotices\": {}}", WorldBank),
            ("{\"@odata.context\": \"x#ProcurementNotices\", \"value\": []}", OData),
            ("{\"d\": {\"results\": []}}", OData),
        ];
        for (text, format) in cases {
            assert_eq!(detect(text), Ok(format), "{text}");
        }
    }

    #[test]
    fn what_it_is_instead_is_told() {
        let what = |text: &str| detect(text).unwrap_err().to_string();
        assert_eq!(what(" <!DOCTYPE html><html>"), "not procurement notices but an HTML page");
        assert_eq!(what("<html lang='en'>"), "not procurement notices but an HTML page");
        assert_eq!(
            what("<rss version='2.0'>"),
            "not procurement notices but XML that begins with <rss>"
        );
        assert_eq!(what("{\"a\": 1}"), "not procurement notices but JSON with the keys a");
        assert_eq!(
            what("Not found"),
            "not procurement notices but text that is neither XML nor JSON"
        );
        assert_eq!(detect("\n "), Err(ParseError::Empty));
        assert!(detect("<").is_err() && detect("<!--").is_err() && detect("{\"").is_err());
    }
}
