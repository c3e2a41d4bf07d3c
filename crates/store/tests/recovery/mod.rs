//! What is opened again after files were torn, damaged, taken away or locked.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use store::tables::{Alerts, ByTime, Items, Meta};
use store::{Commit, CommitError, OpenError, Range, Store, rebuild};
use tempfile::TempDir;

use crate::common::{alert, item, item_id, open, settings};

fn put_items(store: &Store, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let mut commit = Commit::default();
        commit.put_item(&item(number, 300));
        commit.put_alert(&alert(number));
        store.commit_blocking(commit).unwrap();
    }
}

fn count(store: &Store) -> usize {
    assert_eq!(store.verify().unwrap(), []);
    let items = store.page(Range::<Items>::all(), 1_000).unwrap().len();
    assert_eq!(store.page(Range::<ByTime>::all(), 1_000).unwrap().len(), items);
    items
}

fn journal(folder: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.path().join("journal")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn flip(path: &Path, offset: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 0x55], offset).unwrap();
}

/// A folder whose journal has items 0 and 1, and whose sled has item 0 alone: as after a power
/// cut between the journal's fsync and sled's.
fn sled_behind_the_journal() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put_items(&store, 0..1);
    store.shutdown().unwrap();
    drop(store);
    let kept = tempfile::tempdir().unwrap();
    copy(&folder.path().join("store-000001"), kept.path());
    let store = open(&folder);
    put_items(&store, 1..2);
    drop(store);
    fs::remove_dir_all(folder.path().join("store-000001")).unwrap();
    copy(kept.path(), &folder.path().join("store-000001"));
    folder
}

#[test]
fn what_only_the_journal_has_is_replayed() {
    let folder = sled_behind_the_journal();
    let store = open(&folder);
    assert_eq!(count(&store), 2);
    assert_eq!(store.health().replayed, 1);
    put_items(&store, 2..3);
    drop(store);
    assert_eq!(count(&open(&folder)), 3);
}

#[test]
fn a_tail_torn_at_any_byte_loses_only_what_was_not_acknowledged() {
    let folder = sled_behind_the_journal();
    let file = journal(&folder).pop().unwrap();
    let whole = fs::read(&file).unwrap();
    let first = 16 + u32::from_be_bytes(whole[..4].try_into().unwrap()) as usize;
    let template = tempfile::tempdir().unwrap();
    copy(folder.path(), template.path());
    // Every byte of the header, then every seventh; the unit tests of frames take all.
    let cuts = (first..whole.len()).filter(|cut| *cut < first + 20 || cut % 97 == 0);
    for cut in cuts {
        let folder = tempfile::tempdir().unwrap();
        copy(template.path(), folder.path());
        fs::write(folder.path().join("journal").join(file.file_name().unwrap()), &whole[..cut])
            .unwrap();
        let store = open(&folder);
        assert_eq!(count(&store), 1, "cut at {cut}");
        put_items(&store, 5..6);
        drop(store);
        assert_eq!(count(&open(&folder)), 2, "cut at {cut}");
    }
}

#[test]
fn a_bad_frame_before_good_ones_is_reported_and_rebuilt_around() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put_items(&store, 0..3);
    drop(store);
    fs::remove_dir_all(folder.path().join("store-000001")).unwrap();
    let file = journal(&folder).pop().unwrap();
    let whole = fs::read(&file).unwrap();
    let first = 16 + u32::from_be_bytes(whole[..4].try_into().unwrap()) as u64;
    flip(&file, first + 40);
    let error = Store::open(&settings(&folder)).unwrap_err();
    assert!(matches!(error, OpenError::JournalDamaged { .. }), "{error}");
    let report = rebuild(&settings(&folder)).unwrap();
    assert!(report.journal_damage.is_some());
    assert_eq!(report.last_seq, 1);
    let store = open(&folder);
    assert_eq!(count(&store), 1);
    put_items(&store, 7..8);
}

#[test]
fn a_store_ahead_of_its_journal_is_foreign() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put_items(&store, 0..2);
    drop(store);
    let file = journal(&folder).pop().unwrap();
    let whole = fs::read(&file).unwrap();
    let first = 16 + u32::from_be_bytes(whole[..4].try_into().unwrap()) as usize;
    fs::write(&file, &whole[..first]).unwrap();
    let error = Store::open(&settings(&folder)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("it ends with commit 1, the store with 2"), "{text}");
    // Taken away altogether there is nothing that it contradicts.
    fs::remove_file(&file).unwrap();
    let store = open(&folder);
    put_items(&store, 2..3);
    drop(store);
    assert_eq!(count(&open(&folder)), 3);
}

