//! `SDN_ADVANCED.XML` and `CONS_ADVANCED.XML`: parties, places and measures stand apart and refer
//! to each other by number. Reference values and places come first, measures last.

use std::collections::HashMap;

use model::Designation;

use super::kind;
use crate::ParseError;
use crate::entities::ledger::Ledger;
use crate::entities::source::ended;
use crate::entities::source::xml::{Node, Seen, walk};
use crate::entities::word::country;

/// The numbers of the party sub-types, should a file leave its reference values out.
const SUB_TYPES: [(&str, &str); 4] =
    [("1", "vessel"), ("2", "aircraft"), ("3", "entity"), ("4", "individual")];

/// Elements that give a number a meaning.
const VALUES: [&str; 8] = [
    "Country",
    "AreaCode",
    "PartySubType",
    "PartyType",
    "List",
    "SanctionsType",
    "FeatureType",
    "LocPartType",
];

#[derive(Default)]
struct Meanings {
    /// By element and number.
    values: HashMap<(String, String), String>,
    /// Party type of each sub-type.
    types: HashMap<String, String>,
    /// By number: the address, and its country.
    places: HashMap<String, (String, Option<String>)>,
}

impl Meanings {
    fn of(&self, element: &str, id: &str) -> Option<&str> {
        self.values.get(&(element.to_owned(), id.to_owned())).map(String::as_str)
    }
}

pub(crate) fn read(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut meanings = Meanings::default();
    let mut parties: HashMap<String, usize> = HashMap::new();
    let mut wanted = vec!["DateOfIssue", "Location", "DistinctParty", "SanctionsEntry"];
    wanted.extend(VALUES);
    let end = walk(text, &[], &wanted, &mut |seen| {
        let Seen::Record(node) = seen else { return };
        match node.name.as_str() {
            "DateOfIssue" => ledger.published = date(&node),
            "Location" => {
                meanings.places.insert(node.attr("ID").to_owned(), place(&node, &meanings));
            }
            "DistinctParty" => {
                let id = node.attr("FixedRef").to_owned();
                let at = format!("DistinctParty {id}");
                let entry = entry(&node, &meanings);
                let name = entry.name.clone();
                if let Some(index) = ledger.add(at, entry, &[&name]) {
                    parties.insert(id, index);
                    for profile in node.all("Profile") {
                        parties.entry(profile.attr("ID").to_owned()).or_insert(index);
                    }
                }
            }
            "SanctionsEntry" => measures(&node, &meanings, &parties, ledger),
            name => {
                let id = node.attr("ID").to_owned();
                if name == "PartySubType" {
                    meanings.types.insert(id.clone(), node.attr("PartyTypeID").to_owned());
                }
                meanings.values.insert((name.to_owned(), id), node.text());
            }
        }
    });
    ended(end, ledger)
}

fn date(node: &Node) -> Option<String> {
    let number = |name: &str| node.value(name).parse::<u32>().ok();
    let (year, month, day) = (number("Year")?, number("Month")?, number("Day")?);
    let text = format!("{year:04}-{month:02}-{day:02}");
    crate::entities::word::full_date(&text, crate::entities::word::Order::DayFirst)
}

fn place(node: &Node, meanings: &Meanings) -> (String, Option<String>) {
    let words: Vec<String> = node
        .all("LocationPart")
        .filter_map(|part| {
            let values = part.below("Value");
            values.first().map(|value| value.text())
        })
        .filter(|word| !word.is_empty())
        .collect();
    let named = |element: &str, child: &str, attribute: &str| {
        let id = node.child(child)?.attr(attribute).to_owned();
        meanings.of(element, &id).map(ToOwned::to_owned)
    };
    let land = named("Country", "LocationCountry", "CountryID")
        .or_else(|| named("AreaCode", "LocationAreaCode", "AreaCodeID"));
    let code = land.as_deref().and_then(country);
    let line = if words.is_empty() {
        String::new()
    } else {
        words.into_iter().chain(land).collect::<Vec<_>>().join(", ")
    };
    (line, code)
}

fn entry(party: &Node, meanings: &Meanings) -> Designation {
    let mut entry =
        Designation { entity_id: party.attr("FixedRef").into(), ..Designation::default() };
    for profile in party.all("Profile") {
        entry.kind = entry.kind.or_else(|| sub_type(profile.attr("PartySubTypeID"), meanings));
        for alias in profile.all("Identity").flat_map(|identity| identity.all("Alias")) {
            let primary = alias.attr("Primary") == "true";
            for name in alias.all("DocumentedName") {
                let parts: Vec<String> = name
                    .all("DocumentedNamePart")
                    .map(|part| part.value("NamePartValue"))
                    .collect();
                // Persons come as `LAST`, `First`: the first part is the family name.
                let person = entry.kind.as_deref() == Some("individual");
                let whole = match parts.split_first() {
                    Some((last, rest)) if person && !rest.is_empty() => {
                        super::person(last, &rest.join(" "))
                    }
                    _ => parts.join(" "),
                };
                if primary && entry.name.is_empty() {
                    entry.name = whole;
                } else {
                    entry.aliases.push(whole);
                }
            }
        }
        for location in profile.below("VersionLocation") {
            if let Some((line, land)) = meanings.places.get(location.attr("LocationID")) {
                entry.addresses.push(line.clone());
                entry.countries.extend(land.clone());
            }
        }
    }
    if entry.name.is_empty() && !entry.aliases.is_empty() {
        entry.name = entry.aliases.remove(0);
    }
    if let Some(comment) = party.child("Comment").map(Node::text) {
        entry.remarks = Some(comment);
    }
    entry
}

fn sub_type(id: &str, meanings: &Meanings) -> Option<String> {
    let known = meanings.of("PartySubType", id).and_then(kind).filter(|_| {
        meanings.of("PartySubType", id).is_some_and(|word| !word.eq_ignore_ascii_case("unknown"))
    });
    let of_type = || {
        let word = meanings.of("PartyType", meanings.types.get(id)?)?;
        kind(word).filter(|_| !word.is_empty())
    };
    known.filter(|_| !id.is_empty()).or_else(of_type).or_else(|| {
        let found = SUB_TYPES.iter().find(|(known, _)| *known == id);
        found.map(|(_, word)| (*word).into())
    })
}

fn measures(
    node: &Node,
    meanings: &Meanings,
    parties: &HashMap<String, usize>,
    ledger: &mut Ledger,
) {
    let Some(index) = parties.get(node.attr("ProfileID")) else {
        let at = format!("SanctionsEntry {}", node.attr("ID"));
        return ledger.problem(at, format!("there is no party {}", node.attr("ProfileID")));
    };
    let mut programmes = Vec::new();
    let mut basis = Vec::new();
    let mut listed = None;
    for measure in node.all("SanctionsMeasure") {
        let program = match meanings.of("SanctionsType", measure.attr("SanctionsTypeID")) {
            Some(word) => word.eq_ignore_ascii_case("program"),
            None => measure.attr("SanctionsTypeID") == "1",
        };
        let comment = measure.value("Comment");
        if program && !comment.is_empty() {
            programmes.push(comment);
        }
    }
    for event in node.all("EntryEvent") {
        listed = [listed.take(), event.child("Date").and_then(date)].into_iter().flatten().min();
        basis.extend(event.values("LegalBasis"));
    }
    ledger.extend(*index, |item| {
        item.programmes.append(&mut programmes);
        item.citations.append(&mut basis);
        item.listed = [item.listed.take(), listed].into_iter().flatten().min();
    });
}
