//! Tables of others: columns are found by their names, or said by the operator.

mod columns;
mod covered;
mod page;

use std::collections::HashMap;

use model::Designation;
use serde_json::Value;

use super::bis::ecfr::citation_date;
use super::ledger::Ledger;
use super::source::rows::{Row, Table, shown};
use super::source::{ended, json as js};
use super::word::{
    Order, citations, country, country_at_the_end, full_date, is_null, slug, split_list, tidy,
};
use super::{EntityRules, WANTED};
use crate::ParseError;

pub use self::columns::{Columns, UnknownColumn};
pub(crate) use self::columns::{Field, is_entity_header};
pub(crate) use self::covered::{covered, is_covered_list};
pub(crate) use self::page::{entity_columns, html};

/// What schemas and type columns call a kind of party; `None`: no party, or a word that says
/// something else.
pub(crate) fn kind_of(word: &str) -> Option<String> {
    Some(match word.trim().to_lowercase().as_str() {
        "person" | "individual" | "natural person" | "people" => "individual".into(),
        "company" | "organization" | "organisation" | "legalentity" | "legal entity" | "entity"
        | "publicbody" | "enterprise" | "business" | "institution" | "business entity" => {
            "entity".into()
        }
        "vessel" | "ship" => "vessel".into(),
        "airplane" | "aircraft" => "aircraft".into(),
        "asset" | "security" | "cryptowallet" | "vehicle" => "asset".into(),
        _ => return None,
    })
}

/// What a record of any table says, field by field.
trait Record {
    /// The values of the first column that is there and says something.
    fn first(&self, field: Field) -> String;
    /// The values of all columns of that field, taken apart.
    fn all(&self, field: Field) -> Vec<String>;
}

struct Cells<'r> {
    row: Row<'r>,
    columns: &'r HashMap<Field, Vec<usize>>,
}

impl Record for Cells<'_> {
    fn first(&self, field: Field) -> String {
        let columns = self.columns.get(&field).into_iter().flatten();
        let cells = columns.map(|column| self.row.cell(Some(*column)));
        cells.into_iter().find(|cell| !is_null(cell)).unwrap_or_default().to_owned()
    }

    fn all(&self, field: Field) -> Vec<String> {
        let columns = self.columns.get(&field).into_iter().flatten();
        columns.flat_map(|column| split_list(self.row.cell(Some(*column)), &[';'])).collect()
    }
}

struct Element<'r> {
    value: &'r Value,
    keys: &'r HashMap<Field, Vec<String>>,
}

impl Record for Element<'_> {
    fn first(&self, field: Field) -> String {
        let keys: Vec<&str> =
            self.keys.get(&field).into_iter().flatten().map(String::as_str).collect();
        js::text_of(self.value, &keys)
    }

    fn all(&self, field: Field) -> Vec<String> {
        let keys = self.keys.get(&field).into_iter().flatten();
        keys.flat_map(|key| js::texts_of(self.value, &[key]))
            .flat_map(|text| split_list(&text, &[';']))
            .collect()
    }
}

