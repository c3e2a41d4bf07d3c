//! robots.txt (RFC 9309): what a host asks crawlers to leave alone.
//!
//! Reading and matching are pure ([`Robots`], [`Rules`]) and follow the RFC; where it is silent,
//! Google's published parser is followed, for files are written against it: spellings that people
//! get wrong, keys without a colon, `index.html` for its folder.
//!
//! [`Fetcher`](crate::Fetcher) asks each origin once a day, before its first page.

mod file;
mod line;
mod path;
mod rule;
mod sites;
mod standing;

pub use self::file::{MAX_BYTES, Robots, Rules};
pub(crate) use self::sites::Sites;
