//! What is usual for a source: how long it is silent, and on which days it speaks. Pure.

use std::time::Duration;

use model::{Counts, Habit, Timestamp};

use crate::due::weekday;

const DAY_MS: u64 = 86_400_000;
/// Arrivals that must have been seen before a silence can be called unusual.
const ARRIVALS: u32 = 5;
/// Arrivals before a day of the week without any counts as one on which nothing comes.
const ARRIVALS_OF_A_WEEKLY_RHYTHM: u32 = 14;
/// A silence is unusual when it is longer than the longest one by this factor, and than a day.
const FACTOR: u32 = 2;
const SHORTEST_QUIET: Duration = Duration::from_secs(86_400);
/// The longest silence fades by this part with each arrival.
const FADING: u32 = 64;
/// A source whose newest entry is older than this answers and says nothing.
const STALE_AFTER: Duration = Duration::from_secs(180 * 86_400);
/// Days that are walked through to measure a silence; longer ones are measured as they are.
const WALKED_DAYS: u64 = 400;

/// Learns from a document that was read. `newest` is the newest date in it; what the first poll
/// brings (`baseline` is none) is no arrival.
pub(crate) fn learn(
    habit: &mut Habit,
    counts: &Counts,
    newest: Option<Timestamp>,
    baseline: Option<Timestamp>,
    now: Timestamp,
) {
    habit.newest = habit.newest.max(newest);
    habit.window = counts.seen.saturating_sub(counts.rejected);
    let Some(baseline) = baseline.filter(|_| counts.new > 0) else { return };
    let silence = active(habit, habit.last_new.unwrap_or(baseline), now);
    let silence = u32::try_from(silence.as_secs()).unwrap_or(u32::MAX);
    habit.longest_s = silence.max(habit.longest_s - habit.longest_s / FADING);
    habit.arrivals = habit.arrivals.saturating_add(1);
    habit.last_new = Some(now);
    let day = &mut habit.weekdays[weekday(now)];
    *day = day.saturating_add(1);
    if *day == u8::MAX {
        for day in &mut habit.weekdays {
            *day /= 2;
        }
    }
}

/// Silent for longer than its own history explains.
pub(crate) fn is_quiet(habit: &Habit, baseline: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(since) = habit.last_new.or(baseline) else { return false };
    let usual = Duration::from_secs(u64::from(habit.longest_s)) * FACTOR;
    habit.arrivals >= ARRIVALS && active(habit, since, now) > usual.max(SHORTEST_QUIET)
}

/// It answers with nothing but old entries.
pub(crate) fn is_stale(habit: &Habit, now: Timestamp) -> bool {
    habit.newest.is_some_and(|newest| now.since(newest) > STALE_AFTER)
}

/// The time between two moments, without the days of the week on which the source says nothing.
fn active(habit: &Habit, from: Timestamp, to: Timestamp) -> Duration {
    let whole = to.since(from);
    let busiest = habit.weekdays.iter().max().copied().unwrap_or(0);
    let counts = |day: usize| u32::from(habit.weekdays[day]) * 10 >= u32::from(busiest);
    if habit.arrivals < ARRIVALS_OF_A_WEEKLY_RHYTHM || whole.as_secs() > WALKED_DAYS * 86_400 {
        return whole;
    }
    let mut sum = Duration::ZERO;
    let mut at = from;
    while at < to {
        let end = at.after(Duration::from_millis(DAY_MS - at.millis() % DAY_MS)).min(to);
        if counts(weekday(at)) {
            sum += end.since(at);
        }
        at = end;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday at nine.
    fn monday() -> Timestamp {
        "2026-03-02T09:00:00Z".parse().unwrap()
    }

    fn after_hours(hours: u64) -> Timestamp {
        monday().after(Duration::from_secs(hours * 3_600))
    }

    fn brought(new: u32) -> Counts {
        Counts { seen: 10, new, unchanged: 10 - new, ..Counts::default() }
    }

    /// Eight weeks of a source that speaks at nine on working days.
    fn working_days() -> Habit {
        let mut habit = Habit::default();
        for day in (0..56).filter(|day| day % 7 < 5) {
            let now = after_hours(day * 24);
            learn(&mut habit, &brought(1), Some(now), Some(monday()), now);
        }
        habit
    }

    #[test]
    fn a_weekend_is_no_silence_for_a_source_of_working_days() {
        let habit = working_days();
        let friday = 53 * 24; // nine o'clock on the last Friday is 53 days after the first Monday
        assert_eq!(habit.last_new, Some(after_hours(friday)));
        let quiet = |hours| is_quiet(&habit, Some(monday()), after_hours(friday + hours));
        assert!(!quiet(72), "Monday morning");
        assert!(!quiet(72 + 24), "Tuesday morning: longer than ever, not twice as long");
        assert!(quiet(72 + 96), "Friday");
    }

    #[test]
    fn a_new_source_or_a_rare_one_is_not_called_quiet_too_early() {
        let mut habit = Habit::default();
        assert!(!is_quiet(&habit, Some(monday()), after_hours(10_000)));
        for week in 0..6 {
            let now = after_hours(week * 168);
            learn(&mut habit, &brought(1), None, Some(monday()), now);
        }
        let quiet = |days: u64| is_quiet(&habit, Some(monday()), after_hours((35 + days) * 24));
        assert!(!quiet(13));
        assert!(quiet(15));
    }

    #[test]
    fn old_entries_are_stale_and_undated_ones_are_not() {
        let mut habit = Habit::default();
        learn(&mut habit, &brought(1), None, None, monday());
        assert!(!is_stale(&habit, after_hours(100_000)));
        learn(&mut habit, &brought(1), Some(monday()), None, monday());
        assert!(!is_stale(&habit, after_hours(24 * 179)));
        assert!(is_stale(&habit, after_hours(24 * 181)));
    }

    /// Through a whole run: the entries are gone from the document by the time that it is judged.
    #[tokio::test]
    async fn a_feed_of_old_entries_is_stale_and_one_new_entry_wakes_it() {
        let feed = |dates: &[&str]| {
            let entries: String = dates
                .iter()
                .map(|date| {
                    format!(
                        "<item><guid>{date}</guid><title>t</title><pubDate>{date}</pubDate></item>"
                    )
                })
                .collect();
            format!("<rss version=\"2.0\"><channel><title>T</title>{entries}</channel></rss>")
        };
        let old = ["Mon, 06 Jan 2025 10:00:00 GMT", "Tue, 07 Jan 2025 10:00:00 GMT"];
        let origin = testkit::Origin::start();
        origin.serve("/f", feed(&old));
        let url = origin.url("/f").parse().unwrap();
        let source = std::sync::Arc::new(crate::Source { url, ..crate::testing::source("a") });
        let (cx, clock) = crate::testing::context(vec![]);
        let health = |report: crate::Report| report.health.map(|(_, to)| to);
        let report = crate::run_source(&cx, &source).await.unwrap();
        assert_eq!(health(report), Some(model::Health::Stale));
        clock.advance(source.every);
        // A date in the future proves nothing.
        origin.serve("/f", feed(&[old[0], old[1], "Fri, 01 Jan 2100 10:00:00 GMT"]));
        assert_eq!(health(crate::run_source(&cx, &source).await.unwrap()), None);
        clock.advance(source.every);
        origin.serve("/f", feed(&[old[0], old[1], "Sat, 28 Feb 2026 10:00:00 GMT"]));
        let report = crate::run_source(&cx, &source).await.unwrap();
        assert_eq!(health(report), Some(model::Health::Healthy));
    }
}
