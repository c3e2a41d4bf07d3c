//! JSON Feed 1.0 and 1.1. feed-rs reads it, after what it refuses has been put right: numbers for
//! ids, missing titles and versions, values of the wrong type.

use feed_rs::model as published;
use model::{Entry, HttpUrl, Links, entry_limits};
use serde_json::{Map, Value};
use url::Url;

use super::address::{Address, resolve};
use super::date;
use super::entry::Draft;
use super::names::language;
use super::problems::Repairs;
use super::text::{Markup, block, line};
use crate::{ParseError, Parsed};

/// Entries of `hubs` that are looked at.
const HUBS: usize = 16;

/// Reads a JSON Feed from its text.
pub(crate) fn read(
    text: &str,
    base: Option<&Url>,
    repairs: &mut Repairs,
) -> Result<Parsed, ParseError> {
    let value = value(text.trim_matches(['\0', '\u{FEFF}']), repairs)?;
    let not_a_feed = || ParseError::NotAFeed { what: "a JSON document without `items`".into() };
    let Value::Object(mut feed) = value else { return Err(not_a_feed()) };
    let version = feed.get("version").and_then(Value::as_str).unwrap_or_default().to_owned();
    let named = version.contains("jsonfeed.org");
    if !feed.get("items").is_some_and(Value::is_array) {
        if !named {
            return Err(not_a_feed());
        }
        repairs.list("document", "`items` is not a list");
        feed.insert("items".into(), Value::Array(Vec::new()));
    }
    if !named && !feed.contains_key("title") && !feed.contains_key("home_page_url") {
        return Err(not_a_feed());
    }
    let next = text_of(&feed, "next_url");
    let links = links(&feed);
    let feed_lang = text_of(&feed, "language").and_then(|tag| language(&tag));
    let (langs, rejected) = mend(&mut feed, repairs);
    let read = super::strict::parse(Value::Object(feed).to_string().as_bytes())
        .map_err(|reason| ParseError::Damaged { reason })?;
    let mut items = Vec::with_capacity(read.entries.len());
    let mut unusable = rejected;
    for (entry, (number, lang)) in read.entries.into_iter().zip(langs) {
        let at = format!("entry {number}");
        match self::entry(entry, lang.or_else(|| feed_lang.clone()), base, &at, repairs) {
            Some(entry) => items.push(entry),
            None => unusable += 1,
        }
    }
    let title = read.title.map(|title| line(&title.content, Markup::Html));
    Ok(Parsed {
        children: Vec::new(),
        format: if version.ends_with("1.1") { "json-feed-1.1" } else { "json-feed-1" }.into(),
        title: title.filter(|title| !title.is_empty()),
        items,
        problems: Vec::new(),
        next: next.and_then(|next| match resolve(base, &next) {
            Address::Usable(next) => Some(next),
            _ => None,
        }),
        rejected: unusable,
        list: None,
        changes: None,
        hints: model::Hints::default(),
        links,
        tail: crate::Tail::Whole,
    })
}

/// `hubs` of type WebSub, and `feed_url`. Whole addresses only: the format knows no others there.
fn links(feed: &Map<String, Value>) -> Links {
    let mut links = Links::default();
    let usable = |address: &str| address.parse::<HttpUrl>().is_ok();
    let hubs = feed.get("hubs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for hub in hubs.iter().take(HUBS).filter_map(Value::as_object) {
        let kind = text_of(hub, "type").unwrap_or_default().to_ascii_lowercase();
        if matches!(kind.as_str(), "websub" | "pubsubhubbub")
            && let Some(url) = text_of(hub, "url").filter(|url| usable(url))
        {
            links.add_hub(&url);
        }
    }
    if let Some(this) = text_of(feed, "feed_url").filter(|url| usable(url)) {
        links.add_self(&this);
    }
    links
}

/// The first JSON value of a text, raw control characters in its strings notwithstanding.
fn value(text: &str, repairs: &mut Repairs) -> Result<Value, ParseError> {
    let first = |text: &str| {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        values.next().unwrap_or(Ok(Value::Null))
    };
    first(text)
        .or_else(|error| {
            let even: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let value = first(&even).map_err(|_| error)?;
            repairs.list("document", "control characters were dropped");
            Ok(value)
        })
        .map_err(|error: serde_json::Error| match error.classify() {
            // What merely begins like JSON and stops being it at once is some other text.
            serde_json::error::Category::Syntax if error.line() == 1 && error.column() < 8 => {
                ParseError::NotAFeed { what: "plain text".into() }
            }
            _ => ParseError::Damaged { reason: format!("not JSON: {error}") },
        })
}

