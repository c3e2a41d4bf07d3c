//! Which items a rule means.

use model::{Facet, Item, Kind, Tag};

use tagger::WantedAmount;

use crate::{AlertRule, Criteria, SourceNews, WantedHealth};

/// What criteria look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    pub kind: Kind,
    pub category: Option<&'a str>,
    pub lang: Option<&'a str>,
    pub tags: &'a [Tag],
}

impl<'a> Facts<'a> {
    /// `category` is that of the item's source.
    pub fn of(item: &'a Item, category: Option<&'a str>) -> Self {
        Self { kind: item.kind, category, lang: item.lang.as_deref(), tags: &item.tags }
    }

    fn has(&self, facet: Facet, ids: &[String]) -> bool {
        let is_wanted_amount = |want: &str, id: &str| {
            facet == Facet::Amount
                && want.parse::<WantedAmount>().is_ok_and(|wanted| wanted.holds(id))
        };
        let wanted = |id: &str| {
            ids.iter().any(|want| want == "*" || want == id || is_wanted_amount(want, id))
        };
        self.tags.iter().any(|tag| tag.facet == facet && wanted(&tag.id))
    }
}

impl Criteria {
    /// No key at all: everything is meant by `when`, nothing by `unless`.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// Every key holds: the reading of `when`.
    pub fn all_hold(&self, facts: &Facts<'_>) -> bool {
        self.keys(facts).all(|holds| holds)
    }

    /// Some key holds: the reading of `unless`.
    pub fn any_holds(&self, facts: &Facts<'_>) -> bool {
        self.keys(facts).any(|holds| holds)
    }

    fn keys<'c>(&'c self, facts: &'c Facts<'_>) -> impl Iterator<Item = bool> + 'c {
        let listed = |list: &[String], value: Option<&str>| {
            value.is_some_and(|value| {
                list.iter().any(|want| want == "*" || want == value || is_language(want, value))
            })
        };
        let tags = self.tags.iter().map(move |(facet, ids)| facts.has(*facet, ids));
        let kind = (!self.kind.is_empty()).then(|| self.kind.contains(&facts.kind));
        let category = (!self.category.is_empty()).then(|| listed(&self.category, facts.category));
        let lang = (!self.lang.is_empty()).then(|| listed(&self.lang, facts.lang));
        // No item is news of a source.
        let health = (!self.health.is_empty()).then_some(false);
        tags.chain(kind).chain(category).chain(lang).chain(health)
    }

    fn has_health(&self, news: SourceNews) -> bool {
        self.health.iter().any(|wanted| match wanted {
            WantedHealth::Any => true,
            WantedHealth::Is(wanted) => *wanted == news,
        })
    }

    fn has_category(&self, category: Option<&str>) -> bool {
        self.category.iter().any(|want| want == "*" || Some(want.as_str()) == category)
    }
}

/// `sr` means `sr-Latn` and `sr-Cyrl` too (RFC 4647 section 3.3.1).
fn is_language(want: &str, value: &str) -> bool {
    value.strip_prefix(want).is_some_and(|rest| rest.starts_with('-'))
}

/// `when` holds and `unless` does not.
pub fn accepts(when: &Criteria, unless: &Criteria, facts: &Facts<'_>) -> bool {
    when.all_hold(facts) && !unless.any_holds(facts)
}

impl AlertRule {
    pub fn accepts(&self, facts: &Facts<'_>) -> bool {
        accepts(&self.when, &self.unless, facts)
    }

    /// It tells of sources, not of items.
    pub fn is_about_sources(&self) -> bool {
        !self.when.health.is_empty()
    }

    /// Whether it tells this of a source of `category`.
    pub fn hears(&self, news: SourceNews, category: Option<&str>) -> bool {
        let in_category = self.when.category.is_empty() || self.when.has_category(category);
        let vetoed = self.unless.has_health(news) || self.unless.has_category(category);
        self.when.has_health(news) && in_category && !vetoed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(facet: Facet, id: &str) -> Tag {
        Tag {
            facet,
            id: id.into(),
            rule: format!("{id}/name"),
            version: "00000000".into(),
            confidence: 1.0,
            spans: vec![],
        }
    }

    #[test]
    fn keys_are_all_and_lists_are_any() {
        let tags = [tag(Facet::Vendor, "zte"), tag(Facet::Layer, "network")];
        let facts = Facts {
            kind: Kind::Article,
            category: Some("local-news"),
            lang: Some("sr-Latn"),
            tags: &tags,
        };
        let when = |vendor: &[&str], layer: &[&str], lang: &[&str]| Criteria {
            tags: [(Facet::Vendor, vendor), (Facet::Layer, layer)]
                .into_iter()
                .filter(|(_, ids)| !ids.is_empty())
                .map(|(facet, ids)| (facet, ids.iter().map(|id| (*id).to_owned()).collect()))
                .collect(),
            lang: lang.iter().map(|l| (*l).to_owned()).collect(),
            ..Criteria::default()
        };
        assert!(when(&["huawei", "zte"], &["network"], &[]).all_hold(&facts));
        assert!(!when(&["huawei", "zte"], &["data"], &[]).all_hold(&facts));
        assert!(when(&["*"], &[], &["sr"]).all_hold(&facts));
        assert!(!when(&[], &[], &["s"]).all_hold(&facts));
        let amounts = [tag(Facet::Amount, "eur:5000000")];
        let amounts = Facts { tags: &amounts, ..facts };
        let of = |want: &str| Criteria {
            tags: vec![(Facet::Amount, vec![want.into()])],
            ..Criteria::default()
        };
        assert!(of("eur >= 1000000").all_hold(&amounts));
        assert!(!of("eur >= 10000000").all_hold(&amounts));
        assert!(!of("usd").all_hold(&amounts));
        let none = Criteria::default();
        assert!(accepts(&none, &none, &facts));
        let unless = Criteria { category: vec!["local-news".into()], ..Criteria::default() };
        assert!(!accepts(&none, &unless, &facts));
        assert!(!when(&["*"], &[], &[]).all_hold(&Facts { tags: &[], ..facts }));
    }
}
