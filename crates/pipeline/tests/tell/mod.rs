//! Short ways to the values that the tests of delivery and digests need.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use connector::{Connector, FeedRules};
use model::{
    Alert, AlertId, ChannelId, Delivery, DeliveryState, Facet, Field, Health, Item, ItemId, Kind,
    MessageId, MessageRef, OutboxEntry, Revision, Span, StoryId, Tag, Timestamp, Transition,
};
use pipeline::{
    AlertRule, Channel, ChannelKind, Criteria, DigestFormat, DigestSettings, Settings, Source,
    Weekday,
};
use store::{Commit, Store, tables};

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn source(id: &str, name: &str) -> Source {
    Source {
        id: id.parse().unwrap(),
        name: name.into(),
        url: format!("https://{id}.example/feed").parse().unwrap(),
        connector: Connector::Feed(FeedRules::default()),
        every: Duration::from_secs(900),
        pace: pipeline::Pace::default(),
        lang: Some("en".into()),
        category: Some("local-news".into()),
        country: None,
        grade: None,
        off: None,
        headers: vec![],
        replace: vec![],
        terms: None,
        guard: pipeline::Guard::default(),
        timeout: fetch::Patience::default(),
        signal: None,
        robots: pipeline::RobotsRule::Usual,
        websub: true,
    }
}

pub(crate) fn vendors(ids: &[&str]) -> Criteria {
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    Criteria { tags: vec![(Facet::Vendor, ids)], ..Criteria::default() }
}

pub(crate) fn rule() -> AlertRule {
    AlertRule {
        id: "new-mention".parse().unwrap(),
        label: "New Huawei, Nuctech or BGI mention".into(),
        when: vendors(&["huawei", "nuctech", "bgi"]),
        unless: Criteria::default(),
        max_age: Some(Duration::from_secs(14 * 24 * 3600)),
        to: vec!["log".parse().unwrap()],
        matches: vec![],
        ignores: vec![],
    }
}

pub(crate) fn morning(formats: &[DigestFormat]) -> DigestSettings {
    use Weekday::{Fri, Mon, Thu, Tue, Wed};
    DigestSettings {
        id: "morning".parse().unwrap(),
        label: "Morning digest".into(),
        at: "07:00".parse().unwrap(),
        days: vec![Mon, Tue, Wed, Thu, Fri],
        when: vendors(&["*"]),
        unless: Criteria::default(),
        to: vec!["log".parse().unwrap()],
        formats: formats.to_vec(),
    }
}

pub(crate) fn settings(data: &std::path::Path) -> Settings {
    let log = ChannelKind::File { path: "alerts.jsonl".into() };
    Settings {
        sources: vec![source("beta", "Beta | [press]"), source("danas", "Danas")],
        alerts: vec![rule()],
        channels: vec![Channel { id: "log".parse().unwrap(), kind: log }],
        digests: vec![],
        timezone: jiff::tz::TimeZone::get("Europe/Belgrade").unwrap(),
        parallel: 4,
        per_host: 1,
        max_feed_bytes: 1 << 20,
        max_list_bytes: 64 << 20,
        heartbeat: None,
        websub: None,
        data: data.to_owned(),
        min_free_bytes: 0,
    }
}

pub(crate) fn fetcher() -> fetch::Fetcher {
    let settings = fetch::Settings {
        user_agent: "stackwatch/test (+https://example.org)".into(),
        per_host: 1,
        spacing: Duration::ZERO,
        connect_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        allow: vec!["127.0.0.0/8".parse().unwrap()],
    };
    fetch::Fetcher::new(settings).unwrap()
}

pub(crate) fn tag(facet: Facet, id: &str, word: &str) -> Tag {
    let end = u32::try_from(word.len()).unwrap();
    Tag {
        facet,
        id: id.into(),
        rule: format!("{id}/name"),
        version: "0badcafe".into(),
        confidence: 1.0,
        spans: vec![Span { field: Field::Title, start: 0, end, text: word.into() }],
    }
}

