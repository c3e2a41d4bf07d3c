//! Every state with every event, and what must hold whatever happens.

use std::time::Duration;

use model::{Asked, HubMode, Subscription, SubscriptionState as State, Timestamp};
use proptest::prelude::*;

use super::subscription::{Action, Event, step};
use super::{DAY, HOUR, is_live};
use crate::testing::start;

const TOPIC: &str = "https://a.example/t";

fn row(state: State, asked: Option<HubMode>) -> Subscription {
    let verified = !matches!(state, State::Wanted | State::Denied);
    let due = start().after(HOUR);
    Subscription {
        hub: "https://hub.example/".into(),
        topic: TOPIC.into(),
        public: "https://us.example".into(),
        secret: "s".into(),
        state,
        since: start(),
        asked: asked.map(|mode| Asked { mode, until: due }),
        due,
        lease_until: verified.then(|| start().after(10 * DAY)),
        failures: 0,
        error: None,
        absent: 0,
        missed: if state == State::Silent { 3 } else { 0 },
        pushes: 0,
        forged: 0,
        last_push: None,
    }
}

fn verify(mode: HubMode) -> Event<'static> {
    Event::Verify { mode, topic: TOPIC, lease: Some(DAY) }
}

/// The name of an event, the event, and the hours after the start at which it happens.
fn events() -> Vec<(&'static str, Event<'static>, u32)> {
    use HubMode::{Subscribe, Unsubscribe};
    let other = "https://other.example/t";
    vec![
        ("early", Event::Due, 0),
        ("due", Event::Due, 1),
        ("failed", Event::Failed { error: "no", refused: false, retry_after: None }, 0),
        ("sub", verify(Subscribe), 0),
        ("unsub", verify(Unsubscribe), 0),
        ("alien", Event::Verify { mode: Subscribe, topic: other, lease: Some(DAY) }, 0),
        ("denied", Event::Denied { topic: TOPIC, reason: "no" }, 0),
        ("alien no", Event::Denied { topic: other, reason: "no" }, 0),
        ("news", Event::Pushed { news: true }, 0),
        ("sign", Event::Pushed { news: false }, 0),
        ("forged", Event::Forged, 0),
        ("missed", Event::Polled { missed: true, offered: None }, 0),
        ("absent", Event::Polled { missed: false, offered: Some(false) }, 0),
        ("leave", Event::Withdraw, 0),
    ]
}

fn shown(action: Action, state: State) -> String {
    match action {
        Action::Ignore => "-".into(),
        Action::Forget => "forget".into(),
        Action::Store => state.to_string(),
        Action::Ask(mode) => format!("{state} {mode}"),
    }
}

#[test]
fn every_state_answers_every_event() {
    use HubMode::{Subscribe, Unsubscribe};
    // In the order of `events`; `-` changes nothing.
    #[rustfmt::skip]
    let table: &[(State, Option<HubMode>, [&str; 14])] = &[
        (State::Wanted, None, ["-", "wanted subscribe", "-", "-", "-", "-", "denied", "-",
            "wanted", "wanted", "wanted", "-", "wanted", "leaving"]),
        (State::Wanted, Some(Subscribe), ["-", "wanted", "wanted", "live", "-", "-", "denied", "-",
            "wanted", "wanted", "wanted", "-", "wanted", "leaving"]),
        (State::Live, None, ["-", "live subscribe", "-", "-", "-", "-", "denied", "-",
            "live", "live", "live", "live", "live", "leaving"]),
        (State::Live, Some(Subscribe), ["-", "live", "live", "live", "-", "-", "denied", "-",
            "live", "live", "live", "live", "live", "leaving"]),
        (State::Silent, None, ["-", "silent subscribe", "-", "-", "-", "-", "denied", "-",
            "live", "silent", "silent", "-", "silent", "leaving"]),
        (State::Silent, Some(Subscribe), ["-", "silent", "silent", "silent", "-", "-", "denied", "-",
            "live", "silent", "silent", "-", "silent", "leaving"]),
        (State::Denied, None, ["-", "wanted subscribe", "-", "-", "-", "-", "denied", "-",
            "denied", "denied", "denied", "-", "denied", "leaving"]),
        (State::Leaving, None, ["-", "leaving unsubscribe", "-", "-", "-", "-", "forget", "-",
            "leaving", "leaving", "leaving", "-", "leaving", "-"]),
        (State::Leaving, Some(Unsubscribe), ["-", "leaving unsubscribe", "leaving", "-", "forget",
            "-", "forget", "-", "leaving", "leaving", "leaving", "-", "leaving", "-"]),
    ];
    for (state, asked, expected) in table {
        for ((name, event, hours), expected) in events().iter().zip(expected) {
            let mut row = row(*state, *asked);
            let before = row.clone();
            let action = step(&mut row, event, start().after(HOUR * *hours));
            assert_eq!(&shown(action, row.state), expected, "{state} {asked:?} {name}");
            if action == Action::Ignore {
                assert_eq!(row, before, "{state} {asked:?} {name}: nothing changed");
            }
        }
    }
    let states: Vec<_> = table.iter().map(|(state, _, _)| *state).collect();
    assert!(State::ALL.iter().all(|state| states.contains(state)));
}

