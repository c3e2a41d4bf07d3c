//! The configuration as everybody gets it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::settings::Settings;
use crate::sources::Sources;

/// A configuration without mistakes: the settings of every part, filled in.
#[derive(Clone)]
pub struct Config {
    /// The data folder, absolute; also in the settings below.
    pub data: PathBuf,
    /// Where a person behind this installation can be reached.
    pub contact: String,
    pub fetch: fetch::Settings,
    pub store: store::Settings,
    /// Shared, since there may be a hundred thousand sources in it.
    pub pipeline: Arc<pipeline::Settings>,
    pub console: Arc<console::Settings>,
    /// The watchlists, compiled, with every example tried.
    pub tagger: tagger::Tagger,
    pub keep: Keep,
}

/// How long items are kept; `None`: for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub tagged: Option<Duration>,
    pub untagged: Option<Duration>,
}

impl Config {
    /// The same with another data folder, for `--data`.
    #[must_use]
    pub fn with_data(mut self, data: PathBuf) -> Self {
        self.store.data.clone_from(&data);
        Arc::make_mut(&mut self.pipeline).data.clone_from(&data);
        Arc::make_mut(&mut self.console).socket = socket(&data);
        self.data = data;
        self
    }
}

fn socket(data: &std::path::Path) -> PathBuf {
    data.join("stackwatch.sock")
}

/// What was read, before it is anybody's.
pub(crate) struct Parts<'d> {
    pub(crate) data: PathBuf,
    pub(crate) settings: Settings<'d>,
    pub(crate) sources: Sources,
    pub(crate) channels: Vec<pipeline::Channel>,
    pub(crate) alerts: Vec<pipeline::AlertRule>,
    pub(crate) digests: Vec<pipeline::DigestSettings>,
    pub(crate) tagger: tagger::Tagger,
}

impl Parts<'_> {
    /// `None` without a contact: no request may be sent without one.
    pub(crate) fn assemble(self) -> Option<Config> {
        let Self { data, settings, sources, channels, alerts, digests, tagger } = self;
        let contact = settings.contact?;
        let (fetch, store) = (settings.fetch, settings.store);
        Some(Config {
            fetch: fetch::Settings {
                user_agent: format!("stackwatch/{} (+{contact})", env!("CARGO_PKG_VERSION")),
                per_host: fetch.per_host,
                spacing: fetch.spacing,
                connect_timeout: fetch.connect,
                idle_timeout: fetch.idle,
                total_timeout: fetch.total,
                allow: fetch.allow,
            },
            store: store::Settings {
                data: data.clone(),
                cache_bytes: store.cache_bytes,
                min_free_bytes: store.min_free_bytes,
            },
            pipeline: Arc::new(pipeline::Settings {
                sources: sources.polled,
                alerts,
                channels,
                digests,
                timezone: settings.timezone,
                parallel: fetch.parallel,
                per_host: fetch.per_host,
                max_feed_bytes: fetch.max_feed_bytes,
                max_list_bytes: fetch.max_list_bytes,
                heartbeat: settings.heartbeat,
                websub: settings.websub,
                data: data.clone(),
                min_free_bytes: store.min_free_bytes,
            }),
            console: Arc::new(console::Settings {
                listen: settings.listen,
                socket: socket(&data),
                sources: sources.listed,
            }),
            tagger,
            keep: settings.keep,
            contact,
            data,
        })
    }
}
