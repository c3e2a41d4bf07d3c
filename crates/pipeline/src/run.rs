//! One source from the wire to the store. The only place that knows the order of the steps.

mod planned;
mod pushed;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use connector::{Connector, Document, FeedRules, Tail};
use fetch::{Advice, FetchError, Fetched, Meta, Request};
use model::{Problem, SourceState, Validators};
use store::{CommitError, Store, StoreError, tables};

use crate::decide::Report;
use crate::outcome::{Outcome, Transport, Trouble};
use crate::record::{self, Asked, Heard, ListBefore, gather};
use crate::sitemap::{self, Gathered};
use crate::state::{asks_fresh, asks_whole, is_hush, spare};
use crate::{Context, Source};

use self::planned::{Planned, candidates, store_part};
pub(crate) use self::planned::{store_entries, store_outcome};
pub(crate) use self::pushed::store_pushed;

/// How often a run is planned again when the state it read has moved (I7b).
const PLANS: u32 = 8;
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
    // A pause that the host asked for is no failure of this source: nothing is asked or counted. But
    // one of days leaves it unread, and that is told once.
    if let Some(wait) = cx.fetcher.paused(&source.address(&before)) {
        if before.failures > 0 || !is_hush(source, wait) {
            return Err(RunError::HostPaused { wait });
        }
        let error = format!("the host asked for a pause, {} hours of it are left", hours(wait));
        let trouble = Trouble { not_before: Some(wait), ..Trouble::default() };
        return store_polled(cx, source, Outcome::Unreachable { error, trouble }, began).await;
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
            Attempted::Ended(Box::new(outcome))
        }
    };
    let outcome = match attempt {
        Attempted::Ended(outcome) => *outcome,
        Attempted::Body(body) => {
            let list = ListBefore::read(&cx.store, source)?;
            let outcome = read(source, &before, list, &body, audit).await;
            crate::quarantine::keep(cx, source, &outcome, &body).await;
            // What was read of it is as large again: a list of 100 MB must not stay meanwhile.
            drop(body);
            outcome
        }
    };
    let outcome = spare(source, &before, outcome);
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
    Ended(Box<Outcome>),
    Body(Box<fetch::Body>),
}

/// The request for a source's own address; `Err` when a secret is missing.
pub(crate) fn request(
    cx: &Context,
    source: &Source,
    before: &SourceState,
) -> Result<Request, Box<Outcome>> {
    let is_same = before.fetch_key == source.fetch_key();
    let known = is_same && before.baseline.is_some();
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
        // No cache in between has a say in whether "not modified" is true.
        fresh: is_same && asks_fresh(before, cx.clock.as_ref()),
    })
}

pub(crate) async fn fetch(cx: &Context, source: &Source, before: &SourceState) -> Attempted {
    match request(cx, source, before) {
        Ok(request) => ask(cx, &request, before).await,
        Err(outcome) => Attempted::Ended(outcome),
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
        Err(outcome) => return Ok(Attempted::Ended(outcome)),
    };
    match record::ask(cx, source, signal, before, &request).await? {
        Asked::Ended(outcome) => return Ok(Attempted::Ended(outcome)),
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
        Ok(Fetched::Body(body)) => Attempted::Body(Box::new(body)),
        Ok(Fetched::NotModified(meta)) => {
            let transport = transport(&meta, 0);
            let validators = meta.update(&before.validators);
            Attempted::Ended(Box::new(Outcome::Unchanged { validators, transport }))
        }
        Err(error) => Attempted::Ended(Box::new(failed(&error))),
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
        cut: false,
        unasked: false,
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
    let not_before: Option<Duration> = match error.advice() {
        Advice::WaitAtLeast(wait) => Some(wait),
        Advice::BackOff | Advice::Gone | Advice::NeedsOperator => None,
    };
    let text = match not_before.filter(|wait| *wait >= LONG_PAUSE) {
        Some(wait) => format!("{text}, and asks for a pause of {} hours", hours(wait)),
        None => text,
    };
    match error {
        FetchError::Refused(_)
        | FetchError::InvalidHeader { .. }
        | FetchError::Disallowed { .. } => Outcome::Refused { error: text },
        FetchError::Unasked { .. } => {
            let transport = Transport { status: 304, unasked: true, ..Transport::default() };
            Outcome::Unreadable { error: text, wall: None, transport }
        }
        _ => {
            let trouble = Trouble { status, not_before, wall, strain: error.strain() };
            Outcome::Unreachable { error: text, trouble }
        }
    }
}

/// A pause that is worth saying how long it is.
const LONG_PAUSE: Duration = Duration::from_secs(24 * 3_600);

fn hours(wait: Duration) -> u64 {
    wait.as_secs() / 3_600
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
    let mut transport = Transport { audit, ..transport(&body.meta, body.bytes.len()) };
    let digest = crate::hash::sha16_of(&body.bytes);
    let is_same = before.body == Some(digest) && before.fetch_key == source.fetch_key();
    if is_same && !has_to_prove_itself(source, before) {
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
            transport.cut = doubt_tail(&mut parsed, before, source);
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

/// Whether the other half of a document may come with the next poll: it ends in the middle, and the
/// one before did not. Its last entry, if that is torn, waits for it as well: half an address is
/// another identity. What ends in the middle again is how its author writes.
fn doubt_tail(parsed: &mut connector::Parsed, before: &SourceState, source: &Source) -> bool {
    let was_cut = before.fetch_key == source.fetch_key()
        && before.body.is_none()
        && before.last_outcome == Some(model::OutcomeKind::Parsed);
    if parsed.tail == Tail::Whole || was_cut {
        return false;
    }
    if parsed.tail == Tail::Torn && parsed.items.pop().is_some() {
        parsed.rejected += 1;
        let reason = "the last entry is cut in the middle, the next poll may bring it whole";
        parsed.problems.push(Problem { at: "document".into(), reason: reason.into() });
    }
    true
}

/// The document of a source that comes back is read even where it is the one of before: that is
/// what shows whether it is as it should be.
fn has_to_prove_itself(source: &Source, before: &SourceState) -> bool {
    use model::Health::{Blocked, Broken, Degraded};
    let is_down = matches!(before.health, Degraded | Broken | Blocked);
    is_down && matches!(source.connector, Connector::Feed(_) | Connector::Sitemap(_))
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
            Attempted::Ended(Box::new(sitemap::gather(cx, source, &fresh, false).await?.outcome))
        }
    };
    let outcome = match attempt {
        Attempted::Ended(outcome) => *outcome,
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
