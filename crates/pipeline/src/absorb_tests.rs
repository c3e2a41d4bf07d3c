//! What is stored of documents, poll after poll: the promises I1 to I7a, on the real store types.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Alert, Entry, Held, Item, Revision, SourceState};
use proptest::prelude::*;
use store::{CommitError, Range, tables};

use crate::decide::{Report, Situation, Totals};
use crate::known::Known;
use crate::outcome::Outcome;
use crate::run::store_outcome;
use crate::testing::{context, entry, parsed, source};
use crate::{Context, ManualClock, Source, decide, identify};

/// A context with sources `a` and `b`, both past their baseline.
struct World {
    cx: Context,
    clock: ManualClock,
    polls: u32,
}

impl World {
    async fn new() -> Self {
        let (cx, clock) = context(vec![source("a"), source("b")]);
        let mut world = Self { cx, clock, polls: 0 };
        world.poll("a", vec![]).await;
        world.poll("b", vec![]).await;
        world
    }

    async fn poll(&mut self, id: &str, entries: Vec<Entry>) -> Report {
        self.polls += 1;
        let outcome = parsed(&format!("\"{}\"", self.polls), entries);
        self.absorb(&source(id), outcome).await
    }

    async fn absorb(&mut self, source: &Source, outcome: Outcome) -> Report {
        self.clock.advance(Duration::from_secs(900));
        let source = Arc::new(source.clone());
        store_outcome(&self.cx, &source, outcome, Instant::now()).await.unwrap()
    }

    fn items(&self) -> Vec<Item> {
        let rows = self.cx.store.page(Range::<tables::Items>::all(), 1_000).unwrap();
        rows.into_iter().map(|(_, item)| item).collect()
    }

    fn alerts(&self) -> Vec<Alert> {
        let rows = self.cx.store.page(Range::<tables::Alerts>::all(), 1_000).unwrap();
        rows.into_iter().map(|(_, alert)| alert).collect()
    }

    fn revisions(&self) -> Vec<Revision> {
        let rows = self.cx.store.page(Range::<tables::Revisions>::all(), 1_000).unwrap();
        rows.into_iter().map(|(_, revision)| revision).collect()
    }

    fn outbox(&self) -> usize {
        self.cx.store.page(Range::<tables::Outbox>::all(), 1_000).unwrap().len()
    }

    fn state(&self, id: &str) -> SourceState {
        self.cx.store.get::<tables::Sources>(&id.parse().unwrap()).unwrap().unwrap()
    }
}

const URL: Option<&str> = Some("https://a.example/nuctech");

fn dated(mut entry: Entry, published: &str) -> Entry {
    entry.published = Some(published.parse().unwrap());
    entry
}

#[tokio::test]
async fn an_edited_title_a_new_guid_and_a_new_date_are_revisions_of_one_item() {
    let mut world = World::new().await;
    let first = dated(entry("g1", URL, "Nuctech wins"), "2026-03-01T00:00:00Z");
    assert_eq!(world.poll("a", vec![first]).await.counts.new, 1);
    for (guid, title, date) in [
        ("g1", "Nuctech wins a tender", "2026-03-01T00:00:00Z"),
        ("g2", "Nuctech wins a tender", "2026-03-01T00:00:00Z"),
        ("g2", "Nuctech wins a tender", "2026-03-01T03:00:00Z"),
    ] {
        let report = world.poll("a", vec![dated(entry(guid, URL, title), date)]).await;
        assert_eq!((report.counts.revised, report.counts.new), (1, 0), "{guid} {title} {date}");
        assert_eq!(report.alerts, 0, "a revision does not alert again");
    }
    assert_eq!(world.items().len(), 1);
    assert_eq!(world.items()[0].revision, 3);
    let changed: Vec<_> = world.revisions().into_iter().map(|r| r.changed.join(",")).collect();
    assert_eq!(changed, ["", "title", "id", "published"]);
    assert_eq!((world.alerts().len(), world.outbox()), (1, 1));
}

