//! Digests and deliveries as both the daemon and the command line make them.

use std::sync::Arc;

use console::query::Vendor;
use console::{DigestQuery, Document, Error, QuarantineRetry, RetagQuery, RetryQuery};
use fetch::Fetcher;
use model::{ChannelId, Facet, SourceId};
use pipeline::deliver::Which;
use pipeline::digest::{self, Period};
use pipeline::quarantine;
use pipeline::{Clock, Context, Deliverer, DigestFormat, DigestSettings, Retag, Settings};
use store::Store;
use tagger::Tagger;

/// The delivery worker of a context.
pub(crate) fn deliverer(cx: &Context) -> Deliverer {
    Deliverer::new(
        cx.store.clone(),
        cx.fetcher.clone(),
        Arc::clone(&cx.settings),
        Arc::clone(&cx.clock),
    )
}

/// Renders a digest of a local day; today up to now without a day.
pub(crate) fn render_digest(
    store: &Store,
    settings: &Settings,
    clock: &dyn Clock,
    query: &DigestQuery,
) -> Result<Document, Error> {
    let digest = choose(settings, query.name.as_deref())?;
    let format = format(query.format.as_deref())?;
    let period = period(settings, clock, query.date.as_deref())?;
    let built = digest::build_at(store, settings, digest, period, clock.now())?;
    let content_type = match format {
        DigestFormat::Html => "text/html; charset=utf-8",
        DigestFormat::Markdown => "text/markdown; charset=utf-8",
        DigestFormat::Json => "application/json",
    };
    Ok(Document { content_type, body: digest::render(&built, format).into_bytes() })
}

fn choose<'s>(settings: &'s Settings, name: Option<&str>) -> Result<&'s DigestSettings, Error> {
    let digests = &settings.digests;
    let Some(name) = name else {
        return digests.first().ok_or_else(|| {
            Error::NotFound("no digest is configured: see config/digests.toml".into())
        });
    };
    digests.iter().find(|digest| digest.id.as_str() == name).ok_or_else(|| {
        let known: Vec<_> = digests.iter().map(|digest| digest.id.as_str()).collect();
        Error::NotFound(format!(
            "no digest `{name}` is configured, there are: {}",
            known.join(", ")
        ))
    })
}

fn format(text: Option<&str>) -> Result<DigestFormat, Error> {
    match text.unwrap_or("md") {
        "md" => Ok(DigestFormat::Markdown),
        "html" => Ok(DigestFormat::Html),
        "json" => Ok(DigestFormat::Json),
        other => Err(Error::Invalid(format!("`{other}` is not a format: md, html and json are"))),
    }
}

fn period(settings: &Settings, clock: &dyn Clock, date: Option<&str>) -> Result<Period, Error> {
    let zone = &settings.timezone;
    let date = match date {
        Some(text) => text
            .parse()
            .map_err(|_| Error::Invalid(format!("`{text}` is not a day, 2026-03-01 is one")))?,
        None => clock.now().to_jiff().to_zoned(zone.clone()).date(),
    };
    Ok(digest::day(date, zone))
}

/// Sends a digest to its channels now, under the id of that period's scheduled one.
pub(crate) async fn send_digest(
    deliverer: &Deliverer,
    settings: &Settings,
    clock: &dyn Clock,
    query: &DigestQuery,
) -> Result<(), Error> {
    let digest = choose(settings, query.name.as_deref())?;
    let period = period(settings, clock, query.date.as_deref())?;
    for (channel, sent) in deliverer.send_digest(digest, period).await? {
        sent.map_err(|error| Error::Failed(format!("channel `{channel}`: {error}")))?;
    }
    Ok(())
}

/// Stores a file as if a source had answered with it.
pub(crate) async fn import_file(
    cx: &Context,
    source: &SourceId,
    path: &std::path::Path,
) -> Result<serde_json::Value, Error> {
    let report = crate::import::import(cx, source, path).await?;
    if let Some(error) = report.error {
        return Err(Error::Invalid(format!(
            "nothing of {} was taken over: {error}",
            path.display()
        )));
    }
    Ok(serde_json::json!({
        "source": source, "counts": report.counts, "alerts": report.alerts, "held": report.held,
        "list": report.list, "problems": report.problems,
    }))
}

