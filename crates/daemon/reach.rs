//! The way to the store: through a running daemon if there is one, else by opening it.

use console::{Client, ClientError, query};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{OpenError, Store};

use crate::exit::Failure;
use crate::installation::Installation;

/// Whoever has the store.
pub(crate) enum Reach {
    Daemon(Client),
    Local(Store),
}

impl Reach {
    /// Asks the socket first and opens the store only when nobody answers there.
    pub(crate) async fn find(at: &Installation) -> Result<Self, Failure> {
        if let Some(client) = daemon(at).await? {
            return Ok(Self::Daemon(client));
        }
        open(at).await.map(Self::Local)
    }

    /// One answer: of the daemon at `path`, or of `local` on the store.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
        local: impl FnOnce(&Store) -> Result<T, console::Error>,
    ) -> Result<T, Failure> {
        match self {
            Self::Daemon(client) => {
                let query = query::query_string(query);
                let path = if query.is_empty() { path.into() } else { format!("{path}?{query}") };
                client.get_json(&path).await.map_err(refused)
            }
            Self::Local(store) => local(store).map_err(failure),
        }
    }

    pub(crate) async fn close(self) -> Result<(), Failure> {
        match self {
            Self::Daemon(_) => Ok(()),
            Self::Local(store) => store.shutdown().map_err(Failure::io),
        }
    }
}

/// The daemon that has this data folder, if one runs.
pub(crate) async fn daemon(at: &Installation) -> Result<Option<Client>, Failure> {
    Client::connect(&at.config.console.socket).await.map_err(Failure::io)
}

pub(crate) async fn open(at: &Installation) -> Result<Store, Failure> {
    let settings = at.config.store.clone();
    tokio::task::spawn_blocking(move || Store::open(&settings))
        .await
        .map_err(Failure::io)?
        .map_err(cannot_open)
}

pub(crate) fn cannot_open(error: OpenError) -> Failure {
    Failure::io(anyhow::Error::new(error).context("the store cannot be opened"))
}

/// A question that was wrong is 64, one without an answer 1, a broken store 74.
pub(crate) fn failure(error: console::Error) -> Failure {
    match error.status().as_u16() {
        400 => Failure::usage(error),
        404 => Failure::found(error),
        _ => Failure::io(error),
    }
}

/// The same, when a daemon said so.
pub(crate) fn refused(error: ClientError) -> Failure {
    match error {
        ClientError::Refused { status: 400, .. } => Failure::usage(error),
        ClientError::Refused { status: 404 | 502, .. } => Failure::found(error),
        _ => Failure::io(error),
    }
}
