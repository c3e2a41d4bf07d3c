//! The console as its callers see it: questions to a store, and a router on real sockets.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod feed;
mod pages;
mod queries;
mod roads;
mod serving;
mod world;
