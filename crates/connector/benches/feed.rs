//! One feed of 30 entries and about 100 KB: the connector with everything it adds beside plain
//! feed-rs on the same bytes, in the same run.

use std::fmt::Write;
use std::hint::black_box;

use connector::{Connector, Document, FeedRules, parse};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const ENTRIES: usize = 30;

/// A feed as newsrooms publish them: a teaser in CDATA and the article as escaped HTML.
fn generated() -> String {
    let mut feed = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n<title>Дневне вести</title>\n\
         <link>https://news.example/</link>\n<language>sr-Cyrl</language>\n",
    );
    let paragraph = "Министарство је саопштило да ће нова мрежа &lt;b&gt;5G&lt;/b&gt; бити пуштена \
                     у рад, док је компанија Example Networks d.o.o. &amp;#8222;изабрана&amp;#8220; \
                     на тендеру. The contract covers base stations and a data centre in Kragujevac.";
    for number in 0..ENTRIES {
        let day = number % 28 + 1;
        write!(
            feed,
            "<item>\n<title>Уговор број {number} &amp; analiza tendera</title>\n\
             <link>https://news.example/vesti/{number}?utm_source=rss&amp;utm_medium=feed</link>\n\
             <guid isPermaLink=\"false\">https://news.example/?p={number}</guid>\n\
             <pubDate>Mon, {day:02} Mar 2026 07:{number:02}:00 +0100</pubDate>\n\
             <dc:creator><![CDATA[Redakcija]]></dc:creator>\n\
             <category><![CDATA[Технологија]]></category>\n\
             <description><![CDATA[<p>{paragraph}</p>]]></description>\n<content:encoded>"
        )
        .expect("writing to a string cannot fail");
        for _ in 0..7 {
            writeln!(feed, "&lt;p class=\"text\"&gt;{paragraph}&lt;/p&gt;")
                .expect("writing to a string cannot fail");
        }
        feed.push_str("</content:encoded>\n</item>\n");
    }
    feed.push_str("</channel>\n</rss>\n");
    feed
}

fn feeds(criterion: &mut Criterion) {
    let feed = generated();
    let document = Document {
        bytes: feed.as_bytes(),
        content_type: Some("application/rss+xml; charset=UTF-8"),
        base_url: Some("https://news.example/feed"),
    };
    let connector = Connector::Feed(FeedRules::default());
    let ours = parse(&connector, &document).expect("a feed");
    let theirs = feed_rs::parser::parse(feed.as_bytes()).expect("a feed");
    assert_eq!(ours.items.len(), ENTRIES);
    assert_eq!(theirs.entries.len(), ENTRIES, "both do the same work");

    let mut group = criterion.benchmark_group("feed");
    group.throughput(Throughput::Bytes(feed.len() as u64));
    group.bench_function(BenchmarkId::new("connector", feed.len()), |bencher| {
        bencher.iter(|| parse(&connector, black_box(&document)));
    });
    group.bench_function(BenchmarkId::new("feed-rs", feed.len()), |bencher| {
        bencher.iter(|| feed_rs::parser::parse(black_box(feed.as_bytes())));
    });
    group.finish();
}

criterion_group!(benches, feeds);
criterion_main!(benches);
