//! Keeps sources running: starts each when it is due, hears how it ended, follows a reload.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use model::{Counts, Health, SourceId, Timestamp};
use store::tables;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug, error, info, info_span, warn};

use crate::decide::Report;
use crate::due::{Stored, first_due, share};
use crate::guarded::run_guarded;
use crate::network::Network;
use crate::news::Newsroom;
use crate::run::{FULL_PAUSE, RunError, chain};
use crate::scheduler::Schedule;
use crate::state::is_loss;
use crate::steady::Steady;
use crate::websub::Wishes;
use crate::{Context, Source};

/// Sources that waited for a network, or for a host, that is back are spread over this.
const BACK_SPREAD: Duration = Duration::from_secs(300);
/// Longest sleep. Due times lie on a line that nobody sets and what ends wakes by itself, so this
/// only makes a mistake of ours harmless.
const LONGEST_SLEEP: Duration = Duration::from_secs(600);
/// One round waits so long for a host that wants to be left alone; a longer silence is told instead.
const ROUND_PATIENCE: Duration = Duration::from_secs(20);
/// How long runs in flight may take to end when the daemon stops.
const STOP_GRACE: Duration = Duration::from_secs(7);

/// What a round over all sources came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    pub sources: usize,
    /// Read, or unchanged.
    pub watched: usize,
    pub failed: Vec<(SourceId, String)>,
    pub counts: Counts,
    pub alerts: u32,
    pub held: u32,
    pub bytes: u64,
}

impl Summary {
    fn add(&mut self, source: &SourceId, report: &Report) {
        self.sources += 1;
        match &report.error {
            None => self.watched += 1,
            Some(error) => self.failed.push((source.clone(), error.clone())),
        }
        let sum = &mut self.counts;
        let counts = &report.counts;
        sum.seen += counts.seen;
        sum.new += counts.new;
        sum.revised += counts.revised;
        sum.unchanged += counts.unchanged;
        sum.rejected += counts.rejected;
        self.alerts += report.alerts;
        self.held += report.held;
        self.bytes += report.bytes;
    }
}

/// Runs every source that is on once, whatever its due time; `ended` hears of each.
pub async fn watch_once(
    cx: &Context,
    mut ended: impl FnMut(&Source, &Report),
) -> Result<Summary, RunError> {
    let mut crew = Crew { one_round: true, ..Crew::new(cx.clone())? };
    let now = cx.clock.now();
    crew.enlist(|_| now)?;
    let patience = ROUND_PATIENCE.max(cx.fetcher.spacing() + Duration::from_secs(1));
    let mut summary = Summary::default();
    loop {
        crew.start_due();
        let next = crew.next_start();
        if crew.tasks.is_empty() && next >= patience {
            break;
        }
        let done = tokio::select! {
            biased;
            Some(done) = crew.tasks.join_next() => done,
            () = tokio::time::sleep(next) => continue,
        };
        match crew.finish(done) {
            (source, Ok(report)) => {
                summary.add(&source.id, &report);
                ended(&source, &report);
                crew.schedule.forget(&source.id);
            }
            (source, Err(error @ RunError::HostPaused { .. })) => {
                summary.sources += 1;
                summary.failed.push((source.id.clone(), error.to_string()));
                crew.schedule.forget(&source.id);
            }
            (_, Err(error)) => return Err(error),
        }
    }
    // Nothing is left out silently: their hosts failed for others, and want to be left alone.
    for id in crew.sources.keys().filter(|id| crew.schedule.contains(id)) {
        summary.sources += 1;
        let why = "not asked: the host does not answer, or asked for a pause".to_owned();
        summary.failed.push((id.clone(), why));
    }
    summary.failed.sort();
    crew.recall()?;
    summary.alerts += crew.newsroom.tell(&crew.cx, &crew.steady).await?;
    Ok(summary)
}

/// Runs sources when they are due until `stop`. A new context on `contexts` is followed at once;
/// what runs then ends under the old one. `counted` hears of each run.
///
/// # Errors
/// Only when the store fails: the process has to stop then.
pub async fn watch(
    contexts: watch::Receiver<Context>,
    stop: CancellationToken,
    counted: impl FnMut(&Source, &Report),
) -> Result<(), RunError> {
    watch_with(contexts, Wishes::channel().1, stop, counted).await
}

