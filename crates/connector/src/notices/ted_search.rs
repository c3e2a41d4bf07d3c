//! Answers of the TED search API v3: field arrays per notice, languages as keys, numbers as text.

use model::{Money, Notice, Party, PartyRole, Stage, Timestamp, ValueKind};
use serde_json::Value;

use super::{Next, ParsedNotices, country, eforms, json, lang, words};
use crate::ParseError;

/// Most notices of one answer: a page has at most 250.
const NOTICES: usize = 50_000;

/// Whether an object with these keys is an answer or a notice of this API.
pub(super) fn fits(has: impl Fn(&str) -> bool) -> bool {
    has("notices") || has("publication-number") || has("notice-identifier")
}

/// Reads an answer, its bare array, or notices one after the other.
pub(super) fn read(text: &str) -> Result<ParsedNotices, ParseError> {
    let documents = json::Documents::new(text)?;
    let mut parsed = ParsedNotices::new("ted-search");
    let mut found = false;
    for document in documents.split(text) {
        let damaged = |error: serde_json::Error| ParseError::Damaged { reason: error.to_string() };
        let value: Value = serde_json::from_str(document.get()).map_err(damaged)?;
        found |= answer(&value, &mut parsed)?;
    }
    if found {
        return Ok(parsed);
    }
    let what = "JSON without notices".into();
    Err(ParseError::OtherKind { wanted: "an answer of the TED search", what })
}

fn answer(value: &Value, parsed: &mut ParsedNotices) -> Result<bool, ParseError> {
    let notices = match value {
        Value::Array(notices) => notices.as_slice(),
        Value::Object(fields) => match fields.get("notices") {
            Some(Value::Array(notices)) => {
                envelope(value, notices.is_empty(), parsed);
                notices
            }
            _ if fits(|key| fields.contains_key(key)) => std::slice::from_ref(value),
            _ => {
                // A rejected query comes back as `{"message": …, "error": {"type": …}}`.
                let Some(message) = json::text(value, "message") else { return Ok(false) };
                let what = format!("an error of the server: {}", model::truncated(&message, 300));
                return Err(ParseError::OtherKind { wanted: "an answer of the TED search", what });
            }
        },
        _ => return Ok(false),
    };
    for (at, raw) in notices.iter().enumerate() {
        let place = format!("notice {}", parsed.items.len() + parsed.rejected as usize + 1);
        match notice(raw) {
            _ if at >= NOTICES => {
                parsed.skip(place, format!("more than {NOTICES} notices in one answer"))
            }
            Some(notice) => parsed.items.push(notice),
            None => parsed.reject(place, "it has neither a publication number nor an identifier"),
        }
    }
    Ok(true)
}

fn envelope(value: &Value, empty: bool, parsed: &mut ParsedNotices) {
    parsed.total = json::get(value, "totalNoticeCount").and_then(Value::as_u64);
    // Tokens have been seen after the end: an empty page is the end.
    let token = json::text(value, "iterationNextToken").filter(|_| !empty);
    parsed.next = token.map(Next::Token);
    if json::get(value, "timedOut").and_then(Value::as_bool) == Some(true) {
        parsed.problem("answer", "the server gave up before it had found everything: ask again");
    }
}

fn notice(raw: &Value) -> Option<Notice> {
    let one = |key: &str| json::list(raw, key).into_iter().find_map(json::plain);
    let number = one("publication-number");
    let uuid = one("notice-identifier");
    let version = one("notice-version");
    let id = words::name(number.as_deref().or(uuid.as_deref())?)?;
    let mut notice = Notice::new(id, stage(raw));
    if number.is_some() {
        words::add(&mut notice.aliases, uuid.clone());
    }
    if let (Some(uuid), Some(version)) = (&uuid, &version) {
        words::add(&mut notice.aliases, Some(format!("{uuid}-{version:0>2}")));
    }
    notice.version = version;
    notice.procedure_id = one("procedure-identifier").as_deref().and_then(words::name);
    let kinds: Vec<_> = ["notice-type", "notice-subtype"].into_iter().filter_map(one).collect();
    notice.form = words::name(&kinds.join("/"));
    notice.published = one("publication-date").as_deref().and_then(words::day);
    notice.dispatched = one("dispatch-date").as_deref().and_then(words::day);
    notice.deadline = deadline(raw);
    notice.url = page(raw, number.as_deref());
    describe(&mut notice, raw);
    for key in [
        "main-classification-proc",
        "main-classification-lot",
        "classification-cpv",
        "additional-classification-proc",
        "additional-classification-lot",
    ] {
        for code in json::list(raw, key) {
            words::add(&mut notice.cpv, json::plain(code).as_deref().and_then(words::cpv));
        }
    }
    parties(&mut notice, raw);
    value(&mut notice, raw);
    for key in
        ["change-notice-version-identifier", "previous-notice-id-proc", "previous-notice-id-lot"]
    {
        for earlier in json::list(raw, key) {
            words::add(&mut notice.previous, json::plain(earlier).as_deref().and_then(words::name));
        }
    }
    for code in json::list(raw, "change-reason-code") {
        words::add(&mut notice.changes, json::plain(code).as_deref().and_then(words::name));
    }
    if let Some((_, reasons)) = spoken(raw, "change-reason-description") {
        for reason in reasons {
            words::add(&mut notice.changes, words::title(&reason));
        }
    }
    Some(notice)
}

