//! Messages on their way.

use model::{ChannelId, Delivery, DeliveryState, MessageId, MessageRef, Timestamp};
use serde::{Deserialize, Serialize};

/// One message on one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// The idempotency key that the receiver sees; for an alert, its id.
    pub message: MessageId,
    pub kind: MessageKind,
    /// The alert's id, or the digest's name and the end of its period.
    pub about: String,
    pub channel: ChannelId,
    pub state: DeliveryState,
    pub attempts: u32,
    /// When the next attempt is due.
    pub due: Option<Timestamp>,
    /// When the state changed last.
    pub at: Timestamp,
    /// What the other side answered, or the last error.
    pub note: Option<String>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    Alert,
    Digest,
}

impl DeliveryRow {
    pub fn new(message: MessageId, delivery: Delivery) -> Self {
        let (kind, about) = match &delivery.message {
            MessageRef::Alert(id) => (MessageKind::Alert, id.to_string()),
            MessageRef::Digest { digest, end } => (MessageKind::Digest, format!("{digest} {end}")),
        };
        Self {
            message,
            kind,
            about,
            channel: delivery.channel,
            state: delivery.state,
            attempts: delivery.attempts,
            due: delivery.due,
            at: delivery.at,
            note: delivery.note,
        }
    }
}
