//! Who may ask for what, and what every answer carries.

use console::query::ItemsQuery;
use console::rows::{AlertDetail, ItemRow};
use console::{ClientError, Condition, Health};
use model::{Counts, Facet, OutcomeKind};
use serde_json::{Value, json};
use store::Store;

use crate::world::{Running, alert, item, minute, stored, tag};

fn world() -> Store {
    let about = item("danas", "a", minute(1), vec![tag(Facet::Vendor, "huawei")]);
    stored(|commit| {
        commit.put_item(&about);
        commit.put_item(&item("danas", "b", minute(2), vec![]));
        commit.put_alert(&alert("new-mention", &about, minute(1)));
    })
}

#[tokio::test]
async fn health_answers_before_the_store_is_open() {
    let console = Running::starting().await;
    let reply = console.get("/healthz").await;
    assert_eq!(reply.status, 503);
    let health: Health = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(health.status, Condition::Starting);
    for path in ["/", "/coverage", "/quarantine", "/metrics", "/api/items", "/feed/alerts.atom"] {
        let reply = console.get(path).await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, "5"), "{path}");
    }
    console.state.open(Store::in_memory(), console.asked.clone());
    let reply = console.get("/healthz").await;
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("ok")));
    console.state.trouble(vec!["channel `desk`: the variable SMTP is not set".into()]);
    let reply = console.get("/healthz").await;
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("degraded")));
    assert!(reply.json()["reasons"][0].as_str().unwrap().contains("SMTP"));
}

#[tokio::test]
async fn every_answer_carries_the_strict_headers() {
    let console = Running::over(world()).await;
    for (method, path, host, status) in [
        ("GET", "/", "localhost", 200),
        ("HEAD", "/", "localhost", 200),
        ("GET", "/coverage", "localhost", 200),
        ("GET", "/quarantine", "localhost", 200),
        ("GET", "/healthz", "localhost", 200),
        ("GET", "/metrics", "localhost", 200),
        ("GET", "/feed/alerts.atom", "localhost", 200),
        ("GET", "/api/items", "localhost", 200),
        ("GET", "/nothing", "localhost", 404),
        ("GET", "/api/items?limit=0", "localhost", 400),
        ("GET", "/api/deliveries/retry", "localhost", 405),
        ("POST", "/api/store/export", "localhost", 403),
        ("GET", "/", "evil.example", 403),
    ] {
        let reply = console.tcp(method, path, host, "").await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(reply.header("x-frame-options"), "DENY", "{path}");
        assert!(reply.headers.contains_key("cache-control"), "{path}");
    }
}

#[tokio::test]
async fn nothing_is_changed_over_tcp() {
    let console = Running::over(world()).await;
    for path in [
        "/api/deliveries/retry",
        "/api/store/export",
        "/api/channel-test?name=log",
        "/api/digest",
        "/api/retag?dry_run=true",
        "/api/sources/us-csl/accept",
        "/api/sources/us-csl/import?path=/etc/passwd",
    ] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            assert_eq!(console.tcp(method, path, "localhost", "").await.status, 403, "{path}");
        }
    }
    assert_eq!(console.get("/api/store/verify").await.status, 403);
    assert_eq!(console.get("/api/store/stats").await.status, 403);
    assert_eq!(console.get("/api/digest?send=true").await.status, 403);
    assert!(console.asked.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_name_that_points_at_this_machine_is_no_way_in() {
    let console = Running::over(world()).await;
    for host in ["evil.example", "evil.example:8080", "", "localhost.evil.example", "0.0.0.0"] {
        assert_eq!(console.tcp("GET", "/api/items", host, "").await.status, 403, "{host}");
    }
    for host in ["localhost", "127.0.0.1", "[::1]:99"] {
        assert_eq!(console.tcp("GET", "/api/items", host, "").await.status, 200, "{host}");
    }
    let absolute = "http://evil.example/api/items";
    assert_eq!(console.tcp("GET", absolute, "localhost", "").await.status, 403);
    assert_eq!(console.unix("GET", "/api/items", "").await.status, 200, "the file decides there");
}

#[tokio::test]
async fn a_command_asks_and_acts_over_the_socket() {
    let console = Running::over(world()).await;
    let client = console.client().await;
    let query = ItemsQuery { vendor: Some("huawei".into()), ..ItemsQuery::default() };
    let path = format!("/api/items?{}", console::query::query_string(&query));
    let rows: Vec<ItemRow> = client.get_json(&path).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["a"]);
    let item: Value = client.get_json(&format!("/api/items/{}", rows[0].id)).await.unwrap();
    assert_eq!(item["revisions"][0]["title"], "Title of a", "an item is its own first state");
    let alerts: Value = client.get_json("/api/alerts?held=false").await.unwrap();
    let path = format!("/api/alerts/{}", alerts[0]["id"].as_str().unwrap());
    let detail: AlertDetail = client.get_json(&path).await.unwrap();
    assert_eq!(detail.alert.item, rows[0].id);
    for list in ["sources", "deliveries", "coverage", "outages"] {
        let rows: Value = client.get_json(&format!("/api/{list}")).await.unwrap();
        assert!(rows.is_array(), "{list}");
    }
    let status: console::rows::Status = client.get_json("/api/status").await.unwrap();
    assert_eq!(status.sources.pending, 1);

    let asked: Value = client.post_json("/api/deliveries/retry?channel=log").await.unwrap();
    assert_eq!(asked["asked"], "retry Some(\"log\")");
    let _: Value = client.post_json("/api/channel-test?name=log").await.unwrap();
    let _: Value = client.post_json("/api/store/export").await.unwrap();
    let _: Value = client.get_json("/api/store/stats").await.unwrap();
    let digest = client.get("/api/digest?for=morning&date=2026-03-01").await.unwrap();
    assert_eq!(&digest[..], b"morning");
    client.post("/api/digest?for=morning").await.unwrap();
    let asked = console.asked.0.lock().unwrap();
    let sent: Vec<bool> = asked
        .iter()
        .filter(|asked| asked.starts_with("digest"))
        .map(|asked| asked.contains("send: true"))
        .collect();
    assert_eq!(sent, [false, true]);
}

