//! Vendors by names of companies: labelled names of public lists, and the real lists.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its lists stops")]

#[path = "companies/lists.rs"]
mod lists;
mod watchlists;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use model::Tag;
use tagger::CompanyMatcher;
use tagger::company::{Designation, Kind, Role};

/// Real lists are no part of the repository: the folder is named by the environment.
#[expect(clippy::disallowed_methods, reason = "tests are told where the real lists are")]
fn real_lists() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var("STACKWATCH_REALDATA").ok()?).join("entity-lists");
    folder.is_dir().then_some(folder)
}

#[test]
fn the_real_lists_are_read_in_no_time() {
    let Some(folder) = real_lists() else {
        println!("STACKWATCH_REALDATA names no folder with entity lists: nothing tried");
        return;
    };
    let all = lists::read(&folder);
    let matcher = CompanyMatcher::build(&watchlists::shipped());
    let started = Instant::now();
    let tags: Vec<_> = all.iter().map(|listed| matcher.tag(&listed.designation())).collect();
    let took = started.elapsed();
    let matched = tags.iter().filter(|tags| !tags.is_empty()).count();
    println!("{} designations, {matched} of vendors, in {took:?}", all.len());
    for (listed, tags) in all.iter().zip(&tags) {
        for tag in tags {
            let spans: Vec<_> = tag.spans.iter().map(|s| s.text.as_str()).collect();
            println!(
                "{}\t{}\t{:.2}\t{}\t{spans:?}\t{}\t{:?}\t{:?}",
                listed.list,
                tag.rule,
                tag.confidence,
                listed.name,
                listed.aliases.join(" | "),
                listed.addresses.first(),
                listed.countries,
            );
        }
    }
    let ids_of = |name: &str| -> Vec<&str> {
        let of_name = all.iter().zip(&tags).filter(|(listed, _)| listed.name == name);
        of_name.flat_map(|(_, tags)| tags).map(|tag| tag.id.as_str()).collect()
    };
    assert!(matched >= 450, "{matched} designations are of vendors");
    let huawei = |tags: &&Vec<Tag>| tags.iter().any(|tag| tag.id == "huawei");
    assert!(tags.iter().filter(huawei).count() >= 75);
    assert_eq!(ids_of("Tongfang NucTech Technology Ltd."), ["nuctech"]);
    assert_eq!(ids_of("54th Research Institute of China").first(), Some(&"cetc"));
    for name in ["Beijing Graphene Institute Co., Ltd", "ZTE Parsian", "JELAVIC, Ante", "GT HONOR"]
    {
        assert_eq!(ids_of(name), [""; 0], "{name}");
        assert!(all.iter().any(|listed| listed.name == name), "{name} is on no list");
    }
}

/// The names of parties in the XML notices of a folder.
fn parties(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            parties(&path, names);
        } else if path.extension().is_some_and(|e| e == "xml") {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            for mark in ["<OFFICIALNAME>", "<cbc:Name>", "<cbc:Name languageID=\"ENG\">"] {
                let all = text.split(mark).skip(1).filter_map(|rest| rest.split('<').next());
                names.extend(all.map(str::to_owned));
            }
        }
    }
}

#[test]
fn parties_of_real_notices_are_taken_for_vendors_when_they_are() {
    let Some(folder) = real_lists() else {
        println!("STACKWATCH_REALDATA names no folder: nothing tried");
        return;
    };
    let mut names = BTreeSet::new();
    parties(&folder.join("../procurement"), &mut names);
    let matcher = CompanyMatcher::build(&watchlists::shipped());
    println!("{} parties", names.len());
    for name in &names {
        let of = Designation { names: vec![name], role: Role::Supplier, ..Designation::default() };
        for tag in matcher.tag(&of) {
            println!("party {name}: {} {:.2}", tag.rule, tag.confidence);
        }
    }
    assert!(names.len() > 100, "the names of parties stand elsewhere now");
}

/// A line of `companies.jsonl`: what a list or a notice says, and the vendors that it names.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    countries: Vec<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    role: String,
    expect: Vec<String>,
}

impl Line {
    fn designation(&self) -> Designation<'_> {
        Designation {
            title: Some(&self.name),
            names: vec![&self.name],
            aliases: self.aliases.iter().map(String::as_str).collect(),
            addresses: self.addresses.iter().map(String::as_str).collect(),
            countries: self.countries.iter().map(String::as_str).collect(),
            kind: match self.kind.as_str() {
                "" => Kind::Unknown,
                "person" => Kind::Person,
                "vessel" => Kind::Vessel,
                other => panic!("kind {other}"),
            },
            role: match self.role.as_str() {
                "" => Role::Listed,
                "supplier" => Role::Supplier,
                "buyer" => Role::Buyer,
                other => panic!("role {other}"),
            },
            ..Designation::default()
        }
    }
}

fn labelled() -> Vec<Line> {
    let lines = include_str!("companies.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn the_labelled_names_stay_above_their_floors() {
    let lines = labelled();
    let negatives = lines.iter().filter(|line| line.expect.is_empty()).count();
    assert!(negatives >= 120 && lines.len() >= 300, "{negatives} of {} lines", lines.len());
    let matcher = CompanyMatcher::build(&watchlists::shipped());
    let (mut right, mut wrong, mut missing) = (0, 0, 0);
    let mut failures = String::new();
    for line in &lines {
        let tags = matcher.tag(&line.designation());
        let found: Vec<_> = tags.iter().map(|tag| tag.id.as_str()).collect();
        let hits = found.iter().filter(|id| line.expect.iter().any(|e| e == *id)).count();
        right += hits;
        wrong += found.len() - hits;
        missing += line.expect.len() - hits;
        if found != line.expect {
            failures +=
                &format!("{} {:?}: {found:?}, not {:?}\n", line.name, line.countries, line.expect);
        }
    }
    let precision = right as f64 / (right + wrong) as f64;
    let recall = right as f64 / (right + missing) as f64;
    println!(
        "{} lines, {negatives} without a vendor: precision {precision:.3}, recall {recall:.3}\n{failures}",
        lines.len()
    );
    assert!(precision >= 0.99 && recall >= 0.97, "{precision:.3} {recall:.3}\n{failures}");
}
