//! Names and keys that nobody can guess: from the operating system.

use std::fmt::Write;

use model::SubscriptionId;

/// The system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random numbers")]
pub(crate) struct NoRandomness(#[from] getrandom::Error);

/// The last part of a callback's address: 128 bits.
pub(crate) fn id() -> Result<SubscriptionId, NoRandomness> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(SubscriptionId(bytes))
}

/// The key of signatures: 256 bits in 64 digits, fewer than the 200 bytes that section 5.1 allows.
pub(crate) fn secret() -> Result<String, NoRandomness> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to memory");
        hex
    }))
}
