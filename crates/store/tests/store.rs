//! The store from outside: what every engine must do, and what sled and the journal do when
//! files are torn, damaged or foreign.

#![allow(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod common;
mod conformance;
mod recovery;
