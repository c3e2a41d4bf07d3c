//! Entries as they are published, items as they are kept.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::hash_id;
use crate::tag::words;
use crate::{Published, SourceId, Tag, Timestamp};
use std::fmt;
use std::str::FromStr;

/// Bounds on what is taken from one entry; what is longer is cut and reported as a problem.
pub mod entry_limits {
    /// Entries of one document.
    pub const ENTRIES: usize = 20_000;
    /// Bytes of a published id.
    pub const ID_BYTES: usize = 2_048;
    /// Bytes of a title.
    pub const TITLE_BYTES: usize = 2_048;
    /// Bytes of a summary.
    pub const SUMMARY_BYTES: usize = 16_384;
    /// Bytes of a text.
    pub const TEXT_BYTES: usize = 1_048_576;
    /// Authors of one entry, and bytes of each name.
    pub const AUTHORS: usize = 16;
    pub const AUTHOR_BYTES: usize = 256;
}

words!(
    /// What an item is. Append only.
    Kind { Article = "article", Notice = "notice", Listing = "listing", Page = "page" }
);

/// A BCP 47 language tag, lower case but for the script: `en`, `sr-Latn`, `sr-Cyrl`, `sh`, `zh`.
pub type Lang = String;

/// One thing as a connector read it from a document: nothing invented, plain text without markup.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The published id; if there is none, the address; if there is none either, a hash of the
    /// content. Never empty.
    pub id: String,
    /// Whether `id` was published (and not derived from the address or the content).
    #[serde(skip)]
    pub id_published: bool,
    pub url: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub text: Option<String>,
    pub authors: Vec<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    /// What the entry itself says about its language.
    pub lang: Option<Lang>,
    /// It stood there before its source was watched, in a part that is read only now: no news.
    #[serde(skip)]
    pub backlog: bool,
    /// The record that title, summary and text were made of, where there is one.
    #[serde(skip)]
    pub record: Option<Box<Published>>,
}

/// A part of a document that could not be used, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where: `entry 3`, `line 12`, `document`.
    pub at: String,
    pub reason: String,
}

hash_id!(
    /// An item's identity: 16 bytes of SHA-256 over the source and the first key seen (I4a).
    ItemId
);
hash_id!(
    /// A story's identity: that of the item which began it.
    StoryId
);

impl ItemId {
    /// The id of an item whose first key is `key` (a published id, an address or a content hash,
    /// told apart by `what`).
    pub fn derive(source: &SourceId, what: &str, key: &str) -> Self {
        Self(hash16(&["item/1", source.as_str(), what, key]))
    }
}

impl StoryId {
    pub fn of(item: ItemId) -> Self {
        Self(item.0)
    }
}

/// The first 16 bytes of SHA-256 over the parts, each behind its length so that no two lists of
/// parts run together.
pub(crate) fn hash16(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    id
}

/// One thing that a source published, in its latest state. Its long text is kept apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub id: ItemId,
    pub kind: Kind,
    pub source: SourceId,
    /// The first key seen: the published id, else the address, else a content hash.
    pub key: String,
    pub url: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub lang: Option<Lang>,
    pub authors: Vec<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    /// When it was first fetched; the order of all lists, and never changed afterwards.
    pub fetched: Timestamp,
    /// 0 for the first state.
    pub revision: u32,
    pub story: StoryId,
    /// The evidence record; `null` until the evidence archive exists.
    pub capture: Option<String>,
    pub tags: Vec<Tag>,
    /// Hash of title, summary, text and authors: what makes a revision.
    pub content: [u8; 16],
    /// Hash of id, address and dates: what makes a revision too, within bounds.
    pub envelope: [u8; 16],
    /// Revisions in which only id, address or dates changed; feeds that change them at every poll
    /// stop adding revisions at a bound.
    pub restless: u8,
    /// Alias rows that lead here.
    pub aliases: u8,
    /// Came with a source's first successful poll.
    pub baseline: bool,
    /// Bytes of the long text, 0 if there is none.
    pub text_bytes: u32,
}

/// One state that an item had, as it was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    pub at: Timestamp,
    pub url: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub tags: Vec<Tag>,
    /// Which fields differ from the state before: `title`, `summary`, `text`, `url`, `id`,
    /// `published`, `updated`, `authors`. Empty for the first state.
    pub changed: Vec<String>,
}
