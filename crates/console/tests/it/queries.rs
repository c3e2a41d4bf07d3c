//! Questions to the store without any HTTP.

use std::collections::BTreeSet;
use std::time::Duration;

use console::query::{self, AlertsQuery, DeliveriesQuery, ItemsQuery, MatrixQuery};
use console::rows::{ItemRow, Sight};
use console::{Error, SourceInfo};
use model::{
    Attempt, Counts, Delivery, DeliveryState, Detail, Facet, Health, Held, Kind, MessageId,
    MessageRef, Notice, Outage, OutboxEntry, OutcomeKind, Procurement, Revision, SourceState,
    Stage, Timestamp, Transition,
};
use store::Store;
use store::tables::{
    Alerts, Attempts, ByTime, DeadLetters, Deliveries, Details, Items, Outages, Outbox, Revisions,
    Sources, Transitions,
};

use crate::world::{add, alert, channel, huawei, info, item, minute, now, source, stored, tag};

fn keys(store: &Store, query: ItemsQuery) -> Vec<String> {
    query::items(store, &query).unwrap().into_iter().map(|row| row.key).collect()
}

#[test]
fn items_come_newest_first_and_every_filter_narrows() {
    let huawei = || tag(Facet::Vendor, "huawei");
    let store = stored(|commit| {
        commit.put_item(&item("danas", "a", minute(1), vec![huawei()]));
        commit.put_item(&item(
            "danas",
            "b",
            minute(2),
            vec![huawei(), tag(Facet::Layer, "network"), tag(Facet::Place, "nis")],
        ));
        commit.put_item(&item("n1", "c", minute(3), vec![huawei()]));
        commit.put_item(&item("n1", "d", minute(4), vec![]));
    });
    let asked = ItemsQuery::default;
    let vendor = Some("huawei".to_owned());
    assert_eq!(keys(&store, asked()), ["d", "c", "b", "a"]);
    assert_eq!(keys(&store, ItemsQuery { vendor: vendor.clone(), ..asked() }), ["c", "b", "a"]);
    let layer = Some("network".to_owned());
    assert_eq!(keys(&store, ItemsQuery { vendor: vendor.clone(), layer, ..asked() }), ["b"]);
    let danas = Some(source("danas"));
    assert_eq!(keys(&store, ItemsQuery { source: danas.clone(), ..asked() }), ["b", "a"]);
    assert_eq!(keys(&store, ItemsQuery { source: danas, limit: Some(1), ..asked() }), ["b"]);
    let place = Some("place:nis".to_owned());
    assert_eq!(keys(&store, ItemsQuery { tag: place, ..asked() }), ["b"]);
    let period = ItemsQuery { since: Some(minute(2)), until: Some(minute(4)), ..asked() };
    assert_eq!(keys(&store, period.clone()), ["c", "b"]);
    assert_eq!(keys(&store, ItemsQuery { vendor, ..period }), ["c", "b"]);
    assert_eq!(keys(&store, ItemsQuery { vendor: Some("zte".into()), ..asked() }), [""; 0]);
}

#[test]
fn more_items_than_a_page_holds_come_once_each_and_lost_records_are_passed_over() {
    let store = Store::in_memory();
    // Many at the same instant: the page ends in the middle of it.
    for chunk in 0..5 {
        add(&store, |commit| {
            for n in 0..150 {
                commit.put_item(&item("danas", &format!("{chunk}-{n}"), minute(chunk / 2), vec![]));
            }
        });
    }
    let lost = item("danas", "lost", minute(9), vec![]);
    add(&store, |commit| commit.put::<ByTime>(&(lost.fetched, lost.id), &()));
    let all = keys(&store, ItemsQuery { limit: Some(10_000), ..ItemsQuery::default() });
    assert_eq!(all.len(), 750);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 750);
}

