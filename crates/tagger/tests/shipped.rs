//! The watchlists that are shipped: every entry holds its own examples, and the labelled lines
//! stay above their floors.

mod watchlists;

use model::Facet;
use tagger::eval::{Line, Report, score};
use tagger::{Tagger, Text};

fn shipped() -> Tagger {
    let (tagger, refused) = Tagger::build(watchlists::shipped());
    let refused: Vec<_> = refused
        .iter()
        .map(|r| format!("{}/{} {:?}: {}", r.facet, r.id, r.rule, r.message))
        .collect();
    assert!(refused.is_empty(), "{} refused:\n{}", refused.len(), refused.join("\n"));
    tagger
}

fn labelled() -> Vec<Line> {
    include_str!("labelled.jsonl")
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

#[test]
fn every_shipped_entry_holds_its_own_examples() {
    let tagger = shipped();
    for (facet, count) in
        [(Facet::Vendor, 90), (Facet::Layer, 5), (Facet::Event, 12), (Facet::Counterparty, 39)]
    {
        assert_eq!(tagger.ids(facet).count(), count, "{facet}");
    }
    assert_eq!(tagger.label(Facet::Vendor, "bgi"), Some("BGI"));
    assert_eq!(tagger.current_id(Facet::Vendor, "bgi-group"), Some("bgi"));
    assert_eq!(tagger.by_cpv(Facet::Layer, "32323500"), [("device", "32323")]);
}

#[test]
fn every_vendor_has_examples_and_known_layers() {
    let all = watchlists::shipped();
    let layers: Vec<_> = all.iter().filter(|e| e.facet == Facet::Layer).map(|e| &e.id).collect();
    for entry in &all {
        assert!(!entry.matches.is_empty(), "{} has no `matches`", entry.id);
        assert!(entry.usual_layers.iter().all(|l| layers.contains(&l)), "{}: layers", entry.id);
    }
}

#[test]
fn the_labelled_lines_stay_above_their_floors() {
    let lines = labelled();
    assert!(lines.len() >= 400, "{} lines", lines.len());
    let negatives =
        lines.iter().filter(|l| l.expect.get(&Facet::Vendor).is_some_and(Vec::is_empty));
    assert!(negatives.count() * 10 >= lines.len() * 4, "too few hard negatives");
    // In percent of all lines.
    let shares: [(&[&str], usize); 4] = [
        (&["en"], 25),
        (&["sr-Latn", "hr", "bs"], 20),
        (&["sr-Cyrl", "mk"], 8),
        (&["zh", "zh-Hant"], 8),
    ];
    for (langs, share) in shares {
        let is_one = |l: &&Line| l.lang.as_deref().is_some_and(|lang| langs.contains(&lang));
        let count = lines.iter().filter(is_one).count();
        assert!(count * 100 >= lines.len() * share, "{langs:?}: {count} of {}", lines.len());
    }
    let report = score(&shipped(), lines.into_iter());
    assert!(report.unknown.is_empty(), "{:?}", report.unknown);
    let floors = [(Facet::Vendor, 0.98, 0.97), (Facet::Layer, 0.90, 0.85)];
    for (facet, precision, recall) in floors {
        let all = report.facets[&facet].all;
        println!("{facet}: {all:?}");
        let good = all.precision.is_some_and(|p| p >= precision)
            && all.recall.is_some_and(|r| r >= recall);
        assert!(good, "{facet}: {all:?}\n{}", failures(&report, facet));
    }
}

fn failures(report: &Report, facet: Facet) -> String {
    let of_facet = report.failures.iter().filter(|f| f.facet == facet);
    of_facet
        .map(|f| format!("{}: wrong {:?}, missing {:?}: {}\n", f.line, f.wrong, f.missing, f.text))
        .collect()
}

#[test]
fn the_words_of_a_tag_are_those_of_the_original() {
    let tagger = shipped();
    let text = Text {
        title: Some("Држава и Хуавејем: нови дата центар"),
        summary: Some("Reč je o Huawei\u{ad}jevoj opremi. Više na https://huawei.com/rs."),
        ..Text::default()
    };
    let tags = tagger.tag(&text);
    let huawei = tags.iter().find(|t| t.id == "huawei").unwrap();
    assert_eq!(huawei.rule, "huawei/name");
    assert_eq!(huawei.version.len(), 8);
    let words: Vec<_> = huawei.spans.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(words, ["Хуавејем", "Huawei\u{ad}jevoj"]);
    assert!(tags.iter().any(|t| t.facet == Facet::Layer && t.id == "data"));
    for span in tags.iter().flat_map(|t| &t.spans) {
        let field = if span.field == model::Field::Title { text.title } else { text.summary };
        assert_eq!(&field.unwrap()[span.start as usize..span.end as usize], span.text);
    }
}
