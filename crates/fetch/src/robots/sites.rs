//! Asking for robots.txt: once a day and origin, through the same turns as everything else.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use model::{HttpUrl, RobotsCopy, Timestamp};
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::file::MAX_BYTES;
use super::standing::{Said, Standing, Verdict};
use crate::answer::{Fetched, Patience, Purpose, Request};
use crate::error::{FetchError, RedirectProblem};
use crate::fetcher::Fetcher;

/// Origins whose rules are kept in memory; the least recently used half makes room. One takes a
/// few kilobytes, a hostile one a few megabytes.
const MAX_SITES: usize = 2048;
/// Copies that wait to be written down. More are dropped from the front: a restart then asks again.
const MAX_NEWS: usize = 256;

/// Every origin that was asked for a page.
#[derive(Debug, Default)]
pub(crate) struct Sites {
    by_origin: Mutex<HashMap<Box<str>, Arc<Site>>>,
    news: Mutex<VecDeque<(String, RobotsCopy)>>,
}

/// One origin: scheme, host and port (RFC 9309, 2.3).
#[derive(Debug)]
struct Site {
    /// Held while the host is asked: the others wait for the one answer.
    standing: tokio::sync::Mutex<Standing>,
    /// When the next page may be asked for, where the host wants a delay; waiting is in order.
    next_page: Arc<tokio::sync::Mutex<Instant>>,
    used: Mutex<Instant>,
}

/// The right to ask for one page of a host that wants a delay between pages.
#[derive(Debug)]
pub(crate) struct Permit {
    next_page: OwnedMutexGuard<Instant>,
    delay: Duration,
}

impl Permit {
    /// The page is asked for now: the delay counts from here, and not from before the host's turn
    /// came.
    pub(crate) fn used(mut self) {
        *self.next_page = Instant::now() + self.delay;
    }
}

impl Site {
    fn new(standing: Standing) -> Self {
        let now = Instant::now();
        let next_page = Arc::new(tokio::sync::Mutex::new(now));
        Self { standing: tokio::sync::Mutex::new(standing), next_page, used: Mutex::new(now) }
    }
}

impl Sites {
    fn by_origin(&self) -> MutexGuard<'_, HashMap<Box<str>, Arc<Site>>> {
        self.by_origin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn site(&self, origin: &str) -> Arc<Site> {
        let mut sites = self.by_origin();
        let site = match sites.get(origin) {
            Some(site) => Arc::clone(site),
            None => insert(&mut sites, origin, Standing::default()),
        };
        *site.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        site
    }

    fn tell(&self, origin: &str, copy: RobotsCopy) {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.retain(|(known, _)| known != origin);
        if news.len() >= MAX_NEWS {
            news.pop_front();
        }
        news.push_back((origin.to_owned(), copy));
    }
}

fn insert(sites: &mut HashMap<Box<str>, Arc<Site>>, origin: &str, standing: Standing) -> Arc<Site> {
    if sites.len() >= MAX_SITES {
        let used = |site: &Site| *site.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut times: Vec<_> = sites.values().map(|site| used(site)).collect();
        times.sort_unstable();
        let middle = times[times.len() / 2];
        sites.retain(|_, site| Arc::strong_count(site) > 1 || used(site) > middle);
    }
    let site = Arc::new(Site::new(standing));
    sites.insert(origin.into(), Arc::clone(&site));
    site
}

/// `https://example.org`, with the port where it is not the usual one.
fn origin(url: &HttpUrl) -> String {
    url.as_url().origin().ascii_serialization()
}

impl Fetcher {
    /// Whether the robots.txt of an address's origin is in memory. If not, one that was kept may be
    /// handed in with [`Fetcher::recall_robots`] before a page is asked for.
    pub fn knows_robots(&self, url: &HttpUrl) -> bool {
        self.0.sites.by_origin().contains_key(origin(url).as_str())
    }

    /// The name under which a copy of an address's robots.txt is kept: `https://example.org`.
    pub fn robots_origin(url: &HttpUrl) -> String {
        origin(url)
    }

    /// Takes over what was kept from before a restart, unless something is known already.
    pub fn recall_robots(&self, url: &HttpUrl, copy: RobotsCopy) {
        let agent = &self.0.settings.user_agent;
        let standing = Standing::recalled(copy, agent, Instant::now(), self.wall());
        let mut sites = self.0.sites.by_origin();
        let origin = origin(url);
        if !sites.contains_key(origin.as_str()) {
            insert(&mut sites, &origin, standing);
        }
    }

