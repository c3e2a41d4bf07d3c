//! Why a fetch failed, by what the caller does about it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use model::HttpUrl;

use crate::check::Blocked;
use crate::headers::RetryAfter;
use crate::wall::Wall;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Why no fetcher could be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("the user agent `{0}` cannot be sent: letters, digits and signs of ASCII can")]
    UserAgent(String),
    #[error("the HTTP client cannot start")]
    Client(#[source] BoxError),
}

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The name's addresses.
    Lookup,
    /// The connection, with TLS.
    Connect,
    /// The head of the answer.
    Head,
    /// The next piece of the body.
    Body,
    /// Everything together.
    Total,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "address",
            Self::Connect => "connection",
            Self::Head => "answer",
            Self::Body => "further data",
            Self::Total => "complete answer",
        })
    }
}

/// Why a chain of redirects was left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectProblem {
    #[error("more than {limit} redirects")]
    TooMany { limit: usize },
    #[error("redirects lead in a circle back to {url}")]
    Loop { url: HttpUrl },
    #[error("redirect without an address that can be fetched: {reason}")]
    Target { reason: String },
}

/// Why a GET or POST brought nothing usable.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("no {phase} within {limit:?}")]
    Timeout { phase: Phase, limit: Duration },
    #[error("body is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// It takes longer than other answers may, and does not even flow.
    #[error("the body drips: {bytes} bytes in {}s", .within.as_secs())]
    Drips { bytes: u64, within: Duration },
    /// Neither a body, nor a 304, nor a redirect.
    #[error("server answered {status}{}", .wall.map_or_else(String::new, |wall| format!(" with {wall}")))]
    Status {
        status: u16,
        retry_after: Option<RetryAfter>,
        url: HttpUrl,
        /// What stands in the way, where the answer shows it.
        wall: Option<Wall>,
    },
    #[error("could not connect to {host}")]
    Connect { host: String, source: BoxError },
    /// The host asked for a longer pause than a request is kept waiting; nothing was sent.
    #[error("{host} asked for a pause, {}s of it are left", .wait.as_secs())]
    Paused { host: String, wait: Duration },
    /// The address may not be reached (I11); nothing was sent.
    #[error(transparent)]
    Refused(#[from] Blocked),
    #[error(transparent)]
    Redirects(#[from] RedirectProblem),
    /// Cut short, damaged, or in a coding that was not asked for.
    #[error("answer of {host} is unusable: {what}")]
    BadAnswer { host: String, what: &'static str, source: Option<BoxError> },
    /// A 304 to an unconditional request: a lie of the host, or of a cache in between (RFC 9110,
    /// 15.4.5).
    #[error("{host} says \"not modified\" to a request without conditions")]
    Unasked { host: String },
    #[error("header `{name}` cannot be sent")]
    InvalidHeader { name: String },
    /// The host asks crawlers to leave this address alone (RFC 9309); nothing was sent.
    #[error("robots.txt of {host} does not allow it")]
    Disallowed { host: String },
    /// What the host asks of crawlers cannot be learnt, so nothing is asked for (RFC 9309,
    /// 2.3.1.4).
    #[error("robots.txt of {host} cannot be read ({reason}), so nothing is asked for")]
    RobotsUnknown { host: String, reason: String, retry_in: Duration },
}

/// What the scheduler should do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Not earlier than this, for the other side said so.
    WaitAtLeast(Duration),
    /// Later and later, with jitter.
    BackOff,
    /// 410: gone on purpose; a few widely spaced confirmations, then the operator decides.
    Gone,
    /// Back off as well, but only the operator can mend it.
    NeedsOperator,
}

/// How much a failure says against the host as a whole; its other sources are asked later by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strain {
    /// Nobody is there.
    Hard,
    /// Somebody is there and does not manage.
    Soft,
    /// It says itself that this will pass.
    Temporary,
}

impl Strain {
    /// In quarters of a hard failure: 1, 0.5 and 0.25.
    pub fn quarters(self) -> u32 {
        match self {
            Self::Hard => 4,
            Self::Soft => 2,
            Self::Temporary => 1,
        }
    }
}

