//! Digests that stay the same over versions and machines.

use sha2::{Digest, Sha256};

/// The first 16 bytes of SHA-256 over the parts, each behind its length.
pub(crate) fn sha16(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    first(&hash.finalize())
}

/// The first 16 bytes of SHA-256 over `bytes`.
pub(crate) fn sha16_of(bytes: &[u8]) -> [u8; 16] {
    first(&Sha256::digest(bytes))
}

fn first<const N: usize>(digest: &[u8]) -> [u8; N] {
    digest[..N].try_into().expect("a SHA-256 digest has 32 bytes")
}
