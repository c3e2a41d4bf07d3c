//! `run --once`: rounds over the same sources.

use testkit::{Answer, Origin};

use crate::{delivered, installation, rows, rss, stderr, stdout};

#[test]
fn the_first_round_is_the_baseline_and_the_next_new_item_alerts_once() {
    let origin = Origin::start();
    let daemon = installation().feed("a", origin.url("/a.xml"));
    let old = ("1", "https://a.example/1", "Huawei was here before");
    let new = ("2", "https://a.example/2", "Nuctech wins a tender");

    origin.serve("/a.xml", rss(&[old]));
    let first = daemon.run_once();
    assert!(first.status.success(), "{}", stderr(&first));
    assert!(
        stdout(&first).contains("watched 1 of 1 sources: 1 entries, 1 new"),
        "{}",
        stdout(&first)
    );
    assert!(stdout(&first).contains("alerts: 0 raised, 1 held"), "{}", stdout(&first));
    assert_eq!(delivered(&daemon).len(), 0);

    origin.serve("/a.xml", rss(&[new, old]));
    let second = daemon.run_once();
    assert!(stdout(&second).contains("alerts: 1 raised, 0 held"), "{}", stdout(&second));
    let lines = delivered(&daemon);
    assert_eq!(lines.len(), 1, "{lines:?}");

    let third = daemon.run_once();
    assert!(stdout(&third).contains("alerts: 0 raised"), "{}", stdout(&third));
    assert_eq!(delivered(&daemon).len(), 1);
    assert_eq!(rows(&daemon.command(&["items", "--json"])).len(), 2);

    let alerts = rows(&daemon.command(&["alerts", "list", "--json"]));
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0]["title"], "Nuctech wins a tender");
    assert_eq!(alerts[0]["tags"][0]["spans"][0]["text"], "Nuctech");
    let deliveries = rows(&daemon.command(&["deliveries", "list", "--json"]));
    assert_eq!(deliveries[0]["state"], "delivered");
    let verified = daemon.command(&["store", "verify"]);
    assert!(verified.status.success(), "{}", stdout(&verified));
}

#[test]
fn validators_go_back_as_they_came_and_a_304_stores_nothing() {
    let origin = Origin::start();
    let daemon = installation().feed("a", origin.url("/a.xml"));
    let body = rss(&[("1", "https://a.example/1", "One")]);
    let etag = "W/\"odd-gzip\"";
    let date = "Sun, 01 Mar 2026 00:00:00 +0000";
    origin.script(
        "/a.xml",
        [
            Answer::ok(body).header("ETag", etag).header("Last-Modified", date),
            Answer::not_modified(),
        ],
    );
    daemon.run_once();
    let second = daemon.run_once();
    assert!(stdout(&second).contains("watched 1 of 1 sources: 0 entries"), "{}", stdout(&second));
    let requests = origin.requests_to("/a.xml");
    assert_eq!(requests[0].header("if-none-match"), None);
    assert_eq!(requests[1].header("if-none-match"), Some(etag));
    assert_eq!(requests[1].header("if-modified-since"), Some(date));
    let agent = requests[1].header("user-agent").unwrap();
    assert!(agent.starts_with("stackwatch/") && agent.contains("(+https://"), "{agent}");
}

#[test]
fn an_edited_title_is_a_revision_of_the_same_item() {
    let origin = Origin::start();
    let daemon = installation().feed("a", origin.url("/a.xml"));
    for title in ["A tender", "A tender, corrected"] {
        origin.serve("/a.xml", rss(&[("1", "https://a.example/1", title)]));
        daemon.run_once();
    }
    let items = rows(&daemon.command(&["items", "--json"]));
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["revision"], &items[0]["title"]),
        (&1.into(), &"A tender, corrected".into())
    );
}

#[test]
fn the_same_story_in_two_sources_alerts_once() {
    let origin = Origin::start();
    let daemon = installation().feed("a", origin.url("/a.xml")).feed("b", origin.url("/b.xml"));
    for path in ["/a.xml", "/b.xml"] {
        origin.serve(path, rss(&[("0", "https://a.example/0", "Nothing")]));
    }
    daemon.run_once();
    let entry = |guid| rss(&[(guid, "https://wire.example/nuctech?utm_source=x", "Nuctech wins")]);
    origin.serve("/a.xml", entry("a1"));
    origin.serve("/b.xml", entry("b7"));
    daemon.run_once();
    assert_eq!(delivered(&daemon).len(), 1);
    let alerts = rows(&daemon.command(&["alerts", "list", "--json"]));
    assert_eq!(alerts[0]["further"].as_array().unwrap().len(), 1);
}

#[test]
fn a_source_that_fails_fails_alone_and_coverage_says_so() {
    let origin = Origin::start();
    let daemon = installation()
        .feed("bomb", origin.url("/bomb"))
        .feed("cut", origin.url("/cut"))
        .feed("good", origin.url("/good.xml"))
        .feed("html", origin.url("/html"))
        .feed("loop", origin.url("/loop"));
    origin.serve("/good.xml", rss(&[("1", "https://a.example/1", "One")]));
    origin.script("/bomb", [Answer::gzip_bomb(64)]);
    origin.script("/cut", [Answer::ok("x".repeat(500)).short_by(100)]);
    origin.serve_as("/html", "text/html", "<html><body>Please sign in</body></html>");
    origin.script("/loop", [Answer::redirect("/loop")]);
    let once = daemon.run_once();
    assert!(once.status.success(), "{}", stderr(&once));
    assert!(stdout(&once).contains("watched 1 of 5 sources"), "{}", stdout(&once));
    let rows = rows(&daemon.command(&["coverage", "--json"]));
    for row in &rows {
        let good = row["source"] == "good";
        assert_eq!(row["state"], if good { "watched" } else { "blind" }, "{row}");
        assert_eq!(row["reason"].is_null(), good, "{row}");
    }
}

#[test]
fn a_machine_without_network_says_that_nothing_was_watched() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/feed", listener.local_addr().unwrap());
    drop(listener);
    let daemon = installation().feed("a", nobody);
    let once = daemon.run_once();
    assert_eq!(once.status.code(), Some(1));
    assert!(stdout(&once).contains("not watched: a: could not connect"), "{}", stdout(&once));
    let rows = rows(&daemon.command(&["source", "list", "--json"]));
    assert_eq!(rows[0]["health"], "broken");
}
