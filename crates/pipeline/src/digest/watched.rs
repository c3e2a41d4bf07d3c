//! What was not watched in a period: sources that were blind, sources that are off, times when the
//! daemon did not run (I8).

use std::collections::BTreeMap;

use model::{SourceId, Timestamp, one_line};
use serde::Serialize;
use store::{Range, StoreError, tables};

use super::{Cx, Period};
use crate::Source;

/// Changes of health of one source that are looked at, and stretches told of it.
const MAX_TRANSITIONS: usize = 500;
const MAX_STRETCHES: usize = 5;
/// Outages of the daemon listed.
const MAX_OUTAGES: usize = 50;
/// Changes of health before the period that are looked through for the start of a silence.
const LOOK_BACK: usize = 50;

/// How well the period was watched.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Watched {
    /// Sources that are on.
    pub sources: usize,
    /// Those that were read during the whole period.
    pub throughout: usize,
    pub blind: Vec<Blind>,
    pub off: Vec<Off>,
    /// The daemon did not run: nothing was watched.
    pub outages: Vec<Period>,
}

/// A source that was not read for a part of the period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blind {
    pub source: SourceId,
    pub name: String,
    /// In order; the last one is open if it still went on at the end of the period.
    pub stretches: Vec<Silence>,
    pub not_listed: usize,
}

/// A stretch without reading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Silence {
    /// `None`: the source was never read before.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub reason: Option<String>,
}

impl Blind {
    /// Whether it still went on at the end of the period.
    pub fn is_blind_at_end(&self) -> bool {
        self.stretches.last().is_some_and(|last| last.until.is_none())
    }
}

/// Sources that configuration switches off for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Off {
    pub reason: String,
    pub sources: usize,
}

pub(super) fn watched(cx: &Cx<'_>) -> Result<Watched, StoreError> {
    let mut watched = Watched { outages: outages(cx)?, ..Watched::default() };
    let mut off: BTreeMap<String, usize> = BTreeMap::new();
    for source in &cx.settings.sources {
        if let Some(reason) = &source.off {
            *off.entry(one_line(reason)).or_default() += 1;
            continue;
        }
        watched.sources += 1;
        match blind(cx, source)? {
            Some(blind) => watched.blind.push(blind),
            None => watched.throughout += 1,
        }
    }
    watched.blind.sort_by(|a, b| a.source.cmp(&b.source));
    let off = off.into_iter().map(|(reason, sources)| Off { reason, sources });
    watched.off = off.collect();
    watched.off.sort_by(|a, b| b.sources.cmp(&a.sources).then_with(|| a.reason.cmp(&b.reason)));
    Ok(watched)
}

fn blind(cx: &Cx<'_>, source: &Source) -> Result<Option<Blind>, StoreError> {
    let Period { start, end } = cx.period;
    let key = |at: Timestamp| (source.id.clone(), at);
    let within = Range::<tables::Transitions>::between(&key(start), &key(end));
    let mut open = silence_at_start(cx, source)?;
    let mut stretches = Vec::new();
    for ((_, at), change) in cx.store.page(within, MAX_TRANSITIONS)? {
        let reason = change.reason.as_deref().map(one_line);
        match (&mut open, change.to.is_watched()) {
            (Some(silence), true) => {
                // The first success of a new source ends a silence that nobody could have heard.
                stretches.push(Silence { until: Some(at), ..silence.clone() });
                open = None;
            }
            (Some(silence), false) => silence.reason = reason.or(silence.reason.take()),
            (None, false) => open = Some(Silence { since: Some(at), until: None, reason }),
            (None, true) => {}
        }
    }
    stretches.extend(open);
    if stretches.is_empty() {
        return Ok(None);
    }
    // The latest are told.
    let not_listed = stretches.len().saturating_sub(MAX_STRETCHES);
    stretches.drain(..not_listed);
    let name = one_line(&source.name);
    Ok(Some(Blind { source: source.id.clone(), name, stretches, not_listed }))
}

/// The silence that the period began with, if it did.
fn silence_at_start(cx: &Cx<'_>, source: &Source) -> Result<Option<Silence>, StoreError> {
    let before = Range::<tables::Transitions>::between(
        &(source.id.clone(), Timestamp::EPOCH),
        &(source.id.clone(), cx.period.start),
    );
    let rows = cx.store.page(before.newest_first(), LOOK_BACK)?;
    if rows.first().is_some_and(|(_, last)| last.to.is_watched()) {
        return Ok(None);
    }
    // `since: None` stays for a source that was never read.
    let mut silence = Silence { since: None, until: None, reason: None };
    for ((_, at), change) in rows {
        silence.since = Some(at);
        silence.reason = silence.reason.or(change.reason.as_deref().map(one_line));
        if change.from.is_watched() {
            break;
        }
    }
    Ok(Some(silence))
}

/// The outages that touch the period, cut to it.
fn outages(cx: &Cx<'_>) -> Result<Vec<Period>, StoreError> {
    let Period { start, end } = cx.period;
    let before = Range::<tables::Outages>::between(&Timestamp::EPOCH, &start).newest_first();
    let mut rows = cx.store.page(before, 1)?;
    rows.extend(cx.store.page(Range::<tables::Outages>::between(&start, &end), MAX_OUTAGES)?);
    let cut = rows
        .into_iter()
        .map(|(from, outage)| Period { start: from.max(start), end: outage.until.min(end) });
    Ok(cut.filter(|outage| outage.start < outage.end).collect())
}
