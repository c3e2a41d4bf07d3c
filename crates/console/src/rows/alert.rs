//! Alerts, and what became of them.

use model::{
    Alert, AlertId, AlertRuleId, ChannelId, Held, ItemId, SourceId, StoryId, Tag, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::DeliveryRow;

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
