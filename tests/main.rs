//! The real binary against loopback origins, and the rules that the repository keeps.

mod bad_input;
mod contract;
mod coverage;
mod crash;
mod daemon;
mod lists;
mod notices;
mod once;
mod quarantine;
mod replay;
mod repository;
mod retag;
mod scale;
mod sitemap;
mod websub;

use std::process::Output;

use serde_json::Value;
use testkit::Daemon;

/// A new installation of the binary under test.
fn installation() -> Daemon {
    Daemon::new(env!("CARGO_BIN_EXE_stackwatch"))
}

/// An RSS 2.0 feed of `(guid, address, title)`, newest first.
fn rss(entries: &[(&str, &str, &str)]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>T</title>",
    );
    for (guid, url, title) in entries {
        xml.push_str(&format!(
            "<item><guid isPermaLink=\"false\">{guid}</guid><link>{url}</link>\
             <title>{title}</title></item>"
        ));
    }
    xml.push_str("</channel></rss>");
    xml
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the answer is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The rows of a list in machine output; the command must have ended well.
fn rows(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", stderr(output));
    let rows = stdout(output);
    rows.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// The lines of the channel `log`.
fn delivered(daemon: &Daemon) -> Vec<Value> {
    let text = daemon.read("data/alerts.jsonl");
    text.lines().map(|line| serde_json::from_str(line).expect("whole lines")).collect()
}
