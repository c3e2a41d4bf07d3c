//! Which alerts an item causes, and the rows that are written for them (I6, I7, I7a).

use std::collections::HashMap;

use model::{
    Alert, AlertId, AlertRuleId, Facet, Held, Item, ItemId, ListingChange, MessageRef, SourceId,
    StoryId, Timestamp, truncated,
};
use store::{Commit, tables};

use crate::AlertRule;
use crate::criteria::Facts;
use crate::deliver::enqueue;
use crate::record::Mention;

/// The class of the alert that a first mention causes.
pub(crate) const CLASS_NEW: &str = "new";
/// The class of the alert that a change of an entity list causes.
const CLASS_LISTING: &str = "listing";
/// Further items named in one alert; of a list, one rule names more than a hundred entries of one
/// vendor at once.
const FURTHER: usize = 64;
const FURTHER_LISTED: usize = 512;
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
    /// Stored alerts, as far as the item may cause them: see [`alert_ids`].
    pub(crate) known: &'a HashMap<AlertId, Alert>,
    pub(crate) about: About<'a>,
    /// The same news from another list that has the entry: its rules are silent now.
    pub(crate) mention: Option<&'a Mention>,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About<'a> {
    /// The item's story, in one class of alerts.
    /// `unless_told`: not told if one of these classes was.
    Story { class: &'static str, unless_told: &'static [&'static str] },
    /// A change of an entity list: one alert for each rule and vendor, however many entries.
    List { source: &'a SourceId, version: &'a str, change: ListingChange },
}

impl About<'_> {
    /// The story and class under which `item` is told; several for a list that names several
    /// vendors.
    fn keys(&self, item: &Item) -> Vec<(StoryId, &'static str)> {
        match self {
            Self::Story { class, .. } => vec![(item.story, class)],
            Self::List { source, version, .. } => {
                let vendors = item.tags.iter().filter(|tag| tag.facet == Facet::Vendor);
                let mut vendors: Vec<&str> = vendors.map(|tag| tag.id.as_str()).collect();
                vendors.dedup();
                if vendors.is_empty() {
                    vendors.push("");
                }
                vendors
                    .iter()
                    .map(|vendor| (list_story(source, version, vendor), CLASS_LISTING))
                    .collect()
            }
        }
    }

    fn title(&self, item: &Item) -> Option<String> {
        match self {
            Self::Story { class, .. } => {
                let word = match *class {
                    "award" => "Award: ",
                    "modification" => "Contract modification: ",
                    "termination" => "Terminated: ",
                    _ => return item.title.clone(),
                };
                Some(format!("{word}{}", item.title.as_deref().unwrap_or_default()))
            }
            Self::List { change, .. } => {
                let name = item.title.as_deref().unwrap_or_default();
                let list = item.key.split_once('/').map_or("", |(list, _)| list);
                Some(format!("{}: {name} ({list})", change_words(*change)))
            }
        }
    }
}

fn change_words(change: ListingChange) -> &'static str {
    match change {
        ListingChange::Listed => "On the list",
        ListingChange::Added => "Added to the list",
        ListingChange::Amended => "Amended on the list",
        ListingChange::Renamed => "Renamed on the list",
        ListingChange::AliasAdded => "New alias on the list",
        ListingChange::Removed => "Removed from the list",
        ListingChange::Expired => "Expired on the list",
        ListingChange::Relisted => "Back on the list",
    }
}

/// What a version of a list says about one vendor, as a story.
fn list_story(source: &SourceId, version: &str, vendor: &str) -> StoryId {
    StoryId(crate::hash::sha16(&["listing/1", source.as_str(), version, vendor]))
}

/// The alerts that a version of a list may cause: to be read before it is decided.
pub(crate) fn list_alert_ids<'a>(
    rules: &'a [AlertRule],
    source: &'a SourceId,
    version: &'a str,
    vendors: impl Iterator<Item = &'a str> + Clone + 'a,
) -> impl Iterator<Item = AlertId> + 'a {
    rules.iter().flat_map(move |rule| {
        vendors.clone().chain([""]).map(move |vendor| {
            AlertId::derive(&rule.id, list_story(source, version, vendor), CLASS_LISTING)
        })
    })
}

/// The alerts that `item` may cause.
pub(crate) fn alert_ids(rules: &[AlertRule], item: &Item, about: About<'_>) -> Vec<AlertId> {
    let mut keys = about.keys(item);
    if let About::Story { unless_told, .. } = about {
        keys.extend(unless_told.iter().map(|class| (item.story, *class)));
    }
    let ids = rules.iter().flat_map(|rule| {
        keys.iter().map(|(story, class)| AlertId::derive(&rule.id, *story, class))
    });
    ids.collect()
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
    /// Writes the alerts that `item` causes into `commit`, and says which rules did so.
    pub(crate) fn raise(
        &mut self,
        occasion: &Occasion<'_>,
        item: &Item,
        commit: &mut Commit,
    ) -> Vec<AlertRuleId> {
        let facts = Facts::of(item, occasion.category);
        let mut told = Vec::new();
        for rule in occasion.rules.iter().filter(|rule| rule.accepts(&facts)) {
            if let About::Story { unless_told, .. } = occasion.about {
                let mut ids =
                    unless_told.iter().map(|class| AlertId::derive(&rule.id, item.story, class));
                if ids.any(|id| self.alerts.contains_key(&id) || occasion.known.contains_key(&id)) {
                    continue;
                }
            }
            if occasion.mention.is_some_and(|mention| mention.told_by(&rule.id)) {
                continue;
            }
            told.push(rule.id.clone());
            for (story, class) in occasion.about.keys(item) {
                let id = AlertId::derive(&rule.id, story, class);
                let held = held(rule, item, occasion.now);
                match self.alerts.get(&id).or_else(|| occasion.known.get(&id)).cloned() {
                    None => {
                        let new = alert(occasion, rule, item, (id, story), held, Vec::new());
                        self.put(new, commit);
                    }
                    Some(before) => self.join(occasion, rule, before, item, held, commit),
                }
            }
        }
        told
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
        let room = match occasion.about {
            About::Story { .. } => FURTHER,
            About::List { .. } => FURTHER_LISTED,
        };
        if before.held.is_some() && held.is_none() {
            commit.delete::<tables::AlertsByTime>(&(before.at, before.id));
            let key = (before.id, before.story);
            let mut further = before.further;
            if before.item != item.id && further.len() < room {
                further.push(before.item);
            }
            further.retain(|id| *id != item.id);
            self.put(alert(occasion, rule, item, key, None, further), commit);
        } else if !known && before.further.len() < room {
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
    (id, story): (AlertId, StoryId),
    held: Option<Held>,
    further: Vec<ItemId>,
) -> Alert {
    let cut =
        |text: &Option<String>, max| text.as_deref().map(|text| truncated(text, max).into_owned());
    Alert {
        id,
        rule: rule.id.clone(),
        label: rule.label.clone(),
        at: occasion.now,
        held,
        story,
        item: item.id,
        revision: item.revision,
        source: item.source.clone(),
        source_name: occasion.source_name.to_owned(),
        title: cut(&occasion.about.title(item), TITLE_BYTES),
        summary: cut(&item.summary, SUMMARY_BYTES),
        url: item.url.clone(),
        published: item.published,
        tags: item.tags.clone(),
        further,
        to: rule.to.clone(),
    }
}
