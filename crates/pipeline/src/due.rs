//! When a source is polled next: one pure function over what the operator wants, what the source
//! said, how the last attempt ended, and the time.

use std::time::Duration;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use model::{Hints, SourceId, Timestamp};

use crate::Pace;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Failures are doubled into the wait at most this often.
const DOUBLINGS: u32 = 16;
/// A source that says it is gone is asked again after these, and then no more: the operator has
/// been told (RFC 9110, 15.5.11, and what other readers do).
const CONFIRMATIONS: [Duration; 3] = [
    Duration::from_secs(3 * 86_400),
    Duration::from_secs(7 * 86_400),
    Duration::from_secs(14 * 86_400),
];
/// The largest jitter: the hour that `skipHours` allows must not be left by it.
const LARGEST_JITTER: Duration = Duration::from_secs(900);
/// A source of which a hub tells is polled less often by this factor.
const TOLD: u32 = 4;
/// Overdue sources are spread over this after a start.
const START_SPREAD: Duration = Duration::from_secs(60);
/// The first round on one host after a start goes at this part of the pace that is allowed.
const FIRST_ROUND_PART: u32 = 5;
/// A due time further away than this, and than twice the interval, comes from a clock that was
/// ahead: a host's longest pause is a week, a feed's `skipDays` leave out six days.
const FARTHEST: Duration = Duration::from_secs(15 * 86_400);

/// How the last attempt ended, as far as the next one depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// Attempts that failed in a row.
    pub failures: u32,
    /// 410s in a row.
    pub gone: u8,
    /// `Retry-After`: never before.
    pub not_before: Option<Duration>,
    /// What is left of `max-age`, or of `Expires`.
    pub fresh_for: Option<Duration>,
    /// A hub tells what is new (WebSub): the poll is a safety net.
    pub told: bool,
}

/// The next time to poll.
///
/// The longest of: the interval (`fit`, where the source's own rhythm has changed it; four times as
/// long, up to the ceiling, while a hub tells), what is left
/// of its freshness, `ttl`, the syndication period; doubled for each failure in a row; then
/// `Retry-After`; then past the hours and days that the feed leaves out. Hints are held at the
/// ceiling, `Retry-After` and skipped days are not. The jitter only adds, and is the same for a
/// source at every poll, so that its rhythm is steady.
pub fn next_due(
    source: &SourceId,
    every: Duration,
    fit: Option<Duration>,
    pace: &Pace,
    hints: &Hints,
    last: Last,
    now: Timestamp,
) -> Timestamp {
    let jitter = jitter(source, every);
    if last.gone > 0 {
        return match CONFIRMATIONS.get(usize::from(last.gone) - 1) {
            Some(wait) => now.after(*wait).after(jitter),
            None => Timestamp::MAX,
        };
    }
    let interval = fit.unwrap_or(every).max(pace.floor);
    let seconds = |seconds: Option<u32>| Duration::from_secs(u64::from(seconds.unwrap_or(0)));
    let said = seconds(hints.ttl_s).max(period(hints, now));
    let (wait, said) = if last.failures == 0 {
        let interval = if last.told { when_told(interval, pace) } else { interval };
        (interval, said.max(last.fresh_for.unwrap_or_default()))
    } else {
        let doubled = interval.saturating_mul(1 << last.failures.min(DOUBLINGS));
        (doubled.min(pace.longest_back_off.max(interval)), said)
    };
    // What is asked for beyond the ceiling is not granted anyway, so no jitter comes on top of it.
    let jitter = if said > pace.ceiling && wait < pace.ceiling { Duration::ZERO } else { jitter };
    let wait = wait.max(said.min(pace.ceiling)).max(last.not_before.unwrap_or_default());
    let jitter = match last.not_before {
        Some(asked) if asked >= wait => jitter.max(Duration::from_secs(1)),
        _ => jitter,
    };
    allowed(hints, now.after(wait.saturating_add(jitter)), jitter)
}

/// The interval of a source of which a hub tells: longer, but never beyond the ceiling, for that is
/// how long a hub that fails unnoticed may cost.
fn when_told(interval: Duration, pace: &Pace) -> Duration {
    interval.saturating_mul(TOLD).min(pace.ceiling.max(interval))
}

