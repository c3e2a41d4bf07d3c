//! Names that two entries claim alike, so that nothing tells them apart.

use std::collections::HashMap;

use model::Facet;

use crate::pattern::{Pattern, name, word};
use crate::{EntrySpec, RuleSpec};

/// A name or word that two entries of one facet have, both without a context and equally sure:
/// every place of it is tagged with both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    pub facet: Facet,
    /// As the second entry writes it.
    pub text: String,
    /// Entry and rule of the first, by id.
    pub first: (String, String),
    pub second: (String, String),
}

/// The facets whose names exclude each other.
const FACETS: [Facet; 4] = [Facet::Vendor, Facet::Counterparty, Facet::Place, Facet::Origin];

/// The names that entries share, by id and in their order: at most one for each two entries.
pub fn twins(entries: &[EntrySpec]) -> Vec<Twin> {
    let mut sorted: Vec<&EntrySpec> =
        entries.iter().filter(|entry| FACETS.contains(&entry.facet)).collect();
    sorted.sort_by(|a, b| (a.facet, &a.id).cmp(&(b.facet, &b.id)));
    let mut known: HashMap<(Facet, Pattern, u32), (&EntrySpec, &RuleSpec)> = HashMap::new();
    let mut found: Vec<Twin> = Vec::new();
    for entry in sorted {
        for rule in entry.rules.iter().filter(|rule| rule.needs.is_empty()) {
            for (text, pattern, sure) in patterns(rule) {
                let key = (entry.facet, pattern, sure);
                let &mut (first, its_rule) = known.entry(key).or_insert((entry, rule));
                let twin = Twin {
                    facet: entry.facet,
                    text: text.clone(),
                    first: (first.id.clone(), its_rule.id.clone()),
                    second: (entry.id.clone(), rule.id.clone()),
                };
                let told = found.last().is_some_and(|last| {
                    (last.facet, &last.first.0, &last.second.0)
                        == (entry.facet, &first.id, &entry.id)
                });
                if first.id != entry.id && !told {
                    found.push(twin);
                }
            }
        }
    }
    found
}

/// The patterns of a rule with their text and how sure they are, in thousandths.
fn patterns(rule: &RuleSpec) -> impl Iterator<Item = (&String, Pattern, u32)> {
    let sure = |default: f32| (rule.confidence.unwrap_or(default) * 1_000.0) as u32;
    let names = rule.names.iter().map(move |text| (text, name(text, rule.endings), sure(1.0)));
    let words = rule.words.iter().map(move |text| (text, word(text), sure(0.8)));
    names.chain(words).flat_map(|(text, patterns, sure)| {
        patterns.unwrap_or_default().into_iter().map(move |pattern| (text, pattern, sure))
    })
}
