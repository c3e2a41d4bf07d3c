//! The way back from the normal form to the original.
//!
//! What was found is rare, so no map is kept: from the checkpoint before it, the characters of the
//! original are counted again.

use model::Field;

use super::table::{Tables, tables};
use super::{Checkpoint, Folded, Start};
use crate::Text;

/// A place in an original field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) field: Field,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Walks through the original, and counts what its characters become.
struct Walk<'a> {
    original: &'a str,
    tables: &'static Tables,
    /// Places of the normal form where one byte stands for what would be two.
    narrow: &'a [u32],
    /// Where the next character begins, here and there.
    at: usize,
    out: usize,
}

impl Walk<'_> {
    /// The next character: where it ends, here and there.
    fn peek(&self) -> Option<(usize, usize)> {
        let c = self.original.get(self.at..)?.chars().next()?;
        let mut width = self.tables.width(c);
        if width > 1 && !self.narrow.is_empty() {
            width -= usize::from(self.narrow.binary_search(&(self.out as u32)).is_ok());
        }
        Some((self.at + c.len_utf8(), self.out + width))
    }

    /// Goes on to the character that the folded byte at `target` came from.
    fn reach_folded(&mut self, target: usize) {
        self.skip(target - self.out);
        while let Some((at, out)) = self.peek()
            && out <= target
        {
            (self.at, self.out) = (at, out);
        }
    }

    /// Goes on to the first character that does not end before `target` of the original.
    fn reach_original(&mut self, target: usize) {
        self.skip(target.saturating_sub(self.at));
        while let Some((at, out)) = self.peek()
            && at <= target
        {
            (self.at, self.out) = (at, out);
        }
    }

    /// Passes ASCII, eight bytes at a time, at most `limit` bytes.
    fn skip(&mut self, limit: usize) {
        let ahead = &self.original.as_bytes()[self.at..];
        let passed = ahead.chunks_exact(8).take(limit / 8).take_while(|c| c.is_ascii()).count();
        self.at += 8 * passed;
        self.out += 8 * passed;
    }
}

impl Folded {
    /// Where `start..end` of the normal form lies in its original field: the whole letters that it
    /// came from.
    pub(crate) fn place(&self, text: &Text<'_>, start: usize, end: usize) -> Place {
        let number = self.fields.partition_point(|s| s.out as usize <= start).saturating_sub(1);
        let Some(of) = self.fields.get(number) else {
            return Place { field: Field::Text, start: 0, end: 0 };
        };
        let mut walk = self.walk(text, number, |c| c.out as usize <= start);
        walk.reach_folded(start);
        let first = walk.at;
        walk.reach_folded(end.saturating_sub(1).max(start));
        let last = walk.peek().map_or(walk.at, |(at, _)| at);
        Place { field: of.field, start: first, end: last }
    }

    /// Where `start..end` of the original `field` lies in the normal form.
    pub(crate) fn range(
        &self,
        text: &Text<'_>,
        field: Field,
        start: usize,
        end: usize,
    ) -> Option<(usize, usize)> {
        let number = self.fields.iter().position(|s| s.field == field)?;
        let out = |target: usize| {
            let mut walk = self.walk(text, number, |c| c.original as usize <= target);
            walk.reach_original(target);
            walk.out
        };
        let (start, end) = (out(start), out(end));
        (start < end).then_some((start, end))
    }

    /// Begins at the last checkpoint of a field that is `before` the place that is asked for.
    fn walk<'a>(
        &'a self,
        text: &'a Text<'_>,
        number: usize,
        before: impl Fn(&Checkpoint) -> bool,
    ) -> Walk<'a> {
        let Start { field, checkpoint, .. } = self.fields[number];
        let limit = self.fields.get(number + 1).map_or(self.checkpoints.len(), Start::first);
        let checkpoints = &self.checkpoints[checkpoint as usize..limit];
        let from = checkpoints.partition_point(before).saturating_sub(1);
        let (at, out) = checkpoints
            .get(from)
            .map_or((0, self.fields[number].out), |c| (c.original as usize, c.out));
        Walk {
            original: text.field(field),
            tables: tables(),
            narrow: &self.narrow,
            at,
            out: out as usize,
        }
    }
}
