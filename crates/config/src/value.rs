//! The small types of the configuration language: each has one door from text.

use std::time::Duration;

use ipnet::IpNet;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use model::{HttpUrl, InvalidUrl, SourceId};

use crate::table::{Placed, Table, Value};

const DAY: u64 = 24 * 60 * 60;

/// `15s`, `15m`, `1h`, `1d`, `500ms`: a whole number with a unit, at most ten years.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split_unit(text);
    let number: u64 = match number.parse() {
        Ok(number) => number,
        Err(_) => return Err(r#"is not a duration, for example "15s", "15m" or "1h""#.into()),
    };
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    let duration = match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(60 * 60),
        "d" => seconds(DAY),
        "w" => seconds(7 * DAY),
        "" => return Err(r#"needs a unit, for example "15s", "15m" or "1h""#.into()),
        unit => return Err(format!("`{unit}` is not a unit of time: use ms, s, m, h, d or w")),
    };
    duration
        .filter(|duration| *duration <= Duration::from_secs(3660 * DAY))
        .ok_or_else(|| "is longer than ten years".into())
}

/// A duration within bounds; the bounds are written as they are shown.
pub(crate) fn duration_within(
    least: &'static str,
    most: &'static str,
) -> impl Fn(&str) -> Result<Duration, String> {
    let bound = |text| duration(text).expect("the bounds are written in this crate");
    let range = bound(least)..=bound(most);
    move |text| {
        let duration = duration(text)?;
        if range.contains(&duration) {
            return Ok(duration);
        }
        Err(format!("must be between {least} and {most}"))
    }
}

/// `512 KiB`, `8 MiB`, `1 GiB`, or with decimal units; in bytes.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = split_unit(text);
    let number: u64 = match number.parse() {
        Ok(number) => number,
        Err(_) => return Err(r#"is not a size, for example "512 KiB" or "8 MiB""#.into()),
    };
    let each: u64 = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "" => return Err(r#"needs a unit, for example "512 KiB" or "8 MiB""#.into()),
        unit => return Err(format!("`{unit}` is not a unit of size: use B, KiB, MiB or GiB")),
    };
    number
        .checked_mul(each)
        .filter(|bytes| *bytes <= 1 << 40)
        .ok_or_else(|| "is larger than 1024 GiB".into())
}

pub(crate) fn size_within(
    least: &'static str,
    most: &'static str,
) -> impl Fn(&str) -> Result<u64, String> {
    let bound = |text| size(text).expect("the bounds are written in this crate");
    let range = bound(least)..=bound(most);
    move |text| {
        let size = size(text)?;
        if range.contains(&size) {
            return Ok(size);
        }
        Err(format!("must be between {least} and {most}"))
    }
}

fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

/// How long something is kept: `None` is for ever.
pub(crate) fn retention(text: &str) -> Result<Option<Duration>, String> {
    match text {
        "forever" => Ok(None),
        _ => match duration(text) {
            Ok(duration) if duration >= Duration::from_secs(DAY) => Ok(Some(duration)),
            Ok(_) => Err("must be at least 1d".into()),
            Err(_) => {
                Err(r#"is neither "forever" nor a number of days, for example "365d""#.into())
            }
        },
    }
}

/// `07:00`, 24 hours.
pub(crate) fn time_of_day(text: &str) -> Result<Time, &'static str> {
    let refuse = r#"is not a time of day, for example "07:00""#;
    let two = |text: &str| match text.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9'] => text.parse::<i8>().ok(),
        _ => None,
    };
    let (hour, minute) = text.split_once(':').ok_or(refuse)?;
    let (hour, minute) = two(hour).zip(two(minute)).ok_or(refuse)?;
    Time::new(hour, minute, 0, 0).map_err(|_| refuse)
}

/// A name of the tz database.
pub(crate) fn time_zone(text: &str) -> Result<TimeZone, &'static str> {
    let refuse = r#"is not a time zone, for example "Europe/Belgrade" or "UTC""#;
    TimeZone::get(text).map_err(|_| refuse)
}

/// An address that can be fetched, without user and password in it.
fn web_address(text: &str) -> Result<HttpUrl, String> {
    let url: HttpUrl = text.parse().map_err(|error| match error {
        InvalidUrl::Syntax { reason, .. } => format!("is not an address: {reason}"),
        other => other.to_string(),
    })?;
    if has_credentials(&url) {
        return Err("an address must not carry user and password".into());
    }
    Ok(url)
}

fn has_credentials(url: &HttpUrl) -> bool {
    !url.as_url().username().is_empty() || url.as_url().password().is_some()
}