#[test]
fn a_row_has_every_field_of_the_contract_and_null_for_the_unknown() {
    let mut full = item("danas", "a", minute(1), vec![tag(Facet::Vendor, "huawei")]);
    full.text_bytes = 4;
    full.revision = 1;
    let state = |changed: &[&str]| Revision {
        at: minute(1),
        url: None,
        title: None,
        summary: None,
        published: None,
        updated: None,
        tags: vec![],
        changed: changed.iter().map(|&field| field.to_owned()).collect(),
    };
    let store = stored(|commit| {
        commit.put_item(&full);
        commit.put_text(full.id, 0, "Ђорђе");
        commit.put::<Revisions>(&(full.id, 0), &state(&[]));
        commit.put::<Revisions>(&(full.id, 1), &state(&["title"]));
    });
    let rows = query::items(&store, &ItemsQuery::default()).unwrap();
    let value = serde_json::to_value(&rows[0]).unwrap();
    let object = value.as_object().unwrap();
    let fields: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    let contract = "id kind source key url title summary text lang authors published updated \
                    fetched revision story capture tags";
    assert_eq!(fields, contract.split_whitespace().collect());
    for unknown in ["url", "summary", "text", "lang", "published", "updated", "capture"] {
        assert!(object[unknown].is_null(), "{unknown}");
    }
    assert_eq!(object["fetched"], "2026-03-01T12:01:00Z");
    assert_eq!(object["kind"], "article");
    assert_eq!(object["tags"][0]["facet"], "vendor");
    assert_eq!(object["tags"][0]["spans"][0]["field"], "title");
    assert_eq!(serde_json::from_value::<ItemRow>(value.clone()).unwrap(), rows[0]);

    let with_text = ItemsQuery { with_text: true, ..ItemsQuery::default() };
    let rows = query::items(&store, &with_text).unwrap();
    assert_eq!(rows[0].text.as_deref(), Some("Ђорђе"));
    let one = query::item(&store, full.id).unwrap();
    assert_eq!(one.item, rows[0]);
    let changed: Vec<_> = one.revisions.iter().map(|r| (r.revision, r.changed.len())).collect();
    assert_eq!(changed, [(0, 0), (1, 1)]);
    let detail = serde_json::to_value(&one).unwrap();
    assert_eq!(detail["text"], "Ђорђе", "the fields stand at the top");
}

#[test]
fn alerts_show_what_became_of_them() {
    let (first, copy) = (item("danas", "a", minute(1), vec![]), item("n1", "b", minute(2), vec![]));
    let mut sent = alert("new-mention", &first, minute(1));
    sent.further = vec![copy.id, item("n1", "gone", minute(3), vec![]).id];
    let mut held = alert("other", &copy, minute(2));
    held.held = Some(Held::Baseline);
    let delivery = Delivery {
        message: MessageRef::Alert(sent.id),
        channel: channel("log"),
        state: DeliveryState::Delivered,
        attempts: 1,
        due: None,
        at: minute(2),
        note: None,
    };
    let store = stored(|commit| {
        commit.put_item(&first);
        commit.put_item(&copy);
        commit.put_alert(&sent);
        commit.put_alert(&held);
        commit.put::<Deliveries>(&(sent.id.into(), channel("log")), &delivery);
    });
    let ids = |query: AlertsQuery| -> Vec<_> {
        query::alerts(&store, &query).unwrap().into_iter().map(|row| row.id).collect()
    };
    let asked = AlertsQuery::default;
    assert_eq!(ids(asked()), [held.id, sent.id]);
    assert_eq!(ids(AlertsQuery { held: Some(true), ..asked() }), [held.id]);
    assert_eq!(ids(AlertsQuery { held: Some(false), ..asked() }), [sent.id]);
    assert_eq!(ids(AlertsQuery { since: Some(minute(2)), ..asked() }), [held.id]);
    let rule = Some("new-mention".parse().unwrap());
    assert_eq!(ids(AlertsQuery { rule, ..asked() }), [sent.id]);
    let detail = query::alert(&store, sent.id).unwrap();
    assert_eq!(detail.deliveries.len(), 1);
    assert_eq!(detail.deliveries[0].about, sent.id.to_string());
    let outlets: Vec<_> = detail.outlets.iter().map(|outlet| outlet.item).collect();
    assert_eq!(outlets, [copy.id], "a further item that is gone is passed over");
    assert_eq!(serde_json::to_value(&detail).unwrap()["held"], serde_json::Value::Null);

    add(&store, |commit| commit.delete::<Alerts>(&sent.id));
    assert_eq!(ids(asked()), [held.id]);
    assert!(matches!(query::alert(&store, sent.id), Err(Error::NotFound(_))));
}

