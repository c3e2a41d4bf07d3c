//! Robots.txt over restarts: what is kept in the store is handed to the fetcher, and back.

use fetch::{FetchError, Fetched, Fetcher, Purpose, Request};
use model::HttpUrl;
use store::{Commit, StoreError, tables};
use tracing::warn;

use crate::Context;
use crate::run::chain;

/// Longest origin under which a copy is kept; the key of a row has to hold it.
const ORIGIN_BYTES: usize = 200;

/// Asks for a document. A page's robots.txt is taken from the store if it was read before a
/// restart, and kept there if it was read now.
pub(crate) async fn get(cx: &Context, request: &Request) -> Result<Fetched, FetchError> {
    if request.purpose != Purpose::Crawl {
        return cx.fetcher.get(request).await;
    }
    // Without the copy the host is asked once more; that is all.
    if let Err(error) = recall(cx, &request.url) {
        warn!(error = chain(&error), "a kept robots.txt cannot be read");
    }
    let answer = cx.fetcher.get(request).await;
    keep(cx).await;
    answer
}

fn recall(cx: &Context, url: &HttpUrl) -> Result<(), StoreError> {
    if cx.fetcher.knows_robots(url) {
        return Ok(());
    }
    let origin = Fetcher::robots_origin(url);
    if let Some(copy) = cx.store.get::<tables::Robots>(&origin)? {
        cx.fetcher.recall_robots(url, copy);
    }
    Ok(())
}

async fn keep(cx: &Context) {
    let mut commit = Commit::default();
    for (origin, copy) in cx.fetcher.robots_news() {
        if origin.len() <= ORIGIN_BYTES {
            commit.put::<tables::Robots>(&origin, &copy);
        }
    }
    if commit.is_empty() {
        return;
    }
    if let Err(error) = cx.store.commit(commit).await {
        warn!(error = chain(&error), "what robots.txt says could not be kept");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::OutcomeKind;
    use testkit::{Answer, Origin};

    use crate::testing::{context, source};
    use crate::{RobotsRule, Source, run_source};

    const FEED: &str = "<rss version=\"2.0\"><channel><title>T</title></channel></rss>";

    fn obedient(origin: &Origin) -> Source {
        let url = origin.url("/private/feed").parse().unwrap();
        Source { url, robots: RobotsRule::Obey, ..source("a") }
    }

    #[tokio::test]
    async fn a_restart_asks_no_host_again() {
        let origin = Origin::start();
        origin.serve("/private/feed", FEED);
        origin.script("/robots.txt", [Answer::ok("user-agent: *\ndisallow: /private/")]);
        let source = Arc::new(obedient(&origin));
        let (mut cx, _clock) = context(vec![]);
        for _ in 0..2 {
            let report = run_source(&cx, &source).await.unwrap();
            assert_eq!(report.outcome, OutcomeKind::Refused, "{:?}", report.error);
            assert!(report.error.unwrap().contains("robots.txt of 127.0.0.1"));
            // As after a restart: another fetcher over the same store.
            cx.fetcher = context(vec![]).0.fetcher;
        }
        assert_eq!(origin.requests_to("/robots.txt").len(), 1);
        assert!(origin.requests_to("/private/feed").is_empty());
    }

    #[tokio::test]
    async fn feeds_are_exempt_and_a_reason_exempts_what_is_not() {
        let origin = Origin::start();
        origin.serve("/private/feed", FEED);
        origin.script("/robots.txt", [Answer::ok("user-agent: *\ndisallow: /")]);
        let ignore = RobotsRule::Ignore { reason: "agreed in writing".into() };
        for robots in [RobotsRule::Usual, ignore] {
            let source = Arc::new(Source { robots, ..obedient(&origin) });
            let (cx, _clock) = context(vec![]);
            let report = run_source(&cx, &source).await.unwrap();
            assert_eq!(report.outcome, OutcomeKind::Parsed, "{:?}", report.error);
        }
        assert!(origin.requests_to("/robots.txt").is_empty());
    }
}
