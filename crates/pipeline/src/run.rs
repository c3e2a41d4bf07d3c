//! One source from the wire to the store. The only place that knows the order of the steps.

mod pushed;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use connector::{Connector, Document, FeedRules};
use fetch::{Advice, FetchError, Fetched, Meta, Request};
use model::{ItemId, SourceState, Validators};
use store::{CommitError, Store, StoreError, tables};
use tracing::info;

use crate::decide::{Decision, Departure, Report, Situation, Totals, decide};
use crate::identify::{Candidate, identify};
use crate::known::Known;
use crate::outcome::{Outcome, Transport, Trouble};
use crate::record::{
    self, Asked, Ends, Heard, List, ListBefore, TakenOff, gather, is_accepted, passing, taken_off,
    today,
};
use crate::sitemap::{self, Gathered};
use crate::state::asks_whole;
use crate::{Context, Source};

pub(crate) use self::pushed::store_pushed;
use self::pushed::{Sifted, sift};

/// How often a run is planned again when the state it read has moved (I7b).
const PLANS: u32 = 8;
/// Entries, and bytes of text, that go into one commit.
const PART_ENTRIES: usize = 200;
const PART_BYTES: usize = 512 * 1024;
/// Documents up to this many bytes are read where they arrive; larger ones on a blocking thread.
const INLINE_BYTES: usize = 1_024;

