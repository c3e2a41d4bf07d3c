//! What rules found in an item.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clean::one_line;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($variant),+ }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(self.as_str()) }
        }
        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|v| format!("`{v}`")).collect();
                    format!("`{text}` is not one of {}", known.join(", "))
                })
            }
        }
    };
}
pub(crate) use words;

words!(
    /// What a tag says something about. The order is part of stored keys: append only.
    Facet {
        Vendor = "vendor", Layer = "layer", Event = "event", Counterparty = "counterparty",
        Place = "place", Amount = "amount", Origin = "origin",
    }
);
words!(
    /// The part of an item that a span lies in. Append only.
    Field { Title = "title", Summary = "summary", Text = "text", Url = "url" }
);

/// Where a rule matched: byte offsets into the original field, and the words found there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    pub field: Field,
    pub start: u32,
    pub end: u32,
    pub text: String,
}

impl Span {
    /// The words for people: those of an address without its percent signs.
    pub fn shown(&self) -> String {
        match self.field {
            Field::Url => one_line(&crate::address::decoded(&self.text)),
            Field::Title | Field::Summary | Field::Text => one_line(&self.text),
        }
    }

    /// Where they stand, in words for people.
    pub fn place(&self) -> &'static str {
        match self.field {
            Field::Url => "address",
            field => field.as_str(),
        }
    }
}

/// What a rule found in an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    pub facet: Facet,
    /// The id of the vendor, layer …
    pub id: String,
    /// `id/rule`, for example `bgi/short`.
    pub rule: String,
    /// Eight hexadecimal digits of a hash over everything that the rule consists of.
    pub version: String,
    /// Between 0 and 1.
    pub confidence: f32,
    pub spans: Vec<Span>,
}
