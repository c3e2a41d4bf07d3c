//! sled behind the commit journal.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use crate::engine::{Answer, Engine, Row, Seq, WriteSet};
use crate::error::{CommitError, OpenError, StoreError};
use crate::folder::{Folder, Lock, at, bytes_below};
use crate::health::Health;
use crate::journal::{Damage, Journal, JournalLimits, replay};
use crate::limits::QUEUE;
use crate::settings::Settings;
use crate::writer::{Job, Shared, Writer, read_error};
use crate::{export, meta, opener, wait};

/// The journal has grown by so much since the last export that the next should not wait.
const EXPORT_DUE_BYTES: u64 = 512 * 1024 * 1024;

pub(crate) struct SledEngine {
    db: sled::Db,
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
    folder: Folder,
    path: PathBuf,
    open_ms: u64,
    replayed: u64,
    /// The last to go.
    _lock: Lock,
}

/// Opens the live store of the folder and brings it up to date with the journal.
pub(crate) fn open(settings: &Settings) -> Result<SledEngine, OpenError> {
    let folder = Folder::new(&settings.data);
    let lock = folder.lock()?;
    let number = folder.current()?;
    start(settings, folder, number, lock)
}

fn start(
    settings: &Settings,
    folder: Folder,
    number: u32,
    lock: Lock,
) -> Result<SledEngine, OpenError> {
    let begun = Instant::now();
    let path = folder.store(number);
    let db = opener::open(&path, settings.cache_bytes)?;
    meta::check_schema(&db)?;
    let (journal, replayed) = catch_up(&db, &folder)?;
    let last = journal.next() - 1;
    let data_file = path.join("db");
    let file = File::open(&data_file).map_err(at(&data_file))?;
    let (newest, exported) = export::covered(&folder.exports());
    let shared = Arc::new(Shared {
        last: watch::Sender::new(last),
        durable: AtomicU64::new(0),
        commits: AtomicU64::new(0),
        poison: OnceLock::new(),
        journal_bytes: AtomicU64::new(journal.bytes()),
        unexported_bytes: AtomicU64::new(journal.bytes_after(newest)),
        free_bytes: AtomicU64::new(folder.free_bytes().map_err(at(&path))?),
        full: AtomicBool::new(false),
        exported: AtomicU64::new(exported),
        newest_export: AtomicU64::new(newest),
        born: Instant::now(),
        beat: AtomicU64::new(0),
    });
    let (jobs, receiver) = mpsc::channel(QUEUE);
    let writer = Writer {
        db: db.clone(),
        file,
        journal,
        folder: folder.clone(),
        min_free_bytes: settings.min_free_bytes,
        shared: shared.clone(),
        jobs: receiver,
        // What the last process did not make durable, this one must.
        unflushed: 1,
        flushed: Instant::now(),
        disk_checked: None,
    };
    let thread = spawn(writer, shared.clone()).map_err(at(&path))?;
    let open_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(open_ms, replayed, store.seq = last, "opened the store");
    let writer = Mutex::new(Some(thread));
    Ok(SledEngine { db, jobs, shared, writer, folder, path, open_ms, replayed, _lock: lock })
}

/// Applies what the journal has and sled has not.
fn catch_up(db: &sled::Db, folder: &Folder) -> Result<(Journal, u64), OpenError> {
    let stored = meta::commit_seq(db)?;
    let mut replayed = 0;
    let mut next = stored + 1;
    let journal = folder.journal();
    let found = replay(&journal, stored, |frame| {
        if frame.first > next {
            let reason =
                format!("begins with commit {}, the store ends with {stored}", frame.first);
            return Err(Damage { path: journal.clone(), reason }.into());
        }
        next = frame.last + 1;
        replayed += 1;
        let batch = meta::batch(frame.ops(), frame.last);
        let applied = db.apply_batch(batch);
        Ok(applied.map_err(|error| StoreError::Read { reason: error.to_string() })?)
    })?;
    if let Some(damage) = found.damage {
        return Err(damage.into());
    }
    if stored >= found.next {
        let reason = format!(
            "it ends with commit {}, the store with {stored}: they do not belong together",
            found.next - 1
        );
        return Err(OpenError::JournalDamaged { path: journal, reason });
    }
    if found.next > next {
        let reason = format!("it continues at commit {}, the store ends with {stored}", found.next);
        return Err(OpenError::JournalDamaged { path: journal, reason });
    }
    Ok((Journal::open(&journal, JournalLimits::default(), found)?, replayed))
}

