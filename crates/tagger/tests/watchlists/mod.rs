//! Reads the shipped watchlists, for tests and benches; `config` reads them for the product.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its lists stops")]

use std::path::Path;

use model::Facet;
use tagger::{EntrySpec, RuleSpec};
use toml::{Table, Value};

/// Every entry of every file in `watchlists/`.
pub(crate) fn shipped() -> Vec<EntrySpec> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../watchlists");
    let mut entries = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let table: Table = text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            for (facet, of_facet) in &table {
                let facet: Facet = facet.parse().unwrap();
                for (id, value) in of_facet.as_table().unwrap() {
                    entries.push(entry(facet, id, value.as_table().unwrap()));
                }
            }
        }
    }
    entries
}

const ENTRY_KEYS: &[&str] = &["label", "formerly", "cpv", "layers", "rule"];
const RULE_KEYS: &[&str] = &[
    "names",
    "words",
    "weak",
    "regex",
    "endings",
    "needs",
    "unless",
    "despite",
    "aside",
    "langs",
    "unless_vendor",
    "within",
    "confidence",
    "matches",
    "ignores",
    "companies",
    "company_unless",
    "addresses",
];

fn entry(facet: Facet, id: &str, table: &Table) -> EntrySpec {
    for key in table.keys() {
        assert!(
            ENTRY_KEYS.contains(&key.as_str()) || RULE_KEYS.contains(&key.as_str()),
            "{id}: {key}"
        );
    }
    let mut own = rule("name", table);
    let (matches, ignores) = (std::mem::take(&mut own.matches), std::mem::take(&mut own.ignores));
    let mut rules = vec![own];
    for value in table.get("rule").and_then(Value::as_array).into_iter().flatten() {
        let table = value.as_table().unwrap();
        for key in table.keys() {
            assert!(key == "id" || RULE_KEYS.contains(&key.as_str()), "{id}: rule: {key}");
        }
        rules.push(rule(table["id"].as_str().unwrap(), table));
    }
    EntrySpec {
        facet,
        id: id.into(),
        label: table["label"].as_str().unwrap().into(),
        formerly: list(table, "formerly"),
        rules,
        cpv: list(table, "cpv"),
        usual_layers: list(table, "layers"),
        matches,
        ignores,
    }
}

fn rule(id: &str, table: &Table) -> RuleSpec {
    RuleSpec {
        id: id.into(),
        names: list(table, "names"),
        words: list(table, "words"),
        weak: list(table, "weak"),
        regex: list(table, "regex"),
        endings: table.get("endings").map(|v| v.as_str().unwrap().parse().unwrap()),
        needs: list(table, "needs"),
        unless: list(table, "unless"),
        despite: list(table, "despite"),
        aside: list(table, "aside"),
        langs: list(table, "langs"),
        unless_vendor: table.get("unless_vendor").is_some_and(|v| v.as_bool().unwrap()),
        within: table.get("within").map(|v| v.as_integer().unwrap() as usize),
        confidence: table.get("confidence").map(|v| v.as_float().unwrap() as f32),
        matches: list(table, "matches"),
        ignores: list(table, "ignores"),
        companies: list(table, "companies"),
        company_unless: list(table, "company_unless"),
        addresses: list(table, "addresses"),
    }
}

fn list(table: &Table, key: &str) -> Vec<String> {
    let values = table.get(key).and_then(Value::as_array);
    values.into_iter().flatten().map(|v| v.as_str().unwrap().to_owned()).collect()
}
