//! Sitemaps: as sources of their own, and as the place where entries are looked for that a feed may
//! have dropped between two polls.

mod aside;
mod ask;
mod fill;
mod plan;
mod poll;
#[cfg(test)]
mod tests;

pub(crate) use self::aside::{merge, set_aside};
pub(crate) use self::ask::max_body;
pub(crate) use self::fill::fill_gaps;
pub(crate) use self::poll::{Gathered, gather};

/// Sitemaps of an index that one run asks for, newest first: one request each, at the host's pace.
const CHILDREN: usize = 8;
/// Sitemaps of an index that are watched at all: the newest.
const WATCHED: usize = 1_000;
/// Entries with a date that a first poll takes, newest first; the rest are left aside, for what is
/// years old is no news and a large site would fill the store with it.
const FIRST: usize = 5_000;
/// The place of problems that say what was left out on purpose.
pub(crate) const LEFT_OUT: &str = "sitemap";
/// Entries that one run reads: as many as one file may have.
const ENTRIES: usize = connector::sitemap::ENTRIES;
