//! The small file that says whether a large list changed: asked first, so that tens of megabytes are
//! loaded only when there is something in them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use connector::Document;
use connector::entities::{EntityRules, Named, parse_entities};
use fetch::{Fetched, Request};
use model::{HttpUrl, SourceId, SourceState, Timestamp, Validators};
use serde::{Deserialize, Serialize};
use store::{Commit, Store, StoreError, tables};
use tracing::{debug, warn};

use super::today;
use crate::outcome::Outcome;
use crate::run::{chain, failed, transport};
use crate::{Context, Signal, Source};

/// Largest file that announces: OFAC's history of a year has some hundred rows.
const SIGNAL_BYTES: u64 = 8 << 20;

/// What a signal said when its list was last taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heard {
    said: String,
    at: Timestamp,
}

fn row(source: &SourceId) -> String {
    format!("signal/{source}")
}

impl Heard {
    fn read(store: &Store, source: &SourceId) -> Result<Option<Self>, StoreError> {
        let row = store.get::<tables::Meta>(&row(source))?;
        Ok(row.and_then(|row| serde_json::from_slice(&row).ok()))
    }

    /// Kept once the list that it announced is stored: a crash in between costs one download.
    pub(crate) async fn keep(&self, cx: &Context, source: &Source) {
        let mut commit = Commit::default();
        let json = serde_json::to_vec(self).expect("a text and a time are always JSON");
        commit.put::<tables::Meta>(&row(&source.id), &json);
        if let Err(error) = cx.store.commit(commit).await {
            warn!(source.id = %source.id, error = chain(&error), "what a signal said is not kept");
        }
    }
}

/// What follows from a signal.
pub(crate) enum Asked {
    /// The list is asked for, at this address.
    Go { url: HttpUrl, heard: Option<Heard> },
    /// It is not: nothing changed, or its address cannot be known.
    Ended(Box<Outcome>),
}

/// Asks the signal of a source. Where it fails the list itself is asked for, unless its address
/// needs the date that only the signal knows.
pub(crate) async fn ask(
    cx: &Context,
    source: &Source,
    signal: &Signal,
    before: &SourceState,
    request: &Request,
) -> Result<Asked, StoreError> {
    let now = cx.clock.now();
    let dated = needs_date(&source.url);
    let go = |heard| Asked::Go { url: request.url.clone(), heard };
    let answer = match said(cx, signal, request, now).await {
        Ok(answer) => answer,
        Err(outcome) if dated => return Ok(Asked::Ended(outcome)),
        Err(outcome) => {
            let error = outcome.error().unwrap_or_default();
            debug!(source.id = %source.id, error, "its signal says nothing: it is asked for itself");
            return Ok(go(None));
        }
    };
    let known = before.fetch_key == source.fetch_key() && before.baseline.is_some();
    let heard = Heard::read(&cx.store, &source.id)?.filter(|_| known && before.failures == 0);
    let same = heard
        .as_ref()
        .is_some_and(|heard| heard.said == answer.said && now.since(heard.at) < signal.at_least);
    if same {
        let outcome = Outcome::Unchanged {
            validators: before.validators.clone(),
            transport: crate::outcome::Transport {
                validators: before.validators.clone(),
                ..answer.transport
            },
        };
        return Ok(Asked::Ended(Box::new(outcome)));
    }
    let heard = Some(Heard { said: answer.said, at: now });
    if !dated {
        return Ok(go(heard));
    }
    match answer.day.as_deref().and_then(|day| with_date(&source.url, day)) {
        Some(url) => Ok(Asked::Go { url, heard }),
        None => {
            let error = "the signal names no date for `{date}`".to_owned();
            let transport = answer.transport;
            let outcome = Outcome::Unreadable { error, wall: None, transport };
            Ok(Asked::Ended(Box::new(outcome)))
        }
    }
}

struct Answer {
    /// The version that it announces, as it words it.
    said: String,
    /// The day of that version, a full-date.
    day: Option<String>,
    transport: crate::outcome::Transport,
}

async fn said(
    cx: &Context,
    signal: &Signal,
    request: &Request,
    now: Timestamp,
) -> Result<Answer, Box<Outcome>> {
    let refused = |error: String| Box::new(Outcome::Refused { error });
    let year = today(now).chars().take(4).collect::<String>();
    let Some(url) = with(&signal.url, "year", &year) else {
        return Err(refused(format!("`{}` is no address of a signal", signal.url)));
    };
    let request = Request {
        url,
        validators: Validators::default(),
        headers: Vec::new(),
        max_body: SIGNAL_BYTES.min(request.max_body),
        patience: fetch::Patience::default(),
        ..request.clone()
    };
    let body = match crate::robots::get(cx, &request).await {
        Ok(Fetched::Body(body)) => body,
        Ok(Fetched::NotModified(_)) => return Err(refused("the signal has no version".into())),
        Err(error) => {
            return Err(Box::new(match failed(&error) {
                Outcome::Unreachable { error, trouble } => {
                    Outcome::Unreachable { error: format!("its signal: {error}"), trouble }
                }
                other => other,
            }));
        }
    };
    let transport = transport(&body.meta, body.bytes.len());
    let rules = EntityRules { format: Some(signal.format), ..EntityRules::default() };
    let value = Document {
        bytes: &body.bytes,
        content_type: body.meta.content_type.as_deref(),
        base_url: Some(body.meta.final_url.as_str()),
    };
    let file = Named { name: "signal".to_owned(), value };
    let unreadable = |error: String| {
        let transport = transport.clone();
        Box::new(Outcome::Unreadable {
            error: format!("its signal: {error}"),
            wall: None,
            transport,
        })
    };
    // A panic of a reader stays with this source (R16).
    let list = match catch_unwind(AssertUnwindSafe(|| parse_entities(&rules, &[file]))) {
        Ok(Ok(list)) if list.complete => list,
        Ok(Ok(_)) => return Err(unreadable("the file ends before its end".into())),
        Ok(Err(error)) => return Err(unreadable(chain(&error))),
        Err(_) => return Err(unreadable("the reader of this format panicked".into())),
    };
    match list.version.or_else(|| list.published.clone()) {
        Some(said) => Ok(Answer { said, day: list.published, transport }),
        None => Err(unreadable("it names no version".into())),
    }
}

