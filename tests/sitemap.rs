//! Sitemaps as sources, and as the place where a feed's gaps are looked up.

use serde_json::Value;
use testkit::{Answer, Daemon, Origin, PATIENCE};

use crate::{delivered, installation, rows, rss, stderr, stdout};

/// The time of a test, as W3C writes it, `minutes` ago.
fn ago(minutes: i64) -> String {
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
    then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Google's news extension with `(address, date, title)`.
fn news(entries: &[(&str, &str, &str)]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset \
         xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
         xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">",
    );
    for (url, date, title) in entries {
        xml.push_str(&format!(
            "<url><loc>{url}</loc><news:news><news:publication><news:name>T</news:name>\
             <news:language>en</news:language></news:publication><news:publication_date>{date}\
             </news:publication_date><news:title>{title}</news:title></news:news></url>"
        ));
    }
    xml + "</urlset>"
}

fn source(daemon: Daemon, kind: &str, keys: &str) -> Daemon {
    let toml = format!("[source.{kind}]\n{keys}\nevery = \"1m\"\n");
    daemon.file(&format!("config/sources/{kind}.toml"), &toml)
}

fn titles(daemon: &Daemon) -> Vec<String> {
    let items = rows(&daemon.command(&["items", "--json", "--limit", "100"]));
    let title = |item: &Value| item["title"].as_str().unwrap_or("-").to_owned();
    let mut titles: Vec<_> = items.iter().map(title).collect();
    titles.sort();
    titles
}

#[test]
fn a_feed_that_rolled_over_has_its_gap_filled_from_the_sitemap_once() {
    let origin = Origin::start();
    let keys = format!(
        "feed.url = \"{}\"\nfeed.sitemap = \"{}\"",
        origin.url("/feed"),
        origin.url("/news.xml")
    );
    let daemon = source(installation(), "a", &keys);
    let feed = |numbers: &[u32]| {
        let entries: Vec<_> = numbers
            .iter()
            .map(|n| (format!("g{n}"), format!("https://a.example/{n}"), format!("Nuctech {n}")))
            .collect();
        let entries: Vec<_> =
            entries.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
        origin.serve("/feed", rss(&entries));
    };
    let (early, now, late) = (ago(60 * 24), ago(10), ago(-60));
    origin.serve(
        "/news.xml",
        news(&[
            ("https://a.example/99", &late, "Nuctech of the future"),
            ("https://a.example/9?utm_source=sitemap", &now, "Nuctech 9"),
            ("https://a.example/6", &now, "Nuctech 6"),
            ("https://a.example/5", &now, "Nuctech 5"),
            ("https://a.example/4", &now, "Nuctech 4"),
            ("https://a.example/0", &early, "Nuctech of yesterday"),
        ]),
    );
    feed(&[3, 2, 1]);
    assert!(daemon.run_once().status.success());
    feed(&[9, 8, 7]);
    assert!(stdout(&daemon.run_once()).contains("3 new"));
    assert!(origin.requests_to("/news.xml").is_empty(), "it waits for the next slot");
    // Each round is a new process: what is to be done stands in the store.
    let third = daemon.run_once();
    assert!(third.status.success(), "{}", stderr(&third));
    assert_eq!(titles(&daemon), (1..=9).map(|n| format!("Nuctech {n}")).collect::<Vec<_>>());
    let alerted = delivered(&daemon);
    assert_eq!(alerted.len(), 6, "4 to 9: {alerted:?}");

    feed(&[10, 6, 9, 8]);
    daemon.run_once();
    daemon.run_once();
    assert_eq!(titles(&daemon).len(), 10, "the feed's entry is the item from the sitemap");
    assert_eq!(delivered(&daemon).len(), 7);
    assert_eq!(origin.requests_to("/news.xml").len(), 1);
    let verified = daemon.command(&["store", "verify"]);
    assert!(verified.status.success(), "{}", stdout(&verified));
}

#[test]
fn an_index_is_followed_and_its_news_alert_in_a_running_daemon() {
    let origin = Origin::start();
    let keys = format!("sitemap.url = \"{}\"", origin.url("/index.xml"));
    let daemon = source(installation(), "a", &keys);
    let old = ago(60);
    let index = |modified: &str| {
        format!(
            "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><sitemap>\
             <loc>{}</loc><lastmod>{modified}</lastmod></sitemap></sitemapindex>",
            origin.url("/news.xml.gz")
        )
    };
    // Packed by its name and again on its way.
    let packed = |xml: String| Answer::ok(gzip(&xml)).gzip();
    origin.serve("/index.xml", index(&old));
    origin.script("/news.xml.gz", [packed(news(&[("https://a.example/1", &old, "Huawei 1")]))]);
    assert!(stdout(&daemon.run_once()).contains("1 new"));
    assert_eq!(delivered(&daemon).len(), 0, "a first poll is the baseline");

    let now = ago(0);
    origin.serve("/index.xml", index(&now));
    let both = [
        ("https://a.example/2", now.as_str(), "Huawei 2"),
        ("https://a.example/1", &old, "Huawei 1"),
    ];
    origin.script("/news.xml.gz", [packed(news(&both))]);
    assert!(stdout(&daemon.run_once()).contains("1 new"), "{:?}", titles(&daemon));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |_| delivered(&daemon).len() == 1);
    assert_eq!(delivered(&daemon)[0]["title"], "Huawei 2");
    let robots = origin.requests_to("/robots.txt");
    assert_eq!(robots.len(), 1, "asked, and kept over restarts");
}

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

