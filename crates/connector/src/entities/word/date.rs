//! Dates of lists, as RFC 3339 full-dates. What is no whole date is no date.

use chrono::NaiveDate;

/// Which number of `1/2/2026` is the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    MonthFirst,
    DayFirst,
}

/// Years that a list can mean; two digits are read as 1950 to 2049.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A date as `2026-01-31`: of ISO 8601 with or without time, with dots, slashes or dashes, with
/// the name of the month before or after the day.
pub(crate) fn full_date(text: &str, order: Order) -> Option<String> {
    let text = text.trim().trim_end_matches(['.', ',']);
    let head = text.split(['T', ' ']).next().unwrap_or_default();
    if let Some(date) = iso(head) {
        return Some(date);
    }
    if text.chars().any(|c| c.is_alphabetic()) {
        return worded(text);
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return date(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?);
    }
    let parts: Vec<&str> = head.split(['/', '-', '.']).collect();
    let [a, b, year] = parts[..] else { return None };
    let (a, b) = (number(a)?, number(b)?);
    let year = full_year(year)?;
    // Dots are European wherever they stand; a number above twelve is no month.
    let day_first = order == Order::DayFirst || head.contains('.');
    let (month, day) = if day_first { (b, a) } else { (a, b) };
    date(year, month, day).or_else(|| date(year, day, month))
}

/// A date with the name of its month only: prose holds many other numbers.
pub(crate) fn long_date(text: &str) -> Option<String> {
    worded(text)
}

fn iso(head: &str) -> Option<String> {
    let mut parts = head.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 {
        return None;
    }
    let day = day.get(..2).filter(|_| day.len() == 2 || !day.as_bytes()[2].is_ascii_digit())?;
    date(number(year)? as i32, number(month)?, number(day)?)
}

fn worded(text: &str) -> Option<String> {
    let words = runs(text);
    for (at, word) in words.iter().enumerate() {
        let Some(month) = month(word) else { continue };
        let near = |offset: isize| words.get(at.checked_add_signed(offset)?).copied();
        let after = near(1).and_then(day);
        let before = near(-1).and_then(day);
        if let (Some(day), Some(year)) = (after, near(2).and_then(full_year))
            && let Some(found) = date(year, month, day)
        {
            return Some(found);
        }
        if let (Some(day), Some(year)) = (before, near(1).and_then(full_year))
            && let Some(found) = date(year, month, day)
        {
            return Some(found);
        }
    }
    None
}

/// Words and numbers, also where nothing stands between: `2025Updated`. No ending of `4th`.
fn runs(text: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let mut start = 0;
        let mut last = None;
        for (at, c) in word.char_indices() {
            let digit = c.is_ascii_digit();
            if last.is_some_and(|last| last != digit) {
                runs.push(&word[start..at]);
                start = at;
            }
            last = Some(digit);
        }
        runs.push(&word[start..]);
    }
    runs.retain(|run| !matches!(*run, "" | "st" | "nd" | "rd" | "th"));
    runs
}

fn day(word: &str) -> Option<u32> {
    number(word).filter(|day| (1..=31).contains(day))
}

fn month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.to_ascii_lowercase();
    let found = MONTHS.iter().position(|month| {
        *month == word || (word.len() >= 3 && word.len() <= 4 && month.starts_with(&word))
    })?;
    u32::try_from(found + 1).ok()
}

fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

fn full_year(text: &str) -> Option<i32> {
    let year = i32::try_from(number(text)?).ok()?;
    match text.len() {
        4 => Some(year),
        2 => Some(if year < 50 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

fn date(year: i32, month: u32, day: u32) -> Option<String> {
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    YEARS.contains(&year).then(|| date.format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_publishers() {
        let us = |text| full_date(text, Order::MonthFirst);
        let uk = |text| full_date(text, Order::DayFirst);
        for (text, expected) in [
            ("2026-02-27T00:00:09.554Z", "2026-02-27"),
            ("2017-10-23", "2017-10-23"),
            ("10/16/2017", "2017-10-16"),
            ("4/27/2012", "2012-04-27"),
            ("6/27/03", "2003-06-27"),
            ("June 21, 2022", "2022-06-21"),
            ("December 22, 2025Updated:January 7, 2026", "2025-12-22"),
            ("03 Jun 2021", "2021-06-03"),
            ("Sept. 4th, 2018", "2018-09-04"),
            ("12.9.2014", "2014-09-12"),
            ("20221014", "2022-10-14"),
            ("2006-10-04+02:00", "2006-10-04"),
            ("23/06/2003 00:00:00", "2003-06-23"),
        ] {
            assert_eq!(us(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(uk("05/08/2026").as_deref(), Some("2026-08-05"));
        assert_eq!(uk("10-Jun-2026").as_deref(), Some("2026-06-10"));
        for text in ["", "dd/mm/1945", "1945", "0000-00-00", "31/31/2020", "circa 1954", "-0-"] {
            assert_eq!(uk(text), None, "{text}");
        }
    }
}
