//! A scenario played: the daemon's own code against the scripted origin, and what was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use fetch::{Detour, Fetcher, Purpose, Request as Ask};
use model::{Alert, Health, HttpUrl, OutcomeKind, RobotsCopy, SourceState, Timestamp, Validators};
use pipeline::{AlertRule, Clock, Context, Criteria, Pace, Report, Settings, Source, WantedHealth};
use store::{Range, Store, Table, tables};
use tagger::Tagger;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::format::{Action, Answer, Feeds, File, Scenario};
use super::origin::{Origin, Request, Script};
use super::time::{self, Time};
use super::value;

/// The host of the feeds.
pub(crate) const HOST: &str = "h";
/// Hosts whose feeds must not be disturbed.
const OTHERS: [&str; 2] = ["other-1", "other-2"];
/// When the scenarios begin: the Saturday that their dates are about.
pub(crate) const START: &str = "2026-11-21T08:00:00Z";
const DAY: Duration = Duration::from_secs(86_400);
/// How long the daemon is watched where nothing else is said, and how long at most for the sake of
/// a request that is named and does not come.
const RUN: Duration = Duration::from_secs(2 * 86_400);
const LONGEST_RUN: Duration = Duration::from_secs(60 * 86_400);
/// So often it is seen whether that request can still come.
const LOOK: Duration = Duration::from_secs(3_600);
const INTERVAL_S: f64 = 3_600.0;
const PAGES: [&str; 4] = ["/page/1", "/page/2", "/page/3", "/private/1"];
const MAX_FEED_BYTES: u64 = 8 << 20;

/// Source, title and address of a stored item.
pub(crate) type Stored = (String, Option<String>, Option<String>);

/// What is known after a run of the first feed.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// Requests for the feed's address so far.
    pub(crate) requests: usize,
    pub(crate) items: usize,
    pub(crate) alerts: usize,
    pub(crate) url: String,
    pub(crate) state: SourceState,
}

/// Everything that was seen of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) log: Vec<Request>,
    pub(crate) snapshots: Vec<Snapshot>,
    /// The first feed's `host/path`.
    pub(crate) feed: String,
    /// All feeds of the scenario.
    pub(crate) feeds: Vec<String>,
    pub(crate) others: Vec<String>,
    pub(crate) interval: Duration,
    pub(crate) run: Duration,
    /// Titles and addresses of the stored items, by source.
    pub(crate) items: Vec<Stored>,
    /// What people were told of sources, by the time since the start.
    pub(crate) messages: Vec<(Duration, String)>,
    pub(crate) panicked: bool,
    pub(crate) start: Timestamp,
    pub(crate) robots: bool,
}

impl Seen {
    /// A line per request.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |request: &Request| {
            let conditions: Vec<_> = ["if-none-match", "if-modified-since"]
                .iter()
                .filter_map(|name| request.header(name))
                .collect();
            format!(
                "{:>10.3}s {} {} {} bytes {}",
                request.at.as_secs_f64(),
                request.status,
                request.address(),
                request.sent,
                conditions.join(" ")
            )
        };
        let messages = self.messages.iter();
        let message = |(at, text): &(Duration, String)| {
            format!("{:>10.3}s told: {}", at.as_secs_f64(), text.replace('\n', " / "))
        };
        self.log.iter().map(line).chain(messages.map(message)).collect()
    }
}

/// The clock of the scenario, which an action may set.
#[derive(Clone)]
struct WorldClock {
    start: Timestamp,
    began: Instant,
    shift_ms: Arc<AtomicI64>,
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        let now = self.start.after(self.began.elapsed());
        let shift = self.shift_ms.load(Ordering::SeqCst);
        let by = Duration::from_millis(shift.unsigned_abs());
        if shift < 0 { now.before(by) } else { now.after(by) }
    }
}

