//! Everything at a glance.

use model::{Sight, Timestamp};
use serde::{Deserialize, Serialize};

/// Everything at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub at: Timestamp,
    pub sources: SourceCounts,
    /// Items first fetched in the last 24 hours.
    pub items_day: u64,
    /// Alerts of the last 24 hours, held ones too.
    pub alerts_day: u64,
    pub newest_item: Option<Timestamp>,
    pub newest_alert: Option<Timestamp>,
    pub outbox: OutboxCounts,
    /// Messages that were given up and wait for a person.
    pub dead_letters: u64,
}

/// How many sources are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCounts {
    pub watched: u64,
    pub blind: u64,
    /// The latest attempts failed, too few of them to call it blind.
    #[serde(default)]
    pub failing: u64,
    pub pending: u64,
    pub off: u64,
    pub retired: u64,
}

impl SourceCounts {
    /// Counts a source that is seen so now.
    pub(crate) fn add(&mut self, sight: Sight) {
        *match sight {
            Sight::Watched | Sight::Late | Sight::Gap => &mut self.watched,
            Sight::Blind => &mut self.blind,
            Sight::Failing => &mut self.failing,
            Sight::Pending => &mut self.pending,
            Sight::Off => &mut self.off,
            Sight::Retired => &mut self.retired,
        } += 1;
    }
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxCounts {
    pub queued: u64,
    /// Of those, due by now.
    pub due: u64,
    /// The due time of the first.
    pub oldest: Option<Timestamp>,
}