#[tokio::test]
async fn an_edited_title_that_names_a_vendor_alerts_once() {
    let mut world = World::new().await;
    world.poll("a", vec![entry("g", URL, "A tender is won")]).await;
    assert_eq!(world.outbox(), 0);
    assert_eq!(
        world.poll("a", vec![entry("g", URL, "A tender is won by Nuctech")]).await.alerts,
        1
    );
    assert_eq!(world.poll("a", vec![entry("g", URL, "Tender won by Nuctech")]).await.alerts, 0);
    assert_eq!(world.outbox(), 1);
}

#[tokio::test]
async fn a_guid_that_changes_at_every_poll_stays_one_item_within_bounds() {
    let mut world = World::new().await;
    for n in 0..60 {
        world.poll("a", vec![entry(&format!("random-{n}"), URL, "Nuctech wins")]).await;
    }
    assert_eq!(world.items().len(), 1);
    assert!(world.revisions().len() <= 9, "{}", world.revisions().len());
    let aliases = world.cx.store.page(Range::<tables::Aliases>::all(), 1_000).unwrap().len();
    assert!(aliases <= 16, "{aliases}");
    assert_eq!(world.outbox(), 1);
}

#[tokio::test]
async fn one_guid_or_one_link_for_all_entries_keeps_them_apart() {
    for entries in [
        vec![
            entry("same", Some("https://a.example/1"), "One"),
            entry("same", Some("https://a.example/2"), "Two"),
            entry("same", Some("https://a.example/3"), "Three"),
        ],
        vec![
            entry("1", Some("https://a.example/news"), "One"),
            entry("2", Some("https://a.example/news"), "Two"),
            entry("3", Some("https://a.example/news"), "Three"),
        ],
        vec![
            entry("same", Some("https://a.example/news"), "One"),
            entry("same", Some("https://a.example/news"), "Two"),
            entry("same", Some("https://a.example/news"), "Three"),
        ],
    ] {
        let mut world = World::new().await;
        let counts = world.poll("a", entries.clone()).await.counts;
        assert_eq!((counts.seen, counts.new), (3, 3));
        let counts = world.poll("a", entries.clone()).await.counts;
        assert_eq!((counts.seen, counts.unchanged), (3, 3), "{entries:?}");
        assert_eq!(world.items().len(), 3);
    }
}

#[tokio::test]
async fn dates_hide_nothing() {
    let mut world = World::new().await;
    let mut entries = vec![entry("none", Some("https://a.example/0"), "Without a date")];
    for (n, date) in [
        "2026-03-01T00:00:00Z",
        "2026-03-01T00:00:00Z",
        "2031-01-01T00:00:00Z",
        "1999-01-01T00:00:00Z",
    ]
    .into_iter()
    .enumerate()
    {
        let url = format!("https://a.example/d{n}");
        entries.push(dated(entry(&format!("d{n}"), Some(&url), &format!("Item {n}")), date));
    }
    assert_eq!(world.poll("a", entries.clone()).await.counts.new, 5);
    let late = dated(
        entry("late", Some("https://a.example/late"), "Older than all"),
        "1998-01-01T00:00:00Z",
    );
    entries.push(late);
    let counts = world.poll("a", entries).await.counts;
    assert_eq!((counts.new, counts.unchanged), (1, 5));
}

#[tokio::test]
async fn the_first_poll_and_old_items_are_held_and_not_sent() {
    let (cx, clock) = context(vec![source("a")]);
    let mut world = World { cx, clock, polls: 0 };
    let report = world.poll("a", vec![entry("1", URL, "Huawei was here")]).await;
    assert_eq!((report.alerts, report.held), (0, 1));
    let old =
        dated(entry("2", Some("https://a.example/2"), "Nuctech in 2019"), "2019-05-01T00:00:00Z");
    assert_eq!(world.poll("a", vec![old]).await.held, 1);
    let held: Vec<_> = world.alerts().into_iter().map(|alert| alert.held).collect();
    assert!(held.contains(&Some(Held::Baseline)) && held.contains(&Some(Held::Old)));
    assert_eq!(world.outbox(), 0);
}

