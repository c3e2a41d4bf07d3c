//! What each fixture yields, as a snapshot; the name of a fixture says what it proves.

use std::path::{Path, PathBuf};

use connector::{Connector, Document, FeedRules, ParseError, Parsed, parse};
use proptest::prelude::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/feed")
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder()).expect("the fixtures are in the repository");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("readable").path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a file").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).expect("readable"))).collect()
}

fn read(bytes: &[u8], content_type: Option<&str>) -> Result<Parsed, ParseError> {
    let base_url = Some("https://news.example/feeds/all.xml");
    let document = Document { bytes, content_type, base_url };
    parse(&Connector::Feed(FeedRules::default()), &document)
}

#[test]
fn a_document_that_is_cut_says_where() {
    use connector::Tail::{Cut, Torn, Whole};
    const DOCUMENT: &str = "<rss version='2.0'><channel><title>T</title>\
        <item><title>One</title><guid>1</guid></item>\
        <item><title>Two</title><guid>2</guid></item></channel></rss>";
    let of = |text: &str| {
        let parsed = read(text.as_bytes(), None).unwrap();
        (parsed.tail, parsed.items.len())
    };
    let at = |mark: &str| DOCUMENT.rfind(mark).unwrap();
    assert_eq!(of(DOCUMENT), (Whole, 2));
    assert_eq!(of(&DOCUMENT[..at("</rss>")]), (Cut, 2));
    assert_eq!(of(&DOCUMENT[..at("</item>")]), (Torn, 2));
    assert_eq!(of(&DOCUMENT[..at("<guid>")]), (Torn, 2));
    assert_eq!(of(&DOCUMENT[..at("<item>")]), (Cut, 1));
    // An entry of which nothing is left is none.
    assert_eq!(of(&DOCUMENT[..at("<title>Two")]), (Cut, 1));
}

#[test]
fn every_fixture_yields_what_its_name_says() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 30, "found {} fixtures", fixtures.len());
    for (name, bytes) in fixtures {
        let by_header = name.contains("-by-header").then_some("text/xml; charset=windows-1251");
        let parsed = read(&bytes, by_header).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut shown = serde_json::to_value(&parsed).expect("serialisable");
        shown["rejected"] = parsed.rejected.into();
        let shown = serde_json::to_string_pretty(&shown).expect("serialisable");
        insta::assert_snapshot!(name.replace('.', "-"), shown);
    }
}

#[test]
fn what_is_no_feed_is_named() {
    let refused = |bytes: &[u8]| read(bytes, None).expect_err("not a feed").to_string();
    assert_eq!(refused(b" \r\n\0"), "the document is empty");
    assert_eq!(refused(b"<!doctype html><html><head><title>x"), "not a feed but an HTML page");
    assert_eq!(refused(b"<urlset><url/></urlset>"), "not a feed but a sitemap");
    assert_eq!(refused(b"<opml><body/></opml>"), "not a feed but a list of feeds (OPML)");
    assert_eq!(
        refused(b"<soap:Envelope>"),
        "not a feed but an XML document with the root `Envelope`"
    );
    assert_eq!(refused(b"garbage"), "not a feed but plain text");
    assert_eq!(refused(b"%PDF-1.7"), "not a feed but a PDF");
    assert_eq!(refused(b"{\"a\":1}"), "not a feed but a JSON document without `items`");
    assert!(refused(b"{\"version\":\"https://jsonfeed.org/version/1\",").contains("not JSON"));
    let deep = format!("<rss>{}", "<a>".repeat(100_000));
    assert_eq!(refused(deep.as_bytes()), "the document is nested deeper than 256 levels");
}

#[test]
fn an_empty_but_valid_feed_has_no_entries() {
    let parsed = read(b"<rss version='2.0'><channel><title>Quiet</title></channel></rss>", None);
    let parsed = parsed.expect("a feed");
    assert_eq!((parsed.title.as_deref(), parsed.items.len()), (Some("Quiet"), 0));
    assert_eq!(parsed.problems, []);
}

#[test]
fn an_edited_headline_keeps_its_id() {
    let feed = |title: &str, link: &str| {
        let text =
            format!("<rss><channel><item><title>{title}</title>{link}</item></channel></rss>");
        read(text.as_bytes(), None).expect("a feed").items.remove(0).id
    };
    let link = "<link>https://news.example/1</link>";
    assert_eq!(feed("Before", link), feed("After", link));
    assert_eq!(feed("Before", ""), feed("Before", ""), "the same content gives the same id");
    assert_ne!(feed("Before", ""), feed("After", ""));
}

