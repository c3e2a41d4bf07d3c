//! What configuration tells the store.

use std::path::PathBuf;

/// Where the store lives and what it may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data folder.
    pub data: PathBuf,
    pub cache_bytes: u64,
    /// Free space below which commits are refused.
    pub min_free_bytes: u64,
}
