//! `SDN.XML` and `CONSOLIDATED.XML`, in whatever namespace.

use model::Designation;

use super::{kind, person, remarks};
use crate::ParseError;
use crate::entities::ledger::Ledger;
use crate::entities::source::ended;
use crate::entities::source::xml::{Node, Seen, walk};
use crate::entities::word::{Order, country, full_date};

pub(crate) fn read(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut announced = None;
    let end =
        walk(text, &[], &["publshInformation", "publishInformation", "sdnEntry"], &mut |seen| {
            let Seen::Record(node) = seen else { return };
            if node.name != "sdnEntry" {
                ledger.published = full_date(&node.value("Publish_Date"), Order::MonthFirst);
                announced = node.value("Record_Count").parse::<u64>().ok();
                return;
            }
            let uid = node.value("uid");
            let at = format!("sdnEntry {}", if uid.is_empty() { "without uid" } else { &uid });
            let entry = entry(&node, uid);
            let key = entry.name.clone();
            ledger.add(at, entry, &[&key]);
        });
    ended(end, ledger)?;
    // The free check that OFAC sends along. A sample of a list announces the whole one, so a
    // difference is told; guards on the count are the operator's.
    let read = ledger.records();
    if let Some(count) = announced.filter(|count| *count != read) {
        ledger.problem("document", format!("the file announces {count} records and has {read}"));
    }
    Ok(())
}

fn entry(node: &Node, uid: String) -> Designation {
    let mut entry = Designation {
        entity_id: uid,
        name: person(&node.value("lastName"), &node.value("firstName")),
        kind: kind(&node.value("sdnType")),
        ..Designation::default()
    };
    let list = |outer: &str, inner: &str| -> Vec<Node> {
        node.all(outer).flat_map(|list| list.all(inner)).cloned().collect()
    };
    entry.programmes = list("programList", "program").iter().map(Node::text).collect();
    for aka in list("akaList", "aka") {
        entry.aliases.push(person(&aka.value("lastName"), &aka.value("firstName")));
    }
    for address in list("addressList", "address") {
        let parts = ["address1", "address2", "address3", "city", "stateOrProvince", "postalCode"];
        let words: Vec<String> =
            parts.iter().map(|part| address.value(part)).filter(|word| !word.is_empty()).collect();
        let land = address.value("country");
        if !words.is_empty() {
            let land = Some(land.clone()).filter(|land| !land.is_empty());
            entry.addresses.push(words.into_iter().chain(land).collect::<Vec<_>>().join(", "));
        }
        entry.countries.extend(country(&land));
    }
    for (outer, inner) in [("nationalityList", "nationality"), ("citizenshipList", "citizenship")] {
        entry
            .countries
            .extend(list(outer, inner).iter().filter_map(|n| country(&n.value("country"))));
    }
    for vessel in node.all("vesselInfo") {
        entry.countries.extend(country(&vessel.value("vesselFlag")));
    }
    let person = entry.kind.as_deref() == Some("individual");
    for id in list("idList", "id").iter().filter(|_| !person) {
        entry.identifiers.push(format!("{} {}", id.value("idType"), id.value("idNumber")));
    }
    remarks::apply(&mut entry, &node.value("remarks"));
    entry
}
