//! Coverage: what was watched, and what was not.

use std::ops::ControlFlow;
use std::time::Duration;

use model::{Health, SourceId, SourceState, Timestamp};
use store::tables::{Attempts, Outages, Transitions};
use store::{Range, Store};

use super::sources::states;
use super::walk;
use crate::Error;
use crate::rows::{CoverageRow, Gap, OutageRow, Period, Sight};
use crate::settings::SourceInfo;

/// How late a poll may be, beside its interval, before nobody can be said to watch.
const GRACE: Duration = Duration::from_secs(600);

/// What was and was not seen of each source since `since`, by id.
pub fn coverage(
    store: &Store,
    configured: &[SourceInfo],
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<CoverageRow>, Error> {
    states(store, configured)?
        .into_iter()
        .map(|(id, (info, state))| {
            let (sight, from, reason) = sight(info, &state, now);
            Ok(CoverageRow {
                period: period(store, &id, since)?,
                gaps: gaps(store, &id, since)?,
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
