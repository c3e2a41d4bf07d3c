//! What can go wrong, by what the caller does about it.

use std::path::PathBuf;

/// A read failed, or the store as a whole.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A stored row is not what its table promises; `store verify` lists all of them.
    #[error("table `{table}`, key {key}: {reason}")]
    Damaged { table: &'static str, key: String, reason: String },
    /// A write failed earlier. The process must stop and open the store again.
    #[error("the store failed and must be opened again: {reason}")]
    Poisoned { reason: String },
    /// [`crate::Store::shutdown`] was called.
    #[error("the store is closed")]
    Closed,
    /// The engine could not read.
    #[error("the store could not be read: {reason}")]
    Read { reason: String },
    /// A file beside the engine (export, journal) could not be read or written.
    #[error("{}: {reason}", path.display())]
    Io { path: PathBuf, reason: String },
}

/// A commit did not happen; nothing of it is stored, unless the store is poisoned: then it may
/// or may not be found after the next opening.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// A row is no longer as it was read: plan again on what is there now.
    #[error("table `{table}`, key {key}: changed since it was read")]
    Conflict { table: &'static str, key: String },
    /// The disk is nearly full; try again when there is space.
    #[error(
        "only {free_bytes} bytes are free on the disk of the store, {min_free_bytes} must stay"
    )]
    Full { free_bytes: u64, min_free_bytes: u64 },
    /// A row that the store does not take: a mistake of the caller.
    #[error("table `{table}`, key {key}: {reason}")]
    Refused { table: &'static str, key: String, reason: String },
    /// The commit as a whole is above [`crate::limits::COMMIT_BYTES`].
    #[error("a commit of {bytes} bytes is above the limit of {limit}: split it")]
    TooLarge { bytes: usize, limit: usize },
    /// The store itself.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("another stackwatch{} uses {}", pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), data.display())]
    Locked { data: PathBuf, pid: Option<u32> },
    /// Permissions, space, a path that is no folder.
    #[error("{}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// The engine cannot read its files. Nothing was changed.
    #[error(
        "the store in {} is damaged ({reason}); `stackwatch store rebuild` makes it anew from the \
         last export and the journal, and keeps the damaged one in `quarantine`", path.display()
    )]
    Corrupt { path: PathBuf, reason: String },
    /// Written by a later release.
    #[error(
        "the store has schema {found}, this stackwatch knows up to {known}: use the release that \
         wrote it or a later one"
    )]
    SchemaTooNew { found: u32, known: u32 },
    /// The commit journal does not fit together, or not to the store.
    #[error(
        "the journal {} is damaged: {reason}; `stackwatch store rebuild` makes the store anew from \
         the last export and what of the journal can be read", path.display()
    )]
    JournalDamaged { path: PathBuf, reason: String },
    /// The engine opened, but a read or the replay failed.
    #[error("the store could not be brought up to date")]
    Store(#[from] StoreError),
}
