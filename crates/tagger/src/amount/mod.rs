//! Money with its currency, and counted devices: `19,3 miliona dolara`, `5 млрд динара`, `2亿元`,
//! `1.000 kamera`.
//!
//! Works on the normal form, so that both scripts are one. Money begins at a digit or at a scale
//! word (`dve milijarde evra`), a count at the device that is counted. Only the digits are looked
//! for here; the words come out of the one search for all names ([`CUES`]).

mod chinese;
mod count;
mod money;
mod number;
mod unit;
mod wanted;
mod words;

pub use wanted::WantedAmount;

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::Text;
use crate::fold::Folded;
use number::Value;

/// Amounts of one item; what is behind them is not looked at.
const MAX_AMOUNTS: usize = 48;
/// Scale words and devices of one item that are looked at.
pub(crate) const MAX_CUES: usize = 4_096;
/// Bytes that are searched for a digit at once.
const RUN: usize = 64;

/// What a word in the text may be a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cue {
    /// A million, perhaps with the number in words before it.
    Scale,
    /// Something that is counted.
    Device(&'static str),
}

/// A word of the normal form where an amount may stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cued {
    pub(crate) cue: Cue,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// The words that are searched for, as a watchlist would write them.
pub(crate) const CUES: &[(&str, Cue)] = unit::CUES;

/// Money or a count, with its place in the normal form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// A currency (`eur`) or a device (`cameras`).
    pub(crate) unit: &'static str,
    pub(crate) low: Value,
    /// The upper end of a range.
    pub(crate) high: Option<Value>,
    pub(crate) is_money: bool,
    pub(crate) confidence: f32,
}

impl Amount {
    /// `eur:19300000`, `cameras:1000`, `eur:5000000-7000000`.
    pub(crate) fn id(&self) -> String {
        match self.high {
            None => format!("{}:{}", self.unit, self.low),
            Some(high) => format!("{}:{}-{high}", self.unit, self.low),
        }
    }

    pub(crate) fn rule(&self) -> &'static str {
        if self.is_money { "amount/money" } else { "amount/count" }
    }
}

/// Part of every tag: changes when other amounts are found.
pub(crate) fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let digest = Sha256::digest(b"amount/1");
        digest[..4].iter().map(|b| format!("{b:02x}")).collect()
    });
    &VERSION
}

/// The text in normal form, with the way back to how it was written.
struct Source<'a> {
    folded: &'a Folded,
    text: &'a Text<'a>,
}

impl Source<'_> {
    fn bytes(&self) -> &[u8] {
        self.folded.padded()
    }

    fn original(&self, start: usize, end: usize) -> &str {
        let place = self.folded.place(self.text, start, end);
        self.text.field(place.field).get(place.start..place.end).unwrap_or_default()
    }

    /// Written in capitals throughout.
    fn is_capital(&self, start: usize, end: usize) -> bool {
        self.original(start, end).chars().all(char::is_uppercase)
    }

    /// Written as a name is.
    fn is_name(&self, start: usize, end: usize) -> bool {
        self.original(start, end).chars().next().is_some_and(char::is_uppercase)
    }

    /// A letter carries a caron, acute or bar.
    fn is_marked(&self, start: usize, end: usize) -> bool {
        self.folded.marks(start, end).next().is_some()
    }
}

/// Finds the amounts of a sealed text; `cued` is in the order of the text.
pub(crate) fn find(folded: &Folded, text: &Text<'_>, cued: &[Cued], found: &mut Vec<Amount>) {
    found.clear();
    let source = Source { folded, text };
    let mut at = 0;
    while let Some(digit) = next_digit(folded.text(), at) {
        if found.len() >= MAX_AMOUNTS {
            return;
        }
        at = match money::at_digits(&source, digit) {
            Some(amount) => {
                found.push(amount);
                amount.end as usize
            }
            None => number::digits_end(source.bytes(), digit),
        };
    }
    for cued in cued {
        if found.len() >= MAX_AMOUNTS {
            break;
        }
        let amount = match cued.cue {
            Cue::Scale => money::at_scale(&source, cued.start as usize),
            Cue::Device(unit) => count::before(&source, unit, cued, found),
        };
        let free = |a: &Amount| found.iter().all(|b| a.end <= b.start || b.end <= a.start);
        found.extend(amount.filter(free));
    }
    found.sort_unstable_by_key(|amount| (amount.start, amount.end));
}

/// The next digit at or behind `from`. Most text has none: it is passed over in runs.
fn next_digit(text: &[u8], from: usize) -> Option<usize> {
    let is_digit = |b: &u8| b.wrapping_sub(b'0') < 10;
    let mut at = from;
    for run in text.get(from..)?.chunks(RUN) {
        let any = run.iter().fold(0, |any, b| any | u8::from(is_digit(b)));
        if any != 0 {
            return run.iter().position(is_digit).map(|n| at + n);
        }
        at += run.len();
    }
    None
}

#[cfg(test)]
mod tests;
