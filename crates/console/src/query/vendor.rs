//! What is known about one vendor.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use model::{Detail, Facet, Item, Tag};
use store::tables::{ByTag, Items};
use store::{Range, Store};

use super::items::detail_of;
use super::{MAX_LIMIT, walk};
use crate::rows::{ListingRow, NoticeRow, VendorListing, VendorNotice, VendorRow};
use crate::{Error, SourceInfo, lookup};

/// Notices that are shown.
const NOTICES: usize = 100;

/// A vendor of the watchlists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    pub id: String,
    pub label: String,
    pub usual_layers: Vec<String>,
}

/// On which lists a vendor stands, what it supplies, and in which layers it was seen.
///
/// # Errors
/// When the store fails.
pub fn vendor(store: &Store, vendor: &Vendor, sources: &[SourceInfo]) -> Result<VendorRow, Error> {
    let mut row = VendorRow {
        id: vendor.id.clone(),
        label: vendor.label.clone(),
        usual_layers: vendor.usual_layers.clone(),
        listings: Vec::new(),
        notices: Vec::new(),
        items: 0,
        last_seen: None,
        layers: BTreeMap::new(),
    };
    let range = || Range::<ByTag>::prefix(&(Facet::Vendor, vendor.id.clone())).newest_first();
    walk(store, range, |key, ()| {
        let Some(item) = store.get::<Items>(&key.3)? else { return Ok(ControlFlow::Continue(())) };
        row.items += 1;
        row.last_seen = row.last_seen.or(Some(item.fetched));
        for layer in layers(&item.tags) {
            *row.layers.entry(layer).or_default() += 1;
        }
        match detail_of(store, &item)? {
            Some(Detail::Listing(listing)) => {
                row.listings.push(listed(item, listing.into(), &vendor.id, sources));
            }
            Some(Detail::Notice(procurement)) if row.notices.len() < NOTICES => {
                row.notices.push(named(item, procurement.notice.into(), &vendor.id));
            }
            _ => {}
        }
        Ok(if row.items < MAX_LIMIT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    row.listings.sort_by(|a, b| {
        let key = |of: &VendorListing| (of.listing.gone, of.listing.designation.list.clone());
        key(a)
            .cmp(&key(b))
            .then_with(|| a.listing.designation.name.cmp(&b.listing.designation.name))
    });
    Ok(row)
}

fn layers(tags: &[Tag]) -> Vec<String> {
    let of = tags.iter().filter(|tag| tag.facet == Facet::Layer);
    let mut layers: Vec<String> = of.map(|tag| tag.id.clone()).collect();
    layers.dedup();
    layers
}

fn tags_of<'i>(item: &'i Item, vendor: &str) -> impl Iterator<Item = &'i Tag> {
    item.tags.iter().filter(move |tag| tag.facet == Facet::Vendor && tag.id == vendor)
}

fn listed(item: Item, listing: ListingRow, vendor: &str, sources: &[SourceInfo]) -> VendorListing {
    let source = lookup::source(sources, &item.source);
    let spans = tags_of(&item, vendor).flat_map(|tag| &tag.spans);
    let mut words: Vec<String> = spans.map(|span| span.text.clone()).collect();
    words.dedup();
    words.truncate(5);
    VendorListing {
        item: item.id,
        source_name: source
            .map_or_else(|| item.source.to_string(), |source| source.name.to_string()),
        terms: source.and_then(|source| source.terms.as_deref().map(str::to_owned)),
        licence: source.and_then(|source| source.licence.as_deref().map(str::to_owned)),
        rules: tags_of(&item, vendor).map(|tag| tag.rule.clone()).collect(),
        words,
        seen: item.fetched,
        source: item.source,
        listing,
    }
}

fn named(item: Item, notice: NoticeRow, vendor: &str) -> VendorNotice {
    let is_supplier = |words: &str| notice.suppliers.iter().any(|name| name.contains(words));
    let supplies =
        tags_of(&item, vendor).flat_map(|tag| &tag.spans).any(|span| is_supplier(&span.text));
    VendorNotice {
        item: item.id,
        supplies,
        source: item.source,
        title: item.title,
        url: item.url,
        published: item.published,
        notice,
    }
}
