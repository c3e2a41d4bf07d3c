use model::Field;
use proptest::prelude::*;

use crate::{Tagger, Text};

/// The amounts in `text`, as ids with the words that they were read from.
fn amounts(text: &str) -> Vec<String> {
    let (tagger, _) = Tagger::build(vec![]);
    let tags = tagger.tag(&Text { text: Some(text), ..Text::default() });
    let mut found: Vec<_> = tags
        .iter()
        .flat_map(|tag| tag.spans.iter().map(|s| (s.start, format!("{} {}", tag.id, s.text))))
        .collect();
    found.sort();
    found.into_iter().map(|(_, shown)| shown).collect()
}

#[test]
fn money_is_read_in_four_languages() {
    for (text, expected) in [
        ("a €150 million loan", "eur:150000000 €150 million"),
        ("vredan 19,3 miliona dolara", "usd:19300000 19,3 miliona dolara"),
        ("вредно 5 млрд динара", "rsd:5000000000 5 млрд динара"),
        ("总额2亿元", "cny:200000000 2亿元"),
        ("总额2亿美元。", "usd:200000000 2亿美元"),
        ("投资1.5万亿元人民币", "cny:1500000000000 1.5万亿元人民币"),
        ("worth USD 1.2bn in", "usd:1200000000 USD 1.2bn"),
        ("oko 150 mil. evra", "eur:150000000 150 mil. evra"),
        ("iznosi 1.234.567,89 RSD.", "rsd:1234567.89 1.234.567,89 RSD"),
        ("a $3m deal", "usd:3000000 $3m"),
        ("a $3M deal", "usd:3000000 $3M"),
        ("oko dve milijarde evra", "eur:2000000000 dve milijarde evra"),
        ("око две милијарде евра", "eur:2000000000 две милијарде евра"),
        ("vrijedan 10 miliona KM", "bam:10000000 10 miliona KM"),
        ("500.000 KM za kamere", "bam:500000 500.000 KM"),
        ("вредност од 300.000 денари", "mkd:300000 300.000 денари"),
        ("5 милиони евра за", "eur:5000000 5 милиони евра"),
        ("milijardu i po dinara", "rsd:1500000000 milijardu i po dinara"),
        ("dva i po miliona evra", "eur:2500000 dva i po miliona evra"),
        ("pola milijarde evra", "eur:500000000 pola milijarde evra"),
        ("half a billion dollars", "usd:500000000 half a billion dollars"),
        ("two hundred million euros", "eur:200000000 two hundred million euros"),
        ("two billion US dollars", "usd:2000000000 two billion US dollars"),
        ("30 miliona američkih dolara", "usd:30000000 30 miliona američkih dolara"),
        ("a 150-million-euro loan", "eur:150000000 150-million-euro"),
        ("kredit od 1,25 milijardi evra", "eur:1250000000 1,25 milijardi evra"),
        ("kredit od 1,255 milijardi evra", "eur:1255000000 1,255 milijardi evra"),
        ("2.000 milijardi dinara", "rsd:2000000000000 2.000 milijardi dinara"),
        ("$2.125 billion", "usd:2125000000 $2.125 billion"),
        ("1,500 million euros", "eur:1500000000 1,500 million euros"),
        ("19 300 000 evra", "eur:19300000 19 300 000 evra"),
        ("19\u{a0}300\u{a0}000 €", "eur:19300000 19\u{a0}300\u{a0}000 €"),
        ("od 3 do 5 miliona evra", "eur:3000000-5000000 3 do 5 miliona evra"),
        ("3–5 miliona evra", "eur:3000000-5000000 3–5 miliona evra"),
        ("between $3 and $5 million", "usd:3000000-5000000 $3 and $5 million"),
        ("500万至800万美元", "usd:5000000-8000000 500万至800万美元"),
        ("milion evra", "eur:1000000 milion evra"),
        ("US$5 billion", "usd:5000000000 US$5 billion"),
        ("HK$200 million", "hkd:200000000 HK$200 million"),
        ("£1.2bn", "gbp:1200000000 £1.2bn"),
        ("telefon za 499,99 evra", "eur:499.99 499,99 evra"),
        ("500k evra", "eur:500000 500k evra"),
        ("２００万元", "cny:2000000 ２００万元"),
        ("100 milijuna eura", "eur:100000000 100 milijuna eura"),
    ] {
        assert_eq!(amounts(text), [expected], "{text}");
    }
}

