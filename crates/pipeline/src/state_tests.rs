//! Tests of `state`: what a row of answers makes of a source.

use fetch::{CacheHints, Wall};
use proptest::prelude::*;

use super::*;
use crate::ManualClock;
use crate::decide::Totals;
use crate::outcome::Trouble;
use crate::testing::{entry, parsed, source, start};

const H: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// A source with its state, and a clock that the attempts move.
struct Life {
    source: Source,
    clock: ManualClock,
    state: SourceState,
    tagger: tagger::Tagger,
}

impl Life {
    fn new() -> Self {
        let source = Source { every: H, pace: crate::Pace::fixed(), ..source("a") };
        let tagger = tagger::Tagger::build(vec![]).0;
        Self { source, clock: ManualClock::at(start()), state: SourceState::default(), tagger }
    }

    /// One that was read once, with the ETag `"1"`.
    fn read() -> Self {
        let mut life = Self::new();
        life.after(Duration::ZERO, &whole("\"1\""));
        life
    }

    fn after(&mut self, wait: Duration, outcome: &Outcome) -> &SourceState {
        self.clock.advance(wait);
        let at = Situation {
            source: &self.source,
            fetch_key: self.source.fetch_key(),
            tagger: &self.tagger,
            rules: &[],
            now: self.clock.now(),
            millis: 1,
            so_far: &Totals::default(),
            last: true,
            restating: false,
            version: "",
            departures: &[],
            since: "",
            ends: None,
            told: false,
        };
        let counts = match outcome {
            Outcome::Parsed { .. } => Counts { seen: 1, unchanged: 1, ..Counts::default() },
            _ => Counts::default(),
        };
        self.state =
            state_after(at, std::mem::take(&mut self.state), outcome, &counts, &Window::default());
        &self.state
    }

    fn whole_next(&self) -> bool {
        asks_whole(&self.state, &self.clock)
    }

    fn wait(&self) -> Duration {
        self.state.next_due.since(self.clock.now())
    }

    fn etag(&self) -> Option<&str> {
        self.state.validators.etag.as_deref()
    }
}

fn whole(etag: &str) -> Outcome {
    parsed(etag, vec![entry("1", None, "One")])
}

/// The same, asked for without conditions although there were some.
fn audited(etag: &str) -> Outcome {
    let mut outcome = whole(etag);
    if let Outcome::Parsed { transport, .. } = &mut outcome {
        transport.audit = true;
    }
    outcome
}

/// A 304.
fn same(etag: &str) -> Outcome {
    let validators = Validators { etag: Some(etag.into()), last_modified: None };
    let transport = Transport { status: 304, validators: validators.clone(), ..Default::default() };
    Outcome::Unchanged { validators, transport }
}

fn failed(status: u16) -> Outcome {
    let trouble = Trouble { status: Some(status), ..Trouble::default() };
    Outcome::Unreachable { error: format!("server answered {status}"), trouble }
}

/// "Not modified" to a request without conditions.
fn unusable() -> Outcome {
    let trouble = Trouble { strain: Some(Strain::Soft), ..Trouble::default() };
    Outcome::Unreachable { error: "unusable".into(), trouble }
}

fn page(wall: Option<Wall>) -> Outcome {
    let transport = Transport { status: 200, ..Transport::default() };
    Outcome::Unreadable { error: "a page".into(), wall, transport }
}

fn moved_to(to: &str, outcome: Outcome) -> Outcome {
    let mut outcome = outcome;
    if let Outcome::Parsed { transport, .. } | Outcome::Unchanged { transport, .. } = &mut outcome {
        transport.moved = Some(to.parse().unwrap());
    }
    outcome
}

// ---- audits

#[test]
fn not_modified_is_looked_into_after_a_week_and_daily_once_it_was_a_lie() {
    let mut life = Life::read();
    for day in 1..7 {
        life.after(DAY, &same("\"1\""));
        assert!(!life.whole_next(), "day {day}");
    }
    life.after(DAY, &same("\"1\""));
    assert!(life.whole_next());
    // Another document under the same ETag.
    life.after(H, &audited("\"1\""));
    assert!(life.state.memory.lies && !life.whole_next());
    life.after(DAY, &same("\"1\""));
    assert!(life.whole_next(), "a liar is asked each day");
    // The same document, or one with another ETag, is no lie.
    life.after(H, &audited("\"2\""));
    assert!(!life.state.memory.lies);
}

#[test]
fn an_error_never_brings_an_audit_forward() {
    let mut life = Life::read();
    life.after(H, &failed(429));
    life.clock.advance(8 * DAY);
    assert!(!life.whole_next(), "a Retry-After of a week, then the validators");
    life.after(Duration::ZERO, &same("\"1\""));
    assert!(life.whole_next(), "it answers again");
}

