//! `/healthz`: can this daemon do its work.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::rows::Status;
use crate::{State, query};

/// The store's writer goes through its loop twice a second; above this it hangs.
const WRITER_IDLE_MS: u64 = 10_000;

/// The answer of `/healthz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub status: Condition,
    /// Why it is not `ok`.
    pub reasons: Vec<String>,
    pub version: String,
    pub uptime_secs: u64,
}

/// How the daemon is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// The store is not open yet.
    Starting,
    Ok,
    /// Someone must look at the reasons.
    Degraded,
}

/// 503 while starting and while nothing can be stored: then a restart or a person is needed. What
/// is only less than it should be (sources that cannot be read, messages given up) is `degraded`
/// with a 200: starting again would not mend it.
pub(crate) async fn answer(state: &State) -> Response {
    let (code, status, reasons) = match state.store() {
        Err(starting) => {
            (StatusCode::SERVICE_UNAVAILABLE, Condition::Starting, vec![starting.to_string()])
        }
        Ok(store) => {
            let failing = failing(&store.health());
            let code = match failing.is_empty() {
                true => StatusCode::OK,
                false => StatusCode::SERVICE_UNAVAILABLE,
            };
            let mut reasons = failing;
            reasons.extend(lacking(state).await);
            match reasons.is_empty() {
                true => (code, Condition::Ok, reasons),
                false => (code, Condition::Degraded, reasons),
            }
        }
    };
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let uptime_secs = state.uptime().as_secs();
    (code, Json(Health { status, reasons, version, uptime_secs })).into_response()
}

/// Why nothing can be stored.
fn failing(health: &store::Health) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(reason) = &health.poisoned {
        reasons.push(format!("the store takes no more writes: {reason}"));
    }
    if health.full {
        reasons.push(format!(
            "the disk is nearly full ({} bytes are free): nothing new is taken in",
            health.free_bytes
        ));
    }
    if health.writer_idle_ms >= WRITER_IDLE_MS {
        reasons.push(format!("the store's writer has hung for {} ms", health.writer_idle_ms));
    }
    if health.blob_files > 0 {
        reasons.push(format!("{} values outgrew the store's pages", health.blob_files));
    }
    if health.sled_errors > 0 {
        reasons.push(format!("the storage engine logged {} errors", health.sled_errors));
    }
    reasons
}

/// What is less than it should be.
async fn lacking(state: &State) -> Vec<String> {
    let troubles: Arc<[String]> = state.troubles();
    let mut reasons = troubles.to_vec();
    let status =
        state.read(|store, settings, now| query::status(store, &settings.sources, now)).await;
    match status {
        Ok(status) => reasons.extend(shortfalls(&status)),
        Err(error) => reasons.push(error.to_string()),
    }
    reasons
}

fn shortfalls(status: &Status) -> Vec<String> {
    let mut reasons = Vec::new();
    if status.sources.blind > 0 && status.sources.watched == 0 {
        reasons.push(format!(
            "none of the {} sources that were polled could be read",
            status.sources.blind
        ));
    }
    if status.dead_letters > 0 {
        reasons.push(format!(
            "{} deliveries were given up: see `stackwatch deliveries list`",
            status.dead_letters
        ));
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_cannot_write_is_told_with_its_reason() {
        assert_eq!(failing(&store::Health::default()), Vec::<String>::new());
        let health = store::Health {
            poisoned: Some("fsync failed".into()),
            full: true,
            writer_idle_ms: 10_000,
            blob_files: 1,
            sled_errors: 2,
            ..store::Health::default()
        };
        assert_eq!(failing(&health).len(), 5);
        assert!(failing(&health)[0].contains("fsync failed"));
    }
}
