//! Redirects are followed by hand (etiquette 4, I11).

use fetch::{Blocked, FetchError, RedirectProblem};
use model::Validators;
use testkit::{Answer, Origin};

use crate::support::{body, failure, fetcher, get, request};

#[tokio::test]
async fn a_permanent_move_is_told_apart_from_a_detour() {
    for (statuses, permanent, moved) in [
        (&[301][..], true, Some("/1")),
        (&[308, 301], true, Some("/2")),
        (&[302], false, None),
        (&[303, 307], false, None),
        (&[301, 302], false, Some("/1")),
        (&[302, 301], false, None),
    ] {
        let origin = Origin::start();
        for (hop, status) in statuses.iter().enumerate() {
            let to = format!("/{}", hop + 1);
            let answer = Answer::status(*status).header("Location", to);
            origin.script(&format!("/{hop}"), [answer]);
        }
        let last = format!("/{}", statuses.len());
        origin.serve(&last, "x");
        let meta = body(get(origin.url("/0")).await).meta;
        assert_eq!(meta.final_url.as_str(), origin.url(&last), "{statuses:?}");
        assert_eq!(meta.permanent, permanent, "{statuses:?}");
        let moved = moved.map(|path| origin.url(path));
        assert_eq!(meta.moved.map(|url| url.to_string()), moved, "{statuses:?}");
    }
}

#[tokio::test]
async fn circles_and_long_chains_end() {
    let origin = Origin::start();
    origin.script("/self", [Answer::redirect("/self#part")]);
    origin.script("/a", [Answer::redirect("/b")]);
    origin.script("/b", [Answer::redirect("/a")]);
    for hop in 0..12 {
        origin.script(&format!("/{hop}"), [Answer::redirect(format!("{}", hop + 1))]);
    }
    for (path, requests) in [("/self", 1), ("/a", 2), ("/0", 11)] {
        origin.forget();
        let error = failure(get(origin.url(path)).await);
        let expected = match (path, &error) {
            ("/0", FetchError::Redirects(problem)) => {
                *problem == RedirectProblem::TooMany { limit: 10 }
            }
            (_, FetchError::Redirects(problem)) => matches!(problem, RedirectProblem::Loop { .. }),
            _ => false,
        };
        assert!(expected, "{path}: {error:?}");
        assert_eq!(origin.requests().len(), requests, "{path}");
    }
}

#[tokio::test]
async fn every_hop_is_checked_before_it_is_asked() {
    let origin = Origin::start();
    for target in [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "//[::ffff:127.0.0.1]/",
        "http://0xa9fea9fe/",
        "http://example.org:25/",
    ] {
        origin.script("/f", [Answer::redirect(target)]);
        let error = failure(get(origin.url("/f")).await);
        assert!(matches!(error, FetchError::Refused(_)), "{target}: {error:?}");
    }
    for target in
        ["ftp://example.org/", "file:///etc/passwd", "javascript:alert(1)", "http://[", ""]
    {
        origin.script("/f", [Answer::redirect(target)]);
        let error = failure(get(origin.url("/f")).await);
        assert!(matches!(error, FetchError::Redirects(_)), "{target}: {error:?}");
    }
    origin.script("/f", [Answer::status(302)]);
    assert!(matches!(failure(get(origin.url("/f")).await), FetchError::BadAnswer { .. }));
}

#[tokio::test]
async fn a_name_that_leads_to_a_refused_address_is_refused() {
    // Allowed by its name, for some network is open, but its addresses are not in it.
    let allow = vec!["127.0.0.1/32".parse().unwrap()];
    let fetcher = fetch::Fetcher::new(fetch::Settings {
        allow: vec!["127.255.255.255/32".parse().unwrap(), "127.0.0.1/32".parse().unwrap()],
        ..crate::support::settings()
    })
    .unwrap();
    let origin = Origin::start();
    origin.serve("/f", "x");
    let named = origin.url("/f").replace("127.0.0.1", "localhost");
    body(fetcher.get(&request(&named)).await);
    let closed = fetch::Fetcher::new(fetch::Settings { allow, ..crate::support::settings() });
    let second = Origin::start_at("127.0.0.2");
    second.serve("/f", "x");
    let error = failure(closed.unwrap().get(&request(second.url("/f"))).await);
    assert!(matches!(error, FetchError::Refused(Blocked::Address { .. })), "{error:?}");
    assert_eq!(second.connections(), 0);
}

#[tokio::test]
async fn keys_and_validators_stay_with_their_origin() {
    let (origin, other) = (Origin::start(), Origin::start());
    origin.script("/start", [Answer::redirect("/here")]);
    origin.script("/here", [Answer::redirect(other.url("/there"))]);
    other.script("/there", [Answer::redirect(origin.url("/back"))]);
    origin.serve("/back", "x");
    let mut request = request(origin.url("/start"));
    request.headers = vec![("Key".into(), "s3cret".into())];
    request.validators =
        Validators { etag: Some("\"1\"".into()), last_modified: Some("monday".into()) };
    body(fetcher().get(&request).await);
    let keyed = |seen: &testkit::Seen| {
        let names = ["key", "if-none-match", "if-modified-since"];
        names.map(|name| seen.header(name).is_some())
    };
    let seen = origin.requests();
    assert_eq!(keyed(&seen[0]), [true; 3]);
    assert_eq!(keyed(&seen[1]), [true; 3], "the same origin");
    assert_eq!(keyed(&other.requests()[0]), [false; 3], "another origin");
    assert_eq!(keyed(&seen[2]), [false; 3], "once dropped, dropped for good");
    // And then a 304 is one that nobody asked for.
    other.script("/there", [Answer::not_modified()]);
    let error = failure(fetcher().get(&request).await);
    assert!(matches!(error, FetchError::Unasked { .. }), "{error:?}");
}
