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
        Blocked = "blocked", Gone = "gone", Pushed = "pushed",
    }
);

impl OutcomeKind {
    /// The source was read: its state at that time is known. What a hub pushed is no attempt to
    /// read the source, and is never the `last_outcome` of one.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Parsed | Self::Unchanged | Self::Pushed)
    }
}

words!(
    /// Whether a source is being watched. Append only.
    ///
    /// - `unknown`: not read yet. `healthy`: read, and as lively as ever.
    /// - `degraded`: read, but not as it should be: its last attempts failed, it only says "not
    ///   modified" since it came back, or many of its entries cannot be used.
    /// - `broken`: several attempts in a row failed. `blocked`: it answers with a challenge, a
    ///   consent wall or a refusal instead of its document. `gone`: 410, on purpose.
    /// - `empty`: a document without entries where there were some. `quiet`: silent for longer
    ///   than its own history explains. `stale`: it answers with nothing but old entries.
    /// - `off`: switched off in the configuration. `retired`: no longer configured.
    Health {
        Unknown = "unknown", Healthy = "healthy", Broken = "broken", Off = "off",
        Retired = "retired", Degraded = "degraded", Blocked = "blocked", Empty = "empty",
        Quiet = "quiet", Stale = "stale", Gone = "gone",
    }
);

impl Health {
    /// The source is read: what it publishes arrives, even if that is less than usual.
    pub fn is_watched(self) -> bool {
        match self {
            Self::Healthy | Self::Degraded | Self::Empty | Self::Quiet | Self::Stale => true,
            Self::Unknown
            | Self::Broken
            | Self::Blocked
            | Self::Gone
            | Self::Off
            | Self::Retired => false,
        }
    }
}

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
    pub memory: Memory,
}

/// What earlier answers teach about when and how to ask, and about what is usual.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub hints: Hints,
    /// The interval that fits how much is new at each poll, in seconds; `None`: the operator's.
    pub pace_s: Option<u32>,
    pub moved: Option<Moved>,
    /// 410s in a row.
    pub gone: u8,
    /// The host asked for silence until then, for all its sources.
    pub host_pause: Option<Timestamp>,
    /// When a whole body was read last.
    pub full_at: Option<Timestamp>,
    /// The host was caught saying "not modified" when it was: it is asked without conditions
    /// more often.
    pub lies: bool,
    /// "Not modified" is no proof now: the next request asks for the whole document.
    pub doubt: bool,
    pub habit: Habit,
    /// The last time that entries may have been missed.
    pub gap: Option<PossibleGap>,
}

/// What answers and documents say about when asking again is useful. They outlive a 304.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hints {
    /// `Cache-Control: max-age` in seconds.
    pub max_age_s: Option<u32>,
    /// RSS `ttl` in seconds.
    pub ttl_s: Option<u32>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency`, in seconds.
    pub period_s: Option<u32>,
    /// `sy:updateBase`, from which periods count.
    pub base: Option<Timestamp>,
    /// RSS `skipHours`: bit 0 is the hour from midnight UTC.
    pub skip_hours: u32,
    /// RSS `skipDays`: bit 0 is Monday.
    pub skip_days: u8,
}

/// A permanent redirect on its way to become the source's address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    pub to: String,
    /// The first of the answers that agree.
    pub since: Timestamp,
    pub answers: u16,
    /// Requests go there now.
    pub adopted: bool,
}

/// When a source brings something new, as far as it was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habit {
    /// Polls that brought something new, the first one not counted.
    pub arrivals: u32,
    pub last_new: Option<Timestamp>,
    /// The longest silence between two arrivals, in seconds of days on which it usually speaks;
    /// fades slowly.
    pub longest_s: u32,
    /// Arrivals per day of the week, Monday first; halved together when one is full.
    pub weekdays: [u8; 7],
    /// The newest date of an entry.
    pub newest: Option<Timestamp>,
    /// Usable entries of the last document.
    pub window: u32,
}

/// Between two polls everything in a document's window was replaced: what came and went in between
/// was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleGap {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A possible gap as it is kept, with what was done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub from: Timestamp,
    pub to: Timestamp,
    /// What looking for the missed entries elsewhere came to; `None`: nobody has looked (yet).
    pub fill: Option<Fill>,
}

/// What looking for missed entries in a source's sitemap came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The last try.
    pub at: Timestamp,
    pub tries: u8,
    /// Entries of the sitemap that are dated inside the gap.
    pub found: u32,
    /// Those of them that were not known: they are items of the source now.
    pub new: u32,
    /// Entries without a date: nobody can say whether they belong to the gap.
    pub undated: u32,
    /// The oldest date in what was read: later than the gap's beginning, it means that the
    /// sitemap does not reach back that far.
    pub oldest: Option<Timestamp>,
    /// Why the last try failed, at most 200 bytes; `None`: the sitemap was looked through.
    pub error: Option<String>,
    /// No further try is made.
    pub over: bool,
}

impl From<PossibleGap> for Gap {
    fn from(PossibleGap { from, to }: PossibleGap) -> Self {
        Self { from, to, fill: None }
    }
}

impl Gap {
    /// The missed entries were looked for in a place that reaches back to the gap's beginning.
    pub fn is_filled(&self) -> bool {
        self.fill.as_ref().is_some_and(|fill| {
            fill.error.is_none() && fill.oldest.is_some_and(|oldest| oldest <= self.from)
        })
    }
}

/// What polls of a sitemap remember beside their source's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitemapMemory {
    /// What is not known and dated up to here was left aside at the first poll, and still is.
    pub horizon: Option<Timestamp>,
    /// The sitemaps of an index that were read, newest first; bounded.
    pub children: Vec<SitemapChild>,
}

/// A sitemap that an index names, as it was read last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SitemapChild {
    pub url: String,
    /// What the index said about it then.
    pub modified: Option<Timestamp>,
    pub validators: Validators,
    /// First bytes of SHA-256 over its body.
    pub body: [u8; 16],
    pub read: Timestamp,
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
            memory: Memory::default(),
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

/// What people were told of a source's health last: what they are told next is what differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub health: Health,
    pub at: Timestamp,
    /// The first of the tellings that are counted.
    pub first: Timestamp,
    /// How often since then.
    pub times: u8,
}
