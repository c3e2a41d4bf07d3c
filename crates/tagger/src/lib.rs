//! Maps text to vendors, layers and the other facets, with rule, version and span of every match.
//! No IO.
//!
//! A watchlist's entries are compiled once ([`Tagger::build`]); a text is brought into one normal
//! form, searched in one pass for the names and words of all facets, and what was found is weighed
//! by its context ([`Tagger::tag`]).

mod address;
mod amount;
pub mod company;
mod compile;
mod context;
mod cover;
mod endings;
pub mod eval;
mod evaluate;
mod fold;
mod han;
mod index;
mod language;
mod letters;
mod pattern;
mod prefilter;
mod refused;
mod slug;
mod spec;
mod tagger;
mod text;
mod twins;
mod written;

pub use amount::WantedAmount;
pub use company::CompanyMatcher;
pub use context::ASIDE;
pub use fold::Folder;
pub use refused::{Beside, PatternError, Refused, RefusedBecause, Verdict};
pub use spec::{Endings, EntrySpec, RuleSpec};
pub use tagger::{Explained, Explanation, Tagger, Text, fold};
pub use twins::{Twin, twins};
