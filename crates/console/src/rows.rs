//! What the API answers with: a contract (DESIGN section 6) that is kept apart from what is stored.
//! Fields are never left out; what is not known is `null`. Times are RFC 3339 in UTC.

use model::{
    Alert, AlertId, AlertRuleId, Attempt, ChannelId, Counts, Delivery, DeliveryState, Detail,
    Health, Held, Item, ItemId, Kind, Listing, ListingChange, Lot, MessageId, MessageRef, Notice,
    OutcomeKind, Problem, QuarantineId, Quarantined, Revision, SourceId, Stage, StoryId, Tag,
    Timestamp, ValueKind,
};
use serde::{Deserialize, Serialize};

/// One item in its latest state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemRow {
    pub id: ItemId,
    pub kind: Kind,
    pub source: SourceId,
    /// The first key seen: the published id, else the address, else a content hash.
    pub key: String,
    pub url: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    /// `null` too when the texts were not asked for.
    pub text: Option<String>,
    pub lang: Option<String>,
    pub authors: Vec<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub fetched: Timestamp,
    pub revision: u32,
    pub story: StoryId,
    pub capture: Option<String>,
    pub tags: Vec<Tag>,
    /// Of a procurement notice only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeRow>,
    /// Of an entry of an entity list only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<ListingRow>,
}

/// The newest notice of a procurement procedure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoticeRow {
    /// The publisher's number of the notice.
    pub id: String,
    pub procedure_id: Option<String>,
    pub stage: Stage,
    pub buyer: Option<String>,
    pub suppliers: Vec<String>,
    pub cpv: Vec<String>,
    pub value: Option<f64>,
    /// `estimated`, `awarded` or `framework`.
    pub value_kind: Option<ValueKind>,
    /// ISO 4217.
    pub currency: Option<String>,
    pub deadline: Option<Timestamp>,
    pub country: Option<String>,
    pub lots: Vec<Lot>,
}

impl From<Notice> for NoticeRow {
    fn from(notice: Notice) -> Self {
        Self {
            id: notice.notice_id,
            procedure_id: notice.procedure_id,
            stage: notice.stage,
            buyer: notice.buyer,
            suppliers: notice.suppliers,
            cpv: notice.cpv,
            value: notice.value,
            value_kind: notice.value_kind,
            currency: notice.currency,
            deadline: notice.deadline,
            country: notice.country,
            lots: notice.lots,
        }
    }
}

/// An entry of an entity list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingRow {
    pub list: String,
    pub entity_id: String,
    pub name: String,
    pub aliases: Vec<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub addresses: Vec<String>,
    pub countries: Vec<String>,
    pub programmes: Vec<String>,
    pub citations: Vec<String>,
    /// Full-date.
    pub listed: Option<String>,
    /// Full-date on which the list says that it ends.
    pub removed: Option<String>,
    /// What happened to it last.
    pub change: ListingChange,
    /// The list does not have it any more.
    pub gone: bool,
}

impl From<Listing> for ListingRow {
    fn from(listing: Listing) -> Self {
        let Listing { designation: of, change, gone } = listing;
        Self {
            list: of.list,
            entity_id: of.entity_id,
            name: of.name,
            aliases: of.aliases,
            kind: of.kind,
            addresses: of.addresses,
            countries: of.countries,
            programmes: of.programmes,
            citations: of.citations,
            listed: of.listed,
            removed: of.removed,
            change,
            gone,
        }
    }
}

/// What is known about a vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorRow {
    pub id: String,
    pub label: String,
    /// Layers that it is usually seen in: a hint, never evidence.
    pub usual_layers: Vec<String>,
    /// Entries of entity lists that name it, on a list today first.
    pub listings: Vec<VendorListing>,
    /// Procurement procedures that name it, newest first, at most 100.
    pub notices: Vec<VendorNotice>,
    /// Items of any kind that name it, at most 10,000 are counted.
    pub items: usize,
    /// When one came last.
    pub last_seen: Option<Timestamp>,
    /// How many of them are evidence of each layer.
    pub layers: std::collections::BTreeMap<String, usize>,
}

