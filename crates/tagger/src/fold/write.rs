//! Writes the normal form: ASCII sixteen bytes at a time, what has two or three bytes by table.

use model::Field;

use super::table::{Short, Tables, lower, tables};
use super::{BLOCK, BREAK, Checkpoint, Folded, Start};
use crate::letters::{long, short_text};

/// ASCII bytes that are folded at once.
const LANE: usize = 16;
/// Free bytes that a block finds: what is written for the block, what the last character of it has
/// beyond its end, and the lane behind that.
const ROOM: usize = 2 * BLOCK + 4 * LANE;

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
        if self.marks.len() < self.marked + ROOM {
            self.marks.resize((self.marked + ROOM).max(self.marks.capacity()), 0);
        }
    }

    /// Folds at least `BLOCK` bytes, and returns where the next character begins.
    #[inline]
    fn block(&mut self, text: &str, mut at: usize, tables: &Tables) -> usize {
        self.make_room();
        let original = text.as_bytes();
        let end = (at + BLOCK).min(original.len());
        while at < end {
            let first = original[at];
            if first < 0x80 {
                at = self.ascii(original, at, end);
            } else if first < 0xe0 {
                at = self.short(text, at, end, tables);
            } else if first < 0xf0 {
                at = self.wide(text, at, end, tables);
            } else {
                let c = text[at..].chars().next().unwrap_or_default();
                self.slow(c, long(c));
                at += c.len_utf8();
            }
        }
        at
    }

    /// Folds ASCII, and returns where it ends; it may go a lane beyond `end`.
    #[inline]
    fn ascii(&mut self, original: &[u8], mut at: usize, end: usize) -> usize {
        while at < end {
            let Some(lane) = original[at..].first_chunk::<LANE>() else {
                let byte = original[at];
                if byte >= 0x80 {
                    break;
                }
                self.bytes[self.len] = lower(byte);
                self.len += 1;
                at += 1;
                continue;
            };
            // All of it is written, and what is not ASCII is written over.
            self.bytes[self.len..self.len + LANE].copy_from_slice(&lane.map(lower));
            let high = u128::from_le_bytes(*lane) & u128::from_le_bytes([0x80; LANE]);
            let count = high.trailing_zeros() as usize / 8;
            at += count;
            self.len += count;
            if count < LANE {
                break;
            }
        }
        at
    }

    /// Folds characters of two bytes, and returns where they end.
    #[inline]
    fn short(&mut self, text: &str, mut at: usize, end: usize, tables: &Tables) -> usize {
        let original = text.as_bytes();
        let mut entry = tables.short(original[at], original[at + 1]);
        if entry.is_cyrillic() && at > self.repaired && original[at - 1].is_ascii_alphabetic() {
            return self.repair(text, at, tables);
        }
        loop {
            if entry.is_slow() {
                self.slow_short(text, at);
            } else {
                self.write(entry);
            }
            at += 2;
            match original.get(at..at + 2) {
                Some(&[first @ 0xc0..0xe0, second]) if at < end => {
                    entry = tables.short(first, second);
                }
                Some(&[next, _]) | Some(&[next])
                    if entry.is_cyrillic() && next.is_ascii_alphabetic() =>
                {
                    return self.repair(text, at, tables);
                }
                _ => return at,
            }
        }
    }

    #[inline]
    pub(super) fn write(&mut self, entry: Short) {
        self.bytes[self.len..self.len + 2].copy_from_slice(&entry.bytes());
        self.marks[self.marked] = (self.len + entry.mark()) as u32;
        self.marked += usize::from(entry.is_marked());
        self.len += entry.len();
    }

    /// Folds characters of three bytes, and returns where they end.
    #[inline]
    fn wide(&mut self, text: &str, mut at: usize, end: usize, tables: &Tables) -> usize {
        let original = text.as_bytes();
        while at < end {
            let Some(&[first @ 0xe0..0xf0, second, third]) = original.get(at..at + 3) else {
                break;
            };
            // Ideographs and most other scripts stay as they are.
            let bytes = match first {
                0xe4..=0xee => None,
                _ => tables.wide([first, second, third]),
            };
            match bytes {
                None => {
                    self.bytes[self.len..self.len + 3].copy_from_slice(&[first, second, third]);
                    self.len += 3;
                }
                Some(entry) if entry.is_slow() => {
                    let c = text[at..].chars().next().unwrap_or_default();
                    self.slow(c, long(c));
                }
                Some(entry) => {
                    self.bytes[self.len..self.len + 4].copy_from_slice(&entry.bytes());
                    self.len += entry.len();
                }
            }
            at += 3;
        }
        at
    }

    /// A combining mark, or what becomes longer than two bytes.
    #[cold]
    fn slow_short(&mut self, text: &str, at: usize) {
        let c = text[at..].chars().next().unwrap_or_default();
        if super::table::is_combining(c) {
            self.combine(c);
        } else {
            self.slow(c, Some(short_text(c).0));
        }
    }

    #[cold]
    fn slow(&mut self, c: char, folded: Option<String>) {
        let mut own = [0; 4];
        let letters = folded.as_deref().unwrap_or(c.encode_utf8(&mut own)).as_bytes();
        self.make_room();
        self.bytes[self.len..self.len + letters.len()].copy_from_slice(letters);
        self.len += letters.len();
        self.make_room();
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
            self.make_room();
        }
    }
}
