//! Questions to the store: pure reads, used by the router and, when no daemon runs, by the
//! command line itself. All of them block: call them from a thread that may.

mod alerts;
mod coverage;
mod deliveries;
mod items;
mod known;
mod matrix;
mod params;
mod quarantine;
mod sight;
mod sources;
mod status;
mod vendor;

use std::ops::ControlFlow;

use store::{Range, Store, Table};

use crate::Error;

pub use self::alerts::{alert, alerts};
pub(crate) use self::coverage::each_sight;
pub use self::coverage::{coverage, each_coverage, outages};
pub use self::deliveries::deliveries;
pub use self::items::{item, items};
pub use self::matrix::matrix;
pub use self::params::{
    AlertsQuery, CoverageQuery, DEFAULT_LIMIT, DeliveriesQuery, ItemsQuery, MAX_LIMIT, MatrixQuery,
    QuarantineQuery, query_string,
};
pub use self::quarantine::{quarantine, quarantined};
pub use self::sources::{each_source, sources, subscriptions};
pub use self::status::status;
pub use self::vendor::{Vendor, vendor};

/// Rows that are read at once.
const PAGE: usize = 200;
/// Rows that one question looks at; a question that needs more has to be narrower.
const MAX_SCANNED: usize = 2_000_000;

/// Shows the rows of a range to `each`, page by page, until it breaks. `range` makes the same range
/// each time that it is called.
///
/// For tables whose values are whole: there a page is short only at the end.
fn walk<T: Table>(
    store: &Store,
    range: impl Fn() -> Range<T>,
    mut each: impl FnMut(&T::Key, T::Value) -> Result<ControlFlow<()>, Error>,
) -> Result<(), Error> {
    let mut scanned = 0;
    let mut rest = range();
    loop {
        let page = store.page(rest, PAGE)?;
        let full = page.len() == PAGE;
        scanned += page.len();
        let mut last = None;
        for (key, value) in page {
            if each(&key, value)?.is_break() {
                return Ok(());
            }
            last = Some(key);
        }
        match last {
            Some(key) if full => rest = range().after(&key),
            _ => return Ok(()),
        }
        if scanned >= MAX_SCANNED {
            return Err(Error::Invalid(format!(
                "{MAX_SCANNED} rows were looked at without an end: narrow the question by time"
            )));
        }
    }
}

/// How many rows a range has.
fn count<T: Table>(store: &Store, range: impl Fn() -> Range<T>) -> Result<u64, Error> {
    let mut rows = 0;
    walk(store, range, |_, _| {
        rows += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}
