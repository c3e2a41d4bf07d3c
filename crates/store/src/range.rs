//! Which rows of a table, and in which order.

use std::marker::PhantomData;

use crate::key::{Key, Prefix};
use crate::tables::{Table, key};

/// A part of a table, in the order of its keys or against it.
#[derive(Clone, Debug)]
pub struct Range<T> {
    pub(crate) from: Vec<u8>,
    /// Exclusive.
    pub(crate) to: Vec<u8>,
    pub(crate) reversed: bool,
    after: Option<Vec<u8>>,
    table: PhantomData<fn() -> T>,
}

/// The first bytes that sort after everything that begins with `prefix`.
pub(crate) fn end_of(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            break;
        }
    }
    prefix
}

fn bound<T: Table>(prefix: &impl Key) -> Vec<u8> {
    let mut bytes = vec![T::BYTE];
    prefix.encode(&mut bytes);
    bytes
}

impl<T: Table> Range<T> {
    fn new(from: Vec<u8>, to: Vec<u8>) -> Self {
        Self { from, to, reversed: false, after: None, table: PhantomData }
    }

    /// The whole table.
    pub fn all() -> Self {
        Self::new(vec![T::BYTE], vec![T::BYTE + 1])
    }

    /// The rows whose key begins with `prefix`: `Range::<BySource>::prefix(&source)`,
    /// `Range::<ByTag>::prefix(&(facet, id))`.
    pub fn prefix<P: Prefix<T::Key>>(prefix: &P) -> Self {
        let from = bound::<T>(prefix);
        Self::new(from.clone(), end_of(from))
    }

    /// The rows at or after `from` and before `to`: `Range::<ByTime>::between(&from, &to)`,
    /// `Range::<ByTag>::between(&(facet, id.clone(), from), &(facet, id, to))`.
    pub fn between<P: Prefix<T::Key>>(from: &P, to: &P) -> Self {
        Self::new(bound::<T>(from), bound::<T>(to))
    }

    /// The rows from those of `first` up to those of `last`, with both.
    pub fn from_to<P: Prefix<T::Key>>(first: &P, last: &P) -> Self {
        Self::new(bound::<T>(first), end_of(bound::<T>(last)))
    }

    /// The rows at or after `from`.
    pub fn since<P: Prefix<T::Key>>(from: &P) -> Self {
        Self::new(bound::<T>(from), vec![T::BYTE + 1])
    }

    /// The rows up to and with `last`: `Range::<Outbox>::up_to(&now)` is what is due.
    pub fn up_to<P: Prefix<T::Key>>(last: &P) -> Self {
        Self::new(vec![T::BYTE], end_of(bound::<T>(last)))
    }

    /// Against the order of the keys.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.reversed = true;
        self
    }

    /// The same as [`Range::reversed`], for tables that are ordered by time.
    #[must_use]
    pub fn newest_first(self) -> Self {
        self.reversed()
    }

    /// Begins behind `last`, the last key of the page before, in the direction of the range.
    #[must_use]
    pub fn after(mut self, last: &T::Key) -> Self {
        self.after = Some(key::<T>(last));
        self
    }

    /// The bounds `[from, to)` with the cursor applied.
    pub(crate) fn bounds(&self) -> (Vec<u8>, Vec<u8>) {
        let (mut from, mut to) = (self.from.clone(), self.to.clone());
        if let Some(after) = &self.after {
            if self.reversed {
                to = to.min(after.clone());
            } else {
                let mut next = after.clone();
                next.push(0);
                from = from.max(next);
            }
        }
        (from, to)
    }
}
