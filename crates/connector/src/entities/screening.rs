//! The US Consolidated Screening List: one file over the lists of Commerce, State and Treasury, as
//! JSON and as CSV, and the rows that it was once made of.

use std::collections::HashMap;

use model::Designation;
use serde_json::Value;

use super::ledger::Ledger;
use super::source::rows::{Row, Table};
use super::source::{ended, json as js};
use super::word::{
    Order, alpha2, citations, country, country_at_the_end, full_date, is_null, split_list,
};
use crate::ParseError;

/// Reads an object with `results`, or an array.
pub(crate) fn json(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let mut at = 0_u64;
    let mut total = None;
    let end = js::walk(text, &["results", ""], &mut |piece| match piece {
        js::Piece::Element(value) => {
            at += 1;
            let place = format!("result {at}");
            if !value.is_object() {
                return ledger.reject(place, "the result is no object");
            }
            let entry = of_json(&value, ledger);
            enter(place, entry, ledger);
        }
        js::Piece::Scalar(path, value) if path == "total" => total = value.as_u64(),
        js::Piece::Scalar(..) => {}
    });
    ended(end, ledger)?;
    // The search API gives pages; the file gives everything.
    if let Some(total) = total.filter(|total| *total > at) {
        ledger.problem("document", format!("this is a page of {at} of {total} results"));
    }
    Ok(())
}

fn of_json(value: &Value, ledger: &Ledger) -> Designation {
    let one = |keys: &[&str]| js::text_of(value, keys);
    let source = one(&["source"]);
    let mut entry = Designation {
        list: list_of(&source, ledger),
        entity_id: id(&source, &one(&["entity_number"]), &one(&["id", "_id"])),
        name: one(&["name"]),
        aliases: names(&js::texts_of(value, &["alt_names"])),
        kind: kind(&one(&["type"])),
        programmes: js::texts_of(value, &["programs"]),
        citations: citations(&one(&["federal_register_notice"])),
        listed: full_date(&one(&["start_date"]), Order::MonthFirst),
        removed: full_date(&one(&["end_date"]), Order::MonthFirst),
        source_url: some(one(&["source_list_url", "source_information_url"])),
        licence_requirement: some(one(&["license_requirement"])),
        licence_policy: some(one(&["license_policy"])),
        remarks: some(one(&["remarks"])),
        origin: origin(&source, &one(&["entity_number"])),
        ..Designation::default()
    };
    for address in value["addresses"].as_array().into_iter().flatten() {
        let part = |key| js::text_of(address, &[key]);
        let known = country(&part("country"));
        let words = ["address", "city", "state", "postal_code"].map(part);
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|w| !is_null(w)).collect();
        push_address(&mut entry, &words.join(", "), known);
    }
    for key in ["citizenships", "nationalities"] {
        entry.countries.extend(js::texts_of(value, &[key]).iter().filter_map(|c| country(c)));
    }
    entry.countries.extend(country(&one(&["vessel_flag"])));
    for id in value["ids"].as_array().into_iter().flatten() {
        let part = |key| js::text_of(id, &[key]);
        entry.identifiers.push(format!("{} {}", part("type"), part("number")));
    }
    entry
}

/// One address string may hold several, joined by `; and`.
fn push_address(entry: &mut Designation, address: &str, known: Option<String>) {
    for part in split_list(address, &[';']) {
        match &known {
            Some(code) if !part.ends_with(code.as_str()) => {
                entry.addresses.push(format!("{part}, {code}"));
            }
            _ => entry.addresses.push(part),
        }
    }
    entry.countries.extend(known);
}

