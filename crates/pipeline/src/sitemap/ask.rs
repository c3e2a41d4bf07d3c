//! One sitemap: a request through the same fetcher as everything else, and the reader.

use connector::{Document, Parsed};
use fetch::{Body, Fetched, Meta, Request};
use model::{HttpUrl, Validators};

use crate::outcome::{Outcome, Trouble};
use crate::run::{blocking, chain, failed, parse_as, transport};
use crate::{Context, Source};

/// What one request came to.
pub(super) enum Asked {
    Read {
        parsed: Box<Parsed>,
        body: Body,
        digest: [u8; 16],
    },
    /// A 304, or the bytes of last time.
    Same(Box<Meta>),
    /// The outcome is that of a source which answered so; with the body that could not be read.
    Failed(Box<Outcome>, Option<Body>),
}

/// A request for a sitemap that belongs to `source`: what led there speaks for it, and the source's
/// headers go to its own host only.
pub(super) fn request(cx: &Context, source: &Source, url: HttpUrl) -> Request {
    let own = url.as_url().origin() == source.url.as_url().origin();
    let headers = source.headers.iter().filter(|_| own);
    let headers =
        headers.filter_map(|(name, value)| Some((name.clone(), value.reveal().ok()?.to_owned())));
    let purpose = match source.robots.ignored() {
        Some(_) if own => fetch::Purpose::Chosen,
        _ => fetch::Purpose::Crawl,
    };
    Request {
        headers: headers.collect(),
        max_body: max_body(cx),
        accept: fetch::ACCEPT_SITEMAP,
        patience: source.patience(),
        purpose,
        ..Request::page(url, 0)
    }
}

/// As large as the protocol allows, packed or not, unless the operator allows less.
pub(crate) fn max_body(cx: &Context) -> u64 {
    cx.settings.max_list_bytes.min(connector::sitemap::BYTES as u64)
}

/// Asks for a sitemap and reads it, unless it is as it was.
pub(super) async fn ask(cx: &Context, request: &Request, known: Option<[u8; 16]>) -> Asked {
    let body = match crate::robots::get(cx, request).await {
        Ok(Fetched::Body(body)) => body,
        Ok(Fetched::NotModified(meta)) => return Asked::Same(Box::new(meta)),
        Err(error) => return Asked::Failed(Box::new(failed(&error)), None),
    };
    let digest = crate::hash::sha16_of(&body.bytes);
    if known == Some(digest) {
        return Asked::Same(Box::new(body.meta));
    }
    let work = {
        let body = body.clone();
        move || {
            let document = Document {
                bytes: &body.bytes,
                content_type: body.meta.content_type.as_deref(),
                base_url: Some(body.meta.final_url.as_str()),
            };
            let connector = connector::Connector::Sitemap(connector::SitemapRules::default());
            parse_as(&connector, &document)
        }
    };
    let transport = transport(&body.meta, body.bytes.len());
    let outcome = match blocking(work).await {
        Some(Ok(parsed)) => return Asked::Read { parsed: Box::new(parsed), body, digest },
        Some(Err(error)) => {
            let wall = fetch::wall(body.meta.status, &body.meta.headers, &body.bytes);
            let error =
                wall.map_or_else(|| chain(&error), |wall| format!("{wall} instead of a sitemap"));
            Outcome::Unreadable { error, wall, transport }
        }
        None => Outcome::Panicked { error: "the reader of this format panicked".into(), transport },
    };
    Asked::Failed(Box::new(outcome), Some(body))
}

/// The host may say something else the next time: that is worth waiting for.
pub(super) fn is_passing(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Unreachable { trouble, .. } => {
            trouble.wall.is_none()
                && trouble.status.is_none_or(|s| s == 408 || s == 429 || s >= 500)
        }
        Outcome::Unreadable { transport, .. } => transport.unasked,
        _ => false,
    }
}

/// The outcome of a part as that of the whole, named.
pub(super) fn of_whole(outcome: Outcome, url: &str) -> Outcome {
    let told = |error: String| format!("{url}: {error}");
    match outcome {
        Outcome::Unreachable { error, trouble } => {
            // One page that is gone for good is not the source.
            let status = trouble.status.filter(|status| *status != 410);
            Outcome::Unreachable { error: told(error), trouble: Trouble { status, ..trouble } }
        }
        Outcome::Unreadable { error, wall, transport } => {
            Outcome::Unreadable { error: told(error), wall, transport }
        }
        Outcome::Refused { error } => Outcome::Refused { error: told(error) },
        other => other,
    }
}

/// What a sitemap was read with, to be sent back.
pub(super) fn validators_of(meta: &Meta, before: &Validators) -> Validators {
    meta.update(before)
}
