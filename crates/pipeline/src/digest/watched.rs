//! What was not watched in a period: sources that were blind, sources that are off, times when the
//! daemon did not run, entries that may be missing, sources that changed their ways (I8).

use std::collections::BTreeMap;

use model::{Cause, Gap, Health, Ledger, Outage, Sight, SourceId, Stretch, Timestamp, one_line};
use serde::Serialize;
use store::{Asked, Configured, StoreError, tables};

use super::{Cx, Period};
use crate::Source;

/// Stretches told of one source, and possible gaps.
const MAX_STRETCHES: usize = 5;
/// Outages of the daemon listed.
const MAX_OUTAGES: usize = 50;
/// Sources whose ledgers are read together.
const TOGETHER: usize = 500;
/// Sources named in each list.
const MAX_NAMED: usize = 500;

/// How well the period was watched, as was known at its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Watched {
    /// Sources that are on.
    pub sources: usize,
    /// Those that were read during the whole period, while the daemon ran, without a possible gap.
    pub throughout: usize,
    pub blind: Vec<Blind>,
    /// Sources whose latest attempts failed, too few of them to call them blind.
    pub failing: Vec<Failing>,
    /// Sources of which entries may have been missed.
    pub possible_gaps: Vec<PossibleGaps>,
    /// Sources that are read, and whose answers are not what they were.
    pub changed: Vec<Changed>,
    /// How many sources are read and were in such a state before the period already.
    pub still: BTreeMap<Health, usize>,
    pub off: Vec<Off>,
    /// The daemon did not run: nothing was watched.
    pub outages: Vec<Period>,
    /// Sources that are not named above, because there are more than anyone reads.
    pub not_named: usize,
}

/// A source that was not read for a part of the period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blind {
    pub source: SourceId,
    pub name: String,
    /// In order; the last one is open if it still went on at the end of the period.
    pub stretches: Vec<Silence>,
    pub not_listed: usize,
}

/// A stretch without reading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Silence {
    /// `None`: the source was never read before.
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub reason: Option<String>,
    /// `blind`: nothing of it is known. `late`: it was read afterwards.
    pub state: Sight,
}

impl Blind {
    /// Whether it still went on at the end of the period.
    pub fn is_blind_at_end(&self) -> bool {
        self.stretches.last().is_some_and(|last| last.until.is_none())
    }
}

/// A source that was not read by its latest attempts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failing {
    pub source: SourceId,
    pub name: String,
    /// When it was read last.
    pub since: Option<Timestamp>,
}

/// A source whose window moved on completely between two polls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PossibleGaps {
    pub source: SourceId,
    pub name: String,
    /// In order, the latest ones.
    pub gaps: Vec<Missed>,
    pub not_listed: usize,
}

/// A time of which entries may be missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Missed {
    pub from: Timestamp,
    pub to: Timestamp,
    /// They were looked for, and found, in the source's sitemap.
    pub filled: bool,
    /// How many were found there that were not known.
    pub new: Option<u32>,
}

/// A source that came to answer in another way within the period, or as before again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    pub source: SourceId,
    pub name: String,
    pub from: Health,
    pub to: Health,
    pub since: Timestamp,
    pub reason: String,
}

/// Sources that configuration switches off for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Off {
    pub reason: String,
    pub sources: usize,
}

pub(super) fn watched(cx: &Cx<'_>) -> Result<Watched, StoreError> {
    let outages = cx.store.outages(cx.period.start)?;
    let mut watched = Watched { outages: within(&outages, cx.period), ..Watched::default() };
    let mut off: BTreeMap<String, usize> = BTreeMap::new();
    let mut together = Vec::with_capacity(TOGETHER);
    for source in &cx.settings.sources {
        if let Some(reason) = &source.off {
            *off.entry(one_line(reason)).or_default() += 1;
            continue;
        }
        watched.sources += 1;
        together.push(source);
        if together.len() == TOGETHER {
            watched.add_all(cx, &mut together, &outages)?;
        }
    }
    watched.add_all(cx, &mut together, &outages)?;
    watched.blind.sort_by(|a, b| a.source.cmp(&b.source));
    // Blind at the end first: that is what someone must mend.
    watched.blind.sort_by_key(|blind| !blind.is_blind_at_end());
    watched.not_named = [
        shorten(&mut watched.blind),
        shorten(&mut watched.failing),
        shorten(&mut watched.possible_gaps),
        shorten(&mut watched.changed),
    ]
    .iter()
    .sum();
    let off = off.into_iter().map(|(reason, sources)| Off { reason, sources });
    watched.off = off.collect();
    watched.off.sort_by(|a, b| b.sources.cmp(&a.sources).then_with(|| a.reason.cmp(&b.reason)));
    Ok(watched)
}

impl Watched {
    /// Takes what is written down about the sources, as it stood at the end of the period.
    fn add_all(
        &mut self,
        cx: &Cx<'_>,
        sources: &mut Vec<&Source>,
        outages: &[(Timestamp, Outage)],
    ) -> Result<(), StoreError> {
        let (start, end) = (cx.period.start, cx.known_to);
        let asked = |source: &&Source| {
            let state = cx.store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
            let configured = Some(Configured { every: source.every, off: None });
            Ok(Asked { source: source.id.clone(), state, configured })
        };
        let asked = sources.iter().map(asked).collect::<Result<Vec<_>, StoreError>>()?;
        let ledgers = cx.store.ledgers(&asked, outages, (start, end))?;
        for (source, ledger) in sources.drain(..).zip(ledgers) {
            self.add(source, &ledger.as_of(end, source.every), cx.period);
        }
        Ok(())
    }

