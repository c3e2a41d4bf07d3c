//! What a rule means: endings, context, weak words, longest match, refusals, and hostile texts.

use std::time::{Duration, Instant};

use model::{Facet, Field, Tag};
use proptest::prelude::*;
use tagger::{Endings, EntrySpec, RefusedBecause, RuleSpec, Tagger, Text, Verdict};

fn rule(id: &str) -> RuleSpec {
    RuleSpec { id: id.into(), names: vec![], ..RuleSpec::default() }
}

fn entry(facet: Facet, id: &str, rules: Vec<RuleSpec>) -> EntrySpec {
    EntrySpec {
        facet,
        id: id.into(),
        label: id.to_uppercase(),
        formerly: vec![],
        rules,
        cpv: vec![],
        usual_layers: vec![],
        matches: vec![],
        ignores: vec![],
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).to_owned()).collect()
}

fn vendor(id: &str, names: &[&str]) -> EntrySpec {
    entry(Facet::Vendor, id, vec![RuleSpec { names: strings(names), ..rule("name") }])
}

fn build(entries: Vec<EntrySpec>) -> Tagger {
    let (tagger, refused) = Tagger::build(entries);
    assert_eq!(refused, [], "refused");
    tagger
}

fn refused(entry: EntrySpec) -> tagger::Refused {
    let (tagger, mut refused) = Tagger::build(vec![entry, vendor("good", &["Gutenname"])]);
    assert_eq!(tagger.ids(Facet::Vendor).collect::<Vec<_>>(), ["good"], "the good one stays");
    assert_eq!(refused.len(), 1);
    refused.remove(0)
}

fn in_text(text: &str) -> Text<'_> {
    Text { text: Some(text), ..Text::default() }
}

/// The rules that tag `text`, with the words of each span.
fn rules(tagger: &Tagger, text: &str) -> Vec<String> {
    let show = |tag: &Tag| {
        let words: Vec<_> = tag.spans.iter().map(|s| s.text.as_str()).collect();
        format!("{} {}", tag.rule, words.join("|"))
    };
    tagger.tag(&in_text(text)).iter().map(show).collect()
}

#[test]
fn needs_and_unless_are_looked_for_within_their_reach() {
    let short = RuleSpec {
        names: strings(&["BGI"]),
        endings: Some(Endings::Acronym),
        needs: strings(&["gen*", "DNK"]),
        unless: strings(&["aerodrom*"]),
        within: Some(30),
        ..rule("short")
    };
    let tagger = build(vec![entry(Facet::Vendor, "bgi", vec![short])]);
    assert_eq!(rules(&tagger, "BGI-jeva analiza DNK"), ["bgi/short BGI-jeva"]);
    assert!(rules(&tagger, "BGI").is_empty());
    assert!(rules(&tagger, "bgi i DNK").is_empty(), "an acronym is written in capitals");
    assert!(rules(&tagger, "BGI, DNK i aerodrom").is_empty());
    let far = format!("BGI {} DNK", "a ".repeat(40));
    assert!(rules(&tagger, &far).is_empty());
    let vetoed_far = format!("BGI, DNK {} aerodrom", "a ".repeat(40));
    assert_eq!(rules(&tagger, &vetoed_far).len(), 1);
    // The summary goes on where the title ends.
    let both = Text { title: Some("BGI u Nišu"), summary: Some("Geni i DNK"), ..Text::default() };
    assert_eq!(tagger.tag(&both).len(), 1);
}

