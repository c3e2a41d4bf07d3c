//! The consolidated list of the UN Security Council.

use model::Designation;

use super::ledger::Ledger;
use super::source::ended;
use super::source::xml::{Node, Seen, walk};
use super::word::{Order, country, full_date, split_list};
use crate::ParseError;

/// Reads the list. Its `dateGenerated` changes with every download and is no version.
pub(crate) fn read(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let end = walk(text, &[], &["INDIVIDUAL", "ENTITY"], &mut |seen| match seen {
        Seen::Open(root) => {
            ledger.published = full_date(root.attr("dateGenerated"), Order::DayFirst)
        }
        Seen::Record(node) => {
            let entry = entry(&node);
            let at = format!("{} {}", node.name, entry.entity_id);
            let key = entry.name.clone();
            ledger.add(at, entry, &[&key]);
        }
    });
    ended(end, ledger)
}

fn entry(node: &Node) -> Designation {
    let person = node.name == "INDIVIDUAL";
    let id = [node.value("REFERENCE_NUMBER"), node.value("DATAID")];
    let names = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME", "FIFTH_NAME"];
    let names = names.map(|name| node.value(name));
    let names: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let of = |part: &str| format!("{}_{part}", node.name);
    let mut entry = Designation {
        entity_id: id.into_iter().find(|id| !id.is_empty()).unwrap_or_default(),
        name: names.join(" "),
        kind: Some(if person { "individual" } else { "entity" }.into()),
        programmes: vec![node.value("UN_LIST_TYPE")],
        listed: full_date(&node.value("LISTED_ON"), Order::DayFirst),
        removed: full_date(&node.value("DELISTED_ON"), Order::DayFirst),
        ..Designation::default()
    };
    for alias in node.all(&of("ALIAS")) {
        entry.aliases.append(&mut split_list(&alias.value("ALIAS_NAME"), &[';']));
    }
    entry.aliases.append(&mut split_list(&node.value("NAME_ORIGINAL_SCRIPT"), &[';']));
    for address in node.all(&of("ADDRESS")) {
        let land = address.value("COUNTRY");
        let mut words: Vec<String> = ["STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE"]
            .iter()
            .map(|part| address.value(part))
            .filter(|word| !word.is_empty())
            .collect();
        entry.countries.extend(country(&land));
        if words.is_empty() {
            // Addresses without parts stand in the note.
            words.extend(Some(address.value("NOTE")).filter(|note| note.contains(',') && !person));
        }
        if !words.is_empty() {
            words.extend(Some(land).filter(|land| !land.is_empty()));
            entry.addresses.push(words.join(", "));
        }
    }
    for nationality in node.all("NATIONALITY") {
        entry.countries.extend(nationality.values("VALUE").iter().filter_map(|land| country(land)));
    }
    if !person {
        entry.remarks = Some(node.value("COMMENTS1"));
    }
    entry
}
