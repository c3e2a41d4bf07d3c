//! The router over the store: JSON for the command line, feeds and health for everyone.
//!
//! - [`query`] are pure reads, answered with [`rows`]; the command line calls them itself when no
//!   daemon runs.
//! - [`router`] puts them under addresses; what is more than a read goes to the daemon's
//!   [`Actions`].
//! - [`serve`] listens on a TCP port (reads only) and on the socket in the data folder;
//!   [`Client`] is the other end of that socket.

mod actions;
mod atom;
mod client;
mod error;
mod health;
mod lookup;
mod metrics;
mod page;
pub mod query;
mod router;
pub mod rows;
mod serve;
mod settings;
mod socket;
mod state;
mod tally;

pub use crate::actions::{
    Actions, Answer, DigestQuery, Document, QuarantineRetry, RetagQuery, RetryQuery,
};
pub use crate::client::{Client, ClientError};
pub use crate::error::Error;
pub use crate::health::{Condition, Health};
pub use crate::router::{Transport, router};
pub use crate::serve::{serve, serve_apart};
pub use crate::settings::{Settings, SourceInfo};
pub use crate::state::{Clock, PushCounts, Pushes, State};
