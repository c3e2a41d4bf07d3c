//! The United Kingdom: the UK Sanctions List (the single list since 28 January 2026) as XML and
//! CSV, and the consolidated list that OFSI kept before it.

use std::collections::HashMap;

use model::Designation;

use super::ledger::Ledger;
use super::source::ended;
use super::source::rows::{Row, Table};
use super::source::xml::{Node, Seen, walk};
use super::word::{Order, country, full_date, is_null, long_date, split_list};
use crate::ParseError;

/// Reads the UK Sanctions List as XML.
pub(crate) fn xml(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let end = walk(text, &[], &["DateGenerated", "Designation"], &mut |seen| {
        let Seen::Record(node) = seen else { return };
        if node.name == "DateGenerated" {
            ledger.published = full_date(&node.text(), Order::DayFirst);
            return;
        }
        let entry = designation(&node);
        let at = format!("Designation {}", entry.entity_id);
        let key = entry.name.clone();
        ledger.add(at, entry, &[&key]);
    });
    ended(end, ledger)
}

fn designation(node: &Node) -> Designation {
    let mut entry = Designation {
        entity_id: node.value("UniqueID"),
        kind: kind(&node.value("IndividualEntityShip")),
        programmes: vec![node.value("RegimeName")],
        listed: full_date(&node.value("DateDesignated"), Order::DayFirst),
        ..Designation::default()
    };
    for name in node.all("Names").flat_map(|names| names.all("Name")) {
        let words = (1..=6).map(|at| name.value(&format!("Name{at}")));
        add_name(&mut entry, &words.collect::<Vec<_>>(), &name.value("NameType"));
    }
    for list in node.all("NonLatinNames") {
        entry.aliases.extend(list.below("NameNonLatinScript").iter().map(|name| name.text()));
    }
    promote(&mut entry);
    for address in node.all("Addresses").flat_map(|list| list.all("Address")) {
        let lines = (1..=6).map(|at| address.value(&format!("AddressLine{at}")));
        let lines: Vec<String> = lines.chain([address.value("AddressPostalCode")]).collect();
        add_address(&mut entry, &lines, &address.value("AddressCountry"));
    }
    for name in ["Nationality", "CurrentBelievedFlagOfShip", "FlagOfShip"] {
        entry.countries.extend(node.below(name).iter().filter_map(|land| country(&land.text())));
    }
    let (reference, group) = (node.value("UNReferenceNumber"), node.value("OFSIGroupID"));
    entry.citations = split_list(&reference, &[';']);
    if entry.kind.as_deref() != Some("individual") {
        if !group.is_empty() {
            entry.identifiers.push(format!("OFSI Group ID {group}"));
        }
        for name in ["IMONumber", "BusinessRegistrationNumber"] {
            entry.identifiers.extend(node.below(name).iter().map(|number| number.text()));
        }
        entry.remarks = Some(node.value("OtherInformation"));
    }
    entry
}

fn kind(word: &str) -> Option<String> {
    Some(match word.trim().to_lowercase().as_str() {
        "individual" => "individual".into(),
        "entity" => "entity".into(),
        "ship" | "vessel" => "vessel".into(),
        "aircraft" => "aircraft".into(),
        _ => return None,
    })
}

/// Name 6 is the surname or the whole name of an organisation: it is written last.
fn add_name(entry: &mut Designation, words: &[String], name_type: &str) {
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !is_null(word)).collect();
    let name = words.join(" ");
    let kind = name_type.to_lowercase();
    let primary = kind.starts_with("primary") && !kind.contains("variation");
    if primary && entry.name.is_empty() {
        entry.name = name;
    } else if name != entry.name && !entry.aliases.contains(&name) {
        entry.aliases.push(name);
    }
}

/// An entry of which no name is called the primary one is called by its first.
fn promote(entry: &mut Designation) {
    entry.aliases.retain(|alias| !alias.is_empty());
    if entry.name.is_empty() && !entry.aliases.is_empty() {
        entry.name = entry.aliases.remove(0);
    }
}

