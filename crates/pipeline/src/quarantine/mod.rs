//! What could not be read is kept with its reason, until a better parser or a person has looked.

mod retry;

use std::time::Duration;

use model::{Problem, QuarantineId, Quarantined, SourceId, Timestamp, truncated};
use store::{Commit, Range, Store, StoreError, tables};
use tracing::{info, warn};

use crate::outcome::Outcome;
use crate::run::chain;
use crate::{Context, Source};

pub use self::retry::{Retried, RetryError, Which, retry};

/// Documents kept of one source: a broken source sends the same trouble again and again.
const PER_SOURCE: usize = 8;
/// Bytes kept of one source's documents together.
const SOURCE_BYTES: u64 = 4 << 20;
/// Bytes kept of one document: what the store takes as one value, with room. Of a larger one only
/// this much is kept, to be looked at; it cannot be read again.
const DOCUMENT_BYTES: usize = 1536 << 10;
/// How long a document is kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// A document with the same trouble as one that came within this time is counted, not kept: a feed
/// with one bad entry would be written down at every poll.
const SAME_TROUBLE: Duration = Duration::from_secs(24 * 3600);
const REASON_BYTES: usize = 200;
/// Parts that are named.
const PROBLEMS: usize = 20;

/// What is wrong with a document.
struct Trouble {
    reason: String,
    rejected: u32,
    problems: Vec<Problem>,
}

impl Trouble {
    fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::Unreadable { error, .. } | Outcome::Panicked { error, .. } => {
                let reason = truncated(error, REASON_BYTES).into_owned();
                Some(Self { reason, rejected: 0, problems: Vec::new() })
            }
            Outcome::Parsed { parsed, .. } if parsed.rejected > 0 => {
                Some(Self::rejected(parsed.rejected, &parsed.problems))
            }
            Outcome::Parsed { .. }
            | Outcome::Unchanged { .. }
            | Outcome::Unreachable { .. }
            | Outcome::Refused { .. }
            | Outcome::Pushed { .. } => None,
        }
    }

    fn rejected(rejected: u32, problems: &[Problem]) -> Self {
        let first = problems.first().map_or("entries without anything to go by", |p| &p.reason);
        let reason = truncated(&format!("entries rejected: {first}"), REASON_BYTES).into_owned();
        let short = |problem: &Problem| Problem {
            at: truncated(&problem.at, REASON_BYTES).into_owned(),
            reason: truncated(&problem.reason, REASON_BYTES).into_owned(),
        };
        Self { reason, rejected, problems: problems.iter().take(PROBLEMS).map(short).collect() }
    }
}

/// Keeps the body of a poll if it could not be read, or not all of it. What cannot be kept is told
/// and changes nothing else: the attempt itself is stored by the run.
pub(crate) async fn keep(cx: &Context, source: &Source, outcome: &Outcome, body: &fetch::Body) {
    if let Some(trouble) = Trouble::of(outcome) {
        put(cx, source, trouble, body).await;
    }
}

/// Keeps one page of an answer of which not all could be read.
pub(crate) async fn keep_rejected(
    cx: &Context,
    source: &Source,
    rejected: u32,
    problems: &[Problem],
    body: &fetch::Body,
) {
    if rejected > 0 {
        put(cx, source, Trouble::rejected(rejected, problems), body).await;
    }
}

async fn put(cx: &Context, source: &Source, trouble: Trouble, body: &fetch::Body) {
    let commit = match plan(cx, source, trouble, body) {
        Ok(commit) => commit,
        Err(error) => {
            warn!(source.id = %source.id, error = chain(&error), "quarantine cannot be read");
            return;
        }
    };
    if let Err(error) = cx.store.commit(commit).await {
        warn!(source.id = %source.id, error = chain(&error), "not kept in quarantine");
    }
}

