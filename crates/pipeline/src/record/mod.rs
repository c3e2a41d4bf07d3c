//! Entries that are records: designations of entity lists and procurement notices. How they become
//! words, what makes a state of them new, and what is told about it.

mod changes;
mod expiry;
mod guard;
mod list;
mod listing;
mod mention;
mod portal;
mod procurement;
mod signal;
mod tags;

pub(crate) use changes::{TakenOff, taken_off};
pub(crate) use expiry::{Ends, ended, passed, passing};
pub use guard::{Collapse, Guard, guard};
pub use list::accept_list;
#[cfg(test)]
pub(crate) use list::last_version;
pub(crate) use list::{List, ListBefore, is_accepted, use_up_acceptance};
pub(crate) use listing::{ListingMove, compare_listing};
pub(crate) use mention::{Mention, state_after};
pub(crate) use portal::gather;
pub(crate) use procurement::{CLASSES, NoticeMove, compare_notice, first_class, first_notice};
pub(crate) use signal::{Asked, Heard, ask};
pub(crate) use tags::{Taggable, is_wordless};

use model::{Detail, Published};

/// The full-date of a moment, in UTC as lists give theirs without a zone.
pub(crate) fn today(now: model::Timestamp) -> String {
    now.to_string().chars().take(10).collect()
}

/// A stored record; one that cannot be read is as good as none.
pub(crate) fn read(json: &str) -> Option<Detail> {
    serde_json::from_str(json).ok()
}

pub(crate) fn write(detail: &Detail) -> String {
    serde_json::to_string(detail).expect("a record holds nothing JSON cannot say")
}

/// Hash over a record: what makes a state of it.
pub(crate) fn digest(record: &Published) -> [u8; 16] {
    let json = match record {
        Published::Designation(designation) => serde_json::to_string(designation),
        Published::Notice(notice) => serde_json::to_string(notice),
    };
    crate::hash::sha16(&["record/1", &json.expect("a record holds nothing JSON cannot say")])
}

#[cfg(test)]
mod tests;