/// An entry of an entity list that names a vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorListing {
    pub item: ItemId,
    pub source: SourceId,
    pub source_name: String,
    /// Whether the list may be used: `ok`, `pending`, `restricted`.
    pub terms: Option<String>,
    /// Under which licence.
    pub licence: Option<String>,
    /// The rules that found the vendor, and the words.
    pub rules: Vec<String>,
    pub words: Vec<String>,
    /// When it was first seen by us.
    pub seen: Timestamp,
    #[serde(flatten)]
    pub listing: ListingRow,
}

/// A procurement procedure that names a vendor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VendorNotice {
    pub item: ItemId,
    pub source: SourceId,
    pub title: Option<String>,
    pub url: Option<String>,
    pub published: Option<Timestamp>,
    /// It is one of the suppliers, and not only named in the text.
    pub supplies: bool,
    pub notice: NoticeRow,
}

impl ItemRow {
    /// `detail` is the record behind an item of a list or portal.
    pub fn new(item: Item, text: Option<String>, detail: Option<Detail>) -> Self {
        let (notice, listing) = match detail {
            Some(Detail::Notice(procurement)) => (Some(procurement.notice.into()), None),
            Some(Detail::Listing(listing)) => (None, Some(listing.into())),
            None => (None, None),
        };
        Self {
            notice,
            listing,
            id: item.id,
            kind: item.kind,
            source: item.source,
            key: item.key,
            url: item.url,
            title: item.title,
            summary: item.summary,
            text,
            lang: item.lang,
            authors: item.authors,
            published: item.published,
            updated: item.updated,
            fetched: item.fetched,
            revision: item.revision,
            story: item.story,
            capture: item.capture,
            tags: item.tags,
        }
    }
}

/// One item with its text and the states that it had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemDetail {
    #[serde(flatten)]
    pub item: ItemRow,
    /// Oldest first; the last one is what the item is now.
    pub revisions: Vec<RevisionRow>,
}

/// One state that an item had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevisionRow {
    pub revision: u32,
    pub at: Timestamp,
    /// Which fields differ from the state before; empty for the first.
    pub changed: Vec<String>,
    pub url: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub tags: Vec<Tag>,
}

impl RevisionRow {
    /// The state of an item that was never revised.
    pub fn only(item: &Item) -> Self {
        Self {
            revision: item.revision,
            at: item.fetched,
            changed: vec![],
            url: item.url.clone(),
            title: item.title.clone(),
            summary: item.summary.clone(),
            published: item.published,
            updated: item.updated,
            tags: item.tags.clone(),
        }
    }

    pub fn new(revision: u32, state: Revision) -> Self {
        Self {
            revision,
            at: state.at,
            changed: state.changed,
            url: state.url,
            title: state.title,
            summary: state.summary,
            published: state.published,
            updated: state.updated,
            tags: state.tags,
        }
    }
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertRow {
    pub id: AlertId,
    pub rule: AlertRuleId,
    pub label: String,
    pub at: Timestamp,
    /// Why it was not sent: `baseline` or `old`; `null` when it was.
    pub held: Option<Held>,
    pub story: StoryId,
    pub item: ItemId,
    pub revision: u32,
    pub source: SourceId,
    pub source_name: String,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub url: Option<String>,
    pub published: Option<Timestamp>,
    pub tags: Vec<Tag>,
    /// Further items of the same story.
    pub further: Vec<ItemId>,
    pub to: Vec<ChannelId>,
}

impl From<Alert> for AlertRow {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id,
            rule: alert.rule,
            label: alert.label,
            at: alert.at,
            held: alert.held,
            story: alert.story,
            item: alert.item,
            revision: alert.revision,
            source: alert.source,
            source_name: alert.source_name,
            title: alert.title,
            summary: alert.summary,
            url: alert.url,
            published: alert.published,
            tags: alert.tags,
            further: alert.further,
            to: alert.to,
        }
    }
}

