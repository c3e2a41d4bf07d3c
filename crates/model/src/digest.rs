//! The record of a digest that was made.

use serde::{Deserialize, Serialize};

use crate::{DigestId, Timestamp};

/// One digest of one period; made once, rendered again as often as wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestRun {
    pub digest: DigestId,
    /// Items first fetched at or after `start` and before `end`.
    pub start: Timestamp,
    pub end: Timestamp,
    pub made: Timestamp,
}
