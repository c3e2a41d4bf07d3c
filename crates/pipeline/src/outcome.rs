//! How an attempt to read a source ended. Failure is an outcome and takes the same road as success.

use std::time::Duration;

use connector::Parsed;
use model::{ListVersion, OutcomeKind, Validators};

/// What one attempt brought.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A body was read.
    Parsed {
        parsed: Parsed,
        body: [u8; 16],
        transport: Transport,
        /// The version of an entity list that the body is.
        list: Option<Box<ListVersion>>,
    },
    /// A 304, or the body of last time once more.
    Unchanged { validators: Validators, transport: Transport },
    /// No answer, or one that asks to come back later.
    Unreachable { error: String, status: Option<u16>, not_before: Option<Duration> },
    /// The address is not allowed, or a secret is missing: someone has to change something.
    Refused { error: String },
    /// An answer that the connector could not use.
    Unreadable { error: String, transport: Transport },
    /// A bug of ours, kept to this source.
    Panicked { error: String, transport: Transport },
}

/// What the transport said about an answer.
#[derive(Clone, Debug, Default)]
pub struct Transport {
    pub status: u16,
    /// Bytes of the body after decompression.
    pub bytes: u64,
    pub validators: Validators,
}

impl Outcome {
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Parsed { .. } => OutcomeKind::Parsed,
            Self::Unchanged { .. } => OutcomeKind::Unchanged,
            Self::Unreachable { .. } => OutcomeKind::Unreachable,
            Self::Refused { .. } => OutcomeKind::Refused,
            Self::Unreadable { .. } => OutcomeKind::Unreadable,
            Self::Panicked { .. } => OutcomeKind::Panicked,
        }
    }

    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Parsed { .. } | Self::Unchanged { .. } => None,
            Self::Unreachable { error, .. }
            | Self::Refused { error }
            | Self::Unreadable { error, .. }
            | Self::Panicked { error, .. } => Some(error),
        }
    }

    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Parsed { transport, .. }
            | Self::Unchanged { transport, .. }
            | Self::Unreadable { transport, .. }
            | Self::Panicked { transport, .. } => Some(transport.status),
            Self::Unreachable { status, .. } => *status,
            Self::Refused { .. } => None,
        }
    }

    pub fn bytes(&self) -> u64 {
        match self {
            Self::Parsed { transport, .. }
            | Self::Unchanged { transport, .. }
            | Self::Unreadable { transport, .. }
            | Self::Panicked { transport, .. } => transport.bytes,
            Self::Unreachable { .. } | Self::Refused { .. } => 0,
        }
    }

    pub(crate) fn not_before(&self) -> Option<Duration> {
        match self {
            Self::Unreachable { not_before, .. } => *not_before,
            _ => None,
        }
    }
}