#[test]
fn an_audit_that_brings_nothing_is_not_over() {
    let mut life = Life::read();
    life.after(8 * DAY, &same("\"1\""));
    for _ in 0..3 {
        assert!(life.whole_next());
        life.after(H, &unusable());
    }
    assert_eq!((life.state.health, life.etag()), (Health::Broken, Some("\"1\"")));
    life.after(H, &whole("\"1\""));
    assert!(!life.whole_next());
    assert_eq!(life.state.health, Health::Healthy);
    // A refusal is no answer to the question.
    let mut life = Life::read();
    life.after(8 * DAY, &same("\"1\""));
    life.after(H, &failed(503));
    assert!(!life.whole_next());
}

#[test]
fn without_validators_every_request_is_whole_and_none_is_an_audit() {
    let mut life = Life::new();
    assert!(!life.whole_next());
    life.after(Duration::ZERO, &failed(404));
    life.clock.advance(30 * DAY);
    assert!(!life.whole_next());
}

/// "Not modified" to a request without conditions, as a run makes it of a 304.
fn unasked() -> Outcome {
    let transport = Transport { status: 304, unasked: true, ..Transport::default() };
    Outcome::Unreadable { error: "not modified, unasked".into(), wall: None, transport }
}

impl Life {
    fn spared(&self, outcome: Outcome) -> Outcome {
        spare(&self.source, &self.state, outcome)
    }
}

#[test]
fn the_first_lie_is_noted_and_the_second_is_a_failure_at_the_usual_pace() {
    let mut life = Life::read();
    life.after(8 * DAY, &same("\"1\""));
    let first = life.spared(unasked());
    assert_eq!(first.kind(), OutcomeKind::Unchanged);
    life.after(H, &first);
    let state = &life.state;
    assert_eq!((state.health, state.failures), (Health::Healthy, 0));
    assert!(state.error.as_ref().unwrap().contains("not modified"), "it is shown");
    assert!(state.memory.lies && state.memory.doubt);
    for n in 1..=4 {
        assert!(life.whole_next() && asks_fresh(&life.state, &life.clock));
        let next = life.spared(unasked());
        assert_eq!(next.kind(), OutcomeKind::Unreadable);
        life.after(H, &next);
        assert_eq!(life.state.failures, n);
        assert!(life.wait() < 2 * H, "the host answers: {:?}", life.wait());
    }
    assert_eq!((life.state.health, life.etag()), (Health::Broken, Some("\"1\"")));
    life.after(H, &audited("\"2\""));
    assert_eq!((life.state.health, life.whole_next()), (Health::Healthy, false));
    assert_eq!(life.state.error, None);
}

#[test]
fn a_lie_is_spared_only_where_something_was_read_and_nothing_else_is_wrong() {
    assert_eq!(Life::new().spared(unasked()).kind(), OutcomeKind::Unreadable, "never read");
    let mut life = Life::read();
    life.after(H, &failed(500));
    assert_eq!(life.spared(unasked()).kind(), OutcomeKind::Unreadable, "after a failure");
    let mut life = Life::read();
    life.source.url = "https://c.example/feed".parse().unwrap();
    assert_eq!(life.spared(unasked()).kind(), OutcomeKind::Unreadable, "another address");
    assert_eq!(Life::read().spared(page(None)).kind(), OutcomeKind::Unreadable, "a page");
}

// ---- long pauses, documents that are cut

#[test]
fn a_pause_of_days_is_told_at_once_and_one_of_hours_is_not() {
    for (hours, expected) in [(3, Health::Healthy), (23, Health::Healthy), (24, Health::Broken)] {
        let mut life = Life::read();
        let wait = Some(hours * H);
        let trouble = Trouble { status: Some(429), not_before: wait, ..Trouble::default() };
        life.after(H, &Outcome::Unreachable { error: "429".into(), trouble });
        assert_eq!(life.state.health, expected, "{hours}");
    }
}

#[test]
fn a_document_that_is_cut_brings_nothing_to_compare() {
    let mut life = Life::read();
    let mut cut = whole("\"2\"");
    if let Outcome::Parsed { transport, .. } = &mut cut {
        transport.cut = true;
    }
    life.after(H, &cut);
    assert_eq!((life.etag(), life.state.body), (Some("\"1\""), None));
    life.after(H, &whole("\"3\""));
    assert!(life.etag() == Some("\"3\"") && life.state.body.is_some());
}

// ---- doubt

