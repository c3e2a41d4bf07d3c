//! Folds 64 bytes at a time, without looking at every one of them.
//!
//! One bit for each byte says where characters stand that change; what lies between them (ASCII,
//! and ideographs, which stay as they are) is put in lower case sixteen bytes at a time. Cyrillic
//! is looked up letter by letter.

use super::table::{Short, Tables, lower};

/// Bytes whose characters are folded at once.
pub(super) const BLOCK: usize = 64;
/// Bytes that are put in lower case at once.
const LANE: usize = 32;
/// Bytes that must be there: the block, the rest of its last character, and a lane.
pub(super) const WINDOW: usize = BLOCK + 8 + LANE;
/// Free bytes for what is written. What lies between characters is at most the block and a lane;
/// two bytes become at most two, and three at most three.
pub(super) const ROOM: usize = BLOCK + 8 + 2 * LANE;
/// Free places for marks: each belongs to a letter of two bytes.
pub(super) const MARKS: usize = BLOCK;
/// From this many characters that change on, every character is looked up.
const MANY: u32 = 14;

/// What became of a block.
pub(super) struct Done {
    pub(super) read: usize,
    pub(super) written: usize,
    pub(super) marked: usize,
    /// The next character is not in the tables.
    pub(super) stopped: bool,
}

const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Each byte's highest bit.
const HIGH: u64 = every(0x80);

/// The highest bits of eight bytes side by side, that of the first byte lowest.
#[inline]
fn gathered(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// One bit for each of the first 64 bytes: which are of the class?
#[inline]
fn side_by_side(window: &[u8; WINDOW], class: impl Fn(u64) -> u64) -> u64 {
    let (chunks, _) = window.as_chunks::<8>();
    let eight = |n: usize| gathered(class(u64::from_le_bytes(chunks[n])) & HIGH);
    (0..8).fold(0, |bits, n| bits | eight(n) << (8 * n))
}

/// Bytes of at least 0x80 whose lower seven bits are in `first..=last`.
#[inline]
fn high_between(bytes: u64, first: u8, last: u8) -> u64 {
    // No sum of seven bits and less than 0x80 reaches the next byte.
    let low = bytes & !HIGH;
    (low + every(0x80 - first)) & !(low + every(0x7f - last)) & bytes
}

/// The first bytes of characters that may change, ASCII aside: not those of ideographs.
#[inline]
fn changing(bytes: u64) -> u64 {
    bytes & (bytes << 1) & !high_between(bytes, 0x64, 0x6e)
}

/// The first bytes of Cyrillic are 0xd0 to 0xd4.
#[inline]
fn cyrillic(bytes: u64) -> u64 {
    high_between(bytes, 0x50, 0x54)
}

#[inline]
fn ascii_letters(bytes: u64) -> u64 {
    high_between(bytes | every(0x20) | HIGH, b'a', b'z') & !bytes
}

/// Whether any of the first 64 bytes is of the class.
#[inline]
fn any(window: &[u8; WINDOW], class: impl Fn(u64) -> u64) -> bool {
    let (chunks, _) = window.as_chunks::<8>();
    let all = chunks[..8].iter().fold(0, |any, chunk| any | class(u64::from_le_bytes(*chunk)));
    all & HIGH != 0
}

/// Whether a letter of one script stands beside one of the other in the block; `before` is what
/// stands before it.
#[inline]
fn has_mixed_words(window: &[u8; WINDOW], before: [u8; 2]) -> bool {
    let after_cyrillic = (0xd0..=0xd4).contains(&before[0]) && before[1] >= 0x80;
    let after_letter = before[1].is_ascii_alphabetic();
    if !(after_cyrillic || any(window, cyrillic)) || !(after_letter || any(window, ascii_letters)) {
        return false;
    }
    let cyrillic = side_by_side(window, cyrillic);
    let letters = side_by_side(window, ascii_letters);
    (letters << 1 | u64::from(after_letter)) & cyrillic != 0
        || letters & (cyrillic << 2 | u64::from(after_cyrillic)) != 0
}

/// Folds the characters that begin in the first `limit` bytes; `None`: words of both scripts are
/// among them, or much that is not in the tables. `base` is where `out` stands in the normal form, `before` what stands before the
/// block.
#[inline]
pub(super) fn fold(
    window: &[u8; WINDOW],
    limit: usize,
    before: [u8; 2],
    base: usize,
    out: &mut [u8; ROOM],
    marks: &mut [u32; MARKS],
    tables: &Tables,
) -> Option<Done> {
    if before[1] < 0x80 && !any(window, |bytes| bytes) {
        lower_lane(window, 0, out, 0);
        lower_lane(window, LANE, out, LANE);
        return Some(Done { read: limit, written: limit, marked: 0, stopped: false });
    }
    let mut end = limit;
    while window[end] & 0xc0 == 0x80 {
        end += 1;
    }
    let changing = side_by_side(window, changing);
    let mut to = Writer { base, out, len: 0, marks, marked: 0 };
    let count = changing.count_ones();
    if (count > 0 || before[1] >= 0x80) && has_mixed_words(window, before) {
        return None;
    }
    if count >= MANY {
        let starts = !side_by_side(window, |bytes| bytes & !(bytes << 1));
        let starts = starts & (u64::MAX >> (BLOCK - limit));
        if !many(window, starts, &mut to, tables) {
            return None;
        }
        return Some(Done { read: end, written: to.len, marked: to.marked, stopped: false });
    }
    let (read, stopped) = few(window, changing, end, &mut to, tables);
    Some(Done { read, written: to.len, marked: to.marked, stopped })
}

struct Writer<'a> {
    base: usize,
    out: &'a mut [u8; ROOM],
    len: usize,
    marks: &'a mut [u32; MARKS],
    marked: usize,
}

