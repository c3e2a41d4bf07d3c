//! JSON for the command line and for other programs.

use axum::Extension;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{ChannelId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Store;

use super::Transport;
use crate::query::{
    self, AlertsQuery, CoverageQuery, DeliveriesQuery, ItemsQuery, MatrixQuery, QuarantineQuery,
};
use crate::{DigestQuery, Error, QuarantineRetry, RetagQuery, RetryQuery, Settings, State};

type Asked<Q> = Result<Query<Q>, QueryRejection>;
type Answered = Result<Response, Error>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");
/// The period of coverage where the question does not say.
const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

fn asked<Q>(query: Asked<Q>) -> Result<Q, Error> {
    match query {
        Ok(Query(query)) => Ok(query),
        Err(rejected) => Err(Error::Invalid(rejected.body_text())),
    }
}

fn id<Id: std::str::FromStr<Err = String>>(text: &str) -> Result<Id, Error> {
    text.parse().map_err(Error::Invalid)
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| Error::Internal(error.to_string()))
}

fn typed(content_type: HeaderValue, body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, content_type)], Body::from(body)).into_response()
}

/// One thing, read and written out on a thread that may block.
async fn one<T: Serialize>(
    state: State,
    read: impl FnOnce(&Store, &Settings, Timestamp) -> Result<T, Error> + Send + 'static,
) -> Answered {
    let body = state.read(move |store, settings, now| json(&read(store, settings, now)?)).await?;
    Ok(typed(JSON, body))
}

/// A list: an array, or one object a line for those who ask for that.
async fn list<T: Serialize>(
    state: State,
    headers: &HeaderMap,
    read: impl FnOnce(&Store, &Settings, Timestamp) -> Result<Vec<T>, Error> + Send + 'static,
) -> Answered {
    if !wants_lines(headers) {
        return one(state, read).await;
    }
    let body = state
        .read(move |store, settings, now| {
            let mut lines = Vec::new();
            for row in read(store, settings, now)? {
                lines.extend(json(&row)?);
                lines.push(b'\n');
            }
            Ok(lines)
        })
        .await?;
    Ok(typed(NDJSON, body))
}

/// A list that may be very long: each row is written as it is read, so that only the text is held.
async fn long_list<T: Serialize>(
    state: State,
    headers: &HeaderMap,
    read: impl FnOnce(
        &Store,
        &Settings,
        Timestamp,
        &mut dyn FnMut(T) -> Result<(), Error>,
    ) -> Result<(), Error>
    + Send
    + 'static,
) -> Answered {
    let lines = wants_lines(headers);
    let body = state
        .read(move |store, settings, now| {
            let mut text = Vec::new();
            read(store, settings, now, &mut |row| {
                if !lines {
                    text.push(if text.is_empty() { b'[' } else { b',' });
                }
                serde_json::to_writer(&mut text, &row)
                    .map_err(|error| Error::Internal(error.to_string()))?;
                if lines {
                    text.push(b'\n');
                }
                Ok(())
            })?;
            if !lines {
                text.extend(if text.is_empty() { &b"[]"[..] } else { b"]" });
            }
            Ok(text)
        })
        .await?;
    Ok(typed(if lines { NDJSON } else { JSON }, body))
}

fn wants_lines(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("ndjson"))
}

/// What costs more than a read is not for everyone who reaches the port.
fn socket_only(transport: Transport) -> Result<(), Error> {
    match transport {
        Transport::Socket => Ok(()),
        Transport::Tcp => Err(Error::Refused("this is done over the socket only".into())),
    }
}

pub(super) async fn items(
    Shared(state): Shared<State>,
    query: Asked<ItemsQuery>,
    headers: HeaderMap,
) -> Answered {
    let query = asked(query)?;
    list(state, &headers, move |store, _, _| query::items(store, &query)).await
}

pub(super) async fn item(Shared(state): Shared<State>, Path(text): Path<String>) -> Answered {
    let id = id(&text)?;
    one(state, move |store, _, _| query::item(store, id)).await
}

pub(super) async fn alerts(
    Shared(state): Shared<State>,
    query: Asked<AlertsQuery>,
    headers: HeaderMap,
) -> Answered {
    let query = asked(query)?;
    list(state, &headers, move |store, _, _| query::alerts(store, &query)).await
}