    /// What was learnt since the last call, by origin: to be kept over a restart.
    pub fn robots_news(&self) -> Vec<(String, RobotsCopy)> {
        let mut news = self.0.sites.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.drain(..).collect()
    }

    /// The time of day that the fetcher goes by.
    fn wall(&self) -> Timestamp {
        let since = (self.0.now)().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(millis).unwrap_or(Timestamp::MAX)
    }

    /// Returns when a page may be asked for as far as robots.txt is concerned: it allows the
    /// address, and the delay that it wants has gone by.
    pub(crate) async fn permit(&self, url: &HttpUrl) -> Result<Option<Permit>, FetchError> {
        let origin = origin(url);
        let site = self.0.sites.site(&origin);
        let mut standing = site.standing.lock().await;
        if standing.is_due(Instant::now()) {
            self.learn(&origin, url, &mut standing).await?;
        }
        let host = || url.host().to_owned();
        match standing.verdict(url.as_str(), Instant::now()) {
            Verdict::Allowed => {}
            Verdict::Disallowed => return Err(FetchError::Disallowed { host: host() }),
            Verdict::Unknown { reason, retry_in } => {
                return Err(FetchError::RobotsUnknown { host: host(), reason, retry_in });
            }
        }
        let delay = standing.delay().map_or(Duration::ZERO, |(delay, _)| delay);
        drop(standing);
        if delay.is_zero() {
            return Ok(None);
        }
        let next_page = Arc::clone(&site.next_page).lock_owned().await;
        sleep_until(*next_page).await;
        Ok(Some(Permit { next_page, delay }))
    }

    /// Asks for the robots.txt of an origin. An error only where nothing was sent, and so nothing
    /// was learnt: the host wants a pause, or its address may not be reached.
    async fn learn(
        &self,
        origin: &str,
        url: &HttpUrl,
        standing: &mut Standing,
    ) -> Result<(), FetchError> {
        let request = Request {
            url: url.join("/robots.txt").expect("every origin has such an address"),
            validators: standing.validators(),
            accept: "text/plain, */*;q=0.5",
            headers: Vec::new(),
            max_body: MAX_BYTES as u64,
            purpose: Purpose::RobotsTxt,
            json: None,
            patience: Patience::default(),
            fresh: false,
        };
        let answer = Box::pin(self.get(&request)).await;
        let before = standing.delay();
        let said = match answer {
            Ok(Fetched::Body(body)) => Said::Text(body.bytes, body.meta.validators),
            Ok(Fetched::NotModified(_)) => Said::Same,
            Err(error @ FetchError::Paused { .. }) => return Err(error),
            Err(error) if is_missing(&error) => Said::Nothing,
            Err(error) => Said::Failed(error.describe()),
        };
        match &said {
            Said::Failed(reason) => warn!(origin, error = reason, "robots.txt cannot be read"),
            said => debug!(
                origin,
                "robots.txt was read: {} bytes",
                match said {
                    Said::Text(body, _) => body.len(),
                    _ => 0,
                }
            ),
        }
        standing.heard(said, &self.0.settings.user_agent, Instant::now());
        match standing.delay() {
            delay if delay == before => {}
            Some((delay, false)) => {
                info!(
                    origin,
                    delay_s = delay.as_secs_f64(),
                    "robots.txt wants a delay between pages"
                );
            }
            Some((delay, true)) => warn!(
                origin,
                delay_s = delay.as_secs_f64(),
                "robots.txt wants a longer delay between pages than the longest that is honoured"
            ),
            None => {}
        }
        self.0.sites.tell(origin, standing.copy(Instant::now(), self.wall()));
        Ok(())
    }
}

/// The host has no robots.txt: every page is open (RFC 9309, 2.3.1.2 and 2.3.1.3). A 429 says
/// nothing about the file, only that this is not the time to ask.
fn is_missing(error: &FetchError) -> bool {
    match error {
        FetchError::Status { status, .. } => *status < 500 && *status != 429,
        FetchError::Redirects(problem) => {
            matches!(problem, RedirectProblem::TooMany { .. } | RedirectProblem::Loop { .. })
        }
        _ => false,
    }
}
