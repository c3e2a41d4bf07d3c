//! Part 744 as the eCFR's versioner gives it: each supplement a `DIV9` with tables.

use model::Designation;

use super::read_cell;
use crate::ParseError;
use crate::entities::WANTED;
use crate::entities::ledger::Ledger;
use crate::entities::source::xml::{Node, Seen, walk};
use crate::entities::source::{ended, json as js};
use crate::entities::word::{Order, citations, country, full_date};

/// Reads the tables of Part 744. A country stands in the first row of its entries only.
pub(crate) fn read(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let (mut list, mut land, mut row) = (String::new(), String::new(), 0_u64);
    let end = walk(text, &["DIV5", "DIV8", "DIV9"], &["TR", "HEAD"], &mut |seen| match seen {
        Seen::Open(division) => {
            land.clear();
            list = sub_list(division.attr("N")).to_owned();
        }
        Seen::Record(head) if head.name == "HEAD" => {
            let title = head.text();
            if list.is_empty() {
                sub_list(&title).clone_into(&mut list);
            }
            if ledger.title.is_none() {
                ledger.title = Some(title);
            }
        }
        Seen::Record(line) => {
            row += 1;
            let cells: Vec<String> = line.all("TD").map(Node::text).collect();
            if cells.is_empty() {
                // A header: no record.
                return;
            }
            table_row(&format!("row {row}"), &cells, &list, &mut land, ledger);
        }
    });
    ended(end, ledger)?;
    if ledger.records() == 0 {
        return Err(ParseError::OtherKind {
            wanted: WANTED,
            what: "a part of the eCFR without tables".into(),
        });
    }
    Ok(())
}

/// Enters a row of five cells (country, entity, requirement, policy, citation) or of three.
pub(crate) fn table_row(
    at: &str,
    cells: &[String],
    list: &str,
    land: &mut String,
    ledger: &mut Ledger,
) {
    let (place, entity, requirement, policy, citation) = match cells {
        [place, entity, requirement, policy, citation] => {
            (place, entity, requirement, policy, citation)
        }
        [entity, requirement, policy, citation] => {
            (&String::new(), entity, requirement, policy, citation)
        }
        [place, entity, citation] => (place, entity, &String::new(), &String::new(), citation),
        cells => {
            return ledger
                .skip(at, format!("a row of {} cells: a footnote or a heading", cells.len()));
        }
    };
    if !place.is_empty() {
        place.trim_end_matches('.').clone_into(land);
    }
    let reserved =
        |text: &str| text.trim_matches(['[', ']', ' ', '.']).eq_ignore_ascii_case("reserved");
    if entity.is_empty() || reserved(entity) || reserved(place) {
        return ledger.skip(at, "reserved or empty");
    }
    if place.eq_ignore_ascii_case("country") || entity.eq_ignore_ascii_case("entity") {
        return ledger.skip(at, "a heading inside the table");
    }
    let cell = read_cell(entity);
    let list = if list.is_empty() { String::new() } else { ledger.sub(list) };
    let key = [land.clone(), cell.name.clone()];
    let entry = Designation {
        list,
        name: cell.name,
        aliases: cell.aliases,
        addresses: cell.addresses,
        countries: country(land).into_iter().collect(),
        listed: citation_date(citation),
        citations: citations(citation),
        licence_requirement: Some(requirement.clone()),
        licence_policy: Some(policy.clone()),
        remarks: cell.remarks,
        ..Designation::default()
    };
    ledger.add(at, entry, &[&key[0], &key[1]]);
}

/// `84 FR 54004, 10/9/19. 85 FR 44159, 7/22/20.`: the first is the listing, the others amend it.
pub(crate) fn citation_date(cell: &str) -> Option<String> {
    cell.split([',', ' ', ';', '('])
        .map(|word| word.trim_matches(['.', ')', ',']))
        .filter(|word| word.matches('/').count() == 2)
        .find_map(|word| full_date(word, Order::MonthFirst))
}

fn sub_list(name: &str) -> &'static str {
    let name = name.to_lowercase();
    if name.contains("supplement no. 4") || name.contains("entity list") {
        "el"
    } else if name.contains("supplement no. 6") || name.contains("unverified list") {
        "uvl"
    } else if name.contains("supplement no. 7") || name.contains("military end-user") {
        "meu"
    } else if name.contains("744.22") {
        "mieu"
    } else {
        ""
    }
}

/// Reads the list of amendments: the newest date is the version, nothing is listed.
pub(crate) fn versions(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let (mut newest, mut day, mut at) = (None, None, 0_u64);
    let end = js::walk(text, &["content_versions"], &mut |piece| {
        let js::Piece::Element(value) = piece else { return };
        at += 1;
        let date = js::text_of(&value, &["amendment_date", "issue_date", "date"]);
        newest = newest.take().max(full_date(&date, Order::MonthFirst));
        // The edition of a day has what was issued until then.
        for key in ["amendment_date", "issue_date", "date"] {
            let date = js::text_of(&value, &[key]);
            day = day.take().max(full_date(&date, Order::MonthFirst));
        }
        ledger.skip(format!("version {at}"), "announces an amendment");
    });
    ended(end, ledger)?;
    ledger.version = newest;
    ledger.published = day;
    Ok(())
}
