use super::*;
use crate::{Blind, Fill, Gap, Outage, OutcomeKind, Transition};
use Sight::{Blind as B, Failing, Gap as G, Late, Off, Pending, Watched};

fn at(hour: u64) -> Timestamp {
    Timestamp::from_millis(hour * 3_600_000).unwrap()
}

fn silence(from: u64, until: Option<u64>, noticed: u64, failures: u32) -> Silence {
    let row = Blind {
        until: until.map(at),
        noticed: at(noticed),
        outcome: (failures > 0).then_some(OutcomeKind::Unreachable),
        reason: (failures > 0).then(|| "403".into()),
        failures,
    };
    Silence::new(at(from), row)
}

fn change(hour: u64, from: Health, to: Health) -> (Timestamp, Transition) {
    (at(hour), Transition { from, to, reason: Some(format!("change {hour}")) })
}

fn gap(from: u64, to: u64) -> (Timestamp, Gap) {
    (at(to), Gap { from: at(from), to: at(to), fill: None })
}

fn begun() -> Ledger {
    Ledger { begun: Some(at(1)), read: Some(at(99)), ..Ledger::default() }
}

#[track_caller]
fn check(ledger: &Ledger, since: u64, until: u64, expected: &[(u64, u64, Sight)]) {
    let stretches = ledger.stretches(at(since), at(until));
    let got: Vec<_> = stretches.iter().map(|s| (s.from, s.to, s.state)).collect();
    let expected: Vec<_> =
        expected.iter().map(|(from, to, state)| (at(*from), at(*to), *state)).collect();
    assert_eq!(got, expected, "{stretches:#?}");
}

#[test]
fn any_stretch_of_time_is_told_without_a_hole() {
    let ledger = Ledger {
        begun: Some(at(10)),
        silences: vec![silence(0, Some(12), 10, 1), silence(20, Some(30), 22, 3)],
        changes: vec![
            change(40, Health::Healthy, Health::Off),
            change(44, Health::Off, Health::Unknown),
            change(46, Health::Unknown, Health::Healthy),
        ],
        outages: vec![(at(24), Outage { until: at(26) })],
        off: Some((Off, at(50), None)),
        ..begun()
    };
    check(
        &ledger,
        0,
        60,
        &[
            (0, 10, Pending),
            // What it said before its first success nobody read.
            (10, 12, B),
            (12, 20, Watched),
            // Late by failures, then because nothing ran, then by failures: other reasons.
            (20, 24, Late),
            (24, 26, Late),
            (26, 30, Late),
            (30, 40, Watched),
            (40, 44, Off),
            (44, 46, Pending),
            (46, 50, Watched),
            (50, 60, Off),
        ],
    );
    check(&ledger, 13, 14, &[(13, 14, Watched)]);
    check(&ledger, 21, 22, &[(21, 22, Late)]);
    let told = ledger.stretches(at(21), at(25));
    assert_eq!(told[0].reason.as_deref(), Some("unreachable: 403"));
    assert_eq!((told[0].since, told[0].until), (Some(at(20)), Some(at(30))));
    assert_eq!(told[1].reason.as_deref(), Some("stackwatch did not run"));
    check(&Ledger::default(), 0, 2, &[(0, 2, Pending)]);
}

#[test]
fn a_failure_is_not_known_yet_then_a_silence_then_bridged_or_lost() {
    let with = |silences, gaps| Ledger { silences, gaps, ..begun() };
    // One failed attempt after the success at five.
    let running = with(vec![silence(5, None, 6, 1)], vec![]);
    check(&running, 4, 8, &[(4, 5, Watched), (5, 8, Failing)]);
    let told = running.stretches(at(5), at(8));
    assert_eq!(
        told[0].reason.as_deref(),
        Some("not known yet, 1 attempt failed: unreachable: 403")
    );
    // The third makes it blind from the last success on, not from the third failure.
    check(&with(vec![silence(5, None, 6, 3)], vec![]), 4, 8, &[(4, 5, Watched), (5, 8, B)]);
    // Read again: a stumble was nothing, a silence was late.
    check(&with(vec![silence(5, Some(7), 6, 2)], vec![]), 4, 8, &[(4, 8, Watched)]);
    let late = with(vec![silence(5, Some(7), 6, 3)], vec![]);
    check(&late, 4, 8, &[(4, 5, Watched), (5, 7, Late), (7, 8, Watched)]);
    // Its window could not bridge it: for good.
    let lost = with(vec![silence(5, Some(7), 6, 3)], vec![gap(5, 7)]);
    check(&lost, 4, 8, &[(4, 5, Watched), (5, 7, B), (7, 8, Watched)]);
    assert!(lost.stretches(at(5), at(6))[0].reason.as_ref().unwrap().contains("may be missing"));
    let gap_only = with(vec![silence(5, Some(7), 6, 1)], vec![gap(5, 7)]);
    check(&gap_only, 4, 8, &[(4, 5, Watched), (5, 7, G), (7, 8, Watched)]);
}

