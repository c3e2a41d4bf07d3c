use std::sync::Arc;
use std::time::Instant;

use model::{OutcomeKind, Sight};
use store::Configured;

use super::*;
use crate::Clock as _;
use crate::outcome::{Outcome, Trouble};
use crate::run::store_outcome;
use crate::testing::{context, entry, parsed, source, start};

fn at(hour: u64) -> Timestamp {
    start().after(Duration::from_secs(3_600 * hour))
}

fn count<T>(store: &Store, id: &SourceId) -> (usize, usize)
where
    T: store::Table<Key = (SourceId, Timestamp)>,
{
    let (mut rows, mut bytes) = (0, 0);
    let mut range = Range::<T>::prefix(id);
    loop {
        let page = store.page(range, 1_000).unwrap();
        let Some((last, _)) = page.last() else { return (rows, bytes) };
        range = Range::<T>::prefix(id).after(last);
        rows += page.len();
        bytes +=
            page.iter().map(|(_, row)| serde_json::to_string(row).unwrap().len()).sum::<usize>();
    }
}

/// Twice unread, then read: three polls of six hours each, for five years.
#[tokio::test]
async fn a_source_that_flaps_for_five_years_stays_within_bounds_and_is_never_said_to_be_watched() {
    const STEP: u64 = 6;
    const POLLS: u64 = 5 * 365 * 24 / STEP;
    let (cx, clock) = context(vec![]);
    let source = Arc::new(source("a"));
    let (mut most, mut most_bytes) = (0, 0);
    for poll in 0..=POLLS {
        clock.set(at(poll * STEP));
        let outcome = match poll % 3 {
            0 => {
                // Every second time nothing of what it shows was there before.
                let ids = if poll % 2 == 0 { [poll, poll + 1] } else { [poll, poll - 3] };
                let entries = ids.map(|id| entry(&id.to_string(), None, "Vest"));
                parsed(&format!("\"{poll}\""), entries.to_vec())
            }
            _ => Outcome::Unreachable { error: "x".repeat(200), trouble: Trouble::default() },
        };
        store_outcome(&cx, &source, outcome, Instant::now()).await.unwrap();
        if poll % 60 == 0 {
            let tables = [
                count::<tables::Blindness>(&cx.store, &source.id),
                count::<tables::Gaps>(&cx.store, &source.id),
                count::<tables::Transitions>(&cx.store, &source.id),
            ];
            most = most.max(tables.iter().map(|(rows, _)| *rows).max().unwrap());
            most_bytes = most_bytes.max(tables.iter().map(|(_, bytes)| *bytes).sum());
        }
    }
    let bound = ROWS_KEPT + ROWS_EVERY as usize;
    assert!((ROWS_KEPT - 50..=bound).contains(&most), "{most} rows");
    assert!(most_bytes < 1_200_000, "{most_bytes} bytes");

    let state = cx.store.get::<tables::Sources>(&source.id).unwrap().unwrap();
    let known = Configured { every: source.every, off: None };
    let now = clock.now();
    let time = (at(0), now);
    let ledger = cx.store.ledger(&source.id, &state, Some(&known), &[], time).unwrap();
    let stretches = ledger.stretches(at(0), now);
    for poll in 0..POLLS {
        // Between two polls of which neither, or only one, was read.
        let middle = at(poll * STEP + STEP / 2);
        let told = stretches.iter().find(|s| (s.from..s.to).contains(&middle)).unwrap();
        assert!(told.state != Sight::Watched, "{middle} is watched");
    }
    // What is not long ago is told one by one.
    let month = ledger.stretches(now.before(Duration::from_secs(30 * 86_400)), now);
    assert!(month.len() >= 40, "{} stretches", month.len());
}

fn row(from: u64, until: u64, failures: u32) -> (Timestamp, Blind) {
    let outcome = Some(OutcomeKind::Unreachable);
    let (until, noticed) = (Some(at(until)), at(from + 1));
    (at(from), Blind { until, noticed, outcome, reason: None, failures })
}

#[test]
fn stumbles_go_silences_of_a_day_are_one_and_what_lasts_stays() {
    let lasts = (at(60), Blind { until: None, ..row(60, 0, 4).1 });
    let rows =
        [row(0, 2, 1), row(3, 5, 3), row(6, 8, 4), row(9, 11, 3), row(12, 14, 3), lasts.clone()];
    let merged = merged_silences(&rows, &[], Timestamp::MAX);
    assert_eq!(merged.gone.len(), rows.len());
    let new: Vec<_> =
        merged.new.iter().map(|(from, row)| (*from, row.until, row.failures)).collect();
    // The day begins at six in the morning: the clock of the test does.
    assert_eq!(new, [(at(60), None, 4), (at(3), Some(at(14)), 13)]);
    assert!(merged.new[1].1.reason.as_ref().unwrap().contains("4 silences in 11 h"));
    // What changed since is not known: then a stumble may have been a silence.
    let unsure = merged_silences(&rows, &[], at(1));
    assert_eq!(unsure.new[1].0, at(0));
}
