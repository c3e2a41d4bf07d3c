//! Procurement notices: from the bytes that portals publish to [`model::Notice`]. Contact persons
//! stand in nearly every notice; they are personal data, and no reader looks at them.

mod check;
mod country;
mod detect;
mod eforms;
mod format;
mod grid;
mod json;
mod lang;
mod ocds;
mod odata;
mod page;
mod parsed;
mod request;
mod rules;
mod sheet;
mod ted_export;
mod ted_search;
mod winners;
mod words;
mod worldbank;
mod xml;

pub use self::check::{Asked, check_answer, follow};
pub use self::format::NoticeFormat;
pub use self::page::PageRules;
pub use self::parsed::{Next, ParsedNotices, Skipped};
pub use self::request::{NoRequest, NoticeRequest, Window, request};
pub use self::rules::NoticeRules;
pub use self::sheet::parse_rows;

use crate::charset::decode_lazily;
use crate::{Document, ParseError};

/// Bytes of a document of markup: one notice, of which the largest known has 1.7 MB.
const MARKUP_BYTES: usize = 16 << 20;

/// Reads one document of notices, in the format that the rules or the bytes say. The same bytes
/// always give the same result.
///
/// # Errors
/// Only when nothing in the document can be used. [`ParseError::Workbook`] asks for the rows of a
/// workbook, see [`parse_rows`].
pub fn parse_notices(
    rules: &NoticeRules,
    document: &Document<'_>,
) -> Result<ParsedNotices, ParseError> {
    if document.bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseError::Empty);
    }
    let is_workbook = match rules.format {
        Some(format) => format == NoticeFormat::Workbook,
        None => detect::is_workbook(document.bytes),
    };
    if is_workbook {
        return Err(ParseError::Workbook);
    }
    let (text, _, _, replaced) = decode_lazily(document.bytes, document.content_type);
    let text = text.trim_start_matches('\u{FEFF}');
    let format = match (rules.format, &rules.page) {
        (Some(format), _) => format,
        (None, Some(_)) => NoticeFormat::Html,
        (None, None) => detect::detect(text)?,
    };
    let markup = matches!(format, NoticeFormat::EForms | NoticeFormat::TedExport);
    if markup && text.len() > MARKUP_BYTES {
        let reason = format!("a notice is larger than {} MiB", MARKUP_BYTES >> 20);
        return Err(ParseError::Damaged { reason });
    }
    let mut parsed = match format {
        NoticeFormat::EForms => eforms::read(text, document),
        NoticeFormat::TedExport => ted_export::read(text, document),
        NoticeFormat::Ocds => ocds::read(text, rules),
        NoticeFormat::TedSearch => ted_search::read(text),
        NoticeFormat::WorldBank => worldbank::read(text),
        NoticeFormat::OData => odata::read(text, rules, document.base_url),
        NoticeFormat::Grid => grid::read(text, rules),
        NoticeFormat::Workbook => Err(ParseError::Workbook),
        NoticeFormat::Html => match &rules.page {
            Some(page) => page::read(text, rules, page, document),
            None => Err(ParseError::OtherKind {
                wanted: "a page that can be read without selectors",
                what: "an HTML page: say where its notices stand".into(),
            }),
        },
    }?;
    if replaced > 0 {
        parsed.problem("document", format!("{replaced} characters could not be decoded"));
    }
    cut_lists(&mut parsed);
    Ok(parsed)
}

/// Says where a list of a notice was cut at its limit.
fn cut_lists(parsed: &mut ParsedNotices) {
    let full: Vec<String> = parsed
        .items
        .iter()
        .filter(|notice| {
            let lists = [
                notice.suppliers.len(),
                notice.cpv.len(),
                notice.lots.len(),
                notice.parties.len(),
                notice.documents.len(),
            ];
            lists.into_iter().any(|length| length >= words::LIST)
        })
        .map(|notice| notice.notice_id.clone())
        .collect();
    for id in full {
        parsed.problem(id, format!("lists of more than {} are cut", words::LIST));
    }
}
