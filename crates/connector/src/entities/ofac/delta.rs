//! OFAC's change files (since 2023), the enhanced file, which has the same elements, and the list
//! of publications.

use model::Designation;
use serde_json::Value;

use super::kind;
use crate::ParseError;
use crate::entities::ledger::Ledger;
use crate::entities::source::xml::{Node, Seen, walk};
use crate::entities::source::{ended, json as js};
use crate::entities::word::{Order, country, full_date};

pub(crate) fn read(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut at = 0_u64;
    let end = walk(text, &["entities"], &["publicationInfo", "entity"], &mut |seen| {
        let Seen::Record(node) = seen else { return };
        match node.name.as_str() {
            "publicationInfo" => {
                ledger.published = full_date(&node.value("datePublished"), Order::MonthFirst);
                let id = ["publicationId", "publicationID", "dataAsOf"].map(|key| node.value(key));
                ledger.version = id.into_iter().find(|id| !id.is_empty());
            }
            "entity" => {
                at += 1;
                changed(&node, at, ledger);
            }
            _ => {}
        }
    });
    ended(end, ledger)
}

fn changed(node: &Node, count: u64, ledger: &mut Ledger) {
    let id = [node.attr("id"), node.attr("ID")].into_iter().find(|id| !id.is_empty());
    let id = id.map_or_else(|| node.value("identityId"), ToOwned::to_owned);
    let at = if id.is_empty() { format!("entity {count}") } else { format!("entity {id}") };
    let action = node.attr("action").to_lowercase();
    ledger.delta |= !action.is_empty();
    let mut entry = entry(node, id);
    let gone = matches!(action.as_str(), "remove" | "removed" | "delete" | "deleted");
    if gone {
        entry.removed = ledger.published.clone();
        ledger.removals.extend(Some(entry.entity_id.clone()).filter(|id| !id.is_empty()));
    }
    if matches!(action.as_str(), "add" | "added") && entry.listed.is_none() {
        entry.listed = ledger.published.clone();
    }
    if entry.name.is_empty() {
        // Only the changed parts stand in such an entry: it is resolved against the stored list.
        let what = if gone { "removed" } else { "changed" };
        let reason = format!("{what}, named by its number only: take the full file");
        return ledger.skip(at, reason);
    }
    let name = entry.name.clone();
    ledger.add(at, entry, &[&name]);
}

fn entry(node: &Node, id: String) -> Designation {
    let general = node.child("generalInfo");
    let word = general.map(|info| info.value("entityType")).unwrap_or_default();
    let word = if word.is_empty() { node.value("entityType") } else { word };
    let mut entry = Designation {
        entity_id: id,
        kind: if word.is_empty() { None } else { kind(&word) },
        ..Designation::default()
    };
    for name in node.all("names").flat_map(|names| names.all("name")) {
        let primary = name.value("isPrimary") == "true"
            || (name.child("isPrimary").is_none() && name.value("aliasType").is_empty());
        for translation in name.below("translation") {
            let whole = full_name(translation);
            if primary && entry.name.is_empty() {
                entry.name = whole;
            } else {
                entry.aliases.push(whole);
            }
        }
        if name.below("translation").is_empty() {
            let whole = full_name(name);
            if primary && entry.name.is_empty() {
                entry.name = whole
            } else {
                entry.aliases.push(whole)
            }
        }
    }
    if entry.name.is_empty() && !entry.aliases.is_empty() {
        entry.name = entry.aliases.remove(0);
    }
    entry.programmes =
        node.below("sanctionsProgram").iter().map(|program| program.text()).collect();
    entry.citations = node.below("legalAuthority").iter().map(|basis| basis.text()).collect();
    for list in node.below("sanctionsList") {
        let date = full_date(list.attr("datePublished"), Order::MonthFirst);
        entry.listed = [entry.listed.take(), date].into_iter().flatten().min();
    }
    for address in node.all("addresses").flat_map(|list| list.all("address")) {
        let land = address.value("country");
        let mut words: Vec<String> = address
            .below("addressPart")
            .iter()
            .map(|part| {
                let value = part.value("value");
                if value.is_empty() { part.text() } else { value }
            })
            .collect();
        if words.is_empty() {
            words = ["address1", "address2", "address3", "city", "stateOrProvince", "postalCode"]
                .iter()
                .map(|part| address.value(part))
                .collect();
        }
        words.retain(|word| !word.is_empty());
        entry.countries.extend(country(&land));
        if !words.is_empty() {
            words.extend(Some(land).filter(|land| !land.is_empty()));
            entry.addresses.push(words.join(", "));
        }
    }
    if entry.kind.as_deref() != Some("individual") {
        for document in node.below("identityDocument") {
            let number = document.value("documentNumber");
            entry.identifiers.push(format!("{} {number}", document.value("type")));
        }
    }
    entry
}

fn full_name(node: &Node) -> String {
    let whole = node.value("formattedFullName");
    if !whole.is_empty() {
        return whole;
    }
    super::person(&node.value("formattedLastName"), &node.value("formattedFirstName"))
}

/// Reads the list of publications: the newest is the version, its address where to go on.
pub(crate) fn history(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut newest: Option<(String, String)> = None;
    let mut count = 0_u64;
    let end = js::walk(text, &[""], &mut |piece| {
        let js::Piece::Element(value) = piece else { return };
        count += 1;
        newest = newest.take().max(publication(&value));
        ledger.skip(format!("publication {count}"), "announces a change file");
    });
    ended(end, ledger)?;
    if let Some((date, id)) = newest {
        ledger.published = Some(date);
        ledger.next = Some(format!("https://sanctionslistservice.ofac.treas.gov/changes/{id}"));
        ledger.version = Some(id);
    }
    Ok(())
}

fn publication(value: &Value) -> Option<(String, String)> {
    let date = full_date(&js::text_of(value, &["datePublished", "date"]), Order::MonthFirst)?;
    Some((date, js::text_of(value, &["publicationID", "publicationId"])))
}
