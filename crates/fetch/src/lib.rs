//! The only crate that names reqwest: conditional requests, caps, timeouts, pace per host, and the
//! filter of addresses (I11).
//!
//! Every request takes the same road: the address is checked, the host's turn is awaited, the
//! request is sent, and each redirect starts again at the check. Names are resolved by our own
//! resolver, which hands over only addresses that may be reached, so that a name whose address
//! changes between check and connection gains nothing. No environment variable, proxy, cookie or
//! referrer takes part.

mod address;
mod answer;
mod body;
mod check;
mod error;
mod fetcher;
mod gate;
mod headers;
mod hop;
mod links;
mod resolver;
pub mod robots;
mod settings;
mod wall;

pub use answer::{
    ACCEPT_DATA, ACCEPT_FEED, ACCEPT_PAGE, ACCEPT_SITEMAP, Answer, Body, Fetched, Meta, Patience,
    Post, Purpose, Request,
};
pub use check::{Blocked, Verdict, check_url};
pub use error::{Advice, BuildError, FetchError, Phase, RedirectProblem, Strain};
pub use fetcher::{Detour, Fetcher, Now};
pub use headers::{CacheHints, RetryAfter};
pub use settings::Settings;
pub use wall::{Wall, wall};
