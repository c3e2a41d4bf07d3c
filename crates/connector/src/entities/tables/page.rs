//! Pages with tables of entities: the UFLPA Entity List, a table for each limb of the law.

use std::sync::LazyLock;

use model::Designation;
use regex::Regex;

use super::columns::NAMES;
use crate::ParseError;
use crate::entities::ledger::Ledger;
use crate::entities::source::html::{self, HtmlTable};
use crate::entities::source::rows::column_key;
use crate::entities::word::{Order, country, full_date, split_list};
use crate::entities::{Format, WANTED};

/// The columns of a table of entities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableColumns {
    header: usize,
    name: usize,
    date: Option<usize>,
    country: Option<usize>,
}

/// Where names and dates stand, if it is a table of entities.
pub(crate) fn entity_columns(table: &HtmlTable) -> Option<TableColumns> {
    table.rows.iter().take(3).enumerate().find_map(|(header, row)| {
        let keys: Vec<String> = row.iter().map(|cell| column_key(cell)).collect();
        let name = keys.iter().position(|key| NAMES.contains(&key.as_str()))?;
        let date = keys.iter().position(|key| key.contains("date") || key == "effective");
        let country = keys.iter().position(|key| key == "country" || key == "countries");
        (date.is_some() || country.is_some()).then_some(TableColumns {
            header,
            name,
            date,
            country,
        })
    })
}

static LIMB: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Section\s+(\d+\w*)\(d\)\(2\)\(B\)\(([ivx]+)\)").expect("a valid pattern")
});

/// Reads every table of entities of a page; each is a sub-list of its own.
pub(crate) fn html(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let page = html::page(text);
    ledger.title = Some(page.title.clone()).filter(|title| !title.is_empty());
    let mut found = 0;
    for table in &page.tables {
        let Some(columns) = entity_columns(table) else { continue };
        found += 1;
        let limb = LIMB.captures_iter(&table.before).last();
        let (list, programme) = match &limb {
            Some(limb) => (ledger.sub(&limb[2]), limb[0].to_owned()),
            None if page.tables.len() > 1 => (ledger.sub(&format!("table {found}")), String::new()),
            None => (ledger.list.clone(), String::new()),
        };
        let uflpa = limb.is_some() || ledger.list == Format::HtmlTable.default_list();
        for (at, row) in table.rows.iter().enumerate().skip(columns.header + 1) {
            let place = format!("table {found}, row {}", at - columns.header);
            let cell =
                |column: Option<usize>| column.and_then(|c| row.get(c)).map_or("", String::as_str);
            if row.iter().all(String::is_empty) {
                ledger.skip(place, "an empty row");
                continue;
            }
            let (name, aliases, remarks) = names(cell(Some(columns.name)));
            let mut countries: Vec<String> = country(cell(columns.country)).into_iter().collect();
            if uflpa && countries.is_empty() {
                // The act lists entities of the People's Republic only.
                countries.push("CN".into());
            }
            let entry = Designation {
                list: list.clone(),
                name,
                aliases,
                countries,
                programmes: vec![programme.clone()],
                listed: full_date(cell(columns.date), Order::MonthFirst),
                remarks,
                ..Designation::default()
            };
            let key = entry.name.clone();
            ledger.add(place, entry, &[&key]);
        }
    }
    if found == 0 {
        return Err(ParseError::OtherKind {
            wanted: WANTED,
            what: "an HTML page without a table of entities".into(),
        });
    }
    if page.cut {
        ledger.cut("document", "the page ends before its end");
    }
    Ok(())
}

static ALIASES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\s*\((?:(?:and|including|with)\s+(?:\w+\s+)?alias(?:es)?:?|also known as|formerly known as|previously known as|formerly|also referred to as|a\.?k\.?a\.?|f\.?k\.?a\.?)\s*",
    )
    .expect("a valid pattern")
});

static SUBSIDIARIES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i),?\s+and\s+(?:its\s+|their\s+)?(?:\w+\s+)?(?:\S+-based\s+)?(?:wholly[- ]owned\s+)?subsidiar(?:y|ies)\b.*$")
        .expect("a valid pattern")
});

/// Name, aliases and the rest of a cell: `X (including two aliases: A; and B) and subsidiaries`.
fn names(cell: &str) -> (String, Vec<String>, Option<String>) {
    let mut text = cell.to_owned();
    let mut aliases = Vec::new();
    while let Some(mark) = ALIASES.find(&text) {
        let inside = &text[mark.end()..];
        let end = closing(inside).unwrap_or(inside.len());
        aliases.append(&mut split_list(&inside[..end], &[';']));
        let after = inside.get(end + 1..).unwrap_or_default();
        text = format!("{}{after}", &text[..mark.start()]);
    }
    let rest = SUBSIDIARIES
        .find(&text)
        .map(|rest| rest.as_str().trim_start_matches([',', ' ']).to_owned());
    let name = SUBSIDIARIES.replace(&text, "").trim().trim_end_matches([',', ';']).to_owned();
    (name, aliases, rest)
}

/// Where the bracket ends that was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1;
    text.char_indices().find_map(|(at, c)| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        (depth == 0).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_names_and_more() {
        let check = |cell: &str, name: &str, aliases: &[&str], rest: Option<&str>| {
            let (found, others, remarks) = names(cell);
            assert_eq!(found, name, "{cell}");
            assert_eq!(others, aliases, "{cell}");
            assert_eq!(remarks.as_deref(), rest, "{cell}");
        };
        check("Acme Co., Ltd.", "Acme Co., Ltd.", &[], None);
        check(
            "Acme (West) Co. (including one alias: Acma (West) Co.) and subsidiaries",
            "Acme (West) Co.",
            &["Acma (West) Co."],
            Some("and subsidiaries"),
        );
        check("Acme (and two aliases: A; and B)", "Acme", &["A", "B"], None);
        check("Acme (formerly known as C (D); and E)", "Acme", &["C (D)", "E"], None);
        check(
            "Acme and its eight X-based subsidiaries, which include F",
            "Acme",
            &[],
            Some("and its eight X-based subsidiaries, which include F"),
        );
    }
}
