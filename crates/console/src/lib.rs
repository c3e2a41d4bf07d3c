//! The router over the store: JSON for the command line, feeds and health for everyone.
mod settings;
pub use settings::{Settings, SourceInfo};
