//! What to ask a server: method, address and body, from the rules, a page and a window. Pure.

use model::Timestamp;
use serde_json::json;
use url::Url;

use super::{Next, NoticeFormat, NoticeRules};

/// Notices of one page of the TED search: its limits are 250 notices and 10,000 fields.
const TED_PAGE: usize = 250;
const TED_FIELDS_A_PAGE: usize = 10_000;
/// Notices of one page of the World Bank.
const WORLD_BANK_PAGE: u64 = 50;

/// The fields that are asked for; those the search has accepted (September 2026).
#[rustfmt::skip]
const TED_FIELDS: &[&str] = &[
    "publication-number", "notice-identifier", "notice-version", "procedure-identifier", "notice-type",
    "notice-subtype", "form-type", "procedure-type", "publication-date", "notice-title", "title-proc",
    "description-proc", "buyer-name", "buyer-country", "buyer-identifier", "classification-cpv",
    "main-classification-proc", "additional-classification-proc", "contract-nature",
    "place-of-performance", "estimated-value-proc", "estimated-value-cur-proc", "estimated-value-lot",
    "estimated-value-cur-lot", "deadline-receipt-tender-date-lot", "deadline-receipt-request",
    "winner-name", "winner-identifier", "winner-country", "winner-decision-date",
    "winner-selection-status", "tender-value", "tender-value-cur", "result-value-notice",
    "result-value-cur-notice", "contract-conclusion-date", "change-reason-code",
    "change-reason-description", "change-notice-version-identifier", "previous-notice-id-proc",
    "internal-identifier-proc", "document-url-lot", "links",
];

/// The days that notices are asked for; both ends belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// One request of a paging reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    pub url: String,
    /// JSON, where there is a body.
    pub body: Option<String>,
}

/// Why nothing can be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    #[error("the source of notices has no url")]
    NoUrl,
    #[error("`{0}` is no address that can be asked")]
    BadUrl(String),
    /// A page of another format: a token where addresses are expected.
    #[error("this page cannot be asked for in the format {0}")]
    BadPage(NoticeFormat),
}

/// The request for a page; for the first one without a page.
///
/// `{from}` and `{to}` in the address stand for the window's days (`2026-03-01`); a part of the
/// query whose day is not known is left out.
///
/// # Errors
/// When the rules have no usable address, or the page is not of this format.
pub fn request(
    rules: &NoticeRules,
    page: Option<&Next>,
    window: &Window,
) -> Result<NoticeRequest, NoRequest> {
    let address = rules.url.as_deref().ok_or(NoRequest::NoUrl)?;
    let address = filled(address, window);
    let base = Url::parse(&address).map_err(|_| NoRequest::BadUrl(address.clone()))?;
    let format = rules.format.unwrap_or(NoticeFormat::Ocds);
    let get = |url: String| NoticeRequest { method: "GET", url, body: None };
    match (format, page) {
        (NoticeFormat::TedSearch, None) => Ok(ted(rules, base, None, window)),
        (NoticeFormat::TedSearch, Some(Next::Token(token))) => {
            Ok(ted(rules, base, Some(token), window))
        }
        (NoticeFormat::WorldBank, None) => Ok(get(world_bank(rules, base, 0))),
        (NoticeFormat::WorldBank, Some(Next::Offset(offset))) => {
            Ok(get(world_bank(rules, base, *offset)))
        }
        (NoticeFormat::OData, None) => Ok(get(odata(rules, base, window))),
        (NoticeFormat::TedSearch | NoticeFormat::WorldBank, Some(_)) => {
            Err(NoRequest::BadPage(format))
        }
        (_, None) => Ok(get(base.into())),
        (_, Some(Next::Address(next))) => {
            let next = base.join(next).map_err(|_| NoRequest::BadUrl(next.clone()))?;
            // A server that sends its reader to another host is not asked there.
            if next.host_str() == base.host_str() {
                Ok(get(next.into()))
            } else {
                Err(NoRequest::BadUrl(next.into()))
            }
        }
        (_, Some(_)) => Err(NoRequest::BadPage(format)),
    }
}

/// `2026-03-01`.
fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

fn filled(address: &str, window: &Window) -> String {
    let day_or_nothing = |time: Option<Timestamp>| time.map(day).unwrap_or_default();
    address
        .replace("{from}", &day_or_nothing(window.from))
        .replace("{to}", &day_or_nothing(window.to))
}

/// A badly written date does not filter and is no error there: days are written here and nowhere else.
fn ted(rules: &NoticeRules, url: Url, token: Option<&str>, window: &Window) -> NoticeRequest {
    let query = rules.query.as_deref().unwrap_or_default();
    let (conditions, order) = match query.to_ascii_uppercase().find("SORT BY") {
        Some(at) => (query[..at].trim(), query[at..].trim()),
        None => (query.trim(), "SORT BY publication-date DESC"),
    };
    let mut parts = Vec::new();
    if !conditions.is_empty() {
        parts.push(format!("({conditions})"));
    }
    let bounds = [(">=", window.from), ("<=", window.to)];
    for (sign, time) in bounds {
        parts.extend(
            time.map(|time| format!("publication-date{sign}{}", day(time).replace('-', ""))),
        );
    }
    let query = format!("{} {order}", parts.join(" AND "));
    let mut body = json!({
        "query": query.trim(),
        "fields": TED_FIELDS,
        "limit": TED_PAGE.min(TED_FIELDS_A_PAGE / TED_FIELDS.len()),
        "scope": "ALL",
        "paginationMode": "ITERATION",
        "onlyLatestVersions": false,
        "checkQuerySyntax": false,
    });
    if let Some(token) = token {
        body["iterationNextToken"] = token.into();
    }
    NoticeRequest { method: "POST", url: url.into(), body: Some(body.to_string()) }
}