/// [`watch()`], with sources on `wishes` polled as soon as manners allow.
///
/// # Errors
/// Only when the store fails: the process has to stop then.
pub async fn watch_with(
    mut contexts: watch::Receiver<Context>,
    mut wishes: mpsc::Receiver<SourceId>,
    stop: CancellationToken,
    mut counted: impl FnMut(&Source, &Report),
) -> Result<(), RunError> {
    let mut crew = Crew::new(contexts.borrow_and_update().clone())?;
    crew.enlist_stored()?;
    crew.recall()?;
    loop {
        if crew.may_start() {
            crew.start_due();
            crew.newsroom.tell_due(&crew.cx, &crew.steady).await?;
        }
        let sleep = crew.sleep();
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            changed = contexts.changed() => {
                if changed.is_err() {
                    break; // the daemon is gone
                }
                crew.cx = contexts.borrow_and_update().clone();
                crew.schedule.allow(crew.cx.settings.per_host);
                crew.enlist_stored()?;
                crew.recall()?;
            }
            Some(done) = crew.tasks.join_next() => match crew.finish(done) {
                (source, Ok(report)) => counted(&source, &report),
                (_, Err(RunError::Full)) => crew.pause(),
                // Logged already; the source is tried again.
                (
                    _,
                    Err(RunError::Contended | RunError::Refused(_) | RunError::HostPaused { .. }),
                ) => {}
                (_, Err(error @ RunError::Store(_))) => return Err(error),
            },
            Some(wish) = wishes.recv() => crew.hasten(&wish)?,
            () = tokio::time::sleep(sleep) => {}
        }
    }
    crew.wind_up(&mut counted).await
}

/// The runs in flight and the schedule that they come from.
struct Crew {
    cx: Context,
    /// Where those that are on stand in the settings.
    sources: HashMap<SourceId, usize>,
    schedule: Schedule,
    tasks: JoinSet<(Arc<Source>, Result<Report, RunError>)>,
    task_sources: HashMap<tokio::task::Id, Arc<Source>>,
    /// Nothing starts before, because the disk was full.
    paused_until: Option<Timestamp>,
    clock_warned: bool,
    /// The schedule's time: intervals are measured, so that setting the clock causes neither a
    /// burst nor a stall.
    steady: Steady,
    network: Network,
    newsroom: Newsroom,
    /// Every source is asked once, and that is all.
    one_round: bool,
}

impl Crew {
    fn new(cx: Context) -> Result<Self, RunError> {
        let newsroom = Newsroom::open(&cx.store)?;
        Ok(Self {
            schedule: Schedule::new(cx.settings.per_host),
            sources: HashMap::new(),
            tasks: JoinSet::new(),
            task_sources: HashMap::new(),
            paused_until: None,
            clock_warned: false,
            steady: Steady::from(cx.clock.now()),
            network: Network::new(newsroom.is_network_down()),
            newsroom,
            one_round: false,
            cx,
        })
    }

    /// Looks for what nobody was told of: before the last daemon ended, or by rules that are new.
    fn recall(&mut self) -> Result<(), RunError> {
        let now = self.steady.now();
        for source in self.sources.values().map(|at| &self.cx.settings.sources[*at]) {
            let Some(state) = self.cx.store.get::<tables::Sources>(&source.id)? else { continue };
            let told = self.cx.store.get::<tables::ToldHealth>(&source.id)?;
            if told.map_or(Health::Healthy, |told| told.health) != state.health {
                self.newsroom.note(source, state.health, now);
            }
        }
        Ok(())
    }

    /// Takes over the context's sources, each due at `due(source)`.
    fn enlist(&mut self, due: impl Fn(&Source) -> Timestamp) -> Result<(), RunError> {
        let all = self.cx.settings.sources.iter().enumerate();
        let on = all.filter(|(_, source)| source.off.is_none());
        self.sources = on.map(|(at, source)| (source.id.clone(), at)).collect();
        self.schedule.retain(|id| self.sources.contains_key(id));
        let now = self.cx.clock.now();
        for source in self.sources.values().map(|at| &self.cx.settings.sources[*at]) {
            let due = self.steady.at(due(source), now);
            self.schedule.set(source.id.clone(), source.url.authority(), due);
        }
        Ok(())
    }

