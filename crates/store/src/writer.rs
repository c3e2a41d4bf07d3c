//! The one thread that writes: groups what waits, journal first, then sled, then the answers.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use crate::engine::{Ops, Seq, WriteSet, sequence};
use crate::error::{CommitError, StoreError};
use crate::folder::Folder;
use crate::journal::Journal;
use crate::limits::{GROUP_BYTES, GROUP_SETS};
use crate::meta;
use crate::tables::{Items, Revisions, Table, Texts};
use crate::wait;

/// How long the writer sleeps when there is nothing to do, and how old its heartbeat may get.
const TICK: Duration = Duration::from_millis(500);
/// The barrier comes after so many commits or so much time, whichever is first.
const BARRIER_SETS: u64 = 1_000;
const BARRIER_AGE: Duration = Duration::from_secs(2);
const DISK_CHECK: Duration = Duration::from_secs(1);
/// Below this part of `min_free_bytes` nothing at all is taken; above it, all but new items is.
const LAST_RESERVE: u64 = 8;

/// What the writer is asked.
pub(crate) enum Job {
    Commit(WriteSet, oneshot::Sender<Result<Seq, CommitError>>),
    Barrier(oneshot::Sender<Result<(), StoreError>>),
    Stop(oneshot::Sender<Result<(), StoreError>>),
}

/// What the writer lets others see.
pub(crate) struct Shared {
    pub(crate) last: watch::Sender<Seq>,
    pub(crate) durable: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) poison: OnceLock<String>,
    pub(crate) journal_bytes: AtomicU64,
    /// Bytes of the journal that the newest export does not cover.
    pub(crate) unexported_bytes: AtomicU64,
    pub(crate) free_bytes: AtomicU64,
    pub(crate) full: AtomicBool,
    /// Up to where two exports cover the journal, and the newest alone.
    pub(crate) exported: AtomicU64,
    pub(crate) newest_export: AtomicU64,
    pub(crate) born: Instant,
    /// Milliseconds after `born`.
    pub(crate) beat: AtomicU64,
}

impl Shared {
    pub(crate) fn poisoned(&self) -> Option<StoreError> {
        self.poison.get().map(|reason| StoreError::Poisoned { reason: reason.clone() })
    }
    fn millis(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
    pub(crate) fn idle_ms(&self) -> u64 {
        self.millis().saturating_sub(self.beat.load(Relaxed))
    }
}

pub(crate) struct Writer {
    pub(crate) db: sled::Db,
    /// Our own handle of sled's data file: an fsync works on the file, whoever wrote it.
    pub(crate) file: File,
    pub(crate) journal: Journal,
    pub(crate) folder: Folder,
    pub(crate) min_free_bytes: u64,
    pub(crate) shared: Arc<Shared>,
    pub(crate) jobs: mpsc::Receiver<Job>,
    pub(crate) unflushed: u64,
    pub(crate) flushed: Instant,
    pub(crate) disk_checked: Option<Instant>,
}

type Waiting = (WriteSet, oneshot::Sender<Result<Seq, CommitError>>);

/// Nobody may wait any more; that is his business.
fn answer<T>(to: oneshot::Sender<T>, with: T) {
    drop(to.send(with));
}

impl Writer {
    pub(crate) fn run(mut self) {
        loop {
            self.shared.beat.store(self.shared.millis(), Relaxed);
            self.check_disk();
            let job = wait::at_most(TICK, self.jobs.recv());
            self.shared.beat.store(self.shared.millis(), Relaxed);
            let stop = match job {
                None => false,
                Some(None) => true,
                Some(Some(Job::Commit(set, to))) => {
                    let (group, after) = self.gather((set, to));
                    self.commit(group);
                    after.is_some_and(|job| self.control(job))
                }
                Some(Some(job)) => self.control(job),
            };
            if stop {
                break;
            }
            let due = self.unflushed >= BARRIER_SETS || self.flushed.elapsed() >= BARRIER_AGE;
            if self.unflushed > 0 && due {
                // An error poisons; those who wait later are told.
                drop(self.barrier());
            }
        }
        self.end();
    }

    /// All that waits already, up to the bounds of a group, and what stood behind it.
    fn gather(&mut self, first: Waiting) -> (Vec<Waiting>, Option<Job>) {
        let mut bytes = first.0.ops.0.len();
        let mut group = vec![first];
        while group.len() < GROUP_SETS && bytes < GROUP_BYTES {
            match self.jobs.try_recv() {
                Ok(Job::Commit(set, to)) => {
                    bytes += set.ops.0.len();
                    group.push((set, to));
                }
                Ok(job) => return (group, Some(job)),
                Err(_) => break,
            }
        }
        (group, None)
    }

    /// Whether the writer is to stop.
    fn control(&mut self, job: Job) -> bool {
        match job {
            Job::Commit(set, to) => self.commit(vec![(set, to)]),
            Job::Barrier(to) => answer(to, self.barrier()),
            Job::Stop(to) => {
                self.jobs.close();
                // Senders that got in before the end are still served.
                while let Ok(job) = self.jobs.try_recv() {
                    self.control(job);
                }
                answer(to, self.barrier());
                return true;
            }
        }
        false
    }

    fn end(&mut self) {
        if self.unflushed > 0 {
            drop(self.barrier());
        }
    }

