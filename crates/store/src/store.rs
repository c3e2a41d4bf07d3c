//! The store as everyone sees it: typed reads and one way to write.

use std::sync::Arc;
use std::time::Duration;

use model::ItemId;
use tokio::sync::watch;

use crate::commit::{Commit, Version, Versioned};
use crate::engine::{Engine, Row, Seq};
use crate::error::{CommitError, OpenError, StoreError};
use crate::health::Health;
use crate::limits::PAGE_ROWS;
use crate::memory::MemoryEngine;
use crate::range::Range;
use crate::settings::Settings;
use crate::split::{self, Head};
use crate::tables::{self, Table, Texts};
use crate::{sled_engine, text, value, wait};

/// Rows of a table, in the order of the range that they were asked for.
pub type Page<T> = Vec<(<T as Table>::Key, <T as Table>::Value)>;

/// How often a long value is read again when its pieces change meanwhile.
const REREADS: usize = 16;

/// The store; clones share it. Reads may block for the time of a disk access.
#[derive(Clone)]
pub struct Store {
    pub(crate) engine: Arc<dyn Engine>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("last_seq", &*self.subscribe().borrow()).finish()
    }
}

impl Store {
    /// Opens the store in the data folder, making it if there is none, and replays what the
    /// journal has and the engine has not. Blocks, after a crash for seconds.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        Ok(Self { engine: Arc::new(sled_engine::open(settings)?) })
    }

    /// A store that forgets everything with its last clone: for tests.
    pub fn in_memory() -> Self {
        Self { engine: Arc::new(MemoryEngine::new()) }
    }

    /// One row.
    pub fn get<T: Table>(&self, key: &T::Key) -> Result<Option<T::Value>, StoreError> {
        self.read_stored::<T>(&tables::key::<T>(key), None, |_| {})
    }

    /// One row with its version, for [`Commit::expect`].
    pub fn read<T: Table>(&self, key: &T::Key) -> Result<Versioned<T::Value>, StoreError> {
        let mut version = Version::ABSENT;
        let see = |bytes: &[u8]| version = Version::of(Some(bytes));
        let value = self.read_stored::<T>(&tables::key::<T>(key), None, see)?;
        // One that was deleted between two readings of its pieces is absent.
        let version = if value.is_some() { version } else { Version::ABSENT };
        Ok(Versioned { value, version })
    }

    /// At most `limit` rows (held to 1..=[`PAGE_ROWS`]), each as it is when it is reached: a
    /// long walk sees commits that happen meanwhile.
    pub fn page<T: Table>(&self, range: Range<T>, limit: usize) -> Result<Page<T>, StoreError> {
        let (from, to) = range.bounds();
        let rows = self.engine.range(&from, &to, limit.clamp(1, PAGE_ROWS), range.reversed)?;
        let mut page = Vec::with_capacity(rows.len());
        for (stored, bytes) in rows {
            let key = tables::decode_key::<T>(&stored)
                .ok_or_else(|| damaged(&stored, "not a key of this table".into()))?;
            // A long row can be gone by the time its pieces are read.
            if let Some(value) = self.read_stored::<T>(&stored, Some(bytes), |_| {})? {
                page.push((key, value));
            }
        }
        Ok(page)
    }

    /// The text that an item had at `revision`: the newest one stored up to then.
    pub fn text(&self, item: ItemId, revision: u32) -> Result<Option<String>, StoreError> {
        let range = Range::<Texts>::up_to(&(item, revision));
        let (_, to) = range.bounds();
        let (from, _) = Range::<Texts>::prefix(&item).bounds();
        let Some((stored, bytes)) = self.engine.range(&from, &to, 1, true)?.pop() else {
            return Ok(None);
        };
        match self.read_stored::<Texts>(&stored, Some(bytes), |_| {})? {
            Some(packed) => {
                text::unpack(&packed).map(Some).map_err(|reason| damaged(&stored, reason))
            }
            None => Ok(None),
        }
    }

    /// Makes the commit durable; once it returns, the commit survives any crash.
    pub async fn commit(&self, commit: Commit) -> Result<Seq, CommitError> {
        let set = commit.into_set()?;
        self.engine.apply(set).await
    }

    /// [`Store::commit`] for threads that may block.
    pub fn commit_blocking(&self, commit: Commit) -> Result<Seq, CommitError> {
        wait::until(self.commit(commit))
    }

    /// Waits until the engine's own files hold everything on disk. Commits are durable without
    /// it, by the journal.
    pub async fn barrier(&self) -> Result<(), StoreError> {
        self.engine.barrier().await
    }

    /// [`Store::barrier`] for threads that may block.
    pub fn barrier_blocking(&self) -> Result<(), StoreError> {
        wait::until(self.engine.barrier())
    }

    /// The number of the last commit, each time that there is a new one.
    pub fn subscribe(&self) -> watch::Receiver<Seq> {
        self.engine.subscribe()
    }

    /// How long ago the writer last went through its loop; it does so twice a second even when
    /// there is nothing to do. Above some seconds it hangs.
    pub fn writer_alive(&self) -> Duration {
        self.engine.alive()
    }

    /// Why the store no longer takes writes, if so; the process must stop and start again.
    pub fn poisoned(&self) -> Option<String> {
        self.health().poisoned
    }

    /// How the store is doing.
    pub fn health(&self) -> Health {
        self.engine.health()
    }

    /// Takes no more writes, finishes those under way and makes everything durable. Reads go on.
    pub fn shutdown(&self) -> Result<(), StoreError> {
        self.engine.shutdown()
    }

    /// A row from its first stored bytes (`None`: not read yet), with its further pieces. `see` is
    /// shown those first bytes, which are the row's version: hashing them is for the few who ask.
    fn read_stored<T: Table>(
        &self,
        stored: &[u8],
        mut first: Option<Vec<u8>>,
        mut see: impl FnMut(&[u8]),
    ) -> Result<Option<T::Value>, StoreError> {
        for _ in 0..REREADS {
            let bytes = match first.take() {
                Some(bytes) => bytes,
                None => match self.engine.get(stored)? {
                    Some(bytes) => bytes,
                    None => return Ok(None),
                },
            };
            see(&bytes);
            let whole = match Head::of(&bytes).filter(|_| T::SPLIT) {
                Some(head) => match head.join(&self.pieces(stored, head.further)?) {
                    Some(whole) => whole,
                    None => continue,
                },
                None => bytes,
            };
            let value = value::decode::<T>(&whole).map_err(|reason| damaged(stored, reason))?;
            return Ok(Some(value));
        }
        Err(damaged(stored, "its pieces do not belong together".into()))
    }

    fn pieces(&self, stored: &[u8], count: u16) -> Result<Vec<Vec<u8>>, StoreError> {
        let from = split::piece_key(stored, 1);
        let to = split::piece_key(stored, count.saturating_add(1));
        let rows = self.engine.range(&from, &to, usize::from(count), false)?;
        Ok(rows.into_iter().map(|(_, piece): Row| piece).collect())
    }
}

pub(crate) fn damaged(stored: &[u8], reason: String) -> StoreError {
    let (table, key) = tables::describe(stored);
    StoreError::Damaged { table, key, reason }
}
