//! Runs against a loopback origin, with the time in the test's hand.

mod addresses;
mod backlog;

use std::sync::Arc;
use std::time::Duration;

use connector::{Connector, FeedRules, SitemapRules};
use model::{Item, OutcomeKind, SitemapMemory, Timestamp};
use store::{Range, tables};
use testkit::{Answer, Origin};

use super::{CHILDREN, FIRST};
use crate::testing::{context, source};
use crate::{Context, ManualClock, Report, Source, run_source};

const HOUR: Duration = Duration::from_secs(3_600);

fn sitemap(origin: &Origin, path: &str) -> Arc<Source> {
    let url = origin.url(path).parse().unwrap();
    let connector = Connector::Sitemap(SitemapRules::default());
    Arc::new(Source { url, connector, ..source("a") })
}

fn url(path: &str, modified: &str) -> String {
    format!("<url><loc>https://a.example{path}</loc><lastmod>{modified}</lastmod></url>")
}

fn news(path: &str, published: &str, title: &str) -> String {
    format!(
        "<url><loc>https://a.example{path}</loc><news:news><news:publication_date>{published}\
         </news:publication_date><news:title>{title}</news:title></news:news></url>"
    )
}

fn urlset(urls: &[String]) -> String {
    format!("<urlset>{}</urlset>", urls.concat())
}

fn index(origin: &Origin, children: &[(&str, &str)]) -> String {
    let child = |(path, modified): &(&str, &str)| {
        let modified = match *modified {
            "" => String::new(),
            modified => format!("<lastmod>{modified}</lastmod>"),
        };
        format!("<sitemap><loc>{}</loc>{modified}</sitemap>", origin.url(path))
    };
    let children: String = children.iter().map(child).collect();
    format!("<sitemapindex>{children}</sitemapindex>")
}

async fn run(cx: &Context, source: &Arc<Source>) -> Report {
    let report = run_source(cx, source).await.unwrap();
    let counts = report.counts;
    let sum = counts.new + counts.revised + counts.unchanged + counts.rejected;
    assert_eq!(counts.seen, sum, "I3: {counts:?}");
    report
}

fn items(cx: &Context) -> Vec<Item> {
    let rows = cx.store.page(Range::<tables::Items>::all(), 20_000).unwrap();
    let mut items: Vec<_> = rows.into_iter().map(|(_, item)| item).collect();
    items.sort_by(|a, b| a.url.cmp(&b.url));
    items
}

fn memory(cx: &Context) -> SitemapMemory {
    cx.store.get::<tables::Sitemaps>(&"a".parse().unwrap()).unwrap().unwrap()
}

fn asked(origin: &Origin) -> Vec<String> {
    let paths = origin.requests().into_iter().map(|seen| seen.path);
    let paths = paths.filter(|path| path != "/robots.txt").collect();
    origin.forget();
    paths
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_first_poll_is_the_baseline_and_a_new_title_alerts_once() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/news.xml");
    let old = news("/1", "2026-02-28", "Huawei was here before");
    origin.serve("/news.xml", urlset(&[old.clone(), url("/2", "2020-01-01")]));
    let first = run(&cx, &source).await;
    assert_eq!((first.counts.new, first.alerts, first.held), (2, 0, 1));
    clock.advance(HOUR);
    let new = news("/3", "2026-03-01T06:30:00Z", "Nuctech scanners arrive");
    origin.serve("/news.xml", urlset(&[new, old]));
    let second = run(&cx, &source).await;
    assert_eq!((second.counts.new, second.counts.unchanged), (1, 1));
    assert_eq!((second.alerts, second.held), (1, 0));
    let items = items(&cx);
    assert_eq!(items.len(), 3);
    assert_eq!((items[1].title.as_deref(), items[1].published), (None, None), "nothing invented");
    assert_eq!(items[1].updated, Some(at("2020-01-01T00:00:00Z")));
}

