//! Answers of the World Bank's `procnotices`. There is no CPV code in them, and the winner
//! of an award with his price stands only in its text.

use model::{Notice, Party, PartyRole, Stage, Timestamp};
use serde_json::Value;

use super::{Next, ParsedNotices, country, json, lang, winners, words};
use crate::ParseError;
use crate::feed::text::{Markup, block, unescaped};

/// Whether an object with these keys is an answer.
pub(super) fn fits(has: impl Fn(&str) -> bool) -> bool {
    has("procnotices") || (has("bid_description") && has("notice_type"))
}

/// Reads one answer.
pub(super) fn read(text: &str) -> Result<ParsedNotices, ParseError> {
    let documents = json::Documents::new(text)?;
    let mut parsed = ParsedNotices::new("worldbank");
    let mut found = false;
    for document in documents.split(text) {
        let damaged = |error: serde_json::Error| ParseError::Damaged { reason: error.to_string() };
        let value: Value = serde_json::from_str(document.get()).map_err(damaged)?;
        found |= answer(&value, &mut parsed);
    }
    if found {
        return Ok(parsed);
    }
    let what = "JSON without procnotices".into();
    Err(ParseError::OtherKind { wanted: "an answer of the World Bank", what })
}

fn answer(value: &Value, parsed: &mut ParsedNotices) -> bool {
    // A list in 2026, an object keyed by id before.
    let notices: Vec<&Value> = match json::get(value, "procnotices") {
        Some(Value::Array(notices)) => notices.iter().collect(),
        Some(Value::Object(notices)) => notices.values().collect(),
        Some(_) => return false,
        None if value.is_array() => json_array(value),
        None if value.as_object().is_some_and(|keys| fits(|key| keys.contains_key(key))) => {
            vec![value]
        }
        None => return false,
    };
    let count = |key: &str| json::text(value, key).and_then(|text| text.parse::<u64>().ok());
    parsed.total = count("total").or(parsed.total);
    for raw in &notices {
        let place = format!("notice {}", parsed.items.len() + parsed.rejected as usize + 1);
        match notice(raw) {
            Some(notice) => parsed.items.push(notice),
            None => parsed.reject(place, "it has no id"),
        }
    }
    if let (Some(total), Some(offset)) = (parsed.total, count("os")) {
        let next = offset.saturating_add(notices.len() as u64);
        parsed.next = (!notices.is_empty() && next < total).then_some(Next::Offset(next));
    }
    true
}

fn json_array(value: &Value) -> Vec<&Value> {
    value.as_array().map(|members| members.iter().collect()).unwrap_or_default()
}

fn notice(raw: &Value) -> Option<Notice> {
    let text = |key: &str| json::text(raw, key);
    let id = text("id").as_deref().and_then(words::name)?;
    let kind = text("notice_type");
    let mut notice = Notice::new(id, stage(kind.as_deref(), text("notice_status").as_deref()));
    notice.form = kind.as_deref().and_then(words::name);
    // A project has many procurements, each with a number of its own that its notices share.
    let reference = text("bid_reference_no").as_deref().and_then(words::name);
    let project = text("project_id").as_deref().and_then(words::name);
    notice.procedure_id = match (&project, &reference) {
        (Some(project), Some(reference)) => Some(format!("{project}/{reference}")),
        _ => None,
    };
    notice.reference = reference;
    notice.title = text("bid_description").as_deref().and_then(words::title);
    notice.title = notice.title.take().or_else(|| words::title(&text("project_name")?));
    let body = json::get(raw, "notice_text").and_then(Value::as_str);
    // References are encoded twice in some notices.
    let body = body.map(|body| block(body, Markup::Html)).map(|text| unescaped(&text));
    if let Some(text) = body.as_deref().filter(|_| notice.stage == Stage::Award) {
        winners::read(&mut notice, text);
    }
    notice.summary = body.and_then(|text| words::summary(&text));
    notice.lang = text("notice_lang_name").as_deref().and_then(lang::bcp47);
    let state = text("project_ctry_name").as_deref().and_then(country::alpha2);
    notice.country = state.or_else(|| country::alpha2(&text("contact_ctry_name")?));
    if let Some(name) = text("contact_organization").as_deref().and_then(words::name) {
        let country = text("contact_ctry_name").as_deref().and_then(country::alpha2);
        words::party(&mut notice, Party { role: PartyRole::Buyer, name, id: None, country });
    }
    notice.published = text("noticedate").as_deref().and_then(words::day);
    notice.dispatched = text("submission_date").as_deref().and_then(words::instant);
    notice.deadline = deadline(raw, notice.country.as_deref());
    notice.nature = match text("procurement_group").as_deref() {
        Some("GO") => Some("goods".into()),
        Some("CW") => Some("works".into()),
        Some("CS" | "NC") => Some("services".into()),
        _ => None,
    };
    notice.procedure = text("procurement_method_name").as_deref().and_then(words::name);
    notice.url = words::web(&format!(
        "https://projects.worldbank.org/en/projects-operations/procurement-detail/{}",
        notice.notice_id
    ));
    Some(notice)
}

/// The Bank's notice types (Procurement Regulations, annex II).
fn stage(kind: Option<&str>, status: Option<&str>) -> Stage {
    if status.is_some_and(|status| status.to_lowercase().starts_with("cancel")) {
        return Stage::Termination;
    }
    let kind = kind.unwrap_or_default().to_lowercase();
    match () {
        () if kind.contains("award") => Stage::Award,
        () if kind.contains("general procurement") || kind.contains("procurement plan") => {
            Stage::Planning
        }
        () if kind.contains("amendment") || kind.contains("corrigendum") => Stage::Corrigendum,
        () if kind.contains("cancel") => Stage::Termination,
        () => Stage::Notice,
    }
}

/// A day as an instant at midnight, and a time of day on the country's clock.
fn deadline(raw: &Value, country: Option<&str>) -> Option<Timestamp> {
    let day = json::text(raw, "submission_deadline_date")?;
    let midnight = words::day(&day)?;
    let time = json::text(raw, "submission_deadline_time");
    let time = time.filter(|time| time.contains(':')).and_then(|time| {
        let date = midnight.to_string();
        words::instant(&format!("{}T{time:0>5}", date.get(..10)?))
    });
    Some(time.map_or(midnight, |shown| country::local_time(shown, country)))
}
