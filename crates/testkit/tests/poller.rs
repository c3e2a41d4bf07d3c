//! The scenarios of this repository always, those of the reference data where they are there.

use std::collections::HashMap;
use std::path::Path;

use testkit::poller::{File, run};

fn all_pass(file: &File) {
    let verdicts = run(file);
    let failed: Vec<_> = verdicts.iter().filter(|verdict| !verdict.passed()).collect();
    assert!(!verdicts.is_empty() && failed.is_empty(), "{failed:#?}");
}

/// Each check can fail: the same file with expectations that do not hold.
#[test]
fn what_does_not_hold_is_told() {
    let text = r#"{"bodies": {"one": "<rss version='2.0'><channel><title>T</title><item><guid>1</guid><title>Item</title></item></channel></rss>"},
    "scenarios": [{"id": "x", "server": [{"status": 200, "headers": {"ETag": "\"1\""}, "body": "one"}], "feeds": 2, "run_s": 20000, "expect": [
        {"check": "request_header", "request": 2, "header": "If-None-Match", "equals": "\"2\""},
        {"check": "request_header_matches", "request": 1, "header": "Accept", "regex": "^text/plain"},
        {"check": "request_header_absent", "request": 2, "header": "If-None-Match"},
        {"check": "request_header_absent", "host": "h", "header": "Accept"},
        {"check": "user_agent_matches", "request": 1, "regex": "Mozilla"},
        {"check": "same_path_and_query", "request": 0},
        {"check": "gap_before_request", "request": 2, "at_least_s": 7200},
        {"check": "gap_before_request", "request": 2, "at_most_s": 60},
        {"check": "gaps_grow", "requests": [2, 3, 4]},
        {"check": "no_further_requests_after", "request": 1},
        {"check": "requests_at_most", "within_s": 20000, "count": 1},
        {"check": "no_request_to_host_for_s", "after_request": 1, "seconds": 7200},
        {"check": "no_request_in_utc_hours", "hours": [9, 10, 11, 12, 13]},
        {"check": "no_request_on_utc_days", "days": ["Saturday"]},
        {"check": "max_parallel_per_host", "count": 0},
        {"check": "start_spread_s", "at_least": 3600},
        {"check": "stored_items_after_request", "request": 1, "count": 7},
        {"check": "alerts_after_request", "request": 1, "count": 7},
        {"check": "stored_url", "after_request": 1, "equals": "http://h/other"},
        {"check": "stored_url_one_of", "after_request": 1, "one_of": []},
        {"check": "source_state", "after_request": 1, "one_of": ["gone"]},
        {"check": "connection_closed_within_s", "seconds": -1},
        {"check": "bytes_read_at_most", "bytes": 10},
        {"check": "page_request_made"},
        {"check": "robots_rules_applied"},
        {"check": "page_gap_at_least_s", "seconds": 1},
        {"check": "tastes_good"}
    ]}]}"#;
    let file: File = text.parse().unwrap();
    let verdicts = run(&file);
    let told = &verdicts[0].failures;
    assert_eq!(told.len(), file.scenarios[0].expect.len(), "{told:#?}");
    assert_eq!(told.last().unwrap(), "tastes_good: the check `tastes_good` is not known");
}

#[test]
fn the_same_scenario_gives_the_same_log() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/own.json");
    let mut file = File::read(&path).unwrap();
    file.scenarios.retain(|scenario| scenario.id == "many-on-one-host");
    assert_eq!(run(&file), run(&file));
}

#[test]
fn the_reference_scenarios_pass() {
    let Some(data) = std::env::var_os("STACKWATCH_REALDATA") else {
        println!("STACKWATCH_REALDATA is not set: the reference scenarios are not played");
        return;
    };
    all_pass(&File::read(&Path::new(&data).join("http/poller-scenarios.json")).unwrap());
}

#[test]
fn our_own_scenarios_pass() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/own.json");
    all_pass(&File::read(&path).unwrap());
}

/// What people are told of sources (R6, R7): outages of the network, feeds that die, return, go up
/// and down.
#[test]
fn news_of_sources_are_few_and_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/news.json");
    all_pass(&File::read(&path).unwrap());
}

/// Every rule of good manners once more, at its edges.
#[test]
fn the_edges_of_etiquette_hold() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/etiquette.json");
    all_pass(&File::read(&path).unwrap());
}

