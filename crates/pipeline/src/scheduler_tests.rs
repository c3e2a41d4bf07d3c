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
    schedule.ended(slow, at(900));
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
    assert_eq!(schedule.next_event(), Some(at(100)));
    assert!(schedule.start(at(100)).is_some());
}

#[test]
fn failures_of_a_host_weigh_by_their_class_and_an_answer_forgives_them() {
    let waits = |strain| {
        let mut schedule = Schedule::new(1);
        schedule.set(id("a"), "h", at(0));
        (0..7)
            .map(|_| {
                schedule.strained("h", strain, at(0));
                match schedule.start(at(0)) {
                    Some(source) => {
                        schedule.ended(&source, at(0));
                        0
                    }
                    None => schedule.next_event().unwrap().since(at(0)).as_secs(),
                }
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(waits(Strain::Hard), [60, 120, 240, 480, 960, 1920, 3600]);
    assert_eq!(waits(Strain::Soft), [0, 60, 60, 120, 120, 240, 240]);
    assert_eq!(waits(Strain::Temporary), [0, 0, 0, 60, 60, 60, 60]);
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
    schedule.ended(&id("a"), at(20));
    assert_eq!(schedule.start(at(19)), None);
    assert_eq!(schedule.start(at(20)), Some(id("a")));
}

#[test]
fn a_source_that_was_removed_while_it_ran_does_not_come_back() {
    let mut schedule = Schedule::new(1);
    schedule.set(id("a"), "a", at(0));
    assert!(schedule.start(at(0)).is_some());
    schedule.retain(|_| false);
    schedule.ended(&id("a"), at(1));
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
    schedule.ended(&id("a"), at(10));
    assert_eq!(schedule.start(at(10)), Some(id("a")));
}

#[test]
fn a_silence_that_was_asked_for_is_not_forgiven_with_the_failures() {
    let mut schedule = Schedule::new(1);
    schedule.set(id("a"), "h", at(0));
    schedule.hold("h", at(100));
    schedule.strained("h", Strain::Hard, at(90));
    schedule.answered("h");
    assert_eq!(schedule.start(at(99)), None);
    assert_eq!(schedule.start(at(100)), Some(id("a")));
}

#[test]
fn a_source_that_comes_back_while_it_runs_is_not_started_twice() {
    let mut schedule = Schedule::new(2);
    schedule.set(id("a"), "h", at(0));
    assert!(schedule.start(at(0)).is_some());
    schedule.forget(&id("a"));
    schedule.set(id("a"), "other", at(0));
    assert_eq!(schedule.start(at(1)), None, "the run before is not over");
    schedule.ended(&id("a"), at(2));
    assert_eq!(schedule.start(at(2)), Some(id("a")));
    assert_eq!(schedule.running(), 1);
}

#[test]
fn rows_that_count_no_more_do_not_pile_up() {
    let mut schedule = Schedule::new(1);
    for n in 0..10_000 {
        schedule.set(id("a"), "h", at(n));
        schedule.hold(&format!("h{n}"), at(n));
        schedule.set(id("b"), &format!("h{n}"), at(n));
        schedule.start(at(n));
    }
    assert!(schedule.due.len() < 2 * SWEEP_AT, "{}", schedule.due.len());
    assert!(schedule.hosts.len() <= SWEEP_AT, "{}", schedule.hosts.len());
    assert!(schedule.releases.len() + schedule.turn.len() < 2 * SWEEP_AT);
}

/// The same rules without any cleverness: everything is looked through each time.
mod model {
    use proptest::prelude::*;

    use super::*;

    const SOURCES: usize = 12;
    const HOSTS: usize = 4;

    #[derive(Clone, Debug)]
    enum Step {
        Set(usize, usize, u64),
        Start,
        End(usize, u64),
        Forget(usize),
        Retain(u16),
        Hold(usize, u64),
        Strained(usize, Strain),
        Answered(usize),
        Allow(usize),
        Later(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let (source, host, seconds) = (0..SOURCES, 0..HOSTS, 0..200_u64);
        let strain = prop_oneof![Just(Strain::Hard), Just(Strain::Soft), Just(Strain::Temporary)];
        prop_oneof![
            6 => (source.clone(), host.clone(), seconds.clone())
                .prop_map(|(source, host, due)| Step::Set(source, host, due)),
            12 => Just(Step::Start),
            8 => (source.clone(), seconds.clone()).prop_map(|(n, due)| Step::End(n, due)),
            1 => source.prop_map(Step::Forget),
            1 => any::<u16>().prop_map(Step::Retain),
            1 => (host.clone(), seconds.clone()).prop_map(|(host, wait)| Step::Hold(host, wait)),
            2 => (host.clone(), strain).prop_map(|(host, strain)| Step::Strained(host, strain)),
            2 => host.prop_map(Step::Answered),
            1 => (0..4_usize).prop_map(Step::Allow),
            4 => (0..100_u64).prop_map(Step::Later),
        ]
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Is {
        Absent,
        Waiting(Timestamp),
        Ready,
        Running { on: usize, stays: bool },
    }

    struct Naive {
        sources: [(Is, usize); SOURCES],
        asked: [Option<Timestamp>; HOSTS],
        strained: [Option<Timestamp>; HOSTS],
        quarters: [u32; HOSTS],
        /// Starts of other hosts since this one could have started something.
        passed_over: [usize; HOSTS],
        per_host: usize,
        now: Timestamp,
    }

    impl Naive {
        fn running(&self, host: usize) -> usize {
            let on = |is: &Is| matches!(is, Is::Running { on, .. } if *on == host);
            self.sources.iter().filter(|(is, _)| on(is)).count()
        }

        fn silent_until(&self, host: usize) -> Option<Timestamp> {
            self.asked[host].max(self.strained[host]).filter(|until| *until > self.now)
        }

        fn free(&self, host: usize) -> bool {
            self.running(host) < self.per_host && self.silent_until(host).is_none()
        }

        fn ready(&self, host: usize) -> bool {
            self.sources.iter().any(|(is, on)| *is == Is::Ready && *on == host)
        }

        fn wake(&mut self) {
            for (is, _) in &mut self.sources {
                if matches!(is, Is::Waiting(due) if *due <= self.now) {
                    *is = Is::Ready;
                }
            }
        }

        fn set(&mut self, source: usize, host: usize, due: Timestamp) {
            let (is, on) = &mut self.sources[source];
            match is {
                Is::Running { stays, .. } => *stays = true,
                Is::Ready if *on == host => {}
                _ => *is = Is::Waiting(due),
            }
            *on = host;
        }

        fn forget(&mut self, source: usize) {
            match &mut self.sources[source].0 {
                Is::Running { stays, .. } => *stays = false,
                is => *is = Is::Absent,
            }
        }

        /// What must come, at the latest, when nothing starts now.
        fn next(&self) -> Option<Timestamp> {
            let due = self.sources.iter().filter_map(|(is, _)| match is {
                Is::Waiting(due) => Some(*due),
                _ => None,
            });
            let hosts = (0..HOSTS)
                .filter(|host| self.ready(*host) && self.running(*host) < self.per_host)
                .filter_map(|host| self.silent_until(host));
            due.chain(hosts).min()
        }
    }

    fn source(n: usize) -> SourceId {
        id(&format!("s{n}"))
    }

    fn host(n: usize) -> String {
        format!("h{n}")
    }

    fn number(source: &SourceId) -> usize {
        source.as_str()[1..].parse().unwrap()
    }

    /// Takes one start and holds it against the rules; `false` when nothing starts.
    fn start(schedule: &mut Schedule, naive: &mut Naive) -> bool {
        naive.wake();
        let Some(started) = schedule.start(naive.now) else {
            for host in 0..HOSTS {
                assert!(!(naive.free(host) && naive.ready(host)), "h{host} could start something");
            }
            let (said, must) = (schedule.next_event(), naive.next());
            assert!(said.is_none_or(|at| at > naive.now), "{said:?} has come already");
            if let Some(must) = must {
                assert!(said.is_some_and(|at| at <= must), "{said:?}, but {must} comes before");
            }
            return false;
        };
        let (is, on) = naive.sources[number(&started)];
        assert_eq!(is, Is::Ready, "{started} is not due");
        assert!(naive.free(on), "h{on} is full or silent");
        for host in 0..HOSTS {
            let waits = host != on && naive.free(host) && naive.ready(host);
            naive.passed_over[host] = if waits { naive.passed_over[host] + 1 } else { 0 };
            assert!(naive.passed_over[host] < 2 * HOSTS, "h{host} starves");
        }
        naive.sources[number(&started)].0 = Is::Running { on, stays: true };
        true
    }

    fn end(schedule: &mut Schedule, naive: &mut Naive, n: usize, due: Timestamp) {
        let running =
            |(n, (is, _)): (usize, &(Is, usize))| matches!(is, Is::Running { .. }).then_some(n);
        let running: Vec<usize> = naive.sources.iter().enumerate().filter_map(running).collect();
        let Some(n) = running.get(n % running.len().max(1)).copied() else { return };
        let stays = matches!(naive.sources[n].0, Is::Running { stays: true, .. });
        naive.sources[n].0 = if stays { Is::Waiting(due) } else { Is::Absent };
        schedule.ended(&source(n), due);
    }

    fn take(schedule: &mut Schedule, naive: &mut Naive, step: Step) {
        let after = |seconds| naive.now.after(Duration::from_secs(seconds));
        match step {
            Step::Set(n, on, wait) => {
                schedule.set(source(n), &host(on), after(wait));
                naive.set(n, on, after(wait));
            }
            Step::Start => {
                start(schedule, naive);
            }
            Step::End(n, wait) => {
                let due = after(wait);
                end(schedule, naive, n, due);
            }
            Step::Forget(n) => {
                schedule.forget(&source(n));
                naive.forget(n);
            }
            Step::Retain(mask) => {
                let keep = |n: usize| mask >> n & 1 == 1;
                schedule.retain(|source| keep(number(source)));
                (0..SOURCES).filter(|n| !keep(*n)).for_each(|n| naive.forget(n));
                // What was held against a host that has no source any more is forgotten too.
                for on in 0..HOSTS {
                    let used = |(is, of): &(Is, usize)| *is != Is::Absent && *of == on;
                    if !naive.sources.iter().any(used) && naive.running(on) == 0 {
                        (naive.asked[on], naive.strained[on]) = (None, None);
                        naive.quarters[on] = 0;
                    }
                }
            }
            Step::Hold(on, wait) => {
                schedule.hold(&host(on), after(wait));
                naive.asked[on] = naive.asked[on].max(Some(after(wait)));
            }
            Step::Strained(on, strain) => {
                schedule.strained(&host(on), strain, naive.now);
                naive.quarters[on] += strain.quarters();
                if naive.quarters[on] >= 4 {
                    let wait = 60 << (naive.quarters[on] / 4 - 1).min(6);
                    naive.strained[on] = naive.strained[on].max(Some(after(wait.min(3_600))));
                }
            }
            Step::Answered(on) => {
                schedule.answered(&host(on));
                (naive.strained[on], naive.quarters[on]) = (None, 0);
            }
            Step::Allow(per_host) => {
                schedule.allow(per_host);
                naive.per_host = per_host.max(1);
            }
            Step::Later(seconds) => naive.now = after(seconds),
        }
        let running = (0..HOSTS).map(|host| naive.running(host)).sum::<usize>();
        assert_eq!(schedule.running(), running);
    }

    proptest! {
        #[test]
        fn the_schedule_is_the_same_as_looking_through_everything(
            per_host in 1..3_usize,
            steps in prop::collection::vec(step(), 1..300),
        ) {
            let mut schedule = Schedule::new(per_host);
            let mut naive = Naive {
                sources: [(Is::Absent, 0); SOURCES],
                asked: [None; HOSTS],
                strained: [None; HOSTS],
                quarters: [0; HOSTS],
                passed_over: [0; HOSTS],
                per_host,
                now: at(0),
            };
            for step in steps {
                take(&mut schedule, &mut naive, step);
            }
            // Nothing was forgotten: given time and answers, every source runs once more.
            let mut left: HashSet<usize> =
                (0..SOURCES).filter(|n| schedule.contains(&source(*n))).collect();
            let known = |(is, _): &(Is, usize)| {
                !matches!(is, Is::Absent | Is::Running { stays: false, .. })
            };
            prop_assert_eq!(left.len(), naive.sources.iter().filter(|s| known(s)).count());
            for _ in 0..2 {
                naive.now = naive.now.after(LONGEST_HOLD);
                while start(&mut schedule, &mut naive) {
                    let running = |n: &usize| matches!(naive.sources[*n].0, Is::Running { .. });
                    left.retain(|n| !running(n));
                    let due = naive.now.after(2 * LONGEST_HOLD);
                    end(&mut schedule, &mut naive, 0, due);
                }
                let due = naive.now;
                for _ in 0..SOURCES {
                    end(&mut schedule, &mut naive, 0, due);
                }
            }
            prop_assert_eq!(left, HashSet::new());
        }
    }
}
