//! When a source was not seen: what coverage of any hour follows from.

use serde::{Deserialize, Serialize};

use crate::{OutcomeKind, Timestamp};

/// A source was not seen from its last successful poll (the time in the row's key; 1970 where there
/// was none) until the next one. The last reason is kept: it is mostly the first as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blind {
    /// The next successful poll; `None`: it lasts.
    pub until: Option<Timestamp>,
    /// The first attempt that failed, or the time at which a poll was due that nobody made.
    pub noticed: Timestamp,
    /// How the last attempt ended; `None`: there was none.
    pub outcome: Option<OutcomeKind>,
    /// Why, at most 200 bytes.
    pub reason: Option<String>,
    /// Attempts that failed in it.
    pub failures: u32,
}
