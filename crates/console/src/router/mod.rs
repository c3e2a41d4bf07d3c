//! The addresses, and who may ask for what.

mod api;
mod guard;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use store::Store;

use crate::{Error, Settings, State, atom, health, metrics, page};

pub use self::guard::Transport;

/// Bytes of the body of a question: all of ours fit into their address.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Everything that is answered. Without a [`Transport`] beside the request it is taken for one
/// over TCP: reads only, and only under a name of this machine.
pub fn router(state: State) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/coverage", get(coverage))
        .route("/quarantine", get(quarantine))
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics_text))
        .route("/feed/alerts.atom", get(alerts_feed))
        .route("/api/items", get(api::items))
        .route("/api/items/{id}", get(api::item))
        .route("/api/alerts", get(api::alerts))
        .route("/api/alerts/{id}", get(api::alert))
        .route("/api/sources", get(api::sources))
        .route("/api/deliveries", get(api::deliveries))
        .route("/api/deliveries/retry", post(api::retry_deliveries))
        .route("/api/quarantine", get(api::quarantine))
        .route("/api/quarantine/retry", post(api::retry_quarantine))
        .route("/api/quarantine/{id}", get(api::quarantined))
        .route("/api/coverage", get(api::coverage))
        .route("/api/coverage/matrix", get(api::matrix))
        .route("/api/outages", get(api::outages))
        .route("/api/status", get(api::status))
        .route("/api/digest", get(api::digest).post(api::send_digest))
        .route("/api/channel-test", post(api::test_channel))
        .route("/api/store/stats", get(api::store_stats))
        .route("/api/store/verify", get(api::verify_store))
        .route("/api/store/export", post(api::export_store))
        .route("/api/sources/{id}/import", post(api::import_file))
        .route("/api/sources/{id}/accept", post(api::accept_list))
        .route("/api/vendors/{id}", get(api::vendor))
        .route("/api/retag", post(api::retag))
        .fallback(|| async { Error::NotFound("there is nothing under this address".into()) })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

async fn front(Shared(state): Shared<State>) -> Result<Html<String>, Error> {
    state.read(page::front).await.map(Html)
}

async fn coverage(Shared(state): Shared<State>) -> Result<Html<String>, Error> {
    state.read(page::coverage).await.map(Html)
}

async fn quarantine(Shared(state): Shared<State>) -> Result<Html<String>, Error> {
    state.read(page::quarantine).await.map(Html)
}

async fn healthz(Shared(state): Shared<State>) -> Response {
    health::answer(&state).await
}

async fn metrics_text(Shared(state): Shared<State>) -> Result<Response, Error> {
    let uptime = state.uptime();
    let tally = state.clone();
    let text = move |store: &Store, settings: &Settings, now| {
        metrics::text(store, settings, now, uptime, tally.tally(), tally.pushes().as_ref())
    };
    let text = state.read(text).await?;
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

async fn alerts_feed(Shared(state): Shared<State>, headers: HeaderMap) -> Result<Response, Error> {
    let feed = state.read(|store, settings, _| atom::feed(store, settings)).await?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let validators =
        [(header::ETAG, feed.etag.clone()), (header::CACHE_CONTROL, "no-cache".into())];
    if known.is_some_and(|known| atom::matches(known, &feed.etag)) {
        return Ok((StatusCode::NOT_MODIFIED, validators).into_response());
    }
    Ok((validators, [(header::CONTENT_TYPE, atom::CONTENT_TYPE)], feed.xml).into_response())
}
