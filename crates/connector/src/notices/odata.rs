//! OData answers (v2, v3, v4) with the fields of the portal of Bosnia and Herzegovina. Contact
//! persons, whom every notice names, are never read.

use model::{Money, Notice, Party, PartyRole, Stage};
use serde_json::Value;

use super::{Next, NoticeRules, ParsedNotices, json, words};
use crate::ParseError;

/// The country of the portal that writes these fields.
const COUNTRY: &str = "BA";

/// Whether an object with these keys is an OData envelope.
pub(super) fn fits(has: impl Fn(&str) -> bool) -> bool {
    (has("value")
        && (has("@odata.context")
            || has("@odata.count")
            || has("@odata.nextLink")
            || has("odata.metadata")))
        || has("odata.metadata")
        || has("d")
        || has("ContractingAuthorityName")
}

/// Reads one answer.
pub(super) fn read(
    text: &str,
    rules: &NoticeRules,
    address: Option<&str>,
) -> Result<ParsedNotices, ParseError> {
    let documents = json::Documents::new(text)?;
    let mut parsed = ParsedNotices::new("odata");
    let mut found = false;
    for document in documents.split(text) {
        let damaged = |error: serde_json::Error| ParseError::Damaged { reason: error.to_string() };
        let value: Value = serde_json::from_str(document.get()).map_err(damaged)?;
        found |= answer(&value, rules, address, &mut parsed)?;
    }
    if found {
        return Ok(parsed);
    }
    let what = "JSON without OData rows".into();
    Err(ParseError::OtherKind { wanted: "an OData answer", what })
}

fn answer(
    value: &Value,
    rules: &NoticeRules,
    address: Option<&str>,
    parsed: &mut ParsedNotices,
) -> Result<bool, ParseError> {
    let error = json::text(value, "error/message")
        .or_else(|| json::text(value, "error/message/value"))
        .or_else(|| json::text(value, "odata.error/message/value"));
    if let Some(message) = error {
        let what = format!("an error of the server: {}", model::truncated(&message, 300));
        return Err(ParseError::OtherKind { wanted: "an OData answer", what });
    }
    let rows =
        ["value", "d/results", "d"].iter().find_map(|path| json::get(value, path)?.as_array());
    let rows: Vec<&Value> = match (rows, value) {
        (Some(rows), _) => rows.iter().collect(),
        (None, Value::Array(rows)) => rows.iter().collect(),
        (None, Value::Object(_)) if json::get(value, "ContractingAuthorityName").is_some() => {
            vec![value]
        }
        _ => return Ok(false),
    };
    let direct = |key: &str| value.get(key).and_then(json::plain);
    let context = direct("@odata.context").or_else(|| direct("odata.metadata"));
    let set = context.as_deref().and_then(entity_set).or_else(|| set_of_address(address?));
    parsed.title = set.clone();
    let count = direct("@odata.count")
        .or_else(|| direct("odata.count"))
        .or_else(|| json::text(value, "d/__count"));
    parsed.total = count.and_then(|count| count.parse().ok());
    let next = direct("@odata.nextLink")
        .or_else(|| direct("odata.nextLink"))
        .or_else(|| json::text(value, "d/__next"));
    parsed.next = next.map(Next::Address);
    for (at, row) in rows.into_iter().enumerate() {
        let place = format!("row {}", at + 1);
        match notice(row, set.as_deref(), rules) {
            Ok(notice) => parsed.items.push(notice),
            Err(Left::NoNotice) => {
                parsed.skip(place, "it names neither a procedure nor an authority")
            }
            Err(Left::NoId) => parsed.reject(place, "it has no Id"),
        }
    }
    Ok(true)
}

enum Left {
    NoNotice,
    NoId,
}

/// `ProcurementNotices` of `https://…/$metadata#ProcurementNotices(Id,…)`.
fn entity_set(context: &str) -> Option<String> {
    let (_, set) = context.rsplit_once('#')?;
    let end = set.find(['(', '/', '?']).unwrap_or(set.len());
    words::name(&set[..end])
}

/// The entity set that an address names: v2 says it nowhere else.
fn set_of_address(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next()?;
    let set = path.rsplit('/').find(|part| !part.is_empty())?;
    let end = set.find('(').unwrap_or(set.len());
    let plain = set[..end].bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { words::name(&set[..end]) } else { None }
}

/// What an entity set holds, by its name.
fn stage(set: Option<&str>) -> Stage {
    let set = set.unwrap_or_default().to_lowercase();
    match () {
        () if set.contains("termination") || set.contains("cancel") => Stage::Termination,
        () if set.contains("award") => Stage::Award,
        () if set.contains("amendment") || set.contains("modification") => Stage::Modification,
        () if set.contains("correct") || set.contains("corrigend") => Stage::Corrigendum,
        () if set.contains("prior") || set.contains("plan") => Stage::Planning,
        () => Stage::Notice,
    }
}

