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
/// clock on either side does no harm. Past, zero, negative or nonsense: `None`, the caller backs off.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<RetryAfter> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match digits(text) {
        Some(seconds) => Duration::from_secs(seconds),
        None => {
            let sent = date(headers, DATE).unwrap_or(now);
            httpdate::parse_http_date(text).ok()?.duration_since(sent).ok()?
        }
    };
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
        let left = date(headers, EXPIRES).and_then(|end| end.duration_since(sent).ok());
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
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?.trim()).ok()
}
