//! `parse notices`: files, folders and workbooks.

use serde_json::Value;
use testkit::Daemon;

use crate::{installation, stderr, stdout};

const RELEASES: &str = r#"{"version": "1.1", "publisher": {"name": "Portal"}, "releases": [
    {"ocid": "o-1", "id": "1", "tag": ["tender"], "buyer": {"name": "Town"}, "tender": {"title": "Cameras"}},
    {"id": null}]}"#;

fn parsed(daemon: &Daemon, path: &str, more: &[&str]) -> Value {
    let path = daemon.path(path);
    let mut args = vec!["parse", "notices", path.to_str().expect("a path in UTF-8"), "--json"];
    args.extend(more);
    let output = daemon.command(&args);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).expect("one object")
}

#[test]
fn a_file_of_notices_is_one_object_with_null_for_what_is_unknown() {
    let daemon = installation();
    daemon.write("releases.json", RELEASES);
    let answer = parsed(&daemon, "releases.json", &[]);
    assert_eq!(answer["format"], "ocds-1.1");
    assert_eq!(answer["title"], "Portal");
    assert!(answer.get("next").is_some_and(Value::is_null));
    assert_eq!(answer["problems"][0]["at"], "release 2");
    let item = &answer["items"][0];
    assert_eq!((&item["notice_id"], &item["procedure_id"]), (&"1".into(), &"o-1".into()));
    assert_eq!((&item["stage"], &item["buyer"]), (&"notice".into(), &"Town".into()));
    for field in ["value", "currency", "country", "published", "deadline", "url"] {
        assert!(item.get(field).is_some_and(Value::is_null), "{field}: {item}");
    }
    for field in ["suppliers", "cpv"] {
        assert_eq!(item[field], Value::Array(Vec::new()), "{field}");
    }
    assert_eq!(parsed(&daemon, "releases.json", &["--format", "ocds"]), answer);
    let path = daemon.path("releases.json");
    let table =
        stdout(&daemon.command(&["parse", "notices", path.to_str().expect("a path in UTF-8")]));
    assert!(table.contains("Cameras") && table.contains("problem at release 2"), "{table}");
}

#[test]
fn a_folder_is_read_as_one_and_its_unreadable_files_are_told() {
    let daemon = installation();
    daemon.write("in/a/releases.json", RELEASES);
    daemon.write("in/b.html", "<!doctype html><title>Error");
    let answer = parsed(&daemon, "in", &[]);
    assert_eq!(answer["items"].as_array().unwrap().len(), 1);
    let problems = answer["problems"].as_array().unwrap();
    assert_eq!(problems[0]["at"], "a/releases.json: release 2");
    assert_eq!(problems[1]["at"], "b.html");
    assert!(problems[1]["reason"].as_str().unwrap().ends_with("but an HTML page"));
}