/// An item as the pipeline stores it, and its first revision.
pub(crate) fn item(source: &str, key: &str, title: &str, fetched: &str, tags: Vec<Tag>) -> Item {
    let source = source.parse().unwrap();
    let id = ItemId::derive(&source, "guid", key);
    Item {
        id,
        kind: Kind::Article,
        key: key.into(),
        url: Some(format!("https://{source}.example/{key}")),
        source,
        title: Some(title.into()),
        summary: None,
        lang: Some("en".into()),
        authors: vec![],
        published: Some(at(fetched)),
        updated: None,
        fetched: at(fetched),
        revision: 0,
        story: StoryId::of(id),
        capture: None,
        tags,
        content: [0; 16],
        envelope: [0; 16],
        restless: 0,
        aliases: 0,
        baseline: false,
        text_bytes: 0,
    }
}

pub(crate) fn put_item(store: &Store, item: &Item) {
    let mut commit = Commit::default();
    commit.put_item(item);
    put_revision(&mut commit, item, item.fetched, &[]);
    store.commit_blocking(commit).unwrap();
}

pub(crate) fn put_revision(commit: &mut Commit, item: &Item, at: Timestamp, changed: &[&str]) {
    let revision = Revision {
        at,
        url: item.url.clone(),
        title: item.title.clone(),
        summary: item.summary.clone(),
        published: item.published,
        updated: item.updated,
        tags: item.tags.clone(),
        changed: changed.iter().map(|field| (*field).to_owned()).collect(),
    };
    commit.put::<tables::Revisions>(&(item.id, item.revision), &revision);
}

pub(crate) fn put_health(
    store: &Store,
    source: &str,
    when: &str,
    from: Health,
    to: Health,
    why: &str,
) {
    let mut commit = Commit::default();
    let reason = (!why.is_empty()).then(|| why.to_owned());
    let key = (source.parse().unwrap(), at(when));
    commit.put::<tables::Transitions>(&key, &Transition { from, to, reason });
    store.commit_blocking(commit).unwrap();
}

pub(crate) fn alert(item: &Item, rule: &AlertRule) -> Alert {
    Alert {
        id: AlertId::derive(&rule.id, item.story, "new"),
        rule: rule.id.clone(),
        label: rule.label.clone(),
        at: item.fetched,
        held: None,
        story: item.story,
        item: item.id,
        revision: 0,
        source: item.source.clone(),
        source_name: item.source.to_string(),
        title: item.title.clone(),
        summary: item.summary.clone(),
        url: item.url.clone(),
        published: item.published,
        tags: item.tags.clone(),
        further: vec![],
        to: rule.to.clone(),
    }
}

/// Stores an alert with its outbox row on each channel.
pub(crate) fn put_alert(store: &Store, alert: &Alert, channels: &[&str]) {
    let mut commit = Commit::default();
    commit.put_alert(alert);
    for channel in channels {
        let channel: ChannelId = channel.parse().unwrap();
        let message = MessageRef::Alert(alert.id);
        let entry = OutboxEntry { message: message.clone(), attempts: 0 };
        let id = MessageId::from(alert.id);
        commit.put::<tables::Outbox>(&(alert.at, id, channel.clone()), &entry);
        let delivery = Delivery {
            message,
            channel: channel.clone(),
            state: DeliveryState::Queued,
            attempts: 0,
            due: Some(alert.at),
            at: alert.at,
            note: None,
        };
        commit.put::<tables::Deliveries>(&(id, channel), &delivery);
    }
    store.commit_blocking(commit).unwrap();
}

pub(crate) fn delivery(store: &Store, alert: &Alert, channel: &str) -> Delivery {
    let key = (MessageId::from(alert.id), channel.parse().unwrap());
    store.get::<tables::Deliveries>(&key).unwrap().unwrap()
}

pub(crate) fn outbox(store: &Store) -> Vec<((Timestamp, MessageId, ChannelId), OutboxEntry)> {
    store.page(store::Range::<tables::Outbox>::all(), 100).unwrap()
}

pub(crate) fn dead_letters(store: &Store) -> usize {
    store.page(store::Range::<tables::DeadLetters>::all(), 100).unwrap().len()
}

pub(crate) fn deliverer(
    store: &Store,
    settings: Settings,
    clock: &pipeline::ManualClock,
) -> pipeline::Deliverer {
    let clock = Arc::new(clock.clone());
    pipeline::Deliverer::new(store.clone(), fetcher(), Arc::new(settings), clock)
}
