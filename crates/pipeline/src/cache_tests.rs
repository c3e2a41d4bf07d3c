//! The tables of HTTP cache tests against the poller, as far as they speak of one: for how long it
//! does not ask again, what it sends when it does, and what a 304 changes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::OutcomeKind;
use serde_json::Value;
use store::tables;
use testkit::{Answer, Origin};

use crate::testing::{context, source};
use crate::{Clock, Pace, Source, run_source};

/// Between two requests of a case, where it wants a pause, and where it wants none.
const PAUSE: Duration = Duration::from_secs(3);
const MOMENT: Duration = Duration::from_millis(500);
const FEED: &str = "<rss version=\"2.0\"><channel><title>T</title><item><title>One</title>\
                    <guid>1</guid></item></channel></rss>";

/// Why a case says nothing to a poller.
fn not_ours(case: &Value) -> Option<&'static str> {
    let requests = case["requests"].as_array().unwrap();
    let any = |key: &str| requests.iter().any(|request| !request[key].is_null());
    let id = case["id"].as_str().unwrap();
    if case["browser_skip"] == true {
        Some("it is about shared caches")
    } else if case["browser_only"] == true || any("cache") {
        Some("it is about a browser's reload")
    } else if any("request_headers") {
        Some("it is about conditions that a client adds itself")
    } else if id.starts_with("heuristic") {
        Some("no freshness is guessed: the operator's interval holds")
    } else if requests[0]["response_status"][0].as_u64().is_some_and(|status| status != 200) {
        Some("no freshness is taken from anything but a document")
    } else if requests[1]["setup"] == true {
        Some("its second answer would not have been asked for")
    } else {
        None
    }
}

/// The headers of an answer; a number is a time, in seconds from now.
fn answer(request: &Value, validated: bool) -> Answer {
    let empty = Vec::new();
    let headers = request["response_headers"].as_array().unwrap_or(&empty);
    let mut answer = if validated { Answer::not_modified() } else { Answer::ok(FEED) };
    for header in headers {
        let value = match header[1].as_i64() {
            Some(seconds) => {
                let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
                at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
            }
            None => header[1].as_str().unwrap().to_owned(),
        };
        answer = answer.header(header[0].as_str().unwrap(), value);
    }
    answer
}

/// What does not hold.
async fn play(case: &Value) -> Result<(), String> {
    let requests = case["requests"].as_array().unwrap();
    let expected =
        |at: usize| requests.get(at).map_or("", |r| r["expected_type"].as_str().unwrap_or(""));
    let origin = Origin::start();
    let validated = |at| expected(at).ends_with("_validated");
    origin.script("/feed", requests.iter().enumerate().map(|(at, r)| answer(r, validated(at))));
    let (every, ceiling) = (Duration::from_millis(100), Duration::from_secs(100 * 366 * 86_400));
    let source = Arc::new(Source {
        url: origin.url("/feed").parse().unwrap(),
        every,
        pace: Pace { floor: every, ceiling, ..Pace::fixed() },
        ..source("a")
    });
    let (cx, clock) = context(vec![]);
    for (at, request) in requests.iter().enumerate() {
        let asked = origin.requests_to("/feed").len();
        if expected(at) != "cached" {
            let report = run_source(&cx, &source).await.unwrap();
            let wanted = if validated(at) { OutcomeKind::Unchanged } else { report.outcome };
            if report.outcome != wanted || !report.outcome.is_success() {
                return Err(format!("request {at}: {} {:?}", report.outcome, report.error));
            }
            let seen = &origin.requests_to("/feed")[asked];
            let sent = match expected(at) {
                "etag_validated" => seen.header("if-none-match").is_some(),
                "lm_validated" => seen.header("if-modified-since").is_some(),
                _ => true,
            };
            if !sent {
                return Err(format!("request {at} was sent without its validator"));
            }
        }
        let state = cx.store.get::<tables::Sources>(&source.id).unwrap().unwrap();
        let fresh = state.next_due.since(clock.now());
        let pause = if request["pause_after"] == true { PAUSE } else { MOMENT };
        match expected(at + 1) {
            "cached" if fresh < pause => return Err(format!("fresh for {fresh:?} only")),
            "not_cached" | "etag_validated" | "lm_validated" if fresh >= pause => {
                return Err(format!("not asked again for {fresh:?}"));
            }
            _ => clock.advance(pause),
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_tables_of_http_caches_hold_where_they_speak_of_a_poller() {
    let Some(data) = std::env::var_os("STACKWATCH_REALDATA") else {
        println!("STACKWATCH_REALDATA is not set: the cache tables are not played");
        return;
    };
    let text = std::fs::read_to_string(Path::new(&data).join("http/cache-tests.json")).unwrap();
    let groups: Vec<Value> = serde_json::from_str(&text).unwrap();
    let (mut applied, mut all, mut failed) = (0, 0, Vec::new());
    for case in groups.iter().flat_map(|group| group["tests"].as_array().unwrap()) {
        all += 1;
        let id = case["id"].as_str().unwrap();
        if let Some(reason) = not_ours(case) {
            println!("{id}: {reason}");
            continue;
        }
        applied += 1;
        if let Err(reason) = play(case).await {
            failed.push(format!("{id}: {reason}"));
        }
    }
    println!("{applied} of {all} cases speak of a poller, {} of them hold", applied - failed.len());
    assert!(applied > 0 && failed.is_empty(), "{failed:#?}");
}
