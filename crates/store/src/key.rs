//! Keys: typed values whose encoded bytes sort as they are listed.
//!
//! Numbers and times are big-endian; names stand behind one length byte (so they sort by length,
//! then by letters); ids of sixteen bytes stand as they are.

use std::fmt::Debug;

use model::{
    AlertId, AliasKey, ChannelId, DigestId, Facet, ItemId, MessageId, QuarantineId, SourceId,
    StoryId, StoryKey, SubscriptionId, Timestamp,
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
hashes!(ItemId, StoryId, AlertId, MessageId, AliasKey, StoryKey, QuarantineId, SubscriptionId);

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

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use proptest::prelude::*;
    use proptest::strategy::BoxedStrategy;

    use super::*;
    use crate::tables::{self, Table, *};

    /// How keys are to be listed, said without bytes.
    trait Listed: Key + Clone {
        fn any() -> BoxedStrategy<Self>;
        fn compare(&self, other: &Self) -> Ordering;
    }

    macro_rules! listed {
        ($($type:ty: $any:expr, $order:expr;)+) => {$(
            impl Listed for $type {
                fn any() -> BoxedStrategy<Self> {
                    $any.boxed()
                }
                fn compare(&self, other: &Self) -> Ordering {
                    let order = $order;
                    order(self).cmp(&order(other))
                }
            }
        )+};
    }
    fn few() -> impl Strategy<Value = u64> {
        // Neighbours and far ones.
        prop_oneof![0..5u64, any::<u64>().prop_map(|n| n % Timestamp::MAX.millis())]
    }
    fn hash() -> impl Strategy<Value = [u8; 16]> {
        prop_oneof![prop::array::uniform16(0..2u8), prop::array::uniform16(any::<u8>())]
    }
    fn shorter_first(name: &str) -> (usize, String) {
        (name.len(), name.to_owned())
    }
    listed! {
        String: "[a-c]{0,3}|\\PC{0,40}", |name: &String| shorter_first(name);
        SourceId: "[a-b-]{1,3}|[a-z0-9-]{1,64}".prop_map(|id| id.parse().unwrap()),
            |id: &SourceId| shorter_first(id.as_str());
        ChannelId: "[a-b]{1,3}".prop_map(|id| id.parse().unwrap()),
            |id: &ChannelId| shorter_first(id.as_str());
        DigestId: "[a-b]{1,3}".prop_map(|id| id.parse().unwrap()),
            |id: &DigestId| shorter_first(id.as_str());
        Timestamp: few().prop_map(|n| Timestamp::from_millis(n).unwrap()), |t: &Timestamp| *t;
        Facet: prop::sample::select(Facet::ALL), |facet: &Facet| *facet;
        u32: prop_oneof![0..3u32, any::<u32>()], |n: &u32| *n;
        ItemId: hash().prop_map(ItemId), |id: &ItemId| *id;
        StoryId: hash().prop_map(StoryId), |id: &StoryId| *id;
        AlertId: hash().prop_map(AlertId), |id: &AlertId| *id;
        MessageId: hash().prop_map(MessageId), |id: &MessageId| *id;
        AliasKey: hash().prop_map(AliasKey), |id: &AliasKey| *id;
        StoryKey: hash().prop_map(StoryKey), |id: &StoryKey| *id;
        QuarantineId: hash().prop_map(QuarantineId), |id: &QuarantineId| *id;
        SubscriptionId: hash().prop_map(SubscriptionId), |id: &SubscriptionId| *id;
    }
    macro_rules! listed_tuples {
        ($($part:ident $index:tt)+) => {
            impl<$($part: Listed + 'static),+> Listed for ($($part,)+) {
                fn any() -> BoxedStrategy<Self> {
                    ($($part::any(),)+).boxed()
                }
                fn compare(&self, other: &Self) -> Ordering {
                    Ordering::Equal$(.then_with(|| self.$index.compare(&other.$index)))+
                }
            }
        };
    }
    listed_tuples!(A 0 B 1);
    listed_tuples!(A 0 B 1 C 2);
    listed_tuples!(A 0 B 1 C 2 D 3);

    fn check<T: Table>(a: &T::Key, b: &T::Key)
    where
        T::Key: Listed,
    {
        let (left, right) = (tables::key::<T>(a), tables::key::<T>(b));
        assert_eq!(left.cmp(&right), a.compare(b), "{a:?} and {b:?}");
        assert!(left == right || !left.starts_with(&right), "{b:?} begins {a:?}");
        let back = tables::decode_key::<T>(&left).expect("what was encoded is read");
        assert_eq!(back.compare(a), Ordering::Equal);
        // Neither less nor more than a key is one.
        assert!(tables::decode_key::<T>(&left[..left.len() - 1]).is_none());
        assert!(tables::decode_key::<T>(&[&left[..], &[0]].concat()).is_none());
    }

    macro_rules! properties {
        ($($name:ident: $table:ident;)+) => {
            proptest! {
                #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
                $(#[test]
                fn $name(
                    a in <$table as Table>::Key::any(),
                    b in <$table as Table>::Key::any(),
                ) {
                    check::<$table>(&a, &b);
                })+
            }
            #[test]
            fn no_table_is_forgotten_here() {
                assert_eq!(tables::ALL.len(), [$($table::BYTE),+].len());
            }
        };
    }
    properties! {
        meta: Meta; sources: Sources; attempts: Attempts; transitions: Transitions;
        outages: Outages; gaps: Gaps; robots: Robots; blindness: Blindness;
        told_health: ToldHealth; sitemaps: Sitemaps; subscriptions: Subscriptions; items: Items; aliases: Aliases; texts: Texts; story_keys: StoryKeys;
        story_members: StoryMembers; revisions: Revisions; details: Details;
        list_members: ListMembers; list_versions: ListVersions; by_time: ByTime; by_tag: ByTag;
        by_source: BySource; outbox: Outbox; alerts: Alerts; deliveries: Deliveries;
        alerts_by_time: AlertsByTime; dead_letters: DeadLetters; digest_runs: DigestRuns;
        quarantine: Quarantine; quarantine_bodies: QuarantineBodies;
    }

    #[test]
    fn every_table_has_a_byte_of_its_own() {
        let bytes: Vec<u8> = tables::ALL.iter().map(|table| table.byte).collect();
        assert!(bytes.is_sorted_by(|a, b| a < b), "{bytes:x?}");
        assert!(bytes.iter().all(|byte| *byte < tables::PIECES));
    }

    #[test]
    fn hostile_keys_are_refused() {
        // A length beyond the end, bytes that are no text, a time after 9999, no such facet.
        assert!(tables::decode_key::<Sources>(&[1, 9, b'a']).is_none());
        assert!(tables::decode_key::<Meta>(&[0, 2, 0xff, 0xff]).is_none());
        assert!(tables::decode_key::<Outages>(&[4, 255, 0, 0, 0, 0, 0, 0, 0]).is_none());
        let facet = [&[0x21, 200, 1, b'a'][..], &[0; 24]].concat();
        assert!(tables::decode_key::<ByTag>(&facet).is_none());
    }
}
