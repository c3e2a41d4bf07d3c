//! Items.

use std::ops::ControlFlow;

use model::{Detail, Facet, Item, ItemId, Kind, Timestamp};
use store::tables::{BySource, ByTag, ByTime, Details, Items, Revisions};
use store::{Range, Store};

use super::{ItemsQuery, params, walk};
use crate::Error;
use crate::rows::{ItemDetail, ItemRow, RevisionRow};

/// Bytes of all texts of one answer; a question for more is refused, nothing is left out.
const MAX_TEXT_BYTES: usize = 32 * 1024 * 1024;

/// The items that match, newest first (by the time of the first fetch).
///
/// # Errors
/// [`Error::Invalid`] for a limit, a tag or an amount of text that is out of bounds.
pub fn items(store: &Store, query: &ItemsQuery) -> Result<Vec<ItemRow>, Error> {
    let limit = params::limit(query.limit)?;
    let tags = query.tags()?;
    let from = query.since.unwrap_or(Timestamp::EPOCH);
    let to = query.until.unwrap_or(Timestamp::MAX);
    let mut found = Found { store, query, tags: &tags, limit, rows: Vec::new(), text_bytes: 0 };
    // The narrowest index first: a tag is rarer than a source, a source rarer than a time.
    match (tags.first(), &query.source) {
        (Some((facet, id)), _) => {
            let bound = |time| (*facet, id.clone(), time);
            let range = || Range::<ByTag>::between(&bound(from), &bound(to)).newest_first();
            walk(store, range, |key, ()| found.look_at(key.3))?;
        }
        (None, Some(source)) => {
            let bound = |time| (source.clone(), time);
            let range = || Range::<BySource>::between(&bound(from), &bound(to)).newest_first();
            walk(store, range, |key, ()| found.look_at(key.2))?;
        }
        (None, None) => {
            let range = || Range::<ByTime>::between(&from, &to).newest_first();
            walk(store, range, |key, ()| found.look_at(key.1))?;
        }
    }
    Ok(found.rows)
}

struct Found<'a> {
    store: &'a Store,
    query: &'a ItemsQuery,
    tags: &'a [(Facet, String)],
    limit: usize,
    rows: Vec<ItemRow>,
    text_bytes: usize,
}

impl Found<'_> {
    fn look_at(&mut self, id: ItemId) -> Result<ControlFlow<()>, Error> {
        // An index row whose record is gone says nothing.
        if let Some(item) = self.store.get::<Items>(&id)?.filter(|item| self.fits(item)) {
            let text = if self.query.with_text { text_of(self.store, &item)? } else { None };
            self.text_bytes += text.as_ref().map_or(0, String::len);
            if self.text_bytes > MAX_TEXT_BYTES {
                return Err(Error::Invalid(format!(
                    "the texts of these items have more than {MAX_TEXT_BYTES} bytes: ask for fewer"
                )));
            }
            let detail = detail_of(self.store, &item)?;
            self.rows.push(ItemRow::new(item, text, detail));
        }
        Ok(if self.rows.len() < self.limit {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    }

    /// The record decides: the index only says where to look.
    fn fits(&self, item: &Item) -> bool {
        self.query.source.as_ref().is_none_or(|source| item.source == *source)
            && self.query.kind.is_none_or(|kind| item.kind == kind)
            && self
                .tags
                .iter()
                .all(|(facet, id)| item.tags.iter().any(|tag| tag.facet == *facet && tag.id == *id))
    }
}

fn text_of(store: &Store, item: &Item) -> Result<Option<String>, Error> {
    if item.text_bytes == 0 { Ok(None) } else { Ok(store.text(item.id, item.revision)?) }
}

/// The record behind an item of a list or portal; one that cannot be read is as good as none.
pub(super) fn detail_of(store: &Store, item: &Item) -> Result<Option<Detail>, Error> {
    if matches!(item.kind, Kind::Article | Kind::Page) {
        return Ok(None);
    }
    let json = store.get::<Details>(&item.id)?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

/// One item with its text and its revisions.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub fn item(store: &Store, id: ItemId) -> Result<ItemDetail, Error> {
    let found = store
        .get::<Items>(&id)?
        .ok_or_else(|| Error::NotFound(format!("there is no item {id}")))?;
    let text = text_of(store, &found)?;
    // Bounded where they are written; the states of one item fit into one page.
    let mut revisions: Vec<_> = store
        .page(Range::<Revisions>::prefix(&id), store::limits::PAGE_ROWS)?
        .into_iter()
        .map(|((_, number), state)| RevisionRow::new(number, state))
        .collect();
    // The first state has a row of its own only once there is a second one.
    if revisions.is_empty() {
        revisions.push(RevisionRow::only(&found));
    }
    let detail = detail_of(store, &found)?;
    Ok(ItemDetail { item: ItemRow::new(found, text, detail), revisions })
}
