//! What switching it on or off means for what is stored: hubs that were not looked for are looked
//! for, and subscriptions that nobody can hear any more are dropped.

use connector::Connector;
use model::{Health, SourceState, SubscriptionState, Timestamp, Validators};
use store::{Commit, CommitError, Range, StoreError, tables};
use tracing::{info, warn};

use super::of_source;
use crate::run::chain;
use crate::{Context, Source};

/// Present while it is switched on.
const ON: &str = "websub";
/// Begins the row of a source that only wants to be polled while others are told.
const OPTED_OUT: &str = "websub/not/";
/// Sources of one commit, and subscriptions of one page.
const BATCH: usize = 200;
/// Tries to write a batch while its sources are polled.
const TRIES: usize = 8;

/// Brings what is stored in line with the configuration: at the start of the daemon, and whenever
/// it takes over another one, before sources are marked as off or back. `is_heard`: callbacks are
/// answered, so that hubs can still be left in good order.
///
/// # Errors
/// When the store fails.
pub async fn settle(cx: &Context, is_heard: bool) -> Result<(), StoreError> {
    match &cx.settings.websub {
        Some(_) => look_for_hubs(cx).await,
        None => {
            if !is_heard {
                drop_all(cx).await?;
            }
            let mut commit = Commit::default();
            if cx.store.get::<tables::Meta>(&ON.to_owned())?.is_some() {
                commit.delete::<tables::Meta>(&ON.to_owned());
            }
            write(cx, commit).await.map(drop)
        }
    }
}

/// Hubs verify that they are to stop, and nobody is there to say so: they go on until their leases
/// end, to an address that does not answer.
async fn drop_all(cx: &Context) -> Result<(), StoreError> {
    let (mut dropped, mut until) = (0_u32, None::<Timestamp>);
    loop {
        let page = cx.store.page(Range::<tables::Subscriptions>::all(), BATCH)?;
        let mut commit = Commit::default();
        for (key, row) in &page {
            commit.delete::<tables::Subscriptions>(key);
            until = until.max(row.lease_until);
            dropped += 1;
        }
        if page.is_empty() {
            break;
        }
        if !write(cx, commit).await? {
            // Said by `write`; the next start tries again.
            return Ok(());
        }
    }
    if let Some(until) = until {
        warn!(
            subscriptions = dropped,
            "{dropped} subscriptions at hubs are forgotten, for there is no `[websub]` any more: \
             the hubs go on calling the old address until their leases end, at the latest at \
             {until}"
        );
    } else if dropped > 0 {
        info!(
            subscriptions = dropped,
            "{dropped} subscriptions that no hub had taken are forgotten"
        );
    }
    Ok(())
}

/// A source whose document was last read when nobody cared for its hub is asked for the whole of it
/// once, and the document is read again: one that only says "not modified" would never name it.
async fn look_for_hubs(cx: &Context) -> Result<(), StoreError> {
    let is_new = cx.store.get::<tables::Meta>(&ON.to_owned())?.is_none();
    let feeds = cx.settings.sources.iter();
    let feeds: Vec<&Source> =
        feeds.filter(|source| matches!(source.connector, Connector::Feed(_))).collect();
    let mut asked = 0;
    for batch in feeds.chunks(BATCH) {
        let mut done = false;
        for _ in 0..TRIES {
            let (commit, count) = plan(cx, batch, is_new)?;
            if write(cx, commit).await? {
                (done, asked) = (true, asked + count);
                break;
            }
        }
        if !done {
            // What is left is looked for at the next start.
            return Ok(());
        }
    }
    if asked > 0 {
        info!(
            sources = asked,
            "{asked} feeds are asked for the whole of them once: do they name a hub?"
        );
    }
    let mut commit = Commit::default();
    if is_new {
        commit.put::<tables::Meta>(&ON.to_owned(), &b"on".to_vec());
    }
    write(cx, commit).await.map(drop)
}

/// What has to be written for some sources, and how many of them are asked anew.
fn plan(cx: &Context, batch: &[&Source], is_new: bool) -> Result<(Commit, u32), StoreError> {
    let (mut commit, mut count) = (Commit::default(), 0);
    for source in batch {
        let row = format!("{OPTED_OUT}{}", source.id);
        let was_out = cx.store.get::<tables::Meta>(&row)?.is_some();
        match (source.websub, was_out) {
            (false, false) => commit.put::<tables::Meta>(&row, &Vec::new()),
            (true, true) => commit.delete::<tables::Meta>(&row),
            _ => {}
        }
        if !source.websub || source.off.is_some() {
            continue;
        }
        let read = cx.store.read::<tables::Sources>(&source.id)?;
        let Some(state) = read.value else { continue };
        let was_away = matches!(state.health, Health::Off | Health::Retired);
        let may_lack = is_new || was_out || was_away;
        if !may_lack || is_read_anew(&state) || is_wanted(cx, source)? {
            continue;
        }
        let state = SourceState { validators: Validators::default(), body: None, ..state };
        commit.expect::<tables::Sources>(&source.id, read.version);
        commit.put::<tables::Sources>(&source.id, &state);
        count += 1;
    }
    Ok((commit, count))
}

/// The next answer is read whatever it is.
fn is_read_anew(state: &SourceState) -> bool {
    state.validators == Validators::default() && state.body.is_none()
}

fn is_wanted(cx: &Context, source: &Source) -> Result<bool, StoreError> {
    let rows = of_source(&cx.store, &source.id)?;
    Ok(rows.iter().any(|(_, row)| row.state != SubscriptionState::Leaving))
}

/// Whether it was written; a full disk or a conflict only costs time.
async fn write(cx: &Context, commit: Commit) -> Result<bool, StoreError> {
    if commit.is_empty() {
        return Ok(true);
    }
    match cx.store.commit(commit).await {
        Ok(_) => Ok(true),
        Err(CommitError::Conflict { .. }) => Ok(false),
        Err(CommitError::Store(error)) => Err(error),
        Err(error) => {
            warn!(error = chain(&error), "what `[websub]` changes could not be written down");
            Ok(false)
        }
    }
}
