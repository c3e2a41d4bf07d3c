//! The normal form of a text, and the way back to the original.
//!
//! Lower case, Serbian Cyrillic in Latin letters, look-alike letters inside words of the other
//! script repaired, marks of letters left out but remembered, quotes and dashes of one kind, and
//! nothing invisible. Folding a folded text changes nothing.

mod block;
mod place;
mod repair;
mod table;
mod write;

use model::Field;

pub(crate) use self::place::Place;
use crate::Text;

/// Zero bytes behind the text: 64 bytes, and eight more, can be read at any place of it.
pub(crate) const PADDING: usize = 64 + 8;
/// What stands between two fields: nothing matches across it.
pub(crate) const BREAK: u8 = b'\n';
/// A buffer larger than this is given back after use: the longest item fits twice.
const KEEP_BYTES: usize = 2 << 20;

/// The fields of one item in normal form, one behind the other.
#[derive(Default)]
pub(crate) struct Folded {
    /// Every byte that was ever written, so that lanes are written without growing.
    bytes: Vec<u8>,
    /// How many of them are the normal form.
    len: usize,
    /// Where the normal form and the original stand at the beginning of each block of 64 bytes.
    checkpoints: Vec<Checkpoint>,
    /// Places of letters that carried a caron, acute or bar: the first `marked` of them.
    marks: Vec<u32>,
    marked: usize,
    /// Places of look-alikes that are one byte, where the letter would otherwise be two.
    narrow: Vec<u32>,
    /// Where the last repaired word of the field ends in the original.
    repaired: usize,
    fields: Vec<Start>,
}

#[derive(Clone, Copy)]
struct Checkpoint {
    out: u32,
    original: u32,
}

/// Where a field begins.
struct Start {
    field: Field,
    out: u32,
    checkpoint: u32,
}

impl Start {
    fn first(&self) -> usize {
        self.checkpoint as usize
    }
}

impl Folded {
    /// Folds the fields of `text`, and forgets what was there before.
    pub(crate) fn read(&mut self, text: &Text<'_>) {
        self.clear();
        for (field, content) in text.fields() {
            self.push(field, content);
        }
        self.seal();
    }

    fn clear(&mut self) {
        if self.bytes.len() > KEEP_BYTES {
            *self = Self::default();
        }
        self.len = 0;
        self.checkpoints.clear();
        self.marked = 0;
        self.narrow.clear();
        self.fields.clear();
    }

    /// Writes the padding.
    fn seal(&mut self) {
        let end = self.len + PADDING;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[self.len..end].fill(0);
    }

    /// The normal form, without the padding.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The normal form with the padding behind it.
    pub(crate) fn padded(&self) -> &[u8] {
        &self.bytes[..self.len + PADDING]
    }

    /// The marks in `start..end`, relative to `start`.
    pub(crate) fn marks(&self, start: usize, end: usize) -> impl Iterator<Item = usize> + '_ {
        let marks = &self.marks[..self.marked];
        let first = marks.partition_point(|&at| (at as usize) < start);
        marks[first..]
            .iter()
            .map(|&at| at as usize)
            .take_while(move |&at| at < end)
            .map(move |at| at - start)
    }

    pub(crate) fn has_marks(&self) -> bool {
        self.marked > 0
    }
}

/// Folds one text after the other into one buffer.
#[derive(Default)]
pub struct Folder {
    folded: Folded,
}

impl Folder {
    /// `text` in the normal form that names are looked for in: lower case, Serbian Cyrillic in Latin
    /// letters without their marks, nothing invisible. It is UTF-8.
    pub fn fold(&mut self, text: &str) -> &[u8] {
        self.folded.read(&Text { text: Some(text), ..Text::default() });
        self.folded.text()
    }
}

#[cfg(test)]
mod tests;
