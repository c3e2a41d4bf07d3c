//! Deliveries.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use store::tables::Deliveries;
use store::{Range, Store};

use super::{DeliveriesQuery, params, walk};
use crate::Error;
use crate::rows::DeliveryRow;

/// The deliveries that match, the latest change first.
///
/// # Errors
/// [`Error::Invalid`] for a limit that is out of bounds.
pub fn deliveries(store: &Store, query: &DeliveriesQuery) -> Result<Vec<DeliveryRow>, Error> {
    let limit = params::limit(query.limit)?;
    let latest = |rows: &mut Vec<DeliveryRow>| {
        rows.sort_by_key(|row| (Reverse(row.at), row.message, row.channel.clone()));
        rows.truncate(limit);
    };
    let mut rows = Vec::new();
    walk(store, Range::<Deliveries>::all, |(message, _), delivery| {
        if query.state.is_none_or(|state| delivery.state == state)
            && query.channel.as_ref().is_none_or(|channel| delivery.channel == *channel)
        {
            rows.push(DeliveryRow::new(*message, delivery));
            // They lie in no order of time: all are seen, few are kept.
            if rows.len() >= 2 * limit + 1_000 {
                latest(&mut rows);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    latest(&mut rows);
    Ok(rows)
}
