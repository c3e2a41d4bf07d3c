//! What configuration tells the pipeline.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::{Guard, WebSub};
use connector::Connector;
use model::{AlertRuleId, ChannelId, DigestId, Facet, Health, HttpUrl, Kind, Lang, SourceId};

/// Everything that the pipeline is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// In the order of their ids. Sources that are off are here too, with their reason.
    pub sources: Vec<Source>,
    pub alerts: Vec<AlertRule>,
    pub channels: Vec<Channel>,
    pub digests: Vec<DigestSettings>,
    /// Of days, digests and quiet hours; stored times are UTC.
    pub timezone: jiff::tz::TimeZone,
    /// Fetches in flight over all hosts.
    pub parallel: usize,
    /// Fetches in flight on one host.
    pub per_host: usize,
    /// Largest feed in bytes after decompression.
    pub max_feed_bytes: u64,
    /// The same of an entity list or an answer of a procurement portal.
    pub max_list_bytes: u64,
    /// Called after each round of work with a GET: silence tells a dead man's switch elsewhere.
    pub heartbeat: Option<Heartbeat>,
    /// Present: sources that offer a hub are told of by it.
    pub websub: Option<WebSub>,
    /// The folder that channel `file` writes into.
    pub data: PathBuf,
    /// Free space below which nothing is ingested.
    pub min_free_bytes: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Heartbeat {
    pub url: HttpUrl,
    pub every: Duration,
}

/// One configured place that is watched. There may be a hundred thousand: words are shared with the
/// console's list and between sources, and what few sources have is boxed.
#[derive(Clone, Debug)]
pub struct Source {
    pub id: SourceId,
    pub name: Arc<str>,
    pub url: HttpUrl,
    pub connector: Connector,
    pub every: Duration,
    pub pace: Pace,
    /// Assumed where an entry does not say and its text is too short to tell.
    pub lang: Option<Arc<str>>,
    pub category: Option<Arc<str>>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Arc<str>>,
    /// `A` to `F`: how reliable the outlet is.
    pub grade: Option<char>,
    /// Present: the source is off, for this reason.
    pub off: Option<Arc<str>>,
    pub headers: Vec<(String, Secret)>,
    /// Replaced in an item's address before it becomes an identity.
    pub replace: Vec<(String, String)>,
    /// `ok`, `pending`, `restricted`.
    pub terms: Option<Arc<str>>,
    pub robots: RobotsRule,
    /// How long its answers are waited for, where that is not as long as for all others.
    pub timeout: fetch::Patience,
    /// Its hub may be subscribed to, where it offers one and the installation can be told.
    pub websub: bool,
    /// Asked first; `{date}` in `url` stands for the day that it names.
    pub signal: Option<Box<Signal>>,
    /// Bounds inside which a download of an entity list is believed.
    pub guard: Guard,
}

/// What a source makes of its host's robots.txt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RobotsRule {
    /// Pages, lists and sitemaps obey; feeds and data that an operator chose are exempt.
    #[default]
    Usual,
    /// Obeys whatever it is.
    Obey,
    /// Set aside, for a reason that someone has written down.
    Ignore { reason: Arc<str> },
}

impl RobotsRule {
    /// Why robots.txt is set aside, if it is.
    pub fn ignored(&self) -> Option<&str> {
        match self {
            Self::Ignore { reason } => Some(reason),
            Self::Usual | Self::Obey => None,
        }
    }
}

/// A small file that says whether a large list changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// `{year}` in it stands for the year of the day.
    pub url: HttpUrl,
    /// One that announces.
    pub format: connector::entities::Format,
    /// The list is asked for after this long, whatever the signal says.
    pub at_least: Duration,
}

/// How long the download of an entity list may take that flows: at the 190 KB/s that were measured
/// of OFAC, 300 MB.
const LIST_TOTAL: Duration = Duration::from_secs(30 * 60);

impl Source {
    /// How long its answers are waited for. A list is large: it may take its time as long as it
    /// flows.
    pub fn patience(&self) -> fetch::Patience {
        let total = self.connector.is_list().then_some(LIST_TOTAL);
        fetch::Patience { total: self.timeout.total.or(total), ..self.timeout }
    }

    /// What the source's own address is asked for as.
    pub fn purpose(&self) -> fetch::Purpose {
        match &self.robots {
            RobotsRule::Obey => fetch::Purpose::Crawl,
            RobotsRule::Ignore { .. } => fetch::Purpose::Chosen,
            RobotsRule::Usual => match &self.connector {
                Connector::Sitemap(_) => fetch::Purpose::Crawl,
                Connector::Notices(rules) if rules.page.is_some() => fetch::Purpose::Crawl,
                Connector::Feed(_) | Connector::Notices(_) | Connector::Entities(_) => {
                    fetch::Purpose::Chosen
                }
            },
        }
    }
}

