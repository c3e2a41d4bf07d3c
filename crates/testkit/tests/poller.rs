//! The scenarios of this repository always, those of the reference data where they are there.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use model::{Hints, Timestamp};
use pipeline::{Last, Pace, next_due};
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

/// The hosts of [`asked`]; the first two of them are the ones that may be dead.
const HOSTS: usize = 1_000;
const EVERY: Duration = Duration::from_secs(3_600);
/// What a tick of the clock and the length of an exchange come to.
const TICKS: Duration = Duration::from_millis(5);

/// When each host was asked since the start; the first two give these answers, the others a feed.
fn asked(dead: [&str; 2]) -> HashMap<String, Vec<Duration>> {
    let [first, second] = dead;
    let feed = r#"[{"status": 200, "body": "one"}]"#;
    let others = (3..=HOSTS).map(|n| format!(r#""http://h{n}/feed": {feed}"#));
    let routes: Vec<_> = others.chain([format!(r#""http://h2/feed": [{second}]"#)]).collect();
    let feeds: Vec<_> = (2..=HOSTS).map(|n| format!(r#""http://h{n}/feed""#)).collect();
    let text = format!(
        r#"{{"bodies": {{"one": "<rss version='2.0'><channel><title>T</title><item><guid>1</guid><title>Item</title></item></channel></rss>"}},
            "scenarios": [{{"id": "x", "server": [{first}], "run_s": 5400, "base_interval_s": {},
            "routes": {{{}}}, "feeds": ["http://h/feed", {}],
            "expect": [{{"check": "other_feeds_unaffected"}}]}}]}}"#,
        EVERY.as_secs(),
        routes.join(", "),
        feeds.join(", ")
    );
    let verdict = run(&text.parse().expect("a scenario")).remove(0);
    assert!(verdict.passed(), "{:?}", verdict.failures);
    let mut asked: HashMap<String, Vec<Duration>> = HashMap::new();
    for line in &verdict.log {
        let mut words = line.split_whitespace();
        let (Some(at), Some(address)) = (words.next(), words.nth(1)) else { continue };
        let number = address.strip_prefix('h').and_then(|rest| rest.strip_suffix("/feed"));
        if number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit())) {
            let at: f64 = at.trim_end_matches('s').parse().expect("seconds");
            asked.entry(address.into()).or_default().push(Duration::from_secs_f64(at));
        }
    }
    asked
}

/// How late the sources of all hosts but the first two were asked: p99, and the longest.
fn lateness(asked: &HashMap<String, Vec<Duration>>) -> (Duration, Duration) {
    let start: Timestamp = "2026-11-21T08:00:00Z".parse().expect("a time");
    let mut late = Vec::new();
    for n in 3..=HOSTS {
        let times = &asked[&format!("h{n}/feed")];
        assert_eq!(times.len(), 2, "host {n}: {times:?}");
        let id = format!("feed-{n}").parse().expect("an id");
        // New sources are asked at once.
        late.push(times[0]);
        let (pace, hints, last) = (Pace::fixed(), Hints::default(), Last::default());
        let due = next_due(&id, EVERY, None, &pace, &hints, last, start.after(times[0]));
        late.push(start.after(times[1]).since(due));
    }
    late.sort_unstable();
    (late[late.len() * 99 / 100], late[late.len() - 1])
}

#[test]
fn one_dead_host_among_a_thousand_delays_no_other() {
    const ALIVE: &str = r#"{"status": 200, "body": "one"}"#;
    // One never answers, the other ends every connection without a word.
    const DEAD: [&str; 2] = [r#"{"special": "stall-headers"}"#, r#"{"special": "hang-up"}"#];
    let (with, without) = std::thread::scope(|scope| {
        let with = scope.spawn(|| asked(DEAD));
        let without = asked([ALIVE, ALIVE]);
        (with.join().expect("it is played to its end"), without)
    });
    assert_eq!((with.len(), without.len()), (HOSTS, HOSTS));
    let (with, without) = (lateness(&with), lateness(&without));
    println!("p99 and longest, with dead hosts {with:?}, without {without:?}");
    for (with, without) in [(with.0, without.0), (with.1, without.1)] {
        assert!(with <= without + TICKS, "{with:?} with dead hosts, {without:?} without");
        assert!(with < Duration::from_secs(1), "{with:?}");
    }
}
