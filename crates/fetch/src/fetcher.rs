//! One client for everything, and the road that every request takes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use model::{HttpUrl, Validators};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, USER_AGENT,
};
use reqwest::{Client, ClientBuilder, Method, Response};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout};
use tracing::warn;

use crate::answer::{Answer, Body, Fetched, Meta, Post, Purpose, Request};
use crate::body;
use crate::check::{Blocked, bare, check};
use crate::error::{BoxError, BuildError, FetchError, Phase, cause, chain};
use crate::gate::{HostGate, Paused, Turn};
use crate::headers;
use crate::hop::Trail;
use crate::resolver::{LOOKUP_TIMEOUT, LookupTimeout, Resolver};
use crate::robots::Sites;
use crate::settings::Settings;
use crate::wall::{Wall, wall};

/// How long a connection waits for its next use. Short: sources are asked every quarter of an hour,
/// only several sources of one host, two seconds apart, find it open.
const POOL_IDLE: Duration = Duration::from_secs(10);
/// Heads of answers beyond these are refused by the HTTP library.
const MAX_HEADERS: usize = 128;
const MAX_H2_HEADERS_BYTES: u32 = 64 << 10;
/// What is looked at of a refusal's body, and for how long it is waited for.
const WALL_BYTES: usize = 16 << 10;
const WALL_TIME: Duration = Duration::from_secs(5);
/// What is kept of a sink's answer.
const ANSWER_BYTES: usize = 4 << 10;

/// The time of day, as the fetcher is told it.
pub type Now = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Takes the place of the network and of the machine's clock: for tests, where an origin in the
/// same process answers for every name.
#[derive(Clone)]
pub struct Detour {
    /// Every request goes through this Unix socket, whatever its host; no name is looked up.
    pub socket: std::path::PathBuf,
    pub now: Now,
}

impl fmt::Debug for Detour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detour").field("socket", &self.socket).finish_non_exhaustive()
    }
}