/// Takes the next download of a source's entity list as it comes.
pub(crate) async fn accept_list(
    store: &Store,
    settings: &Settings,
    clock: &dyn Clock,
    source: SourceId,
) -> Result<serde_json::Value, Error> {
    let configured = settings.source(&source);
    let configured =
        configured.ok_or_else(|| Error::NotFound(format!("no source `{source}` is configured")))?;
    if !configured.connector.is_list() {
        return Err(Error::Invalid(format!("source `{source}` is no entity list")));
    }
    let accepted = pipeline::accept_list(store, &source, clock.now()).await;
    accepted.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(serde_json::json!({ "source": source, "accepted": "its next download" }))
}

/// What the watchlists say about a vendor; one that they no longer have keeps its history.
pub(crate) fn vendor(tagger: &Tagger, id: &str) -> Result<Vendor, Error> {
    let id = tagger.current_id(Facet::Vendor, id).unwrap_or(id);
    let label = tagger.label(Facet::Vendor, id).ok_or_else(|| {
        let near =
            tagger.ids(Facet::Vendor).filter(|known| known.contains(id) || id.contains(known));
        let near: Vec<&str> = near.take(3).collect();
        let hint = if near.is_empty() {
            String::new()
        } else {
            format!(": is it `{}`?", near.join("` or `"))
        };
        Error::NotFound(format!("no vendor `{id}` in the watchlists{hint}"))
    })?;
    let usual_layers = tagger.usual_layers(Facet::Vendor, id).to_vec();
    Ok(Vendor { id: id.to_owned(), label: label.to_owned(), usual_layers })
}

/// All vendors that are looked for.
pub(crate) fn vendors(tagger: &Tagger) -> Vec<Vendor> {
    tagger.ids(Facet::Vendor).filter_map(|id| vendor(tagger, id).ok()).collect()
}

/// Tags stored items again.
pub(crate) async fn retag(
    cx: &Context,
    tagger: &Tagger,
    which: RetagQuery,
) -> Result<serde_json::Value, Error> {
    let RetagQuery { since, dry_run, alert, samples, only } = which;
    let which = Retag { since, dry_run, alert, samples, only };
    let report = pipeline::retag(cx, tagger, &which).await;
    let report = report.map_err(|error| Error::Internal(error.to_string()))?;
    serde_json::to_value(report).map_err(|error| Error::Internal(error.to_string()))
}

/// Reads again what could not be read.
pub(crate) async fn retry_quarantine(
    cx: &Context,
    which: QuarantineRetry,
) -> Result<serde_json::Value, Error> {
    let which = match (which.id, which.source) {
        (Some(id), _) => quarantine::Which::One(id),
        (None, Some(source)) => quarantine::Which::Source(source),
        (None, None) => quarantine::Which::All,
    };
    let done = quarantine::retry(cx, &which).await.map_err(|error| match error {
        quarantine::RetryError::Unknown(_) => Error::NotFound(error.to_string()),
        other => Error::Internal(format!("{:#}", anyhow::Error::new(other))),
    })?;
    serde_json::to_value(done).map_err(|error| Error::Internal(error.to_string()))
}

/// Which dead letters a question means.
pub(crate) fn which(query: RetryQuery) -> Result<Which, Error> {
    match (query.message, query.channel) {
        (None, None) => Ok(Which::All),
        (Some(message), None) => Ok(Which::Message(message)),
        (None, Some(channel)) => Ok(Which::Channel(channel)),
        (Some(_), Some(_)) => Err(Error::Invalid("either a message or a channel, not both".into())),
    }
}

/// Sends a marked trial over a configured channel.
pub(crate) async fn test_channel(
    deliverer: &Deliverer,
    settings: &Settings,
    channel: &ChannelId,
) -> Result<String, Error> {
    if !settings.channels.iter().any(|known| &known.id == channel) {
        let known: Vec<_> = settings.channels.iter().map(|known| known.id.as_str()).collect();
        return Err(Error::NotFound(format!(
            "no channel `{channel}` is configured, there are: {}",
            known.join(", ")
        )));
    }
    deliverer.test_channel(channel).await.map_err(|error| Error::Failed(error.to_string()))
}

/// A context for commands that deliver without a daemon.
pub(crate) fn context(
    at: &crate::installation::Installation,
    store: Store,
) -> Result<Context, fetch::BuildError> {
    let config = &at.config;
    Ok(Context {
        store,
        fetcher: Fetcher::new(config.fetch.clone())?,
        tagger: config.tagger.clone(),
        settings: Arc::clone(&config.pipeline),
        clock: Arc::new(pipeline::SystemClock),
    })
}
