//! OpenSanctions: the simple table, entities and their changes as JSON lines, the indexes.
//! Its data is CC BY-NC: reading it is free, using it commercially is not.

use std::collections::HashMap;

use model::Designation;
use serde_json::Value;

use super::WANTED;
use super::ledger::Ledger;
use super::source::rows::{Table, cells_of};
use super::source::{ended, json as js};
use super::tables::kind_of;
use super::word::{Order, alpha2, country, full_date, split_list};
use crate::ParseError;

/// Columns of `targets.simple.csv`.
pub(crate) const SIMPLE: [&str; 16] = [
    "id",
    "schema",
    "name",
    "aliases",
    "birthdate",
    "countries",
    "addresses",
    "identifiers",
    "sanctions",
    "phones",
    "emails",
    "programids",
    "dataset",
    "firstseen",
    "lastseen",
    "lastchange",
];

/// Reads `targets.simple.csv`: cells with several values are themselves rows with semicolons.
pub(crate) fn simple(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let header = |keys: &[String]| {
        SIMPLE.iter().filter(|key| keys.iter().any(|known| known == *key)).count() >= 4
    };
    let table = Table::open(text, None, &header).ok_or_else(|| ParseError::Damaged {
        reason: "the table has no columns `id`, `schema`, `name`".into(),
    })?;
    let column = |key: &str| table.column(&[key]);
    let (id, schema, name) =
        (table.need(&["id"])?, table.need(&["schema"])?, table.need(&["name"])?);
    let (aliases, lands) = (table.need(&["aliases"])?, table.need(&["countries"])?);
    let (addresses, ids) = (column("addresses"), column("identifiers"));
    let (sanctions, programs) = (column("sanctions"), column("programids"));
    table.each(ledger, &mut |ledger, row| {
        let many = |column| {
            let cell = row.cell(column);
            if cell.is_empty() { Vec::new() } else { cells_of(cell, b';') }
        };
        let kind = kind_of(row.cell(schema));
        let person = kind.as_deref() == Some("individual");
        let programmes = many(programs);
        let entry = Designation {
            entity_id: row.cell(id).to_owned(),
            name: row.cell(name).to_owned(),
            aliases: many(aliases),
            kind,
            addresses: many(addresses),
            countries: many(lands).iter().filter_map(|land| country(land)).collect(),
            programmes: if programmes.is_empty() { many(sanctions) } else { programmes },
            identifiers: if person { Vec::new() } else { many(ids) },
            ..Designation::default()
        };
        ledger.add(row.at(), entry, &[row.cell(name)]);
    });
    Ok(())
}

/// Entities of which no party is made: they say something about others.
#[derive(Default)]
struct Graph {
    /// Item of each entity id.
    parties: HashMap<String, usize>,
    /// Address entities by id.
    addresses: HashMap<String, (String, Option<String>)>,
    /// Items with the address entities that they name.
    at: Vec<(usize, String)>,
    /// What sanctions say, with the entities that they are about.
    sanctions: Vec<(Vec<String>, Designation)>,
}

impl Graph {
    fn enter(&mut self, at: String, entity: &Value, ledger: &mut Ledger) {
        let properties = &entity["properties"];
        let many = |key: &str| js::texts_of(properties, &[key]);
        let id = js::text_of(entity, &["id"]);
        let schema = js::text_of(entity, &["schema"]);
        if id.is_empty() {
            return ledger.reject(at, "the entity has no id");
        }
        match schema.as_str() {
            "Address" => {
                let line = js::text_of(properties, &["full"]);
                let line = if line.is_empty() { js::text_of(entity, &["caption"]) } else { line };
                let line = many("full").into_iter().next().unwrap_or(line);
                let land = many("country").iter().find_map(|land| country(land));
                self.addresses.insert(id, (line, land));
                ledger.join();
            }
            "Sanction" => {
                let entry = Designation {
                    programmes: [many("programId"), many("program")].concat(),
                    citations: many("recordId"),
                    listed: first_date(&[many("listingDate"), many("startDate")].concat()),
                    removed: first_date(&many("endDate")),
                    source_url: many("sourceUrl").into_iter().next(),
                    ..Designation::default()
                };
                self.sanctions.push((many("entity"), entry));
                ledger.join();
            }
            _ if kind_of(&schema).is_none() => {
                ledger.skip(at, format!("an entity of `{schema}` is no party"));
            }
            _ => {
                let entry = party(entity, id.clone(), &schema);
                if let Some(index) = ledger.add(at, entry, &[]) {
                    self.at
                        .extend(many("addressEntity").into_iter().map(|address| (index, address)));
                    self.parties.insert(id, index);
                }
            }
        }
    }

