//! Hard sentences in four scripts, in the style of the news: who is named, who is hidden, and for
//! how much. Vendors, origins and amounts are all right; layers stay above their floor.

#[allow(dead_code, reason = "the other tests use more of it")]
mod watchlists;

use model::Facet;
use tagger::Tagger;
use tagger::eval::{Line, score};

#[test]
fn hard_sentences_are_read_as_a_careful_analyst_would() {
    let (tagger, _) = Tagger::build(watchlists::shipped());
    let lines: Vec<Line> = include_str!("labelled-lang.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    assert!(lines.len() >= 60);
    let report = score(&tagger, lines.into_iter());
    assert!(report.unknown.is_empty(), "{:?}", report.unknown);
    let told = |facet: Facet| {
        let of_facet = report.failures.iter().filter(move |f| f.facet == facet);
        of_facet
            .map(|f| {
                format!(
                    "{} {facet}: wrong {:?}, missing {:?}: {}\n",
                    f.line, f.wrong, f.missing, f.text
                )
            })
            .collect::<String>()
    };
    let exact = [Facet::Vendor, Facet::Origin, Facet::Amount].map(told).concat();
    assert!(exact.is_empty(), "\n{exact}{}", told(Facet::Layer));
    let layers = report.facets[&Facet::Layer].all;
    assert!(
        layers.precision >= Some(0.9) && layers.recall >= Some(0.85),
        "\n{}",
        told(Facet::Layer)
    );
}
