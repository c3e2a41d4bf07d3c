//! Keys: typed values whose encoded bytes sort as they are listed.
//!
//! Numbers and times are big-endian; names stand behind one length byte (so they sort by length,
//! then by letters); ids of sixteen bytes stand as they are.

use std::fmt::Debug;

use model::{
    AlertId, AliasKey, ChannelId, DigestId, Facet, ItemId, MessageId, SourceId, StoryId, StoryKey,
    Timestamp,
};

/// Something a key consists of, and keys themselves: tuples of such parts.
pub trait Key: Sized + Debug {
    /// Appends the bytes.
    fn encode(&self, out: &mut Vec<u8>);
    /// Takes the bytes off the front of `input`; `None` if they are not such a key.
    fn decode(input: &mut &[u8]) -> Option<Self>;
}

/// The first parts of a key `K`: what a [`crate::Range`] can be bounded by.
pub trait Prefix<K>: Key {}

fn take<'a>(input: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (head, rest) = input.split_at_checked(bytes)?;
    *input = rest;
    Some(head)
}

/// A name that is too long for its length byte makes a key above the limit of all keys, and is
/// refused with it.
fn encode_name(name: &str, out: &mut Vec<u8>) {
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(name.as_bytes());
}

fn decode_name<'a>(input: &mut &'a [u8]) -> Option<&'a str> {
    let length = *take(input, 1)?.first()?;
    std::str::from_utf8(take(input, usize::from(length))?).ok()
}

impl Key for String {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_name(self, out);
    }
    fn decode(input: &mut &[u8]) -> Option<Self> {
        decode_name(input).map(Self::from)
    }
}

macro_rules! names {
    ($($name:ty),+) => {$(
        impl Key for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                encode_name(self.as_str(), out);
            }
            fn decode(input: &mut &[u8]) -> Option<Self> {
                decode_name(input)?.parse().ok()
            }
        }
    )+};
}
names!(SourceId, ChannelId, DigestId);

macro_rules! hashes {
    ($($name:ident),+) => {$(
        impl Key for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0);
            }
            fn decode(input: &mut &[u8]) -> Option<Self> {
                Some(Self(take(input, 16)?.try_into().ok()?))
            }
        }
    )+};
}
hashes!(ItemId, StoryId, AlertId, MessageId, AliasKey, StoryKey);

impl Key for u32 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }
    fn decode(input: &mut &[u8]) -> Option<Self> {
        Some(Self::from_be_bytes(take(input, 4)?.try_into().ok()?))
    }
}

impl Key for Timestamp {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.millis().to_be_bytes());
    }
    fn decode(input: &mut &[u8]) -> Option<Self> {
        Self::from_millis(u64::from_be_bytes(take(input, 8)?.try_into().ok()?)).ok()
    }
}

impl Key for Facet {
    fn encode(&self, out: &mut Vec<u8>) {
        // The order of the variants is frozen in `model`.
        out.push(*self as u8);
    }
    fn decode(input: &mut &[u8]) -> Option<Self> {
        let byte = *take(input, 1)?.first()?;
        Self::ALL.get(usize::from(byte)).copied()
    }
}

macro_rules! tuples {
    ($($part:ident)+) => {
        impl<$($part: Key),+> Key for ($($part,)+) {
            fn encode(&self, out: &mut Vec<u8>) {
                #[expect(non_snake_case, reason = "the type parameters name the parts")]
                let ($($part,)+) = self;
                $($part.encode(out);)+
            }
            fn decode(input: &mut &[u8]) -> Option<Self> {
                Some(($($part::decode(input)?,)+))
            }
        }
    };
}
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);

impl<A: Key, B: Key> Prefix<(A, B)> for A {}
impl<A: Key, B: Key, C: Key> Prefix<(A, B, C)> for A {}
impl<A: Key, B: Key, C: Key> Prefix<(A, B, C)> for (A, B) {}
impl<A: Key, B: Key, C: Key, D: Key> Prefix<(A, B, C, D)> for A {}
impl<A: Key, B: Key, C: Key, D: Key> Prefix<(A, B, C, D)> for (A, B) {}
impl<A: Key, B: Key, C: Key, D: Key> Prefix<(A, B, C, D)> for (A, B, C) {}
impl<K: Key> Prefix<K> for K {}
