//! One message on one channel: written down, sent, and written down again (sled.md 5.4).

use std::time::Duration;

use model::{Alert, ChannelId, DeliveryState, MessageRef, Timestamp};
use store::{Commit, CommitError, StoreError, Version, tables};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::backoff::{MAX_ATTEMPTS, NOT_READY, wait};
use super::email::EmailNotifier;
use super::file::FileNotifier;
use super::message::{Further, Message};
use super::notifier::{Notifier, SendError};
use super::queue::{Row, kind};
use super::webhook::WebhookNotifier;
use super::{Deliverer, Setup};
use crate::{Channel, ChannelKind, digest};

/// Between two tries to write an outcome down while the disk is full: until then the message is
/// not sent again, for nobody would know.
const FULL_PAUSE: Duration = Duration::from_secs(30);
/// Further outlets looked up for one alert.
const FURTHER: usize = 512;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Delivered,
    Retry,
    Dead,
    /// Somebody else dealt with it meanwhile, or the stop came first.
    Left,
}

/// The notifier of a channel.
pub(super) fn notifier(
    deliverer: &Deliverer,
    setup: &Setup,
    channel: &Channel,
) -> Result<Box<dyn Notifier>, SendError> {
    Ok(match &channel.kind {
        ChannelKind::File { path } => Box::new(FileNotifier::new(&setup.settings.data, path)?),
        ChannelKind::Webhook { url, secret } => Box::new(WebhookNotifier::new(
            setup.fetcher.clone(),
            url.clone(),
            secret.as_ref(),
            deliverer.clock().clone(),
        )?),
        ChannelKind::Email(settings) => Box::new(EmailNotifier::new(settings, &channel.id)?),
    })
}

/// Takes one due row as far as it gets.
pub(super) async fn attempt(
    deliverer: &Deliverer,
    setup: &Setup,
    row: &Row,
    stop: &CancellationToken,
) -> Result<Ended, StoreError> {
    let store = deliverer.store();
    let version = row.version(store)?;
    if version == Version::ABSENT {
        return Ok(Ended::Left);
    }
    let sent = match prepare(deliverer, setup, row).await? {
        Err(error) => Err(error),
        Ok((notifier, message)) => {
            let begun = row.sending(version, deliverer.now());
            if notifier.knows_repetitions() {
                // A repetition would do no harm, so the note need not come first.
                let (begun, sent) = tokio::join!(store.commit(begun), notifier.send(&message));
                note_beginning(begun)?;
                sent
            } else {
                if note_beginning(store.commit(begun).await)? == Begun::Gone {
                    return Ok(Ended::Left);
                }
                notifier.send(&message).await
            }
        }
    };
    let (ended, outcome) = judge(deliverer, row, version, &sent);
    if !write(deliverer, outcome, stop).await? {
        return Ok(Ended::Left);
    }
    tell(row, ended, &sent);
    Ok(ended)
}

#[derive(PartialEq, Eq)]
enum Begun {
    Noted,
    Gone,
}

/// A full disk does not keep an alert from its readers: only the note is missing then.
fn note_beginning(result: Result<store::Seq, CommitError>) -> Result<Begun, StoreError> {
    match result {
        Ok(_) | Err(CommitError::Full { .. }) => Ok(Begun::Noted),
        Err(CommitError::Conflict { .. }) => Ok(Begun::Gone),
        Err(error) => Err(fatal(error)),
    }
}

fn fatal(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        other => StoreError::Read { reason: other.to_string() },
    }
}

/// The commit that follows from what became of an attempt.
fn judge(
    deliverer: &Deliverer,
    row: &Row,
    version: Version,
    sent: &Result<String, SendError>,
) -> (Ended, Commit) {
    let now = deliverer.now();
    let attempts = row.entry.attempts.saturating_add(1);
    let book = deliverer.book();
    let reason = match sent {
        Ok(receipt) => {
            book.succeeded(&row.channel, now);
            return (Ended::Delivered, row.delivered(version, receipt, now));
        }
        Err(error) => error.to_string(),
    };
    let dead = match sent {
        Err(SendError::Permanent { .. }) => true,
        Err(SendError::Temporary { .. }) => attempts >= MAX_ATTEMPTS,
        _ => false,
    };
    book.failed(&row.channel, now, &reason, dead);
    match sent {
        _ if dead => (Ended::Dead, row.dead(version, attempts, &reason, now)),
        Err(SendError::Temporary { retry_after, .. }) => {
            let due = now.after(wait(attempts, *retry_after));
            (Ended::Retry, row.retry(version, attempts, due, &reason, now))
        }
        _ => {
            let due = now.after(NOT_READY);
            (Ended::Retry, row.retry(version, row.entry.attempts, due, &reason, now))
        }
    }
}

