//! From files to a ledger: text, format, reader.

pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod rows;
pub(crate) mod xml;

use std::borrow::Cow;

use super::ledger::Ledger;
use super::word::slug;
use super::{EntityRules, Format, Named, ParsedList, WANTED, detect};
use super::{bis, eu, federal, ofac, open, screening, swiss, tables, uk, un};
use crate::charset::{DecidedBy, decode_lazily};
use crate::{Document, ParseError};

/// One file as text.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: Cow<'a, str>,
}

pub(crate) fn read(
    rules: &EntityRules,
    files: &[Named<Document<'_>>],
) -> Result<ParsedList, ParseError> {
    let mut known: Vec<(Format, Text<'_>)> = Vec::new();
    let mut unknown: Vec<(&str, ParseError)> = Vec::new();
    for file in files {
        let (decoded, guessed) = decoded(&file.value);
        let text = Text { name: &file.name, text: decoded };
        match rules
            .format
            .map_or_else(|| detect::format(&text, rules), |forced| fits(forced, &text))
        {
            Ok(format) if guessed && format.is_american() => {
                let text = encoding_rs::WINDOWS_1252.decode(file.value.bytes).0;
                known.push((format, Text { name: &file.name, text }));
            }
            Ok(format) => known.push((format, text)),
            Err(error) => unknown.push((&file.name, error)),
        }
    }
    let Some(format) = known.first().map(|(format, _)| *format) else {
        let error = unknown.into_iter().next().map(|(_, error)| error);
        return Err(error.unwrap_or(ParseError::Empty));
    };
    let mut ledger: Option<Ledger> = None;
    // The files of one OFAC set are one list; every other file stands for itself.
    let (set, single): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|(format, _)| *format == Format::OfacCsv);
    let set: Vec<Text<'_>> = set.into_iter().map(|(_, text)| text).collect();
    let mut readings = Vec::new();
    if !set.is_empty() {
        let name = set.iter().map(|text| text.name).collect::<Vec<_>>().join(" + ");
        let mut ledger = Ledger::new(&list_id(rules, Format::OfacCsv, &name));
        readings.push((name, ofac::csv::read(&set, &mut ledger).map(|()| ledger)));
    }
    for (format, text) in single {
        let mut ledger = Ledger::new(&list_id(rules, format, text.name));
        let result = one(rules, format, &text, &mut ledger).map(|()| ledger);
        readings.push((text.name.to_owned(), result));
    }
    let many = readings.len() + unknown.len() > 1;
    let mut first_error = None;
    for (name, reading) in readings {
        match (reading, ledger.as_mut()) {
            (Ok(read), Some(ledger)) => ledger.append(&name, read),
            (Ok(read), None) if many => {
                let mut books = Ledger::new(&read.list);
                books.append(&name, read);
                ledger = Some(books);
            }
            (Ok(read), None) => ledger = Some(read),
            (Err(error), _) if first_error.is_none() => first_error = Some((name, error)),
            (Err(error), _) => unknown.push(("a file", error)),
        }
    }
    let Some(mut ledger) = ledger else {
        return Err(first_error.map_or(ParseError::Empty, |(_, error)| error));
    };
    if let Some((name, error)) = first_error {
        ledger.cut(name, error.to_string());
    }
    for (name, error) in unknown {
        ledger.problem(name, format!("left out: {error}"));
    }
    if ledger.is_empty() && !ledger.is_complete() {
        let reason = ledger.first_problem().unwrap_or_default();
        return Err(ParseError::Damaged { reason });
    }
    if ledger.is_empty() && ledger.records() == 0 && !format.announces() && !ledger.delta {
        ledger.problem("document", "the list has no entries");
    }
    let mut list = ledger.close(format);
    if format.has_treasury_numbers() {
        for item in list.items.iter_mut().filter(|item| is_number(&item.entity_id)) {
            item.origin = Some(format!("us-treasury/{}", item.entity_id));
        }
    }
    Ok(list)
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// The id of the list: what the operator says, else that of the format; OFAC's two lists are
/// written alike and told apart by the file's name.
fn list_id(rules: &EntityRules, format: Format, name: &str) -> String {
    if let Some(list) = &rules.list {
        return list.clone();
    }
    let list = format.default_list();
    let name = name.to_lowercase();
    match list {
        "us-ofac" if name.contains("cons") => "us-ofac-cons".into(),
        "us-ofac" if name.contains("sdn") => "us-ofac-sdn".into(),
        // A table of whomever: its file is all that names it.
        "entities" => {
            let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
            Some(slug(stem, 60)).filter(|id| !id.is_empty()).unwrap_or_else(|| list.into())
        }
        _ => list.into(),
    }
}

/// A format that the operator forces still must not read a page of HTML as a table.
fn fits(format: Format, text: &Text<'_>) -> Result<Format, ParseError> {
    if text.text.trim().is_empty() {
        // A version without changes is an empty file; a list without a byte is none.
        let change = matches!(format, Format::OpenSanctionsDelta);
        return if change { Ok(format) } else { Err(ParseError::Empty) };
    }
    let page = html::is_page(&text.text);
    if page && !matches!(format, Format::HtmlTable | Format::FccCovered) {
        return Err(ParseError::OtherKind { wanted: WANTED, what: "an HTML page".into() });
    }
    Ok(format)
}

fn one(
    rules: &EntityRules,
    format: Format,
    text: &Text<'_>,
    ledger: &mut Ledger,
) -> Result<(), ParseError> {
    let words = text.text.as_ref();
    match format {
        Format::CslJson => screening::json(words, ledger),
        Format::CslCsv => screening::csv(words, ledger),
        Format::CslRows => screening::rows(words, ledger),
        Format::OfacCsv => ofac::csv::read(std::slice::from_ref(text), ledger),
        Format::OfacXml => ofac::xml::read(words, ledger),
        Format::OfacAdvancedXml => ofac::advanced::read(words, ledger),
        Format::OfacDeltaXml => ofac::delta::read(words, ledger),
        Format::OfacHistoryJson => ofac::delta::history(words, ledger),
        Format::BisDpl => bis::denied(words, ledger),
        Format::EcfrXml => bis::ecfr::read(words, ledger),
        Format::EcfrVersionsJson => bis::ecfr::versions(words, ledger),
        Format::JsonEntities => tables::json(rules, words, ledger),
        Format::Table => tables::table(rules, words, ledger),
        Format::FederalRegisterJson => federal::json(words, ledger),
        Format::FederalRegisterXml => federal::xml(words, ledger),
        Format::FederalRegisterNote => federal::note(words, ledger),
        Format::FederalRegisterCsv => federal::csv(words, ledger),
        Format::HtmlTable => tables::html(words, ledger),
        Format::FccCovered => tables::covered(words, ledger),
        Format::EuFsfXml => eu::xml(words, ledger),
        Format::EuFsfCsv => eu::csv(words, ledger),
        Format::EuFsfRss => eu::rss(words, ledger),
        Format::EuAnnexCsv => eu::annexes(words, ledger),
        Format::UkXml => uk::xml(words, ledger),
        Format::UkCsv => uk::csv(words, ledger),
        Format::OfsiCsv => uk::ofsi_csv(words, ledger),
        Format::OfsiXml => uk::ofsi_xml(words, ledger),
        Format::UnXml => un::read(words, ledger),
        Format::SecoXml => swiss::read(words, ledger),
        Format::OpenSanctionsCsv => open::simple(words, ledger),
        Format::OpenSanctionsFtm => open::ftm(words, ledger),
        Format::OpenSanctionsDelta => open::delta(words, ledger),
        Format::OpenSanctionsIndex => open::index(words, ledger),
        Format::OpenSanctionsDeltaIndex => open::delta_index(words, ledger),
        Format::SenzingJson => open::senzing(words, ledger),
    }
}

/// The text of a file. Lists in UTF-8 with some stray bytes of Windows-1252 are met (copies of
/// the UN's): where most of what is not ASCII is UTF-8, the rest is read as that.
/// Says whether the encoding is a guess among those of Latin letters.
fn decoded<'a>(document: &Document<'a>) -> (Cow<'a, str>, bool) {
    let bytes = document.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(document.bytes);
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return (decode_lazily(document.bytes, document.content_type).0, false);
    }
    if !bytes.contains(&0) {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return (Cow::Borrowed(text), false);
        }
        let (mut well, mut ill) = (0_usize, 0_usize);
        for chunk in bytes.utf8_chunks() {
            well += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
            ill += chunk.invalid().len();
        }
        if well > ill {
            let mut text = String::with_capacity(bytes.len() + ill * 2);
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.push_str(&encoding_rs::WINDOWS_1252.decode(chunk.invalid()).0);
            }
            return (Cow::Owned(text), false);
        }
    }
    let (text, name, by, _) = decode_lazily(document.bytes, document.content_type);
    let latin = LATIN.contains(&name) && !document.bytes.contains(&0);
    (text, by == DecidedBy::Detection && latin)
}

/// What a few letters with marks can be taken for.
const LATIN: [&str; 8] = [
    "windows-1250",
    "windows-1252",
    "windows-1254",
    "windows-1257",
    "windows-1258",
    "ISO-8859-2",
    "ISO-8859-4",
    "ISO-8859-13",
];

/// A fault of a reader: an end in the middle is entered in the books, what was read stays usable
/// for people; hostile depth is an error.
pub(crate) fn ended(end: Result<(), xml::Fault>, ledger: &mut Ledger) -> Result<(), ParseError> {
    match end {
        Ok(()) => Ok(()),
        Err(fault) if fault.too_deep => Err(ParseError::Damaged { reason: fault.reason }),
        Err(fault) => {
            ledger.cut(fault.at, fault.reason);
            Ok(())
        }
    }
}
