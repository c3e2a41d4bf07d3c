//! `/coverage`: what is watched, and what is not.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Health, Sight, Timestamp};
use store::Store;

use super::{Rows, document, line, table};
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
    let mut page = Page::default();
    query::each_sight(store, &settings.sources, since..now, now, |row| page.add(&row))?;
    Ok(page.render(&query::outages(store, since)?, now))
}

/// What the page shows, added up source by source.
#[derive(Default)]
struct Page {
    on: usize,
    watched: usize,
    blind: Rows,
    failing: Rows,
    pending: Rows,
    missed: Rows,
    unlike: Rows,
    late: Rows,
    off: BTreeMap<String, usize>,
}

impl Page {
    fn add(&mut self, row: &CoverageRow) {
        self.on += usize::from(!matches!(row.state, Sight::Off | Sight::Retired));
        gaps(row, &mut self.missed);
        match row.state {
            Sight::Watched => {
                self.watched += 1;
                unlike_itself(row, &mut self.unlike);
                late(row, &mut self.late);
            }
            Sight::Failing => {
                self.failing.add(|| unread(row));
                late(row, &mut self.late);
            }
            Sight::Blind => self.blind.add(|| unread(row)),
            Sight::Pending => self.pending.add(|| vec![name(row)]),
            Sight::Off => {
                let why = row.reason.as_deref().unwrap_or("–");
                match self.off.get_mut(why) {
                    Some(sources) => *sources += 1,
                    None => drop(self.off.insert(why.to_owned(), 1)),
                }
            }
            Sight::Late | Sight::Gap | Sight::Retired => {}
        }
    }

    fn render(&self, outages: &[OutageRow], now: Timestamp) -> String {
        let mut body = String::from("<h1>What is watched</h1>\n");
        line(
            &mut body,
            format_args!(
                "<p>Watched {} of {} sources; {} blind, {} failing, {} not polled yet. As of \
                 {now}; what came and went in the 24 hours before. <a href=\"/\">Front page</a></p>",
                self.watched, self.on, self.blind.count, self.failing.count, self.pending.count,
            ),
        );
        let header = ["source", "not read since", "why"];
        table(&mut body, "Blind", &header, &self.blind);
        table(&mut body, "Failing: not known yet", &header, &self.failing);
        let header = ["source", "from", "to", "looked for"];
        table(&mut body, "Entries may be missing", &header, &self.missed);
        let header = ["source", "state", "since", "meaning"];
        table(&mut body, "Read, but not as usual", &header, &self.unlike);
        let header = ["source", "not read from", "to", "why"];
        table(&mut body, "Not read for a while, and read again", &header, &self.late);
        let mut away = Rows::default();
        for row in outages {
            away.add(|| vec![row.from.to_string(), row.until.to_string()]);
        }
        table(&mut body, "stackwatch did not run", &["from", "to"], &away);
        table(&mut body, "Not polled yet", &["source"], &self.pending);
        let mut off = Rows::default();
        for (why, sources) in &self.off {
            off.add(|| vec![why.clone(), sources.to_string()]);
        }
        table(&mut body, "Off", &["why", "sources"], &off);
        document("stackwatch: what is watched", &body)
    }
}

fn name(row: &CoverageRow) -> String {
    row.name.clone().unwrap_or_else(|| row.source.to_string())
}

fn unread(row: &CoverageRow) -> Vec<String> {
    let since = row.since.map_or_else(|| "never read".into(), |at| at.to_string());
    vec![name(row), since, row.reason.clone().unwrap_or_default()]
}

fn gaps(row: &CoverageRow, rows: &mut Rows) {
    for one in &row.possible_gaps {
        let found = || match &one.gap.fill {
            None => "no".to_owned(),
            Some(fill) => match &fill.error {
                Some(error) => format!("in vain: {error}"),
                None if one.filled => format!("found in its sitemap, {} new", fill.new),
                None => format!("{} new in its sitemap, maybe not all", fill.new),
            },
        };
        rows.add(|| vec![name(row), one.gap.from.to_string(), one.gap.to.to_string(), found()]);
    }
}

/// A source that is read and says less than it did, or says it badly.
fn unlike_itself(row: &CoverageRow, rows: &mut Rows) {
    if let Some(health) = row.health.filter(|health| *health != Health::Healthy) {
        let since = || row.since.map_or_else(|| "–".into(), |at| at.to_string());
        rows.add(|| vec![name(row), health.to_string(), since(), health.meaning().to_owned()]);
    }
}

/// The last time without reading, of a source that is read now.
fn late(row: &CoverageRow, rows: &mut Rows) {
    if let Some(last) = row.gaps.last() {
        let to = || last.to.map_or_else(|| "–".into(), |at| at.to_string());
        let why = || last.reason.clone().unwrap_or_default();
        rows.add(|| vec![name(row), last.from.to_string(), to(), why()]);
    }
}
