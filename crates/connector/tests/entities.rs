//! What each fixture of an entity list yields, as a snapshot; and the laws that hold for all of
//! them: nothing is lost silently, nothing panics, a cut file is not complete.

use std::path::{Path, PathBuf};

use connector::entities::{Columns, EntityRules, Format, Named, ParsedList, parse_entities};
use connector::{Document, ParseError};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/entities")
}

/// Name and bytes of every fixture that is one file.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder()).expect("the fixtures are in the repository");
    let paths = files.map(|file| file.expect("readable").path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a file").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).expect("readable"))).collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).expect("the fixture is in the repository")
}

fn with(rules: &EntityRules, files: &[(&str, &[u8])]) -> Result<ParsedList, ParseError> {
    let files: Vec<Named<Document<'_>>> = files
        .iter()
        .map(|(name, bytes)| Named {
            name: (*name).to_owned(),
            value: Document { bytes, content_type: None, base_url: None },
        })
        .collect();
    parse_entities(rules, &files)
}

fn read(name: &str, bytes: &[u8]) -> Result<ParsedList, ParseError> {
    with(&EntityRules::default(), &[(name, bytes)])
}

fn shown(list: &ParsedList) -> String {
    // One line an item: a snapshot that people read.
    let items: Vec<String> = list
        .items
        .iter()
        .map(|item| {
            let mut value = serde_json::to_value(item).expect("serialisable");
            let fields = value.as_object_mut().expect("an object");
            fields.retain(|_, value| {
                !value.is_null() && value.as_array().is_none_or(|a| !a.is_empty())
            });
            serde_json::to_string_pretty(&value).expect("serialisable")
        })
        .collect();
    let mut rest = list.clone();
    rest.items.clear();
    let rest = serde_json::to_string_pretty(&rest).expect("serialisable");
    format!("{rest}\n{}", items.join("\n"))
}

#[track_caller]
fn accounted(list: &ParsedList) {
    let sum = list.items.len() as u64 + list.joined + list.skips + list.rejected;
    assert_eq!(list.records, sum, "{list:?}");
    assert_eq!(list.counts.values().sum::<u64>(), list.items.len() as u64);
    let mut ids: Vec<_> = list.items.iter().map(|item| (&item.list, &item.entity_id)).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), list.items.len(), "ids are unique in their list");
    for item in &list.items {
        assert!(!item.name.is_empty() && !item.entity_id.is_empty() && !item.list.is_empty());
        assert!(!item.aliases.contains(&item.name));
    }
}

#[test]
fn every_fixture_yields_what_its_name_says() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 28, "found {} fixtures", fixtures.len());
    for (name, bytes) in fixtures {
        let list = read(&name, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(list.complete, "{name}");
        accounted(&list);
        insta::assert_snapshot!(name.replace('.', "-"), shown(&list));
    }
}

#[test]
fn the_files_of_one_ofac_set_are_one_list_in_any_order() {
    let names = ["ex_prim.csv", "ex_alt.csv", "ex_add.csv", "ex_comments.csv"];
    let bytes: Vec<Vec<u8>> =
        names.iter().map(|name| fixture(&format!("ofac-set/{name}"))).collect();
    let mut files: Vec<(&str, &[u8])> =
        names.iter().zip(&bytes).map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let list = with(&EntityRules::default(), &files).unwrap();
    accounted(&list);
    insta::assert_snapshot!("ofac-set", shown(&list));
    files.reverse();
    assert_eq!(with(&EntityRules::default(), &files).unwrap().items, list.items);
    let alone = read("ex_alt.csv", &bytes[1]).unwrap_err().to_string();
    assert!(alone.contains("hand in the whole folder"), "{alone}");
}

#[test]
fn what_is_no_entity_list_is_named() {
    let refused = |bytes: &[u8]| read("x", bytes).expect_err("no list").to_string();
    assert_eq!(refused(b" \r\n"), "the document is empty");
    let page = b"<!doctype html><html><head><title>Log in</title></head><body></body></html>";
    assert_eq!(refused(page), "not an entity list but an HTML page: Log in");
    assert_eq!(
        refused(b"<urlset><url/></urlset>"),
        "not an entity list but an XML document of `urlset`"
    );
    assert_eq!(refused(b"garbage"), "not an entity list but a text without a header that is known");
    assert!(refused(b"{\"a\":1}").contains("JSON without entries"));
    assert!(parse_entities(&EntityRules::default(), &[]).is_err());
    // A page instead of the table that was configured.
    let rules = EntityRules { format: Some(Format::CslCsv), ..EntityRules::default() };
    let error = with(&rules, &[("csl.csv", page)]).unwrap_err().to_string();
    assert_eq!(error, "not an entity list but an HTML page");
}

