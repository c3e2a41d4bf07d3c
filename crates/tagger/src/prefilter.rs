//! Which regexes can match in a text at all. Most have letters that stand in every match; one
//! search looks for those of all of them, and most texts have none.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Literals of one regex: more are weeded out less well than what they stand for.
const MAX_LITERALS: usize = 16;
/// Bytes of a literal that make it rare enough, and the fewest that are worth looking for.
const ENOUGH: usize = 4;
const LEAST: usize = 3;

/// Literals of which at least one stands in every match.
type Literals = Vec<Vec<u8>>;

#[derive(Default)]
pub(crate) struct Prefilter {
    search: Option<Search>,
    /// Regexes without such letters.
    always: Vec<u32>,
}

struct Search {
    /// The quick one, which only says whether there is any literal.
    any: AhoCorasick,
    /// Finds those that overlap as well.
    each: AhoCorasick,
    /// The regexes of each literal.
    owners: Vec<Vec<u32>>,
}

impl Prefilter {
    /// For these regexes, which go by their numbers. What is not understood is always possible.
    pub(crate) fn new<'a>(regexes: impl Iterator<Item = &'a str>) -> Self {
        let mut always = Vec::new();
        let mut literals: Literals = Vec::new();
        let mut owners: Vec<Vec<u32>> = Vec::new();
        for (number, regex) in regexes.enumerate() {
            let number = number as u32;
            let Some(own) = literals_of(regex) else {
                always.push(number);
                continue;
            };
            for literal in own {
                match literals.iter().position(|known| *known == literal) {
                    Some(at) => owners[at].push(number),
                    None => {
                        literals.push(literal);
                        owners.push(vec![number]);
                    }
                }
            }
        }
        if literals.is_empty() {
            return Self { search: None, always };
        }
        let any = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&literals);
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let each = AhoCorasick::builder().kind(kind).build(&literals);
        match (any, each) {
            (Ok(any), Ok(each)) => Self { search: Some(Search { any, each, owners }), always },
            // Too large to be searched for: nothing is ruled out then.
            _ => {
                always.extend(owners.into_iter().flatten());
                always.sort_unstable();
                always.dedup();
                Self { search: None, always }
            }
        }
    }

    /// Says which regexes can match in `text`, some of them more than once.
    pub(crate) fn possible(&self, text: &str, mut then: impl FnMut(u32)) {
        self.always.iter().for_each(|regex| then(*regex));
        if let Some(search) = self.search.as_ref().filter(|search| search.any.is_match(text)) {
            for found in search.each.find_overlapping_iter(text) {
                search.owners[found.pattern().as_usize()].iter().for_each(|regex| then(*regex));
            }
        }
    }
}

/// Literals of which at least one stands in every match of `regex`; `None` where there are none
/// worth looking for.
fn literals_of(regex: &str) -> Option<Literals> {
    required(&regex_syntax::parse(regex).ok()?)
}

fn required(hir: &Hir) -> Option<Literals> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(_) | HirKind::Class(_) => useful(exact(hir)?),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Repetition(_) => None,
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(required(branch)?);
            }
            useful(all)
        }
        HirKind::Concat(parts) => {
            let mut best = None;
            let mut run: Literals = vec![Vec::new()];
            for part in parts {
                let Some(next) = exact(part) else {
                    best = better(best, useful(std::mem::replace(&mut run, vec![Vec::new()])));
                    best = better(best, required(part));
                    continue;
                };
                // Alone it may do better: fewer are found faster.
                best = better(best, useful(next.clone()));
                if run.len() * next.len() > MAX_LITERALS {
                    best = better(best, useful(std::mem::replace(&mut run, vec![Vec::new()])));
                }
                run = crossed(&run, &next);
            }
            better(best, useful(run))
        }
    }
}

/// All that `hir` matches, if that is little. A place between letters is nothing to look for, and
/// to leave it out only widens what is found.
fn exact(hir: &Hir) -> Option<Literals> {
    let all = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![Vec::new()],
        HirKind::Literal(literal) => vec![literal.0.to_vec()],
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.iter().map(|range| range.start()..=range.end());
            let letters = ranges.flatten().take(MAX_LITERALS + 1);
            letters.map(|letter| letter.to_string().into_bytes()).collect()
        }
        HirKind::Class(Class::Bytes(class)) => {
            let ranges = class.iter().map(|range| range.start()..=range.end());
            ranges.flatten().take(MAX_LITERALS + 1).map(|byte| vec![byte]).collect()
        }
        HirKind::Capture(capture) => exact(&capture.sub)?,
        HirKind::Repetition(_) => return None,
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(exact(branch)?);
                if all.len() > MAX_LITERALS {
                    return None;
                }
            }
            all
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Vec::new()];
            for part in parts {
                let next = exact(part)?;
                if all.len() * next.len() > MAX_LITERALS {
                    return None;
                }
                all = crossed(&all, &next);
            }
            all
        }
    };
    (all.len() <= MAX_LITERALS).then_some(all)
}