    fn enlist_stored(&mut self) -> Result<(), RunError> {
        let now = self.cx.clock.now();
        let on = || self.cx.settings.sources.iter().filter(|source| source.off.is_none());
        // How many sources of a host are read for the first time, and which of them comes when.
        let mut new_of: HashMap<&str, u32> = HashMap::new();
        let mut all_stored = Vec::new();
        for source in on() {
            let state = self.cx.store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
            let pause = state.memory.host_pause.filter(|until| *until > now);
            if let Some(until) = pause {
                // What a host asked for holds after a restart as well.
                self.cx.fetcher.pause(&source.address(&state), until.since(now));
            }
            // A changed address is read soon, and so is what was off until now.
            let anew = state.fetch_key != source.fetch_key()
                || state.health == Health::Off
                || state.next_due == Timestamp::EPOCH;
            all_stored.push(if anew {
                let count = new_of.entry(source.url.authority()).or_default();
                let place = *count;
                *count += 1;
                Stored::Never { place, of: 1, spacing: self.cx.fetcher.spacing() }
            } else {
                Stored::Waiting { due: state.next_due, polled: state.last_attempt }
            });
        }
        let due: HashMap<SourceId, Timestamp> = on()
            .zip(all_stored)
            .map(|(source, mut stored)| {
                if let Stored::Never { of, .. } = &mut stored {
                    *of = new_of[source.url.authority()];
                }
                (source.id.clone(), first_due(&source.id, source.every, stored, now))
            })
            .collect();
        self.enlist(|source| due.get(&source.id).copied().unwrap_or(now))
    }

    /// Whether the world is such that sources may run: the clock is set, the disk has room.
    fn may_start(&mut self) -> bool {
        let now = self.cx.clock.now();
        if now < Timestamp::CLOCK_FLOOR {
            if !self.clock_warned {
                error!("the clock says {now}: nothing is fetched until it is set");
                self.clock_warned = true;
            }
            return false;
        }
        if self.clock_warned {
            info!("the clock was set to {now}: sources are fetched now");
            self.clock_warned = false;
            // Due times were read by a clock that was not set.
            self.steady = Steady::from(now);
            if let Err(error) = self.enlist_stored() {
                error!(error = chain(&error), "due times could not be read again");
            }
        }
        if self.paused_until.is_some_and(|until| now < until) {
            return false;
        }
        self.paused_until = None;
        true
    }

    fn pause(&mut self) {
        let until = self.cx.clock.now().after(FULL_PAUSE);
        if self.paused_until.is_none() {
            error!(
                "the disk is too full: nothing is ingested until {until}; free some space, or \
                 lower [store] min_free"
            );
        }
        self.paused_until = Some(until);
    }

    fn start_due(&mut self) {
        let now = self.steady.now();
        while self.tasks.len() < self.cx.settings.parallel.max(1) {
            let Some(id) = self.schedule.start(now) else { return };
            let Some(at) = self.sources.get(&id) else {
                self.schedule.ended(&id, now);
                continue;
            };
            // A copy as long as it runs: what waits is in the settings only.
            let source = Arc::new(self.cx.settings.sources[*at].clone());
            // A place is not spent on waiting for the next request that the host allows.
            self.schedule.hold(source.url.authority(), now.after(self.cx.fetcher.spacing()));
            let cx = self.cx.clone();
            let span = info_span!("run", source.id = %source.id);
            let task = {
                let source = Arc::clone(&source);
                async move {
                    let result = run_guarded(&cx, &source).await;
                    (source, result)
                }
            };
            let handle = self.tasks.spawn(task.instrument(span));
            self.task_sources.insert(handle.id(), source);
        }
    }

    /// How long nothing can be started.
    fn next_start(&mut self) -> Duration {
        if self.tasks.len() >= self.cx.settings.parallel.max(1) {
            return LONGEST_SLEEP;
        }
        let now = self.steady.now();
        self.schedule.next_event().map_or(LONGEST_SLEEP, |due| due.since(now))
    }

    /// Polls a source soon: not before the least wait between two polls, and not at all ahead of its
    /// time when it fails or was asked to be left alone.
    fn hasten(&mut self, id: &SourceId) -> Result<(), RunError> {
        let Some(at) = self.sources.get(id) else { return Ok(()) };
        let source = &self.cx.settings.sources[*at];
        let state = self.cx.store.get::<tables::Sources>(id)?.unwrap_or_default();
        if state.failures > 0 || state.memory.gone > 0 {
            return Ok(());
        }
        let now = self.cx.clock.now();
        let least = state.last_attempt.map_or(now, |last| last.after(source.pace.floor));
        let due = self.steady.at(now.max(least), now);
        if self.schedule.is_later(id, due) {
            self.schedule.set(id.clone(), source.url.authority(), due);
        }
        Ok(())
    }

