//! The model of an engine: a sorted map. It says what the others must do, and serves tests.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::sync::watch;

use crate::engine::{Answer, Engine, Row, Seq, WriteSet, sequence};
use crate::error::{CommitError, StoreError};
use crate::health::Health;

pub(crate) struct MemoryEngine {
    rows: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
    last: watch::Sender<Seq>,
    closed: AtomicBool,
}

impl MemoryEngine {
    pub(crate) fn new() -> Self {
        Self {
            rows: RwLock::default(),
            last: watch::Sender::new(0),
            closed: AtomicBool::new(false),
        }
    }

    fn rows(&self) -> RwLockReadGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        // Nothing between taking the lock and letting it go leaves the map half changed.
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, set: &WriteSet) -> Result<Seq, CommitError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(StoreError::Closed.into());
        }
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let mut outcomes = sequence([set].into_iter(), |key| Ok(rows.get(key).cloned()))?;
        let leftover = outcomes.pop().expect("one set, one outcome")?;
        for (key, value) in set.ops.iter().chain(leftover.iter()) {
            match value {
                Some(value) => rows.insert(key.to_vec(), value.to_vec()),
                None => rows.remove(key),
            };
        }
        let seq = *self.last.borrow() + 1;
        self.last.send_replace(seq);
        Ok(seq)
    }
}

impl Engine for MemoryEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows().get(key).cloned())
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
        let rows = self.rows();
        let range = rows.range(from.to_vec()..to.to_vec());
        let owned = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        Ok(if reversed {
            range.rev().take(limit).map(owned).collect()
        } else {
            range.take(limit).map(owned).collect()
        })
    }

    fn apply(&self, set: WriteSet) -> Answer<Result<Seq, CommitError>> {
        Box::pin(std::future::ready(self.commit(&set)))
    }

    fn barrier(&self) -> Answer<Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn subscribe(&self) -> watch::Receiver<Seq> {
        self.last.subscribe()
    }

    fn shutdown(&self) -> Result<(), StoreError> {
        self.closed.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn health(&self) -> Health {
        let last = *self.last.borrow();
        Health { commits: last, last_seq: last, durable_seq: last, ..Health::default() }
    }

    fn alive(&self) -> Duration {
        Duration::ZERO
    }

    fn exports(&self) -> Option<PathBuf> {
        None
    }

    fn exported(&self) {}
}
