//! From a record with its history to one release: the present state of a procedure.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::json;

/// Most releases of one record that are merged.
const RELEASES: usize = 2_000;

/// Why a record has no state.
pub(super) enum NoRelease {
    /// It only has addresses of releases, so many.
    Linked(usize),
    Empty,
}

/// The state of a record: compiled by the publisher, else from the versioned release, else merged
/// from the embedded releases.
pub(super) fn record(record: &Value) -> Result<Value, NoRelease> {
    let ocid = json::get(record, "ocid");
    let with_ocid = |mut release: Value| {
        if let (Some(fields), Some(ocid)) = (release.as_object_mut(), ocid) {
            fields.entry("ocid").or_insert_with(|| ocid.clone());
        }
        release
    };
    if let Some(compiled) = json::get(record, "compiledRelease").filter(|found| found.is_object()) {
        return Ok(with_ocid(compiled.clone()));
    }
    if let Some(versioned) = json::get(record, "versionedRelease").filter(|found| found.is_object())
    {
        return Ok(with_ocid(newest(versioned)));
    }
    let releases = json::list(record, "releases");
    let embedded: Vec<&Value> = releases
        .iter()
        .filter(|release| {
            release.is_object() && (has_content(release) || json::get(release, "url").is_none())
        })
        .take(RELEASES)
        .copied()
        .collect();
    if embedded.is_empty() {
        return Err(if releases.is_empty() {
            NoRelease::Empty
        } else {
            NoRelease::Linked(releases.len())
        });
    }
    Ok(with_ocid(merge(embedded)))
}

fn has_content(release: &Value) -> bool {
    ["tender", "awards", "contracts", "planning", "buyer"]
        .iter()
        .any(|key| release.get(key).is_some())
}

/// Releases by date, later ones over earlier ones (OCDS 1.1, "Merging"): objects key by key, lists
/// whose members have ids member by member, everything else replaced, `null` removes.
fn merge(mut releases: Vec<&Value>) -> Value {
    releases.sort_by_key(|release| json::text(release, "date"));
    let mut state = Value::Object(Map::new());
    for release in releases {
        overlay(&mut state, release);
    }
    state
}

fn overlay(old: &mut Value, new: &Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                match value {
                    Value::Null => {
                        old.remove(key);
                    }
                    value => overlay(old.entry(key.as_str()).or_insert(Value::Null), value),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if identified(old) && identified(new) => {
            let mut places: HashMap<String, usize> =
                old.iter().enumerate().map(|(at, known)| (known["id"].to_string(), at)).collect();
            for value in new {
                let place = *places.entry(value["id"].to_string()).or_insert(old.len());
                match old.get_mut(place) {
                    Some(known) => overlay(known, value),
                    None => old.push(value.clone()),
                }
            }
        }
        (old, new) => *old = new.clone(),
    }
}

fn identified(members: &[Value]) -> bool {
    members.iter().all(|member| member.get("id").is_some_and(|id| !id.is_null()))
}

/// Whether every field of a release is a list of its versions.
pub(super) fn is_versioned(release: &Value) -> bool {
    release.as_object().is_some_and(|fields| fields.values().any(holds_versions))
}

fn holds_versions(value: &Value) -> bool {
    match value {
        Value::Array(members) => {
            members.iter().any(|member| is_version(member) || holds_versions(member))
        }
        Value::Object(fields) => fields.values().any(holds_versions),
        _ => false,
    }
}

fn is_version(value: &Value) -> bool {
    value.get("releaseDate").is_some() && value.get("releaseID").is_some()
}

/// The release that all newest versions make, under the id, date and tag of the newest of all.
pub(super) fn newest(versioned: &Value) -> Value {
    let mut last = None;
    let mut release = unfold(versioned, &mut last);
    if let (Some(fields), Some(last)) = (release.as_object_mut(), last) {
        for (key, version) in [("id", "releaseID"), ("date", "releaseDate"), ("tag", "releaseTag")]
        {
            if let Some(value) = last.get(version) {
                fields.entry(key).or_insert_with(|| value.clone());
            }
        }
    }
    release
}

fn unfold<'v>(value: &'v Value, last: &mut Option<&'v Value>) -> Value {
    match value {
        Value::Array(members) if !members.is_empty() && members.iter().all(is_version) => {
            let date = |version: &Value| json::text(version, "releaseDate");
            let newest = members.iter().max_by_key(|version| date(version));
            let Some(newest) = newest else { return Value::Null };
            if last.is_none_or(|known| date(known) < date(newest)) {
                *last = Some(newest);
            }
            newest.get("value").cloned().unwrap_or(Value::Null)
        }
        Value::Array(members) => members.iter().map(|member| unfold(member, last)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), unfold(value, last))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn later_releases_win_member_by_member() {
        let record = json!({"ocid": "o-1", "releases": [
            {"id": "2", "date": "2026-02-01", "tag": ["award"], "buyer": null,
             "awards": [{"id": "a", "status": "active"}], "tender": {"title": "New", "items": [{"id": 2}]}},
            {"id": "1", "date": "2026-01-01", "tag": ["tender"], "buyer": {"name": "B"},
             "tender": {"title": "Old", "description": "D", "items": [{"id": 1, "x": 1}, {"id": 2, "y": 1}]}},
        ]});
        let Ok(state) = record_state(&record) else { panic!("there are releases") };
        assert_eq!(
            state,
            json!({"ocid": "o-1", "id": "2", "date": "2026-02-01", "tag": ["award"],
            "awards": [{"id": "a", "status": "active"}],
            "tender": {"title": "New", "description": "D", "items": [{"id": 1, "x": 1}, {"id": 2, "y": 1}]}})
        );
    }

    fn record_state(value: &Value) -> Result<Value, NoRelease> {
        super::record(value)
    }

    #[test]
    fn links_alone_are_no_state() {
        let record = json!({"ocid": "o", "releases": [{"url": "https://example.org/1", "date": "2026", "tag": ["tender"]}]});
        assert!(matches!(record_state(&record), Err(NoRelease::Linked(1))));
        assert!(matches!(record_state(&json!({"ocid": "o"})), Err(NoRelease::Empty)));
    }

    #[test]
    fn the_newest_version_of_each_field_counts() {
        let version = |id: &str, date: &str, value: Value| json!({"releaseID": id, "releaseDate": date, "releaseTag": ["tender"], "value": value});
        let versioned = json!({"ocid": "o", "tender": {"title": [version("1", "2026-01-01", json!("Old")), version("2", "2026-02-01", json!("New"))],
            "items": [{"id": "i", "quantity": [version("1", "2026-01-01", json!(3))]}]}});
        assert!(is_versioned(&versioned));
        assert_eq!(
            newest(&versioned),
            json!({"ocid": "o", "id": "2", "date": "2026-02-01", "tag": ["tender"],
            "tender": {"title": "New", "items": [{"id": "i", "quantity": 3}]}})
        );
    }
}
