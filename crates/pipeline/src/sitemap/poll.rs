//! One run of a sitemap: the file itself, or an index and those of its sitemaps that moved.

use std::sync::Arc;
use std::time::Duration;

use connector::Parsed;
use connector::sitemap::Child;
use fetch::Body;
use model::{HttpUrl, Problem, SitemapChild, SitemapMemory, SourceState, Timestamp, Validators};
use store::{StoreError, tables};

use super::ask::{Asked, ask, is_passing, of_whole, request, validators_of};
use super::plan::{
    self, BACKLOG, Plan, UNREAD, UNTIL_IT_MOVES, is_backlog, is_unread, known, plan,
};
use super::{ENTRIES, LEFT_OUT, WATCHED};
use crate::outcome::{Outcome, Transport};
use crate::record::ListBefore;
use crate::run::{Attempted, fetch, read};
use crate::{Context, Source};

/// A sitemap that only says "not modified" is asked for whole this often.
const AUDIT: Duration = Duration::from_secs(7 * 86_400);

/// What a run brought, with its bodies for quarantine.
pub(crate) struct Gathered {
    pub(crate) outcome: Outcome,
    /// What the outcome was read from, unless that is an index.
    pub(crate) body: Option<Body>,
    /// Sitemaps of an index that could not be read.
    pub(crate) unread: Vec<(Outcome, Body)>,
}

/// Asks for a sitemap, and if it is an index for those of its sitemaps that moved since they were
/// read. A sitemap that fails in passing fails the run: nothing moves, and the next one asks again.
/// One that is missing or no sitemap is told and left.
pub(crate) async fn gather(
    cx: &Context,
    source: &Arc<Source>,
    before: &SourceState,
    audit: bool,
) -> Result<Gathered, StoreError> {
    let is_known = before.fetch_key == source.fetch_key() && before.baseline.is_some();
    let memory = match is_known {
        true => cx.store.get::<tables::Sitemaps>(&source.id)?.unwrap_or_default(),
        false => SitemapMemory::default(),
    };
    let (mut root, body) = match fetch(cx, source, before).await {
        Attempted::Ended(outcome) => (*outcome, None),
        Attempted::Body(body) => {
            (read(source, before, ListBefore::default(), &body, audit).await, Some(*body))
        }
    };
    let children = match &mut root {
        Outcome::Parsed { parsed, .. } => std::mem::take(&mut parsed.children),
        Outcome::Unchanged { .. } => plan::remembered(&memory),
        _ => Vec::new(),
    };
    if children.is_empty() {
        if let Outcome::Parsed { transport, .. } = &mut root
            && (!is_known || !memory.children.is_empty())
        {
            // No index (any more): what was known of one is forgotten.
            transport.sitemap = Some(Arc::new(SitemapMemory { children: vec![], ..memory }));
        }
        return Ok(Gathered { outcome: root, body, unread: vec![] });
    }
    let now = cx.clock.now();
    let is_index_new = matches!(root, Outcome::Parsed { .. });
    let Plan { ask, more, horizon, told } = plan(children.clone(), &memory, !is_known, now);
    let told = told.into_iter().map(|reason| Problem { at: LEFT_OUT.into(), reason });
    let mut run = Run {
        cx,
        source,
        now,
        audit,
        memory: &memory,
        first: !is_known,
        watched_since: before.baseline,
        found: Parsed { problems: told.collect(), ..Parsed::default() },
        read: Vec::new(),
        put_off: Vec::new(),
        bytes: 0,
        succeeded: 0,
        more,
        first_failure: None,
        unread: Vec::new(),
    };
    for child in ask {
        if run.found.items.len() >= ENTRIES {
            run.more = true;
            run.put_off.push(child.url);
            continue;
        }
        if let Some(failure) = run.child(child).await {
            return Ok(Gathered { outcome: failure, body: None, unread: run.unread });
        }
    }
    let listed = is_index_new.then_some(children);
    Ok(run.end(root, listed, horizon, before))
}