/// The interval that fits a document of which `known` of `seen` entries were there already: under
/// a third known means faster, over two thirds known means slower, by bounded steps between the
/// pace's limits; a window that rolled over completely means at once half of it. `None`: the
/// operator's interval.
pub fn fit(
    every: Duration,
    before: Option<Duration>,
    pace: &Pace,
    seen: u32,
    known: u32,
    rolled_over: bool,
) -> Option<Duration> {
    let (fastest, slowest) = (pace.fastest.min(every), pace.slowest.max(every));
    if fastest == slowest {
        return None;
    }
    let current = before.unwrap_or(every);
    let next = if rolled_over {
        current / 2
    } else if seen == 0 || known.saturating_mul(3) > seen.saturating_mul(2) {
        current.saturating_mul(5) / 4
    } else if known.saturating_mul(3) < seen {
        // What a busy source brings between two polls may go on faster, but only a gap proves that
        // the operator's interval is too slow.
        (current.saturating_mul(3) / 4).max(every.min(current))
    } else {
        current
    };
    let next = next.clamp(fastest, slowest);
    (next != every).then_some(next)
}

/// When a source is polled first after a start: at its stored due time; overdue ones spread; one
/// that was stored by a clock that was ahead after the wait that was meant. A source that was never
/// polled waits for its turn among those of its host: `place` of `of`, where the host allows one
/// request each `spacing`.
pub fn first_due(source: &SourceId, every: Duration, stored: Stored, now: Timestamp) -> Timestamp {
    match stored {
        Stored::Never { place, of, spacing } => {
            let window = spacing
                .saturating_mul(FIRST_ROUND_PART)
                .saturating_mul(of.saturating_sub(1))
                .min(every / 10);
            now.after(window.saturating_mul(place) / of.saturating_sub(1).max(1))
        }
        Stored::Waiting { due: Timestamp::MAX, .. } => Timestamp::MAX,
        Stored::Waiting { due, .. } if due <= now => {
            now.after(share(source, START_SPREAD.min(every / 10)))
        }
        Stored::Waiting { due, polled } => {
            let farthest = FARTHEST.max(every.saturating_mul(2));
            match polled {
                Some(polled) if polled > now => now.after(due.since(polled).min(farthest)),
                _ => due.min(now.after(farthest)),
            }
        }
    }
}

/// What the store knows about the time of a source's next poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Never polled, or to be read anew.
    Never {
        place: u32,
        of: u32,
        spacing: Duration,
    },
    Waiting {
        due: Timestamp,
        polled: Option<Timestamp>,
    },
}

/// How long to wait for the syndication period: the period, and where a base is given up to the
/// next of the times that it counts from there, at least nine tenths of a period away.
fn period(hints: &Hints, now: Timestamp) -> Duration {
    let Some(period_s) = hints.period_s.filter(|period| *period > 0) else {
        return Duration::ZERO;
    };
    let period = Duration::from_secs(u64::from(period_s));
    let Some(base) = hints.base.filter(|base| *base <= now) else { return period };
    let period_ms = u64::from(period_s) * 1_000;
    let earliest = now.since(base) + period * 9 / 10;
    let elapsed = u64::try_from(earliest.as_millis()).unwrap_or(u64::MAX);
    let next =
        base.after(Duration::from_millis(elapsed.div_ceil(period_ms).saturating_mul(period_ms)));
    next.since(now)
}

/// `due`, or the next time after it that the feed does not leave out. A feed that leaves out every
/// hour or every day means nothing by it.
fn allowed(hints: &Hints, due: Timestamp, jitter: Duration) -> Timestamp {
    const ALL_HOURS: u32 = (1 << 24) - 1;
    const ALL_DAYS: u8 = (1 << 7) - 1;
    let hours = if hints.skip_hours & ALL_HOURS == ALL_HOURS { 0 } else { hints.skip_hours };
    let days = if hints.skip_days & ALL_DAYS == ALL_DAYS { 0 } else { hints.skip_days };
    if hours == 0 && days == 0 {
        return due;
    }
    let mut at = due;
    // A week has 168 hours; one of them is allowed.
    for _ in 0..=7 * 24 {
        let time = at.to_jiff().to_zoned(TimeZone::UTC);
        let day = days & 1 << time.weekday().to_monday_zero_offset();
        let hour = hours & 1 << u32::try_from(time.hour()).unwrap_or(0);
        let length = match (day, hour) {
            (0, 0) => return if at == due { due } else { at.after(jitter) },
            (0, _) => HOUR,
            _ => DAY,
        };
        let length_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        at = at.after(Duration::from_millis(length_ms - at.millis() % length_ms));
    }
    due
}

/// Monday is 0.
pub(crate) fn weekday(at: Timestamp) -> usize {
    let day: Weekday = at.to_jiff().to_zoned(TimeZone::UTC).weekday();
    usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)
}

fn jitter(source: &SourceId, every: Duration) -> Duration {
    share(source, (every / 10).min(LARGEST_JITTER))
}

/// A part of `whole`, fixed by the source's name (FNV-1a: the same on every machine and version).
pub(crate) fn share(source: &SourceId, whole: Duration) -> Duration {
    let hash = source.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis((hash >> 11) % (millis + 1))
}

#[cfg(test)]
#[path = "due_tests.rs"]
mod tests;
