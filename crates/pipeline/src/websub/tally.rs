//! What became of the messages that hubs brought, since the start of the daemon.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What became of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushEnd {
    /// Its entries are stored, or were known.
    Read,
    /// Nothing in it could be used: the source is polled instead.
    Sign,
    /// Without the right signature: thanked for and left unread.
    Forged,
    /// For an address that never was a callback.
    Unknown,
    /// For a subscription that is over, or whose source is off.
    Gone,
    /// More than one subscription may bring in a minute.
    TooMany,
    /// Too many at once, or nothing could be stored.
    Busy,
    /// Larger than a feed may be.
    TooLarge,
    /// Its bytes did not come in time.
    Slow,
}

impl PushEnd {
    const ALL: [Self; 9] = [
        Self::Read,
        Self::Sign,
        Self::Forged,
        Self::Unknown,
        Self::Gone,
        Self::TooMany,
        Self::Busy,
        Self::TooLarge,
        Self::Slow,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sign => "sign",
            Self::Forged => "forged",
            Self::Unknown => "unknown",
            Self::Gone => "gone",
            Self::TooMany => "too-many",
            Self::Busy => "busy",
            Self::TooLarge => "too-large",
            Self::Slow => "slow",
        }
    }

    /// It was taken; the others were refused, whatever the hub was answered.
    pub fn is_taken(self) -> bool {
        matches!(self, Self::Read | Self::Sign)
    }
}

/// Counters that only grow.
#[derive(Debug, Default)]
pub(super) struct Tally([AtomicU64; PushEnd::ALL.len()]);

impl Tally {
    pub(super) fn add(&self, end: PushEnd) {
        self.0[end as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn counts(&self) -> Vec<(PushEnd, u64)> {
        PushEnd::ALL.iter().map(|end| (*end, self.0[*end as usize].load(Relaxed))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_own_counter_and_name() {
        let tally = Tally::default();
        for (times, end) in PushEnd::ALL.into_iter().enumerate() {
            (0..times).for_each(|_| tally.add(end));
        }
        let counts = tally.counts();
        let numbers: Vec<u64> = counts.iter().map(|(_, count)| *count).collect();
        assert_eq!(numbers, (0..9).collect::<Vec<u64>>());
        let mut names: Vec<_> = counts.iter().map(|(end, _)| end.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 9);
    }
}