/// The shape of BCP 47 that is used here: language, script, region.
pub(crate) fn language(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let letters = |part: &str| part.bytes().all(|b| b.is_ascii_alphabetic());
    let mut tag = match parts.next() {
        Some(part) if matches!(part.len(), 2 | 3) && letters(part) => part.to_ascii_lowercase(),
        _ => return Err(r#"is not a language, for example "sr-Latn", "sr-Cyrl" or "en""#.into()),
    };
    for part in parts {
        tag.push('-');
        match part.len() {
            4 if letters(part) => {
                tag.push_str(&part[..1].to_ascii_uppercase());
                tag.push_str(&part[1..].to_ascii_lowercase());
            }
            2 if letters(part) => tag.push_str(&part.to_ascii_uppercase()),
            3 if part.bytes().all(|b| b.is_ascii_digit()) => tag.push_str(part),
            _ => return Err(format!("`{part}` is neither a script nor a region")),
        }
    }
    if tag == text { Ok(tag) } else { Err(format!("is written \"{tag}\"")) }
}

/// A category: letters as in ids.
pub(crate) fn slug(text: &str) -> Result<String, String> {
    match text.parse::<SourceId>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string().replace("an id", "a category")),
    }
}

/// `A` to `F`.
pub(crate) fn grade(text: &str) -> Result<char, &'static str> {
    match text.as_bytes() {
        [grade @ b'A'..=b'F'] => Ok(char::from(*grade)),
        _ => Err(r#"is not a grade: "A" (reliable) to "F" (cannot be judged)"#),
    }
}

/// `name@host`, nothing around it.
pub(crate) fn mail_address(text: &str) -> Result<String, &'static str> {
    let refuse = r#"is not an e-mail address, for example "desk@example.org""#;
    let (name, host) = text.split_once('@').ok_or(refuse)?;
    let in_name = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let in_host = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let name_fits = (1..=64).contains(&name.len())
        && name.bytes().all(in_name)
        && !name.starts_with('.')
        && !name.ends_with('.');
    let host_fits = host.len() <= 253
        && host.split('.').all(|label| !label.is_empty() && label.bytes().all(in_host));
    if name_fits && host_fits { Ok(text.to_owned()) } else { Err(refuse) }
}

/// Where a person can be reached: a web address or an e-mail address, for the User-Agent.
pub(crate) fn contact(text: &str) -> Result<String, String> {
    let mail = text.strip_prefix("mailto:").unwrap_or(text);
    // Parentheses would end the comment of the header that it becomes part of.
    let fits = text.len() <= 200
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'(' | b')' | b'\\'));
    if fits && (mail_address(mail).is_ok() || web_address(text).is_ok()) {
        return Ok(text.to_owned());
    }
    let refuse = "is neither a web address nor an e-mail address where a person can be reached";
    Err(refuse.into())
}

/// ISO 3166-1 alpha-2, and `XK`, which the European Union and the banks use for Kosovo.
pub(crate) fn country(text: &str) -> Result<String, &'static str> {
    const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ \
        BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY \
        CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM \
        GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE \
        KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML \
        MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF \
        PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN \
        SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ \
        VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";
    if CODES.split_ascii_whitespace().any(|code| code == text) {
        Ok(text.to_owned())
    } else {
        Err(r#"is not a country of ISO 3166-1, for example "RS""#)
    }
}

/// One of a few words.
pub(crate) fn one_of<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&str) -> Result<T, String> {
    move |text| match words.iter().find(|(word, _)| *word == text) {
        Some((_, value)) => Ok(*value),
        None => {
            let words: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            Err(format!("is not one of {}", words.join(", ")))
        }
    }
}

/// The address under `key`, which cannot be left out. One that carries a password is refused
/// without being shown.
pub(crate) fn web_address_of<'d>(
    table: &mut Table<'d>,
    key: &'static str,
) -> Option<Placed<'d, HttpUrl>> {
    let value = table.take(key);
    if value.is_none() {
        table.missing(key, "\"https://example.org/…\"");
    }
    read_web_address(value?)
}

/// The same of a key that may be left out.
pub(crate) fn other_web_address<'d>(
    table: &mut Table<'d>,
    key: &'static str,
) -> Option<Placed<'d, HttpUrl>> {
    read_web_address(table.take(key)?)
}

fn read_web_address(value: Value<'_>) -> Option<Placed<'_, HttpUrl>> {
    let text = value.text()?;
    if text.value.parse().is_ok_and(|url| has_credentials(&url)) {
        let key = &text.here.key;
        text.here.bare_problem(format!("`{key}`: an address must not carry user and password"));
        return None;
    }
    text.check(web_address)
}

/// Says so when the fetcher would refuse `address`, since nothing else would before the first try.
pub(crate) fn warn_if_blocked(address: &Placed<'_, HttpUrl>, allow: &[IpNet]) {
    let verdict = fetch::check_url(address.value.as_str(), allow);
    if !verdict.allowed {
        let key = &address.here.key;
        address.here.warning(format!("`{key}` will not be called: {}", verdict.reason));
    }
}
