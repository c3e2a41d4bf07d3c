//! Entity lists as versioned state.

mod diff;
#[cfg(test)]
mod diff_tests;

pub use self::diff::{Change, ChangeKind, Part, apply, diff, expiring, normal};
