//! `/coverage`: what is watched, and what is not.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Health, Sight, Timestamp};
use store::Store;

use super::{document, line, table};
use crate::query;
use crate::rows::{CoverageRow, OutageRow};
use crate::{Error, Settings};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) fn coverage(
    store: &Store,
    settings: &Settings,
    now: Timestamp,
) -> Result<String, Error> {
    let since = now.before(DAY);
    let rows = query::coverage(store, &settings.sources, since..now, now)?;
    Ok(render(&rows, &query::outages(store, since)?, now))
}

fn render(rows: &[CoverageRow], outages: &[OutageRow], now: Timestamp) -> String {
    let of = |sight| rows.iter().filter(move |row| row.state == sight);
    let on = rows.len() - of(Sight::Off).count() - of(Sight::Retired).count();
    let mut body = String::from("<h1>What is watched</h1>\n");
    line(
        &mut body,
        format_args!(
            "<p>Watched {} of {on} sources; {} blind, {} failing, {} not polled yet. As of {now}; \
             what came and went in the 24 hours before. <a href=\"/\">Front page</a></p>",
            of(Sight::Watched).count(),
            of(Sight::Blind).count(),
            of(Sight::Failing).count(),
            of(Sight::Pending).count(),
        ),
    );
    for (heading, sight) in [("Blind", Sight::Blind), ("Failing: not known yet", Sight::Failing)] {
        let rows: Vec<_> = of(sight)
            .map(|row| {
                let since = row.since.map_or_else(|| "never read".into(), |at| at.to_string());
                vec![name(row), since, row.reason.clone().unwrap_or_default()]
            })
            .collect();
        table(&mut body, heading, &["source", "not read since", "why"], &rows);
    }
    table(
        &mut body,
        "Entries may be missing",
        &["source", "from", "to", "looked for"],
        &gaps(rows),
    );
    let unlike: Vec<_> = of(Sight::Watched).filter_map(unlike_itself).collect();
    table(&mut body, "Read, but not as usual", &["source", "state", "since", "meaning"], &unlike);
    let unread: Vec<_> = of(Sight::Watched).chain(of(Sight::Failing)).filter_map(late).collect();
    let header = ["source", "not read from", "to", "why"];
    table(&mut body, "Not read for a while, and read again", &header, &unread);
    let away: Vec<_> =
        outages.iter().map(|row| vec![row.from.to_string(), row.until.to_string()]).collect();
    table(&mut body, "stackwatch did not run", &["from", "to"], &away);
    let pending: Vec<_> = of(Sight::Pending).map(|row| vec![name(row)]).collect();
    table(&mut body, "Not polled yet", &["source"], &pending);
    let mut off: BTreeMap<&str, usize> = BTreeMap::new();
    for row in of(Sight::Off) {
        *off.entry(row.reason.as_deref().unwrap_or("–")).or_default() += 1;
    }
    let off: Vec<_> = off.iter().map(|(why, n)| vec![(*why).to_owned(), n.to_string()]).collect();
    table(&mut body, "Off", &["why", "sources"], &off);
    document("stackwatch: what is watched", &body)
}

fn name(row: &CoverageRow) -> String {
    row.name.clone().unwrap_or_else(|| row.source.to_string())
}

fn gaps(rows: &[CoverageRow]) -> Vec<Vec<String>> {
    let of = |row: &CoverageRow| {
        let told = row.possible_gaps.iter().map(|one| {
            let found = match &one.gap.fill {
                None => "no".to_owned(),
                Some(fill) => match &fill.error {
                    Some(error) => format!("in vain: {error}"),
                    None if one.filled => format!("found in its sitemap, {} new", fill.new),
                    None => format!("{} new in its sitemap, maybe not all", fill.new),
                },
            };
            vec![name(row), one.gap.from.to_string(), one.gap.to.to_string(), found]
        });
        told.collect::<Vec<_>>()
    };
    rows.iter().flat_map(of).collect()
}

/// A source that is read and says less than it did, or says it badly.
fn unlike_itself(row: &CoverageRow) -> Option<Vec<String>> {
    let health = row.health.filter(|health| *health != Health::Healthy)?;
    let since = row.since.map_or_else(|| "–".into(), |at| at.to_string());
    Some(vec![name(row), health.to_string(), since, health.meaning().to_owned()])
}

/// The last time without reading, of a source that is read now.
fn late(row: &CoverageRow) -> Option<Vec<String>> {
    let last = row.gaps.last()?;
    let to = last.to.map_or_else(|| "–".into(), |at| at.to_string());
    Some(vec![name(row), last.from.to_string(), to, last.reason.clone().unwrap_or_default()])
}