fn text_of(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty()).map(Into::into)
}

/// Puts right what feed-rs would refuse the whole document for. Gives the number and the language
/// of each entry that is left, and how many were left out.
fn mend(feed: &mut Map<String, Value>, repairs: &mut Repairs) -> (Vec<(u32, Option<String>)>, u32) {
    feed.insert("version".into(), Value::from("https://jsonfeed.org/version/1.1"));
    let title = text_of(feed, "title").unwrap_or_default();
    feed.insert("title".into(), Value::from(title));
    feed.retain(|key, value| match key.as_str() {
        "version" | "title" => true,
        "items" => value.is_array(),
        "author" => mend_author(value),
        "authors" => mend_authors(value),
        _ => false,
    });
    let mut langs = Vec::new();
    let mut rejected = 0;
    if let Some(Value::Array(items)) = feed.get_mut("items") {
        let mut number = 0;
        items.retain_mut(|item| {
            number += 1;
            let at = format!("entry {number}");
            let Value::Object(item) = item else {
                repairs.list(at, "the entry is not an object");
                rejected += 1;
                return false;
            };
            if langs.len() >= entry_limits::ENTRIES {
                repairs.list(at, "more entries than one document may have");
                rejected += 1;
                return false;
            }
            langs.push((number, text_of(item, "language").and_then(|tag| language(&tag))));
            mend_item(item);
            true
        });
    }
    (langs, rejected)
}

fn mend_item(item: &mut Map<String, Value>) {
    item.retain(|key, value| match key.as_str() {
        "id" => {
            if let Value::Number(number) = value {
                *value = Value::from(number.to_string());
            }
            value.is_string()
        }
        "url" | "external_url" | "title" | "content_html" | "content_text" | "summary"
        | "date_published" | "date_modified" => value.is_string(),
        "author" => mend_author(value),
        "authors" => mend_authors(value),
        _ => false,
    });
}

fn mend_authors(value: &mut Value) -> bool {
    if let Value::Array(authors) = value {
        authors.truncate(4 * entry_limits::AUTHORS);
        authors.retain_mut(mend_author);
    }
    value.is_array()
}

fn mend_author(value: &mut Value) -> bool {
    if let Value::String(name) = value {
        let name = std::mem::take(name);
        *value = serde_json::json!({ "name": name });
    }
    if let Value::Object(author) = value {
        author.retain(|key, value| key == "name" && value.is_string());
    }
    value.is_object()
}

fn entry(
    read: published::Entry,
    lang: Option<String>,
    base: Option<&Url>,
    at: &str,
    repairs: &mut Repairs,
) -> Option<Entry> {
    let full = |text: String| Some(text).filter(|text| !text.is_empty());
    let mut draft = Draft { lang, ..Draft::default() };
    draft.id = full(read.id.trim().to_owned());
    draft.title = read.title.and_then(|t| full(line(&t.content, Markup::Html))).map(|t| (0, t));
    let summary = read.summary.and_then(|s| full(block(&s.content, Markup::Html)));
    draft.summary = summary.map(|summary| (0, summary));
    if let Some(content) = read.content {
        let plain = content.content_type.subty() == "plain";
        let markup = if plain { Markup::Plain } else { Markup::Html };
        draft.text = full(block(&content.body.unwrap_or_default(), markup)).map(|text| (0, text));
    }
    for link in &read.links {
        match resolve(base, &link.href) {
            Address::Usable(url) if draft.link.is_none() => draft.link = Some((0, url)),
            Address::Refused => repairs.list(at, "an address that is none of the web was dropped"),
            _ => (),
        }
    }
    draft.published = read.published.and_then(date::from_chrono).map(|time| (0, time));
    draft.updated = read.updated.and_then(date::from_chrono).map(|time| (0, time));
    let names = read.authors.into_iter().filter_map(|author| author.name);
    draft.authors =
        names.filter_map(|name| full(line(&name, Markup::Html))).map(|n| (0, n)).collect();
    draft.any = draft.title.is_some()
        || draft.summary.is_some()
        || draft.text.is_some()
        || draft.link.is_some()
        || draft.published.is_some();
    draft.finish("", at, repairs)
}
