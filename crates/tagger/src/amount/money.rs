//! A number with a currency.

use super::chinese;
use super::number::{self, Number, Value};
use super::unit::{self, Currency, Scale, Style};
use super::words::{letters_end, number_before, skip_gap};
use super::{Amount, Source};

/// How sure an amount is: by code or name, and by a sign or word that others use too.
const NAMED: f32 = 1.0;
const SHARED: f32 = 0.9;
/// The least number of Bosnian marks without a scale word: below it, `KM` are kilometres.
const LEAST_MARKS: u64 = 1_000;
/// Bytes before a number that a sign or code and its space may take.
const PREFIX_REACH: usize = 12;

/// What stands behind a number.
#[derive(Clone, Copy)]
struct Behind {
    scale: Option<Scale>,
    /// Ten to this: of the scale, or of Chinese units.
    power: u32,
    currency: Option<&'static str>,
    is_shared: bool,
    end: usize,
}

/// The amount whose number begins with the digit at `at`.
pub(super) fn at_digits(source: &Source<'_>, at: usize) -> Option<Amount> {
    let text = source.bytes();
    if !number::may_begin(text, at) {
        return None;
    }
    let first = number::read(text, at)?;
    let prefix = prefix_before(text, at);
    let low = behind(source, &first, first.end);
    let (second, last) = match range_to(text, low.end_of_scale(first.end)) {
        // `3-5 miliona evra`; where the first has its own currency it is told alone.
        Some(second_at) if low.currency.is_none() => {
            match number::read(text, second_at).map(|n| (n, behind(source, &n, n.end))) {
                Some((number, behind)) if behind.currency.or(prefix.map(|p| p.0)).is_some() => {
                    (Some(number), behind)
                }
                _ => (None, low),
            }
        }
        _ => (None, low),
    };
    let named = last.currency.map(|unit| (unit, last.is_shared));
    let (unit, is_shared) = named.or(prefix.map(|(unit, _)| (unit, unit == "usd")))?;
    let power_of_first = if low.power == 0 { last.power } else { low.power };
    let value = |number: &Number, power| read(number, last.scale).scaled(power);
    let (low_value, high_value) = match second {
        Some(second) => (value(&first, power_of_first)?, Some(value(&second, last.power)?)),
        None => (value(&first, low.power)?, None),
    };
    // A range that falls is no range: `24-7 evra`.
    if high_value.is_some_and(|high| high <= low_value) || low_value == Value::whole(0) {
        return None;
    }
    let start = prefix.map_or(at, |(_, start)| start);
    Some(amount(start, last.end, unit, low_value, high_value, is_shared))
}

/// The amount whose scale word begins at `at`, with its number in words before it or none at all:
/// `dve milijarde evra`, `milijardu i po dinara`.
pub(super) fn at_scale(source: &Source<'_>, at: usize) -> Option<Amount> {
    let text = source.bytes();
    let word_end = letters_end(text, at);
    let scale = unit::scale(&text[at..word_end], false)?;
    let (start, number) = match number_before(source, at) {
        Some(found) => found,
        None if scale.is_one => (at, Value::whole(1)),
        None => return None,
    };
    let and_half = b" i po";
    let (number, scale_end) = if text[word_end..].starts_with(and_half) {
        (number.plus_half(), word_end + and_half.len())
    } else {
        (number, word_end)
    };
    let (unit, is_shared, end) = currency_behind(source, scale_end, true, true)?;
    Some(amount(start, end, unit, number.scaled(scale.power)?, None, is_shared))
}

fn amount(
    start: usize,
    end: usize,
    unit: &'static str,
    low: Value,
    high: Option<Value>,
    is_shared: bool,
) -> Amount {
    let confidence = if is_shared || high.is_some() { SHARED } else { NAMED };
    Amount { start: start as u32, end: end as u32, unit, low, high, is_money: true, confidence }
}

/// The number as the language of its scale writes it.
fn read(number: &Number, scale: Option<Scale>) -> Value {
    match (number.or_decimal, scale.map(|scale| scale.style)) {
        (Some((decimal, b'.')), Some(Style::English)) => decimal,
        (Some((decimal, b',')), Some(Style::Balkan)) => decimal,
        _ => number.value,
    }
}

