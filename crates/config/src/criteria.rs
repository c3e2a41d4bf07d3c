//! `when` and `unless`: which items a rule means.

use std::collections::{BTreeMap, BTreeSet};

use model::{ChannelId, Facet, Health, Kind};
use pipeline::{Criteria, SourceNews, WantedHealth};
use tagger::WantedAmount;

use crate::groups::Groups;
use crate::near;
use crate::table::{Placed, Table};
use crate::value::{language, slug};

/// The facets that criteria can name, by their keys.
pub(crate) const FACETS: [(&str, Facet); 6] = [
    ("vendor", Facet::Vendor),
    ("layer", Facet::Layer),
    ("event", Facet::Event),
    ("counterparty", Facet::Counterparty),
    ("place", Facet::Place),
    ("origin", Facet::Origin),
];

/// The ids that rules can name.
pub(crate) struct Names {
    /// By facet; `None` where some could not be read, so that nothing can be called unknown.
    facets: BTreeMap<Facet, Option<BTreeSet<String>>>,
    channels: Option<BTreeSet<String>>,
    /// Former ids of entries, to say what they are called now.
    pub(crate) formerly: BTreeMap<(Facet, String), String>,
    pub(crate) categories: BTreeSet<String>,
}

impl Names {
    /// Before the entries are taken out.
    pub(crate) fn of(groups: &Groups<'_>) -> Self {
        let ids = |kind: &str| {
            groups.is_complete(kind).then(|| groups.ids(kind).into_iter().collect::<BTreeSet<_>>())
        };
        Self {
            facets: FACETS.into_iter().map(|(key, facet)| (facet, ids(key))).collect(),
            channels: ids("channel"),
            formerly: BTreeMap::new(),
            categories: BTreeSet::new(),
        }
    }

    /// Every id of every watchlist is known.
    pub(crate) fn are_complete(&self) -> bool {
        self.facets.values().all(Option::is_some)
    }

    /// Refuses an id that no watchlist has.
    pub(crate) fn entry(&self, facet: Facet, id: &str) -> Result<String, String> {
        match self.facets.get(&facet) {
            Some(Some(ids)) if !ids.contains(id) => {
                if let Some(now) = self.formerly.get(&(facet, id.to_owned())) {
                    return Err(format!("{facet} `{id}` is called `{now}` now"));
                }
                let near = near::hint(id, ids.iter().map(String::as_str));
                Err(format!("there is no {facet} `{id}` in the watchlists{near}"))
            }
            _ => Ok(id.to_owned()),
        }
    }

    fn channel(&self, id: &str) -> Result<ChannelId, String> {
        match &self.channels {
            Some(ids) if !ids.contains(id) => {
                let near = near::hint(id, ids.iter().map(String::as_str));
                Err(format!("there is no channel `{id}`{near}"))
            }
            _ => id.parse::<ChannelId>().map_err(|error| error.to_string()),
        }
    }
}

/// The criteria under `key`; nothing at all if it is not there.
pub(crate) fn read(entry: &mut Table<'_>, key: &'static str, names: &Names) -> Criteria {
    let Some(mut table) = entry.table(key) else { return Criteria::default() };
    let mut criteria = Criteria::default();
    for (key, facet) in FACETS {
        let any_or_known = |id: &str| match id {
            "*" => Ok(id.to_owned()),
            _ => names.entry(facet, id),
        };
        if let Some(ids) = list(&mut table, key, any_or_known) {
            criteria.tags.push((facet, ids.into_iter().map(|id| id.value).collect()));
        }
    }
    let amounts =
        list(&mut table, "amount", |text| text.parse::<WantedAmount>().map(|_| text.to_owned()));
    if let Some(amounts) = amounts {
        let amounts = amounts.into_iter().map(|amount| amount.value).collect();
        criteria.tags.push((Facet::Amount, amounts));
    }
    let kinds = list(&mut table, "kind", |text| {
        let refusal = |error: String| match error.split_once("` is ") {
            Some((_, rest)) => format!("is {rest}"),
            None => error,
        };
        text.parse::<Kind>().map_err(refusal)
    });
    criteria.kind = values(kinds);
    let categories = list(&mut table, "category", |text| match text {
        "*" => Ok(text.to_owned()),
        _ => slug(text),
    });
    for category in categories.iter().flatten() {
        if category.value != "*" && !names.categories.contains(&category.value) {
            let message = format!("no source has the category `{}`", category.value);
            category.here.warning(message);
        }
    }
    criteria.category = values(categories);
    let languages = list(&mut table, "lang", |text| match text {
        "*" => Ok(text.to_owned()),
        _ => language(text),
    });
    criteria.lang = values(languages);
    criteria.health = values(list(&mut table, "health", health));
    table.finish();
    criteria
}

/// `*`, `recovered`, or a state that is not as it should be.
fn health(text: &str) -> Result<WantedHealth, String> {
    match text {
        "*" => return Ok(WantedHealth::Any),
        "recovered" => return Ok(WantedHealth::Is(SourceNews::Recovered)),
        _ => {}
    }
    let known = TOLD.iter().find(|health| health.as_str() == text);
    known.map(|health| WantedHealth::Is(SourceNews::Became(*health))).ok_or_else(|| {
        let words: Vec<_> = TOLD.iter().map(|health| health.as_str()).collect();
        format!("is not one of {}, recovered, *", words.join(", "))
    })
}

/// The states that people can be told of.
const TOLD: [Health; 7] = [
    Health::Broken,
    Health::Blocked,
    Health::Gone,
    Health::Quiet,
    Health::Stale,
    Health::Empty,
    Health::Degraded,
];

fn values<T>(placed: Option<Vec<Placed<'_, T>>>) -> Vec<T> {
    placed.into_iter().flatten().map(|placed| placed.value).collect()
}

/// A list that cannot be empty; `None` if it is not there or nothing of it was good.
fn list<'d, T>(
    table: &mut Table<'d>,
    key: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Option<Vec<Placed<'d, T>>> {
    let texts = not_empty(table, key)?;
    let good: Vec<_> = texts.into_iter().filter_map(|text| text.check(&parse)).collect();
    (!good.is_empty()).then_some(good)
}

fn not_empty<'d>(table: &mut Table<'d>, key: &'static str) -> Option<Vec<Placed<'d, String>>> {
    let value = table.take(key)?;
    let here = value.here.clone();
    if value.is_empty_list() {
        here.problem("is empty: leave the key out, or name what it is about");
        return None;
    }
    Some(value.texts())
}

/// The channels under `to`, of which there must be one.
pub(crate) fn channels(entry: &mut Table<'_>, names: &Names) -> Vec<ChannelId> {
    if !entry.has("to") {
        entry.take("to");
        entry.missing("to", "[\"log\"]");
        return Vec::new();
    }
    let mut channels = Vec::new();
    for text in not_empty(entry, "to").unwrap_or_default() {
        let Some(id) = text.check(|text| names.channel(text)) else { continue };
        if channels.contains(&id.value) {
            id.here.problem("is there twice");
        } else {
            channels.push(id.value);
        }
    }
    channels
}
