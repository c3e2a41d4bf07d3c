//! Small things that every reader of notices needs: bounded texts, codes, sums, lists without
//! repetition.

use std::collections::HashSet;

use model::{Money, Notice, Party, PartyRole, Timestamp, entry_limits, truncated};

use crate::feed::date;

/// Most names, codes, lots, addresses of one notice.
pub(super) const LIST: usize = 5_000;
/// Bytes of a name, a code, a reference.
const NAME_BYTES: usize = 1_024;
/// Sums beyond this are mistakes; a double holds cents exactly up to it.
const LARGEST: f64 = 9e13;

/// Text on one line, cut to the length of a title; `None` where nothing is left.
pub(super) fn title(text: &str) -> Option<String> {
    bounded(&model::one_line(text), entry_limits::TITLE_BYTES)
}

/// Text of several lines, cut to the length of a summary.
pub(super) fn summary(text: &str) -> Option<String> {
    bounded(text.trim(), entry_limits::SUMMARY_BYTES)
}

/// A name or a code on one line. Placeholders for what is withheld are no names.
pub(super) fn name(text: &str) -> Option<String> {
    let line = bounded(&model::one_line(text), NAME_BYTES)?;
    let nothing = ["unpublished", "n/a", "-", "–", "null", "none"];
    (!nothing.iter().any(|word| line.eq_ignore_ascii_case(word))).then_some(line)
}

fn bounded(text: &str, bytes: usize) -> Option<String> {
    (!text.is_empty()).then(|| truncated(text, bytes).into_owned())
}

/// Eight digits, from `32323500`, `32323500-8`, `32323500.0` or `cpv:32323500`. Codes that end in
/// fewer digits are prefixes that some publishers shorten: zeros are put back.
pub(super) fn cpv(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.rsplit_once([':', '/']).map_or(text, |(_, code)| code);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (code, rest) = text.split_at(digits);
    let checked = rest.is_empty()
        || rest
            .strip_prefix('-')
            .is_some_and(|check| check.len() == 1 && check.bytes().all(|b| b.is_ascii_digit()))
        || rest.strip_prefix('.').is_some_and(|zeros| zeros.bytes().all(|b| b == b'0'))
        || rest.starts_with(char::is_whitespace);
    (checked && digits == 8 && code != "00000000").then(|| code.to_owned())
}

/// Puts a value at the end of a list unless it is there, or the list is full.
pub(super) fn add(list: &mut Vec<String>, value: Option<String>) {
    if let Some(value) = value
        && list.len() < LIST
        && !list.contains(&value)
    {
        list.push(value);
    }
}

/// A list without repetition that may be asked for often: hostile documents hold millions of codes.
#[derive(Default)]
pub(super) struct Unique {
    pub(super) list: Vec<String>,
    known: HashSet<String>,
}

impl Unique {
    pub(super) fn add(&mut self, value: Option<String>) {
        if let Some(value) = value
            && self.list.len() < LIST
            && self.known.insert(value.clone())
        {
            self.list.push(value);
        }
    }
}

/// Puts an organisation into the notice: its list of parties, and the buyer or the suppliers.
pub(super) fn party(notice: &mut Notice, party: Party) {
    match party.role {
        PartyRole::Buyer if notice.buyer.is_none() => notice.buyer = Some(party.name.clone()),
        PartyRole::Winner => add(&mut notice.suppliers, Some(party.name.clone())),
        PartyRole::Buyer | PartyRole::Subcontractor => (),
    }
    let known = |other: &Party| other.role == party.role && other.name == party.name;
    if notice.parties.len() < LIST && !notice.parties.iter().any(known) {
        notice.parties.push(party);
    }
}

/// A sum: `185000`, `228631.2`, `1 234 567,89`, `1.234.567,89`, `12,345.60`. Nothing below zero:
/// `-1` stands for what is withheld.
pub(super) fn amount(text: &str) -> Option<f64> {
    let kept: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}' | '\'' | '’'))
        .collect();
    let number = match (kept.rfind('.'), kept.rfind(',')) {
        (Some(dot), Some(comma)) if comma > dot => kept.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => kept.replace(',', ""),
        (None, Some(comma)) => {
            let groups = kept.matches(',').count() > 1;
            let thousands = kept.len() - comma - 1 == 3;
            if groups || thousands { kept.replace(',', "") } else { kept.replace(',', ".") }
        }
        (Some(_), None) if kept.matches('.').count() > 1 => kept.replace('.', ""),
        _ => kept,
    };
    sum(number.parse().ok()?)
}

