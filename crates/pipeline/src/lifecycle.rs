//! The life of the daemon around its runs: sources that come and go, times when nothing was
//! watched, the dead man's switch.

use std::collections::HashSet;
use std::time::Duration;

use fetch::{FetchError, Fetcher, Request};
use model::{Health, Outage, SourceId, SourceState, Timestamp, Transition};
use store::{Commit, CommitError, Range, Store, StoreError, tables};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::run::chain;
use crate::{Clock, Context, Source};

/// The daemon writes down that it is alive this often.
const ALIVE_EVERY: Duration = Duration::from_secs(60);
/// A silence longer than this was an outage.
const OUTAGE_AFTER: Duration = Duration::from_secs(300);
/// Rows that are read, or written, at once.
const CHANGES: usize = 500;
const ALIVE_KEY: &str = "alive";

/// Brings the stored health of sources in line with the configuration: off, retired, back again.
pub async fn reconcile(
    store: &Store,
    sources: &[Source],
    now: Timestamp,
) -> Result<(), StoreError> {
    let configured: HashSet<_> = sources.iter().map(|source| &source.id).collect();
    let mut commit = Commit::default();
    for source in sources {
        flush(store, &mut commit).await?;
        let state = store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
        let wanted = match (&source.off, state.health) {
            (Some(_), Health::Off) => continue,
            (Some(reason), _) => (Health::Off, Some(reason.to_string())),
            (None, Health::Off | Health::Retired) => (Health::Unknown, None),
            (None, _) => continue,
        };
        change(&mut commit, &source.id, state, wanted, now);
    }
    let mut last: Option<SourceId> = None;
    loop {
        let rest = Range::<tables::Sources>::all();
        let rest = if let Some(last) = &last { rest.after(last) } else { rest };
        let page = store.page(rest, CHANGES)?;
        let Some((end, _)) = page.last() else { break };
        last = Some(end.clone());
        for (id, state) in page {
            if !configured.contains(&id) && state.health != Health::Retired {
                info!(source.id = %id, "`{id}` left the configuration: retired, its items stay");
                let wanted = (Health::Retired, Some("left the configuration".to_owned()));
                change(&mut commit, &id, state, wanted, now);
            }
        }
        flush(store, &mut commit).await?;
    }
    write(store, commit).await
}

/// Writes what has gathered once it is much: a whole catalogue may change at once.
async fn flush(store: &Store, commit: &mut Commit) -> Result<(), StoreError> {
    if commit.len() < CHANGES {
        return Ok(());
    }
    write(store, std::mem::take(commit)).await
}

fn change(
    commit: &mut Commit,
    id: &model::SourceId,
    state: SourceState,
    (health, reason): (Health, Option<String>),
    now: Timestamp,
) {
    let reason = reason.map(|reason| model::truncated(&reason, 200).into_owned());
    let transition = Transition { from: state.health, to: health, reason };
    commit.put::<tables::Transitions>(&(id.clone(), now), &transition);
    let state = SourceState { health, health_since: Some(now), ..state };
    commit.put::<tables::Sources>(id, &state);
}

async fn write(store: &Store, commit: Commit) -> Result<(), StoreError> {
    if commit.is_empty() {
        return Ok(());
    }
    match store.commit(commit).await {
        Ok(_) => Ok(()),
        Err(CommitError::Store(error)) => Err(error),
        // On a full disk the daemon goes on reading; this is written at the next start.
        Err(error) => {
            warn!(error = chain(&error), "could not be written down");
            Ok(())
        }
    }
}

/// Writes down how long nothing was watched before this start.
pub async fn note_outage(store: &Store, now: Timestamp) -> Result<Option<Outage>, StoreError> {
    let alive = store.get::<tables::Meta>(&ALIVE_KEY.to_owned())?;
    let alive = alive.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
    let alive = alive.and_then(|millis| Timestamp::from_millis(millis).ok());
    let Some(from) = alive.filter(|alive| now.since(*alive) > OUTAGE_AFTER) else {
        return Ok(None);
    };
    let outage = Outage { until: now };
    let mut commit = Commit::default();
    commit.put::<tables::Outages>(&from, &outage);
    write(store, commit).await?;
    Ok(Some(outage))
}

