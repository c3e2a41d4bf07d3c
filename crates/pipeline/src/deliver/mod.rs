//! From the outbox to people: at least once, each message under one id for ever (I6).
//!
//! A row is written down as `sending`, sent, and removed together with the note of its outcome.
//! What a crash leaves in `sending` is sent again under the same id. Every channel has a lane of
//! its own, so that a slow one delays no other.

mod attempt;
mod backoff;
mod email;
mod file;
mod health;
mod lanes;
mod message;
mod notifier;
mod queue;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;

use fetch::Fetcher;
use model::{ChannelId, Timestamp};
use store::{Store, StoreError};
use tokio::sync::watch;

pub use attempt::state_word;
pub use email::EmailNotifier;
pub use file::FileNotifier;
pub use health::ChannelHealth;
pub use lanes::FlushReport;
pub use message::{Document, Further, Message};
pub use notifier::{Notifier, SendError};
pub(crate) use queue::enqueue;
pub use queue::{Which, retry};
pub use webhook::WebhookNotifier;

use crate::digest::{self, Period};
use crate::{Clock, DigestSettings, Settings};

/// What a reload replaces.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) fetcher: Fetcher,
    pub(crate) settings: Arc<Settings>,
}

struct Shared {
    store: Store,
    clock: Arc<dyn Clock>,
    setup: watch::Sender<Setup>,
    book: health::HealthBook,
}

/// Makes digests when they are due and delivers what the outbox holds. Clones share everything.
#[derive(Clone)]
pub struct Deliverer(Arc<Shared>);

impl Deliverer {
    /// Nothing is sent before [`Deliverer::run`] or [`Deliverer::flush`].
    pub fn new(
        store: Store,
        fetcher: Fetcher,
        settings: Arc<Settings>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (setup, _) = watch::channel(Setup { fetcher, settings });
        Self(Arc::new(Shared { store, clock, setup, book: health::HealthBook::default() }))
    }

    /// Follows a reload; what is on its way ends under the old settings.
    pub fn reload(&self, fetcher: Fetcher, settings: Arc<Settings>) {
        self.0.setup.send_replace(Setup { fetcher, settings });
    }

    /// How each channel that was used is doing.
    pub fn health(&self) -> BTreeMap<ChannelId, ChannelHealth> {
        self.0.book.all()
    }

    /// Sends a clearly marked trial over a configured channel and returns what the other side
    /// answered. Leaves the outbox alone.
    pub async fn test_channel(&self, channel: &ChannelId) -> Result<String, SendError> {
        let message = Message::test(channel, self.now());
        self.send_now(channel, &message).await
    }

    /// Builds the digest of a period and sends it to the digest's channels now: `digest --send`.
    /// It has the id of that period's scheduled digest, so receivers can tell a repetition.
    pub async fn send_digest(
        &self,
        settings: &DigestSettings,
        period: Period,
    ) -> Result<Vec<(ChannelId, Result<String, SendError>)>, StoreError> {
        let setup = self.setup();
        let store = self.store().clone();
        let configured = settings.clone();
        let built = blocking(move || digest::build(&store, &setup.settings, &configured, period));
        let message = Message::digest(&built.await?, settings, self.now());
        let mut sent = Vec::with_capacity(settings.to.len());
        for channel in &settings.to {
            sent.push((channel.clone(), self.send_now(channel, &message).await));
        }
        Ok(sent)
    }

    async fn send_now(&self, id: &ChannelId, message: &Message) -> Result<String, SendError> {
        let setup = self.setup();
        let channel = setup.settings.channels.iter().find(|channel| channel.id == *id);
        let Some(channel) = channel else {
            return Err(SendError::permanent(format!("channel `{id}` is not configured")));
        };
        attempt::send_now(self, &setup, channel, message).await
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn setup(&self) -> Setup {
        self.0.setup.borrow().clone()
    }

    fn book(&self) -> &health::HealthBook {
        &self.0.book
    }
}

/// Runs `work` where it may take its time; its panics stay its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
