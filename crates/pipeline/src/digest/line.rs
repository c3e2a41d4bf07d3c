//! Stories as lines, in sections.

use std::collections::{BTreeMap, BTreeSet};

use model::{Facet, Lang, StoryId, Tag, Timestamp, truncated};
use serde::Serialize;
use store::{StoreError, tables};

use super::collect::{Found, Seen};
use super::{AlertLine, Baseline, Cx, MAX_BASELINE, MAX_STORIES};
use crate::AlertRule;
use crate::criteria::Facts;

/// Longest title in a digest, in bytes.
const TITLE_BYTES: usize = 300;
/// Matched words and further outlets named on one line.
const WORDS: usize = 5;
const OUTLETS: usize = 8;

/// One story: its first outlet, and where else it was told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoryLine {
    pub story: StoryId,
    pub title: String,
    pub url: Option<String>,
    pub source: String,
    pub lang: Option<Lang>,
    pub fetched: Timestamp,
    pub published: Option<Timestamp>,
    /// When the story began, if that was before the period.
    pub began: Option<Timestamp>,
    pub vendors: Vec<String>,
    pub layers: Vec<String>,
    /// What the rules found, at most five.
    pub words: Vec<String>,
    /// The title or text was changed in the period.
    pub edited: bool,
    /// An alert of the period is about it.
    pub alerted: bool,
    /// At most eight.
    pub further: Vec<Outlet>,
    pub further_not_listed: usize,
}

/// Another place that told the story.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlet {
    pub source: String,
    pub title: String,
    pub url: Option<String>,
}

/// The stories about one vendor, or one layer, or neither.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    pub facet: Option<Facet>,
    pub id: Option<String>,
    pub stories: Vec<StoryLine>,
}

pub(super) struct Lines {
    pub(super) sections: Vec<Section>,
    pub(super) baseline: Baseline,
    pub(super) not_listed: usize,
}

/// What a line is ordered by: alerts first, then time.
type Rank = (bool, Timestamp, StoryId);

pub(super) fn lines(cx: &Cx<'_>, found: Found, alerts: &[AlertLine]) -> Result<Lines, StoreError> {
    let rules = &cx.settings.alerts;
    let sent = || alerts.iter().filter(|alert| alert.held.is_none());
    let told: BTreeSet<_> = sent().map(|alert| alert.id).collect();
    // Alerts of lists and awards stand under stories and classes of their own.
    let told_items: BTreeSet<_> = sent().flat_map(|alert| &alert.items).copied().collect();
    let mut sections: BTreeMap<(u8, String), Vec<(Rank, StoryLine)>> = BTreeMap::new();
    let mut baseline: Vec<(Rank, StoryLine)> = Vec::new();
    for (story, items) in found.stories {
        let old = items.iter().all(|item| item.baseline);
        let alerted = items.iter().any(|seen| told_items.contains(&seen.item))
            || rules.iter().any(|rule| {
                told.contains(&model::AlertId::derive(&rule.id, story, crate::alerting::CLASS_NEW))
            });
        let wanted = alerted || old && items.iter().any(|item| is_wanted(cx, rules, item));
        let line = line(cx, story, items, alerted)?;
        let rank = (!wanted, line.fetched, story);
        if old {
            baseline.push((rank, line));
        } else {
            sections.entry(section_of(&line)).or_default().push((rank, line));
        }
    }
    let mut room = MAX_STORIES;
    let mut not_listed = 0;
    let mut listed = Vec::with_capacity(sections.len());
    for ((order, id), mut rows) in sections {
        rows.sort_by_key(|(rank, _)| *rank);
        not_listed += rows.len().saturating_sub(room);
        rows.truncate(room);
        room -= rows.len();
        let facet = [Some(Facet::Vendor), Some(Facet::Layer), None][usize::from(order)];
        let stories: Vec<_> = rows.into_iter().map(|(_, line)| line).collect();
        if !stories.is_empty() {
            listed.push(Section { facet, id: facet.map(|_| id), stories });
        }
    }
    Ok(Lines { sections: listed, baseline: first_polls(baseline), not_listed })
}

fn first_polls(mut rows: Vec<(Rank, StoryLine)>) -> Baseline {
    let stories = rows.len();
    rows.sort_by_key(|(rank, _)| *rank);
    rows.truncate(MAX_BASELINE);
    let listed: Vec<_> = rows.into_iter().map(|(_, line)| line).collect();
    Baseline { stories, not_listed: stories - listed.len(), listed }
}

/// Whether an alert rule means the item: among baseline items those are named first.
fn is_wanted(cx: &Cx<'_>, rules: &[AlertRule], item: &Seen) -> bool {
    let facts = Facts {
        kind: item.kind,
        category: cx.category(&item.source),
        lang: item.lang.as_deref(),
        tags: &item.tags,
    };
    rules.iter().any(|rule| rule.accepts(&facts))
}

fn section_of(line: &StoryLine) -> (u8, String) {
    match (line.vendors.first(), line.layers.first()) {
        (Some(vendor), _) => (0, vendor.clone()),
        (None, Some(layer)) => (1, layer.clone()),
        (None, None) => (2, String::new()),
    }
}

fn line(
    cx: &Cx<'_>,
    story: StoryId,
    items: Vec<Seen>,
    alerted: bool,
) -> Result<StoryLine, StoreError> {
    // News leads, even where an old copy of it arrived a moment earlier.
    let lead = items.iter().position(|item| !item.baseline).unwrap_or(0);
    let tags = || items.iter().flat_map(|item| &item.tags);
    let (vendors, layers) = (ids(tags(), Facet::Vendor), ids(tags(), Facet::Layer));
    let words = words(tags());
    let others = items.iter().enumerate().filter(|(n, _)| *n != lead).map(|(_, item)| item);
    let further = others.take(OUTLETS).map(|item| outlet(cx, item)).collect::<Vec<_>>();
    let further_not_listed = items.len() - 1 - further.len();
    let began = cx.store.get::<tables::Items>(&model::ItemId(story.0))?.map(|item| item.fetched);
    let first = &items[lead];
    let outlet = outlet(cx, first);
    Ok(StoryLine {
        story,
        title: outlet.title,
        url: outlet.url,
        source: outlet.source,
        lang: first.lang.clone(),
        fetched: first.fetched,
        published: first.published,
        began: began.filter(|began| *began < cx.period.start),
        vendors,
        layers,
        words,
        edited: first.edited,
        alerted,
        further,
        further_not_listed,
    })
}

fn outlet(cx: &Cx<'_>, item: &Seen) -> Outlet {
    let title = title(item.title.as_deref(), item.url.as_deref());
    Outlet { source: cx.name(&item.source), title, url: item.url.clone() }
}

/// What stands for an item on one line; nothing is invented for one without a title.
pub(super) fn title(title: Option<&str>, url: Option<&str>) -> String {
    let shown = model::title_or_address(title, url);
    let shown = if shown.is_empty() { "(without a title)".to_owned() } else { shown };
    truncated(&shown, TITLE_BYTES).into_owned()
}

fn ids<'t>(tags: impl Iterator<Item = &'t Tag>, facet: Facet) -> Vec<String> {
    let ids: BTreeSet<_> = tags.filter(|tag| tag.facet == facet).map(|tag| &tag.id).collect();
    ids.into_iter().cloned().collect()
}

fn words<'t>(tags: impl Iterator<Item = &'t Tag>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for span in tags.flat_map(|tag| &tag.spans) {
        let word = truncated(&span.shown(), 60).into_owned();
        if words.len() < WORDS && !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    words
}