fn crossed(left: &Literals, right: &Literals) -> Literals {
    let all = left.iter().flat_map(|a| right.iter().map(move |b| [&a[..], b].concat()));
    all.collect()
}

/// The literals, if each of them is worth looking for.
fn useful(mut literals: Literals) -> Option<Literals> {
    literals.sort_unstable();
    literals.dedup();
    let few = !literals.is_empty() && literals.len() <= MAX_LITERALS;
    (few && literals.iter().all(|literal| literal.len() >= LEAST)).then_some(literals)
}

fn better(a: Option<Literals>, b: Option<Literals>) -> Option<Literals> {
    let worth = |literals: &Literals| {
        let shortest = literals.iter().map(Vec::len).min().unwrap_or(0);
        (shortest.min(ENOUGH), std::cmp::Reverse(literals.len()))
    };
    match (a, b) {
        (Some(a), Some(b)) => Some(if worth(&b) > worth(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;

    fn literals(regex: &str) -> Vec<String> {
        let literals = literals_of(regex).unwrap_or_default();
        literals.into_iter().map(|literal| String::from_utf8(literal).unwrap()).collect()
    }

    #[test]
    fn the_letters_that_every_match_has_are_found() {
        for (regex, expected) in [
            (r"\bTemu(?:'s)? (?:and|to)\b", &["Temu"][..]),
            (r"\b[Rr]ed ?[Mm]agic (?:9|10|11)", &["agic "]),
            (r"(?:^|[：:、])\s*(?:中兴|中興)", &["中兴", "中興"]),
            (r"\b(?:Mavi[ck]|Мавик)(?:a|u)?[ -]?(?:[2-4]\w?|Pro)\b", &["Mavic", "Mavik", "Мавик"]),
            (r"(?:HONOR){2,}", &["HONOR"]),
            (r"\p{Ll} (?:na|za) Temu(?:[?.,]|$)", &[" Temu"]),
            (r"(?i)byd", &["BYD", "BYd", "ByD", "Byd", "bYD", "bYd", "byD", "byd"]),
            // Nothing that is worth looking for.
            (r"\w+", &[]),
            (r"(?:Huawei)?", &[]),
            (r"Huawei|\d+", &[]),
            (r"ab", &[]),
        ] {
            assert_eq!(literals(regex), expected, "{regex}");
        }
    }

    #[test]
    fn literals_that_overlap_do_not_hide_each_other() {
        let regexes = ["Huawei", "wei Cloud", "Huawei Cloud", r"\d"];
        let prefilter = Prefilter::new(regexes.into_iter());
        let mut possible = Vec::new();
        prefilter.possible("a Huawei Cloud", |regex| possible.push(regex));
        possible.sort_unstable();
        assert_eq!(possible, [0, 1, 2, 3]);
    }

    /// Regexes and texts of the same few pieces, so that many match.
    fn regex() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "Temu",
            "temu",
            "ivo ",
            "X",
            "中兴",
            "聯",
            "[Mm]avic",
            "[0-9]",
            r"\w",
            r"\s*",
            r"\b",
            "^",
            "$",
            ".",
            r"\p{Lu}",
            "(?i)red",
            "[^a-z]",
            "ć",
            r"[兴興]",
            "",
        ];
        let piece = prop::sample::select(PIECES).prop_map(str::to_owned);
        piece.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
                prop::collection::vec(inner.clone(), 1..4)
                    .prop_map(|parts| format!("(?:{})", parts.join("|"))),
                inner.clone().prop_map(|part| format!("(?:{part})?")),
                inner.clone().prop_map(|part| format!("(?:{part}){{1,3}}")),
                inner.prop_map(|part| format!("({part})+")),
            ]
        })
    }

    fn text() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "Temu", "temu", "ivo ", "X", "中兴", "聯", "中興", "Mavic", "mavic", "7", " ", "Red",
            "RED", "ć", "\n", "a",
        ];
        prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn no_match_is_ever_ruled_out(
            patterns in prop::collection::vec(regex(), 1..6),
            texts in prop::collection::vec(text(), 1..8),
        ) {
            let regexes: Vec<Regex> =
                patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect();
            let prefilter = Prefilter::new(regexes.iter().map(Regex::as_str));
            for text in &texts {
                let mut possible = vec![false; regexes.len()];
                prefilter.possible(text, |regex| possible[regex as usize] = true);
                for (regex, possible) in regexes.iter().zip(possible) {
                    prop_assert!(possible || !regex.is_match(text), "{regex} in {text:?}");
                }
            }
        }
    }
}
