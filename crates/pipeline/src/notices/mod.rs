//! Procurement procedures: which notices belong together, and what each one means.

mod changes;
mod lifecycle;
mod twins;

pub use changes::{Change, changes};
pub use lifecycle::{News, Verdict, claims, lookups, verdict};
pub use twins::twin_keys;
