//! What could not be read, kept until someone or a better parser has looked at it.

use serde::{Deserialize, Serialize};

use crate::id::hash_id;
use crate::{Problem, SourceId, Timestamp};

hash_id!(
    /// A kept document: 16 bytes of SHA-256 over its source and its bytes.
    QuarantineId
);

/// A document that could not be read, or of which entries were rejected. Its bytes are kept beside
/// it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quarantined {
    pub source: SourceId,
    /// When it came.
    pub first: Timestamp,
    /// When it, or one with the same trouble, came last.
    pub last: Timestamp,
    /// How often, as far as it was counted.
    pub times: u32,
    /// Why, at most 200 bytes.
    pub reason: String,
    /// Entries that were rejected; 0: nothing of the document could be used.
    pub rejected: u32,
    /// The parts that could not be used; the first ones where there are many.
    pub problems: Vec<Problem>,
    /// How it was read: `feed`.
    pub connector: String,
    /// The address that answered.
    pub url: String,
    pub content_type: Option<String>,
    pub status: u16,
    /// Bytes of the document after decompression.
    pub bytes: u64,
    /// Bytes that are kept; fewer than `bytes`: it was too large to be kept whole and cannot be
    /// read again from here.
    pub kept: u64,
    /// When it was last read again, in vain.
    pub retried: Option<Timestamp>,
}

impl Quarantined {
    /// It is kept whole and can be read again.
    pub fn is_whole(&self) -> bool {
        self.kept == self.bytes
    }
}