#[test]
fn a_column_that_is_missing_or_renamed_is_named() {
    let text = String::from_utf8(fixture("csl.csv")).unwrap();
    for (column, needed) in
        [(",name,", "name"), (",alt_names,", "altnames"), (",addresses,", "addresses")]
    {
        let renamed = text.replacen(column, ",renamed,", 1);
        let error = read("csl.csv", renamed.as_bytes()).expect_err(column).to_string();
        assert!(
            error.contains(&format!("no column `{needed}`")) && error.contains("`renamed`"),
            "{error}"
        );
    }
    let text = String::from_utf8(fixture("dpl.txt")).unwrap();
    let error = read("dpl.txt", text.replacen("FR_Citation", "X", 1).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("no column `frcitation`"), "{error}");
}

#[test]
fn declared_columns_and_arrays_are_obeyed() {
    let columns =
        Columns::new([("name", "Firma"), ("aliases", "Kurz"), ("country", "Land")]).unwrap();
    let rules = EntityRules {
        columns: Some(columns),
        delimiter: Some(b'|'),
        list: Some("my-list".into()),
        ..EntityRules::default()
    };
    let list =
        with(&rules, &[("x.txt", "Liste\nFirma|Land|Kurz\nA AG|China|AG\n".as_bytes())]).unwrap();
    assert_eq!((list.items[0].name.as_str(), list.items[0].list.as_str()), ("A AG", "my-list"));
    assert_eq!(list.items[0].countries, ["CN"]);
    let error = with(&rules, &[("x.txt", b"Firm|Land\nA|B\n")]).unwrap_err().to_string();
    assert!(error.contains("Firma") || error.contains("header that is known"), "{error}");

    let columns = Columns::new([("name", "firma")]).unwrap();
    let rules =
        EntityRules { columns: Some(columns), array: Some("a.b".into()), ..EntityRules::default() };
    let list = with(&rules, &[("x.json", br#"{"a":{"b":[{"firma":"A AG"}]}}"#)]).unwrap();
    assert_eq!(list.items[0].name, "A AG");
}

#[test]
fn rows_of_one_entity_are_one_entry_with_all_addresses() {
    let text = "COUNTRY,NAME,ADDRESS,,\n\
        Russia,\"Example, a.k.a. EX, a.k.a. Sample\",\"St. 1, Moscow\",,\n\
        Russia,\"Example, a.k.a. EX, a.k.a. Sample\",\"St. 2, Moscow\"\n\
        China,\"Example, a.k.a. EX, a.k.a. Sample\",St. 3,,\n";
    let list = read("x.csv", text.as_bytes()).unwrap();
    accounted(&list);
    assert_eq!((list.items.len(), list.joined), (2, 1));
    assert_eq!(list.items[0].addresses, ["St. 1, Moscow", "St. 2, Moscow"]);
    assert_eq!(list.items[0].aliases, ["Example", "EX", "Sample"]);
}

#[test]
fn bytes_of_old_encodings_are_read() {
    let latin: &[u8] = b"Name,Country\nSoci\xE9t\xE9 Exemple,France\nEjemplo \xD3ptica,Spain\n";
    let list = read("x.csv", latin).unwrap();
    assert_eq!(list.items[0].name, "Société Exemple");
    // Mostly UTF-8, with a stray byte of Windows-1252.
    let mixed =
        ["Name,Country\nПример Оптика,Russia\nSoci".as_bytes(), b"\xE9", "té,France\n".as_bytes()]
            .concat();
    let list = read("x.csv", &mixed).unwrap();
    assert_eq!(
        (list.items[0].name.as_str(), list.items[1].name.as_str()),
        ("Пример Оптика", "Société")
    );
    let wide: Vec<u8> = std::iter::once(0xFEFF_u16)
        .chain("Name\tCountry\nA\tChina\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(read("x.txt", &wide).unwrap().items[0].countries, ["CN"]);
}

#[test]
fn a_version_without_changes_is_an_empty_file() {
    let rules = EntityRules { format: Some(Format::OpenSanctionsDelta), ..EntityRules::default() };
    let list = with(&rules, &[("entities.delta.json", b"")]).unwrap();
    assert!(list.delta && list.complete && list.items.is_empty() && list.problems.is_empty());
    let rules = EntityRules { format: Some(Format::UnXml), ..EntityRules::default() };
    assert_eq!(with(&rules, &[("x.xml", b"")]).unwrap_err(), ParseError::Empty);
}

/// Where a table is cut at the end of a row, nothing shows it: that is what counts are guarded for.
#[test]
fn a_file_that_was_cut_is_an_error_or_not_complete() {
    for (name, bytes) in fixtures() {
        let whole = read(&name, &bytes).unwrap();
        // What stands behind the body of a page says nothing.
        let body = bytes.windows(7).position(|window| window == b"</body>");
        let trimmed = body.unwrap_or(bytes.trim_ascii_end().len());
        let step = (trimmed / 60).max(1);
        let marked = matches!(name.rsplit('.').next(), Some("xml" | "html" | "json"));
        let lines = matches!(name.as_str(), "opensanctions-ftm.json" | "opensanctions-delta.json");
        for end in (0..trimmed).step_by(step) {
            match read(&name, &bytes[..end]) {
                Err(_) => {}
                Ok(list) => {
                    accounted(&list);
                    if marked && !lines {
                        assert!(!list.complete, "{name} cut at {end} of {trimmed}");
                        assert!(!list.problems.is_empty());
                    } else if list.complete {
                        assert!(list.records <= whole.records, "{name} cut at {end}");
                    }
                }
            }
        }
    }
}

#[test]
fn no_damage_makes_a_reader_panic_or_lose_count() {
    // A small generator: the same damage at every run.
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move |bound: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % bound as u64).expect("a small bound")
    };
    let odd: [&[u8]; 10] =
        [b"\"", b"<", b">", b"&", b";", b"\n", b"\0", b"\xE9", b"{", b"\xF0\x9F\x98\x80"];
    for (name, bytes) in fixtures() {
        for _ in 0..120 {
            let mut damaged = bytes.clone();
            for _ in 0..=next(4) {
                let at = next(damaged.len());
                let until = (at + next(12)).min(damaged.len());
                match next(3) {
                    0 => drop(damaged.splice(at..until, odd[next(odd.len())].iter().copied())),
                    1 => drop(damaged.drain(at..until)),
                    _ => {
                        let copy = damaged[at..until].to_vec();
                        damaged.splice(at..at, copy);
                    }
                }
                if damaged.is_empty() {
                    damaged.push(b' ');
                }
            }
            if let Ok(list) = read(&name, &damaged) {
                accounted(&list);
            }
        }
    }
}

#[test]
fn the_order_of_columns_does_not_matter() {
    for (name, lead) in [
        ("csl.csv", 0),
        ("opensanctions.csv", 0),
        ("eu-annex.csv", 0),
        ("table.csv", 0),
        ("uk.csv", 1),
        ("ofsi.csv", 1),
    ] {
        let text = String::from_utf8(fixture(name)).unwrap();
        let expected = read(name, text.as_bytes()).unwrap();
        let (head, body) = text.split_at(text.split_inclusive('\n').take(lead).map(str::len).sum());
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(body.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        for shift in 1..rows[0].len() {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &rows {
                let turned = (0..row.len()).map(|at| &row[(at + shift) % row.len()]);
                writer.write_record(turned).unwrap();
            }
            let turned = [head.as_bytes(), &writer.into_inner().unwrap()].concat();
            let list = read(name, &turned)
                .unwrap_or_else(|error| panic!("{name} turned by {shift}: {error}"));
            assert_eq!(list.items, expected.items, "{name} turned by {shift}");
        }
    }
}

#[test]
fn hostile_nesting_is_refused() {
    let deep = format!("<export><sanctionEntity>{}", "<a>".repeat(10_000));
    assert!(read("x.xml", deep.as_bytes()).is_err());
    let deep = format!("{{\"entities\":[{}", "[".repeat(10_000));
    assert!(read("x.json", deep.as_bytes()).is_err());
}