#[tokio::test]
async fn a_refusal_says_why() {
    let console = Running::over(world()).await;
    let client = console.client().await;
    let id = "0".repeat(32);
    for (path, status, said) in [
        ("/api/items?limit=10001", 400, "at most 10000"),
        ("/api/items?vendr=huawei", 400, "unknown field `vendr`"),
        ("/api/items?since=yesterday", 400, "RFC 3339"),
        ("/api/items/7", 400, "32 hexadecimal digits"),
        (&format!("/api/items/{id}"), 404, "there is no item"),
        (&format!("/api/alerts/{id}"), 404, "there is no alert"),
        ("/api/nothing", 404, "nothing under this address"),
    ] {
        match client.get(path).await {
            Err(ClientError::Refused { status: got, message }) => {
                assert_eq!(got, status, "{path}: {message}");
                assert!(message.contains(said), "{path}: {message}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
    let failed = client.post("/api/channel-test?name=dead").await.unwrap_err();
    assert_eq!(failed.to_string(), "the server said 535");
}

#[tokio::test]
async fn a_panic_in_one_answer_stays_there_and_keeps_its_words_to_the_log() {
    let console = Running::over(world()).await;
    let reply = console.unix("GET", "/api/store/verify", "").await;
    assert_eq!(reply.status, 500);
    assert!(!reply.text().contains("mistake in the daemon"), "{}", reply.text());
    assert!(reply.text().contains("internal error, number"));
    assert_eq!(reply.header("x-frame-options"), "DENY");
    assert_eq!(console.get("/api/items").await.status, 200);
}

#[tokio::test]
async fn a_body_above_the_bound_is_refused_before_it_is_read() {
    let console = Running::over(world()).await;
    let reply = console.unix("POST", "/api/store/export", "Content-Length: 65537\r\n").await;
    assert_eq!(reply.status, 400);
    assert!(console.asked.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_list_comes_as_lines_for_those_who_ask() {
    let console = Running::over(world()).await;
    let accept = "Accept: application/x-ndjson\r\n";
    let reply = console.tcp("GET", "/api/items", "localhost", accept).await;
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    let keys: Vec<Value> = reply
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["key"].clone())
        .collect();
    assert_eq!(keys, ["b", "a"]);
    let array = console.get("/api/items").await;
    assert_eq!(array.header("content-type"), "application/json");
    assert_eq!(array.json().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn metrics_are_open_metrics_labelled_by_what_is_configured() {
    let console = Running::over(world()).await;
    let counts = Counts { seen: 5, new: 2, unchanged: 3, ..Counts::default() };
    console.state.attempted(OutcomeKind::Parsed, &counts, 700);
    console.state.attempted(OutcomeKind::Blocked, &Counts::default(), 0);
    let before = console.get("/metrics").await;
    assert!(!before.text().contains("stackwatch_websub_pushes"), "no hub is answered");
    console.state.count_pushes(std::sync::Arc::new(|| console::Pushes {
        taken: vec![("read", 7), ("sign", 0)],
        refused: vec![("forged", 2)],
    }));
    let reply = console.get("/metrics").await;
    let text = reply.text();
    for line in [
        "stackwatch_websub_subscriptions{state=\"live\"} 0.0",
        "stackwatch_websub_pushes_total{end=\"read\"} 7",
        "stackwatch_websub_pushes_total{end=\"sign\"} 0",
        "stackwatch_websub_refused_total{reason=\"forged\"} 2",
        "stackwatch_sources{state=\"pending\"} 1.0",
        "stackwatch_sources{state=\"off\"} 1.0",
        "stackwatch_source_polls{source=\"danas\"} 0.0",
        "stackwatch_source_health{connector=\"feed\",health=\"off\"} 1.0",
        "# HELP stackwatch_attempts Attempts at sources by their end.",
        "# TYPE stackwatch_attempts counter",
        "stackwatch_attempts_total{outcome=\"parsed\"} 1",
        "stackwatch_attempts_total{outcome=\"blocked\"} 1",
        "stackwatch_attempts_total{outcome=\"gone\"} 0",
        "stackwatch_entries_total{fate=\"unchanged\"} 3",
        "stackwatch_fetched_bytes_total 700",
        "# TYPE stackwatch_sources_by_health gauge",
        "stackwatch_sources_by_health{health=\"broken\"} 0.0",
        "stackwatch_sources_by_health{health=\"off\"} 1.0",
        "stackwatch_sources{state=\"failing\"} 0.0",
        "stackwatch_items_day 2.0",
        "stackwatch_alerts_day 1.0",
        "outbox_queued 0.0",
        "store_blob_files 0.0",
        "store_poisoned 0.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(text.contains("\nprocess_uptime_seconds "));
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.contains("danas.example"), "no address in a label");
}
