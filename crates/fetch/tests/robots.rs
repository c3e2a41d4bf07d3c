//! robots.txt on the wire: asked once, obeyed, remembered.

use std::time::Duration;

use fetch::{FetchError, Fetcher, Request};
use model::RobotsCopy;
use testkit::{Answer, Origin};
use tokio::task::JoinSet;

use crate::support::{MAX_BODY, body, failure, fetcher, request, url};

fn page(origin: &Origin, path: &str) -> Request {
    Request::page(url(origin.url(path)), MAX_BODY)
}

fn origin(robots: impl IntoIterator<Item = Answer>) -> Origin {
    let origin = Origin::start();
    origin.script("/robots.txt", robots);
    for path in ["/page", "/private/1"] {
        origin.serve(path, "x");
    }
    origin
}

async fn read(fetcher: &Fetcher, origin: &Origin, path: &str) {
    body(fetcher.get(&page(origin, path)).await);
}

fn asked(origin: &Origin) -> usize {
    origin.requests_to("/robots.txt").len()
}

const CLOSED: &str = "User-agent: *\nDisallow: /\n\nUser-agent: Stackwatch\nDisallow: /private/\n";

#[tokio::test]
async fn pages_obey_and_feeds_are_not_spoken_of() {
    let origin = origin([Answer::ok(CLOSED)]);
    let fetcher = fetcher();
    body(fetcher.get(&request(origin.url("/private/1"))).await);
    assert_eq!(asked(&origin), 0, "an operator chose this address");
    read(&fetcher, &origin, "/page").await;
    let error = failure(fetcher.get(&page(&origin, "/private/1")).await);
    assert!(matches!(error, FetchError::Disallowed { .. }), "{error}");
    assert_eq!(origin.requests_to("/private/1").len(), 1, "only as a feed");
    assert_eq!(asked(&origin), 1);
    let request = &origin.requests_to("/robots.txt")[0];
    assert!(request.header("user-agent").unwrap().starts_with("stackwatch/"));
    for name in ["cookie", "referer", "if-none-match"] {
        assert_eq!(request.header(name), None);
    }
}

#[tokio::test]
async fn many_pages_at_once_wait_for_one_robots_txt() {
    let origin = origin([Answer::ok(CLOSED)]);
    let fetcher = fetcher();
    let mut pages = JoinSet::new();
    for _ in 0..10 {
        let (fetcher, page) = (fetcher.clone(), page(&origin, "/page"));
        pages.spawn(async move { fetcher.get(&page).await });
    }
    for answer in pages.join_all().await {
        body(answer);
    }
    assert_eq!(asked(&origin), 1);
    assert_eq!(origin.requests()[0].path, "/robots.txt");
}

#[tokio::test]
async fn a_host_without_the_file_is_open() {
    for status in [400, 401, 403, 404, 410, 451] {
        let origin = origin([Answer::status(status)]);
        read(&fetcher(), &origin, "/private/1").await;
    }
    // A page of a site that answers everything with its front page.
    let origin = origin([Answer::ok("<!doctype html><title>Disallow: /</title>")]);
    read(&fetcher(), &origin, "/private/1").await;
}

#[tokio::test]
async fn a_host_that_does_not_manage_is_left_alone() {
    for answer in [Answer::status(500), Answer::status(503), Answer::close(), Answer::raw("x")] {
        let origin = origin([answer]);
        let fetcher = fetcher();
        for _ in 0..3 {
            let error = failure(fetcher.get(&page(&origin, "/page")).await);
            assert!(matches!(error, FetchError::RobotsUnknown { .. }), "{error}");
        }
        assert_eq!((asked(&origin), origin.requests_to("/page").len()), (1, 0));
    }
    // Too many requests: the host is left alone altogether.
    let origin = origin([Answer::status(429).header("Retry-After", "60")]);
    let fetcher = fetcher();
    let error = failure(fetcher.get(&page(&origin, "/page")).await);
    assert!(matches!(error, FetchError::RobotsUnknown { .. }), "{error}");
    assert_eq!(origin.requests().len(), 1);
}

#[tokio::test]
async fn redirects_are_followed_and_a_circle_means_no_file() {
    let hops = |hops: usize| {
        let origin = origin([Answer::redirect("/hop/1")]);
        for hop in 1..hops {
            let next = format!("/hop/{}", hop + 1);
            origin.script(&format!("/hop/{hop}"), [Answer::redirect(next)]);
        }
        origin.script(&format!("/hop/{hops}"), [Answer::ok(CLOSED)]);
        origin
    };
    let five = hops(5);
    let error = failure(fetcher().get(&page(&five, "/private/1")).await);
    assert!(matches!(error, FetchError::Disallowed { .. }), "{error}");
    read(&fetcher(), &hops(30), "/private/1").await;
    let circle = origin([Answer::redirect("/a")]);
    circle.script("/a", [Answer::redirect("/robots.txt")]);
    read(&fetcher(), &circle, "/private/1").await;
}

