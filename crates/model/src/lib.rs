//! The words of the product as types: sources, entries, items, tags, alerts, and the rules of identity.
//!
//! No IO, no async, no clock: time is handed in.

mod address;
mod alert;
mod blind;
mod clean;
mod coverage;
mod designation;
mod detail;
mod digest;
mod id;
mod identity;
mod item;
mod notice;
mod quarantine;
mod robots;
mod source;
mod tag;
mod time;
mod url;
mod websub;

pub use crate::address::{AddressWords, title_or_address};
pub use crate::alert::{
    Alert, AlertId, Delivery, DeliveryState, Held, MessageId, MessageRef, OutboxEntry,
};
pub use crate::blind::Blind;
pub use crate::clean::{one_line, terminal_safe, truncated};
pub use crate::coverage::{
    Cause, FAILURES_BEFORE_BROKEN, GRACE, Ledger, Sight, Silence, Stretch, is_overdue,
};
pub use crate::designation::Designation;
pub use crate::detail::{Detail, ListVersion, Listing, ListingChange, Procurement, Published};
pub use crate::digest::DigestRun;
pub use crate::id::{AlertRuleId, ChannelId, DigestId, InvalidId, SourceId};
pub use crate::identity::{
    AliasKey, CANONICAL_VERSION, StoryKey, canonical_url, content_digest, exact_text_key,
};
pub use crate::item::{Entry, Item, ItemId, Kind, Lang, Problem, Revision, StoryId, entry_limits};
pub use crate::notice::{Lot, Money, Notice, Party, PartyRole, Stage, ValueKind};
pub use crate::quarantine::{QuarantineId, Quarantined};
pub use crate::robots::RobotsCopy;
pub use crate::source::{
    Attempt, Counts, Fill, Gap, Habit, Health, Hints, Memory, Moved, Outage, OutcomeKind,
    PossibleGap, SitemapChild, SitemapMemory, SourceState, Told, Transition, Validators,
};
pub use crate::tag::{Facet, Field, Span, Tag};
pub use crate::time::{InvalidTimestamp, Timestamp};
pub use crate::url::{HttpUrl, InvalidUrl};
pub use crate::websub::{Asked, HubMode, Links, Subscription, SubscriptionId, SubscriptionState};
