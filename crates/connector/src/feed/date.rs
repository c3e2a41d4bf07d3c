//! Dates as feeds write them. What cannot be read is unknown, never invented; a time without a zone
//! is UTC.

use model::Timestamp;

use super::calendar::{days_since_1970, full_year, month, named_zone};

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

#[cfg(test)]
mod tests;