    fn join(self, ledger: &mut Ledger) {
        for (index, address) in self.at {
            if let Some((line, land)) = self.addresses.get(&address) {
                ledger.extend(index, |item| {
                    item.addresses.push(line.clone());
                    item.countries.extend(land.clone());
                });
            }
        }
        for (about, sanction) in self.sanctions {
            for index in about.iter().filter_map(|id| self.parties.get(id)) {
                ledger.extend(*index, |item| {
                    item.programmes.extend(sanction.programmes.iter().cloned());
                    item.citations.extend(sanction.citations.iter().cloned());
                    item.listed =
                        [item.listed.take(), sanction.listed.clone()].into_iter().flatten().min();
                    item.removed = item.removed.take().or_else(|| sanction.removed.clone());
                    item.source_url =
                        item.source_url.take().or_else(|| sanction.source_url.clone());
                });
            }
        }
    }
}

fn first_date(texts: &[String]) -> Option<String> {
    texts.iter().filter_map(|text| full_date(text, Order::DayFirst)).min()
}

fn party(entity: &Value, id: String, schema: &str) -> Designation {
    let properties = &entity["properties"];
    let many = |key: &str| js::texts_of(properties, &[key]);
    let kind = kind_of(schema);
    let person = kind.as_deref() == Some("individual");
    let mut names = many("name");
    let caption = js::text_of(entity, &["caption"]);
    let name = if caption.is_empty() && !names.is_empty() { names.remove(0) } else { caption };
    let lands = ["country", "nationality", "citizenship", "jurisdiction", "mainCountry", "flag"];
    let lands = lands.iter().flat_map(|key| many(key));
    let ids = [
        "registrationNumber",
        "taxNumber",
        "idNumber",
        "imoNumber",
        "leiCode",
        "innCode",
        "ogrnCode",
        "uscCode",
    ];
    let aliases =
        [names, many("alias"), many("weakAlias"), many("previousName"), many("abbreviation")];
    Designation {
        entity_id: id,
        name,
        aliases: aliases.concat(),
        addresses: many("address"),
        countries: lands.filter_map(|land| country(&land)).collect(),
        programmes: [many("programId"), many("program")].concat(),
        source_url: many("sourceUrl").into_iter().next(),
        identifiers: if person {
            Vec::new()
        } else {
            ids.iter().flat_map(|key| many(key)).collect()
        },
        remarks: if person { None } else { Some(many("notes").join(" ")) },
        kind,
        ..Designation::default()
    }
}

/// Reads entities, one a line, or an array of them.
pub(crate) fn ftm(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut graph = Graph::default();
    if text.trim_start().starts_with('[') {
        let mut at = 0_u64;
        let end = js::walk(text, &[""], &mut |piece| {
            if let js::Piece::Element(value) = piece {
                at += 1;
                graph.enter(format!("entity {at}"), &value, ledger);
            }
        });
        graph.join(ledger);
        return ended(end, ledger);
    }
    lines(text, ledger, &mut |at, value, ledger| graph.enter(at, &value, ledger));
    graph.join(ledger);
    Ok(())
}

/// Hands over the values of JSON lines. A broken line is rejected; a broken last one means that
/// the file was cut.
fn lines(text: &str, ledger: &mut Ledger, visit: &mut dyn FnMut(String, Value, &mut Ledger)) {
    let last = text.trim_end().lines().count();
    for (line, value) in js::lines(text) {
        match value {
            Ok(value) => visit(format!("line {line}"), value, ledger),
            Err(fault) if line == last => {
                ledger.cut(fault.at, "the file ends in the middle of a line")
            }
            Err(fault) => ledger.reject(fault.at, fault.reason),
        }
    }
}

/// Reads changes, one operation a line. A deletion names an id only.
pub(crate) fn delta(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    ledger.delta = true;
    let mut graph = Graph::default();
    lines(text, ledger, &mut |at, value, ledger| {
        let op = js::text_of(&value, &["op"]).to_uppercase();
        let entity = &value["entity"];
        match op.as_str() {
            "ADD" | "MOD" => graph.enter(at, entity, ledger),
            "DEL" => {
                let id = js::text_of(entity, &["id"]);
                ledger.skip(at, format!("{id} was deleted"));
                ledger.removals.push(id);
            }
            _ => ledger.reject(at, format!("the operation `{op}` is none of ADD, MOD, DEL")),
        }
    });
    graph.join(ledger);
    Ok(())
}

