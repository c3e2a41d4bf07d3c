//! Keeps what is written down about one source within bounds: attempts are forgotten; old silences,
//! gaps and changes of a source that flaps for years are told in fewer rows. What was not seen stays
//! not seen: a merged row covers at least the time that its parts covered.

use std::time::Duration;

use model::{Blind, FAILURES_BEFORE_BROKEN, Gap, Health, SourceId, Timestamp, Transition};
use store::{Commit, Range, Store, StoreError, tables};

use crate::Source;

/// Attempts kept of each source.
const ATTEMPTS_KEPT: usize = 50;
/// The poll log is trimmed at every so many polls, so that most polls read none of it.
const ATTEMPTS_EVERY: u32 = 10;
/// Rows of one source in each of the tables of silences, gaps and changes: at 350 bytes at most,
/// below 1.2 MB a source. A source that fails and recovers every second hour takes months to fill
/// them, any other one never does.
const ROWS_KEPT: usize = 1_000;
/// The oldest so many of them are told in fewer when there are as many as are kept.
const ROWS_MERGED: usize = 500;
/// Rows are counted at every so many polls; each adds one row at most.
const ROWS_EVERY: u32 = 100;
/// What is merged into one row: the first of these that leaves half of the rows or fewer.
const BUCKETS: [Duration; 4] = [
    Duration::from_secs(86_400),
    Duration::from_secs(7 * 86_400),
    Duration::from_secs(30 * 86_400),
    Duration::from_secs(365 * 86_400),
];

/// What a commit of the source forgets, and writes instead.
#[derive(Debug, Default)]
pub(crate) struct Surplus {
    attempts: Vec<Timestamp>,
    silences: Rows<Blind>,
    gaps: Rows<Gap>,
    changes: Rows<Transition>,
}

/// Rows that go, and rows that are written; one that is written anew may be among those that go.
#[derive(Debug)]
struct Rows<V> {
    gone: Vec<Timestamp>,
    new: Vec<(Timestamp, V)>,
}

impl<V> Default for Rows<V> {
    fn default() -> Self {
        Self { gone: Vec::new(), new: Vec::new() }
    }
}

impl Surplus {
    /// What is too much of `source` at its poll number `polls`.
    pub(crate) fn of(store: &Store, source: &Source, polls: u32) -> Result<Self, StoreError> {
        let mut surplus = Self::default();
        if polls > 0 && polls.is_multiple_of(ATTEMPTS_EVERY) {
            surplus.attempts = attempts(store, &source.id)?;
        }
        if polls > 0 && polls.is_multiple_of(ROWS_EVERY) {
            surplus.ledger(store, &source.id)?;
        }
        Ok(surplus)
    }

    /// The attempts that are too many, whatever the number of the poll.
    pub(crate) fn of_attempts(store: &Store, source: &Source) -> Result<Self, StoreError> {
        Ok(Self { attempts: attempts(store, &source.id)?, ..Self::default() })
    }

    pub(crate) fn write(&self, commit: &mut Commit, id: &SourceId) {
        for at in &self.attempts {
            commit.delete::<tables::Attempts>(&(id.clone(), *at));
        }
        write::<tables::Blindness>(commit, id, &self.silences);
        write::<tables::Gaps>(commit, id, &self.gaps);
        write::<tables::Transitions>(commit, id, &self.changes);
    }

    fn ledger(&mut self, store: &Store, id: &SourceId) -> Result<(), StoreError> {
        let silences = oldest::<tables::Blindness>(store, id)?;
        let changes = oldest::<tables::Transitions>(store, id)?;
        let gaps = oldest::<tables::Gaps>(store, id)?;
        if gaps.len() >= ROWS_KEPT {
            self.gaps = merged_gaps(&gaps[..ROWS_MERGED]);
        }
        if silences.len() >= ROWS_KEPT {
            // Beyond the changes that were read nothing is known of them.
            let full = changes.len() >= ROWS_KEPT;
            let known = changes.last().filter(|_| full).map_or(Timestamp::MAX, |(at, _)| *at);
            self.silences = merged_silences(&silences[..ROWS_MERGED], &changes, known);
        } else if changes.len() >= ROWS_KEPT {
            (self.changes, self.silences) = forgotten(&changes, &silences);
        }
        Ok(())
    }
}

fn write<T>(commit: &mut Commit, id: &SourceId, rows: &Rows<T::Value>)
where
    T: store::Table<Key = (SourceId, Timestamp)>,
{
    for at in rows.gone.iter().filter(|at| !rows.new.iter().any(|(new, _)| new == *at)) {
        commit.delete::<T>(&(id.clone(), *at));
    }
    for (at, row) in &rows.new {
        commit.put::<T>(&(id.clone(), *at), row);
    }
}

fn attempts(store: &Store, id: &SourceId) -> Result<Vec<Timestamp>, StoreError> {
    let range = Range::<tables::Attempts>::prefix(id);
    let rows = store.page(range, ATTEMPTS_KEPT + 2 * ATTEMPTS_EVERY as usize)?;
    let surplus = rows.len().saturating_sub(ATTEMPTS_KEPT);
    Ok(rows.into_iter().take(surplus).map(|((_, at), _)| at).collect())
}

/// As many rows as are kept, the oldest first.
fn oldest<T>(store: &Store, id: &SourceId) -> Result<Vec<(Timestamp, T::Value)>, StoreError>
where
    T: store::Table<Key = (SourceId, Timestamp)>,
{
    let rows = store.page(Range::<T>::prefix(id), ROWS_KEPT)?;
    Ok(rows.into_iter().map(|((_, at), row)| (at, row)).collect())
}

