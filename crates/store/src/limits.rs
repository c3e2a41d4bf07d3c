//! Bounds of the store, each with its reason.

/// Bytes of a key and its value together. sled writes up to 17 of them in one page image, and an
/// image above 131,052 bytes goes, without any fsync, to a file of its own.
pub const RECORD_BYTES: usize = 6 * 1024;
/// Bytes of a key.
pub const KEY_BYTES: usize = 255;
/// Bytes of one piece of a long value.
pub const PIECE_BYTES: usize = 4 * 1024;
/// Rows of one page.
pub const PAGE_ROWS: usize = 1_000;
/// Bytes of a commit: it becomes one journal frame and one batch, which holds off all readers.
pub const COMMIT_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a value before it is cut into pieces.
pub const VALUE_BYTES: usize = 2 * 1024 * 1024;
/// Commits that wait for the writer; more wait for a place.
pub(crate) const QUEUE: usize = 256;
/// Commits that share one fsync, and the bytes at which a group is closed.
pub(crate) const GROUP_SETS: usize = 64;
pub(crate) const GROUP_BYTES: usize = 512 * 1024;