#[tokio::test]
async fn only_sitemaps_that_moved_are_asked_again_with_their_validators() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    let serve = |two: &str| {
        let children = [("/1.xml", "2026-02-01"), ("/2.xml", two), ("/3.xml", "")];
        origin.serve("/index.xml", index(&origin, &children));
    };
    serve("2026-02-28T10:00:00Z");
    origin.serve("/1.xml", urlset(&[url("/1", "2026-02-01")]));
    origin.serve("/2.xml", urlset(&[url("/2", "2026-02-28")]));
    let undated = Answer::ok(urlset(&[url("/3", "2026-02-02")])).header("ETag", "\"three\"");
    origin.script("/3.xml", [undated, Answer::not_modified()]);
    let first = run(&cx, &source).await;
    assert_eq!((first.outcome, first.counts.new), (OutcomeKind::Parsed, 3));
    assert_eq!(asked(&origin), ["/index.xml", "/2.xml", "/1.xml", "/3.xml"]);

    // As it was: the one without a date is asked, and says that it is as it was.
    clock.advance(HOUR);
    let second = run(&cx, &source).await;
    assert_eq!((second.outcome, second.counts.seen), (OutcomeKind::Unchanged, 0));
    let requests = origin.requests_to("/3.xml");
    assert_eq!(requests[0].header("if-none-match"), Some("\"three\""));
    assert_eq!(asked(&origin), ["/index.xml", "/3.xml"]);

    clock.advance(HOUR);
    serve("2026-03-01T07:59:00Z");
    let both = [url("/4", "2026-03-01T07:59:00Z"), url("/2", "2026-02-28")];
    origin.serve("/2.xml", urlset(&both));
    let third = run(&cx, &source).await;
    assert_eq!((third.counts.new, third.counts.unchanged), (1, 1));
    assert_eq!(asked(&origin), ["/index.xml", "/2.xml", "/3.xml"]);
    assert_eq!(memory(&cx).children.len(), 3);
}

#[tokio::test]
async fn a_large_index_is_read_from_its_newest_end_and_the_rest_when_it_moves() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    let day = |n: usize| format!("2026-01-{n:02}");
    let names: Vec<_> = (1..=20).map(|n| format!("/{n}.xml")).collect();
    for (n, name) in (1..).zip(&names) {
        origin.serve(name, urlset(&[url(&format!("/page-{n}"), &day(n))]));
    }
    let serve = |moved: Option<(usize, &str)>| {
        let days: Vec<_> = (1..=20)
            .map(|n| moved.filter(|(at, _)| *at == n).map_or(day(n), |(_, to)| to.into()))
            .collect();
        let children = names.iter().zip(&days).map(|(n, d)| (n.as_str(), d.as_str()));
        origin.serve("/index.xml", index(&origin, &children.collect::<Vec<_>>()));
    };
    serve(None);
    let first = run(&cx, &source).await;
    assert_eq!(first.counts.new as usize, CHILDREN);
    assert!(first.problems[0].reason.contains("20 sitemaps"), "{:?}", first.problems);
    assert_eq!(asked(&origin).len(), 1 + CHILDREN);
    assert_eq!(memory(&cx).horizon, Some(at("2026-01-12T00:00:00Z")));

    // An old sitemap moves because one of its pages was edited: the others in it stay aside.
    clock.advance(HOUR);
    serve(Some((5, "2026-03-01T06:50:00Z")));
    let pages = [url("/page-5", "2026-01-05"), url("/edited", "2026-03-01T06:50:00Z")];
    origin.serve("/5.xml", urlset(&pages));
    let second = run(&cx, &source).await;
    assert_eq!(asked(&origin), ["/index.xml", "/5.xml"]);
    assert_eq!((second.counts.new, second.counts.unchanged), (1, 1));
    assert!(second.problems[0].reason.contains("left aside"), "{:?}", second.problems);
}

