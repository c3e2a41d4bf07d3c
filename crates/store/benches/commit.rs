//! Durable commits of items in batches of 100, and the first opening of a store with 100,000.
//!
//! An item is about 1.5 KB with four index rows, as in `performance.md` section 4. Each commit
//! waits for its fsync.

#![allow(clippy::unwrap_used, reason = "a bench ends where it fails")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs::File;
use std::time::{Duration, Instant};

use common::{item, item_id, settings};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use store::{Commit, Settings, Store};
use tempfile::TempDir;

const BATCH: u64 = 100;
/// Bytes of the summary, which makes the record 1.5 KB.
const SUMMARY: usize = 1_300;
const MANY: u64 = 100_000;

/// With the cache that a daemon has unless it is told otherwise.
fn open(folder: &TempDir) -> Store {
    Store::open(&Settings { cache_bytes: 32 << 20, ..settings(folder) }).unwrap()
}

/// The commit of the batch `number`.
fn batch(number: u64) -> Commit {
    let mut commit = Commit::default();
    for number in number * BATCH..(number + 1) * BATCH {
        commit.put_item(&item(number, SUMMARY));
    }
    commit
}

/// The same amount of rows and bytes for sled alone.
fn bare(number: u64) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for number in number * BATCH..(number + 1) * BATCH {
        let id = item_id(number).0;
        batch.insert([&[0x10][..], &id].concat(), vec![b'x'; SUMMARY + 200]);
        for table in 0x20..0x24u8 {
            batch.insert([&[table][..], &number.to_be_bytes(), &id].concat(), vec![]);
        }
    }
    batch
}

fn commits(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let mut group = criterion.benchmark_group("store");
    group.throughput(Throughput::Elements(BATCH)).sample_size(50);
    let mut number = 0;
    group.bench_function("plan and commit 100 items", |bencher| {
        bencher.iter(|| {
            number += 1;
            store.commit_blocking(batch(number)).unwrap()
        });
    });
    group.bench_function("commit 100 planned items", |bencher| {
        let planned = || {
            number += 1;
            batch(number)
        };
        bencher.iter_batched(
            planned,
            |commit| store.commit_blocking(commit).unwrap(),
            BatchSize::PerIteration,
        );
    });
    let peer = tempfile::tempdir().unwrap();
    let db = sled::Config::new().path(peer.path()).cache_capacity(32 << 20).open().unwrap();
    let file = File::open(peer.path().join("db")).unwrap();
    group.bench_function("peer: bare sled, batch + flush + fsync", |bencher| {
        bencher.iter(|| {
            number += 1;
            db.apply_batch(bare(number)).unwrap();
            db.flush().unwrap();
            file.sync_data().unwrap();
        });
    });
    group.finish();
    assert!(store.health().is_good());
}

/// Criterion would fill the store for every sample: this one is measured by hand.
fn opening(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let begun = Instant::now();
    for number in 0..MANY / BATCH {
        store.commit_blocking(batch(number)).unwrap();
    }
    let filled = begun.elapsed();
    let disk = store.health().size_bytes as f64 / store.stats().unwrap().live_bytes as f64;
    store.shutdown().unwrap();
    drop(store);
    let first = timed(|| open(&folder));
    let rate = MANY as f64 / filled.as_secs_f64();
    eprintln_line(&format!("{MANY} items at {rate:.0}/s, disk / live bytes {disk:.2}"));
    eprintln_line(&format!("first opening at {MANY} items: {first:?}"));
    let mut group = criterion.benchmark_group("store");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("open 100,000 items again", |bencher| bencher.iter(|| open(&folder)));
    group.finish();
}

fn timed(open: impl Fn() -> Store) -> Duration {
    let begun = Instant::now();
    drop(open());
    begun.elapsed()
}

#[expect(clippy::print_stderr, reason = "the figures are what the bench is for")]
fn eprintln_line(line: &str) {
    eprintln!("{line}");
}

criterion_group!(benches, commits, opening);
criterion_main!(benches);