#[test]
fn deliveries_are_found_by_state_and_channel_the_latest_first() {
    let store = stored(|commit| {
        for n in 0..30_u64 {
            let id = MessageId([u8::try_from(n).unwrap(); 16]);
            let to = channel(if n % 2 == 0 { "log" } else { "desk" });
            let state = if n < 3 { DeliveryState::Dead } else { DeliveryState::Delivered };
            let message = MessageRef::Digest { digest: "morning".parse().unwrap(), end: minute(n) };
            let (due, note) = (None, Some("550".into()));
            let at = minute(n);
            let row = Delivery { message, channel: to.clone(), state, attempts: 1, due, at, note };
            commit.put::<Deliveries>(&(id, to), &row);
        }
    });
    let at = |query: DeliveriesQuery| -> Vec<Timestamp> {
        query::deliveries(&store, &query).unwrap().into_iter().map(|row| row.at).collect()
    };
    let asked = DeliveriesQuery::default;
    assert_eq!(at(DeliveriesQuery { limit: Some(2), ..asked() }), [minute(29), minute(28)]);
    let dead = Some(DeliveryState::Dead);
    assert_eq!(at(DeliveriesQuery { state: dead, ..asked() }), [minute(2), minute(1), minute(0)]);
    let log = Some(channel("log"));
    let both = DeliveriesQuery { state: dead, channel: log, ..asked() };
    assert_eq!(at(both), [minute(2), minute(0)]);
}

fn state(outcome: OutcomeKind, health: Health) -> SourceState {
    SourceState {
        last_outcome: Some(outcome),
        last_attempt: Some(minute(590)),
        next_due: minute(605),
        polls: 9,
        health,
        health_since: Some(minute(100)),
        ..SourceState::default()
    }
}

fn catalogue() -> (Store, Vec<SourceInfo>) {
    let configured = ["healthy", "late", "never", "new", "was"].map(|id| info(id, None));
    let mut configured = configured.to_vec();
    configured.push(info("off", Some("blocks unknown agents")));
    let never = SourceState {
        error: Some("could not connect".into()),
        failures: 9,
        ..state(OutcomeKind::Unreachable, Health::Broken)
    };
    let was = SourceState { last_success: Some(minute(500)), ..never.clone() };
    let late = SourceState {
        next_due: minute(550),
        last_success: Some(minute(535)),
        ..state(OutcomeKind::Unchanged, Health::Healthy)
    };
    let counts = Counts { seen: 3, new: 1, unchanged: 2, ..Counts::default() };
    let attempt =
        |outcome| Attempt { outcome, status: None, bytes: 0, millis: 1, counts, error: None };
    let change = |from, to| Transition { from, to, reason: Some("timed out".into()) };
    let store = stored(|commit| {
        for (id, state) in [
            ("healthy", &state(OutcomeKind::Parsed, Health::Healthy)),
            ("gone", &state(OutcomeKind::Parsed, Health::Healthy)),
            ("late", &late),
            ("never", &never),
            ("was", &was),
        ] {
            commit.put::<Sources>(&source(id), state);
        }
        for (at, outcome) in [
            (10, OutcomeKind::Parsed),
            (400, OutcomeKind::Parsed),
            (500, OutcomeKind::Unreachable),
            (590, OutcomeKind::Unchanged),
        ] {
            commit.put::<Attempts>(&(source("healthy"), minute(at)), &attempt(outcome));
        }
        for (at, from, to) in [
            (5, Health::Unknown, Health::Healthy),
            (20, Health::Healthy, Health::Broken),
            (30, Health::Broken, Health::Healthy),
            (285, Health::Healthy, Health::Broken),
            (315, Health::Broken, Health::Healthy),
            (550, Health::Healthy, Health::Broken),
        ] {
            commit.put::<Transitions>(&(source("was"), minute(at)), &change(from, to));
        }
        commit.put::<Outages>(&minute(10), &Outage { until: minute(20) });
        commit.put::<Outages>(&minute(290), &Outage { until: minute(310) });
    });
    (store, configured)
}

