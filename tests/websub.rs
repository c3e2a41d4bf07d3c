//! A hub tells of a feed (W3C WebSub): the real binary, a feed and a hub on loopback, and this test
//! as the hub's other half.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use testkit::{Answer, Daemon, Origin, PATIENCE, Running};

use crate::{delivered, installation, rows};

fn feed(origin: &Origin, entries: &[(&str, &str)]) -> String {
    let items: String = entries
        .iter()
        .map(|(id, title)| {
            format!("<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title></item>")
        })
        .collect();
    let (hub, this) = (origin.url("/hub"), origin.url("/feed"));
    format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>T</title>\
         <atom:link rel=\"hub\" href=\"{hub}\"/><atom:link rel=\"self\" href=\"{this}\"/>{items}\
         </channel></rss>"
    )
}

/// What the hub was asked, in order: the fields of the last form.
struct Asked {
    mode: String,
    topic: String,
    /// The path of the callback behind the public address.
    path: String,
    secret: String,
}

fn asked(origin: &Origin, count: usize) -> Asked {
    let seen = origin.wait_for_requests_to("/hub", count).pop().expect("as many as waited for");
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(&seen.body).into_owned().collect();
    let value = |name: &str| {
        form.iter().find(|(known, _)| known == name).map(|(_, v)| v.clone()).unwrap_or_default()
    };
    let callback = value("hub.callback");
    let path = callback.strip_prefix("https://watch.example.org").expect("where we are reached");
    Asked {
        mode: value("hub.mode"),
        topic: value("hub.topic"),
        path: path.into(),
        secret: value("hub.secret"),
    }
}

/// Where this start answers hubs.
fn door(running: &mut Running, starts: usize) -> SocketAddr {
    let said = |log: &str| -> Vec<SocketAddr> {
        let parts = log.split("answered on http://").skip(1);
        parts.filter_map(|part| part.split('/').next()?.parse().ok()).collect()
    };
    running.wait_until(PATIENCE, |running| said(&running.log()).len() >= starts);
    *said(&running.log()).last().expect("as many as waited for")
}

/// One question on a connection of its own: status and body.
fn ask(door: SocketAddr, head: &str, body: &[u8]) -> (u16, String) {
    let mut socket = TcpStream::connect(door).expect("the daemon listens");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time is a time");
    let head = format!(
        "{head}Host: watch.example.org\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).expect("a head is taken");
    // A refusal may come before everything was sent.
    drop(socket.write_all(body));
    let mut answer = Vec::new();
    drop(socket.read_to_end(&mut answer));
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    (status, body.unwrap_or_default())
}

fn verify(door: SocketAddr, asked: &Asked, mode: &str) -> (u16, String) {
    let Asked { path, topic, .. } = asked;
    let query =
        format!("hub.mode={mode}&hub.topic={topic}&hub.challenge=Qx7&hub.lease_seconds=9000");
    ask(door, &format!("GET {path}?{query} HTTP/1.1\r\n"), b"")
}

fn push(door: SocketAddr, path: &str, secret: &str, body: &str) -> u16 {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(body.as_bytes());
    let digits: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nContent-Type: application/rss+xml\r\nX-Hub-Signature: sha256={digits}\r\n"
    );
    ask(door, &head, body.as_bytes()).0
}

fn with_websub(daemon: Daemon) -> Daemon {
    let settings = daemon.read("config/stackwatch.toml");
    let websub = "[websub]\npublic = \"https://watch.example.org\"\nlisten = \"127.0.0.1:0\"\n";
    daemon.write("config/stackwatch.toml", &format!("{settings}{websub}"));
    daemon
}

fn source(daemon: &Daemon) -> Value {
    rows(&daemon.command(&["source", "list", "--json"])).remove(0)
}

