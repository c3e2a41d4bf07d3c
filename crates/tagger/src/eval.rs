//! How good the rules are, against lines whose tags are known.

use std::collections::{BTreeMap, BTreeSet};

use model::Facet;
use serde::{Deserialize, Serialize};

use crate::{Tagger, Text};

/// One text with the ids that it must get. A facet that `expect` does not name is not judged. An
/// amount is expected by unit and value (`eur:150000000`), or by its unit alone (`eur`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub summary: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub lang: Option<String>,
    #[serde(default)]
    pub expect: BTreeMap<Facet, Vec<String>>,
}

impl Line {
    pub fn as_text(&self) -> Text<'_> {
        Text {
            title: self.title.as_deref(),
            summary: self.summary.as_deref(),
            text: self.text.as_deref(),
            lang: self.lang.as_deref(),
        }
    }
}

/// How often a tag was right, wrong or missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub right: u32,
    pub wrong: u32,
    pub missing: u32,
}

/// Counts and the three figures made of them, between 0 and 1; `null` where there is nothing to
/// divide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub counts: Counts,
    pub precision: Option<f64>,
    pub recall: Option<f64>,
    pub f1: Option<f64>,
}

impl From<Counts> for Score {
    fn from(counts: Counts) -> Self {
        let Counts { right, wrong, missing } = counts;
        let share = |of: u32| (of > 0).then(|| f64::from(right) / f64::from(of));
        let f1 = 2 * right + wrong + missing;
        let f1 = (f1 > 0).then(|| f64::from(2 * right) / f64::from(f1));
        Self { counts, precision: share(right + wrong), recall: share(right + missing), f1 }
    }
}

/// The score of one facet, over all its ids and for each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FacetReport {
    /// Lines on which the facet was judged.
    pub lines: u32,
    pub all: Score,
    pub ids: BTreeMap<String, Score>,
}

/// A line whose tags are not the expected ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    pub line: String,
    pub facet: Facet,
    /// Tagged and not expected.
    pub wrong: Vec<String>,
    /// Expected and not tagged.
    pub missing: Vec<String>,
    /// The line's title, or the beginning of its text, at most 160 bytes.
    pub text: String,
}

/// What became of all lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub lines: u32,
    pub facets: BTreeMap<Facet, FacetReport>,
    pub failures: Vec<Failure>,
    /// Expected ids that no watchlist has, with their facet: most likely slips of the pen.
    pub unknown: BTreeSet<(Facet, String)>,
}

/// Tags every line and compares with what it expects. Former ids count as today's.
pub fn score(tagger: &Tagger, lines: impl Iterator<Item = Line>) -> Report {
    let mut report = Report::default();
    let mut counts: BTreeMap<Facet, (u32, BTreeMap<String, Counts>)> = BTreeMap::new();
    for (number, line) in lines.enumerate() {
        report.lines += 1;
        let tags = tagger.tag(&line.as_text());
        for (&facet, expected) in &line.expect {
            let mut wanted = BTreeSet::new();
            for id in expected {
                match tagger.current_id(facet, id) {
                    Some(id) => wanted.insert(id),
                    None => {
                        if !(facet == Facet::Amount && is_amount(id)) {
                            report.unknown.insert((facet, id.clone()));
                        }
                        wanted.insert(id)
                    }
                };
            }
            let got: BTreeSet<&str> = tags
                .iter()
                .filter(|t| t.facet == facet)
                .map(|t| expected_as(facet, &wanted, &t.id))
                .collect();
            let (judged, by_id) = counts.entry(facet).or_default();
            *judged += 1;
            let mut count = |ids: &mut dyn Iterator<Item = &&str>,
                             which: fn(&mut Counts) -> &mut u32| {
                for id in ids {
                    *which(by_id.entry((*id).to_owned()).or_default()) += 1;
                }
            };
            count(&mut got.intersection(&wanted), |c| &mut c.right);
            count(&mut got.difference(&wanted), |c| &mut c.wrong);
            count(&mut wanted.difference(&got), |c| &mut c.missing);
            if got != wanted {
                let shown = line.title.as_ref().or(line.text.as_ref()).or(line.summary.as_ref());
                report.failures.push(Failure {
                    line: if line.id.is_empty() {
                        format!("line {}", number + 1)
                    } else {
                        line.id.clone()
                    },
                    facet,
                    wrong: got.difference(&wanted).map(|id| (*id).to_owned()).collect(),
                    missing: wanted.difference(&got).map(|id| (*id).to_owned()).collect(),
                    text: shown.map_or(String::new(), |t| model::truncated(t, 160).into_owned()),
                });
            }
        }
    }
    report.facets = counts
        .into_iter()
        .map(|(facet, (lines, by_id))| (facet, facet_report(lines, by_id)))
        .collect();
    report
}

/// `eur`, or `eur:150000000`.
fn is_amount(id: &str) -> bool {
    id.split(':').next().is_some_and(|unit| unit.parse::<crate::WantedAmount>().is_ok())
}

/// The id of a tag as the line speaks of it: an amount by its unit where only that is expected.
fn expected_as<'a>(facet: Facet, wanted: &BTreeSet<&str>, id: &'a str) -> &'a str {
    match id.split_once(':') {
        Some((unit, _)) if facet == Facet::Amount && wanted.contains(unit) => unit,
        _ => id,
    }
}

fn facet_report(lines: u32, by_id: BTreeMap<String, Counts>) -> FacetReport {
    let mut all = Counts::default();
    for counts in by_id.values() {
        all.right += counts.right;
        all.wrong += counts.wrong;
        all.missing += counts.missing;
    }
    let ids = by_id.into_iter().map(|(id, counts)| (id, counts.into())).collect();
    FacetReport { lines, all: all.into(), ids }
}
