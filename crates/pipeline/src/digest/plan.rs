//! Makes a digest once per period: its run and its way to people, in one commit.

use jiff::tz::TimeZone;
use model::{DigestRun, MessageId, MessageRef, Timestamp};
use store::{Commit, Range, Store, StoreError, tables};

use super::period::{Period, period_ending};
use crate::DigestSettings;
use crate::deliver::enqueue;

/// Changes of health looked through for a sign of life before the first digest.
const SIGNS: usize = 500;

/// The commit that makes the digest which is due at `now`; `None` when it was made already, or
/// when there was nothing yet that it could tell about.
///
/// Its period begins where the last digest's ended: after a downtime one digest covers all of it.
/// The commit conflicts when someone else made the same digest meanwhile.
pub fn plan(
    store: &Store,
    settings: &DigestSettings,
    tz: &TimeZone,
    now: Timestamp,
) -> Result<Option<Commit>, StoreError> {
    let Some(due) = period_ending(settings, tz, now) else { return Ok(None) };
    let runs = Range::<tables::DigestRuns>::prefix(&settings.id).newest_first();
    let start = match store.page(runs, 1)?.into_iter().next() {
        Some(((_, last), _)) if last >= due.end => return Ok(None),
        Some(((_, last), _)) => last,
        None if began_before(store, due.end)? => due.start,
        None => return Ok(None),
    };
    let key = (settings.id.clone(), due.end);
    let mut commit = Commit::default();
    commit.expect::<tables::DigestRuns>(&key, store.read::<tables::DigestRuns>(&key)?.version);
    let run = DigestRun { digest: settings.id.clone(), start, end: due.end, made: now };
    commit.put::<tables::DigestRuns>(&key, &run);
    send(&mut commit, settings, Period { start, end: due.end }, now);
    Ok(Some(commit))
}

fn send(commit: &mut Commit, settings: &DigestSettings, period: Period, now: Timestamp) {
    let id = MessageId::digest(&settings.id, period.end);
    let message = MessageRef::Digest { digest: settings.id.clone(), end: period.end };
    enqueue(commit, id, &message, &settings.to, now);
}

/// Whether anything was watched before `end`: a fresh installation does not begin with a digest
/// of the time before it.
fn began_before(store: &Store, end: Timestamp) -> Result<bool, StoreError> {
    let items = Range::<tables::ByTime>::between(&Timestamp::EPOCH, &end);
    if !store.page(items, 1)?.is_empty() {
        return Ok(true);
    }
    let changes = store.page(Range::<tables::Transitions>::all(), SIGNS)?;
    Ok(changes.iter().any(|((_, at), _)| *at < end))
}
