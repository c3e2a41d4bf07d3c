//! A time line that nobody sets: it begins at the time of day and then goes by a monotonic clock.

use std::time::Duration;

use model::Timestamp;
use tokio::time::Instant;

/// The time line that the schedule lives on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steady {
    start: Timestamp,
    began: Instant,
}

impl Steady {
    /// A line on which it is now as late as the clock says.
    pub(crate) fn from(clock: Timestamp) -> Self {
        Self { start: clock, began: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.start.after(self.began.elapsed())
    }

    /// Where a time of the clock lies on the line, when the clock says `clock`.
    pub(crate) fn at(&self, time: Timestamp, clock: Timestamp) -> Timestamp {
        if time == Timestamp::MAX {
            return time;
        }
        let now = self.now();
        let ahead = time.since(clock);
        if ahead > Duration::ZERO { now.after(ahead) } else { now.before(clock.since(time)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn setting_the_clock_moves_no_interval() {
        let start: Timestamp = "2026-03-01T06:00:00Z".parse().unwrap();
        let (hour, day) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
        let steady = Steady::from(start);
        tokio::time::advance(hour).await;
        assert_eq!(steady.now(), start.after(hour));
        // The clock was set a day ahead, then an hour back: an hour from now stays an hour.
        for clock in [start.after(day), start.before(hour)] {
            assert_eq!(steady.at(clock.after(hour), clock), start.after(2 * hour));
            assert_eq!(steady.at(clock.before(hour), clock), start);
        }
        assert_eq!(steady.at(Timestamp::MAX, start), Timestamp::MAX);
    }
}
