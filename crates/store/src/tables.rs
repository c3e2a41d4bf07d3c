//! The tables: one byte, one key type and one value type each.

use model::{
    Alert, AlertId, AliasKey, Attempt, Blind, ChannelId, Delivery, DigestId, DigestRun, Facet, Gap,
    Item, ItemId, MessageId, Outage, OutboxEntry, QuarantineId, Quarantined, Revision, RobotsCopy,
    SitemapMemory, SourceId, SourceState, StoryId, StoryKey, Subscription, SubscriptionId,
    Timestamp, Told, Transition,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::key::Key;
use crate::old;

/// A table: a marker type that says how its rows are keyed and stored.
pub trait Table: Send + Sync + 'static {
    /// The first byte of all keys.
    const BYTE: u8;
    /// For messages.
    const NAME: &'static str;
    /// The version in which values are written; older ones are read.
    const VERSION: u8 = 1;
    /// Long values are cut into pieces ([`crate::limits::PIECE_BYTES`]).
    const SPLIT: bool = false;
    /// Rows say something by their key alone; their values are empty.
    const INDEX: bool = false;
    type Key: Key + Send;
    type Value: Serialize + DeserializeOwned + Send;

    /// Today's value of what `version`, an older one, wrote; `None`: there is no such version.
    fn upgrade(version: u8, payload: &[u8]) -> Option<Result<Self::Value, String>> {
        let _ = (version, payload);
        None
    }
}

/// The further pieces of long values: this byte, the key of the first piece, a number of 2 bytes.
pub(crate) const PIECES: u8 = 0x7e;

/// What is known about a table where only its byte is at hand.
pub(crate) struct Known {
    pub(crate) byte: u8,
    pub(crate) name: &'static str,
    pub(crate) split: bool,
    /// Shows the key behind the table byte; `None` if it is not one of this table.
    pub(crate) show_key: fn(&[u8]) -> Option<String>,
    /// Reads a whole value.
    pub(crate) check_value: fn(&[u8]) -> Result<(), String>,
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident $byte:literal $text:literal $key:ty => $value:ty $(, $flag:ident)*
        $(| $version:literal $upgrade:path)?;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;
            impl Table for $name {
                const BYTE: u8 = $byte;
                const NAME: &'static str = $text;
                $(const $flag: bool = true;)*
                $(const VERSION: u8 = $version;)?
                type Key = $key;
                type Value = $value;
                $(fn upgrade(version: u8, payload: &[u8]) -> Option<Result<$value, String>> {
                    $upgrade(version, payload)
                })?
            }
        )+
        /// All tables, in the order of their bytes.
        pub(crate) const ALL: &[Known] = &[$(Known {
            byte: $byte,
            name: $text,
            split: $name::SPLIT,
            show_key: show_key::<$name>,
            check_value: check_value::<$name>,
        }),+];
    };
}