#[tokio::test]
async fn a_second_outlet_joins_the_alert() {
    let mut world = World::new().await;
    let story = Some("https://wire.example/nuctech");
    assert_eq!(world.poll("a", vec![entry("1", story, "Nuctech wins")]).await.alerts, 1);
    assert_eq!(world.poll("b", vec![entry("x", story, "Nuctech wins")]).await.alerts, 0);
    let alerts = world.alerts();
    assert_eq!((alerts.len(), alerts[0].further.len(), world.outbox()), (1, 1, 1));
    assert_eq!(world.items()[0].story, world.items()[1].story);
}

#[tokio::test]
async fn an_equal_text_at_another_address_is_the_same_story() {
    let mut world = World::new().await;
    let title = "Nuctech delivers two mobile scanners to the Horgoš border crossing";
    world.poll("a", vec![entry("1", Some("https://a.example/1"), title)]).await;
    world.poll("b", vec![entry("2", Some("https://b.example/2"), title)]).await;
    assert_eq!((world.alerts().len(), world.outbox()), (1, 1));
}

#[tokio::test]
async fn a_held_story_is_released_when_it_becomes_news() {
    let (cx, clock) = context(vec![source("a"), source("b")]);
    let mut world = World { cx, clock, polls: 0 };
    world.poll("b", vec![]).await;
    let story = Some("https://wire.example/nuctech");
    world.poll("a", vec![entry("1", story, "Nuctech wins")]).await;
    assert_eq!(world.outbox(), 0, "a's first poll is its baseline");
    assert_eq!(world.poll("b", vec![entry("x", story, "Nuctech wins")]).await.alerts, 1);
    let alerts = world.alerts();
    assert_eq!((alerts.len(), alerts[0].held, alerts[0].further.len()), (1, None, 1));
    let by_time = world.cx.store.page(Range::<tables::AlertsByTime>::all(), 10).unwrap();
    assert_eq!(by_time.len(), 1);
}

/// Its id leads to one item and its address to another, which says just what it says.
#[tokio::test]
async fn an_entry_between_two_items_alerts_once() {
    let mut world = World::new().await;
    let mut by_url = entry("", URL, "Huawei");
    by_url.id_published = false;
    world.poll("a", vec![by_url, entry("g", None, "Nuctech wins")]).await;
    assert_eq!((world.alerts().len(), world.outbox()), (2, 2));
    for _ in 0..3 {
        world.poll("a", vec![entry("g", URL, "Huawei")]).await;
        assert_eq!((world.alerts().len(), world.outbox()), (2, 2));
        assert_eq!(world.cx.store.verify().unwrap(), vec![]);
    }
}

/// Both addresses once belonged to one item; now two entries have one each.
#[tokio::test]
async fn two_entries_of_one_document_are_never_one_item_by_an_old_address() {
    let mut world = World::new().await;
    world.poll("a", vec![entry("g", Some("https://a.example/1"), "Rail")]).await;
    world.poll("a", vec![entry("g", Some("https://a.example/2"), "Rail")]).await;
    let mut bare = entry("", Some("https://a.example/1"), "Rail");
    bare.id_published = false;
    let document = vec![bare, entry("h", Some("https://a.example/2"), "Rail")];
    assert_eq!(world.poll("a", document.clone()).await.counts.new, 1);
    assert_eq!(world.poll("a", document).await.counts.new, 0);
    assert_eq!(world.items().len(), 2);
}

