//! What is known about a vendor.

use model::{ItemId, SourceId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ListingRow, NoticeRow};

/// What is known about a vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorRow {
    pub id: String,
    pub label: String,
    /// Layers that it is usually seen in: a hint, never evidence.
    pub usual_layers: Vec<String>,
    /// Entries of entity lists that name it, on a list today first.
    pub listings: Vec<VendorListing>,
    /// Procurement procedures that name it, newest first, at most 100.
    pub notices: Vec<VendorNotice>,
    /// Items of any kind that name it, at most 10,000 are counted.
    pub items: usize,
    /// When one came last.
    pub last_seen: Option<Timestamp>,
    /// How many of them are evidence of each layer.
    pub layers: std::collections::BTreeMap<String, usize>,
}

/// An entry of an entity list that names a vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorListing {
    pub item: ItemId,
    pub source: SourceId,
    pub source_name: String,
    /// Whether the list may be used: `ok`, `pending`, `restricted`.
    pub terms: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
    /// The rules that found the vendor, and the words.
    pub rules: Vec<String>,
    pub words: Vec<String>,
    /// When it was first seen by us.
    pub seen: Timestamp,
    #[serde(flatten)]
    pub listing: ListingRow,
}

/// A procurement procedure that names a vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorNotice {
    pub item: ItemId,
    pub source: SourceId,
    pub title: Option<String>,
    pub url: Option<String>,
    pub published: Option<Timestamp>,
    /// It is one of the suppliers, and not only named in the text.
    pub supplies: bool,
    pub notice: NoticeRow,
}