fn plan(
    cx: &Context,
    source: &Source,
    trouble: Trouble,
    body: &fetch::Body,
) -> Result<Commit, StoreError> {
    let now = cx.clock.now();
    let id = QuarantineId(crate::hash::sha16_of(
        &[&crate::hash::sha16(&[source.id.as_str()])[..], &body.bytes].concat(),
    ));
    let mut commit = Commit::default();
    let mut rows = of_source(&cx.store, &source.id)?;
    let same = |(known, row): &(QuarantineId, Quarantined)| {
        let alike = row.reason == trouble.reason && (row.rejected > 0) == (trouble.rejected > 0);
        *known == id || (alike && now.since(row.first) < SAME_TROUBLE)
    };
    if let Some((known, row)) = rows.iter().find(|row| same(row)) {
        let times = row.times.saturating_add(1);
        let row = Quarantined { last: now, times, ..row.clone() };
        commit.put::<tables::Quarantine>(&(source.id.clone(), *known), &row);
        return Ok(commit);
    }
    let kept = &body.bytes[..body.bytes.len().min(DOCUMENT_BYTES)];
    let row = Quarantined {
        source: source.id.clone(),
        first: now,
        last: now,
        times: 1,
        reason: trouble.reason,
        rejected: trouble.rejected,
        problems: trouble.problems,
        connector: source.connector_name().to_owned(),
        url: body.meta.final_url.to_string(),
        content_type: body.meta.content_type.as_deref().map(|t| truncated(t, 200).into_owned()),
        status: body.meta.status,
        bytes: body.bytes.len() as u64,
        kept: kept.len() as u64,
        retried: None,
    };
    info!(source.id = %source.id, quarantine.id = %id, "kept in quarantine: {}", row.reason);
    let key = (source.id.clone(), id);
    commit.put::<tables::Quarantine>(&key, &row);
    commit.put::<tables::QuarantineBodies>(&key, &kept.to_vec());
    rows.push((id, row));
    for old in surplus(rows, now) {
        forget(&mut commit, &source.id, old);
    }
    Ok(commit)
}

/// What has to go: what is too old, then the oldest until the rest is within its bounds.
fn surplus(mut rows: Vec<(QuarantineId, Quarantined)>, now: Timestamp) -> Vec<QuarantineId> {
    rows.sort_by_key(|(id, row)| (std::cmp::Reverse(row.last), *id));
    let (mut count, mut bytes) = (0, 0);
    let mut gone = Vec::new();
    for (id, row) in rows {
        count += 1;
        bytes += row.kept;
        if count > PER_SOURCE || bytes > SOURCE_BYTES || now.since(row.last) > KEPT_FOR {
            gone.push(id);
        }
    }
    gone
}

fn forget(commit: &mut Commit, source: &SourceId, id: QuarantineId) {
    let key = (source.clone(), id);
    commit.delete::<tables::Quarantine>(&key);
    commit.delete::<tables::QuarantineBodies>(&key);
}

/// All that is kept of one source; a few rows.
fn of_source(
    store: &Store,
    source: &SourceId,
) -> Result<Vec<(QuarantineId, Quarantined)>, StoreError> {
    walk(store, || Range::<tables::Quarantine>::prefix(source))
}