/// The work on the sitemaps of an index.
struct Run<'a> {
    cx: &'a Context,
    source: &'a Source,
    now: Timestamp,
    audit: bool,
    memory: &'a SitemapMemory,
    /// The first poll of the source at this address.
    first: bool,
    /// When that was.
    watched_since: Option<Timestamp>,
    found: Parsed,
    read: Vec<SitemapChild>,
    /// Too much for one poll: the next one asks for them.
    put_off: Vec<String>,
    bytes: u64,
    succeeded: u32,
    more: bool,
    first_failure: Option<Outcome>,
    unread: Vec<(Outcome, Body)>,
}

impl Run<'_> {
    /// Asks for one sitemap; the outcome of the whole run if it fails in passing.
    async fn child(&mut self, Child { url, modified }: Child) -> Option<Outcome> {
        let before = known(self.memory, &url);
        let row = SitemapChild {
            url: url.clone(),
            modified,
            validators: Validators::default(),
            body: match before.filter(|before| is_backlog(before)) {
                Some(_) => BACKLOG,
                None if self.first => BACKLOG,
                None => UNREAD,
            },
            read: self.now,
        };
        let Ok(address) = url.parse::<HttpUrl>() else {
            self.reject(&url, "is no address that can be asked");
            self.read.push(row);
            return None;
        };
        // What was never read whole is asked for whole (I1), and so is now and then what only
        // ever says "not modified" (R3).
        let trusted = before.filter(|before| {
            !is_unread(before) && !self.audit && self.now.since(before.read) < AUDIT
        });
        let validators = trusted.map(|before| before.validators.clone()).unwrap_or_default();
        let fresh = self.audit;
        let request =
            fetch::Request { validators, fresh, ..request(self.cx, self.source, address) };
        let digest = before.filter(|before| !is_unread(before)).map(|before| before.body);
        match ask(self.cx, &request, digest).await {
            Asked::Same(meta) => {
                self.succeeded += 1;
                if let Some(before) = before {
                    let validators = validators_of(&meta, &before.validators);
                    let read = if meta.status == 304 { before.read } else { self.now };
                    self.read.push(SitemapChild { validators, body: before.body, read, ..row });
                }
            }
            Asked::Read { parsed, body, digest } => {
                self.bytes += body.bytes.len() as u64;
                let is_old = before.is_some_and(is_backlog);
                self.take(&url, *parsed, is_old);
                let validators = body.meta.validators;
                self.read.push(SitemapChild { validators, body: digest, ..row });
            }
            Asked::Failed(outcome, body) => {
                if is_passing(&outcome) {
                    return Some(of_whole(*outcome, &url));
                }
                self.reject(&url, outcome.error().unwrap_or("could not be read"));
                self.unread.extend(body.map(|body| (Outcome::clone(&outcome), body)));
                self.first_failure.get_or_insert_with(|| of_whole(*outcome, &url));
                self.read.push(row);
            }
        }
        None
    }

    /// `is_old`: the index named it when the source was first polled.
    fn take(&mut self, url: &str, mut parsed: Parsed, is_old: bool) {
        if !parsed.children.is_empty() {
            self.reject(url, "an index inside of an index is not followed");
            return;
        }
        self.succeeded += 1;
        if let Some(since) = self.watched_since.filter(|_| is_old) {
            for entry in &mut parsed.items {
                // Without a date nobody could tell it from what was there before.
                entry.backlog = entry.published.or(entry.updated).is_none_or(|date| date <= since);
            }
        }
        let problems = parsed.problems.into_iter();
        let problems =
            problems.map(|problem| Problem { at: format!("{url} {}", problem.at), ..problem });
        self.found.problems.extend(problems);
        self.found.rejected += parsed.rejected;
        self.found.title = self.found.title.take().or(parsed.title);
        let room = ENTRIES - self.found.items.len();
        if parsed.items.len() > room {
            let over = parsed.items.len() - room;
            let reason = format!("{over} entries above the {ENTRIES} of one poll");
            self.found.problems.push(Problem { at: url.to_owned(), reason });
            self.found.rejected += u32::try_from(over).unwrap_or(u32::MAX);
        }
        self.found.items.extend(parsed.items.into_iter().take(room));
    }

    fn reject(&mut self, url: &str, reason: &str) {
        self.found.rejected += 1;
        let at = model::truncated(url, 200).into_owned();
        self.found.problems.push(Problem { at, reason: reason.to_owned() });
    }

    /// The sitemaps of an index that were not asked for and that nothing is known of: at the first
    /// poll all of them, so that they are known to be old; later those whose turn would not come
    /// while the index stays as it is.
    fn waiting(&self, listed: &[Child]) -> Vec<SitemapChild> {
        let unknown = |child: &&Child| {
            let read = self.read.iter().any(|read| read.url == child.url);
            !read && known(self.memory, &child.url).is_none()
        };
        let listed = listed.iter().take(WATCHED).filter(unknown);
        let waiting = listed.filter(|child| self.first || child.modified.is_none());
        let waiting = waiting.map(|child| SitemapChild {
            url: child.url.clone(),
            modified: child.modified,
            validators: Validators::default(),
            body: if self.first { BACKLOG } else { UNREAD },
            read: match self.put_off.contains(&child.url) {
                true => Timestamp::CLOCK_FLOOR,
                false => UNTIL_IT_MOVES,
            },
        });
        waiting.collect()
    }

    /// What the run came to: the entries of all sitemaps under the transport of the index.
    fn end(
        self,
        root: Outcome,
        listed: Option<Vec<Child>>,
        horizon: Option<Timestamp>,
        before: &SourceState,
    ) -> Gathered {
        if self.succeeded == 0
            && let Some(failure) = self.first_failure
        {
            return Gathered { outcome: failure, body: None, unread: self.unread };
        }
        let listed = listed.as_deref();
        let waiting = listed.map(|listed| self.waiting(listed)).unwrap_or_default();
        let memory = Arc::new(remember(self.memory, self.read, waiting, listed, horizon));
        let changed = *memory != *self.memory;
        let sitemap = changed.then_some(memory);
        let nothing = self.found.items.is_empty() && self.found.rejected == 0;
        let outcome = match root {
            Outcome::Unchanged { validators, transport } if nothing => {
                Outcome::Unchanged { validators, transport: Transport { sitemap, ..transport } }
            }
            Outcome::Unchanged { validators, transport } => {
                let bytes = transport.bytes + self.bytes;
                let transport = Transport { sitemap, bytes, validators, ..transport };
                let body = before.body.unwrap_or_default();
                Outcome::Parsed { parsed: self.found, body, transport, list: None }
            }
            Outcome::Parsed { parsed, body, mut transport, .. } => {
                transport.bytes += self.bytes;
                transport.sitemap = sitemap;
                let mut body = body;
                if self.more {
                    // The rest of what moved is only found in the index read anew.
                    transport.validators = Validators::default();
                    body = UNREAD;
                }
                let problems = parsed.problems.into_iter();
                let problems = problems
                    .map(|problem| Problem { at: format!("index {}", problem.at), ..problem })
                    .chain(self.found.problems)
                    .collect();
                let rejected = parsed.rejected + self.found.rejected;
                let format = parsed.format;
                let parsed = Parsed { format, problems, rejected, ..self.found };
                Outcome::Parsed { parsed, body, transport, list: None }
            }
            other => other,
        };
        Gathered { outcome, body: None, unread: self.unread }
    }
}

/// What is known of an index after a run: the sitemaps that it names and that were read.
fn remember(
    before: &SitemapMemory,
    read: Vec<SitemapChild>,
    waiting: Vec<SitemapChild>,
    listed: Option<&[Child]>,
    horizon: Option<Timestamp>,
) -> SitemapMemory {
    let kept = before.children.iter().filter(|old| read.iter().all(|new| new.url != old.url));
    let kept = kept.filter(|old| {
        listed.is_none_or(|listed| listed.iter().take(WATCHED).any(|child| child.url == old.url))
    });
    let mut children: Vec<_> = read.iter().chain(&waiting).chain(kept).cloned().collect();
    children.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.url.cmp(&b.url)));
    children.truncate(WATCHED);
    SitemapMemory { horizon, children }
}
