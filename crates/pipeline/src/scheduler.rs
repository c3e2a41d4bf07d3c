//! Which source runs when: host first, then source. Knows no network and no store of its own.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};

use std::time::Duration;

use fetch::Strain;
use model::{SourceId, Timestamp};

/// Sources waiting for their time, and sources whose time has come, by host. Pure: time is passed
/// in, what to start is handed out.
#[derive(Debug, Default)]
pub struct Schedule {
    /// Due times; a row counts only if it is the source's latest.
    heap: BinaryHeap<Reverse<(Timestamp, SourceId)>>,
    due: HashMap<SourceId, Timestamp>,
    hosts: HashMap<SourceId, String>,
    /// Sources whose time has come, per host, first come first served.
    ready: HashMap<String, VecDeque<SourceId>>,
    /// Hosts in the order in which they are served: none waits for another's queue.
    turn: VecDeque<String>,
    running: HashMap<String, usize>,
    in_flight: HashSet<SourceId>,
    /// Hosts that are left alone for now.
    held: HashMap<String, Hold>,
    per_host: usize,
}

/// Why nothing of a host is started before `until`.
#[derive(Clone, Copy, Debug)]
struct Hold {
    until: Timestamp,
    /// Failures since the host last answered, in quarters of a hard one.
    quarters: u32,
}

/// Wait after failures that speak against a host as a whole, for its other sources: doubled with
/// each hard failure, or two soft ones, or four that say that they will pass.
const FIRST_HOLD: Duration = Duration::from_secs(60);
const LONGEST_HOLD: Duration = Duration::from_secs(3_600);
const QUARTERS: u32 = 4;

impl Schedule {
    /// A schedule that starts at most `per_host` sources of one host at a time.
    pub fn new(per_host: usize) -> Self {
        Self { per_host: per_host.max(1), ..Self::default() }
    }

    /// Takes over another number of sources of one host at a time; what runs keeps running.
    pub fn allow(&mut self, per_host: usize) {
        self.per_host = per_host.max(1);
    }

    /// Adds a source or moves it; one that is running keeps running and then waits for `due`.
    pub fn set(&mut self, source: SourceId, host: &str, due: Timestamp) {
        self.hosts.insert(source.clone(), host.to_owned());
        self.due.insert(source.clone(), due);
        self.heap.push(Reverse((due, source)));
    }

    /// Forgets every source that `keep` does not name.
    pub fn retain(&mut self, keep: impl Fn(&SourceId) -> bool) {
        self.due.retain(|source, _| keep(source));
        self.hosts.retain(|source, _| keep(source));
        for queue in self.ready.values_mut() {
            queue.retain(|source| keep(source));
        }
    }

    /// Forgets one source; if it runs, it is not started again.
    pub fn forget(&mut self, source: &SourceId) {
        self.due.remove(source);
        self.hosts.remove(source);
    }

    pub fn contains(&self, source: &SourceId) -> bool {
        self.hosts.contains_key(source)
    }

    /// How many sources run now.
    pub fn running(&self) -> usize {
        self.in_flight.len()
    }

    /// The next source to start now, if any; it counts as running until [`Schedule::ended`].
    pub fn start(&mut self, now: Timestamp) -> Option<SourceId> {
        self.wake(now);
        for _ in 0..self.turn.len() {
            let host = self.turn.pop_front()?;
            let busy = self.running.get(&host).copied().unwrap_or(0) >= self.per_host
                || self.held.get(&host).is_some_and(|hold| hold.until > now);
            let queue = self.ready.get_mut(&host);
            let next = queue.filter(|_| !busy).and_then(VecDeque::pop_front);
            if self.ready.get(&host).is_none_or(VecDeque::is_empty) {
                self.ready.remove(&host);
            } else {
                self.turn.push_back(host.clone());
            }
            if let Some(source) = next {
                *self.running.entry(host).or_default() += 1;
                self.in_flight.insert(source.clone());
                return Some(source);
            }
        }
        None
    }

    /// A source has run; it is started again at `due`, unless it was removed meanwhile.
    pub fn ended(&mut self, source: &SourceId, host: &str, due: Timestamp) {
        self.in_flight.remove(source);
        if let Some(running) = self.running.get_mut(host) {
            *running -= 1;
            if *running == 0 {
                self.running.remove(host);
            }
        }
        if self.contains(source) {
            let host = self.hosts[source].clone();
            self.set(source.clone(), &host, due);
        }
    }

    /// Starts nothing of `host` before `until`: it asked for silence.
    pub fn hold(&mut self, host: &str, until: Timestamp) {
        let hold = self.held.entry(host.to_owned()).or_insert(Hold { until, quarters: 0 });
        hold.until = hold.until.max(until);
    }

    /// A failure that speaks against the host as a whole: its other sources wait as well, longer
    /// with each.
    pub fn strained(&mut self, host: &str, strain: Strain, now: Timestamp) {
        let hold = self.held.entry(host.to_owned()).or_insert(Hold { until: now, quarters: 0 });
        hold.quarters = hold.quarters.saturating_add(strain.quarters());
        let doublings = (hold.quarters / QUARTERS).min(16);
        let wait = FIRST_HOLD.saturating_mul(1 << doublings).min(LONGEST_HOLD);
        hold.until = hold.until.max(now.after(wait));
    }

    /// The host answers: what was held against it is forgotten; a silence that it asked for stays.
    pub fn answered(&mut self, host: &str) {
        if self.held.get(host).is_some_and(|hold| hold.quarters > 0) {
            self.held.remove(host);
        }
    }

