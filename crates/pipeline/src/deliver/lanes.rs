//! Which channel works when: a lane for each, fed from the outbox.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use model::{ChannelId, Timestamp};
use store::{CommitError, StoreError};
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::attempt::{Ended, attempt};
use super::backoff::channel_pause;
use super::queue::{Row, due};
use super::{Deliverer, blocking};
use crate::digest;

/// Longest sleep before the time of day is looked at again.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Commits in quick succession are answered by one look at the outbox.
const GATHER: Duration = Duration::from_millis(100);
/// How long what is being sent may take to end when the daemon stops.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// Nothing is tried on a channel for this long after a bug of ours.
const PANIC_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Longest time that a flush goes on.
const FLUSH_LIMIT: Duration = Duration::from_secs(600);
/// A digest that someone else is making at the same moment is planned again.
const PLANS: u32 = 4;

/// What [`Deliverer::flush`] came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FlushReport {
    pub delivered: usize,
    /// Tried in vain, to be tried again later.
    pub retried: usize,
    /// Given up.
    pub dead: usize,
    /// Due, but not tried because their channel failed several times in a row.
    pub waiting: usize,
    /// Digests made.
    pub digests: usize,
}

impl FlushReport {
    fn count(&mut self, ended: Ended) {
        match ended {
            Ended::Delivered => self.delivered += 1,
            Ended::Retry => self.retried += 1,
            Ended::Dead => self.dead += 1,
            Ended::Left => {}
        }
    }

    fn add(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.retried += other.retried;
        self.dead += other.dead;
        self.waiting += other.waiting;
    }
}

/// What one lane came to.
struct Lane {
    channel: ChannelId,
    report: FlushReport,
    /// Nothing is tried on the channel for this long.
    pause: Option<Duration>,
}

/// The lanes at work and the channels that wait.
struct Lanes {
    deliverer: Deliverer,
    stop: CancellationToken,
    tasks: JoinSet<Result<Lane, StoreError>>,
    busy: HashMap<Id, ChannelId>,
    paused: BTreeMap<ChannelId, Timestamp>,
}

impl Lanes {
    fn new(deliverer: &Deliverer, stop: CancellationToken) -> Self {
        let (tasks, busy, paused) = (JoinSet::new(), HashMap::new(), BTreeMap::new());
        Self { deliverer: deliverer.clone(), stop, tasks, busy, paused }
    }

    /// Starts a lane for every channel that has something due and neither works nor pauses.
    /// Returns when the next row will be due.
    async fn start(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let now = self.deliverer.now();
        self.paused.retain(|_, until| *until > now);
        let shut: BTreeSet<_> = self.busy.values().chain(self.paused.keys()).cloned().collect();
        let store = self.deliverer.store().clone();
        let found = blocking(move || due(&store, now, |channel| !shut.contains(channel))).await?;
        for (channel, rows) in found.lots {
            let (deliverer, stop) = (self.deliverer.clone(), self.stop.clone());
            let name = channel.clone();
            let task = self.tasks.spawn(async move { deliverer.drain(name, rows, &stop).await });
            self.busy.insert(task.id(), channel);
        }
        Ok(found.next.into_iter().chain(self.paused.values().copied()).min())
    }

    /// The next lane that ends; pends for ever when there is none.
    async fn ended(&mut self) -> Result<FlushReport, StoreError> {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return std::future::pending().await;
        };
        match ended {
            Ok((id, lane)) => {
                self.busy.remove(&id);
                let lane = lane?;
                if let Some(pause) = lane.pause {
                    warn!(channel.id = %lane.channel, "`{}` keeps failing: it pauses for {pause:?}", lane.channel);
                    self.paused.insert(lane.channel, self.deliverer.now().after(pause));
                }
                Ok(lane.report)
            }
            Err(error) => {
                let Some(channel) = self.busy.remove(&error.id()) else {
                    return Ok(FlushReport::default());
                };
                error!(channel.id = %channel, error = %error, "a delivery to `{channel}` panicked: this is a bug of stackwatch");
                self.paused.insert(channel, self.deliverer.now().after(PANIC_PAUSE));
                Ok(FlushReport::default())
            }
        }
    }

    /// Lets what is being sent end, within the grace.
    async fn wind_up(mut self) -> Result<(), StoreError> {
        let deadline = tokio::time::Instant::now() + STOP_GRACE;
        while !self.tasks.is_empty() {
            let Ok(ended) = tokio::time::timeout_at(deadline, self.ended()).await else {
                let left = self.tasks.len();
                debug!("{left} deliveries cut off; they are repeated at the next start");
                self.tasks.shutdown().await;
                break;
            };
            ended?;
        }
        Ok(())
    }
}

