//! What was watched, and what was not.

use model::{Attempt, Counts, OutcomeKind, SourceId, Timestamp};
use serde::{Deserialize, Serialize};

/// Whether a source is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// The last poll read it, and the next one is not overdue.
    Watched,
    /// It cannot be read, or nobody polls it.
    Blind,
    /// Not polled yet.
    Pending,
    /// Configured, and switched off.
    Off,
    /// No longer configured; its items are kept.
    Retired,
}

/// What was and was not seen of one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverageRow {
    pub source: SourceId,
    pub name: Option<String>,
    pub state: Sight,
    /// Since when; `null`: ever since it was configured.
    pub since: Option<Timestamp>,
    /// Why it is not watched.
    pub reason: Option<String>,
    /// How the last attempt ended.
    pub outcome: Option<OutcomeKind>,
    pub last_attempt: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// What the asked period brought.
    pub period: Period,
    /// When it was blind in the asked period, oldest first.
    pub gaps: Vec<Gap>,
    /// The whole asked period without a hole, oldest first.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Items that first came in the asked period; watched and none: it was quiet.
    #[serde(default)]
    pub items: u64,
}

/// A stretch of time in which a source was in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
    pub state: Sight,
    /// Why it was not watched.
    pub reason: Option<String>,
}

/// The sum of the attempts in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub attempts: u32,
    /// Attempts that read the source.
    pub read: u32,
    pub counts: Counts,
}

impl Period {
    pub(crate) fn add(&mut self, attempt: &Attempt) {
        self.attempts = self.attempts.saturating_add(1);
        self.read = self.read.saturating_add(u32::from(attempt.outcome.is_success()));
        let (sum, more) = (&mut self.counts, &attempt.counts);
        for (sum, more) in [
            (&mut sum.seen, more.seen),
            (&mut sum.new, more.new),
            (&mut sum.revised, more.revised),
            (&mut sum.unchanged, more.unchanged),
            (&mut sum.rejected, more.rejected),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// A stretch of time in which a source was not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub from: Timestamp,
    /// `null`: it lasts.
    pub to: Option<Timestamp>,
    pub reason: Option<String>,
}

/// A stretch of time in which the daemon did not run: nothing was watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageRow {
    pub from: Timestamp,
    pub until: Timestamp,
}
