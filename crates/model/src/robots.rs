//! What is remembered of a host's robots.txt.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, Validators};

/// The robots.txt of one origin (scheme, host and port) as it was last seen, kept over restarts so
/// that none of them asks for it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RobotsCopy {
    /// When the host last said what it wants: a document, or that it has none. RFC 9309, 2.4: good
    /// for 24 hours, for longer only while the file cannot be reached.
    pub said_at: Option<Timestamp>,
    /// The document, at most 500 KiB; `None`: there is none (a 4xx), everything is open.
    pub body: Option<Vec<u8>>,
    /// Of that answer.
    pub validators: Validators,
    /// The last request.
    pub asked_at: Option<Timestamp>,
    /// Since when it cannot be reached; `None`: the last request was answered.
    pub failing_since: Option<Timestamp>,
    /// Requests that failed since then.
    pub failures: u32,
    /// Why the last of them did, at most 200 bytes.
    pub error: Option<String>,
}
