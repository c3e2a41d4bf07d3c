//! The hours of a source, one after the other: seen, or not and why. Pure.

use model::{Blind, Health, Outage, Timestamp, Transition};

use crate::rows::{Sight, Span};

/// What is known of one source over time. Everything in the order of time.
#[derive(Debug, Default)]
pub(super) struct History {
    /// When it was tried first; `None`: never.
    pub(super) begun: Option<Timestamp>,
    /// By the last time that it was seen.
    pub(super) blind: Vec<(Timestamp, Blind)>,
    pub(super) changes: Vec<(Timestamp, Transition)>,
    /// When the daemon did not run, by when that began.
    pub(super) outages: Vec<(Timestamp, Outage)>,
    /// How it is now, where that follows from no row: it is off, or overdue since then.
    pub(super) now: Option<Stretch>,
}

/// A state from a time on, until another time or for as long as is known.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) from: Timestamp,
    pub(super) to: Option<Timestamp>,
    pub(super) sight: Sight,
    pub(super) reason: Option<String>,
}

impl History {
    /// The whole time from `since` to `until` without a hole, neighbours that say the same joined.
    pub(super) fn spans(&self, since: Timestamp, until: Timestamp) -> Vec<Span> {
        let stretches = self.stretches();
        let mut edges = vec![since, until];
        for stretch in &stretches {
            edges.extend([Some(stretch.from), stretch.to].into_iter().flatten());
        }
        edges.retain(|edge| (since..=until).contains(edge));
        edges.sort_unstable();
        edges.dedup();
        let mut spans: Vec<Span> = Vec::new();
        for pair in edges.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            // What is later in the list counts more.
            let covers = |s: &&Stretch| s.from <= from && s.to.is_none_or(|end| end >= to);
            let (state, reason) = match stretches.iter().rfind(covers) {
                Some(stretch) => (stretch.sight, stretch.reason.clone()),
                None => (Sight::Watched, None),
            };
            match spans.last_mut() {
                Some(last) if last.state == state && last.reason == reason => last.to = to,
                _ => spans.push(Span { from, to, state, reason }),
            }
        }
        spans
    }

    /// Everything that was not simply watched, in the order in which it outweighs what came
    /// before: blind, not running, off, not begun.
    fn stretches(&self) -> Vec<Stretch> {
        let mut stretches = Vec::new();
        for (from, blind) in &self.blind {
            let reason = match (&blind.outcome, &blind.reason) {
                (Some(outcome), Some(reason)) => Some(format!("{outcome}: {reason}")),
                (Some(outcome), None) => Some(outcome.to_string()),
                (None, reason) => reason.clone(),
            };
            // Before its first success a source is blind from its first attempt on.
            let from = if *from == Timestamp::EPOCH { blind.noticed } else { *from };
            stretches.push(Stretch { from, to: blind.until, sight: Sight::Blind, reason });
        }
        let (off, now): (Vec<_>, Vec<_>) = self
            .now
            .iter()
            .cloned()
            .partition(|stretch| matches!(stretch.sight, Sight::Off | Sight::Retired));
        stretches.extend(now);
        for (from, outage) in &self.outages {
            let reason = Some("stackwatch did not run".to_owned());
            let to = Some(outage.until);
            stretches.push(Stretch { from: *from, to, sight: Sight::Blind, reason });
        }
        for (at, (from, change)) in self.changes.iter().enumerate() {
            let sight = match change.to {
                Health::Off => Sight::Off,
                Health::Retired => Sight::Retired,
                _ => continue,
            };
            let to = self.changes.get(at + 1).map(|(next, _)| *next);
            stretches.push(Stretch { from: *from, to, sight, reason: change.reason.clone() });
        }
        stretches.extend(off);
        let before = self.begun.map_or("it was never polled", |_| "it was not polled yet");
        stretches.push(Stretch {
            from: Timestamp::EPOCH,
            to: self.begun.or(Some(Timestamp::MAX)),
            sight: Sight::Pending,
            reason: Some(before.into()),
        });
        stretches
    }
}

#[cfg(test)]
mod tests {
    use model::OutcomeKind;

    use super::*;

    fn at(hour: u64) -> Timestamp {
        Timestamp::from_millis(hour * 3_600_000).unwrap()
    }

    fn blind(from: u64, to: Option<u64>, noticed: u64) -> (Timestamp, Blind) {
        let row = Blind {
            until: to.map(at),
            noticed: at(noticed),
            outcome: Some(OutcomeKind::Unreachable),
            reason: Some("403".into()),
            failures: 1,
        };
        (at(from), row)
    }

    fn change(hour: u64, to: Health) -> (Timestamp, Transition) {
        (at(hour), Transition { from: Health::Healthy, to, reason: None })
    }

    fn check(history: &History, since: u64, until: u64, expected: &[(u64, u64, Sight)]) {
        let spans = history.spans(at(since), at(until));
        let got: Vec<_> = spans.iter().map(|span| (span.from, span.to, span.state)).collect();
        let expected: Vec<_> =
            expected.iter().map(|(from, to, state)| (at(*from), at(*to), *state)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn any_stretch_of_time_is_told_without_a_hole() {
        let history = History {
            begun: Some(at(10)),
            blind: vec![blind(0, Some(12), 10), blind(20, Some(24), 21), blind(50, None, 51)],
            changes: vec![change(12, Health::Healthy), change(40, Health::Off), {
                change(44, Health::Unknown)
            }],
            outages: vec![(at(23), Outage { until: at(30) })],
            now: None,
        };
        use Sight::{Blind, Off, Pending, Watched};
        check(
            &history,
            0,
            60,
            &[
                (0, 10, Pending),
                (10, 12, Blind),
                (12, 20, Watched),
                // Blind by a failure, then because nothing ran: another reason.
                (20, 23, Blind),
                (23, 30, Blind),
                (30, 40, Watched),
                (40, 44, Off),
                (44, 50, Watched),
                (50, 60, Blind),
            ],
        );
        check(&history, 13, 14, &[(13, 14, Watched)]);
        check(&history, 21, 22, &[(21, 22, Blind)]);
        let spans = history.spans(at(21), at(24));
        assert_eq!(spans[0].reason.as_deref(), Some("unreachable: 403"));
        assert_eq!(spans[1].reason.as_deref(), Some("stackwatch did not run"));
        check(&History::default(), 0, 2, &[(0, 2, Pending)]);
    }

    #[test]
    fn what_is_overdue_or_off_now_has_no_row_yet() {
        let stretch = |sight| Some(Stretch { from: at(5), to: None, sight, reason: None });
        for sight in [Sight::Blind, Sight::Off] {
            let history = History { begun: Some(at(1)), now: stretch(sight), ..History::default() };
            check(&history, 4, 8, &[(4, 5, Sight::Watched), (5, 8, sight)]);
        }
    }
}
