//! Every real file of notices: each of its records is read, skipped with a reason, or a problem
//! with its place. The records are counted by another way than the readers'.

#![expect(clippy::print_stdout, reason = "the table, and whether anything was tested")]

use std::path::{Path, PathBuf};

use connector::notices::{NoticeRules, ParsedNotices, parse_notices};
use connector::{Document, ParseError};

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("STACKWATCH_REALDATA").map(PathBuf::from);
    if folder.is_none() {
        println!("STACKWATCH_REALDATA is not set: real data is not tested");
    }
    Some(folder?.join("procurement"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(bytes: &[u8]) -> Result<ParsedNotices, ParseError> {
    let document = Document { bytes, content_type: None, base_url: None };
    parse_notices(&NoticeRules::default(), &document)
}

/// How many records a file holds, counted in the plainest way: XML files are one notice each, JSON
/// files are searched for lists of releases, records and notices.
fn records(path: &Path, bytes: &[u8]) -> usize {
    if path.extension().is_some_and(|extension| extension == "xml") {
        return 1;
    }
    let documents = serde_json::Deserializer::from_slice(bytes).into_iter::<serde_json::Value>();
    documents
        .map(|document| document.expect("the file is JSON"))
        .map(|document| {
            // A record or a release by itself is one, whatever lists it holds.
            if document.get("ocid").is_some() {
                return 1;
            }
            let lists = ["records", "releases", "procnotices", "notices"];
            let list = lists.iter().find_map(|key| document.get(key)?.as_array());
            list.or(document.as_array()).map_or(1, Vec::len)
        })
        .sum()
}

#[test]
fn every_record_of_every_real_file_is_accounted_for() {
    let Some(folder) = data() else { return };
    let mut count = 0;
    println!(
        "{:58} {:26} {:>7} {:>5} {:>7} {:>8} {:>8}",
        "file", "format", "records", "items", "skipped", "rejected", "problems"
    );
    for path in files(&folder) {
        let name = path.strip_prefix(&folder).expect("it lies inside").display().to_string();
        if name.ends_with(".tsv") {
            continue;
        }
        count += 1;
        let bytes = std::fs::read(&path).expect("the file is there");
        let expected = records(&path, &bytes);
        let parsed = read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!(
            "{name:58} {:26} {expected:>7} {:>5} {:>7} {:>8} {:>8}",
            parsed.format,
            parsed.items.len(),
            parsed.skipped.len(),
            parsed.rejected,
            parsed.problems.len()
        );
        for problem in &parsed.problems {
            println!("    {}: {}", problem.at, problem.reason);
        }
        for skipped in &parsed.skipped {
            println!("    {}: {}", skipped.at, skipped.reason);
        }
        if std::env::var_os("STACKWATCH_SHOW").is_some() {
            for item in &parsed.items {
                println!("    {}", serde_json::to_string(item).expect("a notice is JSON"));
            }
        }
        let accounted = parsed.items.len() + parsed.skipped.len() + parsed.rejected as usize;
        assert_eq!(accounted, expected, "{name}");
        assert!(parsed.problems.len() >= parsed.rejected as usize, "{name}");
    }
    assert!(count > 100, "{count} files");
}
