//! Which source runs when: host first, then source. Knows no network and no store of its own.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use fetch::Strain;
use model::{SourceId, Timestamp};

/// Sources waiting for their time, and sources whose time has come, by host. Pure: time is passed
/// in, what to start is handed out. No step looks at more than one source and its host, however
/// many there are and however many hosts are silent.
#[derive(Debug, Default)]
pub struct Schedule {
    /// Due times; a row counts only if its source still waits for that time.
    due: BinaryHeap<Reverse<(Timestamp, SourceId)>>,
    sources: HashMap<SourceId, Planned>,
    /// Hosts with something to start, in flight or held against them; idle ones are swept out.
    hosts: HashMap<Arc<str>, Host>,
    sweep_at: usize,
    /// Hosts that may start something, in the order in which they are served: none waits for
    /// another's queue. A row counts only if its host stands in turn.
    turn: VecDeque<Arc<str>>,
    /// Ends of silences; a row counts only if its host waits for that time.
    releases: BinaryHeap<Reverse<(Timestamp, Arc<str>)>>,
    running: usize,
    per_host: usize,
}

#[derive(Debug)]
struct Planned {
    host: Arc<str>,
    place: Place,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Waiting(Timestamp),
    /// In the queue of its host.
    Ready,
    /// On this host, which may have been replaced by another meanwhile.
    Running(Arc<str>),
    /// Runs, and is then forgotten.
    Leaving(Arc<str>),
}

#[derive(Debug, Default)]
struct Host {
    /// Sources whose time has come, first come first served; those that were moved or forgotten
    /// since are passed over.
    ready: VecDeque<SourceId>,
    running: usize,
    /// Nothing is started before: asked for by the host, or by our manners.
    asked: Option<Timestamp>,
    /// The same, because it fails.
    strained: Option<Timestamp>,
    /// Failures since the host last answered, in quarters of a hard one.
    quarters: u32,
    stands: Stands,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Stands {
    #[default]
    Aside,
    InTurn,
    /// Comes back at this time.
    Silent(Timestamp),
}

/// Wait after failures that speak against the host as a whole, for its other sources: after a hard
/// one, two soft ones in a row or four that say that they will pass; doubled with each as many
/// more. A single 503 may be about one feed, and that feed has its own back-off.
const FIRST_HOLD: Duration = Duration::from_secs(60);
const LONGEST_HOLD: Duration = Duration::from_secs(3_600);
const QUARTERS: u32 = 4;
/// Hosts that are remembered before the idle ones are forgotten.
const SWEEP_AT: usize = 1_024;

impl Schedule {
    /// A schedule that starts at most `per_host` sources of one host at a time.
    pub fn new(per_host: usize) -> Self {
        Self { per_host: per_host.max(1), sweep_at: SWEEP_AT, ..Self::default() }
    }

    /// Takes over another number of sources of one host at a time; what runs keeps running.
    pub fn allow(&mut self, per_host: usize) {
        self.per_host = per_host.max(1);
        for name in self.hosts.keys().cloned().collect::<Vec<_>>() {
            self.offer(&name);
        }
    }

    /// Adds a source or moves it. One that is running keeps running, and [`Schedule::ended`] says
    /// when it comes next; one whose time has come does not wait again, unless its host is new.
    pub fn set(&mut self, source: SourceId, host: &str, due: Timestamp) {
        let Some(planned) = self.sources.get_mut(&source) else {
            let host = self.name(host);
            self.sources.insert(source.clone(), Planned { host, place: Place::Waiting(due) });
            return self.wait(source, due);
        };
        let moved = *planned.host != *host;
        if moved {
            planned.host = host.into();
        }
        match &mut planned.place {
            Place::Running(_) => {}
            Place::Leaving(on) => planned.place = Place::Running(Arc::clone(on)),
            Place::Ready if !moved => {}
            place @ (Place::Ready | Place::Waiting(_)) => {
                *place = Place::Waiting(due);
                self.wait(source, due);
            }
        }
    }

