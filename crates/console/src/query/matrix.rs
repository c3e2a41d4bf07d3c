//! Country, layer and vendor, and who watches: what is *not* watched is what it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use model::{Detail, Facet, Item, SourceId, Timestamp};
use store::tables::{ByTag, Items};
use store::{Range, Store};

use super::items::detail_of;
use super::known::each_known;
use super::sight::sight;
use super::{MatrixQuery, Vendor, walk};
use crate::rows::{Brought, ByKind, Could, MatrixGap, MatrixRow, Sight};
use crate::{Error, SourceInfo};

/// Items of one vendor that are looked at, the newest first: enough to know who brings it.
const ITEMS_OF_VENDOR: usize = 20_000;

/// The sources of one country, or of none.
#[derive(Debug, Default)]
struct Watch {
    watching: Vec<SourceId>,
    blind: Vec<SourceId>,
    kinds: ByKind,
}

/// One row for each country that a source is configured for (`null`: sources of no country) and
/// each vendor in its usual layers and in those that it was seen in since `since`, as far as the
/// question wants them.
///
/// # Errors
/// When the store fails.
pub fn matrix(
    store: &Store,
    vendors: &[Vendor],
    configured: &[SourceInfo],
    (asked, since): (&MatrixQuery, Timestamp),
    now: Timestamp,
) -> Result<Vec<MatrixRow>, Error> {
    let watch = watch(store, configured, now)?;
    let country_of: BTreeMap<&SourceId, Option<&str>> =
        configured.iter().map(|info| (&info.id, info.country.as_deref())).collect();
    let international = watch.get(&None).map(|watch| watch.kinds).unwrap_or_default();
    let mut rows = Vec::new();
    for vendor in vendors.iter().filter(|vendor| asked.wants_vendor(&vendor.id)) {
        let brought = brought(store, vendor, since)?;
        let usual = vendor.usual_layers.iter().map(String::as_str);
        let seen = brought.keys().map(|cell| cell.layer.as_str());
        let layers: BTreeSet<&str> = usual.chain(seen).collect();
        for layer in layers.into_iter().filter(|layer| asked.wants_layer(layer)) {
            for (country, watch) in watch.iter().filter(|(of, _)| asked.wants_country(**of)) {
                let (own, foreign, any) = sums(&brought, layer, |cell| {
                    let of_source = country_of.get(&cell.source).copied();
                    if of_source == Some(*country) {
                        Some(Side::Own)
                    } else if of_source == Some(None) && cell.about.as_deref() == *country {
                        Some(Side::International)
                    } else if of_source == Some(None) && cell.about.is_none() {
                        Some(Side::Any)
                    } else {
                        None
                    }
                });
                let row = MatrixRow {
                    country: country.map(str::to_owned),
                    layer: layer.to_owned(),
                    vendor: vendor.id.clone(),
                    usual: vendor.usual_layers.iter().any(|usual| usual == layer),
                    gap: gap(watch, !own.is_empty() || !foreign.is_empty()),
                    watching: watch.watching.clone(),
                    blind: watch.blind.clone(),
                    brought: own,
                    could: Could { own: watch.kinds, international },
                    brought_for: foreign,
                    brought_by_any: any,
                };
                if !asked.unwatched || row.is_unwatched() {
                    rows.push(row);
                }
            }
        }
    }
    rows.sort_by(|a, b| (&a.country, &a.layer, &a.vendor).cmp(&(&b.country, &b.layer, &b.vendor)));
    Ok(rows)
}