/// One alert with what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertDetail {
    #[serde(flatten)]
    pub alert: AlertRow,
    pub deliveries: Vec<DeliveryRow>,
    /// The further items of the story, as they are now.
    pub outlets: Vec<Outlet>,
}

/// A further item that tells the story of an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outlet {
    pub item: ItemId,
    pub source: SourceId,
    pub title: Option<String>,
    pub url: Option<String>,
    pub published: Option<Timestamp>,
    pub fetched: Timestamp,
}

/// One message on one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// The idempotency key that the receiver sees; for an alert, its id.
    pub message: MessageId,
    pub kind: MessageKind,
    /// The alert's id, or the digest's name and the end of its period.
    pub about: String,
    pub channel: ChannelId,
    pub state: DeliveryState,
    pub attempts: u32,
    /// When the next attempt is due.
    pub due: Option<Timestamp>,
    /// When the state changed last.
    pub at: Timestamp,
    /// What the other side answered, or the last error.
    pub note: Option<String>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageKind {
    Alert,
    Digest,
}

impl DeliveryRow {
    pub fn new(message: MessageId, delivery: Delivery) -> Self {
        let (kind, about) = match &delivery.message {
            MessageRef::Alert(id) => (MessageKind::Alert, id.to_string()),
            MessageRef::Digest { digest, end } => (MessageKind::Digest, format!("{digest} {end}")),
        };
        Self {
            message,
            kind,
            about,
            channel: delivery.channel,
            state: delivery.state,
            attempts: delivery.attempts,
            due: delivery.due,
            at: delivery.at,
            note: delivery.note,
        }
    }
}

/// One source: what is configured and how it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceRow {
    pub id: SourceId,
    /// `null`, like everything that is configured, for a source that left the configuration.
    pub name: Option<String>,
    pub url: Option<String>,
    pub connector: Option<String>,
    /// Seconds between two polls.
    pub every_secs: Option<u64>,
    pub category: Option<String>,
    pub country: Option<String>,
    pub lang: Option<String>,
    /// Why it is off; `null` when it is on.
    pub off: Option<String>,
    /// Why its host's robots.txt is set aside; `null` when it is not.
    #[serde(default)]
    pub robots_ignored: Option<String>,
    pub health: Health,
    pub health_since: Option<Timestamp>,
    pub last_attempt: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// How the last attempt ended.
    pub outcome: Option<OutcomeKind>,
    pub error: Option<String>,
    /// Attempts that failed since the last success.
    pub failures: u32,
    /// Attempts ever made.
    pub polls: u32,
    /// When it is polled next; `null` when it is off.
    pub next_due: Option<Timestamp>,
}

/// Whether a source is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// The last poll read it, and the next one is not overdue.
    Watched,
    /// It cannot be read, or nobody polls it.
    Blind,
    /// Not polled yet.
    Pending,
    /// Configured, and switched off.
    Off,
    /// No longer configured; its items are kept.
    Retired,
}

/// What was and was not seen of one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoverageRow {
    pub source: SourceId,
    pub name: Option<String>,
    pub state: Sight,
    /// Since when; `null`: ever since it was configured.
    pub since: Option<Timestamp>,
    /// Why it is not watched.
    pub reason: Option<String>,
    /// How the last attempt ended.
    pub outcome: Option<OutcomeKind>,
    pub last_attempt: Option<Timestamp>,
    pub last_success: Option<Timestamp>,
    /// What the asked period brought.
    pub period: Period,
    /// When it was blind in the asked period, oldest first.
    pub gaps: Vec<Gap>,
    /// The whole asked period without a hole, oldest first.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Items that first came in the asked period; watched and none: it was quiet.
    #[serde(default)]
    pub items: u64,
}

/// A stretch of time in which a source was in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
    pub state: Sight,
    /// Why it was not watched.
    pub reason: Option<String>,
}

/// The sum of the attempts in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub attempts: u32,
    /// Attempts that read the source.
    pub read: u32,
    pub counts: Counts,
}

