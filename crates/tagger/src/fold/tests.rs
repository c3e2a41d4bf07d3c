use proptest::prelude::*;

use super::table::{lower, tables};
use super::*;
use crate::letters::{as_cyrillic, as_latin, long, short_text};

fn title(text: &str) -> Text<'_> {
    Text { title: Some(text), ..Text::default() }
}

fn read(text: &Text<'_>) -> Folded {
    let mut folded = Folded::default();
    folded.read(text);
    folded
}

fn fold(text: &str) -> String {
    let folded = read(&title(text));
    String::from_utf8(folded.text().to_vec()).unwrap()
}

#[test]
fn both_scripts_have_one_form() {
    for (text, expected) in [
        ("Huawei-јем", "huawei-jem"),
        ("Хуавејем", "huavejem"),
        ("Љубав, Њујорк, Џунгла, Ђорђе, Ћуприја", "ljubav, njujork, dzungla, djordje, cuprija"),
        ("Čvorište ĐURĐEVO", "cvoriste djurdjevo"),
        ("c\u{30c}voris\u{30c}te", "cvoriste"),
        ("5Г мрежа", "5g mreza"),
        ("Тецхнологиес Цхина", "technologies china"),
        ("Yеттел и ЕXИМ", "yettel i exim"),
        ("Hua\u{ad}wei\u{200b}ja", "huaweija"),
        ("Ｈｕａｗｅｉ　５Ｇ", "huawei 5g"),
        ("„Huawei“ i «ZTE»", "\"huawei\" i \"zte\""),
        ("海康威视 華為", "海康威视 華為"),
        ("a\tb\nc", "a b c"),
        ("Citroën, Škoda, ﬁn", "citroen, skoda, fin"),
    ] {
        assert_eq!(fold(text), expected, "{text}");
    }
}

#[test]
fn look_alike_letters_inside_a_word_of_the_other_script_are_repaired() {
    // Cyrillic о and р in a Latin word; Latin c and p in a Cyrillic one.
    for (text, expected) in [
        ("Pоtpredsednik", "potpredsednik"),
        ("Н\u{69}кола", "nikola"),
        ("cрta.rs", "cpta.rs"),
        ("cистем напpедан", "sistem napredan"),
        ("cilјu", "cilju"),
        ("Huaweiјем", "huaweijem"),
    ] {
        assert_eq!(fold(text), expected, "{text}");
    }
}

#[test]
fn places_lead_back_to_whole_letters() {
    let text = "Њ\u{ad}Чери, Huawei";
    let item = Text { summary: Some(text), ..title("x") };
    let folded = read(&item);
    let at = |needle: &[u8]| {
        let all = folded.text();
        let start = all.windows(needle.len()).position(|w| w == needle).unwrap();
        let place = folded.place(&item, start, start + needle.len());
        assert_eq!(place.field, Field::Summary);
        &text[place.start..place.end]
    };
    assert_eq!(at(b"nj"), "Њ");
    assert_eq!(at(b"j"), "Њ");
    assert_eq!(at(b"ceri"), "Чери");
    assert_eq!(at(b"huawei"), "Huawei");
}

fn texts() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(
        "aBcčĆđĐ žŠ дљЊџерсухВНpcxyw-'\u{ad}\u{30c}\u{301}\u{200b}华為Ａﬁé«„–\u{3000}İßÆя😀\t."
            .chars()
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(letters, 0..60).prop_map(|v| v.into_iter().collect())
}

/// The normal form as it is described, one character after the other; words have up to 64 letters.
fn by_characters(text: &str) -> String {
    let tables = tables();
    let is_cyrillic = |c: char| {
        let mut bytes = [0; 4];
        matches!(c.encode_utf8(&mut bytes).as_bytes(), [a, b] if tables.is_cyrillic(*a, *b))
    };
    let is_letter = |c: char| c.is_ascii_alphabetic() || is_cyrillic(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| !is_letter(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end.max(first.len_utf8()));
        rest = behind;
        let mixed = word.chars().any(|c| c.is_ascii_alphabetic()) && word.chars().any(is_cyrillic);
        let latin = word.bytes().any(|b| b.is_ascii() && as_cyrillic(b).is_none());
        let cyrillic = word.chars().any(|c| !c.is_ascii() && as_latin(c).is_none());
        for c in word.chars() {
            let like = match c {
                _ if !mixed || latin == cyrillic => None,
                _ if c.is_ascii() && cyrillic => as_cyrillic(c as u8),
                _ if !c.is_ascii() && latin => as_latin(c),
                _ => None,
            };
            match like {
                Some(like) => out.push(like.into()),
                None if c.is_ascii() => out.push(lower(c as u8).into()),
                None if c.len_utf8() == 2 => out.push_str(&short_text(c).0),
                None => out.push_str(&long(c).unwrap_or(c.into())),
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn blocks_are_folded_as_characters_are(
        pieces in prop::collection::vec((texts(), "[a-z ]{0,70}", "[а-ш ]{0,60}", "[华为，。]{0,30}"), 0..4)
    ) {
        let text: String =
            pieces.into_iter().map(|(a, b, c, d)| format!("{a} {b} {c}{d}")).collect();
        prop_assert_eq!(fold(&text), by_characters(&text));
    }

    #[test]
    fn folding_twice_is_folding_once(text in prop_oneof![texts(), any::<String>()]) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn every_place_slices_the_original(text in prop_oneof![texts(), any::<String>()]) {
        let item = title(&text);
        let folded = read(&item);
        let normal = std::str::from_utf8(folded.text()).unwrap();
        for (start, letter) in normal.char_indices() {
            let place = folded.place(&item, start, start + letter.len_utf8());
            prop_assert!(place.start < place.end);
            let letters = text.get(place.start..place.end).map(|letter| letter.chars().count());
            prop_assert_eq!(letters, Some(1));
        }
    }
}
