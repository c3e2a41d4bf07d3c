//! Numbers in digits: `1.234.567,89`, `19,3`, `1 000`, `8.000`.

use std::fmt;

/// The longest number, in digits: more is an account or a serial number.
const MAX_DIGITS: usize = 15;
/// Groups of digits in a number.
const MAX_PARTS: usize = 6;
const MILLIONTHS: u128 = 1_000_000;

/// A number in millionths, so that `2.125 billion` is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value(u128);

impl Value {
    pub(crate) fn whole(number: u64) -> Self {
        Self(u128::from(number) * MILLIONTHS)
    }

    /// `whole` and `digits` behind the point.
    fn with_fraction(whole: u64, digits: &[u8]) -> Option<Self> {
        let mut fraction = 0;
        for n in 0..6 {
            fraction = fraction * 10 + digits.get(n).map_or(0, |d| u128::from(d - b'0'));
        }
        (digits.len() <= 6).then_some(Self(u128::from(whole) * MILLIONTHS + fraction))
    }

    /// The value as ids write it: digits, a point, digits.
    pub(crate) fn of_id(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 6 {
            return None;
        }
        let fraction: u128 = format!("{fraction:0<6}").parse().ok()?;
        let whole: u128 = whole.parse().ok()?;
        whole.checked_mul(MILLIONTHS)?.checked_add(fraction).map(Self)
    }

    pub(crate) fn plus_half(self) -> Self {
        Self(self.0 + MILLIONTHS / 2)
    }

    pub(crate) fn half() -> Self {
        Self(MILLIONTHS / 2)
    }

    /// Times a power of ten; the largest product has 33 digits.
    pub(crate) fn scaled(self, power: u32) -> Option<Self> {
        10_u128.checked_pow(power).and_then(|factor| self.0.checked_mul(factor)).map(Self)
    }

    pub(crate) fn as_whole(self) -> Option<u64> {
        self.0.is_multiple_of(MILLIONTHS).then(|| u64::try_from(self.0 / MILLIONTHS).ok()).flatten()
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / MILLIONTHS, self.0 % MILLIONTHS);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{rest:06}").trim_end_matches('0'))
    }
}

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) end: usize,
    pub(crate) value: Value,
    /// `1.234` read as one and a bit, with the sign that was read as the point: which it is, is
    /// decided by the language of the scale word behind it.
    pub(crate) or_decimal: Option<(Value, u8)>,
    /// Digits alone, four of them, and between 1900 and 2099.
    pub(crate) is_year: bool,
}

/// Where the digits and their separators that begin at `at` end.
pub(crate) fn digits_end(text: &[u8], at: usize) -> usize {
    let part = |b: &&u8| b.is_ascii_digit() || matches!(b, b'.' | b',');
    at + text[at..].iter().take_while(part).count().max(1)
}

/// Whether a number may begin at `at`: not inside a word, an address, a date or a score.
pub(crate) fn may_begin(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|n| text[n]) else { return true };
    match before {
        b'-' => at < 2 || !text[at - 2].is_ascii_alphanumeric(),
        b' ' | b'\n' | b'(' | b'[' | b'"' | b'\'' | b'$' | b'~' | b'>' => true,
        _ => before >= 0x80,
    }
}

