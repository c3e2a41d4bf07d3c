//! Reads what is written down about one source's being watched.

use std::ops::ControlFlow;
use std::time::Duration;

use model::{Health, Ledger, Outage, Sight, Silence, SourceId, SourceState, Timestamp, is_overdue};

use crate::tables::{Blindness, Gaps, Outages, Table, Transitions};
use crate::{Range, Store, StoreError};

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
        (since, now): (Timestamp, Timestamp),
    ) -> Result<Ledger, StoreError> {
        let mut ledger = Ledger {
            read: state.last_success,
            outages: outages.to_vec(),
            silences: self.silences(source, since)?,
            ..Ledger::default()
        };
        ledger.silences.extend(unwritten(state, configured, &ledger.silences, now));
        // Changes within a silence say when it was one.
        let from = ledger.silences.first().map_or(since, |silence| silence.from.min(since));
        ledger.changes = self.changes(source, from)?;
        if from < since {
            // What is behind a silence may have been before the time.
            ledger.outages = self.outages(from)?;
        }
        self.newest(
            || Range::<Gaps>::prefix(source),
            |(_, found), gap| {
                let reaches = gap.to >= since;
                if reaches {
                    ledger.gaps.push((*found, gap));
                }
                if reaches { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        )?;
        ledger.gaps.reverse();
        ledger.begun = self.begun(source, state)?;
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

    fn silences(&self, source: &SourceId, since: Timestamp) -> Result<Vec<Silence>, StoreError> {
        let mut silences = Vec::new();
        self.newest(
            || Range::<Blindness>::prefix(source),
            |(_, from), row| {
                if row.until.is_some_and(|until| until < since) {
                    return ControlFlow::Break(());
                }
                silences.push(Silence::new(*from, row));
                ControlFlow::Continue(())
            },
        )?;
        silences.reverse();
        Ok(silences)
    }

    /// The changes from `since` on, and the one before them, whose state lasts into the time.
    fn changes(
        &self,
        source: &SourceId,
        since: Timestamp,
    ) -> Result<Vec<(Timestamp, model::Transition)>, StoreError> {
        let mut changes = Vec::new();
        self.newest(
            || Range::<Transitions>::prefix(source),
            |(_, at), change| {
                // What was lost then may have been lost before: where that began is looked for.
                let begins = !(is_lost(change.from) && is_lost(change.to));
                changes.push((*at, change));
                if *at < since && begins {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )?;
        changes.reverse();
        Ok(changes)
    }

    /// When a source was tried first.
    fn begun(
        &self,
        source: &SourceId,
        state: &SourceState,
    ) -> Result<Option<Timestamp>, StoreError> {
        let first = self.get::<Blindness>(&(source.clone(), Timestamp::EPOCH))?;
        let tried = |change: &model::Transition| {
            !matches!(change.to, Health::Off | Health::Retired | Health::Unknown)
        };
        let changes = self.page(Range::<Transitions>::prefix(source), 1)?;
        let changed = changes.into_iter().find(|(_, change)| tried(change)).map(|((_, at), _)| at);
        let known = [first.map(|row| row.noticed), state.baseline, changed];
        // What was tried before silences were written down began at a time that nobody knows.
        let unknown = state.last_attempt.map(|_| Timestamp::EPOCH);
        Ok(known.into_iter().flatten().min().or(unknown))
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
