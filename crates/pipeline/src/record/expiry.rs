//! Ends that entries of a list pass by themselves, while they stay on it: such a list never changes
//! on that day, so nobody would be told.

use model::{Detail, ItemId, Listing, SourceId};
use serde::{Deserialize, Serialize};
use store::{Commit, Store, StoreError, tables};

use super::list::members;
use super::read;
use crate::Source;

/// What is known about the ends of one source's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// Ends up to this full-date are dealt with: told, or past before the list was first read.
    pub since: String,
    /// The earliest end after it; `None`: no entry says that it ends.
    pub next: Option<String>,
}

impl Ends {
    /// As stored; where nothing is, all that is past by now is none of our news.
    pub(crate) fn read(store: &Store, source: &SourceId) -> Result<Option<Self>, StoreError> {
        let row = store.get::<tables::Meta>(&row(source))?;
        Ok(row.and_then(|row| serde_json::from_slice(&row).ok()))
    }

    /// What is stored once everything up to `today` was dealt with.
    pub(crate) fn after<'a>(today: &str, ends: impl Iterator<Item = &'a str>) -> Self {
        let next = ends.filter(|end| *end > today).min().map(Into::into);
        Self { since: today.to_owned(), next }
    }

    pub(crate) fn write(&self, commit: &mut Commit, source: &SourceId) {
        let json = serde_json::to_vec(self).expect("two dates are always JSON");
        commit.put::<tables::Meta>(&row(source), &json);
    }
}

fn row(source: &SourceId) -> String {
    format!("ends/{source}")
}

/// The end that an entry has passed after `since` and that nobody was told of.
pub(crate) fn passed<'l>(kept: &'l Listing, since: &str, today: &str) -> Option<&'l str> {
    let end = kept.designation.removed.as_deref()?;
    let told = kept.gone || kept.ended.as_deref() == Some(end);
    (!told && since < end && end <= today).then_some(end)
}

/// The end of a state of an entry, if it is past: whoever is told of that state is told of it.
pub(crate) fn ended(of: &model::Designation, today: &str) -> Option<String> {
    of.removed.clone().filter(|end| end.as_str() <= today)
}

/// Entries whose end has passed by `today`, of a list that did not change, and what is known
/// afterwards. `None`: there is nothing to do before its next end.
pub(crate) fn passing(
    store: &Store,
    source: &Source,
    today: &str,
) -> Result<Option<(Vec<ItemId>, Ends)>, StoreError> {
    let known = Ends::read(store, &source.id)?;
    if known.as_ref().is_some_and(|ends| ends.next.as_deref().is_none_or(|next| next > today)) {
        return Ok(None);
    }
    let since = known.map_or_else(|| today.to_owned(), |ends| ends.since);
    let (mut found, mut later) = (Vec::new(), Vec::new());
    for id in members(store, &source.id)? {
        let detail = store.get::<tables::Details>(&id)?;
        let Some(Detail::Listing(kept)) = detail.as_deref().and_then(read) else { continue };
        if passed(&kept, &since, today).is_some() {
            found.push(id);
        }
        later.extend(kept.designation.removed);
    }
    found.sort_unstable();
    let ends = Ends::after(today, later.iter().map(String::as_str));
    Ok(Some((found, ends)))
}
