//! A document of changes beside the lists that it changes.

use std::collections::HashSet;

use connector::{Changes, Connector};
use model::{AliasKey, Detail, ItemId};
use store::{Store, StoreError, tables};

use super::list::{last_version, members};
use super::{Collapse, read};
use crate::identify::Candidate;
use crate::{Context, Source};

/// What a document of changes takes off.
#[derive(Debug, Default)]
pub(crate) struct TakenOff {
    /// Entries of this source, and of others that read the same list.
    pub(crate) items: Vec<ItemId>,
    /// Records of the document that were found to be such an entry and say no more.
    pub(crate) records: u32,
}

/// Finds the entries that `changes` take off: under this source, and under every other one with the
/// same `entities.list`. Their records leave `candidates`: an entry that goes is no new one.
///
/// # Errors
/// Inside: when more would go than the guard of this source allows.
pub(crate) fn taken_off(
    cx: &Context,
    source: &Source,
    changes: &Changes,
    accepted: bool,
    candidates: &mut Vec<Candidate>,
) -> Result<Result<TakenOff, Collapse>, StoreError> {
    let store = &cx.store;
    let mut off = TakenOff::default();
    if changes.removals.is_empty() {
        return Ok(Ok(off));
    }
    let others = cx.settings.sources.iter();
    let others = others.filter(|other| other.id != source.id && reads(other, &changes.list));
    let mut resolved = HashSet::new();
    for holder in std::iter::once(source).chain(others) {
        let known = entries(store, holder)?;
        let mut found = 0;
        for key in &changes.removals {
            let Some(id) = store.get::<tables::Aliases>(&AliasKey::guid(&holder.id, key))? else {
                continue;
            };
            let detail = store.get::<tables::Details>(&id)?;
            let Some(Detail::Listing(kept)) = detail.as_deref().and_then(read) else { continue };
            resolved.insert(key.as_str());
            if !kept.gone {
                off.items.push(id);
                found += 1;
            }
        }
        if !accepted && let Some(collapse) = too_many(source, &changes.list, found, known) {
            return Ok(Err(collapse));
        }
    }
    let before = candidates.len();
    candidates.retain(|candidate| {
        !(changes.named.contains(&candidate.key) && resolved.contains(candidate.key.as_str()))
    });
    off.records = u32::try_from(before - candidates.len()).unwrap_or(u32::MAX);
    off.items.sort_unstable();
    off.items.dedup();
    Ok(Ok(off))
}

fn reads(source: &Source, list: &str) -> bool {
    match &source.connector {
        Connector::Entities(rules) => rules.list.as_deref() == Some(list),
        _ => false,
    }
}

/// Entries that a source's list has.
fn entries(store: &Store, source: &Source) -> Result<u32, StoreError> {
    if let Some(version) = last_version(store, &source.id)? {
        return Ok(version.entries);
    }
    Ok(u32::try_from(members(store, &source.id)?.len()).unwrap_or(u32::MAX))
}

/// As for a whole list: [`guard`](super::guard).
fn too_many(source: &Source, list: &str, off: u32, had: u32) -> Option<Collapse> {
    let allowed = (f64::from(had) * source.guard.max_loss.unwrap_or(0.2)).max(3.0);
    (f64::from(off) > allowed).then(|| Collapse::TakenOff { list: list.to_owned(), off, had })
}
