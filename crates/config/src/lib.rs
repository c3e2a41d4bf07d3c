//! `config/` and `watchlists/` to everybody's settings, every mistake reported at once.
//!
//! Reading goes in two steps. The syntax first: a statement that cannot be parsed is reported and
//! taken out, so that all others are still read (`document`). Then each entry on its own, key by
//! key: a value goes through the door of its type, a refusal is reported at its place, a key that
//! nobody asked for is unknown (`table`). In the end the watchlists are compiled and every
//! example of every rule is tried.
//!
//! Nothing here panics on any input, and nothing starts with half a configuration:
//! [`Loaded::config`] is there only when there is no problem at all.

mod alerts;
mod channels;
mod config;
mod connectors;
mod criteria;
mod digests;
mod document;
mod environment;
mod examples;
mod files;
mod find;
mod groups;
mod load;
mod near;
mod pieces;
mod problem;
mod robots;
mod secret;
mod settings;
mod sources;
mod statement;
mod table;
mod value;
mod watchlists;
mod websub;

pub use crate::config::{Config, Keep};
pub use crate::environment::Environment;
pub use crate::find::{NotFound, find};
pub use crate::load::{Loaded, load};
pub use crate::problem::Problem;
