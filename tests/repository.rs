//! Rules of the repository that are tests, not customs.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may know whom. A new edge is the rarest kind of change.
const EDGES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("connector", &["model"]),
    ("tagger", &["model"]),
    ("fetch", &["model"]),
    ("store", &["model"]),
    ("pipeline", &["connector", "fetch", "model", "store", "tagger"]),
    ("console", &["model", "store"]),
    ("config", &["connector", "console", "fetch", "model", "pipeline", "store", "tagger"]),
    // Its poller harness plays hosts against the real pipeline.
    ("testkit", &["connector", "fetch", "model", "pipeline", "store", "tagger"]),
    (
        "stackwatch",
        &["config", "connector", "console", "fetch", "model", "pipeline", "store", "tagger"],
    ),
];

#[test]
fn edges_between_crates_point_one_way() {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let ours: BTreeSet<_> =
        metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let allowed: BTreeMap<_, _> = EDGES.iter().copied().collect();
    assert_eq!(ours, allowed.keys().map(|name| (*name).to_owned()).collect());
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            let counts =
                dependency.kind == DependencyKind::Normal && ours.contains(&dependency.name);
            let allowed = allowed[package.name.as_str()].contains(&dependency.name.as_str());
            assert!(!counts || allowed, "{} must not depend on {}", package.name, dependency.name);
        }
    }
}

/// Only one crate names each of these.
#[test]
fn the_store_engine_and_the_http_client_have_one_door() {
    let manifests =
        ["model", "connector", "tagger", "fetch", "store", "pipeline", "console", "config"];
    for (library, owner) in [("sled", "store"), ("reqwest", "fetch"), ("feed-rs", "connector")] {
        for name in manifests.iter().filter(|name| **name != owner) {
            let path = format!("{}/crates/{name}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            let dependencies = text.split("[dev-dependencies]").next().unwrap();
            assert!(!dependencies.contains(&format!("\n{library}")), "{name} names {library}");
        }
    }
}
