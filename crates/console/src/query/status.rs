//! Everything at a glance.

use std::ops::ControlFlow;
use std::time::Duration;

use model::Timestamp;
use store::tables::{AlertsByTime, ByTime, DeadLetters, Outbox};
use store::{Range, Store};

use super::known::each_known;
use super::sight::sight;
use super::{count, walk};
use crate::Error;
use crate::rows::{OutboxCounts, SourceCounts, Status};
use crate::settings::SourceInfo;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything at a glance, as it is at `now`.
pub fn status(store: &Store, configured: &[SourceInfo], now: Timestamp) -> Result<Status, Error> {
    let yesterday = now.before(DAY);
    let mut sources = SourceCounts::default();
    each_known(store, configured, |(_, info, state)| sources.add(sight(info, &state, now)))?;
    let mut outbox = OutboxCounts::default();
    walk(store, Range::<Outbox>::all, |(due, _, _), _| {
        outbox.queued += 1;
        outbox.due += u64::from(*due <= now);
        outbox.oldest.get_or_insert(*due);
        Ok(ControlFlow::Continue(()))
    })?;
    let newest_item = store.page(Range::<ByTime>::all().newest_first(), 1)?;
    let newest_alert = store.page(Range::<AlertsByTime>::all().newest_first(), 1)?;
    Ok(Status {
        at: now,
        sources,
        items_day: count(store, || Range::<ByTime>::since(&yesterday))?,
        alerts_day: count(store, || Range::<AlertsByTime>::since(&yesterday))?,
        newest_item: newest_item.first().map(|((at, _), ())| *at),
        newest_alert: newest_alert.first().map(|((at, _), ())| *at),
        outbox,
        dead_letters: count(store, Range::<DeadLetters>::all)?,
    })
}
