//! The daemon: signals, the socket, reloads.

use std::time::Duration;

use testkit::{Answer, Origin, PATIENCE};

use crate::{installation, rows, rss, stderr, stdout};

#[test]
fn sigterm_ends_it_cleanly_within_ten_seconds_whatever_hangs() {
    let origin = Origin::start();
    origin.script("/hangs", [Answer::silence()]);
    origin.serve("/a", rss(&[("1", "https://a.example/1", "One")]));
    let daemon = installation().feed("a", origin.url("/a")).feed("hangs", origin.url("/hangs"));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |_| origin.requests().len() >= 2);
    running.wait_until(PATIENCE, |running| running.get("/api/items").body.contains("One"));
    let stopped = running.terminate();
    assert_eq!(stopped.status.code(), Some(0));
    assert!(stopped.after < Duration::from_secs(10), "{:?}", stopped.after);
    assert!(!daemon.data().join("stackwatch.sock").exists());
}

#[test]
fn reads_go_through_a_running_daemon_and_say_the_same_without_it() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Huawei in town")]));
    let daemon = installation().feed("a", origin.url("/a"));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |running| {
        running.try_get("/api/items").is_some_and(|reply| reply.body.contains("Huawei"))
    });
    let commands: [&[&str]; 4] = [
        &["items", "--json"],
        &["alerts", "list", "--held", "--json"],
        &["source", "list", "--json"],
        &["deliveries", "list", "--json"],
    ];
    let with: Vec<_> = commands.iter().map(|args| stdout(&daemon.command(args))).collect();
    assert!(with[0].contains("Huawei in town"), "{with:?}");
    assert!(daemon.command(&["health"]).status.success());
    let digest = daemon.command(&["digest"]);
    assert!(stdout(&digest).contains("Huawei in town"), "{}", stderr(&digest));
    running.terminate();
    let without: Vec<_> = commands.iter().map(|args| stdout(&daemon.command(args))).collect();
    assert_eq!(with, without);
    assert_eq!(stdout(&daemon.command(&["digest"])), stdout(&digest));
    assert_eq!(daemon.command(&["health"]).status.code(), Some(1));
}

#[test]
fn sighup_takes_a_good_configuration_and_refuses_a_broken_one() {
    let origin = Origin::start();
    for path in ["/a", "/b"] {
        origin.serve(path, rss(&[("1", "https://a.example/1", "One")]));
    }
    let daemon = installation().feed("a", origin.url("/a"));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |_| !origin.requests_to("/a").is_empty());
    running.wait_until_ready();

    let good = daemon.read("config/sources/feeds.toml");
    daemon.write("config/sources/feeds.toml", &format!("{good}\nevery = nonsense"));
    running.hangup();
    running.wait_until(PATIENCE, |running| running.log().contains("reload refused"));
    assert!(running.get("/healthz").body.contains("a reload was refused"));

    let more = good.replace("source.a", "source.b").replace("/a", "/b");
    daemon.write("config/sources/feeds.toml", &format!("{good}{more}"));
    running.hangup();
    running.wait_until(PATIENCE, |_| !origin.requests_to("/b").is_empty());
    assert!(!running.get("/healthz").body.contains("a reload was refused"));

    daemon.write("config/sources/feeds.toml", &more);
    running.hangup();
    running.wait_until(PATIENCE, |running| {
        running.get("/api/sources").body.contains("\"health\":\"retired\"")
    });
    running.terminate();
    let retired = rows(&daemon.command(&["source", "list", "--json"]));
    assert!(
        retired.iter().any(|row| row["id"] == "a" && row["health"] == "retired"),
        "{retired:?}"
    );
    assert_eq!(rows(&daemon.command(&["items", "--json"])).len(), 2, "its items stay");
}

#[test]
fn a_second_daemon_is_told_who_has_the_data() {
    let daemon = installation();
    let mut running = daemon.start();
    running.wait_until_ready();
    let second = daemon.command(&["run"]);
    assert_eq!(second.status.code(), Some(74));
    let message = stderr(&second);
    assert!(message.contains("another stackwatch (pid "), "{message}");
    assert!(running.is_running());
}

#[test]
fn alerts_stand_in_a_feed_and_figures_in_metrics() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[]));
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Nuctech &lt;b&gt;wins&lt;/b&gt;")]));
    daemon.run_once();
    let mut running = daemon.start();
    running.wait_until_ready();
    let feed = running.get("/feed/alerts.atom").body;
    assert!(feed.contains("Nuctech wins") || feed.contains("&lt;b&gt;"), "{feed}");
    assert!(running.get("/metrics").body.contains("stackwatch_"), "metrics have our prefix");
}

#[test]
fn a_digest_is_the_same_bytes_each_time() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[]));
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Nuctech wins")]));
    daemon.run_once();
    for format in ["md", "html", "json"] {
        let args = ["digest", "--format", format];
        let first = stdout(&daemon.command(&args));
        assert!(first.contains("Nuctech wins"), "{first}");
        assert_eq!(first, stdout(&daemon.command(&args)));
    }
}

#[test]
fn a_heartbeat_tells_someone_elsewhere_that_it_lives() {
    let origin = Origin::start();
    origin.script("/beat", [Answer::status(204)]);
    let daemon = installation();
    let settings = daemon.read("config/stackwatch.toml");
    let heartbeat = format!("[heartbeat]\nurl = \"{}\"\nevery = \"1m\"\n", origin.url("/beat"));
    daemon.write("config/stackwatch.toml", &format!("{settings}{heartbeat}"));
    let running = daemon.start();
    origin.wait_for_requests_to("/beat", 1);
    let log = running.log();
    assert_eq!(running.terminate().status.code(), Some(0));
    assert!(!log.contains("heartbeat not delivered"), "{log}");
}
