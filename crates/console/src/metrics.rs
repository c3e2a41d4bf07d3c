//! `/metrics`: gauges made afresh from the store at each scrape, so that none can drift, and counters
//! since the start of the daemon. Labelled by configured source, by kind and by state, never by anything that a source says.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use model::{Health, SubscriptionState, Timestamp};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;
use store::Store;

use crate::query::{self, QuarantineQuery};
use crate::rows::Status;
use crate::tally::Tally;
use crate::{Error, Pushes, Settings};

pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge<f64, AtomicU64>>;
type Counters = Family<Labels, Counter>;

/// The text of one scrape.
pub(crate) fn text(
    store: &Store,
    settings: &Settings,
    now: Timestamp,
    uptime: Duration,
    tally: &Tally,
    pushes: Option<&Pushes>,
) -> Result<String, Error> {
    let mut registry = Registry::default();
    process(&mut registry, uptime);
    of_tally(&mut registry, tally);
    of_store(&mut registry, &store.health());
    of_status(&mut registry, &query::status(store, &settings.sources, now)?, now);
    of_sources(&mut registry, store, settings)?;
    of_hubs(&mut registry, &query::subscriptions(store)?, pushes);
    let kept = query::quarantine(store, &QuarantineQuery::all())?.len() as u64;
    gauge(&mut registry, "quarantine_documents", "Documents that could not be read", kept);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)
        .map_err(|error| Error::Internal(error.to_string()))?;
    Ok(text)
}

#[expect(clippy::cast_precision_loss, reason = "what is counted stays far below 2^52")]
fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    registry.register(name, help, ConstGauge::new(value as f64));
}

fn seconds(registry: &mut Registry, name: &str, help: &str, value: Duration) {
    registry.register(name, help, ConstGauge::new(value.as_secs_f64()));
}

fn counter(registry: &mut Registry, name: &str, help: &str, value: u64) {
    registry.register(name, help, ConstCounter::new(value));
}

fn gauges(registry: &mut Registry, name: &str, help: &str) -> Gauges {
    let family = Gauges::default();
    registry.register(name, help, family.clone());
    family
}

fn counters(registry: &mut Registry, name: &str, help: &str) -> Counters {
    let family = Counters::default();
    registry.register(name, help, family.clone());
    family
}

fn of_tally(registry: &mut Registry, tally: &Tally) {
    let attempts = counters(registry, "stackwatch_attempts", "Attempts at sources by their end");
    for (outcome, count) in tally.attempts() {
        attempts.get_or_create(&vec![("outcome", outcome.to_owned())]).inc_by(count);
    }
    let entries = counters(registry, "stackwatch_entries", "Entries by what became of them");
    for (fate, count) in tally.entries() {
        entries.get_or_create(&vec![("fate", fate.to_owned())]).inc_by(count);
    }
    counter(registry, "stackwatch_fetched_bytes", "Bytes of documents", tally.bytes());
}

/// Subscriptions in all states, so that a rule on one of them has something to go by; messages only
/// where hubs are answered.
fn of_hubs(
    registry: &mut Registry,
    subscriptions: &BTreeMap<SubscriptionState, u64>,
    pushes: Option<&Pushes>,
) {
    let states =
        gauges(registry, "stackwatch_websub_subscriptions", "Subscriptions at hubs by state");
    for state in SubscriptionState::ALL {
        let number = subscriptions.get(state).copied().unwrap_or(0);
        set(&states, vec![("state", state.to_string())], number);
    }
    let Some(pushes) = pushes else { return };
    let taken = counters(registry, "stackwatch_websub_pushes", "Messages of hubs that were taken");
    for (end, count) in &pushes.taken {
        taken.get_or_create(&vec![("end", (*end).to_owned())]).inc_by(*count);
    }
    let help = "Messages to callbacks that were not taken";
    let refused = counters(registry, "stackwatch_websub_refused", help);
    for (reason, count) in &pushes.refused {
        refused.get_or_create(&vec![("reason", (*reason).to_owned())]).inc_by(*count);
    }
}

fn process(registry: &mut Registry, uptime: Duration) {
    seconds(registry, "process_uptime_seconds", "Since the start of the daemon", uptime);
    if let Some(bytes) = resident_bytes() {
        gauge(registry, "process_resident_memory_bytes", "Resident memory", bytes);
    }
    let version = env!("CARGO_PKG_VERSION").to_owned();
    gauges(registry, "stackwatch_build_info", "1, with the version")
        .get_or_create(&vec![("version", version)])
        .set(1.0);
}

