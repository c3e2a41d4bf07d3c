//! Mistakes that users can make, and hostile things from outside: one clear message each, and
//! nothing lost.

use std::os::unix::fs::PermissionsExt as _;

use testkit::{Daemon, Origin, PATIENCE};

use crate::{delivered, installation, rows, rss, stderr, stdout};

#[test]
fn a_broken_configuration_reports_every_mistake_at_its_place_and_starts_nothing() {
    let daemon = installation()
        .file(
            "config/sources/broken.toml",
            "[source.x]\nname = \"X\"\nfeed.url = \"ftp://a.rs\"\nevery = \"15\"\n",
        )
        .file(
            "watchlists/broken.toml",
            "[vendor.y]\nlabel = \"Y\"\nnames = [\"Ypsilon\"]\nmatches = [\"nothing of it\"]\n",
        );
    let check = daemon.command(&["check"]);
    assert_eq!(check.status.code(), Some(1));
    let said = stdout(&check);
    for place in ["broken.toml:3:", "broken.toml:4:", "watchlists/broken.toml:"] {
        assert!(said.contains(place), "{place} in\n{said}");
    }
    let run = daemon.command(&["run"]);
    assert_eq!(run.status.code(), Some(64));
    assert!(stderr(&run).contains("nothing was started"), "{}", stderr(&run));
    assert!(!daemon.data().exists());
}

#[test]
fn arguments_and_missing_configuration_end_with_64() {
    let daemon = installation();
    assert_eq!(daemon.command(&["no-such-command"]).status.code(), Some(64));
    assert_eq!(daemon.command(&["items", "--since", "yesterday"]).status.code(), Some(64));
    std::fs::remove_dir_all(daemon.path("config")).unwrap();
    let run = daemon.command(&["run"]);
    assert_eq!(run.status.code(), Some(64), "{}", stderr(&run));
}

#[test]
fn the_same_address_twice_is_a_mistake() {
    let daemon =
        installation().feed("a", "https://a.example/feed").feed("b", "https://a.example/feed/");
    let said = stdout(&daemon.command(&["check"]));
    assert!(said.contains("source.a") || said.contains("`a`"), "names the first: {said}");
}

#[test]
fn a_data_folder_that_cannot_be_is_named() {
    let daemon = installation();
    daemon.write("data", "a file stands in the way");
    let run = daemon.run_once();
    assert_eq!(run.status.code(), Some(74));
    assert!(stderr(&run).contains("data"), "{}", stderr(&run));
}

#[test]
fn a_read_only_data_folder_is_named() {
    let daemon = installation();
    std::fs::create_dir_all(daemon.data()).unwrap();
    std::fs::set_permissions(daemon.data(), std::fs::Permissions::from_mode(0o555)).unwrap();
    let probe = daemon.data().join("probe");
    if std::fs::write(&probe, "x").is_ok() {
        std::fs::remove_file(&probe).unwrap();
        println!("left out: this user may write everywhere");
        return;
    }
    let run = daemon.run_once();
    assert_eq!(run.status.code(), Some(74));
    assert!(stderr(&run).contains("data"), "{}", stderr(&run));
}

#[test]
fn a_damaged_store_says_how_to_rebuild_it_and_the_rebuild_loses_nothing() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "One")]));
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    let engine = daemon.data().join(daemon.read("data/CURRENT").trim());
    std::fs::write(engine.join("conf"), [0x5a; 64]).unwrap();
    let items = daemon.command(&["items"]);
    assert_eq!(items.status.code(), Some(74));
    assert!(stderr(&items).contains("`stackwatch store rebuild`"), "{}", stderr(&items));
    let rebuilt = daemon.command(&["store", "rebuild"]);
    assert!(rebuilt.status.success(), "{}", stderr(&rebuilt));
    assert_eq!(rows(&daemon.command(&["items", "--json"])).len(), 1);
    assert!(daemon.command(&["store", "verify"]).status.success());
}

