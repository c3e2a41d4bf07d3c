//! What configuration tells the console.

use std::net::SocketAddr;
use std::path::PathBuf;

use model::SourceId;

/// Everything that the console is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it answers over TCP: reads only, whatever the address.
    pub listen: SocketAddr,
    /// `<data>/stackwatch.sock`.
    pub socket: PathBuf,
    /// In the order of their ids; those that are off too.
    pub sources: Vec<SourceInfo>,
}

/// What lists show of a configured source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceInfo {
    pub id: SourceId,
    pub name: String,
    pub url: String,
    /// `feed`, `sitemap`, `list`, `page`, `notices` or `entities`.
    pub connector: &'static str,
    pub every: std::time::Duration,
    pub category: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// BCP 47.
    pub lang: Option<String>,
    /// Present: the source is off, for this reason.
    pub off: Option<String>,
    /// Present: its host's robots.txt is set aside, for this reason.
    pub robots_ignored: Option<String>,
    /// `ok`, `pending`, `restricted`: whether its data may be used.
    pub terms: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
}
