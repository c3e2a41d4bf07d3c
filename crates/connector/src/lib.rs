#![doc = include_str!("../README.md")]

mod charset;
pub mod entities;
mod error;
pub mod feed;
pub mod notices;
pub mod opml;
mod record;
pub mod sitemap;

use std::collections::{BTreeMap, HashSet};

use model::{Entry, HttpUrl, ListVersion, Problem};
use serde::Serialize;

use crate::entities::{EntityRules, Named, ParsedList, parse_entities};
use crate::notices::{NoticeRules, ParsedNotices, parse_notices};
use crate::sitemap::{of_sitemap, parse_sitemap};

pub use crate::charset::{DecidedBy, Decoded, decode};
pub use crate::error::ParseError;
pub use crate::record::{entry_of_designation, entry_of_notice};
pub use crate::sitemap::SitemapRules;

/// A body with what the transport said about it.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    pub bytes: &'a [u8],
    /// The `Content-Type` header as received.
    pub content_type: Option<&'a str>,
    /// The address that relative references start from.
    pub base_url: Option<&'a str>,
}

/// How one source is read, with its rules compiled. A new kind is one variant and one module.
#[derive(Clone, Debug)]
pub enum Connector {
    Feed(FeedRules),
    Sitemap(SitemapRules),
    Notices(Box<NoticeRules>),
    Entities(Box<EntityRules>),
}

/// What the operator can say about a feed.
#[derive(Clone, Debug, Default)]
pub struct FeedRules {
    /// Where entries are looked for that the feed may have dropped between two polls.
    pub sitemap: Option<HttpUrl>,
}

/// What one document yielded: the usable entries, and a problem with its place for each part that
/// was skipped, repaired or cut.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Parsed {
    /// `rss-2.0`, `atom-1.0`, `json-feed-1.1` …
    pub format: String,
    pub title: Option<String>,
    pub items: Vec<Entry>,
    pub problems: Vec<Problem>,
    /// The address of the next page, where the format has pages.
    pub next: Option<String>,
    /// The sitemaps that an index names, newest first.
    #[serde(skip)]
    pub children: Vec<sitemap::Child>,
    /// Entries that could not be used at all: each has a problem as well (I3).
    #[serde(skip)]
    pub rejected: u32,
    /// Present: the items are a whole entity list and not news of it.
    #[serde(skip)]
    pub list: Option<Box<Download>>,
    /// Present: the items are changes of an entity list.
    #[serde(skip)]
    pub changes: Option<Box<Changes>>,
    /// What the document says about when asking again is useful.
    #[serde(skip)]
    pub hints: model::Hints,
    /// Where the document says that it is told from.
    #[serde(skip)]
    pub links: model::Links,
    /// How the document ends.
    #[serde(skip)]
    pub tail: Tail,
}

/// How a document ends. One that was cut on its way looks like one that its author never closes:
/// only a second reading tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tail {
    #[default]
    Whole,
    /// Before its end, between two entries.
    Cut,
    /// Inside of the last of `items`, whose id, address or title may be halves.
    Torn,
}

/// What a document of changes says beside the entries that it brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The list that they change.
    pub list: String,
    /// Ids of entries that were taken off: `us-ofac-sdn/30947`.
    pub removals: Vec<String>,
    /// Those of them that stand among the entries as well, with a name.
    pub named: HashSet<String>,
    /// The document was read to its end; else nothing of it may be taken over (I9).
    pub complete: bool,
}

/// A download of an entity list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Download {
    /// Without its digest.
    pub version: ListVersion,
    /// The file was read to its end; else it must never become a version of the list (I9).
    pub complete: bool,
}

