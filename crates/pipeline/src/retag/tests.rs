use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Entry, Held};
use store::Range;
use tagger::EntrySpec;

use super::*;
use crate::run::store_outcome;
use crate::testing::{context, entry, parsed, source, vendor};

/// `titles` as items past the baseline, tagged with the rules of [`context`].
async fn stored(titles: &[&str]) -> Context {
    let (cx, clock) = context(vec![source("a")]);
    let entries: Vec<Entry> = titles
        .iter()
        .enumerate()
        .map(|(n, title)| entry(&format!("e{n}"), Some(&format!("https://a.example/{n}")), title))
        .collect();
    for (poll, entries) in [vec![], entries].into_iter().enumerate() {
        clock.advance(Duration::from_secs(900));
        let outcome = parsed(&format!("\"{poll}\""), entries);
        store_outcome(&cx, &Arc::new(source("a")), outcome, Instant::now()).await.unwrap();
    }
    cx
}

fn rules(vendors: &[(&str, &str)]) -> Tagger {
    let specs: Vec<EntrySpec> = vendors.iter().map(|(id, name)| vendor(id, name)).collect();
    let (tagger, refused) = Tagger::build(specs);
    assert!(refused.is_empty(), "{refused:?}");
    tagger
}

fn with_quectel() -> Tagger {
    rules(&[("huawei", "Huawei"), ("nuctech", "Nuctech"), ("quectel", "Quectel")])
}

fn items_of(cx: &Context, vendor: &str) -> usize {
    let key = (Facet::Vendor, vendor.to_owned());
    cx.store.page(Range::<tables::ByTag>::prefix(&key), 1_000).unwrap().len()
}

const TITLES: &[&str] = &["Huawei opens", "Quectel modules", "Nothing here", "Quectel, Huawei"];

#[tokio::test]
async fn a_new_vendor_is_shown_first_and_applied_then() {
    let cx = stored(TITLES).await;
    let tagger = with_quectel();
    let preview = Retag { dry_run: true, samples: Some(1), ..Retag::default() };
    let shown = retag(&cx, &tagger, &preview).await.unwrap();
    assert_eq!((shown.items, shown.changed, shown.restated), (4, 2, 0));
    let [difference] = &shown.differences[..] else { panic!("{:?}", shown.differences) };
    assert_eq!((difference.change, difference.id.as_str()), (Change::Added, "quectel"));
    assert_eq!((difference.items, difference.samples.len()), (2, 1));
    assert_eq!(difference.samples[0].words, ["Quectel"]);
    assert_eq!(items_of(&cx, "quectel"), 0, "a preview changes nothing");

    let done = retag(&cx, &tagger, &Retag::default()).await.unwrap();
    assert_eq!((done.changed, done.alerts), (2, 0));
    assert_eq!(items_of(&cx, "quectel"), 2, "the index leads to them");
    let again = retag(&cx, &tagger, &Retag::default()).await.unwrap();
    assert_eq!((again.items, again.changed), (4, 0), "the same rules change nothing");
    assert!(cx.store.verify().unwrap().is_empty());
}

#[tokio::test]
async fn a_rule_that_left_takes_its_tags_along() {
    let cx = stored(TITLES).await;
    let done = retag(&cx, &rules(&[("nuctech", "Nuctech")]), &Retag::default()).await.unwrap();
    let [difference] = &done.differences[..] else { panic!("{:?}", done.differences) };
    assert_eq!(
        (difference.change, difference.items, difference.label.as_deref()),
        (Change::Removed, 2, None)
    );
    assert_eq!(items_of(&cx, "huawei"), 0);
    assert!(cx.store.verify().unwrap().is_empty());
}