    /// How long nothing can happen.
    fn sleep(&mut self) -> Duration {
        let now = self.steady.now();
        let news = self.newsroom.due().map_or(LONGEST_SLEEP, |due| due.since(now));
        let next = news.min(self.next_start());
        if self.clock_warned || self.paused_until.is_some() {
            return Duration::from_secs(1);
        }
        next.clamp(Duration::from_millis(5), LONGEST_SLEEP)
    }

    /// Takes a task's result: the source is scheduled again, a panic becomes an outcome.
    fn finish(
        &mut self,
        done: Result<(Arc<Source>, Result<Report, RunError>), tokio::task::JoinError>,
    ) -> (Arc<Source>, Result<Report, RunError>) {
        let (source, result) = match done {
            Ok((source, result)) => (source, result),
            Err(panic) => {
                let source = self.task_sources[&panic.id()].clone();
                error!(source.id = %source.id, error = %panic, "a run panicked");
                let report = panicked(self.cx.clock.now(), &source);
                (source, Ok(report))
            }
        };
        self.task_sources.retain(|_, running| !Arc::ptr_eq(running, &source));
        let now = self.cx.clock.now();
        let due = match &result {
            Ok(report) => report.next_due,
            Err(RunError::HostPaused { wait }) => {
                now.after(*wait).after(share(&source.id, BACK_SPREAD.min(source.every / 10)))
            }
            Err(_) => now.after(source.every.min(FULL_PAUSE)),
        };
        let due = self.steady.at(due, now);
        self.schedule.ended(&source.id, due);
        match &result {
            Ok(report) => {
                self.mind_host(&source, report);
                self.log(&source, report);
            }
            Err(RunError::HostPaused { wait }) => {
                let until = self.steady.now().after(*wait);
                self.schedule.hold(source.url.authority(), until);
                debug!(source.id = %source.id, "`{}` waits: its host asked for a pause", source.id);
            }
            Err(error) => error!(source.id = %source.id, error = chain(error), "run not stored"),
        }
        (source, result)
    }

    /// What a run says about its host, and about the network.
    fn mind_host(&mut self, source: &Source, report: &Report) {
        let (host, now) = (source.url.authority(), self.steady.now());
        if let Some(wait) = report.host_pause {
            self.schedule.hold(host, now.after(wait));
        }
        match report.strain {
            // One round asks every source once: only where nobody answers, others are spared.
            Some(strain) if self.one_round && strain != fetch::Strain::Hard => {}
            Some(strain) => self.schedule.strained(host, strain, now),
            None => self.schedule.answered(host),
        }
        let waited = self.network.heard(source, report);
        self.newsroom.network(self.network.is_down(), now, self.cx.clock.now());
        if let Some((_, health)) = report.health {
            self.newsroom.note(source, health, now);
        }
        for id in waited {
            // They waited for something that is over.
            let due = now.after(share(&id, BACK_SPREAD));
            if let Some(at) = self.sources.get(&id)
                && self.schedule.is_later(&id, due)
            {
                let host = self.cx.settings.sources[*at].url.authority();
                self.schedule.set(id, host, due);
            }
        }
    }

    fn log(&self, source: &Source, report: &Report) {
        if self.network.is_down() && report.error.is_some() {
            debug!(source.id = %source.id, error = report.error.as_deref(), "ran `{}`", source.id);
        } else {
            log_report(source, report);
        }
    }

    /// Lets what runs end, within the grace; a run cut off here has stored all or nothing.
    async fn wind_up(mut self, counted: &mut impl FnMut(&Source, &Report)) -> Result<(), RunError> {
        let deadline = tokio::time::Instant::now() + STOP_GRACE;
        while !self.tasks.is_empty() {
            match tokio::time::timeout_at(deadline, self.tasks.join_next()).await {
                Ok(Some(done)) => match self.finish(done) {
                    (source, Ok(report)) => counted(&source, &report),
                    (_, Err(error @ RunError::Store(_))) => return Err(error),
                    (_, Err(_)) => {}
                },
                Ok(None) => break,
                Err(_) => {
                    debug!(
                        "{} runs cut off; they are repeated at the next start",
                        self.tasks.len()
                    );
                    self.tasks.shutdown().await;
                }
            }
        }
        Ok(())
    }
}

