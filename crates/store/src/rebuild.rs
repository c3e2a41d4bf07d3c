//! Making the store anew from what does not depend on sled: the newest readable export and the
//! journal after it. Index rows are computed again from the records, not trusted.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::engine::{Op, Seq};
use crate::error::{OpenError, StoreError};
use crate::folder::{Folder, at, sync_dir};
use crate::journal::{self, replay};
use crate::settings::Settings;
use crate::tables::{Alerts, Items, Meta, Table, decode_key};
use crate::{export, index, meta, opener, split, value};

/// Rows of one batch.
const BATCH: usize = 500;
/// Batches after which sled is flushed, so that its collector keeps pace.
const FLUSH_AFTER: usize = 20;

/// What the new store was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RebuildReport {
    /// The export that it began with, and its last commit.
    pub export: Option<PathBuf>,
    pub export_seq: Seq,
    /// Newer exports that could not be read.
    pub unreadable_exports: Vec<PathBuf>,
    /// Groups of commits that came from the journal, and the last commit of all.
    pub replayed: u64,
    pub last_seq: Seq,
    /// Commits that neither the export nor the journal has: first and last.
    pub missing: Option<(Seq, Seq)>,
    /// Where the journal stopped being readable; what follows is lost.
    pub journal_damage: Option<String>,
    /// Index rows that were computed, and records that could not be read for it.
    pub index_rows: u64,
    pub unreadable_records: u64,
    /// The new store, and where the old ones and damaged journal files are now.
    pub store: PathBuf,
    pub quarantined: Vec<PathBuf>,
}

/// Makes a new store from the newest readable export and the journal, and makes it the live one.
/// The old one moves to `quarantine` in the data folder; nothing is deleted. The store must not
/// be open.
pub fn rebuild(settings: &Settings) -> Result<RebuildReport, OpenError> {
    let folder = Folder::new(&settings.data);
    let _lock = folder.lock()?;
    let old = folder.stores()?;
    let number = old.last().copied().unwrap_or(0).max(folder.current().unwrap_or(0)) + 1;
    let path = folder.store(number);
    let mut report = RebuildReport { store: path.clone(), ..RebuildReport::default() };
    fill(&folder, &path, settings.cache_bytes, &mut report)?;
    folder.set_current(number)?;
    for old in old.into_iter().map(|old| folder.store(old)) {
        report.quarantined.push(folder.quarantine(&old)?);
    }
    Ok(report)
}

fn fill(
    folder: &Folder,
    path: &Path,
    cache_bytes: u64,
    report: &mut RebuildReport,
) -> Result<(), OpenError> {
    let db = opener::open(path, cache_bytes)?;
    let mut rows = Rows { db: &db, batch: sled::Batch::default(), pending: 0, batches: 0 };
    load_export(folder, &mut rows, report)?;
    replay_journal(folder, &mut rows, report)?;
    rows.apply()?;
    compute_indexes(&mut rows, report)?;
    rows.apply()?;
    meta::check_schema(&db)?;
    db.apply_batch(meta::batch(std::iter::empty(), report.last_seq)).map_err(unwritten)?;
    db.flush().map_err(unwritten)?;
    let data = path.join("db");
    std::fs::File::open(&data).and_then(|file| file.sync_all()).map_err(at(&data))?;
    sync_dir(path).map_err(at(path))
}

fn unwritten(error: sled::Error) -> StoreError {
    StoreError::Read { reason: format!("writing the new store: {error}") }
}

/// Rows on their way into the new store.
struct Rows<'a> {
    db: &'a sled::Db,
    batch: sled::Batch,
    pending: usize,
    batches: usize,
}

impl Rows<'_> {
    fn add(&mut self, (key, value): Op<'_>) -> Result<(), StoreError> {
        match value {
            Some(value) => self.batch.insert(key, value),
            None => self.batch.remove(key),
        }
        self.pending += 1;
        if self.pending >= BATCH { self.apply() } else { Ok(()) }
    }

    fn apply(&mut self) -> Result<(), StoreError> {
        self.db.apply_batch(std::mem::take(&mut self.batch)).map_err(unwritten)?;
        self.pending = 0;
        self.batches += 1;
        if self.batches.is_multiple_of(FLUSH_AFTER) {
            self.db.flush().map_err(unwritten)?;
        }
        Ok(())
    }
}