#[tokio::test]
async fn validators_move_with_items_only() {
    let mut world = World::new().await;
    world.poll("a", vec![entry("1", URL, "One")]).await;
    let etag = world.state("a").validators.etag;
    assert_eq!(etag.as_deref(), Some("\"3\""));
    let failed =
        Outcome::Unreachable { error: "no answer".into(), trouble: crate::Trouble::default() };
    let report = world.absorb(&source("a"), failed).await;
    assert_eq!(world.state("a").validators.etag, etag, "a failure moves nothing");
    assert_eq!((world.state("a").failures, report.counts.seen), (1, 0));
    let mut moved = source("a");
    moved.url = "https://a.example/other".parse().unwrap();
    let failed =
        Outcome::Unreachable { error: "no answer".into(), trouble: crate::Trouble::default() };
    world.absorb(&moved, failed).await;
    assert_eq!(world.state("a").validators.etag, None, "another address, other validators");
}

#[tokio::test]
async fn a_large_document_is_stored_in_parts_and_counted_as_one() {
    let mut world = World::new().await;
    let entries: Vec<_> = (0..1_000)
        .map(|n| {
            entry(&format!("{n}"), Some(&format!("https://a.example/{n}")), &format!("Item {n}"))
        })
        .collect();
    let counts = world.poll("a", entries).await.counts;
    assert_eq!((counts.seen, counts.new), (1_000, 1_000));
    let attempts =
        world.cx.store.page(Range::<tables::Attempts>::prefix(&source("a").id), 10).unwrap();
    assert_eq!(attempts.last().unwrap().1.counts, counts);
}

#[tokio::test]
async fn a_plan_on_a_state_that_has_moved_is_refused_whole() {
    let mut world = World::new().await;
    let a = source("a");
    let outcome = parsed("\"x\"", vec![]);
    let candidates = identify(&a, vec![entry("1", URL, "Nuctech wins")]);
    let rules = &world.cx.settings.alerts.clone();
    let known = Known::read(&world.cx.store, &a, &candidates, rules).unwrap();
    let totals = Totals::default();
    let situation = Situation {
        source: &a,
        fetch_key: [0; 8],
        tagger: &world.cx.tagger.clone(),
        rules,
        now: crate::testing::start(),
        millis: 0,
        so_far: &totals,
        restating: false,
        version: "",
        departures: &[],
        since: "",
        ends: None,
        told: false,
        last: true,
    };
    let stale = decide(situation, &known, &outcome, &candidates);
    world.poll("a", vec![entry("1", URL, "Nuctech wins")]).await;
    let result = world.cx.store.commit(stale.commit).await;
    assert!(matches!(result, Err(CommitError::Conflict { .. })), "{result:?}");
    assert_eq!(world.outbox(), 1);
}

/// Entries whose ids, addresses and titles collide often.
fn mangled() -> impl Strategy<Value = Vec<Entry>> {
    let one = (0..4_u8, 0..4_u8, 0..5_u8, any::<bool>()).prop_map(|(id, url, title, published)| {
        let url = (url > 0).then(|| format!("https://a.example/{url}"));
        let title = ["Nuctech wins", "Huawei", "Weather", "Rail", ""][usize::from(title)];
        let mut entry = entry(&format!("id-{id}"), url.as_deref(), title);
        entry.id_published = published;
        entry
    });
    prop::collection::vec(one, 0..12)
}

proptest! {
    // The same cases in each run of CI; other seeds by hand when identity is worked on.
    #![proptest_config(ProptestConfig {
        cases: 512,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_122),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_seen_is_accounted_for_and_replays_repeat_nothing(
        documents in prop::collection::vec(mangled(), 1..5)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for entries in &documents {
                let seen = entries.len() as u32;
                let counts = world.poll("a", entries.clone()).await.counts;
                prop_assert_eq!(counts.seen, seen);
                let sum = counts.new + counts.revised + counts.unchanged + counts.rejected;
                prop_assert_eq!(sum, seen);
            }
            let last = documents.last().unwrap();
            let (items, alerts, outbox) = (world.items().len(), world.alerts().len(), world.outbox());
            let again = world.poll("a", last.clone()).await;
            prop_assert_eq!(again.counts.new, 0);
            prop_assert_eq!((world.items().len(), world.alerts().len(), world.outbox()), (items, alerts, outbox));
            prop_assert_eq!(world.cx.store.verify().unwrap(), vec![]);
            Ok(())
        })?;
    }
}
