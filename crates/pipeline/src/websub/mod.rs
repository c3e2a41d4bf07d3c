//! Being told by a hub instead of asking (W3C WebSub, 23 January 2018), for sources that offer one.
//!
//! A push is a shortcut and never the only road: polling goes on, more slowly, and is what
//! validators, gaps and health are judged by. `subscription` is the life of a subscription as one
//! pure function; `offer` judges what a document says; `note` hears of every poll, `keeper` asks
//! hubs, `desk` answers them, `switch` is what switching it on or off means.

mod content;
mod desk;
mod hub;
mod keeper;
mod note;
mod offer;
mod random;
mod signature;
mod subscription;
#[cfg(test)]
mod subscription_tests;
mod switch;
mod tally;
#[cfg(test)]
mod tests;

use std::time::Duration;

use model::{HttpUrl, SourceId, Subscription, SubscriptionId, Timestamp};
use store::{Range, Store, StoreError, tables};
use tokio::sync::mpsc;

pub use desk::{Admission, Desk, Intent, Push, Reply};
pub use keeper::keep;
pub use switch::settle;
pub use tally::PushEnd;

pub(crate) use note::{Shown, after_poll, is_told};

/// Sources to be polled soon; what finds no place is polled at its time.
const WISHES: usize = 64;

/// What the operator says about it; without this nothing is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSub {
    /// Where the internet reaches the callbacks: what stands before `/websub/…`.
    pub public: HttpUrl,
    /// Where this process answers them. Nothing else is served there.
    pub listen: std::net::SocketAddr,
}

impl WebSub {
    /// What callbacks begin with, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        self.public.as_str().trim_end_matches('/')
    }
}

/// Asks for a poll ahead of its time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wishes(mpsc::Sender<SourceId>);

impl Wishes {
    /// The two ends; [`crate::watch_with`] takes the second.
    pub fn channel() -> (Self, mpsc::Receiver<SourceId>) {
        let (sender, receiver) = mpsc::channel(WISHES);
        (Self(sender), receiver)
    }

    /// A wish that finds no room is lost: the source is polled at its own time.
    fn poll(&self, source: &SourceId) {
        drop(self.0.try_send(source.clone()));
    }
}

/// The key of a stored subscription, and the way from the callback's address to it.
type Key = (SourceId, SubscriptionId);

/// The callback's address: the part before it is configured, the rest only we and the hub know.
fn callback(public: &str, (source, id): &Key) -> String {
    format!("{public}/websub/{source}/{id}")
}

/// All subscriptions of a source: at most one that is wanted, and a few that are being left.
fn of_source(store: &Store, source: &SourceId) -> Result<Vec<(Key, Subscription)>, StoreError> {
    store.page(Range::<tables::Subscriptions>::prefix(source), 1 + note::LEAVING)
}

/// The hub tells what is new and has done so: polls are a safety net.
fn is_live(row: &Subscription, now: Timestamp) -> bool {
    row.state == model::SubscriptionState::Live
        && row.missed == 0
        && row.lease_until.is_some_and(|until| until > now)
}

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
