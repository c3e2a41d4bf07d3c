//! Texts and lists that were made to hurt: bounded time and memory, right spans, clear refusals.

use std::time::{Duration, Instant};

use model::Facet;
use tagger::{EntrySpec, RuleSpec, Tagger, Text, fold};

/// Twenty times what the worst of these takes in an unoptimised build: what is quadratic would
/// take hours.
const LIMIT: Duration = Duration::from_secs(20);

fn vendor(id: &str, names: &[&str]) -> EntrySpec {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    EntrySpec {
        facet: Facet::Vendor,
        id: id.into(),
        label: id.into(),
        formerly: vec![],
        rules: vec![RuleSpec { id: "name".into(), names, ..RuleSpec::default() }],
        cpv: vec![],
        usual_layers: vec![],
        matches: vec![],
        ignores: vec![],
    }
}

fn build(entries: Vec<EntrySpec>) -> Tagger {
    let (tagger, refused) = Tagger::build(entries);
    assert!(refused.is_empty(), "{refused:?}");
    tagger
}

/// The ids and the first spans of what is tagged in time; every span slices the text.
fn tagged(tagger: &Tagger, text: &str) -> Vec<(String, String)> {
    let began = Instant::now();
    let tags = tagger.tag(&Text { text: Some(text), ..Text::default() });
    let took = began.elapsed();
    let shown: String = text.chars().take(12).collect();
    assert!(took < LIMIT, "{shown:?}: {took:?}");
    assert!(tags.len() <= 256, "{shown:?}");
    for tag in &tags {
        assert!((1..=16).contains(&tag.spans.len()), "{shown:?}");
        for span in &tag.spans {
            let slice = text.get(span.start as usize..span.end as usize);
            assert_eq!(slice, Some(span.text.as_str()), "{shown:?}");
        }
    }
    tags.into_iter().map(|tag| (tag.id, tag.spans[0].text.clone())).collect()
}

fn ids(tagger: &Tagger, text: &str) -> Vec<String> {
    tagged(tagger, text).into_iter().map(|(id, _)| id).collect()
}

fn usual() -> Tagger {
    build(vec![
        vendor("huawei", &["Huawei", "Huavej", "华为"]),
        vendor("zte", &["ZTE"]),
        vendor("many", &["aaaa", "čččč", "Aa Bb", "华华华华华华华为"]),
    ])
}

#[test]
fn ten_megabytes_of_one_letter() {
    let tagger = usual();
    assert!(ids(&tagger, &"a".repeat(10 << 20)).is_empty());
    for letter in ["č", "х", "İ", "\u{30c}", "\u{ad}", "«", "，", "豈", "😀", "\u{0}", "\u{ffff}"]
    {
        let text = letter.repeat((1 << 20) / letter.len());
        assert!(ids(&tagger, &text).is_empty(), "{letter:?}");
        assert_eq!(ids(&tagger, &format!("{text} Huawei")), ["huawei"], "{letter:?}");
    }
}

#[test]
fn a_megabyte_of_the_beginning_of_a_name() {
    let tagger = usual();
    assert!(ids(&tagger, &"华".repeat((1 << 20) / 3)).is_empty());
    assert!(ids(&tagger, &"aa ".repeat((1 << 20) / 3)).is_empty());
    let found = tagged(&tagger, &format!("{}为", "华".repeat(10_000)));
    assert_eq!(found[0], ("many".to_owned(), "华华华华华华华为".to_owned()));
}

#[test]
fn marks_by_the_thousand_belong_to_no_span() {
    let tagger = usual();
    let marks = "\u{301}\u{30c}\u{327}".repeat(30_000);
    assert_eq!(tagged(&tagger, &format!("Huawei{marks}")), [("huawei".into(), "Huawei".into())]);
    // Inside a name they are left out; the span has them, cut at 128 bytes.
    let inside = tagged(&tagger, &format!("Hua{marks}wei"));
    assert_eq!(inside[0].0, "huawei");
    assert!(inside[0].1.starts_with("Hua\u{301}") && inside[0].1.len() <= 128);
}

