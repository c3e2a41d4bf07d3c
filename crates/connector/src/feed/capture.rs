//! The field that is being read.

use super::elements::lower_case;
use super::names::{Field, Space};
use super::scan::Tag;

/// A field whose content is being read.
pub(crate) struct Capture<'a> {
    pub(crate) field: Field,
    pub(crate) tag: Tag<'a>,
    pub(crate) space: Space,
    /// Where its content begins.
    pub(crate) from: usize,
    /// Elements of the same name inside.
    pub(crate) same: usize,
    /// Entries inside: a feed that quotes another.
    pub(crate) entries: usize,
    pub(crate) children: bool,
    pub(crate) cdata: bool,
}

impl Capture<'_> {
    /// Whether an element cannot stand inside this field, so that the field's end tag is missing.
    pub(crate) fn ends_before(&self, name: &str) -> bool {
        let mut lower = [0; 12];
        let Some(name) = lower_case(name, &mut lower) else { return false };
        match self.field {
            Field::Content(_) => false,
            Field::Summary(_) => matches!(name, "pubdate" | "guid" | "item" | "channel"),
            Field::Author(_) => matches!(name, "title" | "pubdate" | "guid" | "item" | "entry"),
            _ => matches!(
                name,
                "title"
                    | "link"
                    | "description"
                    | "guid"
                    | "id"
                    | "pubdate"
                    | "published"
                    | "updated"
                    | "summary"
                    | "content"
                    | "author"
                    | "category"
                    | "item"
                    | "entry"
                    | "enclosure"
            ),
        }
    }
}

/// Whether an element of this name is an entry in some format.
pub(crate) fn is_entry_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("item") || name.eq_ignore_ascii_case("entry")
}