impl Period {
    pub(crate) fn add(&mut self, attempt: &Attempt) {
        self.attempts = self.attempts.saturating_add(1);
        self.read = self.read.saturating_add(u32::from(attempt.outcome.is_success()));
        let (sum, more) = (&mut self.counts, &attempt.counts);
        for (sum, more) in [
            (&mut sum.seen, more.seen),
            (&mut sum.new, more.new),
            (&mut sum.revised, more.revised),
            (&mut sum.unchanged, more.unchanged),
            (&mut sum.rejected, more.rejected),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// A stretch of time in which a source was not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub from: Timestamp,
    /// `null`: it lasts.
    pub to: Option<Timestamp>,
    pub reason: Option<String>,
}

/// A vendor in a layer, as far as the sources of one country go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatrixRow {
    /// ISO 3166-1 alpha-2; `null`: the sources of no country.
    pub country: Option<String>,
    pub layer: String,
    pub vendor: String,
    /// The watchlists name the layer as one of the vendor's.
    pub usual: bool,
    /// Sources of the country that are seen now: what they publish about it would arrive.
    pub watching: Vec<SourceId>,
    /// Sources of the country that should be and are not.
    pub blind: Vec<SourceId>,
    /// Sources of the country that brought the vendor in this layer, in the asked time.
    pub brought: Vec<Brought>,
    /// What is missing; `null`: it is watched and was seen.
    pub gap: Option<MatrixGap>,
}

/// What one source brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brought {
    pub source: SourceId,
    pub items: u64,
    /// When the newest of them came.
    pub last: Timestamp,
}

/// Why nothing may be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatrixGap {
    /// No source of the country is switched on.
    NoSource,
    /// There are some, and none of them is seen now.
    Blind,
    /// They are seen and brought nothing of it.
    Silent,
}

/// A stretch of time in which the daemon did not run: nothing was watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageRow {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// A document that could not be read, or not all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuarantineRow {
    pub id: QuarantineId,
    pub source: SourceId,
    pub first: Timestamp,
    /// When it, or one with the same trouble, came last.
    pub last: Timestamp,
    pub times: u32,
    pub reason: String,
    /// Entries that were rejected; 0: nothing of it could be read.
    pub rejected: u32,
    pub problems: Vec<Problem>,
    pub connector: String,
    pub url: String,
    pub content_type: Option<String>,
    pub status: u16,
    pub bytes: u64,
    /// Bytes that are kept; fewer than `bytes`: it cannot be read again.
    pub kept: u64,
    pub retried: Option<Timestamp>,
}

impl QuarantineRow {
    pub(crate) fn new(id: QuarantineId, row: Quarantined) -> Self {
        Self {
            id,
            source: row.source,
            first: row.first,
            last: row.last,
            times: row.times,
            reason: row.reason,
            rejected: row.rejected,
            problems: row.problems,
            connector: row.connector,
            url: row.url,
            content_type: row.content_type,
            status: row.status,
            bytes: row.bytes,
            kept: row.kept,
            retried: row.retried,
        }
    }
}

/// The same with the first bytes of the document, made text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuarantineDetail {
    #[serde(flatten)]
    pub row: QuarantineRow,
    pub beginning: String,
}

/// Everything at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub at: Timestamp,
    pub sources: SourceCounts,
    /// Items first fetched in the last 24 hours.
    pub items_day: u64,
    /// Alerts of the last 24 hours, held ones too.
    pub alerts_day: u64,
    pub newest_item: Option<Timestamp>,
    pub newest_alert: Option<Timestamp>,
    pub outbox: OutboxCounts,
    /// Messages that were given up and wait for a person.
    pub dead_letters: u64,
}

/// How many sources are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCounts {
    pub watched: u64,
    pub blind: u64,
    pub pending: u64,
    pub off: u64,
    pub retired: u64,
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxCounts {
    pub queued: u64,
    /// Of those, due by now.
    pub due: u64,
    /// The due time of the first.
    pub oldest: Option<Timestamp>,
}
