#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps")]
#![allow(dead_code, reason = "not every test binary needs every helper")]
//! Sample rows and folders that several tests need.

use model::{
    Alert, AlertId, ChannelId, Facet, Item, ItemId, Kind, SourceId, StoryId, Tag, Timestamp,
};
use store::{Settings, Store};
use tempfile::TempDir;

pub(crate) fn settings(folder: &TempDir) -> Settings {
    Settings { data: folder.path().to_path_buf(), cache_bytes: 16 << 20, min_free_bytes: 0 }
}

pub(crate) fn open(folder: &TempDir) -> Store {
    Store::open(&settings(folder)).unwrap()
}

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

pub(crate) fn source(number: u64) -> SourceId {
    format!("source-{}", number % 7).parse().unwrap()
}

pub(crate) fn channel() -> ChannelId {
    "desk".parse().unwrap()
}

pub(crate) fn item_id(number: u64) -> ItemId {
    ItemId::derive(&source(number), "guid", &number.to_string())
}

pub(crate) fn tag(facet: Facet, id: &str) -> Tag {
    Tag {
        facet,
        id: id.into(),
        rule: format!("{id}/name"),
        version: "0123abcd".into(),
        confidence: 0.9,
        spans: Vec::new(),
    }
}

/// An item of about `bytes` bytes, with two tags.
pub(crate) fn item(number: u64, bytes: usize) -> Item {
    let id = item_id(number);
    Item {
        id,
        kind: Kind::Article,
        source: source(number),
        key: number.to_string(),
        url: Some(format!("https://example.org/{number}")),
        title: Some(format!("Vest {number}")),
        summary: Some("š".repeat(bytes / 2)),
        lang: Some("sr-Latn".into()),
        authors: vec!["A. Novinar".into()],
        published: None,
        updated: None,
        fetched: at(1_700_000_000_000 + number),
        revision: 0,
        story: StoryId::of(id),
        capture: None,
        tags: vec![tag(Facet::Vendor, "huawei"), tag(Facet::Layer, "network")],
        content: [1; 16],
        envelope: [2; 16],
        restless: 0,
        aliases: 1,
        baseline: false,
        text_bytes: 0,
    }
}

pub(crate) fn alert(number: u64) -> Alert {
    let item = item(number, 100);
    let rule = "new-mention".parse().unwrap();
    Alert {
        id: AlertId::derive(&rule, item.story, "new"),
        rule,
        label: "New mention".into(),
        at: item.fetched,
        held: None,
        story: item.story,
        item: item.id,
        revision: 0,
        source: item.source,
        source_name: "Source".into(),
        title: item.title,
        summary: item.summary,
        url: item.url,
        published: None,
        tags: item.tags,
        further: Vec::new(),
        to: vec![channel()],
    }
}

/// Letters that no compressor makes much shorter, the same ones each time.
pub(crate) fn noise(bytes: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + (state >> 32) as u8 % 90)
    };
    (0..bytes).map(letter).collect()
}
