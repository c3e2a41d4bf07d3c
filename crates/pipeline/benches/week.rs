//! A week of many sources in virtual time: how late they are asked, how often hosts are, and what
//! dead hosts cost the others. `cargo bench -p pipeline --bench week -- [SOURCES]`.
//!
//! The schedule and `next_due` are the daemon's, and so are the silence between two requests to a
//! host and the number of places; a fetch is a time that the host needs.

#![allow(clippy::print_stdout, reason = "a bench tells its result")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fetch::Strain;
use model::{Hints, SourceId, Timestamp};
use pipeline::{Last, Pace, Schedule, Stored, first_due, next_due};

const SOURCES: usize = 100_000;
/// Most hosts have a handful of sources, every tenth source lives on a large one.
const PER_HOST: usize = 5;
const PER_LARGE_HOST: usize = 200;
const LARGE_ONE_IN: usize = 10;
const PARALLEL: usize = 64;
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const SPACING: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(45);

struct Simulated {
    id: SourceId,
    host: Arc<str>,
    every: Duration,
    due: Timestamp,
    failures: u32,
    polls: u32,
    of: usize,
    dead: bool,
}

fn main() {
    let sources = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let sources = sources.unwrap_or(SOURCES);
    println!(
        "{sources} sources, a week; {PARALLEL} places, {}s between two requests",
        SPACING.as_secs()
    );
    week("every host answers", catalogue(sources, |_| false));
    week("one host in 1,000 hangs", catalogue(sources, |host| host % 1_000 == 7));
    week("one host in 50 hangs", catalogue(sources, |host| host % 50 == 7));
}

fn catalogue(sources: usize, dead: impl Fn(usize) -> bool) -> Vec<Simulated> {
    let hours = |n: u64| Duration::from_secs(n * 3_600);
    let large = sources / LARGE_ONE_IN;
    let source = |n: usize| {
        let (host, of) = if n < large {
            (n / PER_LARGE_HOST, PER_LARGE_HOST)
        } else {
            (large + (n - large) / PER_HOST, PER_HOST)
        };
        Simulated {
            id: format!("source-{n}").parse().expect("letters, digits and a hyphen"),
            host: format!("host-{host}.example").into(),
            every: [hours(1), hours(6), hours(6), hours(24), hours(24)][n % 5],
            due: Timestamp::EPOCH,
            failures: 0,
            polls: 0,
            of,
            dead: dead(host),
        }
    };
    (0..sources).map(source).collect()
}

fn week(world: &str, mut all: Vec<Simulated>) {
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().expect("a constant time");
    let end = start.after(WEEK);
    let began = Instant::now();
    let mut schedule = Schedule::new(1);
    for (n, source) in all.iter_mut().enumerate() {
        let place = u32::try_from(n % source.of).unwrap_or(0);
        let of = u32::try_from(source.of).unwrap_or(0);
        let stored = Stored::Never { place, of, spacing: SPACING };
        source.due = first_due(&source.id, source.every, stored, start);
        schedule.set(source.id.clone(), &source.host, source.due);
    }
    let mut now = start;
    let mut running: BinaryHeap<Reverse<(Timestamp, usize)>> = BinaryHeap::new();
    let [mut first, mut small, mut large, mut dead] = [const { Lateness::new() }; 4];
    while now < end {
        while running.len() < PARALLEL
            && let Some(id) = schedule.start(now)
        {
            let n: usize = id.as_str()[7..].parse().expect("the number that was written");
            let source = &mut all[n];
            schedule.hold(&source.host, now.after(SPACING));
            source.polls += 1;
            // The first round of so many sources takes as long as `PARALLEL` allows: told apart.
            let which = match (source.polls, source.dead, source.of) {
                (1, ..) => &mut first,
                (_, true, _) => &mut dead,
                (_, false, PER_HOST) => &mut small,
                (_, false, _) => &mut large,
            };
            which.add(now.since(source.due));
            let quick = Duration::from_millis(100 + (n as u64 * 37) % 1_900);
            let took = if source.dead { TIMEOUT } else { quick };
            running.push(Reverse((now.after(took), n)));
        }
        let ended = running.peek().map(|Reverse((at, _))| *at);
        let next = if running.len() < PARALLEL { schedule.next_event() } else { None };
        let Some(at) = ended.into_iter().chain(next).min() else { break };
        now = at.max(now.after(Duration::from_millis(1)));
        while running.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Some(Reverse((_, n))) = running.pop() else { break };
            let source = &mut all[n];
            source.failures = if source.dead { source.failures + 1 } else { 0 };
            let last = Last { failures: source.failures, ..Last::default() };
            let (pace, hints) = (Pace::default(), Hints::default());
            source.due = next_due(&source.id, source.every, None, &pace, &hints, last, now);
            schedule.ended(&source.id, source.due);
            if source.dead {
                schedule.strained(&source.host, Strain::Soft, now);
            } else {
                schedule.answered(&source.host);
            }
        }
    }
    let polls: u64 = all.iter().map(|source| u64::from(source.polls)).sum();
    let never = all.iter().filter(|source| source.polls == 0).count();
    println!("\n{world}: {polls} polls simulated in {:.1?}; never asked: {never}", began.elapsed());
    println!("  lateness, first round: {first}");
    println!("  lateness, hosts with {PER_HOST} sources: {small}");
    println!("  lateness, hosts with {PER_LARGE_HOST}: {large}");
    if dead.rows() > 0 {
        println!("  lateness, hosts that hang: {dead}");
    }
    let kinds = [(false, PER_HOST), (false, PER_LARGE_HOST), (true, PER_HOST)];
    let told = kinds.map(|(dead, of)| {
        let hosts = all.chunk_by(|a, b| a.host == b.host);
        let hosts = hosts.filter(|host| host[0].dead == dead && host[0].of == of);
        let polls: Vec<u32> =
            hosts.map(|host| host.iter().map(|source| source.polls).sum()).collect();
        let sum: u64 = polls.iter().map(|polls| u64::from(*polls)).sum();
        format!(
            "{} (most {})",
            sum / polls.len().max(1) as u64,
            polls.iter().max().copied().unwrap_or(0)
        )
    });
    let [small, large, dead] = told;
    println!(
        "  requests per host and week, with {PER_HOST} sources: {small}; with {PER_LARGE_HOST}: \
         {large}; hanging: {dead}"
    );
}

/// Counts by steps of a tenth of a second, up to an hour.
struct Lateness(Vec<u64>);

impl Lateness {
    const STEPS: usize = 36_000;

    const fn new() -> Self {
        Self(Vec::new())
    }

    fn add(&mut self, late: Duration) {
        let at = usize::try_from(late.as_millis() / 100).unwrap_or(usize::MAX).min(Self::STEPS);
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] += 1;
    }

    fn rows(&self) -> u64 {
        self.0.iter().sum()
    }

    fn quantile(&self, part: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "some millions")]
        let wanted = self.rows() as f64 * part;
        let mut sum = 0.0;
        for (at, count) in self.0.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "some millions")]
            {
                sum += *count as f64;
                if sum >= wanted {
                    return at as f64 / 10.0;
                }
            }
        }
        0.0
    }
}

impl std::fmt::Display for Lateness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [half, most, all] = [0.5, 0.99, 1.0].map(|part| self.quantile(part));
        write!(f, "p50 {half:.1}s, p99 {most:.1}s, longest {all:.1}s")
    }
}
