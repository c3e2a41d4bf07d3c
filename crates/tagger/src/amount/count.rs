//! Counted devices: `1.000 kamera na 800 lokacija`, `500 surveillance cameras`, `šest dronova`.

use super::number::{self, Value};
use super::words::{number_before, word_before};
use super::{Amount, Cued, Source, chinese, unit};

/// How sure a count is.
const SURE: f32 = 0.9;
/// Words between the number and what is counted.
const MAX_BETWEEN: usize = 4;
/// Chinese characters between them.
const MAX_CHARACTERS: usize = 8;
/// The least that is told: a telephone has four cameras.
const LEAST: u64 = 2;
const LEAST_CAMERAS: u64 = 6;
/// Bytes behind a count of devices where the places that they stand at are told.
const PLACES_REACH: u32 = 80;

/// Beginnings of words that may stand between: what kind of device, of whom.
const BETWEEN: &[&str] = &[
    // English
    "surveillance",
    "security",
    "new",
    "more",
    "additional",
    "other",
    "cctv",
    "smart",
    "ip",
    "ai",
    "armed",
    "combat",
    "military",
    "attack",
    "chinese",
    "made",
    "facial",
    "recognition",
    "video",
    "traffic",
    "electric",
    "mobile",
    "baggage",
    "cargo",
    "x",
    "ray",
    "street",
    "high",
    "definition",
    "hd",
    "thermal",
    "body",
    "worn",
    "unmanned",
    "aerial",
    "agricultural",
    "5g",
    "4g",
    "lte",
    "powered",
    "modern",
    "network",
    "networked",
    "such",
    "of",
    "inspection",
    "luggage",
    "public",
    "interactive",
    "desktop",
    "portable",
    "police",
    "reconnaissance",
    "enabled",
    // Serbian, Croatian, Macedonian
    "nov",
    "dodatn",
    "pametn",
    "nadzorn",
    "kinesk",
    "borben",
    "naoruzan",
    "mobiln",
    "vojn",
    "policijsk",
    "sigurnosn",
    "bezbednosn",
    "bezbednosnih",
    "elektricn",
    "bespilotn",
    "termaln",
    "video",
    "rendgen",
    "stacionarn",
    "savremen",
    "modern",
    "javn",
    "gradsk",
    "saobracajn",
    "takv",
    "kvalitetn",
    "digitaln",
    "postojec",
    "ugradjen",
];

/// The count of `unit`, the device found at `cued`.
pub(super) fn before(
    source: &Source<'_>,
    unit: &'static str,
    cued: &Cued,
    found: &[Amount],
) -> Option<Amount> {
    let text = source.bytes();
    let at = cued.start as usize;
    let (start, value) =
        if text[at].is_ascii() { quantity_before(source, at)? } else { chinese_before(text, at)? };
    let least = if unit == "cameras" { LEAST_CAMERAS } else { LEAST };
    if value.as_whole()? < least {
        return None;
    }
    let start = start as u32;
    // Places alone are no devices: they are told behind a count of some.
    let counted = |a: &Amount| {
        !a.is_money && a.unit != "locations" && a.end <= start && start - a.end <= PLACES_REACH
    };
    if unit == "locations" && !found.iter().any(counted) {
        return None;
    }
    let (low, end) = (value, cued.end);
    Some(Amount { start, end, unit, low, high: None, is_money: false, confidence: SURE })
}

/// The number before the device at `at`, over the words that say what kind it is.
fn quantity_before(source: &Source<'_>, at: usize) -> Option<(usize, Value)> {
    let text = source.bytes();
    let mut at = at;
    for _ in 0..=MAX_BETWEEN {
        let (start, end) = word_before(text, at)?;
        let word = &text[start..end];
        if word.iter().all(u8::is_ascii_digit)
            || text[end - 1].is_ascii_digit() && !has_letter(word)
        {
            let (start, number) = number::read_back(text, end)?;
            return (!number.is_year).then_some((start, number.value));
        }
        if let Some(scale) = unit::scale(word, false) {
            let digits = word_before(text, start)
                .and_then(|(_, end)| number::read_back(text, end))
                .map(|(start, number)| (start, number.value));
            let (start, value) = digits
                .or_else(|| number_before(source, start))
                .or_else(|| scale.is_one.then_some((start, Value::whole(1))))?;
            return Some((start, value.scaled(scale.power)?));
        }
        if let Some(found) = number_before(source, at).filter(|_| word != b"a") {
            return Some(found);
        }
        let is_kind = BETWEEN.iter().any(|known| {
            let rest = word.strip_prefix(known.as_bytes());
            rest.is_some_and(|rest| known.len() >= 4 && rest.len() <= 3 || rest.is_empty())
        });
        let is_model = has_letter(word) && word.iter().any(u8::is_ascii_digit);
        // `novih Dahuinih kamera`, `500 Hikvision cameras`, `CH-92A drones`
        if !(is_kind || is_model || word.ends_with(b"ih") || source.is_name(start, end)) {
            return None;
        }
        at = start;
    }
    None
}

fn has_letter(word: &[u8]) -> bool {
    word.iter().any(u8::is_ascii_alphabetic)
}

/// The number before the device at `at`, over the characters that say what kind it is.
fn chinese_before(text: &[u8], at: usize) -> Option<(usize, Value)> {
    let mut at = at;
    for _ in 0..=MAX_CHARACTERS {
        if let Some(found) = chinese::quantity_before(text, at) {
            return Some(found);
        }
        if text[..at].ends_with(b"5g") || text[..at].ends_with(b"ai") {
            at -= 2;
            continue;
        }
        // One character back, of three bytes; anything else ends the phrase.
        at = at.checked_sub(3).filter(|&at| (0xe4..=0xe9).contains(&text[at]))?;
    }
    None
}
