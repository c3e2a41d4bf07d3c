//! Reads the items of a period as they stood at its end.

use std::collections::BTreeMap;

use model::{Item, Lang, Revision, SourceId, StoryId, Tag, Timestamp};
use store::{Range, StoreError, tables};

use super::Cx;
use crate::criteria::{Facts, accepts};

/// Rows read at once.
const PAGE: usize = 200;
/// Stories held in memory while a digest is made; what is beyond is only counted.
const HELD_STORIES: usize = 5_000;
/// Items kept of one story: further ones are outlets that nobody reads through.
const HELD_OUTLETS: usize = 64;

/// An item as it stood at the end of the period.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) item: model::ItemId,
    pub(super) source: SourceId,
    pub(super) fetched: Timestamp,
    pub(super) baseline: bool,
    /// Its words were changed in the period.
    pub(super) edited: bool,
    pub(super) kind: model::Kind,
    pub(super) lang: Option<Lang>,
    pub(super) url: Option<String>,
    pub(super) title: Option<String>,
    pub(super) published: Option<Timestamp>,
    pub(super) tags: Vec<Tag>,
}

/// What the period brought.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) fetched: usize,
    pub(super) items: usize,
    /// The items of each story, in order of arrival.
    pub(super) stories: BTreeMap<StoryId, Vec<Seen>>,
    /// Stories beyond [`HELD_STORIES`]; counted by item, so rather too many than too few.
    pub(super) surplus: usize,
}

pub(super) fn collect(cx: &Cx<'_>) -> Result<Found, StoreError> {
    let mut found = Found::default();
    let whole = || Range::<tables::ByTime>::between(&cx.period.start, &cx.period.end);
    let mut range = whole();
    loop {
        let rows = cx.store.page(range, PAGE)?;
        let Some((last, ())) = rows.last() else { return Ok(found) };
        range = whole().after(last);
        for ((_, id), ()) in rows {
            if let Some(item) = cx.store.get::<tables::Items>(&id)? {
                found.fetched += 1;
                add(cx, &mut found, item)?;
            }
        }
    }
}

fn add(cx: &Cx<'_>, found: &mut Found, item: Item) -> Result<(), StoreError> {
    let (story, kind) = (item.story, item.kind);
    let seen = as_of_end(cx, item)?;
    let facts = Facts {
        kind,
        category: cx.category(&seen.source),
        lang: seen.lang.as_deref(),
        tags: &seen.tags,
    };
    if !accepts(&cx.digest.when, &cx.digest.unless, &facts) {
        return Ok(());
    }
    found.items += 1;
    let full = found.stories.len() >= HELD_STORIES;
    match found.stories.get_mut(&story) {
        Some(items) if items.len() < HELD_OUTLETS => items.push(seen),
        Some(_) => {}
        None if full => found.surplus += 1,
        None => {
            found.stories.insert(story, vec![seen]);
        }
    }
    Ok(())
}

/// The item with what its latest revision before the end of the period said.
fn as_of_end(cx: &Cx<'_>, item: Item) -> Result<Seen, StoreError> {
    let told = revision_before_end(cx, &item)?.unwrap_or(Revision {
        at: item.fetched,
        url: item.url,
        title: item.title,
        summary: None,
        published: item.published,
        updated: item.updated,
        tags: item.tags,
        changed: vec![],
    });
    Ok(Seen {
        item: item.id,
        source: item.source,
        fetched: item.fetched,
        baseline: item.baseline,
        edited: told
            .changed
            .iter()
            .any(|field| matches!(field.as_str(), "title" | "summary" | "text")),
        kind: item.kind,
        lang: item.lang,
        url: told.url,
        title: told.title,
        published: told.published,
        tags: told.tags,
    })
}

fn revision_before_end(cx: &Cx<'_>, item: &Item) -> Result<Option<Revision>, StoreError> {
    for number in (0..=item.revision).rev() {
        let revision = cx.store.get::<tables::Revisions>(&(item.id, number))?;
        if let Some(revision) = revision.filter(|revision| revision.at < cx.period.end) {
            return Ok(Some(revision));
        }
    }
    Ok(None)
}