/// Reads one document by the rules of its connector. The same bytes always give the same result.
///
/// # Errors
/// Only when nothing in the document can be used; one bad entry is a [`Problem`].
pub fn parse(connector: &Connector, document: &Document<'_>) -> Result<Parsed, ParseError> {
    match connector {
        Connector::Feed(rules) => feed::parse_feed(rules, document),
        Connector::Sitemap(rules) => parse_sitemap(rules, document).map(of_sitemap),
        Connector::Notices(rules) => parse_notices(rules, document).map(of_notices),
        Connector::Entities(rules) => {
            let name = document.base_url.and_then(|url| url.rsplit('/').next());
            let file = Named { name: name.unwrap_or_default().to_owned(), value: *document };
            parse_entities(rules, &[file]).map(of_list)
        }
    }
}

/// Notices as entries: those of one procedure have one id.
pub fn of_notices(notices: ParsedNotices) -> Parsed {
    let skipped = notices
        .skipped
        .into_iter()
        .map(|skipped| Problem { at: skipped.at, reason: format!("skipped: {}", skipped.reason) });
    Parsed {
        hints: model::Hints::default(),
        links: model::Links::default(),
        tail: Tail::Whole,
        format: notices.format,
        title: notices.title,
        items: notices.items.into_iter().map(entry_of_notice).collect(),
        problems: notices.problems.into_iter().chain(skipped).collect(),
        next: None,
        children: Vec::new(),
        rejected: notices.rejected,
        list: None,
        changes: None,
    }
}

/// Designations as entries. Documents that tell of changes only are no list: what they do not name
/// is not gone.
pub fn of_list(list: ParsedList) -> Parsed {
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let skipped = list
        .skipped
        .into_iter()
        .map(|skipped| Problem { at: skipped.at, reason: format!("skipped: {}", skipped.reason) });
    let entry_id = |id: &String| format!("{}/{id}", list.list);
    let changes = list.delta.then(|| {
        let off: HashSet<&String> = list.removals.iter().collect();
        let named = list.items.iter().map(|item| &item.entity_id).filter(|id| off.contains(id));
        Changes {
            removals: list.removals.iter().map(entry_id).collect(),
            named: named.map(entry_id).collect(),
            list: list.list.clone(),
            complete: list.complete,
        }
    });
    let whole = !(list.delta || list.format.tells_news());
    let download = Download {
        version: ListVersion {
            format: list.format.to_string(),
            reader: list.reader,
            published: list.version.or(list.published),
            entries: u32::try_from(list.items.len()).unwrap_or(u32::MAX),
            filled: filled(&list.items),
            lists: list.counts.into_iter().map(|(name, n)| (name, count(n))).collect(),
            ..ListVersion::default()
        },
        complete: list.complete,
    };
    Parsed {
        hints: model::Hints::default(),
        links: model::Links::default(),
        tail: Tail::Whole,
        format: list.format.to_string(),
        title: list.title,
        items: list.items.into_iter().map(entry_of_designation).collect(),
        problems: list.problems.into_iter().chain(skipped).collect(),
        next: list.next,
        children: Vec::new(),
        rejected: count(list.rejected),
        list: whole.then(|| Box::new(download)),
        changes: changes.map(Box::new),
    }
}

/// Entries that say something in each of the fields which nothing else needs.
fn filled(items: &[model::Designation]) -> BTreeMap<String, u32> {
    let mut filled = BTreeMap::new();
    for item in items {
        for (field, says) in [
            ("aliases", !item.aliases.is_empty()),
            ("type", item.kind.is_some()),
            ("addresses", !item.addresses.is_empty()),
            ("countries", !item.countries.is_empty()),
            ("programmes", !item.programmes.is_empty()),
            ("citations", !item.citations.is_empty()),
            ("listed", item.listed.is_some()),
            ("removed", item.removed.is_some()),
        ] {
            if says {
                *filled.entry(field.to_owned()).or_default() += 1;
            }
        }
    }
    filled
}

impl Connector {
    /// Reads entity lists: versioned state, not a stream of entries.
    pub fn is_list(&self) -> bool {
        match self {
            Self::Feed(_) | Self::Sitemap(_) | Self::Notices(_) => false,
            Self::Entities(_) => true,
        }
    }
}