impl Writer<'_> {
    #[inline]
    fn short(&mut self, entry: Short) {
        self.out[self.len..self.len + 2].copy_from_slice(&entry.bytes());
        self.marks[self.marked % MARKS] = (self.base + self.len + entry.mark()) as u32;
        self.marked += usize::from(entry.is_marked());
        self.len += entry.len();
    }

    /// A character of three bytes, unless it becomes more than three.
    #[inline]
    fn wide(&mut self, bytes: [u8; 3], tables: &Tables) -> bool {
        match tables.wide(bytes) {
            None => {
                self.out[self.len..self.len + 3].copy_from_slice(&bytes);
                self.len += 3;
            }
            Some(entry) if entry.is_slow() => return false,
            Some(entry) => {
                self.out[self.len..self.len + 4].copy_from_slice(&entry.bytes());
                self.len += entry.len();
            }
        }
        true
    }
}

/// Goes from one `changing` character to the next, and copies what is between them.
#[inline]
fn few(
    window: &[u8; WINDOW],
    mut changing: u64,
    end: usize,
    to: &mut Writer<'_>,
    tables: &Tables,
) -> (usize, bool) {
    let mut at = 0;
    while changing != 0 {
        let next = changing.trailing_zeros() as usize;
        changing &= changing - 1;
        copy(window, at, next, to);
        at = next;
        let [first, second, third] = [window[at], window[at + 1], window[at + 2]];
        if first < 0xe0 {
            let entry = tables.short(first, second);
            if entry.is_slow() {
                return (at, true);
            }
            to.short(entry);
            at += 2;
        } else if first < 0xf0 && to.wide([first, second, third], tables) {
            at += 3;
        } else {
            return (at, true);
        }
    }
    copy(window, at, end, to);
    (end, false)
}

/// Looks up every character that begins at one of `starts`; false: one is not in the tables.
#[inline]
fn many(window: &[u8; WINDOW], mut starts: u64, to: &mut Writer<'_>, tables: &Tables) -> bool {
    let mut all = Short::default();
    while starts != 0 {
        let at = starts.trailing_zeros() as usize;
        starts &= starts - 1;
        let [first, second] = [window[at], window[at + 1]];
        if first < 0xe0 {
            let entry = tables.short_or_ascii(first, second);
            all |= entry;
            to.short(entry);
        } else if first >= 0xf0 || !to.wide([first, second, window[at + 2]], tables) {
            return false;
        }
    }
    !all.is_slow()
}

/// Copies what lies between two characters, and a lane behind it, in lower case.
#[inline]
fn copy(window: &[u8; WINDOW], from: usize, until: usize, to: &mut Writer<'_>) {
    let mut at = from;
    while at < until {
        lower_lane(window, at, to.out, to.len + at - from);
        at += LANE;
    }
    to.len += until.saturating_sub(from);
}

#[inline]
fn lower_lane(window: &[u8; WINDOW], from: usize, out: &mut [u8; ROOM], to: usize) {
    let lane = window[from..from + LANE].as_array::<LANE>();
    let out = out[to..to + LANE].as_mut_array::<LANE>();
    if let (Some(lane), Some(out)) = (lane, out) {
        for n in 0..LANE {
            out[n] = lower(lane[n]);
        }
    }
}