#[test]
fn a_verified_lease_is_renewed_at_four_fifths_of_it() {
    for (lease, renewed_after) in [
        (Some(10 * DAY), 8 * DAY),
        (Some(Duration::from_secs(60)), Duration::from_secs(600)),
        (Some(Duration::ZERO), Duration::from_secs(600)),
        (Some(Duration::from_secs(u64::MAX)), 366 * DAY * 4 / 5),
        (None, DAY * 4 / 5),
    ] {
        let mut row = row(State::Wanted, Some(HubMode::Subscribe));
        let event = Event::Verify { mode: HubMode::Subscribe, topic: TOPIC, lease };
        assert_eq!(step(&mut row, &event, start()), Action::Store);
        assert_eq!(row.due, start().after(renewed_after), "{lease:?}");
        assert_eq!(is_live(&row, start()), lease != Some(Duration::ZERO));
        // The same question once more is somebody else's.
        assert_eq!(step(&mut row, &event, start()), Action::Ignore);
    }
}

#[test]
fn a_lease_that_is_lost_is_no_longer_live_and_asked_for_again() {
    let mut live = row(State::Live, None);
    let over = start().after(10 * DAY);
    assert!(is_live(&live, start()) && !is_live(&live, over));
    assert_eq!(step(&mut live, &Event::Due, over), Action::Ask(HubMode::Subscribe));
    assert_eq!(live.state, State::Wanted);
    // While a failed renewal waits for its next try, the end of the lease shows all the same.
    let mut waiting = Subscription { due: over.after(DAY), ..row(State::Live, None) };
    assert_eq!(step(&mut waiting, &Event::Due, over), Action::Store);
    assert_eq!((waiting.state, waiting.due), (State::Wanted, over.after(DAY)));
}

#[test]
fn a_hub_that_fails_is_asked_less_and_less_and_one_that_refuses_even_less() {
    let waits = |refused: bool, retry_after: Option<Duration>| {
        let mut row = row(State::Wanted, None);
        let mut now = start().after(HOUR);
        (0..12)
            .map(|_| {
                assert_eq!(step(&mut row, &Event::Due, now), Action::Ask(HubMode::Subscribe));
                step(&mut row, &Event::Failed { error: "x", refused, retry_after }, now);
                let wait = row.due.since(now);
                now = row.due;
                wait.as_secs()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(waits(false, None)[..4], [300, 600, 1_200, 2_400]);
    assert_eq!(waits(true, None)[..4], [86_400, 2 * 86_400, 4 * 86_400, 7 * 86_400]);
    assert_eq!(waits(false, Some(HOUR))[..5], [3_600, 3_600, 3_600, 3_600, 4_800]);
    assert!(waits(false, None).iter().all(|wait| *wait <= 7 * 86_400));
}

#[test]
fn a_hub_that_tells_nothing_is_silent_after_three_polls_and_live_with_its_next_message() {
    let mut row = row(State::Live, None);
    let missed = Event::Polled { missed: true, offered: Some(true) };
    step(&mut row, &missed, start());
    assert!(row.state == State::Live && !is_live(&row, start()), "one miss: polled as usual");
    step(&mut row, &missed, start());
    step(&mut row, &missed, start());
    assert_eq!(row.state, State::Silent);
    assert_eq!(step(&mut row, &missed, start()), Action::Ignore, "nothing more to write down");
    step(&mut row, &Event::Pushed { news: true }, start());
    assert!(is_live(&row, start()));
}

#[test]
fn a_hub_that_does_not_let_go_is_left_without_it() {
    let mut row = row(State::Leaving, None);
    let mut now = start().after(HOUR);
    let failed = Event::Failed { error: "x", refused: true, retry_after: None };
    let mut asked = 0;
    loop {
        match step(&mut row, &Event::Due, now) {
            Action::Ask(HubMode::Unsubscribe) => asked += 1,
            other => panic!("{other:?}"),
        }
        if step(&mut row, &failed, now) == Action::Forget {
            break;
        }
        now = row.due;
    }
    assert_eq!(asked, 3);
    let mut unanswered = super::subscription_tests::row(State::Leaving, None);
    let mut now = start().after(HOUR);
    let mut asked = 0;
    while step(&mut unanswered, &Event::Due, now) != Action::Forget {
        asked += 1;
        now = unanswered.due;
    }
    assert_eq!(asked, 3);
}

fn event() -> impl Strategy<Value = (Event<'static>, u64)> {
    (0..events().len(), 0..200_u64).prop_map(|(n, hours)| (events()[n].1.clone(), hours))
}

proptest! {
    #[test]
    fn whatever_happens_a_subscription_holds_together(
        happened in prop::collection::vec(event(), 1..80)
    ) {
        let mut row = row(State::Wanted, None);
        let mut now = start();
        let mut asked_for = None;
        for (event, hours) in happened {
            now = now.after(HOUR * u32::try_from(hours).unwrap());
            let before = row.clone();
            let action = step(&mut row, &event, now);
            if let Event::Verify { mode, .. } = event && action != Action::Ignore {
                prop_assert_eq!(asked_for, Some(mode), "only what was asked for is confirmed");
                asked_for = None;
            }
            match action {
                Action::Forget => return Ok(()),
                Action::Ask(mode) => asked_for = Some(mode),
                Action::Ignore => prop_assert_eq!(&row, &before),
                Action::Store => {}
            }
            prop_assert!(row.asked.is_none_or(|asked| asked.until == row.due && row.due > now
                || action == Action::Ignore || before.asked == row.asked));
            let told = matches!(row.state, State::Live | State::Silent);
            prop_assert!(!told || row.lease_until.is_some());
            prop_assert!(before.state != State::Leaving || row.state == State::Leaving);
            prop_assert!(row.due < Timestamp::MAX && row.missed <= 3);
            prop_assert!(row.due <= now.after(366 * DAY), "something will be done about it");
        }
    }
}