/// Who watches, by country.
fn watch<'s>(
    store: &Store,
    configured: &'s [SourceInfo],
    now: Timestamp,
) -> Result<BTreeMap<Option<&'s str>, Watch>, Error> {
    let mut countries: BTreeMap<Option<&str>, Watch> = BTreeMap::new();
    each_known(store, configured, |(id, info, state)| {
        let Some(info) = info else { return };
        let watch = countries.entry(info.country.as_deref()).or_default();
        match sight(Some(info), &state, now) {
            // What fails is not known to be lost.
            Sight::Watched | Sight::Failing | Sight::Late | Sight::Gap => {
                watch.kinds.of(info.connector).watching += 1;
                watch.watching.push(id);
            }
            Sight::Blind | Sight::Pending => {
                watch.kinds.of(info.connector).blind += 1;
                watch.blind.push(id);
            }
            Sight::Off | Sight::Retired => {}
        }
    })?;
    for watch in countries.values_mut() {
        watch.watching.sort();
        watch.blind.sort();
    }
    Ok(countries)
}

fn gap(watch: &Watch, brought: bool) -> Option<MatrixGap> {
    match (watch.watching.as_slice(), watch.blind.as_slice()) {
        ([], []) => Some(MatrixGap::NoSource),
        ([], _) => Some(MatrixGap::Blind),
        _ if !brought => Some(MatrixGap::Silent),
        _ => None,
    }
}

/// Where an item of a vendor belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cell {
    layer: String,
    source: SourceId,
    /// The country that a notice names.
    about: Option<String>,
}

enum Side {
    Own,
    /// Of no country, about this one.
    International,
    /// Of no country, about none in particular.
    Any,
}

/// What was brought in a layer, by source: by sources of the country, for it by others, and by
/// those about no country in particular.
fn sums(
    brought: &BTreeMap<Cell, Brought>,
    layer: &str,
    side: impl Fn(&Cell) -> Option<Side>,
) -> (Vec<Brought>, Vec<Brought>, Vec<Brought>) {
    let (mut own, mut foreign, mut any) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (cell, one) in brought.iter().filter(|(cell, _)| cell.layer == layer) {
        let sums: &mut BTreeMap<&SourceId, Brought> = match side(cell) {
            Some(Side::Own) => &mut own,
            Some(Side::International) => &mut foreign,
            Some(Side::Any) => &mut any,
            None => continue,
        };
        let sum = sums.entry(&cell.source).or_insert_with(|| Brought { items: 0, ..one.clone() });
        sum.items += one.items;
        sum.last = sum.last.max(one.last);
    }
    let list = |sums: BTreeMap<&SourceId, Brought>| sums.into_values().collect();
    (list(own), list(foreign), list(any))
}

/// Which sources brought items of a vendor, by layer, source and the country that they name.
fn brought(
    store: &Store,
    vendor: &Vendor,
    since: Timestamp,
) -> Result<BTreeMap<Cell, Brought>, Error> {
    let mut cells: BTreeMap<Cell, Brought> = BTreeMap::new();
    let mut seen = 0;
    let range = || Range::<ByTag>::prefix(&(Facet::Vendor, vendor.id.clone())).newest_first();
    walk(store, range, |(_, _, at, id), ()| {
        seen += 1;
        if *at < since || seen > ITEMS_OF_VENDOR {
            return Ok(ControlFlow::Break(()));
        }
        let Some(item) = store.get::<Items>(id)? else { return Ok(ControlFlow::Continue(())) };
        let about = country_of_notice(store, &item)?;
        let tags = item.tags.iter().filter(|tag| tag.facet == Facet::Layer);
        let layers: BTreeSet<&str> = tags.map(|tag| tag.id.as_str()).collect();
        for layer in layers {
            let cell =
                Cell { layer: layer.to_owned(), source: item.source.clone(), about: about.clone() };
            let brought = cells.entry(cell).or_insert_with(|| Brought {
                source: item.source.clone(),
                items: 0,
                last: *at,
            });
            brought.items += 1;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(cells)
}

fn country_of_notice(store: &Store, item: &Item) -> Result<Option<String>, Error> {
    Ok(match detail_of(store, item)? {
        Some(Detail::Notice(procurement)) => procurement.notice.country,
        Some(Detail::Listing(_)) | None => None,
    })
}
