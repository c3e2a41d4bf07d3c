//! Reads what is written down about one source's being watched.

use std::ops::ControlFlow;
use std::time::Duration;

use model::{
    Health, Ledger, Outage, Sight, Silence, SourceId, SourceState, Timestamp, Transition,
    is_overdue,
};

use self::written::{Rows, Stored, Written};
use crate::tables::{Outages, Table};
use crate::{Range, Store, StoreError};

mod written;

/// Rows read at once.
const PAGE: usize = 200;
/// Outages of the daemon that are looked at: it starts some times a day, not thousands.
const MAX_OUTAGES: usize = 10_000;

/// A source as configuration has it today.
#[derive(Clone, Debug)]
pub struct Configured<'a> {
    pub every: Duration,
    /// Why it is off, if it is.
    pub off: Option<&'a str>,
}

/// A source whose ledger is wanted, with its state.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub source: SourceId,
    pub state: SourceState,
    /// `None`: it is no longer configured.
    pub configured: Option<Configured<'a>>,
}

impl Store {
    /// What is written down about `source` from `since` on, as far as that reaches; `configured`
    /// is `None` for a source that is no longer configured. `outages` are [`Store::outages`] since
    /// then, `now` is the moment as of which it is told.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub fn ledger(
        &self,
        source: &SourceId,
        state: &SourceState,
        configured: Option<&Configured<'_>>,
        outages: &[(Timestamp, Outage)],
        time: (Timestamp, Timestamp),
    ) -> Result<Ledger, StoreError> {
        self.ledger_of(&Stored { store: self, source }, state, configured, outages, time)
    }

    /// [`Store::ledger`] of several sources, in their order, which is that of ids. Made for many:
    /// what neighbours have is read in one go.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub fn ledgers(
        &self,
        asked: &[Asked<'_>],
        outages: &[(Timestamp, Outage)],
        time: (Timestamp, Timestamp),
    ) -> Result<Vec<Ledger>, StoreError> {
        let written = written::read(self, asked)?;
        let none = Rows::default();
        let ledgers = asked.iter().map(|asked| {
            let (state, configured) = (&asked.state, asked.configured.as_ref());
            match &written {
                Some(rows) => {
                    let rows = rows.get(&asked.source).unwrap_or(&none);
                    self.ledger_of(rows, state, configured, outages, time)
                }
                None => self.ledger(&asked.source, state, configured, outages, time),
            }
        });
        ledgers.collect()
    }

    fn ledger_of(
        &self,
        written: &impl Written,
        state: &SourceState,
        configured: Option<&Configured<'_>>,
        outages: &[(Timestamp, Outage)],
        (since, now): (Timestamp, Timestamp),
    ) -> Result<Ledger, StoreError> {
        let mut ledger = Ledger {
            read: state.last_success,
            outages: outages.to_vec(),
            silences: silences(written, since)?,
            ..Ledger::default()
        };
        ledger.silences.extend(unwritten(state, configured, &ledger.silences, now));
        // Changes within a silence say when it was one.
        let from = ledger.silences.first().map_or(since, |silence| silence.from.min(since));
        ledger.changes = changes(written, from)?;
        if from < since {
            // What is behind a silence may have been before the time.
            ledger.outages = self.outages(from)?;
        }
        written.gaps(&mut |found, gap| {
            let reaches = gap.to >= since;
            if reaches {
                ledger.gaps.push((found, gap));
            }
            if reaches { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        ledger.gaps.reverse();
        ledger.begun = begun(written, state)?;
        ledger.off = off(state, configured, &ledger.changes);
        Ok(ledger)
    }

    /// When the daemon did not run, as far as it reaches behind `since`; oldest first.
    ///
    /// # Errors
    /// When a row cannot be read.
    pub fn outages(&self, since: Timestamp) -> Result<Vec<(Timestamp, Outage)>, StoreError> {
        let mut rows = Vec::new();
        self.newest(Range::<Outages>::all, |from, outage| {
            if outage.until < since || rows.len() >= MAX_OUTAGES {
                return ControlFlow::Break(());
            }
            rows.push((*from, outage));
            ControlFlow::Continue(())
        })?;
        rows.reverse();
        Ok(rows)
    }

    /// Shows rows to `each`, the newest first, until it breaks.
    fn newest<T: Table>(
        &self,
        range: impl Fn() -> Range<T>,
        mut each: impl FnMut(&T::Key, T::Value) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut rest = range().newest_first();
        loop {
            let page = self.page(rest, PAGE)?;
            let full = page.len() == PAGE;
            let mut last = None;
            for (key, value) in page {
                if each(&key, value).is_break() {
                    return Ok(());
                }
                last = Some(key);
            }
            match last {
                Some(key) if full => rest = range().newest_first().after(&key),
                _ => return Ok(()),
            }
        }
    }
}

fn silences(written: &impl Written, since: Timestamp) -> Result<Vec<Silence>, StoreError> {
    let mut silences = Vec::new();
    written.silences(&mut |from, row| {
        if row.until.is_some_and(|until| until < since) {
            return ControlFlow::Break(());
        }
        silences.push(Silence::new(from, row));
        ControlFlow::Continue(())
    })?;
    silences.reverse();
    Ok(silences)
}

/// The changes from `since` on, and the one before them, whose state lasts into the time.
fn changes(
    written: &impl Written,
    since: Timestamp,
) -> Result<Vec<(Timestamp, Transition)>, StoreError> {
    let mut changes = Vec::new();
    written.changes(&mut |at, change| {
        // What was lost then may have been lost before: where that began is looked for.
        let begins = !(is_lost(change.from) && is_lost(change.to));
        changes.push((at, change));
        if at < since && begins { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    changes.reverse();
    Ok(changes)
}

/// When a source was tried first.
fn begun(written: &impl Written, state: &SourceState) -> Result<Option<Timestamp>, StoreError> {
    let tried =
        |change: &Transition| !matches!(change.to, Health::Off | Health::Retired | Health::Unknown);
    let changed = written.first_change()?.filter(|(_, change)| tried(change)).map(|(at, _)| at);
    let first = written.first_silence()?.map(|row| row.noticed);
    // What was tried before silences were written down began at a time that nobody knows.
    let unknown = state.last_attempt.map(|_| Timestamp::EPOCH);
    Ok([first, state.baseline, changed].into_iter().flatten().min().or(unknown))
}

fn is_lost(health: Health) -> bool {
    matches!(health, Health::Broken | Health::Blocked | Health::Gone)
}

/// The silence that lasts, where no row says so (yet).
fn unwritten(
    state: &SourceState,
    configured: Option<&Configured<'_>>,
    known: &[Silence],
    now: Timestamp,
) -> Option<Silence> {
    if known.last().is_some_and(|silence| silence.until.is_none()) {
        return None;
    }
    let failing = Silence::of_state(state);
    let overdue = || {
        let every = configured.filter(|source| source.off.is_none())?.every;
        let read = state.last_success?;
        let waits = is_overdue(state.next_due, every, now) && state.health.is_watched();
        waits.then(|| Silence::overdue(read, state.next_due))
    };
    failing.or_else(overdue)
}

/// Off or retired by today's configuration.
fn off(
    state: &SourceState,
    configured: Option<&Configured<'_>>,
    changes: &[(Timestamp, model::Transition)],
) -> Option<(Sight, Timestamp, Option<String>)> {
    let (sight, health, reason) = match configured {
        None => (Sight::Retired, Health::Retired, "it is no longer configured"),
        Some(Configured { off: Some(reason), .. }) => (Sight::Off, Health::Off, *reason),
        Some(_) => return None,
    };
    let last = changes.last().filter(|(_, change)| change.to == health).map(|(at, _)| *at);
    let from = last.or(state.last_attempt).unwrap_or(Timestamp::EPOCH);
    Some((sight, from, Some(reason.to_owned())))
}

#[cfg(test)]
mod tests;
