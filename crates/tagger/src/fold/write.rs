//! Writes the normal form, block by block.

use model::Field;

use super::block::{self, BLOCK, MARKS, ROOM, WINDOW};
use super::table::{Short, Tables, is_combining, lower, tables};
use super::{BREAK, Checkpoint, Folded, Start};
use crate::letters::{long, short_text};

impl Folded {
    /// Appends `text` as one more field.
    pub(super) fn push(&mut self, field: Field, text: &str) {
        if !self.fields.is_empty() {
            self.make_room();
            self.bytes[self.len] = BREAK;
            self.len += 1;
        }
        self.fields.push(Start {
            field,
            out: self.len as u32,
            checkpoint: self.checkpoints.len() as u32,
        });
        let need = self.len + text.len() + ROOM;
        if self.bytes.len() < need {
            self.bytes.resize(need, 0);
        }
        self.repaired = 0;
        let mut at = 0;
        while at < text.len() {
            self.checkpoints.push(Checkpoint { out: self.len as u32, original: at as u32 });
            at = self.block(text, at, tables());
        }
    }

    /// Room for what a block may write.
    #[inline]
    pub(super) fn make_room(&mut self) {
        if self.bytes.len() < self.len + ROOM {
            self.bytes.resize((self.len + ROOM).max(self.bytes.capacity()), 0);
        }
        if self.marks.len() < self.marked + MARKS {
            self.marks.resize((self.marked + MARKS).max(self.marks.capacity()), 0);
        }
    }

    /// Folds a block or less, at least one character, and returns where the next begins.
    #[inline]
    fn block(&mut self, text: &str, at: usize, tables: &Tables) -> usize {
        self.make_room();
        let rest = &text.as_bytes()[at..];
        let mut last = [0; WINDOW];
        let window = rest.first_chunk().unwrap_or_else(|| {
            last[..rest.len()].copy_from_slice(rest);
            &last
        });
        let limit = rest.len().min(BLOCK);
        // A word that was repaired is done with.
        let before = match text.as_bytes()[self.repaired.min(at)..at] {
            [.., first, second] => [first, second],
            [only] => [0, only],
            [] => [0, 0],
        };
        let out = self.bytes[self.len..].first_chunk_mut().expect("there is room");
        let marks = self.marks[self.marked..].first_chunk_mut().expect("there is room");
        let Some(folded) = block::fold(window, limit, before, self.len, out, marks, tables) else {
            return self.carefully(text, at, at + limit, tables);
        };
        self.len += folded.written;
        self.marked += folded.marked;
        if folded.stopped {
            return self.carefully(text, at + folded.read, at + limit, tables);
        }
        at + folded.read
    }

    /// Folds the characters up to `end` one by one, and words of both scripts as a whole.
    #[cold]
    fn carefully(&mut self, text: &str, mut at: usize, end: usize, tables: &Tables) -> usize {
        let original = text.as_bytes();
        while at < end {
            self.make_room();
            let before = &original[self.repaired.min(at)..at];
            let c = text[at..].chars().next().unwrap_or_default();
            let is_cyrillic = |bytes: &[u8]| match *bytes {
                [.., first, second] => tables.is_cyrillic(first, second),
                _ => false,
            };
            let mixed = match c {
                'a'..='z' | 'A'..='Z' => is_cyrillic(before),
                _ if before.last().is_some_and(u8::is_ascii_alphabetic) => {
                    c.len_utf8() == 2 && is_cyrillic(&original[..at + 2])
                }
                _ => false,
            };
            if mixed {
                at = self.repair(text, at, tables);
                continue;
            }
            self.character(c, tables);
            at += c.len_utf8();
        }
        self.make_room();
        at
    }

    fn character(&mut self, c: char, tables: &Tables) {
        let mut bytes = [0; 4];
        match c.encode_utf8(&mut bytes).as_bytes() {
            [byte] => {
                self.bytes[self.len] = lower(*byte);
                self.len += 1;
            }
            _ if is_combining(c) => self.combine(c),
            [first, second] => match tables.short(*first, *second) {
                entry if entry.is_slow() => self.append(short_text(c).0.as_bytes()),
                entry => self.write(entry),
            },
            own => match long(c) {
                Some(folded) => self.append(folded.as_bytes()),
                None => self.append(own),
            },
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    pub(super) fn write(&mut self, entry: Short) {
        self.bytes[self.len..self.len + 2].copy_from_slice(&entry.bytes());
        self.marks[self.marked] = (self.len + entry.mark()) as u32;
        self.marked += usize::from(entry.is_marked());
        self.len += entry.len();
    }

    /// A caron on c, s, z and an acute on c are the marks of Serbian letters written apart.
    fn combine(&mut self, mark: char) {
        let Some(place) = self.len.checked_sub(1) else { return };
        let marks = match mark {
            '\u{30c}' => matches!(self.bytes[place], b'c' | b's' | b'z'),
            '\u{301}' => self.bytes[place] == b'c',
            _ => false,
        };
        let known = self.marks[..self.marked].last() == Some(&(place as u32));
        if marks && !known {
            self.marks[self.marked] = place as u32;
            self.marked += 1;
        }
    }
}
