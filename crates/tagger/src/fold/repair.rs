//! Words with letters of both scripts.

use super::Folded;
use super::table::{Tables, lower};
use crate::letters::{as_cyrillic, as_latin};

/// How far a word is looked at to either side, in letters.
const REPAIR_LETTERS: usize = 64;

impl Folded {
    /// Folds the word around `at` again, which has letters of both scripts, and returns its end.
    ///
    /// Where the letters that belong to one script only are all of one script, the others are
    /// look-alikes of that script; otherwise every letter is taken for what it is.
    #[cold]
    pub(super) fn repair(&mut self, text: &str, at: usize, tables: &Tables) -> usize {
        let (start, end) = self.word(text.as_bytes(), at, tables);
        self.take_back(text, start, at, tables);
        let word = &text[start..end];
        let latin = word.bytes().any(|b| b.is_ascii() && as_cyrillic(b).is_none());
        let cyrillic = word.chars().any(|c| !c.is_ascii() && as_latin(c).is_none());
        for c in word.chars() {
            self.make_room();
            let repaired = match c {
                _ if latin == cyrillic => None,
                _ if c.is_ascii() && cyrillic => as_cyrillic(c as u8),
                _ if !c.is_ascii() && latin => as_latin(c),
                _ => None,
            };
            let byte = match repaired {
                Some(byte) => {
                    if tables.width(c) != 1 {
                        self.narrow.push(self.len as u32);
                    }
                    byte
                }
                None if c.is_ascii() => lower(c as u8),
                None => {
                    let mut bytes = [0; 4];
                    c.encode_utf8(&mut bytes);
                    self.write(tables.short(bytes[0], bytes[1]));
                    continue;
                }
            };
            self.bytes[self.len] = byte;
            self.len += 1;
        }
        self.make_room();
        self.repaired = end;
        end
    }

    /// Where the word around `at` begins, not before what is repaired already, and ends.
    fn word(&self, original: &[u8], at: usize, tables: &Tables) -> (usize, usize) {
        let mut start = at;
        for _ in 0..REPAIR_LETTERS {
            match original[self.repaired..start] {
                [.., last] if last.is_ascii_alphabetic() => start -= 1,
                [.., first, second] if tables.is_cyrillic(first, second) => start -= 2,
                _ => break,
            }
        }
        let mut end = at;
        for _ in 0..REPAIR_LETTERS {
            match original[end..] {
                [first, ..] if first.is_ascii_alphabetic() => end += 1,
                [first, second, ..] if tables.is_cyrillic(first, second) => end += 2,
                _ => break,
            }
        }
        (start, end)
    }

    /// Forgets what was written for `start..at`.
    fn take_back(&mut self, text: &str, start: usize, at: usize, tables: &Tables) {
        let written: usize = text[start..at].chars().map(|c| tables.width(c)).sum();
        self.len -= written;
        while self.checkpoints.last().is_some_and(|c| c.original as usize > start) {
            self.checkpoints.pop();
        }
        while self.marks[..self.marked].last().is_some_and(|&m| m as usize >= self.len) {
            self.marked -= 1;
        }
    }
}
