//! Keeps subscriptions alive: asks hubs when it is time, leaves those that are no longer wanted.

use std::time::Duration;

use model::{HubMode, Subscription, SubscriptionState, Timestamp};
use store::{Commit, CommitError, Range, StoreError, tables};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::subscription::{Action, Event, step};
use super::{Key, Wishes, hub, is_live, note};
use crate::Context;
use crate::run::chain;

/// Hubs that are asked at the same time.
const ASKING: usize = 4;
/// The rows are looked at again at least this often, and at most so often when the store changes.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
const SHORTEST_SLEEP: Duration = Duration::from_millis(500);
/// Rows read at once.
const PAGE: usize = 500;
/// Tries to write a row that others write as well.
const TRIES: usize = 8;

/// Asks hubs for what sources offer, renews leases, and leaves, until `stop`.
///
/// # Errors
/// Only when the store fails: the process has to stop then.
pub async fn keep(
    mut contexts: watch::Receiver<Context>,
    wishes: Wishes,
    stop: CancellationToken,
) -> Result<(), StoreError> {
    let mut changes = contexts.borrow().store.subscribe();
    let mut asking = JoinSet::new();
    loop {
        let cx = contexts.borrow_and_update().clone();
        changes.borrow_and_update();
        while let Some(asked) = asking.try_join_next() {
            ended(asked)?;
        }
        let next = look(&cx, &wishes, &mut asking).await?;
        let sleep = next.since(cx.clock.now()).clamp(SHORTEST_SLEEP, LONGEST_SLEEP);
        // The store changes all the time; looking costs one walk over few rows.
        let pause = tokio::time::sleep(SHORTEST_SLEEP);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = pause => {}
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            Some(asked) = asking.join_next() => ended(asked)?,
            changed = contexts.changed() => if changed.is_err() { return Ok(()) },
            changed = changes.changed() => if changed.is_err() { return Ok(()) },
            () = tokio::time::sleep(sleep) => {}
        }
    }
}

fn ended(asked: Result<Result<(), StoreError>, tokio::task::JoinError>) -> Result<(), StoreError> {
    asked.unwrap_or_else(|panic| {
        // The row says when the hub is asked again.
        warn!(error = %panic, "a request to a hub panicked");
        Ok(())
    })
}

/// Does what is due, and says when something is due next.
pub(super) async fn look(
    cx: &Context,
    wishes: &Wishes,
    asking: &mut JoinSet<Result<(), StoreError>>,
) -> Result<Timestamp, StoreError> {
    let now = cx.clock.now();
    let mut next = now.after(LONGEST_SLEEP);
    let mut from: Option<Key> = None;
    loop {
        let range = match &from {
            Some(key) => Range::<tables::Subscriptions>::all().after(key),
            None => Range::<tables::Subscriptions>::all(),
        };
        let page = cx.store.page(range, PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(next) };
        from = Some(last.clone());
        for (key, row) in page {
            let row = match fate(cx, &key, &row) {
                Fate::Kept => row,
                Fate::Left => match change(cx, wishes, &key, &Event::Withdraw).await? {
                    Some((_, row)) => row,
                    None => continue,
                },
                Fate::Moved(public) => {
                    move_to(cx, &key, &row, &public).await?;
                    continue;
                }
            };
            let lapses = row.lease_until.filter(|_| is_told(&row));
            let at = lapses.into_iter().fold(row.due, Timestamp::min);
            if at > now {
                next = next.min(at);
            } else if asking.len() >= ASKING {
                next = now;
            } else if let Some((Action::Ask(mode), row)) =
                change(cx, wishes, &key, &Event::Due).await?
            {
                asking.spawn(ask(cx.clone(), wishes.clone(), key, row, mode));
            }
        }
    }
}

fn is_told(row: &Subscription) -> bool {
    matches!(row.state, SubscriptionState::Live | SubscriptionState::Silent)
}

/// What configuration says about a subscription.
enum Fate {
    Kept,
    /// Its source is off, gone, or wants to be polled only.
    Left,
    /// Callbacks are somewhere else now.
    Moved(String),
}

fn fate(cx: &Context, (source, _): &Key, row: &Subscription) -> Fate {
    if row.state == SubscriptionState::Leaving {
        return Fate::Kept;
    }
    let wanted = cx.settings.source(source).is_some_and(|s| s.off.is_none() && s.websub);
    match &cx.settings.websub {
        Some(websub) if wanted && websub.base() == row.public => Fate::Kept,
        Some(websub) if wanted => Fate::Moved(websub.base().to_owned()),
        _ => Fate::Left,
    }
}

