//! What a poll says about subscriptions: a hub is offered, or no longer; a hub was silent.

use connector::Connector;
use model::{Links, SourceId, Subscription, SubscriptionState, Timestamp};
use store::{Commit, CommitError, StoreError, tables};
use tracing::{info, warn};

use super::offer::{Offer, offer};
use super::subscription::{Action, Event, step};
use super::{Key, is_live, of_source, random};
use crate::decide::Report;
use crate::outcome::{Outcome, Transport};
use crate::run::chain;
use crate::{Context, Source};

/// Subscriptions of one source that are being left at the same time; a further one is forgotten at
/// once, and ends with its lease.
pub(super) const LEAVING: usize = 3;
/// Documents in a row without the hub or the topic before it is left: caches and balancers show
/// old and new ones in turn.
const ABSENCES: u8 = 3;
/// A hub that failed so often is given up for another one that the document offers.
const FAILURES: u32 = 3;

/// Whether a hub tells what is new at `source`, so that a poll is a safety net.
pub(crate) fn is_told(cx: &Context, source: &Source, now: Timestamp) -> Result<bool, StoreError> {
    if cx.settings.websub.is_none() || !source.websub {
        return Ok(false);
    }
    Ok(of_source(&cx.store, &source.id)?.iter().any(|(_, row)| is_live(row, now)))
}

/// The links that an outcome came with, where it shows a whole document.
fn links(outcome: &Outcome) -> Option<(Links, &Transport)> {
    match outcome {
        Outcome::Parsed { parsed, transport, .. } => {
            Some((transport.links.or(&parsed.links), transport))
        }
        // The same document once more: only its head says something.
        Outcome::Unchanged { transport, .. } if !transport.links.hubs.is_empty() => {
            Some((transport.links.clone(), transport))
        }
        _ => None,
    }
}

/// What a poll showed about hubs, before its outcome is consumed.
pub(crate) struct Shown {
    links: Option<(Links, Option<model::HttpUrl>)>,
    whole: bool,
}

impl Shown {
    pub(crate) fn by(outcome: &Outcome) -> Self {
        let links = links(outcome).map(|(links, transport)| (links, transport.moved.clone()));
        Self { links, whole: matches!(outcome, Outcome::Parsed { .. }) }
    }
}

/// Hears of a poll that was stored. What goes wrong here costs nothing but time: the next document
/// says it again.
pub(crate) async fn after_poll(cx: &Context, source: &Source, shown: Shown, report: &Report) {
    let may = source.websub && matches!(source.connector, Connector::Feed(_));
    let Some(websub) = cx.settings.websub.as_ref().filter(|_| may) else { return };
    match note(cx, source, websub.base(), shown, report).await {
        Ok(()) => {}
        Err(Trouble::Commit(CommitError::Conflict { .. })) => {}
        Err(error) => warn!(
            source.id = %source.id, error = chain(&error),
            "what `{}` says about its hub could not be noted", source.id
        ),
    }
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Random(#[from] random::NoRandomness),
}

async fn note(
    cx: &Context,
    source: &Source,
    public: &str,
    shown: Shown,
    report: &Report,
) -> Result<(), Trouble> {
    let now = cx.clock.now();
    let rows = of_source(&cx.store, &source.id)?;
    let current = rows.iter().find(|(_, row)| row.state != SubscriptionState::Leaving);
    let state = cx.store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
    let offered = shown.links.as_ref().and_then(|(links, moved)| {
        let may = |hub: &model::HttpUrl| cx.fetcher.may_ask(hub);
        // A redirect that was adopted is asked directly, and does not show any more.
        let moved = moved.clone().unwrap_or_else(|| source.address(&state));
        offer(links, &source.url, Some(&moved), may)
    });
    let Some((key, _)) = current else {
        if let Some(offered) = offered {
            info!(
                source.id = %source.id, hub = offered.hubs[0],
                "`{}` offers a hub: {}", source.id, model::one_line(&offered.hubs[0])
            );
            let mut commit = Commit::default();
            let (key, row) = new(&source.id, &offered.hubs[0], &offered.topic, public, now)?;
            commit.put::<tables::Subscriptions>(&key, &row);
            cx.store.commit(commit).await?;
        }
        return Ok(());
    };
    let read = cx.store.read::<tables::Subscriptions>(key)?;
    let Some(mut row) = read.value else { return Ok(()) };
    // Only a whole document can lack a hub, only what names one can show it.
    let same = offered.as_ref().map(|offered| is_same(&row, offered));
    let event = Event::Polled {
        missed: report.counts.new > 0,
        offered: same.or(shown.whole.then_some(false)),
    };
    let mut action = step(&mut row, &event, now);
    let mut commit = Commit::default();
    commit.expect::<tables::Subscriptions>(key, read.version);
    let next = replacement(&row, offered.as_ref());
    if row.absent >= ABSENCES || next.is_some() {
        step(&mut row, &Event::Withdraw, now);
        action = Action::Store;
        let fits = rows.len() <= LEAVING;
        // Never verified: there is nothing to leave.
        if row.lease_until.is_none() || !fits {
            action = Action::Forget;
        }
        let hub = next.or(offered.as_ref().map(|offered| offered.hubs[0].clone()));
        if let (Some(hub), Some(offered)) = (hub, &offered) {
            let (key, row) = new(&source.id, &hub, &offered.topic, public, now)?;
            commit.put::<tables::Subscriptions>(&key, &row);
        }
    }
    match action {
        Action::Forget => commit.delete::<tables::Subscriptions>(key),
        Action::Store | Action::Ask(_) => commit.put::<tables::Subscriptions>(key, &row),
        Action::Ignore => return Ok(()),
    }
    cx.store.commit(commit).await?;
    Ok(())
}

fn is_same(row: &Subscription, offered: &Offer) -> bool {
    row.topic == offered.topic && offered.hubs.contains(&row.hub)
}

/// The hub to go over to where the present one does not serve: the next one that is offered.
fn replacement(row: &Subscription, offered: Option<&Offer>) -> Option<String> {
    let offered = offered.filter(|offered| offered.hubs.len() > 1)?;
    let at = offered.hubs.iter().position(|hub| *hub == row.hub)?;
    let useless = match row.state {
        SubscriptionState::Denied | SubscriptionState::Silent => true,
        SubscriptionState::Wanted => row.failures >= FAILURES,
        SubscriptionState::Live | SubscriptionState::Leaving => false,
    };
    // Once around: where all of them fail, back-off is kept, and the first is waited for.
    let next = offered.hubs.get(at + 1).filter(|_| useless)?;
    Some(next.clone())
}

/// A subscription that is wanted from now on.
pub(super) fn new(
    source: &SourceId,
    hub: &str,
    topic: &str,
    public: &str,
    now: Timestamp,
) -> Result<(Key, Subscription), random::NoRandomness> {
    let row = Subscription {
        hub: hub.to_owned(),
        topic: topic.to_owned(),
        public: public.to_owned(),
        secret: random::secret()?,
        state: SubscriptionState::Wanted,
        since: now,
        asked: None,
        due: now,
        lease_until: None,
        failures: 0,
        error: None,
        absent: 0,
        missed: 0,
        pushes: 0,
        forged: 0,
        last_push: None,
    };
    Ok(((source.clone(), random::id()?), row))
}