impl Source {
    /// A feed about which nothing else is said.
    pub fn feed(id: SourceId, url: HttpUrl, every: Duration) -> Self {
        Self {
            name: id.as_str().into(),
            id,
            url,
            connector: Connector::Feed(connector::FeedRules::default()),
            every,
            pace: Pace::default(),
            lang: None,
            category: None,
            country: None,
            grade: None,
            off: None,
            headers: Vec::new(),
            replace: Vec::new(),
            terms: None,
            guard: Guard::default(),
            timeout: fetch::Patience::default(),
            signal: None,
            robots: RobotsRule::default(),
            websub: true,
        }
    }
}

/// The limits of how often a source is polled, beside the operator's interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// No wait is shorter, whatever anybody wants.
    pub floor: Duration,
    /// No hint of a feed or a cache makes a wait longer.
    pub ceiling: Duration,
    /// Longest wait after failures, unless the operator's interval is longer.
    pub longest_back_off: Duration,
    /// Down to this a source is polled more often than the operator's interval after entries may
    /// have been missed; at or above the interval: never.
    pub fastest: Duration,
    /// Up to this a source is polled less often that brings little; at or below the interval:
    /// never.
    pub slowest: Duration,
}

impl Default for Pace {
    /// Adaptive only where something may have been missed.
    fn default() -> Self {
        Self {
            floor: Duration::from_secs(60),
            ceiling: Duration::from_secs(24 * 3_600),
            longest_back_off: Duration::from_secs(24 * 3_600),
            fastest: Duration::from_secs(300),
            slowest: Duration::ZERO,
        }
    }
}

impl Pace {
    /// The operator's interval and nothing else.
    pub fn fixed() -> Self {
        Self { fastest: Duration::MAX, ..Self::default() }
    }
}

/// A value that never shows itself: configured as `env:NAME` or `file:PATH`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    pub from: SecretRef,
    /// `Err` says what is missing; that channel or source is red, the daemon runs.
    value: Result<String, String>,
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    Env(String),
    File(PathBuf),
    /// Not a secret: a header that configuration writes out.
    Plain,
}

impl Secret {
    pub fn new(from: SecretRef, value: Result<String, String>) -> Self {
        Self { from, value }
    }
    /// The value, or what is missing.
    pub fn reveal(&self) -> Result<&str, &str> {
        self.value.as_deref().map_err(String::as_str)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({:?}, ***)", self.from)
    }
}

/// Several keys: all of them; a list: any of it; `*` in a list: anything at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Criteria {
    /// Ids by facet: vendor, layer, event, counterparty, place, origin.
    pub tags: Vec<(Facet, Vec<String>)>,
    pub kind: Vec<Kind>,
    pub category: Vec<String>,
    pub lang: Vec<Lang>,
    /// News of sources instead of items.
    pub health: Vec<WantedHealth>,
}

/// Which news of a source's health a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WantedHealth {
    Any,
    Is(SourceNews),
}

/// What can be told of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceNews {
    /// It is in a state that is not as it should be.
    Became(Health),
    /// It is as it should be again.
    Recovered,
}

/// Which tagged items someone must see at once.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRule {
    pub id: AlertRuleId,
    pub label: String,
    pub when: Criteria,
    /// Any key that holds is a veto.
    pub unless: Criteria,
    pub max_age: Option<Duration>,
    pub to: Vec<ChannelId>,
    pub matches: Vec<String>,
    pub ignores: Vec<String>,
}

/// A road to people.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub id: ChannelId,
    pub kind: ChannelKind,
}

impl Channel {
    /// What the channel lacks; `None` when nothing does.
    pub fn missing_secret(&self) -> Option<&str> {
        let secret = match &self.kind {
            ChannelKind::File { .. } => None,
            ChannelKind::Webhook { secret, .. } => secret.as_ref(),
            ChannelKind::Email(email) => email.password.as_ref(),
        };
        secret.and_then(|secret| secret.reveal().err())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ChannelKind {
    /// JSON lines, relative to the data folder.
    File {
        path: PathBuf,
    },
    Webhook {
        url: HttpUrl,
        secret: Option<Secret>,
    },
    Email(EmailSettings),
}

#[derive(Clone, Debug, PartialEq)]
pub struct EmailSettings {
    pub to: Vec<String>,
    pub from: String,
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    pub user: Option<String>,
    pub password: Option<Secret>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// TLS after STARTTLS, required.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// None: for a server on this machine.
    Plain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestFormat {
    Html,
    Markdown,
    Json,
}

/// A scheduled summary.
#[derive(Clone, Debug, PartialEq)]
pub struct DigestSettings {
    pub id: DigestId,
    pub label: String,
    /// Local time of day.
    pub at: jiff::civil::Time,
    /// The first digest after days left out covers them too.
    pub days: Vec<Weekday>,
    pub when: Criteria,
    pub unless: Criteria,
    pub to: Vec<ChannelId>,
    pub formats: Vec<DigestFormat>,
}