/// What hosts, caches, portals and clocks do beyond all manners, and hosts that lie about "not
/// modified".
#[test]
fn what_an_adversary_thought_of_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/adversary.json");
    all_pass(&File::read(&path).unwrap());
}

/// A file of other hands: what cannot be read or played fails alone, with its reason.
#[test]
fn odd_scenarios_end_no_run() {
    let file: File = r#"{"scenarios": [
        {"id": "special", "server": [{"special": "explode"}], "expect": []},
        {"id": "resource", "server": [], "resource": "moon", "expect": []},
        {"id": "action", "server": [], "actions": [{"at_s": 1, "do": "dance"}], "expect": []},
        {"id": "feeds", "server": [], "feeds": [], "expect": [{"check": "no_crash"}]},
        {"id": "address", "server": [], "feeds": ["no address at all"], "expect": []},
        {"id": "fine", "server": [{"status": 404, "times": 0}], "expect": [{"check": "no_crash"}]}
    ]}"#
    .parse()
    .unwrap();
    let verdicts: Vec<_> = run(&file).into_iter().map(|it| (it.id, it.failures)).collect();
    assert_eq!(verdicts.len(), 6);
    for (id, failures) in &verdicts {
        assert_eq!(failures.is_empty(), id == "fine", "{id}: {failures:?}");
    }
}

/// When each host was asked, in milliseconds since the start; the first of them answers `first`,
/// the others a feed.
fn asked(hosts: usize, first: &str) -> HashMap<String, Vec<u64>> {
    let others: Vec<String> = (2..=hosts).map(|n| format!("\"http://h{n}/feed\"")).collect();
    let answer = r#"[{"status": 200, "body": "one"}]"#;
    let routes: Vec<String> = others.iter().map(|feed| format!("{feed}: {answer}")).collect();
    let text = format!(
        r#"{{"bodies": {{"one": "<rss version='2.0'><channel><title>T</title><item><guid>1</guid><title>Item</title></item></channel></rss>"}},
            "scenarios": [{{"id": "x", "server": [{first}], "run_s": 9000, "routes": {{{}}},
            "feeds": ["http://h/feed", {}], "expect": [{{"check": "other_feeds_unaffected"}}]}}]}}"#,
        routes.join(", "),
        others.join(", ")
    );
    let verdict = run(&text.parse().expect("a scenario")).remove(0);
    assert!(verdict.passed(), "{:?}", verdict.failures);
    let mut asked: HashMap<String, Vec<u64>> = HashMap::new();
    for line in &verdict.log {
        let mut words = line.split_whitespace();
        let (Some(at), Some(address)) = (words.next(), words.nth(1)) else { continue };
        let number = address.strip_prefix('h').and_then(|rest| rest.strip_suffix("/feed"));
        if number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit())) {
            let at: f64 = at.trim_end_matches('s').parse().expect("seconds");
            asked.entry(address.into()).or_default().push((at * 1_000.0) as u64);
        }
    }
    asked
}

#[test]
fn one_dead_host_among_many_delays_no_other() {
    const HOSTS: usize = 300;
    let with = asked(HOSTS, r#"{"special": "stall-headers"}"#);
    let without = asked(HOSTS, r#"{"status": 200, "body": "one"}"#);
    assert_eq!((with.len(), without.len()), (HOSTS, HOSTS));
    // An interval is an hour and a jitter that is always the same: what is more is lateness.
    let late = |all: &HashMap<String, Vec<u64>>| -> u64 {
        let mut late: Vec<u64> = Vec::new();
        for (_, times) in all.iter().filter(|(host, _)| *host != "h/feed") {
            assert_eq!(times.len(), 3, "{times:?}");
            let gaps: Vec<u64> = times.windows(2).map(|two| two[1] - two[0]).collect();
            let shortest = gaps.iter().min().copied().unwrap_or(0);
            late.extend(gaps.iter().map(|gap| gap - shortest));
        }
        late.sort_unstable();
        late[late.len() * 99 / 100]
    };
    let (with, without) = (late(&with), late(&without));
    assert!(with <= without + 100, "p99 {with} ms with a dead host, {without} ms without");
    assert!(with < 1_000, "p99 {with} ms");
}