impl Deliverer {
    /// Makes digests when they are due and delivers what is due, until `stop`; then what is being
    /// sent has a few seconds to end. What is cut off is sent again at the next start.
    ///
    /// # Errors
    /// Only when the store fails: the process has to stop then.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), StoreError> {
        let mut commits = self.store().subscribe();
        let mut reloads = self.0.setup.subscribe();
        let mut lanes = Lanes::new(self, stop.clone());
        loop {
            // What happens from here on wakes the loop again.
            commits.mark_unchanged();
            reloads.mark_unchanged();
            self.make_digests().await?;
            let next = lanes.start().await?;
            let now = self.now();
            let wake = next.into_iter().chain(self.next_digest(now)).min();
            let sleep = wake.map_or(LONGEST_SLEEP, |at| at.since(now).min(LONGEST_SLEEP));
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                ended = lanes.ended() => drop(ended?),
                _ = reloads.changed() => lanes.paused.clear(),
                changed = commits.changed() => {
                    if changed.is_err() {
                        break; // the store is gone
                    }
                    tokio::time::sleep(GATHER).await;
                }
                () = tokio::time::sleep(sleep.max(Duration::from_millis(1))) => {}
            }
        }
        lanes.wind_up().await
    }

    /// Makes the digests that are due and delivers everything due now once.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn flush(&self) -> Result<FlushReport, StoreError> {
        let mut report =
            FlushReport { digests: self.make_digests().await?, ..FlushReport::default() };
        let stop = CancellationToken::new();
        let mut lanes = Lanes::new(self, stop.clone());
        let deadline = tokio::time::Instant::now() + FLUSH_LIMIT;
        loop {
            lanes.start().await?;
            if lanes.tasks.is_empty() || stop.is_cancelled() {
                break;
            }
            match tokio::time::timeout_at(deadline, lanes.ended()).await {
                Ok(ended) => report.add(&ended?),
                // Only a full disk keeps a lane this long.
                Err(_) => stop.cancel(),
            }
        }
        lanes.wind_up().await?;
        Ok(report)
    }

    /// One lot of one channel, message after message.
    async fn drain(
        &self,
        channel: ChannelId,
        rows: Vec<Row>,
        stop: &CancellationToken,
    ) -> Result<Lane, StoreError> {
        let setup = self.setup();
        let mut report = FlushReport::default();
        let mut failures = 0;
        let mut rows = rows.iter();
        for row in rows.by_ref() {
            if stop.is_cancelled() {
                break;
            }
            let ended = attempt(self, &setup, row, stop).await?;
            report.count(ended);
            match ended {
                Ended::Retry => failures += 1,
                Ended::Delivered | Ended::Dead => failures = 0,
                Ended::Left => {}
            }
            if channel_pause(failures).is_some() {
                break;
            }
        }
        report.waiting = rows.len();
        let in_a_row = self.health().get(&channel).map_or(0, |health| health.failures);
        let pause = (failures > 0).then(|| channel_pause(in_a_row)).flatten();
        Ok(Lane { channel, report, pause })
    }

    /// Makes every digest that is due and not made yet; each once, whoever else tries.
    async fn make_digests(&self) -> Result<usize, StoreError> {
        let setup = self.setup();
        let now = self.now();
        if now < Timestamp::CLOCK_FLOOR {
            return Ok(0);
        }
        let mut made = 0;
        for configured in &setup.settings.digests {
            for _ in 0..PLANS {
                let zone = &setup.settings.timezone;
                let Some(commit) = digest::plan(self.store(), configured, zone, now)? else {
                    break;
                };
                match self.store().commit(commit).await {
                    Ok(_) => {
                        info!(digest.id = %configured.id, "made digest `{}`", configured.id);
                        made += 1;
                        break;
                    }
                    Err(CommitError::Conflict { .. }) => {}
                    Err(CommitError::Store(error)) => return Err(error),
                    Err(error) => {
                        error!(digest.id = %configured.id, "digest `{}` cannot be made yet: {error}", configured.id);
                        break;
                    }
                }
            }
        }
        Ok(made)
    }

    fn next_digest(&self, now: Timestamp) -> Option<Timestamp> {
        let settings = self.setup().settings;
        let due = |digest| digest::next_due(digest, &settings.timezone, now);
        settings.digests.iter().filter_map(due).min()
    }
}
