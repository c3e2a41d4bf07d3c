//! How the store is doing.

use serde::Serialize;

use crate::engine::Seq;

/// Figures for `/healthz`, metrics and `doctor`; cheap to ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Why the store no longer takes writes; the process must stop.
    pub poisoned: Option<String>,
    /// Bytes of the engine's files on disk.
    pub size_bytes: u64,
    /// Bytes of the commit journal on disk.
    pub journal_bytes: u64,
    /// Commits since the store was opened.
    pub commits: u64,
    /// The number of the last commit.
    pub last_seq: Seq,
    /// The number of the last commit that the engine's own files are known to hold on disk.
    pub durable_seq: Seq,
    /// Commits that wait for the writer.
    pub queued: usize,
    /// Files in sled's folder of large values: anything but 0 is a bug of ours.
    pub blob_files: u64,
    /// Errors that sled logged, as told to [`crate::observe_log`].
    pub sled_errors: u64,
    /// Bytes free on the disk, as last seen.
    pub free_bytes: u64,
    /// New items are refused because the disk is nearly full.
    pub full: bool,
    /// The journal has grown so that an export is due, whatever the time of day.
    pub export_due: bool,
    /// Milliseconds that opening took, and commits that were replayed then.
    pub open_ms: u64,
    pub replayed: u64,
    /// Milliseconds since the writer last went through its loop.
    pub writer_idle_ms: u64,
}

impl Health {
    /// Nothing that an operator must act on.
    pub fn is_good(&self) -> bool {
        self.poisoned.is_none()
            && self.blob_files == 0
            && self.sled_errors == 0
            && !self.full
            && self.writer_idle_ms < 10_000
    }
}
