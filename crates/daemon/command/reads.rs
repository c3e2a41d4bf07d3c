//! Reads: items, alerts, deliveries, coverage, sources.

use std::time::Duration;

use console::query::{self, AlertsQuery, DeliveriesQuery, ItemsQuery};
use console::rows::{AlertDetail, AlertRow, DeliveryRow, ItemRow, Sight, SourceRow};
use model::{DeliveryState, Facet, Tag, Timestamp, one_line};
use pipeline::{Clock as _, SystemClock};
use serde_json::json;

use crate::cli::{Cli, ItemsArgs};
use crate::command::since::since;
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::output;
use crate::reach::Reach;

/// `items`
pub(crate) async fn items(cli: &Cli, args: &ItemsArgs) -> Outcome {
    let at = Installation::load(cli)?;
    let query = ItemsQuery {
        since: moment(&at, args.since.as_deref())?,
        limit: Some(args.limit),
        vendor: args.vendor.clone(),
        layer: args.layer.clone(),
        source: args.source.as_deref().map(id).transpose()?,
        kind: args.kind.as_deref().map(str::parse).transpose().map_err(wrong_kind)?,
        tag: args.tag.clone(),
        with_text: args.json,
        ..ItemsQuery::default()
    };
    let reach = Reach::find(&at).await?;
    let rows: Vec<ItemRow> =
        reach.ask("/api/items", &query, |store| query::items(store, &query)).await?;
    reach.close().await?;
    if args.json {
        return output::json_lines(&rows);
    }
    if rows.is_empty() {
        return output::line("no items");
    }
    let cells = rows.iter().map(|row| {
        vec![
            local(&at, row.fetched),
            row.source.to_string(),
            title(row.title.as_deref(), row.url.as_deref()),
            tag_words(&row.tags),
            row.revision.to_string(),
        ]
    });
    output::table(&["fetched", "source", "title", "tags", "rev"], cells.collect())
}

/// `alerts list`
pub(crate) async fn alerts(
    cli: &Cli,
    since: Option<&str>,
    limit: usize,
    rule: Option<&str>,
    held: bool,
    json: bool,
) -> Outcome {
    let at = Installation::load(cli)?;
    let query = AlertsQuery {
        since: moment(&at, since)?,
        limit: Some(limit),
        rule: rule.map(id).transpose()?,
        held: if held { None } else { Some(false) },
    };
    let reach = Reach::find(&at).await?;
    let rows: Vec<AlertRow> =
        reach.ask("/api/alerts", &query, |store| query::alerts(store, &query)).await?;
    reach.close().await?;
    if json {
        return output::json_lines(&rows);
    }
    if rows.is_empty() {
        return output::line(if held {
            "no alerts"
        } else {
            "no alerts (--held shows those held back)"
        });
    }
    let cells = rows.iter().map(|row| {
        vec![
            local(&at, row.at),
            row.id.to_string(),
            row.label.clone(),
            title(row.title.as_deref(), row.url.as_deref()),
            row.source.to_string(),
            row.further.len().to_string(),
            held_word(row),
        ]
    });
    output::table(&["at", "id", "rule", "title", "source", "further", "held"], cells.collect())
}