#[test]
fn a_word_of_despite_outweighs_a_veto_near_the_name() {
    let short = RuleSpec {
        names: strings(&["DJI"]),
        needs: strings(&["policij*"]),
        unless: strings(&["Nasdaq"]),
        despite: strings(&["dron*"]),
        within: Some(40),
        ..rule("short")
    };
    let tagger = build(vec![entry(Facet::Vendor, "dji", vec![short])]);
    assert_eq!(rules(&tagger, "Nasdaq pao, policija kupila DJI dron").len(), 1);
    assert!(rules(&tagger, "Nasdaq pao, policija kupila DJI").is_empty());
    assert_eq!(rules(&tagger, "DJI dron").len(), 1, "it confirms as well");
    let far = format!("Nasdaq, DJI {} dron", "a ".repeat(30));
    assert!(rules(&tagger, &far).is_empty(), "it is looked for within the same reach");
    let found = tagger.explain(&in_text("Nasdaq danas: DJI\ni dronovi")).found;
    let words = |beside: &Option<tagger::Beside>| {
        let beside = beside.as_ref().unwrap();
        (beside.word.clone(), beside.span.text.clone())
    };
    assert_eq!(found[0].verdict, Verdict::Counted);
    assert_eq!(words(&found[0].veto), ("Nasdaq".into(), "Nasdaq".into()));
    assert_eq!(words(&found[0].despite), ("dron*".into(), "dronovi".into()));
    assert_eq!(found[0].line, 1);
}

#[test]
fn a_veto_over_the_name_itself_is_not_outweighed_by_a_word_beside_it() {
    let short = RuleSpec {
        names: strings(&["BGI"]),
        unless: strings(&["BGI airport*", "airport*"]),
        despite: strings(&["PCR", "BGI airport laborator*"]),
        ..rule("short")
    };
    let tagger = build(vec![entry(Facet::Vendor, "bgi", vec![short])]);
    assert_eq!(rules(&tagger, "BGI opens a PCR line at the airport"), ["bgi/short BGI"]);
    assert!(rules(&tagger, "BGI airport asks for a PCR test").is_empty());
    assert_eq!(rules(&tagger, "the BGI airport laboratory"), ["bgi/short BGI"]);
    assert_eq!(rules(&tagger, "from BGI airport with PCR tests by BGI"), ["bgi/short BGI"]);
}

#[test]
fn a_name_behind_an_aside_of_the_page_is_no_mention_and_nothing_outweighs_it() {
    let tiktok = RuleSpec {
        names: strings(&["TikTok"]),
        despite: strings(&["zabran*"]),
        aside: strings(&["Pratite nas", "Follow us on"]),
        ..rule("name")
    };
    let tagger = build(vec![entry(Facet::Vendor, "bytedance", vec![tiktok])]);
    assert!(rules(&tagger, "Zabrana! Pratite nas na Fejsbuku, Vajberu i TikToku").is_empty());
    let article = "Zabrana TikToka u školama. Pratite nas na Instagramu i TikToku";
    assert_eq!(rules(&tagger, article), ["bytedance/name TikToka"], "the mention before it counts");
    let far = format!("Pratite nas na mrežama. {} TikTok", "reč ".repeat(tagger::ASIDE / 4));
    assert_eq!(rules(&tagger, &far).len(), 1);
}

#[test]
fn a_veto_in_another_passage_yields_to_a_confirmation_beside_the_name() {
    let short = RuleSpec {
        names: strings(&["BGI"]),
        needs: strings(&["genom*"]),
        unless: strings(&["aerodrom*"]),
        ..rule("short")
    };
    let tagger = build(vec![entry(Facet::Vendor, "bgi", vec![short])]);
    let article = |passage: usize| format!("BGI i genom. {} aerodrom", "reč ".repeat(passage));
    assert!(rules(&tagger, &article(20)).is_empty());
    assert_eq!(rules(&tagger, &article(80)).len(), 1);
    let without = format!("BGI. {} aerodrom", "reč ".repeat(80));
    assert!(rules(&tagger, &without).is_empty());
    let both_far = format!("BGI {0} genom {0} aerodrom", "reč ".repeat(80));
    assert!(rules(&tagger, &both_far).is_empty());
}

#[test]
fn a_rule_for_some_languages_counts_in_those_and_in_unknown_ones() {
    let temu =
        RuleSpec { names: strings(&["Temu"]), langs: strings(&["en", "zh"]), ..rule("name") };
    let tagger = build(vec![entry(Facet::Vendor, "temu", vec![temu])]);
    let count = |lang: Option<&'static str>| tagger.tag(&Text { lang, ..in_text("Temu") }).len();
    assert_eq!((count(None), count(Some("en-GB")), count(Some("sr-Latn"))), (1, 1, 0));
    // Letters with marks tell where nothing else does.
    assert!(rules(&tagger, "Otvorio Temu o školi, čudno").is_empty());
    assert_eq!(rules(&tagger, "Temu opens a warehouse").len(), 1);
    let named = "Temu opens a warehouse near the city of Niš, said the president of the country";
    assert_eq!(rules(&tagger, named).len(), 1);
    let text = Text { lang: Some("sr"), ..in_text("Temu") };
    let verdict = tagger.explain(&text).found.remove(0).verdict;
    assert_eq!(verdict, Verdict::Language { langs: strings(&["en", "zh"]) });
}

