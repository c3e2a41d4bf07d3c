//! OCDS (Open Contracting Data Standard) 1.0 and 1.1: release and record packages, releases,
//! records, compiled and versioned releases; several in a row, in lists, in wrappers.

mod fold;
mod release;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Next, NoticeRules, ParsedNotices, json, words};
use crate::ParseError;

/// How deep lists and wrappers around packages are followed.
const WRAPPERS: usize = 6;
/// Keys that publishers wrap packages in.
const WRAPPING: [&str; 4] = ["result", "results", "data", "value"];

/// The keys of one object, their values unread: a package of a gigabyte is read release by release.
type Keys<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Reads all packages in a text.
pub(super) fn read(text: &str, rules: &NoticeRules) -> Result<ParsedNotices, ParseError> {
    let documents = json::Documents::new(text)?;
    let mut reader = Reader { parsed: ParsedNotices::new("ocds"), rules, count: 0 };
    if documents.repairs > 0 {
        let reason = format!("{} numbers were no JSON and were mended", documents.repairs);
        reader.parsed.problem("document", reason);
    }
    let mut found = false;
    for document in documents.split(text) {
        found |= reader.document(document, WRAPPERS);
    }
    if !found {
        let what = "JSON without releases or records".into();
        return Err(ParseError::OtherKind { wanted: "OCDS", what });
    }
    Ok(reader.parsed)
}

/// Whether an object with these keys is one of OCDS.
pub(super) fn fits(has: impl Fn(&str) -> bool) -> bool {
    has("releases") || has("records") || has("ocid") || has("compiledRelease")
}

struct Reader<'r> {
    parsed: ParsedNotices,
    rules: &'r NoticeRules,
    /// Records seen: their number is their place.
    count: usize,
}

impl Reader<'_> {
    /// Reads whatever a document is; says whether it was anything of OCDS.
    fn document(&mut self, document: &RawValue, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        if let Ok(members) = serde_json::from_str::<Vec<&RawValue>>(document.get()) {
            let read: Vec<bool> =
                members.into_iter().map(|one| self.document(one, depth - 1)).collect();
            let any = read.contains(&true);
            for (at, _) in read.iter().enumerate().filter(|(_, read)| any && !**read) {
                let reason = "it is neither a package nor a release nor a record";
                self.parsed.reject(format!("member {}", at + 1), reason);
            }
            return any;
        }
        let Ok(keys) = serde_json::from_str::<Keys<'_>>(document.get()) else { return false };
        let list = |key: &str| -> Option<Vec<&RawValue>> {
            serde_json::from_str(keys.get(key)?.get()).ok()
        };
        let is_record = keys.contains_key("ocid") || keys.contains_key("compiledRelease");
        if let Some(records) = list("records") {
            self.package(&keys);
            for record in records {
                self.one(record, "record");
            }
            return true;
        }
        if let Some(releases) = list("releases").filter(|_| !is_record) {
            self.package(&keys);
            for release in releases {
                self.one(release, "release");
            }
            return true;
        }
        if is_record {
            let whole = keys.contains_key("releases")
                || keys.contains_key("compiledRelease")
                || keys.contains_key("versionedRelease");
            self.format(None);
            self.one(document, if whole { "record" } else { "release" });
            return true;
        }
        let mut any = false;
        for inside in WRAPPING.iter().filter_map(|key| keys.get(*key)) {
            any |= self.document(inside, depth - 1);
        }
        any
    }

    /// What a package says about itself.
    fn package(&mut self, keys: &Keys<'_>) {
        let value =
            |key: &str| -> Option<Value> { serde_json::from_str(keys.get(key)?.get()).ok() };
        let version = value("version").and_then(|version| json::plain(&version));
        self.format(version);
        let publisher = value("publisher").and_then(|publisher| json::text(&publisher, "name"));
        self.parsed.title = self.parsed.title.take().or_else(|| words::title(&publisher?));
        let next = value("links").and_then(|links| json::text(&links, "next"));
        if let Some(address) = next.as_deref().and_then(words::web) {
            self.parsed.next = Some(Next::Address(address));
        }
    }

    /// A package that names no version is of 1.0.
    fn format(&mut self, version: Option<String>) {
        if self.parsed.format == "ocds" {
            self.parsed.format = format!("ocds-{}", version.as_deref().unwrap_or("1.0"));
        }
    }

    fn one(&mut self, raw: &RawValue, what: &str) {
        self.count += 1;
        let at = format!("{what} {}", self.count);
        let value: Value = match serde_json::from_str(raw.get()) {
            Ok(value) => value,
            Err(error) => return self.parsed.reject(at, format!("it cannot be read: {error}")),
        };
        let release = if what == "record" {
            match fold::record(&value) {
                Ok(release) => release,
                Err(fold::NoRelease::Linked(links)) => {
                    let reason = format!("its {links} releases are linked, none is embedded");
                    return self.parsed.skip(at, reason);
                }
                Err(fold::NoRelease::Empty) => {
                    return self.parsed.reject(at, "there is no release in it");
                }
            }
        } else if fold::is_versioned(&value) {
            fold::newest(&value)
        } else {
            value
        };
        if json::get(&release, "url").is_some() && json::get(&release, "ocid").is_none() {
            return self.parsed.skip(at, "it is linked, not embedded");
        }
        match release::read(&release, self.rules, &at, &mut self.parsed) {
            Ok(notice) => self.parsed.items.push(notice),
            Err(reason) => self.parsed.reject(at, reason),
        }
    }
}
