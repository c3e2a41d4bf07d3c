//! The outbox in the store: what is due, and what becomes of it.

use std::collections::BTreeMap;

use model::{
    ChannelId, Delivery, DeliveryState, MessageId, MessageRef, OutboxEntry, Timestamp, one_line,
    truncated,
};
use store::{Commit, CommitError, Range, Store, StoreError, Version, tables};

/// Rows read at once.
const PAGE: usize = 200;
/// Rows handed out per channel at a time.
const LOT: usize = 32;
/// Longest note of a delivery.
const NOTE_BYTES: usize = 300;

/// One message on its way to one channel.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) due: Timestamp,
    pub(super) id: MessageId,
    pub(super) channel: ChannelId,
    pub(super) entry: OutboxEntry,
}

/// What is due, by channel, and when the next row will be.
#[derive(Debug, Default)]
pub(super) struct Due {
    pub(super) lots: BTreeMap<ChannelId, Vec<Row>>,
    pub(super) next: Option<Timestamp>,
}

/// What is due at `now`, at most [`LOT`] rows of each channel that `wanted` accepts.
pub(super) fn due(
    store: &Store,
    now: Timestamp,
    wanted: impl Fn(&ChannelId) -> bool,
) -> Result<Due, StoreError> {
    let mut due = Due::default();
    let mut range = Range::<tables::Outbox>::all();
    loop {
        let rows = store.page(range, PAGE)?;
        let Some(last) = rows.last().map(|(key, _)| key.clone()) else { return Ok(due) };
        for ((at, id, channel), entry) in rows {
            if at > now {
                due.next = Some(at);
                return Ok(due);
            }
            if !wanted(&channel) {
                continue;
            }
            let lot = due.lots.entry(channel.clone()).or_default();
            if lot.len() < LOT {
                lot.push(Row { due: at, id, channel, entry });
            }
        }
        range = Range::<tables::Outbox>::all().after(&last);
    }
}

impl Row {
    fn key(&self) -> (Timestamp, MessageId, ChannelId) {
        (self.due, self.id, self.channel.clone())
    }

    /// The version of the row; absent when somebody else has dealt with it.
    pub(super) fn version(&self, store: &Store) -> Result<Version, StoreError> {
        Ok(store.read::<tables::Outbox>(&self.key())?.version)
    }

    /// The state that the delivery had before: `Sending` means that a crash hid an outcome.
    pub(super) fn was_sending(&self, store: &Store) -> Result<bool, StoreError> {
        let before = store.get::<tables::Deliveries>(&(self.id, self.channel.clone()))?;
        Ok(before.is_some_and(|before| before.state == DeliveryState::Sending))
    }

    /// An attempt begins.
    pub(super) fn sending(&self, version: Version, now: Timestamp) -> Commit {
        let mut commit = Commit::default();
        commit.expect::<tables::Outbox>(&self.key(), version);
        let attempts = self.entry.attempts.saturating_add(1);
        self.put(&mut commit, DeliveryState::Sending, attempts, Some(self.due), now, None);
        commit
    }

    /// It arrived.
    pub(super) fn delivered(&self, version: Version, receipt: &str, now: Timestamp) -> Commit {
        let mut commit = self.done(version);
        let attempts = self.entry.attempts.saturating_add(1);
        self.put(&mut commit, DeliveryState::Delivered, attempts, None, now, Some(receipt));
        commit
    }

    /// It is tried again at `due`; `attempts` were made.
    pub(super) fn retry(
        &self,
        version: Version,
        attempts: u32,
        due: Timestamp,
        reason: &str,
        now: Timestamp,
    ) -> Commit {
        let mut commit = self.done(version);
        let entry = OutboxEntry { attempts, ..self.entry.clone() };
        // The same due time again would be the row just deleted: the last change counts.
        commit.put::<tables::Outbox>(&(due, self.id, self.channel.clone()), &entry);
        self.put(&mut commit, DeliveryState::Retry, attempts, Some(due), now, Some(reason));
        commit
    }

