//! On well-formed feeds our reader and feed-rs must agree.

use connector::{Connector, Document, FeedRules, parse};
use feed_rs::model::Feed;
use proptest::prelude::*;

fn feed_rs(text: &str) -> Feed {
    let parser = feed_rs::parser::Builder::new().sanitize_content(false).build();
    parser.parse(text.as_bytes()).expect("a well-formed feed")
}

fn even(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn check(text: &str) {
    let document = Document { bytes: text.as_bytes(), content_type: None, base_url: None };
    let ours = parse(&Connector::Feed(FeedRules::default()), &document).expect("a feed");
    let theirs = feed_rs(text);
    assert_eq!(ours.problems, [], "{text}");
    assert_eq!(ours.title, theirs.title.map(|title| even(&title.content)));
    assert_eq!(ours.items.len(), theirs.entries.len());
    for (ours, theirs) in ours.items.iter().zip(&theirs.entries) {
        assert_eq!(ours.id, theirs.id);
        assert_eq!(ours.url.as_deref(), theirs.links.first().map(|link| link.href.as_str()));
        let title = theirs.title.as_ref().map(|title| even(&title.content));
        assert_eq!(ours.title, title.filter(|title| !title.is_empty()));
        let time = |time: chrono::DateTime<chrono::Utc>| time.timestamp_millis() as u64;
        assert_eq!(ours.published.map(|time| time.millis()), theirs.published.map(time));
        let summary = theirs.summary.as_ref().map(|summary| even(&summary.content));
        assert_eq!(ours.summary.as_deref().map(even), summary.filter(|text| !text.is_empty()));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Words without markup: what is markup is where the two differ on purpose.
fn words() -> impl Strategy<Value = String> {
    "[a-zA-ZčćžšђћШ华为0-9 .,:!?'\"()-]{1,40}".prop_filter("a word", |text| !text.trim().is_empty())
}

fn date() -> impl Strategy<Value = (String, String)> {
    (0i64..4_000_000_000).prop_map(|seconds| {
        let time = chrono::DateTime::from_timestamp(seconds, 0).expect("in range");
        (time.to_rfc2822(), time.to_rfc3339())
    })
}

proptest! {
    #[test]
    fn rss_is_read_as_feed_rs_reads_it(
        title in words(),
        entries in prop::collection::vec((words(), words(), date(), "[a-z0-9]{1,12}"), 0..8),
    ) {
        let mut feed = format!("<rss version=\"2.0\"><channel><title>{}</title>", escaped(&title));
        for (title, summary, (date, _), id) in entries {
            feed.push_str(&format!(
                "<item><title>{}</title><link>https://news.example/{id}</link>\
                 <guid isPermaLink=\"false\">{id}</guid><pubDate>{date}</pubDate>\
                 <description>{}</description></item>",
                escaped(&title), escaped(&summary),
            ));
        }
        feed.push_str("</channel></rss>");
        check(&feed);
    }

    #[test]
    fn atom_is_read_as_feed_rs_reads_it(
        title in words(),
        entries in prop::collection::vec((words(), words(), date(), "[a-z0-9]{1,12}"), 0..8),
    ) {
        let mut feed = format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>{}</title>", escaped(&title));
        for (title, summary, (_, date), id) in entries {
            feed.push_str(&format!(
                "<entry><title>{}</title><link href=\"https://news.example/{id}\"/>\
                 <id>urn:example:{id}</id><published>{date}</published>\
                 <summary>{}</summary></entry>",
                escaped(&title), escaped(&summary),
            ));
        }
        feed.push_str("</feed>");
        check(&feed);
    }
}
