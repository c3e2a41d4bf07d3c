//! What hubs ask and bring: verification of intent, denials, content (sections 5.2, 5.3 and 7).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{HubMode, SourceId, Subscription, SubscriptionId, SubscriptionState};
use store::tables;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tracing::{info, warn};

use super::content::{Taken, take};
use super::keeper::change;
use super::signature;
use super::subscription::Event;
use super::tally::{PushEnd, Tally};
use super::{HOUR, Key, Wishes};
use crate::run::RunError;
use crate::{Context, Source};

/// Messages that are read and stored at the same time, over all sources: each may be as large as
/// a feed.
const MESSAGES: usize = 4;
/// How long a message waits for its turn before the hub is asked to come again.
const TURN: Duration = Duration::from_secs(5);
/// Messages of one subscription within [`WINDOW`]; further ones are asked to come again.
const PER_WINDOW: u32 = 60;
const WINDOW: Duration = Duration::from_secs(60);
/// Windows remembered before those that are over are forgotten.
const WINDOWS: usize = 256;
/// The longest challenge that is echoed.
const CHALLENGE_BYTES: usize = 2_048;
/// After its lease a hub has this long to notice: clocks differ.
const LEASE_GRACE: Duration = HOUR;

/// What a hub is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// 200 with the challenge as plain text: yes, we meant it.
    Challenge(String),
    /// 202: the message is stored, or needs not be.
    Thanks,
    /// 404: nobody here asked for that.
    NotFound,
    /// 410: it was asked for once, and is no longer.
    Gone,
    /// 429: too many messages.
    TooMany { retry_after: Duration },
    /// 503: it could not be stored now; nothing of it was kept.
    Busy { retry_after: Duration },
}

/// What a hub says by GET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    Verify { mode: HubMode, topic: String, challenge: String, lease: Option<Duration> },
    Denied { topic: String, reason: String },
}

impl Intent {
    /// Reads the query of a callback; `None`: it is nothing that a hub asks.
    pub fn of(query: &str) -> Option<Self> {
        let mut fields: HashMap<String, String> = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if let Some(name) = name.strip_prefix("hub.") {
                // Said twice it means nothing.
                if fields.insert(name.to_owned(), value.into_owned()).is_some() {
                    return None;
                }
            }
        }
        let mode = fields.remove("mode")?;
        let topic = fields.remove("topic")?;
        if mode == "denied" {
            return Some(Self::Denied {
                topic,
                reason: fields.remove("reason").unwrap_or_default(),
            });
        }
        let mode = mode.parse().ok()?;
        let challenge = fields.remove("challenge")?;
        let lease = match fields.remove("lease_seconds") {
            Some(text) => Some(Duration::from_secs(text.parse().ok()?)),
            None => None,
        };
        let fits = (1..=CHALLENGE_BYTES).contains(&challenge.len());
        fits.then_some(Self::Verify { mode, topic, challenge, lease })
    }
}

/// A message of a hub, its body whole and bounded.
#[derive(Clone, Debug, Default)]
pub struct Push {
    /// `X-Hub-Signature`.
    pub signature: Option<String>,
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub body: bytes::Bytes,
}

/// Whether a message may be read at all.
#[derive(Debug)]
pub enum Admission {
    Read(Box<Ticket>),
    Refuse(Reply),
}

/// The right to bring one message.
#[derive(Debug)]
pub struct Ticket {
    key: Key,
    row: Subscription,
    source: Arc<Source>,
    _place: OwnedSemaphorePermit,
}

/// Answers hubs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk(Arc<Inner>);

struct Inner {
    contexts: watch::Receiver<Context>,
    wishes: Wishes,
    places: Arc<Semaphore>,
    windows: Mutex<HashMap<SubscriptionId, (Instant, u32)>>,
    tally: Tally,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("places", &self.places).finish_non_exhaustive()
    }
}

impl Desk {
    pub fn new(contexts: watch::Receiver<Context>, wishes: Wishes) -> Self {
        let places = Arc::new(Semaphore::new(MESSAGES));
        let (windows, tally) = (Mutex::default(), Tally::default());
        Self(Arc::new(Inner { contexts, wishes, places, windows, tally }))
    }

    /// What became of messages since the start, all ends.
    pub fn counts(&self) -> Vec<(PushEnd, u64)> {
        self.0.tally.counts()
    }

    /// Counts a message that ended before it got here.
    pub fn count(&self, end: PushEnd) {
        self.0.tally.add(end);
    }

    fn refuse(&self, end: PushEnd, reply: Reply) -> Reply {
        self.0.tally.add(end);
        reply
    }

    /// The largest message in bytes, as it is sent.
    pub fn max_body(&self) -> u64 {
        self.0.contexts.borrow().settings.max_feed_bytes
    }

