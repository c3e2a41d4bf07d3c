//! Which source runs when: host first, then source. Knows no network and no store of its own.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, VecDeque};

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
    ready: BTreeMap<String, VecDeque<SourceId>>,
    /// Hosts in the order in which they are served: none waits for another's queue.
    turn: VecDeque<String>,
    running: HashMap<String, usize>,
    in_flight: HashSet<SourceId>,
    per_host: usize,
}

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
            let busy = self.running.get(&host).copied().unwrap_or(0) >= self.per_host;
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
            let queue = self.ready.entry(host.clone()).or_default();
            if queue.is_empty() && !self.turn.contains(&host) {
                self.turn.push_back(host);
            }
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
