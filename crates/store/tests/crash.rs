//! SIGKILL at any moment, write errors at any byte: what was acknowledged is there, once, with
//! all its rows (promise R1).
//!
//! The parent runs this test binary again with `child_entry` as the only test and a folder in
//! the environment; the child writes numbered items and prints each number once it is committed.

#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use model::{MessageRef, OutboxEntry};
use store::tables::{Alerts, Items, Outbox};
use store::{Commit, Range, Settings, Store, StoreError};

use common::{alert, channel, item, item_id};

const FOLDER: &str = "STORE_CRASH_FOLDER";
const FIRST: &str = "STORE_CRASH_FIRST";

/// Writes from the number in the environment on until it is killed; does nothing in a plain run
/// of the tests.
#[test]
#[expect(clippy::disallowed_methods, reason = "the parent of this very test sets them")]
fn child_entry() {
    let (Ok(folder), Ok(first)) = (std::env::var(FOLDER), std::env::var(FIRST)) else { return };
    let data = Path::new(&folder).to_path_buf();
    let settings = Settings { data, cache_bytes: 16 << 20, min_free_bytes: 0 };
    let store = Store::open(&settings).expect("the store opens after any kill");
    say("open");
    for number in first.parse().unwrap().. {
        match store.commit_blocking(numbered(number)) {
            Ok(_) => say(&number.to_string()),
            Err(error) => {
                say(&format!("error {error}"));
                assert!(store.poisoned().is_some());
                let after = store.commit_blocking(numbered(number + 1)).unwrap_err();
                let poisoned = StoreError::Poisoned { reason: String::new() };
                assert!(
                    after.to_string().starts_with(&poisoned.to_string()),
                    "a poisoned store takes nothing: {after}"
                );
                return;
            }
        }
    }
}

/// A line that the parent sees at once, past the test harness.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "> {line}").and_then(|()| out.flush()).expect("the parent listens");
}

/// An item with its index rows, a text, an alert and an outbox row; every eighth is long.
fn numbered(number: u64) -> Commit {
    let mut commit = Commit::default();
    let bytes = if number.is_multiple_of(8) { 12_000 } else { 1_000 };
    commit.put_item(&item(number, bytes));
    commit.put_text(item_id(number), 0, &format!("text {number} ").repeat(100));
    let alert = alert(number);
    commit.put_alert(&alert);
    let entry = OutboxEntry { message: MessageRef::Alert(alert.id), attempts: 0 };
    commit.put::<Outbox>(&(alert.at, alert.id.into(), channel()), &entry);
    commit
}