/// Reads the CSV with the columns of any year, by their names.
pub(crate) fn csv(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let header =
        |keys: &[String]| super::detect::CSL.iter().filter(|key| is(keys, key)).count() > 5;
    let table = Table::open(text, None, &header).ok_or_else(no_header)?;
    let source = table.need(&["source"])?;
    let name = table.need(&["name"])?;
    let column = |key| table.column(&[key]);
    let (id_column, number) = (column("id"), column("entitynumber"));
    let addresses = table.need(&["addresses"])?;
    let alt_names = table.need(&["altnames"])?;
    let (programs, notice) = (column("programs"), column("federalregisternotice"));
    let (start, ended) = (column("startdate"), column("enddate"));
    let (url, other_url) = (column("sourcelisturl"), column("sourceinformationurl"));
    let (requirement, policy) = (column("licenserequirement"), column("licensepolicy"));
    let (kind_column, flag, remarks) = (column("type"), column("vesselflag"), column("remarks"));
    let (citizen, national, ids) = (column("citizenships"), column("nationalities"), column("ids"));
    table.each(ledger, &mut |ledger, row| {
        let cell = |column| row.cell(column);
        if cell(source).is_empty() || !cell(source).contains(|c: char| c.is_alphabetic()) {
            return ledger.reject(row.at(), "the row names no list");
        }
        let mut entry = Designation {
            list: list_of(cell(source), ledger),
            entity_id: id(cell(source), cell(number), cell(id_column)),
            name: cell(name).to_owned(),
            aliases: names(&[cell(alt_names).to_owned()]),
            kind: kind(cell(kind_column)),
            programmes: split_list(cell(programs), &[';', ',']),
            citations: citations(cell(notice)),
            listed: full_date(cell(start), Order::MonthFirst),
            removed: full_date(cell(ended), Order::MonthFirst),
            source_url: some(first(cell(url), cell(other_url))),
            licence_requirement: some(cell(requirement).into()),
            licence_policy: some(cell(policy).into()),
            remarks: some(cell(remarks).into()),
            identifiers: split_list(cell(ids), &[';']),
            origin: origin(cell(source), cell(number)),
            ..Designation::default()
        };
        for address in split_list(cell(addresses), &[';']) {
            let known = country_at_the_end(&address, true);
            entry.countries.extend(known.map(Into::into));
            // A code alone is a country, not an address.
            if address.len() > 2 || known.is_none() {
                entry.addresses.push(address);
            }
        }
        for column in [citizen, national, flag] {
            let words = split_list(cell(column), &[';']);
            entry.countries.extend(words.iter().filter_map(|word| country(word)));
        }
        enter(row.at(), entry, ledger);
    });
    Ok(())
}

fn is(keys: &[String], key: &str) -> bool {
    keys.iter().any(|known| known == key)
}

fn no_header() -> ParseError {
    ParseError::Damaged {
        reason: "the header of the Consolidated Screening List is missing".into(),
    }
}

fn enter(at: String, mut entry: Designation, ledger: &mut Ledger) {
    if entry.kind.as_deref() == Some("individual") {
        // Birth dates and passports are nothing that vendors are watched by.
        entry.identifiers.clear();
        entry.remarks = None;
    }
    // Some rows hold another address of the row above and are called `Address 01`.
    let numbered =
        entry.name.strip_prefix("Address ").is_some_and(|n| n.trim().parse::<u32>().is_ok());
    if numbered && entry.kind.is_none() {
        entry.kind = Some("address".into());
    }
    let key = [
        entry.list.clone(),
        entry.name.clone(),
        entry.countries.first().cloned().unwrap_or_default(),
        entry.citations.first().cloned().unwrap_or_default(),
        entry.addresses.first().cloned().unwrap_or_default(),
    ];
    let key: Vec<&str> = key.iter().map(String::as_str).collect();
    ledger.add(at, entry, &key);
}

/// `us-csl/el` of `Entity List (EL) - Bureau of Industry and Security`.
fn list_of(source: &str, ledger: &Ledger) -> String {
    let inside = source.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let part = inside.map_or(source, |(part, _)| part);
    let part = part.trim().trim_end_matches("List").trim_end_matches(" - ").trim();
    let part = part.split(" - ").next().unwrap_or(part);
    ledger.sub(part)
}

