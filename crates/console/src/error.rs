//! Why a question has no answer, by what the asker does about it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::StoreError;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// The question is not one that can be answered; ask differently.
    #[error("{0}")]
    Invalid(String),
    /// This is not done on this road, by this method or under this name.
    #[error("{0}")]
    Refused(String),
    /// Too much is asked at once; ask again.
    #[error("too many questions at once: ask again in a few seconds")]
    Busy,
    /// The store is not open yet; ask again.
    #[error("the store is being opened: ask again in a few seconds")]
    Starting,
    /// It was tried, and did not work: the reason is for the person who asked.
    #[error("{0}")]
    Failed(String),
    /// The store could not be read.
    #[error("the store could not be read")]
    Store(#[from] StoreError),
    /// A mistake of ours.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// The HTTP status that says it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::Busy | Self::Starting => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::BAD_GATEWAY,
            Self::Store(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Error {
    /// `{"error": "…"}`; the cause of an internal error goes to the log under an id, and only the
    /// id to the asker.
    fn into_response(self) -> Response {
        let status = self.status();
        let message = match &self {
            Self::Store(cause) => hidden(&cause.to_string()),
            Self::Internal(cause) => hidden(cause),
            said => said.to_string(),
        };
        let mut response = (status, Json(serde_json::json!({ "error": message }))).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

fn hidden(cause: &str) -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    tracing::error!(request.id = id, error = cause, "a question could not be answered: {cause}");
    format!("internal error, number {id} in the log of this run")
}
