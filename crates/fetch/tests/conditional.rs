//! Validators go back as they came, and are kept by the rules (R3).

use fetch::FetchError;
use model::Validators;
use testkit::{Answer, Origin};

use crate::support::{body, failure, fetcher, get, not_modified, request};

#[tokio::test]
async fn a_second_poll_of_the_same_document_is_a_304() {
    let origin = Origin::start();
    origin.serve("/a.xml", "<rss/>");
    let fetcher = fetcher();
    let mut request = request(origin.url("/a.xml"));
    let first = body(fetcher.get(&request).await);
    assert_eq!(&first.bytes[..], b"<rss/>");
    assert_eq!(first.meta.content_type.as_deref(), Some("application/xml"));
    request.validators = first.meta.validators.clone();
    let second = not_modified(fetcher.get(&request).await);
    assert_eq!(second.update(&first.meta.validators), first.meta.validators);
    origin.serve("/a.xml", "<rss>2</rss>");
    let third = body(fetcher.get(&request).await);
    assert_ne!(third.meta.validators, first.meta.validators);
    let seen = origin.requests();
    assert_eq!(seen[0].header("if-none-match"), None);
    assert_eq!(seen[0].header("if-modified-since"), None);
    assert_eq!(seen[1].header("if-none-match"), first.meta.validators.etag.as_deref());
    assert_eq!(seen[1].header("if-modified-since"), first.meta.validators.last_modified.as_deref());
    assert_eq!(origin.connections(), 1, "the connection is used again");
}

#[tokio::test]
async fn validators_are_opaque_bytes() {
    for (etag, date) in [
        ("W/\"w-1\"", "Sat, 21 Nov 2026 08:00:00 GMT"),
        ("\"abc-gzip\"", "Saturday, 21-Nov-26 08:00:00 GMT"),
        ("unquoted, with=signs", "2026-11-21 08:00"),
        ("\"ћирилица\"", "-1"),
    ] {
        let origin = Origin::start();
        let first = Answer::ok("x").header("ETag", etag).header("Last-Modified", date);
        origin.script("/f", [first, Answer::not_modified()]);
        let fetcher = fetcher();
        let mut request = request(origin.url("/f"));
        request.validators = body(fetcher.get(&request).await).meta.validators;
        not_modified(fetcher.get(&request).await);
        let sent = &origin.requests()[1];
        assert_eq!(sent.header("if-none-match"), Some(etag));
        assert_eq!(sent.header("if-modified-since"), Some(date));
    }
}

#[tokio::test]
async fn a_validator_that_cannot_be_kept_whole_is_left_out() {
    let origin = Origin::start();
    let latin1 = Answer::ok("x").header("ETag", b"\"\xe9\"").header("Last-Modified", "today");
    let long = Answer::ok("x").header("ETag", vec![b'e'; 1025]);
    origin.script("/f", [latin1, long, Answer::ok("x").header("ETag", "")]);
    let validators = async || body(get(origin.url("/f")).await).meta.validators;
    let only_date = Validators { etag: None, last_modified: Some("today".into()) };
    assert_eq!(validators().await, only_date);
    assert_eq!(validators().await, Validators::default());
    assert_eq!(validators().await, Validators::default());
}

#[tokio::test]
async fn a_200_replaces_both_validators_and_a_304_those_that_it_carries() {
    let origin = Origin::start();
    let known = Validators { etag: Some("\"1\"".into()), last_modified: Some("monday".into()) };
    origin.script(
        "/f",
        [
            Answer::not_modified(),
            Answer::not_modified().header("ETag", "\"2\""),
            Answer::ok("x").header("Last-Modified", "tuesday"),
            Answer::ok("x"),
        ],
    );
    let fetcher = fetcher();
    let mut request = request(origin.url("/f"));
    request.validators = known.clone();
    let mut after = Vec::new();
    for _ in 0..4 {
        after.push(fetcher.get(&request).await.unwrap().meta().update(&known));
    }
    let both = |etag: Option<&str>, date: Option<&str>| Validators {
        etag: etag.map(Into::into),
        last_modified: date.map(Into::into),
    };
    assert_eq!(after[0], known);
    assert_eq!(after[1], both(Some("\"2\""), Some("monday")));
    assert_eq!(after[2], both(None, Some("tuesday")));
    assert_eq!(after[3], both(None, None));
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_an_error() {
    let origin = Origin::start();
    origin.script("/f", [Answer::not_modified()]);
    let error = failure(get(origin.url("/f")).await);
    assert!(matches!(error, FetchError::Unasked { .. }), "{error:?}");
}

#[tokio::test]
async fn what_the_cache_headers_say_is_passed_on() {
    let origin = Origin::start();
    let fresh = Answer::ok("x").header("Cache-Control", "public, max-age=600").header("Age", "100");
    origin.script("/f", [fresh]);
    let meta = body(get(origin.url("/f")).await).meta;
    assert_eq!(meta.cache.fresh_for().map(|left| left.as_secs()), Some(500));
}