#[tokio::test]
async fn the_beginning_of_a_huge_file_counts() {
    let long = format!("{CLOSED}{}", "# nothing\n".repeat(100_000));
    for answer in [Answer::ok(long.clone()), Answer::ok(long).gzip()] {
        let origin = origin([answer]);
        let fetcher = fetcher();
        read(&fetcher, &origin, "/page").await;
        let error = failure(fetcher.get(&page(&origin, "/private/1")).await);
        assert!(matches!(error, FetchError::Disallowed { .. }), "{error}");
        let kept = fetcher.robots_news().pop().unwrap().1.body.unwrap();
        assert_eq!(kept.len(), fetch::robots::MAX_BYTES);
    }
}

#[tokio::test]
async fn a_redirect_is_no_way_around() {
    let (open, closed) = (origin([Answer::status(404)]), origin([Answer::ok(CLOSED)]));
    open.script("/away", [Answer::redirect(closed.url("/private/1"))]);
    let error = failure(fetcher().get(&page(&open, "/away")).await);
    assert!(matches!(error, FetchError::Disallowed { .. }), "{error}");
    assert!(closed.requests_to("/private/1").is_empty());
}

#[tokio::test]
async fn a_delay_lies_between_pages() {
    let origin = origin([Answer::ok("user-agent: *\ncrawl-delay: 0.3")]);
    let fetcher = fetcher();
    let mut pages = JoinSet::new();
    for _ in 0..4 {
        let (fetcher, page) = (fetcher.clone(), page(&origin, "/page"));
        pages.spawn(async move { fetcher.get(&page).await });
    }
    for answer in pages.join_all().await {
        body(answer);
    }
    let seen = origin.requests_to("/page");
    let gaps: Vec<_> = seen.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    // Both clocks tick in their own steps.
    assert!(gaps.iter().all(|gap| *gap > Duration::from_millis(250)), "{gaps:?}");
}

#[tokio::test]
async fn a_restart_does_not_ask_again() {
    let origin = origin([Answer::ok(CLOSED)]);
    let first = fetcher();
    read(&first, &origin, "/page").await;
    let mut news: Vec<(String, RobotsCopy)> = first.robots_news();
    assert!(first.robots_news().is_empty(), "told once");
    let (name, copy) = news.pop().unwrap();
    let address = url(origin.url("/page"));
    assert_eq!((name, news.len()), (Fetcher::robots_origin(&address), 0));

    let second = fetcher();
    assert!(first.knows_robots(&address) && !second.knows_robots(&address));
    second.recall_robots(&address, copy);
    read(&second, &origin, "/page").await;
    let error = failure(second.get(&page(&origin, "/private/1")).await);
    assert!(matches!(error, FetchError::Disallowed { .. }), "{error}");
    assert_eq!((asked(&origin), second.robots_news().len()), (1, 0));
}

#[tokio::test]
async fn an_old_copy_is_asked_for_with_its_validators_and_stands_in_when_nobody_answers() {
    let origin = Origin::start();
    origin.serve("/robots.txt", CLOSED);
    origin.serve("/page", "x");
    let first = fetcher();
    read(&first, &origin, "/page").await;
    let (_, mut copy) = first.robots_news().pop().unwrap();
    let yesterday = copy.said_at.map(|at| at.before(Duration::from_secs(25 * 3600)));
    (copy.said_at, copy.asked_at) = (yesterday, yesterday);

    let second = fetcher();
    second.recall_robots(&url(origin.url("/page")), copy.clone());
    let error = failure(second.get(&page(&origin, "/private/1")).await);
    assert!(matches!(error, FetchError::Disallowed { .. }), "{error}");
    assert!(origin.requests_to("/robots.txt")[1].header("if-none-match").is_some());

    origin.script("/robots.txt", [Answer::status(500)]);
    let third = fetcher();
    third.recall_robots(&url(origin.url("/page")), copy);
    let error = failure(third.get(&page(&origin, "/private/1")).await);
    assert!(matches!(error, FetchError::Disallowed { .. }), "{error}");
    read(&third, &origin, "/page").await;
    assert_eq!(asked(&origin), 3);
}
