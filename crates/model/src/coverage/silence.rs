//! A time in which a source was not read.

use super::{Cause, Sight};
use crate::{Blind, OutcomeKind, SourceState, Timestamp};

/// A source was not read from its last success to the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct Silence {
    /// The last success; 1970: there was none.
    pub from: Timestamp,
    /// The first attempt that failed, or the time at which a poll was due that nobody made.
    pub noticed: Timestamp,
    /// The next success; `None`: it lasts.
    pub until: Option<Timestamp>,
    pub outcome: Option<OutcomeKind>,
    pub reason: Option<String>,
    /// Attempts that failed in it, as far as they are known.
    pub failures: u32,
    pub(super) cause: Cause,
}

impl Silence {
    /// As it is written down under `from`.
    pub fn new(from: Timestamp, row: Blind) -> Self {
        let Blind { until, noticed, outcome, reason, failures } = row;
        let cause = if outcome.is_some() { Cause::Failed } else { Cause::NotPolled };
        Self { from, noticed, until, outcome, reason, failures, cause }
    }

    /// The one that the latest attempts are part of, where no row says so.
    pub fn of_state(state: &SourceState) -> Option<Self> {
        let outcome = state.last_outcome.filter(|outcome| !outcome.is_success())?;
        Some(Self {
            from: state.last_success.unwrap_or(Timestamp::EPOCH),
            noticed: state.last_attempt?,
            until: None,
            outcome: Some(outcome),
            reason: state.error.clone(),
            failures: state.failures,
            cause: Cause::Failed,
        })
    }

    /// A poll was due at `due` and nobody made it.
    pub fn overdue(from: Timestamp, due: Timestamp) -> Self {
        Self {
            from,
            noticed: due,
            until: None,
            outcome: None,
            reason: None,
            failures: 0,
            cause: Cause::NotPolled,
        }
    }

    /// There was no success before it.
    pub fn is_first(&self) -> bool {
        self.from == Timestamp::EPOCH
    }

    pub(super) fn begin(&self) -> Timestamp {
        // Before its first success a source is blind from its first attempt on.
        if self.is_first() { self.noticed } else { self.from }
    }

    pub(super) fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }

    /// What stood in the way.
    fn obstacle(&self) -> Option<String> {
        match (&self.outcome, &self.reason) {
            (Some(outcome), Some(reason)) => Some(format!("{outcome}: {reason}")),
            (Some(outcome), None) => Some(outcome.to_string()),
            (None, Some(reason)) => Some(reason.clone()),
            (None, None) if self.cause == Cause::NotPolled => {
                Some(format!("it was due at {} and nobody polled it", self.noticed))
            }
            (None, None) => None,
        }
    }

    /// Why, with what is known about the time.
    pub(super) fn told(&self, sight: Sight) -> Option<String> {
        let obstacle = self.obstacle();
        match (sight, self.failures) {
            (Sight::Failing, 0) => Some("not known yet, the latest attempt failed".into()),
            (Sight::Failing, failures) => {
                let attempts = if failures == 1 { "attempt" } else { "attempts" };
                let why = obstacle.map(|why| format!(": {why}")).unwrap_or_default();
                Some(format!("not known yet, {failures} {attempts} failed{why}"))
            }
            (Sight::Blind, _) if self.until.is_some() && !self.is_first() => {
                let why = obstacle.map(|why| format!("{why}; ")).unwrap_or_default();
                Some(format!("{why}its window had moved on meanwhile: entries may be missing"))
            }
            _ => obstacle,
        }
    }
}
