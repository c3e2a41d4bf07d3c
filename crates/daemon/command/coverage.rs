//! `coverage`: what was watched, and what was not.

use std::collections::BTreeSet;
use std::time::Duration;

use console::query::{self, CoverageQuery};
use console::rows::{CoverageRow, OutageRow, Sight, Span};
use model::{Fill, Health, Timestamp};
use pipeline::{Clock as _, SystemClock};

use crate::cli::{Cli, CoverageArgs};
use crate::command::reads::{local, moment, sight_word};
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::output;
use crate::reach::Reach;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Possible gaps that are listed.
const GAPS_LISTED: usize = 20;

pub(crate) async fn coverage(cli: &Cli, args: &CoverageArgs) -> Outcome {
    let at = Installation::load(cli)?;
    if args.matrix {
        return super::matrix::matrix(&at, args).await;
    }
    let now = SystemClock.now();
    let (since, until) = match moment(&at, args.at.as_deref())? {
        Some(time) => (time, time.after(HOUR)),
        None => {
            let until = moment(&at, args.until.as_deref())?.unwrap_or(now);
            (moment(&at, args.since.as_deref())?.unwrap_or(until.before(DAY)), until)
        }
    };
    if since >= until.min(now) {
        return Err(Failure::usage(crate::because!("the asked time {since} has not begun yet")));
    }
    let query = CoverageQuery { since: Some(since), until: Some(until) };
    let reach = Reach::find(&at).await?;
    let sources = at.config.console.sources.clone();
    let rows: Vec<CoverageRow> = reach
        .ask("/api/coverage", &query, |store| query::coverage(store, &sources, since..until, now))
        .await?;
    let outages: Vec<OutageRow> = reach
        .ask("/api/outages", &CoverageQuery { until: None, ..query }, |store| {
            query::outages(store, since)
        })
        .await?;
    reach.close().await?;
    if args.json {
        return output::json_lines(&rows);
    }
    if args.at.is_some() {
        return hour(&at, &rows, (since, until.min(now)));
    }
    output::line(&summary(&rows))?;
    let on = rows.iter().filter(|row| !matches!(row.state, Sight::Off | Sight::Retired));
    let cells = on.map(|row| {
        vec![
            row.source.to_string(),
            state_words(row),
            row.since.map_or_else(|| "–".into(), |time| local(&at, time)),
            unread_share(&row.spans),
            row.items.to_string(),
            row.last_success.map_or_else(|| "never".into(), |time| local(&at, time)),
            output::or_dash(row.reason.as_ref()),
        ]
    });
    let header = ["source", "state", "since", "not read", "new items", "last success", "reason"];
    output::table(&header, cells.collect())?;
    possible_gaps(&at, &rows)?;
    for outage in outages.iter().filter(|outage| outage.from < until) {
        let (from, to) = (local(&at, outage.from), local(&at, outage.until));
        output::line(&format!("stackwatch did not run from {from} to {to}"))?;
    }
    let off = rows.iter().filter(|row| row.state == Sight::Off).count();
    if off > 0 {
        output::line(&format!("{off} sources are off: `stackwatch source list` says why"))?;
    }
    Ok(())
}

/// `watched 212 of 214; 1 failing, 1 blind; entries of 2 may be missing`
fn summary(rows: &[CoverageRow]) -> String {
    let count = |sight| rows.iter().filter(|row| row.state == sight).count();
    let off = count(Sight::Off) + count(Sight::Retired);
    let mut line = format!("watched {} of {}", count(Sight::Watched), rows.len() - off);
    let others = [Sight::Failing, Sight::Blind, Sight::Pending].map(|sight| (count(sight), sight));
    let others = others.iter().filter(|(count, _)| *count > 0);
    let others: Vec<_> =
        others.map(|(count, sight)| format!("{count} {}", sight_word(*sight))).collect();
    if !others.is_empty() {
        line.push_str(&format!("; {}", others.join(", ")));
    }
    let missed = |row: &&CoverageRow| row.possible_gaps.iter().any(|gap| !gap.filled);
    let missed = rows.iter().filter(missed).count();
    if missed > 0 {
        line.push_str(&format!("; entries of {missed} may be missing"));
    }
    line
}

/// `watched (quiet)`
fn state_words(row: &CoverageRow) -> String {
    let word = sight_word(row.state);
    match row.health {
        Some(health) if row.state == Sight::Watched && health != Health::Healthy => {
            format!("{word} ({health})")
        }
        _ => word.to_owned(),
    }
}

/// When entries may have been missed, source by source.
fn possible_gaps(at: &Installation, rows: &[CoverageRow]) -> Outcome {
    let of = |row: &CoverageRow| {
        let gaps = row.possible_gaps.clone().into_iter();
        gaps.map(|gap| (row.source.clone(), gap)).collect::<Vec<_>>()
    };
    let all: Vec<_> = rows.iter().flat_map(of).collect();
    for (source, row) in all.iter().take(GAPS_LISTED) {
        let (from, to) = (local(at, row.gap.from), local(at, row.gap.to));
        let tried = match &row.gap.fill {
            None => String::new(),
            Some(Fill { error: Some(error), .. }) => {
                format!("; its sitemap could not be searched: {error}")
            }
            Some(fill) => {
                let whole = if row.filled { "" } else { ", maybe not all" };
                format!("; {} found in its sitemap, {} new{whole}", fill.found, fill.new)
            }
        };
        output::line(&format!(
            "possible gap of {source} from {from} to {to}: its window did not reach back to the poll before{tried}"
        ))?;
    }
    match all.len().saturating_sub(GAPS_LISTED) {
        0 => Ok(()),
        more => output::line(&format!("and {more} more possible gaps (--json has them all)")),
    }
}

/// `3 h 20 min`, of the asked time; a dash for none of it.
fn unread_share(spans: &[Span]) -> String {
    let unread = |span: &&Span| matches!(span.state, Sight::Blind | Sight::Late | Sight::Failing);
    let unread = spans.iter().filter(unread);
    let minutes = unread.map(|span| span.to.since(span.from).as_secs()).sum::<u64>() / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => "–".into(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// One hour, source by source.
fn hour(at: &Installation, rows: &[CoverageRow], (from, to): (Timestamp, Timestamp)) -> Outcome {
    output::line(&format!("from {} to {}", local(at, from), local(at, to)))?;
    let cells = rows.iter().filter(|row| row.spans.iter().any(|s| s.state != Sight::Retired));
    let cells = cells.map(|row| {
        let mut states: Vec<_> = row.spans.iter().map(|span| sight_word(span.state)).collect();
        states.dedup();
        let reasons: BTreeSet<_> =
            row.spans.iter().filter_map(|span| span.reason.as_deref()).collect();
        vec![
            row.source.to_string(),
            match (states.as_slice(), row.items) {
                ([one @ ("watched" | "read late")], 0) => format!("{one} and quiet"),
                _ => states.join(", then "),
            },
            row.items.to_string(),
            reasons.into_iter().collect::<Vec<_>>().join("; "),
        ]
    });
    output::table(&["source", "state", "new items", "reason"], cells.collect())
}
