//! Alerts.

use std::ops::ControlFlow;

use model::{AlertId, MessageId, Timestamp};
use store::tables::{Alerts, AlertsByTime, Deliveries, Items};
use store::{Range, Store};

use super::{AlertsQuery, params, walk};
use crate::Error;
use crate::rows::{AlertDetail, AlertRow, DeliveryRow, Outlet};

/// The alerts that match, newest first.
///
/// # Errors
/// [`Error::Invalid`] for a limit that is out of bounds.
pub fn alerts(store: &Store, query: &AlertsQuery) -> Result<Vec<AlertRow>, Error> {
    let limit = params::limit(query.limit)?;
    let from = query.since.unwrap_or(Timestamp::EPOCH);
    let range = || Range::<AlertsByTime>::since(&from).newest_first();
    let mut rows = Vec::new();
    walk(store, range, |(_, id), ()| {
        let found = store.get::<Alerts>(id)?.filter(|alert| {
            query.rule.as_ref().is_none_or(|rule| alert.rule == *rule)
                && query.held.is_none_or(|held| alert.held.is_some() == held)
        });
        rows.extend(found.map(AlertRow::from));
        Ok(if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(rows)
}

/// One alert with its deliveries and the further outlets of its story.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub fn alert(store: &Store, id: AlertId) -> Result<AlertDetail, Error> {
    let found = store
        .get::<Alerts>(&id)?
        .ok_or_else(|| Error::NotFound(format!("there is no alert {id}")))?;
    let mut deliveries = Vec::new();
    walk(
        store,
        || Range::<Deliveries>::prefix(&MessageId::from(id)),
        |(message, _), delivery| {
            deliveries.push(DeliveryRow::new(*message, delivery));
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let mut outlets = Vec::new();
    for item in &found.further {
        outlets.extend(store.get::<Items>(item)?.map(|item| Outlet {
            item: item.id,
            source: item.source,
            title: item.title,
            url: item.url,
            published: item.published,
            fetched: item.fetched,
        }));
    }
    Ok(AlertDetail { alert: found.into(), deliveries, outlets })
}
