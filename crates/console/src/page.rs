//! `/`: counts and links, for a person who opens the port in a browser.

use std::fmt::Write;

use model::{Timestamp, one_line, truncated};
use store::Store;

use crate::query::{self, AlertsQuery};
use crate::rows::{AlertRow, Status};
use crate::{Error, Settings, atom};

/// Alerts that are shown.
const ALERTS: usize = 10;
/// Bytes of a title that are shown.
const TITLE_BYTES: usize = 200;

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
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>stackwatch</title>\n\
         <link rel=\"alternate\" type=\"application/atom+xml\" title=\"Alerts\" \
         href=\"/feed/alerts.atom\">\n</head>\n<body>\n<h1>stackwatch {version}</h1>\n\
         <p>As of {at}.</p>\n<table>\n{rows}</table>\n<h2>Newest alerts</h2>\n{list}\
         <h2>More</h2>\n<ul>\n<li><a href=\"/feed/alerts.atom\">Alerts as a feed</a></li>\n\
         <li><a href=\"/api/alerts\">Alerts</a>, <a href=\"/api/items\">items</a>, \
         <a href=\"/api/sources\">sources</a>, <a href=\"/api/coverage\">coverage</a>, \
         <a href=\"/api/deliveries\">deliveries</a> as JSON</li>\n\
         <li><a href=\"/healthz\">Health</a>, <a href=\"/metrics\">metrics</a></li>\n</ul>\n\
         </body>\n</html>\n",
        at = status.at,
    )
}

fn line(out: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(out, "{line}").expect("writing to a string cannot fail");
}

fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "none".into(), |at| at.to_string())
}

fn entry(alert: &AlertRow) -> String {
    let title = one_line(alert.title.as_deref().unwrap_or("(no title)"));
    let title = escape(&truncated(&title, TITLE_BYTES));
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
        label = escape(&one_line(&alert.label)),
        source = escape(&one_line(&alert.source_name)),
    )
}

/// For text and for attributes in double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
