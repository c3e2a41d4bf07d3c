//! The other end of the socket: how commands ask a running daemon.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{Method, Request, header};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::socket;

/// How long the daemon may take to accept.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// How long a read may take; the daemon gives up on its own a little earlier.
const READ_TIME: Duration = Duration::from_secs(45);
/// The same for what changes something or reads the whole store.
const ACTION_TIME: Duration = Duration::from_secs(16 * 60);
/// Bytes of an answer.
const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// Why the daemon did not answer as asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It refused, with its reason: 400 and 404 are the asker's, 5xx the daemon's.
    #[error("{message}")]
    Refused { status: u16, message: String },
    #[error("the daemon did not answer within {limit:?}")]
    Timeout { limit: Duration },
    #[error("the answer of the daemon is broken: {reason}")]
    Broken { reason: String },
    /// There is a socket, but it cannot be used.
    #[error("the socket {} cannot be used", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// A road to a running daemon; each question has a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
}

impl Client {
    /// `None` when no daemon answers on `socket`: no such file, or one that a dead daemon left.
    ///
    /// # Errors
    /// When there is a daemon that this user may not ask, or that does not accept.
    pub async fn connect(socket: &Path) -> Result<Option<Self>, ClientError> {
        use io::ErrorKind::{ConnectionRefused, NotADirectory, NotFound};
        let client = Self { socket: socket.to_owned() };
        match client.dial().await {
            Ok(_) => Ok(Some(client)),
            Err(ClientError::Io { source, .. })
                if matches!(source.kind(), NotFound | NotADirectory | ConnectionRefused) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The answer to a GET of `path_and_query`, as it came.
    pub async fn get(&self, path_and_query: &str) -> Result<Bytes, ClientError> {
        let limit = if is_action(path_and_query) { ACTION_TIME } else { READ_TIME };
        self.ask(Method::GET, path_and_query, limit).await
    }

    /// The answer to a GET, read as `T`: [`crate::rows`] or `serde_json::Value`.
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        path_and_query: &str,
    ) -> Result<T, ClientError> {
        parse(&self.get(path_and_query).await?)
    }

    /// The answer to a POST, as it came. What is asked stands in the address.
    pub async fn post(&self, path_and_query: &str) -> Result<Bytes, ClientError> {
        self.ask(Method::POST, path_and_query, ACTION_TIME).await
    }

    /// The answer to a POST, read as `T`.
    pub async fn post_json<T: DeserializeOwned>(
        &self,
        path_and_query: &str,
    ) -> Result<T, ClientError> {
        parse(&self.post(path_and_query).await?)
    }

    async fn dial(&self) -> Result<UnixStream, ClientError> {
        let failed = |source| ClientError::Io { path: self.socket.clone(), source };
        let (folder, name) = socket::parts(&self.socket).map_err(failed)?;
        let there = socket::reachable(folder, name).map_err(failed)?;
        match timeout(CONNECT_TIME, UnixStream::connect(&there.path)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(source)) => Err(failed(source)),
            Err(_) => Err(ClientError::Timeout { limit: CONNECT_TIME }),
        }
    }

    async fn ask(
        &self,
        method: Method,
        path_and_query: &str,
        limit: Duration,
    ) -> Result<Bytes, ClientError> {
        let stream = self.dial().await?;
        match timeout(limit, exchange(stream, method, path_and_query)).await {
            Ok(answer) => answer,
            Err(_) => Err(ClientError::Timeout { limit }),
        }
    }
}

fn is_action(path: &str) -> bool {
    path.starts_with("/api/store/") || path.starts_with("/api/digest")
}

async fn exchange(stream: UnixStream, method: Method, path: &str) -> Result<Bytes, ClientError> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(broken)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answer = async move {
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES);
        let body = body.collect().await.map_err(broken)?.to_bytes();
        if status.is_success() {
            return Ok(body);
        }
        Err(ClientError::Refused { status: status.as_u16(), message: reason(&body, status) })
    };
    // The connection moves the bytes while the answer waits for them; it ends with the body.
    let (answer, _) = futures_util::future::join(answer, connection).await;
    answer
}

/// The `error` of an answer, or what the status says.
fn reason(body: &[u8], status: axum::http::StatusCode) -> String {
    #[derive(serde::Deserialize)]
    struct Said {
        error: String,
    }
    serde_json::from_slice::<Said>(body).map_or_else(|_| status.to_string(), |said| said.error)
}

fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ClientError {
    ClientError::Broken { reason: error.into().to_string() }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(broken)
}