/// The entry of a record, and what identifies it when it has no id.
fn entry(record: &impl Record, ledger: &Ledger) -> (Designation, Vec<String>) {
    let date = |field| full_date(&record.first(field), Order::MonthFirst);
    let name = record.first(Field::Name);
    let mut entry = Designation {
        entity_id: record.first(Field::Id),
        name: name.trim_end_matches('*').trim().to_owned(),
        aliases: record.all(Field::Alias),
        kind: kind_of(&record.first(Field::Kind)),
        addresses: record.all(Field::Address),
        programmes: record.all(Field::Programme),
        citations: citations(&record.first(Field::Citation)),
        listed: date(Field::Listed),
        removed: date(Field::Removed),
        source_url: Some(record.first(Field::Url)),
        licence_requirement: Some(record.first(Field::Requirement)),
        licence_policy: Some(record.first(Field::Policy)),
        ..Designation::default()
    };
    if let Some(list) = Some(record.first(Field::List)).filter(|list| !list.is_empty()) {
        entry.list = ledger.sub(&list);
    }
    if entry.listed.is_none() {
        // `84 FR 54004, 10/9/19. 85 FR …`: the first citation is the listing.
        entry.listed = citation_date(&record.first(Field::Citation));
    }
    // A name as it is written, with its short form and marks, beside the clean one.
    let written = record.first(Field::Written);
    entry
        .aliases
        .extend(Some(written.trim_end_matches('*').trim().to_owned()).filter(|w| !w.is_empty()));
    for land in record.all(Field::Country) {
        entry.countries.extend(country(&land));
    }
    if entry.countries.is_empty() {
        let ends = entry.addresses.iter().filter_map(|line| country_at_the_end(line, false));
        entry.countries = ends.map(Into::into).collect();
    }
    let notes = [record.first(Field::Status), record.first(Field::Remarks)];
    let notes: Vec<&str> =
        notes.iter().map(String::as_str).filter(|note| !note.is_empty()).collect();
    entry.remarks = Some(notes.join("; "));
    let key = vec![
        entry.list.clone(),
        entry.name.clone(),
        entry.countries.first().cloned().unwrap_or_default(),
        entry.listed.clone().unwrap_or_default(),
        entry.citations.first().cloned().unwrap_or_default(),
    ];
    (entry, key)
}

/// Reads a table by declared columns, else by the names of its columns. Rows that differ in
/// address or alias only are one entry.
pub(crate) fn table(
    rules: &EntityRules,
    text: &str,
    ledger: &mut Ledger,
) -> Result<(), ParseError> {
    let declared = rules.columns.as_ref();
    let header = |keys: &[String]| match declared {
        Some(columns) => columns.fit(keys),
        None => is_entity_header(keys),
    };
    let Some(table) = Table::open(text, rules.delimiter, &header) else {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let found = super::source::rows::cells_of(
            first,
            rules.delimiter.unwrap_or_else(|| super::source::rows::sniff(first)),
        );
        let what = match declared {
            Some(columns) => format!("the declared columns {}", columns.described()),
            None => "a column of names that is known".into(),
        };
        let reason = format!("the table lacks {what}; its first line has {}", shown(&found));
        return Err(ParseError::Damaged { reason });
    };
    let columns = columns::resolve(&table, declared)?;
    let apart: Vec<usize> = [Field::Address, Field::Alias]
        .iter()
        .flat_map(|field| columns.get(field).into_iter().flatten().copied())
        .collect();
    let mut known: HashMap<Vec<String>, usize> = HashMap::new();
    table.each(ledger, &mut |ledger, row| {
        let record = Cells { row, columns: &columns };
        let (entry, mut key) = entry(&record, ledger);
        key.extend(entry.addresses.first().cloned());
        let mut rest: Vec<String> = row
            .cells()
            .enumerate()
            .filter(|(at, _)| !apart.contains(at))
            .map(|(_, cell)| cell.to_owned())
            .collect();
        // Some rows end before their last empty cells.
        while rest.last().is_some_and(String::is_empty) {
            rest.pop();
        }
        if let Some(index) = known.get(&rest).filter(|_| !apart.is_empty()) {
            ledger.join();
            return ledger.extend(*index, |item| {
                item.aliases.extend(entry.aliases);
                item.addresses.extend(entry.addresses);
                item.countries.extend(entry.countries);
            });
        }
        let key: Vec<&str> = key.iter().map(String::as_str).collect();
        if let Some(index) = ledger.add(row.at(), entry, &key) {
            ledger.extend(index, also_known);
            known.insert(rest, index);
        }
    });
    Ok(())
}

/// `X, a.k.a. Y, a.k.a. Z` in one cell: the name stays as it is written, its parts are aliases.
fn also_known(item: &mut Designation) {
    let lower = item.name.to_lowercase();
    if lower.len() != item.name.len() || !lower.contains("a.k.a.") {
        return;
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, mark) in lower.match_indices("a.k.a.") {
        parts.push(&item.name[from..at]);
        from = at + mark.len();
    }
    parts.push(&item.name[from..]);
    let parts: Vec<String> = parts
        .iter()
        .map(|part| tidy(part.trim_matches([' ', ',', '(', ';'])))
        .map(unclosed)
        .collect();
    item.aliases.extend(parts);
}

