//! What a host sees of us (etiquette 5), and how it can slow us down (R4, R5).

use std::time::{Duration, Instant};

use fetch::{Advice, FetchError, Fetcher, Settings};
use testkit::{Answer, Origin};

use crate::support::{body, failure, fetcher, request, settings, url};

#[tokio::test]
async fn a_request_says_who_asks_and_nothing_more() {
    let origin = Origin::start();
    let cookie = Answer::ok("x").header("Set-Cookie", "sid=1; Path=/");
    origin.script("/f", [cookie]);
    let fetcher = fetcher();
    for _ in 0..2 {
        let meta = body(fetcher.get(&request(origin.url("/f?page=1"))).await).meta;
        assert!(meta.headers.iter().all(|(name, _)| name != "set-cookie"));
    }
    for seen in origin.requests() {
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/f?page=1"));
        let mut names: Vec<_> = seen.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
        assert_eq!(seen.header("accept"), Some(fetch::ACCEPT_FEED));
        assert_eq!(seen.header("accept-encoding"), Some("gzip, deflate, br"));
        let agent = "stackwatch/0.0 (+https://example.org/monitoring)";
        assert_eq!(seen.header("user-agent"), Some(agent));
    }
}

#[tokio::test]
async fn configured_headers_are_sent_and_broken_ones_refused() {
    let origin = Origin::start();
    origin.serve("/f", "x");
    let fetcher = fetcher();
    let mut request = request(origin.url("/f"));
    request.headers = vec![("Subscription-Key".into(), "s3cret".into())];
    body(fetcher.get(&request).await);
    assert_eq!(origin.requests()[0].header("subscription-key"), Some("s3cret"));
    for (name, value) in [("Key", "a\r\nB: c"), ("Ke y", "a"), ("", "a"), ("Key", "a\0")] {
        request.headers = vec![(name.into(), value.into())];
        let error = failure(fetcher.get(&request).await);
        assert!(matches!(error, FetchError::InvalidHeader { .. }), "{error:?}");
    }
    assert_eq!(origin.requests().len(), 1);
}

#[tokio::test]
async fn a_user_name_in_an_address_is_not_sent() {
    let origin = Origin::start();
    origin.serve("/f", "x");
    let address = origin.url("/f#part").replace("http://", "http://user:word@");
    let meta = body(fetcher().get(&request(address)).await).meta;
    assert_eq!(origin.requests()[0].header("authorization"), None);
    assert_eq!(meta.final_url.as_str(), origin.url("/f"));
}

#[tokio::test]
async fn a_host_gets_no_more_requests_at_once_than_configured() {
    let origin = Origin::start();
    origin.script("/f", [Answer::ok("x").delay(Duration::from_millis(5))]);
    let fetcher = Fetcher::new(Settings { per_host: 2, ..settings() }).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (fetcher, request) = (fetcher.clone(), request(origin.url("/f")));
        tasks.spawn(async move { body(fetcher.get(&request).await) });
    }
    assert_eq!(tasks.join_all().await.len(), 20);
    assert_eq!(origin.most_in_flight(), 2);
}

#[tokio::test]
async fn requests_to_a_host_keep_their_distance() {
    let origin = Origin::start();
    origin.serve("/f", "x");
    let spacing = Duration::from_millis(30);
    let fetcher = Fetcher::new(Settings { spacing, ..settings() }).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    let start = Instant::now();
    for _ in 0..5 {
        let (fetcher, request) = (fetcher.clone(), request(origin.url("/f")));
        tasks.spawn(async move { body(fetcher.get(&request).await) });
    }
    tasks.join_all().await;
    // Arrival times jitter with the machine; the whole row cannot be shorter than its gaps.
    assert!(start.elapsed() >= 4 * spacing, "{:?}", start.elapsed());
}

#[tokio::test]
async fn too_many_requests_pauses_everything_on_that_host_and_nothing_else() {
    for (status, header, at_least) in
        [(429, Some("7200"), 7190), (503, Some("7200"), 7190), (429, None, 50)]
    {
        let (origin, other) = (Origin::start(), Origin::start());
        let answer = Answer::status(status);
        let answer = match header {
            Some(value) => answer.header("Retry-After", value),
            None => answer,
        };
        origin.script("/a", [answer]);
        origin.serve("/b", "x");
        other.serve("/c", "x");
        let fetcher = fetcher();
        let error = failure(fetcher.get(&request(origin.url("/a"))).await);
        assert!(matches!(error, FetchError::Status { .. }), "{error:?}");
        let error = failure(fetcher.get(&request(origin.url("/b"))).await);
        let Advice::WaitAtLeast(wait) = error.advice() else { panic!("{error:?}") };
        assert!(matches!(error, FetchError::Paused { .. }), "{error:?}");
        assert!(wait.as_secs() >= at_least, "{wait:?}");
        assert!(fetcher.paused(&url(origin.url("/b"))).is_some());
        assert!(fetcher.paused(&url(other.url("/c"))).is_none());
        body(fetcher.get(&request(other.url("/c"))).await);
        assert_eq!(origin.requests().len(), 1, "nothing is sent during the pause");
    }
}

#[tokio::test]
async fn a_503_without_a_time_pauses_nobody_else() {
    let origin = Origin::start();
    origin.script("/a", [Answer::status(503)]);
    origin.serve("/b", "x");
    let fetcher = fetcher();
    failure(fetcher.get(&request(origin.url("/a"))).await);
    body(fetcher.get(&request(origin.url("/b"))).await);
}
