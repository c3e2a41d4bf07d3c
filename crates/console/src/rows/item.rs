//! Items and the states that they had.

use model::{Detail, Item, ItemId, Kind, Revision, SourceId, StoryId, Tag, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ListingRow, NoticeRow};

/// One item in its latest state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemRow {
    pub id: ItemId,
    pub kind: Kind,
    pub source: SourceId,
    /// The first key seen: the published id, else the address, else a content hash.
    pub key: String,
    pub url: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    /// `null` too when the texts were not asked for.
    pub text: Option<String>,
    pub lang: Option<String>,
    pub authors: Vec<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub fetched: Timestamp,
    pub revision: u32,
    pub story: StoryId,
    pub capture: Option<String>,
    pub tags: Vec<Tag>,
    /// Of a procurement notice only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeRow>,
    /// Of an entry of an entity list only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<ListingRow>,
}

impl ItemRow {
    /// `detail` is the record behind an item of a list or portal.
    pub fn new(item: Item, text: Option<String>, detail: Option<Detail>) -> Self {
        let (notice, listing) = match detail {
            Some(Detail::Notice(procurement)) => (Some(procurement.notice.into()), None),
            Some(Detail::Listing(listing)) => (None, Some(listing.into())),
            None => (None, None),
        };
        Self {
            notice,
            listing,
            id: item.id,
            kind: item.kind,
            source: item.source,
            key: item.key,
            url: item.url,
            title: item.title,
            summary: item.summary,
            text,
            lang: item.lang,
            authors: item.authors,
            published: item.published,
            updated: item.updated,
            fetched: item.fetched,
            revision: item.revision,
            story: item.story,
            capture: item.capture,
            tags: item.tags,
        }
    }
}

/// One item with its text and the states that it had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemDetail {
    #[serde(flatten)]
    pub item: ItemRow,
    /// Oldest first; the last one is what the item is now.
    pub revisions: Vec<RevisionRow>,
}

/// One state that an item had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevisionRow {
    pub revision: u32,
    pub at: Timestamp,
    /// Which fields differ from the state before; empty for the first.
    pub changed: Vec<String>,
    pub url: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub tags: Vec<Tag>,
}

impl RevisionRow {
    /// The state of an item that was never revised.
    pub fn only(item: &Item) -> Self {
        Self {
            revision: item.revision,
            at: item.fetched,
            changed: vec![],
            url: item.url.clone(),
            title: item.title.clone(),
            summary: item.summary.clone(),
            published: item.published,
            updated: item.updated,
            tags: item.tags.clone(),
        }
    }

    pub fn new(revision: u32, state: Revision) -> Self {
        Self {
            revision,
            at: state.at,
            changed: state.changed,
            url: state.url,
            title: state.title,
            summary: state.summary,
            published: state.published,
            updated: state.updated,
            tags: state.tags,
        }
    }
}
