//! Dates as feeds write them. What cannot be read is unknown, never invented; a time without a zone
//! is UTC.

use model::Timestamp;

/// The longest text that is looked at.
const BYTES: usize = 96;

/// The point in time that `text` names: RFC 3339 and other profiles of ISO 8601, RFC 822, 1123 and
/// 2822, `asctime`, databases' forms, month names of a dozen languages, 年月日, seconds since 1970.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_matches(|c| matches!(c, '"' | '\'' | '(' | '[')).trim();
    if text.is_empty() || text.len() > BYTES {
        return None;
    }
    if let Some(time) = iso(text) {
        return time.instant();
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return unix(text);
    }
    words(text)?.instant()
}

/// The same point in time for feed-rs.
pub(crate) fn to_chrono(time: Timestamp) -> Option<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::from_timestamp_millis(i64::try_from(time.millis()).ok()?)
}

/// The same point in time from feed-rs.
pub(crate) fn from_chrono(time: chrono::DateTime<chrono::Utc>) -> Option<Timestamp> {
    Timestamp::from_millis(u64::try_from(time.timestamp_millis()).ok()?).ok()
}

fn unix(digits: &str) -> Option<Timestamp> {
    let number: u64 = digits.parse().ok()?;
    let millis = match digits.len() {
        9 | 10 => number * 1_000,
        13 => number,
        _ => return None,
    };
    Timestamp::from_millis(millis).ok()
}

/// A date on the calendar with a time of day and an offset, not yet checked.
#[derive(Clone, Copy, Debug, Default)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    millis: i64,
    /// Minutes east of Greenwich.
    offset: i64,
}

impl Civil {
    fn instant(self) -> Option<Timestamp> {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let days = match self.month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let whole_day = self.hour == 24 && self.minute == 0 && self.second == 0;
        let fits = (1..=days).contains(&self.day)
            && (self.hour < 24 || whole_day)
            && self.minute < 60
            && self.second <= 60
            && self.offset.abs() < 24 * 60;
        if !fits || !(1970..=9999).contains(&self.year) {
            return None;
        }
        let minutes = (days_since_1970(self.year, self.month, self.day) * 24 + self.hour) * 60
            + self.minute
            - self.offset;
        let millis = (minutes * 60 + self.second) * 1_000 + self.millis;
        Timestamp::from_millis(u64::try_from(millis).ok()?).ok()
    }
}

/// After Howard Hinnant's `days_from_civil`: years begin in March, eras have 400 of them.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// What is left of a text that is read from its beginning.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn digits(&mut self, most: usize) -> Option<(i64, usize)> {
        let bytes = self.0.as_bytes();
        let length = bytes.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let number = self.0[..length].parse().ok()?;
        self.0 = &self.0[length..];
        Some((number, length))
    }

    fn skip(&mut self, any_of: &[char]) -> Option<char> {
        let next = self.0.chars().next().filter(|c| any_of.contains(c))?;
        self.0 = &self.0[next.len_utf8()..];
        Some(next)
    }

    fn space(&mut self) {
        self.0 = self.0.trim_start();
    }
}

/// ISO 8601: `2026-03-12T10:15:00.5+01:00`, `20260312T101500Z`, `2026-03`, `2026`, `2026-071`,
/// `26-03-12T…`, and the same with `/`, `.` or a space.
fn iso(text: &str) -> Option<Civil> {
    let mut rest = Rest(text);
    let mut civil = Civil { month: 1, day: 1, ..Civil::default() };
    let run = text.bytes().take_while(u8::is_ascii_digit).count();
    match run {
        4 => {
            civil.year = rest.digits(4)?.0;
            if let Some(separator) = rest.skip(&['-', '/', '.']) {
                let (number, digits) = rest.digits(3)?;
                if digits == 3 {
                    civil.day = number;
                    civil = ordinal(civil)?;
                } else {
                    civil.month = number;
                    if rest.skip(&[separator]).is_some() {
                        civil.day = rest.digits(2)?.0;
                        if separator == '.' {
                            rest.skip(&['.']);
                        }
                    }
                }
            } else if !rest.0.is_empty() {
                return None;
            }
        }
        8 | 12 | 14 => {
            civil.year = rest.digits(4)?.0;
            civil.month = rest.digits(2)?.0;
            civil.day = rest.digits(2)?.0;
        }
        2 if text.as_bytes().get(8).is_some_and(|byte| matches!(byte, b'T' | b't')) => {
            civil.year = full_year(rest.digits(2)?.0, 2)?;
            rest.skip(&['-'])?;
            civil.month = rest.digits(2)?.0;
            rest.skip(&['-'])?;
            civil.day = rest.digits(2)?.0;
        }
        _ => return None,
    }
    if run > 8 || rest.skip(&['T', 't', ' ', ',', '_']).is_some() {
        rest.space();
        time_of_day(&mut rest, &mut civil)?;
    }
    rest.space();
    civil.offset = if rest.0.is_empty() { 0 } else { offset(rest.0)? };
    Some(civil)
}