/// Asks hosts for documents, and hands messages to sinks. Cheap to clone; all clones share
/// connections and the pace of every host.
#[derive(Clone)]
pub struct Fetcher(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    client: Client,
    user_agent: HeaderValue,
    pub(crate) settings: Settings,
    gate: HostGate,
    /// What is known of each origin's robots.txt.
    pub(crate) sites: Sites,
    /// Stands in for a `Date` that an answer lacks, and dates what is kept over restarts.
    pub(crate) now: Now,
    /// Sinks: one request at a time, no spacing, and apart from the sources on the same host.
    sinks: HostGate,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// What one request of a chain led to.
enum Step {
    Done(Box<Fetched>),
    Moved { status: u16, location: Vec<u8> },
}

impl Fetcher {
    /// Builds the client. Installs `ring` for TLS if the process has chosen nothing else, for the
    /// client panics without a provider.
    pub fn new(settings: Settings) -> Result<Self, BuildError> {
        Self::build(settings, None)
    }

    /// A fetcher that never touches the network. What is checked before a request is sent stays.
    pub fn with_detour(settings: Settings, detour: Detour) -> Result<Self, BuildError> {
        Self::build(settings, Some(detour))
    }

    fn build(settings: Settings, detour: Option<Detour>) -> Result<Self, BuildError> {
        // An error means that a provider is installed already, which is what is wanted.
        drop(rustls::crypto::ring::default_provider().install_default());
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .ok()
            .filter(|value| value.to_str().is_ok_and(|text| !text.trim().is_empty()))
            .ok_or_else(|| BuildError::UserAgent(settings.user_agent.clone()))?;
        let builder = || match &detour {
            Some(detour) => client(&settings).unix_socket(detour.socket.as_path()),
            None => client(&settings),
        };
        let client = builder().build().or_else(|error| {
            // No authorities: a machine that only asks over http can still do its work, and every
            // https source says what is wrong with it.
            warn!(error = %chain(&error), "no certificate authorities, https will fail");
            builder().tls_backend_preconfigured(trusting_nobody()).build()
        });
        let client = client.map_err(|error| BuildError::Client(error.into()))?;
        let gate = HostGate::new(settings.per_host, settings.spacing);
        let sinks = HostGate::new(1, Duration::ZERO);
        let sites = Sites::default();
        let now = detour.map_or_else(|| Arc::new(now) as Now, |detour| detour.now);
        Ok(Self(Arc::new(Inner { client, user_agent, settings, gate, sites, now, sinks })))
    }

    /// Asks for a document, waiting for the host's turn first. Redirects are followed, each as a
    /// request with a turn of its own.
    pub async fn get(&self, request: &Request) -> Result<Fetched, FetchError> {
        let inner = &*self.0;
        let mut trail = Trail::new(&request.url);
        let mut spent = Duration::ZERO;
        loop {
            check(&trail.url, &inner.settings.allow)?;
            let permit = match request.purpose {
                Purpose::Crawl => self.permit(&trail.url).await?,
                _ => None,
            };
            let turn = turn(&inner.gate, &trail.url).await?;
            if let Some(permit) = permit {
                permit.used();
            }
            let start = Instant::now();
            let limit = request.patience.total.unwrap_or(inner.settings.total_timeout);
            let left = limit.saturating_sub(spent);
            let step = timeout(left, inner.ask(request, &trail)).await;
            spent += start.elapsed();
            drop(turn);
            match step.map_err(|_| FetchError::Timeout { phase: Phase::Total, limit })?? {
                Step::Moved { status, location } => trail.follow(status, &location)?,
                Step::Done(mut fetched) => {
                    fetched.meta_mut().elapsed = spent;
                    return Ok(*fetched);
                }
            }
        }
    }

    /// Hands a message to a sink and returns what it answered, whatever the status. Redirects are
    /// not followed: a message belongs to the place that was configured.
    pub async fn post(&self, post: &Post) -> Result<Answer, FetchError> {
        let inner = &*self.0;
        check(&post.url, &inner.settings.allow)?;
        let _turn = turn(&inner.sinks, &post.url).await?;
        let limit = inner.settings.total_timeout;
        timeout(limit, inner.hand_over(post))
            .await
            .map_err(|_| FetchError::Timeout { phase: Phase::Total, limit })?
    }

    /// Whether a request to `url` may be sent at all, as far as the address itself shows (I11): what
    /// a name leads to is judged when it is resolved.
    pub fn may_ask(&self, url: &HttpUrl) -> bool {
        check(url, &self.0.settings.allow).is_ok()
    }

    /// What is left of the pause that the host of `url` asked for: asking earlier than that only
    /// yields [`FetchError::Paused`] or waits.
    pub fn paused(&self, url: &HttpUrl) -> Option<Duration> {
        self.0.gate.paused(url)
    }

    /// Least time between the starts of two requests to one host.
    pub fn spacing(&self) -> Duration {
        self.0.settings.spacing
    }

    /// Puts a pause on the host of `url`, such as one that was known before a restart.
    pub fn pause(&self, url: &HttpUrl, wait: Duration) {
        self.0.gate.pause(url, wait);
    }
}

fn client(settings: &Settings) -> ClientBuilder {
    Client::builder()
        .dns_resolver(Arc::new(Resolver::new(&settings.allow)))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(settings.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(settings.per_host.max(1))
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(MAX_H2_HEADERS_BYTES)
}

/// TLS that accepts no certificate.
fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

async fn turn(gate: &HostGate, url: &HttpUrl) -> Result<Turn, FetchError> {
    let host = || url.host().to_owned();
    gate.turn(url).await.map_err(|Paused(wait)| FetchError::Paused { host: host(), wait })
}

impl Inner {
    /// Sends one request and reads its answer.
    async fn ask(&self, request: &Request, trail: &Trail) -> Result<Step, FetchError> {
        let began = Instant::now();
        let idle = request.patience.idle.unwrap_or(self.settings.idle_timeout);
        let mut headers = HeaderMap::with_capacity(8 + request.headers.len());
        headers.insert(ACCEPT, HeaderValue::from_static(request.accept));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br"));
        if request.fresh {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        if trail.send_headers {
            add(&mut headers, &request.headers)?;
        }
        let conditional =
            trail.send_validators && add_validators(&mut headers, &request.validators);
        let response = match &request.json {
            None => self.send(Method::GET, &trail.url, headers, None, idle).await?,
            Some(json) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                let body = bytes::Bytes::from(json.clone());
                self.send(Method::POST, &trail.url, headers, Some(body), idle).await?
            }
        };
        let now = (self.now)();
        let status = response.status().as_u16();
        if !matches!(status, 429 | 503) {
            self.gate.forgive(&trail.url);
        }
        let meta = |response: &Response| Meta {
            status,
            final_url: trail.url.clone(),
            permanent: trail.is_permanent(),
            moved: trail.moved.clone(),
            // Those of another origin are never sent to this one, so they are of no use.
            validators: if trail.send_validators {
                headers::validators(response.headers())
            } else {
                Validators::default()
            },
            content_type: headers::text(response.headers(), CONTENT_TYPE),
            headers: headers::bounded(response.headers()),
            cache: headers::cache_hints(response.headers(), now),
            links: crate::links::links(response.headers(), &trail.url),
            elapsed: Duration::ZERO,
        };
        let host = trail.url.host();
        match status {
            200 | 203 => {
                let meta = meta(&response);
                let usual = self.settings.total_timeout;
                let bounds = body::Bounds {
                    max: request.max_body,
                    may_cut: request.purpose == Purpose::RobotsTxt,
                    idle,
                    flows_from: request
                        .patience
                        .total
                        .filter(|total| *total > usual)
                        .map(|_| began + usual),
                };
                let bytes = body::read(response, host, bounds).await?;
                Ok(Step::Done(Box::new(Fetched::Body(Body { bytes, meta }))))
            }
            304 if conditional => Ok(Step::Done(Box::new(Fetched::NotModified(meta(&response))))),
            304 => Err(FetchError::Unasked { host: host.into() }),
            301 | 302 | 303 | 307 | 308 if request.json.is_some() => {
                let what = "a redirect of a question that was sent by POST";
                Err(FetchError::BadAnswer { host: host.into(), what, source: None })
            }
            301 | 302 | 303 | 307 | 308 => match response.headers().get(LOCATION) {
                Some(location) => {
                    Ok(Step::Moved { status, location: location.as_bytes().to_owned() })
                }
                None => {
                    let what = "a redirect without an address";
                    Err(FetchError::BadAnswer { host: host.into(), what, source: None })
                }
            },
            _ => {
                let retry_after = headers::retry_after(response.headers(), now);
                self.note_pause(&trail.url, status, retry_after);
                let url = trail.url.clone();
                let wall = self.wall(status, response).await;
                Err(FetchError::Status { status, retry_after, url, wall })
            }
        }
    }

    /// Whether a refusal is a wall against programs, by its head and the beginning of its body.
    async fn wall(&self, status: u16, response: Response) -> Option<Wall> {
        if !matches!(status, 401 | 402 | 403 | 405 | 406 | 418 | 429 | 451 | 503) {
            return None;
        }
        let headers = headers::bounded(response.headers());
        let idle = self.settings.idle_timeout.min(WALL_TIME);
        let text = timeout(WALL_TIME, body::beginning(response, WALL_BYTES, idle)).await;
        wall(status, &headers, text.unwrap_or_default().as_bytes())
    }

    /// "Too many requests" is about the client, so it holds for everything on that host.
    fn note_pause(&self, url: &HttpUrl, status: u16, after: Option<headers::RetryAfter>) {
        let host = url.host();
        match after {
            Some(after) if matches!(status, 429 | 503) => {
                self.gate.pause(url, after.wait);
                let (wait, capped) = (after.wait.as_secs(), after.capped);
                warn!(
                    host,
                    http.status = status,
                    wait_s = wait,
                    capped,
                    "`{host}` asks for a pause of {wait}s{}",
                    if capped { ", its longest" } else { "" }
                );
            }
            None if status == 429 => {
                let wait = self.gate.strike(url).as_secs();
                warn!(host, http.status = status, wait_s = wait, "`{host}` says too many requests");
            }
            _ => {}
        }
    }

    async fn hand_over(&self, post: &Post) -> Result<Answer, FetchError> {
        let mut headers = HeaderMap::with_capacity(4 + post.headers.len());
        add(&mut headers, &post.headers)?;
        let url = bare(&post.url);
        let (body, idle) = (post.body.clone(), self.settings.idle_timeout);
        let response = self.send(Method::POST, &url, headers, Some(body), idle).await?;
        let status = response.status().as_u16();
        let retry_after = headers::retry_after(response.headers(), (self.now)());
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.and_then(|reference| url.join(reference.trim()).ok());
        let text = body::beginning(response, ANSWER_BYTES, self.settings.idle_timeout).await;
        Ok(Answer { status, text, retry_after, location })
    }

    /// Sends and waits for the head of the answer.
    async fn send(
        &self,
        method: Method,
        url: &HttpUrl,
        headers: HeaderMap,
        body: Option<bytes::Bytes>,
        idle: Duration,
    ) -> Result<Response, FetchError> {
        let mut request = reqwest::Request::new(method, url.as_url().clone());
        *request.headers_mut() = headers;
        request.headers_mut().insert(USER_AGENT, self.user_agent.clone());
        *request.body_mut() = body.map(reqwest::Body::from);
        // The connection has a limit of its own inside this one.
        let limit = self.settings.connect_timeout + idle;
        match timeout(limit, self.client.execute(request)).await {
            Err(_) => Err(FetchError::Timeout { phase: Phase::Head, limit }),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.classify(url.host(), error.without_url())),
        }
    }

    fn classify(&self, host: &str, error: reqwest::Error) -> FetchError {
        if let Some(blocked) = cause::<Blocked>(&error) {
            return FetchError::Refused(blocked.clone());
        }
        if cause::<LookupTimeout>(&error).is_some() {
            return FetchError::Timeout { phase: Phase::Lookup, limit: LOOKUP_TIMEOUT };
        }
        if error.is_timeout() {
            let limit = self.settings.connect_timeout;
            return FetchError::Timeout { phase: Phase::Connect, limit };
        }
        let (is_connect, source): (bool, BoxError) = (error.is_connect(), error.into());
        if is_connect {
            return FetchError::Connect { host: host.into(), source };
        }
        let what = "it is not HTTP, or it ended before its head";
        FetchError::BadAnswer { host: host.into(), what, source: Some(source) }
    }
}

/// Adds configured headers; one that cannot be sent is an error and never half sent.
fn add(headers: &mut HeaderMap, more: &[(String, String)]) -> Result<(), FetchError> {
    for (name, value) in more {
        let invalid = || FetchError::InvalidHeader { name: name.clone() };
        let mut value = HeaderValue::from_str(value).map_err(|_| invalid())?;
        value.set_sensitive(true);
        headers.append(HeaderName::try_from(name.as_str()).map_err(|_| invalid())?, value);
    }
    Ok(())
}

/// Adds the validators as they were received. Is the request conditional now?
fn add_validators(headers: &mut HeaderMap, validators: &Validators) -> bool {
    let mut conditional = false;
    let pairs = [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)];
    for (name, value) in pairs {
        // One that cannot be sent was not received like this: it is as good as none.
        if let Some(Ok(value)) = value.as_deref().map(HeaderValue::from_str) {
            headers.insert(name, value);
            conditional = true;
        }
    }
    conditional
}