#[test]
fn a_hidden_vendor_is_told_only_where_none_is_named() {
    let hidden =
        RuleSpec { words: strings(&["kinesk* kamer*"]), unless_vendor: true, ..rule("name") };
    let device = RuleSpec { weak: strings(&["kamer*"]), ..rule("name") };
    let tagger = build(vec![
        entry(Facet::Origin, "prc-unnamed", vec![hidden]),
        entry(Facet::Layer, "device", vec![device]),
        vendor("dahua", &["Dahua"]),
    ]);
    assert_eq!(
        rules(&tagger, "kineske kamere, nove kamere"),
        ["device/name kamere|kamere", "prc-unnamed/name kineske kamere"],
        "a hidden vendor is a vendor to weak words"
    );
    assert!(rules(&tagger, "kineske kamere iz Dahue").iter().all(|r| !r.starts_with("prc")));
    let found = tagger.explain(&in_text("kineske kamere Dahua")).found;
    assert!(found.iter().any(|f| f.verdict == Verdict::Named { by: "dahua/name".into() }));
}

#[test]
fn two_vendors_of_one_name_are_told_apart_by_rule_and_never_by_order() {
    let named = |id: &str, name: &str, needs: &[&str], confidence: Option<f32>| {
        let spec = RuleSpec { names: strings(&[name]), needs: strings(needs), ..rule("name") };
        entry(Facet::Vendor, id, vec![RuleSpec { confidence, ..spec }])
    };
    let product = |id: &str, word: &str, confidence: f32| {
        let confidence = Some(confidence);
        let spec = RuleSpec { words: strings(&[word]), confidence, ..rule("product") };
        entry(Facet::Vendor, id, vec![spec])
    };
    for (a, b, text, expected) in [
        // The surer rule.
        (named("a", "Norom", &[], Some(0.7)), named("b", "Norom", &[], None), "Norom", "b"),
        // What something near confirms.
        (named("a", "Norom", &[], None), named("b", "Norom", &["5G"], None), "Norom 5G", "b"),
        (named("a", "Norom", &[], None), named("b", "Norom", &["5G"], None), "Norom", "a"),
        // A name before a product.
        (product("a", "Norom", 0.9), named("b", "Norom", &[], Some(0.9)), "Norom", "b"),
    ] {
        for entries in [vec![a.clone(), b.clone()], vec![b.clone(), a.clone()]] {
            let tagger = build(entries);
            let tags = tagger.tag(&in_text(text));
            let ids: Vec<_> = tags.iter().map(|tag| tag.id.as_str()).collect();
            assert_eq!(ids, [expected], "{text}");
        }
    }
}

#[test]
fn a_full_name_elsewhere_says_what_the_short_one_means() {
    let short = RuleSpec { names: strings(&["BGI"]), needs: strings(&["DNK"]), ..rule("short") };
    let full = RuleSpec { names: strings(&["BGI Group"]), ..rule("name") };
    let tagger = build(vec![entry(Facet::Vendor, "bgi", vec![full, short])]);
    let found = rules(&tagger, "BGI Group raste. BGI zapošljava.");
    assert_eq!(found, ["bgi/name BGI Group", "bgi/short BGI"]);
}

#[test]
fn weak_words_count_beside_a_hit_of_their_entry_or_a_vendor_only() {
    let words = RuleSpec { words: strings(&["5G"]), weak: strings(&["ruter*"]), ..rule("name") };
    let layer = entry(Facet::Layer, "network", vec![words]);
    let tagger = build(vec![layer, vendor("zte", &["ZTE"])]);
    assert!(rules(&tagger, "novi ruteri").is_empty());
    assert_eq!(rules(&tagger, "ruteri za 5G"), ["network/name ruteri|5G"]);
    assert_eq!(rules(&tagger, "ZTE ruteri"), ["zte/name ZTE", "network/name ruteri"]);
    assert!(rules(&tagger, "ruteri na zte.com").is_empty());
}

