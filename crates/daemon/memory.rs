//! What the C library's allocator is told about how this program lives: for years, mostly idle.
//! Measured with 11,000 sources that were polled once: 65 MB resident without it, see
//! ARCHITECTURE.md, "Measured".

/// Blocks from this many bytes on have pages of their own, which go back as soon as they are freed,
/// and which cost nothing until they are written. Left alone, glibc raises its bound to the largest
/// block that was ever freed, such as a file of the configuration; then sled's counters (forty-two
/// times 512 KiB, hardly written) are cleared in the heap and stay.
const LARGE_BYTES: i32 = 256 * 1024;

/// To be called before anything large is allocated.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the allocator is told in C only")]
pub(crate) fn keep_large_apart() {
    // SAFETY: sets a number of the allocator under its own lock.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES) };
}

/// Gives free pages between live blocks back to the system: after much was read once, such as a
/// configuration.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the allocator is told in C only")]
pub(crate) fn give_back() {
    // SAFETY: touches free pages only, under the allocator's own locks.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn keep_large_apart() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
