//! Alerts, and their way to the people who must see them.

use serde::{Deserialize, Serialize};

use crate::id::hash_id;
use crate::item::hash16;
use crate::{AlertRuleId, ChannelId, DigestId, ItemId, SourceId, StoryId, Tag, Timestamp};

hash_id!(
    /// An alert's identity, derived from rule, story and class: making it twice changes nothing
    /// (I6, I7). It is the idempotency key of its deliveries.
    AlertId
);
hash_id!(
    /// What is delivered: an alert (the same bytes as its id) or a digest of one period.
    MessageId
);

impl AlertId {
    /// The alert of `rule` about `story`. `class` is `new` for a first mention.
    pub fn derive(rule: &AlertRuleId, story: StoryId, class: &str) -> Self {
        Self(hash16(&["alert/1", rule.as_str(), &story.to_string(), class]))
    }
}

impl From<AlertId> for MessageId {
    fn from(alert: AlertId) -> Self {
        Self(alert.0)
    }
}

impl MessageId {
    /// The digest `digest` of the period that ends at `end`.
    pub fn digest(digest: &DigestId, end: Timestamp) -> Self {
        Self(hash16(&["digest/1", digest.as_str(), &end.to_string()]))
    }
    /// A trial of a channel.
    pub fn test(channel: &ChannelId, at: Timestamp) -> Self {
        Self(hash16(&["test/1", channel.as_str(), &at.to_string()]))
    }
}

/// Why an alert is kept for the digest and not sent (I7a).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// Came with a source's first successful poll.
    Baseline,
    /// Older than the rule's `max_age`.
    Old,
}

/// The decision that someone must see an item now, with what he will read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub id: AlertId,
    pub rule: AlertRuleId,
    pub label: String,
    pub at: Timestamp,
    pub held: Option<Held>,
    pub story: StoryId,
    /// The item that caused it, and what it said then.
    pub item: ItemId,
    pub revision: u32,
    pub source: SourceId,
    pub source_name: String,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub url: Option<String>,
    pub published: Option<Timestamp>,
    pub tags: Vec<Tag>,
    /// Further items of the same story, in order of arrival, at most 64.
    pub further: Vec<ItemId>,
    pub to: Vec<ChannelId>,
}

/// What an outbox row stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageRef {
    Alert(AlertId),
    Digest { digest: DigestId, end: Timestamp },
}

/// The value of an outbox row; its key says when, which message and which channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEntry {
    pub message: MessageRef,
    /// Attempts made so far.
    pub attempts: u32,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    Queued,
    /// An attempt began; after a crash it is not known how it ended.
    Sending,
    Retry,
    Delivered,
    /// Given up: listed until someone retries it.
    Dead,
}

/// One message on one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub message: MessageRef,
    pub channel: ChannelId,
    pub state: DeliveryState,
    pub attempts: u32,
    /// The due time of its outbox row, while it has one.
    pub due: Option<Timestamp>,
    pub at: Timestamp,
    /// What the other side answered, or the last error, at most 300 bytes.
    pub note: Option<String>,
}