/// Whether an address has to be filled in.
pub(crate) fn needs_date(url: &HttpUrl) -> bool {
    placeholders("date").iter().any(|place| url.as_str().contains(place.as_str()))
}

fn with_date(url: &HttpUrl, day: &str) -> Option<HttpUrl> {
    with(url, "date", day)
}

fn with(url: &HttpUrl, name: &str, value: &str) -> Option<HttpUrl> {
    let places = placeholders(name);
    let filled = places.iter().fold(url.to_string(), |url, place| url.replace(place, value));
    filled.parse().ok()
}

/// In a path the braces are written as `%7B` and `%7D`.
fn placeholders(name: &str) -> [String; 2] {
    [format!("{{{name}}}"), format!("%7B{name}%7D")]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use connector::Connector;
    use connector::entities::Format;
    use model::OutcomeKind;
    use testkit::{Answer, Origin};

    use super::*;
    use crate::run_source;
    use crate::testing::{context, source};

    const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

    fn listed(origin: &Origin, path: &str, signal: &str, format: Format) -> Arc<Source> {
        let url = origin.url(signal).parse().unwrap();
        let rules = EntityRules::default();
        Arc::new(Source {
            url: origin.url(path).parse().unwrap(),
            connector: Connector::Entities(Box::new(rules)),
            signal: Some(Box::new(Signal { url, format, at_least: WEEK })),
            ..source("list")
        })
    }

    fn history(number: u32) -> String {
        format!("[{{\"publicationID\":{number},\"datePublished\":\"2026-03-02T10:00:00\"}}]")
    }

    const LIST: &str = "Name,Country,Effective Date\nAcme Works,China,2026-01-02\n";

    #[tokio::test]
    async fn a_large_list_is_loaded_when_its_signal_says_so() {
        let origin = Origin::start();
        let source = listed(&origin, "/list.csv", "/history/{year}", Format::OfacHistoryJson);
        let (cx, clock) = context(vec![(*source).clone()]);
        let year = today(cx.clock.now())[..4].to_owned();
        let signal = format!("/history/{year}");
        origin.serve(&signal, history(1));
        origin.serve("/list.csv", LIST);
        let loads = || origin.requests_to("/list.csv").len();
        let poll = |hours: u64| {
            clock.advance(Duration::from_secs(hours * 3600));
            run_source(&cx, &source)
        };
        assert_eq!(poll(0).await.unwrap().outcome, OutcomeKind::Parsed, "never read: loaded");
        for _ in 0..3 {
            let report = poll(6).await.unwrap();
            assert_eq!((report.outcome, report.error), (OutcomeKind::Unchanged, None));
        }
        assert_eq!(loads(), 1);
        origin.serve(&signal, history(2));
        origin.script("/list.csv", [Answer::status(500), Answer::ok(LIST), Answer::ok(LIST)]);
        assert_eq!(poll(6).await.unwrap().outcome, OutcomeKind::Unreachable);
        poll(6).await.unwrap();
        assert_eq!(loads(), 3, "what failed is asked for again although the signal says the same");
        poll(6).await.unwrap();
        assert_eq!(loads(), 3);
        poll(7 * 24).await.unwrap();
        assert_eq!(loads(), 4, "once a week all the same");
        origin.serve("/list.csv", LIST);
        origin.serve(&signal, "<html>down for maintenance");
        assert_eq!(poll(6).await.unwrap().error, None, "a broken signal makes nobody blind");
        assert_eq!(loads(), 5);
    }

    #[tokio::test]
    async fn an_address_with_a_date_is_filled_in_by_its_signal() {
        let origin = Origin::start();
        let signal = Format::EcfrVersionsJson;
        let source = listed(&origin, "/full/{date}/list.csv", "/versions.json", signal);
        let (cx, clock) = context(vec![(*source).clone()]);
        let versions = |day: &str| {
            format!("{{\"content_versions\":[{{\"amendment_date\":\"{day}\",\"name\":\"x\"}}]}}")
        };
        origin.serve("/versions.json", versions("2026-01-05"));
        origin.serve("/full/2026-01-05/list.csv", LIST);
        assert_eq!(run_source(&cx, &source).await.unwrap().counts.new, 1);
        clock.advance(Duration::from_secs(3600));
        assert_eq!(run_source(&cx, &source).await.unwrap().outcome, OutcomeKind::Unchanged);
        origin.serve("/versions.json", versions("2026-02-01"));
        origin.serve("/full/2026-02-01/list.csv", format!("{LIST}Beta Works,China,2026-02-01\n"));
        clock.advance(Duration::from_secs(3600));
        assert_eq!(run_source(&cx, &source).await.unwrap().counts.new, 1);
        origin.serve("/versions.json", "{\"error\":\"down\"}");
        clock.advance(Duration::from_secs(3600));
        let report = run_source(&cx, &source).await.unwrap();
        let error = report.error.unwrap();
        assert!(error.starts_with("its signal: "), "{error}");
        assert_eq!(origin.requests_to("/full/2026-01-05/list.csv").len(), 1);
    }
}
