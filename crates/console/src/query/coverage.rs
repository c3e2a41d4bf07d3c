//! Coverage: what was watched, and what was not.

use std::ops::ControlFlow;
use std::time::Duration;

use model::{Cause, Ledger, Sight, SourceId, Stretch, Timestamp};
use store::tables::{Attempts, BySource};
use store::{Asked, Range, Store};

use super::known::{Known, each_by_id};
use super::sight::{configured as known_as, sight};
use super::walk;
use crate::Error;
use crate::rows::{CoverageRow, Gap, OutageRow, Period};
use crate::settings::SourceInfo;

/// The last moment of a time: what is true at its end.
const MOMENT: Duration = Duration::from_millis(1);

/// What was and was not seen of each source in the `asked` time, by id, as is known at `now`.
///
/// # Errors
/// When the store fails.
pub fn coverage(
    store: &Store,
    configured: &[SourceInfo],
    asked: std::ops::Range<Timestamp>,
    now: Timestamp,
) -> Result<Vec<CoverageRow>, Error> {
    let mut rows = Vec::new();
    each_coverage(store, configured, asked, now, |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

/// [`coverage`] source by source, for whoever does not need all rows at once.
///
/// # Errors
/// When the store fails, or `each` does.
pub fn each_coverage(
    store: &Store,
    configured: &[SourceInfo],
    asked: std::ops::Range<Timestamp>,
    now: Timestamp,
    mut each: impl FnMut(CoverageRow) -> Result<(), Error>,
) -> Result<(), Error> {
    let asked = asked.start..asked.end.min(now);
    each_ledger(store, configured, (asked.start, now), |known, ledger| {
        let (period, items) =
            (period(store, &known.0, &asked)?, new_items(store, &known.0, &asked)?);
        each(CoverageRow { period, items, ..row(known, &ledger, &asked, now) })
    })
}

/// [`each_coverage`] without what the asked time brought, which costs as much again.
pub(crate) fn each_sight(
    store: &Store,
    configured: &[SourceInfo],
    asked: std::ops::Range<Timestamp>,
    now: Timestamp,
    mut each: impl FnMut(CoverageRow),
) -> Result<(), Error> {
    let asked = asked.start..asked.end.min(now);
    each_ledger(store, configured, (asked.start, now), |known, ledger| {
        each(row(known, &ledger, &asked, now));
        Ok(())
    })
}

/// Sources whose ledgers are read together.
const TOGETHER: usize = 500;

fn each_ledger<'a>(
    store: &Store,
    configured: &'a [SourceInfo],
    time: (Timestamp, Timestamp),
    mut each: impl FnMut(Known<'a>, Ledger) -> Result<(), Error>,
) -> Result<(), Error> {
    let outages = store.outages(time.0)?;
    let mut read = |known: &mut Vec<Known<'a>>| {
        let wanted = known.iter().map(|(id, info, state)| Asked {
            source: id.clone(),
            state: state.clone(),
            configured: info.map(known_as),
        });
        let ledgers = store.ledgers(&wanted.collect::<Vec<_>>(), &outages, time)?;
        known.drain(..).zip(ledgers).try_for_each(|(known, ledger)| each(known, ledger))
    };
    let mut together = Vec::with_capacity(TOGETHER);
    each_by_id(store, configured, |known| {
        together.push(known);
        if together.len() < TOGETHER { Ok(()) } else { read(&mut together) }
    })?;
    read(&mut together)
}

/// The row of a source; what the asked time brought is left to the caller.
fn row(
    (id, info, state): Known<'_>,
    ledger: &Ledger,
    asked: &std::ops::Range<Timestamp>,
    now: Timestamp,
) -> CoverageRow {
    let spans = ledger.stretches(asked.start, asked.end);
    let sight = sight(info, &state, now);
    // What changed at this very moment has no stretch yet.
    let at_last = ledger.stretches(now.before(MOMENT), now).pop();
    let (since, reason) = match at_last.filter(|last| last.state == sight) {
        Some(last) => (last.since, last.reason),
        None => (None, None),
    };
    let well = || state.health_since.filter(|_| state.health.is_watched()).or(state.baseline);
    let reaches = |gap: &model::Gap| gap.from < asked.end && gap.to > asked.start;
    let gaps = ledger.gaps.iter().map(|(_, gap)| gap).filter(|gap| reaches(gap));
    CoverageRow {
        period: Period::default(),
        possible_gaps: gaps.cloned().map(Into::into).collect(),
        gaps: silences(&spans),
        items: 0,
        spans,
        source: id,
        name: info.map(|info| info.name.to_string()),
        state: sight,
        health: Some(state.health),
        since: if sight == Sight::Watched { well() } else { since },
        reason,
        outcome: state.last_outcome,
        last_attempt: state.last_attempt,
        last_success: state.last_success,
    }
}

fn new_items(
    store: &Store,
    source: &SourceId,
    asked: &std::ops::Range<Timestamp>,
) -> Result<u64, Error> {
    let mut items = 0;
    walk(
        store,
        || Range::<BySource>::since(&(source.clone(), asked.start)),
        |(id, at, _), ()| {
            if id != source || *at >= asked.end {
                return Ok(ControlFlow::Break(()));
            }
            items += 1;
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(items)
}

/// The sum of the attempts in a time, as far as they are kept.
fn period(
    store: &Store,
    source: &SourceId,
    asked: &std::ops::Range<Timestamp>,
) -> Result<Period, Error> {
    let mut period = Period::default();
    walk(
        store,
        || Range::<Attempts>::prefix(source).newest_first(),
        |(_, at), attempt| {
            if *at < asked.start {
                return Ok(ControlFlow::Break(()));
            }
            if *at < asked.end {
                period.add(&attempt);
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(period)
}

/// The times without reading, whole, where several stretches are parts of one.
fn silences(spans: &[Stretch]) -> Vec<Gap> {
    let mut silences: Vec<Gap> = Vec::new();
    for span in spans {
        let lost = matches!(span.state, Sight::Blind | Sight::Late);
        if !lost || !matches!(span.cause, Cause::Failed | Cause::NotPolled) {
            continue;
        }
        let from = span.since.unwrap_or(span.from);
        match silences.last_mut() {
            Some(last) if last.from == from => {}
            _ => silences.push(Gap { from, to: span.until, reason: span.reason.clone() }),
        }
    }
    silences
}

/// When the daemon did not run, as far as it reaches behind `since`; oldest first.
///
/// # Errors
/// When the store fails.
pub fn outages(store: &Store, since: Timestamp) -> Result<Vec<OutageRow>, Error> {
    let rows = store.outages(since)?.into_iter();
    Ok(rows.map(|(from, outage)| OutageRow { from, until: outage.until }).collect())
}
