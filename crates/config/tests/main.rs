//! What reading a configuration says, for every kind of mistake.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside of test functions")]

mod entries;
mod files;
mod rules;
mod secrets;
mod settings;
mod shipped;
mod support;
mod syntax;