#[test]
fn a_weak_word_inside_one_name_says_nothing_beside_another() {
    let layer = RuleSpec { weak: strings(&["存储"]), ..rule("name") };
    let tagger = build(vec![
        vendor("ymtc", &["长江存储"]),
        vendor("smic", &["中芯国际"]),
        entry(Facet::Layer, "data", vec![layer]),
    ]);
    let names = ["ymtc/name 长江存储", "smic/name 中芯国际"];
    for name in names {
        assert!(rules(&tagger, "中芯国际、长江存储").contains(&name.to_owned()));
    }
    assert_eq!(rules(&tagger, "中芯国际、长江存储").len(), 2);
    assert!(rules(&tagger, "中芯国际的存储").contains(&"data/name 存储".to_owned()));
}

#[test]
fn the_longest_name_wins_whatever_the_order_of_entries() {
    let entries = || {
        vec![
            vendor("huawei", &["Huawei"]),
            vendor("hmn", &["Huawei Marine Networks"]),
            vendor("marine", &["Marine Networks Group"]),
            vendor("twin-a", &["Twinname"]),
            vendor("twin-b", &["Twinname"]),
        ]
    };
    let tagger = build(entries());
    let reversed = build(entries().into_iter().rev().collect());
    for (text, expected) in [
        ("Huawei Marine Networks", vec!["hmn/name Huawei Marine Networks"]),
        ("Huawei i drugi", vec!["huawei/name Huawei"]),
        ("Twinname", vec!["twin-a/name Twinname", "twin-b/name Twinname"]),
    ] {
        assert_eq!(rules(&tagger, text), expected);
        assert_eq!(rules(&reversed, text), expected);
    }
    assert_eq!(tagger.version(), reversed.version());
}

#[test]
fn missing_marks_and_headlines_in_capitals_lower_the_confidence() {
    let tagger = build(vec![vendor("ceri", &["Čerimobil"]), vendor("zte", &["ZTE"])]);
    let confidence = |text: &str| tagger.tag(&in_text(text))[0].confidence;
    assert_eq!(confidence("Черимобил"), 1.0);
    assert!(confidence("Cerimobil") < 1.0);
    assert_eq!(confidence("oprema ZTE za mrežu"), 1.0);
    assert!(confidence("OPREMA ZTE ZA NOVU MREŽU") < 1.0);
}

#[test]
fn in_a_headline_of_capitals_a_short_name_needs_its_context_there() {
    let temu = RuleSpec {
        names: strings(&["Temu"]),
        needs: strings(&["kines*", "platform*"]),
        unless: strings(&["na temu"]),
        ..rule("short")
    };
    let tagger = build(vec![
        entry(Facet::Vendor, "temu", vec![temu]),
        vendor("huawei", &["Huawei"]),
        vendor("tp", &["TP"]),
    ]);
    let tags = |title: &str, text: &str| {
        let tags = tagger.tag(&Text { title: Some(title), ..in_text(text) });
        tags.into_iter().map(|tag| tag.id).collect::<Vec<_>>()
    };
    let far = format!("Razgovor o platformama. {}", "Reč je o svemu. ".repeat(10));
    let far = format!("{}{far}", "Reč je o svemu. ".repeat(10));
    assert_eq!(tags("KINESKI TEMU POD LUPOM EVROPSKE UNIJE", "Više u listu."), ["temu"]);
    assert_eq!(tags("VUČIĆ OTVARA NOVU TEMU RAZGOVORA", &far), [] as [&str; 0]);
    assert_eq!(tags("Vučić o platformi Temu", &far), ["temu"]);
    assert_eq!(tags("RASPRAVA NA TEMU KINESKIH PLATFORMI", "Više."), [] as [&str; 0]);
    assert_eq!(tags("HUAWEI GRADI NOVU MREŽU U SRBIJI", "Više."), ["huawei"]);
    assert_eq!(tags("TP GRADI NOVU MREŽU U SRBIJI", "Više."), [] as [&str; 0]);
    // The body is judged by itself.
    assert_eq!(tags("NOVA MREŽA ZA CELU SRBIJU", "Gradi je TP, kažu."), ["tp"]);
}

