//! Sources: the catalogue with what is known of each.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use model::{Health, SourceId, SourceState, SubscriptionState};
use store::tables::Subscriptions;
use store::{Range, Store};

use super::known::each_by_id;
use super::walk;
use crate::Error;
use crate::rows::{SourceRow, WebSubRow};
use crate::settings::SourceInfo;

/// All configured sources, and those that left the configuration (`retired`), by id.
///
/// # Errors
/// When the store fails.
pub fn sources(store: &Store, configured: &[SourceInfo]) -> Result<Vec<SourceRow>, Error> {
    let mut rows = Vec::new();
    each_source(store, configured, |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

/// [`sources`] one by one, for whoever does not need them all at once.
///
/// # Errors
/// When the store fails, or `each` does.
pub fn each_source(
    store: &Store,
    configured: &[SourceInfo],
    mut each: impl FnMut(SourceRow) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut subscribed = subscribed(store)?;
    each_by_id(store, configured, |(id, info, state)| {
        let websub = subscribed.remove(&id);
        each(SourceRow { websub, ..row(id, info, state) })
    })
}

/// How each source stands with its hub; of several subscriptions the one that is wanted.
fn subscribed(store: &Store) -> Result<BTreeMap<SourceId, WebSubRow>, Error> {
    let mut rows = BTreeMap::new();
    walk(store, Range::<Subscriptions>::all, |(source, _), row| {
        if row.state != SubscriptionState::Leaving || !rows.contains_key(source) {
            rows.insert(source.clone(), WebSubRow::new(row));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// How many subscriptions at hubs there are in each state, those that are being left included.
pub fn subscriptions(store: &Store) -> Result<BTreeMap<SubscriptionState, u64>, Error> {
    let mut states = BTreeMap::new();
    walk(store, Range::<Subscriptions>::all, |_, row| {
        *states.entry(row.state).or_default() += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(states)
}

fn row(id: SourceId, info: Option<&SourceInfo>, state: SourceState) -> SourceRow {
    let said = |of: fn(&SourceInfo) -> &Option<Arc<str>>| {
        info.and_then(|info| of(info).as_deref().map(str::to_owned))
    };
    let off = said(|info| &info.off);
    let health = match info {
        None => Health::Retired,
        Some(_) if off.is_some() => Health::Off,
        Some(_) => state.health,
    };
    let polled = matches!(info, Some(info) if info.off.is_none());
    SourceRow {
        id,
        name: info.map(|info| info.name.to_string()),
        url: info.map(|info| info.url.to_string()),
        connector: info.map(|info| info.connector.to_owned()),
        every_secs: info.map(|info| info.every.as_secs()),
        category: said(|info| &info.category),
        country: said(|info| &info.country),
        lang: said(|info| &info.lang),
        off,
        robots_ignored: said(|info| &info.robots_ignored),
        health,
        health_since: state.health_since.filter(|_| health == state.health),
        last_attempt: state.last_attempt,
        last_success: state.last_success,
        outcome: state.last_outcome,
        error: state.error,
        failures: state.failures,
        polls: state.polls,
        possible_gap: state.memory.gap,
        next_due: Some(state.next_due).filter(|_| polled && state.polls > 0),
        websub: None,
    }
}