fn add_address(entry: &mut Designation, lines: &[String], land: &str) {
    let mut words: Vec<&str> =
        lines.iter().map(String::as_str).filter(|word| !is_null(word)).collect();
    if !words.is_empty() {
        words.extend(Some(land).filter(|land| !is_null(land)));
        let line = words.join(", ");
        if !entry.addresses.contains(&line) {
            entry.addresses.push(line);
        }
    }
    entry.countries.extend(country(land).filter(|code| !entry.countries.contains(code)));
}

/// What the two CSV files call the same things.
struct Keys {
    id: &'static str,
    kind: &'static [&'static str],
    name_type: &'static [&'static str],
    regime: &'static [&'static str],
    listed: &'static [&'static str],
    address: [&'static str; 6],
    postal: &'static [&'static str],
    land: &'static [&'static str],
}

/// Reads the UK Sanctions List as CSV: a row for each name.
pub(crate) fn csv(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    joined(
        text,
        ledger,
        &Keys {
            id: "uniqueid",
            kind: &["designationtype", "individualentityship", "grouptype"],
            name_type: &["nametype", "aliastype"],
            regime: &["regimename", "regime"],
            listed: &["datedesignated", "listedon"],
            address: [
                "addressline1",
                "addressline2",
                "addressline3",
                "addressline4",
                "addressline5",
                "addressline6",
            ],
            postal: &["addresspostalcode"],
            land: &["addresscountry"],
        },
    )
}

/// Reads OFSI's consolidated list as CSV.
pub(crate) fn ofsi_csv(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    joined(
        text,
        ledger,
        &Keys {
            id: "groupid",
            kind: &["grouptype", "grouptypedescription"],
            name_type: &["aliastype", "aliastypename", "nametype"],
            regime: &["regime", "regimename"],
            listed: &["listedon", "datelisted", "dateoflisting"],
            address: ["address1", "address2", "address3", "address4", "address5", "address6"],
            postal: &["postzipcode", "postcode"],
            land: &["country"],
        },
    )
}