fn walk(
    store: &Store,
    range: impl Fn() -> Range<tables::Quarantine>,
) -> Result<Vec<(QuarantineId, Quarantined)>, StoreError> {
    let mut rows = Vec::new();
    let mut page = store.page(range(), 100)?;
    while let Some((last, _)) = page.last() {
        let last = last.clone();
        rows.extend(page.into_iter().map(|((_, id), row)| (id, row)));
        page = store.page(range().after(&last), 100)?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use testkit::{Answer, Origin};

    use super::*;
    use crate::run_source;
    use crate::testing::{context, source, start};

    fn row(last: u64, kept: u64) -> (QuarantineId, Quarantined) {
        let at = Timestamp::from_millis(last * 1000).unwrap();
        let row = Quarantined {
            source: "a".parse().unwrap(),
            first: at,
            last: at,
            times: 1,
            reason: "r".into(),
            rejected: 0,
            problems: vec![],
            connector: "feed".into(),
            url: "https://a.example/".into(),
            content_type: None,
            status: 200,
            bytes: kept,
            kept,
            retried: None,
        };
        (QuarantineId([u8::try_from(last % 251).unwrap(); 16]), row)
    }

    const ITEM: &str = "<item><guid>g</guid><title>Nuctech u luci</title></item>";

    fn feed(items: &str) -> String {
        format!("<rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>")
    }

    fn at(origin: &Origin) -> Arc<Source> {
        Arc::new(Source { url: origin.url("/f").parse().unwrap(), ..source("a") })
    }

    fn kept(cx: &Context) -> Vec<Quarantined> {
        walk(&cx.store, Range::all).unwrap().into_iter().map(|(_, row)| row).collect()
    }

    fn alerts(cx: &Context) -> usize {
        cx.store.page(Range::<tables::Alerts>::all(), 100).unwrap().len()
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_kept_once_and_counted() {
        let origin = Origin::start();
        let source = at(&origin);
        let (cx, clock) = context(vec![(*source).clone()]);
        for number in 0..3 {
            // Something in it changes every time, the trouble does not.
            origin.serve_as("/f", "text/html", format!("<html><p>no feed, visitor {number}"));
            run_source(&cx, &source).await.unwrap();
            clock.advance(Duration::from_secs(900));
        }
        let rows = kept(&cx);
        assert_eq!(rows.len(), 1, "{rows:?}");
        let row = &rows[0];
        assert_eq!((row.times, row.rejected, row.is_whole()), (3, 0, true));
        assert_eq!(row.content_type.as_deref(), Some("text/html"));
        assert!(!row.reason.is_empty() && row.last > row.first);
        let key = (source.id.clone(), walk(&cx.store, Range::all).unwrap()[0].0);
        let bytes = cx.store.get::<tables::QuarantineBodies>(&key).unwrap().unwrap();
        assert_eq!(bytes, b"<html><p>no feed, visitor 0");
        // A day later the same trouble is worth another look.
        clock.advance(SAME_TROUBLE);
        run_source(&cx, &source).await.unwrap();
        origin.serve_as("/f", "text/html", "<html><p>no feed, visitor 9");
        run_source(&cx, &source).await.unwrap();
        assert_eq!(kept(&cx).len(), 2);
    }

    #[tokio::test]
    async fn each_page_of_a_portal_that_cannot_be_read_is_kept() {
        let origin = Origin::start();
        let first = format!(
            "{{\"@odata.context\": \"x\", \"value\": [{{\"Id\": 1, \"ProcedureId\": 2, \
             \"ProcedureName\": \"Kamere\"}}], \"@odata.nextLink\": \"{}\"}}",
            origin.url("/notices?page=2")
        );
        let rules = connector::notices::NoticeRules {
            format: Some("odata".parse().unwrap()),
            url: Some(origin.url("/notices")),
            ..connector::notices::NoticeRules::default()
        };
        let source = Arc::new(Source {
            url: origin.url("/notices").parse().unwrap(),
            connector: connector::Connector::Notices(Box::new(rules)),
            ..source("a")
        });
        let page = Answer::ok(first).header("Content-Type", "application/json");
        origin.script("/notices", [page]);
        origin.script("/notices?page=2", [Answer::ok("<html><p>come back later")]);
        let (cx, _clock) = context(vec![(*source).clone()]);
        let report = run_source(&cx, &source).await.unwrap();
        assert!(report.error.as_deref().unwrap_or_default().starts_with("page 2: "), "{report:?}");
        let rows = kept(&cx);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert!(rows[0].url.ends_with("/notices?page=2"), "{}", rows[0].url);
        assert_eq!((rows[0].connector.as_str(), rows[0].is_whole()), ("notices", true));
    }

    #[tokio::test]
    async fn what_can_be_read_is_not_kept() {
        let origin = Origin::start();
        origin.serve("/f", feed(ITEM));
        let (cx, _clock) = context(vec![]);
        run_source(&cx, &at(&origin)).await.unwrap();
        origin.script("/f", [Answer::status(500)]);
        run_source(&cx, &at(&origin)).await.unwrap();
        assert_eq!(kept(&cx), []);
    }

    /// As if an older parser had refused a document that today's reads.
    async fn refused_once(cx: &Context, source: &Source, text: &str) -> QuarantineId {
        let (id, row) = row(1, text.len() as u64);
        let row = Quarantined { source: source.id.clone(), last: cx.clock.now(), ..row };
        let mut commit = Commit::default();
        let key = (source.id.clone(), id);
        commit.put::<tables::Quarantine>(&key, &row);
        commit.put::<tables::QuarantineBodies>(&key, &text.as_bytes().to_vec());
        cx.store.commit(commit).await.unwrap();
        id
    }

    #[tokio::test]
    async fn a_retry_stores_what_comes_out_and_alerts_once() {
        let origin = Origin::start();
        origin.serve("/f", feed("<item><guid>old</guid><title>Vest</title></item>"));
        let source = at(&origin);
        let (cx, clock) = context(vec![(*source).clone()]);
        run_source(&cx, &source).await.unwrap();
        let state = cx.store.get::<tables::Sources>(&source.id).unwrap();
        clock.advance(Duration::from_secs(900));
        let id = refused_once(&cx, &source, &feed(ITEM)).await;
        let done = retry(&cx, &Which::One(id)).await.unwrap();
        assert_eq!((done.len(), done[0].solved, done[0].counts.new), (1, true, 1), "{done:?}");
        assert_eq!((alerts(&cx), done[0].alerts, kept(&cx).len()), (1, 1, 0));
        assert_eq!(cx.store.get::<tables::Sources>(&source.id).unwrap(), state, "untouched");
        assert!(matches!(
            retry(&cx, &Which::One(id)).await,
            Err(RetryError::Unknown(unknown)) if unknown == id
        ));
        // The next poll brings the same entry, and a retry of the same bytes as well.
        origin.serve("/f", feed(ITEM));
        let report = run_source(&cx, &source).await.unwrap();
        assert_eq!((report.counts.new, report.counts.unchanged, report.alerts), (0, 1, 0));
        refused_once(&cx, &source, &feed(ITEM)).await;
        let done = retry(&cx, &Which::All).await.unwrap();
        assert_eq!((done[0].solved, done[0].counts.new, done[0].counts.unchanged), (true, 0, 1));
        assert_eq!(alerts(&cx), 1);
    }

    #[tokio::test]
    async fn an_old_document_does_not_turn_an_item_back() {
        let origin = Origin::start();
        origin.serve("/f", feed("<item><guid>g</guid><title>Today</title></item>"));
        let source = at(&origin);
        let (cx, _clock) = context(vec![(*source).clone()]);
        run_source(&cx, &source).await.unwrap();
        let old = feed("<item><guid>g</guid><title>Yesterday</title></item>");
        refused_once(&cx, &source, &old).await;
        retry(&cx, &Which::Source(source.id.clone())).await.unwrap();
        let (_, item) = cx.store.page(Range::<tables::Items>::all(), 9).unwrap().pop().unwrap();
        assert_eq!((item.title.as_deref(), item.revision), (Some("Today"), 0));
    }

    #[tokio::test]
    async fn what_still_cannot_be_read_stays_with_the_reason_of_today() {
        let (cx, _clock) = context(vec![source("a")]);
        let id = refused_once(&cx, &source("a"), "<html>").await;
        let done = retry(&cx, &Which::All).await.unwrap();
        assert!(!done[0].solved && done[0].error.is_some());
        let row = kept(&cx).pop().unwrap();
        assert_eq!((row.reason, row.retried), (done[0].error.clone().unwrap(), Some(start())));
        refused_once(&cx, &source("gone"), "<html>").await;
        let gone = Which::Source("gone".parse().unwrap());
        let error = retry(&cx, &gone).await.unwrap()[0].error.clone().unwrap();
        assert_eq!(error, "the source `gone` is not configured any more");
        assert_eq!(retry(&cx, &Which::One(id)).await.unwrap().len(), 2, "one of each source");
    }

    #[test]
    fn the_oldest_go_first_by_number_bytes_and_age() {
        let now = Timestamp::from_millis(100_000).unwrap();
        let gone = |rows: Vec<_>, now| surplus(rows, now).into_iter().map(|id| id.0[0]);
        let many = (1..=10).map(|n| row(n, 10)).collect();
        assert!(gone(many, now).eq([2, 1]));
        let large = (1..=4).map(|n| row(n, SOURCE_BYTES / 2)).collect();
        assert!(gone(large, now).eq([2, 1]));
        let old = vec![row(1, 10), row(90, 10)];
        let later = Timestamp::from_millis(50_000).unwrap().after(KEPT_FOR);
        assert!(gone(old, later).eq([1]));
    }
}
