use std::time::Duration;

use model::{Blind, Gap, Health, OutcomeKind, SourceId, SourceState, Timestamp, Transition};

use super::{Asked, Configured};
use crate::tables::{Blindness, Gaps, Transitions};
use crate::{Commit, Store};

const HOUR: Duration = Duration::from_secs(3_600);

fn hour(n: u32) -> Timestamp {
    Timestamp::CLOCK_FLOOR.after(HOUR * n)
}

/// Sources of several lengths of name, each with another history; `rows` silences at most.
fn world(sources: u32, rows: u32) -> (Store, Vec<SourceId>) {
    let store = Store::in_memory();
    let mut ids: Vec<SourceId> = (0..sources).map(|n| format!("s{n}").parse().unwrap()).collect();
    ids.sort();
    let mut commit = Commit::default();
    for (n, id) in (0..).zip(&ids) {
        for m in 0..(n * 7) % (rows + 1) {
            let from = if m == 0 { Timestamp::EPOCH } else { hour(10 * m) };
            let row = Blind {
                until: (m % 5 != 4).then(|| hour(10 * m + 3)),
                noticed: hour(10 * m + 1),
                outcome: Some(OutcomeKind::Unreachable),
                reason: Some(format!("{id}, {m}")),
                failures: m,
            };
            commit.put::<Blindness>(&(id.clone(), from), &row);
        }
        for m in 0..n % 4 {
            let (from, to) = [
                (Health::Unknown, Health::Healthy),
                (Health::Healthy, Health::Broken),
                (Health::Broken, Health::Healthy),
            ][m as usize];
            let row = Transition { from, to, reason: None };
            commit.put::<Transitions>(&(id.clone(), hour(7 * m + 1)), &row);
        }
        for m in 0..n % 3 {
            let row = Gap { from: hour(9 * m), to: hour(9 * m + 2), fill: None };
            commit.put::<Gaps>(&(id.clone(), hour(9 * m + 3)), &row);
        }
    }
    store.commit_blocking(commit).unwrap();
    (store, ids)
}

fn asked(ids: &[SourceId]) -> Vec<Asked<'static>> {
    let state = |n: usize| SourceState {
        last_success: (!n.is_multiple_of(6)).then(|| hour(40)),
        last_attempt: Some(hour(41)),
        ..SourceState::default()
    };
    let asked = ids.iter().enumerate().map(|(n, id)| Asked {
        source: id.clone(),
        state: state(n),
        configured: (!n.is_multiple_of(9))
            .then_some(Configured { every: HOUR, off: n.is_multiple_of(8).then_some("winter") }),
    });
    asked.collect()
}

#[track_caller]
fn same(store: &Store, ids: &[SourceId], since: Timestamp) {
    let (asked, time) = (asked(ids), (since, hour(42)));
    let together = store.ledgers(&asked, &[], time).unwrap();
    assert_eq!(together.len(), ids.len());
    for (one, ledger) in asked.iter().zip(together) {
        let alone = store.ledger(&one.source, &one.state, one.configured.as_ref(), &[], time);
        assert_eq!(format!("{ledger:?}"), format!("{:?}", alone.unwrap()), "{}", one.source);
    }
}

#[test]
fn many_ledgers_at_once_are_what_each_is_alone() {
    let (store, ids) = world(300, 4);
    for since in [0, 8, 25, 39] {
        same(&store, &ids, hour(since));
    }
    // A part in the middle, whose neighbours are left alone.
    same(&store, &ids[97..140], hour(8));
    same(&store, &[], hour(8));
}

#[test]
fn histories_that_are_too_long_to_be_held_are_read_one_by_one() {
    let (store, ids) = world(40, 1_100);
    same(&store, &ids, hour(8));
}