/// The same hub and topic under a new callback; the old one is left.
async fn move_to(
    cx: &Context,
    key: &Key,
    row: &Subscription,
    public: &str,
) -> Result<(), StoreError> {
    let now = cx.clock.now();
    let read = cx.store.read::<tables::Subscriptions>(key)?;
    let made = note::new(&key.0, &row.hub, &row.topic, public, now);
    let (Some(mut left), Ok((new_key, new))) = (read.value, made) else { return Ok(()) };
    step(&mut left, &Event::Withdraw, now);
    let mut commit = Commit::default();
    commit.expect::<tables::Subscriptions>(key, read.version);
    commit.put::<tables::Subscriptions>(key, &left);
    commit.put::<tables::Subscriptions>(&new_key, &new);
    info!(source.id = %key.0, "`{}` is told at a new address: {public}", key.0);
    written(cx.store.commit(commit).await).map(drop)
}

/// Asks one hub and stores what came of it.
async fn ask(
    cx: Context,
    wishes: Wishes,
    key: Key,
    row: Subscription,
    mode: HubMode,
) -> Result<(), StoreError> {
    let source = &key.0;
    match hub::ask(&cx.fetcher, &key, &row, mode).await {
        Ok(()) => {
            debug!(source.id = %source, hub = row.hub, "the hub took `{mode}` for `{source}`");
            Ok(())
        }
        Err(refusal) => {
            let hub = model::one_line(&row.hub);
            warn!(
                source.id = %source, hub, error = refusal.error,
                "`{source}` is polled as usual, its hub did not take `{mode}`: {}", refusal.error
            );
            let hub::Refusal { error, refused, retry_after } = &refusal;
            let event = Event::Failed { error, refused: *refused, retry_after: *retry_after };
            change(&cx, &wishes, &key, &event).await.map(drop)
        }
    }
}

/// Takes one event to the store, and says what the row is now; `None`: there is no such row, or
/// the event changes nothing. A source that is no longer told of is polled soon.
pub(super) async fn change(
    cx: &Context,
    wishes: &Wishes,
    key: &Key,
    event: &Event<'_>,
) -> Result<Option<(Action, Subscription)>, StoreError> {
    for _ in 0..TRIES {
        let read = cx.store.read::<tables::Subscriptions>(key)?;
        let Some(mut row) = read.value else { return Ok(None) };
        let now = cx.clock.now();
        let (before, was_live) = (row.state, is_live(&row, now));
        let action = step(&mut row, event, now);
        let mut commit = Commit::default();
        commit.expect::<tables::Subscriptions>(key, read.version);
        match action {
            Action::Ignore => return Ok(None),
            Action::Store | Action::Ask(_) => commit.put::<tables::Subscriptions>(key, &row),
            Action::Forget => commit.delete::<tables::Subscriptions>(key),
        }
        match written(cx.store.commit(commit).await)? {
            Written::Moved => continue,
            Written::Not => return Ok(None),
            Written::Yes => {}
        }
        tell(key, before, &row, action);
        let told = action != Action::Forget && is_live(&row, now);
        let lost = before == SubscriptionState::Live && row.state != SubscriptionState::Live;
        if lost || was_live && !told {
            wishes.poll(&key.0);
        }
        return Ok(Some((action, row)));
    }
    Ok(None)
}

/// What became of a commit.
enum Written {
    Yes,
    /// Somebody else wrote the row meanwhile.
    Moved,
    /// It cannot be now (a full disk): it is tried again when the row is looked at again.
    Not,
}

fn written(result: Result<store::Seq, CommitError>) -> Result<Written, StoreError> {
    match result {
        Ok(_) => Ok(Written::Yes),
        Err(CommitError::Conflict { .. }) => Ok(Written::Moved),
        Err(CommitError::Store(error)) => Err(error),
        Err(error) => {
            warn!(error = chain(&error), "a subscription could not be written down");
            Ok(Written::Not)
        }
    }
}

fn tell((source, _): &Key, before: SubscriptionState, row: &Subscription, action: Action) {
    let (hub, state) = (model::one_line(&row.hub), row.state);
    if action == Action::Forget {
        info!(source.id = %source, hub, "the subscription of `{source}` to {hub} has ended");
    } else if before != state {
        let reason = row.error.as_deref().unwrap_or_default();
        info!(source.id = %source, hub, "the subscription of `{source}` to {hub} is {state} (was {before}) {reason}");
    }
}
