//! Silence is provable (R20): any hour, source by source.

use testkit::{Answer, Origin, PATIENCE};

use crate::{installation, rows, rss, stderr, stdout};

#[test]
fn coverage_tells_of_any_time_who_was_seen_and_why_not() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Huawei gradi mrežu")]));
    origin.script("/b", [Answer::status(503)]);
    let daemon = installation().feed("a", origin.url("/a")).feed("b", origin.url("/b"));
    daemon.run_once();
    let of = |args: &[&str]| {
        let rows = rows(&daemon.command(args));
        assert_eq!(rows.len(), 2, "{rows:?}");
        let state = |row: &serde_json::Value| {
            let spans = row["spans"].as_array().unwrap().iter();
            spans.map(|span| span["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        (state(&rows[0]), state(&rows[1]), rows)
    };
    let (a, b, all) = of(&["coverage", "--json"]);
    assert_eq!((a.first().unwrap().as_str(), a.last().unwrap().as_str()), ("pending", "watched"));
    assert_eq!(b, ["pending", "blind"]);
    assert_eq!((&all[0]["items"], &all[1]["items"]), (&1.into(), &0.into()));
    let reason = all[1]["spans"][1]["reason"].as_str().unwrap();
    assert!(reason.contains("503"), "{reason}");
    // The gap is one row however often it fails, and it ends with the first success.
    daemon.run_once();
    origin.serve("/b", rss(&[("1", "https://b.example/1", "B")]));
    daemon.run_once();
    let (_, b, _) = of(&["coverage", "--json"]);
    assert_eq!(b, ["pending", "blind", "watched"]);
    let (a, b, _) = of(&["coverage", "--at", "90d", "--json"]);
    assert_eq!((a, b), (vec!["pending".to_owned()], vec!["pending".to_owned()]));
    let hour = stdout(&daemon.command(&["coverage", "--at", "30m"]));
    assert!(hour.contains("not polled yet, then watched"), "{hour}");
    assert_eq!(daemon.command(&["coverage", "--at", "2999-01-01"]).status.code(), Some(64));
}

#[test]
fn the_matrix_names_what_nobody_brings() {
    let origin = Origin::start();
    let entry = ("1", "https://a.example/1", "Huawei nabavlja bazne stanice za 5G mrežu");
    origin.serve("/a", rss(&[entry]));
    let daemon = installation().feed("a", origin.url("/a"));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |running| {
        running.try_get("/api/items").is_some_and(|reply| reply.body.contains("Huawei"))
    });
    let through = daemon.command(&["coverage", "--matrix", "--json"]);
    let with_daemon = rows(&through);
    running.terminate();
    let alone = rows(&daemon.command(&["coverage", "--matrix", "--json"]));
    assert_eq!(with_daemon, alone, "{}", stderr(&through));
    let table = stdout(&daemon.command(&["coverage", "--matrix"]));
    assert!(!table.is_empty());
}
