//! `retag`: today's watchlists on stored items.

use console::{RetagQuery, query};
use model::one_line;
use pipeline::{Change, Clock as _, Difference, Retagged, SystemClock};

use crate::cli::{Cli, RetagArgs};
use crate::command::reads;
use crate::command::since::since;
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::reach::{daemon, failure, open, refused};
use crate::{output, tell};

pub(crate) async fn retag(cli: &Cli, args: &RetagArgs) -> Outcome {
    // Mistakes in the files are told here, each at its place, before a daemon is asked.
    let at = Installation::load(cli)?;
    let now = SystemClock.now();
    let since = args.since.as_deref();
    let which = RetagQuery {
        since: since.map(|text| since_at(&at, text, now)).transpose()?,
        dry_run: args.dry_run,
        alert: args.alert,
        samples: Some(args.samples),
        only: args.only.clone(),
    };
    let report = match daemon(&at).await? {
        Some(client) => {
            let path = format!("/api/retag?{}", query::query_string(&which));
            client.post_json(&path).await.map_err(refused)?
        }
        None => alone(&at, which).await?,
    };
    if args.json {
        return output::json(&report);
    }
    let report: Retagged = serde_json::from_value(report).map_err(Failure::io)?;
    show(&report, args)
}

fn since_at(
    at: &Installation,
    text: &str,
    now: model::Timestamp,
) -> Result<model::Timestamp, Failure> {
    since(text, &at.config.pipeline.timezone, now)
}

/// Without a daemon. Alerts stay in the outbox for the next `run`.
async fn alone(at: &Installation, which: RetagQuery) -> Result<serde_json::Value, Failure> {
    let store = open(at).await?;
    let cx = tell::context(at, store.clone()).map_err(Failure::io)?;
    let report = tell::retag(&cx, &cx.tagger, which).await.map_err(failure);
    store.shutdown().map_err(Failure::io)?;
    report
}

fn show(report: &Retagged, args: &RetagArgs) -> Outcome {
    for difference in &report.differences {
        output::line(&headline(difference, report.items, args.dry_run))?;
        for sample in &difference.samples {
            let title = reads::title(sample.title.as_deref(), sample.url.as_deref());
            let words: Vec<String> =
                sample.words.iter().map(|words| format!("\"{}\"", one_line(words))).collect();
            let day = sample.fetched.to_string();
            output::line(&format!(
                "    {} {}: {} [{} by {}]",
                &day[..10.min(day.len())],
                sample.source,
                one_line(&title),
                words.join(", "),
                sample.rule,
            ))?;
        }
    }
    if let Some(resumed) = report.resumed_at {
        output::line(&format!("an earlier retag was cut off: went on behind {resumed}"))?;
    }
    let verb = if args.dry_run { "would change" } else { "changed" };
    let period = match (report.from, report.to) {
        (Some(from), Some(to)) => format!(", fetched {from} to {to}"),
        _ => String::new(),
    };
    output::line(&format!(
        "{verb} {} of {} items{period} ({} of them in rule, version, confidence or place only)",
        report.changed, report.items, report.restated
    ))?;
    if args.alert {
        output::line(&format!(
            "alerts: {} raised, {} held (first poll of a source, or old)",
            report.alerts, report.held
        ))?;
    }
    Ok(())
}

/// `vendor quectel (Quectel): would be added to 37 of 2104 items`
fn headline(difference: &Difference, items: u64, dry_run: bool) -> String {
    let label = difference.label.as_deref().map_or(String::new(), |label| format!(" ({label})"));
    let verb = match (difference.change, dry_run) {
        (Change::Added, true) => "would be added to",
        (Change::Added, false) => "added to",
        (Change::Removed, true) => "would be taken from",
        (Change::Removed, false) => "taken from",
    };
    let Difference { facet, id, items: count, .. } = difference;
    format!("{facet} {id}{label}: {verb} {count} of {items} items")
}
