//! Entity lists: from the files that governments publish to [`Designation`]s.
//!
//! Every publisher has its own format, so each has its own small reader; what they share is the
//! ledger, in which every record of a file is entered as read, joined to another, skipped with
//! a reason, or rejected as a problem with its place. Nothing is dropped silently.
//!
//! A list is read as a whole: [`ParsedList::complete`] says whether the file ended where it should.
//! A list that is not complete must never become a version of anything (I9).

mod bis;
mod detect;
mod eu;
mod federal;
mod format;
mod ledger;
mod ofac;
mod open;
mod screening;
mod source;
mod swiss;
mod tables;
mod uk;
mod un;
mod word;

use std::collections::BTreeMap;

use model::{Designation, Problem};
use serde::Serialize;

use crate::{Document, ParseError};

pub use crate::entities::format::{Format, UnknownFormat};
pub use crate::entities::tables::{Columns, UnknownColumn};

/// The version of these readers. It is stamped on what they read, so that a change of a reader is
/// told apart from a change of a list: raise it with every change that gives other designations
/// for the same bytes.
pub const READER_VERSION: u32 = 3;

/// What these readers are for, in messages.
const WANTED: &str = "an entity list";

/// A value with the name of the file that it came from.
#[derive(Clone, Debug)]
pub struct Named<T> {
    /// The file's name or the last part of its address; only told to people, and a hint where
    /// the bytes leave a choice.
    pub name: String,
    pub value: T,
}

/// What the operator says about a list; all of it may be left open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityRules {
    /// The format; `None`: by the bytes.
    pub format: Option<Format>,
    /// The id of the list under which its entries are kept; `None`: that of the format.
    pub list: Option<String>,
    /// Which column or field holds what, for tables of others.
    pub columns: Option<Columns>,
    /// What separates the cells of a table; `None`: by the header.
    pub delimiter: Option<u8>,
    /// The array of a JSON document that holds the entries: `entities`, `data.items`.
    pub array: Option<String>,
}

/// A record that is no designation, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    pub at: String,
    pub reason: String,
}

/// What the files of one list yielded.
///
/// `records` = `items.len()` + `joined` + `skips` + `rejected`, always.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ParsedList {
    pub format: Format,
    /// How the file calls itself.
    pub title: Option<String>,
    /// The id of the list; sub-lists begin with it.
    pub list: String,
    /// The version as the publisher counts it: a publication id, a checksum, a version string.
    pub version: Option<String>,
    /// The RFC 3339 full-date on which the file says that it was made.
    pub published: Option<String>,
    pub items: Vec<Designation>,
    /// The first thousand problems, and a last one that counts the others.
    pub problems: Vec<Problem>,
    /// The first thousand skipped records.
    pub skipped: Vec<Skipped>,
    /// Records of the files: rows, elements, lines.
    pub records: u64,
    /// Records that belong to an item which another record began: rows of aliases and addresses.
    pub joined: u64,
    /// Records that are no designations, each with a reason.
    pub skips: u64,
    /// Records that could not be used, each with a problem.
    pub rejected: u64,
    /// Items of each sub-list.
    pub counts: BTreeMap<String, u64>,
    /// The file was read to its end, and the end is where it should be. `false`: never make a
    /// version of a list out of it.
    pub complete: bool,
    /// The items are the changes since the last publication, not the whole list.
    pub delta: bool,
    /// Ids that a change took off, also of entries that stand among the items with that as their
    /// end.
    pub removals: Vec<String>,
    /// Where to go on: the next page, or the file that this one announces.
    pub next: Option<String>,
    /// [`READER_VERSION`].
    pub reader: u32,
}

/// Reads the files of one list: one file, or several that belong together, such as OFAC's.
/// The same bytes always give the same result.
///
/// # Errors
/// When nothing can be used: no file, not an entity list, a column missing that the format must
/// have, damage before the first entry.
pub fn parse_entities(
    rules: &EntityRules,
    files: &[Named<Document<'_>>],
) -> Result<ParsedList, ParseError> {
    source::read(rules, files)
}
