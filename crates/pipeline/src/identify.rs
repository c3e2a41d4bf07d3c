//! Which keys each entry of a document can be known by (I4a). Pure.

use std::collections::HashMap;

use model::{
    AliasKey, Entry, Item, ItemId, Kind, Notice, Published, StoryKey, canonical_url,
    content_digest, exact_text_key,
};

use crate::Source;
use crate::notices::{claims, lookups, twin_keys};
use crate::record::{self, first_class};

/// Names under which a procedure is looked for.
const LOOKUPS: usize = 32;

/// An entry with every key that may lead to a stored item.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub entry: Entry,
    /// Its published id, unless other entries of the document claim the same one.
    pub guid: Option<AliasKey>,
    /// Its canonical address, unless other entries share it.
    pub url: Option<AliasKey>,
    /// Its content, where there is neither of the two.
    pub content_key: Option<AliasKey>,
    /// Further names of a procedure, its own first, then those of notices that it continues.
    pub(crate) names: Vec<AliasKey>,
    /// How many of them are its own.
    pub(crate) claimed: usize,
    /// The id it gets if it is new.
    pub new_id: ItemId,
    /// The first key, as shown.
    pub key: String,
    pub canonical: Option<String>,
    pub content: [u8; 16],
    pub envelope: [u8; 16],
    /// Keys that it shares with the same story elsewhere.
    pub story: Vec<StoryKey>,
}

/// What is told about an entry if it is new or changed: which alerts it may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// One alert for each rule and story.
    Story,
    /// The same for each class of news of a procedure.
    Notice { class: &'static str },
    /// One alert for each rule and vendor of a list's version.
    List,
}

impl Candidate {
    pub(crate) fn record(&self) -> Option<&Published> {
        self.entry.record.as_deref()
    }

    /// What tells an entry of a list that other lists repeat.
    pub(crate) fn origin(&self) -> Option<&str> {
        match self.record() {
            Some(Published::Designation(designation)) => designation.origin.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.record() {
            None => Kind::Article,
            Some(Published::Designation(_)) => Kind::Listing,
            Some(Published::Notice(_)) => Kind::Notice,
        }
    }

    pub(crate) fn told(&self) -> Told {
        match self.record() {
            None => Told::Story,
            Some(Published::Designation(_)) => Told::List,
            Some(Published::Notice(notice)) => Told::Notice { class: first_class(notice) },
        }
    }

    /// It has no words but those of its address, and these are not the address of `before`.
    pub(crate) fn speaks_by_another(&self, before: &Item) -> bool {
        let entry = &self.entry;
        let (title, summary) = (entry.title.as_deref(), entry.summary.as_deref());
        entry.record.is_none()
            && entry.url.is_some()
            && entry.url != before.url
            && record::is_wordless(title, summary, entry.text.as_deref())
    }

    /// In the order in which they are looked up.
    pub fn aliases(&self) -> impl Iterator<Item = AliasKey> {
        let keys = [self.guid, self.url, self.content_key].into_iter().flatten();
        keys.chain(self.names.iter().copied())
    }

    /// Those of them that lead to the item from now on.
    pub(crate) fn claims(&self) -> impl Iterator<Item = AliasKey> {
        let keys = [self.guid, self.url, self.content_key].into_iter().flatten();
        keys.chain(self.names.iter().take(self.claimed).copied())
    }
}

/// Finds each entry's keys. An id or address that several *different* entries of one document
/// share says nothing about any of them and is left out.
pub fn identify(source: &Source, entries: Vec<Entry>) -> Vec<Candidate> {
    let rows: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            let address = entry.url.as_deref();
            let canonical = address.and_then(|url| canonical_url(url, &source.replace));
            let content = match entry.record.as_deref() {
                Some(record) => record::digest(record),
                None => content_digest(&entry),
            };
            (entry, canonical, content)
        })
        .collect();

    // How many different entries claim a key: the same entry printed twice counts once.
    let mut guids: HashMap<&str, Vec<Claim<'_>>> = HashMap::new();
    let mut urls: HashMap<&str, Vec<Claim<'_>>> = HashMap::new();
    for (entry, canonical, content) in &rows {
        if entry.record.is_some() {
            // Its publisher numbers it: notices of one procedure share the number on purpose.
            continue;
        }
        if entry.id_published {
            note(guids.entry(&entry.id).or_default(), (canonical.as_deref(), *content));
        }
        if let Some(canonical) = canonical {
            let guid = if entry.id_published { entry.id.as_str() } else { "" };
            note(urls.entry(canonical).or_default(), (Some(guid), *content));
        }
    }
    let shared_guid = |id: &str| guids.get(id).is_some_and(|claims| claims.len() > 1);
    let shared_url = |url: &str| urls.get(url).is_some_and(|claims| claims.len() > 1);

    let keyed: Vec<_> = rows
        .iter()
        .map(|(entry, canonical, _)| {
            if entry.record.is_some() {
                return (true, false);
            }
            let guid = entry.id_published && !shared_guid(&entry.id);
            let url = canonical.as_deref().is_some_and(|url| {
                // The front page names no item where the entry has a name of its own.
                let nameless = guid && is_front_page(url);
                !nameless && !shared_url(url)
            });
            (guid, url)
        })
        .collect();
    let keyed_rows = rows.into_iter().zip(keyed);
    keyed_rows
        .map(|((entry, canonical, content), (guid, url))| {
            candidate(source, entry, canonical, content, guid, url)
        })
        .collect()
}

/// Who claims a key: its other key, and its content.
type Claim<'e> = (Option<&'e str>, [u8; 16]);

