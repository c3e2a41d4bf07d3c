//! Names that configuration gives: one door (`FromStr`) for each.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The longest id in bytes: ids stand in store keys behind one length byte.
pub(crate) const MAX_ID_BYTES: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    #[error("an id must not be empty")]
    Empty,
    #[error("`{found}` is not allowed in an id: use a-z, 0-9 and `-`")]
    Char { found: char },
    #[error("an id has at most {MAX_ID_BYTES} letters, this one has {bytes}")]
    TooLong { bytes: usize },
}

fn check(text: &str) -> Result<Arc<str>, InvalidId> {
    let bad = |c: &char| !matches!(c, 'a'..='z' | '0'..='9' | '-');
    match text.chars().find(bad) {
        Some(found) => Err(InvalidId::Char { found }),
        None if text.is_empty() => Err(InvalidId::Empty),
        None if text.len() > MAX_ID_BYTES => Err(InvalidId::TooLong { bytes: text.len() }),
        None => Ok(text.into()),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                check(text).map(Self)
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }
    };
}

id!(
    /// A source's stable name, `[source.ID]` in the configuration.
    SourceId
);
id!(
    /// A channel's stable name, `[channel.ID]`.
    ChannelId
);
id!(
    /// An alert rule's stable name, `[alert.ID]`.
    AlertRuleId
);
id!(
    /// A digest's stable name, `[digest.ID]`.
    DigestId
);

/// Sixteen bytes, shown as lower-case hexadecimal; bytes in binary formats, text in readable ones.
macro_rules! hash_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                for byte in self.0 {
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self, f)
            }
        }
        impl ::std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let refuse = || format!("`{text}` is not an id: 32 hexadecimal digits are");
                if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(refuse());
                }
                let mut bytes = [0; 16];
                for (i, byte) in bytes.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| refuse())?;
                }
                Ok(Self(bytes))
            }
        }
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
            }
        }
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                if d.is_human_readable() {
                    let text = <String as ::serde::Deserialize>::deserialize(d)?;
                    text.parse().map_err(::serde::de::Error::custom)
                } else {
                    <[u8; 16]>::deserialize(d).map(Self)
                }
            }
        }
    };
}
pub(crate) use hash_id;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_takes_lower_case_letters_digits_and_hyphens() {
        assert_eq!("n1-rs".parse::<SourceId>().map(String::from), Ok("n1-rs".into()));
        assert_eq!("".parse::<SourceId>(), Err(InvalidId::Empty));
        assert_eq!("N1".parse::<SourceId>(), Err(InvalidId::Char { found: 'N' }));
        assert_eq!("a".repeat(65).parse::<SourceId>(), Err(InvalidId::TooLong { bytes: 65 }));
    }
}
