//! A changed watchlist on what is stored already: shown, applied, told only on request.

use testkit::{Origin, PATIENCE};

use crate::{installation, rows, rss, stderr, stdout};

const QUECTEL: &str =
    "[vendor.quectel]\nlabel = \"Quectel\"\nnames = [\"Quectel\", \"移远通信\"]\n";

fn vendors_of(output: &std::process::Output) -> Vec<String> {
    let of = |row: &serde_json::Value| -> Vec<String> {
        let tags = row["tags"].as_array().expect("a list of tags").iter();
        tags.filter(|tag| tag["facet"] == "vendor").map(|tag| tag["id"].to_string()).collect()
    };
    rows(output).iter().flat_map(of).collect()
}

#[test]
fn a_vendor_of_three_lines_is_previewed_in_one_command_and_applied_in_another() {
    let origin = Origin::start();
    let feed = rss(&[
        ("1", "https://a.example/1", "Quectelov modul u brojilima"),
        ("2", "https://a.example/2", "Nothing"),
    ]);
    origin.serve("/a", feed);
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    assert!(vendors_of(&daemon.command(&["items", "--json"])).is_empty());

    let before = daemon.read("watchlists/vendors.toml");
    daemon.write("watchlists/vendors.toml", &format!("{before}\n{QUECTEL}"));
    let preview = stdout(&daemon.command(&["retag", "--dry-run", "--since", "90d"]));
    assert!(
        preview.contains("vendor quectel (Quectel): would be added to 1 of 2 items"),
        "{preview}"
    );
    assert!(
        preview.contains("Quectelov modul u brojilima [\"Quectelov\" by quectel/name]"),
        "{preview}"
    );
    assert!(preview.contains("would change 1 of 2 items"), "{preview}");
    assert!(vendors_of(&daemon.command(&["items", "--json"])).is_empty(), "only shown");

    let applied = daemon.command(&["retag", "--json"]);
    assert_eq!(rows(&applied)[0]["changed"], 1, "{}", stderr(&applied));
    assert_eq!(vendors_of(&daemon.command(&["items", "--json"])), ["\"quectel\""]);
    assert_eq!(rows(&daemon.command(&["retag", "--json"]))[0]["changed"], 0);
    assert!(daemon.command(&["store", "verify"]).status.success());
    assert!(rows(&daemon.command(&["alerts", "list", "--held", "--json"])).is_empty());
}

#[test]
fn a_running_daemon_shows_what_the_files_say_and_takes_them_over_when_it_applies_them() {
    let origin = Origin::start();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Quectel modules")]));
    let daemon = installation().feed("a", origin.url("/a"));
    let mut running = daemon.start();
    running.wait_until(PATIENCE, |running| {
        running.try_get("/api/items").is_some_and(|reply| reply.body.contains("Quectel"))
    });
    let before = daemon.read("watchlists/vendors.toml");
    daemon.write("watchlists/vendors.toml", "[vendor.quectel]\nnames = [");
    let broken = daemon.command(&["retag"]);
    assert_eq!(broken.status.code(), Some(64));
    assert!(stderr(&broken).contains("watchlists/vendors.toml:2"), "{}", stderr(&broken));

    daemon.write("watchlists/vendors.toml", &format!("{before}\n{QUECTEL}"));
    let preview = rows(&daemon.command(&["retag", "--dry-run", "--json"]));
    assert_eq!(preview[0]["differences"][0]["id"], "quectel");
    assert!(!running.log().contains("reloaded"), "a preview leaves the daemon as it is");
    let applied = rows(&daemon.command(&["retag", "--alert", "--json"]));
    assert_eq!(applied[0]["changed"], 1);
    assert_eq!(applied[0]["version"], preview[0]["version"]);
    assert!(running.log().contains("reloaded"), "new items are tagged alike");
    assert_eq!(vendors_of(&daemon.command(&["items", "--json"])), ["\"quectel\""]);
    running.terminate();
}
