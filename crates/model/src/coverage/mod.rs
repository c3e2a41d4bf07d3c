//! What was watched and what was not: one reading of what is written down, for coverage, the
//! console, digests and metrics alike. Pure.

mod ledger;
mod silence;
mod stretch;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::tag::words;
use crate::{Health, SourceState, Timestamp};

pub use self::ledger::Ledger;
pub use self::silence::Silence;
pub use self::stretch::{Cause, Stretch};

/// Failures in a row after which a source that has worked is no longer watched: one hiccup is not
/// a change of state. Health, coverage, digests, the console and messages all go by this.
pub const FAILURES_BEFORE_BROKEN: u32 = 3;

/// How late a poll may be, beside its interval, before nobody can be said to watch.
pub const GRACE: Duration = Duration::from_secs(600);

words!(
    /// Whether a source was seen at some time. What can be said about a time may change once, when
    /// the source is read again; each word is true at the moment at which it is said.
    ///
    /// - `watched`: it was read in its rhythm, or after a stumble that its window bridged: what it
    ///   published arrived.
    /// - `failing`: the latest attempts failed, too few of them to call it blind: whether what it
    ///   publishes now will be read is not known yet.
    /// - `blind`: it cannot be read, or could not and what it said meanwhile is lost.
    /// - `late`: it could not be read then and was afterwards; nothing is known to be missing.
    /// - `gap`: it was read before and after, and its window had moved on in between: entries may
    ///   be missing.
    /// - `pending`: not polled yet. `off`: switched off. `retired`: no longer configured.
    Sight {
        Watched = "watched", Blind = "blind", Pending = "pending", Off = "off",
        Retired = "retired", Failing = "failing", Late = "late", Gap = "gap",
    }
);

impl Sight {
    /// What a source that is configured, on and has this state is to be seen by.
    ///
    /// The same as the last stretch of its [`Ledger`], without reading that.
    pub fn now(state: &SourceState, every: Duration, now: Timestamp) -> Self {
        let anew = matches!(state.health, Health::Unknown | Health::Off | Health::Retired);
        let Some(outcome) = state.last_outcome.filter(|_| !anew) else { return Self::Pending };
        if outcome.is_success() {
            if is_overdue(state.next_due, every, now) { Self::Blind } else { Self::Watched }
        } else if state.health.is_watched() && state.failures < FAILURES_BEFORE_BROKEN {
            Self::Failing
        } else {
            Self::Blind
        }
    }
}

/// A poll that was due at `due` and was not made by `now` is missing.
pub fn is_overdue(due: Timestamp, every: Duration, now: Timestamp) -> bool {
    due != Timestamp::MAX && now > due.after(every).after(GRACE)
}

impl Health {
    /// What the state means, for lists that name it: half a sentence about a source.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Unknown => "not read yet",
            Self::Healthy => "read, and as lively as ever",
            Self::Degraded => "read, but not as it should be",
            Self::Broken => "several attempts in a row failed",
            Self::Blocked => "answers with a wall instead of its document",
            Self::Gone => "says that it is gone for good",
            Self::Empty => "its document has no entries any more",
            Self::Quiet => "silent for longer than its own history explains",
            Self::Stale => "answers with nothing but old entries",
            Self::Off => "switched off",
            Self::Retired => "no longer configured",
        }
    }
}
