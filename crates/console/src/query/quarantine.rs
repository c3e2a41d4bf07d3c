//! What could not be read.

use std::cmp::Reverse;

use model::QuarantineId;
use store::tables::{Quarantine, QuarantineBodies};
use store::{Range, Store};

use super::{QuarantineQuery, params};
use crate::Error;
use crate::rows::{QuarantineDetail, QuarantineRow};

/// Rows that are read at once: they are few, and each may be long.
const PAGE: usize = 100;
/// Bytes of a document that are shown.
const SHOWN_BYTES: usize = 4 << 10;

/// What is kept, the latest first.
///
/// # Errors
/// [`Error::Invalid`] for a limit that is out of bounds.
pub fn quarantine(store: &Store, query: &QuarantineQuery) -> Result<Vec<QuarantineRow>, Error> {
    let limit = params::limit(query.limit)?;
    let range = || match &query.source {
        Some(source) => Range::<Quarantine>::prefix(source),
        None => Range::all(),
    };
    let mut rows = rows(store, range)?;
    rows.sort_by_key(|row| (Reverse(row.document.last), row.id));
    rows.truncate(limit);
    Ok(rows)
}

/// One document with its beginning.
///
/// # Errors
/// [`Error::NotFound`] if nothing is kept under this id.
pub fn quarantined(store: &Store, id: QuarantineId) -> Result<QuarantineDetail, Error> {
    let row = rows(store, Range::all)?.into_iter().find(|row| row.id == id);
    let row = row.ok_or_else(|| Error::NotFound(format!("nothing is kept under the id {id}")))?;
    let bytes =
        store.get::<QuarantineBodies>(&(row.document.source.clone(), id))?.unwrap_or_default();
    let shown = &bytes[..bytes.len().min(SHOWN_BYTES)];
    Ok(QuarantineDetail { row, beginning: String::from_utf8_lossy(shown).into_owned() })
}

fn rows(store: &Store, range: impl Fn() -> Range<Quarantine>) -> Result<Vec<QuarantineRow>, Error> {
    let mut rows = Vec::new();
    let mut page = store.page(range(), PAGE)?;
    while let Some((last, _)) = page.last() {
        let last = last.clone();
        rows.extend(page.into_iter().map(|((_, id), document)| QuarantineRow { id, document }));
        page = store.page(range().after(&last), PAGE)?;
    }
    Ok(rows)
}
