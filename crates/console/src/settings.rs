//! What configuration tells the console.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use model::{HttpUrl, SourceId};

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

/// What lists show of a configured source; its words are shared with the pipeline's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceInfo {
    pub id: SourceId,
    pub name: Arc<str>,
    pub url: HttpUrl,
    /// `feed`, `sitemap`, `list`, `page`, `notices` or `entities`.
    pub connector: &'static str,
    pub every: std::time::Duration,
    pub category: Option<Arc<str>>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Arc<str>>,
    /// BCP 47.
    pub lang: Option<Arc<str>>,
    /// Present: the source is off, for this reason.
    pub off: Option<Arc<str>>,
    /// Present: its host's robots.txt is set aside, for this reason.
    pub robots_ignored: Option<Arc<str>>,
    /// `ok`, `pending`, `restricted`: whether its data may be used.
    pub terms: Option<Arc<str>>,
    /// Under which licence.
    pub licence: Option<Arc<str>>,
}
