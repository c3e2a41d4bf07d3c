//! When a source is polled next: one pure function. Adaptive polling, hints and host back-off grow
//! here.

use std::time::Duration;

use model::{SourceId, Timestamp};

/// Longest wait after failures.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(24 * 3600);
/// Failures are doubled into the wait at most this often.
const DOUBLINGS: u32 = 6;
/// Overdue sources are spread over this after a start.
const START_SPREAD: Duration = Duration::from_secs(60);

/// The next time to poll: the interval, doubled with each failure in a row, never before
/// `not_before` (a server's `Retry-After`), and a jitter that only adds, the same for a source at
/// every poll so that its rhythm is steady.
pub fn next_due(
    source: &SourceId,
    every: Duration,
    failures: u32,
    not_before: Option<Duration>,
    now: Timestamp,
) -> Timestamp {
    let doubled = every.saturating_mul(1 << failures.min(DOUBLINGS));
    let wait = if failures == 0 { every } else { doubled.min(LONGEST_BACK_OFF.max(every)) };
    let wait = wait.max(not_before.unwrap_or_default());
    now.after(wait.saturating_add(share(source, every / 10)))
}

/// When a source is polled first after a start: at its stored due time; never polled ones at once;
/// overdue ones spread; and a due time further away than any rule allows (the clock was ahead once)
/// is brought back.
pub fn first_due(
    source: &SourceId,
    every: Duration,
    stored: Timestamp,
    now: Timestamp,
) -> Timestamp {
    if stored == Timestamp::EPOCH {
        now
    } else if stored <= now {
        now.after(share(source, START_SPREAD.min(every / 10)))
    } else {
        stored.min(now.after(Duration::from_secs(7 * 24 * 3600).max(every.saturating_mul(2))))
    }
}

/// A part of `whole`, fixed by the source's name (FNV-1a: the same on every machine and version).
fn share(source: &SourceId, whole: Duration) -> Duration {
    let hash = source.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis((hash >> 11) % (millis + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn now() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn jitter_only_adds_and_failures_double_up_to_a_day() {
        let id: SourceId = "danas".parse().unwrap();
        let wait = |failures, hint| next_due(&id, 15 * MINUTE, failures, hint, now()).since(now());
        let calm = wait(0, None);
        assert!(calm >= 15 * MINUTE && calm <= 17 * MINUTE, "{calm:?}");
        assert!(wait(1, None) >= 30 * MINUTE);
        assert!(wait(100, None) <= Duration::from_secs(25 * 3600));
        assert!(wait(0, Some(90 * MINUTE)) >= 90 * MINUTE);
        let weekly = next_due(&id, 7 * 24 * 60 * MINUTE, 1, None, now()).since(now());
        assert!(weekly >= 7 * 24 * 60 * MINUTE, "a back-off is never shorter than the interval");
    }

    #[test]
    fn a_start_never_bursts_and_survives_a_clock_that_was_ahead() {
        let id: SourceId = "danas".parse().unwrap();
        let first = |stored| first_due(&id, 15 * MINUTE, stored, now()).since(now());
        assert_eq!(first(Timestamp::EPOCH), Duration::ZERO);
        assert!(first(now().before(MINUTE)) <= MINUTE);
        assert_eq!(first(now().after(MINUTE)), MINUTE);
        assert!(first("2099-01-01T00:00:00Z".parse().unwrap()) <= 7 * 24 * 60 * MINUTE);
    }
}