/// Reads the index of a dataset, or the catalogue: what is published, not who is listed.
pub(crate) fn index(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let (mut count, mut datasets, mut best) = (0_u64, 0_u64, None);
    let mut delta = None;
    let end = js::walk(text, &["datasets", "resources"], &mut |piece| match piece {
        js::Piece::Element(Value::String(name)) => {
            count += 1;
            ledger.skip(format!("dataset {count}"), format!("announces the dataset {name}"));
        }
        js::Piece::Element(value) => {
            count += 1;
            let name = js::text_of(&value, &["name", "title"]);
            let url = js::text_of(&value, &["url"]);
            if url.is_empty() || value["index_url"].is_string() {
                datasets += 1;
                ledger.skip(format!("dataset {count}"), format!("announces the dataset {name}"));
                return;
            }
            ledger.skip(format!("resource {count}"), format!("announces the file {name}"));
            let rank = match name.as_str() {
                "targets.simple.csv" => 2,
                "entities.ftm.json" => 1,
                _ => return,
            };
            if best.as_ref().is_none_or(|(known, _)| rank > *known) {
                best = Some((rank, url));
            }
        }
        js::Piece::Scalar(path, Value::String(text)) => match path.as_str() {
            "title" => ledger.title = Some(text),
            "version" => ledger.version = Some(text),
            "delta_url" => delta = Some(text),
            "updated_at" | "last_export" | "run_time" => {
                let date = full_date(&text, Order::DayFirst);
                ledger.published = ledger.published.take().max(date);
                if path == "updated_at" && ledger.version.is_none() {
                    ledger.version = Some(text);
                }
            }
            _ => {}
        },
        js::Piece::Scalar(..) => {}
    });
    ended(end, ledger)?;
    ledger.next = best.map(|(_, url)| url).or(delta);
    if datasets > 0 && ledger.next.is_none() {
        let reason = "a catalogue of datasets: it lists nobody, give the index of one dataset";
        ledger.problem("document", reason);
    } else {
        ledger
            .problem("document", "an index: it lists nobody, the entries are in the file it names");
    }
    Ok(())
}

/// Reads the index of changes: the newest version, and where its changes are.
pub(crate) fn delta_index(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| ParseError::Damaged { reason: error.to_string() })?;
    let Some(versions) = value["versions"].as_object() else {
        return Err(ParseError::OtherKind { wanted: WANTED, what: "JSON without versions".into() });
    };
    for version in versions.keys() {
        ledger.skip(format!("version {version}"), "announces changes");
    }
    if let Some((version, url)) = versions.iter().max_by_key(|(version, _)| (*version).clone()) {
        ledger.version = Some(version.clone());
        ledger.next = url.as_str().map(Into::into);
    }
    ledger.published = full_date(&js::text_of(&value, &["updated_at"]), Order::DayFirst);
    ledger.problem(
        "document",
        "an index of changes: it lists nobody, apply its files in their order",
    );
    Ok(())
}

/// Reads records of Senzing's format, one a line.
pub(crate) fn senzing(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    lines(text, ledger, &mut |at, value, ledger| {
        let all: Vec<&Value> =
            ["NAMES", "ADDRESSES", "COUNTRIES", "FEATURES", "IDENTIFIERS", "RISKS"]
                .iter()
                .filter_map(|key| value[*key].as_array())
                .flatten()
                .collect();
        let word = js::text_of(&value, &["RECORD_TYPE"]);
        let word = if word.is_empty() {
            all.iter()
                .map(|v| js::text_of(v, &["RECORD_TYPE"]))
                .find(|w| !w.is_empty())
                .unwrap_or_default()
        } else {
            word
        };
        let mut entry = Designation {
            entity_id: js::text_of(&value, &["RECORD_ID"]),
            kind: kind_of(&word),
            source_url: Some(js::text_of(&value, &["URL", "SOURCE_URL"])),
            ..Designation::default()
        };
        for part in all {
            let name = js::text_of(
                part,
                &["NAME_FULL", "NAME_ORG", "PRIMARY_NAME_FULL", "PRIMARY_NAME_ORG"],
            );
            let primary = js::text_of(part, &["NAME_TYPE"]).eq_ignore_ascii_case("primary");
            if primary && !name.is_empty() && entry.name.is_empty() {
                entry.name = name;
            } else if !name.is_empty() {
                entry.aliases.push(name);
            }
            entry.addresses.push(js::text_of(part, &["ADDR_FULL"]));
            let lands = [
                "REGISTRATION_COUNTRY",
                "NATIONALITY",
                "CITIZENSHIP",
                "COUNTRY_OF_ASSOCIATION",
                "ADDR_COUNTRY",
            ];
            for land in lands {
                entry.countries.extend(country(&js::text_of(part, &[land])));
            }
            entry.programmes.extend(split_list(&js::text_of(part, &["TOPIC"]), &[';']));
        }
        if entry.name.is_empty() && !entry.aliases.is_empty() {
            entry.name = entry.aliases.remove(0);
        }
        entry.countries.retain(|land| alpha2(land).is_some());
        ledger.add(at, entry, &[]);
    });
    Ok(())
}
