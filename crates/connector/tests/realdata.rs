//! Real feeds, encodings and lists, where the folder that STACKWATCH_REALDATA names holds them.
//! The rules of comparison are those of `check_feeds.py` and `check_encoding.py` beside the data.

#![expect(clippy::print_stdout, reason = "what was missed, and whether anything was tested")]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use connector::{Connector, Document, FeedRules, decode, opml, parse};
use model::{Entry, Timestamp};
use serde_json::Value;

/// Percent of the real tier that must be right in every field.
const REAL_FLOOR: usize = 98;
/// The same of the spec tier: four cases there want an invented title or link.
const SPEC_FLOOR: usize = 85;
/// Declared encodings that may be read wrongly.
const ENCODINGS_MISSED: usize = 3;

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("STACKWATCH_REALDATA").map(PathBuf::from);
    if folder.is_none() {
        println!("STACKWATCH_REALDATA is not set: real data is not tested");
    }
    Some(folder?.join("feeds"))
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the expectations are readable");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

#[test]
fn real_feeds_are_read_right() {
    let Some(folder) = data() else { return };
    let mut tiers = BTreeMap::<String, (usize, usize)>::new();
    for row in lines(&folder.join("expected.jsonl")) {
        let file = row["file"].as_str().expect("a file");
        let wrong = wrong(&folder, file, &row);
        let tier = tiers.entry(row["tier"].as_str().unwrap_or("?").to_owned()).or_default();
        tier.1 += 1;
        match wrong {
            None => tier.0 += 1,
            Some(wrong) => println!("{file}: {wrong}"),
        }
    }
    println!("right of all, by tier: {tiers:?}");
    for (tier, floor) in [("real", REAL_FLOOR), ("spec", SPEC_FLOOR)] {
        let (right, all) = tiers[tier];
        assert!(all > 0 && right * 100 >= all * floor, "{tier}: {right} of {all}");
    }
}

/// What is wrong with the reading of one file.
fn wrong(folder: &Path, file: &str, row: &Value) -> Option<String> {
    let bytes = std::fs::read(folder.join(file)).expect("the file is there");
    let text = |key: &str| row[key].as_str().filter(|text| !text.is_empty());
    let document =
        Document { bytes: &bytes, content_type: text("content_type"), base_url: text("base_url") };
    let parsed = parse(&Connector::Feed(FeedRules::default()), &document);
    let must = row["must"].as_str().expect("what must be");
    let parsed = match (parsed, must) {
        (Err(_), "reject" | "no-crash") => return None,
        (Ok(parsed), "reject") => return (!parsed.items.is_empty()).then(|| "accepted".into()),
        (Ok(_), "no-crash") => return None,
        (Err(error), _) => return Some(error.to_string()),
        (Ok(parsed), _) => parsed,
    };
    let count = Some(parsed.items.len() as u64);
    if count != row["entries"].as_u64() && count != row["entries_alt"].as_u64() {
        return Some(format!("{} entries instead of {}", parsed.items.len(), row["entries"]));
    }
    if let (Some(wanted), Some(found)) = (text("feed_title"), &parsed.title) {
        let others = row["accept_feed_title"].as_array().into_iter().flatten();
        let mut accepted = others.filter_map(Value::as_str).chain([wanted]);
        if !accepted.any(|wanted| bare_title(wanted) == bare_title(found)) {
            return Some(format!("title of the feed {found:?} instead of {wanted:?}"));
        }
    }
    let wanted = row["items"].as_array().expect("items");
    wanted.iter().zip(&parsed.items).enumerate().find_map(|(number, (wanted, found))| {
        differs(wanted, found)
            .map(|field| format!("entry {number}: {field}: {found:?} instead of {wanted}"))
    })
}

/// The first field of an entry that is not as wanted.
fn differs(wanted: &Value, found: &Entry) -> Option<&'static str> {
    let values = |key: &str| -> Vec<String> {
        let both = [&wanted[key], &wanted["alt"][key]];
        let texts = both.into_iter().filter_map(Value::as_str);
        texts.filter(|text| !text.is_empty()).map(Into::into).collect()
    };
    let any = |key: &str, same: &dyn Fn(&str) -> bool| {
        let values = values(key);
        values.is_empty() || values.iter().any(|value| same(value))
    };
    let title = bare_title(found.title.as_deref().unwrap_or_default());
    if !any("title", &|wanted| bare_title(wanted) == title) {
        return Some("title");
    }
    let url = found.url.as_deref().unwrap_or_default();
    if !any("link", &|wanted| bare_link(wanted) == bare_link(url)) {
        return Some("link");
    }
    if !any("id", &|wanted| wanted.trim() == found.id.trim()) {
        return Some("id");
    }
    let dates = ["published", "updated", "published_or_updated"];
    dates.into_iter().find(|&key| {
        let times: Vec<i64> = values(key).iter().filter_map(|text| seconds(text)).collect();
        let only_one_kept =
            key == "updated" && !values("published").is_empty() && found.updated.is_none();
        let have = match (key, found.published) {
            ("published", Some(published)) => vec![published],
            _ => found.published.into_iter().chain(found.updated).collect(),
        };
        let near = |time: &i64| have.iter().any(|have| (whole(*have) - time).abs() <= 1);
        !times.is_empty() && !only_one_kept && !times.iter().any(near)
    })
}

