//! The configuration and the watchlists that are shipped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use config::{Environment, Loaded, load};

use crate::support::Folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn shipped() -> Loaded {
    load(&root().join("config"), &Environment::default())
}

fn lines(problems: &[config::Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

#[test]
fn what_is_shipped_has_no_mistake() {
    let loaded = shipped();
    assert_eq!(lines(&loaded.problems), "");
    let config = loaded.config.expect("no problems");
    assert_eq!(
        config.pipeline.sources.len(),
        232,
        "165 feeds, 6 sitemaps, 32 entity lists, 29 portals"
    );
    let on = config.pipeline.sources.iter().filter(|source| source.off.is_none()).count();
    assert_eq!(on, 110, "those whose address and terms are sure");
    assert_eq!(config.data, root().canonicalize().unwrap().join("data"));
    assert_eq!(config.pipeline.alerts.len(), 2, "a mention, and what becomes of sources");
    assert_eq!(config.pipeline.digests.len(), 1);
    assert!(loaded.entries > 100 && loaded.examples > loaded.entries);
    // The contact that has to be changed is the only thing to be said.
    let warnings: Vec<_> = loaded.warnings.iter().map(|w| w.message.as_str()).collect();
    let expected = "`contact` is still the example: say where you can be reached";
    assert_eq!(warnings, [expected], "{}", lines(&loaded.warnings));
}

/// The words of all shipped files, comments too.
fn words(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            words(&path, into);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let word = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        into.extend(text.split(word).map(str::to_owned));
    }
}

#[test]
fn every_option_stands_in_the_shipped_files() {
    let mut shown = BTreeSet::new();
    words(&root().join("config"), &mut shown);
    let tables = [
        "",
        "[fetch]",
        "[fetch.timeout]",
        "[fetch.max_body]",
        "[store]",
        "[keep]",
        "[console]",
        "[heartbeat]",
        "[websub]",
        "[source.a]",
        "[source.a.item_url]",
        "[channel.a]",
        "[channel.a.file]",
        "[channel.a.webhook]",
        "[channel.a.email]",
        "[alert.a]",
        "[alert.a.when]",
        "[digest.a]",
    ];
    for table in tables {
        // The reader itself says what it knows.
        let problems = Folder::of(&format!("{table}\nno_such_option = 1\n")).problems();
        let unknown = problems.iter().find_map(|line| line.split_once("`, expected "));
        let (_, known) = unknown.unwrap_or_else(|| panic!("{table}: {problems:?}"));
        let known: Vec<_> = known.split('`').skip(1).step_by(2).collect();
        assert!(!known.is_empty(), "{table}");
        for option in known {
            assert!(shown.contains(option), "`{option}` of {table} is shown nowhere in config/");
        }
    }
}
