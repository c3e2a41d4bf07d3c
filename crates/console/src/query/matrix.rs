//! Country, layer and vendor, and who watches: what is *not* watched is what it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use model::{Facet, SourceId, Timestamp};
use store::tables::{ByTag, Items};
use store::{Range, Store};

use super::sight::sight;
use super::sources::states;
use super::{Vendor, walk};
use crate::rows::{Brought, MatrixGap, MatrixRow, Sight};
use crate::{Error, SourceInfo};

/// Items of one vendor that are looked at, the newest first: enough to know who brings it.
const ITEMS_OF_VENDOR: usize = 20_000;

/// A layer, and a source that brought the vendor in it.
type Cell = (String, String);

/// One row for each country that a source is configured for (`null`: sources of no country) and
/// each vendor in its usual layers and in those that it was seen in since `since`.
///
/// # Errors
/// When the store fails.
pub fn matrix(
    store: &Store,
    vendors: &[Vendor],
    configured: &[SourceInfo],
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<MatrixRow>, Error> {
    let mut watching: BTreeMap<Option<&str>, Vec<SourceId>> = BTreeMap::new();
    let mut blind: BTreeMap<Option<&str>, Vec<SourceId>> = BTreeMap::new();
    let mut country_of: BTreeMap<SourceId, Option<&str>> = BTreeMap::new();
    for (id, (info, state)) in states(store, configured)? {
        let Some(info) = info else { continue };
        let country = info.country.as_deref();
        watching.entry(country).or_default();
        country_of.insert(id.clone(), country);
        match sight(Some(info), &state, now) {
            Sight::Watched | Sight::Failing | Sight::Late | Sight::Gap => {
                watching.entry(country).or_default().push(id)
            }
            Sight::Blind | Sight::Pending => blind.entry(country).or_default().push(id),
            Sight::Off | Sight::Retired => {}
        }
    }
    let mut rows = Vec::new();
    for vendor in vendors {
        let brought = brought(store, vendor, since)?;
        let layers: BTreeSet<&str> = vendor
            .usual_layers
            .iter()
            .chain(brought.keys().map(|(layer, _)| layer))
            .map(String::as_str)
            .collect();
        for layer in layers {
            for (country, watching) in &watching {
                let blind = blind.get(country).cloned().unwrap_or_default();
                let of = |source: &str| {
                    let source = source.parse::<SourceId>().ok();
                    source.and_then(|id| country_of.get(&id).copied()) == Some(*country)
                };
                let brought: Vec<Brought> = brought
                    .iter()
                    .filter(|((known, source), _)| known == layer && of(source))
                    .map(|(_, brought)| brought.clone())
                    .collect();
                rows.push(MatrixRow {
                    country: country.map(str::to_owned),
                    layer: layer.to_owned(),
                    vendor: vendor.id.clone(),
                    usual: vendor.usual_layers.iter().any(|usual| usual == layer),
                    gap: gap(watching, &blind, &brought),
                    watching: watching.clone(),
                    blind,
                    brought,
                });
            }
        }
    }
    rows.sort_by(|a, b| (&a.country, &a.layer, &a.vendor).cmp(&(&b.country, &b.layer, &b.vendor)));
    Ok(rows)
}

fn gap(watching: &[SourceId], blind: &[SourceId], brought: &[Brought]) -> Option<MatrixGap> {
    match (watching, blind, brought) {
        ([], [], _) => Some(MatrixGap::NoSource),
        ([], _, _) => Some(MatrixGap::Blind),
        (_, _, []) => Some(MatrixGap::Silent),
        _ => None,
    }
}

/// Which sources brought items of a vendor, by layer and source.
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
        let layers: BTreeSet<&str> = item
            .tags
            .iter()
            .filter(|tag| tag.facet == Facet::Layer)
            .map(|tag| tag.id.as_str())
            .collect();
        for layer in layers {
            let cell = cells
                .entry((layer.to_owned(), item.source.to_string()))
                .or_insert_with(|| Brought { source: item.source.clone(), items: 0, last: *at });
            cell.items += 1;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(cells)
}
