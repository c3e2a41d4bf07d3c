//! What came and went, counted by facet and id, with samples.

use std::collections::{BTreeMap, BTreeSet};

use model::{Facet, Item, SourceId, Tag, Timestamp};
use serde::{Deserialize, Serialize};
use tagger::Tagger;

use super::{Batch, Retag, Retagged, is_wanted};

/// Samples shown where the question does not say, and at most.
const SAMPLES: usize = 5;
const MAX_SAMPLES: usize = 100;
/// Differences shown: amounts have an id for each sum.
const DIFFERENCES: usize = 1_000;

/// Whether a tag came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Added,
    Removed,
}

/// One id of one facet that came or went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub change: Change,
    pub facet: Facet,
    pub id: String,
    /// What people call it, where the watchlists still know it.
    pub label: Option<String>,
    /// Items in which it came or went.
    pub items: u64,
    pub samples: Vec<Sample>,
}

/// An item in which a tag came or went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub item: model::ItemId,
    pub source: SourceId,
    pub fetched: Timestamp,
    pub title: Option<String>,
    pub url: Option<String>,
    /// The rule, and the words that it found.
    pub rule: String,
    pub words: Vec<String>,
}

/// Counts over all batches.
pub(super) struct Tally {
    pub(super) report: Retagged,
    samples: usize,
    only: Option<String>,
    differences: BTreeMap<(Change, Facet, String), Difference>,
}

impl Tally {
    pub(super) fn new(which: &Retag) -> Self {
        Self {
            report: Retagged::default(),
            samples: which.samples.unwrap_or(SAMPLES).min(MAX_SAMPLES),
            only: which.only.clone(),
            differences: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, tagger: &Tagger, batch: Batch) {
        let report = &mut self.report;
        report.items += batch.items;
        report.changed += batch.changed.len() as u64;
        report.alerts += batch.raised.sent;
        report.held += batch.raised.held;
        report.to = batch.last.map(|(at, _)| at).or(report.to);
        report.from = report.from.or(batch.first);
        for (before, after) in &batch.changed {
            let (old, new) = (ids(&before.tags), ids(&after.tags));
            if old == new {
                self.report.restated += 1;
            }
            for (facet, id) in new.difference(&old) {
                self.count(tagger, Change::Added, *facet, id, after);
            }
            for (facet, id) in old.difference(&new) {
                self.count(tagger, Change::Removed, *facet, id, before);
            }
        }
    }

    fn count(&mut self, tagger: &Tagger, change: Change, facet: Facet, id: &str, item: &Item) {
        if !is_wanted(self.only.as_deref(), facet, id) {
            return;
        }
        let key = (change, facet, id.to_owned());
        let difference = self.differences.entry(key).or_insert_with(|| Difference {
            change,
            facet,
            id: id.to_owned(),
            label: tagger.label(facet, id).map(str::to_owned),
            items: 0,
            samples: Vec::new(),
        });
        difference.items += 1;
        if difference.samples.len() < self.samples {
            difference.samples.push(sample(item, facet, id));
        }
    }

    pub(super) fn finish(self) -> Retagged {
        let mut differences: Vec<_> = self.differences.into_values().collect();
        differences.sort_by(|a, b| {
            b.items
                .cmp(&a.items)
                .then_with(|| (a.facet, &a.id, a.change).cmp(&(b.facet, &b.id, b.change)))
        });
        differences.truncate(DIFFERENCES);
        Retagged { differences, ..self.report }
    }
}

fn ids(tags: &[Tag]) -> BTreeSet<(Facet, &str)> {
    tags.iter().map(|tag| (tag.facet, tag.id.as_str())).collect()
}

fn sample(item: &Item, facet: Facet, id: &str) -> Sample {
    let tag = item.tags.iter().find(|tag| tag.facet == facet && tag.id == id);
    Sample {
        item: item.id,
        source: item.source.clone(),
        fetched: item.fetched,
        title: item.title.clone(),
        url: item.url.clone(),
        rule: tag.map_or_else(String::new, |tag| tag.rule.clone()),
        words: tag.map_or_else(Vec::new, |tag| {
            tag.spans.iter().map(model::Span::shown).take(3).collect()
        }),
    }
}
