//! Today's watchlists on stored items: what would change, and the change itself.
//!
//! Batches of items in the order in which they were fetched, each one commit that expects the items
//! as they were read. How far it came is a row of the same commits, so that one that was killed goes
//! on where it stopped. The same rules over the same items change nothing.

mod difference;
mod mark;

use std::collections::HashMap;

use model::{Alert, AlertId, Detail, Facet, Item, ItemId, Kind, Tag, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Commit, CommitError, Range, Store, StoreError, Version, tables};
use tagger::{Tagger, Text};

use crate::alerting::{About, CLASS_NEW, Occasion, Raised, alert_ids};
use crate::record::{CLASSES, Taggable};
use crate::{Context, RunError};
use difference::Tally;
use mark::Mark;

pub use difference::{Change, Difference, Sample};

/// Items of one commit: long batches hold off all readers.
const BATCH: usize = 200;
/// How often a batch is planned again when an item has moved meanwhile (I7b).
const PLANS: u32 = 8;

/// Which items, and what is done about them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retag {
    /// Items fetched from then on; all without it.
    pub since: Option<Timestamp>,
    /// Nothing is changed.
    pub dry_run: bool,
    /// Alert rules look at every item that changes; without it nobody is told.
    pub alert: bool,
    /// Samples shown of each difference; at most 100.
    pub samples: Option<usize>,
    /// Only differences of these facets and ids are shown (`vendor:quectel`); all are applied.
    pub only: Option<String>,
}

/// What a retag changed, or would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Retagged {
    /// Version of the watchlists.
    pub version: String,
    /// Items that were looked at.
    pub items: u64,
    /// Items whose tags differ.
    pub changed: u64,
    /// Of those, items in which only rule, version, confidence or places of tags differ.
    pub restated: u64,
    /// Alerts put into the outbox, and held back (baseline or old).
    pub alerts: u32,
    pub held: u32,
    /// The oldest and newest time at which the items looked at were fetched.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// An earlier retag was cut off: this one went on behind the items fetched until then.
    pub resumed_at: Option<Timestamp>,
    /// What came and went, by facet and id; most items first.
    pub differences: Vec<Difference>,
}

/// Applies `tagger` to the stored items that `which` means.
///
/// # Errors
/// When the store fails or the disk is full; what was done so far stays, and the next call goes on
/// behind it.
pub async fn retag(cx: &Context, tagger: &Tagger, which: &Retag) -> Result<Retagged, RunError> {
    let mut tally = Tally::new(which);
    let mut mark = Mark::begin(&cx.store, tagger, which)?;
    tally.report.version = tagger.version().to_owned();
    tally.report.resumed_at = mark.resumed_at();
    loop {
        let batch = store_batch(cx, tagger, which, &mark).await?;
        let Some(last) = batch.last else { break };
        mark.advance(last);
        tally.add(tagger, batch);
    }
    if !which.dry_run {
        mark.end(&cx.store).await.map_err(refused)?;
    }
    Ok(tally.finish())
}

/// What was planned for one batch.
struct Batch {
    first: Option<Timestamp>,
    /// The key of the last item looked at; `None` behind the last one.
    last: Option<(Timestamp, ItemId)>,
    items: u64,
    /// Before and after.
    changed: Vec<(Item, Item)>,
    raised: Raised,
    commit: Commit,
}

async fn store_batch(
    cx: &Context,
    tagger: &Tagger,
    which: &Retag,
    mark: &Mark,
) -> Result<Batch, RunError> {
    for _ in 0..PLANS {
        let work = {
            let (cx, tagger, which, mark) =
                (cx.clone(), tagger.clone(), which.clone(), mark.clone());
            move || plan(&cx, &tagger, &which, &mark)
        };
        let mut batch = crate::run::blocking(work).await?;
        let commit = std::mem::take(&mut batch.commit);
        if which.dry_run || commit.is_empty() {
            return Ok(batch);
        }
        match cx.store.commit(commit).await {
            Ok(_) => return Ok(batch),
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(refused(error)),
        }
    }
    Err(RunError::Contended)
}

fn refused(error: CommitError) -> RunError {
    match error {
        CommitError::Full { .. } => RunError::Full,
        CommitError::Store(error) => error.into(),
        CommitError::Conflict { .. } => RunError::Contended,
        error @ (CommitError::Refused { .. } | CommitError::TooLarge { .. }) => {
            RunError::Refused(error)
        }
    }
}

