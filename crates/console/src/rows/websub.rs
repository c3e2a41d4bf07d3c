//! How a source stands with its hub.

use model::{Subscription, SubscriptionState, Timestamp};
use serde::{Deserialize, Serialize};

/// A subscription to a source's hub (WebSub).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSubRow {
    pub state: SubscriptionState,
    /// Since when `state` holds.
    pub since: Timestamp,
    pub hub: String,
    pub topic: String,
    /// Until when the hub tells; `null`: it has not verified the subscription.
    pub lease_until: Option<Timestamp>,
    /// Messages that were taken.
    pub pushes: u32,
    /// Messages without the right signature, left unread.
    pub forged: u32,
    pub last_push: Option<Timestamp>,
    /// Polls in a row that found what the hub had not told; three make it `silent`.
    pub missed: u8,
    /// Why the hub was not subscribed to, the last time that it was asked.
    pub error: Option<String>,
}

impl WebSubRow {
    pub(crate) fn new(row: Subscription) -> Self {
        Self {
            state: row.state,
            since: row.since,
            hub: row.hub,
            topic: row.topic,
            lease_until: row.lease_until,
            pushes: row.pushes,
            forged: row.forged,
            last_push: row.last_push,
            missed: row.missed,
            error: row.error,
        }
    }
}
