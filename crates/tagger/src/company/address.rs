//! Addresses: which lines are one, and whose.

use super::form::Vendors;
use super::words::Word;

/// Words that may stand between those of a vendor's address.
const MAX_GAP: usize = 2;

/// What stands in addresses and hardly in names.
const SIGNS: &[&str] = &[
    "road", " rd", "street", "str.", "avenue", " ave", "floor", "building", "bldg", "no.", "p.o.",
    "room", "suite", "district", "zone", "ulica", "bulevar", "lane", "highway", "province", "路",
    "号", "區", "区", "街",
];

/// Whether a line looks like an address: a number or comma, and a street, floor, zone.
pub(super) fn looks_like(line: &str) -> bool {
    let lower = line.to_lowercase();
    let signs = SIGNS.iter().filter(|sign| lower.contains(*sign)).count();
    let digits = line.bytes().any(|b| b.is_ascii_digit());
    let commas = line.matches(',').count();
    signs > 0 && (digits || commas > 1) || commas > 2
}

/// Whether the first word of a vendor's address may stand in the line: a quick look that says no
/// to nearly everything.
pub(super) fn may_be_owned(vendors: &Vendors, line: &str) -> bool {
    let is_in = |word: &String| {
        let word = word.as_bytes();
        let mut places = line.as_bytes().windows(word.len());
        !word.is_ascii() || places.any(|place| place.eq_ignore_ascii_case(word))
    };
    !line.is_ascii() || vendors.addresses.keys().any(is_in)
}

/// The first vendor whose address stands in `address`, and the bytes that it takes there.
pub(super) fn owner(vendors: &Vendors, address: &[Word<'_>]) -> Option<(u32, usize, usize)> {
    (0..address.len()).find_map(|at| {
        let known = vendors.addresses.get(address[at].text.as_ref())?;
        known.iter().find_map(|(vendor, words)| {
            let last = follow(&address[at..], words)?;
            Some((*vendor, address[at].start, address[at + last].end))
        })
    })
}

/// Where the last of `words` stands when they follow one another, with small gaps.
fn follow(address: &[Word<'_>], words: &[String]) -> Option<usize> {
    let mut at = 0;
    for wanted in words.iter().skip(1) {
        let ahead = address.get(at + 1..)?;
        at += 1 + ahead.iter().take(MAX_GAP + 1).position(|word| word.text == *wanted)?;
    }
    Some(at)
}
