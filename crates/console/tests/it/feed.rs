//! The Atom feed of alerts, read by the parser that reads everyone else's.

use model::{Facet, Held, Item};
use store::Store;

use crate::world::{Running, add, alert, item, minute, now, stored, tag};

const HOSTILE: &str =
    "<script>alert(1)</script> & ]]> \"q\" \u{1b}[31m\u{202e}\u{0}\u{ffff}\r\nX: y";

fn hostile() -> Item {
    let mut hostile = item("danas", "a", minute(1), vec![tag(Facet::Vendor, "huawei")]);
    hostile.title = Some(HOSTILE.into());
    hostile.summary = Some(format!("{HOSTILE}\nsecond line"));
    hostile.url = Some("https://example.org/a?b=1&c=\"<".into());
    hostile
}

fn world() -> Store {
    let mut dangerous = item("danas", "b", minute(2), vec![]);
    dangerous.url = Some("javascript:alert(1)".into());
    let mut held = alert("other", &item("danas", "c", minute(3), vec![]), minute(3));
    held.held = Some(Held::Old);
    stored(|commit| {
        commit.put_alert(&alert("new-mention", &hostile(), minute(1)));
        commit.put_alert(&alert("new-mention", &dangerous, minute(2)));
        commit.put_alert(&held);
    })
}

#[tokio::test]
async fn a_feed_reader_sees_each_sent_alert_under_its_own_id_and_nothing_that_acts() {
    let console = Running::over(world()).await;
    let reply = console.get("/feed/alerts.atom").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/atom+xml; charset=utf-8");
    let feed = feed_rs::parser::parse(reply.body.as_slice()).unwrap();
    assert_eq!(feed.entries.len(), 2, "held alerts are for the digest");
    let entry = &feed.entries[1];
    let id = alert("new-mention", &hostile(), minute(1)).id.to_string();
    assert_eq!(entry.id.replace('-', ""), format!("urn:uuid:{id}"));
    let title = &entry.title.as_ref().unwrap().content;
    assert_eq!(
        title, "New mention: <script>alert(1)</script> & ]]> \"q\" [31m X: y",
        "escaped on the wire, whole when it is read"
    );
    assert!(!reply.text().contains("<script>"));
    let summary = &entry.summary.as_ref().unwrap().content;
    assert!(summary.ends_with("second line\nvendor: huawei"), "{summary}");
    assert_eq!(entry.links[0].href, "https://example.org/a?b=1&c=%22%3C");
    assert_eq!(entry.categories[0].term, "huawei");
    assert_eq!(entry.updated.unwrap().timestamp_millis() as u64, minute(1).millis());
    assert_eq!(entry.authors[0].name.as_deref(), Some("Danas"));
    assert!(feed.entries[0].links.is_empty(), "only the web is linked");
    assert_eq!(feed.updated.unwrap().timestamp_millis() as u64, minute(2).millis());
}

#[tokio::test]
async fn a_reader_that_knows_the_feed_gets_a_304_until_there_is_a_new_alert() {
    let store = world();
    let console = Running::over(store.clone()).await;
    let first = console.get("/feed/alerts.atom").await;
    let etag = first.header("etag").to_owned();
    let again = format!("If-None-Match: \"x\", W/{etag}\r\n");
    let same = console.tcp("GET", "/feed/alerts.atom", "localhost", &again).await;
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(same.header("etag"), etag);
    let new = alert("new-mention", &item("danas", "d", minute(4), vec![]), minute(4));
    tokio::task::spawn_blocking(move || add(&store, |commit| commit.put_alert(&new)))
        .await
        .unwrap();
    let changed = console.tcp("GET", "/feed/alerts.atom", "localhost", &again).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), etag);
}

#[tokio::test]
async fn a_feed_without_alerts_is_a_feed() {
    let console = Running::over(Store::in_memory()).await;
    let reply = console.get("/feed/alerts.atom").await;
    let feed = feed_rs::parser::parse(reply.body.as_slice()).unwrap();
    assert!(feed.entries.is_empty() && feed.id.starts_with("urn:uuid:"));
}

#[tokio::test]
async fn the_front_page_shows_titles_as_text() {
    let console = Running::over(world()).await;
    let reply = console.get("/").await;
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    let page = reply.text();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; ]]&gt; &quot;q&quot;"));
    assert!(page.contains("href=\"https://example.org/a?b=1&amp;c=%22%3C\""), "{page}");
    assert!(!page.contains("<script") && !page.contains("javascript:"));
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    assert!(page.contains(&now().to_string()));
}