#[tokio::test]
async fn a_page_in_two_sitemaps_is_one_item_with_its_title() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    let children = [("/posts.xml", ""), ("/news.xml", "")];
    origin.serve("/index.xml", index(&origin, &children));
    origin.serve("/posts.xml", urlset(&[url("/1", "2026-03-01T05:00:00Z")]));
    origin.serve("/news.xml", urlset(&[news("/1", "2026-03-01T04:00:00Z", "Huawei in town")]));
    let first = run(&cx, &source).await;
    assert_eq!((first.counts.new, first.counts.unchanged, first.held), (1, 1, 1));
    clock.advance(HOUR);
    // Out of the window of the news: what has no title says nothing about it.
    origin.serve("/news.xml", urlset(&[]));
    origin.serve("/posts.xml", urlset(&[url("/1", "2026-03-01T06:30:00Z")]));
    let second = run(&cx, &source).await;
    assert_eq!((second.counts.seen, second.counts.unchanged), (1, 1));
    let items = items(&cx);
    assert_eq!((items.len(), items[0].title.as_deref()), (1, Some("Huawei in town")));
    assert_eq!(items[0].published, Some(at("2026-03-01T04:00:00Z")));
}

#[tokio::test]
async fn a_missing_sitemap_is_told_and_one_that_fails_in_passing_fails_the_run() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    let children = [("/gone.xml", "2026-02-03"), ("/html.xml", "2026-02-02"), ("/1.xml", "")];
    origin.serve("/index.xml", index(&origin, &children));
    origin.script("/gone.xml", [Answer::status(410)]);
    origin.serve("/html.xml", "<html><body>Sign in</body></html>");
    origin.script("/1.xml", [Answer::status(500), Answer::ok(urlset(&[url("/1", "2026-02-02")]))]);
    let first = run(&cx, &source).await;
    assert_eq!((first.outcome, first.status), (OutcomeKind::Unreachable, Some(500)));
    assert!(first.error.unwrap().contains("/1.xml: "));
    let state = cx.store.get::<tables::Sources>(&source.id).unwrap().unwrap();
    assert_eq!((state.baseline, state.validators), (None, model::Validators::default()));

    clock.advance(HOUR);
    let second = run(&cx, &source).await;
    assert_eq!(
        (second.outcome, second.counts.new, second.counts.rejected),
        (OutcomeKind::Parsed, 1, 2)
    );
    let told: Vec<_> = second.problems.iter().map(|problem| problem.reason.as_str()).collect();
    assert!(told.iter().any(|told| told.contains("410")), "{told:?}");
    assert!(told.iter().any(|told| told.contains("an HTML page")), "{told:?}");
    asked(&origin);
    // They are not asked at every poll, but again after a day.
    clock.advance(HOUR);
    run(&cx, &source).await;
    assert_eq!(asked(&origin), ["/index.xml", "/1.xml"]);
    clock.advance(24 * HOUR);
    run(&cx, &source).await;
    assert!(asked(&origin).contains(&"/gone.xml".to_owned()));
}

#[tokio::test]
async fn when_nothing_of_an_index_can_be_read_the_run_failed() {
    let origin = Origin::start();
    let (cx, _clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    origin.serve("/index.xml", index(&origin, &[("/gone.xml", "2026-02-03")]));
    origin.script("/gone.xml", [Answer::status(410)]);
    let report = run(&cx, &source).await;
    // One sitemap that is gone does not make the source `gone`.
    assert_eq!(report.outcome, OutcomeKind::Unreachable);
    assert!(report.error.unwrap().contains("gone.xml"));
}

#[tokio::test]
async fn robots_txt_applies_to_the_index_and_to_what_it_names() {
    let origin = Origin::start();
    let (cx, _clock) = context(vec![]);
    origin.script("/robots.txt", [Answer::ok("user-agent: *\ndisallow: /private/")]);
    origin.serve("/index.xml", index(&origin, &[("/private/1.xml", ""), ("/2.xml", "")]));
    origin.serve("/2.xml", urlset(&[url("/2", "2026-02-02")]));
    origin.serve("/private/1.xml", urlset(&[url("/1", "2026-02-02")]));
    let report = run(&cx, &sitemap(&origin, "/index.xml")).await;
    assert_eq!((report.counts.new, report.counts.rejected), (1, 1));
    assert!(report.problems[0].reason.contains("robots.txt"), "{:?}", report.problems);
    assert!(origin.requests_to("/private/1.xml").is_empty());
}

#[tokio::test]
async fn a_first_poll_takes_the_newest_and_says_what_it_left() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/all.xml");
    let start = at("2020-01-01T00:00:00Z");
    let dated = |n: usize| url(&format!("/{n}"), &start.after(HOUR * n as u32).to_string());
    let mut urls: Vec<_> = (0..FIRST + 10).map(dated).collect();
    urls.push("<url><loc>https://a.example/undated</loc></url>".into());
    origin.serve("/all.xml", urlset(&urls));
    let first = run(&cx, &source).await;
    assert_eq!((first.counts.new as usize, first.counts.unchanged), (FIRST + 1, 10));
    assert!(first.problems[0].reason.starts_with("10 unknown entries"), "{:?}", first.problems);
    assert_eq!(memory(&cx).horizon, Some(start.after(HOUR * 9)));

    clock.advance(HOUR);
    urls.push(url("/new", "2026-03-01T06:30:00Z"));
    origin.serve("/all.xml", urlset(&urls));
    let second = run(&cx, &source).await;
    assert_eq!((second.counts.new, second.counts.unchanged as usize), (1, FIRST + 11));
}

