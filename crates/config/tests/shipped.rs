//! The configuration and the watchlists that are shipped.

use std::path::{Path, PathBuf};

use config::{Environment, Loaded, load};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn shipped() -> Loaded {
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
    assert_eq!(config.pipeline.sources.len(), 165, "the feeds of the catalogue");
    let on = config.pipeline.sources.iter().filter(|source| source.off.is_none()).count();
    assert_eq!(on, 87, "those whose address is sure");
    assert_eq!(config.data, root().canonicalize().unwrap().join("data"));
    assert_eq!(config.pipeline.alerts.len(), 1);
    assert_eq!(config.pipeline.digests.len(), 1);
    assert!(loaded.entries > 100 && loaded.examples > loaded.entries);
    // The contact that has to be changed is the only thing to be said.
    let warnings: Vec<_> = loaded.warnings.iter().map(|w| w.message.as_str()).collect();
    let expected = "`contact` is still the example: say where you can be reached";
    assert_eq!(warnings, [expected], "{}", lines(&loaded.warnings));
}
