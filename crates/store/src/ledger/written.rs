//! The rows that a ledger is made of: read source by source, or those of neighbours in one go.

use std::collections::HashMap;
use std::ops::ControlFlow;

use model::{Blind, Gap, SourceId, Timestamp, Transition};

use super::Asked;
use crate::key::Prefix;
use crate::tables::{Blindness, Gaps, Table, Transitions};
use crate::{Range, Store, StoreError};

/// Rows read at once.
const PAGE: usize = 1_000;
/// Rows of neighbours that are held at most: far above what sources that are mostly well have.
const MAX_ROWS: usize = 20_000;

type Each<'e, V> = &'e mut dyn FnMut(Timestamp, V) -> ControlFlow<()>;
type Read<V> = Result<V, StoreError>;

/// What is written down about one source.
pub(super) trait Written {
    /// The newest first, until `each` breaks; so the next two.
    fn silences(&self, each: Each<'_, Blind>) -> Read<()>;
    fn changes(&self, each: Each<'_, Transition>) -> Read<()>;
    fn gaps(&self, each: Each<'_, Gap>) -> Read<()>;
    /// The one before the first success.
    fn first_silence(&self) -> Read<Option<Blind>>;
    fn first_change(&self) -> Read<Option<(Timestamp, Transition)>>;
}

/// Rows that are read when they are asked for.
pub(super) struct Stored<'a> {
    pub(super) store: &'a Store,
    pub(super) source: &'a SourceId,
}

impl Stored<'_> {
    fn newest<T: Table<Key = (SourceId, Timestamp)>>(&self, each: Each<'_, T::Value>) -> Read<()>
    where
        SourceId: Prefix<T::Key>,
    {
        let range = || Range::<T>::prefix(self.source);
        self.store.newest(range, |(_, at), row| each(*at, row))
    }
}

impl Written for Stored<'_> {
    fn silences(&self, each: Each<'_, Blind>) -> Read<()> {
        self.newest::<Blindness>(each)
    }
    fn changes(&self, each: Each<'_, Transition>) -> Read<()> {
        self.newest::<Transitions>(each)
    }
    fn gaps(&self, each: Each<'_, Gap>) -> Read<()> {
        self.newest::<Gaps>(each)
    }
    fn first_silence(&self) -> Read<Option<Blind>> {
        self.store.get::<Blindness>(&(self.source.clone(), Timestamp::EPOCH))
    }
    fn first_change(&self) -> Read<Option<(Timestamp, Transition)>> {
        let first = self.store.page(Range::<Transitions>::prefix(self.source), 1)?;
        Ok(first.into_iter().next().map(|((_, at), change)| (at, change)))
    }
}

/// All rows of one source, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Rows {
    silences: Vec<(Timestamp, Blind)>,
    changes: Vec<(Timestamp, Transition)>,
    gaps: Vec<(Timestamp, Gap)>,
}

fn newest<V: Clone>(rows: &[(Timestamp, V)], each: Each<'_, V>) {
    for (at, row) in rows.iter().rev() {
        if each(*at, row.clone()).is_break() {
            return;
        }
    }
}

impl Written for Rows {
    fn silences(&self, each: Each<'_, Blind>) -> Read<()> {
        newest(&self.silences, each);
        Ok(())
    }
    fn changes(&self, each: Each<'_, Transition>) -> Read<()> {
        newest(&self.changes, each);
        Ok(())
    }
    fn gaps(&self, each: Each<'_, Gap>) -> Read<()> {
        newest(&self.gaps, each);
        Ok(())
    }
    fn first_silence(&self) -> Read<Option<Blind>> {
        let first = self.silences.first().filter(|(from, _)| *from == Timestamp::EPOCH);
        Ok(first.map(|(_, row)| row.clone()))
    }
    fn first_change(&self) -> Read<Option<(Timestamp, Transition)>> {
        Ok(self.changes.first().cloned())
    }
}

/// The rows of all `asked` sources; `None`: they are too many to be held together.
pub(super) fn read(
    store: &Store,
    asked: &[Asked<'_>],
) -> Result<Option<HashMap<SourceId, Rows>>, StoreError> {
    let mut left = MAX_ROWS;
    let mut all: HashMap<SourceId, Rows> = HashMap::new();
    // Keys sort by the length of the name first: those of one length are neighbours.
    let mut ends: HashMap<usize, (&SourceId, &SourceId)> = HashMap::new();
    for Asked { source, .. } in asked {
        let of_length = ends.entry(source.as_str().len()).or_insert((source, source));
        *of_length = (of_length.0.min(source), of_length.1.max(source));
    }
    for (first, last) in ends.into_values() {
        let ends = (first, last);
        let fits = between::<Blindness>(store, ends, &mut left, |source, at, row| {
            all.entry(source).or_default().silences.push((at, row));
        })? && between::<Transitions>(store, ends, &mut left, |source, at, row| {
            all.entry(source).or_default().changes.push((at, row));
        })? && between::<Gaps>(store, ends, &mut left, |source, at, row| {
            all.entry(source).or_default().gaps.push((at, row));
        })?;
        if !fits {
            return Ok(None);
        }
    }
    Ok(Some(all))
}

/// Shows the rows of the sources from `first` to `last`; `false`: there are more than `left`.
fn between<T: Table<Key = (SourceId, Timestamp)>>(
    store: &Store,
    (first, last): (&SourceId, &SourceId),
    left: &mut usize,
    mut each: impl FnMut(SourceId, Timestamp, T::Value),
) -> Result<bool, StoreError>
where
    SourceId: Prefix<T::Key>,
{
    let mut rest = Range::<T>::from_to(first, last);
    loop {
        let page = store.page(rest, PAGE)?;
        let Some(rows) = left.checked_sub(page.len()) else { return Ok(false) };
        *left = rows;
        let end = page.last().map(|(key, _)| key.clone());
        let full = page.len() == PAGE;
        for ((source, at), row) in page {
            each(source, at, row);
        }
        match end {
            Some(key) if full => rest = Range::<T>::from_to(first, last).after(&key),
            _ => return Ok(true),
        }
    }
}
