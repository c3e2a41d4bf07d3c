//! The Swiss list of SECO. A target keeps its history: who was taken off stays in the file, and
//! each modification repeats what it added and removed under the same names of elements.

use std::collections::HashMap;

use model::Designation;

use super::ledger::Ledger;
use super::source::ended;
use super::source::xml::{Node, Seen, walk};
use super::word::{Order, country, full_date};
use crate::ParseError;

/// Spelling variants of one name that are written out: real names stay below 20.
const VARIANTS: usize = 100;

pub(crate) fn read(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut programmes: HashMap<String, String> = HashMap::new();
    let mut places: HashMap<String, (Vec<String>, String, Option<String>)> = HashMap::new();
    let end = walk(text, &[], &["sanctions-program", "place", "target"], &mut |seen| match seen {
        Seen::Open(root) => {
            ledger.published = full_date(root.attr("date"), Order::DayFirst);
            ledger.delta = root.attr("list-type") == "amendment";
        }
        Seen::Record(node) => match node.name.as_str() {
            "sanctions-program" => {
                let key =
                    in_english(&node, "program-key").or_else(|| in_english(&node, "program-name"));
                for set in node.all("sanctions-set") {
                    programmes.insert(set.attr("ssid").into(), key.clone().unwrap_or_default());
                }
            }
            "place" => {
                let land = node.child("country");
                let name = land.map(Node::text).unwrap_or_default();
                let code =
                    land.and_then(|land| country(land.attr("iso-code")).or_else(|| country(&name)));
                let words =
                    ["location", "area"].iter().flat_map(|part| node.values(part)).collect();
                places.insert(node.attr("ssid").into(), (words, name, code));
            }
            _ => {
                let entry = target(&node, &programmes, &places);
                let at = format!("target {}", entry.entity_id);
                let key = entry.name.clone();
                ledger.add(at, entry, &[&key]);
            }
        },
    });
    ended(end, ledger)?;
    if ledger.records() == 0 {
        ledger.problem("document", "the list has programmes but no targets");
    }
    Ok(())
}

fn in_english(node: &Node, name: &str) -> Option<String> {
    let found = node.all(name).find(|word| word.attr("lang") == "eng").or_else(|| node.child(name));
    found.map(Node::text).filter(|text| !text.is_empty())
}

fn target(
    node: &Node,
    programmes: &HashMap<String, String>,
    places: &HashMap<String, (Vec<String>, String, Option<String>)>,
) -> Designation {
    let mut entry = Designation { entity_id: node.attr("ssid").into(), ..Designation::default() };
    let mut sets: Vec<String> = node.values("sanctions-set-id");
    sets.extend(Some(node.attr("sanctions-set-id").to_owned()).filter(|id| !id.is_empty()));
    entry.programmes = sets.iter().filter_map(|set| programmes.get(set).cloned()).collect();
    let bodies = ["individual", "entity", "object"];
    let body = node.children().find(|child| bodies.contains(&child.name.as_str()));
    entry.kind = body.map(|body| match (body.name.as_str(), body.attr("object-type")) {
        ("individual", _) => "individual".into(),
        ("object", kind) if kind.contains("vessel") || kind.contains("ship") => "vessel".into(),
        ("object", kind) if kind.contains("aircraft") => "aircraft".into(),
        ("object", "") => "asset".into(),
        ("object", kind) => kind.to_owned(),
        _ => "entity".into(),
    });
    let mut identities: Vec<&Node> =
        body.into_iter().chain([node]).flat_map(|n| n.all("identity")).collect();
    // The main identity first: its primary name is the name.
    identities.sort_by_key(|identity| identity.attr("main") != "true");
    for identity in identities {
        for name in identity.all("name") {
            let primary = matches!(name.attr("name-type"), "primary-name" | "");
            let mut spellings = spellings(name);
            if spellings.is_empty() {
                continue;
            }
            let whole = spellings.remove(0);
            if primary && entry.name.is_empty() {
                entry.name = whole
            } else {
                entry.aliases.push(whole)
            }
            entry.aliases.append(&mut spellings);
        }
        for address in identity.all("address") {
            let place = places.get(address.attr("place-id"));
            let mut words: Vec<String> = ["c-o", "p-o-box", "address-details", "zip-code"]
                .iter()
                .flat_map(|part| address.values(part))
                .collect();
            let land = address.child("country").map(Node::text).unwrap_or_default();
            entry.countries.extend(country(&land));
            if let Some((location, name, code)) = place {
                entry.countries.extend(code.clone());
                words.extend(location.iter().cloned());
                words.extend(
                    Some(name.clone()).filter(|name| !words.is_empty() && !name.is_empty()),
                );
            }
            entry.addresses.push(words.join(", "));
        }
        for nationality in identity.all("nationality").flat_map(|n| n.all("country")) {
            let code = country(nationality.attr("iso-code"));
            entry.countries.extend(code.or_else(|| country(&nationality.text())));
        }
    }
    if entry.name.is_empty() && !entry.aliases.is_empty() {
        entry.name = entry.aliases.remove(0);
    }
    history(node, &mut entry);
    if entry.kind.as_deref() != Some("individual") {
        let words = body.into_iter().flat_map(|body| body.values("justification"));
        entry.remarks = Some(words.collect::<Vec<_>>().join(" "));
    }
    entry
}

/// Listed by the first listing; removed when the newest modification took it off.
fn history(node: &Node, entry: &mut Designation) {
    let mut newest: Option<(String, bool)> = None;
    for change in node.all("modification") {
        let date = ["effective-date", "publication-date", "enactment-date"]
            .iter()
            .find_map(|key| full_date(change.attr(key), Order::DayFirst));
        let Some(date) = date else { continue };
        let kind = change.attr("modification-type");
        if kind == "listed" {
            entry.listed = [entry.listed.take(), Some(date.clone())].into_iter().flatten().min();
        }
        // The newest stands first in the file: of one day the first counts.
        if newest.as_ref().is_none_or(|(known, _)| date > *known) {
            newest = Some((date, kind == "de-listed"));
        }
    }
    entry.removed = newest.filter(|(_, gone)| *gone).map(|(date, _)| date);
}

/// The name from its parts in their order, then once for each spelling variant.
fn spellings(name: &Node) -> Vec<String> {
    let mut parts: Vec<(u32, String, Vec<String>)> = name
        .all("name-part")
        .map(|part| {
            let value =
                if part.child("value").is_some() { part.value("value") } else { part.text() };
            let order = part.attr("order").parse().unwrap_or(u32::MAX);
            (order, value, part.values("spelling-variant"))
        })
        .collect();
    parts.sort_by_key(|(order, ..)| *order);
    let most = parts.iter().map(|(.., variants)| variants.len()).max().unwrap_or(0).min(VARIANTS);
    let mut found = Vec::new();
    for variant in 0..=most {
        let words: Vec<&str> = parts
            .iter()
            .map(|(_, value, variants)| match variant.checked_sub(1) {
                None => value.as_str(),
                Some(at) => variants.get(at).map_or(value.as_str(), String::as_str),
            })
            .filter(|word| !word.is_empty())
            .collect();
        found.push(words.join(" "));
    }
    found.retain(|name| !name.is_empty());
    found
}
