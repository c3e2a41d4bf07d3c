//! Turns on a host: how many at once, how close together, and pauses that it asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::HttpUrl;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// Hosts that are remembered before the idle ones are forgotten.
const SWEEP_AT: usize = 1024;
/// The longest pause that a request is kept waiting for; for a longer one it is told how long.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Pause after a 429 without `Retry-After`; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// Keeps the pace of every host. A host is a name with its port; `http` and `https` on their usual
/// ports are the same machine and share their turns.
pub(crate) struct HostGate {
    per_host: usize,
    spacing: Duration,
    hosts: Mutex<Hosts>,
}

struct Hosts {
    by_name: HashMap<Box<str>, Arc<Host>>,
    sweep_at: usize,
}

#[derive(Debug)]
struct Host {
    /// Requests in flight; waiting is in order of arrival.
    places: Arc<Semaphore>,
    /// Held by the one that waits for the next start; the others queue behind it in order.
    start: tokio::sync::Mutex<()>,
    pace: Mutex<Pace>,
}

#[derive(Clone, Copy, Debug)]
struct Pace {
    /// No request starts before.
    next_start: Instant,
    /// The host asked for silence until then.
    paused_until: Option<Instant>,
    /// 429s without `Retry-After` since the last answer of another kind.
    strikes: u32,
}

/// The right to one request; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _place: OwnedSemaphorePermit,
    /// A host with requests in flight is not forgotten.
    _host: Arc<Host>,
}

/// The host wants silence for this long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Paused(pub(crate) Duration);

impl HostGate {
    pub(crate) fn new(per_host: usize, spacing: Duration) -> Self {
        let hosts = Hosts { by_name: HashMap::new(), sweep_at: SWEEP_AT };
        Self { per_host: per_host.max(1), spacing, hosts: Mutex::new(hosts) }
    }

    /// Waits for a turn on the host of `url`, first come, first served.
    pub(crate) async fn turn(&self, url: &HttpUrl) -> Result<Turn, Paused> {
        let host = self.host(url);
        host.pace().left(LONGEST_WAIT)?;
        let places = Arc::clone(&host.places);
        let place = places.acquire_owned().await.expect("the semaphore is never closed");
        let _next = host.start.lock().await;
        loop {
            let now = Instant::now();
            let at = {
                let mut pace = host.pace();
                pace.left(LONGEST_WAIT)?;
                let at = pace.paused_until.map_or(pace.next_start, |end| end.max(pace.next_start));
                if at <= now {
                    pace.next_start = now + self.spacing;
                    drop(pace);
                    return Ok(Turn { _place: place, _host: Arc::clone(&host) });
                }
                at
            };
            // A pause may have come meanwhile: look again.
            sleep_until(at).await;
        }
    }

    /// No further request starts on the host of `url` for `wait`; a longer pause stays.
    pub(crate) fn pause(&self, url: &HttpUrl, wait: Duration) {
        self.host(url).pace().pause(wait);
    }

    /// The host said "too many" without a time: silence, longer each time. Says how long.
    pub(crate) fn strike(&self, url: &HttpUrl) -> Duration {
        let host = self.host(url);
        let mut pace = host.pace();
        let wait = FIRST_PAUSE.saturating_mul(1 << pace.strikes.min(6)).min(LONGEST_PAUSE);
        pace.strikes += 1;
        pace.pause(wait);
        wait
    }

    /// The host answers normally.
    pub(crate) fn forgive(&self, url: &HttpUrl) {
        self.host(url).pace().strikes = 0;
    }

    /// What is left of the pause that the host asked for.
    pub(crate) fn paused(&self, url: &HttpUrl) -> Option<Duration> {
        self.host(url).pace().left(Duration::ZERO).err().map(|Paused(left)| left)
    }

    fn host(&self, url: &HttpUrl) -> Arc<Host> {
        let name = key(url);
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.by_name.get(name.as_ref()) {
            return Arc::clone(host);
        }
        if hosts.by_name.len() >= hosts.sweep_at {
            let now = Instant::now();
            hosts.by_name.retain(|_, host| Arc::strong_count(host) > 1 || host.pace().busy(now));
            hosts.sweep_at = (2 * hosts.by_name.len()).max(SWEEP_AT);
        }
        let host = Arc::new(Host::new(self.per_host));
        hosts.by_name.insert(name, Arc::clone(&host));
        host
    }
}

fn key(url: &HttpUrl) -> Box<str> {
    let host = url.host().trim_end_matches('.');
    match url.as_url().port() {
        Some(port) => format!("{host}:{port}").into(),
        None => host.into(),
    }
}

impl Host {
    fn new(per_host: usize) -> Self {
        let pace = Pace { next_start: Instant::now(), paused_until: None, strikes: 0 };
        Self {
            places: Arc::new(Semaphore::new(per_host)),
            start: tokio::sync::Mutex::new(()),
            pace: Mutex::new(pace),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    fn pause(&mut self, wait: Duration) {
        let end = Instant::now() + wait;
        self.paused_until = self.paused_until.max(Some(end));
    }

    /// An error when the pause lasts longer than `patience`.
    fn left(&self, patience: Duration) -> Result<(), Paused> {
        let left = self
            .paused_until
            .map_or(Duration::ZERO, |end| end.saturating_duration_since(Instant::now()));
        if left > patience { Err(Paused(left)) } else { Ok(()) }
    }

    /// Forgetting it now would let a request start too early.
    fn busy(&self, now: Instant) -> bool {
        self.next_start > now || self.paused_until.is_some_and(|end| end > now)
    }
}