fn whole(time: Timestamp) -> i64 {
    (time.millis() / 1_000) as i64
}

fn seconds(text: &str) -> Option<i64> {
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| format!("{text}Z").parse().ok()).map(whole)
}

/// References resolved and markup dropped three times, no white space.
fn bare_title(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..3 {
        text = without_tags(&unescaped(&text));
    }
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '\u{FEFF}').collect()
}

fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        match rest[open + 1..].find(['<', '>']).map(|end| open + 1 + end) {
            Some(end) if rest.as_bytes()[end] == b'>' => rest = &rest[end + 1..],
            _ => {
                out.push('<');
                rest = &rest[open + 1..];
            }
        }
    }
    out + rest
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end < 40);
        let name = end.map(|end| &rest[1..end]).unwrap_or_default();
        let named = quick_xml::escape::resolve_html5_entity(name).map(str::to_owned);
        let numbered = name.strip_prefix('#').and_then(|number| {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            let windows = [u8::try_from(code).unwrap_or_default()];
            match code {
                0x80..=0x9F => Some(encoding_rs::WINDOWS_1252.decode(&windows).0.into_owned()),
                _ => char::from_u32(code).map(String::from),
            }
        });
        match (named.or(numbered), end) {
            (Some(text), Some(end)) => {
                out.push_str(&text);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

/// An address with host in lower case and its path without percent signs.
fn bare_link(text: &str) -> String {
    let text = text.trim();
    let Ok(url) = text.parse::<url::Url>() else { return percent_decoded(text) };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let (path, query) = (percent_decoded(url.path()), url.query().unwrap_or_default());
    format!("{}://{host}{port}{path}?{query}#{}", url.scheme(), url.fragment().unwrap_or_default())
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex =
            after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn real_encodings_are_read_right() {
    let Some(folder) = data() else { return };
    let folder = folder.join("encodings");
    let packed = std::fs::File::open(folder.join("files.tar.zst")).expect("the archive is there");
    let mut archive = Vec::new();
    let mut unpacked = zstd::Decoder::new(packed).expect("a zstd file");
    unpacked.read_to_end(&mut archive).expect("the archive is whole");
    let files = untar(&archive);
    let (mut right, mut all) = (0, 0);
    for row in lines(&folder.join("expected.jsonl")) {
        let file = row["file"].as_str().expect("a file");
        let content_type = row["content_type"].as_str().filter(|text| !text.is_empty());
        let text = decode(&files[file], content_type).text;
        let resolved = unescaped(&text);
        let wanted = row["must_contain"].as_array().expect("strings").iter();
        let found = wanted.filter_map(Value::as_str).all(|wanted| {
            text.contains(wanted)
                || resolved.contains(wanted)
                || resolved.contains(&unescaped(wanted))
        });
        if row["must"] == "must" {
            all += 1;
            right += usize::from(found);
        }
        if !found {
            println!("{file}: not read as {}", row["encoding"]);
        }
    }
    assert!(all > 0 && right + ENCODINGS_MISSED >= all, "{right} of {all}");
}

/// The files of a tar archive: headers of 512 bytes, each with a name and a size in octal.
fn untar(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let text = |bytes: &[u8]| {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
    };
    let mut files = BTreeMap::new();
    let mut rest = archive;
    while rest.len() > 512 && rest[0] != 0 {
        let (header, after) = rest.split_at(512);
        let size = usize::from_str_radix(&text(&header[124..136]), 8).expect("a size");
        let (name, prefix) = (text(&header[..100]), text(&header[345..500]));
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        files.insert(name.trim_start_matches("./").to_owned(), after[..size].to_vec());
        rest = after.get(size.next_multiple_of(512)..).unwrap_or_default();
    }
    files
}

#[test]
fn real_lists_of_feeds_are_read() {
    let Some(folder) = data() else { return };
    let mut counts = 0;
    let rows = lines(&folder.join("opml/expected.jsonl"));
    for row in &rows {
        let file = row["file"].as_str().expect("a file");
        let bytes = std::fs::read(folder.join("opml").join(file)).expect("the list is there");
        let document = Document { bytes: &bytes, content_type: None, base_url: None };
        let list = opml::parse(&document).unwrap_or_else(|error| panic!("{file}: {error}"));
        let distinct = row["distinct"].as_u64().expect("a count");
        assert_eq!(list.feeds.len() as u64, distinct, "{file}");
        assert!(!list.feeds.is_empty(), "{file}");
        counts += 1;
    }
    assert!(counts > 0);
}