#[test]
fn coverage_says_of_each_source_whether_it_is_seen_since_when_and_why_not() {
    let (store, configured) = catalogue();
    let rows = query::coverage(&store, &configured, minute(300)..now(), now()).unwrap();
    let said: Vec<_> = rows
        .iter()
        .map(|row| (row.source.as_str(), row.state, row.since, row.reason.as_deref()))
        .collect();
    let due = "it was due at 2026-03-01T21:10:00Z and nobody polled it";
    let cause = "unreachable: could not connect";
    assert_eq!(
        said,
        [
            ("gone", Sight::Retired, Some(minute(590)), Some("it is no longer configured")),
            ("healthy", Sight::Watched, Some(minute(100)), None),
            ("late", Sight::Blind, Some(minute(535)), Some(due)),
            ("never", Sight::Blind, None, Some(cause)),
            ("new", Sight::Pending, None, Some("it was not polled yet")),
            ("off", Sight::Off, None, Some("blocks unknown agents")),
            ("was", Sight::Blind, Some(minute(500)), Some(cause)),
        ]
    );
    assert_eq!(rows[3].outcome, Some(OutcomeKind::Unreachable));
    let period = rows[1].period;
    assert_eq!((period.attempts, period.read, period.counts.seen, period.counts.new), (3, 2, 9, 3));
    let gaps: Vec<_> = rows[6].gaps.iter().map(|gap| (gap.from, gap.to)).collect();
    assert_eq!(gaps, [(minute(285), Some(minute(315))), (minute(500), None)]);
    let outages = query::outages(&store, minute(300)).unwrap();
    assert_eq!(outages.iter().map(|row| row.from).collect::<Vec<_>>(), [minute(290)]);
}

#[test]
fn every_hour_of_a_source_is_told_and_what_came_in_it() {
    let (store, configured) = catalogue();
    add(&store, |commit| {
        commit.put_item(&item("healthy", "one", minute(305), vec![]));
        let blind = model::Blind {
            until: Some(minute(340)),
            noticed: minute(331),
            outcome: Some(OutcomeKind::Unreachable),
            reason: Some("server answered 503".into()),
            failures: 3,
        };
        let key = (source("healthy"), minute(326));
        commit.put::<store::tables::Blindness>(&key, &blind);
    });
    let hour = |from: u64| {
        let rows = query::coverage(&store, &configured, minute(from)..minute(from + 60), now());
        let row = rows.unwrap().into_iter().find(|row| row.source.as_str() == "healthy").unwrap();
        let spans = row.spans.iter().map(|span| (span.from, span.to, span.state)).collect();
        (spans, row.items)
    };
    let all: (Vec<_>, u64) = hour(326);
    let (late, watched) = (Sight::Late, Sight::Watched);
    let expected = vec![(minute(326), minute(340), late), (minute(340), minute(386), watched)];
    assert_eq!(all, (expected, 0));
    let (spans, items) = hour(400);
    assert_eq!((spans, items), (vec![(minute(400), minute(460), watched)], 0), "quiet");
    // The daemon did not run from minute 290 to some time after it.
    let (spans, items) = hour(280);
    assert_eq!(items, 1);
    assert!(spans.contains(&(minute(280), minute(290), watched)), "{spans:?}");
    assert!(spans.iter().any(|(_, _, state)| *state == Sight::Blind), "{spans:?}");
}