fn ordinal(civil: Civil) -> Option<Civil> {
    let first = days_since_1970(civil.year, 1, 1);
    let last = days_since_1970(civil.year + 1, 1, 1);
    let day = first + civil.day - 1;
    let month = (1..=12).rev().find(|&month| days_since_1970(civil.year, month, 1) <= day)?;
    let day_of_month = day - days_since_1970(civil.year, month, 1) + 1;
    (civil.day >= 1 && day < last).then_some(Civil { month, day: day_of_month, ..civil })
}

/// `10:15`, `10:15:30`, `10:15:30.25`, `101530`, `10.15`, `10h15`, `10`.
fn time_of_day(rest: &mut Rest<'_>, civil: &mut Civil) -> Option<()> {
    civil.hour = rest.digits(2)?.0;
    let separator = rest.skip(&[':', '.', 'h']);
    let packed = separator.is_none() && rest.0.starts_with(|c: char| c.is_ascii_digit());
    if separator.is_none() && !packed {
        return Some(());
    }
    civil.minute = match rest.digits(2) {
        Some((minute, _)) => minute,
        None if separator == Some('h') => 0,
        None => return None,
    };
    let next = if packed { Some(':') } else { rest.skip(&[':', '.']) };
    if next.is_none() || (packed && !rest.0.starts_with(|c: char| c.is_ascii_digit())) {
        return Some(());
    }
    civil.second = rest.digits(2)?.0;
    if rest.skip(&['.', ',']).is_some() || (rest.0.starts_with(':') && rest.skip(&[':']).is_some())
    {
        let fraction = rest.0.bytes().take_while(u8::is_ascii_digit).count();
        let digits: String = rest.0[..fraction].chars().chain("000".chars()).take(3).collect();
        civil.millis = digits.parse().ok()?;
        rest.0 = &rest.0[fraction..];
    }
    Some(())
}

