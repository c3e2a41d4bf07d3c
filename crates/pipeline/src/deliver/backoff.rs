//! How long a message waits after an attempt that failed. Pure.

use std::time::Duration;

/// Attempts after which a message is given up: about three days.
pub(super) const MAX_ATTEMPTS: u32 = 12;
/// Between attempts when something is missing on this side.
pub(super) const NOT_READY: Duration = Duration::from_secs(15 * 60);
/// Longest wait that another side is granted.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const MINUTES: [u64; 6] = [1, 5, 15, 60, 180, 360];
const THEN_MINUTES: u64 = 720;

/// The wait after `attempts` attempts, this one included; without jitter, for each channel sends
/// one message after the other.
pub(super) fn wait(attempts: u32, retry_after: Option<Duration>) -> Duration {
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let own = Duration::from_secs(60 * MINUTES.get(step).copied().unwrap_or(THEN_MINUTES));
    own.max(retry_after.unwrap_or_default().min(LONGEST))
}

/// After several failures in a row on one channel, nothing is tried on it for this long.
pub(super) fn channel_pause(failures: u32) -> Option<Duration> {
    const BEGIN: u32 = 3;
    let over = failures.checked_sub(BEGIN)?;
    Some(Duration::from_secs(60 << over.min(4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_message_is_tried_for_about_three_days() {
        assert_eq!(wait(1, None), Duration::from_secs(60));
        assert_eq!(wait(6, None), 6 * HOUR);
        let all: Duration = (1..MAX_ATTEMPTS).map(|attempts| wait(attempts, None)).sum();
        assert!(all > 68 * HOUR && all < 76 * HOUR, "{all:?}");
        assert_eq!(wait(u32::MAX, None), 12 * HOUR);
    }

    #[test]
    fn what_the_other_side_asks_for_only_adds_and_has_a_bound() {
        assert_eq!(wait(1, Some(2 * HOUR)), 2 * HOUR);
        assert_eq!(wait(6, Some(HOUR)), 6 * HOUR);
        assert_eq!(wait(1, Some(1000 * HOUR)), 24 * HOUR);
    }

    #[test]
    fn a_channel_pauses_after_three_failures_up_to_a_quarter_of_an_hour() {
        assert_eq!(channel_pause(2), None);
        assert_eq!(channel_pause(3), Some(Duration::from_secs(60)));
        assert_eq!(channel_pause(u32::MAX), Some(Duration::from_secs(960)));
    }
}