fn joined(text: &str, ledger: &mut Ledger, keys: &Keys) -> Result<(), ParseError> {
    let header = |known: &[String]| {
        let has = |key: &str| known.iter().any(|known| known == key);
        has(keys.id) && has("name1") || has("name6")
    };
    let table = Table::open(text, None, &header).ok_or_else(|| ParseError::Damaged {
        reason: format!("the table has no columns `{}` and `Name 6`", keys.id),
    })?;
    ledger.published = table.preamble.iter().find_map(|line| {
        line.split([',', ';', ':']).find_map(|word| {
            full_date(word.trim_matches('"'), Order::DayFirst).or_else(|| long_date(word))
        })
    });
    let column = |names: &[&str]| table.column(names);
    let id = table.need(&[keys.id])?;
    // A name without one of its parts would be another name.
    let mut names = [None; 6];
    for (at, key) in ["name1", "name2", "name3", "name4", "name5", "name6"].iter().enumerate() {
        names[at] = table.need(&[key])?;
    }
    let name_type = table.need(keys.name_type)?;
    let script = column(&["namenonlatinscript"]);
    let (kind_column, regime, listed) =
        (column(keys.kind), table.need(keys.regime)?, column(keys.listed));
    let address = keys.address.map(|key| column(&[key]));
    let (postal, land) = (column(keys.postal), column(keys.land));
    let national = column(&["nationalityies", "nationality", "nationalities"]);
    let flag = column(&["currentbelievedflagofship", "flagofship"]);
    let other = column(&["otherinformation"]);
    let reference = column(&["unreferencenumber"]);
    let ids = ["imonumber", "businessregistrationnumbers", "businessregistrationnumber"]
        .map(|key| column(&[key]));
    let mut drafts: Vec<(String, Designation)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    table.each(ledger, &mut |ledger, row: Row<'_>| {
        let number = row.cell(id).to_owned();
        if number.is_empty() {
            return ledger.reject(row.at(), format!("the row has no `{}`", keys.id));
        }
        let index = *known.entry(number.clone()).or_insert(drafts.len());
        if index == drafts.len() {
            let entry = Designation {
                entity_id: number,
                kind: kind(row.cell(kind_column)),
                programmes: vec![row.cell(regime).into()],
                listed: full_date(row.cell(listed), Order::DayFirst),
                citations: split_list(row.cell(reference), &[';']),
                ..Designation::default()
            };
            drafts.push((row.at(), entry));
        } else {
            ledger.join();
        }
        let entry = &mut drafts[index].1;
        let words: Vec<String> = names.iter().map(|column| row.cell(*column).to_owned()).collect();
        add_name(entry, &words, row.cell(name_type));
        let script = row.cell(script).to_owned();
        if !entry.aliases.contains(&script) {
            entry.aliases.push(script);
        }
        let lines: Vec<String> =
            address.iter().chain([&postal]).map(|column| row.cell(*column).to_owned()).collect();
        add_address(entry, &lines, row.cell(land));
        for word in [national, flag]
            .into_iter()
            .flat_map(|column| split_list(row.cell(column), &[';', '|']))
        {
            let word = word.trim_start_matches(|c: char| !c.is_alphabetic());
            entry.countries.extend(country(word).filter(|code| !entry.countries.contains(code)));
        }
        if entry.kind.as_deref() != Some("individual") {
            if entry.remarks.is_none() {
                entry.remarks = Some(row.cell(other).to_owned());
            }
            for id in ids {
                entry.identifiers.extend(Some(row.cell(id).to_owned()).filter(|id| !id.is_empty()));
            }
        }
    });
    for (at, mut entry) in drafts {
        promote(&mut entry);
        let key = entry.name.clone();
        ledger.add(at, entry, &[&key]);
    }
    Ok(())
}

/// Reads OFSI's consolidated list as XML: an element for each name, joined by the group.
pub(crate) fn ofsi_xml(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut drafts: Vec<(String, Designation)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut count = 0_u64;
    let end = walk(text, &[], &["FinancialSanctionsTarget"], &mut |seen| {
        let Seen::Record(node) = seen else { return };
        count += 1;
        let value = |names: &[&str]| {
            let found = node.children().find(|child| {
                names.iter().any(|name| child.name.eq_ignore_ascii_case(name))
                    && !child.text().is_empty()
            });
            found.map(Node::text).unwrap_or_default()
        };
        let group = value(&["GroupID"]);
        let at = format!("FinancialSanctionsTarget {count}");
        if group.is_empty() {
            return ledger.reject(at, "the element has no GroupID");
        }
        let index = *known.entry(group.clone()).or_insert(drafts.len());
        if index == drafts.len() {
            let entry = Designation {
                entity_id: group,
                kind: kind(&value(&["GroupTypeDescription", "GroupType"])),
                programmes: vec![value(&["RegimeName", "Regime"])],
                listed: full_date(&value(&["DateListed", "ListedOn"]), Order::DayFirst),
                ..Designation::default()
            };
            drafts.push((at, entry));
        } else {
            ledger.join();
        }
        let entry = &mut drafts[index].1;
        let words: Vec<String> = (1..=6).map(|at| value(&[&format!("Name{at}")])).collect();
        add_name(entry, &words, &value(&["AliasTypeName", "AliasType", "NameType"]));
        entry.aliases.push(value(&["NameNonLatinScript"]));
        let lines: Vec<String> = (1..=6)
            .map(|at| value(&[&format!("Address{at}")]))
            .chain([value(&["PostCode"])])
            .collect();
        add_address(entry, &lines, &value(&["Country", "AddressCountry"]));
    });
    for (at, mut entry) in drafts {
        promote(&mut entry);
        let key = entry.name.clone();
        ledger.add(at, entry, &[&key]);
    }
    ended(end, ledger)
}