#[test]
fn text_of_both_directions_and_invisible_letters() {
    let tagger = usual();
    for text in [
        "\u{202e}Huawei\u{202c}",
        "שלום Huawei مرحبا",
        "مرحبا\u{200f}Huawei\u{200e}",
        "\u{2066}Hua\u{200b}wei\u{2069}",
        "H\u{ad}u\u{ad}a\u{ad}w\u{ad}e\u{ad}i",
        "\u{0}Huawei\u{0}",
        "\u{ffff}Huawei\u{fffe}",
        "\u{feff}Huawei",
    ] {
        assert_eq!(ids(&tagger, text), ["huawei"], "{text:?}");
    }
    let many = "\u{202e}Huawei\u{202c} שלום ".repeat(20_000);
    assert_eq!(ids(&tagger, &many), ["huawei"]);
}

#[test]
fn long_runs_of_look_alikes() {
    let tagger = usual();
    // Cyrillic and Latin letters in turn, without an end: every word is repaired once.
    for run in ["aа", "рp", "oоѕs", "Хx", "aбB\u{ad}р"] {
        let text = run.repeat((1 << 19) / run.len());
        assert!(ids(&tagger, &text).is_empty());
        assert_eq!(ids(&tagger, &format!("{text} Huаwеi")), ["huawei"], "{run}");
        let once = fold(&text);
        assert_eq!(fold(&once), once);
    }
}

#[test]
fn a_hundred_thousand_names_in_one_item() {
    let tagger = usual();
    let text = "Huawei, ZTE, Хуавеја, 华为, ".repeat(25_000);
    assert_eq!(ids(&tagger, &text), ["huawei", "zte"]);
    let addresses = "https://huawei.com/zte/huawei@zte.com ".repeat(2_000);
    assert!(ids(&tagger, &addresses).is_empty());
    // No spaces at all: what stands around a name is looked at no further than needed.
    let endless = "Huawei/".repeat(10_000);
    ids(&tagger, &endless);
}

#[test]
fn a_thousand_vendors_in_one_item_are_cut_at_256_tags() {
    let names: Vec<String> = (0..1_000).map(|n| format!("Vendor{n}x")).collect();
    let entries = names.iter().map(|name| vendor(&name.to_lowercase(), &[name]));
    let tagger = build(entries.collect());
    assert_eq!(ids(&tagger, &names.join(", ")).len(), 256);
}

#[test]
fn names_that_all_begin_with_one_word() {
    let names: Vec<String> = (0..4_000).map(|n| format!("China Mobile{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let tagger = build(vec![vendor("china", &names)]);
    assert!(ids(&tagger, &"China ".repeat(100_000)).is_empty());
    assert_eq!(ids(&tagger, &"China Mobile7 ".repeat(10_000)), ["china"]);
}

#[test]
fn a_name_of_which_nothing_or_one_letter_is_left_is_refused() {
    for (name, reason) in [
        ("", "nothing to look for"),
        ("\u{ad}\u{200b}", "nothing to look for"),
        ("\u{301}", "nothing to look for"),
        ("— …", "nothing to look for"),
        ("A", "one letter"),
        ("Ж\u{301}", "one letter"),
        ("华", "one letter"),
    ] {
        let (_, refused) = Tagger::build(vec![vendor("v", &[name])]);
        let message = refused.first().map(|r| r.message.as_str()).unwrap_or_default();
        assert!(message.contains(reason), "{name:?}: {message}");
    }
    let long = "a".repeat(300);
    let (tagger, refused) = Tagger::build(vec![vendor("v", &[&long]), vendor("zte", &["ZTE"])]);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].message.contains("256"), "{}", refused[0].message);
    assert_eq!(ids(&tagger, "ZTE"), ["zte"], "the others work");
}

#[test]
fn two_vendors_of_one_form_are_told_apart_by_rule_whatever_their_order() {
    let sure = |id: &str, confidence| {
        let mut entry = vendor(id, &["Honor"]);
        entry.rules[0].confidence = Some(confidence);
        entry
    };
    for turned in [false, true] {
        let mut entries = vec![sure("alpha", 0.5), sure("beta", 0.9)];
        if turned {
            entries.reverse();
        }
        assert_eq!(ids(&build(entries), "novi Honor telefon"), ["beta"], "the surer one");
        let mut entries = vec![vendor("alpha", &["Honor"]), vendor("beta", &["Honor"])];
        if turned {
            entries.reverse();
        }
        let both = ids(&build(entries), "novi Honor telefon");
        assert_eq!(both, ["alpha", "beta"], "nothing tells them apart: both stand");
    }
}
