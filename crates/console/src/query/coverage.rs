//! Coverage: what was watched, and what was not.

use std::ops::ControlFlow;
use std::time::Duration;

use model::{Health, SourceId, SourceState, Timestamp};
use store::tables::{Attempts, Blindness, BySource, Outages, Transitions};
use store::{Range, Store};

use super::sources::states;
use super::spans::{History, Stretch};
use super::walk;
use crate::Error;
use crate::rows::{CoverageRow, Gap, OutageRow, Period, Sight};
use crate::settings::SourceInfo;

/// How late a poll may be, beside its interval, before nobody can be said to watch.
const GRACE: Duration = Duration::from_secs(600);

/// What was and was not seen of each source in `period`, by id.
pub fn coverage(
    store: &Store,
    configured: &[SourceInfo],
    asked: std::ops::Range<Timestamp>,
    now: Timestamp,
) -> Result<Vec<CoverageRow>, Error> {
    let (since, until) = (asked.start, asked.end.min(now));
    let outages: Vec<_> = outages(store, since)?
        .into_iter()
        .map(|row| (row.from, model::Outage { until: row.until }))
        .collect();
    states(store, configured)?
        .into_iter()
        .map(|(id, (info, state))| {
            let (sight, from, reason) = sight(info, &state, now);
            let history = History {
                outages: outages.clone(),
                ..history(store, &id, &state, (sight, from, reason.clone()), since)?
            };
            Ok(CoverageRow {
                period: period(store, &id, since)?,
                gaps: gaps(store, &id, since)?,
                spans: history.spans(since, until),
                items: new_items(store, &id, since, until)?,
                source: id,
                name: info.map(|info| info.name.clone()),
                state: sight,
                since: from,
                reason,
                outcome: state.last_outcome,
                last_attempt: state.last_attempt,
                last_success: state.last_success,
            })
        })
        .collect()
}

/// What is known of a source since `since`, without the daemon's own outages.
fn history(
    store: &Store,
    id: &SourceId,
    state: &SourceState,
    (sight, from, reason): (Sight, Option<Timestamp>, Option<String>),
    since: Timestamp,
) -> Result<History, Error> {
    // What was tried before silences were written down began at a time that nobody knows.
    let unknown = state.last_attempt.map(|_| Timestamp::EPOCH);
    let mut history = History { begun: state.baseline.or(unknown), ..History::default() };
    walk(
        store,
        || Range::<Blindness>::prefix(id),
        |(_, seen), blind| {
            if *seen == Timestamp::EPOCH {
                history.begun = Some(blind.noticed);
            }
            if blind.until.is_none_or(|until| until >= since) {
                history.blind.push((*seen, blind));
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    walk(
        store,
        || Range::<Transitions>::prefix(id),
        |(_, at), change| {
            history.changes.push((*at, change));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let told = history.blind.last().is_some_and(|(_, blind)| blind.until.is_none());
    let changed = history.changes.last().map(|(at, _)| *at);
    history.now = match sight {
        Sight::Blind if !told => {
            Some(Stretch { from: from.unwrap_or(since), to: None, sight, reason })
        }
        Sight::Off | Sight::Retired => {
            let from = changed.or(from).or(state.last_attempt).unwrap_or(Timestamp::EPOCH);
            Some(Stretch { from, to: None, sight, reason })
        }
        Sight::Blind | Sight::Watched | Sight::Pending => None,
    };
    if matches!(sight, Sight::Off | Sight::Retired) && history.begun.is_none() {
        history.begun = Some(Timestamp::EPOCH);
    }
    Ok(history)
}

fn new_items(
    store: &Store,
    source: &SourceId,
    since: Timestamp,
    until: Timestamp,
) -> Result<u64, Error> {
    let mut items = 0;
    walk(
        store,
        || Range::<BySource>::since(&(source.clone(), since)),
        |(id, at, _), ()| {
            if id != source || *at >= until {
                return Ok(ControlFlow::Break(()));
            }
            items += 1;
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(items)
}

/// Whether the source is seen at `now`, since when, and if not, why. One failed attempt is enough
/// to be blind: what the source said since the last success is not known.
pub(super) fn sight(
    info: Option<&SourceInfo>,
    state: &SourceState,
    now: Timestamp,
) -> (Sight, Option<Timestamp>, Option<String>) {
    let Some(info) = info else {
        let reason = "it is no longer configured".to_owned();
        return (Sight::Retired, state.last_attempt, Some(reason));
    };
    if let Some(off) = &info.off {
        return (Sight::Off, None, Some(off.clone()));
    }
    let Some(outcome) = state.last_outcome else {
        return (Sight::Pending, None, Some("it was not polled yet".into()));
    };
    if !outcome.is_success() {
        let reason = match &state.error {
            Some(error) => format!("{outcome}: {error}"),
            None => outcome.to_string(),
        };
        return (Sight::Blind, state.last_success, Some(reason));
    }
    let overdue = state.next_due.after(info.every).after(GRACE);
    if now > overdue {
        let reason = format!("it was due at {} and nobody polled it", state.next_due);
        return (Sight::Blind, state.last_success, Some(reason));
    }
    let healthy = state.health_since.filter(|_| state.health == Health::Healthy);
    (Sight::Watched, healthy.or(state.baseline), None)
}

fn period(store: &Store, source: &SourceId, since: Timestamp) -> Result<Period, Error> {
    let mut period = Period::default();
    walk(
        store,
        || Range::<Attempts>::prefix(source).newest_first(),
        |(_, at), attempt| {
            if *at < since {
                return Ok(ControlFlow::Break(()));
            }
            period.add(&attempt);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(period)
}

/// The stretches in which the source was broken, as far as they reach behind `since`.
fn gaps(store: &Store, source: &SourceId, since: Timestamp) -> Result<Vec<Gap>, Error> {
    let mut gaps = Vec::new();
    let mut end = None;
    walk(
        store,
        || Range::<Transitions>::prefix(source).newest_first(),
        |(_, at), change| {
            if change.to == Health::Broken {
                gaps.push(Gap { from: *at, to: end, reason: change.reason });
            }
            end = Some(*at);
            // What began before the period may reach into it; what ended before it does not.
            Ok(if *at < since { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        },
    )?;
    gaps.reverse();
    Ok(gaps)
}

/// When the daemon did not run, as far as it reaches behind `since`; oldest first.
pub fn outages(store: &Store, since: Timestamp) -> Result<Vec<OutageRow>, Error> {
    let mut rows = Vec::new();
    walk(
        store,
        || Range::<Outages>::all().newest_first(),
        |from, outage| {
            if outage.until < since {
                return Ok(ControlFlow::Break(()));
            }
            rows.push(OutageRow { from: *from, until: outage.until });
            Ok(ControlFlow::Continue(()))
        },
    )?;
    rows.reverse();
    Ok(rows)
}