    /// Answers what a hub asks by GET at `/websub/SOURCE/ID`. Confirmed is only what this
    /// installation has asked for itself, for exactly that topic, and not confirmed yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hear(&self, source: &str, id: &str, intent: &Intent) -> Result<Reply, RunError> {
        let Some(key) = key(source, id) else { return Ok(Reply::NotFound) };
        let cx = self.0.contexts.borrow().clone();
        let (event, yes) = match intent {
            Intent::Verify { mode, topic, challenge, lease } => {
                let event = Event::Verify { mode: *mode, topic, lease: *lease };
                (event, Reply::Challenge(challenge.clone()))
            }
            Intent::Denied { topic, reason } => (Event::Denied { topic, reason }, Reply::Thanks),
        };
        let changed = change(&cx, &self.0.wishes, &key, &event).await?;
        Ok(if changed.is_some() { yes } else { Reply::NotFound })
    }

    /// Decides before a message's body is read whether it may be brought at all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admit(&self, source: &str, id: &str) -> Result<Admission, RunError> {
        let refuse = |end, reply| Ok(Admission::Refuse(self.refuse(end, reply)));
        let Some(key) = key(source, id) else {
            return refuse(PushEnd::Unknown, Reply::NotFound);
        };
        let cx = self.0.contexts.borrow().clone();
        let now = cx.clock.now();
        let Some(row) = cx.store.get::<tables::Subscriptions>(&key)? else {
            return refuse(PushEnd::Gone, Reply::Gone);
        };
        let source = cx.settings.source(&key.0).filter(|s| s.off.is_none() && s.websub);
        let told = row.lease_until.is_some_and(|until| until.after(LEASE_GRACE) > now);
        let Some(source) = source.filter(|_| row.state != SubscriptionState::Leaving && told)
        else {
            return refuse(PushEnd::Gone, Reply::Gone);
        };
        if let Some(retry_after) = self.0.too_many(key.1) {
            return refuse(PushEnd::TooMany, Reply::TooMany { retry_after });
        }
        let place = tokio::time::timeout(TURN, Arc::clone(&self.0.places).acquire_owned()).await;
        match place {
            Ok(place) => {
                let source = Arc::new(source.clone());
                let place = place.expect("never closed");
                Ok(Admission::Read(Box::new(Ticket { key, row, source, _place: place })))
            }
            Err(_) => refuse(PushEnd::Busy, Reply::Busy { retry_after: TURN }),
        }
    }

    /// Takes a message: thanked for once everything in it that is new is on disk. One without the
    /// right signature is thanked for as well, and left unread (section 7.1).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take(&self, ticket: Ticket, push: Push) -> Result<Reply, RunError> {
        let Ticket { key, row, source, _place } = ticket;
        let cx = self.0.contexts.borrow().clone();
        let wishes = &self.0.wishes;
        let signature = push.signature.as_deref().unwrap_or_default();
        if !signature::is_right(signature, &row.secret, &push.body) {
            warn!(
                source.id = %source.id, bytes = push.body.len(),
                "a message for `{}` without the right signature was left unread", source.id
            );
            change(&cx, wishes, &key, &Event::Forged).await?;
            return Ok(self.refuse(PushEnd::Forged, Reply::Thanks));
        }
        let Push { content_type, content_encoding, body, .. } = push;
        let encoding = content_encoding.as_deref();
        let news = match take(&cx, &source, &row.topic, content_type, encoding, body).await {
            Ok(Taken::Read { totals, ask }) => {
                let counts = totals.counts;
                info!(
                    source.id = %source.id, items.new = counts.new, alerts = totals.alerts,
                    "a hub told of `{}`: {} new, {} known", source.id, counts.new, counts.unchanged
                );
                if ask {
                    wishes.poll(&source.id);
                }
                true
            }
            Ok(Taken::Sign { why }) => {
                info!(
                    source.id = %source.id,
                    "a hub told that `{}` has something, it is polled: {why}", source.id
                );
                wishes.poll(&source.id);
                false
            }
            Err(RunError::Store(error)) => return Err(RunError::Store(error)),
            Err(error) => {
                warn!(source.id = %source.id, error = crate::run::chain(&error), "a push was not stored");
                let reply = Reply::Busy { retry_after: crate::run::FULL_PAUSE };
                return Ok(self.refuse(PushEnd::Busy, reply));
            }
        };
        change(&cx, wishes, &key, &Event::Pushed { news }).await?;
        self.0.tally.add(if news { PushEnd::Read } else { PushEnd::Sign });
        Ok(Reply::Thanks)
    }
}

impl Inner {
    /// How long a subscription has to wait that has brought too much.
    fn too_many(&self, id: SubscriptionId) -> Option<Duration> {
        let now = Instant::now();
        let mut windows = self.windows.lock().expect("no thread panics with the lock");
        if windows.len() >= WINDOWS {
            windows.retain(|_, (began, _)| now.duration_since(*began) < WINDOW);
        }
        let (began, count) = windows.entry(id).or_insert((now, 0));
        if now.duration_since(*began) >= WINDOW {
            (*began, *count) = (now, 0);
        }
        *count += 1;
        (*count > PER_WINDOW).then(|| WINDOW.saturating_sub(now.duration_since(*began)))
    }
}

/// The key that a callback's address names.
fn key(source: &str, id: &str) -> Option<Key> {
    Some((source.parse::<SourceId>().ok()?, id.parse().ok()?))
}
