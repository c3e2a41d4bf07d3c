//! The router over the store: JSON for the command line, feeds and health for everyone.

mod error;
pub mod query;
pub mod rows;
mod settings;

pub use crate::error::Error;
pub use crate::settings::{Settings, SourceInfo};