#[test]
fn what_cannot_be_read_ends_with_1_and_a_wrong_format_with_64() {
    let daemon = installation();
    daemon.write("page.html", "<html>");
    let path = daemon.path("page.html");
    let path = path.to_str().expect("a path in UTF-8");
    let refused = daemon.command(&["parse", "notices", path, "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(stderr(&refused).contains("not procurement notices but an HTML page"));
    let wrong = daemon.command(&["parse", "notices", path, "--format", "foo"]);
    assert_eq!(wrong.status.code(), Some(64));
    daemon.write("broken.json", r#"{"releases": [{"id": null}]}"#);
    let path = daemon.path("broken.json");
    let broken =
        daemon.command(&["parse", "notices", path.to_str().expect("a path in UTF-8"), "--json"]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(stdout(&broken).contains("neither an ocid nor an id"));
}

#[test]
fn a_workbook_of_the_serbian_portal_is_read_by_its_columns() {
    let daemon = installation();
    let text = |cell: &str, text: &str| {
        format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let names = [
        "Број огласа",
        "Наручилац",
        "Назив набавке",
        "Назив огласа",
        "Датум објаве",
        "Процењена вредност",
    ];
    let header: String =
        names.iter().zip('A'..).map(|(name, column)| text(&format!("{column}1"), name)).collect();
    let row = [
        text("A2", "2026/S F02-7"),
        text("B2", "Град Пример, ПИБ: 100000001"),
        text("C2", "Видео-надзор"),
        text("D2", "Јавни позив"),
        // 12 October 2026, 06:00 on the clock of Belgrade.
        "<c r=\"E2\" s=\"1\"><v>46307.25</v></c><c r=\"F2\"><v>1250000.5</v></c>".to_owned(),
    ]
    .concat();
    let sheet = format!("<row r=\"1\">{header}</row><row r=\"2\">{row}</row>");
    std::fs::write(daemon.path("grid.xlsx"), workbook(&sheet)).unwrap();
    let answer = parsed(&daemon, "grid.xlsx", &[]);
    assert_eq!(answer["format"], "xlsx");
    let item = &answer["items"][0];
    assert_eq!(item["notice_id"], "2026/S F02-7");
    assert_eq!(item["buyer"], "Град Пример");
    assert_eq!(item["title"], "Видео-надзор");
    assert_eq!(item["published"], "2026-10-12T04:00:00Z");
    assert_eq!((&item["value"], &item["currency"]), (&1_250_000.5.into(), &"RSD".into()));
    assert_eq!(item["country"], "RS");
}

#[test]
fn a_workbook_that_asks_for_the_world_gets_a_message_and_nothing_else() {
    let daemon = installation();
    // Two cells at opposite corners: a table of 17 thousand million cells between them.
    let sheet = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>\
                 <row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    std::fs::write(daemon.path("huge.xlsx"), workbook(sheet)).unwrap();
    std::fs::write(daemon.path("cut.xlsx"), &workbook(sheet)[..700]).unwrap();
    let refused = |name: &str| {
        let path = daemon.path(name);
        let output = daemon.command(&[
            "parse",
            "notices",
            path.to_str().expect("a path in UTF-8"),
            "--json",
        ]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
        stderr(&output)
    };
    assert!(refused("huge.xlsx").contains("more than 1024 MiB of memory"));
    assert!(refused("cut.xlsx").contains("not a workbook that can be read"));
}

/// A workbook of one sheet with the given rows. Style 1 is a date with a time.
fn workbook(rows: &str) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>")
    };
    let relations = |all: String| {
        format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
    };
    let of_book = relation("r1", "worksheet", "worksheets/sheet1.xml")
        + &relation("r2", "styles", "styles.xml");
    zip(&[
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{PACKAGE}/content-types\">\
                 <Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        ("_rels/.rels", relations(relation("r1", "officeDocument", "xl/workbook.xml"))),
        ("xl/_rels/workbook.xml.rels", relations(of_book)),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>\
                 <sheet name=\"Огласи\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/>\
                 <xf numFmtId=\"22\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ])
}

/// A ZIP archive of files that are stored as they are.
fn zip(files: &[(&str, String)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    let short = |number: usize| u16::try_from(number).expect("a small number").to_le_bytes();
    let long = |number: usize| u32::try_from(number).expect("a small number").to_le_bytes();
    for (name, text) in files {
        let offset = archive.len();
        // Version 2.0, no flags, stored, no time.
        let mut about = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        about.extend(crc32(text.as_bytes()).to_le_bytes());
        about.extend([long(text.len()), long(text.len())].concat());
        about.extend([short(name.len()), short(0)].concat());
        archive
            .extend([b"PK\x03\x04".as_slice(), &about, name.as_bytes(), text.as_bytes()].concat());
        directory.extend([b"PK\x01\x02\x14\x00".as_slice(), &about].concat());
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend([long(offset).as_slice(), name.as_bytes()].concat());
    }
    let (start, length) = (archive.len(), directory.len());
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([short(files.len()), short(files.len())].concat());
    archive.extend([long(length), long(start)].concat());
    archive.extend(short(0));
    archive
}

/// CRC-32 of ZIP, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}
