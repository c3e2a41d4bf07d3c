//! What could not be read is kept, shown, and read again, with a daemon and without one.

use testkit::{Origin, PATIENCE};

use crate::{installation, rows, rss, stderr, stdout};

#[test]
fn what_cannot_be_read_is_kept_with_its_reason_and_can_be_tried_again() {
    let origin = Origin::start();
    origin.serve_as("/a", "text/html", "<html><p>Under construction \u{1b}[31m</p>");
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    let kept = rows(&daemon.command(&["quarantine", "list", "--json"]));
    assert_eq!((kept.len(), &kept[0]["source"]), (1, &"a".into()), "{kept:?}");
    assert!(!kept[0]["reason"].as_str().unwrap().is_empty());
    let id = kept[0]["id"].as_str().unwrap();
    let shown = stdout(&daemon.command(&["quarantine", "show", id]));
    assert!(shown.contains("Under construction") && !shown.contains('\u{1b}'), "{shown}");
    let detail = rows(&daemon.command(&["quarantine", "show", id, "--json"]));
    assert!(detail[0]["beginning"].as_str().unwrap().starts_with("<html>"), "{detail:?}");

    for args in [&["quarantine", "retry", id, "--json"][..], &["quarantine", "retry", "--json"]] {
        let done = rows(&daemon.command(args));
        assert_eq!((done.len(), &done[0]["solved"]), (1, &false.into()), "{done:?}");
    }
    let unknown = "00000000000000000000000000000000";
    assert_eq!(daemon.command(&["quarantine", "show", unknown]).status.code(), Some(1));
    assert_eq!(daemon.command(&["quarantine", "retry", unknown]).status.code(), Some(1));
    assert_eq!(daemon.command(&["quarantine", "retry", "x"]).status.code(), Some(64));
    assert!(daemon.command(&["store", "verify"]).status.success());
}

#[test]
fn a_running_daemon_answers_the_same() {
    let origin = Origin::start();
    origin.serve("/a", "no feed at all");
    origin.serve("/b", rss(&[("1", "https://b.example/1", "One")]));
    let daemon = installation().feed("a", origin.url("/a")).feed("b", origin.url("/b"));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |running| {
        running.try_get("/api/quarantine").is_some_and(|reply| reply.body.contains("\"a\""))
    });
    let kept = rows(&daemon.command(&["quarantine", "list", "--source", "a", "--json"]));
    assert_eq!(kept.len(), 1);
    assert!(rows(&daemon.command(&["quarantine", "list", "--source", "b", "--json"])).is_empty());
    let id = kept[0]["id"].as_str().unwrap();
    assert!(stdout(&daemon.command(&["quarantine", "show", id])).contains("no feed at all"));
    let retried = daemon.command(&["quarantine", "retry", "--source", "a", "--json"]);
    assert_eq!(rows(&retried)[0]["solved"], false, "{}", stderr(&retried));
    running.terminate();
}