#[test]
fn a_veto_over_a_common_word_says_nothing_about_a_name_elsewhere() {
    let temu = RuleSpec {
        names: strings(&["Temu"]),
        unless: strings(&["na temu", "Temu Group"]),
        ..rule("short")
    };
    let tagger = build(vec![entry(Facet::Vendor, "temu", vec![temu])]);
    let far = |veto: &str| format!("{veto} {} Temu i carina", "reč ".repeat(30));
    assert_eq!(rules(&tagger, &far("Skup na temu")), ["temu/short Temu"]);
    assert!(rules(&tagger, &far("Skup Na Temu")).is_empty(), "it is written as the name is");
    assert!(rules(&tagger, &far("Temu Group")).is_empty(), "it says what the name means");
    assert!(rules(&tagger, "Skup na temu: Temu i carina").is_empty(), "the same sentence");
}

#[test]
fn names_that_nothing_tells_apart_are_listed() {
    let needs = RuleSpec { names: strings(&["Norom"]), needs: strings(&["5G"]), ..rule("name") };
    let entries = [
        vendor("b", &["Other", "Norom", "Norom Group"]),
        vendor("a", &["Norom", "Norom Group"]),
        entry(Facet::Vendor, "c", vec![needs]),
        entry(Facet::Place, "d", vec![RuleSpec { names: strings(&["Norom"]), ..rule("name") }]),
    ];
    let name = |id: &str| (id.to_owned(), "name".to_owned());
    let twin = tagger::Twin {
        facet: Facet::Vendor,
        text: "Norom".into(),
        first: name("a"),
        second: name("b"),
    };
    assert_eq!(tagger::twins(&entries), [twin]);
}

#[test]
fn origins_and_amounts_are_scored_as_every_facet() {
    let hidden = RuleSpec { words: strings(&["kinesk* kamer*"]), ..rule("name") };
    let tagger = build(vec![entry(Facet::Origin, "prc-unnamed", vec![hidden])]);
    let line = |text: &str, origin: &[&str], amount: &[&str]| tagger::eval::Line {
        text: Some(text.into()),
        expect: [(Facet::Origin, strings(origin)), (Facet::Amount, strings(amount))].into(),
        ..Default::default()
    };
    let lines = [
        line("kineske kamere za 5 miliona evra", &["prc-unnamed"], &["eur:5000000"]),
        line("kineske kamere za 5 miliona evra", &["prc-unnamed"], &["eur"]),
        line("kamere za 5 miliona evra", &["prc-unnamed"], &["usd"]),
        line("kamere", &[], &["evro"]),
    ];
    let report = tagger::eval::score(&tagger, lines.into_iter());
    let counts = |facet: Facet| {
        let counts = report.facets[&facet].all.counts;
        (counts.right, counts.wrong, counts.missing)
    };
    assert_eq!(counts(Facet::Origin), (2, 0, 1));
    assert_eq!(counts(Facet::Amount), (2, 1, 2));
    assert_eq!(report.unknown, [(Facet::Amount, "evro".to_owned())].into());
    assert_eq!(report.failures.len(), 3);
}

#[test]
fn a_sign_before_a_word_of_a_list_is_part_of_it() {
    let dji =
        RuleSpec { names: strings(&["DJI"]), unless: strings(&[".DJI", "^DJI"]), ..rule("short") };
    let tagger = build(vec![entry(Facet::Vendor, "dji", vec![dji])]);
    assert_eq!(rules(&tagger, "DJI i opet DJI"), ["dji/short DJI|DJI"]);
    assert!(rules(&tagger, "DJI (.DJI)").is_empty());
    assert!(rules(&tagger, "indeks ^DJI").is_empty());
}