#[test]
fn not_modified_after_what_could_not_be_read_proves_nothing() {
    for unread in [page(None), page(Some(Wall::Consent))] {
        let mut life = Life::read();
        for _ in 0..3 {
            life.after(H, &unread);
        }
        assert!(!life.state.health.is_watched());
        life.after(H, &same("\"1\""));
        assert!(life.state.memory.doubt && life.whole_next());
        assert_eq!(life.state.health, Health::Degraded);
        life.after(H, &whole("\"2\""));
        assert!(!life.state.memory.doubt && !life.whole_next());
        assert_eq!(life.state.health, Health::Healthy);
    }
}

#[test]
fn after_an_outage_of_the_host_not_modified_is_recovery_enough_to_be_asked_at_the_interval() {
    let mut life = Life::read();
    for _ in 0..6 {
        life.after(DAY, &failed(401));
    }
    assert!(life.wait() >= DAY);
    life.after(DAY, &same("\"1\""));
    assert!(life.wait() < 2 * H, "{:?}", life.wait());
}

// ---- validators

#[test]
fn errors_touch_neither_validators_nor_what_the_document_taught() {
    let mut life = Life::read();
    life.state.memory.hints.ttl_s = Some(7_200);
    for outcome in [failed(500), failed(404), failed(410), page(None), unusable()] {
        life.after(H, &outcome);
        assert_eq!(life.etag(), Some("\"1\""), "{outcome:?}");
        assert_eq!(life.state.memory.hints.ttl_s, Some(7_200));
        assert!(life.state.baseline.is_some());
    }
    life.after(H, &same("\"2\""));
    assert_eq!(life.etag(), Some("\"2\""), "a 304 that carries one");
}

#[test]
fn another_address_starts_anew_and_keeps_its_baseline() {
    let mut life = Life::read();
    life.after(H, &moved_to("https://b.example/feed", whole("\"1\"")));
    life.state.memory.lies = true;
    life.state.memory.doubt = true;
    life.state.memory.hints.ttl_s = Some(86_400);
    let (baseline, health) = (life.state.baseline, life.state.health);
    life.source.url = "https://c.example/feed".parse().unwrap();
    life.after(H, &failed(500));
    let memory = &life.state.memory;
    assert_eq!(life.state.validators, Validators::default());
    assert!(!memory.lies && !memory.doubt && memory.moved.is_none() && life.state.body.is_none());
    assert_eq!((memory.hints, memory.gone), (Hints::default(), 0));
    assert_eq!((life.state.baseline, life.state.health), (baseline, health));
    assert_eq!(life.state.fetch_key, life.source.fetch_key());
}

// ---- moves

#[test]
fn a_permanent_redirect_is_adopted_after_a_dozen_answers_over_most_of_a_day() {
    let to = "https://b.example/feed";
    let mut life = Life::read();
    for _ in 0..11 {
        life.after(2 * H, &moved_to(to, whole("\"1\"")));
        assert_eq!(life.source.address(&life.state).as_str(), "https://a.example/feed");
    }
    life.after(2 * H, &moved_to(to, same("\"1\"")));
    assert_eq!(life.source.address(&life.state).as_str(), to);
    // It stays, though the new place redirects no more.
    life.after(2 * H, &whole("\"1\""));
    assert_eq!(life.source.address(&life.state).as_str(), to);
    // Twelve answers within an hour are none.
    let mut hasty = Life::read();
    for _ in 0..40 {
        hasty.after(H / 10, &moved_to(to, whole("\"1\"")));
    }
    assert_eq!(hasty.source.address(&hasty.state).as_str(), "https://a.example/feed");
}

#[test]
fn only_answers_in_a_row_agree() {
    let (b, c) = ("https://b.example/feed", "https://c.example/feed");
    let mut life = Life::read();
    for _ in 0..11 {
        life.after(2 * H, &moved_to(b, whole("\"1\"")));
    }
    life.after(2 * H, &whole("\"1\""));
    assert_eq!(life.state.memory.moved, None, "once it answered itself");
    for n in 0..60 {
        life.after(2 * H, &moved_to(if n % 2 == 0 { b } else { c }, whole("\"1\"")));
        assert!(!life.state.memory.moved.as_ref().unwrap().adopted);
    }
    // A failure says nothing about where it is.
    let mut life = Life::read();
    for _ in 0..6 {
        life.after(2 * H, &moved_to(b, whole("\"1\"")));
        life.after(2 * H, &failed(503));
        life.after(2 * H, &moved_to(b, whole("\"1\"")));
    }
    assert!(life.state.memory.moved.as_ref().unwrap().adopted);
}

#[test]
fn a_new_address_that_dies_is_given_up_for_the_configured_one() {
    let to = "https://b.example/feed";
    let mut life = Life::read();
    for _ in 0..12 {
        life.after(2 * H, &moved_to(to, whole("\"1\"")));
    }
    for _ in 0..4 {
        life.after(DAY, &failed(404));
        assert_eq!(life.source.address(&life.state).as_str(), to);
    }
    life.after(DAY, &failed(404));
    assert_eq!(life.source.address(&life.state).as_str(), "https://a.example/feed");
}