#[test]
fn a_gap_that_was_filled_is_late() {
    let fill = Fill {
        at: at(8),
        tries: 1,
        found: 5,
        new: 2,
        undated: 0,
        oldest: Some(at(4)),
        error: None,
        over: true,
    };
    let (found, plain) = gap(5, 7);
    let filled = Gap { fill: Some(fill), ..plain };
    let ledger = Ledger { gaps: vec![(found, filled)], ..begun() };
    check(&ledger, 5, 7, &[(5, 7, Late)]);
    let reason = ledger.stretches(at(5), at(7))[0].reason.clone().unwrap();
    assert!(reason.contains("5 of that time, 2 of them new"), "{reason}");
    // As it stood before the sitemap was read.
    check(&ledger.as_of(at(8), GRACE), 5, 7, &[(5, 7, G)]);
}

#[test]
fn nobody_polled_because_nothing_ran() {
    let outage = |from, until| (at(from), Outage { until: at(until) });
    let ledger = Ledger {
        // Read at five, due at six, away from six to nine, read at ten.
        silences: vec![silence(5, Some(10), 6, 0)],
        outages: vec![outage(6, 9)],
        ..begun()
    };
    check(&ledger, 4, 11, &[(4, 6, Watched), (6, 9, Late), (9, 10, Late), (10, 11, Watched)]);
    let told = ledger.stretches(at(6), at(10));
    assert_eq!((told.len(), told[0].cause), (2, Cause::NotRunning));
    // It was late long before: the outage is not why.
    let late = Ledger { outages: vec![outage(8, 9)], ..ledger.clone() };
    let told = late.stretches(at(5), at(7));
    assert_eq!((told[0].state, told[0].cause), (Late, Cause::NotPolled));
    assert!(told[0].reason.as_ref().unwrap().starts_with("it was due at"));
    // Nothing was read since.
    let away = Ledger { read: Some(at(5)), silences: vec![], ..ledger };
    check(&away, 6, 9, &[(6, 9, B)]);
}

#[test]
fn changes_of_health_without_a_silence_are_told_as_well() {
    let (broken, healthy) = (Health::Broken, Health::Healthy);
    let ledger = Ledger {
        changes: vec![
            change(4, healthy, broken),
            change(5, broken, Health::Blocked),
            change(6, Health::Blocked, Health::Degraded),
            change(8, Health::Degraded, broken),
        ],
        ..begun()
    };
    check(&ledger, 3, 9, &[(3, 4, Watched), (4, 6, Late), (6, 8, Watched), (8, 9, B)]);
    assert_eq!(ledger.stretches(at(4), at(5))[0].reason.as_deref(), Some("change 5"));
}

#[test]
fn a_moment_is_told_the_same_however_late_it_is_told() {
    let (broken, healthy) = (Health::Broken, Health::Healthy);
    let live = Ledger {
        silences: vec![silence(5, None, 6, 3)],
        changes: vec![change(7, healthy, broken)],
        ..begun()
    };
    let later = Ledger {
        silences: vec![silence(5, Some(20), 6, 40), silence(22, None, 23, 1)],
        changes: vec![
            change(7, healthy, broken),
            change(9, broken, Health::Blocked),
            change(20, Health::Blocked, healthy),
        ],
        gaps: vec![gap(5, 20)],
        outages: vec![(at(10), Outage { until: at(11) })],
        ..begun()
    };
    let told = |ledger: &Ledger| ledger.clone().as_of(at(8), GRACE).stretches(at(0), at(8));
    assert_eq!(told(&live), told(&later));
    assert_eq!(told(&later).last().unwrap().reason.as_deref(), Some("change 7"));
    // Before the third failure it was only failing, and nothing else can be said of it.
    let early = later.as_of(at(7), GRACE).stretches(at(4), at(7));
    assert_eq!(early.last().unwrap().state, Failing);
}