/// What the layers of the HTTP client say on the way of an error.
const LAYERS: [&str; 5] = [
    "error sending request",
    "client error (Connect)",
    "client error (SendRequest)",
    "dns error",
    "error resolving DNS",
];

impl FetchError {
    /// What the scheduler should do next. No `_` arm: a new variant must choose.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Status { retry_after: Some(after), .. } => Advice::WaitAtLeast(after.wait),
            Self::Paused { wait, .. } => Advice::WaitAtLeast(*wait),
            Self::RobotsUnknown { retry_in, .. } => Advice::WaitAtLeast(*retry_in),
            Self::Status { status: 410, .. } => Advice::Gone,
            // 403 and 404 may be passing mistakes of the site.
            Self::Status { status: 403 | 404 | 408 | 425 | 429 | 500.., .. }
            | Self::Timeout { .. }
            | Self::Drips { .. }
            | Self::Connect { .. }
            | Self::BadAnswer { .. }
            | Self::Unasked { .. } => Advice::BackOff,
            Self::Status { .. }
            | Self::TooLarge { .. }
            | Self::Refused(_)
            | Self::Redirects(_)
            | Self::InvalidHeader { .. }
            | Self::Disallowed { .. } => Advice::NeedsOperator,
        }
    }

    /// What the failure says about the host as a whole, if anything: a missing page says nothing.
    pub fn strain(&self) -> Option<Strain> {
        match self {
            Self::Connect { .. } => Some(Strain::Hard),
            Self::Timeout { phase: Phase::Lookup | Phase::Connect, .. } => Some(Strain::Hard),
            Self::Timeout { .. } | Self::Drips { .. } | Self::BadAnswer { .. } => {
                Some(Strain::Soft)
            }
            Self::Status { status: 408 | 425 | 429 | 503, .. } => Some(Strain::Temporary),
            Self::Status { status: 500.., .. } => Some(Strain::Soft),
            Self::Status { .. }
            | Self::TooLarge { .. }
            | Self::Paused { .. }
            | Self::Unasked { .. }
            | Self::Refused(_)
            | Self::Redirects(_)
            | Self::Disallowed { .. }
            | Self::RobotsUnknown { .. }
            | Self::InvalidHeader { .. } => None,
        }
    }

    /// Nothing at all was heard from the other side: it may be our own network that is down.
    pub fn is_silence(&self) -> bool {
        matches!(self.strain(), Some(Strain::Hard))
    }

    /// The message with its causes, on one line, without addresses that could carry a secret.
    pub fn describe(&self) -> String {
        chain(self)
    }
}

/// An error and its causes on one line; what a cause only repeats is left out.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !LAYERS.contains(&part.as_str()) && !text.ends_with(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    model::one_line(&text)
}

/// The first cause of type `T` below `error`.
pub(crate) fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_says_what_comes_next() {
        let url: HttpUrl = "https://example.org/feed".parse().unwrap();
        let after = |wait| Some(RetryAfter { wait: Duration::from_secs(wait), capped: false });
        let status = |status, retry_after| FetchError::Status {
            status,
            retry_after,
            url: url.clone(),
            wall: None,
        };
        let advice = |error: FetchError| error.advice();
        assert_eq!(advice(status(503, after(60))), Advice::WaitAtLeast(Duration::from_secs(60)));
        assert_eq!(advice(status(503, None)), Advice::BackOff);
        assert_eq!(advice(status(404, None)), Advice::BackOff);
        assert_eq!(advice(status(410, None)), Advice::Gone);
        assert_eq!(advice(status(401, None)), Advice::NeedsOperator);
        assert_eq!(advice(FetchError::TooLarge { limit: 1 }), Advice::NeedsOperator);
    }

    #[test]
    fn a_description_names_every_cause_once() {
        let io = std::io::Error::other("refused by the peer");
        let error = FetchError::Connect { host: "example.org".into(), source: Box::new(io) };
        assert_eq!(error.describe(), "could not connect to example.org: refused by the peer");
        let looped = RedirectProblem::TooMany { limit: 5 };
        assert_eq!(FetchError::from(looped).describe(), "more than 5 redirects");
    }
}