/// `alerts show`
pub(crate) async fn alert(cli: &Cli, text: &str, json: bool) -> Outcome {
    let at = Installation::load(cli)?;
    let id: model::AlertId =
        text.parse().map_err(|error: String| Failure::usage(crate::because!("{error}")))?;
    let reach = Reach::find(&at).await?;
    let path = format!("/api/alerts/{id}");
    let detail: AlertDetail = reach.ask(&path, &json!({}), |store| query::alert(store, id)).await?;
    reach.close().await?;
    if json {
        return output::json(&detail);
    }
    let alert = &detail.alert;
    let mut lines = vec![
        format!("{}: {}", alert.label, title(alert.title.as_deref(), alert.url.as_deref())),
        format!("  id        {}", alert.id),
        format!("  source    {} ({})", alert.source_name, alert.source),
        format!("  address   {}", output::or_dash(alert.url.as_ref())),
        format!("  published {}", output::or_dash(alert.published)),
        format!("  raised    {}{}", alert.at, held_note(alert)),
    ];
    let said = alert.summary.iter().flat_map(|summary| summary.lines());
    lines.extend(said.map(|line| format!("  says      {line}")));
    if !alert.tags.is_empty() {
        lines.push("  because".into());
    }
    for tag in &alert.tags {
        lines.push(format!("    {}", reason(tag)));
    }
    for outlet in &detail.outlets {
        lines.push(format!(
            "  also in   {} {}",
            outlet.source,
            output::or_dash(outlet.url.as_ref())
        ));
    }
    for delivery in &detail.deliveries {
        lines.push(format!(
            "  channel   {}: {}, {} attempts{}",
            delivery.channel,
            state_word(delivery.state),
            delivery.attempts,
            delivery.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default()
        ));
    }
    for line in lines {
        output::line(&one_line_kept_indent(&line))?;
    }
    Ok(())
}

/// `deliveries list`
pub(crate) async fn deliveries(
    cli: &Cli,
    state: Option<&str>,
    limit: usize,
    json: bool,
) -> Outcome {
    let at = Installation::load(cli)?;
    let state = state.map(delivery_state).transpose()?;
    let query = DeliveriesQuery { state, limit: Some(limit), ..DeliveriesQuery::default() };
    let reach = Reach::find(&at).await?;
    let rows: Vec<DeliveryRow> =
        reach.ask("/api/deliveries", &query, |store| query::deliveries(store, &query)).await?;
    reach.close().await?;
    if json {
        return output::json_lines(&rows);
    }
    if rows.is_empty() {
        return output::line("no deliveries");
    }
    let cells = rows.iter().map(|row| {
        vec![
            row.message.to_string(),
            row.channel.to_string(),
            state_word(row.state).into(),
            row.attempts.to_string(),
            row.due.map_or_else(|| "–".into(), |due| local(&at, due)),
            output::or_dash(row.note.as_ref()),
        ]
    });
    output::table(&["message", "channel", "state", "attempts", "due", "note"], cells.collect())
}

/// `source list`
pub(crate) async fn sources(cli: &Cli, json: bool) -> Outcome {
    let at = Installation::load(cli)?;
    let reach = Reach::find(&at).await?;
    let configured = at.config.console.sources.clone();
    let rows: Vec<SourceRow> =
        reach.ask("/api/sources", &json!({}), |store| query::sources(store, &configured)).await?;
    reach.close().await?;
    if json {
        return output::json_lines(&rows);
    }
    let cells = rows.iter().map(|row| {
        vec![
            row.id.to_string(),
            output::or_dash(row.name.as_ref()),
            output::or_dash(row.category.as_ref()),
            health_words(&at, row),
            row.last_success.map_or_else(|| "never".into(), |time| local(&at, time)),
            output::or_dash(row.error.as_ref()),
        ]
    });
    let header = ["id", "name", "category", "health", "last success", "last error"];
    output::table(&header, cells.collect())
}

/// How long a possible gap stands beside the health of a source.
const GAP_SHOWN: Duration = Duration::from_secs(7 * 24 * 3_600);

/// `healthy, 1 attempt failed, possible gap until 2026-03-01 07:00`
fn health_words(at: &Installation, row: &SourceRow) -> String {
    if let Some(reason) = &row.off {
        return format!("off: {reason}");
    }
    let mut words = row.health.to_string();
    if row.health.is_watched() && row.failures > 0 {
        let attempts = if row.failures == 1 { "attempt" } else { "attempts" };
        words.push_str(&format!(", {} {attempts} failed", row.failures));
    }
    let gap = row.possible_gap.filter(|gap| SystemClock.now().since(gap.to) < GAP_SHOWN);
    if let Some(gap) = gap {
        words.push_str(&format!(", possible gap until {}", local(at, gap.to)));
    }
    if let Some(websub) = &row.websub {
        words.push_str(&format!(", hub {}", websub.state));
        if websub.pushes > 0 {
            words.push_str(&format!(" ({} pushes)", websub.pushes));
        }
    }
    if let Some(reason) = &row.robots_ignored {
        words.push_str(&format!(", ignores robots.txt: {reason}"));
    }
    words
}

