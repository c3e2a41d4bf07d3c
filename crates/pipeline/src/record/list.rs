//! A download of an entity list beside what is kept of the list.

use std::collections::{HashMap, HashSet};

use connector::{Changes, Download};
use model::{Designation, Detail, ItemId, ListVersion, Published, SourceId, Timestamp};
use store::{Commit, CommitError, Range, Store, StoreError, tables};

use super::{Collapse, Ends, ListingMove, compare_listing, guard, read};
use crate::Source;
use crate::identify::Candidate;
use crate::listing::diff;

/// Members of a list that are read at a time.
const PAGE: usize = 1_000;

/// What differs from what is kept.
pub(crate) struct List {
    /// New, changed, or back.
    pub(crate) moved: Vec<Candidate>,
    pub(crate) unchanged: u32,
    /// Not in the list any more.
    pub(crate) gone: Vec<ItemId>,
    /// Another reader of ours read the list last time.
    pub(crate) restating: bool,
    /// What is known of the ends of entries, before and after this download.
    pub(crate) since: String,
    pub(crate) ends: Ends,
}

impl List {
    /// Sets aside the entries that are as they were, so that the few that moved are decided and
    /// told together.
    pub(crate) fn compare(
        store: &Store,
        source: &Source,
        version: &ListVersion,
        today: &str,
        candidates: Vec<Candidate>,
    ) -> Result<Self, StoreError> {
        let mut members = members(store, &source.id)?;
        let mut added = Vec::new();
        let last = last_version(store, &source.id)?;
        let restating = last.is_some_and(|last| last.reader != version.reader);
        let since = Ends::read(store, &source.id)?.map_or_else(|| today.to_owned(), |e| e.since);
        let ends = Ends::after(today, candidates.iter().filter_map(end_of));
        let mut list =
            Self { moved: Vec::new(), unchanged: 0, gone: Vec::new(), restating, since, ends };
        for candidate in candidates {
            let known = match candidate.guid {
                Some(guid) => store.get::<tables::Aliases>(&guid)?,
                None => None,
            };
            let id = known.unwrap_or(candidate.new_id);
            let was_there = members.remove(&id);
            if was_there && is_unchanged(store, id, &candidate, &list.since, today)? {
                list.unchanged += 1;
                continue;
            }
            if !was_there && known.is_none() {
                added.push(list.moved.len());
            }
            list.moved.push(candidate);
        }
        for (id, at) in renumbered(store, &members, &list.moved, &added, today)? {
            members.remove(&id);
            list.moved[at].new_id = id;
        }
        list.gone = members.into_iter().collect();
        list.gone.sort_unstable();
        Ok(list)
    }
}

/// Entries that came under a number of their own and are ones that left: lists number their rows
/// anew. Pairs of the item and the place of its new state among `moved`.
fn renumbered(
    store: &Store,
    gone: &HashSet<ItemId>,
    moved: &[Candidate],
    added: &[usize],
    today: &str,
) -> Result<Vec<(ItemId, usize)>, StoreError> {
    if gone.is_empty() || added.is_empty() {
        return Ok(Vec::new());
    }
    let key = |of: &Designation| (of.list.clone(), of.entity_id.clone());
    let (mut old, mut items) = (Vec::new(), HashMap::new());
    for id in gone {
        let kept = store.get::<tables::Details>(id)?;
        if let Some(Detail::Listing(kept)) = kept.as_deref().and_then(read) {
            items.insert(key(&kept.designation), *id);
            old.push(kept.designation);
        }
    }
    let (mut new, mut places) = (Vec::new(), HashMap::new());
    for at in added {
        if let Some(Published::Designation(now)) = moved[*at].record() {
            places.insert(key(now), *at);
            new.push(now.clone());
        }
    }
    let pairs = diff(&old, &new, today).into_iter().filter_map(|change| {
        let item = items.get(&key(change.before?))?;
        Some((*item, *places.get(&key(change.after?))?))
    });
    Ok(pairs.collect())
}