pub(super) async fn alert(Shared(state): Shared<State>, Path(text): Path<String>) -> Answered {
    let id = id(&text)?;
    one(state, move |store, _, _| query::alert(store, id)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PathQuery {
    path: String,
}

pub(super) async fn import_file(
    Shared(state): Shared<State>,
    Path(text): Path<String>,
    query: Asked<PathQuery>,
) -> Answered {
    let path = asked(query)?.path;
    let source = text.parse().map_err(|error| Error::Invalid(format!("{error}")))?;
    done(&state.act(|actions| actions.import_file(source, path)).await?)
}

pub(super) async fn accept_list(
    Shared(state): Shared<State>,
    Path(text): Path<String>,
) -> Answered {
    let source = text.parse().map_err(|error| Error::Invalid(format!("{error}")))?;
    done(&state.act(|actions| actions.accept_list(source)).await?)
}

pub(super) async fn vendor(Shared(state): Shared<State>, Path(id): Path<String>) -> Answered {
    let known = state.act(move |actions| actions.vendor(id)).await?;
    one(state, move |store, settings, _| query::vendor(store, &known, &settings.sources)).await
}

pub(super) async fn sources(Shared(state): Shared<State>, headers: HeaderMap) -> Answered {
    long_list(state, &headers, |store, settings, _, each| {
        query::each_source(store, &settings.sources, each)
    })
    .await
}

pub(super) async fn deliveries(
    Shared(state): Shared<State>,
    query: Asked<DeliveriesQuery>,
    headers: HeaderMap,
) -> Answered {
    let query = asked(query)?;
    list(state, &headers, move |store, _, _| query::deliveries(store, &query)).await
}

pub(super) async fn quarantine(
    Shared(state): Shared<State>,
    query: Asked<QuarantineQuery>,
    headers: HeaderMap,
) -> Answered {
    let query = asked(query)?;
    list(state, &headers, move |store, _, _| query::quarantine(store, &query)).await
}

pub(super) async fn quarantined(
    Shared(state): Shared<State>,
    Path(text): Path<String>,
) -> Answered {
    let id = id(&text)?;
    one(state, move |store, _, _| query::quarantined(store, id)).await
}

pub(super) async fn retry_quarantine(
    Shared(state): Shared<State>,
    query: Asked<QuarantineRetry>,
) -> Answered {
    let which = asked(query)?;
    done(&state.act(|actions| actions.retry_quarantine(which)).await?)
}

pub(super) async fn coverage(
    Shared(state): Shared<State>,
    query: Asked<CoverageQuery>,
    headers: HeaderMap,
) -> Answered {
    let CoverageQuery { since, until } = asked(query)?;
    long_list(state, &headers, move |store, settings, now, each| {
        let until = until.unwrap_or(now);
        let since = since.unwrap_or(until.before(DAY));
        query::each_coverage(store, &settings.sources, since..until, now, each)
    })
    .await
}

/// How far back the matrix looks where the question does not say.
const QUARTER: std::time::Duration = std::time::Duration::from_secs(90 * 24 * 60 * 60);

pub(super) async fn matrix(
    Shared(state): Shared<State>,
    query: Asked<MatrixQuery>,
    headers: HeaderMap,
) -> Answered {
    let query = asked(query)?;
    let vendors = state.act(|actions| actions.vendors()).await?;
    list(state, &headers, move |store, settings, now| {
        let since = query.since.unwrap_or(now.before(QUARTER));
        query::matrix(store, &vendors, &settings.sources, (&query, since), now)
    })
    .await
}

pub(super) async fn outages(
    Shared(state): Shared<State>,
    query: Asked<CoverageQuery>,
    headers: HeaderMap,
) -> Answered {
    let since = asked(query)?.since;
    list(state, &headers, move |store, _, now| {
        query::outages(store, since.unwrap_or(now.before(DAY)))
    })
    .await
}

pub(super) async fn status(Shared(state): Shared<State>) -> Answered {
    one(state, |store, settings, now| query::status(store, &settings.sources, now)).await
}

pub(super) async fn digest(Shared(state): Shared<State>, query: Asked<DigestQuery>) -> Answered {
    let query = asked(query)?;
    if query.send {
        return Err(Error::Refused("`send` needs the method POST".into()));
    }
    rendered(state, query).await
}

pub(super) async fn send_digest(
    Shared(state): Shared<State>,
    query: Asked<DigestQuery>,
) -> Answered {
    let query = DigestQuery { send: true, ..asked(query)? };
    rendered(state, query).await
}

async fn rendered(state: State, query: DigestQuery) -> Answered {
    let document = state.act(|actions| actions.digest(query)).await?;
    Ok(typed(HeaderValue::from_static(document.content_type), document.body))
}

fn done(value: &Value) -> Answered {
    Ok(typed(JSON, json(value)?))
}

pub(super) async fn retry_deliveries(
    Shared(state): Shared<State>,
    query: Asked<RetryQuery>,
) -> Answered {
    let which = asked(query)?;
    done(&state.act(|actions| actions.retry_deliveries(which)).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChannelQuery {
    name: ChannelId,
}

pub(super) async fn test_channel(
    Shared(state): Shared<State>,
    query: Asked<ChannelQuery>,
) -> Answered {
    let channel = asked(query)?.name;
    done(&state.act(|actions| actions.test_channel(channel)).await?)
}

pub(super) async fn retag(Shared(state): Shared<State>, query: Asked<RetagQuery>) -> Answered {
    let which = asked(query)?;
    done(&state.act(|actions| actions.retag(which)).await?)
}

pub(super) async fn store_stats(
    Shared(state): Shared<State>,
    Extension(transport): Extension<Transport>,
) -> Answered {
    socket_only(transport)?;
    done(&state.act(|actions| actions.store_stats()).await?)
}

pub(super) async fn verify_store(
    Shared(state): Shared<State>,
    Extension(transport): Extension<Transport>,
) -> Answered {
    socket_only(transport)?;
    done(&state.act(|actions| actions.verify_store()).await?)
}

pub(super) async fn export_store(Shared(state): Shared<State>) -> Answered {
    done(&state.act(|actions| actions.export_store()).await?)
}