fn stage(raw: &Value) -> Stage {
    let one = |key: &str| json::list(raw, key).into_iter().find_map(json::plain);
    let changes = json::get(raw, "change-notice-version-identifier").is_some();
    let form = one("form-type");
    if changes || form.as_deref() == Some("change") {
        let reasons = json::list(raw, "change-reason-code");
        let cancelled = reasons.into_iter().any(|code| code.as_str() == Some("cancel"));
        return if cancelled { Stage::Termination } else { Stage::Corrigendum };
    }
    let subtype = one("notice-subtype");
    eforms::stage_of(subtype.as_deref(), form.as_deref()).unwrap_or(Stage::Notice)
}

/// A field with languages as keys, as texts: in English where there is any, else in the language
/// that has the most. Values are texts or lists of texts.
fn spoken(raw: &Value, key: &str) -> Option<(Option<String>, Vec<String>)> {
    let texts = |value: &Value| -> Vec<String> {
        let all = match value {
            Value::Array(members) => members.iter().filter_map(json::plain).collect(),
            single => json::plain(single).into_iter().collect::<Vec<_>>(),
        };
        all.into_iter().filter(|text| !text.is_empty()).collect()
    };
    match json::get(raw, key)? {
        Value::Object(languages) => {
            let english =
                languages.get_key_value("eng").filter(|(_, value)| !texts(value).is_empty());
            let most = || {
                let all = languages.iter().filter(|(_, value)| !texts(value).is_empty());
                all.rev().max_by_key(|(_, value)| texts(value).len())
            };
            let (language, value) = english.or_else(most)?;
            Some((lang::bcp47(language), texts(value)))
        }
        value => Some((None, texts(value))),
    }
}

fn describe(notice: &mut Notice, raw: &Value) {
    for key in ["title-proc", "title-lot", "notice-title"] {
        let Some((language, texts)) = spoken(raw, key) else { continue };
        if let Some(title) = texts.first().and_then(|text| words::title(text)) {
            (notice.title, notice.lang) = (Some(title), language);
            break;
        }
    }
    for key in ["description-proc", "description-lot"] {
        let Some((_, texts)) = spoken(raw, key) else { continue };
        notice.summary = notice.summary.take().or_else(|| words::summary(texts.first()?));
    }
    let one = |key: &str| json::list(raw, key).into_iter().find_map(json::plain);
    notice.reference = one("internal-identifier-proc").as_deref().and_then(words::name);
    notice.procedure = one("procedure-type").as_deref().and_then(words::name);
    notice.nature = match one("contract-nature").as_deref() {
        Some("supplies") => Some("goods".into()),
        Some(nature @ ("services" | "works")) => Some(nature.into()),
        _ => None,
    };
    for place in json::list(raw, "place-of-performance") {
        words::add(&mut notice.places, json::plain(place).as_deref().and_then(words::name));
    }
    for address in json::list(raw, "document-url-lot") {
        words::add(&mut notice.documents, json::plain(address).as_deref().and_then(words::web));
    }
}

