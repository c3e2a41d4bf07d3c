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