fn plan(cx: &Context, tagger: &Tagger, which: &Retag, mark: &Mark) -> Result<Batch, StoreError> {
    let store = &cx.store;
    let range = match which.since {
        Some(since) => Range::<tables::ByTime>::since(&since),
        None => Range::all(),
    };
    let range = match mark.last() {
        Some(last) => range.after(&last),
        None => range,
    };
    let rows = store.page(range, BATCH)?;
    let mut batch = Batch {
        first: rows.first().map(|((at, _), ())| *at),
        last: rows.last().map(|(key, ())| *key),
        items: 0,
        changed: Vec::new(),
        raised: Raised::default(),
        commit: Commit::default(),
    };
    let mut expected = HashMap::new();
    for ((_, id), ()) in rows {
        let read = store.read::<tables::Items>(&id)?;
        let Some(before) = read.value else { continue };
        batch.items += 1;
        let tags = tags_today(store, tagger, &before)?;
        if tags == before.tags {
            continue;
        }
        let after = Item { tags, ..before.clone() };
        batch.commit.expect::<tables::Items>(&id, read.version);
        batch.commit.replace_item(&before, &after);
        if which.alert {
            alert(cx, tagger.version(), &after, &mut batch, &mut expected)?;
        }
        batch.changed.push((before, after));
    }
    // A batch that changes nothing is soon done again: only work is worth a mark.
    if let Some(last) = batch.last.filter(|_| !batch.commit.is_empty()) {
        mark.put(&mut batch.commit, last);
    }
    Ok(batch)
}

/// As ingest tags an item when it comes.
fn tags_today(store: &Store, tagger: &Tagger, item: &Item) -> Result<Vec<Tag>, StoreError> {
    let text = if item.text_bytes > 0 { store.text(item.id, item.revision)? } else { None };
    let detail = match item.kind {
        Kind::Article | Kind::Page => None,
        Kind::Notice | Kind::Listing => store.get::<tables::Details>(&item.id)?,
    };
    let detail = detail.as_deref().and_then(crate::record::read);
    let words = Text {
        title: item.title.as_deref(),
        summary: item.summary.as_deref(),
        text: text.as_deref(),
        lang: item.lang.as_deref(),
    };
    Ok(Taggable::stored(words, item.url.as_deref(), detail.as_ref()).tags(tagger))
}

/// The alerts that a changed item causes, with the stored ones of its story read and expected.
fn alert(
    cx: &Context,
    tagger_version: &str,
    item: &Item,
    batch: &mut Batch,
    expected: &mut HashMap<AlertId, Version>,
) -> Result<(), StoreError> {
    let (store, settings, now) = (&cx.store, &*cx.settings, cx.clock.now());
    let source = settings.source(&item.source);
    let about = match store.get::<tables::Details>(&item.id)?.as_deref().map(crate::record::read) {
        Some(Some(Detail::Listing(listing))) => {
            About::List { source: &item.source, version: tagger_version, change: listing.change }
        }
        _ => About::Story { class: CLASS_NEW, unless_told: &CLASSES[1..] },
    };
    let ids = alert_ids(&settings.alerts, item, about);
    let known = stored_alerts(store, ids, &mut batch.commit, expected)?;
    let occasion = Occasion {
        mention: None,
        rules: &settings.alerts,
        source_name: source.map_or(item.source.as_str(), |source| &source.name),
        category: source.and_then(|source| source.category.as_deref()),
        now,
        known: &known,
        about,
    };
    batch.raised.raise(&occasion, item, &mut batch.commit);
    Ok(())
}

fn stored_alerts(
    store: &Store,
    ids: Vec<AlertId>,
    commit: &mut Commit,
    expected: &mut HashMap<AlertId, Version>,
) -> Result<HashMap<AlertId, Alert>, StoreError> {
    let mut known = HashMap::new();
    for id in ids {
        let read = store.read::<tables::Alerts>(&id)?;
        if expected.insert(id, read.version).is_none() {
            commit.expect::<tables::Alerts>(&id, read.version);
        }
        known.extend(read.value.map(|alert| (id, alert)));
    }
    Ok(known)
}

/// `vendor:quectel,layer:data`, or an id or facet alone.
fn is_wanted(only: Option<&str>, facet: Facet, id: &str) -> bool {
    let Some(only) = only else { return true };
    only.split(',').map(str::trim).any(|want| match want.split_once(':') {
        Some((of, wanted)) => of == facet.as_str() && wanted == id,
        None => want == id || want == facet.as_str(),
    })
}

#[cfg(test)]
mod tests;
