//! Rows that follow from records: one place says which, for writing, checking and rebuilding.

use std::collections::BTreeSet;

use model::{Alert, Item};

use crate::tables::{AlertsByTime, BySource, ByTag, ByTime, Table, key};

/// The tables whose rows all follow from records.
pub(crate) const DERIVED: [u8; 4] = [ByTime::BYTE, ByTag::BYTE, BySource::BYTE, AlertsByTime::BYTE];

/// The index rows of an item. There is one per facet and id, however many rules found it.
pub(crate) fn of_item(item: &Item) -> BTreeSet<Vec<u8>> {
    let (at, id) = (item.fetched, item.id);
    let tags = item.tags.iter().map(|tag| key::<ByTag>(&(tag.facet, tag.id.clone(), at, id)));
    let mut rows: BTreeSet<Vec<u8>> = tags.collect();
    rows.insert(key::<ByTime>(&(at, id)));
    rows.insert(key::<BySource>(&(item.source.clone(), at, id)));
    rows
}

/// The index row of an alert.
pub(crate) fn of_alert(alert: &Alert) -> BTreeSet<Vec<u8>> {
    BTreeSet::from([key::<AlertsByTime>(&(alert.at, alert.id))])
}