/// Sorted by date: [`super::follow`] stops at the window's beginning.
fn world_bank(rules: &NoticeRules, mut url: Url, offset: u64) -> String {
    {
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("format", "json");
        pairs.append_pair("rows", &WORLD_BANK_PAGE.to_string());
        pairs.append_pair("os", &offset.to_string());
        pairs.append_pair("srt", "noticedate").append_pair("order", "desc");
        if let Some(country) = &rules.query {
            pairs.append_pair("project_ctry_name", country);
        }
    }
    url.into()
}

fn odata(rules: &NoticeRules, mut url: Url, window: &Window) -> String {
    let mut filters = Vec::new();
    filters.extend(rules.query.as_deref().map(|query| format!("({query})")));
    filters.extend(window.from.map(|from| format!("Announced ge {}T00:00:00Z", day(from))));
    filters.extend(window.to.map(|to| format!("Announced le {}T23:59:59Z", day(to))));
    {
        let mut pairs = url.query_pairs_mut();
        if !filters.is_empty() {
            pairs.append_pair("$filter", &filters.join(" and "));
        }
        pairs.append_pair("$orderby", "Announced desc").append_pair("$count", "true");
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(format: NoticeFormat, url: &str, query: Option<&str>) -> NoticeRules {
        NoticeRules {
            format: Some(format),
            url: Some(url.into()),
            query: query.map(str::to_owned),
            ..NoticeRules::default()
        }
    }

    fn window() -> Window {
        Window {
            from: Some("2026-09-01T10:00:00Z".parse().unwrap()),
            to: Some("2026-09-08T00:00:00Z".parse().unwrap()),
        }
    }

    #[test]
    fn the_ted_search_is_asked_with_days_that_filter() {
        let rules = rules(
            NoticeFormat::TedSearch,
            "https://ted.example/search",
            Some("buyer-country IN (SRB MNE)"),
        );
        let first = request(&rules, None, &window()).unwrap();
        assert_eq!((first.method, first.url.as_str()), ("POST", "https://ted.example/search"));
        let body: serde_json::Value = serde_json::from_str(&first.body.unwrap()).unwrap();
        assert_eq!(
            body["query"],
            "(buyer-country IN (SRB MNE)) AND publication-date>=20260901 AND publication-date<=20260908 SORT BY publication-date DESC"
        );
        let (limit, fields) =
            (body["limit"].as_u64().unwrap(), body["fields"].as_array().unwrap().len());
        assert!(limit <= 250 && limit * fields as u64 <= 10_000);
        assert!(body.get("iterationNextToken").is_none());
        let second = request(&rules, Some(&Next::Token("t".into())), &window()).unwrap();
        let body: serde_json::Value = serde_json::from_str(&second.body.unwrap()).unwrap();
        assert_eq!(body["iterationNextToken"], "t");
        assert_eq!(
            request(&rules, Some(&Next::Offset(1)), &window()),
            Err(NoRequest::BadPage(NoticeFormat::TedSearch))
        );
    }

    #[test]
    fn a_query_keeps_its_own_order() {
        let rules =
            rules(NoticeFormat::TedSearch, "https://ted.example/", Some("PD>=20260801 sort by ND"));
        let body = request(&rules, None, &Window::default()).unwrap().body.unwrap();
        assert!(body.contains("\"(PD>=20260801) sort by ND\""), "{body}");
    }

    #[test]
    fn other_servers_are_asked_by_address() {
        let bank = rules(
            NoticeFormat::WorldBank,
            "https://bank.example/api",
            Some("Bosnia and Herzegovina"),
        );
        let url = request(&bank, Some(&Next::Offset(50)), &window()).unwrap().url;
        assert_eq!(
            url,
            "https://bank.example/api?format=json&rows=50&os=50&srt=noticedate&order=desc&project_ctry_name=Bosnia+and+Herzegovina"
        );
        let open = rules(NoticeFormat::OData, "https://open.example/ProcurementNotices", None);
        let url = request(&open, None, &window()).unwrap().url;
        assert_eq!(
            url,
            "https://open.example/ProcurementNotices?%24filter=Announced+ge+2026-09-01T00%3A00%3A00Z+and+Announced+le+2026-09-08T23%3A59%3A59Z&%24orderby=Announced+desc&%24count=true"
        );
        let next = request(&open, Some(&Next::Address("?$skip=50".into())), &window()).unwrap().url;
        assert_eq!(next, "https://open.example/ProcurementNotices?$skip=50");
        let away =
            request(&open, Some(&Next::Address("https://elsewhere.example/".into())), &window());
        assert!(matches!(away, Err(NoRequest::BadUrl(_))));
        let ocds =
            rules(NoticeFormat::Ocds, "https://ocds.example/releases?from={from}&to={to}", None);
        let url = request(&ocds, None, &window()).unwrap().url;
        assert_eq!(url, "https://ocds.example/releases?from=2026-09-01&to=2026-09-08");
        assert_eq!(request(&NoticeRules::default(), None, &window()), Err(NoRequest::NoUrl));
    }
}