impl WorldClock {
    fn shift(&self, by_ms: i64) {
        self.shift_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

/// Plays a scenario to its end.
pub(crate) fn play(file: &File, scenario: &Scenario) -> anyhow::Result<Seen> {
    let plan = Plan::new(file, scenario)?;
    time::play(move |time| plan.play(time))?
}

/// A scenario made ready.
struct Plan {
    scenario: Scenario,
    script: Script,
    feeds: Vec<String>,
    others: Vec<String>,
    interval: Duration,
    robots: bool,
}

impl Plan {
    fn new(file: &File, scenario: &Scenario) -> anyhow::Result<Self> {
        let robots = match scenario.resource.as_deref() {
            None | Some("feed") => false,
            Some("robots") => true,
            Some(other) => anyhow::bail!("the resource `{other}` is not known"),
        };
        let feeds: Vec<String> = match &scenario.feeds {
            None => vec![format!("{HOST}/feed")],
            Some(Feeds::Count(count)) => (1..=*count)
                .map(|n| if n == 1 { format!("{HOST}/feed") } else { format!("{HOST}/feed-{n}") })
                .collect(),
            // The configuration refuses a second source for one address.
            Some(Feeds::Addresses(list)) => {
                let mut seen = BTreeSet::new();
                let all = list.iter().map(|text| address(text));
                all.filter(|feed| seen.insert(feed.clone())).collect()
            }
        };
        anyhow::ensure!(!feeds.is_empty(), "there are no feeds");
        let mut script = Script { bodies: file.bodies.clone(), ..Script::default() };
        let feed_like = "<rss version=\"2.0\"><channel><title>O</title><item><title>one</title>\
                         <guid>o1</guid></item></channel></rss>";
        let plain = |body: &str| {
            vec![Answer { status: Some(200), body: Some(body.into()), ..Answer::default() }]
        };
        if robots {
            script.answers.insert(format!("{HOST}/robots.txt"), scenario.server.clone());
            for page in PAGES {
                script.answers.insert(format!("{HOST}{page}"), plain("<html><p>a page</p></html>"));
            }
        } else {
            for feed in &feeds {
                script.answers.insert(feed.clone(), scenario.server.clone());
            }
        }
        for (route, answers) in &scenario.routes {
            script.answers.insert(address(route), answers.clone());
        }
        let disturbing =
            scenario.expect.iter().any(|check| check.check == "other_feeds_unaffected");
        let others: Vec<String> =
            OTHERS.iter().filter(|_| disturbing).map(|host| format!("{host}/feed")).collect();
        for other in &others {
            script.answers.insert(other.clone(), plain(feed_like));
        }
        let interval = Duration::from_secs_f64(scenario.base_interval_s.unwrap_or(INTERVAL_S));
        Ok(Self { scenario: scenario.clone(), script, feeds, others, interval, robots })
    }

    /// The request numbers that checks name, the highest of them.
    fn named(&self) -> usize {
        self.scenario.expect.iter().flat_map(|check| check.requests()).max().unwrap_or(0)
    }

    fn run(&self) -> Duration {
        let within = self.scenario.expect.iter().filter_map(|check| {
            let seconds = |name: &str| check.arguments.get(name).and_then(value::float);
            seconds("within_s").into_iter().chain(seconds("seconds")).reduce(f64::max)
        });
        let actions = self.scenario.actions.iter().map(|action| action.at_s + 86_400.0);
        let least = within.chain(actions).fold(RUN.as_secs_f64(), f64::max);
        Duration::from_secs_f64(self.scenario.run_s.unwrap_or(least)).min(LONGEST_RUN)
    }

    fn sources(&self) -> anyhow::Result<Vec<Source>> {
        let all = self.feeds.iter().enumerate().map(|(n, feed)| (format!("feed-{}", n + 1), feed));
        let others = self.others.iter().enumerate().map(|(n, feed)| (format!("other-{n}"), feed));
        let mut sources = all
            .chain(others)
            .map(|(id, feed)| self.source(&id, feed))
            .collect::<anyhow::Result<Vec<_>>>()?;
        sources.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(sources)
    }

    fn source(&self, id: &str, feed: &str) -> anyhow::Result<Source> {
        let seconds = |value: Option<f64>, default| value.map_or(default, Duration::from_secs_f64);
        let fixed = Pace::fixed();
        let url: HttpUrl = format!("http://{feed}").parse()?;
        Ok(Source {
            pace: Pace {
                floor: seconds(self.scenario.floor_s, fixed.floor),
                ceiling: seconds(self.scenario.ceiling_s, fixed.ceiling),
                ..fixed
            },
            ..Source::feed(id.parse()?, url, self.interval)
        })
    }

    async fn play(self, time: Time) -> anyhow::Result<Seen> {
        let folder = tempfile::tempdir()?;
        let socket = folder.path().join("origin");
        let listener = UnixListener::bind(&socket)?;
        let origin = Origin::new(self.script.clone(), time);
        let start: Timestamp = START.parse()?;
        let clock = WorldClock { start, began: Instant::now(), shift_ms: Arc::default() };
        let mut hosts = JoinSet::new();
        hosts.spawn(origin.clone().serve(listener));
        let snapshots = Arc::new(Mutex::new(Vec::new()));
        let panicked = Arc::new(Mutex::new(false));
        let world = World {
            store: Store::in_memory(),
            sources: self.sources()?,
            tagger: Tagger::build(vec![]).0,
            socket,
            clock,
            origin: origin.clone(),
            snapshots: Arc::clone(&snapshots),
            panicked: Arc::clone(&panicked),
            feed: self.feeds[0].clone(),
        };
        let run = if self.robots { self.pages(&world).await? } else { self.watch(&world).await? };
        let items = world.items()?;
        let taken = |list: &Mutex<Vec<Snapshot>>| {
            list.lock().unwrap_or_else(PoisonError::into_inner).clone()
        };
        let messages = alerts(&world.store, SOURCES)?;
        let messages = messages.into_iter().map(|alert| {
            let text = alert.title.into_iter().chain(alert.summary).collect::<Vec<_>>();
            (alert.at.since(start), text.join("\n"))
        });
        let log = origin.log().clone();
        Ok(Seen {
            log,
            snapshots: taken(&snapshots),
            feed: if self.robots { format!("{HOST}/robots.txt") } else { world.feed },
            feeds: self.feeds,
            others: self.others,
            interval: self.interval,
            run,
            items,
            messages: messages.collect(),
            panicked: *panicked.lock().unwrap_or_else(PoisonError::into_inner),
            start,
            robots: self.robots,
        })
    }

    /// Watches the feeds until the end of the run and the last request that a check names.
    async fn watch(&self, world: &World) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let run = self.run();
        let mut daemon = Daemon::start(world)?;
        for action in self.actions() {
            sleep_until(began + Duration::from_secs_f64(action.at_s)).await;
            match Deed::of(&action)? {
                Deed::Restart => {
                    daemon.stop().await?;
                    daemon = Daemon::start(world)?;
                }
                Deed::Clock(shift_ms) => world.clock.shift(shift_ms),
                Deed::Unplug => {
                    std::fs::rename(&world.socket, world.socket.with_extension("away"))?;
                    world.origin.cut();
                }
                Deed::Plug => {
                    std::fs::rename(world.socket.with_extension("away"), &world.socket)?;
                }
            }
        }
        sleep_until(began + run).await;
        let named = self.named();
        while world.origin.count(&world.feed) < named
            && began.elapsed() < LONGEST_RUN
            && !world.is_over()
        {
            drop(timeout(LOOK, world.origin.asked()).await);
        }
        if began.elapsed() > run {
            // The run of that last request has to be stored.
            sleep_until(Instant::now() + Duration::from_secs(120)).await;
        }
        daemon.stop().await?;
        Ok(began.elapsed())
    }

    /// Asks for pages, again and again, as far as robots.txt allows. What was learnt outlives a
    /// restart, as the daemon keeps it.
    async fn pages(&self, world: &World) -> anyhow::Result<Duration> {
        let began = Instant::now();
        let (run, named) = (self.run().max(DAY), self.named());
        let mut fetcher = world.fetcher()?;
        let mut kept = BTreeMap::new();
        let mut actions = self.actions().into_iter().peekable();
        let mut round = Duration::ZERO;
        let more = || world.origin.count(&format!("{HOST}/robots.txt")) < named;
        while round < run || (round < LONGEST_RUN && more()) {
            while let Some(action) = actions.next_if(|it| it.at_s <= round.as_secs_f64()) {
                sleep_until(began + Duration::from_secs_f64(action.at_s)).await;
                match Deed::of(&action)? {
                    Deed::Restart => {
                        fetcher = world.fetcher()?;
                        for (url, copy) in &kept {
                            fetcher.recall_robots(url, RobotsCopy::clone(copy));
                        }
                    }
                    Deed::Clock(shift_ms) => world.clock.shift(shift_ms),
                    Deed::Unplug | Deed::Plug => anyhow::bail!("only feeds are unplugged"),
                }
            }
            sleep_until(began + round).await;
            for page in PAGES {
                let ask = Ask {
                    url: format!("http://{HOST}{page}").parse()?,
                    validators: Validators::default(),
                    accept: "text/html, */*;q=0.5",
                    headers: vec![],
                    max_body: 1 << 20,
                    purpose: Purpose::Crawl,
                    json: None,
                    patience: fetch::Patience::default(),
                    fresh: false,
                };
                // What may not be asked for is an error, and that is what the log shows.
                drop(fetcher.get(&ask).await);
                for (origin, copy) in fetcher.robots_news() {
                    kept.insert(origin.parse::<HttpUrl>()?, copy);
                }
            }
            round += self.interval.max(Duration::from_secs(1));
        }
        Ok(began.elapsed())
    }

    /// In the order of their times.
    fn actions(&self) -> Vec<Action> {
        let mut actions = self.scenario.actions.clone();
        actions.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        actions
    }
}

/// What an action does.
enum Deed {
    Restart,
    Clock(i64),
    /// Nobody can be reached, until `Plug`.
    Unplug,
    Plug,
}

impl Deed {
    fn of(action: &Action) -> anyhow::Result<Self> {
        Ok(match action.what.as_str() {
            "restart" => Self::Restart,
            #[expect(clippy::cast_possible_truncation, reason = "some years")]
            "clock" => Self::Clock((action.shift_s.unwrap_or(0.0) * 1_000.0) as i64),
            "unplug" => Self::Unplug,
            "plug" => Self::Plug,
            other => anyhow::bail!("the action `{other}` is not known"),
        })
    }
}

/// What outlives a restart of the daemon, and what it is made of.
struct World {
    store: Store,
    sources: Vec<Source>,
    tagger: Tagger,
    socket: std::path::PathBuf,
    clock: WorldClock,
    origin: Origin,
    snapshots: Arc<Mutex<Vec<Snapshot>>>,
    panicked: Arc<Mutex<bool>>,
    feed: String,
}

impl World {
    fn fetcher(&self) -> anyhow::Result<Fetcher> {
        let clock = self.clock.clone();
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_millis(clock.now().millis());
        let settings = fetch::Settings {
            user_agent: "stackwatch/0.1 (+https://example.org/monitoring)".into(),
            per_host: 1,
            spacing: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_secs(45),
            // Names without a domain are fine where some private network is allowed; this one is
            // set aside for examples.
            allow: vec!["192.0.2.0/24".parse()?],
        };
        let detour = Detour { socket: self.socket.clone(), now: Arc::new(now) };
        Ok(Fetcher::with_detour(settings, detour)?)
    }