#[test]
fn long_fields_are_cut_and_said_to_be() {
    let long = "слово ".repeat(400_000);
    let feed = format!(
        "<rss><channel><item><title>{long}</title><guid>{long}</guid>\
        <description>{long}</description></item></channel></rss>"
    );
    let parsed = read(feed.as_bytes(), None).expect("a feed");
    let item = &parsed.items[0];
    assert!(item.title.as_ref().expect("a title").len() <= model::entry_limits::TITLE_BYTES);
    assert!(item.summary.as_ref().expect("a summary").len() <= model::entry_limits::SUMMARY_BYTES);
    assert!(item.text.as_ref().expect("a text").len() <= model::entry_limits::TEXT_BYTES);
    assert!(item.id.len() <= model::entry_limits::ID_BYTES);
    assert!(parsed.problems.iter().any(|p| p.at == "entry 1" && p.reason.starts_with("title of")));
}

#[test]
fn more_entries_than_allowed_are_counted_and_not_kept() {
    let count = model::entry_limits::ENTRIES + 5;
    let feed =
        format!("<rss><channel>{}</channel></rss>", "<item><title>a</title></item>".repeat(count));
    let parsed = read(feed.as_bytes(), None).expect("a feed");
    assert_eq!(parsed.items.len(), model::entry_limits::ENTRIES);
    assert_eq!(parsed.rejected, 5);
    assert!(parsed.problems.iter().any(|problem| problem.reason.contains("more entries")));
}

/// R18: what is built to take quadratic time takes linear time. The limit is many times what a slow
/// machine needs, and far below what 1 MiB takes when each piece searches to the end.
#[test]
fn hostile_documents_take_bounded_time() {
    let item = "<rss><channel><item><title>x</title><description>";
    let cases = [
        ("", "<"),
        (item, "&"),
        (item, "&lt;a "),
        (item, "&lt;a b=\""),
        (item, "&lt;script&gt;"),
        ("<rss>", "<!"),
        ("<rss>", "<![>"),
        ("<rss>", "<?"),
        ("<rss>", "<!--"),
        ("<rss><channel><item><title>", "<![CDATA["),
        ("<rss>", "<a b=\""),
        (item, "<a>"),
        ("<rss><channel>", "</b>"),
        ("<rss><channel>", "<item>"),
        ("<rss><channel><item><link ", "a='b' "),
        ("<rss>", "<a:b xmlns:c='d'/>"),
        ("", "["),
    ];
    for (begin, piece) in cases {
        let text = begin.to_owned() + &piece.repeat((1 << 20) / piece.len());
        let started = std::time::Instant::now();
        drop(read(text.as_bytes(), None));
        let took = started.elapsed();
        assert!(took < std::time::Duration::from_secs(20), "{begin}{piece}…: {took:?}");
    }
}