    /// It is given up, until someone retries it.
    pub(super) fn dead(
        &self,
        version: Version,
        attempts: u32,
        reason: &str,
        now: Timestamp,
    ) -> Commit {
        let mut commit = self.done(version);
        let entry = OutboxEntry { attempts, ..self.entry.clone() };
        commit.put::<tables::DeadLetters>(&(now, self.id, self.channel.clone()), &entry);
        self.put(&mut commit, DeliveryState::Dead, attempts, None, now, Some(reason));
        commit
    }

    fn done(&self, version: Version) -> Commit {
        let mut commit = Commit::default();
        commit.expect::<tables::Outbox>(&self.key(), version);
        commit.delete::<tables::Outbox>(&self.key());
        commit
    }

    fn put(
        &self,
        commit: &mut Commit,
        state: DeliveryState,
        attempts: u32,
        due: Option<Timestamp>,
        at: Timestamp,
        note: Option<&str>,
    ) {
        let note = note.map(|note| truncated(&one_line(note), NOTE_BYTES).into_owned());
        let message = self.entry.message.clone();
        let channel = self.channel.clone();
        let delivery =
            Delivery { message, channel: channel.clone(), state, attempts, due, at, note };
        commit.put::<tables::Deliveries>(&(self.id, channel), &delivery);
    }
}

/// Puts a new message on its way to each of `channels`, due at once: rows of the caller's commit,
/// so that what is decided is never without its way to people (I6).
pub(crate) fn enqueue(
    commit: &mut Commit,
    id: MessageId,
    message: &MessageRef,
    channels: &[ChannelId],
    now: Timestamp,
) {
    for channel in channels {
        let entry = OutboxEntry { message: message.clone(), attempts: 0 };
        commit.put::<tables::Outbox>(&(now, id, channel.clone()), &entry);
        let row = Row { due: now, id, channel: channel.clone(), entry };
        row.put(commit, DeliveryState::Queued, 0, Some(now), now, None);
    }
}

/// Which dead letters are tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    All,
    /// One message, on all channels that gave it up.
    Message(MessageId),
    /// All messages of one channel.
    Channel(ChannelId),
}

impl Which {
    fn means(&self, id: MessageId, channel: &ChannelId) -> bool {
        match self {
            Self::All => true,
            Self::Message(wanted) => *wanted == id,
            Self::Channel(wanted) => wanted == channel,
        }
    }
}

/// Puts dead letters back into the outbox, due at once and with their attempts forgotten. Returns
/// how many there were.
///
/// # Errors
/// What was put back before an error stays so; calling again goes on.
pub async fn retry(store: &Store, which: &Which, now: Timestamp) -> Result<usize, CommitError> {
    let mut count = 0;
    let mut range = Range::<tables::DeadLetters>::all();
    loop {
        let rows = store.page(range, PAGE)?;
        let Some(last) = rows.last().map(|(key, _)| key.clone()) else { return Ok(count) };
        let mut commit = Commit::default();
        for (key, entry) in rows.iter().filter(|((_, id, channel), _)| which.means(*id, channel)) {
            let (_, id, channel) = key.clone();
            commit.delete::<tables::DeadLetters>(key);
            let entry = OutboxEntry { attempts: 0, ..entry.clone() };
            commit.put::<tables::Outbox>(&(now, id, channel.clone()), &entry);
            let row = Row { due: now, id, channel, entry };
            let note = Some("put back by hand");
            row.put(&mut commit, DeliveryState::Queued, 0, Some(now), now, note);
            count += 1;
        }
        if !commit.is_empty() {
            store.commit(commit).await?;
        }
        range = Range::<tables::DeadLetters>::all().after(&last);
    }
}

/// The digest of a message, or the alert.
pub(super) fn kind(message: &MessageRef) -> &'static str {
    match message {
        MessageRef::Alert(_) => "alert",
        MessageRef::Digest { .. } => "digest",
    }
}
