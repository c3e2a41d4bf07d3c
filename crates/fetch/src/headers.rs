//! What an answer's headers say: validators, freshness, pauses.

use std::time::{Duration, SystemTime};

use model::Validators;
use reqwest::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, LAST_MODIFIED, RETRY_AFTER,
    SET_COOKIE,
};

/// The longest validator that is kept; a longer one is left out whole.
const MAX_VALIDATOR_BYTES: usize = 1024;
/// The longest pause that a host can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);
const MAX_HEADERS: usize = 64;
const MAX_HEADERS_BYTES: usize = 16 << 10;
/// RFC 9111, 1.2.2: larger times are this one.
const MAX_DELTA_SECONDS: u64 = 1 << 31;

/// How long a host wants to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter {
    pub wait: Duration,
    /// It asked for more than seven days and gets seven.
    pub capped: bool,
}

/// When asking again becomes useful, as the server sees it (RFC 9111).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheHints {
    pub max_age: Option<Duration>,
    /// `Expires` minus `Date`; zero when it is past or nonsense.
    pub expires: Option<Duration>,
    /// How long the answer lay in caches on its way.
    pub age: Option<Duration>,
    /// `no-cache` or `no-store`: always revalidate. It never means to ask more often.
    pub revalidate: bool,
}

impl CacheHints {
    /// For how long asking again is useless; `None` when the server does not say.
    pub fn fresh_for(&self) -> Option<Duration> {
        if self.revalidate {
            return None;
        }
        let lifetime = self.max_age.or(self.expires)?;
        let left = lifetime.saturating_sub(self.age.unwrap_or_default());
        (!left.is_zero()).then_some(left)
    }
}

/// The validators of an answer, byte for byte.
pub(crate) fn validators(headers: &HeaderMap) -> Validators {
    let value = |name| {
        let bytes = headers.get(name)?.as_bytes();
        let text = std::str::from_utf8(bytes).ok()?;
        (!text.is_empty() && text.len() <= MAX_VALIDATOR_BYTES).then(|| text.to_owned())
    };
    Validators { etag: value(ETAG), last_modified: value(LAST_MODIFIED) }
}

/// The headers that are worth keeping, within bounds; what does not fit is left out from the end.
pub(crate) fn bounded(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut left = MAX_HEADERS_BYTES;
    let mut kept = Vec::with_capacity(headers.len().min(MAX_HEADERS));
    for (name, value) in headers.iter().filter(|(name, _)| **name != SET_COOKIE).take(MAX_HEADERS) {
        let Some(rest) = left.checked_sub(name.as_str().len() + value.len()) else { break };
        left = rest;
        kept.push((name.to_string(), lossy(value.as_bytes())));
    }
    kept
}

pub(crate) fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| lossy(value.as_bytes()))
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `Retry-After` in seconds or as a date, which counts from the answer's own `Date` so that a wrong
/// clock on either side does no harm; of several, the longest. Past, zero, negative or nonsense:
/// `None`, the caller backs off.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<RetryAfter> {
    let sent = date(headers, DATE).unwrap_or(now);
    let wait = |text: &str| match digits(text) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => http_date(text)?.duration_since(sent).ok(),
    };
    let fields = headers.get_all(RETRY_AFTER).iter();
    let wait = fields.filter_map(|field| wait(field.to_str().ok()?.trim())).max()?;
    let capped = wait > LONGEST_RETRY_AFTER;
    let wait = wait.min(LONGEST_RETRY_AFTER);
    (!wait.is_zero()).then_some(RetryAfter { wait, capped })
}

