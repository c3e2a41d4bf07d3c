//! What of a sitemap is worth a plan: entries that are new or changed, each address once.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Entry, Item, Problem, SitemapMemory, Timestamp, canonical_url};
use store::{Store, StoreError, tables};

use super::{FIRST, LEFT_OUT};
use crate::Source;
use crate::identify::Candidate;

/// Makes one entry of those with the same address: an index may name a page in several sitemaps,
/// and only the one for news says its title. Returns how many entries were folded into others.
pub(crate) fn merge(source: &Source, entries: &mut Vec<Entry>) -> u32 {
    let mut at: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    let mut merged: Vec<Entry> = Vec::with_capacity(entries.len());
    let mut folded = 0;
    for entry in std::mem::take(entries) {
        let key = entry.url.as_deref().filter(|_| !entry.id_published);
        let Some(key) = key.and_then(|url| canonical_url(url, &source.replace)) else {
            merged.push(entry);
            continue;
        };
        match at.get(&key) {
            Some(there) => {
                fold(&mut merged[*there], entry);
                folded += 1;
            }
            None => {
                at.insert(key, merged.len());
                merged.push(entry);
            }
        }
    }
    *entries = merged;
    folded
}

/// The one that says more, whatever the order; of two that say the same the shorter address.
fn fold(into: &mut Entry, other: Entry) {
    let rank = |entry: &Entry| {
        let url = entry.url.clone().unwrap_or_default();
        (entry.title.is_none(), entry.published.is_none(), url.len(), url)
    };
    let (mut best, rest) = if rank(&other) < rank(into) {
        (other, std::mem::take(into))
    } else {
        (std::mem::take(into), other)
    };
    best.title = best.title.or(rest.title);
    best.lang = best.lang.or(rest.lang);
    best.published = best.published.or(rest.published);
    best.updated = best.updated.max(rest.updated);
    // Where it is news, it is news.
    best.backlog &= rest.backlog;
    *into = best;
}

/// What is left to be planned.
pub(crate) struct Aside {
    /// New and changed entries, newest first.
    pub(crate) moved: Vec<Candidate>,
    /// Entries that are as they were, and those that were left aside at the first poll.
    pub(crate) unchanged: u32,
    pub(crate) problem: Option<Problem>,
    /// Present when the horizon has moved.
    pub(crate) memory: Option<Arc<SitemapMemory>>,
}

/// Sets aside what need not be planned. `memory` is what is stored with the run, `first` says that
/// nothing of this address was read before.
pub(crate) fn set_aside(
    store: &Store,
    memory: Option<Arc<SitemapMemory>>,
    first: bool,
    candidates: Vec<Candidate>,
) -> Result<Aside, StoreError> {
    // What a first poll reads it takes, as far as it takes it at all.
    let horizon = memory.as_ref().filter(|_| !first).and_then(|memory| memory.horizon);
    let (mut moved, mut unchanged, mut left) = (Vec::new(), 0, 0);
    for candidate in candidates {
        match find(store, &candidate)? {
            Some(item) if says_nothing_new(&item, &candidate) => unchanged += 1,
            None if date(&candidate).is_some_and(|date| Some(date) <= horizon) => left += 1,
            _ => moved.push(candidate),
        }
    }
    moved.sort_by_key(|candidate| std::cmp::Reverse(date(candidate)));
    let dated = moved.iter().filter(|candidate| date(candidate).is_some()).count();
    let mut aside = Aside { moved, unchanged, problem: None, memory: None };
    if first && dated > FIRST {
        // Those without a date stand at the end and stay: nobody could tell them from new ones.
        let over: Vec<_> = aside.moved.drain(FIRST..dated).collect();
        left += u32::try_from(over.len()).unwrap_or(u32::MAX);
        let mut memory = memory.map(Arc::unwrap_or_clone).unwrap_or_default();
        memory.horizon = memory.horizon.max(over.first().and_then(date));
        aside.memory = Some(Arc::new(memory));
    }
    if left > 0 {
        let until = aside.memory.as_ref().and_then(|memory| memory.horizon).or(horizon);
        let until = until.map(|time| time.to_string()).unwrap_or_default();
        aside.problem = Some(Problem {
            at: LEFT_OUT.into(),
            reason: format!(
                "{left} unknown entries dated up to {until} are left aside: a first poll takes the \
                 newest {FIRST}"
            ),
        });
        aside.unchanged += left;
    }
    Ok(aside)
}

fn date(candidate: &Candidate) -> Option<Timestamp> {
    candidate.entry.published.or(candidate.entry.updated)
}

fn find(store: &Store, candidate: &Candidate) -> Result<Option<Item>, StoreError> {
    for alias in candidate.aliases() {
        if let Some(id) = store.get::<tables::Aliases>(&alias)? {
            return store.get::<tables::Items>(&id);
        }
    }
    store.get::<tables::Items>(&candidate.new_id)
}

/// An entry without a title is no news of an item that has one: most sitemaps give none.
fn says_nothing_new(item: &Item, candidate: &Candidate) -> bool {
    let same = item.content == candidate.content && item.envelope == candidate.envelope;
    same || (candidate.entry.title.is_none() && item.title.is_some())
}
