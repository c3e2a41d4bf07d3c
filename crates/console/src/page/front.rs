//! `/`: counts and links, for a person who opens the port in a browser.

use model::Timestamp;
use store::Store;

use super::{document, escape, line, shown};
use crate::query::{self, AlertsQuery};
use crate::rows::{AlertRow, Status};
use crate::{Error, Settings, atom};

/// Alerts that are shown.
const ALERTS: usize = 10;

pub(crate) fn front(store: &Store, settings: &Settings, now: Timestamp) -> Result<String, Error> {
    let status = query::status(store, &settings.sources, now)?;
    let newest = AlertsQuery { limit: Some(ALERTS), ..AlertsQuery::default() };
    Ok(render(&status, &query::alerts(store, &newest)?))
}

fn render(status: &Status, alerts: &[AlertRow]) -> String {
    let sources = &status.sources;
    let mut rows = String::new();
    for (name, value) in [
        ("Sources watched", sources.watched.to_string()),
        ("Sources failing, not known yet", sources.failing.to_string()),
        ("Sources blind", sources.blind.to_string()),
        ("Sources not polled yet", sources.pending.to_string()),
        ("Sources off", sources.off.to_string()),
        ("Items in 24 hours", status.items_day.to_string()),
        ("Alerts in 24 hours", status.alerts_day.to_string()),
        ("Messages waiting", status.outbox.queued.to_string()),
        ("Messages given up", status.dead_letters.to_string()),
        ("Newest item", time(status.newest_item)),
        ("Newest alert", time(status.newest_alert)),
    ] {
        line(&mut rows, format_args!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>"));
    }
    let mut list = String::new();
    for alert in alerts {
        line(&mut list, format_args!("<li>{}</li>", entry(alert)));
    }
    let list = match list.is_empty() {
        true => "<p>No alerts yet.</p>\n".to_owned(),
        false => format!("<ul>\n{list}</ul>\n"),
    };
    let version = env!("CARGO_PKG_VERSION");
    let body = format!(
        "<h1>stackwatch {version}</h1>\n<p>As of {at}.</p>\n<table>\n{rows}</table>\n\
         <p><a href=\"/coverage\">What is watched, and what is not</a>, \
         <a href=\"/quarantine\">what could not be read</a></p>\n\
         <h2>Newest alerts</h2>\n{list}\
         <h2>More</h2>\n<ul>\n<li><a href=\"/feed/alerts.atom\">Alerts as a feed</a></li>\n\
         <li><a href=\"/api/alerts\">Alerts</a>, <a href=\"/api/items\">items</a>, \
         <a href=\"/api/sources\">sources</a>, <a href=\"/api/coverage\">coverage</a>, \
         <a href=\"/api/deliveries\">deliveries</a> as JSON</li>\n\
         <li><a href=\"/healthz\">Health</a>, <a href=\"/metrics\">metrics</a></li>\n</ul>\n",
        at = status.at,
    );
    document("stackwatch", &body)
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "none".into(), |at| at.to_string())
}

fn entry(alert: &AlertRow) -> String {
    let title = model::title_or_address(alert.title.as_deref(), alert.url.as_deref());
    let title = if title.is_empty() { "(no title)".into() } else { shown(&title) };
    let title = match alert.url.as_deref().and_then(atom::web) {
        Some(url) => {
            format!("<a href=\"{}\" rel=\"noreferrer noopener\">{title}</a>", escape(url.as_str()))
        }
        None => title,
    };
    let held = if alert.held.is_some() { " (held for the digest)" } else { "" };
    format!(
        "{at} {label}: {title}, {source}{held}",
        at = alert.at,
        label = shown(&alert.label),
        source = shown(&alert.source_name),
    )
}
