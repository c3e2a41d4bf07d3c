//! A procurement portal asked page by page.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use connector::notices::{
    Asked, NoticeRules, ParsedNotices, Window, check_answer, follow, parse_notices, request,
};
use connector::{Document, Parsed, of_notices};
use fetch::{Body, Fetched, Request};
use model::{HttpUrl, Problem, SourceState, Timestamp, Validators};

use crate::outcome::{Outcome, Transport};
use crate::run::{Attempted, blocking, chain, failed, transport};
use crate::{Context, Source};

/// Pages of one run, above what the first question brings: a month of Bosnia's portal is 2,900
/// notices, 50 on a page.
const PAGES: usize = 100;
/// Days before the last success that are asked for again: portals publish late and backward.
const OVERLAP: Duration = Duration::from_secs(3 * 24 * 3600);
/// How far back the first question reaches.
const FIRST: Duration = Duration::from_secs(30 * 24 * 3600);

/// Asks a portal for what was published since the last success, page by page. A page that fails
/// fails the run: the next one asks for the same days again, and nothing is lost between them.
pub(crate) async fn gather(
    cx: &Context,
    source: &Source,
    before: &SourceState,
    rules: &NoticeRules,
) -> Attempted {
    let base = match crate::run::request(cx, source, before) {
        Ok(base) => base,
        Err(outcome) => return Attempted::Ended(outcome),
    };
    let window = window(before, source, cx.clock.now());
    let mut asked = Asked { window, ..Asked::default() };
    let mut answers = Answers::default();
    let mut page = None;
    for number in 1..=PAGES {
        let next = match request(rules, page.as_ref(), &window) {
            Ok(next) => next,
            Err(error) => {
                return Attempted::Ended(Box::new(Outcome::Refused { error: error.to_string() }));
            }
        };
        let Ok(url) = next.url.parse::<HttpUrl>() else {
            let error = format!("`{}` is no address that can be asked", next.url);
            return Attempted::Ended(Box::new(Outcome::Refused { error }));
        };
        // Only the one plain address of a source has validators; a page of an answer has none.
        let plain = next.body.is_none() && url == source.url;
        let validators = if plain { base.validators.clone() } else { Validators::default() };
        let request = Request { url, json: next.body, validators, ..base.clone() };
        let body = match crate::robots::get(cx, &request).await {
            Ok(Fetched::Body(body)) => body,
            Ok(Fetched::NotModified(meta)) => {
                let validators = meta.update(&before.validators);
                let transport = transport(&meta, 0);
                return Attempted::Ended(Box::new(Outcome::Unchanged { validators, transport }));
            }
            Err(error) => return Attempted::Ended(Box::new(on_page(number, failed(&error)))),
        };
        answers.note(&body, plain);
        let parsed = match read(rules, body.clone()).await {
            Ok(parsed) => parsed,
            Err(error) => {
                let transport = answers.transport;
                let outcome = Outcome::Unreadable { error, wall: None, transport };
                // One page, whichever it is, comes with the same trouble under the same reason.
                crate::quarantine::keep(cx, source, &outcome, &body).await;
                return Attempted::Ended(Box::new(on_page(number, outcome)));
            }
        };
        crate::quarantine::keep_rejected(cx, source, parsed.rejected, &parsed.problems, &body)
            .await;
        drop(body);
        answers.problems.extend(check_answer(&asked, &parsed));
        let records = parsed.items.len() + parsed.skipped.len();
        asked.seen += records as u64 + u64::from(parsed.rejected);
        let following = follow(&asked, &parsed, page.as_ref()).cloned();
        answers.pages.push(parsed);
        match following {
            Some(following) => page = Some(following),
            None => return Attempted::Ended(Box::new(answers.outcome(before, source))),
        }
    }
    let error = format!("more than {PAGES} pages: narrow the query of this source");
    Attempted::Ended(Box::new(Outcome::Unreadable {
        error,
        wall: None,
        transport: answers.transport,
    }))
}

fn window(before: &SourceState, source: &Source, now: Timestamp) -> Window {
    let known = before.fetch_key == source.fetch_key();
    let last = before.last_success.filter(|_| known);
    let from = last.map_or(now.before(FIRST), |last| last.before(OVERLAP));
    Window { from: Some(from), to: None }
}

fn on_page(number: usize, outcome: Outcome) -> Outcome {
    let told = |error: String| if number == 1 { error } else { format!("page {number}: {error}") };
    match outcome {
        Outcome::Unreachable { error, trouble } => {
            Outcome::Unreachable { error: told(error), trouble }
        }
        Outcome::Unreadable { error, wall, transport } => {
            Outcome::Unreadable { error: told(error), wall, transport }
        }
        other => other,
    }
}

/// The pages of one run.
#[derive(Default)]
struct Answers {
    pages: Vec<ParsedNotices>,
    problems: Vec<Problem>,
    transport: Transport,
    digests: Vec<String>,
}

impl Answers {
    fn note(&mut self, body: &Body, plain: bool) {
        let mut transport = transport(&body.meta, body.bytes.len());
        transport.bytes += self.transport.bytes;
        if !plain {
            transport.validators = Validators::default();
        }
        self.transport = transport;
        let digest = crate::hash::sha16_of(&body.bytes);
        self.digests.push(digest.iter().map(|byte| format!("{byte:02x}")).collect());
    }

    /// All pages as one document; the same bytes as last time bring nothing.
    fn outcome(self, before: &SourceState, source: &Source) -> Outcome {
        let digests: Vec<&str> = self.digests.iter().map(String::as_str).collect();
        let body = crate::hash::sha16(&digests);
        if before.body == Some(body) && before.fetch_key == source.fetch_key() {
            let validators = self.transport.validators.clone();
            return Outcome::Unchanged { validators, transport: self.transport };
        }
        let mut all = Parsed { problems: self.problems, ..Parsed::default() };
        for page in self.pages {
            let page = of_notices(page);
            all.format = page.format;
            all.title = all.title.or(page.title);
            all.rejected += page.rejected;
            all.items.extend(page.items);
            all.problems.extend(page.problems);
        }
        Outcome::Parsed { parsed: all, body, transport: self.transport, list: None }
    }
}

/// Reads one page; a panic of a reader stays with this source (R16).
async fn read(rules: &NoticeRules, body: Body) -> Result<ParsedNotices, String> {
    let rules = rules.clone();
    let work = move || {
        let document = Document {
            bytes: &body.bytes,
            content_type: body.meta.content_type.as_deref(),
            base_url: Some(body.meta.final_url.as_str()),
        };
        catch_unwind(AssertUnwindSafe(|| parse_notices(&rules, &document)))
    };
    match blocking(work).await {
        Ok(Ok(parsed)) => Ok(parsed),
        Ok(Err(error)) => Err(chain(&error)),
        Err(_) => Err("the reader of this format panicked".into()),
    }
}
