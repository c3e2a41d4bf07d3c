//! Which format a text is in, by the text.

use super::source::rows::{cells_of, column_key, sniff, whole_line};
use super::source::{Text, html, json, xml};
use super::{EntityRules, Format, WANTED, bis, open, tables};
use crate::ParseError;

/// Lines of a table in which a header is looked for.
const HEADER_LINES: usize = 12;

/// Columns of the UK Sanctions List that no other list has.
const UK: [&str; 8] = [
    "uniqueid",
    "ofsigroupid",
    "name6",
    "name1",
    "nametype",
    "regimename",
    "designationsource",
    "sanctionsimposed",
];

/// Columns of the Consolidated Screening List, of any year.
pub(crate) const CSL: [&str; 20] = [
    "source",
    "entitynumber",
    "type",
    "programs",
    "name",
    "title",
    "addresses",
    "federalregisternotice",
    "startdate",
    "enddate",
    "standardorder",
    "licenserequirement",
    "licensepolicy",
    "callsign",
    "vesseltype",
    "vesselflag",
    "sourcelisturl",
    "altnames",
    "sourceinformationurl",
    "grosstonnage",
];

pub(crate) fn format(file: &Text<'_>, rules: &EntityRules) -> Result<Format, ParseError> {
    let text = file.text.trim_start_matches('\u{FEFF}').trim_start();
    let found = match text.bytes().next() {
        None => return Err(ParseError::Empty),
        Some(b'<') if html::is_page(text) => return page(text),
        Some(b'<') => markup(text),
        Some(b'{' | b'[') => document(text, rules),
        Some(_) => None,
    };
    found.or_else(|| note(text)).or_else(|| table(text, rules)).ok_or_else(|| {
        let what = match text.bytes().next() {
            Some(b'<') => match xml::root_name(text) {
                Some(root) => format!("an XML document of `{root}`"),
                None => "a damaged XML document".into(),
            },
            Some(b'{' | b'[') => "JSON without entries that are known".into(),
            _ => "a text without a header that is known".into(),
        };
        ParseError::OtherKind { wanted: WANTED, what }
    })
}

fn page(text: &str) -> Result<Format, ParseError> {
    let page = html::page(text);
    if tables::is_covered_list(&page) {
        return Ok(Format::FccCovered);
    }
    let listed = page.tables.iter().any(|table| tables::entity_columns(table).is_some());
    if listed {
        return Ok(Format::HtmlTable);
    }
    let what = if page.title.is_empty() {
        "an HTML page".to_owned()
    } else {
        format!("an HTML page: {}", model::truncated(&page.title, 80))
    };
    Err(ParseError::OtherKind { wanted: WANTED, what })
}

fn markup(text: &str) -> Option<Format> {
    let root = xml::root_name(text)?;
    let head: &str = &text[..text.floor_char_boundary(64 * 1_024)];
    Some(match root.as_str() {
        "sdnList" => Format::OfacXml,
        // The advanced files; `SanctionsData` is what some copies call the root.
        "Sanctions" => Format::OfacAdvancedXml,
        "SanctionsData" if head.contains("ReferenceValueSets") => Format::OfacAdvancedXml,
        "sanctionsData" | "SanctionsData" | "sanctionsDelta" => Format::OfacDeltaXml,
        "export" => Format::EuFsfXml,
        "rss" => Format::EuFsfRss,
        "Designations" => Format::UkXml,
        "ArrayOfFinancialSanctionsTarget" => Format::OfsiXml,
        "CONSOLIDATED_LIST" => Format::UnXml,
        "swiss-sanctions-list" => Format::SecoXml,
        "RULE" | "NOTICE" | "PRORULE" | "FEDREG" | "PRESDOCU" => Format::FederalRegisterXml,
        "ECFR" | "DLPSTEXTCLASS" | "DIV1" | "DIV2" | "DIV3" | "DIV4" | "DIV5" | "DIV6" | "DIV7"
        | "DIV8" | "DIV9" => Format::EcfrXml,
        _ => return None,
    })
}

