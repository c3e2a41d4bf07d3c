//! What many sources cost while nothing happens.

use std::fmt::Write as _;

use testkit::Origin;

use crate::{installation, rss, stderr};

/// The floor of the reference measurements.
const FLOOR_KB: usize = 40 * 1_024;
const SOURCES: usize = 10_000;
/// Enough to tell sources from noise, few enough for a test.
const FEW: usize = 300;
const MANY: usize = 2_800;

/// Resident memory of a daemon that has this many sources, all polled once, none of them due.
fn resident_kb(sources: usize) -> usize {
    let origin = Origin::start();
    let mut config = String::new();
    for n in 0..sources {
        let path = format!("/a-section/of-a-site/{n}.xml");
        let (entry, url) = (n.to_string(), format!("https://site.example/{n}"));
        origin.serve(&path, rss(&[(&entry, &url, "A title as they are")]));
        let url = origin.url(&path);
        writeln!(
            config,
            "[source.outlet-{n}]\nname = \"Outlet number {n}\"\nfeed.url = \"{url}\"\n\
             every = \"24h\"\ncategory = \"local-news\""
        )
        .expect("a String takes everything");
    }
    let daemon = installation().file("config/sources/feeds.toml", &config);
    let polled = daemon.run_once();
    assert!(polled.status.success(), "{}", stderr(&polled));
    let asked = origin.requests().len();
    let mut running = daemon.start();
    running.wait_until_ready();
    assert_eq!(running.get("/api/items").status, 200);
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.id()));
    let status = status.expect("the daemon runs");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.expect("Linux says it").trim().trim_end_matches(" kB");
    assert_eq!(origin.requests().len(), asked, "nothing is due");
    assert_eq!(running.terminate().status.code(), Some(0));
    resident.parse().expect("a number")
}

#[test]
fn ten_thousand_idle_sources_take_less_than_forty_megabytes() {
    let (few, many) = (resident_kb(FEW), resident_kb(MANY));
    let each_ten_thousand = many.saturating_sub(few) * SOURCES / (MANY - FEW);
    assert!(
        each_ten_thousand < FLOOR_KB,
        "{each_ten_thousand} KB: {few} KB with {FEW} sources, {many} KB with {MANY}"
    );
}