/// The same of a number.
pub(super) fn sum(number: f64) -> Option<f64> {
    (number.is_finite() && (0.0..=LARGEST).contains(&number)).then_some(number)
}

/// Sums added up in cents, so that 0.1 and 0.2 make 0.3.
pub(super) fn total(sums: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut cents = None;
    for amount in sums {
        cents = Some(cents.unwrap_or(0.0) + (amount * 100.0).round());
    }
    sum(cents? / 100.0)
}

/// Sums of one currency as one; of several there is none.
pub(super) fn add_up(sums: impl Iterator<Item = Money>) -> Option<Money> {
    let sums: Vec<Money> = sums.collect();
    let currency = sums.first()?.currency.clone();
    if sums.iter().any(|sum| sum.currency != currency) {
        return None;
    }
    Some(Money { amount: total(sums.iter().map(|sum| sum.amount))?, currency })
}

/// The same of sums that may be unknown: with one unknown the others are no total.
pub(super) fn add_up_all(sums: impl Iterator<Item = Option<Money>>) -> Option<Money> {
    add_up(sums.collect::<Option<Vec<Money>>>()?.into_iter())
}

/// ISO 4217, by its shape.
pub(super) fn currency(text: &str) -> Option<String> {
    let code = text.trim();
    (code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic())).then(|| code.to_uppercase())
}

/// A day, as midnight in UTC: the offset that some publishers put behind a day moves it to the
/// day before, which nobody means.
pub(super) fn day(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let iso = text.get(..10).filter(|day| {
        day.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    });
    match iso {
        Some(day) => date::parse(day),
        None => date::parse(text),
    }
}

/// A point in time with its offset; a bare day as [`day`] says; without an offset UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.contains('T') || text.contains(':') && text.len() > 16 {
        date::parse(text)
    } else {
        day(text)
    }
}

/// An address that can be followed.
pub(super) fn web(text: &str) -> Option<String> {
    let text = text.trim();
    let known = |scheme: &str| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let fits = text.len() <= 2_048 && !text.contains(char::is_whitespace);
    (fits && (known("http://") || known("https://"))).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_eight_digits() {
        let cases = [
            ("32323500", Some("32323500")),
            (" 48000000-8 ", Some("48000000")),
            ("45233130.0", Some("45233130")),
            ("http://cpv.data.ac.uk/45233130", Some("45233130")),
            ("32323500 Video", Some("32323500")),
            ("42201810-001", None),
            ("3232350", None),
            ("323235000", None),
            ("00000000", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(cpv(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn sums_are_read_as_people_write_them() {
        let cases = [
            ("185000", Some(185_000.0)),
            ("228631.2", Some(228_631.2)),
            ("1.234.567,89", Some(1_234_567.89)),
            ("1 234 567,89", Some(1_234_567.89)),
            ("12,345.60", Some(12_345.6)),
            ("12,345,678", Some(12_345_678.0)),
            ("12,5", Some(12.5)),
            ("0", Some(0.0)),
            ("-1", None),
            ("1e999", None),
            ("unpublished", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(amount(text), expected, "{text}");
        }
        assert_eq!(total([0.1, 0.2]), Some(0.3));
        assert_eq!(total([]), None);
    }

    #[test]
    fn a_day_stays_the_day_whatever_its_offset() {
        let show = |time: Option<Timestamp>| time.map(|time| time.to_string());
        assert_eq!(show(day("2026-09-28+02:00")).as_deref(), Some("2026-09-28T00:00:00Z"));
        assert_eq!(show(day("2026-10-14Z")).as_deref(), Some("2026-10-14T00:00:00Z"));
        assert_eq!(show(day("20210630")).as_deref(), Some("2021-06-30T00:00:00Z"));
        assert_eq!(
            show(instant("2026-09-28T12:00:00+02:00")).as_deref(),
            Some("2026-09-28T10:00:00Z")
        );
        assert_eq!(day("soon"), None);
    }
}
