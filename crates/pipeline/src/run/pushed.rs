//! What a hub brings apart from any poll.

use std::sync::Arc;
use std::time::Instant;

use store::{StoreError, tables};

use super::{Planned, RunError, candidates, store_part};
use crate::identify::Candidate;
use crate::outcome::Outcome;
use crate::{Context, Source, Totals};

/// Stores those entries of a pushed document that are not known yet; `true` beside what it came to:
/// known ones look different in it, which only the source itself can confirm.
pub(crate) async fn store_pushed(
    cx: &Context,
    source: &Arc<Source>,
    parsed: connector::Parsed,
    bytes: u64,
) -> Result<(Totals, bool), RunError> {
    let mut outcome = Outcome::Pushed { parsed, bytes };
    let mut totals = Totals::default();
    let entries = candidates(source, &mut outcome, &mut totals);
    let Sifted { new, mut totals, differs } = sift(cx, entries, totals)?;
    if new.is_empty() {
        return Ok((totals, differs));
    }
    let began = Instant::now();
    let document = Arc::new(Planned { candidates: new, ..Planned::of(source, outcome, began) });
    let parts = document.parts();
    let last = parts.len() - 1;
    for (number, part) in parts.into_iter().enumerate() {
        totals = store_part(cx, &document, part, totals, number == last).await?.totals();
    }
    Ok((totals, differs))
}

/// The entries of a document by whether they are known.
pub(super) struct Sifted {
    pub(super) new: Vec<Candidate>,
    /// Of those that are known.
    pub(super) totals: Totals,
    /// A known one has other words than the item has.
    pub(super) differs: bool,
}

pub(super) fn sift(
    cx: &Context,
    candidates: Vec<Candidate>,
    totals: Totals,
) -> Result<Sifted, StoreError> {
    let mut sifted = Sifted { new: Vec::new(), totals, differs: false };
    for candidate in candidates {
        let mut known = cx.store.get::<tables::Items>(&candidate.new_id)?;
        let mut led = known.is_some();
        for alias in candidate.aliases() {
            if let Some(id) = cx.store.get::<tables::Aliases>(&alias)? {
                led = true;
                known = match known {
                    Some(known) => Some(known),
                    None => cx.store.get::<tables::Items>(&id)?,
                };
            }
        }
        if led {
            sifted.totals.counts.seen += 1;
            sifted.totals.counts.unchanged += 1;
            sifted.differs |= known.is_some_and(|item| item.content != candidate.content);
        } else {
            sifted.new.push(candidate);
        }
    }
    Ok(sifted)
}
