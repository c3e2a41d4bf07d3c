//! Tests of `due`: waits in seconds, most of them as tables.

use proptest::prelude::*;

use super::*;

const MINUTE: u64 = 60;
const H: u64 = 3_600;

fn id() -> SourceId {
    "danas".parse().unwrap()
}

/// A Sunday at midnight.
fn now() -> Timestamp {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The wait in seconds for an interval of an hour.
fn wait(hints: Hints, last: Last) -> u64 {
    next_due(&id(), s(H), None, &Pace::default(), &hints, last, now()).since(now()).as_secs()
}

fn failed(failures: u32) -> Last {
    Last { failures, ..Last::default() }
}

#[test]
fn the_longest_wish_wins_and_jitter_only_adds() {
    let hints = |ttl_s, period_s| Hints { ttl_s, period_s, ..Hints::default() };
    let fresh = |seconds| Last { fresh_for: Some(s(seconds)), ..Last::default() };
    for (hints, last, least) in [
        (hints(None, None), Last::default(), H),
        (hints(Some(60), None), Last::default(), H),
        (hints(Some(7_200), None), Last::default(), 2 * H),
        (hints(Some(7_200), Some(43_200)), Last::default(), 12 * H),
        (hints(Some(7_200), None), fresh(3 * H), 3 * H),
        (hints(None, None), fresh(60), H),
        (hints(None, None), failed(1), 2 * H),
        (hints(None, None), failed(2), 4 * H),
        (hints(None, None), failed(100), 24 * H),
        (hints(Some(20_000), None), failed(1), 20_000),
    ] {
        let got = wait(hints, last);
        assert!((least..=least + 6 * MINUTE).contains(&got), "{hints:?} {last:?}: {got}");
    }
}

#[test]
fn hints_are_held_at_the_ceiling_and_a_server_that_asks_for_silence_is_not() {
    let year = Hints { ttl_s: Some(31_536_000), ..Hints::default() };
    assert_eq!(wait(year, Last::default()), 24 * H);
    let asked = Last { failures: 1, not_before: Some(s(3 * 24 * H)), ..Last::default() };
    assert!(wait(Hints::default(), asked) > 3 * 24 * H);
    let weekly = next_due(&id(), s(7 * 24 * H), None, &Pace::default(), &year, failed(1), now());
    assert!(weekly.since(now()) >= s(7 * 24 * H), "a back-off is never shorter than the interval");
    let floor = Pace { floor: s(1_800), ..Pace::default() };
    let fast = next_due(&id(), s(60), None, &floor, &Hints::default(), Last::default(), now());
    assert!(fast.since(now()) >= s(1_800));
}

#[test]
fn a_source_of_which_a_hub_tells_is_asked_a_quarter_as_often_up_to_the_ceiling() {
    let told = Last { told: true, ..Last::default() };
    let wait = |every: u64, last| {
        let due = next_due(&id(), s(every), None, &Pace::fixed(), &Hints::default(), last, now());
        let jitter = super::jitter(&id(), s(every)).as_secs();
        due.since(now()).as_secs() - jitter
    };
    assert_eq!(wait(900, told), 3_600);
    assert_eq!(wait(12 * H, told), 24 * H);
    assert_eq!(wait(48 * H, told), 48 * H, "the operator's own interval may be longer");
    let failing = Last { failures: 1, ..told };
    assert_eq!(
        wait(900, failing),
        wait(900, failed(1)),
        "a hub is no excuse for a feed that fails"
    );
}

#[test]
fn a_gone_source_is_asked_less_and_less_and_then_left_to_the_operator() {
    let gone = |gone| wait(Hints::default(), Last { gone, ..Last::default() }) / (24 * H);
    assert_eq!([gone(1), gone(2), gone(3)], [3, 7, 14]);
    let last = Last { gone: 4, ..Last::default() };
    let due = next_due(&id(), s(H), None, &Pace::default(), &Hints::default(), last, now());
    assert_eq!(due, Timestamp::MAX);
    let stored = Stored::Waiting { due, polled: Some(now()) };
    assert_eq!(first_due(&id(), s(H), stored, now()), Timestamp::MAX, "after a restart as well");
}

#[test]
fn hours_and_days_that_a_feed_leaves_out_are_left_out() {
    let skipping = |hours: &[u32], days: &[u32]| Hints {
        skip_hours: hours.iter().map(|hour| 1 << hour).sum(),
        skip_days: days.iter().map(|day| 1 << day).sum(),
        ..Hints::default()
    };
    let due = |hints| {
        let due = now().after(wait_of(hints)).to_jiff().to_zoned(TimeZone::UTC);
        (due.day(), due.hour())
    };
    fn wait_of(hints: Hints) -> Duration {
        s(wait(hints, Last::default()))
    }
    assert_eq!(due(skipping(&[], &[])), (1, 1));
    assert_eq!(due(skipping(&[1, 2, 3], &[])), (1, 4));
    assert_eq!(due(skipping(&[], &[6])), (2, 0), "Sunday is left out");
    assert_eq!(due(skipping(&[0], &[6, 0])), (3, 1));
    let every_day: Vec<u32> = (0..7).collect();
    let every_hour: Vec<u32> = (0..24).collect();
    assert_eq!(due(skipping(&every_hour, &every_day)), (1, 1), "nonsense does not stall");
}

#[test]
fn periods_count_from_their_base() {
    let base = Some("2026-01-01T06:00:00Z".parse().unwrap());
    let twice = Hints { period_s: Some(43_200), base, ..Hints::default() };
    // 06:00 is only six hours away; the next is 18:00.
    assert_eq!(wait(twice, Last::default()) / H, 18);
    let future = Hints { base: Some(Timestamp::MAX), ..twice };
    assert_eq!(wait(future, Last::default()) / H, 12);
}

#[test]
fn the_rhythm_of_a_source_moves_its_interval_between_its_limits() {
    let pace = Pace { fastest: s(300), slowest: s(4 * H), ..Pace::default() };
    let step = |before: Option<u64>, seen, known, rolled| {
        fit(s(H), before.map(s), &pace, seen, known, rolled).map(|fit| fit.as_secs())
    };
    assert_eq!(step(None, 30, 30, false), Some(4_500), "all known: slower");
    assert_eq!(step(Some(4 * H), 30, 30, false), Some(4 * H), "not beyond the limit");
    assert_eq!(step(Some(2 * H), 30, 15, false), Some(2 * H), "half known: it fits");
    assert_eq!(step(Some(4_500), 30, 1, false), None, "hardly anything known: faster");
    assert_eq!(step(None, 30, 0, true), Some(1_800), "a gap: below the operator's interval");
    assert_eq!(step(Some(400), 30, 0, true), Some(300));
    assert_eq!(step(Some(1_800), 30, 29, false), Some(2_250), "and slowly back");
    let fixed = Pace { fastest: s(H), slowest: s(H), ..Pace::default() };
    assert_eq!(fit(s(H), None, &fixed, 30, 0, true), None);
}

#[test]
fn a_start_never_bursts_and_survives_a_clock_that_was_ahead() {
    let first = |due: Timestamp, polled: Timestamp| {
        let stored = Stored::Waiting { due, polled: Some(polled) };
        first_due(&id(), s(900), stored, now()).since(now()).as_secs()
    };
    assert!(first(now().before(s(60)), now().before(s(960))) <= 60);
    assert_eq!(first(now().after(s(60)), now().before(s(840))), 60);
    let ahead: Timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(first(ahead.after(s(900)), ahead), 900, "the wait that was meant");
    assert!(first(ahead, now()) <= 15 * 24 * H);
    let new = |place, of, spacing| {
        let stored = Stored::Never { place, of, spacing: s(spacing) };
        first_due(&id(), s(900), stored, now()).since(now()).as_secs()
    };
    assert_eq!([new(0, 1, 2), new(0, 4, 2), new(3, 4, 2)], [0, 0, 30]);
    assert_eq!([new(0, 500, 2), new(499, 500, 2)], [0, 90], "a tenth of the interval");
    assert_eq!(new(9, 10, 0), 0, "a host without spacing is one's own");
}

proptest! {
    /// Whatever a feed says, the source is asked neither early nor never.
    #[test]
    fn no_hint_makes_a_source_early_or_lost(
        ttl_s in prop::option::of(any::<u32>()),
        period_s in prop::option::of(any::<u32>()),
        base in prop::option::of(0..Timestamp::MAX.millis()),
        skip_hours in any::<u32>(),
        skip_days in any::<u8>(),
        failures in any::<u32>(),
        wait in prop::option::of(0_u64..=604_800),
        fresh in prop::option::of(any::<u32>()),
        every in 60_u64..=90_000,
        told in any::<bool>(),
    ) {
        let base = base.map(|millis| Timestamp::from_millis(millis).unwrap());
        let hints = Hints { max_age_s: None, ttl_s, period_s, base, skip_hours, skip_days };
        let last = Last {
            failures,
            gone: 0,
            not_before: wait.map(s),
            fresh_for: fresh.map(|fresh| s(u64::from(fresh))),
            told,
        };
        let due = next_due(&id(), s(every), None, &Pace::default(), &hints, last, now());
        let got = due.since(now());
        prop_assert!(got >= s(every.max(wait.unwrap_or(0))), "{got:?}");
        prop_assert!(got <= s(8 * 24 * H + every + 7 * 24 * H), "{got:?}");
        let again = next_due(&id(), s(every), None, &Pace::default(), &hints, last, now());
        prop_assert_eq!(due, again);
    }
}

fn any_hints() -> impl Strategy<Value = Hints> {
    let base = prop::option::of(0..Timestamp::MAX.millis());
    (any::<Option<u32>>(), any::<Option<u32>>(), base, any::<u32>(), any::<u8>()).prop_map(
        |(ttl_s, period_s, base, skip_hours, skip_days)| Hints {
            max_age_s: None,
            ttl_s,
            period_s,
            base: base.map(|millis| Timestamp::from_millis(millis).unwrap()),
            skip_hours,
            skip_days,
        },
    )
}

proptest! {
    /// Nobody is asked before its `Retry-After`, whatever else is said.
    #[test]
    fn never_earlier_than_retry_after(
        hints in any_hints(),
        failures in 0_u32..40,
        asked in 1_u64..=604_800,
        every in 60_u64..=90_000,
    ) {
        let last = Last { failures, not_before: Some(s(asked)), ..Last::default() };
        let due = next_due(&id(), s(every), None, &Pace::default(), &hints, last, now());
        prop_assert!(due.since(now()) > s(asked));
    }

    /// Every source's wait is that of a source without jitter or a little longer.
    #[test]
    fn jitter_only_adds(name in "[a-z]{1,12}", failures in 0_u32..8, every in 60_u64..=90_000) {
        let source: SourceId = name.parse().unwrap();
        let pace = Pace::default();
        let due = next_due(&source, s(every), None, &pace, &Hints::default(), failed(failures), now());
        let doubled = (every << failures).min(every.max(24 * H));
        let extra = due.since(now()).checked_sub(s(doubled));
        prop_assert!(extra.is_some_and(|extra| extra <= (s(every) / 10).min(LARGEST_JITTER)));
    }

    /// What a feed or a cache says holds no source beyond the ceiling; skipped days do, for a week.
    #[test]
    fn hints_end_at_the_ceiling(
        hints in any_hints(),
        fresh in 0_u64..10_000_000_000,
        every in 60_u64..=80_000,
    ) {
        let hints = Hints { skip_hours: 0, skip_days: 0, ..hints };
        let last = Last { fresh_for: Some(s(fresh)), ..Last::default() };
        let due = next_due(&id(), s(every), None, &Pace::default(), &hints, last, now());
        prop_assert!(due.since(now()) <= s(24 * H) + LARGEST_JITTER);
    }

    /// One failure more never means to come back earlier.
    #[test]
    fn later_with_each_failure(hints in any_hints(), failures in 0_u32..60, every in 60_u64..=90_000) {
        let hints = Hints { skip_hours: 0, skip_days: 0, ..hints };
        let due = |failures| {
            next_due(&id(), s(every), None, &Pace::default(), &hints, failed(failures), now())
        };
        prop_assert!(due(failures) <= due(failures + 1));
    }

    /// Left-out hours and days are left out, and nothing is left out for ever.
    #[test]
    fn skip_rules_hold_and_never_stall(
        skip_hours in 0_u32..1 << 24,
        skip_days in 0_u8..1 << 7,
        after in 0_u64..604_800,
        every in 60_u64..=90_000,
    ) {
        let hints = Hints { skip_hours, skip_days, ..Hints::default() };
        let now = now().after(s(after));
        let due = next_due(&id(), s(every), None, &Pace::default(), &hints, Last::default(), now);
        let time = due.to_jiff().to_zoned(TimeZone::UTC);
        let all = (skip_hours == (1 << 24) - 1, skip_days == (1 << 7) - 1);
        prop_assert!(all.0 || skip_hours & 1 << time.hour() == 0, "{time}");
        prop_assert!(all.1 || skip_days & 1 << weekday(due) == 0, "{time}");
        prop_assert!(due.since(now) <= s(every + 8 * 24 * H));
    }

    /// After a restart nothing is due before its time, and nothing later than it can have been.
    #[test]
    fn a_restart_brings_nothing_forward(
        due in 0_u64..2_000_000,
        polled in 0_u64..2_000_000,
        every in 60_u64..=90_000,
    ) {
        let (due, polled) = (now().after(s(due)), now().before(s(polled)));
        let first = first_due(&id(), s(every), Stored::Waiting { due, polled: Some(polled) }, now());
        prop_assert!(first >= due.min(now().after(FARTHEST)));
        prop_assert!(first <= now().after(FARTHEST.max(s(2 * every))));
    }
}
