//! The only door to the internet: callbacks of hubs, on a listener of their own. Nothing else is
//! answered here, so that a reverse proxy cannot show more than that by mistake.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::RunError;
use pipeline::websub::{Admission, Desk, Intent, Push, PushEnd, Reply};
use tracing::error;

/// From the first to the last byte of a message.
const BODY_TIME: Duration = Duration::from_secs(20);
/// Bytes of a question's address.
const ADDRESS_BYTES: usize = 8 * 1_024;
/// What a hub waits after the store failed: the daemon ends and is started again.
const STORE_PAUSE: Duration = Duration::from_secs(60);

/// Everything that is answered.
pub(crate) fn router(desk: Desk) -> Router {
    Router::new().fallback(answer).with_state(desk)
}

async fn answer(State(desk): State<Desk>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let address = head.uri;
    if address.path().len() + address.query().map_or(0, str::len) > ADDRESS_BYTES {
        return StatusCode::URI_TOO_LONG.into_response();
    }
    let Some((source, id)) = callback(address.path()) else {
        if head.method == Method::POST {
            desk.count(PushEnd::Unknown);
        }
        return StatusCode::NOT_FOUND.into_response();
    };
    let reply = match head.method {
        Method::GET => match Intent::of(address.query().unwrap_or_default()) {
            Some(intent) => desk.hear(source, id, &intent).await,
            None => Ok(Reply::NotFound),
        },
        Method::POST => match desk.admit(source, id).await {
            Ok(Admission::Refuse(reply)) => Ok(reply),
            Ok(Admission::Read(ticket)) => match read(&desk, &head.headers, body).await {
                Ok(push) => desk.take(*ticket, push).await,
                Err((end, status)) => {
                    desk.count(end);
                    return status.into_response();
                }
            },
            Err(error) => Err(error),
        },
        _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
    };
    respond(reply)
}

/// What `/metrics` tells of messages.
pub(crate) fn pushes(desk: &Desk) -> console::Pushes {
    let (taken, refused): (Vec<_>, Vec<_>) =
        desk.counts().into_iter().partition(|(end, _)| end.is_taken());
    let named = |list: Vec<(PushEnd, u64)>| {
        list.into_iter().map(|(end, count)| (end.as_str(), count)).collect()
    };
    console::Pushes { taken: named(taken), refused: named(refused) }
}

/// Source and secret part of `…/websub/SOURCE/ID`, whatever the proxy has put before it.
fn callback(path: &str) -> Option<(&str, &str)> {
    let (rest, id) = path.rsplit_once('/')?;
    let (rest, source) = rest.rsplit_once('/')?;
    rest.ends_with("/websub").then_some((source, id))
}

/// The whole message, within its bounds.
async fn read(desk: &Desk, headers: &HeaderMap, body: Body) -> Result<Push, (PushEnd, StatusCode)> {
    const TOO_LARGE: (PushEnd, StatusCode) = (PushEnd::TooLarge, StatusCode::PAYLOAD_TOO_LARGE);
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let limit = usize::try_from(desk.max_body()).unwrap_or(usize::MAX);
    let announced = text(header::CONTENT_LENGTH.as_str()).and_then(|n| n.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(TOO_LARGE);
    }
    let body = match tokio::time::timeout(BODY_TIME, to_bytes(body, limit)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Err(TOO_LARGE),
        Err(_) => return Err((PushEnd::Slow, StatusCode::REQUEST_TIMEOUT)),
    };
    Ok(Push {
        signature: text("x-hub-signature"),
        content_type: text(header::CONTENT_TYPE.as_str()),
        content_encoding: text(header::CONTENT_ENCODING.as_str()),
        body,
    })
}

fn respond(reply: Result<Reply, RunError>) -> Response {
    let later = |status: StatusCode, wait: Duration| {
        (status, [(header::RETRY_AFTER, wait.as_secs().max(1).to_string())]).into_response()
    };
    match reply {
        Ok(Reply::Challenge(challenge)) => {
            // Plain text, and never anything else: the words come from outside.
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            ];
            (headers, challenge).into_response()
        }
        Ok(Reply::Thanks) => StatusCode::ACCEPTED.into_response(),
        Ok(Reply::NotFound) => StatusCode::NOT_FOUND.into_response(),
        Ok(Reply::Gone) => StatusCode::GONE.into_response(),
        Ok(Reply::TooMany { retry_after }) => later(StatusCode::TOO_MANY_REQUESTS, retry_after),
        Ok(Reply::Busy { retry_after }) => later(StatusCode::SERVICE_UNAVAILABLE, retry_after),
        Err(failed) => {
            error!(error = %failed, "a hub could not be answered: {failed}");
            later(StatusCode::SERVICE_UNAVAILABLE, STORE_PAUSE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_callbacks_have_an_address() {
        for (path, expected) in [
            ("/websub/danas/00ff", Some(("danas", "00ff"))),
            ("/watch/websub/danas/00ff", Some(("danas", "00ff"))),
            ("/", None),
            ("", None),
            ("/api/items", None),
            ("/websub/danas", None),
            ("/websub/danas/00ff/more", None),
            ("/notwebsub/danas/00ff", None),
        ] {
            assert_eq!(callback(path), expected, "{path}");
        }
    }
}