/// A feed with room for three entries, and a sitemap that holds more.
struct Rolling {
    origin: Origin,
    cx: Context,
    clock: ManualClock,
    source: Arc<Source>,
}

impl Rolling {
    fn new() -> Self {
        let origin = Origin::start();
        let (cx, clock) = context(vec![]);
        let sitemap = Some(origin.url("/news.xml").parse().unwrap());
        let source = Arc::new(Source {
            url: origin.url("/feed").parse().unwrap(),
            connector: Connector::Feed(FeedRules { sitemap }),
            ..source("a")
        });
        Self { origin, cx, clock, source }
    }

    fn feed(&self, numbers: &[u32]) {
        let item = |n: &u32| {
            format!(
                "<item><guid isPermaLink=\"false\">g{n}</guid><link>https://a.example/{n}?utm_source=rss</link>\
                 <title>Nuctech story {n}</title></item>"
            )
        };
        let items: String = numbers.iter().map(item).collect();
        self.origin
            .serve("/feed", format!("<rss version=\"2.0\"><channel>{items}</channel></rss>"));
    }

    async fn poll(&self) -> Report {
        self.clock.advance(HOUR);
        run(&self.cx, &self.source).await
    }

    /// The feed shows 1 to 3, and an hour later 7 to 9.
    async fn roll_over(&self) {
        self.feed(&[3, 2, 1]);
        self.poll().await;
        self.feed(&[9, 8, 7]);
        assert_eq!(self.poll().await.counts.new, 3);
        let gap = self.gap();
        assert_eq!((gap.to, &gap.fill), (self.cx.clock.now(), &None));
    }

    fn gap(&self) -> model::Gap {
        let rows = self.cx.store.page(Range::<tables::Gaps>::all(), 9).unwrap();
        assert_eq!(rows.len(), 1);
        rows.into_iter().next().unwrap().1
    }

    /// What was published in the hours 7 and 8 of the morning, with titles.
    fn serve_news(&self) {
        let entry = |n: u32, published: &str| {
            news(&format!("/{n}"), published, &format!("Nuctech story {n}"))
        };
        let urls = [
            entry(9, "2026-03-01T07:55:00Z"),
            entry(6, "2026-03-01T07:40:00Z"),
            entry(5, "2026-03-01T07:30:00Z"),
            entry(4, "2026-03-01T07:20:00Z"),
            entry(3, "2026-03-01T06:50:00Z"),
            entry(10, "2026-03-01T08:30:00Z"),
            entry(0, "2026-02-01T00:00:00Z"),
            "<url><loc>https://a.example/undated</loc></url>".into(),
        ];
        self.origin.serve("/news.xml", urlset(&urls));
    }
}