#[test]
fn headers_that_may_hold_keys_stay_with_their_host() {
    for (to, adopted) in [("https://b.example/feed", false), ("https://a.example/new", true)] {
        let mut life = Life::read();
        life.source.headers =
            vec![("x-key".into(), crate::Secret::new(crate::SecretRef::Plain, Ok("k".into())))];
        for _ in 0..20 {
            life.after(2 * H, &moved_to(to, whole("\"1\"")));
        }
        assert_eq!(life.state.memory.moved.unwrap().adopted, adopted, "{to}");
    }
}

// ---- gone, pauses, freshness

#[test]
fn gone_is_confirmed_and_one_answer_takes_it_back() {
    let mut life = Life::read();
    let waits: Vec<u64> = (0..4)
        .map(|_| {
            let wait = life.wait();
            life.after(wait, &failed(410));
            life.wait().as_secs() / 86_400
        })
        .collect();
    assert_eq!(&waits[..3], [3, 7, 14]);
    assert_eq!((life.state.next_due, life.state.health), (Timestamp::MAX, Health::Gone));
    life.after(DAY, &whole("\"2\""));
    assert_eq!((life.state.health, life.state.memory.gone), (Health::Healthy, 0));
    assert!(life.wait() < 2 * H);
}

#[test]
fn a_pause_that_a_host_asked_for_is_written_down() {
    let mut life = Life::read();
    let trouble = Trouble { status: Some(429), not_before: Some(5 * H), ..Trouble::default() };
    life.after(H, &Outcome::Unreachable { error: "429".into(), trouble });
    assert_eq!(life.state.memory.host_pause, Some(life.clock.now().after(5 * H)));
    assert!(life.wait() > 5 * H);
    life.after(6 * H, &same("\"1\""));
    assert_eq!(life.state.memory.host_pause, None);
}

#[test]
fn a_304_renews_what_the_document_said_of_its_freshness() {
    let fresh = |mut outcome: Outcome, max_age: Option<u64>, revalidate: bool| {
        if let Outcome::Parsed { transport, .. } | Outcome::Unchanged { transport, .. } =
            &mut outcome
        {
            let max_age = max_age.map(Duration::from_secs);
            transport.cache = CacheHints { max_age, revalidate, ..CacheHints::default() };
        }
        outcome
    };
    let mut life = Life::new();
    let mut wait = |outcome: Outcome| {
        life.after(DAY, &outcome);
        life.wait().as_secs() / 3_600
    };
    assert_eq!(wait(fresh(whole("\"1\""), Some(5 * 3_600), false)), 5);
    assert_eq!(wait(same("\"1\"")), 5, "silent: as before");
    assert_eq!(wait(fresh(same("\"1\""), Some(9 * 3_600), false)), 9);
    assert_eq!(wait(same("\"1\"")), 9);
    assert_eq!(wait(fresh(same("\"1\""), Some(9 * 3_600), true)), 1, "no-cache");
    assert_eq!(wait(same("\"1\"")), 1);
    assert_eq!(wait(fresh(whole("\"1\""), Some(5 * 3_600), false)), 5);
    assert_eq!(wait(whole("\"1\"")), 1, "a 200 without it ends it");
}

proptest! {
    /// Whatever comes in whatever order: validators are those of the last answer that had the
    /// document, the due time is never before now and the interval, and failures are counted.
    #[test]
    fn no_row_of_answers_loses_the_thread(rows in prop::collection::vec((0_u8..8, 1_u64..200), 1..40)) {
        let mut life = Life::new();
        let mut etag = None;
        for (kind, hours) in rows {
            let wait = H * u32::try_from(hours).unwrap();
            let before = life.state.failures;
            let outcome = match kind {
                0 => failed(500),
                1 => failed(429),
                2 => page(None),
                3 => unusable(),
                4 => moved_to("https://b.example/feed", whole("\"b\"")),
                5 if life.state.baseline.is_some() => same("\"c\""),
                6 => failed(410),
                _ => whole("\"d\""),
            };
            etag = match kind {
                4 => Some("\"b\""),
                5 if life.state.baseline.is_some() => Some("\"c\""),
                5 | 7 => Some("\"d\""),
                _ => etag,
            };
            life.after(wait, &outcome);
            prop_assert_eq!(life.etag(), etag);
            prop_assert!(life.wait() >= H || life.state.next_due == Timestamp::MAX);
            if !outcome.kind().is_success() {
                prop_assert_eq!(life.state.failures, before + 1);
            }
        }
    }
}