/// Without a bracket that was opened before the part.
fn unclosed(part: String) -> String {
    if part.matches(')').count() > part.matches('(').count() {
        part.trim_end_matches(')').to_owned()
    } else {
        part
    }
}

/// Arrays in which entries are looked for, the likelier first.
const ARRAYS: [&str; 9] =
    ["entities", "results", "entries", "items", "records", "data", "list", "parties", ""];

/// The array of a document whose elements have names.
pub(crate) fn entity_array(outline: &js::Outline) -> Option<String> {
    let named = |array: &str| {
        let keys = outline.arrays.get(array)?;
        columns::NAMES
            .iter()
            .any(|name| keys.iter().any(|key| super::source::rows::column_key(key) == *name))
            .then(|| array.to_owned())
    };
    ARRAYS.iter().find_map(|array| named(array)).or_else(|| {
        // An empty list is a list too, if it stands where entries stand.
        let empty = outline.arrays.get("entities").is_some_and(Vec::is_empty);
        empty.then(|| "entities".to_owned())
    })
}

/// Reads a JSON document with an array of entries, by declared fields or by their names.
pub(crate) fn json(rules: &EntityRules, text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let array = match &rules.array {
        Some(array) => array.clone(),
        None => entity_array(&js::outline(text)).ok_or_else(|| ParseError::OtherKind {
            wanted: WANTED,
            what: "JSON without an array of entries that is known".into(),
        })?,
    };
    let declared = rules.columns.as_ref();
    let (mut at, mut count) = (0_u64, None);
    // What the document says about itself may stand behind its entries.
    let mut scalars: HashMap<String, Value> = HashMap::new();
    let derived = rules.list.is_none();
    let end = js::walk(text, &[&array], &mut |piece| match piece {
        js::Piece::Scalar(path, value) => {
            if path == "list_id" && derived && at == 0 {
                ledger.list = slug(value.as_str().unwrap_or_default(), 60);
            }
            if path == "count" || path == "total" {
                count = value.as_u64();
            }
            if scalars.len() < 200 {
                scalars.insert(path, value);
            }
        }
        js::Piece::Element(value) => {
            at += 1;
            let place = format!("entry {at}");
            let Some(object) = value.as_object() else {
                return match value.as_str() {
                    Some(name) => {
                        let entry = Designation { name: name.into(), ..Designation::default() };
                        ledger.add(place, entry, &[name]);
                    }
                    None => ledger.reject(place, "the entry is no object"),
                };
            };
            let keys = columns::resolve_keys(object.keys(), declared);
            let (mut entry, mut key) = entry(&Element { value: &value, keys: &keys }, ledger);
            key.extend(entry.addresses.first().cloned());
            if let Some(note) = entry.addresses.iter().position(|line| line.starts_with("(See")) {
                entry.addresses.remove(note);
            }
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            ledger.add(place, entry, &key);
        }
    });
    let word = |keys: &[&str]| {
        keys.iter()
            .find_map(|key| scalars.get(*key)?.as_str().map(tidy))
            .filter(|text| !text.is_empty())
    };
    ledger.title = word(&["title", "name", "official_name", "source_file"]);
    ledger.version = word(&["version"]);
    ledger.published =
        word(&["extracted", "generated", "date", "updated_at", "published", "dateGenerated"])
            .and_then(|text| full_date(&text, Order::MonthFirst));
    ended(end, ledger)?;
    if let Some(count) = count.filter(|count| *count != at) {
        ledger.problem("document", format!("the document announces {count} entries and has {at}"));
    }
    if at == 0 && rules.array.is_some() {
        ledger.problem("document", format!("there is nothing in the array `{array}`"));
    }
    Ok(())
}
