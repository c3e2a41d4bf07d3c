//! Finds where patterns occur, in one pass over the normal form.
//!
//! An automaton touches every byte; names begin where words begin. So only word starts are looked
//! at, and of them only those whose first letters begin some pattern: one bit in a small table
//! says no to nearly all of them. Scripts without spaces are looked up at every character.

use crate::fold::Folded;
use crate::pattern::{Found, Pattern, find};

/// Patterns that begin with the same number of bytes, found by these.
struct Bucket {
    /// How many bytes of the text make the key.
    bytes: usize,
    /// One bit for each hash that some key has.
    filter: Box<[u64]>,
    filter_shift: u32,
    /// Where the slots of each hash begin; one more at the end.
    starts: Box<[u32]>,
    starts_shift: u32,
    slots: Box<[Slot]>,
}

/// The beginning of one pattern: at most eight bytes, compared at once.
#[derive(Clone, Copy)]
struct Slot {
    head: u64,
    mask: u64,
    pattern: u32,
}

/// All patterns of all rules.
pub(crate) struct Index {
    patterns: Vec<Pattern>,
    /// Behind word starts, by four, three, two and one bytes.
    words: Vec<Bucket>,
    /// At every character of other scripts, by two and one characters of three bytes.
    characters: Vec<Bucket>,
}

/// What a byte of the normal form is to the search for word starts.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Other,
    /// A letter or digit.
    Word,
    /// The first byte of a longer character.
    Lead,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut b = 0;
    while b < 256 {
        if (b as u8).is_ascii_alphanumeric() {
            classes[b] = Class::Word;
        } else if b >= 0xc0 {
            classes[b] = Class::Lead;
        }
        b += 1;
    }
    classes
};

fn hash(key: u64) -> u64 {
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The lowest `bytes` bytes.
fn mask(bytes: usize) -> u64 {
    if bytes >= 8 { u64::MAX } else { (1 << (8 * bytes)) - 1 }
}

/// Up to eight bytes, the first one lowest.
fn packed(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |word, &b| (word << 8) | u64::from(b))
}

impl Bucket {
    fn new(bytes: usize, slots: Vec<Slot>) -> Self {
        let mask = mask(bytes);
        let bits = slots.len().next_power_of_two().trailing_zeros() + 1;
        let starts_shift = 64 - bits.min(24);
        let filter_shift = 64 - (bits + 3).clamp(6, 20);
        let mut filter = vec![0; 1 << (64 - filter_shift - 6)];
        let mut starts = vec![0_u32; (1 << (64 - starts_shift)) + 1];
        for slot in &slots {
            let hash = hash(slot.head & mask);
            let bit = (hash >> filter_shift) as usize;
            filter[bit / 64] |= 1 << (bit % 64);
            starts[(hash >> starts_shift) as usize + 1] += 1;
        }
        for n in 1..starts.len() {
            starts[n] += starts[n - 1];
        }
        let mut next = starts.clone();
        let mut sorted = slots.clone();
        for slot in slots {
            let at = &mut next[(hash(slot.head & mask) >> starts_shift) as usize];
            sorted[*at as usize] = slot;
            *at += 1;
        }
        Self {
            bytes,
            filter: filter.into(),
            filter_shift,
            starts: starts.into(),
            starts_shift,
            slots: sorted.into(),
        }
    }

