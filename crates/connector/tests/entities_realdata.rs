//! Every real list, where the folder that STACKWATCH_REALDATA names holds them: what was read of
//! it, against a count that knows nothing of the readers. Nothing may be dropped silently.

#![expect(clippy::print_stdout, reason = "the table of what was read")]

use std::fs;
use std::path::{Path, PathBuf};

use connector::entities::{EntityRules, Named, ParsedList, parse_entities};
use connector::{Document, ParseError};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("STACKWATCH_REALDATA").map(PathBuf::from);
    if folder.is_none() {
        println!("STACKWATCH_REALDATA is not set: real data is not tested");
    }
    Some(folder?.join("entity-lists"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder)
        .expect("real data is readable")
        .map(|entry| entry.expect("real data is readable").path());
    let mut entries: Vec<PathBuf> = entries.collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.file_name().is_some_and(|name| name != "SOURCES.tsv") {
            found.push(path);
        }
    }
}

fn read(paths: &[PathBuf]) -> Result<ParsedList, ParseError> {
    let bytes: Vec<Vec<u8>> =
        paths.iter().map(|path| fs::read(path).expect("real data is readable")).collect();
    let files: Vec<Named<Document<'_>>> = paths
        .iter()
        .zip(&bytes)
        .map(|(path, bytes)| Named {
            name: path.file_name().expect("a file has a name").to_string_lossy().into_owned(),
            value: Document { bytes, content_type: None, base_url: None },
        })
        .collect();
    parse_entities(&EntityRules::default(), &files)
}

/// Rows of a table by counting line ends outside quotes, without its header.
fn rows(text: &str, header: usize) -> usize {
    let (mut quoted, mut rows, mut filled) = (false, 0, false);
    for c in text.chars() {
        quoted ^= c == '"';
        if c == '\n' && !quoted {
            rows += usize::from(filled);
            filled = false;
        } else if !matches!(c, '\r' | '\u{1A}' | '\n') {
            filled = true;
        }
    }
    rows + usize::from(filled) - header
}

/// How many records a file has; `None` where it cannot be read alone.
fn records(path: &Path) -> Option<usize> {
    let name = path.file_name().expect("a file has a name").to_str().expect("the names are text");
    let text =
        String::from_utf8_lossy(&fs::read(path).expect("real data is readable")).into_owned();
    let json = || serde_json::from_str::<Value>(&text).expect("the sample has its shape");
    Some(match name {
        "sdn.csv" | "cons_prim.csv" => rows(&text, 0),
        _ if path.to_str().expect("the names are text").contains("/ofac-")
            && name.ends_with(".csv") =>
        {
            return None;
        }
        _ if name.ends_with(".csv") || name == "dpl.txt" => rows(&text, 1),
        _ if name.ends_with(".txt") => 1,
        _ if name.ends_with(".html") => text.matches("<tr><td").count(),
        _ if name.ends_with(".xml") => {
            ["<sdnEntry>", "<INDIVIDUAL>", "<ENTITY>", "<item>", "<target "]
                .iter()
                .map(|mark| text.matches(mark).count())
                .sum()
        }
        "delta.json" => json()["versions"].as_object().expect("the sample has its shape").len(),
        "catalog-index.json" => {
            json()["datasets"].as_array().expect("the sample has its shape").len()
        }
        _ if json_lines(&text) => text.lines().filter(|line| !line.trim().is_empty()).count(),
        _ => {
            let json = json();
            ["results", "entities"]
                .iter()
                .find_map(|key| json[*key].as_array())
                .expect("the sample has its shape")
                .len()
        }
    })
}

fn json_lines(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_err()
}

