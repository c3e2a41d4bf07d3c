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
    let host = url.host();
    let host = host.strip_suffix('.').unwrap_or(host);
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

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    const SPACING: Duration = Duration::from_secs(2);

    fn url(text: &str) -> HttpUrl {
        text.parse().unwrap()
    }

    /// Runs `count` requests of `length` against the hosts that `name` gives; returns the start of
    /// each in order of its number.
    async fn starts(
        gate: HostGate,
        count: usize,
        length: Duration,
        name: impl Fn(usize) -> String,
    ) -> Vec<Instant> {
        let gate = Arc::new(gate);
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let (gate, url) = (Arc::clone(&gate), url(&name(number)));
            tasks.spawn(async move {
                let turn = gate.turn(&url).await.unwrap();
                let start = Instant::now();
                tokio::time::sleep(length).await;
                drop(turn);
                (number, start)
            });
            // Lets it reach the queue before the next one.
            tokio::task::yield_now().await;
        }
        let mut starts = tasks.join_all().await;
        starts.sort_unstable();
        starts.into_iter().map(|(_, start)| start).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn two_hundred_requests_to_one_host_keep_their_order_and_distance() {
        let gate = HostGate::new(1, SPACING);
        let name = |number| format!("https://example.org/{number}");
        let starts = starts(gate, 200, Duration::from_millis(300), name).await;
        for pair in starts.windows(2) {
            let gap = pair[1] - pair[0];
            assert!(gap >= SPACING && gap < SPACING + Duration::from_millis(5), "{gap:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn slow_answers_hold_the_next_one_back_as_configured() {
        let name = |_| "https://example.org/".to_owned();
        let length = Duration::from_secs(10);
        let one = starts(HostGate::new(1, SPACING), 4, length, name).await;
        assert_eq!((one[3] - one[0]).as_secs(), 30);
        let two = starts(HostGate::new(2, SPACING), 4, length, name).await;
        assert_eq!([1, 2, 3].map(|i| (two[i] - two[0]).as_secs()), [2, 10, 12]);
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_do_not_wait_for_each_other() {
        let gate = HostGate::new(1, SPACING);
        // The host that hangs comes first.
        let name = |number| format!("https://h{number}.example.org/");
        let starts = starts(gate, 100, Duration::from_secs(600), name).await;
        assert!(starts[99] - starts[0] < Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn both_schemes_and_the_dotted_name_are_one_host_and_a_port_is_another() {
        let names = ["http://example.org/", "https://example.org/", "https://example.org./"];
        let name = |number: usize| names[number].to_owned();
        let same = starts(HostGate::new(4, SPACING), 3, Duration::ZERO, name).await;
        assert_eq!((same[2] - same[0]).as_secs(), 4);
        let name = |number: usize| format!("http://example.org:{}/", 8000 + number);
        let other = starts(HostGate::new(4, SPACING), 3, Duration::ZERO, name).await;
        assert_eq!((other[2] - other[0]).as_secs(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_back_those_that_wait_already() {
        let gate = Arc::new(HostGate::new(1, SPACING));
        let here = url("https://example.org/");
        let first = gate.turn(&here).await.unwrap();
        let start = Instant::now();
        let waiting = {
            let (gate, here) = (Arc::clone(&gate), here.clone());
            JoinSet::from_iter([async move { gate.turn(&here).await.map(|_| Instant::now()) }])
        };
        tokio::time::sleep(Duration::from_secs(1)).await;
        gate.pause(&here, Duration::from_secs(20));
        drop(first);
        let second = waiting.join_all().await.pop().unwrap().unwrap();
        assert!((second - start).as_secs_f64() >= 21.0, "{:?}", second - start);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_pause_is_told_instead_of_waited_for() {
        let gate = HostGate::new(1, SPACING);
        let here = url("https://example.org/a");
        gate.pause(&here, Duration::from_secs(7200));
        gate.pause(&here, Duration::from_secs(60));
        tokio::time::sleep(Duration::from_secs(200)).await;
        let Err(Paused(left)) = gate.turn(&url("http://example.org/b")).await else {
            panic!("nothing may be sent")
        };
        // The longer pause stays, less the time gone by.
        assert!(matches!(left.as_secs(), 6999 | 7000), "{left:?}");
        assert_eq!(gate.paused(&here), Some(left));
        tokio::time::sleep(left).await;
        assert_eq!(gate.paused(&here), None);
        gate.turn(&here).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn strikes_double_the_pause_until_an_answer_forgives_them() {
        let gate = HostGate::new(1, SPACING);
        let here = url("https://example.org/");
        let waits: Vec<_> = (0..8).map(|_| gate.strike(&here).as_secs()).collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        gate.forgive(&here);
        assert_eq!(gate.strike(&here).as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_hosts_are_forgotten_and_busy_ones_are_not() {
        let gate = HostGate::new(1, SPACING);
        let (paused, busy) = (url("https://paused.example/"), url("https://busy.example/"));
        gate.pause(&paused, Duration::from_secs(86_400));
        let turn = gate.turn(&busy).await.unwrap();
        for number in 0..10_000 {
            drop(gate.turn(&url(&format!("https://h{number}.example/"))).await);
            if number % 100 == 0 {
                tokio::time::sleep(SPACING).await;
            }
        }
        let known = gate.hosts.lock().unwrap().by_name.len();
        assert!(known <= 2 * SWEEP_AT, "{known} hosts are remembered");
        assert!(gate.paused(&paused).is_some());
        let second = tokio::time::timeout(Duration::from_secs(60), gate.turn(&busy)).await;
        assert!(second.is_err(), "the one in flight still counts");
        drop(turn);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_gives_up_waiting_does_not_stop_the_others() {
        let gate = HostGate::new(1, SPACING);
        let here = url("https://example.org/");
        gate.turn(&here).await.unwrap();
        let gone = tokio::time::timeout(Duration::from_secs(1), gate.turn(&here)).await;
        assert!(gone.is_err());
        let start = Instant::now();
        gate.turn(&here).await.unwrap();
        assert!(start.elapsed() <= Duration::from_millis(1005), "{:?}", start.elapsed());
    }
}
