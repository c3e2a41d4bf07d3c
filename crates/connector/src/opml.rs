//! OPML: lists of feeds. Half of those in circulation are not well-formed, so they are read with
//! the same tolerant scanner as feeds.

use std::fmt::Write;

use quick_xml::escape::escape;
use serde::Serialize;

use crate::charset::decode_lazily;
use crate::feed::Repairs;
use crate::feed::scan::{Scanner, Tag, Token};
use crate::feed::text::{Markup, line, unescaped};
use crate::{Document, ParseError};

/// Most feeds that are taken from one list.
const FEEDS: usize = 20_000;
/// The deepest nesting of folders whose names are kept.
const FOLDERS: usize = 64;
/// Most bytes of a title, a folder's name or an address.
const FIELD_BYTES: usize = 2_048;

/// A list of feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Opml {
    pub title: Option<String>,
    pub feeds: Vec<OpmlFeed>,
}

/// One feed of a list, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OpmlFeed {
    /// The feed's address as it stands there: not checked, never to be trusted.
    pub url: String,
    pub title: Option<String>,
    /// The address of the site.
    pub html_url: Option<String>,
    /// The folders around it, outermost first, joined by `/`; or its own `category`.
    pub category: Option<String>,
}

/// Reads a list. Bare ampersands, attributes in the wrong case, missing `type`, wrong nesting and
/// a missing end are all read past; an address that stands there twice is listed once.
///
/// # Errors
/// When the document is empty or no OPML at all.
pub fn parse(document: &Document<'_>) -> Result<Opml, ParseError> {
    if document.bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseError::Empty);
    }
    let (text, _, _, _) = decode_lazily(document.bytes, document.content_type);
    let mut scanner = Scanner::new(&text);
    let mut repairs = Repairs::default();
    let mut list = Opml::default();
    let mut known = std::collections::HashSet::new();
    let mut open: Vec<Option<String>> = Vec::new();
    let (mut is_opml, mut in_title) = (false, false);
    while let Some(token) = scanner.next(&mut repairs) {
        match token {
            Token::Start(tag) if named(tag.name, "outline") => {
                is_opml = true;
                let folder = match outline(tag, &open) {
                    Found::Feed(feed) => {
                        if list.feeds.len() < FEEDS && known.insert(feed.url.clone()) {
                            list.feeds.push(feed);
                        }
                        None
                    }
                    Found::Folder(name) => name,
                };
                if !tag.empty {
                    open.push(folder);
                }
            }
            Token::Start(tag) => {
                is_opml |= named(tag.name, "opml");
                in_title = named(tag.name, "title") && !tag.empty;
            }
            Token::End(name) if named(name, "outline") => {
                open.pop();
            }
            Token::End(_) => in_title = false,
            // A quote inside an attribute ended the tag early: the rest of it stands here as text.
            Token::Text(text) if is_opml && lower_find(text, "xmlurl=").is_some() => {
                let from = lower_find(text, "xmlurl=").unwrap_or_default();
                let title = open.pop().flatten();
                if let Found::Feed(feed) = outline(Tag::of_attributes(&text[from..]), &open)
                    && list.feeds.len() < FEEDS
                    && known.insert(feed.url.clone())
                {
                    list.feeds.push(OpmlFeed { title: title.or(feed.title), ..feed });
                }
            }
            Token::Text(text) | Token::CData(text) if in_title && list.title.is_none() => {
                list.title = clean(text);
            }
            Token::Text(_) | Token::CData(_) => (),
        }
    }
    if is_opml {
        return Ok(list);
    }
    Err(ParseError::NotAFeed { what: "a document without outlines".into() })
}

enum Found {
    Feed(OpmlFeed),
    Folder(Option<String>),
}

fn outline(tag: Tag<'_>, open: &[Option<String>]) -> Found {
    let text = |names: &[&str]| {
        names.iter().find_map(|name| clean(tag.attribute(name)?)).filter(|text| !text.is_empty())
    };
    let title = text(&["title", "text"]);
    let url = text(&["xmlUrl", "xml-url", "feedUrl", "url"]).filter(|url| url.len() <= FIELD_BYTES);
    let is_link =
        text(&["type"]).is_some_and(|kind| named(&kind, "link") || named(&kind, "include"));
    let (Some(url), false) = (url, is_link) else { return Found::Folder(title) };
    let folders: Vec<&str> = open.iter().take(FOLDERS).filter_map(Option::as_deref).collect();
    let own = text(&["category"]).map(|category| category.trim_matches('/').to_owned());
    let category = if folders.is_empty() { own } else { Some(folders.join("/")) };
    Found::Feed(OpmlFeed { url, title, html_url: text(&["htmlUrl", "html-url"]), category })
}