fn command(folder: &Path, first: u64, shell: Option<&str>) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = match shell {
        None => Command::new(program),
        Some(script) => {
            let mut command = Command::new("sh");
            command.args(["-c", script]).arg(program);
            command
        }
    };
    command.args(["--exact", "child_entry", "--nocapture", "--test-threads", "1"]);
    command.env(FOLDER, folder).env(FIRST, first.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What the child said, line by line.
fn said(output: impl Read) -> Vec<String> {
    let lines = BufReader::new(output).split(b'\n').map_while(Result::ok);
    let text = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
    // The harness prints the test's name without a line end before the first one.
    text.filter_map(|line| line.split_once("> ").map(|(_, said)| said.to_owned())).collect()
}

fn acknowledged(said: &[String], into: &mut BTreeSet<u64>) {
    into.extend(said.iter().filter_map(|line| line.parse::<u64>().ok()));
}

/// Opens the store and finds every acknowledged number, with all that was committed with it.
fn check(folder: &Path, acknowledged: &BTreeSet<u64>) -> u64 {
    let data = folder.to_path_buf();
    let settings = Settings { data, cache_bytes: 16 << 20, min_free_bytes: 0 };
    let store = Store::open(&settings).unwrap();
    for number in acknowledged.iter().rev().take(200) {
        assert_eq!(
            store.text(item_id(*number), 0).unwrap(),
            Some(format!("text {number} ").repeat(100)),
            "text of {number}"
        );
    }
    let mut items: BTreeSet<u64> = BTreeSet::new();
    let mut last = None;
    loop {
        let range = last.iter().fold(Range::<Items>::all(), |range, last| range.after(last));
        let page = store.page(range, 500).unwrap();
        let Some((key, _)) = page.last() else { break };
        last = Some(*key);
        items.extend(page.iter().map(|(_, item)| item.key.parse::<u64>().unwrap()));
    }
    let missing: Vec<&u64> = acknowledged.difference(&items).collect();
    assert!(missing.is_empty(), "acknowledged and gone: {missing:?}");
    // One unanswered commit per child may be there or not, but whole.
    let alerts = rows::<Alerts>(&store);
    assert_eq!(alerts, items.len(), "one alert for each item");
    assert_eq!(rows::<Outbox>(&store), items.len(), "one outbox row for each item");
    assert_eq!(store.verify().unwrap(), []);
    assert_eq!(store.health().blob_files, 0);
    items.last().map_or(0, |last| last + 1)
}

fn rows<T: store::Table>(store: &Store) -> usize {
    let stats = store.stats().unwrap();
    let table = stats.tables.iter().find(|table| table.table == T::NAME).unwrap();
    usize::try_from(table.rows).unwrap()
}

/// A small generator: the rounds differ, and a failure can be run again.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Lets the child live for so long, from its start or from the moment that its store is open.
fn kill_after(child: &mut Child, from_open: bool, life: Duration) -> Vec<String> {
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut head = Vec::new();
    if from_open {
        let mut line = Vec::new();
        while !line.ends_with(b"> open\n") && output.read_until(b'\n', &mut line).unwrap() > 0 {}
        head = line;
    }
    // Time is what the round is about: nothing is waited for here.
    let end = Instant::now() + life;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
    child.kill().unwrap();
    let said = said(head.as_slice().chain(output));
    child.wait().unwrap();
    said
}

fn rounds(count: u64, seed: u64) {
    let mut random = Random(seed);
    let (mut total, mut opened) = (0, 0);
    // A fresh folder now and then: the first opening has moments of its own.
    for _ in 0..count.div_ceil(25) {
        let folder = tempfile::tempdir().unwrap();
        let (mut seen, mut next) = (BTreeSet::new(), 0);
        for round in 0..25 {
            let mut child = command(folder.path(), next, None).spawn().unwrap();
            let from_open = random.below(3) > 0;
            let life = Duration::from_micros(random.below(60_000));
            let said = kill_after(&mut child, from_open, life);
            opened += u64::from(said.iter().any(|line| line == "open"));
            acknowledged(&said, &mut seen);
            let found = check(folder.path(), &seen);
            assert!(found >= seen.last().map_or(0, |last| last + 1), "round {round}");
            next = found;
        }
        total += seen.len();
    }
    assert!(opened > count / 3, "only {opened} children of {count} got as far as opening");
    assert!(total as u64 > count, "only {total} commits in {count} rounds");
}

#[test]
fn a_kill_at_any_moment_loses_and_repeats_nothing() {
    rounds(100, 1);
}

#[test]
fn a_kill_at_any_moment_loses_and_repeats_nothing_with_other_moments() {
    rounds(100, 2);
}

/// A file may not grow above so many blocks of 512 bytes: the writes behind it fail, in the
/// middle of a frame or of sled's buffers. The shell sets the limit and ignores the signal, which
/// the child inherits.
#[test]
fn a_write_error_is_never_acknowledged_and_the_next_start_is_clean() {
    let mut failed_commits = 0;
    for blocks in [40, 300, 1_500, 2_100, 3_000] {
        let folder = tempfile::tempdir().unwrap();
        let mut seen = BTreeSet::new();
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let output = command(folder.path(), 0, Some(&script)).output().unwrap();
        let said = said(output.stdout.as_slice());
        acknowledged(&said, &mut seen);
        let failed = said.iter().any(|line| line.starts_with("error "));
        failed_commits += u32::from(failed);
        assert!(failed || seen.is_empty(), "{blocks}: {said:?}");
        let next = check(folder.path(), &seen);
        let mut child = command(folder.path(), next, None).spawn().unwrap();
        let said = kill_after(&mut child, true, Duration::from_millis(100));
        acknowledged(&said, &mut seen);
        check(folder.path(), &seen);
    }
    assert!(failed_commits >= 2, "the limits did not reach a commit");
}