    /// Forgets every source that `keep` does not name.
    pub fn retain(&mut self, keep: impl Fn(&SourceId) -> bool) {
        let gone = self.sources.keys().filter(|source| !keep(source)).cloned();
        for source in gone.collect::<Vec<_>>() {
            self.forget(&source);
        }
        let used: HashSet<_> = self.sources.values().map(|planned| &planned.host).collect();
        self.hosts.retain(|name, host| host.running > 0 || used.contains(name));
    }

    /// Forgets one source; if it runs, it is not started again.
    pub fn forget(&mut self, source: &SourceId) {
        match self.sources.get_mut(source) {
            Some(Planned { place: place @ Place::Running(_), .. }) => {
                let Place::Running(on) = place else { return };
                *place = Place::Leaving(Arc::clone(on));
            }
            Some(Planned { place: Place::Leaving(_), .. }) | None => {}
            Some(_) => {
                self.sources.remove(source);
            }
        }
    }

    pub fn contains(&self, source: &SourceId) -> bool {
        let planned = self.sources.get(source);
        planned.is_some_and(|planned| !matches!(planned.place, Place::Leaving(_)))
    }

    /// How many sources run now.
    pub fn running(&self) -> usize {
        self.running
    }

    /// The next source to start now, if any; it counts as running until [`Schedule::ended`].
    pub fn start(&mut self, now: Timestamp) -> Option<SourceId> {
        self.wake(now);
        while let Some(name) = self.turn.pop_front() {
            let Some(host) = self.hosts.get_mut(&name) else { continue };
            if host.stands != Stands::InTurn {
                continue;
            }
            host.stands = Stands::Aside;
            if let Some(until) = host.silent_until().filter(|until| *until > now) {
                host.stands = Stands::Silent(until);
                self.releases.push(Reverse((until, name)));
                continue;
            }
            while let Some(source) = host.ready.pop_front_if(|_| host.running < self.per_host) {
                let Some(planned) = self.sources.get_mut(&source) else { continue };
                if planned.place == Place::Ready && planned.host == name {
                    planned.place = Place::Running(Arc::clone(&name));
                    host.running += 1;
                    self.running += 1;
                    self.offer(&name);
                    return Some(source);
                }
            }
        }
        None
    }

    /// A source has run; it is started again at `due`, unless it was removed meanwhile.
    pub fn ended(&mut self, source: &SourceId, due: Timestamp) {
        let Some(planned) = self.sources.get_mut(source) else { return };
        let (on, stays) = match &planned.place {
            Place::Running(on) => (Arc::clone(on), true),
            Place::Leaving(on) => (Arc::clone(on), false),
            Place::Waiting(_) | Place::Ready => return,
        };
        if stays {
            planned.place = Place::Waiting(due);
            self.wait(source.clone(), due);
        } else {
            self.sources.remove(source);
        }
        self.running -= 1;
        if let Some(host) = self.hosts.get_mut(&on) {
            host.running -= 1;
        }
        self.offer(&on);
    }

    /// Starts nothing of `host` before `until`: it asked for silence, or just had a request.
    pub fn hold(&mut self, host: &str, until: Timestamp) {
        let host = self.host(host);
        host.asked = host.asked.max(Some(until));
    }

    /// A failure that speaks against the host as a whole: its other sources wait as well, longer
    /// with each.
    pub fn strained(&mut self, host: &str, strain: Strain, now: Timestamp) {
        let host = self.host(host);
        host.quarters = host.quarters.saturating_add(strain.quarters());
        if let Some(doublings) = (host.quarters / QUARTERS).checked_sub(1) {
            let wait = FIRST_HOLD.saturating_mul(1 << doublings.min(16)).min(LONGEST_HOLD);
            host.strained = host.strained.max(Some(now.after(wait)));
        }
    }

    /// The host answers: what was held against it is forgotten; a silence that it asked for stays.
    pub fn answered(&mut self, host: &str) {
        let Some((name, known)) = self.hosts.get_key_value(host) else { return };
        if known.quarters == 0 {
            return;
        }
        let name = Arc::clone(name);
        if let Some(host) = self.hosts.get_mut(&name) {
            host.quarters = 0;
            host.strained = None;
            if host.stands != Stands::InTurn {
                host.stands = Stands::Aside;
            }
        }
        self.offer(&name);
    }

