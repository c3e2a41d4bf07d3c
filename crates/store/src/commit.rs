//! What is written together: all of it or nothing, and only if the rows that it was planned on
//! are still as they were read.

use std::collections::BTreeMap;

use model::{Alert, Item, ItemId};

use crate::engine::{Expect, Ops, WriteSet};
use crate::error::CommitError;
use crate::limits::{COMMIT_BYTES, KEY_BYTES, RECORD_BYTES, VALUE_BYTES};
use crate::tables::{self, Alerts, Items, Table, Texts};
use crate::{index, split, text, value};

/// The version of a row: a hash of its stored bytes, or [`Version::ABSENT`]. Equal versions mean
/// equal rows, on any engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version([u8; 16]);

impl Version {
    /// There is no such row.
    pub const ABSENT: Self = Self([0; 16]);

    pub(crate) fn of(stored: Option<&[u8]>) -> Self {
        stored.map_or(Self::ABSENT, |bytes| Self(split::hash(bytes)))
    }
}

/// A row as it was read.
#[derive(Clone, Debug)]
pub struct Versioned<V> {
    /// `None` if there is no such row.
    pub value: Option<V>,
    /// For [`Commit::expect`].
    pub version: Version,
}

#[derive(Clone, Debug)]
enum Change {
    Put { first: Vec<u8>, further: Vec<Vec<u8>> },
    Delete,
}

/// A set of puts and deletes that becomes durable as one. The last change to a row counts.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    expects: Vec<Expect>,
    changes: BTreeMap<Vec<u8>, Change>,
    bytes: usize,
    /// The first row that cannot be stored; the commit fails with it.
    refused: Option<CommitError>,
}

impl Commit {
    /// The commit fails with [`CommitError::Conflict`] unless the row still has this version.
    pub fn expect<T: Table>(&mut self, key: &T::Key, version: Version) {
        self.expects.push(Expect { key: tables::key::<T>(key), version });
    }

    /// Stores a row. What the store cannot take is told by the commit, not here.
    pub fn put<T: Table>(&mut self, key: &T::Key, value: &T::Value) {
        let key = tables::key::<T>(key);
        match encode::<T>(&key, value) {
            Ok((first, further)) => self.change(key, Change::Put { first, further }),
            Err(reason) => self.refuse(&key, reason),
        }
    }

    /// Removes a row with all its pieces; nothing if there is none.
    pub fn delete<T: Table>(&mut self, key: &T::Key) {
        self.change(tables::key::<T>(key), Change::Delete);
    }

    /// Stores the text that an item has since `revision`. A revision that leaves the text as it
    /// was stores none.
    pub fn put_text(&mut self, item: ItemId, revision: u32, text: &str) {
        match text::pack(text) {
            Ok(packed) => self.put::<Texts>(&(item, revision), &packed),
            Err(reason) => self.refuse(&tables::key::<Texts>(&(item, revision)), reason),
        }
    }

    /// Stores an item that was not there before, with its index rows.
    pub fn put_item(&mut self, item: &Item) {
        self.put::<Items>(&item.id, item);
        for row in index::of_item(item) {
            self.put_index(row);
        }
    }

    /// Stores an item that was `before`, and what differs in its index rows.
    pub fn replace_item(&mut self, before: &Item, after: &Item) {
        let (old, new) = (index::of_item(before), index::of_item(after));
        for gone in old.difference(&new) {
            self.change(gone.clone(), Change::Delete);
        }
        for row in new.difference(&old) {
            self.put_index(row.clone());
        }
        self.put::<Items>(&after.id, after);
    }

    /// Removes an item and its index rows; its texts, revisions and aliases are the caller's.
    pub fn delete_item(&mut self, item: &Item) {
        self.delete::<Items>(&item.id);
        for row in index::of_item(item) {
            self.change(row, Change::Delete);
        }
    }

    /// Stores an alert with its row in the order of time. Its time never changes.
    pub fn put_alert(&mut self, alert: &Alert) {
        self.put::<Alerts>(&alert.id, alert);
        for row in index::of_alert(alert) {
            self.put_index(row);
        }
    }

    fn put_index(&mut self, row: Vec<u8>) {
        self.change(row, Change::Put { first: Vec::new(), further: Vec::new() });
    }

    /// Nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.refused.is_none()
    }

    /// Rows that are put or deleted, a long one counted once.
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Bytes of all keys and values, compressed as they are stored.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn change(&mut self, key: Vec<u8>, change: Change) {
        if key.len() > KEY_BYTES - 3 {
            return self.refuse(&key, format!("a key of {} bytes", key.len()));
        }
        self.bytes += size(&key, &change);
        let key_bytes = key.len();
        if let Some(before) = self.changes.insert(key, change) {
            self.bytes -= key_bytes + value_size(&before);
        }
    }

    fn refuse(&mut self, key: &[u8], reason: String) {
        let (table, key) = tables::describe(&key[..key.len().min(2 * KEY_BYTES)]);
        self.refused.get_or_insert(CommitError::Refused { table, key, reason });
    }

    /// The form in which the engine takes it.
    pub(crate) fn into_set(self) -> Result<WriteSet, CommitError> {
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        if self.bytes > COMMIT_BYTES {
            return Err(CommitError::TooLarge { bytes: self.bytes, limit: COMMIT_BYTES });
        }
        let mut ops = Ops::with_capacity(self.bytes + 8 * self.changes.len());
        for (key, change) in &self.changes {
            match change {
                Change::Delete => ops.delete(key),
                Change::Put { first, further } => {
                    ops.put(key, first);
                    for (number, piece) in (1..).zip(further) {
                        ops.put(&split::piece_key(key, number), piece);
                    }
                }
            }
        }
        Ok(WriteSet { expects: self.expects, ops })
    }
}

fn value_size(change: &Change) -> usize {
    match change {
        Change::Delete => 0,
        Change::Put { first, further } => first.len() + further.iter().map(Vec::len).sum::<usize>(),
    }
}

fn size(key: &[u8], change: &Change) -> usize {
    key.len() + value_size(change)
}

/// The one place where the size of a record is held.
fn encode<T: Table>(key: &[u8], value: &T::Value) -> Result<(Vec<u8>, Vec<Vec<u8>>), String> {
    let whole = value::encode::<T>(value)?;
    if whole.len() > VALUE_BYTES {
        return Err(format!("a value of {} bytes, at most {VALUE_BYTES} are kept", whole.len()));
    }
    let (first, further) = if T::SPLIT { split::cut(whole) } else { (whole, Vec::new()) };
    let bytes = key.len() + first.len();
    if bytes > RECORD_BYTES {
        return Err(format!("a record of {bytes} bytes, at most {RECORD_BYTES} are kept"));
    }
    Ok((first, further))
}
