//! The Federal Register: answers of its API, rules in full, notes about rules. A document that
//! announces is one entry; where the text of a rule lists entities, they are the entries.

use std::sync::LazyLock;

use model::Designation;
use regex::Regex;
use serde_json::Value;

use super::WANTED;
use super::bis::ecfr::table_row;
use super::ledger::Ledger;
use super::source::rows::Table;
use super::source::xml::{Node, Seen, walk};
use super::source::{ended, json as js};
use super::word::{Order, alpha2, full_date, slug, tidy};
use crate::ParseError;

/// Reads a search answer, a page of documents, or one document.
pub(crate) fn json(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    if let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(text)
        && value["document_number"].is_string()
    {
        enter("document".into(), &value, ledger);
        return Ok(());
    }
    let mut at = 0_u64;
    let end = js::walk(text, &["results", ""], &mut |piece| match piece {
        js::Piece::Element(value) => {
            at += 1;
            enter(format!("result {at}"), &value, ledger);
        }
        js::Piece::Scalar(path, Value::String(text)) => match path.as_str() {
            "description" => ledger.title = Some(tidy(&text)),
            "next_page_url" => ledger.next = Some(text),
            _ => {}
        },
        js::Piece::Scalar(..) => {}
    });
    ended(end, ledger)
}

fn enter(at: String, value: &Value, ledger: &mut Ledger) {
    let one = |keys: &[&str]| js::text_of(value, keys);
    let number = one(&["document_number"]);
    if number.is_empty() {
        return ledger.reject(at, "the document has no number");
    }
    let published = full_date(&one(&["publication_date"]), Order::MonthFirst);
    let mut programmes: Vec<String> = Vec::new();
    for reference in value["cfr_references"].as_array().into_iter().flatten() {
        let (title, part) = (js::text_of(reference, &["title"]), js::text_of(reference, &["part"]));
        programmes.push(format!("{title} CFR {part}"));
    }
    for agency in value["agencies"].as_array().into_iter().flatten() {
        programmes.push(js::text_of(agency, &["name", "raw_name"]));
    }
    let mut citation = one(&["citation"]);
    if citation.is_empty() && value["volume"].is_number() && value["start_page"].is_number() {
        citation = format!("{} FR {}", value["volume"], value["start_page"]);
    }
    let summary = one(&["abstract", "excerpts", "excerpt"]);
    // Numbers were used twice before 2016, never on one day.
    let key = [number.clone(), published.clone().unwrap_or_default()];
    let entry = Designation {
        entity_id: number,
        name: without_tags(&one(&["title"])),
        kind: Some(slug(&one(&["type"]), 40)).filter(|kind| !kind.is_empty()),
        countries: destinations(&summary),
        programmes,
        citations: vec![citation],
        listed: full_date(&one(&["effective_on"]), Order::MonthFirst).or(published),
        source_url: Some(one(&["html_url", "pdf_url"])),
        remarks: Some(without_tags(&summary)),
        ..Designation::default()
    };
    ledger.add(at, entry, &[&key[0], &key[1]]);
}

/// Excerpts mark what was searched for.
fn without_tags(text: &str) -> String {
    static TAG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"</?[a-zA-Z][^<>]{0,200}>").expect("a valid pattern"));
    TAG.replace_all(text, "").into_owned()
}

static DESTINATIONS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)destinations? of ([^;]{3,600}?)(?:\.\s+[A-Z]|\.$|;|$)")
        .expect("a valid pattern")
});

/// The countries under which a rule lists its entities, by its abstract.
fn destinations(summary: &str) -> Vec<String> {
    let mut found = Vec::new();
    let summary = tidy(summary);
    for phrase in DESTINATIONS.captures_iter(&summary) {
        for part in phrase[1].split(',').flat_map(|part| part.split(" and ")) {
            found.extend(alpha2(part.trim().trim_start_matches("and ")).map(Into::into));
        }
    }
    found
}

/// Reads a rule as the GPO marks it up: the table of its amendment lists the entities.
pub(crate) fn xml(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let (mut land, mut row) = (String::new(), 0_u64);
    let mut entry = Designation { kind: Some("rule".into()), ..Designation::default() };
    let mut document = None;
    let mut listed = 0_u64;
    let wanted = ["SUBJECT", "ROW", "FRDOC", "SUM", "DATES"];
    let end = walk(text, &["GPOTABLE"], &wanted, &mut |seen| match seen {
        Seen::Open(node) => {
            if document.is_none() {
                document = Some(node.name);
            }
            land.clear();
        }
        Seen::Record(node) => match node.name.as_str() {
            "SUBJECT" if entry.name.is_empty() => entry.name = node.text(),
            "FRDOC" => entry.entity_id = document_number(&node.text()),
            "SUM" => entry.remarks = Some(node.text()),
            "ROW" => {
                row += 1;
                let cells: Vec<String> = node.all("ENT").map(Node::text).collect();
                if cells.iter().filter(|cell| !cell.is_empty()).count() > 2 && cells.len() > 3 {
                    listed += 1;
                    table_row(&format!("row {row}"), &cells, "el", &mut land, ledger);
                } else {
                    carry(&cells, &mut land);
                    ledger.skip(format!("row {row}"), "a row without an entity");
                }
            }
            _ => {}
        },
    });
    ended(end, ledger)?;
    ledger.title = Some(entry.name.clone()).filter(|name| !name.is_empty());
    if listed == 0 {
        entry.countries = destinations(entry.remarks.as_deref().unwrap_or_default());
        entry.kind = document.map(|name| slug(&name, 40)).or(entry.kind);
        let key = entry.name.clone();
        ledger.add("document", entry, &[&key]);
    }
    Ok(())
}

