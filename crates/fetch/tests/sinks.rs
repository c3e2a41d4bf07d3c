//! POST to webhooks.

use std::time::Duration;

use fetch::{FetchError, Post};
use testkit::{Answer, Origin};

use crate::support::{fetcher, url};

fn post(to: String) -> Post {
    let headers = vec![("Content-Type".into(), "application/json".into())];
    Post { url: url(to), headers, body: r#"{"alert":"1"}"#.into() }
}

#[tokio::test]
async fn a_sink_gets_the_body_and_its_answer_comes_back() {
    let sink = Origin::start();
    let busy = Answer::status(503).header("Retry-After", "30").body("later");
    sink.script("/hook", [Answer::ok("taken"), busy, Answer::ok(vec![b'x'; 100_000])]);
    let fetcher = fetcher();
    let first = fetcher.post(&post(sink.url("/hook"))).await.unwrap();
    assert!(first.is_success() && first.text == "taken" && first.retry_after.is_none());
    let second = fetcher.post(&post(sink.url("/hook"))).await.unwrap();
    assert!(!second.is_success() && second.text == "later");
    assert_eq!(second.retry_after.unwrap().wait, Duration::from_secs(30));
    let third = fetcher.post(&post(sink.url("/hook"))).await.unwrap();
    assert_eq!(third.text.len(), 4096);
    let seen = &sink.requests()[0];
    assert_eq!((seen.method.as_str(), seen.text().as_str()), ("POST", r#"{"alert":"1"}"#));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("content-length"), Some("13"));
}

#[tokio::test]
async fn a_sink_cannot_send_a_message_elsewhere() {
    let (sink, other) = (Origin::start(), Origin::start());
    sink.script("/hook", [Answer::status(307).header("Location", other.url("/"))]);
    assert_eq!(fetcher().post(&post(sink.url("/hook"))).await.unwrap().status, 307);
    assert_eq!(other.requests().len(), 0);
}

#[tokio::test]
async fn sinks_pass_the_same_filter() {
    for target in ["http://169.254.169.254/", "http://[::1]/", "http://10.1.2.3/hook"] {
        let error = fetcher().post(&post(target.into())).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{target}: {error:?}");
    }
}

#[tokio::test]
async fn a_sink_gets_one_message_at_a_time() {
    let sink = Origin::start();
    sink.script("/hook", [Answer::ok("x").delay(Duration::from_millis(3))]);
    let fetcher = fetcher();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (fetcher, post) = (fetcher.clone(), post(sink.url("/hook")));
        tasks.spawn(async move { fetcher.post(&post).await.unwrap().status });
    }
    assert_eq!(tasks.join_all().await, [200; 10]);
    assert_eq!(sink.most_in_flight(), 1);
}
