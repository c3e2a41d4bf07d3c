//! A fetcher that may address loopback, with limits small enough to wait for.

use std::time::Duration;

use fetch::{Body, FetchError, Fetched, Fetcher, Meta, Request, Settings};
use model::HttpUrl;

pub(crate) const MAX_BODY: u64 = 256 << 10;

pub(crate) fn settings() -> Settings {
    Settings {
        user_agent: "stackwatch/0.0 (+https://example.org/monitoring)".into(),
        per_host: 4,
        spacing: Duration::ZERO,
        connect_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        allow: vec!["127.0.0.0/8".parse().expect("a network")],
    }
}

pub(crate) fn fetcher() -> Fetcher {
    Fetcher::new(settings()).expect("settings that can be built")
}

pub(crate) fn url(text: impl AsRef<str>) -> HttpUrl {
    text.as_ref().parse().expect("an address")
}

pub(crate) fn request(text: impl AsRef<str>) -> Request {
    Request::feed(url(text), MAX_BODY)
}

pub(crate) async fn get(text: impl AsRef<str>) -> Result<Fetched, FetchError> {
    fetcher().get(&request(text)).await
}

pub(crate) fn body(answer: Result<Fetched, FetchError>) -> Body {
    match answer {
        Ok(Fetched::Body(body)) => body,
        other => panic!("a body was expected: {other:?}"),
    }
}

pub(crate) fn not_modified(answer: Result<Fetched, FetchError>) -> Meta {
    match answer {
        Ok(Fetched::NotModified(meta)) => meta,
        other => panic!("304 was expected: {other:?}"),
    }
}

pub(crate) fn failure(answer: Result<Fetched, FetchError>) -> FetchError {
    answer.expect_err("a failure was expected")
}