/// A fixture with some bytes replaced, taken out, doubled, or with markup put in.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let fixtures: Vec<Vec<u8>> = fixtures().into_iter().map(|(_, bytes)| bytes).collect();
    let change = (any::<prop::sample::Index>(), 0..7usize, any::<u8>(), 1..40usize);
    let changes = prop::collection::vec(change, 0..12);
    (prop::sample::select(fixtures), changes).prop_map(|(mut bytes, changes)| {
        for (at, how, byte, length) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let piece = bytes[at..end].to_vec();
                    drop(bytes.splice(at..at, piece));
                }
                3 => drop(bytes.splice(at..at, *b"<item>")),
                4 => drop(bytes.splice(at..at, *b"</item>")),
                5 => drop(bytes.splice(at..at, *b"<![CDATA[<a b=\"&")),
                _ => bytes.truncate(end),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_never_worse_than_an_error(bytes in mangled()) {
        let (first, second) = (read(&bytes, None), read(&bytes, None));
        prop_assert_eq!(&first, &second, "the same bytes give the same entries");
        let Ok(parsed) = first else { return Ok(()) };
        for item in &parsed.items {
            prop_assert!(!item.id.is_empty());
            let texts = [&item.title, &item.summary, &item.text];
            for text in texts.into_iter().flatten() {
                prop_assert!(!text.is_empty());
                prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{:?}", text);
            }
        }
        let told = parsed.problems.iter().filter(|problem| problem.at.starts_with("entry")).count();
        prop_assert!(told >= parsed.rejected.min(1) as usize, "what is rejected is told");
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let document = Document { bytes: &bytes, content_type: None, base_url: None };
        drop(parse(&Connector::Feed(FeedRules::default()), &document));
        drop(connector::opml::parse(&document));
        let decoded = connector::decode(&bytes, Some("text/html; charset=shift_jis"));
        prop_assert!(decoded.replaced <= decoded.text.chars().count());
    }

    /// I3: entries seen are entries kept and entries rejected.
    #[test]
    fn entries_seen_are_kept_or_rejected(kinds in prop::collection::vec(0..4u8, 0..40)) {
        let mut feed = String::from("<rss version=\"2.0\"><channel>");
        for kind in &kinds {
            feed.push_str(match kind {
                0 => "<item></item>",
                1 => "<item><title>a</title></item>",
                2 => "<item><link>https://news.example/1</link>",
                _ => "<item><guid>x</guid><description>b</item>",
            });
        }
        feed.push_str("</channel></rss>");
        let parsed = read(feed.as_bytes(), None).expect("a feed");
        prop_assert_eq!(parsed.items.len() + parsed.rejected as usize, kinds.len());
        prop_assert_eq!(parsed.rejected as usize, kinds.iter().filter(|kind| **kind == 0).count());
    }
}

fn links(document: &str) -> model::Links {
    let document = connector::Document {
        bytes: document.as_bytes(),
        content_type: None,
        base_url: Some("https://a.example/dir/feed"),
    };
    connector::feed::parse_feed(&connector::FeedRules::default(), &document).expect("a feed").links
}

#[test]
fn a_feed_says_where_it_is_told_from() {
    let hub = |hubs: &[&str], this: Option<&str>| model::Links {
        hubs: hubs.iter().map(|hub| (*hub).to_owned()).collect(),
        this: this.map(str::to_owned),
    };
    let rss = |links: &str| {
        format!(
            "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>T</title>\
             {links}<item><title>a</title>\
             <atom:link rel=\"hub\" href=\"https://evil.example/\"/>\
             <atom:link rel=\"self\" href=\"https://evil.example/\"/></item></channel></rss>"
        )
    };
    let offered = "<atom:link rel=\"hub\" href=\" https://hub.example/?a=1&amp;b=2 \"/>\
                   <atom:link rel=\"self\" href=\"https://A.example/f\" type=\"application/rss+xml\"/>";
    let expected = hub(&["https://hub.example/?a=1&b=2"], Some("https://A.example/f"));
    assert_eq!(links(&rss(offered)), expected, "an entry's own links count for nothing");
    assert_eq!(links(&rss("")), hub(&[], None));
    let relative =
        "<atom:link rel=\"hub\" href=\"//hub.example/\"/><atom:link rel=\"self\" href=\"f\"/>";
    assert_eq!(
        links(&rss(relative)),
        hub(&["https://hub.example/"], Some("https://a.example/dir/f"))
    );
    let hostile = "<atom:link rel=\"hub\" href=\"javascript:alert(1)\"/><atom:link rel=\"hub\"/>\
                   <atom:link rel=\"self\" href=\"ftp://a.example/\"/><atom:link rel=\"hub\" href=\"\"/>";
    assert_eq!(links(&rss(hostile)), hub(&[], None));
    let many: String = (0..1_000)
        .map(|n| format!("<atom:link rel=\"hub\" href=\"https://h{n}.example/\"/>"))
        .collect();
    assert_eq!(links(&rss(&many)).hubs.len(), 4);

    let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>T</title>\
                <link rel=\"hub\" href=\"https://hub.example/\"/><link rel=\"self\" href=\"/t\"/>\
                <entry><id>1</id><title>a</title></entry></feed>";
    assert_eq!(links(atom), hub(&["https://hub.example/"], Some("https://a.example/t")));

    let json = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [],
        "feed_url": "https://a.example/f.json", "hubs": [{"type": "rssCloud", "url": "https://no.example/"},
        {"type": "WebSub", "url": "https://hub.example/"}, {"type": "WebSub", "url": "x"}, 7]}"#;
    assert_eq!(links(json), hub(&["https://hub.example/"], Some("https://a.example/f.json")));
}