#[test]
fn every_record_of_every_real_list_is_accounted_for() {
    let Some(folder) = folder() else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let mut wrong = Vec::new();
    println!(
        "{:60} {:24} {:>7} {:>6} {:>6} {:>5} {:>5} {:>5}",
        "file", "format", "records", "items", "joined", "skip", "rej", "prob"
    );
    for path in &paths {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let shown: String = name.chars().take(60).collect();
        let (expected, list) = (records(path), read(std::slice::from_ref(path)));
        let list = match (expected, list) {
            (Some(_), Ok(list)) => list,
            (None, Err(error)) => {
                assert!(error.to_string().contains("hand in the whole folder"), "{name}: {error}");
                println!("{shown:60} only together with the file of names");
                continue;
            }
            (Some(_), Err(error)) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
            (None, Ok(_)) => {
                wrong.push(format!("{name}: was read alone"));
                continue;
            }
        };
        println!(
            "{shown:60} {:24} {:>7} {:>6} {:>6} {:>5} {:>5} {:>5}",
            list.format.as_str(),
            list.records,
            list.items.len(),
            list.joined,
            list.skips,
            list.rejected,
            list.problems.len(),
        );
        check(&name, &list, expected.unwrap(), &mut wrong);
    }
    for set in ["ofac-sdn-2019", "ofac-consolidated"] {
        let mut paths = Vec::new();
        files(&folder.join(set), &mut paths);
        let list = read(&paths).unwrap();
        let expected = paths
            .iter()
            .map(|path| rows(&String::from_utf8_lossy(&fs::read(path).unwrap()), 0))
            .sum();
        println!(
            "{set:60} {:24} {:>7} {:>6} {:>6}",
            list.format.as_str(),
            list.records,
            list.items.len(),
            list.joined
        );
        check(set, &list, expected, &mut wrong);
        assert!(
            list.items.iter().any(|item| !item.aliases.is_empty() && !item.addresses.is_empty())
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn check(name: &str, list: &ParsedList, expected: usize, wrong: &mut Vec<String>) {
    let accounted = list.items.len() as u64 + list.joined + list.skips + list.rejected;
    if list.records != accounted {
        wrong.push(format!("{name}: {accounted} accounted of {}", list.records));
    }
    if list.records != expected as u64 {
        wrong.push(format!("{name}: {} records, counted {expected}", list.records));
    }
    let told = list.problems.len() as u64;
    if told < list.rejected.min(1_000) || list.skipped.len() as u64 != list.skips.min(1_000) {
        wrong.push(format!("{name}: something was rejected or skipped without a word"));
    }
    let mut ids: Vec<(&str, &str)> =
        list.items.iter().map(|item| (item.list.as_str(), item.entity_id.as_str())).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    if ids.len() != all {
        wrong.push(format!("{name}: {} ids are there twice", all - ids.len()));
    }
    for item in &list.items {
        let dates = [&item.listed, &item.removed].into_iter().flatten();
        if item.name.is_empty() || dates.clone().any(|date| date.len() != 10) {
            wrong.push(format!("{name}: {item:?}"));
        }
    }
}

#[test]
fn vendors_are_found_where_they_are_listed() {
    let Some(folder) = folder() else { return };
    let named = |list: &ParsedList, word: &str| {
        let word = word.to_lowercase();
        list.items
            .iter()
            .filter(|item| {
                let names = std::iter::once(&item.name).chain(&item.aliases);
                names.into_iter().any(|name| name.to_lowercase().contains(&word))
            })
            .count()
    };
    let one = |path: &str| read(&[folder.join(path)]).unwrap();
    let mut paths = Vec::new();
    files(&folder.join("ofac-consolidated"), &mut paths);
    let consolidated = read(&paths).unwrap();
    let cmic: Vec<_> = consolidated
        .items
        .iter()
        .filter(|item| item.programmes.contains(&"CMIC-EO13959".into()))
        .collect();
    println!("{} in CMIC", cmic.len());
    let of = |id: &str| consolidated.items.iter().find(|item| item.entity_id == id).unwrap();
    assert!(of("30947").name.contains("HUAWEI"));
    assert_eq!(of("30947").listed.as_deref(), Some("2021-06-03"));
    assert!(of("30951").aliases.iter().any(|alias| alias == "SMIC"), "{:?}", of("30951"));
    assert_eq!(named(&one("opensanctions/ndaa-889.csv"), "dahua"), 1);
    assert!(named(&one("opensanctions/dod-1260h.csv"), "BGI Genomics") >= 2);
    assert!(named(&one("opensanctions/fcc-covered-list.csv"), "Hytera") == 1);
    assert!(named(&one("us-snapshots-2026-07-09/bis-entity-list.even.json"), "huawei") > 20);
    assert_eq!(
        named(&one("us-snapshots-2026-07-09/bis-entity-list.even.json"), "zte corporation"),
        0
    );
}