/// A row that names a country only: the rows below are under it.
fn carry(cells: &[String], land: &mut String) {
    if let Some(word) = cells.iter().find(|cell| alpha2(cell).is_some()) {
        word.clone_into(land);
    }
}

fn document_number(text: &str) -> String {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[A-Z]?\d{1,4}-\d{3,6}").expect("a valid pattern"));
    NUMBER.find(text).map(|found| found.as_str().to_owned()).unwrap_or_default()
}

/// Reads a note in Markdown about one rule.
pub(crate) fn note(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let field = |mark: &str| {
        text.lines().find_map(|line| {
            Some(line.trim().strip_prefix(mark)?.trim().trim_matches('"').to_owned())
        })
    };
    let heading = field("# ").or_else(|| field("title:")).unwrap_or_default();
    let number = field("**Document Number:**")
        .or_else(|| field("item_id:").and_then(|id| Some(id.rsplit(':').next()?.to_owned())));
    let Some(number) = number.filter(|number| !number.is_empty()) else {
        return Err(ParseError::OtherKind {
            wanted: WANTED,
            what: "a note without a document number".into(),
        });
    };
    let published = field("**Original Published:**").or_else(|| field("original_published:"));
    let summary = text
        .split_once("\n## Summary")
        .map_or("", |(_, rest)| rest.split("\n## ").next().unwrap_or_default());
    let url = text.lines().find_map(|line| {
        let from = line.find("https://www.federalregister.gov/documents/")?;
        Some(line[from..].split([')', ' ', '>']).next()?.to_owned())
    });
    let words = format!("{heading} {summary}").to_lowercase();
    let kind = if words.contains("rule") || words.contains("amend") {
        "rule"
    } else if words.contains("notice") {
        "notice"
    } else {
        "document"
    };
    ledger.title = Some("Federal Register".into());
    let entry = Designation {
        entity_id: number.clone(),
        name: heading,
        kind: Some(kind.into()),
        countries: destinations(summary),
        listed: published.and_then(|date| {
            full_date(&date, Order::MonthFirst).or_else(|| super::word::long_date(&date))
        }),
        source_url: url,
        remarks: Some(summary.to_owned()),
        ..Designation::default()
    };
    ledger.add("document", entry, &[&number]);
    Ok(())
}

/// Reads a table of documents; one without titles is named by its address.
pub(crate) fn csv(text: &str, ledger: &mut Ledger) -> Result<(), ParseError> {
    let header = |keys: &[String]| keys.iter().any(|key| key == "documentnumber");
    let table = Table::open(text, None, &header).ok_or_else(|| ParseError::Damaged {
        reason: "the table has no column `document_number`".into(),
    })?;
    let number = table.need(&["documentnumber"])?;
    let column = |keys: &[&str]| table.column(keys);
    let (title, kind) = (column(&["title"]), column(&["type"]));
    let (date, effective) =
        (column(&["publicationdate"]), column(&["effectiveon", "effectivedate"]));
    let (url, pdf) = (column(&["htmlurl", "url"]), column(&["pdfurl"]));
    let (citation, summary) = (column(&["citation"]), column(&["abstract"]));
    table.each(ledger, &mut |ledger, row| {
        if row.cell(number).is_empty() {
            return ledger.reject(row.at(), "the document has no number");
        }
        let address = [row.cell(url), row.cell(pdf)].into_iter().find(|url| !url.is_empty());
        let name = match row.cell(title) {
            "" => named_by(address.unwrap_or_default(), row.cell(number)),
            title => title.to_owned(),
        };
        let published = full_date(row.cell(date), Order::MonthFirst);
        let entry = Designation {
            entity_id: row.cell(number).to_owned(),
            name,
            kind: Some(slug(row.cell(kind), 40)).filter(|kind| !kind.is_empty()),
            citations: vec![row.cell(citation).to_owned()],
            listed: full_date(row.cell(effective), Order::MonthFirst).or(published),
            countries: destinations(row.cell(summary)),
            source_url: address.map(Into::into),
            remarks: Some(row.cell(summary).to_owned()),
            ..Designation::default()
        };
        ledger.add(row.at(), entry, &[row.cell(number), row.cell(date)]);
    });
    Ok(())
}

fn named_by(address: &str, number: &str) -> String {
    let last = address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let words = last.split(['?', '#']).next().unwrap_or_default().replace('-', " ");
    if words.contains(' ') && !words.ends_with(".pdf") {
        words
    } else {
        format!("Document {number}")
    }
}
