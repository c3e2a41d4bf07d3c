//! The FCC's Covered List: companies stand inside sentences about equipment, and some rows are
//! about a category of equipment and name nobody.

use std::sync::LazyLock;

use model::Designation;
use regex::Regex;

use crate::ParseError;
use crate::entities::WANTED;
use crate::entities::ledger::Ledger;
use crate::entities::source::html::{self, Page};
use crate::entities::source::rows::{Table, column_key};
use crate::entities::word::{Order, full_date, is_null, long_date, split_list, tidy};

fn is_equipment(header: &str) -> bool {
    let key = column_key(header);
    key.starts_with("coveredequipment") || key.starts_with("equipmentorservice")
}

/// The page has the table of covered equipment.
pub(crate) fn is_covered_list(page: &Page) -> bool {
    page.tables
        .iter()
        .any(|table| table.rows.iter().take(3).flatten().any(|cell| is_equipment(cell)))
}

/// Reads the page of the FCC, or the same table as CSV.
pub(crate) fn covered(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    if html::is_page(text) {
        let page = html::page(text);
        ledger.title = Some(page.title.clone()).filter(|title| !title.is_empty());
        let Some(table) = page
            .tables
            .iter()
            .find(|table| table.rows.iter().take(3).flatten().any(|cell| is_equipment(cell)))
        else {
            return Err(ParseError::OtherKind {
                wanted: WANTED,
                what: "a page without the Covered List".into(),
            });
        };
        for (at, row) in table.rows.iter().enumerate() {
            let [text, rest @ ..] = row.as_slice() else { continue };
            if is_equipment(text) {
                continue;
            }
            enter(
                format!("row {}", at + 1),
                text,
                rest.first().map_or("", String::as_str),
                "",
                "",
                ledger,
            );
        }
        if page.cut {
            ledger.cut("document", "the page ends before its end");
        }
        return Ok(());
    }
    let header = |keys: &[String]| keys.iter().any(|key| is_equipment(key));
    let table = Table::open(text, None, &header).ok_or_else(|| ParseError::Damaged {
        reason: "the table has no column of covered equipment".into(),
    })?;
    let words = table.need(&["coveredequipmentorservices"])?;
    let date = table.need(&["dateofinclusiononcoveredlist", "dateofinclusion"])?;
    let name = table.column(&["entityname", "company", "name"]);
    let others = table.column(&["subsidiarynames", "subsidiaries"]);
    table.each(ledger, &mut |ledger, row| {
        enter(row.at(), row.cell(words), row.cell(date), row.cell(name), row.cell(others), ledger);
    });
    Ok(())
}

static COMPANY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:produced or provided by|produced by|provided by|supplied, directly or indirectly, by|supplied by|manufactured by|offered by) (?P<names>.+?)(?:,? (?:including|to the extent|subject to|or any of|and any of|or its|and its affiliates|and its subsidiaries)\b|\.\s|\.?$|;)",
    )
    .expect("a valid pattern")
});

static OWNED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r",? and its (?:wholly[- ]owned )?(?:subsidiary|affiliate),? ")
        .expect("a valid pattern")
});

/// Longest name made of a category's own words.
const CATEGORY_CHARS: usize = 160;

fn enter(at: String, text: &str, date: &str, name: &str, others: &str, ledger: &mut Ledger) {
    if text.is_empty() && name.is_empty() {
        return ledger.skip(at, "an empty row");
    }
    let mut aliases = split_list(others, &[';']);
    let found = COMPANY.captures(text).map(|found| found["names"].trim().to_owned());
    let company = if is_null(name) { found } else { Some(name.to_owned()) };
    let mut entry = Designation {
        listed: long_date(date).or_else(|| full_date(date, Order::MonthFirst)),
        remarks: Some(text.to_owned()),
        ..Designation::default()
    };
    match company.filter(|company| company.chars().any(char::is_uppercase)) {
        Some(company) => {
            let mut names = OWNED.split(&company).map(ToOwned::to_owned);
            entry.name = names.next().unwrap_or_default();
            aliases.extend(names);
            entry.kind = Some("entity".into());
        }
        // The kind of equipment is what is listed.
        None => {
            // Without the signs of footnotes.
            let marks = ['^', '†', '‡', '*', '#', '£', '³', '²'];
            let words = tidy(&text.replace(marks, " ")).replace(" ,", ",");
            let words = words.split([';', '—']).next().unwrap_or_default();
            let words = words.split(", except").next().unwrap_or_default();
            let words = words.trim_end_matches(['.', ' ']);
            entry.name = model::truncated(words, CATEGORY_CHARS).into_owned();
            entry.kind = Some("category".into());
        }
    }
    entry.aliases = aliases;
    let key = [entry.name.clone(), entry.listed.clone().unwrap_or_default()];
    ledger.add(at, entry, &[&key[0], &key[1]]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::Format;

    #[test]
    fn companies_are_found_inside_sentences() {
        let text = "covered_equipment_or_services,date_of_inclusion_on_covered_list\n\
            \"Radios produced by Acme (West) Corp., including services by such entity.\",\"March 12, 2021\"\n\
            \"Software supplied, directly or indirectly, by Beta Lab or any of its successors.\",\"July 23, 2024\"\n\
            Services provided by Gamma Ltd and its wholly-owned subsidiary Delta LLC subject to section 214.,\"May 1, 2022\"\n\
            \"Routers ^ produced in a foreign country, except routers with an approval.\",\"March 23, 2026Updated: May 2, 2026\"\n";
        let mut ledger = Ledger::new("l");
        covered(text, &mut ledger).unwrap();
        let list = ledger.close(Format::FccCovered);
        let names: Vec<&str> = list.items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(
            names,
            ["Acme (West) Corp.", "Beta Lab", "Gamma Ltd", "Routers produced in a foreign country"]
        );
        assert_eq!(list.items[2].aliases, ["Delta LLC"]);
        assert_eq!(list.items[3].listed.as_deref(), Some("2026-03-23"));
        assert_eq!(list.items[3].kind.as_deref(), Some("category"));
    }
}
