//! Sources, as configured and as they do.

use model::{Health, OutcomeKind, PossibleGap, SourceId, Timestamp};
use serde::{Deserialize, Serialize};

/// One source: what is configured and how it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceRow {
    pub id: SourceId,
    /// `null`, like everything that is configured, for a source that left the configuration.
    pub name: Option<String>,
    pub url: Option<String>,
    pub connector: Option<String>,
    /// Seconds between two polls.
    pub every_secs: Option<u64>,
    pub category: Option<String>,
    pub country: Option<String>,
    pub lang: Option<String>,
    /// Why it is off; `null` when it is on.
    pub off: Option<String>,
    /// Why its host's robots.txt is set aside; `null` when it is not.
    #[serde(default)]
    pub robots_ignored: Option<String>,
    pub health: Health,
    pub health_since: Option<Timestamp>,
    pub last_attempt: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// How the last attempt ended.
    pub outcome: Option<OutcomeKind>,
    pub error: Option<String>,
    /// Attempts that failed since the last success.
    pub failures: u32,
    /// Attempts ever made.
    pub polls: u32,
    /// When it is polled next; `null` when it is off.
    pub next_due: Option<Timestamp>,
    /// When entries may have been missed last.
    #[serde(default)]
    pub possible_gap: Option<PossibleGap>,
    /// How it stands with its hub (WebSub); `null`: it is only polled.
    #[serde(default)]
    pub websub: Option<super::WebSubRow>,
}
