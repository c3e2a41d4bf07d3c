//! What is asked, and what comes back.

use std::time::Duration;

use bytes::Bytes;
use model::{HttpUrl, Links, Validators};

use crate::headers::{CacheHints, RetryAfter};

/// What feeds call themselves, best first; everything else is taken too, for many feeds are
/// served under another name.
pub const ACCEPT_FEED: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5";

/// What data of lists and portals are asked for as.
pub const ACCEPT_DATA: &str =
    "application/json, application/xml, text/csv;q=0.9, text/html;q=0.6, */*;q=0.5";

/// What sitemaps are asked for as.
pub const ACCEPT_SITEMAP: &str =
    "application/xml, text/xml, application/gzip;q=0.9, text/plain;q=0.8, */*;q=0.5";

/// What pages are asked for as.
pub const ACCEPT_PAGE: &str = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.5";

/// What an address is asked for as: that decides what robots.txt has to say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// An operator chose the address, and it is made for programs (a feed, an API): robots.txt
    /// does not speak of it.
    Chosen,
    /// A page, a list, a sitemap, or what those led to: asked for if the host's robots.txt allows
    /// it, with the delay that it wants.
    Crawl,
    /// A robots.txt itself: always asked for, and what is longer than `max_body` is cut.
    RobotsTxt,
}

/// One conditional GET.
#[derive(Clone, Debug)]
pub struct Request {
    /// A user name or password in it is not sent: secrets stand in `headers`, where they are
    /// dropped when a redirect leaves the origin and never reach a log line.
    pub url: HttpUrl,
    /// Sent back as they were received. Empty: the request is unconditional.
    pub validators: Validators,
    pub accept: &'static str,
    /// Further headers, sent to the origin of `url` only.
    pub headers: Vec<(String, String)>,
    /// Largest body in bytes, counted after decompression.
    pub max_body: u64,
    pub purpose: Purpose,
    /// Present: the question stands in a body, as JSON, and is sent by POST; redirects of it are
    /// not followed.
    pub json: Option<String>,
    /// How long it is waited for.
    pub patience: Patience,
    /// No cache in between may answer by itself (`Cache-Control: no-cache`, RFC 9111, 5.2.1.4).
    pub fresh: bool,
}

/// How long one request is waited for, where that is not as long as for all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    /// In place of [`Settings::idle_timeout`](crate::Settings::idle_timeout), before the head of
    /// the answer as well: some lists are made while one waits.
    pub idle: Option<Duration>,
    /// In place of [`Settings::total_timeout`](crate::Settings::total_timeout). What that would
    /// have ended goes on only as long as it flows: 8 KiB a second, measured over half a minute.
    pub total: Option<Duration>,
}

impl Request {
    /// An unconditional request for a feed.
    pub fn feed(url: HttpUrl, max_body: u64) -> Self {
        let (validators, headers) = (Validators::default(), Vec::new());
        Self {
            url,
            validators,
            accept: ACCEPT_FEED,
            headers,
            max_body,
            purpose: Purpose::Chosen,
            json: None,
            patience: Patience::default(),
            fresh: false,
        }
    }

    /// An unconditional request for a page, made only if the host's robots.txt allows it.
    pub fn page(url: HttpUrl, max_body: u64) -> Self {
        Self { accept: ACCEPT_PAGE, purpose: Purpose::Crawl, ..Self::feed(url, max_body) }
    }
}

/// What a GET yielded.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// 304: what was there before still holds.
    NotModified(Meta),
    /// A whole body; one that is cut or damaged is an error.
    Body(Body),
}

impl Fetched {
    pub fn meta(&self) -> &Meta {
        match self {
            Self::NotModified(meta) | Self::Body(Body { meta, .. }) => meta,
        }
    }

    pub(crate) fn meta_mut(&mut self) -> &mut Meta {
        match self {
            Self::NotModified(meta) | Self::Body(Body { meta, .. }) => meta,
        }
    }
}

/// A body after decompression.
#[derive(Clone, Debug)]
pub struct Body {
    pub bytes: Bytes,
    pub meta: Meta,
}

/// What the transport said about an answer.
#[derive(Clone, Debug)]
pub struct Meta {
    /// 200, 203 or 304.
    pub status: u16,
    /// The address that answered, after redirects; never with a user name or a fragment.
    pub final_url: HttpUrl,
    /// There were redirects, and all of them were permanent (301, 308).
    pub permanent: bool,
    /// Where the leading run of permanent redirects ended, if there was one: the only address that
    /// may ever replace the configured one (RFC 9110, 15.4).
    pub moved: Option<HttpUrl>,
    /// As answered. Of a 200 the full replacement of what was known, empty ones included; of a 304
    /// those that it carries, to be put over what was known ([`Meta::update`]). A value of more
    /// than 1 KiB or one that is not UTF-8 is left out whole: half a validator never matches.
    pub validators: Validators,
    pub content_type: Option<String>,
    /// At most 64 headers and 16 KiB, without `Set-Cookie`; as received but for the content coding.
    pub headers: Vec<(String, String)>,
    pub cache: CacheHints,
    /// What its `Link` headers say about hubs.
    pub links: Links,
    /// From the first request's turn to the end of the body, without waiting for turns.
    pub elapsed: Duration,
}

impl Meta {
    /// The validators to keep: a 200 replaces both, a 304 updates those that it carries (I1).
    pub fn update(&self, known: &Validators) -> Validators {
        let answered = self.validators.clone();
        if self.status != 304 {
            return answered;
        }
        Validators {
            etag: answered.etag.or_else(|| known.etag.clone()),
            last_modified: answered.last_modified.or_else(|| known.last_modified.clone()),
        }
    }
}

/// One POST to a sink such as a webhook.
#[derive(Clone, Debug)]
pub struct Post {
    pub url: HttpUrl,
    /// `Content-Type`, signatures, keys.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// What a sink answered, whatever the status; redirects are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The first 4 KiB of the body, made text; empty if it could not be read.
    pub text: String,
    pub retry_after: Option<RetryAfter>,
    /// `Location` of a redirect, as an absolute address; `None` where it is no address of the web.
    pub location: Option<HttpUrl>,
}

impl Answer {
    /// 2xx: the sink has taken it.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