#[test]
fn devices_are_counted() {
    for (text, expected) in [
        (
            "1.000 kamera na 800 lokacija",
            &["cameras:1000 1.000 kamera", "locations:800 800 lokacija"][..],
        ),
        ("500 surveillance cameras in", &["cameras:500 500 surveillance cameras"]),
        ("20 drones", &["drones:20 20 drones"]),
        ("8.000 камера", &["cameras:8000 8.000 камера"]),
        ("1 000 kamera", &["cameras:1000 1 000 kamera"]),
        ("hiljadu novih kamera", &["cameras:1000 hiljadu novih kamera"]),
        ("2 miliona kamera", &["cameras:2000000 2 miliona kamera"]),
        ("200 million CCTV cameras", &["cameras:200000000 200 million CCTV cameras"]),
        ("šest naoružanih dronova", &["drones:6 šest naoružanih dronova"]),
        ("six CH-92A drones", &["drones:6 six CH-92A drones"]),
        ("dva mobilna skenera", &["scanners:2 dva mobilna skenera"]),
        ("40 Dahuinih kamera", &["cameras:40 40 Dahuinih kamera"]),
        (
            "500 Chinese-made surveillance cameras",
            &["cameras:500 500 Chinese-made surveillance cameras"],
        ),
        ("8000个高清监控摄像头", &["cameras:8000 8000个高清监控摄像头"]),
        ("建成3万多个5G基站", &["base-stations:30000 3万多个5G基站"]),
        ("采购500架无人机", &["drones:500 500架无人机"]),
        ("300 baznih stanica", &["base-stations:300 300 baznih stanica"]),
        ("2.500 5G base stations", &["base-stations:2500 2.500 5G base stations"]),
        ("dvadeset pet dronova", &["drones:25 dvadeset pet dronova"]),
    ] {
        assert_eq!(amounts(text), expected, "{text}");
    }
}

#[test]
fn what_only_looks_like_an_amount_is_none() {
    for text in [
        "u 2019. kamere su postavljene",
        "U 2019 kamere snimaju",
        "tel. 011/123-456, dinar",
        "rast od 5% evra",
        "12.3.2024. evra nema",
        "5G mreža",
        "kamere rade 24/7",
        "Partizan – Zvezda 2:1, dinar",
        "35 stepeni, drona nema",
        "autoput dug 350 km",
        "5 million people",
        "miliona evra",
        "nekoliko miliona evra",
        "desetine hiljada kamera",
        "CH-92 dronovi",
        "telefon sa 4 kamere",
        "snimak od 16.30 sati kamere",
        "tri sata kasnije dron je pao",
        "što miliona ljudi",
        "https://example.org/500-evra",
        "član 5. evra",
        "10 pounds of meat",
        "800 lokacija",
        "verzija 1.2.3 evra",
        "0 evra",
        "12345678901234567890 evra",
    ] {
        assert_eq!(amounts(text), [] as [&str; 0], "{text}");
    }
}

#[test]
fn the_amounts_of_one_item_are_bounded_and_quick() {
    for text in [
        "5 evra i 7 kamera ".repeat(60_000),
        "1 ".repeat(500_000),
        "1.".repeat(500_000),
        "milion ".repeat(100_000),
        "两".repeat(300_000),
        "kamera ".repeat(100_000),
        "9".repeat(1 << 20),
    ] {
        let began = std::time::Instant::now();
        assert!(amounts(&text).len() <= 48);
        assert!(began.elapsed() < std::time::Duration::from_secs(20));
    }
}

proptest! {
    #[test]
    fn spans_slice_the_original(parts in prop::collection::vec(prop::sample::select(vec![
        "5", "1.000", "19,3", " ", " ", " ", "miliona", "million", "evra", "€", "$", "KM", "亿", "元",
        "kamera", "камера", "dve", "milijarde", "-", "do", "摄像头", "个", ".", ",", "\u{ad}", "\u{a0}",
        "novih", "i po", "\n", "３", "sto", "što", "пет",
    ]), 0..20)) {
        let text = parts.concat();
        let (tagger, _) = Tagger::build(vec![]);
        for tag in tagger.tag(&Text { text: Some(&text), ..Text::default() }) {
            for span in tag.spans {
                prop_assert_eq!(span.field, Field::Text);
                prop_assert_eq!(text.get(span.start as usize..span.end as usize), Some(span.text.as_str()));
            }
        }
    }
}
