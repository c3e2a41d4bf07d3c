//! Real connections behind names that lie: they go to the vetted address or nowhere (I11).
//!
//! 127.0.0.2 stands in for the public internet, as the only network that is allowed; 127.0.0.1 is
//! what must never be reached.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::{Answer, Origin};

use super::*;
use crate::check::Blocked;

const OUTSIDE: &str = "127.0.0.2";
const INSIDE: &str = "127.0.0.1";

/// A fetcher whose names are answered by `names`: host and number of the question.
fn fetcher(names: impl Fn(&str, usize) -> Vec<&'static str> + Send + Sync + 'static) -> Fetcher {
    let settings = Settings {
        user_agent: "stackwatch/0.0 (+https://example.org/)".into(),
        per_host: 1,
        spacing: Duration::ZERO,
        connect_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        allow: vec![format!("{OUTSIDE}/32").parse().unwrap()],
    };
    let asked = AtomicUsize::new(0);
    let names = move |host: &str| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let addresses = names(host, number).into_iter();
        Ok(addresses.map(|ip| SocketAddr::new(ip.parse::<IpAddr>().unwrap(), 0)).collect())
    };
    let mut fetcher = Fetcher::new(settings.clone()).unwrap();
    let resolver = Resolver::over(&settings.allow, Arc::new(names));
    let client = client(&settings).dns_resolver(Arc::new(resolver)).build().unwrap();
    Arc::get_mut(&mut fetcher.0).unwrap().client = client;
    fetcher
}

fn named(name: &str, origin: &Origin, path: &str) -> HttpUrl {
    format!("http://{name}:{}{path}", origin.address().port()).parse().unwrap()
}

fn feed(url: HttpUrl) -> Request {
    Request::feed(url, 1000)
}

