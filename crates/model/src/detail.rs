//! What an item of a list or portal is, beside its words.

use serde::{Deserialize, Serialize};

use crate::tag::words;
use crate::{Designation, Notice, Timestamp};
use std::fmt;
use std::str::FromStr;

/// The record behind an entry, as its publisher has it.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a list holds one kind, and a notice is the large one"
)]
pub enum Published {
    Designation(Designation),
    Notice(Notice),
}

/// The record behind an item, as it is kept with it: written as JSON, so that it can grow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "one at a time, between the store and a reader")]
pub enum Detail {
    Listing(Listing),
    Notice(Procurement),
}

/// An entry of an entity list, and what happened to it last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    pub designation: Designation,
    pub change: ListingChange,
    /// The list does not have it any more.
    pub gone: bool,
    /// The end of its own, a full-date, that it is known to have passed: it was told, or it was
    /// past when this state was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

words!(
    /// What happened to an entry of an entity list. Append only.
    ListingChange {
        Listed = "listed", Added = "added", Amended = "amended", Renamed = "renamed",
        AliasAdded = "alias-added", Removed = "removed", Expired = "expired",
        Relisted = "relisted",
    }
);

impl ListingChange {
    /// Worth an alert; other changes stand in the digest.
    pub fn is_news(self) -> bool {
        match self {
            Self::Added | Self::Renamed | Self::Removed | Self::Expired | Self::Relisted => true,
            Self::Listed | Self::Amended | Self::AliasAdded => false,
        }
    }
}

/// A procurement procedure: its newest notice, and those that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Procurement {
    pub notice: Notice,
    /// Hashes of what was read so far; newest last, at most 256.
    pub seen: Vec<[u8; 16]>,
    /// The notices that led here, oldest first and without `notice`; at most 24.
    #[serde(default)]
    pub history: Vec<Notice>,
}

/// One good download of an entity list, and how it differed from the one before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListVersion {
    /// `csl-csv`, `un-xml` …
    pub format: String,
    /// Version of our reader of the format: what differs because it changed is no change of the
    /// list.
    pub reader: u32,
    /// What the file says about its own version or date.
    pub published: Option<String>,
    /// Hash of the bytes, in hexadecimal digits.
    pub digest: String,
    pub entries: u32,
    /// Entries of each sub-list.
    pub lists: std::collections::BTreeMap<String, u32>,
    /// Entries that say something in each field: a column that is renamed empties its field.
    pub filled: std::collections::BTreeMap<String, u32>,
    pub added: u32,
    pub changed: u32,
    pub removed: u32,
    /// Differences that come from a newer reader and were taken over without telling anyone.
    pub restated: u32,
    /// When the first version was read.
    pub first: Option<Timestamp>,
    /// An operator accepted what the guards refused.
    pub accepted: bool,
}