#[test]
fn a_journal_that_begins_too_late_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put_items(&store, 0..2);
    drop(store);
    let file = journal(&folder).pop().unwrap();
    fs::remove_dir_all(folder.path().join("store-000001")).unwrap();
    fs::rename(&file, folder.path().join("journal/0000000000000005.wal")).unwrap();
    let error = Store::open(&settings(&folder)).unwrap_err();
    assert!(matches!(error, OpenError::JournalDamaged { .. }), "{error}");
}

#[test]
fn leftovers_of_a_killed_opening_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store-000001");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("conf"), "segment_size: 52").unwrap();
    let store = open(&folder);
    put_items(&store, 0..2);
    drop(store);
    fs::write(path.join("snap.ffffffffffffffff.generating"), "half").unwrap();
    fs::write(folder.path().join("CURRENT.tmp"), "store-0").unwrap();
    assert_eq!(count(&open(&folder)), 2);
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let error = Store::open(&settings(&folder)).unwrap_err();
    let pid = std::process::id();
    let text = format!("another stackwatch (pid {pid}) uses {}", folder.path().display());
    assert_eq!(error.to_string(), text);
    assert!(matches!(rebuild(&settings(&folder)), Err(OpenError::Locked { .. })));
    drop(store);
    drop(open(&folder));
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let mut settings = settings(&folder);
    settings.data = folder.path().join("file/data");
    let error = Store::open(&settings).unwrap_err();
    assert!(matches!(&error, OpenError::Io { path, .. } if *path == settings.data), "{error}");
}

#[test]
fn a_store_of_a_later_release_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let mut commit = Commit::default();
    commit.put::<Meta>(&"schema".into(), &9u32.to_be_bytes().to_vec());
    store.commit_blocking(commit).unwrap();
    drop(store);
    let error = Store::open(&settings(&folder)).unwrap_err();
    assert!(matches!(error, OpenError::SchemaTooNew { found: 9, known: 1 }), "{error}");
}

#[test]
fn a_full_disk_stops_new_items_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let mut settings = settings(&folder);
    let disk = rustix::fs::statvfs(folder.path()).unwrap();
    // More than is free, but not by much: the rest is still taken.
    settings.min_free_bytes = disk.f_bavail * disk.f_frsize * 2;
    let store = Store::open(&settings).unwrap();
    let mut commit = Commit::default();
    commit.put_item(&item(1, 10));
    let error = store.commit_blocking(commit).unwrap_err();
    assert!(matches!(error, CommitError::Full { .. }), "{error}");
    let mut commit = Commit::default();
    commit.put::<Meta>(&"delivered".into(), &vec![1]);
    store.commit_blocking(commit).unwrap();
    assert!(store.health().full);
}

#[test]
fn a_damaged_store_is_made_anew_from_export_and_journal() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put_items(&store, 0..40);
    let export = store.export(None).unwrap();
    assert_eq!(export.seq, 40);
    assert_eq!(store.stats().unwrap().last_export.unwrap().seq, 40);
    put_items(&store, 40..60);
    let mut long = Commit::default();
    long.put_item(&item(60, 30_000));
    store.commit_blocking(long).unwrap();
    let mut gone = Commit::default();
    gone.delete_item(&item(3, 300));
    store.commit_blocking(gone).unwrap();
    drop(store);
    let db = folder.path().join("store-000001/db");
    let length = fs::metadata(&db).unwrap().len();
    for offset in (0..length).step_by(4_099) {
        flip(&db, offset);
    }
    let report = rebuild(&settings(&folder)).unwrap();
    assert_eq!(report.export_seq, 40);
    assert_eq!(report.last_seq, 62);
    assert_eq!((report.missing, report.unreadable_records), (None, 0));
    assert_eq!(report.quarantined, [folder.path().join("quarantine/store-000001.1")]);
    let store = open(&folder);
    assert_eq!(count(&store), 60);
    assert_eq!(store.get::<Items>(&item_id(60)).unwrap(), Some(item(60, 30_000)));
    put_items(&store, 70..71);
    drop(store);
    assert_eq!(count(&open(&folder)), 61);
}

