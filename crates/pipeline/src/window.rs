//! Whether a feed was read without a hole: what it showed at the last poll must still stand behind
//! what is new. Pure, and told entry by entry, because large documents come in parts.

use model::{SourceState, Timestamp};

/// So many known entries may stand in a feed for ever: pinned on top, or kept at its end. More of
/// them are what is left of the last poll.
const KEPT: u32 = 2;
/// A feed that was empty and shows as many entries as usual feeds have room for may have shown
/// more in between.
const USUAL: u32 = 10;

/// What a document shows of the time before it, entry by entry from its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    new: u32,
    /// Known entries below, and those above the lowest new one.
    seen: Known,
    /// Those below the topmost new entry, as far as the document was told.
    below: Known,
    above: Known,
    /// Neighbours whose dates fall from top to end, and those whose dates rise.
    falling: u32,
    rising: u32,
    date: Option<Timestamp>,
}

/// Entries that the last poll may have shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    /// All of them.
    all: u32,
    /// The newest time at which one of them was first seen.
    newest: Option<Timestamp>,
}

impl Known {
    fn add(&mut self, fetched: Timestamp) {
        self.all += 1;
        self.newest = self.newest.max(Some(fetched));
    }

    /// Enough to say that the window reaches back to the last poll. `arrival`: when the source
    /// last brought anything, so that what it brought must stand there still.
    fn proves(&self, arrival: Timestamp) -> bool {
        self.all > KEPT || self.newest >= Some(arrival)
    }
}

impl Window {
    /// The next entry upwards. `fetched`: when it was first seen, if it is known.
    pub(crate) fn add(
        &mut self,
        date: Option<Timestamp>,
        fetched: Option<Timestamp>,
        before: &SourceState,
    ) {
        if let (Some(upper), Some(lower)) = (date, self.date) {
            self.falling += u32::from(upper > lower);
            self.rising += u32::from(upper < lower);
        }
        self.date = date.or(self.date);
        let Some(fetched) = fetched else {
            self.new += 1;
            self.below = self.seen;
            return;
        };
        // What was pushed, or filled in, since the last poll says nothing about that.
        if before.last_success.is_none_or(|last| fetched > last) {
            return;
        }
        self.seen.add(fetched);
        if self.new > 0 {
            self.above.add(fetched);
        }
    }

    /// Whether something may have come and gone since the last poll.
    ///
    /// A feed that has room for one entry only is left out: each of its entries would say so.
    pub(crate) fn may_have_lost(&self, before: &SourceState) -> bool {
        let habit = &before.memory.habit;
        let usable = self.new + self.seen.all;
        let Some(arrival) = habit.last_new.or(before.baseline).filter(|_| self.new > 0) else {
            return false;
        };
        if habit.window == 0 && self.seen.all == 0 {
            return usable >= USUAL;
        }
        if habit.window <= 1 && usable <= 1 {
            return false;
        }
        // The newest stands on top or, in few feeds, at the end. What is pinned on top stands over
        // what is new although nothing is left of the last poll.
        let is_oldest_first = self.rising > self.falling;
        let proven = self.below.proves(arrival)
            || self.above.all > KEPT
            || is_oldest_first && self.above.proves(arrival);
        !proven
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