fn note<'e>(claims: &mut Vec<Claim<'e>>, claim: Claim<'e>) {
    // Two are enough to know that a key is shared.
    if claims.len() < 2 && !claims.contains(&claim) {
        claims.push(claim);
    }
}

fn is_front_page(canonical: &str) -> bool {
    canonical
        .strip_prefix("https://")
        .is_some_and(|rest| rest.find('/').is_none_or(|slash| rest[slash..].len() == 1))
}

fn candidate(
    source: &Source,
    entry: Entry,
    canonical: Option<String>,
    content: [u8; 16],
    use_guid: bool,
    use_url: bool,
) -> Candidate {
    let id = &source.id;
    let hex = || content.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let url_key = canonical.as_deref().filter(|_| use_url);
    let (what, key) = match url_key {
        _ if use_guid => ("guid", entry.id.clone()),
        Some(url) => ("url", url.to_owned()),
        None => ("content", hex()),
    };
    let body = entry.text.as_deref().or(entry.summary.as_deref());
    let story = match entry.record.as_deref() {
        // Being named by a second list is news.
        Some(Published::Designation(_)) => Vec::new(),
        Some(Published::Notice(notice)) => notice_story(notice),
        None => url_key
            .filter(|url| !is_front_page(url))
            .map(StoryKey::url)
            .into_iter()
            .chain(exact_text_key(entry.title.as_deref(), body))
            .collect(),
    };
    let (names, claimed) = match entry.record.as_deref() {
        Some(Published::Notice(notice)) => {
            let names = lookups(notice).into_iter().map(|name| AliasKey::guid(id, &name));
            (names.take(LOOKUPS).collect(), claims(notice).len().min(LOOKUPS))
        }
        _ => (Vec::new(), 0),
    };
    Candidate {
        names,
        claimed,
        guid: use_guid.then(|| AliasKey::guid(id, &entry.id)),
        url: url_key.map(|url| AliasKey::url(id, url)),
        content_key: (what == "content").then(|| AliasKey::content(id, &hex())),
        new_id: ItemId::derive(id, what, &key),
        key,
        content,
        // A record is what it says; nothing around it changes without it.
        envelope: match entry.record {
            Some(_) => content,
            None => envelope(&entry, canonical.as_deref()),
        },
        story,
        canonical,
        entry,
    }
}

/// The same tender on several portals: its number in the Official Journal, or what twins share.
fn notice_story(notice: &Notice) -> Vec<StoryKey> {
    let is_journal_number = |id: &&String| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        id.split_once('-').is_some_and(|(n, year)| digits(n) && digits(year) && year.len() == 4)
    };
    let ids = [&notice.notice_id].into_iter().chain(&notice.aliases).chain(&notice.previous);
    let numbers = ids
        .filter(is_journal_number)
        .map(|id| StoryKey::url(&format!("notice:{}", id.trim_start_matches('0'))));
    let twins = twin_keys(notice).into_iter().map(|key| StoryKey::url(&format!("tender:{key}")));
    numbers.chain(twins).take(8).collect()
}

/// Hash over what surrounds the content: id, address, dates.
fn envelope(entry: &Entry, canonical: Option<&str>) -> [u8; 16] {
    let time = |time: Option<model::Timestamp>| time.map(|t| t.to_string()).unwrap_or_default();
    let id = if entry.id_published { entry.id.as_str() } else { "" };
    let parts = [id, canonical.unwrap_or_default(), &time(entry.published), &time(entry.updated)];
    crate::hash::sha16(&parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{entry, source};

    #[test]
    fn one_guid_for_all_entries_is_no_identity() {
        let source = source("a");
        let entries = vec![
            entry("same", Some("https://a.rs/1"), "One"),
            entry("same", Some("https://a.rs/2"), "Two"),
        ];
        let found = identify(&source, entries);
        assert!(found.iter().all(|c| c.guid.is_none() && c.url.is_some()));
        assert_ne!(found[0].new_id, found[1].new_id);
    }

    #[test]
    fn one_link_for_all_entries_is_no_identity() {
        let source = source("a");
        let entries = vec![
            entry("1", Some("https://a.rs/news"), "One"),
            entry("2", Some("https://a.rs/news"), "Two"),
        ];
        let found = identify(&source, entries);
        assert!(found.iter().all(|c| c.guid.is_some() && c.url.is_none()));
        assert!(found.iter().all(|c| c.story.is_empty()), "a shared link is no story either");
    }

    #[test]
    fn one_guid_and_one_link_for_all_leaves_the_content() {
        let source = source("a");
        let entries = vec![
            entry("same", Some("https://a.rs/"), "One"),
            entry("same", Some("https://a.rs/"), "Two"),
        ];
        let found = identify(&source, entries);
        assert!(found.iter().all(|c| c.content_key.is_some()));
        assert_ne!(found[0].new_id, found[1].new_id);
    }

    #[test]
    fn an_entry_printed_twice_is_one_entry() {
        let source = source("a");
        let twice = entry("1", Some("https://a.rs/1"), "One");
        let found = identify(&source, vec![twice.clone(), twice]);
        assert!(found.iter().all(|c| c.guid.is_some() && c.url.is_some()));
        assert_eq!(found[0].new_id, found[1].new_id);
    }

    #[test]
    fn the_front_page_as_link_is_no_identity_beside_a_guid() {
        let source = source("a");
        let found = identify(&source, vec![entry("1", Some("https://a.rs/"), "One")]);
        assert!(found[0].url.is_none());
        let mut bare = entry("https://a.rs/", Some("https://a.rs/"), "One");
        bare.id_published = false;
        assert!(identify(&source, vec![bare])[0].url.is_some());
    }
}