    fn add(&mut self, source: &Source, ledger: &Ledger, period: Period) {
        let stretches = ledger.stretches(period.start, period.end);
        let (id, name) = (&source.id, one_line(&source.name));
        // That the daemon did not run is told once for all sources.
        let told = |s: &&Stretch| !matches!(s.cause, Cause::Watched | Cause::NotRunning);
        if !stretches.iter().any(|stretch| told(&stretch)) {
            self.throughout += 1;
        }
        let (source, name) = (id.clone(), name);
        if let Some(blind) = blind(&source, &name, stretches.iter().filter(told)) {
            self.blind.push(blind);
        }
        if let Some(last) = stretches.last().filter(|last| last.state == Sight::Failing) {
            let (source, name) = (source.clone(), name.clone());
            self.failing.push(Failing { source, name, since: last.since });
        }
        self.possible_gaps.extend(gaps(&source, &name, ledger, period));
        match changed(ledger, period.start) {
            Change::New { from, to, since, reason } => {
                self.changed.push(Changed { source, name, from, to, since, reason });
            }
            Change::Still(health) => *self.still.entry(health).or_default() += 1,
            Change::None => {}
        }
    }
}

fn shorten<T>(list: &mut Vec<T>) -> usize {
    let surplus = list.len().saturating_sub(MAX_NAMED);
    list.truncate(MAX_NAMED);
    surplus
}

/// The stretches without reading, whole where the daemon's absence cuts one in two.
fn blind<'s>(
    source: &SourceId,
    name: &str,
    told: impl Iterator<Item = &'s Stretch>,
) -> Option<Blind> {
    let mut stretches: Vec<Silence> = Vec::new();
    let mut begun = None;
    for stretch in told {
        if matches!(stretch.state, Sight::Failing) || stretch.cause == Cause::Window {
            continue;
        }
        let key = (stretch.since, stretch.cause);
        if begun == Some(key) {
            continue;
        }
        begun = Some(key);
        let pending = stretch.cause == Cause::NotBegun;
        stretches.push(Silence {
            since: stretch.since,
            until: stretch.until,
            reason: stretch.reason.as_deref().filter(|_| !pending).map(one_line),
            state: stretch.state,
        });
    }
    if stretches.is_empty() {
        return None;
    }
    // The latest are told.
    let not_listed = stretches.len().saturating_sub(MAX_STRETCHES);
    stretches.drain(..not_listed);
    Some(Blind { source: source.clone(), name: name.to_owned(), stretches, not_listed })
}

fn gaps(source: &SourceId, name: &str, ledger: &Ledger, period: Period) -> Option<PossibleGaps> {
    let reaches = |gap: &&Gap| gap.to > period.start && gap.from < period.end;
    let missed = |gap: &Gap| Missed {
        from: gap.from,
        to: gap.to,
        filled: gap.is_filled(),
        new: gap.fill.as_ref().filter(|fill| fill.error.is_none()).map(|fill| fill.new),
    };
    let gaps = ledger.gaps.iter().map(|(_, gap)| gap);
    let mut gaps: Vec<_> = gaps.filter(reaches).map(missed).collect();
    if gaps.is_empty() {
        return None;
    }
    let not_listed = gaps.len().saturating_sub(MAX_STRETCHES);
    gaps.drain(..not_listed);
    Some(PossibleGaps { source: source.clone(), name: name.to_owned(), gaps, not_listed })
}

enum Change {
    New { from: Health, to: Health, since: Timestamp, reason: String },
    Still(Health),
    None,
}

/// How the answers of a source that is read at the end of the period differ from those before it.
fn changed(ledger: &Ledger, start: Timestamp) -> Change {
    let Some((since, last)) = ledger.changes.last() else { return Change::None };
    if !last.to.is_watched() {
        return Change::None;
    }
    let first = ledger.changes.iter().find(|(at, _)| *at >= start).map(|(_, change)| change.from);
    let reason = || match &last.reason {
        Some(reason) => one_line(reason),
        None => last.to.meaning().to_owned(),
    };
    match first {
        None if last.to == Health::Healthy => Change::None,
        None => Change::Still(last.to),
        Some(from) if from == last.to => Change::None,
        // Read for the first time, or switched on: nothing to come back from.
        Some(Health::Unknown | Health::Off | Health::Retired) if last.to == Health::Healthy => {
            Change::None
        }
        Some(from) => Change::New { from, to: last.to, since: *since, reason: reason() },
    }
}

/// The outages that touch the period, cut to it.
fn within(outages: &[(Timestamp, Outage)], Period { start, end }: Period) -> Vec<Period> {
    let cut = outages
        .iter()
        .map(|(from, outage)| Period { start: start.max(*from), end: outage.until.min(end) });
    cut.filter(|outage| outage.start < outage.end).take(MAX_OUTAGES).collect()
}
