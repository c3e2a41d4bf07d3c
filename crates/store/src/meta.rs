//! What the store knows about itself.

use crate::engine::{Op, Seq};
use crate::error::{OpenError, StoreError};
use crate::store::damaged;
use crate::tables::{self, Meta};
use crate::value;

/// The layout of keys and tables. A change of it adds a migration.
pub(crate) const SCHEMA: u32 = 1;

const SCHEMA_NAME: &str = "schema";
const COMMIT_SEQ: &str = "commit_seq";

/// Names of rows that no export and no journal brings into another store.
pub(crate) fn is_own(name: &str) -> bool {
    name == SCHEMA_NAME || name == COMMIT_SEQ
}

fn row(name: &str, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let value = value::encode::<Meta>(&bytes.to_vec()).expect("bytes are always encoded");
    (tables::key::<Meta>(&name.to_owned()), value)
}

/// The batch of `ops` that takes the store to the commit `seq`, whole or not at all.
pub(crate) fn batch<'a>(ops: impl Iterator<Item = Op<'a>>, seq: Seq) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for (key, value) in ops {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    let (key, value) = row(COMMIT_SEQ, &seq.to_be_bytes());
    batch.insert(key, value);
    batch
}

fn read<const N: usize>(db: &sled::Db, name: &str) -> Result<Option<[u8; N]>, OpenError> {
    let key = tables::key::<Meta>(&name.to_owned());
    let stored = db.get(&key).map_err(crate::writer::read_error)?;
    let Some(stored) = stored else { return Ok(None) };
    let bytes = value::decode::<Meta>(&stored).map_err(|reason| damaged(&key, reason))?;
    let bytes = bytes.try_into().map_err(|_| damaged(&key, format!("not {N} bytes")))?;
    Ok(Some(bytes))
}

/// The number of the last commit that sled holds; 0 for none.
pub(crate) fn commit_seq(db: &sled::Db) -> Result<Seq, OpenError> {
    Ok(read(db, COMMIT_SEQ)?.map_or(0, Seq::from_be_bytes))
}

/// Refuses a store of a later release; marks a new one as ours.
pub(crate) fn check_schema(db: &sled::Db) -> Result<(), OpenError> {
    match read(db, SCHEMA_NAME)?.map(u32::from_be_bytes) {
        Some(found) if found > SCHEMA => Err(OpenError::SchemaTooNew { found, known: SCHEMA }),
        // There is no older layout yet: the first migration goes here.
        Some(_) => Ok(()),
        None => {
            let (key, value) = row(SCHEMA_NAME, &SCHEMA.to_be_bytes());
            let inserted = db.insert(key, value).map(drop);
            Ok(inserted.map_err(|error| StoreError::Read { reason: error.to_string() })?)
        }
    }
}