fn document(text: &str, rules: &EntityRules) -> Option<Format> {
    if rules.array.is_some() || rules.columns.is_some() {
        return Some(Format::JsonEntities);
    }
    let outline = json::outline(text);
    let has = |key| outline.has(key);
    if has("op") && has("entity") {
        return Some(Format::OpenSanctionsDelta);
    }
    if has("schema") && has("properties") && has("id") {
        return Some(Format::OpenSanctionsFtm);
    }
    if has("RECORD_ID") && (has("DATA_SOURCE") || has("NAMES") || has("FEATURES")) {
        return Some(Format::SenzingJson);
    }
    if outline.lines {
        return None;
    }
    if has("content_versions") {
        return Some(Format::EcfrVersionsJson);
    }
    if outline.element_has("", "publicationID") || outline.element_has("", "publicationId") {
        return Some(Format::OfacHistoryJson);
    }
    if has("document_number") || has_documents(&outline) {
        return Some(Format::FederalRegisterJson);
    }
    if ["results", ""].iter().any(|array| {
        outline.element_has(array, "source")
            && (outline.element_has(array, "name") || outline.element_has(array, "alt_names"))
    }) {
        return Some(Format::CslJson);
    }
    if outline.arrays.contains_key("datasets") && !has("entities")
        || (has("resources") && (has("version") || has("entity_count")))
    {
        return Some(Format::OpenSanctionsIndex);
    }
    if has("versions") && !has("results") {
        return Some(Format::OpenSanctionsDeltaIndex);
    }
    let array = tables::entity_array(&outline)?;
    let ftm = outline.element_has(&array, "schema") && outline.element_has(&array, "properties");
    Some(if ftm && array.is_empty() { Format::OpenSanctionsFtm } else { Format::JsonEntities })
}

fn has_documents(outline: &json::Outline) -> bool {
    let search = outline.has("total_pages") || outline.has("next_page_url");
    outline.arrays.keys().any(|array| outline.element_has(array, "document_number"))
        || (search && outline.has("results"))
        || (outline.has("count") && outline.has("description") && !outline.has("entities"))
}

/// A note with a block of keys above it, as sites of static pages keep them.
fn note(text: &str) -> Option<Format> {
    let head: String = text.chars().take(4_000).collect();
    let register = head.contains("Federal Register") || head.contains("federal_register");
    let number = head.contains("Document Number") || head.contains("item_id:");
    (register && number && (head.starts_with("---") || head.starts_with('#')))
        .then_some(Format::FederalRegisterNote)
}

fn table(text: &str, rules: &EntityRules) -> Option<Format> {
    let (mut from, mut lines) = (0, 0);
    while lines < HEADER_LINES as u64 && from < text.len() {
        let (line, count) = whole_line(&text[from..]);
        from += line.len();
        lines += count;
        let delimiter = rules.delimiter.unwrap_or_else(|| sniff(line));
        let keys: Vec<String> =
            cells_of(line, delimiter).iter().map(|cell| column_key(cell)).collect();
        let has = |key: &str| keys.iter().any(|known| known == key);
        if rules.columns.as_ref().is_some_and(|columns| columns.fit(&keys)) {
            return Some(Format::Table);
        }
        let format = if has("entitylogicalid") {
            Format::EuFsfCsv
        } else if UK.iter().filter(|key| has(key)).count() >= 5 {
            // Also with one renamed or lost: then the reader says which.
            Format::UkCsv
        } else if has("name6") && (has("groupid") || has("grouptype")) {
            Format::OfsiCsv
        } else if has("sourcelist") && has("name") && has("alternatename") {
            Format::CslRows
        } else if CSL.iter().filter(|key| has(key)).count() >= 10 {
            // Also with a column renamed or lost: then the reader says which.
            Format::CslCsv
        } else if bis::DENIED.iter().filter(|keys| keys.iter().any(|key| has(key))).count() >= 5 {
            Format::BisDpl
        } else if has("id") && has("schema") && has("name") && has("aliases")
            || open::SIMPLE.iter().filter(|key| has(key)).count() >= 7
        {
            Format::OpenSanctionsCsv
        } else if has("recordid") && has("annex") && has("name") {
            Format::EuAnnexCsv
        } else if has("coveredequipmentorservices") {
            Format::FccCovered
        } else if has("documentnumber") && (has("publicationdate") || has("htmlurl")) {
            Format::FederalRegisterCsv
        } else if tables::is_entity_header(&keys) {
            Format::Table
        } else {
            continue;
        };
        return Some(format);
    }
    super::ofac::csv::kind_of(text).map(|_| Format::OfacCsv)
}