    fn context(&self) -> anyhow::Result<Context> {
        let settings = Settings {
            sources: self.sources.clone(),
            alerts: vec![
                rule(ANYTHING, Criteria::default())?,
                rule(SOURCES, Criteria { health: vec![WantedHealth::Any], ..Criteria::default() })?,
            ],
            channels: vec![],
            digests: vec![],
            timezone: jiff::tz::TimeZone::UTC,
            parallel: 16,
            per_host: 1,
            max_feed_bytes: MAX_FEED_BYTES,
            max_list_bytes: MAX_FEED_BYTES,
            heartbeat: None,
            websub: None,
            data: std::path::PathBuf::new(),
            min_free_bytes: 0,
        };
        Ok(Context {
            store: self.store.clone(),
            fetcher: self.fetcher()?,
            tagger: self.tagger.clone(),
            settings: Arc::new(settings),
            clock: Arc::new(self.clock.clone()),
        })
    }

    /// Nothing more will be asked at the feed's address: it was moved, or it is gone.
    fn is_over(&self) -> bool {
        let Ok(Some(state)) = self.store.get::<tables::Sources>(&self.sources[0].id) else {
            return false;
        };
        let moved = state.memory.moved.is_some_and(|moved| moved.adopted);
        moved || state.health == Health::Gone
    }