tables! {
    /// Facts about the store itself, by name.
    Meta 0x00 "meta" String => Vec<u8>;
    /// The state of each source.
    Sources 0x01 "sources" SourceId => SourceState | 2 old::sources;
    /// The last attempts at each source.
    Attempts 0x02 "attempts" (SourceId, Timestamp) => Attempt;
    /// When a source changed its health.
    Transitions 0x03 "transitions" (SourceId, Timestamp) => Transition;
    /// When the daemon did not run, by the time it went.
    Outages 0x04 "outages" Timestamp => Outage;
    /// When a source may have published more than was seen, by the time of the poll that found it.
    Gaps 0x06 "gaps" (SourceId, Timestamp) => Gap | 2 old::gaps;
    /// What each origin's robots.txt said last, by origin: `https://example.org`.
    Robots 0x07 "robots" String => RobotsCopy, SPLIT;
    /// When a source was not seen, by the last time that it was.
    Blindness 0x08 "blindness" (SourceId, Timestamp) => Blind;
    /// What people were told last of each source's health.
    ToldHealth 0x09 "told-health" SourceId => Told;
    /// What polls of a sitemap remember.
    Sitemaps 0x0c "sitemaps" SourceId => SitemapMemory, SPLIT;
    /// What binds sources to hubs (WebSub), by source and the secret part of the callback.
    Subscriptions 0x0d "subscriptions" (SourceId, SubscriptionId) => Subscription;
    /// Items in their latest state.
    Items 0x10 "items" ItemId => Item, SPLIT;
    /// The item that a published id or an address leads to.
    Aliases 0x11 "aliases" AliasKey => ItemId;
    /// Compressed texts of items, by the revision that brought them; see
    /// [`crate::Commit::put_text`] and [`crate::Store::text`].
    Texts 0x12 "texts" (ItemId, u32) => crate::text::Packed, SPLIT;
    /// The story that a key belongs to.
    StoryKeys 0x13 "story-keys" StoryKey => StoryId;
    /// The items of a story.
    StoryMembers 0x14 "story-members" (StoryId, ItemId) => (), INDEX;
    /// The states that an item had.
    Revisions 0x15 "revisions" (ItemId, u32) => Revision, SPLIT;
    /// The records behind items of lists and portals ([`model::Detail`]), as JSON.
    Details 0x16 "details" ItemId => String, SPLIT;
    /// The items that a source's entity list has now.
    ListMembers 0x17 "list-members" (SourceId, ItemId) => (), INDEX;
    /// The good downloads of a source's entity list ([`model::ListVersion`]), as JSON.
    ListVersions 0x18 "list-versions" (SourceId, Timestamp) => String, SPLIT;
    /// Items by the time they were first fetched.
    ByTime 0x20 "by-time" (Timestamp, ItemId) => (), INDEX;
    /// Items by tag, then by time.
    ByTag 0x21 "by-tag" (Facet, String, Timestamp, ItemId) => (), INDEX;
    /// Items by source, then by time.
    BySource 0x23 "by-source" (SourceId, Timestamp, ItemId) => (), INDEX;
    /// What is to be sent, by due time.
    Outbox 0x50 "outbox" (Timestamp, MessageId, ChannelId) => OutboxEntry;
    /// The alerts.
    Alerts 0x51 "alerts" AlertId => Alert, SPLIT;
    /// Where each message stands on each channel.
    Deliveries 0x52 "deliveries" (MessageId, ChannelId) => Delivery;
    /// Alerts by time.
    AlertsByTime 0x53 "alerts-by-time" (Timestamp, AlertId) => (), INDEX;
    /// Messages that were given up, by the time of that.
    DeadLetters 0x54 "dead-letters" (Timestamp, MessageId, ChannelId) => OutboxEntry;
    /// Digests that were made, by the end of their period.
    DigestRuns 0x58 "digest-runs" (DigestId, Timestamp) => DigestRun;
    /// What could not be read.
    Quarantine 0x60 "quarantine" (SourceId, QuarantineId) => Quarantined, SPLIT;
    /// The bytes of it.
    QuarantineBodies 0x61 "quarantine-bodies" (SourceId, QuarantineId) => Vec<u8>, SPLIT;
}

fn show_key<T: Table>(mut key: &[u8]) -> Option<String> {
    let decoded = T::Key::decode(&mut key)?;
    key.is_empty().then(|| format!("{decoded:?}"))
}

fn check_value<T: Table>(bytes: &[u8]) -> Result<(), String> {
    crate::value::decode::<T>(bytes).map(drop)
}

/// The table that a stored key belongs to.
pub(crate) fn of(key: &[u8]) -> Option<&'static Known> {
    let byte = key.first()?;
    ALL.iter().find(|table| table.byte == *byte)
}

/// Name of the table and the key, for messages.
pub(crate) fn describe(key: &[u8]) -> (&'static str, String) {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match of(key) {
        Some(table) => (table.name, (table.show_key)(&key[1..]).unwrap_or_else(|| hex(key))),
        None if key.first() == Some(&PIECES) => ("pieces", hex(key)),
        None => ("unknown", hex(key)),
    }
}

/// The stored key of a row.
pub(crate) fn key<T: Table>(key: &T::Key) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    bytes.push(T::BYTE);
    key.encode(&mut bytes);
    bytes
}

/// The typed key of a stored one.
pub(crate) fn decode_key<T: Table>(bytes: &[u8]) -> Option<T::Key> {
    let mut rest = bytes.strip_prefix(&[T::BYTE])?;
    let key = T::Key::decode(&mut rest)?;
    rest.is_empty().then_some(key)
}