pub(super) fn members(store: &Store, source: &SourceId) -> Result<HashSet<ItemId>, StoreError> {
    let mut members = HashSet::new();
    let mut last = None;
    loop {
        let range = Range::<tables::ListMembers>::prefix(source);
        let range = match &last {
            Some(last) => range.after(last),
            None => range,
        };
        let page = store.page(range, PAGE)?;
        members.extend(page.iter().map(|((_, id), ())| *id));
        match page.into_iter().last() {
            Some((key, ())) => last = Some(key),
            None => return Ok(members),
        }
    }
}

fn end_of(candidate: &Candidate) -> Option<&str> {
    match candidate.record() {
        Some(Published::Designation(now)) => now.removed.as_deref(),
        _ => None,
    }
}

fn is_unchanged(
    store: &Store,
    id: ItemId,
    candidate: &Candidate,
    since: &str,
    today: &str,
) -> Result<bool, StoreError> {
    let Some(Published::Designation(now)) = candidate.record() else { return Ok(false) };
    let kept = store.get::<tables::Details>(&id)?;
    let Some(Detail::Listing(kept)) = kept.as_deref().and_then(read) else { return Ok(false) };
    Ok(!kept.gone && compare_listing(&kept, now, false, since, today) == ListingMove::Unchanged)
}

/// What a download of a list is judged by.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListBefore {
    last: Option<ListVersion>,
    accepted: bool,
}

impl ListBefore {
    pub(crate) fn read(store: &Store, source: &Source) -> Result<Self, StoreError> {
        if !source.connector.is_list() {
            return Ok(Self::default());
        }
        let accepted = is_accepted(store, &source.id)?;
        Ok(Self { last: last_version(store, &source.id)?, accepted })
    }

    /// The version that a download is, if it is the whole list and can be believed.
    pub(crate) fn judge(
        &self,
        source: &Source,
        digest: [u8; 16],
        download: Option<Box<Download>>,
        changes: Option<&Changes>,
    ) -> Result<Option<Box<ListVersion>>, Collapse> {
        if changes.is_some_and(|changes| !changes.complete) {
            return Err(Collapse::Incomplete);
        }
        let Some(download) = download else { return Ok(None) };
        let Download { mut version, complete } = *download;
        guard(&source.guard, complete, &version, self.last.as_ref(), self.accepted)?;
        version.digest = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        version.first = self.last.as_ref().and_then(|last| last.first);
        version.accepted = self.accepted;
        Ok(Some(Box::new(version)))
    }
}

/// The last good download of a source's list.
pub(crate) fn last_version(
    store: &Store,
    source: &SourceId,
) -> Result<Option<ListVersion>, StoreError> {
    let range = Range::<tables::ListVersions>::prefix(source).newest_first();
    let newest = store.page(range, 1)?.pop();
    Ok(newest.and_then(|(_, json)| serde_json::from_str(&json).ok()))
}

/// Whether an operator accepts the next download whatever it is.
pub(crate) fn is_accepted(store: &Store, source: &SourceId) -> Result<bool, StoreError> {
    Ok(store.get::<tables::Meta>(&accept_row(source))?.is_some())
}

fn accept_row(source: &SourceId) -> String {
    format!("accept/{source}")
}

/// The acceptance is used up with the download that it let in.
pub(crate) fn use_up_acceptance(commit: &mut Commit, source: &SourceId) {
    commit.delete::<tables::Meta>(&accept_row(source));
}

/// Accepts the next download of a source's list whatever its size: `source accept`.
///
/// # Errors
/// When it cannot be stored.
pub async fn accept_list(
    store: &Store,
    source: &SourceId,
    now: Timestamp,
) -> Result<(), CommitError> {
    let mut commit = Commit::default();
    commit.put::<tables::Meta>(&accept_row(source), &now.to_string().into_bytes());
    store.commit(commit).await.map(drop)
}
