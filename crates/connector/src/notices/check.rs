//! Whether an answer is an answer to the question: several servers drop a parameter that they do
//! not understand and return everything.

use model::{Problem, Timestamp};

use super::{Next, ParsedNotices, Window};

/// Milliseconds of a day: dates at the ends of a window are off by the publisher's offset.
const DAY: u64 = 86_400_000;

/// What was asked.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub window: Window,
    /// ISO 3166-1 alpha-2; empty where any country would do.
    pub countries: Vec<String>,
    /// How many records the server has without any filter, where that is known.
    pub unfiltered_total: Option<u64>,
    /// Records of the earlier pages of this answer.
    pub seen: u64,
}

/// Says where an answer does not fit the question. Its notices are none the less real: the caller
/// keeps those that it wants and calls the source degraded.
pub fn check_answer(asked: &Asked, parsed: &ParsedNotices) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut tell = |reason: String| problems.push(Problem { at: "answer".into(), reason });
    let dated: Vec<Timestamp> = parsed.items.iter().filter_map(|notice| notice.published).collect();
    let outside = dated.iter().filter(|time| !asked.window.holds(**time)).count();
    if outside > 0 {
        let all = dated.len();
        tell(format!(
            "{outside} of {all} notices lie outside the days that were asked for: the filter did not filter"
        ));
    }
    let placed: Vec<&str> =
        parsed.items.iter().filter_map(|notice| notice.country.as_deref()).collect();
    let elsewhere = placed
        .iter()
        .filter(|country| !asked.countries.iter().any(|known| known == *country))
        .count();
    // A buyer may sit elsewhere than the place of performance; most do not.
    if !asked.countries.is_empty() && elsewhere * 2 > placed.len() {
        let all = placed.len();
        tell(format!(
            "{elsewhere} of {all} notices are of countries that were not asked for: the filter did not filter"
        ));
    }
    let records =
        parsed.items.len() as u64 + parsed.skipped.len() as u64 + u64::from(parsed.rejected);
    if let Some(total) = parsed.total {
        if total > 0 && asked.unfiltered_total == Some(total) {
            tell(format!("the server counts {total} notices, as many as without a filter"));
        }
        let got = asked.seen + records;
        if got > total {
            tell(format!("the server counts {total} notices and sent {got}"));
        }
        if parsed.next.is_none() && got < total {
            tell(format!("the answer ended after {got} of {total} notices"));
        }
    }
    problems
}

/// Where to go on: the next page, unless this one was empty, repeats the page before, or (in an
/// answer that is sorted by date, newest first) has reached days before the window.
pub fn follow<'p>(
    asked: &Asked,
    parsed: &'p ParsedNotices,
    page: Option<&Next>,
) -> Option<&'p Next> {
    let next = parsed.next.as_ref()?;
    let nothing = parsed.items.is_empty() && parsed.skipped.is_empty() && parsed.rejected == 0;
    let oldest = parsed.items.iter().filter_map(|notice| notice.published).min();
    let newest = parsed.items.iter().filter_map(|notice| notice.published).max();
    let past = match (asked.window.from, newest, oldest) {
        (Some(from), Some(newest), Some(oldest)) => {
            let last = parsed.items.iter().rev().find_map(|notice| notice.published);
            last == Some(oldest) && newest >= oldest && oldest.millis() + DAY < from.millis()
        }
        _ => false,
    };
    (!nothing && !past && page != Some(next)).then_some(next)
}

impl Window {
    /// Whether a day lies inside, give or take the offset of the publisher's clock.
    fn holds(&self, time: Timestamp) -> bool {
        let early = self.from.is_some_and(|from| time.millis() + DAY < from.millis());
        let late = self.to.is_some_and(|to| time.millis() > to.millis() + DAY);
        !early && !late
    }
}

#[cfg(test)]
mod tests {
    use model::{Notice, Stage};

    use super::*;

    fn answer(days: &[(&str, &str)], total: u64) -> ParsedNotices {
        let mut parsed = ParsedNotices::new("ted-search");
        for (at, (day, country)) in days.iter().enumerate() {
            let mut notice = Notice::new(at.to_string(), Stage::Notice);
            notice.published = Some(format!("{day}T00:00:00Z").parse().unwrap());
            notice.country = Some((*country).into());
            parsed.items.push(notice);
        }
        parsed.total = Some(total);
        parsed
    }

    fn asked() -> Asked {
        Asked {
            window: Window {
                from: Some("2026-09-01T00:00:00Z".parse().unwrap()),
                to: Some("2026-09-08T00:00:00Z".parse().unwrap()),
            },
            countries: vec!["RS".into(), "ME".into()],
            unfiltered_total: Some(900_000),
            seen: 0,
        }
    }

    #[test]
    fn an_answer_that_was_filtered_has_no_problems() {
        let parsed = answer(&[("2026-09-08", "RS"), ("2026-09-02", "ME"), ("2026-08-31", "RS")], 3);
        assert_eq!(check_answer(&asked(), &parsed), []);
    }

    #[test]
    fn a_filter_that_did_not_filter_is_told() {
        let parsed =
            answer(&[("2025-01-01", "DE"), ("2024-01-01", "FR"), ("2026-09-02", "RS")], 900_000);
        let reasons: Vec<_> =
            check_answer(&asked(), &parsed).into_iter().map(|problem| problem.reason).collect();
        assert_eq!(
            reasons,
            [
                "2 of 3 notices lie outside the days that were asked for: the filter did not filter",
                "2 of 3 notices are of countries that were not asked for: the filter did not filter",
                "the server counts 900000 notices, as many as without a filter",
                "the answer ended after 3 of 900000 notices",
            ]
        );
        let more = answer(&[("2026-09-02", "RS"), ("2026-09-02", "RS")], 1);
        assert_eq!(
            check_answer(&asked(), &more)[0].reason,
            "the server counts 1 notices and sent 2"
        );
    }

    #[test]
    fn pages_end_where_they_should() {
        let token = Next::Token("a".into());
        let mut parsed = answer(&[("2026-09-02", "RS")], 5);
        parsed.next = Some(token.clone());
        assert_eq!(follow(&asked(), &parsed, None), Some(&token));
        assert_eq!(follow(&asked(), &parsed, Some(&token)), None);
        let mut old = answer(&[("2026-09-02", "RS"), ("2026-08-01", "RS")], 5);
        old.next = Some(token.clone());
        assert_eq!(follow(&asked(), &old, None), None);
        let mut empty = answer(&[], 5);
        empty.next = Some(token);
        assert_eq!(follow(&asked(), &empty, None), None);
    }
}
