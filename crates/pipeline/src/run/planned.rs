//! A document on its way into the store: planned against what is there, committed part by part.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use connector::Connector;
use model::ItemId;
use store::{CommitError, StoreError, tables};
use tracing::info;

use super::pushed::{Sifted, sift};
use super::{PLANS, RunError, blocking};
use crate::decide::{Decision, Departure, Report, Situation, Totals, decide};
use crate::identify::{Candidate, identify};
use crate::known::Known;
use crate::outcome::{Outcome, Transport};
use crate::record::{Ends, List, TakenOff, is_accepted, passing, taken_off, today};
use crate::sitemap;
use crate::{Context, Source};

/// Entries, and bytes of text, that go into one commit.
const PART_ENTRIES: usize = 200;
const PART_BYTES: usize = 512 * 1024;

/// Stores those entries of a document that are not known yet, apart from any poll: the source's
/// state stays as it is, and so do items that have moved on since the document was made.
pub(crate) async fn store_entries(
    cx: &Context,
    source: &Arc<Source>,
    parsed: connector::Parsed,
) -> Result<Totals, RunError> {
    let transport = Transport::default();
    let mut outcome = Outcome::Parsed { parsed, body: [0; 16], transport, list: None };
    let mut totals = Totals::default();
    let entries = candidates(source, &mut outcome, &mut totals);
    let Sifted { new, mut totals, .. } = sift(cx, entries, totals)?;
    if new.is_empty() {
        return Ok(totals);
    }
    let began = Instant::now();
    let document = Arc::new(Planned { candidates: new, ..Planned::of(source, outcome, began) });
    for part in document.parts() {
        totals = store_part(cx, &document, part, totals, false).await?.totals();
    }
    Ok(totals)
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Plans against what is stored and commits, part by part for a large document; when the state
/// has moved meanwhile, the part is planned again.
pub(crate) async fn store_outcome(
    cx: &Context,
    source: &Arc<Source>,
    mut outcome: Outcome,
    began: Instant,
) -> Result<Report, RunError> {
    if let Outcome::Parsed { parsed, transport, .. } = &mut outcome {
        transport.newest = newest(parsed, cx.clock.now());
    }
    let mut totals = Totals::default();
    let mut candidates = candidates(source, &mut outcome, &mut totals);
    if matches!(source.connector, Connector::Sitemap(_)) {
        candidates = set_aside(cx, source, &mut outcome, candidates, &mut totals).await?;
    }
    let day = today(cx.clock.now());
    let nothing = Outcome::Refused { error: String::new() };
    let mut document = Planned::of(source, nothing, began);
    match &mut outcome {
        Outcome::Parsed { list: Some(now), .. } => {
            let list = List::compare(&cx.store, source, now, &day, candidates)?;
            totals.counts.seen += list.unchanged;
            totals.counts.unchanged += list.unchanged;
            (candidates, document.restating) = (list.moved, list.restating);
            document.departures.extend(list.gone.into_iter().map(|id| (id, Departure::Left)));
            (document.since, document.ends) = (list.since, Some(list.ends));
            document.version.clone_from(&now.digest);
        }
        Outcome::Parsed { parsed, body, transport, .. } => {
            if let Some(changes) = parsed.changes.take() {
                let accepted = is_accepted(&cx.store, &source.id)?;
                match taken_off(cx, source, &changes, accepted, &mut candidates)? {
                    Ok(TakenOff { items, records }) => {
                        totals.counts.seen += records;
                        totals.counts.revised += records;
                        let left = items.into_iter().map(|id| (id, Departure::Left));
                        document.departures.extend(left);
                        document.version = hex(body);
                    }
                    Err(collapse) => {
                        candidates.clear();
                        let (error, transport) = (collapse.to_string(), transport.clone());
                        outcome = Outcome::Unreadable { error, wall: None, transport };
                    }
                }
            }
        }
        Outcome::Unchanged { .. } if source.connector.is_list() => {
            if let Some((ended, ends)) = passing(&cx.store, source, &day)? {
                document.departures.extend(ended.into_iter().map(|id| (id, Departure::Ended)));
                document.since = Ends::read(&cx.store, &source.id)?.unwrap_or_default().since;
                document.ends = Some(ends);
                document.version = format!("ends/{day}");
            }
        }
        _ => {}
    }
    let document = Arc::new(Planned { outcome, candidates, ..document });
    let parts = document.parts();
    let last = parts.len() - 1;
    for (number, part) in parts.into_iter().enumerate() {
        let report = store_part(cx, &document, part, totals, number == last).await?;
        if number == last {
            return Ok(report);
        }
        totals = report.totals();
    }
    unreachable!("a document has at least one part, and the last one returns")
}

/// A document on its way into the store.
pub(super) struct Planned {
    pub(super) source: Arc<Source>,
    pub(super) outcome: Outcome,
    pub(super) candidates: Vec<Candidate>,
    /// Entries that a list does not have any more, and those whose own end has passed.
    pub(super) departures: Vec<(ItemId, Departure)>,
    /// What tells one download of a list from the next.
    pub(super) version: String,
    pub(super) restating: bool,
    /// Ends of entries up to this day were dealt with before.
    pub(super) since: String,
    /// Stored with the last part.
    pub(super) ends: Option<Ends>,
    pub(super) began: Instant,
}

/// What goes into one commit.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    entries: Range<usize>,
    departures: Range<usize>,
}

