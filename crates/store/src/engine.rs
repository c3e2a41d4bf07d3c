//! The seam between typed tables and an engine: bytes, nothing else.

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use crate::commit::Version;
use crate::error::{CommitError, StoreError};
use crate::health::Health;
use crate::{split, tables};

/// The number of a commit: each is one more than the one before.
pub type Seq = u64;

/// A row: key and value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// The end of a write that an engine has taken.
pub(crate) type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What an engine does. All of it may block, but for waiting on an [`Answer`].
pub(crate) trait Engine: Send + Sync {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// At most `limit` rows of `[from, to)`, from the end if `reversed`.
    fn range(
        &self,
        from: &[u8],
        to: &[u8],
        limit: usize,
        reversed: bool,
    ) -> Result<Vec<Row>, StoreError>;
    /// Checks what the set expects and makes it durable as a whole.
    fn apply(&self, set: WriteSet) -> Answer<Result<Seq, CommitError>>;
    /// Everything answered so far is in the engine's own files, and those are on the disk.
    fn barrier(&self) -> Answer<Result<(), StoreError>>;
    /// Numbers of commits, as they are made.
    fn subscribe(&self) -> tokio::sync::watch::Receiver<Seq>;
    /// Takes no more writes, finishes those it has, makes all durable.
    fn shutdown(&self) -> Result<(), StoreError>;
    fn health(&self) -> Health;
    /// How long ago the writer last went through its loop.
    fn alive(&self) -> Duration;
    /// The folder of its own exports, if it has one.
    fn exports(&self) -> Option<PathBuf>;
    /// There is a new export in that folder.
    fn exported(&self);
}

/// A row that a set was planned on.
#[derive(Clone, Debug)]
pub(crate) struct Expect {
    pub(crate) key: Vec<u8>,
    pub(crate) version: Version,
}

/// A commit as an engine takes it: encoded already, off the writer's thread.
#[derive(Clone, Debug)]
pub(crate) struct WriteSet {
    pub(crate) expects: Vec<Expect>,
    pub(crate) ops: Ops,
}

/// Puts and deletes in the bytes of a journal frame: `key length u16 · value length u32 · key ·
/// value`, big-endian; the length [`DELETE`] stands for a delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ops(pub(crate) Vec<u8>);

const DELETE: u32 = u32::MAX;

/// One put (`Some`) or delete of a key.
pub(crate) type Op<'a> = (&'a [u8], Option<&'a [u8]>);

impl Ops {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }
    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) {
        let length = u32::try_from(value.len()).expect("records are bounded");
        self.push(key, length);
        self.0.extend_from_slice(value);
    }
    pub(crate) fn delete(&mut self, key: &[u8]) {
        self.push(key, DELETE);
    }
    fn push(&mut self, key: &[u8], length: u32) {
        let key_length = u16::try_from(key.len()).expect("keys are bounded");
        self.0.extend_from_slice(&key_length.to_be_bytes());
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(key);
    }
    pub(crate) fn iter(&self) -> OpsIter<'_> {
        OpsIter(&self.0)
    }
}

/// Ends early where the bytes are not ops.
pub(crate) struct OpsIter<'a>(pub(crate) &'a [u8]);

impl<'a> OpsIter<'a> {
    /// All bytes were ops.
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> Iterator for OpsIter<'a> {
    type Item = Op<'a>;
    fn next(&mut self) -> Option<Op<'a>> {
        let (key_length, rest) = self.0.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (key, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*key_length)))?;
        let (value, rest) = match u32::from_be_bytes(*length) {
            DELETE => (None, rest),
            length => {
                let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Some(value), rest)
            }
        };
        self.0 = rest;
        Some((key, value))
    }
}

/// Brings the sets of a group into order: for each, whether its expectations hold after the sets
/// before it, and the deletes of pieces that it leaves behind. One function for every engine.
pub(crate) fn sequence<'a>(
    sets: impl Iterator<Item = &'a WriteSet>,
    get: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<Vec<Result<Ops, CommitError>>, StoreError> {
    let mut outcomes = Vec::new();
    let mut changed: HashMap<&[u8], Option<&[u8]>> = HashMap::new();
    let mut before: Option<&WriteSet> = None;
    for set in sets {
        changed.extend(before.take().into_iter().flat_map(|set| set.ops.iter()));
        let current = |key: &[u8]| match changed.get(key) {
            Some(value) => Ok(value.map(Cow::Borrowed)),
            None => get(key).map(|value| value.map(Cow::Owned)),
        };
        let outcome = check(set, current)?;
        if outcome.is_ok() {
            before = Some(set);
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn check<'a>(
    set: &WriteSet,
    current: impl Fn(&[u8]) -> Result<Option<Cow<'a, [u8]>>, StoreError>,
) -> Result<Result<Ops, CommitError>, StoreError> {
    // What was read to check the expectations is not read again below.
    let mut stored: HashMap<&[u8], u16> = HashMap::with_capacity(set.expects.len());
    for expect in &set.expects {
        let value = current(&expect.key)?;
        if Version::of(value.as_deref()) != expect.version {
            let (table, key) = tables::describe(&expect.key);
            return Ok(Err(CommitError::Conflict { table, key }));
        }
        stored.insert(&expect.key, split::further(value.as_deref()));
    }
    let mut leftover = Ops::default();
    for (key, value) in set.ops.iter() {
        if tables::of(key).is_some_and(|table| table.split) {
            let before = match stored.get(key) {
                Some(further) => *further,
                None => split::further(current(key)?.as_deref()),
            };
            for number in split::further(value)..before {
                leftover.delete(&split::piece_key(key, number + 1));
            }
        }
    }
    Ok(Ok(leftover))
}