/// Whether a row is a record: not computed from others, and not the store's own bookkeeping.
fn is_record(key: &[u8]) -> bool {
    let derived = key.first().is_some_and(|byte| index::DERIVED.contains(byte));
    let own = decode_key::<Meta>(key).is_some_and(|name| meta::is_own(&name));
    !derived && !own
}

fn load_export(
    folder: &Folder,
    rows: &mut Rows<'_>,
    report: &mut RebuildReport,
) -> Result<(), OpenError> {
    for (_, path) in export::list(&folder.exports()).into_iter().rev() {
        // Once to its end, so that half an export never gets in.
        let header = match export::read(&path, |_, _| Ok(())) {
            Ok(header) => header,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "an export cannot be read");
                report.unreadable_exports.push(path);
                continue;
            }
        };
        export::read(&path, |key, value| match is_record(key) {
            true => rows.add((key, Some(value))),
            false => Ok(()),
        })?;
        report.export_seq = header.seq;
        report.last_seq = header.seq;
        report.export = Some(path);
        break;
    }
    Ok(())
}

fn replay_journal(
    folder: &Folder,
    rows: &mut Rows<'_>,
    report: &mut RebuildReport,
) -> Result<(), OpenError> {
    let after = report.export_seq;
    let found = replay(&folder.journal(), after, |frame| {
        if report.replayed == 0 && frame.first > after + 1 {
            report.missing = Some((after + 1, frame.first - 1));
        }
        report.replayed += 1;
        report.last_seq = frame.last;
        for op in frame.ops().filter(|(key, _)| is_record(key)) {
            rows.add(op)?;
        }
        Ok(())
    })?;
    let next = found.next;
    report.last_seq = report.last_seq.max(next - 1);
    if let Some(damage) = found.damage {
        report.journal_damage = Some(format!("{}: {}", damage.path.display(), damage.reason));
        // They must not stand in the way of the next opening; their readable part is replayed.
        let journal = journal::files(&folder.journal())?;
        let damaged = journal.into_iter().skip_while(|file| file.path != damage.path);
        for file in damaged {
            report.quarantined.push(folder.quarantine(&file.path)?);
        }
    }
    Ok(())
}

fn compute_indexes(rows: &mut Rows<'_>, report: &mut RebuildReport) -> Result<(), OpenError> {
    for stored in rows.db.scan_prefix([Items::BYTE]) {
        let (key, first) = stored.map_err(unwritten)?;
        let item = record::<Items>(rows.db, &key, &first)?.map(|item| index::of_item(&item));
        add_all(rows, report, item)?;
    }
    for stored in rows.db.scan_prefix([Alerts::BYTE]) {
        let (key, first) = stored.map_err(unwritten)?;
        let alert = record::<Alerts>(rows.db, &key, &first)?.map(|alert| index::of_alert(&alert));
        add_all(rows, report, alert)?;
    }
    Ok(())
}

fn add_all(
    rows: &mut Rows<'_>,
    report: &mut RebuildReport,
    index: Option<std::collections::BTreeSet<Vec<u8>>>,
) -> Result<(), StoreError> {
    let Some(index) = index else {
        report.unreadable_records += 1;
        return Ok(());
    };
    report.index_rows += index.len() as u64;
    index.iter().try_for_each(|key| rows.add((key, Some(&[]))))
}

/// A record with its further pieces; `None` if it cannot be read.
fn record<T: Table>(
    db: &sled::Db,
    key: &[u8],
    first: &[u8],
) -> Result<Option<T::Value>, StoreError> {
    let whole = match split::Head::of(first) {
        Some(head) => {
            let numbers = 1..=head.further;
            let pieces = numbers.map(|number| db.get(split::piece_key(key, number)));
            let pieces: Vec<_> = pieces.collect::<Result<_, _>>().map_err(unwritten)?;
            let pieces: Option<Vec<Vec<u8>>> =
                pieces.into_iter().map(|piece| piece.map(|piece| piece.to_vec())).collect();
            pieces.and_then(|pieces| head.join(&pieces))
        }
        None => Some(first.to_vec()),
    };
    Ok(whole.and_then(|whole| value::decode::<T>(&whole).ok()))
}