/// Writes an outcome down, however long the disk is full. `false`: it was not, for somebody else
/// dealt with the row, or the stop came first.
async fn write(
    deliverer: &Deliverer,
    outcome: Commit,
    stop: &CancellationToken,
) -> Result<bool, StoreError> {
    loop {
        match deliverer.store().commit(outcome.clone()).await {
            Ok(_) => return Ok(true),
            Err(CommitError::Conflict { .. }) => return Ok(false),
            Err(full @ CommitError::Full { .. }) => {
                error!("a delivery cannot be written down: {full}");
                tokio::select! {
                    () = stop.cancelled() => return Ok(false),
                    () = tokio::time::sleep(FULL_PAUSE) => {}
                }
            }
            Err(error) => return Err(fatal(error)),
        }
    }
}

fn tell(row: &Row, ended: Ended, sent: &Result<String, SendError>) {
    let (kind, id, channel) = (kind(&row.entry.message), row.id, &row.channel);
    let attempt = row.entry.attempts.saturating_add(1);
    match sent {
        Ok(_) => {
            info!(message.id = %id, channel.id = %channel, attempt, "delivered {kind} {id} to `{channel}`")
        }
        Err(error) if ended == Ended::Dead => error!(
            message.id = %id, channel.id = %channel, attempt, error = %error,
            "gave up {kind} {id} for `{channel}`: {error}; `stackwatch deliveries retry` puts it back"
        ),
        Err(error) => warn!(
            message.id = %id, channel.id = %channel, attempt, error = %error,
            "{kind} {id} did not reach `{channel}`, it is tried again: {error}"
        ),
    }
}

type Prepared = Result<(Box<dyn Notifier>, Message), SendError>;

async fn prepare(deliverer: &Deliverer, setup: &Setup, row: &Row) -> Result<Prepared, StoreError> {
    let channels = &setup.settings.channels;
    let Some(channel) = channels.iter().find(|channel| channel.id == row.channel) else {
        return Ok(Err(gone(&row.channel)));
    };
    let notifier = match notifier(deliverer, setup, channel) {
        Ok(notifier) => notifier,
        Err(error) => return Ok(Err(error)),
    };
    let (deliverer, setup, row) = (deliverer.clone(), setup.clone(), row.clone());
    let message = super::blocking(move || message(&deliverer, &setup, &row)).await?;
    Ok(message.map(|message| (notifier, message)))
}

fn gone(channel: &ChannelId) -> SendError {
    SendError::permanent(format!("channel `{channel}` is no longer configured"))
}

/// What the row stands for, as it is told now.
fn message(
    deliverer: &Deliverer,
    setup: &Setup,
    row: &Row,
) -> Result<Result<Message, SendError>, StoreError> {
    let store = deliverer.store();
    let settings = &setup.settings;
    let mut message = match &row.entry.message {
        MessageRef::Alert(id) => {
            let Some(alert) = store.get::<tables::Alerts>(id)? else {
                return Ok(Err(SendError::permanent(format!("alert {id} is not stored"))));
            };
            let further = further(deliverer, setup, &alert)?;
            Message::alert(&alert, &further, &settings.timezone)
        }
        MessageRef::Digest { digest: id, end } => {
            let configured = settings.digests.iter().find(|digest| digest.id == *id);
            let run = store.get::<tables::DigestRuns>(&(id.clone(), *end))?;
            let (Some(configured), Some(run)) = (configured, run) else {
                let reason = format!("digest `{id}` is no longer configured");
                return Ok(Err(SendError::permanent(reason)));
            };
            let period = digest::Period { start: run.start, end: run.end };
            let built = digest::build(store, settings, configured, period)?;
            Message::digest(&built, configured, run.made)
        }
    };
    message.possibly_repeated = row.was_sending(store)?;
    Ok(Ok(message))
}

fn further(
    deliverer: &Deliverer,
    setup: &Setup,
    alert: &Alert,
) -> Result<Vec<Further>, StoreError> {
    let mut outlets = Vec::new();
    for id in alert.further.iter().take(FURTHER) {
        if let Some(item) = deliverer.store().get::<tables::Items>(id)? {
            let source = setup.settings.source(&item.source);
            let name = source.map_or(item.source.as_str(), |source| &source.name);
            let (title, url) = (item.title, item.url);
            outlets.push(Further { source: name.to_owned(), title, url });
        }
    }
    Ok(outlets)
}

/// Sends a message outside the outbox: a trial, a digest by hand.
pub(super) async fn send_now(
    deliverer: &Deliverer,
    setup: &Setup,
    channel: &Channel,
    message: &Message,
) -> Result<String, SendError> {
    let sent = notifier(deliverer, setup, channel)?.send(message).await;
    let now: Timestamp = deliverer.now();
    match &sent {
        Ok(_) => deliverer.book().succeeded(&channel.id, now),
        Err(error) => {
            deliverer.book().failed(&channel.id, now, &error.to_string(), false);
        }
    }
    sent
}

/// How a state reads in a list.
pub fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued => "queued",
        DeliveryState::Sending => "sending",
        DeliveryState::Retry => "retry",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "dead",
    }
}