#[tokio::test]
async fn what_a_feed_dropped_is_found_in_its_sitemap_once() {
    let rolling = Rolling::new();
    rolling.roll_over().await;
    assert!(rolling.origin.requests_to("/news.xml").is_empty(), "not in the same slot");
    rolling.serve_news();
    let third = rolling.poll().await;
    assert_eq!((third.counts.new, third.alerts), (0, 3), "the counts are those of the feed");
    let fill = rolling.gap().fill.unwrap();
    // 9 and 3 were known, 10 came after the gap, 0 is older.
    assert_eq!((fill.found, fill.new, fill.undated, fill.over), (5, 3, 1, true));
    assert_eq!((fill.tries, fill.error), (1, None));
    assert!(rolling.gap().is_filled());
    let items = items(&rolling.cx);
    let found: Vec<_> =
        items.iter().filter(|item| !item.baseline).map(|item| item.url.clone().unwrap()).collect();
    assert_eq!(found.len(), 6, "{found:?}");

    // The feed shows one of them later: it is the same item, and nobody is told twice.
    rolling.feed(&[9, 8, 7, 5]);
    let later = rolling.poll().await;
    assert_eq!((later.counts.new, later.alerts), (0, 0));
    assert_eq!(self::items(&rolling.cx).len(), 9);
    rolling.poll().await;
    assert_eq!(rolling.origin.requests_to("/news.xml").len(), 1, "asked once");
}

#[tokio::test]
async fn a_sitemap_that_fails_is_tried_again_and_in_the_end_the_gap_says_why_it_stays() {
    let rolling = Rolling::new();
    rolling.roll_over().await;
    rolling.origin.script("/news.xml", [Answer::status(404)]);
    rolling.poll().await;
    let fill = rolling.gap().fill.unwrap();
    assert_eq!((fill.tries, fill.over), (1, false));
    assert!(fill.error.unwrap().contains("404"));
    for _ in 0..12 {
        rolling.poll().await;
    }
    let fill = rolling.gap().fill.unwrap();
    assert_eq!((fill.tries, fill.over), (5, true));
    assert!(!rolling.gap().is_filled());
    assert_eq!(rolling.origin.requests_to("/news.xml").len(), 5);
    let state = rolling.cx.store.get::<tables::Sources>(&rolling.source.id).unwrap().unwrap();
    assert_eq!(state.failures, 0, "the feed itself is well");
}

#[tokio::test]
async fn a_gap_is_looked_up_after_a_restart_and_in_an_index_too() {
    let mut rolling = Rolling::new();
    rolling.roll_over().await;
    // Another process over the same store.
    rolling.cx.fetcher = context(vec![]).0.fetcher;
    let children = [("/old.xml", "2026-02-01"), ("/today.xml", "2026-03-01"), ("/undated.xml", "")];
    rolling.origin.serve("/news.xml", index(&rolling.origin, &children));
    rolling.origin.serve("/today.xml", urlset(&[url("/5", "2026-03-01")]));
    rolling.origin.serve("/undated.xml", urlset(&[url("/6", "2026-03-01T07:59:00Z")]));
    rolling.poll().await;
    let fill = rolling.gap().fill.unwrap();
    assert_eq!((fill.found, fill.new, fill.error), (2, 2, None), "a date alone is the whole day");
    assert!(rolling.origin.requests_to("/old.xml").is_empty());
}

#[tokio::test]
async fn a_sitemap_that_does_not_reach_back_fills_a_part() {
    let rolling = Rolling::new();
    rolling.roll_over().await;
    let urls = [news("/6", "2026-03-01T07:40:00Z", "Six")];
    rolling.origin.serve("/news.xml", urlset(&urls));
    rolling.poll().await;
    let gap = rolling.gap();
    assert_eq!(gap.fill.as_ref().unwrap().oldest, Some(at("2026-03-01T07:40:00Z")));
    assert!(!gap.is_filled());
}

#[tokio::test]
async fn a_gap_of_last_month_is_not_looked_for() {
    let rolling = Rolling::new();
    rolling.roll_over().await;
    rolling.serve_news();
    rolling.clock.advance(HOUR * 24 * 8);
    rolling.poll().await;
    assert!(rolling.origin.requests_to("/news.xml").is_empty());
}