/// The report of a run that ended in a bug of ours: tried again like any failure.
fn panicked(now: Timestamp, source: &Source) -> Report {
    Report {
        outcome: model::OutcomeKind::Panicked,
        status: None,
        error: Some("the run panicked: this is a bug of stackwatch".into()),
        bytes: 0,
        millis: 0,
        counts: Counts::default(),
        alerts: 0,
        held: 0,
        list: crate::decide::ListDelta::default(),
        backlog: 0,
        window: crate::window::Window::default(),
        problems: vec![],
        next_due: now.after(source.every),
        health: None,
        failures: 1,
        strain: None,
        host_pause: None,
    }
}

fn log_report(source: &Source, report: &Report) {
    let counts = &report.counts;
    if let Some((from, to)) = report.health {
        if is_loss(from, to) {
            warn!(
                source.id = %source.id, error = report.error.as_deref(),
                http.status = report.status,
                "`{}` is {to} (was {from}): {}", source.id, sentence(report)
            );
            return;
        }
        info!(source.id = %source.id, "`{}` is {to} (was {from})", source.id);
    }
    info!(
        source.id = %source.id,
        outcome = %report.outcome,
        http.status = report.status,
        items.new = counts.new,
        items.revised = counts.revised,
        items.rejected = counts.rejected,
        alerts = report.alerts,
        alerts.held = report.held,
        problems = report.problems.len(),
        body_bytes = report.bytes,
        duration_ms = report.millis,
        error = report.error.as_deref(),
        "ran `{}`: {}", source.id, sentence(report)
    );
    for problem in &report.problems {
        debug!(source.id = %source.id, at = problem.at, "{}", model::one_line(&problem.reason));
    }
}

fn sentence(report: &Report) -> String {
    match (&report.error, report.counts) {
        (Some(error), _) => format!("{}: {error}", report.outcome),
        (None, counts) if counts.seen > 0 => format!(
            "{} new, {} revised, {} unchanged, {} rejected",
            counts.new, counts.revised, counts.unchanged, counts.rejected
        ),
        (None, _) => report.outcome.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{context, source, start};

    #[tokio::test]
    async fn nothing_starts_while_the_clock_is_in_1970() {
        let (cx, clock) = context(vec![source("a")]);
        clock.set(Timestamp::EPOCH.after(Duration::from_secs(60)));
        let mut crew = Crew::new(cx).unwrap();
        crew.enlist_stored().unwrap();
        assert!(!crew.may_start());
        clock.set(start());
        assert!(crew.may_start(), "and it starts by itself once the clock is set");
    }

    #[tokio::test]
    async fn a_full_disk_pauses_and_then_tries_again() {
        let (cx, clock) = context(vec![source("a")]);
        let mut crew = Crew::new(cx).unwrap();
        crew.pause();
        assert!(!crew.may_start());
        clock.advance(FULL_PAUSE + Duration::from_secs(1));
        assert!(crew.may_start());
    }

    #[tokio::test]
    async fn one_round_tells_the_sources_whose_silent_host_it_did_not_ask_again() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let sources = ["a", "b", "c"].map(|id| {
            let mut source = source(id);
            source.url = format!("http://{closed}/{id}").parse().unwrap();
            source
        });
        let (cx, _) = context(sources.to_vec());
        let summary = watch_once(&cx, |_, _| {}).await.unwrap();
        assert_eq!((summary.sources, summary.watched, summary.failed.len()), (3, 0, 3));
        let unasked = summary.failed.iter().filter(|(_, why)| why.starts_with("not asked"));
        assert_eq!(unasked.count(), 2, "{:?}", summary.failed);
    }

    #[tokio::test]
    async fn one_round_asks_every_source_of_a_host_that_answers_with_errors() {
        let origin = testkit::Origin::start();
        for path in ["/a", "/b", "/c", "/d"] {
            origin.script(path, [testkit::Answer::status(500)]);
        }
        let good = "<rss version=\"2.0\"><channel><item><guid>1</guid></item></channel></rss>";
        origin.serve("/e", good);
        let sources = ["a", "b", "c", "d", "e"].map(|id| {
            let mut source = source(id);
            source.url = origin.url(&format!("/{id}")).parse().unwrap();
            source
        });
        let (cx, _) = context(sources.to_vec());
        let summary = watch_once(&cx, |_, _| {}).await.unwrap();
        assert_eq!((summary.sources, summary.watched), (5, 1), "{:?}", summary.failed);
    }
}
