//! What holds for every text and every list: spans, the normal form, what is found, and order.

use aho_corasick::AhoCorasick;
use model::{Facet, Tag};
use proptest::prelude::*;
use tagger::{EntrySpec, RuleSpec, Tagger, Text, fold};

fn entry(facet: Facet, id: &str, rule: RuleSpec) -> EntrySpec {
    EntrySpec {
        facet,
        id: id.into(),
        label: id.into(),
        formerly: vec![],
        rules: vec![RuleSpec { id: "name".into(), ..rule }],
        cpv: vec![],
        usual_layers: vec![],
        matches: vec![],
        ignores: vec![],
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn build(entries: Vec<EntrySpec>) -> Tagger {
    let (tagger, refused) = Tagger::build(entries);
    assert!(refused.is_empty(), "{refused:?}");
    tagger
}

fn in_text(text: &str) -> Text<'_> {
    Text { text: Some(text), ..Text::default() }
}

fn entries() -> Vec<EntrySpec> {
    let named = |names| RuleSpec { names: strings(names), ..RuleSpec::default() };
    let short = RuleSpec {
        needs: strings(&["telefon*", "基因"]),
        unless: strings(&["medal"]),
        within: Some(20),
        ..named(&["BGI"])
    };
    let network = RuleSpec {
        words: strings(&["5G", "bazn* stanic*", "基站", "optički kabl"]),
        weak: strings(&["medal", "ruter*"]),
        ..RuleSpec::default()
    };
    vec![
        entry(Facet::Vendor, "huawei", named(&["Huawei", "Huavej", "华为", "Huawei Cloud"])),
        entry(Facet::Vendor, "zte", named(&["ZTE", "中兴"])),
        entry(Facet::Vendor, "ceri", named(&["Čeri"])),
        entry(Facet::Vendor, "bgi-group", named(&["BGI Group", "华大基因"])),
        entry(Facet::Vendor, "bgi", short),
        entry(Facet::Vendor, "twin", named(&["Huawei", "Dahua"])),
        entry(Facet::Layer, "network", network),
    ]
}

/// Pieces of text that mean something here, and letters that are folded in every way there is.
fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "Huawei",
        "Huaweijem",
        "Хуавејем",
        "HUAWEI CLOUD",
        "ZTE",
        "ZTE-ov",
        "ЗТЕ",
        "中兴通讯",
        "华为",
        "華為",
        "华大基因",
        "BGI",
        "BGI Group",
        "telefon",
        "medal",
        "baznih stanica",
        "оптички кабл",
        "5G",
        "ruter",
        "Čeri",
        "Ceri",
        "Чери",
        "Dahue",
        " ",
        " ",
        " ",
        ", ",
        ". ",
        "\n",
        "-",
        "http://",
        ".com",
        "@",
        "„",
        "“",
        "’",
        "–",
        "，",
        "。",
        "《",
        "a",
        "p",
        "w",
        "о",
        "р",
        "ѕ",
        "Ѡ",
        "џ",
        "Њ",
        "đ",
        "Đ",
        "ž",
        "é",
        "ß",
        "İ",
        "ﬁ",
        "Ａ",
        "Ⱥ",
        "ﾡ",
        "豈",
        "𝐇",
        "😀",
        "\u{ad}",
        "\u{30c}",
        "\u{301}",
        "\u{200b}",
        "\u{202e}",
        "\u{483}",
        "\u{0}",
        "\u{ffff}",
        "ש",
        "م",
        "ω",
    ];
    let piece = prop_oneof![
        12 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z ]{0,90}",
        1 => "[а-шј ]{0,70}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn field<'a>(text: &Text<'a>, of: model::Field) -> &'a str {
    match of {
        model::Field::Title => text.title.unwrap_or_default(),
        model::Field::Summary => text.summary.unwrap_or_default(),
        _ => text.text.unwrap_or_default(),
    }
}

/// Without the versions: these depend on the order of names in a rule.
fn unversioned(mut tags: Vec<Tag>) -> Vec<Tag> {
    tags.iter_mut().for_each(|tag| tag.version.clear());
    tags
}

/// Few letters that make many names; each is as long in normal form as it is written.
fn plain_text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[abc]{1,9}",
        2 => prop::sample::select(vec!["华为", "为", "华大", "中", "华华华", "大为中兴"])
            .prop_map(str::to_owned),
    ];
    let gap = prop::sample::select(vec![" ", ", ", ". ", "。"]);
    prop::collection::vec((word, gap), 1..60)
        .prop_map(|words| words.into_iter().map(|(word, gap)| word + gap).collect())
}