impl Behind {
    fn end_of_scale(&self, number_end: usize) -> usize {
        if self.power > 0 || self.currency.is_some() { self.end } else { number_end }
    }
}

/// Scale and currency behind the number that ends at `end`.
fn behind(source: &Source<'_>, number: &Number, end: usize) -> Behind {
    let text = source.bytes();
    if let Some((power, scale_end)) = chinese::scale(text, end) {
        let currency = chinese::currency(text, scale_end);
        let end = currency.map_or(scale_end, |(_, end)| end);
        let currency = currency.map(|(unit, _)| unit);
        return Behind { scale: None, power, currency, is_shared: false, end };
    }
    if let Some((unit, end)) = chinese::currency(text, end) {
        return Behind { scale: None, power: 0, currency: Some(unit), is_shared: false, end };
    }
    let word_at = skip_gap(text, end);
    let word_end = letters_end(text, word_at);
    let scale = unit::scale(&text[word_at..word_end], word_at == end)
        .filter(|_| !text[word_end].is_ascii_alphanumeric());
    let scale_end = match scale {
        // `mil.`, `mlrd.`
        Some(_) if text[word_end] == b'.' && word_end - word_at <= 4 => word_end + 1,
        Some(_) => word_end,
        None => end,
    };
    let marks = number.value.as_whole().is_some_and(|n| n >= LEAST_MARKS) || scale.is_some();
    let currency = currency_behind(source, scale_end, scale.is_some(), marks);
    let power = scale.map_or(0, |scale| scale.power);
    match currency {
        Some((unit, is_shared, end)) => {
            Behind { scale, power, currency: Some(unit), is_shared, end }
        }
        // The point ends the sentence as well as the word.
        None => Behind { scale, power, currency: None, is_shared: false, end: scale_end },
    }
}

/// The currency behind `at`, whether others use its word too, and where it ends.
fn currency_behind(
    source: &Source<'_>,
    at: usize,
    has_scale: bool,
    may_be_marks: bool,
) -> Option<(&'static str, bool, usize)> {
    let text = source.bytes();
    let mut at = skip_gap(text, at);
    if let Some((unit, length)) = unit::sign(&text[at..]) {
        return Some((unit, unit == "usd", at + length));
    }
    if text[at..].starts_with(b"u.s. ") {
        at += 5;
    }
    let mut end = letters_end(text, at);
    if unit::is_adjective(&text[at..end]) {
        at = skip_gap(text, end);
        end = letters_end(text, at);
    }
    if end == at || text[end].is_ascii_alphanumeric() {
        return None;
    }
    if &text[at..end] == b"km" {
        return (may_be_marks && source.is_capital(at, end)).then_some(("bam", true, end));
    }
    let Currency { unit, weak } = unit::currency(&text[at..end])?;
    (has_scale || !weak).then_some((unit, weak, end))
}

/// The sign or code before the number at `at`, and where it begins.
fn prefix_before(text: &[u8], at: usize) -> Option<(&'static str, usize)> {
    let end = if at > 0 && text[at - 1] == b' ' { at - 1 } else { at };
    let reach = &text[end.saturating_sub(PREFIX_REACH)..end];
    let (unit, length) = unit::prefix(reach)?;
    Some((unit, end - length))
}

/// Where the second number of a range begins, when one goes on at `at`.
fn range_to(text: &[u8], at: usize) -> Option<usize> {
    const JOINTS: &[&str] = &[" do ", " to ", " - ", "-", "至", "到", " and ", " i "];
    let ahead = text.get(at..)?;
    let joint = JOINTS.iter().find(|joint| ahead.starts_with(joint.as_bytes()))?;
    let next = at + joint.len();
    let next = match unit::sign(&text[next..]) {
        Some((_, length)) => next + length,
        None => next,
    };
    text.get(next).filter(|b| b.is_ascii_digit()).map(|_| next)
}