fn notice(row: &Value, set: Option<&str>, rules: &NoticeRules) -> Result<Notice, Left> {
    let text = |keys: &[&str]| keys.iter().find_map(|key| json::text(row, key));
    let authority = text(&[
        "ContractingAuthorityName",
        "Procedure/ContractingAuthorityName",
        "ContractingAuthority/Name",
    ]);
    let title = text(&["ProcedureName", "Procedure/Name", "Name", "Title"]);
    if authority.is_none() && title.is_none() {
        return Err(Left::NoNotice);
    }
    let id =
        text(&["Id", "NoticeId", "Number"]).as_deref().and_then(words::name).ok_or(Left::NoId)?;
    let mut notice = Notice::new(id, stage(set));
    // A winner and what he gets: an award, whatever its set is called.
    if notice.stage == Stage::Notice
        && text(&["SupplierName", "WinnerName", "ContractValue", "AwardDate"]).is_some()
    {
        notice.stage = Stage::Award;
    }
    notice.procedure_id = text(&["ProcedureId", "Procedure/Id"]).as_deref().and_then(words::name);
    notice.form = set.and_then(words::name);
    notice.title = title.as_deref().and_then(words::title);
    notice.summary = text(&["ShortDescription", "Description", "ProcedureDescription"])
        .as_deref()
        .and_then(words::summary);
    if let Some(name) = authority.as_deref().and_then(words::name) {
        let id = text(&["ContractingAuthorityTaxNumber", "ContractingAuthorityId"]);
        let id = id.as_deref().and_then(words::name);
        let country = Some(rules.country.clone().unwrap_or_else(|| COUNTRY.into()));
        words::party(&mut notice, Party { role: PartyRole::Buyer, name, id, country });
    }
    notice.country = Some(rules.country.clone().unwrap_or_else(|| COUNTRY.into()));
    let time = |keys: &[&str]| text(keys).as_deref().and_then(instant);
    notice.published = time(&["Announced", "PublishedDate", "PublishDate", "AnnouncedDate"]);
    notice.deadline =
        time(&["ApplicationDeadlineDateTime", "ApplicationDeadline", "TenderDeadline"]);
    notice.awarded = time(&["AwardDate", "ContractDate", "DecisionDate"]);
    notice.procedure =
        text(&["ProcedureType", "Procedure/ProcedureType"]).as_deref().and_then(words::name);
    notice.reference =
        text(&["NoticeNumber", "ProcedureNumber", "Number"]).as_deref().and_then(words::name);
    notice.nature = text(&["ContractType", "ContractCategory"]).as_deref().and_then(nature);
    for key in ["CpvCode", "MainCpvCode", "Cpv", "CpvCode/Code"] {
        words::add(&mut notice.cpv, text(&[key]).as_deref().and_then(words::cpv));
    }
    // Expanded: Lots -> LotCpvCodeLinks -> CpvCode.
    let lots = json::list(row, "Lots").into_iter().chain(json::list(row, "Procedure/Lots"));
    for lot in std::iter::once(row).chain(lots) {
        for link in
            json::list(lot, "LotCpvCodeLinks").into_iter().chain(json::list(lot, "CpvCodes"))
        {
            let code = json::text(link, "CpvCode/Code").or_else(|| json::text(link, "Code"));
            words::add(&mut notice.cpv, code.as_deref().and_then(words::cpv));
        }
    }
    for supplier in ["SupplierName", "WinnerName", "Supplier/Name"] {
        if let Some(name) = text(&[supplier]).as_deref().and_then(words::name) {
            words::party(
                &mut notice,
                Party { role: PartyRole::Winner, name, id: None, country: None },
            );
        }
    }
    for supplier in json::list(row, "Suppliers") {
        if let Some(name) = json::text(supplier, "Name").as_deref().and_then(words::name) {
            words::party(
                &mut notice,
                Party { role: PartyRole::Winner, name, id: None, country: None },
            );
        }
    }
    value(&mut notice, row);
    Ok(notice)
}

/// A sum whose currency the row does not name has none: which one the portal means is nowhere said.
fn value(notice: &mut Notice, row: &Value) {
    let sum = |keys: &[&str]| keys.iter().find_map(|key| json::amount(row, key));
    let currency = json::text(row, "Currency").or_else(|| json::text(row, "CurrencyCode"));
    let currency = currency.as_deref().and_then(words::currency);
    let money = |amount: f64| Money { amount, currency: currency.clone() };
    // `Value` alone could be any of them.
    let awarded = sum(&["ContractValue", "AwardValue"])
        .filter(|_| matches!(notice.stage, Stage::Award | Stage::Modification));
    let estimated =
        sum(&["EstimatedValue", "EstimatedValueTotal", "Procedure/EstimatedValue"]).map(money);
    notice.set_value(awarded.map(money), estimated);
}

/// RFC 3339, or the `/Date(1790000000000+0120)/` of v2, whose milliseconds are UTC.
fn instant(text: &str) -> Option<model::Timestamp> {
    match text.strip_prefix("/Date(") {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            model::Timestamp::from_millis(rest[..digits].parse().ok()?).ok()
        }
        None => words::instant(text),
    }
}

fn nature(word: &str) -> Option<String> {
    let known = match word.to_lowercase().as_str() {
        "goods" | "robe" | "supplies" => "goods",
        "services" | "usluge" => "services",
        "works" | "radovi" => "works",
        _ => return None,
    };
    Some(known.to_owned())
}