/// Freshness as the server states it. `now` stands in for a missing `Date`.
pub(crate) fn cache_hints(headers: &HeaderMap, now: SystemTime) -> CacheHints {
    let mut hints = CacheHints::default();
    let seconds = |value| Duration::from_secs(u64::min(value, MAX_DELTA_SECONDS));
    for line in headers.get_all(CACHE_CONTROL) {
        let Ok(line) = line.to_str() else { continue };
        for directive in directives(line) {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            match name.to_ascii_lowercase().as_str() {
                // The first one counts; one that is not a number makes the answer stale.
                "max-age" if hints.max_age.is_none() => {
                    let value = digits(value.trim_matches('"')).unwrap_or(0);
                    hints.max_age = Some(seconds(value));
                }
                "no-cache" if value.is_empty() => hints.revalidate = true,
                "no-store" => hints.revalidate = true,
                _ => {}
            }
        }
    }
    if headers.contains_key(EXPIRES) {
        let sent = date(headers, DATE).unwrap_or(now);
        // Two of them contradict each other: stale.
        let once = headers.get_all(EXPIRES).iter().count() == 1;
        let end = date(headers, EXPIRES).filter(|_| once);
        let left = end.and_then(|end| end.duration_since(sent).ok());
        hints.expires = Some(left.unwrap_or_default());
    }
    let age = headers.get(AGE).and_then(|value| value.to_str().ok());
    hints.age = age.and_then(|text| digits(text.trim())).map(seconds);
    hints
}

/// The parts of a list, split at commas outside quotes.
fn directives(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
}

/// A number of seconds: digits only; one too large to count is the largest.
fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().unwrap_or(u64::MAX))
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    http_date(headers.get(name)?.to_str().ok()?)
}