pub(super) async fn store_part(
    cx: &Context,
    document: &Arc<Planned>,
    part: Part,
    totals: Totals,
    last: bool,
) -> Result<Report, RunError> {
    let totals = Arc::new(totals);
    for _ in 0..PLANS {
        let plan = {
            let (cx, document, part) = (cx.clone(), Arc::clone(document), part.clone());
            let totals = Arc::clone(&totals);
            move || document.plan(&cx, part, &totals, last)
        };
        let Decision { commit, report } = if part.entries.is_empty() && part.departures.is_empty() {
            plan()?
        } else {
            blocking(plan).await?
        };
        match cx.store.commit(commit).await {
            Ok(_) => return Ok(report),
            Err(CommitError::Conflict { .. }) => {}
            Err(CommitError::Full { .. }) => return Err(RunError::Full),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(error @ (CommitError::Refused { .. } | CommitError::TooLarge { .. })) => {
                return Err(RunError::Refused(error));
            }
        }
    }
    Err(RunError::Contended)
}

/// Cuts a document so that each commit stays small: a long batch holds off all readers. The
/// oldest entries, at the end of the document, come first; the source's state goes with the last
/// part, so that validators never get ahead of the items that they cover (I1).
fn parts(candidates: &[Candidate]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut end = candidates.len();
    let mut bytes = 0;
    for (at, candidate) in candidates.iter().enumerate().rev() {
        let entry = &candidate.entry;
        let fields = [&entry.title, &entry.summary, &entry.text];
        let size = fields.into_iter().flatten().map(String::len).sum::<usize>();
        if at + 1 < end && (bytes + size > PART_BYTES || end - at > PART_ENTRIES) {
            parts.push(at + 1..end);
            end = at + 1;
            bytes = 0;
        }
        bytes += size;
    }
    parts.push(0..end);
    parts
}

fn newest(parsed: &connector::Parsed, now: model::Timestamp) -> Option<model::Timestamp> {
    let dates = parsed.items.iter().filter_map(|entry| entry.published.max(entry.updated));
    dates.filter(|date| *date <= now).max()
}

pub(super) fn candidates(
    source: &Source,
    outcome: &mut Outcome,
    totals: &mut Totals,
) -> Vec<Candidate> {
    let (Outcome::Parsed { parsed, .. } | Outcome::Pushed { parsed, .. }) = outcome else {
        return Vec::new();
    };
    if matches!(source.connector, Connector::Sitemap(_)) {
        let folded = sitemap::merge(source, &mut parsed.items);
        totals.counts.seen += folded;
        totals.counts.unchanged += folded;
    }
    identify(source, std::mem::take(&mut parsed.items))
}

