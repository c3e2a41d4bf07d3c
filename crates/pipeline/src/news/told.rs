//! Whether a source's health is news: what people were told last against what it is now. Pure.

use std::time::Duration;

use model::{Health, SourceState, Timestamp, Told};

/// A source of which so much was told within [`DAY`] goes up and down: from then on it is told only
/// once a state has lasted for [`SETTLED`] (R7).
const TIMES: u8 = 4;
const DAY: Duration = Duration::from_secs(24 * 3_600);
const SETTLED: Duration = Duration::from_secs(6 * 3_600);
/// "Read, but not as it should be" right after an outage may only mean that nobody has asked for a
/// whole document yet: so many of its intervals pass before it is said.
const PROOF: u32 = 3;

/// What there is to tell of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It is not read any more.
    Lost,
    /// It is read, and brings nothing, or nothing new, or little that can be used.
    Odd,
    /// It is as it should be again.
    Back,
}

/// Whether to tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    Now(News),
    /// Not before that time, if it still holds then.
    Later(Timestamp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Well,
    Odd,
    Lost,
}

fn class(health: Health) -> Class {
    match health {
        Health::Healthy | Health::Unknown | Health::Off | Health::Retired => Class::Well,
        Health::Degraded | Health::Empty | Health::Quiet | Health::Stale => Class::Odd,
        Health::Broken | Health::Blocked | Health::Gone => Class::Lost,
    }
}

/// What is to be told of a source that is polled `every` so often; the clock says `now`.
pub(super) fn judge(
    told: Option<&Told>,
    state: &SourceState,
    every: Duration,
    now: Timestamp,
) -> Verdict {
    let before = told.map_or(Health::Unknown, |told| told.health);
    let health = state.health;
    // What the configuration switched off is no news to the one who did it; what was not read yet
    // is none yet.
    if matches!(health, Health::Off | Health::Retired | Health::Unknown) || health == before {
        return Verdict::Nothing;
    }
    let news = match (class(before), class(health)) {
        (Class::Well, Class::Well) => return Verdict::Nothing,
        (_, Class::Lost) => News::Lost,
        (_, Class::Odd) => News::Odd,
        (_, Class::Well) => News::Back,
    };
    let settled = if told.is_some_and(|told| is_unsteady(told, now)) {
        SETTLED
    } else if class(before) == Class::Lost && health == Health::Degraded {
        every.saturating_mul(PROOF)
    } else {
        Duration::ZERO
    };
    let since = state.health_since.unwrap_or(now).min(now);
    if now.since(since) < settled {
        Verdict::Later(since.after(settled))
    } else {
        Verdict::Now(news)
    }
}

/// The row once `health` is told at `now`.
pub(super) fn after(told: Option<&Told>, health: Health, now: Timestamp) -> Told {
    match told.filter(|told| is_counted(told, now)) {
        Some(told) => {
            Told { health, at: now, first: told.first, times: told.times.saturating_add(1) }
        }
        None => Told { health, at: now, first: now, times: 1 },
    }
}

/// Whether the next telling of this source would be one too many for a day.
pub(super) fn is_unsteady(told: &Told, now: Timestamp) -> bool {
    is_counted(told, now) && told.times >= TIMES
}

fn is_counted(told: &Told, now: Timestamp) -> bool {
    // A clock that was set back must not count for ever.
    told.first <= now && now.since(told.first) < DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(900);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn start() -> Timestamp {
        "2026-03-01T06:00:00Z".parse().unwrap()
    }
    fn state(health: Health, since: Timestamp) -> SourceState {
        SourceState { health, health_since: Some(since), ..SourceState::default() }
    }
    fn told(health: Health) -> Told {
        Told { health, at: start(), first: start(), times: 1 }
    }

    /// Every pair (R7). L lost, O odd, B back, - nothing, w wait. Columns: what was told; rows:
    /// what is, both in the order of `Health::ALL`.
    #[test]
    fn every_pair_of_told_and_true_is_decided() {
        use Health::{
            Blocked, Broken, Degraded, Empty, Gone, Healthy, Off, Quiet, Retired, Stale, Unknown,
        };
        let order =
            [Unknown, Healthy, Broken, Off, Retired, Degraded, Blocked, Empty, Quiet, Stale, Gone];
        let table = [
            (Unknown, "-----------"),
            (Healthy, "--B--BBBBBB"),
            (Broken, "LL-LLLLLLLL"),
            (Off, "-----------"),
            (Retired, "-----------"),
            (Degraded, "OOwOO-wOOOw"),
            (Blocked, "LLLLLL-LLLL"),
            (Empty, "OOOOOOO-OOO"),
            (Quiet, "OOOOOOOO-OO"),
            (Stale, "OOOOOOOOO-O"),
            (Gone, "LLLLLLLLLL-"),
        ];
        for (is, row) in table {
            for (was, letter) in order.into_iter().zip(row.chars()) {
                let verdict = judge(Some(&told(was)), &state(is, start()), EVERY, start());
                let expected = match letter {
                    'L' => Verdict::Now(News::Lost),
                    'O' => Verdict::Now(News::Odd),
                    'B' => Verdict::Now(News::Back),
                    'w' => Verdict::Later(start().after(EVERY * PROOF)),
                    _ => Verdict::Nothing,
                };
                assert_eq!(verdict, expected, "told {was}, is {is}");
            }
        }
    }

    #[test]
    fn what_was_never_told_counts_as_unknown() {
        let verdict = |health| judge(None, &state(health, start()), EVERY, start());
        assert_eq!(verdict(Health::Healthy), Verdict::Nothing);
        assert_eq!(verdict(Health::Broken), Verdict::Now(News::Lost));
        assert_eq!(verdict(Health::Quiet), Verdict::Now(News::Odd));
    }

    #[test]
    fn a_source_that_goes_up_and_down_for_a_week_is_told_a_bounded_number_of_times() {
        let mut row: Option<Told> = None;
        let mut times = 0;
        // Broken and healthy in turn, an hour each.
        for hour in 0..7 * 24 {
            let now = start().after(HOUR * hour);
            let health = if hour % 2 == 0 { Health::Broken } else { Health::Healthy };
            if let Verdict::Now(_) = judge(row.as_ref(), &state(health, now), EVERY, now) {
                row = Some(after(row.as_ref(), health, now));
                times += 1;
            }
        }
        assert!((7..=7 * usize::from(TIMES)).contains(&times), "{times}");
    }

    #[test]
    fn an_unsteady_source_that_stays_lost_is_told_in_the_end() {
        let mut row = told(Health::Healthy);
        row.times = TIMES;
        let since = start().after(HOUR);
        let broken = state(Health::Broken, since);
        let verdict = |now| judge(Some(&row), &broken, EVERY, now);
        assert_eq!(verdict(since), Verdict::Later(since.after(SETTLED)));
        assert_eq!(verdict(since.after(SETTLED)), Verdict::Now(News::Lost));
        // A day later it is as any other.
        let tomorrow = start().after(DAY);
        let broken = state(Health::Broken, tomorrow);
        assert_eq!(judge(Some(&row), &broken, EVERY, tomorrow), Verdict::Now(News::Lost));
        assert_eq!(after(Some(&row), Health::Broken, tomorrow).times, 1);
    }

    #[test]
    fn a_clock_that_was_set_back_neither_counts_nor_waits_for_ever() {
        let row = Told { times: TIMES, ..told(Health::Healthy) };
        let earlier = start().before(DAY * 30);
        let broken = state(Health::Broken, start());
        assert_eq!(judge(Some(&row), &broken, EVERY, earlier), Verdict::Now(News::Lost));
    }
}