#[test]
fn a_full_disk_stops_ingesting_says_so_and_loses_nothing() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[]));
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Nuctech wins")]));
    let settings = daemon.read("config/stackwatch.toml");
    daemon.write("config/stackwatch.toml", &settings.replace("1 MiB", "1024 GiB"));
    let run = daemon.run_once();
    assert_eq!(run.status.code(), Some(74));
    assert!(stderr(&run).contains("too full"), "{}", stderr(&run));
    assert_eq!(rows(&daemon.command(&["items", "--json"])).len(), 0, "reads still work");
    daemon.write("config/stackwatch.toml", &settings);
    daemon.run_once();
    assert_eq!(rows(&daemon.command(&["items", "--json"])).len(), 1);
    assert_eq!(delivered(&daemon).len(), 1, "it is still news");
}

#[test]
fn a_missing_secret_turns_its_channel_red_and_the_daemon_runs() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[]));
    let daemon = installation()
        .feed("a", origin.url("/a"))
        .file(
            "config/channels.toml",
            &format!(
                "[channel.log]\nfile = {{ path = \"alerts.jsonl\" }}\n[channel.hook]\n\
                 webhook = {{ url = \"{}\", secret = \"env:STACKWATCH_TEST_SECRET\" }}\n",
                origin.url("/hook")
            ),
        )
        .file(
            "config/alerts.toml",
            "[alert.x]\nlabel = \"X\"\nwhen.vendor = [\"nuctech\"]\nto = [\"log\", \"hook\"]\n",
        );
    let once = daemon.run_once();
    assert!(once.status.success(), "{}", stderr(&once));
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Nuctech wins")]));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |running| {
        running
            .try_get("/healthz")
            .is_some_and(|reply| reply.body.contains("STACKWATCH_TEST_SECRET"))
    });
    running.terminate();
    daemon.run_once();
    assert_eq!(delivered(&daemon).len(), 1, "the other channel works");
    let waiting = rows(&daemon.command(&["deliveries", "list", "--state", "retry", "--json"]));
    assert_eq!(waiting.len(), 1, "nothing is lost on the red one");
    assert_eq!(daemon.command(&["doctor"]).status.code(), Some(1));

    origin.serve("/hook", "taken");
    let daemon = daemon.env("STACKWATCH_TEST_SECRET", "s3cret");
    let tried = daemon.command(&["channel", "test", "hook"]);
    assert!(tried.status.success(), "{}", stderr(&tried));
}

#[test]
fn escape_sequences_in_a_title_reach_neither_terminal_nor_log() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[]));
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    let title = "Nuctech \u{1b}[31mred\u{1b}[0m \u{202e}txet\r\nBcc: everyone";
    let title = title.replace('\u{1b}', "&#27;").replace('\r', "&#13;");
    origin.serve("/a", rss(&[("1", "https://a.example/1", &title)]));
    let once = daemon.run_once();
    assert_clean(&stdout(&once));
    assert_clean(&stderr(&once));
    for args in [&["items"][..], &["alerts", "list"], &["digest"]] {
        let output = daemon.command(args);
        assert!(stdout(&output).contains("Nuctech"), "{args:?}");
        assert_clean(&stdout(&output));
    }
    let alerts = rows(&daemon.command(&["alerts", "list", "--json"]));
    let shown = daemon.command(&["alerts", "show", alerts[0]["id"].as_str().unwrap()]);
    assert_clean(&stdout(&shown));
    assert!(!stdout(&shown).lines().any(|line| line.starts_with("Bcc")), "{}", stdout(&shown));
}

fn assert_clean(text: &str) {
    let bad = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
    assert!(!text.contains(bad), "{text:?}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let daemon: Daemon = installation();
    let settings = daemon.read("config/stackwatch.toml").replace("127.0.0.1:0", &address);
    daemon.write("config/stackwatch.toml", &settings);
    let run = daemon.command(&["run"]);
    assert_eq!(run.status.code(), Some(74));
    assert!(stderr(&run).contains(&address), "{}", stderr(&run));
}
