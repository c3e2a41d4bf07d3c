//! What is known about a source: its state, its attempts, its health over time.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::Timestamp;
use crate::tag::words;

/// What a server gave to ask again with, exactly as received (RFC 9110 section 8.8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

words!(
    /// How an attempt to read a source ended. Append only.
    OutcomeKind {
        Parsed = "parsed", Unchanged = "unchanged", Unreachable = "unreachable",
        Refused = "refused", Unreadable = "unreadable", Panicked = "panicked",
    }
);

impl OutcomeKind {
    /// The source was read: its state at that time is known.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Parsed | Self::Unchanged)
    }
}

words!(
    /// Whether a source is being watched. Append only; more states arrive with coverage.
    Health {
        Unknown = "unknown", Healthy = "healthy", Broken = "broken", Off = "off",
        Retired = "retired",
    }
);

/// The state of one source, written once per poll, in the same commit as what the poll brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// Hash of address and connector that the validators belong to; they are dropped when it
    /// changes.
    pub fetch_key: [u8; 8],
    pub validators: Validators,
    /// First bytes of SHA-256 over the last body that was read.
    pub body: Option<[u8; 16]>,
    pub next_due: Timestamp,
    /// When the first successful poll was stored; before it everything is baseline.
    pub baseline: Option<Timestamp>,
    pub last_attempt: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// Attempts that failed since the last success.
    pub failures: u32,
    /// Attempts ever made.
    pub polls: u32,
    pub last_outcome: Option<OutcomeKind>,
    /// Why the last attempt failed, at most 200 bytes.
    pub error: Option<String>,
    pub health: Health,
    /// Since when `health` holds.
    pub health_since: Option<Timestamp>,
}

impl Default for SourceState {
    fn default() -> Self {
        Self {
            fetch_key: [0; 8],
            validators: Validators::default(),
            body: None,
            next_due: Timestamp::EPOCH,
            baseline: None,
            last_attempt: None,
            last_success: None,
            failures: 0,
            polls: 0,
            last_outcome: None,
            error: None,
            health: Health::Unknown,
            health_since: None,
        }
    }
}

/// What became of the entries of one document; `seen` is the sum of the others (I3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub seen: u32,
    pub new: u32,
    pub revised: u32,
    pub unchanged: u32,
    pub rejected: u32,
}

/// One attempt to read a source, whatever came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    pub outcome: OutcomeKind,
    pub status: Option<u16>,
    /// Bytes of the body after decompression.
    pub bytes: u64,
    pub millis: u32,
    pub counts: Counts,
    /// At most 200 bytes.
    pub error: Option<String>,
}

/// A source changed its health: coverage of any hour follows from these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    pub from: Health,
    pub to: Health,
    /// At most 200 bytes.
    pub reason: Option<String>,
}

/// The daemon itself did not run from the row's key until `until`: nothing was watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outage {
    pub until: Timestamp,
}