/// Runs of rows that fall into one bucket of time.
fn runs<V>(rows: &[(Timestamp, V)]) -> Vec<&[(Timestamp, V)]> {
    let by = |bucket: Duration| {
        let bucket = u64::try_from(bucket.as_millis()).unwrap_or(u64::MAX);
        let number = move |at: Timestamp| at.millis() / bucket;
        rows.chunk_by(|(a, _), (b, _)| number(*a) == number(*b)).collect::<Vec<_>>()
    };
    let fits = BUCKETS.iter().map(|bucket| by(*bucket)).find(|runs| runs.len() * 2 <= rows.len());
    fits.unwrap_or_else(|| vec![rows])
}

/// Gaps of a time in one; those that were filled are none any more.
fn merged_gaps(rows: &[(Timestamp, Gap)]) -> Rows<Gap> {
    let open: Vec<_> = rows.iter().filter(|(_, gap)| !gap.is_filled()).cloned().collect();
    let merged = |run: &[(Timestamp, Gap)]| {
        let (first, last) = (run.first()?, run.last()?);
        let fill = if run.len() == 1 { first.1.fill.clone() } else { None };
        Some((last.0, Gap { from: first.1.from, to: last.1.to, fill }))
    };
    let new =
        if open.is_empty() { vec![] } else { runs(&open).into_iter().filter_map(merged).collect() };
    Rows { gone: rows.iter().map(|(at, _)| *at).collect(), new }
}

/// Silences of a time in one. A stumble that was no silence is forgotten; the first row of all, from
/// before the first success, and the one that lasts stay as they are.
fn merged_silences(
    rows: &[(Timestamp, Blind)],
    changes: &[(Timestamp, Transition)],
    known: Timestamp,
) -> Rows<Blind> {
    let stays = |at: Timestamp, row: &Blind| at == Timestamp::EPOCH || row.until.is_none();
    let (kept, rest): (Vec<_>, Vec<_>) =
        rows.iter().cloned().partition(|(at, row)| stays(*at, row));
    let told = |(at, row): &(Timestamp, Blind)| {
        is_silence(*at, row, changes) || row.until.is_none_or(|until| until > known)
    };
    let told: Vec<_> = rest.iter().filter(|row| told(row)).cloned().collect();
    let mut new = kept;
    if !told.is_empty() {
        new.extend(runs(&told).into_iter().filter_map(on_and_off));
    }
    Rows { gone: rows.iter().map(|(at, _)| *at).collect(), new }
}

fn is_silence(from: Timestamp, row: &Blind, changes: &[(Timestamp, Transition)]) -> bool {
    let within = |at: Timestamp| at > from && row.until.is_none_or(|until| at <= until);
    row.outcome.is_none()
        || row.failures >= FAILURES_BEFORE_BROKEN
        || changes.iter().any(|(at, change)| within(*at) && is_lost(change.to))
}

/// One row for all of them: from the first to the last it was read on and off.
fn on_and_off(run: &[(Timestamp, Blind)]) -> Option<(Timestamp, Blind)> {
    let ((from, first), (last_from, last)) = (run.first()?, run.last()?);
    if run.len() == 1 {
        let failures = first.failures.max(FAILURES_BEFORE_BROKEN);
        return Some((*from, Blind { failures, ..first.clone() }));
    }
    let until = last.until.unwrap_or(*last_from);
    let hours = until.since(*from).as_secs() / 3_600;
    let reason = format!("read on and off: {} silences in {hours} h, told in one", run.len());
    let failures = run.iter().map(|(_, row)| row.failures).fold(0, u32::saturating_add);
    let merged = Blind {
        until: Some(until),
        noticed: first.noticed,
        outcome: None,
        reason: Some(reason),
        failures,
    };
    Some((*from, merged))
}

fn is_lost(health: Health) -> bool {
    matches!(health, Health::Broken | Health::Blocked | Health::Gone)
}

/// The oldest changes go, but for the first and for those that an operator made. What they said of
/// silences is written into these.
fn forgotten(
    changes: &[(Timestamp, Transition)],
    silences: &[(Timestamp, Blind)],
) -> (Rows<Transition>, Rows<Blind>) {
    let lasts = silences.iter().find(|(_, row)| row.until.is_none()).map(|(from, _)| *from);
    let goes = |at: Timestamp, change: &Transition| {
        let made = |health| matches!(health, Health::Off | Health::Retired | Health::Unknown);
        lasts.is_none_or(|from| at <= from) && !made(change.from) && !made(change.to)
    };
    let gone = changes[1..ROWS_MERGED].iter().filter(|(at, change)| goes(*at, change));
    let gone: Vec<_> = gone.map(|(at, _)| *at).collect();
    let forgets = |(from, row): &&(Timestamp, Blind)| {
        row.outcome.is_some()
            && row.failures < FAILURES_BEFORE_BROKEN
            && is_silence(*from, row, changes)
            && gone.iter().any(|at| at > from && row.until.is_some_and(|until| *at <= until))
    };
    let told = |(from, row): &(Timestamp, Blind)| {
        (*from, Blind { failures: FAILURES_BEFORE_BROKEN, ..row.clone() })
    };
    let new = silences.iter().filter(forgets).map(told).collect();
    (Rows { gone, new: vec![] }, Rows { gone: vec![], new })
}

#[cfg(test)]
mod tests;
