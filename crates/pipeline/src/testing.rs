//! Short ways to the values that tests of this crate need.

use std::sync::Arc;
use std::time::Duration;

use connector::{Connector, FeedRules, Parsed};
use fetch::Fetcher;
use model::{Entry, Facet, Timestamp, Validators};
use store::Store;
use tagger::{EntrySpec, RuleSpec, Tagger};

use crate::outcome::{Outcome, Transport};
use crate::{AlertRule, Context, Criteria, ManualClock, Settings, Source};

pub(crate) fn source(id: &str) -> Source {
    Source {
        id: id.parse().unwrap(),
        name: id.to_uppercase().into(),
        url: format!("https://{id}.example/feed").parse().unwrap(),
        connector: Connector::Feed(FeedRules::default()),
        every: Duration::from_secs(900),
        pace: crate::Pace::default(),
        lang: Some("en".into()),
        category: Some("local-news".into()),
        country: None,
        grade: None,
        off: None,
        headers: vec![],
        replace: vec![],
        terms: None,
        guard: crate::Guard::default(),
        timeout: fetch::Patience::default(),
        signal: None,
        robots: crate::RobotsRule::Usual,
        websub: true,
    }
}

pub(crate) fn entry(id: &str, url: Option<&str>, title: &str) -> Entry {
    Entry {
        id: id.into(),
        id_published: true,
        url: url.map(str::to_owned),
        title: Some(title.into()),
        ..Entry::default()
    }
}

pub(crate) fn start() -> Timestamp {
    "2026-03-01T06:00:00Z".parse().unwrap()
}

/// A context over a store in memory, with the vendors huawei and nuctech, one alert rule on them
/// with a `max_age` of 14 days to the channel `log`, and a clock at [`start`].
pub(crate) fn context(sources: Vec<Source>) -> (Context, ManualClock) {
    let clock = ManualClock::at(start());
    let (tagger, refused) =
        Tagger::build(vec![vendor("huawei", "Huawei"), vendor("nuctech", "Nuctech")]);
    assert!(refused.is_empty(), "{refused:?}");
    let settings = Settings {
        sources,
        alerts: vec![AlertRule {
            id: "new-mention".parse().unwrap(),
            label: "New mention".into(),
            when: Criteria {
                tags: vec![(Facet::Vendor, vec!["huawei".into(), "nuctech".into()])],
                ..Criteria::default()
            },
            unless: Criteria::default(),
            max_age: Some(Duration::from_secs(14 * 24 * 3600)),
            to: vec!["log".parse().unwrap()],
            matches: vec![],
            ignores: vec![],
        }],
        channels: vec![],
        digests: vec![],
        timezone: jiff::tz::TimeZone::UTC,
        parallel: 4,
        per_host: 1,
        max_feed_bytes: 8 << 20,
        max_list_bytes: 64 << 20,
        heartbeat: None,
        websub: None,
        data: std::path::PathBuf::new(),
        min_free_bytes: 0,
    };
    let fetcher = Fetcher::new(fetch::Settings {
        user_agent: "stackwatch/test (+https://example.org)".into(),
        per_host: 1,
        spacing: Duration::ZERO,
        connect_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(10),
        allow: vec!["127.0.0.0/8".parse().unwrap()],
    })
    .unwrap();
    let cx = Context {
        store: Store::in_memory(),
        fetcher,
        tagger,
        settings: Arc::new(settings),
        clock: Arc::new(clock.clone()),
    };
    (cx, clock)
}

pub(crate) fn vendor(id: &str, name: &str) -> EntrySpec {
    EntrySpec {
        facet: Facet::Vendor,
        id: id.into(),
        label: name.into(),
        formerly: vec![],
        rules: vec![RuleSpec {
            id: "name".into(),
            names: vec![name.into()],
            ..RuleSpec::default()
        }],
        cpv: vec![],
        usual_layers: vec![],
        matches: vec![format!("{name} in the text")],
        ignores: vec![],
    }
}

/// A 200 that was read.
pub(crate) fn parsed(etag: &str, items: Vec<Entry>) -> Outcome {
    Outcome::Parsed {
        body: crate::hash::sha16(&[etag]),
        list: None,
        parsed: Parsed { format: "rss-2.0".into(), items, ..Parsed::default() },
        transport: Transport {
            status: 200,
            bytes: 100,
            validators: Validators { etag: Some(etag.into()), last_modified: None },
            ..Transport::default()
        },
    }
}