#[tokio::test]
async fn alerts_go_out_on_request_only_and_once() {
    let cx = stored(TITLES).await;
    let alerts = |cx: &Context| cx.store.page(Range::<tables::Alerts>::all(), 10).unwrap();
    let outbox = |cx: &Context| cx.store.page(Range::<tables::Outbox>::all(), 10).unwrap().len();
    assert_eq!((alerts(&cx).len(), outbox(&cx)), (2, 2), "Huawei, as the items came");
    let none = rules(&[("nuctech", "Nuctech")]);
    // Huawei is lost and found again: its stories were told.
    retag(&cx, &none, &Retag::default()).await.unwrap();
    let loud = Retag { alert: true, ..Retag::default() };
    let done = retag(&cx, &with_quectel(), &loud).await.unwrap();
    assert_eq!((done.changed, done.alerts, outbox(&cx)), (3, 0, 2));

    let cx = stored(&["Nuktek wins", "Nuktek loses"]).await;
    assert_eq!(alerts(&cx).len(), 0);
    let renamed = rules(&[("huawei", "Huawei"), ("nuctech", "Nuktek")]);
    let done = retag(&cx, &renamed, &loud).await.unwrap();
    assert_eq!((done.alerts, done.held), (2, 0));
    assert_eq!((alerts(&cx).len(), outbox(&cx)), (2, 2));
    let again = retag(&cx, &renamed, &loud).await.unwrap();
    assert_eq!((again.alerts, outbox(&cx)), (0, 2));
}

#[tokio::test]
async fn what_a_first_poll_brought_is_held_even_on_request() {
    let (cx, _) = context(vec![source("a")]);
    let outcome = parsed("\"1\"", vec![entry("e", Some("https://a.example/1"), "Nuktek here")]);
    store_outcome(&cx, &Arc::new(source("a")), outcome, Instant::now()).await.unwrap();
    let loud = Retag { alert: true, ..Retag::default() };
    let done = retag(&cx, &rules(&[("nuctech", "Nuktek")]), &loud).await.unwrap();
    assert_eq!((done.alerts, done.held), (0, 1));
    let (_, alert) = cx.store.page(Range::<tables::Alerts>::all(), 2).unwrap().remove(0);
    assert_eq!(alert.held, Some(Held::Baseline));
}

#[tokio::test]
async fn a_retag_that_was_killed_goes_on_where_it_stopped() {
    let titles: Vec<String> = (0..450).map(|n| format!("Quectel {n}")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let cx = stored(&titles).await;
    let (tagger, which) = (with_quectel(), Retag::default());
    // The first batch is stored; then the process is gone.
    let mark = Mark::begin(&cx.store, &tagger, &which).unwrap();
    store_batch(&cx, &tagger, &which, &mark).await.unwrap();
    assert_eq!(items_of(&cx, "quectel"), BATCH);

    let other = Retag { alert: true, ..Retag::default() };
    assert_eq!(Mark::begin(&cx.store, &tagger, &other).unwrap().last(), None, "other work");
    let done = retag(&cx, &tagger, &which).await.unwrap();
    assert!(done.resumed_at.is_some());
    assert_eq!((done.items, done.changed), (250, 250));
    assert_eq!(items_of(&cx, "quectel"), 450);
    let again = retag(&cx, &tagger, &which).await.unwrap();
    assert_eq!((again.resumed_at, again.items), (None, 450), "done is done");
}

#[tokio::test]
async fn since_and_only_narrow_what_is_done_and_what_is_shown() {
    let cx = stored(TITLES).await;
    let later =
        Retag { since: Some(cx.clock.now().after(Duration::from_secs(1))), ..Retag::default() };
    assert_eq!(retag(&cx, &with_quectel(), &later).await.unwrap().items, 0);
    let tagger = rules(&[("quectel", "Quectel"), ("opens", "opens")]);
    for (only, shown) in [("quectel", 1), ("vendor:opens", 1), ("layer", 0), ("vendor", 3)] {
        let which = Retag { dry_run: true, only: Some(only.into()), ..Retag::default() };
        let report = retag(&cx, &tagger, &which).await.unwrap();
        assert_eq!((report.changed, report.differences.len()), (3, shown), "{only}");
    }
}