#[track_caller]
fn refused(answer: Result<Fetched, FetchError>) {
    match answer {
        Err(FetchError::Refused(Blocked::Resolved { .. } | Blocked::Address { .. })) => {}
        Err(FetchError::Refused(Blocked::Name { .. })) => {}
        other => panic!("it has to be refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_name_that_turns_inward_between_two_requests_is_refused() {
    let (outside, inside) = (Origin::start_at(OUTSIDE), Origin::start_at(INSIDE));
    // Each answer ends its connection, so that the next request asks for the name again.
    outside.script("/f", [Answer::ok("x").until_close()]);
    let fetcher = fetcher(|_, number| if number == 0 { vec![OUTSIDE] } else { vec![INSIDE] });
    let url = named("rebound.example.org", &outside, "/f");
    assert!(fetcher.get(&feed(url.clone())).await.is_ok());
    refused(fetcher.get(&feed(url)).await);
    // The same name on the port of something that listens inside.
    refused(fetcher.get(&feed(named("rebound.example.org", &inside, "/f"))).await);
    assert_eq!((outside.connections(), inside.connections()), (1, 0));
}

#[tokio::test]
async fn of_several_addresses_only_the_vetted_one_is_used() {
    let (outside, inside) = (Origin::start_at(OUTSIDE), Origin::start_at(INSIDE));
    outside.serve("/f", "x");
    let both = fetcher(|_, _| vec![INSIDE, "::1", "10.0.0.1", "::ffff:127.0.0.2", OUTSIDE]);
    assert!(both.get(&feed(named("a.example.org", &outside, "/f"))).await.is_ok());
    assert_eq!((outside.connections(), inside.connections()), (1, 0));
    for address in [
        INSIDE,
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:127.0.0.2",
        "169.254.169.254",
        "64:ff9b::7f00:1",
    ] {
        let fetcher = fetcher(move |_, _| vec![address]);
        refused(fetcher.get(&feed(named("a.example.org", &inside, "/f"))).await);
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn a_redirect_inward_is_refused_in_every_spelling() {
    let (outside, inside) = (Origin::start_at(OUTSIDE), Origin::start_at(INSIDE));
    let port = inside.address().port();
    let names = |host: &str, _| match host {
        "outside.example.org" => vec![OUTSIDE],
        _ => vec![INSIDE],
    };
    let fetcher = fetcher(names);
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:127.0.0.2]",
        "[64:ff9b::127.0.0.1]",
        "localhost",
        "inside.example.org",
        "user@127.0.0.1",
        "0",
    ] {
        let to = format!("http://{host}:{port}/f");
        for answer in [Answer::redirect(&to), Answer::moved(&to)] {
            outside.script("/f", [answer]);
            let url = named("outside.example.org", &outside, "/f");
            refused(fetcher.get(&feed(url)).await);
        }
    }
    // Over a second host outside, and back.
    outside.script(
        "/f",
        [Answer::redirect(format!("http://{OUTSIDE}:{}/g", outside.address().port()))],
    );
    outside.script("/g", [Answer::redirect(format!("//inside.example.org:{port}/f"))]);
    refused(fetcher.get(&feed(named("outside.example.org", &outside, "/f"))).await);
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn pages_robots_and_sinks_take_the_same_road() {
    let (outside, inside) = (Origin::start_at(OUTSIDE), Origin::start_at(INSIDE));
    let fetcher = fetcher(|host, _| match host {
        "outside.example.org" => vec![OUTSIDE],
        _ => vec![INSIDE],
    });
    let page = Request::page(named("inside.example.org", &inside, "/p"), 1000);
    let error = fetcher.get(&page).await.unwrap_err();
    assert!(matches!(error, FetchError::RobotsUnknown { .. }), "{error:?}");
    // A robots.txt that leads inward says nothing, and nothing is asked for.
    let inward = format!("http://inside.example.org:{}/robots.txt", inside.address().port());
    outside.script("/robots.txt", [Answer::redirect(inward)]);
    let page = Request::page(named("outside.example.org", &outside, "/p"), 1000);
    let error = fetcher.get(&page).await.unwrap_err();
    assert!(matches!(error, FetchError::RobotsUnknown { .. }), "{error:?}");
    let url = named("inside.example.org", &inside, "/hook");
    let post = Post { url, headers: vec![], body: bytes::Bytes::new() };
    assert!(matches!(fetcher.post(&post).await, Err(FetchError::Refused(_))));
    assert_eq!((inside.connections(), outside.requests().len()), (0, 1));
}

/// The collected list, asked for in earnest: with every name leading inward, nothing is reached.
#[tokio::test]
async fn the_collected_addresses_reach_nothing() {
    #[expect(clippy::disallowed_methods, reason = "names a folder that only some machines have")]
    let Ok(folder) = std::env::var("STACKWATCH_REALDATA") else {
        println!("STACKWATCH_REALDATA is not set: the collected addresses were not asked for");
        return;
    };
    let inside = Origin::start_at(INSIDE);
    let fetcher = fetcher(|_, _| vec![INSIDE]);
    let path = std::path::Path::new(&folder).join("http/hostile/ssrf-urls.jsonl");
    let (mut asked, mut unreadable) = (0, 0);
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let Ok(mut url) = row["url"].as_str().unwrap().trim().parse::<HttpUrl>() else {
            unreadable += 1;
            continue;
        };
        // Names lead inward here, and addresses outside are not asked in a test.
        let is_name = matches!(url.as_url().host(), Some(url::Host::Domain(_)));
        if !is_name && check(&url, &[]).is_ok() {
            continue;
        }
        if url.as_url().scheme() == "http" && url.as_url().port().is_none() {
            let mut on_port = url.as_url().clone();
            on_port.set_port(Some(inside.address().port())).unwrap();
            url = HttpUrl::try_from(on_port).unwrap();
        }
        let answer = fetcher.get(&feed(url.clone())).await;
        assert!(matches!(answer, Err(FetchError::Refused(_))), "{url}: {answer:?}");
        asked += 1;
    }
    assert!(asked > 30, "only {asked} were asked for");
    assert_eq!(inside.connections(), 0);
    println!("{asked} collected addresses reached nothing, {unreadable} are no addresses");
}