fn spawn(writer: Writer, shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("store-writer".into()).spawn(move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| writer.run())) {
            let text = opener::panic_text(panic.as_ref());
            drop(shared.poison.set(format!("the writer panicked: {text}")));
        }
    })
}

/// What those get whose writer is gone.
fn gone(shared: &Shared) -> StoreError {
    shared.poisoned().unwrap_or(StoreError::Closed)
}

impl SledEngine {
    /// Lets the writer end and waits for it.
    fn stop(&self) -> Result<(), StoreError> {
        let (to, answer) = oneshot::channel();
        let sent = wait::until(self.jobs.send(Job::Stop(to)));
        let outcome = match sent {
            Ok(()) => wait::until(answer).unwrap_or_else(|_| Err(gone(&self.shared))),
            Err(_) => self.shared.poisoned().map_or(Ok(()), Err),
        };
        let thread = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            return Err(gone(&self.shared));
        }
        outcome
    }
}

impl Drop for SledEngine {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!(%error, "the store did not end well; the journal has every commit");
        }
    }
}

impl Engine for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.db.get(key).map_err(read_error)?.map(|value| value.to_vec()))
    }

    fn range(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        reversed: bool,
    ) -> Result<Vec<Row>, StoreError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let range = self.db.range(from..to);
        let owned = |row: sled::Result<(sled::IVec, sled::IVec)>| match row {
            Ok((key, value)) => Ok((key.to_vec(), value.to_vec())),
            Err(error) => Err(read_error(error)),
        };
        if reversed {
            range.rev().take(limit).map(owned).collect()
        } else {
            range.take(limit).map(owned).collect()
        }
    }

    fn apply(&self, set: WriteSet) -> Answer<Result<Seq, CommitError>> {
        let (jobs, shared) = (self.jobs.clone(), self.shared.clone());
        Box::pin(async move {
            let (to, answer) = oneshot::channel();
            if jobs.send(Job::Commit(set, to)).await.is_err() {
                return Err(gone(&shared).into());
            }
            answer.await.unwrap_or_else(|_| Err(gone(&shared).into()))
        })
    }

    fn barrier(&self) -> Answer<Result<(), StoreError>> {
        let (jobs, shared) = (self.jobs.clone(), self.shared.clone());
        Box::pin(async move {
            let (to, answer) = oneshot::channel();
            if jobs.send(Job::Barrier(to)).await.is_err() {
                return Err(gone(&shared));
            }
            answer.await.unwrap_or_else(|_| Err(gone(&shared)))
        })
    }

    fn subscribe(&self) -> watch::Receiver<Seq> {
        self.shared.last.subscribe()
    }

    fn shutdown(&self) -> Result<(), StoreError> {
        self.stop()
    }

    fn exports(&self) -> Option<PathBuf> {
        Some(self.folder.exports())
    }

    fn exported(&self) {
        let (newest, covered) = export::covered(&self.folder.exports());
        self.shared.newest_export.store(newest, Relaxed);
        self.shared.exported.store(covered, Relaxed);
    }

    fn alive(&self) -> Duration {
        Duration::from_millis(self.shared.idle_ms())
    }

    fn health(&self) -> Health {
        let shared = &self.shared;
        let blobs = std::fs::read_dir(self.path.join("blobs"));
        Health {
            poisoned: shared.poison.get().cloned(),
            size_bytes: bytes_below(&self.path),
            journal_bytes: shared.journal_bytes.load(Relaxed),
            commits: shared.commits.load(Relaxed),
            last_seq: *shared.last.borrow(),
            durable_seq: shared.durable.load(Relaxed),
            queued: self.jobs.max_capacity() - self.jobs.capacity(),
            blob_files: blobs.map_or(0, |entries| entries.count() as u64),
            sled_errors: opener::sled_errors(),
            free_bytes: shared.free_bytes.load(Relaxed),
            full: shared.full.load(Relaxed),
            export_due: shared.unexported_bytes.load(Relaxed) > EXPORT_DUE_BYTES,
            open_ms: self.open_ms,
            replayed: self.replayed,
            writer_idle_ms: shared.idle_ms(),
        }
    }
}
