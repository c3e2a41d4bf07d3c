//! The alerts of a period, as they stood at its end.

use std::collections::BTreeMap;

use model::{Alert, AlertId, Held, Timestamp};
use store::{Range, StoreError, tables};

use super::collect::{Found, Seen};
use super::{AlertLine, Cx};
use crate::criteria::{Facts, accepts};

/// Rows read at once, and alerts listed in one digest.
const PAGE: usize = 200;
const MAX_ALERTS: usize = 1_000;

pub(super) fn alerts(cx: &Cx<'_>, found: &Found) -> Result<Vec<AlertLine>, StoreError> {
    let mut lines: BTreeMap<(Timestamp, AlertId), AlertLine> = BTreeMap::new();
    let whole = || Range::<tables::AlertsByTime>::between(&cx.period.start, &cx.period.end);
    let mut range = whole();
    while lines.len() < MAX_ALERTS {
        let rows = cx.store.page(range, PAGE)?;
        let Some((last, ())) = rows.last() else { break };
        range = whole().after(last);
        for ((at, id), ()) in rows {
            let alert = cx.store.get::<tables::Alerts>(&id)?.filter(|alert| alert.at == at);
            if let Some(alert) = alert
                && concerns(cx, &alert)?
            {
                lines.insert((at, id), told(cx, alert));
            }
        }
    }
    add_released(cx, found, &mut lines)?;
    Ok(lines.into_values().collect())
}

/// An alert is told in the digests whose criteria its item meets.
fn concerns(cx: &Cx<'_>, alert: &Alert) -> Result<bool, StoreError> {
    let Some(item) = cx.store.get::<tables::Items>(&alert.item)? else { return Ok(false) };
    let facts = Facts {
        kind: item.kind,
        category: cx.category(&alert.source),
        lang: item.lang.as_deref(),
        tags: &alert.tags,
    };
    Ok(accepts(&cx.digest.when, &cx.digest.unless, &facts))
}

fn told(cx: &Cx<'_>, alert: Alert) -> AlertLine {
    AlertLine {
        id: alert.id,
        source: cx.name(&alert.source),
        title: super::line::title(alert.title.as_deref(), alert.url.as_deref()),
        url: alert.url,
        rule: alert.rule,
        label: model::one_line(&alert.label),
        at: alert.at,
        held: alert.held,
        items: std::iter::once(alert.item).chain(alert.further).collect(),
    }
}

/// A held alert becomes a sent one, with a new time, when a later item of its story is news: in
/// the digest of its own day it stays what it was then.
fn add_released(
    cx: &Cx<'_>,
    found: &Found,
    lines: &mut BTreeMap<(Timestamp, AlertId), AlertLine>,
) -> Result<(), StoreError> {
    for (story, items) in &found.stories {
        for rule in &cx.settings.alerts {
            let id = AlertId::derive(&rule.id, *story, crate::alerting::CLASS_NEW);
            let Some(alert) = cx.store.get::<tables::Alerts>(&id)? else { continue };
            let part = |seen: &&Seen| alert.item == seen.item || alert.further.contains(&seen.item);
            if alert.at < cx.period.end || lines.len() >= MAX_ALERTS {
                continue;
            }
            if let Some(first) = items.iter().find(part) {
                lines.insert((first.fetched, id), as_held(cx, alert, first));
            }
        }
    }
    Ok(())
}

fn as_held(cx: &Cx<'_>, alert: Alert, seen: &Seen) -> AlertLine {
    AlertLine {
        id: alert.id,
        source: cx.name(&seen.source),
        title: super::line::title(seen.title.as_deref(), seen.url.as_deref()),
        url: seen.url.clone(),
        rule: alert.rule,
        label: model::one_line(&alert.label),
        at: seen.fetched,
        held: Some(if seen.baseline { Held::Baseline } else { Held::Old }),
        items: Vec::new(),
    }
}
