//! The words of addresses: how often they say what the headline says. The labelled headlines as
//! the addresses that content systems make of them, and with `STACKWATCH_REALDATA` real ones.

mod watchlists;

use std::collections::BTreeSet;

use model::{AddressWords, Facet, Tag};
use serde_json::Value;
use tagger::eval::Line;
use tagger::{Tagger, Text};

fn shipped() -> Tagger {
    Tagger::build(watchlists::shipped()).0
}

fn labelled() -> Vec<Line> {
    let text = include_str!("labelled.jsonl");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// As content systems write a headline into an address: small letters, Latin without marks, other
/// scripts behind percent signs; cut at `longest` bytes wherever that is.
fn address(title: &str, longest: usize) -> String {
    let mut slug = String::new();
    for c in title.to_lowercase().chars() {
        match c {
            'č' | 'ć' => slug.push('c'),
            'š' => slug.push('s'),
            'ž' => slug.push('z'),
            'đ' => slug.push_str("dj"),
            c if c.is_ascii_alphanumeric() => slug.push(c),
            '\'' | '’' => {}
            c if c.is_alphanumeric() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    slug.push_str(&format!("%{byte:02X}"));
                }
            }
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    if slug.len() > longest && !slug.contains('%') {
        slug.truncate(longest);
    }
    format!("https://a.example/2026/11/22/{}/", slug.trim_end_matches('-'))
}

fn ids(tags: &[Tag], facet: Facet) -> BTreeSet<&str> {
    tags.iter().filter(|tag| tag.facet == facet).map(|tag| tag.id.as_str()).collect()
}

/// What the addresses of the labelled headlines say against what people read in these.
#[derive(Debug, Default)]
struct Score {
    wanted: usize,
    found: usize,
    wrong: usize,
}

impl Score {
    fn precision(&self) -> f64 {
        self.found as f64 / (self.found + self.wrong) as f64
    }

    fn recall(&self) -> f64 {
        self.found as f64 / self.wanted as f64
    }
}

fn score(tagger: &Tagger, facet: Facet, longest: usize) -> Score {
    let mut score = Score::default();
    for line in labelled() {
        let (Some(title), Some(expected)) = (&line.title, line.expect.get(&facet)) else {
            continue;
        };
        // What a headline leaves open, its text may have said.
        if line.summary.is_some() || line.text.is_some() {
            continue;
        }
        let tags = of_address(tagger, &address(title, longest), line.lang.as_deref());
        let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
        let found = ids(&tags, facet);
        score.wanted += expected.len();
        score.found += found.intersection(&expected).count();
        score.wrong += found.difference(&expected).count();
    }
    score
}

fn of_address(tagger: &Tagger, address: &str, lang: Option<&str>) -> Vec<Tag> {
    let words = AddressWords::of(address);
    words.map(|words| tagger.tag_address(address, &words, lang)).unwrap_or_default()
}

#[test]
fn an_address_says_nearly_all_that_its_headline_says_and_hardly_more() {
    let tagger = shipped();
    for (facet, longest, precision, recall) in [
        (Facet::Vendor, 2_000, 0.985, 0.965),
        (Facet::Layer, 2_000, 0.95, 0.94),
        // Cut in the middle of a word.
        (Facet::Vendor, 60, 0.985, 0.90),
        (Facet::Vendor, 40, 0.98, 0.75),
    ] {
        let score = score(&tagger, facet, longest);
        println!("{facet}, at most {longest} bytes: {score:?}");
        assert!(score.wanted > 500, "{score:?}");
        assert!(score.precision() >= precision && score.recall() >= recall, "{longest} {score:?}");
    }
}

#[test]
fn short_names_in_small_letters_count_where_nothing_else_is_meant() {
    let tagger = shipped();
    for (slug, expected) in [
        ("huawei-wins-5g-contract-in-serbia", "huawei"),
        ("nuktek-skeneri-na-horgosu", "nuctech"),
        ("zte-osvojio-ugovor", "zte"),
        ("bgi-laboratorija-u-nisu", "bgi"),
        ("dahua-osvojila-tender", "dahua-technology"),
        ("oppo-telefon-stigao-u-srbiju", "oppo"),
        ("Huawei-baut-Netz-in-Serbien-4205274.html", "huawei"),
        ("zte%20osvojio%20ugovor", "zte"),
        ("let-za-bgi-barbados", ""),
        ("rasprava-na-temu-kineskih-investicija", ""),
        ("edin-casic-golom-u-nadoknadi", ""),
        ("mi-i-kina", ""),
        ("boe-i-ecb-o-kamatama", ""),
        ("nio-bi-sretan-da-te-vidi", ""),
        ("dji-pao-na-berzi", ""),
        ("vivo-per-lei", ""),
        ("zte12ab9f", ""),
        ("5d8c31a659b95cc18a43ad75d152e80f", ""),
    ] {
        let address = format!("https://a.example/2026/11/22/{slug}");
        let tags = of_address(&tagger, &address, Some("sr-Latn"));
        let found: Vec<_> = ids(&tags, Facet::Vendor).into_iter().collect();
        assert_eq!(found.join(" "), expected, "{slug}");
    }
}

#[test]
fn a_span_is_a_place_in_the_address_and_amounts_are_not_read() {
    let address = "https://a.example/%D0%B2/novi-%D0%A5%D1%83%D0%B0%D0%B2%D0%B5%D1%98-za-1-5-milijardi-evra.html";
    let tags = of_address(&shipped(), address, Some("sr"));
    assert!(tags.iter().all(|tag| tag.facet != Facet::Amount), "{tags:?}");
    let huawei = tags.iter().find(|tag| tag.id == "huawei").unwrap();
    assert!(huawei.confidence < 1.0);
    for span in tags.iter().flat_map(|tag| &tag.spans) {
        assert_eq!(span.field, model::Field::Url);
        assert_eq!(&address[span.start as usize..span.end as usize], span.text);
    }
    assert_eq!(huawei.spans[0].text, "%D0%A5%D1%83%D0%B0%D0%B2%D0%B5%D1%98");
}

/// How far the tags of addresses and those of their titles are the same.
#[derive(Debug, Default)]
struct Agreement {
    both: usize,
    address_only: usize,
    title_only: usize,
}

#[test]
fn real_addresses_say_what_their_titles_say() {
    let Some(folder) = std::env::var_os("STACKWATCH_REALDATA") else {
        println!("STACKWATCH_REALDATA is not set: nothing to read");
        return;
    };
    let tagger = shipped();
    let path = std::path::Path::new(&folder).join("feeds/expected.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut with_words, mut all) = (0, BTreeSet::new());
    let mut agreement = Agreement::default();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for item in line["items"].as_array().into_iter().flatten() {
            let (Some(link), Some(title)) = (item["link"].as_str(), item["title"].as_str()) else {
                continue;
            };
            if !all.insert(link.to_owned()) {
                continue;
            }

            with_words += usize::from(AddressWords::of(link).is_some());
            let tags = of_address(&tagger, link, None);
            let of_title = tagger.tag(&Text { title: Some(title), ..Text::default() });
            for facet in [Facet::Vendor, Facet::Layer, Facet::Event] {
                let (a, t) = (ids(&tags, facet), ids(&of_title, facet));
                agreement.both += a.intersection(&t).count();
                agreement.address_only += a.difference(&t).count();
                agreement.title_only += t.difference(&a).count();
            }
        }
    }
    println!("{} addresses, {with_words} with words; {agreement:?}", all.len());
    assert!(with_words > 200 && agreement.both > 5, "{agreement:?}");
    assert_eq!(agreement.address_only, 0, "nothing that the title does not say");
}