#[expect(clippy::disallowed_methods, reason = "stands in for a `Date` that an answer lacks")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
#[path = "rebinding_tests.rs"]
mod rebinding_tests;

#[cfg(test)]
mod tests {
    use testkit::Origin;

    use super::*;

    fn settings(allow: &[&str]) -> Settings {
        Settings {
            user_agent: "stackwatch/0.0 (+https://example.org/)".into(),
            per_host: 1,
            spacing: Duration::ZERO,
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(10),
            allow: allow.iter().map(|net| net.parse().unwrap()).collect(),
        }
    }

    /// Past the check of the address, as a name would come that turns into another address between
    /// check and connection.
    #[tokio::test]
    async fn the_client_itself_gets_no_refused_address_of_a_name() {
        let origin = Origin::start();
        let named = format!("http://localhost:{}/", origin.address().port()).parse().unwrap();
        let fetcher = Fetcher::new(settings(&[])).unwrap();
        let sent = fetcher
            .0
            .send(Method::GET, &named, HeaderMap::new(), None, Duration::from_secs(5))
            .await;
        assert!(matches!(sent, Err(FetchError::Refused(Blocked::Resolved { .. }))), "{sent:?}");
        assert_eq!(origin.connections(), 0);
    }

    #[tokio::test]
    async fn without_authorities_http_works_and_https_says_why_not() {
        let origin = Origin::start();
        origin.serve("/f", "x");
        let mut fetcher = Fetcher::new(settings(&["127.0.0.0/8"])).unwrap();
        let client = client(&fetcher.0.settings).tls_backend_preconfigured(trusting_nobody());
        Arc::get_mut(&mut fetcher.0).unwrap().client = client.build().unwrap();
        let plain = Request::feed(origin.url("/f").parse().unwrap(), 100);
        assert!(fetcher.get(&plain).await.is_ok());
        let secure = origin.url("/f").replace("http:", "https:").parse().unwrap();
        let error = fetcher.get(&Request::feed(secure, 100)).await.unwrap_err();
        assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
    }

    #[test]
    fn a_user_agent_that_names_nobody_is_refused() {
        for user_agent in ["", "  ", "stackwatch\r\nX: y", "\u{1b}[31m"] {
            let settings = Settings { user_agent: user_agent.into(), ..settings(&[]) };
            let error = Fetcher::new(settings).unwrap_err();
            assert!(matches!(error, BuildError::UserAgent(_)), "{user_agent:?}: {error:?}");
        }
    }
}
