//! `kill -9` in the middle of work, of the whole product.

use std::collections::BTreeSet;
use std::time::Duration;

use testkit::Origin;

use crate::{delivered, installation, rows, rss, stdout};

const FEEDS: usize = 12;
const ENTRIES: usize = 25;

#[test]
fn a_kill_at_any_moment_loses_nothing_and_doubles_nothing() {
    let origin = Origin::start();
    let mut daemon = installation();
    for feed in 0..FEEDS {
        origin.serve(&format!("/{feed}"), rss(&[]));
        daemon = daemon.feed(&format!("f{feed}"), origin.url(&format!("/{feed}")));
    }
    daemon.run_once(); // the baseline, so that everything after it is news

    for round in 0..10_u64 {
        for feed in 0..FEEDS {
            origin.serve(&format!("/{feed}?round={round}"), document(feed, round));
        }
        // A changed address is polled at once after a start: the fragment is part of it.
        daemon.write("config/sources/feeds.toml", &sources(&origin, round));
        let running = daemon.start();
        let wait = Duration::from_millis(40 + (round * 97) % 260);
        std::thread::park_timeout(wait); // the moment of death, not a synchronisation
        running.kill();
    }
    let last = daemon.run_once();
    assert!(last.status.success(), "{}", stdout(&last));

    let items = rows(&daemon.command(&["items", "--json", "--limit", "10000"]));
    let keys: BTreeSet<_> =
        items.iter().map(|item| item["url"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), items.len(), "no item twice");
    for feed in 0..FEEDS {
        for entry in 0..ENTRIES {
            let url = address(feed, entry, 9);
            assert!(keys.contains(&url), "{url} of the last documents is missing");
        }
    }
    let verified = daemon.command(&["store", "verify"]);
    assert!(verified.status.success(), "{}", stdout(&verified));

    let alerts = rows(&daemon.command(&["alerts", "list", "--json", "--limit", "10000"]));
    let raised: BTreeSet<_> = alerts.iter().map(|alert| alert["id"].as_str().unwrap()).collect();
    let lines = delivered(&daemon);
    let sent: BTreeSet<_> = lines.iter().filter_map(|line| line["id"].as_str()).collect();
    assert!(!raised.is_empty());
    assert_eq!(raised, sent, "every alert arrived, under its own id");
}

fn document(feed: usize, round: u64) -> String {
    let entries: Vec<_> = (0..ENTRIES)
        .map(|entry| {
            let vendor = if entry == 0 { "Nuctech" } else { "Nobody" };
            (
                format!("{feed}-{entry}-{round}"),
                address(feed, entry, round),
                format!("{vendor} {feed} {entry} {round}"),
            )
        })
        .collect();
    let borrowed: Vec<_> = entries
        .iter()
        .map(|(id, url, title)| (id.as_str(), url.as_str(), title.as_str()))
        .collect();
    rss(&borrowed)
}

fn address(feed: usize, entry: usize, round: u64) -> String {
    format!("https://f{feed}.example/{round}/{entry}")
}

fn sources(origin: &Origin, round: u64) -> String {
    (0..FEEDS)
        .map(|feed| {
            format!(
                "[source.f{feed}]\nname = \"F{feed}\"\nfeed.url = \"{}?round={round}\"\n\
                 every = \"15m\"\ncategory = \"local-news\"\n",
                origin.url(&format!("/{feed}"))
            )
        })
        .collect()
}
