//! What an index named when its source was first polled, and later polls read for the first time,
//! is no news either (I7a).

use super::*;

const CHILDREN_OF_INDEX: usize = 40;

/// An index of forty sitemaps without dates; each holds `pages` beside two old pages of its own.
fn serve(origin: &Origin, children: usize, pages: &[(usize, String)]) {
    let names: Vec<_> = (1..=children).map(|n| format!("/{n}.xml")).collect();
    let listed: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    origin.serve("/index.xml", index(origin, &listed));
    for n in 1..=children {
        let undated = format!("<url><loc>https://a.example/huawei-undated-{n}</loc></url>");
        let mut urls = vec![undated, url(&format!("/huawei-dated-{n}"), "2026-02-28T12:00:00Z")];
        urls.extend(pages.iter().filter(|(of, _)| *of == n).map(|(_, page)| page.clone()));
        origin.serve(&format!("/{n}.xml"), urlset(&urls));
    }
}

#[tokio::test]
async fn forty_sitemaps_without_dates_are_read_over_five_polls_and_nothing_old_is_told() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    serve(&origin, CHILDREN_OF_INDEX, &[]);
    let (mut told, mut held, mut new) = (0, 0, 0);
    for poll in 0..8 {
        let report = run(&cx, &source).await;
        assert_eq!(report.counts.rejected, 0, "{:?}", report.problems);
        told += report.alerts;
        held += report.held;
        new += report.counts.new;
        assert_eq!(report.counts.new as usize, if poll < 5 { 2 * CHILDREN } else { 0 });
        clock.advance(HOUR);
    }
    assert_eq!((told, held, new), (0, 80, 80));
    assert!(items(&cx).iter().all(|item| item.baseline));
    let state = cx.store.get::<tables::Sources>(&source.id).unwrap().unwrap();
    assert_eq!(state.memory.habit.arrivals, 0, "nothing arrived: it was there before");
}

#[tokio::test]
async fn what_is_new_meanwhile_is_told_wherever_it_can_be_told_from_the_old() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    serve(&origin, CHILDREN_OF_INDEX, &[]);
    run(&cx, &source).await;
    clock.advance(HOUR);
    let bare = |path: &str| format!("<url><loc>https://a.example/{path}</loc></url>");
    let pages = [
        // In a sitemap that was read, whatever its date.
        (1, bare("nuctech-in-a-sitemap-that-was-read")),
        // In one that was not, by its date.
        (39, url("/nuctech-after-the-first-poll", "2026-03-01T06:30:00Z")),
        // The same without a date: nobody could tell it from what was there before.
        (40, bare("nuctech-without-a-date")),
        // In one that the index did not name then.
        (41, bare("nuctech-in-a-new-sitemap")),
    ];
    serve(&origin, CHILDREN_OF_INDEX + 1, &pages);
    let mut told = 0;
    for _ in 0..8 {
        told += run(&cx, &source).await.alerts;
        clock.advance(HOUR);
    }
    let items = items(&cx);
    let news: Vec<_> = items.iter().filter(|item| !item.baseline).collect();
    let mut news: Vec<_> = news.iter().filter_map(|item| item.url.as_deref()).collect();
    news.sort_unstable();
    let expected = [
        // The two pages that every sitemap has, in the one that is new.
        "https://a.example/huawei-dated-41",
        "https://a.example/huawei-undated-41",
        "https://a.example/nuctech-after-the-first-poll",
        "https://a.example/nuctech-in-a-new-sitemap",
        "https://a.example/nuctech-in-a-sitemap-that-was-read",
    ];
    assert_eq!(news, expected);
    assert_eq!(told, 5);
}

#[tokio::test]
async fn a_sitemap_that_could_not_be_read_at_first_is_as_old_when_it_can() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    serve(&origin, 2, &[]);
    origin.script("/2.xml", [Answer::status(404), Answer::ok(urlset(&[url("/huawei-old", "")]))]);
    let first = run(&cx, &source).await;
    assert_eq!((first.counts.new, first.counts.rejected), (2, 1));
    clock.advance(25 * HOUR);
    let second = run(&cx, &source).await;
    assert_eq!((second.counts.new, second.alerts, second.held), (1, 0, 1));
}

#[tokio::test]
async fn an_old_sitemap_that_moves_does_not_make_news_of_its_pages_without_dates() {
    let origin = Origin::start();
    let (cx, clock) = context(vec![]);
    let source = sitemap(&origin, "/index.xml");
    let names: Vec<_> = (1..=20).map(|n| format!("/{n}.xml")).collect();
    let serve = |moved: Option<usize>| {
        let dates: Vec<_> = (1..=20)
            .map(|n| match moved {
                Some(at) if at == n => "2026-03-01T06:50:00Z".to_owned(),
                _ => format!("2026-01-{n:02}"),
            })
            .collect();
        let children = names.iter().zip(&dates).map(|(name, date)| (name.as_str(), date.as_str()));
        origin.serve("/index.xml", index(&origin, &children.collect::<Vec<_>>()));
    };
    for (n, name) in (1..).zip(&names) {
        let bare = format!("<url><loc>https://a.example/huawei-{n}</loc></url>");
        let edited = url(&format!("/nuctech-{n}"), "2026-03-01T06:50:00Z");
        origin.serve(name, urlset(&[bare, edited]));
    }
    serve(None);
    assert_eq!(run(&cx, &source).await.counts.new as usize, 2 * CHILDREN);
    asked(&origin);
    clock.advance(HOUR);
    serve(Some(3));
    let second = run(&cx, &source).await;
    assert_eq!(asked(&origin), ["/index.xml", "/3.xml"], "the others wait until they move");
    assert_eq!((second.counts.new, second.alerts, second.held), (2, 1, 1));
}
