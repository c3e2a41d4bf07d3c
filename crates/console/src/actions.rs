//! What the console asks of the daemon: everything that is more than a read of the store.

use std::pin::Pin;

use model::{ChannelId, MessageId, QuarantineId, SourceId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Error;
use crate::query::Vendor;

/// An answer that takes time.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// What only the daemon can do. The console knows the road there and nothing of the work.
pub trait Actions: Send + Sync + 'static {
    /// Sends again what was given up, or waits.
    fn retry_deliveries(&self, which: RetryQuery) -> Answer<Value>;
    /// A trial message over one channel.
    fn test_channel(&self, channel: ChannelId) -> Answer<Value>;
    /// A digest, rendered; sent as well if the question says so.
    fn digest(&self, which: DigestQuery) -> Answer<Document>;
    /// Stores a file of this machine as if a source had answered with it.
    fn import_file(&self, source: SourceId, path: String) -> Answer<Value>;
    /// Takes the next download of a source's entity list as it comes.
    fn accept_list(&self, source: SourceId) -> Answer<Value>;
    /// What the watchlists say about a vendor.
    fn vendor(&self, id: String) -> Answer<Vendor>;
    /// All vendors of the watchlists.
    fn vendors(&self) -> Answer<Vec<Vendor>>;
    /// Applies the watchlists as the files have them to stored items, or says what that would
    /// change.
    fn retag(&self, which: RetagQuery) -> Answer<Value>;
    /// Reads again what could not be read, and stores what comes out.
    fn retry_quarantine(&self, which: QuarantineRetry) -> Answer<Value>;
    /// Figures of the store.
    fn store_stats(&self) -> Answer<Value>;
    /// Reads every row of the store.
    fn verify_store(&self) -> Answer<Value>;
    /// Writes an export of the store into the data folder.
    fn export_store(&self) -> Answer<Value>;
}

/// Which deliveries to try again; without a word, all that were given up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryQuery {
    pub message: Option<MessageId>,
    pub channel: Option<ChannelId>,
}

/// Which kept documents to read again; without a word, all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuarantineRetry {
    pub id: Option<QuarantineId>,
    pub source: Option<SourceId>,
}

/// Which stored items are tagged again, and what is done about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetagQuery {
    /// Items fetched from then on; all without it.
    pub since: Option<Timestamp>,
    /// Nothing is changed.
    pub dry_run: bool,
    /// Alert rules look at what changes.
    pub alert: bool,
    /// Samples of each difference.
    pub samples: Option<usize>,
    /// Only differences of these ids or facets are shown.
    pub only: Option<String>,
}

/// Which digest, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DigestQuery {
    /// The digest's id; needed when several are configured.
    #[serde(rename = "for")]
    pub name: Option<String>,
    /// `2026-03-01`; without it the period that ended last.
    pub date: Option<String>,
    /// `md`, `html`, `json` or `eml`; without it `md`.
    pub format: Option<String>,
    /// Sends it to its channels too: only over the socket, with POST.
    pub send: bool,
}

/// A finished document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// For `Content-Type`: `text/markdown; charset=utf-8`.
    pub content_type: &'static str,
    pub body: Vec<u8>,
}