#[test]
fn the_matrix_shows_what_is_not_watched() {
    let (store, mut configured) = catalogue();
    configured.iter_mut().find(|info| info.id.as_str() == "late").unwrap().country =
        Some("ME".into());
    configured.iter_mut().find(|info| info.id.as_str() == "off").unwrap().country =
        Some("XK".into());
    add(&store, |commit| {
        let tags = vec![tag(Facet::Vendor, "huawei"), tag(Facet::Layer, "data")];
        commit.put_item(&item("healthy", "one", minute(305), tags));
    });
    let all = MatrixQuery::default();
    let rows = query::matrix(&store, &[huawei()], &configured, (&all, minute(0)), now()).unwrap();
    let said: Vec<_> = rows
        .iter()
        .map(|row| (row.country.as_deref(), row.layer.as_str(), row.usual, row.gap))
        .collect();
    use console::rows::MatrixGap::{Blind, NoSource, Silent};
    assert_eq!(
        said,
        [
            (Some("ME"), "data", false, Some(Blind)),
            (Some("ME"), "network", true, Some(Blind)),
            (Some("RS"), "data", false, None),
            (Some("RS"), "network", true, Some(Silent)),
            (Some("XK"), "data", false, Some(NoSource)),
            (Some("XK"), "network", true, Some(NoSource)),
        ]
    );
    let row = &rows[2];
    assert_eq!(
        row.brought.iter().map(|b| (b.source.as_str(), b.items)).collect::<Vec<_>>(),
        [("healthy", 1)]
    );
    assert!(row.watching.iter().any(|id| id.as_str() == "healthy"));
    let later =
        query::matrix(&store, &[huawei()], &configured, (&all, minute(306)), now()).unwrap();
    assert!(later.iter().all(|row| row.brought.is_empty()));
}

#[test]
fn the_matrix_counts_who_could_bring_it_by_kind_and_follows_its_filters() {
    let (store, mut configured) = catalogue();
    let portal = SourceInfo { connector: "notices", country: None, ..info("portal", None) };
    let list = SourceInfo { connector: "entities", country: None, ..info("list", None) };
    configured.extend([portal, list]);
    let named = ["healthy", "portal"].map(|from| {
        let tags = vec![tag(Facet::Vendor, "huawei"), tag(Facet::Layer, "network")];
        let kind = if from == "portal" { Kind::Notice } else { Kind::Article };
        model::Item { kind, ..item(from, "one", minute(305), tags) }
    });
    let country = Some("RS".to_owned());
    let notice = Notice { country, ..Notice::new("1", Stage::Notice) };
    let detail = Detail::Notice(Procurement { notice, seen: vec![], history: vec![] });
    let detail = serde_json::to_string(&detail).unwrap();
    add(&store, |commit| {
        commit.put::<Sources>(&source("portal"), &state(OutcomeKind::Parsed, Health::Healthy));
        commit.put::<Sources>(&source("list"), &state(OutcomeKind::Unreachable, Health::Broken));
        named.iter().for_each(|item| commit.put_item(item));
        commit.put::<Details>(&named[1].id, &detail);
    });
    let ask = |query: MatrixQuery| {
        query::matrix(&store, &[huawei()], &configured, (&query, minute(0)), now()).unwrap()
    };
    let all = ask(MatrixQuery::default());
    let countries: Vec<_> = all.iter().map(|row| row.country.as_deref()).collect();
    assert_eq!(countries, [None, Some("RS")]);
    let (none, serbia) = (&all[0], &all[1]);
    assert_eq!(none.brought.iter().map(|one| one.source.as_str()).collect::<Vec<_>>(), ["portal"]);
    assert_eq!(none.could.own, serbia.could.international);
    assert_eq!(serbia.could.international.watching(), "1 notices");
    assert_eq!(serbia.could.international.blind(), 1);
    assert_eq!(serbia.could.own.news.watching, 1);
    let of = |brought: &[console::rows::Brought]| -> Vec<String> {
        brought.iter().map(|one| one.source.to_string()).collect()
    };
    assert_eq!(
        (of(&serbia.brought), of(&serbia.brought_for)),
        (vec!["healthy".into()], vec!["portal".into()])
    );
    assert!(serbia.brought_by_any.is_empty(), "what it brought is about Serbia");
    let one = |query: MatrixQuery| ask(query).len();
    let text = |word: &str| Some(word.to_owned());
    assert_eq!(one(MatrixQuery { country: text("rs"), ..MatrixQuery::default() }), 1);
    assert_eq!(one(MatrixQuery { country: text("none"), ..MatrixQuery::default() }), 1);
    assert_eq!(one(MatrixQuery { layer: text("data"), ..MatrixQuery::default() }), 0);
    assert_eq!(one(MatrixQuery { vendor: text("zte"), ..MatrixQuery::default() }), 0);
    assert_eq!(one(MatrixQuery { unwatched: true, ..MatrixQuery::default() }), 0);
}

