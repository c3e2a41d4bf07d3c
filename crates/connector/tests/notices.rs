//! What each fixture of notices yields, as a snapshot; the name of a fixture says what it proves.

use std::path::{Path, PathBuf};

use connector::notices::{NoticeFormat, NoticeRules, PageRules, ParsedNotices, parse_notices};
use connector::{Document, ParseError};
use proptest::prelude::*;
use scraper::Selector;
use serde_json::Value;

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/notices");
    let files = std::fs::read_dir(folder).expect("the fixtures are in the repository");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("readable").path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a file").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).expect("readable"))).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    let found = fixtures().into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no fixture {name}")).1
}

fn read_with(rules: &NoticeRules, bytes: &[u8]) -> Result<ParsedNotices, ParseError> {
    let base_url = Some("https://portal.example/lists/all.html");
    parse_notices(rules, &Document { bytes, content_type: None, base_url })
}

fn read(bytes: &[u8]) -> Result<ParsedNotices, ParseError> {
    read_with(&NoticeRules::default(), bytes)
}

/// Rules for the page among the fixtures.
fn page_rules() -> NoticeRules {
    let selector = |text: &str| Some(Selector::parse(text).expect("a selector"));
    let mut page = PageRules::new("tr.n").expect("a selector");
    page.link = selector("td.t > a");
    page.date = selector("td.d");
    page.deadline = selector("td.r");
    page.buyer = selector("td.b");
    NoticeRules { page: Some(page), country: Some("BA".into()), ..NoticeRules::default() }
}

/// Without what is unknown, so that a snapshot shows what was read.
fn known(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, known(value)))
            .filter(|(_, value)| {
                !value.is_null()
                    && *value != Value::Bool(false)
                    && value.as_array().is_none_or(|list| !list.is_empty())
            })
            .collect(),
        Value::Array(members) => members.into_iter().map(known).collect(),
        other => other,
    }
}

#[test]
fn every_fixture_yields_what_its_name_says() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 17, "found {} fixtures", fixtures.len());
    for (name, bytes) in fixtures {
        let rules = if name.ends_with(".html") { page_rules() } else { NoticeRules::default() };
        let shown = match read_with(&rules, &bytes) {
            Ok(parsed) => {
                let shown = known(serde_json::to_value(&parsed).expect("serialisable"));
                serde_json::to_string_pretty(&shown).expect("serialisable")
            }
            Err(error) => error.to_string(),
        };
        insta::assert_snapshot!(name.replace('.', "-"), shown);
    }
}

#[test]
fn contact_persons_and_bodies_beside_the_procedure_are_never_read() {
    let mut looked_for = 0;
    for (name, bytes) in fixtures() {
        let rules = if name.ends_with(".html") { page_rules() } else { NoticeRules::default() };
        let source = String::from_utf8(bytes.clone()).expect("fixtures are UTF-8");
        let words = ["Never", "person@", "не се чете", "Комисия", "TPO-", "Loser", "Nobody"];
        looked_for += words.iter().filter(|word| source.contains(**word)).count();
        let Ok(parsed) = read_with(&rules, &bytes) else { continue };
        let shown = serde_json::to_string(&parsed).expect("serialisable");
        for word in words {
            assert!(!shown.contains(word), "{name} lets `{word}` through");
        }
    }
    assert!(looked_for >= 12, "{looked_for}");
}

#[test]
fn what_is_no_notice_is_named() {
    let refused = |bytes: &[u8]| read(bytes).expect_err("no notices").to_string();
    assert_eq!(refused(b" \r\n"), "the document is empty");
    assert_eq!(
        refused(b"<!doctype html><html><title>Error"),
        "not procurement notices but an HTML page"
    );
    assert_eq!(
        refused(b"<rss version='2.0'/>"),
        "not procurement notices but XML that begins with <rss>"
    );
    assert_eq!(refused(b"PK\x03\x04"), "a workbook: its rows must be read in a process of its own");
    let cut = &fixture("eforms-award-winners-by-reference.xml")[..4_000];
    assert!(refused(cut).starts_with("the document is damaged: "), "{}", refused(cut));
    let cut = &fixture("ocds-release-package.json")[..900];
    assert!(
        refused(cut).starts_with("the document is damaged: it is no JSON: EOF"),
        "{}",
        refused(cut)
    );
    let deep = format!("<TED_EXPORT>{}", "<a>".repeat(100_000));
    assert_eq!(refused(deep.as_bytes()), "the document is nested deeper than 128 levels");
    let deep = format!("{{\"releases\": {}", "[".repeat(100_000));
    assert!(refused(deep.as_bytes()).contains("damaged"), "{}", refused(deep.as_bytes()));
}

