//! A week of many sources in virtual time: how late they are asked, how often hosts are, and what
//! one dead host costs the others. `cargo bench -p pipeline --bench week -- [SOURCES]`.
//!
//! The schedule and `next_due` are the daemon's; a fetch is a pause that the host needs.

#![allow(clippy::print_stdout, reason = "a bench tells its result")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use fetch::Strain;
use model::{Hints, SourceId, Timestamp};
use pipeline::{Last, Pace, Schedule, Stored, first_due, next_due};

const SOURCES: usize = 100_000;
const PER_HOST: usize = 5;
const PARALLEL: usize = 64;
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const SPACING: Duration = Duration::from_secs(2);
/// One host in so many accepts connections and never answers.
const DEAD_ONE_IN: usize = 1_000;
const TIMEOUT: Duration = Duration::from_secs(45);

struct Simulated {
    id: SourceId,
    host: String,
    every: Duration,
    due: Timestamp,
    failures: u32,
    polls: u32,
    dead: bool,
}

fn main() {
    let sources = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let sources = sources.unwrap_or(SOURCES);
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().expect("a constant time");
    let end = start.after(WEEK);
    let hours = |n: u64| Duration::from_secs(n * 3_600);
    let mut all: Vec<Simulated> = (0..sources)
        .map(|n| {
            let host = n / PER_HOST;
            Simulated {
                id: format!("source-{n}").parse().expect("letters, digits and a hyphen"),
                host: format!("host-{host}.example"),
                every: [hours(1), hours(6), hours(6), hours(24), hours(24)][n % PER_HOST],
                due: start,
                failures: 0,
                polls: 0,
                dead: host % DEAD_ONE_IN == 7,
            }
        })
        .collect();
    let began = Instant::now();
    let mut schedule = Schedule::new(1);
    for (n, source) in all.iter_mut().enumerate() {
        let place = u32::try_from(n % PER_HOST).unwrap_or(0);
        let stored = Stored::Never { place, of: PER_HOST as u32, spacing: SPACING };
        source.due = first_due(&source.id, source.every, stored, start);
        schedule.set(source.id.clone(), &source.host, source.due);
    }
    let mut now = start;
    let mut running: BinaryHeap<Reverse<(Timestamp, usize)>> = BinaryHeap::new();
    let mut late = Lateness::default();
    let mut late_dead = Lateness::default();
    let mut first = Lateness::default();
    while now < end {
        while running.len() < PARALLEL
            && let Some(id) = schedule.start(now)
        {
            let n: usize = id.as_str()[7..].parse().expect("the number that was written");
            let source = &mut all[n];
            source.polls += 1;
            // The first round of so many sources takes as long as `PARALLEL` allows: told apart.
            let which = match (source.polls, source.dead) {
                (1, _) => &mut first,
                (_, true) => &mut late_dead,
                (_, false) => &mut late,
            };
            which.add(now.since(source.due));
            let quick = Duration::from_millis(100 + (n as u64 * 37) % 1_900);
            let took = if source.dead { TIMEOUT } else { quick };
            running.push(Reverse((now.after(took.max(SPACING)), n)));
        }
        let ended = running.peek().map(|Reverse((at, _))| *at);
        let next = schedule.next_event(now).filter(|_| running.len() < PARALLEL);
        let Some(at) = ended.into_iter().chain(next).min() else { break };
        now = at.max(now.after(Duration::from_millis(1)));
        while running.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Some(Reverse((_, n))) = running.pop() else { break };
            let source = &mut all[n];
            source.failures = if source.dead { source.failures + 1 } else { 0 };
            let last = Last { failures: source.failures, ..Last::default() };
            let (pace, hints) = (Pace::default(), Hints::default());
            source.due = next_due(&source.id, source.every, None, &pace, &hints, last, now);
            schedule.ended(&source.id, &source.host, source.due);
            if source.dead {
                schedule.strained(&source.host, Strain::Soft, now);
            } else {
                schedule.answered(&source.host);
            }
        }
    }
    let polls: u64 = all.iter().map(|source| u64::from(source.polls)).sum();
    let never = all.iter().filter(|source| source.polls == 0).count();
    let per_host = |dead: bool| {
        let hosts = all.chunks(PER_HOST).filter(|host| host[0].dead == dead);
        let polls: Vec<u32> =
            hosts.map(|host| host.iter().map(|source| source.polls).sum()).collect();
        let sum: u64 = polls.iter().map(|polls| u64::from(*polls)).sum();
        (sum / polls.len().max(1) as u64, polls.iter().max().copied().unwrap_or(0))
    };
    println!("{sources} sources, a week, {polls} polls in {:.1?}", began.elapsed());
    println!("never asked: {never}");
    println!("lateness of the first round: {first}");
    println!("lateness of living hosts: {late}; of dead ones: {late_dead}");
    let ((mean, most), (dead, _)) = (per_host(false), per_host(true));
    println!("requests per living host and week: {mean} (most {most}); per dead host: {dead}");
}

/// Counts by steps of a tenth of a second, up to an hour.
struct Lateness(Vec<u64>);

impl Default for Lateness {
    fn default() -> Self {
        Self(vec![0; 36_001])
    }
}

impl Lateness {
    fn add(&mut self, late: Duration) {
        let at = usize::try_from(late.as_millis() / 100).unwrap_or(usize::MAX);
        let last = self.0.len() - 1;
        self.0[at.min(last)] += 1;
    }

    fn quantile(&self, part: f64) -> f64 {
        let all: u64 = self.0.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "some millions")]
        let wanted = all as f64 * part;
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