/// Resident memory; `None` where the system does not tell it in `/proc`.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn of_store(registry: &mut Registry, health: &store::Health) {
    let ms = Duration::from_millis;
    gauge(registry, "store_size_bytes", "Files of the storage engine", health.size_bytes);
    gauge(registry, "store_journal_bytes", "The commit journal on disk", health.journal_bytes);
    counter(registry, "store_commits", "Commits since the store was opened", health.commits);
    let queued = u64::try_from(health.queued).unwrap_or(u64::MAX);
    gauge(registry, "store_queue_depth", "Commits that wait for the writer", queued);
    let behind = health.last_seq.saturating_sub(health.durable_seq);
    gauge(registry, "store_journal_only_sets", "Commits held by the journal alone", behind);
    seconds(
        registry,
        "store_writer_idle_seconds",
        "Since the writer's last loop",
        ms(health.writer_idle_ms),
    );
    gauge(registry, "store_blob_files", "Values outside the pages; must be 0", health.blob_files);
    counter(registry, "sled_log_errors", "Errors logged by the engine", health.sled_errors);
    gauge(
        registry,
        "store_poisoned",
        "1 when no write is taken any more",
        u64::from(health.poisoned.is_some()),
    );
    gauge(
        registry,
        "store_full",
        "1 when the disk is too full for new items",
        u64::from(health.full),
    );
    gauge(registry, "disk_free_bytes", "Free on the disk of the store", health.free_bytes);
    seconds(registry, "store_open_seconds", "What opening took", ms(health.open_ms));
    gauge(registry, "store_replayed_sets", "Commits replayed at opening", health.replayed);
}

fn of_status(registry: &mut Registry, status: &Status, now: Timestamp) {
    gauge(registry, "outbox_queued", "Messages that wait to be sent", status.outbox.queued);
    gauge(registry, "outbox_due", "Messages that are due", status.outbox.due);
    let late = status.outbox.oldest.map_or(Duration::ZERO, |due| now.since(due));
    seconds(registry, "outbox_oldest_seconds", "How late the first message is", late);
    gauge(registry, "outbox_dead_letters", "Messages that were given up", status.dead_letters);
    gauge(registry, "stackwatch_items_day", "Items first fetched in 24 hours", status.items_day);
    gauge(registry, "stackwatch_alerts_day", "Alerts made in 24 hours", status.alerts_day);
    let sources = gauges(registry, "stackwatch_sources", "Sources by what is seen of them");
    for (state, number) in [
        ("watched", status.sources.watched),
        ("failing", status.sources.failing),
        ("blind", status.sources.blind),
        ("pending", status.sources.pending),
        ("off", status.sources.off),
        ("retired", status.sources.retired),
    ] {
        set(&sources, vec![("state", state.to_owned())], number);
    }
}

#[expect(clippy::cast_precision_loss, reason = "what is counted stays far below 2^52")]
fn set(family: &Gauges, labels: Labels, value: u64) {
    family.get_or_create(&labels).set(value as f64);
}

fn of_sources(registry: &mut Registry, store: &Store, settings: &Settings) -> Result<(), Error> {
    let mut outcomes: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    let mut health: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    let mut by_state: BTreeMap<Health, u64> = BTreeMap::new();
    let success = gauges(
        registry,
        "stackwatch_source_last_success_seconds",
        "When the source was read last, in seconds since 1970",
    );
    let failures =
        gauges(registry, "stackwatch_source_failures", "Failed attempts since the last success");
    let polls = gauges(registry, "stackwatch_source_polls", "Attempts ever made");
    query::each_source(store, &settings.sources, |source| {
        *by_state.entry(source.health).or_default() += 1;
        let kind = source.connector.clone().unwrap_or_else(|| "retired".into());
        *health.entry((kind.clone(), source.health.as_str())).or_default() += 1;
        if let Some(outcome) = source.outcome {
            *outcomes.entry((kind, outcome.as_str())).or_default() += 1;
        }
        // One that is off or gone would show its last figures for ever.
        if source.off.is_none() && source.connector.is_some() {
            let labels: Labels = vec![("source", source.id.to_string())];
            set(&polls, labels.clone(), u64::from(source.polls));
            set(&failures, labels.clone(), u64::from(source.failures));
            if let Some(at) = source.last_success {
                set(&success, labels, at.millis() / 1_000);
            }
        }
        Ok(())
    })?;
    let by_outcome =
        gauges(registry, "stackwatch_fetch_outcomes", "Sources by the end of their last attempt");
    for ((kind, outcome), number) in outcomes {
        set(&by_outcome, vec![("connector", kind), ("outcome", outcome.to_owned())], number);
    }
    // All states, so that a rule on one of them has something to go by from the first moment.
    let states = gauges(registry, "stackwatch_sources_by_health", "Sources by health, all kinds");
    for state in Health::ALL {
        let number = by_state.get(state).copied().unwrap_or_default();
        set(&states, vec![("health", state.to_string())], number);
    }
    let by_health = gauges(registry, "stackwatch_source_health", "Sources by kind and health");
    for ((kind, health), number) in health {
        set(&by_health, vec![("connector", kind), ("health", health.to_owned())], number);
    }
    Ok(())
}
