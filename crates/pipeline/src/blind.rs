//! Writes down when a source was not seen, so that coverage of any hour is known for ever: the
//! attempts themselves are kept for a while only.

use model::{Blind, Health, SourceState, Timestamp, is_overdue};
use store::{Commit, tables};

use crate::Source;

/// Notes what an attempt at `now` says about the time since the last one that succeeded. `known` is
/// the row of the silence that lasts, if one does.
pub(crate) fn note(
    commit: &mut Commit,
    source: &Source,
    known: Option<&Blind>,
    (before, after): (&SourceState, &SourceState),
    now: Timestamp,
) {
    // What was off was not blind: its transitions tell. Switched on again, it is unknown.
    let was_off = matches!(before.health, Health::Off | Health::Retired | Health::Unknown);
    let seen = after.last_outcome.is_some_and(|outcome| outcome.is_success());
    let row = if !seen {
        Blind {
            until: None,
            noticed: known.map_or(now, |known| known.noticed),
            outcome: after.last_outcome,
            reason: after.error.clone(),
            failures: known.map_or(0, |known| known.failures).saturating_add(1),
        }
    } else if let Some(known) = known {
        Blind { until: Some(now), ..known.clone() }
    } else if before.last_success.is_some()
        && !was_off
        && is_overdue(before.next_due, source.every, now)
    {
        Blind {
            until: Some(now),
            noticed: before.next_due,
            outcome: None,
            reason: None,
            failures: 0,
        }
    } else {
        return;
    };
    commit.put::<tables::Blindness>(&(source.id.clone(), key(before)), &row);
}

/// The silence that lasts began after the last success; 1970: there was none.
pub(crate) fn key(state: &SourceState) -> Timestamp {
    state.last_success.unwrap_or(Timestamp::EPOCH)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use store::Range;
    use testkit::{Answer, Origin};

    use super::*;
    use crate::testing::{context, source, start};
    use crate::{Context, run_source};

    const FEED: &str = "<rss version=\"2.0\"><channel><title>T</title></channel></rss>";

    fn rows(cx: &Context) -> Vec<(Timestamp, Blind)> {
        let page = cx.store.page(Range::<tables::Blindness>::all(), 100).unwrap();
        page.into_iter().map(|((_, from), row)| (from, row)).collect()
    }

    #[tokio::test]
    async fn each_silence_is_one_row_from_the_last_success_to_the_next() {
        let origin = Origin::start();
        origin.script(
            "/f",
            [500, 200, 200, 500, 503, 200].map(|status| match status {
                200 => Answer::ok(FEED),
                status => Answer::status(status),
            }),
        );
        let url = origin.url("/f").parse().unwrap();
        let source = Arc::new(Source { url, ..source("a") });
        let (cx, clock) = context(vec![]);
        let mut times = Vec::new();
        for _ in 0..6 {
            times.push(cx.clock.now());
            run_source(&cx, &source).await.unwrap();
            clock.advance(source.every);
        }
        let rows = rows(&cx);
        let shape = |row: &Blind| (row.until, row.noticed, row.failures);
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert_eq!((rows[0].0, times[0]), (Timestamp::EPOCH, start()));
        assert_eq!(shape(&rows[0].1), (Some(times[1]), times[0], 1));
        assert_eq!(rows[1].0, times[2]);
        assert_eq!(shape(&rows[1].1), (Some(times[5]), times[3], 2));
        assert!(rows[1].1.reason.as_ref().unwrap().contains("503"), "{rows:?}");
    }

    #[tokio::test]
    async fn a_poll_that_nobody_made_is_a_silence_too_and_a_late_one_is_not() {
        let origin = Origin::start();
        origin.serve("/f", FEED);
        let url = origin.url("/f").parse().unwrap();
        let source = Arc::new(Source { url, ..source("a") });
        let (cx, clock) = context(vec![]);
        run_source(&cx, &source).await.unwrap();
        clock.advance(2 * source.every);
        run_source(&cx, &source).await.unwrap();
        assert_eq!(rows(&cx), []);
        let last = cx.clock.now();
        clock.advance(20 * source.every);
        run_source(&cx, &source).await.unwrap();
        let rows = rows(&cx);
        assert_eq!((rows.len(), rows[0].0, rows[0].1.until), (1, last, Some(cx.clock.now())));
        assert_eq!(rows[0].1.outcome, None);
    }
}
