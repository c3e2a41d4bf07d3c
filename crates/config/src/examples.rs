//! Every example is tried before anything starts (I10).

use model::{Kind, Tag};
use pipeline::{Criteria, Facts};
use tagger::{Refused, RefusedBecause, Tagger, Text};

use crate::alerts::PlacedRule;
use crate::problem::Report;
use crate::watchlists::Watchlists;

/// Reports why entries were left out, each at its rule or its example.
pub(crate) fn report_refused(refused: &[Refused], lists: &Watchlists<'_>, report: &Report) {
    for refusal in refused {
        if lists.is_faulty(refusal.facet, &refusal.id) {
            continue;
        }
        let text = match &refusal.what {
            RefusedBecause::Pattern { text, .. } | RefusedBecause::Regex { text, .. } => Some(text),
            RefusedBecause::FormerlyTaken { id } => Some(id),
            _ => refusal.example.as_ref(),
        };
        let text = text.map(String::as_str);
        let rule = refusal.rule.as_deref();
        let name = match rule {
            Some(rule) => format!("{}.{}, rule {rule}", refusal.facet, refusal.id),
            None => format!("{}.{}", refusal.facet, refusal.id),
        };
        let message = format!("{name}: {}", refusal.message);
        match lists.place(refusal.facet, &refusal.id, rule, text) {
            Some(place) => place.bare_problem(message),
            None => report.whole(std::path::Path::new("watchlists"), message),
        }
    }
}

/// Warns of names that two entries claim alike, at the second of them.
pub(crate) fn report_twins(lists: &Watchlists<'_>) {
    for twin in tagger::twins(&lists.entries) {
        let (facet, (first, its_rule), (second, rule)) = (twin.facet, &twin.first, &twin.second);
        let text = Some(twin.text.as_str());
        let Some(place) = lists.place(facet, second, Some(rule), text) else { continue };
        let at = lists.place(facet, first, Some(its_rule), None);
        let at = at.map_or(String::new(), |at| format!(" ({})", at.shown()));
        place.warning(format!(
            "{facet} `{second}` and {facet} `{first}`{at} both have `{}`: every mention is tagged \
             with both; give one a `confidence`, or `needs` that tell them apart",
            twin.text
        ));
    }
}

/// Tries the examples of an alert rule; returns how many there were.
pub(crate) fn try_rule(placed: &PlacedRule<'_>, tagger: &Tagger) -> usize {
    let rule = &placed.rule;
    if rule.is_about_sources() {
        return 0; // its reader has said that it takes no examples
    }
    // An example is a text and nothing else: kind, category and language are not known, so keys
    // about them neither help nor hurt.
    let when = tags_only(&rule.when);
    let unless = tags_only(&rule.unless);
    for (text, here) in rule.matches.iter().zip(&placed.matches) {
        let tags = tag(tagger, text);
        if !when.all_hold(&facts(&tags)) {
            here.problem(format!("`when` does not hold: {}", found(&tags)));
        } else if unless.any_holds(&facts(&tags)) {
            here.problem(format!("`unless` holds: {}", found(&tags)));
        }
    }
    for (text, here) in rule.ignores.iter().zip(&placed.ignores) {
        let tags = tag(tagger, text);
        let facts = facts(&tags);
        if when.is_empty() {
            here.problem("cannot be tried: `when` does not look at the text");
        } else if when.all_hold(&facts) && !unless.any_holds(&facts) {
            here.problem(format!("the rule matches it: {}", found(&tags)));
        }
    }
    rule.matches.len() + rule.ignores.len()
}

fn tag(tagger: &Tagger, text: &str) -> Vec<Tag> {
    tagger.tag(&Text { title: None, summary: None, text: Some(text), lang: None })
}

fn facts(tags: &[Tag]) -> Facts<'_> {
    Facts { kind: Kind::Article, category: None, lang: None, tags }
}

fn tags_only(criteria: &Criteria) -> Criteria {
    Criteria { tags: criteria.tags.clone(), ..Criteria::default() }
}

fn found(tags: &[Tag]) -> String {
    if tags.is_empty() {
        return "nothing was found in it".into();
    }
    let tags: Vec<_> = tags.iter().map(|tag| format!("{} {}", tag.facet, tag.id)).collect();
    format!("found in it: {}", tags.join(", "))
}