#[test]
fn a_tag_names_rule_version_and_place_in_the_original() {
    let tagger = build(vec![vendor("huawei", &["Huawei", "Huavej"])]);
    let other = build(vec![vendor("huawei", &["Huawei"])]);
    let text =
        Text {
            title: Some("Њих и Хуаве\u{ad}јем"), lang: Some("sr-Cyrl"), ..Text::default()
        };
    let tags = tagger.tag(&text);
    let span = &tags[0].spans[0];
    assert_eq!((span.field, span.text.as_str()), (Field::Title, "Хуаве\u{ad}јем"));
    assert_eq!(&text.title.unwrap()[span.start as usize..span.end as usize], span.text);
    let same = other.tag(&in_text("Huawei"));
    assert_ne!(tags[0].version, same[0].version);
    assert_eq!(tags[0].version.len(), 8);
}

#[test]
fn an_explanation_says_what_was_vetoed_and_by_which_word() {
    let honor = RuleSpec {
        names: strings(&["Honor"]),
        needs: strings(&["telefon*"]),
        unless: strings(&["medalj*"]),
        ..rule("name")
    };
    let tagger = build(vec![entry(Facet::Vendor, "honor", vec![honor]), vendor("zte", &["ZTE"])]);
    let verdict = |text: &str| tagger.explain(&in_text(text)).found.remove(0).verdict;
    assert_eq!(verdict("Honor telefon"), Verdict::Counted);
    assert_eq!(verdict("Honor telefon i medalja"), Verdict::Vetoed { word: "medalj*".into() });
    assert_eq!(verdict("Honor"), Verdict::Missing { needs: strings(&["telefon*"]) });
    assert_eq!(verdict("honor telefon"), Verdict::Case);
    assert_eq!(verdict("ZTE@zte.com.cn"), Verdict::Address);
}

#[test]
fn an_entry_that_fails_its_own_examples_is_left_out_with_the_reason() {
    let mut wrong = vendor("temu", &["Temu"]);
    wrong.ignores = strings(&["Razgovor: Temu otvara debatu"]);
    let refusal = refused(wrong);
    assert_eq!(refusal.example.as_deref(), Some("Razgovor: Temu otvara debatu"));
    assert!(refusal.message.contains("`temu/name` on `Temu`"), "{}", refusal.message);

    let mut wrong = vendor("honor", &["Honor"]);
    wrong.rules[0].needs = strings(&["telefon*"]);
    wrong.rules[0].matches = strings(&["Honor u Beogradu"]);
    let refusal = refused(wrong);
    assert_eq!(refusal.rule.as_deref(), Some("name"));
    assert!(refusal.message.contains("needs one of `telefon*`"), "{}", refusal.message);

    let mut wrong = vendor("none", &["Nuctech"]);
    wrong.matches = strings(&["nothing of the kind"]);
    assert!(refused(wrong).message.contains("none of its names"));
}

#[test]
fn what_cannot_be_looked_for_is_refused() {
    for name in ["", "«»", "\u{ad}\u{200b}", "A", "华", "*", "Hua*"] {
        let refusal = refused(vendor("bad", &[name]));
        assert!(matches!(refusal.what, RefusedBecause::Pattern { .. }), "{name}: {refusal:?}");
    }
    let with = |change: fn(&mut EntrySpec)| {
        let mut entry = vendor("bad", &["Somename"]);
        change(&mut entry);
        refused(entry).what
    };
    let regex = |text: &'static str| {
        let rule = RuleSpec { regex: strings(&[text]), ..rule("name") };
        refused(entry(Facet::Vendor, "bad", vec![rule])).message
    };
    assert!(regex("(a").contains("unclosed group"));
    assert!(regex(r"\w{200}\w{200}").contains("when compiled"), "{}", regex(r"\w{200}\w{200}"));
    assert!(regex("a*").contains("empty text"));
    assert!(matches!(with(|e| e.rules.push(rule("name"))), RefusedBecause::RuleTwice { .. }));
    assert!(matches!(with(|e| e.rules.clear()), RefusedBecause::Empty));
    assert!(matches!(
        with(|e| e.rules[0].confidence = Some(f32::NAN)),
        RefusedBecause::Confidence { .. }
    ));
    assert!(matches!(
        with(|e| e.formerly.push("good".into())),
        RefusedBecause::FormerlyTaken { .. }
    ));
    assert!(matches!(
        with(|e| e.rules[0].words = vec!["word".into(); 5_000]),
        RefusedBecause::TooMany { .. }
    ));
    let (tagger, refused) = Tagger::build(vec![vendor("a", &["Aname"]), vendor("a", &["Bname"])]);
    assert_eq!(tagger.ids(Facet::Vendor).count(), 1);
    assert_eq!(refused[0].what, RefusedBecause::IdTwice);
}