    /// Whether the next run of `source` would be later than `at`.
    pub fn is_later(&self, source: &SourceId, at: Timestamp) -> bool {
        self.due.get(source).is_some_and(|due| *due > at)
    }

    /// When the next source is due that is not ready yet, or the next silence ends.
    pub fn next_event(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.held.retain(|_, hold| hold.until > now || hold.quarters > 0);
        let held = self.held.iter().filter(|(host, _)| self.ready.contains_key(*host));
        let released = held.map(|(_, hold)| hold.until).filter(|until| *until > now).min();
        self.next_time().into_iter().chain(released).min()
    }

    /// When the next source is due that is not ready yet.
    pub fn next_time(&mut self) -> Option<Timestamp> {
        while let Some(Reverse((due, source))) = self.heap.peek() {
            if self.due.get(source) == Some(due) {
                return Some(*due);
            }
            self.heap.pop();
        }
        None
    }

    fn wake(&mut self, now: Timestamp) {
        while self.next_time().is_some_and(|due| due <= now) {
            let Some(Reverse((_, source))) = self.heap.pop() else { return };
            self.due.remove(&source);
            if self.in_flight.contains(&source) {
                continue; // `ended` brings its next time
            }
            let host = self.hosts[&source].clone();
            let queue = match self.ready.entry(host) {
                Entry::Occupied(queue) => queue.into_mut(),
                // A host is in the queue of hosts as long as it has one of its own.
                Entry::Vacant(place) => {
                    self.turn.push_back(place.key().clone());
                    place.insert(VecDeque::new())
                }
            };
            if !queue.contains(&source) {
                queue.push_back(source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn id(text: &str) -> SourceId {
        text.parse().unwrap()
    }
    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000).unwrap().after(Duration::from_secs(seconds))
    }

    #[test]
    fn one_host_runs_one_source_at_a_time_and_delays_no_other() {
        let mut schedule = Schedule::new(1);
        for n in 0..50 {
            schedule.set(id(&format!("slow-{n}")), "slow", at(0));
        }
        schedule.set(id("quick"), "quick", at(0));
        let started = [schedule.start(at(0)).unwrap(), schedule.start(at(0)).unwrap()];
        assert!(started.contains(&id("quick")), "{started:?}");
        assert_eq!(schedule.start(at(0)), None);
        let slow = started.iter().find(|s| s.as_str() != "quick").unwrap();
        schedule.ended(slow, "slow", at(900));
        assert!(schedule.start(at(0)).unwrap().as_str().starts_with("slow-"));
    }

    #[test]
    fn a_host_that_asks_for_silence_is_left_alone_by_all_its_sources() {
        let mut schedule = Schedule::new(1);
        for name in ["a", "b"] {
            schedule.set(id(name), "slow", at(0));
        }
        schedule.set(id("other"), "other", at(0));
        schedule.hold("slow", at(100));
        schedule.hold("slow", at(50));
        assert_eq!(schedule.start(at(99)), Some(id("other")));
        assert_eq!(schedule.start(at(99)), None);
        assert_eq!(schedule.next_event(at(99)), Some(at(100)));
        assert!(schedule.start(at(100)).is_some());
    }

    #[test]
    fn failures_of_a_host_weigh_by_their_class_and_an_answer_forgives_them() {
        let waits = |strain| {
            let mut schedule = Schedule::new(1);
            schedule.set(id("a"), "h", at(0));
            (0..6)
                .map(|_| {
                    schedule.strained("h", strain, at(0));
                    schedule.start(at(0));
                    schedule.next_event(at(0)).unwrap().since(at(0)).as_secs()
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(waits(Strain::Hard), [120, 240, 480, 960, 1920, 3600]);
        assert_eq!(waits(Strain::Soft), [60, 120, 120, 240, 240, 480]);
        assert_eq!(waits(Strain::Temporary), [60, 60, 60, 120, 120, 120]);
        let mut schedule = Schedule::new(1);
        schedule.set(id("a"), "h", at(0));
        schedule.strained("h", Strain::Hard, at(0));
        assert_eq!(schedule.start(at(0)), None);
        schedule.answered("h");
        assert_eq!(schedule.start(at(0)), Some(id("a")));
    }

    #[test]
    fn nothing_starts_before_its_time_nor_twice() {
        let mut schedule = Schedule::new(1);
        schedule.set(id("a"), "a", at(10));
        assert_eq!(schedule.start(at(9)), None);
        assert_eq!(schedule.next_time(), Some(at(10)));
        assert_eq!(schedule.start(at(10)), Some(id("a")));
        assert_eq!(schedule.start(at(11)), None);
        schedule.ended(&id("a"), "a", at(20));
        assert_eq!(schedule.start(at(19)), None);
        assert_eq!(schedule.start(at(20)), Some(id("a")));
    }

    #[test]
    fn a_source_that_was_removed_while_it_ran_does_not_come_back() {
        let mut schedule = Schedule::new(1);
        schedule.set(id("a"), "a", at(0));
        assert!(schedule.start(at(0)).is_some());
        schedule.retain(|_| false);
        schedule.ended(&id("a"), "a", at(1));
        assert_eq!(schedule.start(at(100)), None);
        assert_eq!(schedule.next_time(), None);
    }

    #[test]
    fn a_source_that_was_moved_while_it_ran_is_not_forgotten() {
        let mut schedule = Schedule::new(1);
        schedule.set(id("a"), "a", at(0));
        assert!(schedule.start(at(0)).is_some());
        schedule.set(id("a"), "a", at(0));
        assert_eq!(schedule.start(at(5)), None, "it runs already");
        schedule.ended(&id("a"), "a", at(10));
        assert_eq!(schedule.start(at(10)), Some(id("a")));
    }
}
