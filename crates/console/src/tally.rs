//! What was done since the start of the daemon: counters that only grow.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use model::{Counts, OutcomeKind};

const OUTCOMES: usize = OutcomeKind::ALL.len();
/// What becomes of an entry, in the order of [`Tally::entries`].
const FATES: [&str; 4] = ["new", "revised", "unchanged", "rejected"];

/// Attempts at sources and what they brought, since the start of the daemon.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    attempts: [AtomicU64; OUTCOMES],
    entries: [AtomicU64; FATES.len()],
    bytes: AtomicU64,
}

impl Tally {
    pub(crate) fn add(&self, outcome: OutcomeKind, counts: &Counts, bytes: u64) {
        let place = OutcomeKind::ALL.iter().position(|known| *known == outcome);
        let place = place.expect("the list has all outcomes");
        self.attempts[place].fetch_add(1, Relaxed);
        let fates = [counts.new, counts.revised, counts.unchanged, counts.rejected];
        for (sum, count) in self.entries.iter().zip(fates) {
            sum.fetch_add(count.into(), Relaxed);
        }
        self.bytes.fetch_add(bytes, Relaxed);
    }

    /// Attempts by how they ended, all outcomes.
    pub(crate) fn attempts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = OutcomeKind::ALL.iter().map(|outcome| outcome.as_str());
        names.zip(self.attempts.iter().map(|count| count.load(Relaxed)))
    }

    /// Entries by what became of them.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static str, u64)> {
        FATES.into_iter().zip(self.entries.iter().map(|count| count.load(Relaxed)))
    }

    /// Bytes of documents after decompression.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }
}