/// Why a run could not be stored. What the source said is not lost: its validators were not moved.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the disk is too full to store anything more")]
    Full,
    #[error("the state of the source kept moving, {PLANS} plans failed")]
    Contended,
    /// Nothing was asked.
    #[error("the host asked for a pause, {}s of it are left", .wait.as_secs())]
    HostPaused { wait: Duration },
    #[error("the store does not take what the document holds; this is a bug of stackwatch")]
    Refused(#[source] CommitError),
    #[error("the store failed")]
    Store(#[source] StoreError),
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Takes one source from the wire to the store: fetch, read, plan, one commit. Failure is an
/// outcome and is stored like success. What earlier runs of a feed may have missed is looked for
/// in its sitemap, if it has one.
pub async fn run_source(cx: &Context, source: &Arc<Source>) -> Result<Report, RunError> {
    let Connector::Feed(FeedRules { sitemap: Some(url), .. }) = &source.connector else {
        return poll(cx, source).await;
    };
    let began = cx.clock.now();
    let mut report = poll(cx, source).await?;
    // A host that does not answer now is not asked for more.
    if report.error.is_none() {
        sitemap::fill_gaps(cx, source, url, began, &mut report).await?;
    }
    Ok(report)
}

async fn poll(cx: &Context, source: &Arc<Source>) -> Result<Report, RunError> {
    let began = Instant::now();
    let before = cx.store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
    // A pause that the host asked for is no failure of this source: nothing is asked or counted.
    if let Some(wait) = cx.fetcher.paused(&source.address(&before)) {
        return Err(RunError::HostPaused { wait });
    }
    let audit = asks_whole(&before, cx.clock.as_ref());
    let mut heard = None;
    let attempt = match &source.connector {
        Connector::Feed(_) | Connector::Entities(_) => {
            fetch_announced(cx, source, &before, &mut heard).await?
        }
        Connector::Notices(rules) => gather(cx, source, &before, rules).await,
        Connector::Sitemap(_) => {
            let Gathered { outcome, body, unread } =
                sitemap::gather(cx, source, &before, audit).await?;
            for (outcome, body) in &unread {
                crate::quarantine::keep(cx, source, outcome, body).await;
            }
            if let Some(body) = body {
                crate::quarantine::keep(cx, source, &outcome, &body).await;
            }
            Attempted::Ended(outcome)
        }
    };
    let outcome = match attempt {
        Attempted::Ended(outcome) => outcome,
        Attempted::Body(body) => {
            let list = ListBefore::read(&cx.store, source)?;
            let outcome = read(source, &before, list, &body, audit).await;
            crate::quarantine::keep(cx, source, &outcome, &body).await;
            // What was read of it is as large again: a list of 100 MB must not stay meanwhile.
            drop(body);
            outcome
        }
    };
    let report = store_polled(cx, source, outcome, began).await?;
    if let Some(heard) = heard.filter(|_| report.error.is_none()) {
        heard.keep(cx, source).await;
    }
    Ok(report)
}

/// Reads a body, a large one where it may take its time.
pub(crate) async fn read(
    source: &Arc<Source>,
    before: &SourceState,
    list: ListBefore,
    body: &fetch::Body,
    audit: bool,
) -> Outcome {
    let large = body.bytes.len() > INLINE_BYTES;
    let work = {
        let (source, before, body) = (Arc::clone(source), before.clone(), body.clone());
        move || read_body(&source, &before, &list, &body, audit)
    };
    if large { blocking(work).await } else { work() }
}

/// [`store_outcome`], and what it says about the source's hub.
async fn store_polled(
    cx: &Context,
    source: &Arc<Source>,
    outcome: Outcome,
    began: Instant,
) -> Result<Report, RunError> {
    let shown = crate::websub::Shown::by(&outcome);
    let report = store_outcome(cx, source, outcome, began).await?;
    crate::websub::after_poll(cx, source, shown, &report).await;
    Ok(report)
}

/// What a fetch came to: an outcome already, or a body that has to be read.
pub(crate) enum Attempted {
    Ended(Outcome),
    Body(fetch::Body),
}

/// The request for a source's own address; `Err` when a secret is missing.
pub(crate) fn request(
    cx: &Context,
    source: &Source,
    before: &SourceState,
) -> Result<Request, Box<Outcome>> {
    let known = before.fetch_key == source.fetch_key() && before.baseline.is_some();
    let mut headers = Vec::with_capacity(source.headers.len());
    for (name, value) in &source.headers {
        match value.reveal() {
            Ok(value) => headers.push((name.clone(), value.to_owned())),
            Err(missing) => {
                let error = format!("header `{name}`: {missing}");
                return Err(Box::new(Outcome::Refused { error }));
            }
        }
    }
    let (accept, max_body) = match source.connector {
        Connector::Feed(_) => (fetch::ACCEPT_FEED, cx.settings.max_feed_bytes),
        Connector::Sitemap(_) => (fetch::ACCEPT_SITEMAP, sitemap::max_body(cx)),
        Connector::Notices(_) | Connector::Entities(_) => {
            (fetch::ACCEPT_DATA, cx.settings.max_list_bytes)
        }
    };
    Ok(Request {
        url: source.address(before),
        // What was never stored is asked for whole (I1), and so is now and then what only ever
        // says "not modified" (R3).
        validators: if known && !asks_whole(before, cx.clock.as_ref()) {
            before.validators.clone()
        } else {
            Validators::default()
        },
        accept,
        headers,
        max_body,
        purpose: source.purpose(),
        json: None,
        patience: source.patience(),
    })
}

pub(crate) async fn fetch(cx: &Context, source: &Source, before: &SourceState) -> Attempted {
    match request(cx, source, before) {
        Ok(request) => ask(cx, &request, before).await,
        Err(outcome) => Attempted::Ended(*outcome),
    }
}

/// The same, after its signal was asked. `heard` is what that said: kept when the list is.
async fn fetch_announced(
    cx: &Context,
    source: &Source,
    before: &SourceState,
    heard: &mut Option<Heard>,
) -> Result<Attempted, StoreError> {
    let Some(signal) = &source.signal else { return Ok(fetch(cx, source, before).await) };
    let mut request = match request(cx, source, before) {
        Ok(request) => request,
        Err(outcome) => return Ok(Attempted::Ended(*outcome)),
    };
    match record::ask(cx, source, signal, before, &request).await? {
        Asked::Ended(outcome) => return Ok(Attempted::Ended(*outcome)),
        Asked::Go { url, heard: said } => {
            if url != request.url {
                // Validators belong to the address of another day.
                request = Request { url, validators: Validators::default(), ..request };
            }
            *heard = said;
        }
    }
    Ok(ask(cx, &request, before).await)
}

async fn ask(cx: &Context, request: &Request, before: &SourceState) -> Attempted {
    match crate::robots::get(cx, request).await {
        Ok(Fetched::Body(body)) => Attempted::Body(body),
        Ok(Fetched::NotModified(meta)) => {
            let transport = transport(&meta, 0);
            let validators = meta.update(&before.validators);
            Attempted::Ended(Outcome::Unchanged { validators, transport })
        }
        Err(error) => Attempted::Ended(failed(&error)),
    }
}

pub(crate) fn transport(meta: &Meta, bytes: usize) -> Transport {
    Transport {
        status: meta.status,
        bytes: bytes as u64,
        validators: meta.validators.clone(),
        cache: meta.cache,
        links: meta.links.clone(),
        moved: meta.moved.clone(),
        audit: false,
        newest: None,
        sitemap: None,
    }
}

pub(crate) fn failed(error: &FetchError) -> Outcome {
    let text = error.describe();
    let (status, wall) = match error {
        FetchError::Status { status, wall, .. } => (Some(*status), *wall),
        _ => (None, None),
    };
    let not_before = match error.advice() {
        Advice::WaitAtLeast(wait) => Some(wait),
        Advice::BackOff | Advice::Gone | Advice::NeedsOperator => None,
    };
    match error {
        FetchError::Refused(_)
        | FetchError::InvalidHeader { .. }
        | FetchError::Disallowed { .. } => Outcome::Refused { error: text },
        _ => {
            let trouble = Trouble { status, not_before, wall, strain: error.strain() };
            Outcome::Unreachable { error: text, trouble }
        }
    }
}

/// An error with its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    model::one_line(&text)
}

/// Reads a body; a panic of a reader stays with this source (R16).
fn read_body(
    source: &Source,
    before: &SourceState,
    list: &ListBefore,
    body: &fetch::Body,
    audit: bool,
) -> Outcome {
    let transport = Transport { audit, ..transport(&body.meta, body.bytes.len()) };
    let digest = crate::hash::sha16_of(&body.bytes);
    if before.body == Some(digest) && before.fetch_key == source.fetch_key() {
        // The same bytes once more: nothing to read, but the validators are replaced all the same.
        let validators = body.meta.validators.clone();
        return Outcome::Unchanged { validators, transport };
    }
    let document = Document {
        bytes: &body.bytes,
        content_type: body.meta.content_type.as_deref(),
        base_url: Some(body.meta.final_url.as_str()),
    };
    match parse_caught(source, &document) {
        Some(Ok(mut parsed)) => {
            match list.judge(source, digest, parsed.list.take(), parsed.changes.as_deref()) {
                Ok(list) => Outcome::Parsed { parsed, body: digest, transport, list },
                Err(collapse) => {
                    Outcome::Unreadable { error: collapse.to_string(), wall: None, transport }
                }
            }
        }
        Some(Err(error)) => {
            let wall = fetch::wall(body.meta.status, &body.meta.headers, &body.bytes);
            let error = match wall {
                Some(wall) => format!("{wall} instead of a document"),
                None => chain(&error),
            };
            Outcome::Unreadable { error, wall, transport }
        }
        None => Outcome::Panicked { error: "the reader of this format panicked".into(), transport },
    }
}

/// Reads a document; `None`: the reader panicked, which is a bug of ours and stays with it (R16).
pub(crate) fn parse_caught(
    source: &Source,
    document: &Document<'_>,
) -> Option<Result<connector::Parsed, connector::ParseError>> {
    parse_as(&source.connector, document)
}

/// The same, whatever the source is read as.
pub(crate) fn parse_as(
    connector: &Connector,
    document: &Document<'_>,
) -> Option<Result<connector::Parsed, connector::ParseError>> {
    catch_unwind(AssertUnwindSafe(|| connector::parse(connector, document))).ok()
}

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
struct Planned {
    source: Arc<Source>,
    outcome: Outcome,
    candidates: Vec<Candidate>,
    /// Entries that a list does not have any more, and those whose own end has passed.
    departures: Vec<(ItemId, Departure)>,
    /// What tells one download of a list from the next.
    version: String,
    restating: bool,
    /// Ends of entries up to this day were dealt with before.
    since: String,
    /// Stored with the last part.
    ends: Option<Ends>,
    began: Instant,
}

/// What goes into one commit.
#[derive(Clone, Debug, Default)]
struct Part {
    entries: Range<usize>,
    departures: Range<usize>,
}

async fn store_part(
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

fn candidates(source: &Source, outcome: &mut Outcome, totals: &mut Totals) -> Vec<Candidate> {
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
    fn of(source: &Arc<Source>, outcome: Outcome, began: Instant) -> Self {
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
    fn parts(&self) -> Vec<Part> {
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

/// Runs `work` where it may take its time; its panics stay its own.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl Source {
    /// Where requests go: the configured address, or the one that it moved to for good.
    pub(crate) fn address(&self, state: &SourceState) -> model::HttpUrl {
        let moved = state.memory.moved.as_ref().filter(|moved| moved.adopted);
        let moved = moved.filter(|_| state.fetch_key == self.fetch_key());
        moved.and_then(|moved| moved.to.parse().ok()).unwrap_or_else(|| self.url.clone())
    }

    /// Hash of the address and the way of reading it: validators belong to both.
    pub(crate) fn fetch_key(&self) -> [u8; 8] {
        let hash = crate::hash::sha16(&[self.url.as_str(), self.connector_name()]);
        hash[..8].try_into().expect("16 bytes hold 8")
    }

    /// As it stands in the configuration: `feed`.
    pub(crate) fn connector_name(&self) -> &'static str {
        match &self.connector {
            Connector::Feed(_) => "feed",
            Connector::Sitemap(_) => "sitemap",
            Connector::Notices(_) => "notices",
            Connector::Entities(_) => "entities",
        }
    }
}

/// Stores a document that somebody brought by hand, as a poll of its source would.
///
/// # Errors
/// When the store fails; what the guards of a list refuse is an outcome, and in the report.
pub async fn import(
    cx: &Context,
    source: &Arc<Source>,
    mut parsed: connector::Parsed,
    digest: [u8; 16],
) -> Result<Report, RunError> {
    let before = ListBefore::read(&cx.store, source)?;
    let transport = Transport::default();
    let list = parsed.list.take();
    let outcome = match before.judge(source, digest, list, parsed.changes.as_deref()) {
        Ok(list) => Outcome::Parsed { parsed, body: digest, transport, list },
        Err(collapse) => Outcome::Unreadable { error: collapse.to_string(), wall: None, transport },
    };
    let asked_until = cx.store.get::<tables::Sources>(&source.id)?.and_then(|s| s.last_success);
    let report = store_outcome(cx, source, outcome, Instant::now()).await?;
    if let Some(until) = asked_until.filter(|_| !source.connector.is_list()) {
        still_asked_until(cx, source, until).await?;
    }
    Ok(report)
}

/// A file is no answer of the portal: what it has not been asked for yet is still to be asked for.
async fn still_asked_until(
    cx: &Context,
    source: &Source,
    until: model::Timestamp,
) -> Result<(), RunError> {
    for _ in 0..PLANS {
        let read = cx.store.read::<tables::Sources>(&source.id)?;
        let Some(mut state) = read.value else { return Ok(()) };
        state.last_success = Some(until);
        let mut commit = store::Commit::default();
        commit.expect::<tables::Sources>(&source.id, read.version);
        commit.put::<tables::Sources>(&source.id, &state);
        match cx.store.commit(commit).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Conflict { .. }) => {}
            Err(CommitError::Full { .. }) => return Err(RunError::Full),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(error) => return Err(RunError::Refused(error)),
        }
    }
    Err(RunError::Contended)
}

/// What tells one document, or one set of files, from the next.
pub fn digest_of<'a>(files: impl Iterator<Item = &'a [u8]>) -> [u8; 16] {
    let digests: Vec<String> = files
        .map(|bytes| crate::hash::sha16_of(bytes).iter().map(|b| format!("{b:02x}")).collect())
        .collect();
    crate::hash::sha16(&digests.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Reads one source and says what would be stored, without storing anything: `source test`.
pub async fn rehearse(cx: &Context, source: &Source) -> Result<Rehearsal, RunError> {
    let began = Instant::now();
    let fresh = SourceState::default();
    let source = &Arc::new(source.clone());
    let attempt = match &source.connector {
        Connector::Feed(_) | Connector::Entities(_) => {
            fetch_announced(cx, source, &fresh, &mut None).await?
        }
        Connector::Notices(rules) => gather(cx, source, &fresh, rules).await,
        Connector::Sitemap(_) => {
            Attempted::Ended(sitemap::gather(cx, source, &fresh, false).await?.outcome)
        }
    };
    let outcome = match attempt {
        Attempted::Ended(outcome) => outcome,
        Attempted::Body(body) => read_body(source, &fresh, &ListBefore::default(), &body, false),
    };
    let title = match &outcome {
        Outcome::Parsed { parsed, .. } => parsed.title.clone(),
        _ => None,
    };
    let scratch = Context { store: Store::in_memory(), ..cx.clone() };
    let report = store_outcome(&scratch, source, outcome, began).await?;
    let range = store::Range::<tables::ByTime>::all().newest_first();
    let rows = scratch.store.page(range, 1_000)?;
    let items = rows.into_iter().map(|((_, id), ())| scratch.store.get::<tables::Items>(&id));
    let items = items.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    Ok(Rehearsal { report, title, items })
}

/// What a run of a source would have done.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    pub report: Report,
    /// The title that the document gives itself.
    pub title: Option<String>,
    pub items: Vec<model::Item>,
}

/// Waits at most this long for a free place when the disk is full before the next try.
pub(crate) const FULL_PAUSE: Duration = Duration::from_secs(300);
