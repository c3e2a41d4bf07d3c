//! What was watched, and what was not.

use model::{Attempt, Counts, Health, OutcomeKind, Sight, SourceId, Stretch, Timestamp};
use serde::{Deserialize, Serialize};

/// What was and was not seen of one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverageRow {
    pub source: SourceId,
    pub name: Option<String>,
    /// How it is seen now, whatever period was asked for.
    pub state: Sight,
    /// What its answers are like, beside whether there are any.
    #[serde(default)]
    pub health: Option<Health>,
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
    /// When it could not be read in the asked period, read afterwards or not, oldest first.
    pub gaps: Vec<Gap>,
    /// The whole asked period without a hole, oldest first.
    #[serde(default)]
    pub spans: Vec<Stretch>,
    /// Times within the asked period of which entries may have been missed, oldest first.
    #[serde(default)]
    pub possible_gaps: Vec<PossibleGapRow>,
    /// Items that first came in the asked period; watched and none: it was quiet.
    #[serde(default)]
    pub items: u64,
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

/// Between two polls everything in a document's window was replaced: entries may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleGapRow {
    /// `from`, `to`, and in `fill` what looking for them elsewhere came to.
    #[serde(flatten)]
    pub gap: model::Gap,
    /// The missed entries were looked for in a place that reaches back far enough.
    pub filled: bool,
}

impl From<model::Gap> for PossibleGapRow {
    fn from(gap: model::Gap) -> Self {
        Self { filled: gap.is_filled(), gap }
    }
}

/// A stretch of time in which the daemon did not run: nothing was watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageRow {
    pub from: Timestamp,
    pub until: Timestamp,
}