pub(crate) fn moment(at: &Installation, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let zone = &at.config.pipeline.timezone;
    text.map(|text| since(text, zone, SystemClock.now())).transpose()
}

pub(crate) fn id<T: std::str::FromStr<Err = model::InvalidId>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| Failure::usage(anyhow::Error::new(error).context(text.to_owned())))
}

/// A time as people here read it.
pub(crate) fn local(at: &Installation, time: Timestamp) -> String {
    let zoned = time.to_jiff().to_zoned(at.config.pipeline.timezone.clone());
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

/// `huawei nuctech · network`
pub(crate) fn tag_words(tags: &[Tag]) -> String {
    let of = |facet| {
        let mut ids: Vec<_> =
            tags.iter().filter(|tag| tag.facet == facet).map(|tag| tag.id.as_str()).collect();
        ids.dedup();
        ids.join(" ")
    };
    let groups = [of(Facet::Vendor), of(Facet::Layer), of(Facet::Event)];
    groups.into_iter().filter(|group| !group.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// `vendor nuctech: "Nuctech" in title (rule nuctech/name@1a2b3c4d, confidence 1.00)`
pub(crate) fn reason(tag: &Tag) -> String {
    let spans: Vec<_> = tag
        .spans
        .iter()
        .map(|span| format!("\"{}\" in {} at {}", span.shown(), span.place(), span.start))
        .collect();
    format!(
        "{} {}: {} (rule {}@{}, confidence {:.2})",
        tag.facet,
        tag.id,
        spans.join(", "),
        tag.rule,
        tag.version,
        tag.confidence
    )
}

/// What stands for an item: its title, or what its address says, named as that.
pub(crate) fn title(title: Option<&str>, url: Option<&str>) -> String {
    let shown = model::title_or_address(title, url);
    output::or_dash((!shown.is_empty()).then_some(shown))
}

fn one_line_kept_indent(line: &str) -> String {
    let rest = line.trim_start();
    format!("{}{}", &line[..line.len() - rest.len()], one_line(rest))
}

fn held_word(row: &AlertRow) -> String {
    output::or_dash(row.held.map(|held| match held {
        model::Held::Baseline => "baseline",
        model::Held::Old => "old",
    }))
}

fn held_note(row: &AlertRow) -> String {
    if row.held.is_some() {
        format!(", held ({}): not sent", held_word(row))
    } else {
        String::new()
    }
}

fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued => "queued",
        DeliveryState::Sending => "sending",
        DeliveryState::Retry => "retry",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "dead",
    }
}

fn delivery_state(text: &str) -> Result<DeliveryState, Failure> {
    let all = [
        DeliveryState::Queued,
        DeliveryState::Sending,
        DeliveryState::Retry,
        DeliveryState::Delivered,
        DeliveryState::Dead,
    ];
    all.into_iter().find(|state| state_word(*state) == text).ok_or_else(|| {
        Failure::usage(crate::because!(
            "--state {text}: one of queued, sending, retry, delivered, dead"
        ))
    })
}

pub(crate) fn sight_word(sight: Sight) -> &'static str {
    match sight {
        Sight::Watched => "watched",
        Sight::Blind => "blind",
        Sight::Pending => "not polled yet",
        Sight::Off => "off",
        Sight::Retired => "retired",
        Sight::Failing => "failing",
        Sight::Late => "read late",
        Sight::Gap => "possible gap",
    }
}

fn wrong_kind(error: String) -> Failure {
    Failure::usage(crate::because!("--kind: {error}"))
}