fn plain_names() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![
        4 => "[abc]{2,9}",
        2 => "[abc]{2,5} [abc]{2,4}",
        2 => "[华为大中]{2,4}",
    ];
    prop::collection::btree_set(name, 1..60).prop_map(|names| names.into_iter().collect())
}

/// Every place of every name, as an automaton finds it, where a word begins and ends.
fn by_automaton(names: &[String], text: &str) -> Vec<(String, usize, usize)> {
    let text = fold(text);
    let automaton = AhoCorasick::new(names).expect("the names fit");
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let mut hits: Vec<_> = automaton
        .find_overlapping_iter(&text)
        .filter(|m| {
            !bytes[m.start()].is_ascii()
                || (!is_word(m.start().wrapping_sub(1)) && !is_word(m.end()))
        })
        .map(|m| (names[m.pattern().as_usize()].clone(), m.start(), m.end()))
        .collect();
    hits.sort();
    hits
}

/// The same as the tagger finds it: one entry for each name.
fn by_tagger(names: &[String], text: &str) -> Vec<(String, usize, usize)> {
    let entries = names.iter().enumerate().map(|(n, name)| {
        let rule = RuleSpec { words: vec![name.clone()], ..RuleSpec::default() };
        entry(Facet::Layer, &format!("e{n}"), rule)
    });
    let tagger = build(entries.collect());
    let found = tagger.explain(&in_text(text)).found;
    let mut hits: Vec<_> = found
        .into_iter()
        .map(|found| {
            let n: usize = found.id[1..].parse().expect("an `e` and a number");
            (names[n].clone(), found.span.start as usize, found.span.end as usize)
        })
        .collect();
    hits.sort();
    hits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn spans_slice_the_original_exactly(title in text(), summary in text(), body in text()) {
        let tagger = build(entries());
        let text =
            Text { title: Some(&title), summary: Some(&summary), text: Some(&body), lang: None };
        let explanation = tagger.explain(&text);
        let spans = explanation.tags.iter().flat_map(|tag| &tag.spans);
        for span in spans.chain(explanation.found.iter().map(|found| &found.span)) {
            let (start, end) = (span.start as usize, span.end as usize);
            prop_assert!(start < end, "{span:?}");
            prop_assert_eq!(field(&text, span.field).get(start..end), Some(span.text.as_str()));
        }
    }

    #[test]
    fn folding_twice_is_folding_once(text in prop_oneof![text(), any::<String>()]) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn what_is_found_does_not_depend_on_where_it_stands(before in "[a-zа-ш华 ]{0,140}") {
        let tagger = build(entries());
        let text = format!("{before}. Huaweijem");
        let tags = tagger.tag(&in_text(&text));
        let last = tags.iter().flat_map(|tag| &tag.spans).find(|span| span.text == "Huaweijem");
        prop_assert_eq!(last.map(|span| span.end as usize), Some(text.len()));
    }

    #[test]
    fn tags_do_not_depend_on_the_order_of_entries_and_names(
        text in text(),
        order in Just(entries()).prop_shuffle(),
        turned in any::<bool>(),
    ) {
        let mut order = order;
        for rule in order.iter_mut().flat_map(|entry| &mut entry.rules).filter(|_| turned) {
            rule.names.reverse();
            rule.words.reverse();
            rule.needs.reverse();
        }
        let (tagger, other) = (build(entries()), build(order));
        prop_assert_eq!(tagger.version() == other.version(), !turned);
        let tags = |tagger: &Tagger| unversioned(tagger.tag(&in_text(&text)));
        prop_assert_eq!(tags(&tagger), tags(&other));
    }

    #[test]
    fn the_tagger_finds_what_an_automaton_finds(names in plain_names(), text in plain_text()) {
        prop_assert_eq!(by_tagger(&names, &text), by_automaton(&names, &text));
    }
}

#[test]
fn thousands_of_names_that_begin_alike_are_told_apart() {
    let names: Vec<String> = (0..3_000)
        .map(|n| match n % 3 {
            0 => format!("china tele{n}"),
            1 => format!("intercontinental{n}"),
            _ => format!("chin{n}"),
        })
        .collect();
    let text: String = (0..3_000)
        .step_by(7)
        .map(|n| format!("china tele{n}, chinatele{n} intercontinental{n} chin{n}x chin{n}. "))
        .collect();
    let hits = by_automaton(&names, &text);
    assert!(hits.len() > 400);
    // An explanation lists no more than a thousand places.
    assert!(hits.len() < 1_000);
    assert_eq!(by_tagger(&names, &text), hits);
}
