//! The loopback server that the demo's sources live on: answers conditional requests, and can go
//! dead for one source.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What each path serves: a document, or nothing any more.
#[derive(Clone, Default)]
pub(super) struct Origin {
    documents: Arc<Mutex<HashMap<String, Option<String>>>>,
}

impl Origin {
    /// Serves `document` at `/name` from now on.
    pub(super) fn serve(&self, name: &str, document: String) {
        self.lock().insert(name.to_owned(), Some(document));
    }

    /// `/name` answers with an error from now on.
    pub(super) fn kill(&self, name: &str) {
        self.lock().insert(name.to_owned(), None);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Option<String>>> {
        self.documents.lock().expect("nobody panics while holding it")
    }

    pub(super) async fn run(
        self,
        listener: TcpListener,
        stop: CancellationToken,
    ) -> std::io::Result<()> {
        let router = Router::new().route("/{name}", axum::routing::get(answer)).with_state(self);
        axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
    }
}

async fn answer(
    State(origin): State<Origin>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let document = origin.lock().get(&name).cloned();
    match document {
        None => StatusCode::NOT_FOUND.into_response(),
        // Of one path: an overloaded server would hold off everything on its host.
        Some(None) => StatusCode::NOT_FOUND.into_response(),
        Some(Some(document)) => {
            let etag = etag(&document);
            if headers
                .get(header::IF_NONE_MATCH)
                .is_some_and(|sent| sent.as_bytes() == etag.as_bytes())
            {
                return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
            }
            let kind = (header::CONTENT_TYPE, "application/xml; charset=utf-8".to_owned());
            ([kind, (header::ETAG, etag)], document).into_response()
        }
    }
}

fn etag(document: &str) -> String {
    let hash = document.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("\"{hash:016x}\"")
}
