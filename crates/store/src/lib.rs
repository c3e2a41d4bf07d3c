#![doc = include_str!("../README.md")]

mod commit;
mod engine;
mod error;
mod export;
mod folder;
mod frame;
#[cfg(test)]
mod golden;
mod health;
mod index;
mod journal;
mod key;
mod ledger;
pub mod limits;
mod memory;
mod meta;
mod old;
mod opener;
mod range;
mod rebuild;
mod settings;
mod sled_engine;
mod split;
mod stats;
mod store;
pub mod tables;
mod text;
mod value;
mod verify;
mod wait;
mod writer;

pub use crate::commit::{Commit, Version, Versioned};
pub use crate::engine::Seq;
pub use crate::error::{CommitError, OpenError, StoreError};
pub use crate::export::ExportReport;
pub use crate::health::Health;
pub use crate::key::{Key, Prefix};
pub use crate::ledger::{Asked, Configured};
pub use crate::opener::{abort_on_sled_thread_panic, observe_log};
pub use crate::range::Range;
pub use crate::rebuild::{RebuildReport, rebuild};
pub use crate::settings::Settings;
pub use crate::stats::{LastExport, Stats, TableStats};
pub use crate::store::{Page, Store};
pub use crate::tables::Table;
pub use crate::verify::Finding;
