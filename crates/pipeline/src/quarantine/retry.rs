//! What is kept is read again with today's parser.

use std::sync::Arc;

use connector::{Document, Parsed};
use model::{Counts, QuarantineId, Quarantined, SourceId, truncated};
use serde::{Deserialize, Serialize};
use store::{Commit, CommitError, Range, StoreError, tables};

use super::{REASON_BYTES, Trouble, forget, of_source, walk};
use crate::decide::Totals;
use crate::run::{RunError, blocking, chain, parse_caught, store_entries};
use crate::{Context, Source};

/// What to read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    All,
    Source(SourceId),
    One(QuarantineId),
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retried {
    pub id: QuarantineId,
    pub source: SourceId,
    /// It is read whole now and is kept no longer.
    pub solved: bool,
    /// Its entries: `new` were stored, `unchanged` were known already.
    pub counts: Counts,
    pub alerts: u32,
    pub held: u32,
    /// Why it stays.
    pub error: Option<String>,
}

/// Why a retry ended early; what was stored until then stays.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    #[error("nothing with the id {0} is in quarantine")]
    Unknown(QuarantineId),
    #[error("what came out could not be stored")]
    Run(#[from] RunError),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("what became of it could not be stored")]
    Commit(#[from] CommitError),
}

/// Reads what is kept again and stores what comes out, entries that are not known yet, the way a
/// poll does: with tags, stories and alerts under the same ids, so that doing it twice, or beside a
/// poll, repeats nothing. A known item keeps its state, for the document may be older. The
/// source's own state (validators, health, next poll) is not touched.
pub async fn retry(cx: &Context, which: &Which) -> Result<Vec<Retried>, RetryError> {
    let rows = match which {
        Which::All | Which::One(_) => walk(&cx.store, Range::<tables::Quarantine>::all)?,
        Which::Source(source) => of_source(&cx.store, source)?,
    };
    let wanted = |(id, _): &(QuarantineId, Quarantined)| match which {
        Which::One(one) => id == one,
        Which::All | Which::Source(_) => true,
    };
    let mut done = Vec::new();
    for (id, row) in rows.into_iter().filter(wanted) {
        done.push(one(cx, id, row).await?);
    }
    match which {
        Which::One(one) if done.is_empty() => Err(RetryError::Unknown(*one)),
        _ => Ok(done),
    }
}

async fn one(cx: &Context, id: QuarantineId, row: Quarantined) -> Result<Retried, RetryError> {
    let key = (row.source.clone(), id);
    let (totals, trouble) = match read(cx, id, &row).await? {
        Err(error) => (Totals::default(), Some((error, row.rejected, row.problems.clone()))),
        // A part of a list taken for the whole of it would be worse than none (I9).
        Ok((_, parsed)) if parsed.list.is_some() => {
            let error = "an entity list is taken over as a whole, by the next poll of its source; \
                         after a real collapse with `stackwatch source accept`";
            let kept = (error.to_owned(), row.rejected, row.problems.clone());
            (Totals::default(), Some(kept))
        }
        Ok((source, parsed)) => {
            let (rejected, problems) = (parsed.rejected, parsed.problems.clone());
            let mut totals = store_entries(cx, &source, parsed).await?;
            totals.counts.rejected += rejected;
            totals.counts.seen += rejected;
            let trouble = (rejected > 0).then(|| Trouble::rejected(rejected, &problems));
            (totals, trouble.map(|trouble| (trouble.reason, trouble.rejected, trouble.problems)))
        }
    };
    let mut commit = Commit::default();
    let error = trouble.as_ref().map(|(reason, ..)| reason.clone());
    match trouble {
        None => forget(&mut commit, &row.source, id),
        Some((reason, rejected, problems)) => {
            let reason = truncated(&reason, REASON_BYTES).into_owned();
            let retried = Some(cx.clock.now());
            let row = Quarantined { reason, rejected, problems, retried, ..row.clone() };
            commit.put::<tables::Quarantine>(&key, &row);
        }
    }
    cx.store.commit(commit).await?;
    let Totals { counts, alerts, held, .. } = totals;
    Ok(Retried { id, source: row.source, solved: error.is_none(), counts, alerts, held, error })
}

type Read = Result<(Arc<Source>, Parsed), String>;

/// The document as today's parser reads it, or why that is not possible.
async fn read(cx: &Context, id: QuarantineId, row: &Quarantined) -> Result<Read, StoreError> {
    let Some(source) = cx.settings.source(&row.source) else {
        return Ok(Err(format!("the source `{}` is not configured any more", row.source)));
    };
    if !row.is_whole() {
        return Ok(Err("it was too large to be kept whole: the next poll reads it again".into()));
    }
    let key = (row.source.clone(), id);
    let Some(bytes) = cx.store.get::<tables::QuarantineBodies>(&key)? else {
        return Ok(Err("its bytes are gone".into()));
    };
    let source = Arc::new(source.clone());
    let work = {
        let (source, row) = (Arc::clone(&source), row.clone());
        move || {
            let document = Document {
                bytes: &bytes,
                content_type: row.content_type.as_deref(),
                base_url: Some(&row.url),
            };
            match parse_caught(&source, &document) {
                Some(Ok(parsed)) => Ok(parsed),
                Some(Err(error)) => Err(chain(&error)),
                None => Err("the reader of this format panicked".to_owned()),
            }
        }
    };
    Ok(blocking(work).await.map(|parsed| (source, parsed)))
}