#[test]
fn an_unreadable_export_gives_way_to_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put_items(&store, 0..5);
    store.export(None).unwrap();
    put_items(&store, 5..8);
    let newest = store.export(None).unwrap();
    put_items(&store, 8..9);
    drop(store);
    flip(&newest.path, newest.bytes / 2);
    let report = rebuild(&settings(&folder)).unwrap();
    assert_eq!(report.unreadable_exports, [newest.path]);
    assert_eq!(report.export_seq, 5);
    assert_eq!(count(&open(&folder)), 9);
}

#[test]
fn a_copy_of_the_folder_at_work_opens_or_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put_items(&store, 0..20);
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| put_items(&store, 20..120));
        for _ in 0..3 {
            let copied = tempfile::tempdir().unwrap();
            copy(folder.path(), copied.path());
            if Store::open(&settings(&copied)).is_err() {
                rebuild(&settings(&copied)).unwrap();
            }
            // A copy is no snapshot: what it has must fit together all the same.
            assert!(count(&open(&copied)) >= 20);
        }
        busy.join().unwrap();
    });
}

#[test]
fn damage_anywhere_in_sled_ends_in_an_error_or_a_whole_store_never_in_a_panic() {
    let template = tempfile::tempdir().unwrap();
    let store = open(&template);
    put_items(&store, 0..60);
    store.shutdown().unwrap();
    drop(store);
    let length = fs::metadata(template.path().join("store-000001/db")).unwrap().len();
    let mut harmed = 0;
    for round in 0..12u64 {
        let folder = tempfile::tempdir().unwrap();
        copy(template.path(), folder.path());
        for number in 0..3 {
            // Spread over the file, elsewhere in each round.
            let offset = (round * 7_919 + number * 104_729 * 13) % length.min(120_000);
            flip(&folder.path().join("store-000001/db"), offset);
        }
        match Store::open(&settings(&folder)) {
            Ok(store) => {
                // sled takes a bad block for the end of its log and goes back to what was before
                // it, without a word; the journal then brings all of it again.
                harmed += u32::from(store.health().replayed > 0);
                assert_eq!(count(&store), 60, "round {round}");
            }
            Err(error) => {
                let told = matches!(
                    error,
                    OpenError::Corrupt { .. }
                        | OpenError::JournalDamaged { .. }
                        | OpenError::Store { .. }
                );
                assert!(told, "{error}");
                harmed += 1;
            }
        }
        let report = rebuild(&settings(&folder)).unwrap();
        assert_eq!((report.last_seq, report.missing), (60, None));
        assert_eq!(count(&open(&folder)), 60, "round {round}");
    }
    assert!(harmed > 6, "the flips did no damage");
}

#[test]
fn exports_beyond_the_newest_seven_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    for number in 0..9 {
        put_items(&store, number..number + 1);
        store.export(None).unwrap();
    }
    let mut names: Vec<String> = fs::read_dir(folder.path().join("export"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 7);
    assert_eq!(names[0], "export-0000000000000003.swx.zst");
    // Elsewhere nothing is taken away, and nothing counts for the journal.
    let elsewhere = tempfile::tempdir().unwrap();
    let report = store.export(Some(elsewhere.path())).unwrap();
    assert_eq!(report.path, elsewhere.path().join("export-0000000000000009.swx.zst"));
    assert!(Store::in_memory().export(None).is_err());
}

/// `tests/golden/schema-N` is the export and the journal of a small store that a release with
/// schema N wrote: items 0 to 2 exported, 3 to 5 after it, number 4 in pieces.
#[test]
fn what_earlier_releases_wrote_is_read() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut schemas = 0;
    for schema in fs::read_dir(golden).unwrap() {
        let folder = tempfile::tempdir().unwrap();
        copy(&schema.unwrap().path(), folder.path());
        let report = rebuild(&settings(&folder)).unwrap();
        assert_eq!((report.export_seq, report.last_seq), (3, 6));
        assert_eq!((report.journal_damage, report.unreadable_records), (None, 0));
        let store = open(&folder);
        assert_eq!(count(&store), 6);
        for number in 0..6 {
            let bytes = if number == 4 { 12_000 } else { 200 };
            assert_eq!(store.get::<Items>(&item_id(number)).unwrap(), Some(item(number, bytes)));
            let text = store.text(item_id(number), 0).unwrap();
            assert_eq!(text, Some(format!("text {number}")));
            assert_eq!(store.get::<Alerts>(&alert(number).id).unwrap(), Some(alert(number)));
        }
        schemas += 1;
    }
    assert!(schemas > 0);
}