/// Of a sitemap only what is new or changed is planned: it may hold fifty thousand addresses.
async fn set_aside(
    cx: &Context,
    source: &Source,
    outcome: &mut Outcome,
    candidates: Vec<Candidate>,
    totals: &mut Totals,
) -> Result<Vec<Candidate>, RunError> {
    let Outcome::Parsed { parsed, transport, .. } = outcome else { return Ok(candidates) };
    let state = cx.store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
    let first = state.baseline.is_none() || state.fetch_key != source.fetch_key();
    let kept = match &transport.sitemap {
        None if !first => cx.store.get::<tables::Sitemaps>(&source.id)?.map(Arc::new),
        news => news.clone(),
    };
    let store = cx.store.clone();
    let aside = blocking(move || sitemap::set_aside(&store, kept, first, candidates)).await?;
    totals.counts.seen += aside.unchanged;
    totals.counts.unchanged += aside.unchanged;
    parsed.problems.extend(aside.problem);
    if first {
        // Told once, for whoever looks for an old page later.
        for left in parsed.problems.iter().filter(|problem| problem.at == sitemap::LEFT_OUT) {
            info!(source.id = %source.id, "first poll of `{}`: {}", source.id, left.reason);
        }
    }
    transport.sitemap = aside.memory.or(transport.sitemap.take());
    Ok(aside.moved)
}

impl Planned {
    /// Of a document that holds nothing.
    pub(super) fn of(source: &Arc<Source>, outcome: Outcome, began: Instant) -> Self {
        Self {
            source: Arc::clone(source),
            outcome,
            candidates: Vec::new(),
            departures: Vec::new(),
            version: String::new(),
            restating: false,
            since: String::new(),
            ends: None,
            began,
        }
    }

    /// What left a list comes first; the state goes with the last part.
    pub(super) fn parts(&self) -> Vec<Part> {
        let departures = (0..self.departures.len()).step_by(PART_ENTRIES).map(|from| {
            let to = (from + PART_ENTRIES).min(self.departures.len());
            Part { entries: 0..0, departures: from..to }
        });
        let entries = parts(&self.candidates).into_iter();
        departures.chain(entries.map(|entries| Part { entries, departures: 0..0 })).collect()
    }

    fn plan(
        &self,
        cx: &Context,
        part: Part,
        so_far: &Totals,
        last: bool,
    ) -> Result<Decision, StoreError> {
        let rules = &cx.settings.alerts;
        let candidates = &self.candidates[part.entries];
        let departures = &self.departures[part.departures];
        let mut known = Known::read(&cx.store, &self.source, candidates, rules)?;
        let moves = !(candidates.is_empty() && departures.is_empty());
        if moves && !self.version.is_empty() {
            known.read_items(&cx.store, departures.iter().map(|(id, _)| *id))?;
            let tagger = &cx.tagger;
            known.read_list_alerts(&cx.store, &self.source, &self.version, tagger, rules)?;
        }
        if self.outcome.kind() == model::OutcomeKind::Pushed {
            known.read_surplus(&cx.store, &self.source)?;
        }
        let now = cx.clock.now();
        let situation = Situation {
            told: crate::websub::is_told(cx, &self.source, now)?,
            source: &self.source,
            fetch_key: self.source.fetch_key(),
            tagger: &cx.tagger,
            rules,
            now,
            millis: u32::try_from(self.began.elapsed().as_millis()).unwrap_or(u32::MAX),
            so_far,
            last,
            restating: self.restating,
            version: &self.version,
            departures,
            since: &self.since,
            ends: self.ends.as_ref(),
        };
        Ok(decide(situation, &known, &self.outcome, candidates))
    }
}
