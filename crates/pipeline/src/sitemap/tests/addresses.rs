//! Entries without a title: what their address says is all there is to tag.

use model::{Field, Revision};
use store::Range;

use super::*;

fn bare(path: &str) -> String {
    format!("<url><loc>https://a.example{path}</loc></url>")
}

const SLUG: &str = "/2026/03/huawei-wins-5g-contract-in-serbia/";

/// A poll after the baseline brings the bare address of [`SLUG`].
async fn with_a_bare_mention(origin: &Origin) -> (Context, ManualClock, Arc<Source>, Report) {
    let (cx, clock) = context(vec![]);
    let source = sitemap(origin, "/all.xml");
    origin.serve("/all.xml", urlset(&[bare("/2026/03/nuctech-was-here-before/")]));
    let first = run(&cx, &source).await;
    assert_eq!((first.alerts, first.held), (0, 1));
    clock.advance(HOUR);
    origin.serve("/all.xml", urlset(&[bare(SLUG), bare("/2026/03/nuctech-was-here-before/")]));
    let second = run(&cx, &source).await;
    (cx, clock, source, second)
}

#[tokio::test]
async fn a_vendor_that_only_the_address_names_is_told_and_the_span_says_where_it_stands() {
    let origin = Origin::start();
    let (cx, _clock, _source, report) = with_a_bare_mention(&origin).await;
    assert_eq!((report.counts.new, report.alerts), (1, 1));
    let item = &items(&cx)[0];
    assert_eq!(item.title, None, "the outlet gave none");
    let span = &item.tags[0].spans[0];
    let url = item.url.as_deref().unwrap();
    assert_eq!((span.field, span.text.as_str()), (Field::Url, "huawei"));
    assert_eq!(&url[span.start as usize..span.end as usize], "huawei");
    assert!(item.tags[0].confidence < 1.0);

    let alerts = cx.store.page(Range::<tables::Alerts>::all(), 9).unwrap();
    let alert = alerts.into_iter().map(|(_, alert)| alert).find(|a| a.held.is_none()).unwrap();
    assert_eq!(alert.title, None);
    let message = crate::deliver::Message::alert(&alert, &[], &jiff::tz::TimeZone::UTC);
    let shown = "(no title; address: huawei wins 5g contract in serbia)";
    assert!(message.subject.ends_with(shown), "{}", message.subject);
    assert!(message.text.contains("\"huawei\" in the address"), "{}", message.text);
}

#[tokio::test]
async fn a_title_that_comes_later_is_a_revision_and_no_second_alert() {
    let origin = Origin::start();
    let (cx, clock, source, _) = with_a_bare_mention(&origin).await;
    clock.advance(HOUR);
    let titled = news(SLUG, "2026-03-01T06:30:00Z", "Serbia: Huawei gets the 5G contract");
    origin.serve("/all.xml", urlset(std::slice::from_ref(&titled)));
    let third = run(&cx, &source).await;
    assert_eq!((third.counts.revised, third.alerts, third.held), (1, 0, 0));
    let item = &items(&cx)[0];
    assert_eq!(item.title.as_deref(), Some("Serbia: Huawei gets the 5G contract"));
    assert_eq!(item.tags[0].spans[0].field, Field::Title);
    let states: Vec<(_, Revision)> =
        cx.store.page(Range::<tables::Revisions>::prefix(&item.id), 9).unwrap();
    let changed: Vec<_> = states.iter().map(|(_, state)| state.changed.join(" ")).collect();
    assert_eq!(changed, ["", "title published"]);
    assert_eq!(states[0].1.tags[0].spans[0].field, Field::Url);

    // Out of the news again: the title stays.
    clock.advance(HOUR);
    origin.serve("/all.xml", urlset(&[bare(SLUG)]));
    let fourth = run(&cx, &source).await;
    assert_eq!((fourth.counts.unchanged, fourth.counts.revised), (1, 0));
    assert_eq!(items(&cx)[0].tags[0].spans[0].field, Field::Title);
}

#[tokio::test]
async fn the_same_page_with_its_title_elsewhere_joins_the_alert() {
    let origin = Origin::start();
    let (cx, clock, _source, _) = with_a_bare_mention(&origin).await;
    clock.advance(HOUR);
    let url = origin.url("/feed").parse().unwrap();
    let feed = Arc::new(Source { url, ..crate::testing::source("b") });
    let rss = |items: &str| format!("<rss version=\"2.0\"><channel>{items}</channel></rss>");
    origin.serve("/feed", rss("<item><guid>x</guid><title>Weather</title></item>"));
    run(&cx, &feed).await;
    clock.advance(HOUR);
    let told = format!(
        "<item><guid>y</guid><link>https://a.example{SLUG}</link><title>Huawei wins</title></item>"
    );
    origin.serve("/feed", rss(&told));
    let report = run(&cx, &feed).await;
    assert_eq!((report.counts.new, report.alerts), (1, 0));
    let alerts = cx.store.page(Range::<tables::Alerts>::all(), 9).unwrap();
    let alert = alerts.into_iter().map(|(_, alert)| alert).find(|a| a.held.is_none()).unwrap();
    assert_eq!(alert.further.len(), 1);
}

#[tokio::test]
async fn spans_follow_an_address_that_changes_and_nobody_is_told_twice() {
    let origin = Origin::start();
    let (cx, clock, source, _) = with_a_bare_mention(&origin).await;
    clock.advance(HOUR);
    let moved = format!(
        "<url><loc>http://www.a.example{SLUG}?utm_source=x</loc><lastmod>2026-03-01T07:30:00Z\
         </lastmod></url>"
    );
    origin.serve("/all.xml", urlset(&[moved]));
    let report = run(&cx, &source).await;
    assert_eq!((report.counts.revised, report.alerts, report.held), (1, 0, 0));
    let items = items(&cx);
    let item = items.iter().find(|item| item.revision == 1).unwrap();
    let (url, span) = (item.url.as_deref().unwrap(), &item.tags[0].spans[0]);
    assert!(url.starts_with("http://www."), "{url}");
    assert_eq!(&url[span.start as usize..span.end as usize], span.text);
}

#[tokio::test]
async fn retag_reads_addresses_as_ingest_does() {
    let origin = Origin::start();
    let (cx, _clock, _source, _) = with_a_bare_mention(&origin).await;
    let report = crate::retag(&cx, &cx.tagger, &crate::Retag::default()).await.unwrap();
    assert_eq!((report.items, report.changed), (2, 0));
}
