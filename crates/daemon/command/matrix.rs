//! `coverage --matrix`: country by layer by vendor, who watches, and what nobody does.

use std::collections::BTreeMap;
use std::time::Duration;

use console::query::{self, MatrixQuery};
use console::rows::{Brought, MatrixGap, MatrixRow};
use pipeline::{Clock as _, SystemClock};

use crate::cli::CoverageArgs;
use crate::command::reads::{local, moment};
use crate::exit::Outcome;
use crate::installation::Installation;
use crate::reach::Reach;
use crate::{output, tell};

/// How far back the matrix looks for who brings what.
const MATRIX: Duration = Duration::from_secs(90 * 24 * 3_600);
/// Letters of a list of names: the whole table stays within a hundred columns.
const NAMES: usize = 22;

pub(crate) async fn matrix(at: &Installation, args: &CoverageArgs) -> Outcome {
    let now = SystemClock.now();
    let since = moment(at, args.since.as_deref())?.unwrap_or(now.before(MATRIX));
    let query = MatrixQuery {
        since: Some(since),
        country: args.country.clone(),
        layer: args.layer.clone(),
        vendor: args.vendor.clone(),
        unwatched: args.unwatched,
    };
    let vendors = tell::vendors(&at.config.tagger);
    let sources = at.config.console.sources.clone();
    let reach = Reach::find(at).await?;
    let rows: Vec<MatrixRow> = reach
        .ask("/api/coverage/matrix", &query, |store| {
            query::matrix(store, &vendors, &sources, (&query, since), now)
        })
        .await?;
    reach.close().await?;
    if args.json {
        return output::json_lines(&rows);
    }
    let Some(first) = rows.first() else {
        return output::line("nothing of the kind: no source, no vendor with a layer, or no match");
    };
    let others = first.could.international;
    output::line(&format!(
        "any country: sources that no country is set for; seen now: {}; blind: {}.",
        others.watching(),
        others.blind()
    ))?;
    if query.vendor.is_some() {
        of_vendor(at, &rows)?
    } else {
        grid(&rows)?
    }
    unwatched(&rows)
}

/// Says of each country that nobody of its own watches what that means.
fn unwatched(rows: &[MatrixRow]) -> Outcome {
    let mut told: BTreeMap<&str, String> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_unwatched()) {
        let Some(gap) = row.gap else { continue };
        told.entry(row.country_name()).or_insert_with(|| gap.meaning(row.country_name()));
    }
    for (country, meaning) in told {
        output::line(&format!("{country}: {meaning}; only those of any country may bring it"))?;
    }
    Ok(())
}

/// Country by layer: how many sources watch, and which vendors nobody brought.
fn grid(rows: &[MatrixRow]) -> Outcome {
    let mut grid: BTreeMap<(&str, &str), Vec<&MatrixRow>> = BTreeMap::new();
    for row in rows {
        grid.entry((row.country_name(), &row.layer)).or_default().push(row);
    }
    let cells = grid.iter().map(|((country, layer), rows)| {
        let first = rows.first().expect("a cell of the grid has a row");
        let seen = |row: &&&MatrixRow| !row.brought.is_empty() || !row.brought_for.is_empty();
        let unseen = rows.iter().filter(|row| row.usual && !seen(row));
        vec![
            (*country).to_owned(),
            (*layer).to_owned(),
            watching(first),
            first.blind.len().to_string(),
            format!("{} of {}", rows.iter().filter(seen).count(), rows.len()),
            by_any(rows),
            names(unseen.map(|row| row.vendor.clone())),
        ]
    });
    let header = ["country", "layer", "watching", "blind", "vendors seen", "by any", "not seen"];
    output::table(&header, cells.collect())
}

/// One vendor, country by layer: who watches, and who brought it.
fn of_vendor(at: &Installation, rows: &[MatrixRow]) -> Outcome {
    let cells = rows.iter().map(|row| {
        let brought = || row.brought.iter().chain(&row.brought_for);
        let last = brought().map(|one| one.last).max();
        let mut by: Vec<&Brought> = brought().collect();
        by.sort_by(|a, b| b.items.cmp(&a.items).then_with(|| a.source.cmp(&b.source)));
        vec![
            row.country_name().to_owned(),
            row.layer.clone(),
            watching(row),
            row.blind.len().to_string(),
            names(by.iter().map(|one| format!("{} {}", one.source, one.items))),
            names(row.brought_by_any.iter().map(|one| format!("{} {}", one.source, one.items))),
            last.map_or_else(|| "never".into(), |last| local(at, last)),
        ]
    });
    let header = ["country", "layer", "watching", "blind", "brought by", "by any", "last"];
    output::table(&header, cells.collect())
}

/// Vendors of a layer that sources of no country brought, about no country in particular.
fn by_any(rows: &[&MatrixRow]) -> String {
    if rows.iter().all(|row| row.country.is_none()) {
        return "–".into();
    }
    rows.iter().filter(|row| !row.brought_by_any.is_empty()).count().to_string()
}

fn watching(row: &MatrixRow) -> String {
    match row.gap {
        Some(MatrixGap::NoSource) => "not watched".into(),
        Some(MatrixGap::Blind) => "all blind".into(),
        Some(MatrixGap::Silent) | None => row.could.own.watching(),
    }
}

/// As many as fit, then how many more.
fn names(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let mut text = String::new();
    for (place, name) in all.iter().enumerate() {
        let next = if place == 0 { name.clone() } else { format!("{text}, {name}") };
        if place > 0 && next.chars().count() > NAMES {
            return format!("{text} and {} more", all.len() - place);
        }
        text = next;
    }
    text
}