/// R18: as many addresses as the protocol allows, and a file that unpacks to far more.
#[test]
fn fifty_thousand_addresses_and_a_bomb_are_bounded_and_accounted_for() {
    let origin = Origin::start();
    let large = format!("sitemap.url = \"{}\"", origin.url("/large.xml"));
    let bomb = format!("sitemap.url = \"{}\"", origin.url("/bomb.xml.gz"));
    let daemon = source(source(installation(), "large", &large), "bomb", &bomb);
    let day =
        |n: usize| format!("20{:02}-{:02}-{:02}", 10 + n / 336 % 16, n / 28 % 12 + 1, n % 28 + 1);
    let url = |n: usize| {
        let day = day(n);
        format!("<url><loc>https://a.example/{n}</loc><lastmod>{day}</lastmod></url>")
    };
    origin.serve("/large.xml", format!("<urlset>{}", (0..50_010).map(url).collect::<String>()));
    let spaces = " ".repeat(60 << 20);
    origin.serve("/bomb.xml.gz", gzip(&format!("<urlset>{}{spaces}", url(1))));
    let mut running = daemon.start();
    running.wait_until_ready();
    running.wait_until(3 * PATIENCE, |_| {
        let stored = rows(&daemon.command(&["coverage", "--json"]));
        stored.iter().filter(|row| row["period"]["attempts"] == 1).count() == 2
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(peak < 256 << 10, "{peak} kB at most");
    let counts = rows(&daemon.command(&["coverage", "--json"]));
    for row in counts {
        assert_eq!(
            row["period"]["counts"]["seen"],
            if row["source"] == "large" { 50_010 } else { 1 },
            "{row}"
        );
    }
    assert!(running.log().contains("left aside"), "{}", running.log());
}

#[test]
fn parse_prints_what_a_sitemap_holds_and_an_index_names() {
    let daemon = installation();
    daemon.write("maps/news.xml", &news(&[("https://a.example/1", "2026-03-12", "One")]));
    daemon.write(
        "maps/index.xml",
        "<sitemapindex><sitemap><loc>https://a.example/1.xml</loc><lastmod>2025</lastmod></sitemap>\
         <sitemap><loc>https://a.example/2.xml</loc><lastmod>2026-01-02</lastmod></sitemap>\
         <sitemap/></sitemapindex>",
    );
    daemon.write("maps/page.html", "<html><body>No</body></html>");
    let parse = |name: &str| {
        let path = daemon.path(name).display().to_string();
        daemon.command(&["parse", "sitemap", &path, "--json"])
    };
    let news = rows(&parse("maps/news.xml")).remove(0);
    assert_eq!((&news["format"], &news["title"]), (&"sitemap-news".into(), &"T".into()));
    assert_eq!(news["items"][0]["id"], "https://a.example/1");
    assert_eq!(news["items"][0]["published"], "2026-03-12T00:00:00Z");
    assert_eq!((&news["items"][0]["updated"], &news["next"]), (&Value::Null, &Value::Null));
    let index = rows(&parse("maps/index.xml")).remove(0);
    assert_eq!(
        index["next"],
        serde_json::json!(["https://a.example/2.xml", "https://a.example/1.xml"])
    );
    assert_eq!(index["problems"][0]["at"], "entry 3");
    let page = parse("maps/page.html");
    assert_eq!(page.status.code(), Some(1));
    assert!(stderr(&page).contains("not a sitemap but an HTML page"), "{}", stderr(&page));
    let whole = rows(&parse("maps")).remove(0);
    assert_eq!(whole["items"].as_array().unwrap().len(), 1);
    assert_eq!(whole["next"].as_array().unwrap().len(), 2);
    assert_eq!(whole["problems"].as_array().unwrap().len(), 2);
}

#[test]
fn what_has_no_title_is_told_by_the_words_of_its_address() {
    let origin = Origin::start();
    let daemon =
        source(installation(), "a", &format!("sitemap.url = \"{}\"", origin.url("/a.xml")));
    let serve = |slugs: &[&str]| {
        let urls =
            slugs.iter().map(|slug| format!("<url><loc>https://a.example/{slug}</loc></url>"));
        origin.serve("/a.xml", format!("<urlset>{}</urlset>", urls.collect::<String>()));
    };
    serve(&["2026/11/weather-today/"]);
    daemon.run_once();
    serve(&["2026/11/nuctech-skeneri-na-granici/", "2026/11/weather-today/"]);
    daemon.run_once();
    let told = delivered(&daemon);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0]["title"].is_null(), "the outlet gave none");
    assert_eq!(told[0]["tags"][0]["spans"][0]["field"], "url");
    let shown = "(no title; address: nuctech skeneri na granici)";
    assert!(stdout(&daemon.command(&["items"])).contains(shown));
    let list = stdout(&daemon.command(&["alerts", "list"]));
    assert!(list.contains(shown), "{list}");
    let id = told[0]["id"].as_str().unwrap();
    let why = stdout(&daemon.command(&["alerts", "show", id]));
    assert!(why.contains("\"nuctech\" in address at "), "{why}");
}