    /// Whether the next run of `source` would be later than `at`.
    pub fn is_later(&self, source: &SourceId, at: Timestamp) -> bool {
        let planned = self.sources.get(source);
        planned.is_some_and(|planned| matches!(planned.place, Place::Waiting(due) if due > at))
    }

    /// When the next source is due that is not ready yet, or the next silence ends that one waits
    /// for.
    pub fn next_event(&mut self) -> Option<Timestamp> {
        self.next_time().into_iter().chain(self.next_release()).min()
    }

    /// When the next source is due that is not ready yet.
    pub fn next_time(&mut self) -> Option<Timestamp> {
        while let Some(Reverse((due, source))) = self.due.peek() {
            let planned = self.sources.get(source);
            if planned.is_some_and(|planned| planned.place == Place::Waiting(*due)) {
                return Some(*due);
            }
            self.due.pop();
        }
        None
    }

    fn next_release(&mut self) -> Option<Timestamp> {
        while let Some(Reverse((at, name))) = self.releases.peek() {
            let (at, host) = (*at, self.hosts.get_mut(name));
            let Some(host) = host.filter(|host| host.stands == Stands::Silent(at)) else {
                self.releases.pop();
                continue;
            };
            match host.silent_until() {
                Some(until) if until > at => {
                    host.stands = Stands::Silent(until);
                    let name = Arc::clone(name);
                    self.releases.pop();
                    self.releases.push(Reverse((until, name)));
                }
                _ => return Some(at),
            }
        }
        None
    }

    /// Puts sources whose time has come into the queues of their hosts, and hosts whose silence is
    /// over into the queue of hosts.
    fn wake(&mut self, now: Timestamp) {
        while self.due.peek().is_some_and(|Reverse((due, _))| *due <= now) {
            let Some(Reverse((due, source))) = self.due.pop() else { return };
            let planned = self.sources.get_mut(&source);
            let Some(planned) = planned.filter(|one| one.place == Place::Waiting(due)) else {
                continue;
            };
            planned.place = Place::Ready;
            let name = Arc::clone(&planned.host);
            self.hosts.entry(Arc::clone(&name)).or_default().ready.push_back(source);
            self.offer(&name);
        }
        while self.next_release().is_some_and(|at| at <= now) {
            let Some(Reverse((_, name))) = self.releases.pop() else { return };
            if let Some(host) = self.hosts.get_mut(&name) {
                host.stands = Stands::Aside;
            }
            self.offer(&name);
        }
        if self.hosts.len() >= self.sweep_at {
            self.hosts.retain(|_, host| !host.is_idle(now));
            self.sweep_at = (2 * self.hosts.len()).max(SWEEP_AT);
        }
    }

    /// Puts a host into the queue of hosts if it has something to start.
    fn offer(&mut self, name: &Arc<str>) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        let free = host.stands == Stands::Aside && host.running < self.per_host;
        if free && !host.ready.is_empty() {
            host.stands = Stands::InTurn;
            self.turn.push_back(Arc::clone(name));
        }
    }

    fn wait(&mut self, source: SourceId, due: Timestamp) {
        // Rows that count no more would pile up where sources are moved all the time.
        if self.due.len() > 2 * self.sources.len() + SWEEP_AT {
            let rows = self.sources.iter().filter_map(|(source, planned)| match planned.place {
                Place::Waiting(due) => Some(Reverse((due, source.clone()))),
                _ => None,
            });
            self.due = rows.collect();
            return;
        }
        self.due.push(Reverse((due, source)));
    }

    fn host(&mut self, name: &str) -> &mut Host {
        let name = self.name(name);
        self.hosts.entry(name).or_default()
    }

    fn name(&self, host: &str) -> Arc<str> {
        self.hosts.get_key_value(host).map_or_else(|| host.into(), |(name, _)| Arc::clone(name))
    }
}

impl Host {
    fn silent_until(&self) -> Option<Timestamp> {
        self.asked.max(self.strained)
    }

    /// Forgetting it now would forget nothing.
    fn is_idle(&self, now: Timestamp) -> bool {
        self.ready.is_empty()
            && self.running == 0
            && self.quarters == 0
            && self.stands == Stands::Aside
            && self.silent_until().is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