#[test]
fn the_catalogue_shows_configuration_and_state_side_by_side() {
    let (store, configured) = catalogue();
    let rows = query::sources(&store, &configured).unwrap();
    let health: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.health)).collect();
    assert_eq!(
        health,
        [
            ("gone", Health::Retired),
            ("healthy", Health::Healthy),
            ("late", Health::Healthy),
            ("never", Health::Broken),
            ("new", Health::Unknown),
            ("off", Health::Off),
            ("was", Health::Broken),
        ]
    );
    assert_eq!(rows[5].off.as_deref(), Some("blocks unknown agents"));
    assert_eq!(rows[5].next_due, None);
    assert_eq!(rows[1].next_due, Some(minute(605)));
    assert_eq!(rows[1].every_secs, Some(900));
    assert_eq!(rows[0].url, None);
}

#[test]
fn the_status_counts_what_happened_in_a_day() {
    let (store, configured) = catalogue();
    let entry = OutboxEntry { message: MessageRef::Alert(model::AlertId([7; 16])), attempts: 0 };
    add(&store, |commit| {
        let old = item("danas", "old", now().before(Duration::from_secs(90_000)), vec![]);
        let new = item("danas", "new", minute(590), vec![]);
        commit.put_item(&old);
        commit.put_item(&new);
        commit.put_alert(&alert("new-mention", &new, minute(591)));
        for at in [minute(595), minute(700)] {
            commit.put::<Outbox>(&(at, MessageId([7; 16]), channel("log")), &entry);
        }
        commit.put::<DeadLetters>(&(minute(1), MessageId([8; 16]), channel("log")), &entry);
        commit.delete::<Items>(&old.id);
    });
    let status = query::status(&store, &configured, now()).unwrap();
    let sources = status.sources;
    assert_eq!((sources.watched, sources.blind, sources.pending), (1, 3, 1));
    assert_eq!(sources.failing, 0);
    assert_eq!((sources.off, sources.retired), (1, 1));
    assert_eq!((status.items_day, status.alerts_day, status.dead_letters), (1, 1, 1));
    assert_eq!((status.outbox.queued, status.outbox.due), (2, 1));
    assert_eq!(status.outbox.oldest, Some(minute(595)));
    assert_eq!(status.newest_alert, Some(minute(591)));
}

#[test]
fn as_many_sources_as_there_may_be_are_each_shown_once_and_in_order() {
    // Some left the configuration, some were never polled, and names of all lengths mix.
    let ids: Vec<_> = (0..1_300).map(|n| format!("s{n}")).collect();
    let mut configured: Vec<_> =
        ids.iter().filter(|id| !id.ends_with('7')).map(|id| info(id, None)).collect();
    configured.sort_by(|a, b| a.id.cmp(&b.id));
    let store = stored(|commit| {
        for id in ids.iter().filter(|id| !id.ends_with('3')) {
            let state = SourceState {
                baseline: Some(minute(1)),
                last_success: Some(minute(590)),
                ..state(OutcomeKind::Parsed, Health::Healthy)
            };
            commit.put::<Sources>(&source(id), &state);
        }
    });
    let mut wanted: Vec<_> = ids.iter().map(|id| source(id)).collect();
    wanted.sort();
    let rows = query::coverage(&store, &configured, minute(0)..now(), now()).unwrap();
    assert_eq!(rows.iter().map(|row| row.source.clone()).collect::<Vec<_>>(), wanted);
    let rows_of = |state| rows.iter().filter(|row| row.state == state).count();
    let counted = [Sight::Watched, Sight::Pending, Sight::Retired].map(rows_of);
    assert_eq!(counted, [1_040, 130, 130]);
    let listed = query::sources(&store, &configured).unwrap();
    assert_eq!(listed.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), wanted);
    let status = query::status(&store, &configured, now()).unwrap().sources;
    assert_eq!([status.watched, status.pending, status.retired], [1_040, 130, 130]);
}
