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

/// Columns of the Denied Persons List, under the names that its editions gave them.
pub(crate) const DENIED: [&[&str]; 7] = [
    &["name"],
    &["streetaddress", "address"],
    &["effectivedate", "effdate", "beginningdate", "startdate"],
    &["expirationdate", "expdate", "endingdate", "enddate"],
    &["standardorder"],
    &["frcitation", "federalregistercitation", "frcitations", "citation"],
    &["lastupdate", "lastupdated"],
];

/// Reads the Denied Persons List: one row for each order and address. There is no number, so the
/// name, the address and the beginning of the order identify a row.
pub(crate) fn denied(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let header = |keys: &[String]| {
        let has = |names: &&&[&str]| names.iter().any(|name| keys.iter().any(|key| key == name));
        DENIED.iter().filter(has).count() > 2
    };
    let table = Table::open(text, None, &header).ok_or_else(|| ParseError::Damaged {
        reason: "the header of the Denied Persons List is missing".into(),
    })?;
    let name = table.need(&["name"])?;
    let [_, street, begins, ends, _, cited, _] = DENIED;
    let parts: [&[&str]; 4] =
        [street, &["city"], &["state", "stateprovince"], &["postalcode", "zip", "zipcode"]];
    let parts = parts.map(|keys| table.column(keys));
    let land = table.need(&["country"])?;
    let start = table.need(begins)?;
    let end = table.need(ends)?;
    let citation = table.need(cited)?;
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
