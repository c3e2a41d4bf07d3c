//! What each fixture yields, as a snapshot; the name of a fixture says what it proves.

use std::path::{Path, PathBuf};

use connector::sitemap::{BYTES, ENTRIES, ParsedSitemap, SitemapRules, parse_sitemap};
use connector::{Connector, Document, ParseError, parse};
use proptest::prelude::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sitemap")
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder()).expect("the fixtures are in the repository");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("readable").path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a file").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).expect("readable"))).collect()
}

fn read(bytes: &[u8]) -> Result<ParsedSitemap, ParseError> {
    let base_url = Some("https://news.example/sitemaps/all.xml");
    parse_sitemap(&SitemapRules::default(), &Document { bytes, content_type: None, base_url })
}

#[test]
fn every_fixture_yields_what_its_name_says() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 14, "found {} fixtures", fixtures.len());
    for (name, bytes) in fixtures {
        let parsed = read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let shown = serde_json::json!({
            "format": parsed.format,
            "title": parsed.title,
            "items": parsed.items,
            "problems": parsed.problems,
            "rejected": parsed.rejected,
            "children": parsed.children.iter().map(|c| (&c.url, c.modified)).collect::<Vec<_>>(),
        });
        let shown = serde_json::to_string_pretty(&shown).expect("serialisable");
        insta::assert_snapshot!(name.replace('.', "-"), shown);
    }
}

#[test]
fn what_is_no_sitemap_is_named() {
    let refused = |bytes: &[u8]| read(bytes).expect_err("no sitemap").to_string();
    assert_eq!(refused(b" \r\n\0"), "the document is empty");
    assert_eq!(refused(b"<!doctype html><html><head>"), "not a sitemap but an HTML page");
    assert_eq!(refused(b"<html><url><loc>x"), "not a sitemap but an HTML page");
    assert_eq!(
        refused(b"<Error><Code>NoSuchKey</Code></Error>"),
        "not a sitemap but an XML document with the root `Error`"
    );
    assert_eq!(refused(b"Not found"), "not a sitemap but plain text");
    assert_eq!(refused(b"%PDF-1.7"), "not a sitemap but a PDF");
    assert!(refused(b"{\"error\":1}").starts_with("not a sitemap but"));
    let deep = format!("<urlset>{}", "<a>".repeat(100_000));
    assert_eq!(refused(deep.as_bytes()), "the document is nested deeper than 256 levels");
}

/// I3: every `<url>` is an entry or a problem.
#[test]
fn a_file_above_the_bounds_of_the_protocol_is_cut_and_counted() {
    let url = |n: usize| format!("<url><loc>https://news.example/{n}</loc></url>");
    let over: String = (0..ENTRIES + 7).map(url).collect();
    let parsed = read(format!("<urlset>{over}</urlset>").as_bytes()).unwrap();
    assert_eq!((parsed.items.len(), parsed.rejected), (ENTRIES, 7));
    assert_eq!(parsed.problems.len(), 1, "{:?}", parsed.problems);
    assert_eq!(parsed.problems[0].at, format!("entry {}", ENTRIES + 1));

    let lines: String = (0..ENTRIES + 7).map(|n| format!("https://news.example/{n}\n")).collect();
    let parsed = read(lines.as_bytes()).unwrap();
    assert_eq!((parsed.items.len(), parsed.rejected), (ENTRIES, 7));

    let long = format!("<urlset>{}{}", url(1), " ".repeat(BYTES));
    let parsed = read(long.as_bytes()).unwrap();
    assert_eq!(parsed.items.len(), 1);
    assert!(parsed.problems.iter().any(|p| p.reason.contains("50 MiB")), "{:?}", parsed.problems);
}

#[test]
fn packed_twice_and_read_through_the_connector_it_is_the_same() {
    let fixture = std::fs::read(folder().join("news-packed.xml.gz")).expect("in the repository");
    let plain = std::fs::read(folder().join("news-with-titles.xml")).expect("in the repository");
    assert_eq!(read(&fixture).unwrap(), read(&plain).unwrap());
    let content_type = Some("application/x-gzip");
    let document = Document { bytes: &fixture, content_type, base_url: None };
    let parsed = parse(&Connector::Sitemap(SitemapRules::default()), &document).unwrap();
    assert_eq!(parsed.items, read(&plain).unwrap().items);
}

/// As many entries as begin: one item or one rejection each, whatever is cut out of the file.
fn accounts(text: &str) {
    if let Ok(parsed) = read(text.as_bytes())
        && parsed.format.starts_with("sitemap")
        && parsed.format != "sitemap-text"
    {
        let begun = parsed.items.len() + parsed.children.len() + parsed.rejected as usize;
        let told = parsed.problems.len();
        assert!(parsed.rejected == 0 || told > 0, "rejected without a reason");
        assert!(begun <= text.matches('<').count());
        for entry in &parsed.items {
            assert!(!entry.id.is_empty() && entry.url.is_some());
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        accounts(&text);
    }

    #[test]
    fn a_sitemap_with_anything_cut_out_is_read(from in 0_usize..1_500, length in 0_usize..400) {
        for (name, bytes) in fixtures() {
            if name.ends_with(".gz") {
                let end = (from + length).min(bytes.len());
                let cut = [&bytes[..from.min(bytes.len())], &bytes[end.max(from.min(end))..]].concat();
                drop(read(&cut));
                continue;
            }
            let text = String::from_utf8_lossy(&bytes);
            let from = text.floor_char_boundary(from);
            let to = text.floor_char_boundary((from + length).min(text.len())).max(from);
            accounts(&format!("{}{}", &text[..from], &text[to..]));
        }
    }

    #[test]
    fn markup_in_any_order_is_read(pieces in proptest::collection::vec(prop::sample::select(vec![
        "<urlset>", "</urlset>", "<url>", "</url>", "<loc>", "</loc>", "https://news.example/1",
        "<lastmod>", "</lastmod>", "2026-03-12", "<news:news>", "</news:news>", "<news:title>",
        "</news:title>", "<![CDATA[", "]]>", "<!--", "-->", "<sitemapindex>", "<sitemap>",
        "</sitemap>", "&amp;", "&", "<", ">", "<image:image>", "</image:image>", "<url/>",
    ]), 0..60)) {
        accounts(&pieces.concat());
    }
}