    fn commit(&mut self, group: Vec<Waiting>) {
        let refused = |error: CommitError, group: Vec<Waiting>| {
            group.into_iter().for_each(|(_, to)| answer(to, Err(error.clone())));
        };
        if let Some(error) = self.shared.poisoned() {
            return refused(error.into(), group);
        }
        let (group, turned_away) = group.into_iter().partition(|(set, _)| self.has_room(set));
        if let Some(error) = self.full() {
            refused(error, turned_away);
        }
        let sets = group.iter().map(|(set, _): &Waiting| set);
        let db = &self.db;
        let get = |key: &[u8]| db.get(key).map(|v| v.map(|v| v.to_vec())).map_err(read_error);
        let outcomes = match sequence(sets, get) {
            Ok(outcomes) => outcomes,
            Err(error) => {
                self.poison(&error.to_string());
                return refused(error.into(), group);
            }
        };
        let first = self.journal.next();
        if let Err(reason) = self.write(&group, &outcomes) {
            self.poison(&reason);
            return refused(StoreError::Poisoned { reason }.into(), group);
        }
        self.shared.last.send_replace(self.journal.next() - 1);
        // Those that were refused have no number.
        let mut numbers = first..;
        for ((_, to), outcome) in group.into_iter().zip(outcomes) {
            answer(to, outcome.map(|_| numbers.next().expect("numbers do not run out")));
        }
    }

    /// Journal, then sled; the numbers are those of the journal.
    fn write(
        &mut self,
        group: &[Waiting],
        outcomes: &[Result<Ops, CommitError>],
    ) -> Result<(), String> {
        let accepted = || {
            let both = group.iter().zip(outcomes);
            both.filter_map(|((set, _), outcome)| Some((&set.ops, outcome.as_ref().ok()?)))
        };
        let count = accepted().count();
        if count == 0 {
            return Ok(());
        }
        let frames = accepted().map(|(ops, leftover)| [ops.0.as_slice(), leftover.0.as_slice()]);
        self.journal.append(count, frames).map_err(|error| format!("journal: {error}"))?;
        let ops = accepted().flat_map(|(ops, leftover)| ops.iter().chain(leftover.iter()));
        let batch = meta::batch(ops, self.journal.next() - 1);
        self.db.apply_batch(batch).map_err(|error| format!("sled: {error}"))?;
        self.unflushed += count as u64;
        self.shared.commits.fetch_add(count as u64, Relaxed);
        self.note_journal();
        Ok(())
    }

    /// sled's files hold everything on disk; after that the journal may be shortened.
    fn barrier(&mut self) -> Result<(), StoreError> {
        if let Some(error) = self.shared.poisoned() {
            return Err(error);
        }
        let last = self.journal.next() - 1;
        let flush = || {
            self.db.flush().map_err(|error| format!("sled: {error}"))?;
            self.file.sync_data().map_err(|error| format!("sled's file: {error}"))
        };
        if let Err(reason) = flush() {
            self.poison(&reason);
            return Err(StoreError::Poisoned { reason });
        }
        (self.unflushed, self.flushed) = (0, Instant::now());
        self.shared.durable.store(last, Relaxed);
        if let Err(error) = self.journal.prune(last, self.shared.exported.load(Relaxed)) {
            tracing::warn!(%error, "could not remove old journal files");
        }
        self.note_journal();
        Ok(())
    }

    fn note_journal(&self) {
        let newest = self.shared.newest_export.load(Relaxed);
        self.shared.journal_bytes.store(self.journal.bytes(), Relaxed);
        self.shared.unexported_bytes.store(self.journal.bytes_after(newest), Relaxed);
    }

    fn poison(&self, reason: &str) {
        tracing::error!(
            error = reason,
            "the store failed: no more writes until it is opened again"
        );
        drop(self.shared.poison.set(reason.to_owned()));
    }

    fn check_disk(&mut self) {
        if self.disk_checked.is_some_and(|checked| checked.elapsed() < DISK_CHECK) {
            return;
        }
        self.disk_checked = Some(Instant::now());
        match self.folder.free_bytes() {
            Ok(free) => {
                let full = free < self.min_free_bytes;
                self.shared.free_bytes.store(free, Relaxed);
                if self.shared.full.swap(full, Relaxed) != full {
                    tracing::warn!(free_bytes = free, full, "free space on the disk of the store");
                }
            }
            Err(error) => tracing::warn!(%error, "could not ask for the free space"),
        }
    }

    fn full(&self) -> Option<CommitError> {
        let (free, min) = (self.shared.free_bytes.load(Relaxed), self.min_free_bytes);
        (free < min).then_some(CommitError::Full { free_bytes: free, min_free_bytes: min })
    }

    /// What grows the store waits for space; that a message was delivered is still written down.
    fn has_room(&self, set: &WriteSet) -> bool {
        let free = self.shared.free_bytes.load(Relaxed);
        if free >= self.min_free_bytes {
            return true;
        }
        let grows = |key: &[u8]| matches!(key.first(), Some(&byte) if [Items::BYTE, Texts::BYTE, Revisions::BYTE].contains(&byte));
        free >= self.min_free_bytes / LAST_RESERVE
            && !set.ops.iter().any(|(key, value)| value.is_some() && grows(key))
    }
}

pub(crate) fn read_error(error: sled::Error) -> StoreError {
    StoreError::Read { reason: error.to_string() }
}
