//! `[vendor.ID]`, `[layer.ID]` and the like: what is looked for.

use std::collections::{BTreeMap, BTreeSet};

use model::Facet;
use tagger::{Endings, EntrySpec, RuleSpec};

use crate::criteria::{FACETS, Names};
use crate::groups::{Entry, Groups};
use crate::table::{Here, Placed, Table, Value, not_blank};
use crate::value::{language, slug};

/// Entries as the tagger takes them, and where everything in them was written.
#[derive(Default)]
pub(crate) struct Watchlists<'d> {
    pub(crate) entries: Vec<EntrySpec>,
    places: BTreeMap<(Facet, String), Places<'d>>,
    /// Entries with mistakes of their own: what the tagger says about them follows from those.
    faulty: BTreeSet<(Facet, String)>,
}

/// Where the parts of an entry stand.
struct Places<'d> {
    header: Here<'d>,
    /// By rule; `None` is the entry's own.
    rules: Rules<'d>,
}

/// How many examples an entry brings.
pub(crate) fn count_examples(entry: &EntrySpec) -> usize {
    let of_rules = entry.rules.iter().map(|rule| rule.matches.len() + rule.ignores.len());
    entry.matches.len() + entry.ignores.len() + of_rules.sum::<usize>()
}

type Rules<'d> = BTreeMap<Option<String>, RulePlaces<'d>>;

struct RulePlaces<'d> {
    header: Here<'d>,
    /// Every text of the rule with its place.
    texts: Vec<Placed<'d, String>>,
}

impl<'d> Watchlists<'d> {
    /// A mistake in the entry was reported already.
    pub(crate) fn is_faulty(&self, facet: Facet, id: &str) -> bool {
        self.faulty.contains(&(facet, id.to_owned()))
    }

    /// Where `text` stands in an entry or its rule, else the rule, else the entry.
    pub(crate) fn place(
        &self,
        facet: Facet,
        id: &str,
        rule: Option<&str>,
        text: Option<&str>,
    ) -> Option<Here<'d>> {
        let places = self.places.get(&(facet, id.to_owned()))?;
        let named = rule.filter(|rule| *rule != OWN_RULE).map(str::to_owned);
        let of_rule = places.rules.get(&named);
        let text = text.and_then(|text| {
            let all = of_rule.into_iter().chain(places.rules.values());
            let mut texts = all.flat_map(|rule| &rule.texts);
            texts.find(|placed| placed.value == text).map(|placed| placed.here.clone())
        });
        let header = of_rule.map_or(&places.header, |rule| &rule.header);
        Some(text.unwrap_or_else(|| header.clone()))
    }
}

/// The rule made of an entry's own keys.
const OWN_RULE: &str = "name";

/// Reads every entry, in the order of facets and ids; former ids go to `names`.
pub(crate) fn read<'d>(groups: &mut Groups<'d>, names: &mut Names) -> Watchlists<'d> {
    let mut lists = Watchlists::default();
    let mut hints = Vec::new();
    for (kind, facet) in FACETS {
        for Entry { id, table } in groups.take(kind) {
            let header = table.here.clone();
            if let Err(error) = slug(&id) {
                let error = error.replace("a category", "an id");
                header.bare_problem(format!("[{kind}.{id}]: {error}"));
                continue;
            }
            let before = header.cx.report.count();
            let (entry, rules) = entry(facet, &id, table, &mut hints);
            let is_broken = |here: &Here<'_>| here.cx.document.is_broken_after(here.start());
            let broken = rules.values().any(|rule| is_broken(&rule.header));
            if header.cx.report.count() > before || broken {
                lists.faulty.insert((facet, id.clone()));
            }
            for former in &entry.formerly {
                names.formerly.insert((facet, former.clone()), id.clone());
            }
            lists.places.insert((facet, id), Places { header, rules });
            lists.entries.push(entry);
        }
    }
    for hint in hints {
        hint.check(|id| names.entry(Facet::Layer, id));
    }
    lists
}