    /// The slots that the text beginning with `word` may begin with.
    #[inline]
    fn slots(&self, word: u64) -> &[Slot] {
        let hash = hash(word & mask(self.bytes));
        let bit = (hash >> self.filter_shift) as usize;
        if self.filter[bit / 64] & (1 << (bit % 64)) == 0 {
            return &[];
        }
        let at = (hash >> self.starts_shift) as usize;
        &self.slots[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

impl Index {
    pub(crate) fn new(patterns: Vec<Pattern>) -> Self {
        let mut words: [Vec<Slot>; 4] = Default::default();
        let mut characters: [Vec<Slot>; 2] = Default::default();
        for (n, pattern) in patterns.iter().enumerate() {
            let stem = &pattern.tokens[0].stem;
            let slot = Slot { head: packed(stem), mask: mask(stem.len()), pattern: n as u32 };
            if stem[0].is_ascii() {
                words[4 - stem.len().min(4)].push(slot);
            } else {
                characters[usize::from(stem.len() < 6)].push(slot);
            }
        }
        let buckets = |slots: Vec<Vec<Slot>>, bytes: &[usize]| {
            let all = slots.into_iter().zip(bytes).filter(|(slots, _)| !slots.is_empty());
            all.map(|(slots, &bytes)| Bucket::new(bytes, slots)).collect()
        };
        Self {
            patterns,
            words: buckets(words.into(), &[4, 3, 2, 1]),
            characters: buckets(characters.into(), &[6, 2]),
        }
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Calls `hit` with pattern, start and end of everything that is found, until it says stop.
    pub(crate) fn scan(&self, folded: &Folded, mut hit: impl FnMut(u32, usize, Found) -> bool) {
        let text = folded.padded();
        let mut before = Class::Other;
        for (at, window) in text.windows(8).enumerate() {
            let class = CLASSES[usize::from(window[0])];
            let buckets: &[Bucket] = match class {
                Class::Word if before != Class::Word => &self.words,
                Class::Lead => &self.characters,
                _ => &[],
            };
            before = class;
            if buckets.is_empty() {
                continue;
            }
            let word = u64::from_le_bytes(window.try_into().expect("windows of eight bytes"));
            for bucket in buckets {
                for slot in bucket.slots(word) {
                    if word & slot.mask == slot.head
                        && let Some(found) =
                            find(&self.patterns[slot.pattern as usize].tokens, folded, at)
                        && !hit(slot.pattern, at, found)
                    {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Text;
    use crate::pattern::{name, word};

    fn hits(index: &Index, text: &str) -> Vec<(u32, usize, usize)> {
        let mut folded = Folded::default();
        folded.read(&Text { text: Some(text), ..Text::default() });
        let mut hits = Vec::new();
        index.scan(&folded, |pattern, start, found| {
            hits.push((pattern, start, found.end));
            true
        });
        hits.sort_unstable();
        hits
    }

    /// Every pattern at every place where a word starts.
    fn naive(index: &Index, text: &str) -> Vec<(u32, usize, usize)> {
        let mut folded = Folded::default();
        folded.read(&Text { text: Some(text), ..Text::default() });
        let all = folded.text();
        let mut hits = Vec::new();
        for at in 0..all.len() {
            let starts = if all[at].is_ascii() {
                all[at].is_ascii_alphanumeric() && (at == 0 || !all[at - 1].is_ascii_alphanumeric())
            } else {
                all[at] >= 0xc0
            };
            for (n, pattern) in index.patterns().iter().enumerate().filter(|_| starts) {
                let same = all[at] < 0x80 || !pattern.tokens[0].stem[0].is_ascii();
                if let Some(found) = find(&pattern.tokens, &folded, at).filter(|_| same) {
                    hits.push((n as u32, at, found.end));
                }
            }
        }
        hits.sort_unstable();
        hits
    }

    fn small(letters: &'static str, max: usize) -> impl Strategy<Value = String> {
        let letters = prop::sample::select(letters.chars().collect::<Vec<_>>());
        prop::collection::vec(letters, 2..max).prop_map(|v| v.into_iter().collect())
    }

    proptest! {
        #[test]
        fn the_index_finds_what_trying_everything_finds(
            names in prop::collection::vec(small("abvwAжč -华为", 8), 1..12),
            words in prop::collection::vec(small("abvc -*5", 8), 1..12),
            text in small("abvwAжčc -华为5.", 80),
        ) {
            let names = names.iter().filter_map(|n| name(n, None).ok()).flatten();
            let words = words.iter().filter_map(|n| word(n).ok()).flatten();
            let index = Index::new(names.chain(words).collect());
            prop_assert_eq!(hits(&index, &text), naive(&index, &text));
        }
    }

    #[test]
    fn names_are_found_with_their_endings_and_nothing_longer() {
        let check = |list: &str, text: &str, expected: bool| {
            let index = Index::new(name(list, None).unwrap());
            assert_eq!(!hits(&index, text).is_empty(), expected, "`{list}` in `{text}`");
        };
        for text in [
            "Huawei",
            "Huaweija",
            "Huawei-jem",
            "Huaweijevih",
            "Huawei-jeve",
            "Huaweijev-a",
            "Huaweia",
            "Huawei's",
            "Хуавеијем",
            "Huaweijeva",
        ] {
            check("Huawei", text, true);
        }
        check("Huavej", "Хуавејем", true);
        check("Huawei", "Huaweinska", false);
        check("Huawei", "xHuawei", false);
        for text in ["Dahua", "Dahue", "Dahuin", "Dahuine", "Dahuinih", "Dahua-in", "Дахуе"] {
            check("Dahua", text, true);
        }
        check("Dahua", "Dahu", false);
        for text in ["ZTE", "ZTE-ov", "ZTE-jeva", "ЗТЕ-а", "ZTE-om"] {
            check("ZTE", text, true);
        }
        check("ZTE", "ZTEX", false);
        for text in ["Nuctechovi", "Nuctecha", "Nuctechom", "Nuctech-om"] {
            check("Nuctech", text, true);
        }
        for text in ["TP-Link", "TP Link", "TPLink", "TP-Linkovi", "ТП-Линк"] {
            check("TP-Link", text, true);
        }
        check("Telekom Srbija", "Telekoma Srbije", true);
        check("Čeri", "Чери", true);
        check("DJI", "Đi", false);
        check("华为", "用华为的", true);
        check("华为", "華為", true);
    }
}
