//! Asking a hub: one form by POST, redirects followed with the same care (sections 5.1 and 5.4).

use std::time::Duration;

use fetch::{Advice, FetchError, Fetcher, Post};
use model::{HttpUrl, HubMode, Subscription};
use url::form_urlencoded::Serializer;

use super::subscription::LEASE_S;
use super::{Key, callback};

/// Redirects of one request that are followed (307 and 308: the method stays).
const HOPS: usize = 3;
/// Longest part of a hub's answer that is kept as the reason.
const REASON_BYTES: usize = 120;

/// Why a hub did not take a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: String,
    /// It understood and said no.
    pub(super) refused: bool,
    pub(super) retry_after: Option<Duration>,
}

/// Asks the hub; well when it took the request (202, or any 2xx of an older one).
pub(super) async fn ask(
    fetcher: &Fetcher,
    key: &Key,
    row: &Subscription,
    mode: HubMode,
) -> Result<(), Refusal> {
    let fail = |error: String| Refusal { error, refused: false, retry_after: None };
    let mut url: HttpUrl = row.hub.parse().map_err(|_| fail("the hub's address is none".into()))?;
    let body = form(key, row, mode);
    for _ in 0..=HOPS {
        let post = Post {
            url: url.clone(),
            headers: vec![("Content-Type".into(), "application/x-www-form-urlencoded".into())],
            body: body.clone().into(),
        };
        let answer = fetcher.post(&post).await.map_err(|error| unanswered(&error))?;
        let retry_after = answer.retry_after.map(|after| after.wait);
        match answer.status {
            200..=299 => return Ok(()),
            307 | 308 => match answer.location {
                Some(next) if !is_downgrade(&url, &next) => url = next,
                _ => {
                    return Err(fail(format!("{} to no address that may be asked", answer.status)));
                }
            },
            status => {
                let said = model::one_line(&model::truncated(&answer.text, REASON_BYTES));
                let error = format!("the hub answered {status} {}", said.trim());
                let refused = matches!(status, 400..=499) && !matches!(status, 408 | 425 | 429);
                return Err(Refusal { error: error.trim_end().into(), refused, retry_after });
            }
        }
    }
    Err(fail(format!("more than {HOPS} redirects")))
}

/// The secret goes over TLS for as long as it once did.
fn is_downgrade(from: &HttpUrl, to: &HttpUrl) -> bool {
    from.as_url().scheme() == "https" && to.as_url().scheme() != "https"
}

fn unanswered(error: &FetchError) -> Refusal {
    let retry_after = match error.advice() {
        Advice::WaitAtLeast(wait) => Some(wait),
        Advice::BackOff | Advice::Gone | Advice::NeedsOperator => None,
    };
    let refused = matches!(error, FetchError::Refused(_));
    Refusal { error: error.describe(), refused, retry_after }
}

/// The secret is sent whatever the scheme of the hub: without one, anybody who knows the callback
/// could speak for the hub; with one, only who has read this very request.
fn form(key: &Key, row: &Subscription, mode: HubMode) -> String {
    let mut form = Serializer::new(String::with_capacity(512));
    form.append_pair("hub.mode", mode.as_str())
        .append_pair("hub.topic", &row.topic)
        .append_pair("hub.callback", &callback(&row.public, key));
    if mode == HubMode::Subscribe {
        form.append_pair("hub.lease_seconds", &LEASE_S.to_string())
            .append_pair("hub.secret", &row.secret);
    }
    form.finish()
}