fn entry<'d>(
    facet: Facet,
    id: &str,
    mut table: Table<'d>,
    hints: &mut Vec<Placed<'d, String>>,
) -> (EntrySpec, Rules<'d>) {
    let here = table.here.clone();
    let label = table.placed("label", not_blank).map(|label| label.value);
    let formerly =
        table.list("formerly", |text| slug(text).map_err(|e| e.replace("a category", "an id")));
    let cpv = table.list("cpv", cpv);
    let usual_layers = table.texts("layers");
    let mut places = Rules::new();
    let own = rule(OWN_RULE.into(), &mut table);
    let rule_tables = table.take("rule").map(rule_tables).unwrap_or_default();
    table.finish();

    let mut texts = own.texts;
    texts.extend(formerly.iter().chain(&cpv).chain(&usual_layers).cloned());
    places.insert(None, RulePlaces { header: here.clone(), texts });
    // Examples of the entry are examples of all its rules together.
    let mut own = own.spec;
    let matches = std::mem::take(&mut own.matches);
    let ignores = std::mem::take(&mut own.ignores);
    let mut rules = Vec::new();
    if says_something(&own) {
        rules.push(own);
    }
    for mut table in rule_tables {
        let header = table.here.clone();
        let id = table.required("id", "\"short\"", |text| match text {
            OWN_RULE => Err(format!("`{OWN_RULE}` is the rule made of the entry's own keys")),
            _ => slug(text).map_err(|error| error.replace("a category", "an id")),
        });
        let read = rule(id.map(|id| id.value).unwrap_or_default(), &mut table);
        table.finish();
        places.insert(Some(read.spec.id.clone()), RulePlaces { header, texts: read.texts });
        rules.push(read.spec);
    }
    let entry = EntrySpec {
        facet,
        id: id.to_owned(),
        label: label.unwrap_or_else(|| id.to_owned()),
        formerly: formerly.into_iter().map(|id| id.value).collect(),
        rules,
        cpv: cpv.into_iter().map(|prefix| prefix.value).collect(),
        usual_layers: usual_layers.iter().map(|layer| layer.value.clone()).collect(),
        matches,
        ignores,
    };
    hints.extend(usual_layers);
    (entry, places)
}

/// `[[kind.id.rule]]`.
fn rule_tables(value: Value<'_>) -> Vec<Table<'_>> {
    let values = value.values().unwrap_or_default();
    values.into_iter().filter_map(Value::entry).collect()
}

fn says_something(rule: &RuleSpec) -> bool {
    [&rule.names, &rule.words, &rule.weak, &rule.regex].iter().any(|texts| !texts.is_empty())
}

struct ReadRule<'d> {
    spec: RuleSpec,
    texts: Vec<Placed<'d, String>>,
}

/// The keys that entries and their rules share.
fn rule<'d>(id: String, table: &mut Table<'d>) -> ReadRule<'d> {
    let mut texts = Vec::new();
    let mut list = |table: &mut Table<'d>, key| {
        let placed = table.texts(key);
        let values = placed.iter().map(|text| text.value.clone()).collect();
        texts.extend(placed);
        values
    };
    let spec = RuleSpec {
        id,
        names: list(table, "names"),
        words: list(table, "words"),
        weak: list(table, "weak"),
        regex: list(table, "regex"),
        needs: list(table, "needs"),
        unless: list(table, "unless"),
        despite: list(table, "despite"),
        aside: list(table, "aside"),
        matches: list(table, "matches"),
        ignores: list(table, "ignores"),
        companies: list(table, "companies"),
        company_unless: list(table, "company_unless"),
        addresses: list(table, "addresses"),
        endings: table.parsed("endings", |text| {
            text.parse::<Endings>().map_err(|error| {
                error.split_once(" is ").map_or(error.clone(), |(_, rest)| format!("is {rest}"))
            })
        }),
        langs: table.list("langs", language).into_iter().map(|lang| lang.value).collect(),
        unless_vendor: table.switch("unless_vendor").unwrap_or(false),
        within: table.count("within", 1..=10_000).and_then(|letters| usize::try_from(letters).ok()),
        confidence: confidence(table),
    };
    ReadRule { spec, texts }
}

fn confidence(table: &mut Table<'_>) -> Option<f32> {
    let number = table.take("confidence")?.number()?;
    if !(0.0..=1.0).contains(&number.value) {
        number.here.problem("must be between 0 and 1");
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "between 0 and 1 nothing but digits is lost"
    )]
    Some(number.value as f32)
}

/// A prefix of the Common Procurement Vocabulary.
fn cpv(text: &str) -> Result<String, &'static str> {
    let is_code = (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if is_code { Ok(text.to_owned()) } else { Err("is not a CPV prefix: two to eight digits") }
}
