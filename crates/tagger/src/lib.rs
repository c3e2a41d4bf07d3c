//! Maps text to vendors, layers and the other facets, with rule, version and span of every match.
//! No IO.

mod spec;

pub use spec::{Endings, EntrySpec, RuleSpec};