#[test]
fn regex_rules_tag_the_original_text() {
    let rule = RuleSpec { regex: strings(&[r"\bGo[12]\b", "ЦХ-\\d+"]), ..rule("model") };
    let tagger = build(vec![entry(Facet::Vendor, "unitree", vec![rule])]);
    assert_eq!(rules(&tagger, "Žuti Go2 i ЦХ-92А"), ["unitree/model Go2|ЦХ-92"]);
    assert!(rules(&tagger, "see https://example.org/Go2").is_empty());
}

#[test]
fn the_group_name_of_a_regex_is_the_name_and_the_rest_is_context() {
    let regex =
        RuleSpec { regex: strings(&[r"\p{Ll} i (?<name>Temu) (?:app|pakete)\b"]), ..rule("temu") };
    let layer = RuleSpec { weak: strings(&["app"]), ..rule("name") };
    let tagger = build(vec![
        entry(Facet::Vendor, "temu", vec![regex]),
        vendor("shein", &["Šein"]),
        entry(Facet::Layer, "application", vec![layer]),
    ]);
    let expected = ["application/name app", "shein/name Šein", "temu/temu Temu"];
    let mut found = rules(&tagger, "kupuju Šein i Temu app");
    found.sort();
    assert_eq!(found, expected, "neither name nor word is covered by the context");
}

#[test]
fn former_ids_lead_to_todays() {
    let mut bgi = vendor("bgi", &["BGI Group"]);
    bgi.formerly = strings(&["bgi-group"]);
    let tagger = build(vec![bgi]);
    assert_eq!(tagger.current_id(Facet::Vendor, "bgi-group"), Some("bgi"));
    assert_eq!(tagger.current_id(Facet::Vendor, "bgi"), Some("bgi"));
    assert_eq!(tagger.current_id(Facet::Layer, "bgi"), None);
    assert_eq!(tagger.label(Facet::Vendor, "bgi"), Some("BGI"));
}

#[test]
fn thirty_thousand_forms_and_a_large_item_stay_inside_the_budget() {
    let entries = (0..3_000).map(|n| {
        let names: Vec<String> = (0..10).map(|m| format!("Vendor{n} Part{m}")).collect();
        entry(Facet::Vendor, &format!("v{n}"), vec![RuleSpec { names, ..rule("name") }])
    });
    let began = Instant::now();
    let tagger = build(entries.collect());
    assert!(began.elapsed() < Duration::from_secs(20), "build: {:?}", began.elapsed());
    let text = "Nova mreža i Vendor7 Part3 u Vendoru u gradu. ".repeat(2_200);
    let began = Instant::now();
    assert_eq!(tagger.tag(&in_text(&text)).len(), 1);
    assert!(began.elapsed() < Duration::from_secs(5), "tag: {:?}", began.elapsed());
}

fn sample_entries() -> Vec<EntrySpec> {
    let honor = RuleSpec {
        names: strings(&["BGI"]),
        needs: strings(&["telefon*"]),
        unless: strings(&["medal"]),
        within: Some(20),
        ..rule("short")
    };
    let network = RuleSpec { words: strings(&["5G"]), weak: strings(&["a"]), ..rule("name") };
    let network = RuleSpec { weak: strings(&["medal"]), ..network };
    vec![
        vendor("huawei", &["Huawei", "Huavej", "华为"]),
        vendor("zte", &["ZTE"]),
        vendor("ceri", &["Čeri"]),
        vendor("bgi-group", &["BGI Group"]),
        entry(Facet::Vendor, "bgi", vec![honor]),
        entry(Facet::Layer, "network", vec![network]),
    ]
}

proptest! {
    #[test]
    fn any_text_can_be_explained_and_the_tags_are_the_same(text in any::<String>()) {
        let tagger = build(sample_entries());
        prop_assert_eq!(tagger.explain(&in_text(&text)).tags, tagger.tag(&in_text(&text)));
    }
}
