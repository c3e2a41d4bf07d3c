//! Designations of real lists, read loosely: only names, aliases, addresses and countries.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its lists stops")]

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;
use tagger::company::{Designation, Kind};

/// One designation.
#[derive(Default)]
pub(crate) struct Listed {
    pub(crate) list: String,
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) addresses: Vec<String>,
    pub(crate) countries: Vec<String>,
    kind: Kind,
    /// Aliases and addresses, one a line: the text of the item.
    text: String,
}

impl Listed {
    pub(crate) fn designation(&self) -> Designation<'_> {
        Designation {
            title: Some(&self.name),
            text: Some(&self.text),
            names: vec![&self.name],
            aliases: self.aliases.iter().map(String::as_str).collect(),
            addresses: self.addresses.iter().map(String::as_str).collect(),
            countries: self.countries.iter().map(String::as_str).collect(),
            kind: self.kind,
            ..Designation::default()
        }
    }
}

/// Every designation of every list in `folder`.
pub(crate) fn read(folder: &Path) -> Vec<Listed> {
    let mut all = snapshots(folder);
    for list in ["dod-1260h", "ndaa-889", "ndaa-5949"] {
        all.extend(table(folder, &format!("opensanctions/{list}.csv")).into_iter().map(|row| {
            let name = row.get("Clean Name").filter(|n| !n.is_empty()).or(row.get("Name"));
            let aliases = row.get("Alias").or(row.get("aliases")).map(|a| split(a, ','));
            Listed {
                list: list.into(),
                name: name.or(row.get("name")).cloned().unwrap_or_default(),
                aliases: aliases.unwrap_or_default(),
                ..Listed::default()
            }
        }));
    }
    for list in ["eu-833-2014-annexes", "eu-amendment-32026R1848"] {
        let rows = table(folder, &format!("opensanctions/{list}.csv"));
        all.extend(rows.into_iter().map(|row| from_row(list, &row, "alias", "address", "country")));
    }
    let rows = table(folder, "csl/csl-old-columns.csv");
    all.extend(rows.into_iter().map(|row| from_row("csl", &row, "alt_names", "addresses", "")));
    let dpl = std::fs::read_to_string(folder.join("bis-dpl/dpl.txt")).unwrap();
    all.extend(dpl.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split('\t').map(|cell| cell.trim_matches('"').trim()).collect();
        Listed {
            list: "dpl".into(),
            name: cells[0].into(),
            addresses: vec![cells[1..4].join(", ")],
            countries: vec![cells[4].into()],
            ..Listed::default()
        }
    }));
    all.extend(ofac(folder, "ofac-consolidated/cons_", "prim"));
    all.extend(ofac(folder, "ofac-sdn-2019/", "sdn"));
    for listed in &mut all {
        listed.text = [&listed.aliases[..], &listed.addresses[..]].concat().join("\n");
    }
    all
}

fn snapshots(folder: &Path) -> Vec<Listed> {
    let lists = ["bis-entity-list.even", "bis_meu", "cbp_wro", "dow_1286", "ofac_eo14032_annex"];
    let read = |list: &str| -> Vec<Listed> {
        let path = folder.join(format!("us-snapshots-2026-07-09/{list}.json"));
        let value: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let entities = value["entities"].as_array().unwrap().iter();
        entities
            .map(|entity| Listed {
                list: list.into(),
                name: text(&entity["name"]).unwrap_or_default(),
                aliases: entity["aliases"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(text)
                    .collect(),
                addresses: text(&entity["address"]).into_iter().collect(),
                countries: text(&entity["country"]).into_iter().collect(),
                ..Listed::default()
            })
            .collect()
    };
    lists.into_iter().flat_map(read).collect()
}

type Row = HashMap<String, String>;

fn from_row(list: &str, row: &Row, aliases: &str, addresses: &str, country: &str) -> Listed {
    let cells = |key: &str| row.get(key).map(|cell| split(cell, ';')).unwrap_or_default();
    let kind = match row.get("schema").or(row.get("type")).map(String::as_str) {
        Some("Person" | "individual" | "Individual") => Kind::Person,
        Some("Vessel") => Kind::Vessel,
        _ => Kind::Unknown,
    };
    Listed {
        list: list.into(),
        name: row.get("name").cloned().unwrap_or_default(),
        aliases: cells(aliases),
        addresses: cells(addresses),
        countries: cells(country),
        kind,
        ..Listed::default()
    }
}

/// The files of an OFAC CSV set, which share a number and have no header.
fn ofac(folder: &Path, prefix: &str, main: &str) -> Vec<Listed> {
    let rows = |name: &str| -> Vec<Vec<String>> {
        let bytes = std::fs::read(folder.join(format!("{prefix}{name}.csv"))).unwrap();
        csv(&bytes.iter().map(|&b| char::from(b)).collect::<String>())
    };
    let mut aliases: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows("alt").into_iter().filter(|row| row.len() > 3) {
        aliases.entry(row[0].clone()).or_default().push(row[3].clone());
    }
    let mut addresses: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows("add").into_iter().filter(|row| row.len() > 4) {
        let address = row[2..5].join(", ").replace("-0-", "");
        addresses.entry(row[0].clone()).or_default().push(address);
    }
    let all = rows(main).into_iter().filter(|row| row.len() > 3);
    all.map(|row| Listed {
        list: prefix.into(),
        name: row[1].clone(),
        aliases: aliases.remove(&row[0]).unwrap_or_default(),
        addresses: addresses.remove(&row[0]).unwrap_or_default(),
        kind: match row[2].trim() {
            "individual" => Kind::Person,
            "vessel" => Kind::Vessel,
            "aircraft" => Kind::Aircraft,
            _ => Kind::Organisation,
        },
        ..Listed::default()
    })
    .collect()
}

fn table(folder: &Path, file: &str) -> Vec<Row> {
    let mut rows = csv(&std::fs::read_to_string(folder.join(file)).unwrap()).into_iter();
    let header = rows.next().unwrap();
    rows.map(|row| header.iter().cloned().zip(row).collect()).collect()
}

fn split(cell: &str, by: char) -> Vec<String> {
    cell.split(by).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Comma-separated cells, quoted where they hold commas, quotes or line ends.
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                row.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            c => row.last_mut().unwrap().push(c),
        }
    }
    rows.retain(|row| row.len() > 1);
    rows
}