/// OFAC's number where there is one; hashes of the CSL else.
fn id(source: &str, number: &str, hash: &str) -> String {
    let treasury = source.contains("Treasury");
    let number = if is_null(number) { "" } else { number };
    let (first_choice, second) = if treasury { (number, hash) } else { (hash, number) };
    first(first_choice, second)
}

/// The Treasury publishes its part itself, under the same numbers.
fn origin(source: &str, number: &str) -> Option<String> {
    let number = number.trim();
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (source.contains("Treasury") && digits).then(|| format!("us-treasury/{number}"))
}

fn kind(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    matches!(text.as_str(), "entity" | "individual" | "vessel" | "aircraft").then_some(text)
}

fn names(cells: &[String]) -> Vec<String> {
    cells.iter().flat_map(|cell| split_list(cell, &[';'])).collect()
}

fn first(one: &str, other: &str) -> String {
    if is_null(one) { other.to_owned() } else { one.to_owned() }
}

fn some(text: String) -> Option<String> {
    (!is_null(&text)).then_some(text)
}

/// Reads the rows of old sub-lists: one for each pair of address and alias. Rows that agree in
/// list, number, name, programme, citation and date are one entry.
pub(crate) fn rows(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let header = |keys: &[String]| is(keys, "sourcelist") && is(keys, "name");
    let table = Table::open(text, None, &header).ok_or_else(no_header)?;
    let name = table.need(&["name"])?;
    let column = |key: &str| table.column(&[key]);
    let key_columns = [
        "sourcelist",
        "entitynumber",
        "name",
        "programs",
        "federalregisternotice",
        "effectivedate",
    ]
    .map(column);
    let (list, number) = (key_columns[0], key_columns[1]);
    let place = ["address", "city", "stateprovince", "postalcode"].map(column);
    let land = column("country");
    let alias = table.need(&["alternatename"])?;
    let mut known: HashMap<Vec<String>, usize> = HashMap::new();
    table.each(ledger, &mut |ledger, row| {
        let key: Vec<String> = key_columns.iter().map(|c| row.cell(*c).to_owned()).collect();
        let mut part =
            Designation { aliases: names(&[row.cell(alias).into()]), ..address(&row, place, land) };
        if let Some(index) = known.get(&key) {
            ledger.join();
            return ledger.extend(*index, |item| {
                item.aliases.append(&mut part.aliases);
                item.addresses.append(&mut part.addresses);
                item.countries.append(&mut part.countries);
            });
        }
        let cell = |key: &str| row.cell(column(key));
        let entry = Designation {
            list: ledger.sub(row.cell(list)),
            entity_id: if is_null(row.cell(number)) {
                String::new()
            } else {
                row.cell(number).into()
            },
            name: row.cell(name).to_owned(),
            kind: kind(cell("sdntype")),
            programmes: split_list(cell("programs"), &[';']),
            citations: citations(cell("federalregisternotice")),
            listed: full_date(cell("effectivedate"), Order::MonthFirst),
            removed: full_date(cell("dateliftedwaivedexpired"), Order::MonthFirst),
            source_url: some(cell("weblink").into()),
            licence_requirement: some(cell("licenserequirement").into()),
            licence_policy: some(cell("licensepolicy").into()),
            remarks: some(cell("remarksnotes").into()),
            ..part
        };
        let parts: Vec<&str> = key.iter().map(String::as_str).collect();
        if let Some(index) = ledger.add(row.at(), entry, &parts) {
            known.insert(key, index);
        }
    });
    Ok(())
}

fn address(row: &Row<'_>, place: [Option<usize>; 4], land: Option<usize>) -> Designation {
    let land = row.cell(land);
    let words = place.iter().map(|column| row.cell(*column)).chain([land]);
    let words: Vec<&str> = words.filter(|word| !is_null(word)).collect();
    let code = alpha2(land).map(Into::into).or_else(|| country(land));
    let line =
        if words.len() > usize::from(!land.is_empty()) { words.join(", ") } else { String::new() };
    Designation {
        addresses: vec![line],
        countries: code.into_iter().collect(),
        ..Designation::default()
    }
}