/// Lists of names, numbers and countries are not parallel: a number belongs to a name only where
/// there is one of each.
fn parties(notice: &mut Notice, raw: &Value) {
    let countries = |key: &str| -> Vec<String> {
        let mut found = Vec::new();
        for code in json::list(raw, key) {
            words::add(&mut found, json::plain(code).as_deref().and_then(country::alpha2));
        }
        found
    };
    let kinds = [
        (PartyRole::Buyer, "buyer-name", "buyer-identifier", "buyer-country"),
        (PartyRole::Winner, "winner-name", "winner-identifier", "winner-country"),
    ];
    for (role, names, numbers, states) in kinds {
        let names = spoken(raw, names).map(|(_, names)| names).unwrap_or_default();
        let numbers = json::list(raw, numbers);
        let states = countries(states);
        if role == PartyRole::Buyer {
            notice.country = states.first().cloned();
        }
        let single = names.len() == 1 && numbers.len() == 1;
        let number = numbers.first().filter(|_| single).and_then(|number| json::plain(number));
        let state = states.first().filter(|_| states.len() == 1).cloned();
        for name in names.iter().filter_map(|name| words::name(name)) {
            let id = number.as_deref().and_then(words::name);
            words::party(notice, Party { role, name, id, country: state.clone() });
        }
    }
    let places = ["place-of-performance-country-lot", "place-of-performance-country-proc"];
    notice.country = notice
        .country
        .take()
        .or_else(|| places.iter().find_map(|key| countries(key).into_iter().next()));
    notice.country = notice.country.take().or_else(|| {
        notice
            .places
            .iter()
            .find_map(|place| country::of_nuts(place).or_else(|| country::alpha2(place)))
    });
}

fn value(notice: &mut Notice, raw: &Value) {
    let sums = |amounts: &str, currencies: &str| -> Option<Money> {
        let all = json::list(raw, amounts);
        let mut known = Vec::new();
        for code in json::list(raw, currencies) {
            words::add(&mut known, json::plain(code).as_deref().and_then(words::currency));
        }
        // One currency for all of them, or nobody can say which is whose.
        let currency = match known.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            _ => return None,
        };
        let read = all.into_iter().filter_map(|amount| words::amount(&json::plain(amount)?));
        words::add_up(read.map(|amount| Money { amount, currency: currency.clone() }))
    };
    let awarded = sums("result-value-notice", "result-value-cur-notice")
        .or_else(|| sums("total-value", "total-value-cur"))
        .or_else(|| sums("tender-value", "tender-value-cur"));
    let estimated = sums("estimated-value-proc", "estimated-value-cur-proc")
        .or_else(|| sums("estimated-value-lot", "estimated-value-cur-lot"));
    let framework = || {
        sums("result-framework-maximum-value-notice", "result-framework-maximum-value-cur-notice")
            .or_else(|| sums("framework-maximum-value-lot", "framework-maximum-value-cur-lot"))
    };
    let found = match (awarded, &estimated) {
        (Some(sum), _) => Some((sum, ValueKind::Awarded)),
        (None, Some(sum)) => Some((sum.clone(), ValueKind::Estimated)),
        (None, None) => framework().map(|sum| (sum, ValueKind::Framework)),
    };
    if let Some((sum, kind)) = found {
        (notice.value, notice.currency, notice.value_kind) =
            (Some(sum.amount), sum.currency, Some(kind));
    }
    notice.estimated = estimated;
    let days = ["winner-decision-date", "contract-conclusion-date"];
    notice.awarded = days.iter().find_map(|key| {
        json::list(raw, key).into_iter().filter_map(|day| words::day(&json::plain(day)?)).min()
    });
}

/// The earliest of the lots; with its time where days and times are given in pairs.
fn deadline(raw: &Value) -> Option<Timestamp> {
    let kinds = [
        ("deadline-receipt-tender-date-lot", "deadline-receipt-tender-time-lot"),
        ("deadline-receipt-request-date-lot", "deadline-receipt-request-time-lot"),
        ("deadline-receipt-request", ""),
    ];
    kinds.iter().find_map(|(days, times)| {
        let days: Vec<_> = json::list(raw, days).into_iter().filter_map(json::plain).collect();
        let times: Vec<_> = match *times {
            "" => Vec::new(),
            key => json::list(raw, key).into_iter().filter_map(json::plain).collect(),
        };
        let paired = days.len() == times.len();
        let at = |(index, day): (usize, &String)| match times.get(index).filter(|_| paired) {
            Some(time) => eforms::moment(Some(day.clone()), Some(time.clone())),
            None => words::instant(day),
        };
        days.iter().enumerate().filter_map(at).min()
    })
}

/// The notice's page: the address is built from its number, as TED's own links are.
fn page(raw: &Value, number: Option<&str>) -> Option<String> {
    let html = json::get(raw, "links/html").and_then(Value::as_object);
    let english = html.and_then(|links| links.get("ENG").or_else(|| links.values().next()));
    let linked = english.and_then(|link| words::web(link.as_str()?));
    linked.or_else(|| words::web(&format!("https://ted.europa.eu/en/notice/-/detail/{}", number?)))
}
