//! Which alerts an item causes, and the rows that are written for them (I6, I7, I7a).

use std::collections::HashMap;

use model::{Alert, AlertId, Held, Item, ItemId, MessageRef, Timestamp, truncated};
use store::{Commit, tables};

use crate::AlertRule;
use crate::criteria::Facts;
use crate::deliver::enqueue;

/// The class of the alert that a first mention causes.
pub(crate) const CLASS_NEW: &str = "new";
/// Further items named in one alert.
const FURTHER: usize = 64;
/// Longest title and summary repeated in an alert.
const TITLE_BYTES: usize = 512;
const SUMMARY_BYTES: usize = 1_024;

/// What alerts are judged by beside the item.
#[derive(Clone, Copy)]
pub(crate) struct Occasion<'a> {
    pub(crate) rules: &'a [AlertRule],
    pub(crate) source_name: &'a str,
    pub(crate) category: Option<&'a str>,
    pub(crate) now: Timestamp,
    /// Alerts of the item's story that are stored.
    pub(crate) known: &'a HashMap<AlertId, Alert>,
}

/// The alerts of one commit so far.
#[derive(Debug, Default)]
pub(crate) struct Raised {
    alerts: HashMap<AlertId, Alert>,
    /// Put into the outbox.
    pub(crate) sent: u32,
    /// Held back: baseline or old (I7a).
    pub(crate) held: u32,
}

impl Raised {
    /// Writes the alerts that `item` causes into `commit`.
    pub(crate) fn raise(&mut self, occasion: &Occasion<'_>, item: &Item, commit: &mut Commit) {
        let facts = Facts::of(item, occasion.category);
        for rule in occasion.rules.iter().filter(|rule| rule.accepts(&facts)) {
            let id = AlertId::derive(&rule.id, item.story, CLASS_NEW);
            let held = held(rule, item, occasion.now);
            match self.alerts.get(&id).or_else(|| occasion.known.get(&id)).cloned() {
                None => self.put(alert(occasion, rule, item, held, Vec::new()), commit),
                Some(alert) => self.join(occasion, rule, alert, item, held, commit),
            }
        }
    }

    /// A story that this rule has told already: the item is added, nothing is sent again (I7);
    /// unless nobody was told because all there was before was held.
    fn join(
        &mut self,
        occasion: &Occasion<'_>,
        rule: &AlertRule,
        mut before: Alert,
        item: &Item,
        held: Option<Held>,
        commit: &mut Commit,
    ) {
        let known = before.item == item.id || before.further.contains(&item.id);
        if before.held.is_some() && held.is_none() {
            commit.delete::<tables::AlertsByTime>(&(before.at, before.id));
            let mut further = before.further;
            if before.item != item.id && further.len() < FURTHER {
                further.push(before.item);
            }
            further.retain(|id| *id != item.id);
            self.put(alert(occasion, rule, item, None, further), commit);
        } else if !known && before.further.len() < FURTHER {
            before.further.push(item.id);
            commit.put::<tables::Alerts>(&before.id, &before);
            self.alerts.insert(before.id, before);
        }
    }

    /// The alert with its place in the list and, unless it is held, its way to people: rows of
    /// the same commit (I6).
    fn put(&mut self, alert: Alert, commit: &mut Commit) {
        commit.put_alert(&alert);
        if alert.held.is_some() {
            self.held += 1;
        } else {
            self.sent += 1;
            enqueue(commit, alert.id.into(), &MessageRef::Alert(alert.id), &alert.to, alert.at);
        }
        self.alerts.insert(alert.id, alert);
    }
}

/// Why an alert about `item` would not be sent (I7a).
fn held(rule: &AlertRule, item: &Item, now: Timestamp) -> Option<Held> {
    if item.baseline && item.revision == 0 {
        return Some(Held::Baseline);
    }
    let dates = if item.revision == 0 {
        item.published.or(item.updated)
    } else {
        item.published.max(item.updated)
    };
    let oldest = now.before(rule.max_age?);
    (dates? < oldest).then_some(Held::Old)
}

fn alert(
    occasion: &Occasion<'_>,
    rule: &AlertRule,
    item: &Item,
    held: Option<Held>,
    further: Vec<ItemId>,
) -> Alert {
    let cut =
        |text: &Option<String>, max| text.as_deref().map(|text| truncated(text, max).into_owned());
    Alert {
        id: AlertId::derive(&rule.id, item.story, CLASS_NEW),
        rule: rule.id.clone(),
        label: rule.label.clone(),
        at: occasion.now,
        held,
        story: item.story,
        item: item.id,
        revision: item.revision,
        source: item.source.clone(),
        source_name: occasion.source_name.to_owned(),
        title: cut(&item.title, TITLE_BYTES),
        summary: cut(&item.summary, SUMMARY_BYTES),
        url: item.url.clone(),
        published: item.published,
        tags: item.tags.clone(),
        further,
        to: rule.to.clone(),
    }
}
