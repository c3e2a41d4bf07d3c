//! The lists of the US Bureau of Industry and Security: Denied Persons, and the supplements to
//! Part 744 (Entity List, Unverified List, Military End-User List).

mod cell;
pub(crate) mod ecfr;

use model::Designation;

use super::ledger::Ledger;
use super::source::rows::Table;
use super::word::{Order, citations, country, full_date, is_null};
use crate::ParseError;

pub(crate) use self::cell::read as read_cell;

/// Reads the Denied Persons List: one row for each order and address. There is no number, so the
/// name, the address and the beginning of the order identify a row.
pub(crate) fn denied(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let header = |keys: &[String]| {
        let known = ["name", "streetaddress", "effectivedate", "expirationdate", "frcitation"];
        known.iter().filter(|key| keys.iter().any(|k| k == *key)).count() > 2
    };
    let table = Table::open(text, None, &header).ok_or_else(|| ParseError::Damaged {
        reason: "the header of the Denied Persons List is missing".into(),
    })?;
    let name = table.need(&["name"])?;
    let parts = ["streetaddress", "city", "state", "postalcode"].map(|key| table.column(&[key]));
    let land = table.need(&["country"])?;
    let start = table.need(&["effectivedate"])?;
    let end = table.need(&["expirationdate"])?;
    let citation = table.need(&["frcitation"])?;
    let action = table.column(&["action"]);
    table.each(ledger, &mut |ledger, row| {
        let words = parts.iter().map(|part| row.cell(*part)).chain([row.cell(land)]);
        let words: Vec<&str> = words.filter(|word| !is_null(word)).collect();
        let lined = words.len() > usize::from(!row.cell(land).is_empty());
        let address = if lined { words.join(", ") } else { String::new() };
        let key = [row.cell(name), &address, row.cell(start)];
        let entry = Designation {
            name: row.cell(name).to_owned(),
            countries: country(row.cell(land)).into_iter().collect(),
            citations: citations(row.cell(citation)),
            listed: full_date(row.cell(start), Order::MonthFirst),
            removed: full_date(row.cell(end), Order::MonthFirst),
            remarks: Some(row.cell(action).to_owned()),
            addresses: vec![address.clone()],
            ..Designation::default()
        };
        ledger.add(row.at(), entry, &key);
    });
    Ok(())
}