/// Reads the number whose digits begin at `at`.
pub(crate) fn read(text: &[u8], at: usize) -> Option<Number> {
    let run = |at: usize| text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let first = run(at);
    if first == 0 || first > MAX_DIGITS {
        return None;
    }
    // Where each part begins, its length, and the separator before it.
    let mut parts = [(at, first, 0_u8); MAX_PARTS];
    let mut count = 1;
    let mut end = at + first;
    loop {
        let sign = text[end];
        let length = run((end + 1).min(text.len()));
        let goes_on = match sign {
            b'.' | b',' => length > 0 && parts[1..count].iter().all(|part| part.2 != b' '),
            b' ' | b'\'' => {
                length == 3 && first <= 3 && parts[1..count].iter().all(|part| part.2 == sign)
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        if count == MAX_PARTS || end + 1 + length - at > MAX_DIGITS + MAX_PARTS {
            return None;
        }
        parts[count] = (end + 1, length, sign);
        count += 1;
        end += 1 + length;
    }
    let parts = &parts[..count];
    let digits = |part: &(usize, usize, u8)| &text[part.0..part.0 + part.1];
    let whole = |parts: &[(usize, usize, u8)]| {
        let all = parts.iter().flat_map(digits).map(|d| u64::from(d - b'0'));
        all.fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(digit))
    };
    let groups = |parts: &[(usize, usize, u8)]| {
        parts[0].1 <= 3 && parts[1..].iter().all(|part| part.1 == 3) && text[parts[0].0] != b'0'
    };
    let (last, before) = parts.split_last()?;
    let same = parts[1..].iter().all(|part| part.2 == last.2);
    let mut or_decimal = None;
    let value = if count == 1 {
        Value::whole(whole(parts))
    } else if count == 2 && matches!(last.2, b'.' | b',') {
        let decimal = Value::with_fraction(whole(before), digits(last))?;
        if groups(parts) {
            or_decimal = Some((decimal, last.2));
            Value::whole(whole(parts))
        } else {
            decimal
        }
    } else if same && groups(parts) {
        Value::whole(whole(parts))
    } else if !same && groups(before) && before[1..].iter().all(|part| part.2 != last.2) {
        Value::with_fraction(whole(before), digits(last))?
    } else {
        return None;
    };
    let is_year = count == 1 && first == 4 && (1900..2100).contains(&whole(parts));
    Some(Number { end, value, or_decimal, is_year })
}

/// Reads the number whose digits end at `end`, and says where it begins.
pub(crate) fn read_back(text: &[u8], end: usize) -> Option<(usize, Number)> {
    let part = |b: &&u8| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'\'');
    let limit = MAX_DIGITS + MAX_PARTS;
    let length = text[..end].iter().rev().take(limit).take_while(part).count();
    let mut start = end - length;
    // Groups that stand apart: `1 000`.
    while start + 3 <= end
        && text[start..].iter().take_while(|b| b.is_ascii_digit()).count() == 3
        && start >= 2
        && text[start - 1] == b' '
        && end - start < limit
    {
        let group = text[..start - 1].iter().rev().take(4).take_while(|b| b.is_ascii_digit());
        match group.count() {
            0 | 4 => break,
            n => start -= n + 1,
        }
    }
    let number = read(text, start)?;
    (number.end == end && may_begin(text, start)).then_some((start, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_commas_are_read_by_what_stands_around_them() {
        for (text, expected) in [
            ("150 ", Some("150")),
            ("19,3 ", Some("19.3")),
            ("1.2bn", Some("1.2")),
            ("1.000 ", Some("1000")),
            ("1,000 ", Some("1000")),
            ("0.125 ", Some("0.125")),
            ("1.234.567,89 ", Some("1234567.89")),
            ("1,234,567.89 ", Some("1234567.89")),
            ("19 300 000 ", Some("19300000")),
            ("1'000 ", Some("1000")),
            ("2019 300 ", Some("2019")),
            ("2.50. ", Some("2.5")),
            // Dates and versions are no numbers.
            ("12.3.2024 ", None),
            ("1.2.3 ", None),
            ("1234567890123456 ", None),
        ] {
            let padded = format!("{text}\0\0\0\0\0\0\0\0");
            let read = read(padded.as_bytes(), 0).map(|n| n.value.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_number_is_found_from_its_end() {
        for (text, expected) in [
            ("oko 1 000", Some("1000")),
            ("u 2019 300", Some("300")),
            ("8.000", Some("8000")),
            ("ch-92", None),
            ("24/7", None),
        ] {
            let padded = format!("{text}\0\0\0\0\0\0\0\0");
            let read = read_back(padded.as_bytes(), text.len()).map(|(_, n)| n.value.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