/// Writes down once a minute that the daemon is alive, until `stop`.
pub async fn keep_alive(
    store: Store,
    clock: std::sync::Arc<dyn Clock>,
    stop: CancellationToken,
) -> Result<(), StoreError> {
    loop {
        let now = clock.now();
        if now >= Timestamp::CLOCK_FLOOR {
            let mut commit = Commit::default();
            let millis = now.millis().to_be_bytes().to_vec();
            commit.put::<tables::Meta>(&ALIVE_KEY.to_owned(), &millis);
            write(&store, commit).await?;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(ALIVE_EVERY) => {}
        }
    }
}

/// Calls the configured heartbeat address until `stop`: when the calls end, someone elsewhere is
/// told, since a dead daemon cannot report itself.
pub async fn heartbeat(mut contexts: watch::Receiver<Context>, stop: CancellationToken) {
    loop {
        let cx = contexts.borrow_and_update().clone();
        let Some(heartbeat) = cx.settings.heartbeat.clone() else {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = contexts.changed() => if changed.is_err() { return } else { continue },
            }
        };
        beat(&cx.fetcher, &heartbeat.url).await;
        tokio::select! {
            () = stop.cancelled() => return,
            _ = contexts.changed() => {}
            () = tokio::time::sleep(heartbeat.every) => {}
        }
    }
}

async fn beat(fetcher: &Fetcher, url: &model::HttpUrl) {
    let request = Request { accept: "*/*", ..Request::feed(url.clone(), 64 * 1024) };
    match fetcher.get(&request).await {
        // Any 2xx will do; the fetcher calls those without a body it could use an error.
        Ok(_) | Err(FetchError::Status { status: 200..=299, .. }) => debug!("heartbeat sent"),
        Err(error) => warn!(error = chain(&error), "heartbeat not delivered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, source, start};

    fn health(store: &Store, id: &str) -> Health {
        store.get::<tables::Sources>(&id.parse().unwrap()).unwrap().unwrap().health
    }

    #[tokio::test]
    async fn sources_that_are_switched_off_or_leave_are_written_down_once() {
        let (cx, _) = context(vec![]);
        let mut off = source("a");
        off.off = Some("blocks us".into());
        reconcile(&cx.store, &[off.clone(), source("b")], start()).await.unwrap();
        assert_eq!(health(&cx.store, "a"), Health::Off);
        reconcile(&cx.store, &[off], start().after(ALIVE_EVERY)).await.unwrap();
        reconcile(&cx.store, &[], start().after(2 * ALIVE_EVERY)).await.unwrap();
        assert_eq!(health(&cx.store, "a"), Health::Retired);
        reconcile(&cx.store, &[source("a")], start().after(3 * ALIVE_EVERY)).await.unwrap();
        assert_eq!(health(&cx.store, "a"), Health::Unknown);
        let rows = cx.store.page(store::Range::<tables::Transitions>::all(), 10).unwrap();
        assert_eq!(rows.len(), 3, "off, retired, back: {rows:?}");
    }

    #[tokio::test]
    async fn a_large_catalogue_leaves_and_comes_back_as_a_whole() {
        const SOURCES: usize = 2_500;
        let (cx, _) = context(vec![]);
        let all: Vec<_> = (0..SOURCES).map(|n| source(&format!("s{n}"))).collect();
        let off = |one: &Source| Source { off: Some("winter".into()), ..one.clone() };
        let off: Vec<_> = all.iter().map(off).collect();
        let steps = [(&off[..], Health::Off), (&all, Health::Unknown), (&[], Health::Retired)];
        for (n, (sources, wanted)) in (1_u32..).zip(steps) {
            reconcile(&cx.store, sources, start().after(n * ALIVE_EVERY)).await.unwrap();
            let others = all.iter().filter(|one| health(&cx.store, one.id.as_str()) != wanted);
            assert_eq!(others.count(), 0, "not {wanted}");
        }
    }

    #[tokio::test]
    async fn a_silence_of_the_daemon_itself_is_an_outage() {
        let (cx, clock) = context(vec![]);
        let stop = CancellationToken::new();
        stop.cancel();
        keep_alive(cx.store.clone(), cx.clock.clone(), stop).await.unwrap();
        let soon = clock.now().after(Duration::from_secs(120));
        assert_eq!(note_outage(&cx.store, soon).await.unwrap(), None);
        let late = clock.now().after(Duration::from_secs(7_200));
        assert_eq!(note_outage(&cx.store, late).await.unwrap(), Some(Outage { until: late }));
        let rows = cx.store.page(store::Range::<tables::Outages>::all(), 10).unwrap();
        assert_eq!(rows[0].0, clock.now());
    }
}