/// One of the three forms of RFC 9110, 5.6.7; names of days and months in any case, as some servers
/// write them.
fn http_date(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    let usual = |word: &str| match word.to_ascii_uppercase() {
        zone if zone == "GMT" => zone,
        name => name[..1].to_owned() + &name[1..].to_ascii_lowercase(),
    };
    let parsed = httpdate::parse_http_date(text).ok();
    parsed.or_else(|| {
        let words = text.is_ascii().then(|| text.split_whitespace().map(usual))?;
        httpdate::parse_http_date(&words.collect::<Vec<_>>().join(" ")).ok()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    const SENT: &str = "Sat, 21 Nov 2026 08:00:00 GMT";

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            let name: HeaderName = name.parse().unwrap();
            map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        map
    }

    /// Three hours ahead of the server: where `Date` is there, it must not matter.
    fn now() -> SystemTime {
        httpdate::parse_http_date("Sat, 21 Nov 2026 11:00:00 GMT").unwrap()
    }

    #[test]
    fn retry_after_comes_as_seconds_or_as_a_date() {
        const WEEK: u64 = 7 * 86_400;
        for (value, expected) in [
            ("120", Some((120, false))),
            (" 120 ", Some((120, false))),
            ("0120", Some((120, false))),
            ("604800", Some((WEEK, false))),
            ("604801", Some((WEEK, true))),
            ("99999999999999999999999", Some((WEEK, true))),
            ("0", None),
            ("-5", None),
            ("+5", None),
            ("1.5", None),
            ("120s", None),
            ("soon", None),
            ("", None),
            // The three forms of RFC 9110, 5.6.7.
            ("Sat, 21 Nov 2026 09:00:00 GMT", Some((3600, false))),
            ("Saturday, 21-Nov-26 09:00:00 GMT", Some((3600, false))),
            ("Sat Nov 21 09:00:00 2026", Some((3600, false))),
            ("SAT, 21 NOV 2026 09:00:00 gmt", Some((3600, false))),
            ("Sat, 21 Nov 2026 07:59:59 GMT", None),
            (SENT, None),
            ("Sat, 21 Nov 2076 08:00:00 GMT", Some((WEEK, true))),
            ("2026-11-21T09:00:00Z", None),
        ] {
            let got = retry_after(&map(&[("retry-after", value), ("date", SENT)]), now());
            let got = got.map(|after| (after.wait.as_secs(), after.capped));
            assert_eq!(got, expected, "{value}");
        }
        let without_date = map(&[("retry-after", "Sat, 21 Nov 2026 11:00:30 GMT")]);
        assert_eq!(retry_after(&without_date, now()).unwrap().wait.as_secs(), 30);
        assert_eq!(retry_after(&map(&[]), now()), None);
        let two = map(&[("retry-after", "60"), ("retry-after", "soon"), ("retry-after", "7200")]);
        assert_eq!(retry_after(&two, now()).unwrap().wait.as_secs(), 7200);
    }

    #[test]
    fn freshness_follows_the_caching_standard() {
        let control = |value| vec![("cache-control", value), ("date", SENT)];
        let expires = |value| vec![("expires", value), ("date", SENT)];
        for (headers, fresh_for) in [
            (vec![], None),
            (control("max-age=3600"), Some(3600)),
            (control("MAX-AGE=3600"), Some(3600)),
            (control("public, max-age=\"3600\""), Some(3600)),
            (control("max-age='3600'"), None),
            (control("max-age=-3600"), None),
            (control("max-age=0"), None),
            (control("max-age=99999999999999999999"), Some(1 << 31)),
            (control("max-age=1800, max-age=1"), Some(1800)),
            (control("s-maxage=1, max-age=3600"), Some(3600)),
            (control("extension=\"max-age=3600\", max-age=1"), Some(1)),
            (control("extension=\"a,max-age=3600,b\""), None),
            (control("max-age=10000, no-cache"), None),
            (control("no-store, max-age=60"), None),
            (control("no-cache=\"Set-Cookie\", max-age=60"), Some(60)),
            (expires("Sat, 21 Nov 2026 08:10:00 GMT"), Some(600)),
            (expires("Sat, 21 Nov 2026 07:00:00 GMT"), None),
            (expires("0"), None),
            (expires("Sat 21 Nov 2026 08:10:00 GMT"), None),
            (
                vec![
                    ("expires", "Sat, 21 Nov 2026 08:10:00 GMT"),
                    ("expires", "Sat, 21 Nov 2026 08:11:00 GMT"),
                    ("date", SENT),
                ],
                None,
            ),
            (vec![("expires", "Sat, 21 Nov 2026 11:10:00 GMT"), ("date", "foo")], Some(600)),
            (vec![("cache-control", "max-age=60"), ("expires", SENT), ("date", SENT)], Some(60)),
            (vec![("cache-control", "max-age=600"), ("age", "100")], Some(500)),
            (vec![("cache-control", "max-age=600"), ("age", "600")], None),
            (vec![("cache-control", "max-age=600"), ("age", "abc")], Some(600)),
            (vec![("cache-control", "max-age=600"), ("age", "2147483649")], None),
        ] {
            let hints = cache_hints(&map(&headers), now());
            assert_eq!(hints.fresh_for().map(|d| d.as_secs()), fresh_for, "{headers:?}");
        }
    }

    #[test]
    fn kept_headers_are_bounded_and_have_no_cookies() {
        let mut headers = map(&[("set-cookie", "sid=1"), ("server", "x")]);
        for number in 0..200 {
            let name: HeaderName = format!("x-{number}").parse().unwrap();
            headers.append(name, HeaderValue::from_static("y"));
        }
        assert_eq!(bounded(&headers).len(), MAX_HEADERS);
        assert!(bounded(&headers).iter().all(|(name, _)| name != "set-cookie"));
        let large = "z".repeat(MAX_HEADERS_BYTES);
        assert!(bounded(&map(&[("x", &large)])).is_empty());
    }

    proptest! {
        #[test]
        fn no_value_makes_the_readers_stumble(values in prop::collection::vec("[ -~\u{80}-\u{ff}]{0,40}", 6)) {
            let names = ["retry-after", "date", "expires", "age", "cache-control", "etag"];
            let pairs: Vec<_> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
            let headers = map(&pairs);
            let after = retry_after(&headers, now());
            prop_assert!(after.is_none_or(|after| after.wait <= LONGEST_RETRY_AFTER));
            let most = Duration::from_secs(u64::from(u32::MAX) * 200);
            prop_assert!(cache_hints(&headers, now()).fresh_for().is_none_or(|left| left < most));
            prop_assert_eq!(validators(&headers).etag.unwrap_or_default(), values[5].as_str());
        }
    }
}
