//! The seam between deciding that a message is due and the road that it takes.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Message;

/// Why a message did not arrive, by what the deliverer does about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Worth another try, not before `retry_after` if the other side named a time.
    #[error("{reason}")]
    Temporary { reason: String, retry_after: Option<Duration> },
    /// This message will never be taken: it becomes a dead letter.
    #[error("{reason}")]
    Permanent { reason: String },
    /// Nothing was sent, for something is missing here: a secret, a folder. Tried again until
    /// someone mends it; never given up.
    #[error("{reason}")]
    NotReady { reason: String },
}

impl SendError {
    pub(super) fn temporary(reason: impl Into<String>) -> Self {
        Self::Temporary { reason: reason.into(), retry_after: None }
    }
    pub(super) fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into() }
    }
    pub(super) fn not_ready(reason: impl Into<String>) -> Self {
        Self::NotReady { reason: reason.into() }
    }
}

/// A road to people.
pub trait Notifier: Send + Sync {
    /// The other side knows a repeated message by its key, so that an attempt need not be written
    /// down before it begins.
    fn knows_repetitions(&self) -> bool;

    /// Hands the message over. The answer is a receipt to show to people: what the other side
    /// said, or where the message stands. It bounds its own time.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<String, SendError>>;
}
