//! How an attempt to read a source ended. Failure is an outcome and takes the same road as success.

use std::sync::Arc;
use std::time::Duration;

use connector::Parsed;
use fetch::{CacheHints, Strain, Wall};
use model::{HttpUrl, Links, ListVersion, OutcomeKind, SitemapMemory, Timestamp, Validators};

/// The remark on a source that is asked for everything and says that nothing has changed.
const UNASKED: &str = "the host, or a cache before it, says \"not modified\" to a request without \
                       conditions: asked again past all caches";

/// What one attempt brought.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, and most are the large one")]
pub enum Outcome {
    /// A body was read.
    Parsed {
        parsed: Parsed,
        body: [u8; 16],
        transport: Transport,
        /// The version of an entity list that the body is.
        list: Option<Box<ListVersion>>,
    },
    /// What a hub sent of the source: entries, and nothing that a poll is judged by.
    Pushed { parsed: Parsed, bytes: u64 },
    /// A 304, or the body of last time once more.
    Unchanged { validators: Validators, transport: Transport },
    /// No answer, or one that asks to come back later.
    Unreachable { error: String, trouble: Trouble },
    /// The address is not allowed, or a secret is missing: someone has to change something.
    Refused { error: String },
    /// An answer that the connector could not use.
    Unreadable { error: String, wall: Option<Wall>, transport: Transport },
    /// A bug of ours, kept to this source.
    Panicked { error: String, transport: Transport },
}

/// What is known about a failure beside its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    pub status: Option<u16>,
    /// `Retry-After`, or what is left of a pause.
    pub not_before: Option<Duration>,
    /// What stands in the way, where the answer shows it.
    pub wall: Option<Wall>,
    /// What it says against the host as a whole.
    pub strain: Option<Strain>,
}

impl Trouble {
    /// Nothing was heard from the other side: it may be our own network that is down.
    pub fn is_silence(self) -> bool {
        self.strain == Some(Strain::Hard)
    }
}

/// What the transport said about an answer.
#[derive(Clone, Debug, Default)]
pub struct Transport {
    pub status: u16,
    /// Bytes of the body after decompression.
    pub bytes: u64,
    pub validators: Validators,
    pub cache: CacheHints,
    /// What the answer's head says about hubs.
    pub links: Links,
    /// Where the leading run of permanent redirects ended, if there was one.
    pub moved: Option<HttpUrl>,
    /// The whole document was asked for although validators were known.
    pub audit: bool,
    /// The document ends in the middle, and the one before did not: the next one is asked for whole.
    pub cut: bool,
    /// It says "not modified", and the request had no conditions: a lie (RFC 9110, 15.4.5).
    pub unasked: bool,
    /// The newest date in the document, those that lie in the future left out.
    pub newest: Option<Timestamp>,
    /// What is remembered of a sitemap from now on, where that has changed.
    pub sitemap: Option<Arc<SitemapMemory>>,
}

impl Outcome {
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Parsed { .. } => OutcomeKind::Parsed,
            Self::Pushed { .. } => OutcomeKind::Pushed,
            Self::Unchanged { .. } => OutcomeKind::Unchanged,
            Self::Unreachable { trouble, .. } if trouble.status == Some(410) => OutcomeKind::Gone,
            Self::Unreachable { trouble: Trouble { wall: Some(_), .. }, .. }
            | Self::Unreadable { wall: Some(_), .. } => OutcomeKind::Blocked,
            Self::Unreachable { .. } => OutcomeKind::Unreachable,
            Self::Refused { .. } => OutcomeKind::Refused,
            Self::Unreadable { .. } => OutcomeKind::Unreadable,
            Self::Panicked { .. } => OutcomeKind::Panicked,
        }
    }

    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Parsed { .. } | Self::Pushed { .. } | Self::Unchanged { .. } => None,
            Self::Unreachable { error, .. }
            | Self::Refused { error }
            | Self::Unreadable { error, .. }
            | Self::Panicked { error, .. } => Some(error),
        }
    }

    /// What is odd about an attempt that did not fail.
    pub fn remark(&self) -> Option<&'static str> {
        match self {
            Self::Unchanged { transport, .. } if transport.unasked => Some(UNASKED),
            _ => None,
        }
    }

    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Parsed { transport, .. }
            | Self::Unchanged { transport, .. }
            | Self::Unreadable { transport, .. }
            | Self::Panicked { transport, .. } => Some(transport.status),
            Self::Unreachable { trouble, .. } => trouble.status,
            Self::Refused { .. } | Self::Pushed { .. } => None,
        }
    }

    pub fn bytes(&self) -> u64 {
        match self {
            Self::Parsed { transport, .. }
            | Self::Unchanged { transport, .. }
            | Self::Unreadable { transport, .. }
            | Self::Panicked { transport, .. } => transport.bytes,
            Self::Pushed { bytes, .. } => *bytes,
            Self::Unreachable { .. } | Self::Refused { .. } => 0,
        }
    }

    /// "Not modified" to a request without conditions.
    pub(crate) fn is_unasked(&self) -> bool {
        match self {
            Self::Unchanged { transport, .. } | Self::Unreadable { transport, .. } => {
                transport.unasked
            }
            _ => false,
        }
    }

    /// What the transport said about the answer, if there was one that counts.
    pub(crate) fn transport(&self) -> Option<&Transport> {
        match self {
            Self::Parsed { transport, .. } | Self::Unchanged { transport, .. } => Some(transport),
            _ => None,
        }
    }

    /// What is known about a failure to get an answer.
    pub(crate) fn trouble(&self) -> Trouble {
        match self {
            Self::Unreachable { trouble, .. } => *trouble,
            _ => Trouble::default(),
        }
    }

    /// The silence that the host asked for, for all its sources.
    pub(crate) fn host_pause(&self) -> Option<Duration> {
        let trouble = self.trouble();
        trouble.not_before.filter(|_| matches!(trouble.status, Some(429 | 503)))
    }
}
