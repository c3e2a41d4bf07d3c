//! The only crate that names sled: keys, encoding, migrations, atomic commits.
//!
//! [`Store`] reads typed [`tables`] and takes [`Commit`]s; a commit is durable when it returns.
//! Inside, one narrow trait over bytes has a model in memory and sled behind a commit journal.

mod commit;
mod engine;
mod error;
mod health;
mod key;
pub mod limits;
mod memory;
mod range;
mod settings;
mod split;
mod store;
pub mod tables;
mod text;
mod value;
mod wait;

pub use crate::commit::{Commit, Version, Versioned};
pub use crate::engine::Seq;
pub use crate::error::{CommitError, OpenError, StoreError};
pub use crate::health::Health;
pub use crate::key::{Key, Prefix};
pub use crate::range::Range;
pub use crate::settings::Settings;
pub use crate::store::Store;
pub use crate::tables::Table;
