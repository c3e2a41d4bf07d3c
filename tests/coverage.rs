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

#[test]
fn what_may_be_missing_and_what_fails_is_told_at_once() {
    let origin = Origin::start();
    let address = |n: u32| format!("https://a.example/{n}");
    let show = |numbers: &[u32]| {
        let entries: Vec<_> =
            numbers.iter().map(|n| (n.to_string(), address(*n), format!("Vest {n}"))).collect();
        let entries: Vec<_> =
            entries.iter().map(|(id, url, title)| (&**id, &**url, &**title)).collect();
        origin.serve("/a", rss(&entries));
    };
    show(&[3, 2, 1]);
    origin.serve("/b", rss(&[("1", "https://b.example/1", "B")]));
    let daemon = installation().feed("a", origin.url("/a")).feed("b", origin.url("/b"));
    daemon.run_once();
    // Between two polls everything was replaced; the other one fails for the first time.
    show(&[9, 8, 7]);
    origin.script("/b", [Answer::status(503)]);
    daemon.run_once();
    let told = rows(&daemon.command(&["coverage", "--json"]));
    let gaps = told[0]["possible_gaps"].as_array().unwrap();
    assert_eq!((gaps.len(), &gaps[0]["filled"]), (1, &false.into()));
    assert!(gaps[0]["from"].as_str().unwrap() < gaps[0]["to"].as_str().unwrap());
    let states = told[0]["spans"].as_array().unwrap().iter().map(|span| span["state"].as_str());
    assert!(states.flatten().any(|state| state == "gap"), "{told:#?}");
    assert_eq!((&told[0]["state"], &told[1]["state"]), (&"watched".into(), &"failing".into()));
    let reason = told[1]["reason"].as_str().unwrap();
    assert!(
        reason.contains("not known yet, 1 attempt failed") && reason.contains("503"),
        "{reason}"
    );
    let table = stdout(&daemon.command(&["coverage"]));
    let first = table.lines().next().unwrap();
    assert_eq!(first, "watched 1 of 2; 1 failing; entries of 1 may be missing");
    assert!(table.contains("possible gap of a from"), "{table}");
    let list = stdout(&daemon.command(&["source", "list"]));
    assert!(list.contains("possible gap until") && list.contains("1 attempt failed"), "{list}");
    // Twice more: now it is blind, from its last success on.
    daemon.run_once();
    daemon.run_once();
    let told = rows(&daemon.command(&["coverage", "--json"]));
    assert_eq!(told[1]["state"], "blind");
    assert_eq!(told[1]["since"], told[1]["last_success"]);
}

#[test]
fn the_matrix_is_narrowed_and_fits_a_terminal() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Huawei nabavlja bazne stanice za 5G")]));
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    let ask = |more: &[&str]| {
        let mut args = vec!["coverage", "--matrix"];
        args.extend(more);
        daemon.command(&args)
    };
    let all = rows(&ask(&["--json"]));
    assert!(!all.is_empty());
    for row in &all {
        assert_eq!(row["could"]["own"]["news"]["watching"], 1, "{row}");
    }
    assert!(all.iter().all(|row| row["brought_by_any"].as_array().unwrap().is_empty()));
    assert!(stdout(&ask(&[])).contains("any country"));
    let any = rows(&ask(&["--json", "--country", "any"]));
    assert_eq!(any, all, "all there is");
    let none = rows(&ask(&["--json", "--country", "none", "--vendor", "huawei"]));
    assert!(!none.is_empty() && none.len() <= all.len());
    assert!(none.iter().all(|row| row["vendor"] == "huawei" && row["country"].is_null()));
    assert!(rows(&ask(&["--json", "--country", "RS"])).is_empty());
    assert!(rows(&ask(&["--json", "--unwatched"])).is_empty());
    for more in [&[][..], &["--vendor", "huawei"], &["--layer", "network"]] {
        let table = stdout(&ask(more));
        assert!(table.contains("1 news"), "{table}");
        let widest = table.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{widest} columns\n{table}");
    }
    assert_eq!(daemon.command(&["coverage", "--vendor", "huawei"]).status.code(), Some(64));
}

#[test]
fn what_sources_of_any_country_saw_stands_beside_what_a_country_does_not_watch() {
    let origin = Origin::start();
    let told = "Huawei supplies base stations for a 5G network";
    origin.serve("/a", rss(&[("1", "https://a.example/1", told)]));
    origin.serve("/b", rss(&[("2", "https://b.example/2", "Weather")]));
    let own = format!(
        "[source.b]\nfeed.url = \"{}\"\nevery = \"1m\"\ncountry = \"RS\"\n",
        origin.url("/b")
    );
    let daemon = installation().feed("a", origin.url("/a")).file("config/sources/b.toml", &own);
    daemon.run_once();
    let matrix = |more: &[&str]| {
        let mut args = vec!["coverage", "--matrix", "--vendor", "huawei", "--layer", "network"];
        args.extend(more);
        daemon.command(&args)
    };
    let serbia = rows(&matrix(&["--json", "--country", "RS"]));
    assert_eq!(serbia.len(), 1);
    assert_eq!(serbia[0]["gap"], "silent");
    assert_eq!(serbia[0]["brought"].as_array().unwrap().len(), 0);
    assert_eq!(serbia[0]["brought_by_any"][0]["source"], "a");
    let table = stdout(&matrix(&["--country", "RS"]));
    assert!(table.contains("a 1") && table.contains("by any"), "{table}");

    // Its own source goes blind: that is said in words.
    origin.script("/b", [testkit::Answer::status(404)]);
    for _ in 0..3 {
        daemon.run_once();
    }
    let table = stdout(&matrix(&["--unwatched"]));
    let said =
        "RS: not watched: every source of RS is blind; only those of any country may bring it";
    assert!(table.contains(said), "{table}");
}