/// Where `what`, in lower case, stands in `text` in whatever case.
fn lower_find(text: &str, what: &str) -> Option<usize> {
    let windows = text.as_bytes().windows(what.len());
    windows.into_iter().position(|window| window.eq_ignore_ascii_case(what.as_bytes()))
}

fn named(name: &str, expected: &str) -> bool {
    name.eq_ignore_ascii_case(expected)
}

fn clean(raw: &str) -> Option<String> {
    let raw = &raw[..raw.floor_char_boundary(2 * FIELD_BYTES)];
    let text = line(&unescaped(raw), Markup::Plain);
    (!text.is_empty()).then_some(text)
}

/// Writes a list as OPML 2.0, feeds grouped by their category in the order of their first feed.
/// [`parse`] reads the same feeds from it.
pub fn write(title: &str, feeds: &[OpmlFeed]) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n");
    let title = escaped(title);
    line_out(&mut out, &format!("  <head><title>{title}</title></head>\n  <body>"));
    let mut categories: Vec<Option<&str>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for feed in feeds {
        if seen.insert(feed.category.as_deref()) {
            categories.push(feed.category.as_deref());
        }
    }
    let mut by_category = std::collections::HashMap::<Option<&str>, Vec<&OpmlFeed>>::new();
    for feed in feeds {
        by_category.entry(feed.category.as_deref()).or_default().push(feed);
    }
    for category in categories {
        if let Some(category) = category {
            line_out(&mut out, &format!("    <outline text=\"{}\">", escaped(category)));
        }
        for feed in by_category.get(&category).into_iter().flatten() {
            line_out(&mut out, &format!("      {}", element(feed)));
        }
        if category.is_some() {
            line_out(&mut out, "    </outline>");
        }
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

fn element(feed: &OpmlFeed) -> String {
    let title = escaped(feed.title.as_deref().unwrap_or(&feed.url));
    let site = feed.html_url.as_deref();
    let site = site.map(|url| format!(" htmlUrl=\"{}\"", escaped(url))).unwrap_or_default();
    let url = escaped(&feed.url);
    format!("<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"{url}\"{site}/>")
}

fn escaped(text: &str) -> String {
    escape(model::one_line(text)).into_owned()
}

fn line_out(out: &mut String, text: &str) {
    writeln!(out, "{text}").expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Opml {
        parse(&Document { bytes: text.as_bytes(), content_type: None, base_url: None }).unwrap()
    }

    fn feed(url: &str, title: &str, category: Option<&str>) -> OpmlFeed {
        OpmlFeed {
            url: url.into(),
            title: Some(title.into()),
            html_url: None,
            category: category.map(Into::into),
        }
    }

    #[test]
    fn a_list_that_is_not_well_formed_is_read_all_the_same() {
        let text = r#"<opml version="1.0"><head><title>Desk & co</title></head><body>
            <outline text="News & views">
              <OUTLINE XMLURL='https://a.example/feed?x=1&y=2' Text="A &amp; B">
              <outline type="rss" xmlUrl="https://b.example/feed" title="B"/>
              <outline type="rss" xmlUrl="https://b.example/feed" title="B again"/>
            </outline>
            <outline text="D" description="by <a href="https://d.example">D</a>." xmlUrl="https://d.example/feed"/>
            <outline xmlUrl="https://c.example/" text="C" category="/tech""#;
        let list = read(text);
        assert_eq!(list.title.as_deref(), Some("Desk & co"));
        assert_eq!(
            list.feeds,
            [
                feed("https://a.example/feed?x=1&y=2", "A & B", Some("News & views")),
                feed("https://b.example/feed", "B", Some("News & views")),
                feed("https://d.example/feed", "D", Some("News & views")),
                feed("https://c.example/", "C", Some("News & views")),
            ]
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let feeds = [
            feed("https://a.example/?a=1&b=\"2\"", "A <b> & \"c\"", Some("X & Y")),
            feed("https://b.example/", "Б", None),
        ];
        let list = read(&write("Списак & list", &feeds));
        assert_eq!(
            (list.title.as_deref(), list.feeds.as_slice()),
            (Some("Списак & list"), &feeds[..])
        );
    }

    #[test]
    fn a_page_is_not_a_list() {
        let page = Document { bytes: b"<html></html>", content_type: None, base_url: None };
        assert!(matches!(parse(&page), Err(ParseError::NotAFeed { .. })));
    }
}
