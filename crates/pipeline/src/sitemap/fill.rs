//! Looks for what a feed may have dropped: entries of its sitemap that are dated inside a gap.

use std::sync::Arc;
use std::time::Duration;

use connector::Parsed;
use model::{Entry, Fill, Gap, HttpUrl, Timestamp, truncated};
use store::{Commit, CommitError, Range, StoreError, tables};
use tracing::{info, warn};

use super::ask::{Asked, ask, request};
use super::{CHILDREN, ENTRIES, merge};
use crate::decide::{Report, Totals};
use crate::run::{RunError, store_entries};
use crate::{Context, Source};

/// Gaps of a source that are looked at, newest first.
const GAPS: usize = 16;
/// Older gaps are not looked for any more: sitemaps for news reach back two days.
const WITHIN: Duration = Duration::from_secs(7 * 86_400);
/// Tries before a gap stays as it is, and the wait after the first; it doubles with each.
const TRIES: u8 = 5;
const WAIT: Duration = Duration::from_secs(600);
/// Entries may be dated before they appear in a feed.
const SLACK: Duration = Duration::from_secs(2 * 3_600);
const DAY: Duration = Duration::from_secs(86_400);
const ERROR_BYTES: usize = 200;

/// Fills the gaps that were found before this run of the feed, from its sitemap `url`. Everything
/// is in the store: after a restart the next run goes on. What is found goes into `report`.
pub(crate) async fn fill_gaps(
    cx: &Context,
    source: &Arc<Source>,
    url: &HttpUrl,
    before: Timestamp,
    report: &mut Report,
) -> Result<(), RunError> {
    let now = cx.clock.now();
    let mut gaps = pending(cx, source, before, now)?;
    let Some(from) = gaps.iter().map(|(_, gap)| gap.from).min() else { return Ok(()) };
    // A pause that the host asked for is no try.
    if cx.fetcher.paused(url).is_some() {
        return Ok(());
    }
    let looked = look(cx, source, url, from.before(SLACK)).await;
    // The oldest gap first: an entry at the seam of two belongs to the earlier one.
    gaps.reverse();
    for (key, gap) in gaps {
        let tries = gap.fill.as_ref().map_or(0, |fill| fill.tries).saturating_add(1);
        let fill = match &looked {
            Ok(looked) => {
                let found = looked.dated_in(&gap);
                let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
                let totals = store(cx, source, found).await?;
                report.alerts += totals.alerts;
                report.held += totals.held;
                let new = totals.counts.new;
                info!(source.id = %source.id, "a gap was looked up in the sitemap: {new} of {count} entries were missed");
                Fill {
                    at: now,
                    tries,
                    found: count,
                    new,
                    undated: looked.undated,
                    oldest: looked.oldest,
                    error: None,
                    over: true,
                }
            }
            Err(error) => {
                warn!(source.id = %source.id, error, "a gap could not be looked up in the sitemap");
                let error = Some(truncated(error, ERROR_BYTES).into_owned());
                let over = tries >= TRIES;
                Fill { at: now, tries, found: 0, new: 0, undated: 0, oldest: None, error, over }
            }
        };
        write(cx, &key, Gap { fill: Some(fill), ..gap }).await?;
    }
    Ok(())
}

type Key = (model::SourceId, Timestamp);

/// The gaps that want a try now, newest first.
fn pending(
    cx: &Context,
    source: &Source,
    before: Timestamp,
    now: Timestamp,
) -> Result<Vec<(Key, Gap)>, StoreError> {
    let rows = cx.store.page(Range::<tables::Gaps>::prefix(&source.id).newest_first(), GAPS)?;
    let wants = |gap: &Gap| gap.to < before && now.since(gap.to) < WITHIN && may_try(gap, now);
    Ok(rows.into_iter().filter(|(_, gap)| wants(gap)).collect())
}

fn may_try(gap: &Gap, now: Timestamp) -> bool {
    gap.fill.as_ref().is_none_or(|fill| {
        let wait = WAIT * (1 << u32::from(fill.tries.saturating_sub(1)).min(10));
        !fill.over && now.since(fill.at) >= wait
    })
}

/// What a sitemap says.
#[derive(Debug, Default)]
struct Looked {
    entries: Vec<Entry>,
    undated: u32,
    oldest: Option<Timestamp>,
}

impl Looked {
    fn add(&mut self, parsed: Parsed) {
        let room = ENTRIES.saturating_sub(self.entries.len());
        for entry in parsed.items.into_iter().take(room) {
            match date(&entry) {
                Some(date) => {
                    self.oldest = Some(self.oldest.map_or(date, |oldest| oldest.min(date)));
                    self.entries.push(entry);
                }
                None => self.undated += 1,
            }
        }
    }

    fn dated_in(&self, gap: &Gap) -> Vec<Entry> {
        let within = |entry: &&Entry| date(entry).is_some_and(|date| is_in(date, gap));
        self.entries.iter().filter(within).cloned().collect()
    }
}

fn date(entry: &Entry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

/// A date without a time of day is the whole day.
fn is_in(date: Timestamp, gap: &Gap) -> bool {
    let is_day = date.millis().is_multiple_of(86_400_000);
    let end = if is_day { date.after(DAY) } else { date };
    date <= gap.to && end >= gap.from.before(SLACK)
}

/// Reads the sitemap, of an index those of its sitemaps that changed since `from`, newest first.
async fn look(
    cx: &Context,
    source: &Source,
    url: &HttpUrl,
    from: Timestamp,
) -> Result<Looked, String> {
    let mut looked = Looked::default();
    let root = read(cx, source, url.clone()).await?;
    let children = root
        .children
        .iter()
        .filter(|child| child.modified.is_none_or(|modified| modified.after(DAY) >= from));
    let children: Vec<_> = children.take(CHILDREN).map(|child| child.url.clone()).collect();
    looked.add(root);
    let mut failure = None;
    for child in children {
        let read = match child.parse::<HttpUrl>() {
            Ok(address) => read(cx, source, address).await,
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(parsed) => looked.add(parsed),
            Err(error) => failure = Some(format!("{child}: {error}")),
        }
    }
    // A part that is missing may be the one that matters: it is tried again.
    failure.map_or(Ok(looked), Err)
}

async fn read(cx: &Context, source: &Source, url: HttpUrl) -> Result<Parsed, String> {
    let request = request(cx, source, url);
    match ask(cx, &request, None).await {
        Asked::Read { parsed, .. } => Ok(*parsed),
        Asked::Same(_) => Err("\"not modified\", although nothing was known".into()),
        Asked::Failed(outcome, _) => Err(outcome.error().unwrap_or("could not be read").to_owned()),
    }
}

async fn store(
    cx: &Context,
    source: &Arc<Source>,
    mut items: Vec<Entry>,
) -> Result<Totals, RunError> {
    if items.is_empty() {
        return Ok(Totals::default());
    }
    merge(source, &mut items);
    store_entries(cx, source, Parsed { items, ..Parsed::default() }).await
}

async fn write(cx: &Context, key: &Key, gap: Gap) -> Result<(), RunError> {
    let mut commit = Commit::default();
    commit.put::<tables::Gaps>(key, &gap);
    match cx.store.commit(commit).await {
        Ok(_) => Ok(()),
        Err(CommitError::Full { .. }) => Err(RunError::Full),
        Err(CommitError::Store(error)) => Err(error.into()),
        Err(error) => Err(RunError::Refused(error)),
    }
}
