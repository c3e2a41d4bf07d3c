//! What an origin can do wrong is a failure of that one request, bounded in time and bytes
//! (R16, R18).

use std::time::{Duration, Instant};

use fetch::{FetchError, Fetcher, Patience, Phase, Request, Settings};
use testkit::{Answer, Origin};

use crate::support::{MAX_BODY, body, failure, fetcher, get, request, settings};

/// Fetches `answer` and returns how it failed.
async fn fail(answer: Answer) -> FetchError {
    let origin = Origin::start();
    origin.script("/f", [answer]);
    let error = failure(get(origin.url("/f")).await);
    assert_eq!(origin.requests().len(), 1, "a failed request is not sent again");
    error
}

#[tokio::test]
async fn codings_are_undone() {
    let text = "<rss>".repeat(1000);
    let plain = || Answer::ok(text.as_str());
    for answer in [
        plain(),
        plain().gzip(),
        plain().deflate(),
        plain().gzip().chunked(7),
        plain().chunked(1),
        plain().until_close(),
        plain().header("Content-Encoding", "identity"),
        Answer::ok(""),
        Answer::ok("").header("Content-Encoding", "gzip"),
    ] {
        let origin = Origin::start();
        origin.script("/f", [answer.clone()]);
        let got = body(get(origin.url("/f")).await).bytes;
        assert!(
            got == text || got.is_empty() && format!("{answer:?}").contains("body: []"),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_a_failure() {
    let long = || Answer::ok("<rss>".repeat(1000));
    for answer in [
        long().short_by(1),
        long().gzip().short_by(1),
        // The length fits, only the compressed stream shows the cut.
        long().gzip().without_last(1),
        long().gzip().without_last(8),
        long().gzip().without_last(9),
        long().gzip().without_last(20),
        long().gzip().without_last(20).until_close(),
        long().gzip().without_last(20).chunked(16),
        long().deflate().without_last(5),
        long().chunked_cut(),
        long().gzip().chunked_cut(),
        long().bad_chunks(),
    ] {
        let shown = format!("{answer:?}");
        let error = fail(answer).await;
        assert!(matches!(error, FetchError::BadAnswer { .. }), "{error:?} for {shown:.200}");
    }
}

#[tokio::test]
async fn what_is_not_an_answer_is_a_failure() {
    for answer in [
        Answer::close(),
        Answer::raw("SSH-2.0-OpenSSH_9.9\r\n"),
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Le"),
        Answer::ok("x").header_flood(10_000),
        Answer::ok("x").header("X-Long", vec![b'x'; 1 << 20]),
        // Not asked for, so not undone: not to be taken for a document.
        Answer::ok("(\u{b5}/\u{fd}").header("Content-Encoding", "zstd"),
        Answer::ok("x").header("Content-Encoding", "gzip, gzip"),
        Answer::ok("<rss/>").header("Content-Encoding", "gzip"),
    ] {
        let shown = format!("{answer:?}");
        let error = fail(answer).await;
        assert!(matches!(error, FetchError::BadAnswer { .. }), "{error:?} for {shown:.200}");
        assert!(!error.describe().contains("127.0.0.1/"), "no address in {}", error.describe());
    }
}

#[tokio::test]
async fn a_body_may_be_as_large_as_its_cap_and_not_a_byte_larger() {
    let cap = usize::try_from(MAX_BODY).unwrap();
    for (extra, answer) in [
        (0, Answer::ok(vec![b'x'; cap])),
        (0, Answer::ok(vec![b'x'; cap]).gzip()),
        (1, Answer::ok(vec![b'x'; cap + 1])),
        (1, Answer::ok(vec![b'x'; cap + 1]).gzip()),
        (1, Answer::ok(vec![b'x'; cap + 1]).chunked(100_000)),
        (1, Answer::endless()),
        (1, Answer::gzip_bomb(64)),
    ] {
        let origin = Origin::start();
        origin.script("/f", [answer]);
        let answer = get(origin.url("/f")).await;
        if extra == 0 {
            assert_eq!(body(answer).bytes.len(), cap);
        } else {
            let error = failure(answer);
            assert!(matches!(error, FetchError::TooLarge { limit: MAX_BODY }), "{error:?}");
        }
    }
}

/// Limits that a test can wait for, each far from the others.
fn hasty(idle: u64, total: u64) -> Fetcher {
    let (idle_timeout, total_timeout) = (Duration::from_millis(idle), Duration::from_millis(total));
    let connect_timeout = Duration::from_millis(100);
    Fetcher::new(Settings { connect_timeout, idle_timeout, total_timeout, ..settings() })
        .expect("settings that can be built")
}

#[tokio::test]
async fn each_phase_has_its_limit() {
    let origin = Origin::start();
    origin.script("/silent", [Answer::silence()]);
    origin.script("/stalled", [Answer::ok("<rss>".repeat(9)).stall_after(10)]);
    let drip = Answer::ok(vec![b'x'; 100_000]).drip(1, Duration::from_millis(20));
    origin.script("/drip", [drip]);
    for (fetcher, path, expected) in [
        (hasty(100, 60_000), "/silent", Phase::Head),
        (hasty(100, 60_000), "/stalled", Phase::Body),
        (hasty(60_000, 200), "/silent", Phase::Total),
        (hasty(60_000, 200), "/drip", Phase::Total),
    ] {
        let start = Instant::now();
        let error = failure(fetcher.get(&request(origin.url(path))).await);
        assert!(
            matches!(error, FetchError::Timeout { phase, .. } if phase == expected),
            "{path}: {error:?}"
        );
        assert!(start.elapsed() < Duration::from_secs(20), "{path}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn one_request_may_be_given_more_time_than_all_others() {
    let origin = Origin::start();
    let slow = Answer::ok(vec![b'x'; 400]).drip(40, Duration::from_millis(50));
    origin.script("/slow", [slow.clone(), slow, Answer::silence()]);
    let fetcher = hasty(200, 200);
    let usual = request(origin.url("/slow"));
    let error = failure(fetcher.get(&usual).await);
    assert!(matches!(error, FetchError::Timeout { phase: Phase::Total, .. }), "{error:?}");
    let total = Some(Duration::from_secs(60));
    let patient = Request { patience: Patience { total, ..Patience::default() }, ..usual };
    assert_eq!(body(fetcher.get(&patient).await).bytes.len(), 400);
    let error = failure(fetcher.get(&patient).await);
    assert!(matches!(error, FetchError::Timeout { phase: Phase::Head, .. }), "{error:?}");
}

#[tokio::test]
async fn a_host_that_does_not_listen_is_said_to_be_unreachable() {
    let address = Origin::start().url("/gone");
    let error = failure(get(address).await);
    assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
    assert!(error.describe().contains("could not connect to 127.0.0.1: "), "{}", error.describe());
}

#[tokio::test]
async fn a_dead_host_does_not_delay_another() {
    let (dead, alive) = (Origin::start(), Origin::start());
    dead.script("/f", [Answer::silence()]);
    alive.serve("/f", "x");
    let fetcher = fetcher();
    let blocked: Vec<_> = (0..8).map(|_| request(dead.url("/f"))).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for request in blocked {
        let fetcher = fetcher.clone();
        tasks.spawn(async move { fetcher.get(&request).await.is_ok() });
    }
    let start = Instant::now();
    body(fetcher.get(&request(alive.url("/f"))).await);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    tasks.abort_all();
}

#[tokio::test]
async fn other_statuses_are_failures_that_keep_their_retry_after() {
    let origin = Origin::start();
    for status in [204, 206, 400, 401, 403, 404, 410, 500, 502] {
        let path = format!("/{status}");
        origin.script(&path, [Answer::status(status).header("Retry-After", "120")]);
        let error = failure(get(origin.url(&path)).await);
        let FetchError::Status { status: got, retry_after: Some(after), .. } = error else {
            panic!("{status}: {error:?}")
        };
        assert_eq!((got, after.wait), (status, Duration::from_secs(120)));
    }
}