    /// What the store holds about all sources.
    fn items(&self) -> anyhow::Result<Vec<Stored>> {
        let mut items = Vec::new();
        for (_, id) in keys(&self.store, Range::<tables::ByTime>::all)? {
            if let Some(item) = self.store.get::<tables::Items>(&id)? {
                items.push((item.source.to_string(), item.title, item.url));
            }
        }
        Ok(items)
    }
}

/// All keys of a range, page by page.
fn keys<T: Table>(store: &Store, range: impl Fn() -> Range<T>) -> anyhow::Result<Vec<T::Key>> {
    let mut keys: Vec<T::Key> = Vec::new();
    loop {
        let rest = match keys.last() {
            Some(last) => range().after(last),
            None => range(),
        };
        let page = store.page(rest, usize::MAX)?;
        if page.is_empty() {
            return Ok(keys);
        }
        keys.extend(page.into_iter().map(|(key, _)| key));
    }
}

fn snapshot(world: &Shared, source: &Source) -> anyhow::Result<Snapshot> {
    let state = world.store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
    let moved = state.memory.moved.as_ref().filter(|moved| moved.adopted);
    let url = moved.map_or_else(|| source.url.to_string(), |moved| moved.to.clone());
    Ok(Snapshot {
        requests: world.origin.count(&world.feed),
        items: keys(&world.store, || Range::<tables::BySource>::prefix(&source.id))?.len(),
        alerts: alerts(&world.store, ANYTHING)?.len(),
        url,
        state,
    })
}

/// The alerts of one rule, in the order of their time.
fn alerts(store: &Store, rule: &str) -> anyhow::Result<Vec<Alert>> {
    let rows = store.page(Range::<tables::AlertsByTime>::all(), 10_000)?;
    let alerts = rows.into_iter().map(|((_, id), ())| store.get::<tables::Alerts>(&id));
    let alerts: Vec<_> = alerts.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok(alerts.into_iter().filter(|alert| alert.rule.as_str() == rule).collect())
}

/// What the daemon's ear needs.
struct Shared {
    store: Store,
    origin: Origin,
    snapshots: Arc<Mutex<Vec<Snapshot>>>,
    panicked: Arc<Mutex<bool>>,
    feed: String,
}

impl Shared {
    fn heard(&self, source: &Source, report: &Report) {
        if report.outcome == OutcomeKind::Panicked {
            *self.panicked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        }
        if source.id.as_str() == "feed-1"
            && let Ok(snapshot) = snapshot(self, source)
        {
            self.snapshots.lock().unwrap_or_else(PoisonError::into_inner).push(snapshot);
        }
    }
}

/// The daemon, as far as it polls.
struct Daemon {
    stop: CancellationToken,
    task: JoinSet<Result<(), pipeline::RunError>>,
    /// Its end would end the daemon.
    _contexts: watch::Sender<Context>,
}

impl Daemon {
    fn start(world: &World) -> anyhow::Result<Self> {
        let (contexts, receiver) = watch::channel(world.context()?);
        let stop = CancellationToken::new();
        let shared = Shared {
            store: world.store.clone(),
            origin: world.origin.clone(),
            snapshots: Arc::clone(&world.snapshots),
            panicked: Arc::clone(&world.panicked),
            feed: world.feed.clone(),
        };
        let mut task = JoinSet::new();
        let stopped = stop.clone();
        task.spawn(async move {
            pipeline::watch(receiver, stopped, |source, report| shared.heard(source, report)).await
        });
        Ok(Self { stop, task, _contexts: contexts })
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.task.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// `host/path` of a whole address or of a path on the feeds' host.
pub(crate) fn address(text: &str) -> String {
    if text.starts_with('/') {
        return format!("{HOST}{text}");
    }
    match text.parse::<HttpUrl>() {
        Ok(url) => {
            let path = &url.as_url()[url::Position::BeforePath..];
            match url.as_url().port() {
                Some(port) => format!("{}:{port}{path}", url.host()),
                None => format!("{}{path}", url.host()),
            }
        }
        Err(_) => text.into(),
    }
}

/// An alert for whatever is new, and one for what becomes of sources.
const ANYTHING: &str = "anything";
const SOURCES: &str = "sources";

fn rule(id: &str, when: Criteria) -> anyhow::Result<AlertRule> {
    Ok(AlertRule {
        id: id.parse()?,
        label: id.into(),
        when,
        unless: Criteria::default(),
        max_age: None,
        to: vec!["log".parse()?],
        matches: vec![],
        ignores: vec![],
    })
}