#[test]
fn a_format_can_be_forced_and_then_must_fit() {
    let forced = |format, bytes: &[u8]| {
        read_with(&NoticeRules { format: Some(format), ..NoticeRules::default() }, bytes)
    };
    let bytes = fixture("worldbank-object-keyed-by-id.json");
    assert_eq!(forced(NoticeFormat::WorldBank, &bytes).expect("it fits").items.len(), 2);
    for format in NoticeFormat::ALL.iter().filter(|format| **format != NoticeFormat::WorldBank) {
        assert!(forced(*format, &bytes).is_err(), "{format}");
        assert_eq!(format.as_str().parse(), Ok(*format));
    }
}

#[test]
fn an_encoding_that_nobody_declares_is_found() {
    let text = String::from_utf8(fixture("ocds-release-package.json")).expect("UTF-8");
    let spanish = text.replace("Opština Izmišljena", "Secretaría de la Construcción del Año");
    let latin: Vec<u8> = spanish
        .replace("Mrežna", "Mrezna")
        .replace("svičevi", "svicevi")
        .replace("Dobavljač", "Compañía")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
        .collect();
    let parsed = read(&latin).expect("it is a package");
    assert_eq!(parsed.items[0].buyer.as_deref(), Some("Secretaría de la Construcción del Año"));
    assert_eq!(parsed.items[1].suppliers, ["Compañía Prvi", "Compañía Drugi"]);
}

/// What must hold of every answer, whatever the bytes were.
fn is_sound(parsed: &ParsedNotices) {
    assert!(parsed.problems.len() <= 520, "{}", parsed.problems.len());
    for notice in &parsed.items {
        assert!(!notice.notice_id.is_empty());
        assert!(
            notice
                .cpv
                .iter()
                .all(|code| code.len() == 8 && code.bytes().all(|b| b.is_ascii_digit()))
        );
        for list in [&notice.cpv, &notice.suppliers] {
            let mut sorted = list.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), list.len(), "{list:?}");
        }
        assert!(notice.value.is_none_or(|value| value.is_finite() && value >= 0.0));
        assert_eq!(notice.value.is_some(), notice.value_kind.is_some());
        assert!(notice.currency.is_none() || notice.value.is_some());
        assert!(notice.country.as_ref().is_none_or(|code| code.len() == 2));
        assert!(notice.title.as_ref().is_none_or(|title| title.len() <= 2_048));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_documents_are_refused_or_read_but_never_panic(
        which in 0_usize..17,
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0_usize..40, any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
        truncate in any::<bool>(),
    ) {
        let fixtures = fixtures();
        let (name, mut bytes) = fixtures[which % fixtures.len()].clone();
        for (at, length, byte) in cuts {
            let at = at.index(bytes.len());
            let stop = (at + length).min(bytes.len());
            match length % 3 {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..stop)),
                _ => bytes = [&bytes[..stop], &bytes[at..]].concat(),
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        if truncate {
            bytes.truncate(end.index(bytes.len()));
        }
        let rules = if name.ends_with(".html") { page_rules() } else { NoticeRules::default() };
        if let Ok(parsed) = read_with(&rules, &bytes) {
            is_sound(&parsed);
            prop_assert_eq!(read_with(&rules, &bytes), Ok(parsed));
        }
    }
}

#[test]
fn every_fixture_is_sound() {
    for (name, bytes) in fixtures() {
        let rules = if name.ends_with(".html") { page_rules() } else { NoticeRules::default() };
        if let Ok(parsed) = read_with(&rules, &bytes) {
            is_sound(&parsed);
            assert!(!parsed.items.is_empty(), "{name}");
        }
    }
}