#[test]
fn a_hub_is_subscribed_to_verified_and_believed_and_left_again() {
    let origin = Origin::start();
    origin.serve("/feed", feed(&origin, &[("1", "First")]));
    origin.script("/hub", [Answer::status(202)]);
    let daemon = with_websub(installation().feed("a", origin.url("/feed")));
    let mut running = daemon.start();
    let door = self::door(&mut running, 1);
    let first = asked(&origin, 1);
    assert_eq!(
        (first.mode.as_str(), first.topic.as_str()),
        ("subscribe", origin.url("/feed").as_str())
    );

    // Nobody else is answered, and nothing else is there.
    let strange = Asked { topic: origin.url("/other"), ..asked(&origin, 1) };
    assert_eq!(verify(door, &strange, "subscribe").0, 404);
    assert_eq!(verify(door, &first, "unsubscribe").0, 404);
    for path in
        ["/", "/api/items", "/healthz", "/metrics", "/websub/a/00000000000000000000000000000000"]
    {
        assert_eq!(ask(door, &format!("GET {path} HTTP/1.1\r\n"), b"").0, 404, "{path}");
    }
    assert_eq!(verify(door, &first, "subscribe"), (200, "Qx7".into()));
    assert_eq!(verify(door, &first, "subscribe").0, 404, "a replay");
    assert_eq!(source(&daemon)["websub"]["state"], "live");

    // A message is stored and told before it is thanked for; a forged one is not even read.
    let polls = origin.requests_to("/feed").len();
    let news = feed(&origin, &[("2", "Nuctech wins")]);
    assert_eq!(push(door, &first.path, "guess", &news), 202);
    assert_eq!(push(door, &first.path, &first.secret, &news), 202);
    assert!(running.get("/api/items").body.contains("Nuctech wins"));
    running.wait_until(PATIENCE, |_| delivered(&daemon).len() == 1);
    assert_eq!(origin.requests_to("/feed").len(), polls, "without a poll");
    let known = source(&daemon);
    let websub = &known["websub"];
    assert_eq!((&websub["pushes"], &websub["forged"]), (&1.into(), &1.into()), "{known}");
    assert_eq!(known["polls"], 1);

    // `kill -9`: the subscription is still there, and nothing is asked or told again.
    running.kill();
    let mut running = daemon.start();
    let door = self::door(&mut running, 2);
    let more = feed(&origin, &[("3", "Huawei opens an office"), ("2", "Nuctech wins")]);
    assert_eq!(push(door, &first.path, &first.secret, &more), 202);
    running.wait_until(PATIENCE, |_| delivered(&daemon).len() == 2);
    assert_eq!(origin.requests_to("/hub").len(), 1);

    // Opting out leaves the hub, which has the last word.
    let feeds = daemon.read("config/sources/feeds.toml");
    daemon.write("config/sources/feeds.toml", &format!("{feeds}\nwebsub = false\n"));
    running.hangup();
    let last = asked(&origin, 2);
    assert_eq!((last.mode.as_str(), &last.path), ("unsubscribe", &first.path));
    assert_eq!(push(door, &first.path, &first.secret, &more), 410);
    assert_eq!(verify(door, &last, "unsubscribe"), (200, "Qx7".into()));
    assert_eq!(source(&daemon)["websub"], Value::Null);
    running.terminate();
}

#[test]
fn what_the_internet_sends_is_bounded() {
    let origin = Origin::start();
    origin.serve("/feed", feed(&origin, &[("1", "First")]));
    origin.script("/hub", [Answer::status(202)]);
    let daemon = with_websub(installation().feed("a", origin.url("/feed")));
    let settings = daemon.read("config/stackwatch.toml");
    let small = settings.replace("[fetch]\n", "[fetch]\nmax_body = { feed = \"16 KiB\" }\n");
    daemon.write("config/stackwatch.toml", &small);
    let mut running = daemon.start();
    let door = self::door(&mut running, 1);
    let first = asked(&origin, 1);
    assert_eq!(verify(door, &first, "subscribe").0, 200);
    let huge = "x".repeat(17 << 10);
    assert_eq!(push(door, &first.path, &first.secret, &huge), 413);
    let chunked = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        first.path
    );
    let mut socket = TcpStream::connect(door).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(chunked.as_bytes()).unwrap();
    for _ in 0..20 {
        // It may hang up on the way.
        drop(socket.write_all(format!("{:x}\r\n{}\r\n", 1024, "y".repeat(1024)).as_bytes()));
    }
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
    for (method, path) in [("PUT", first.path.as_str()), ("POST", "/websub/a/b"), ("POST", "/")] {
        let status = ask(door, &format!("{method} {path} HTTP/1.1\r\n"), b"x").0;
        assert!(matches!(status, 404 | 405), "{method} {path}: {status}");
    }
    let long = format!("GET {}?hub.challenge={} HTTP/1.1\r\n", first.path, "z".repeat(9_000));
    assert_eq!(ask(door, &long, b"").0, 414);
    // A hub that floods is asked to come later, and everybody else is served all the same.
    let body = feed(&origin, &[("2", "Again and again")]);
    let statuses: Vec<_> = (0..70).map(|_| push(door, &first.path, &first.secret, &body)).collect();
    assert!(statuses.contains(&202) && statuses.contains(&429), "{statuses:?}");
    assert!(running.get("/api/items").body.contains("Again and again"));
    running.terminate();
}

#[test]
fn without_a_public_address_nothing_is_asked() {
    let origin = Origin::start();
    origin.serve("/feed", feed(&origin, &[("1", "First")]));
    origin.script("/hub", [Answer::status(202)]);
    let daemon = installation().feed("a", origin.url("/feed"));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |running| {
        running.try_get("/api/items").is_some_and(|reply| reply.body.contains("First"))
    });
    running.terminate();
    assert_eq!(origin.requests_to("/hub").len(), 0);
    assert_eq!(source(&daemon)["websub"], Value::Null);
}