/// Minutes east of Greenwich: `+01:00`, `-0500`, `+2`, `GMT+1`, `Z`, `CET`.
fn offset(zone: &str) -> Option<i64> {
    let zone = zone.trim().trim_end_matches(['.', ')', ',', ']']).trim_start_matches(['(', '[']);
    let zone = zone.split(" (").next().unwrap_or(zone).trim();
    let name_ends = zone.find(['+', '-', '−', '–']).unwrap_or(zone.len());
    let (name, number) = zone.split_at(name_ends);
    if number.is_empty() {
        return named_zone(name);
    }
    // `GMT+1` counts as written; a name of another zone before a number would be odd.
    if !name.is_empty() && named_zone(name)? != 0 {
        return named_zone(name);
    }
    let sign = if number.starts_with('+') { 1 } else { -1 };
    let mut rest = Rest(number.trim_start_matches(['+', '-', '−', '–']).trim_start());
    let length = rest.0.bytes().take_while(u8::is_ascii_digit).count();
    let (hours, minutes) = match length {
        1 | 2 => {
            let hours = rest.digits(2)?.0;
            rest.space();
            let minutes = rest.skip(&[':', '.', '-']).and_then(|_| rest.digits(2));
            (hours, minutes.map_or(0, |(minutes, _)| minutes))
        }
        3 => (rest.digits(1)?.0, rest.digits(2)?.0),
        4 | 6 => (rest.digits(2)?.0, rest.digits(2)?.0),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn named_zone(name: &str) -> Option<i64> {
    let name = name.trim().trim_end_matches(':').to_ascii_uppercase();
    let hours = match name.as_str() {
        "" | "Z" | "UT" | "UTC" | "GMT" | "WET" | "UCT" | "ZULU" => 0,
        "CET" | "MET" | "MEZ" | "BST" | "WEST" | "WAT" => 1,
        "CEST" | "MEST" | "MESZ" | "EET" | "SAST" | "CAT" => 2,
        "EEST" | "MSK" | "AST+3" | "TRT" | "EAT" => 3,
        "MSD" | "GST" => 4,
        "PKT" | "YEKT" => 5,
        "IST" => return Some(5 * 60 + 30),
        "WIB" | "ICT" => 7,
        "HKT" | "SGT" | "AWST" | "PHT" | "CST+8" => 8,
        "JST" | "KST" => 9,
        "ACST" => return Some(9 * 60 + 30),
        "AEST" => 10,
        "AEDT" => 11,
        "NZST" => 12,
        "NZDT" => 13,
        "BRT" | "ART" | "ADT" => -3,
        "NDT" => return Some(-(2 * 60 + 30)),
        "NST" => return Some(-(3 * 60 + 30)),
        "AST" | "EDT" => -4,
        "EST" | "CDT" | "ET" => -5,
        "CST" | "MDT" | "CT" => -6,
        "MST" | "PDT" | "MT" => -7,
        "PST" | "AKDT" | "PT" => -8,
        "AKST" => -9,
        "HST" => -10,
        _ => return None,
    };
    Some(hours * 60)
}

/// RFC 2822 section 4.3: two digits below 50 are of this century.
fn full_year(year: i64, digits: usize) -> Option<i64> {
    match (digits, year) {
        (2, 0..50) => Some(2_000 + year),
        (2, _) | (3, _) => Some(1_900 + year),
        (4, _) => Some(year),
        _ => None,
    }
}

/// Forms with names: weekday, month, zone, in whatever order, and the numeric ones around dots,
/// slashes and 年月日.
fn words(text: &str) -> Option<Civil> {
    let mut found = Found::default();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let used = found.number(rest, end)?;
            rest = &rest[used..];
        } else if first.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            let used = found.word(rest, end)?;
            rest = &rest[used..];
        } else if matches!(first, '+' | '-' | '−') && found.time && found.zone.is_none() {
            let signed = rest.trim_start_matches(['+', '-', '−']).trim_start();
            if found.year.is_some() || signed.bytes().take_while(u8::is_ascii_digit).count() == 4 {
                let end = rest[1..].find(' ').map_or(rest.len(), |end| end + 1);
                if let Some(minutes) = offset(&rest[..end]) {
                    found.zone = Some(minutes);
                    rest = &rest[end..];
                    continue;
                }
            }
            rest = &rest[first.len_utf8()..];
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    found.civil()
}

#[derive(Default)]
struct Found {
    year: Option<i64>,
    /// The number that was taken for a year of two digits.
    short_year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    clock: Civil,
    time: bool,
    afternoon: Option<bool>,
    zone: Option<i64>,
    /// A number that may be the day or the month: `03/12/…`.
    slashed: Option<(i64, i64)>,
}

impl Found {
    /// A number with `end` digits at the beginning of `rest`; gives how many bytes were used.
    fn number(&mut self, rest: &str, end: usize) -> Option<usize> {
        let number: i64 = rest[..end].parse().ok()?;
        let after = &rest[end..];
        let next = after.chars().next();
        let digit_follows = after.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
        let has_date = self.day.is_some() || self.year.is_some();
        let is_time = match next {
            Some(':') => true,
            Some('.') => self.month.is_some() && has_date && self.year.is_some() && digit_follows,
            _ => false,
        };
        if !self.time && is_time && end <= 2 {
            let mut remaining = Rest(rest);
            time_of_day(&mut remaining, &mut self.clock)?;
            self.time = true;
            return Some(rest.len() - remaining.0.len());
        }
        match next {
            Some('年' | '년') => self.year = full_year(number, end),
            Some('月' | '월') => self.month = Some(number),
            Some('日' | '号' | '일') => self.day = Some(number),
            Some('时' | '時' | '点' | '시') => (self.clock.hour, self.time) = (number, true),
            Some('分' | '분') => self.clock.minute = number,
            Some('秒' | '초') => self.clock.second = number,
            Some('-' | '/' | '.')
                if self.year.is_some() && self.month.is_none() && self.day.is_none() =>
            {
                self.month = Some(number);
            }
            Some(separator @ ('.' | '/' | '-'))
                if digit_follows && self.month.is_none() && end <= 2 =>
            {
                return self.numeric_date(rest, separator);
            }
            _ if end >= 4 => {
                match self.short_year.filter(|_| end == 4 && self.month.is_none()) {
                    // `11 04 2020`: the second number was not the year.
                    Some(month) => self.month = Some(month),
                    None if end > 4 || self.year.is_some() => return None,
                    None => (),
                }
                self.year = Some(number);
            }
            _ if self.day.is_none() => self.day = Some(number),
            _ if self.year.is_none() && end >= 2 => {
                self.year = full_year(number, end);
                self.short_year = Some(number);
            }
            _ if !self.time && end <= 2 => (self.clock.hour, self.time) = (number, true),
            _ => return None,
        }
        Some(end)
    }

    /// `12.3.2026`, `12/3/26`, `12-03-2026`: dots and dashes put the day first.
    fn numeric_date(&mut self, rest: &str, separator: char) -> Option<usize> {
        let mut remaining = Rest(rest);
        let first = remaining.digits(2)?.0;
        remaining.skip(&[separator])?;
        let second = remaining.digits(2)?.0;
        remaining.skip(&[separator])?;
        let (year, digits) = remaining.digits(4)?;
        self.year = Some(full_year(year, digits)?);
        if separator == '/' {
            self.slashed = Some((first, second));
        } else {
            (self.day, self.month) = (Some(first), Some(second));
        }
        Some(rest.len() - remaining.0.len())
    }

    /// A word of `end` bytes at the beginning of `rest`; gives how many bytes were used.
    fn word(&mut self, rest: &str, end: usize) -> Option<usize> {
        let word = rest[..end].to_lowercase();
        match word.as_str() {
            "am" | "a" | "上午" => self.afternoon = Some(false),
            "pm" | "p" | "下午" => self.afternoon = Some(true),
            "오전" | "오후" => {
                // Only Korea writes so, and Korea has one zone.
                self.afternoon = Some(word == "오후");
                self.zone = self.zone.or(Some(9 * 60));
            }
            "t" | "at" | "um" | "u" | "h" | "st" | "nd" | "rd" | "th" | "г" | "год" | "года"
            | "de" | "om" => (),
            _ => {
                if let Some(month) = month(&word) {
                    // `mar. 01 déc.`: what came before was a weekday.
                    if self.month.is_none() || self.year.is_none() {
                        self.month = Some(month);
                    }
                } else if self.time && self.zone.is_none() && rest.is_ascii() {
                    let zone = rest.split(' ').next().unwrap_or(rest);
                    if let Some(minutes) = offset(zone) {
                        self.zone = Some(minutes);
                        return Some(zone.len());
                    }
                }
            }
        }
        Some(end)
    }

    fn civil(self) -> Option<Civil> {
        let (mut day, mut month) = (self.day, self.month);
        if let Some((first, second)) = self.slashed {
            // Two numbers up to 12 mean one thing in Boston and another in Belgrade; a clock with
            // am and pm stands in Boston.
            let day_first = match (first > 12, second > 12) {
                (true, false) => true,
                (false, true) => false,
                _ if first == second => true,
                _ if self.afternoon.is_some() => false,
                _ => return None,
            };
            let (d, m) = if day_first { (first, second) } else { (second, first) };
            (day, month) = (Some(d), Some(m));
        }
        let hour = match (self.afternoon, self.clock.hour) {
            (Some(true), hour @ 1..12) => hour + 12,
            (Some(false), 12) => 0,
            (_, hour) => hour,
        };
        let zone = self.zone.unwrap_or(0);
        Some(Civil { year: self.year?, month: month?, day: day?, hour, offset: zone, ..self.clock })
    }
}

/// A month by the beginning of its name in English, Serbian (both scripts), German, French,
/// Spanish, Italian, Portuguese, Dutch, Polish, Czech, Russian, Bulgarian, Greek, Hungarian.
fn month(word: &str) -> Option<i64> {
    const BEGINNINGS: [(&[&str], i64); 12] = [
        (
            &[
                "jan", "jän", "janv", "ene", "gen", "led", "sty", "siječ", "јан", "янв", "яну",
                "ιαν",
            ],
            1,
        ),
        (&["feb", "fév", "fev", "únor", "lut", "velj", "феб", "фев", "φεβ"], 2),
        (
            &[
                "mar", "mär", "maer", "mrz", "maart", "mrt", "már", "břez", "ožuj", "мар", "μαρ",
                "μάρ",
            ],
            3,
        ),
        (&["apr", "avr", "abr", "ápr", "dub", "kwi", "trav", "апр", "απρ"], 4),
        (
            &[
                "may", "mai", "maj", "mag", "mei", "máj", "květ", "svib", "мај", "май", "мая",
                "μαι", "μαϊ", "μάι", "μάϊ",
            ],
            5,
        ),
        (
            &[
                "jun", "juin", "giu", "jún", "červn", "cze", "lip", "јун", "июн", "юни", "ιουν",
                "ιούν",
            ],
            6,
        ),
        (&["jul", "juil", "lug", "júl", "červen", "srp", "јул", "июл", "юли", "ιουλ", "ιούλ"], 7),
        (&["aug", "avg", "août", "aout", "ago", "srpn", "sie", "kolov", "авг", "αυγ", "αύγ"], 8),
        (&["sep", "set", "szept", "září", "wrz", "rujn", "сеп", "сен", "σεπ"], 9),
        (&["oct", "okt", "ott", "out", "říj", "paź", "listop", "окт", "οκτ"], 10),
        (&["nov", "nob", "listopada", "studen", "нов", "ноя", "ное", "νοε", "νοέ"], 11),
        (&["dec", "dez", "déc", "dic", "pros", "gru", "dek", "дец", "дек", "δεκ"], 12),
    ];
    if word.chars().count() < 3 {
        return None;
    }
    // Weekdays first: Spanish and Italian ones begin as months do.
    if ["mart", "marti", "martes", "mardi", "martedì", "mer"].contains(&word) && word != "mart" {
        return None;
    }
    let matching =
        BEGINNINGS.iter().flat_map(|(names, month)| names.iter().map(move |name| (name, month)));
    matching
        .filter(|(name, _)| word.starts_with(**name))
        .max_by_key(|(name, _)| name.len())
        .map(|(_, &month)| month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = parse(text).map_or("unknown".into(), |time| time.to_string());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn iso_8601_in_its_profiles() {
        for text in [
            "2026-03-12T10:15:30Z",
            "2026-03-12T11:15:30+01:00",
            "2026-03-12t05:15:30-0500",
            "20260312T101530Z",
            "20260312101530",
            " 2026-03-12 10:15:30 ",
            "2026/03/12 10:15:30",
            "26-03-12T10:15:30Z",
            "2026-03-12 10:15:30 UTC",
            "2026-03-12T13:15:30 +03",
        ] {
            check(text, "2026-03-12T10:15:30Z");
        }
        check("2026-03-12T10:15:30.25Z", "2026-03-12T10:15:30.25Z");
        check("2026-03-12T10:15Z", "2026-03-12T10:15:00Z");
        check("2026-03-12", "2026-03-12T00:00:00Z");
        check("20260312", "2026-03-12T00:00:00Z");
        check("2026-03", "2026-03-01T00:00:00Z");
        check("2026", "2026-01-01T00:00:00Z");
        check("2024-366", "2024-12-31T00:00:00Z");
        check("2026-03-12T24:00:00Z", "2026-03-13T00:00:00Z");
        check("1772360000", "2026-03-01T10:13:20Z");
    }

    #[test]
    fn mail_dates_and_what_became_of_them() {
        for text in [
            "Thu, 12 Mar 2026 10:15:30 GMT",
            "12 Mar 2026 10:15:30 +0000",
            "Thu, 12 Mar 26 05:15:30 EST",
            "Thursday, 12-Mar-26 10:15:30 GMT",
            "Thu Mar 12 10:15:30 2026",
            "Thu Mar 12 11:15:30 CET 2026",
            "Thu Mar 12 11:15:30 +0100 2026",
            "Thu,12 Mar 2026 10:15:30 Z",
            "Thu, 12 March 2026, 10:15:30",
            "March 12, 2026 10:15:30 AM",
            "Thu, 12 Mar 2026 12:15:30 GMT+2",
            "Thu, 12 Mar 2026 11:15:30 +0100 (CET)",
            "Mer, 12 mars 2026 11:15:30 +0100",
            "3/12/2026 10:15:30 AM",
        ] {
            check(text, "2026-03-12T10:15:30Z");
        }
        check("Thu, 12 Mar 2026", "2026-03-12T00:00:00Z");
        check("Thu, 12 Mar 2026 22:15 +0100", "2026-03-12T21:15:00Z");
        check("Sat, 31 Jan 2026 12:30:00 PM", "2026-01-31T12:30:00Z");
    }

    #[test]
    fn dates_in_other_languages() {
        for text in [
            "12. mart 2026. 10:15",
            "12. марта 2026. 10:15",
            "12.03.2026. 10:15",
            "12.3.2026 10:15:00",
            "12. März 2026 10:15",
            "2026年3月12日 10:15",
            "2026年03月12日10时15分",
            "четверг, 12 марта 2026 10:15",
            "Πεμ, 12 Μαρ 2026 10:15:00 GMT",
            "2026-március-12T10:15Z",
        ] {
            check(text, "2026-03-12T10:15:00Z");
        }
    }

    #[test]
    fn forms_that_only_feeds_know() {
        for (text, expected) in [
            ("Sun, 17 Dec 2017 1:55 PM EST", "2017-12-17T18:55:00Z"),
            ("Friday, December 22, 2017 - 3:09pm", "2017-12-22T15:09:00Z"),
            ("Mon, 09 Apr 2018, 16:04", "2018-04-09T16:04:00Z"),
            ("Di, 23 Jan 2018 00:00:00 +0100", "2018-01-22T23:00:00Z"),
            ("Do, 29 Mär 2018 00:00:00 +0200", "2018-03-28T22:00:00Z"),
            ("mar., 01 déc. 2020 16:11:02 +0000", "2020-12-01T16:11:02Z"),
            ("mar, 9 avr 2019 00:00:00 +0200", "2019-04-08T22:00:00Z"),
            ("Tue 16 Feb 2016, 23:16:00 EDT", "2016-02-17T03:16:00Z"),
            ("Mon, 03/30/2020 - 19:19", "2020-03-30T19:19:00Z"),
            ("Fri, 26/06/2020", "2020-06-26T00:00:00Z"),
            ("2020-11-08T16:20:00-05:00Z", "2020-11-08T21:20:00Z"),
            ("Nov. 16, 2020, 10:57 a.m.", "2020-11-16T10:57:00Z"),
            ("Jan. 4, 2016, 12:37 p.m.", "2016-01-04T12:37:00Z"),
            ("Lundi, 16. Novembre 2020 - 15:54", "2020-11-16T15:54:00Z"),
            (
                "Thu Nov 12 2020 17:00:00 GMT+0000 (Coordinated Universal Time)",
                "2020-11-12T17:00:00Z",
            ),
            ("Mon, 16th Nov 2020 13:16:28 GMT", "2020-11-16T13:16:28Z"),
            ("Thu, 29 Oct 2020 07:36:03 GMT-07:00", "2020-10-29T14:36:03Z"),
            ("5 August, 2019", "2019-08-05T00:00:00Z"),
            ("26 Sep 2022 GMT", "2022-09-26T00:00:00Z"),
            ("09/15/2014 4:20 pm PST", "2014-09-16T00:20:00Z"),
            ("10/30/23 21:55:58", "2023-10-30T21:55:58Z"),
            ("30.10.23", "2023-10-30T00:00:00Z"),
            ("2018-10-23 04:07:42 +00:00", "2018-10-23T04:07:42Z"),
            ("Sat, 11 04 2020 08:51:49 +0100", "2020-04-11T07:51:49Z"),
            ("Thu, 25 Feb 2016 00:00:00 Europe/Brussels", "2016-02-25T00:00:00Z"),
            ("2004-05-25 오후 11:23:17", "2004-05-25T14:23:17Z"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        for text in [
            "",
            "soon",
            "yesterday",
            "2026-02-30",
            "2026-13-01",
            "Thu, 32 Mar 2026 10:15:30 GMT",
            "03/04/2026",
            "2026-03-12T25:00:00Z",
            "0000-00-00 00:00:00",
            "1969-12-31",
            "12345",
            "-0001-11-30T00:00:00+00:00",
        ] {
            check(text, "unknown");
        }
    }
}
