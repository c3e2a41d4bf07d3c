//! What configuration tells the console.

use std::net::SocketAddr;
use std::path::PathBuf;

use model::SourceId;

#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    /// `<data>/stackwatch.sock`.
    pub socket: PathBuf,
    pub sources: Vec<SourceInfo>,
}

/// What lists show of a configured source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceInfo {
    pub id: SourceId,
    pub name: String,
    pub url: String,
    pub connector: &'static str,
    pub every: std::time::Duration,
    pub category: Option<String>,
    pub country: Option<String>,
    pub lang: Option<String>,
    pub off: Option<String>,
}
