//! Being told by a hub what a feed has that is new (W3C WebSub, 23 January 2018).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::hash_id;
use crate::tag::words;
use crate::url::MAX_URL_BYTES;

/// Hubs that are taken from one document: a publisher needs one, careful ones name two.
const MAX_HUBS: usize = 4;

/// Where a document says that it is told from, and what it calls itself there (WebSub, section 4).
/// Addresses stand as they were published: a hub compares them letter by letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// `rel=hub`, at most four, each once.
    pub hubs: Vec<String>,
    /// `rel=self`, the first.
    pub this: Option<String>,
}

impl Links {
    /// Takes a hub's address; one too many or too long is left out.
    pub fn add_hub(&mut self, address: &str) {
        let fits = (1..=MAX_URL_BYTES).contains(&address.len()) && self.hubs.len() < MAX_HUBS;
        if fits && !self.hubs.iter().any(|hub| hub == address) {
            self.hubs.push(address.to_owned());
        }
    }

    /// Takes the document's own address, unless there is one.
    pub fn add_self(&mut self, address: &str) {
        if self.this.is_none() && (1..=MAX_URL_BYTES).contains(&address.len()) {
            self.this = Some(address.to_owned());
        }
    }

    /// What `self` says, and what it does not say from `other` (the document behind the headers).
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let hubs = if self.hubs.is_empty() { &other.hubs } else { &self.hubs };
        Self { hubs: hubs.clone(), this: self.this.clone().or_else(|| other.this.clone()) }
    }
}

hash_id!(
    /// The part of a callback's address that nobody can guess: random.
    SubscriptionId
);

words!(
    /// How a subscription stands. Append only.
    ///
    /// - `wanted`: asked for, or to be asked for; the hub has not verified it.
    /// - `live`: verified, and the hub tells.
    /// - `silent`: verified, but polls find what the hub did not tell: not working.
    /// - `denied`: the hub said no; it is asked again later.
    /// - `leaving`: no longer wanted; the hub is being told.
    SubscriptionState {
        Wanted = "wanted", Live = "live", Silent = "silent", Denied = "denied",
        Leaving = "leaving",
    }
);

words!(
    /// What a hub is asked for. Append only.
    HubMode { Subscribe = "subscribe", Unsubscribe = "unsubscribe" }
);

/// What a hub was asked and has not verified yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub mode: HubMode,
    /// No verification by then: it is asked again.
    pub until: Timestamp,
}

/// What binds a source to a hub: topic, callback (the row's key) and secret, and how it stands.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    pub hub: String,
    pub topic: String,
    /// What stands before `/websub/SOURCE/ID` in the callback's address.
    pub public: String,
    /// The key of signatures: 64 hexadecimal digits, random.
    pub secret: String,
    pub state: SubscriptionState,
    /// Since when `state` holds.
    pub since: Timestamp,
    pub asked: Option<Asked>,
    /// When there is something to do about it.
    pub due: Timestamp,
    /// Until when the hub tells; `None`: never verified.
    pub lease_until: Option<Timestamp>,
    /// Requests to the hub that failed in a row.
    pub failures: u32,
    /// Why the last of them did, at most 200 bytes.
    pub error: Option<String>,
    /// Documents in a row that no longer offer this hub and topic.
    pub absent: u8,
    /// Polls in a row that found what the hub had not told.
    pub missed: u8,
    /// Messages of the hub that were taken.
    pub pushes: u32,
    /// Messages without the right signature: acknowledged, not read.
    pub forged: u32,
    pub last_push: Option<Timestamp>,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("hub", &self.hub)
            .field("topic", &self.topic)
            .field("state", &self.state)
            .field("asked", &self.asked)
            .field("due", &self.due)
            .field("lease_until", &self.lease_until)
            .field("failures", &self.failures)
            .field("error", &self.error)
            .field("missed", &self.missed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_hubs_are_taken_each_once_and_the_first_self() {
        let mut links = Links::default();
        for n in [1, 1, 2, 3, 4, 5] {
            links.add_hub(&format!("https://hub.example/{n}"));
            links.add_self(&format!("https://a.example/{n}"));
        }
        links.add_hub(&"x".repeat(MAX_URL_BYTES + 1));
        assert_eq!(links.hubs.len(), MAX_HUBS);
        assert_eq!(links.hubs[1], "https://hub.example/2");
        assert_eq!(links.this.as_deref(), Some("https://a.example/1"));
    }

    #[test]
    fn headers_come_before_the_document() {
        let links = |hubs: &[&str], this: Option<&str>| Links {
            hubs: hubs.iter().map(|hub| (*hub).to_owned()).collect(),
            this: this.map(str::to_owned),
        };
        let document = links(&["d"], Some("t"));
        assert_eq!(links(&["h"], None).or(&document), links(&["h"], Some("t")));
        assert_eq!(links(&[], Some("s")).or(&document), links(&["d"], Some("s")));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let row = Subscription {
            hub: "h".into(),
            topic: "t".into(),
            public: "p".into(),
            secret: "deadbeef".into(),
            state: SubscriptionState::Live,
            since: Timestamp::EPOCH,
            asked: None,
            due: Timestamp::EPOCH,
            lease_until: None,
            failures: 0,
            error: None,
            absent: 0,
            missed: 0,
            pushes: 0,
            forged: 0,
            last_push: None,
        };
        assert!(!format!("{row:?}").contains("deadbeef"));
    }
}
