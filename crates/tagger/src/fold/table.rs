//! What a character becomes, looked up instead of worked out.

use std::ops::BitOrAssign;
use std::sync::LazyLock;

use crate::letters::{NO_MARK, long, short_text};

/// The first character that is not of two bytes.
const LONG: usize = 0x800;
/// Characters that one page of the table of three bytes holds: one for each last byte.
const PAGE: usize = 64;

/// A character of at most two bytes in normal form.
///
/// From the lowest bit on: two bytes, the flags below, and how many of the bytes count.
#[derive(Clone, Copy, Default)]
pub(super) struct Short(u32);

/// Has every flag that one of the two has.
impl BitOrAssign for Short {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Short {
    const LEN: u32 = 24;
    /// The letter carried a caron, acute or bar; the first of the bytes is that letter's.
    const MARKED: u32 = 1 << 18;
    /// The same, and the letter is the second.
    const MARKED_SECOND: u32 = 1 << 19;
    const CYRILLIC: u32 = 1 << 20;
    /// A combining mark, or more than two bytes.
    const SLOW: u32 = 1 << 21;

    fn of(c: char) -> Self {
        if c.is_ascii() {
            return Self(1 << Self::LEN | u32::from(lower(c as u8)));
        }
        let (text, mark) = short_text(c);
        if text.len() > 2 || is_combining(c) {
            return Self(Self::SLOW);
        }
        let mut bits = (text.len() as u32) << Self::LEN;
        for (n, byte) in text.bytes().enumerate() {
            bits |= u32::from(byte) << (8 * n);
        }
        // What stays as it is has nothing that could be taken for a look-alike.
        if ('\u{400}'..='\u{52f}').contains(&c) && !text.chars().eq([c]) {
            bits |= Self::CYRILLIC;
        }
        bits |= match mark {
            NO_MARK => 0,
            0 => Self::MARKED,
            _ => Self::MARKED | Self::MARKED_SECOND,
        };
        Self(bits)
    }

    #[inline]
    pub(super) fn bytes(self) -> [u8; 2] {
        (self.0 as u16).to_le_bytes()
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        (self.0 >> Self::LEN) as usize
    }

    #[inline]
    pub(super) fn is_marked(self) -> bool {
        self.0 & Self::MARKED != 0
    }

    /// Which of the bytes the mark belongs to.
    #[inline]
    pub(super) fn mark(self) -> usize {
        usize::from(self.0 & Self::MARKED_SECOND != 0)
    }

    #[inline]
    pub(super) fn is_cyrillic(self) -> bool {
        self.0 & Self::CYRILLIC != 0
    }

    #[inline]
    pub(super) fn is_slow(self) -> bool {
        self.0 & Self::SLOW != 0
    }
}

/// A character of three bytes in normal form: up to three bytes and how many of them count.
#[derive(Clone, Copy)]
pub(super) struct Wide(u32);

impl Wide {
    const LEN: u32 = 24;
    const SLOW: u32 = 1 << 26;

    fn of(c: char) -> Self {
        let mut own = [0; 4];
        let text = long(c).unwrap_or_else(|| c.encode_utf8(&mut own).to_owned());
        if text.len() > 3 {
            return Self(Self::SLOW);
        }
        let bytes = text.bytes().rev().fold(0, |bytes, b| (bytes << 8) | u32::from(b));
        Self(bytes | (text.len() as u32) << Self::LEN)
    }

    #[inline]
    pub(super) fn bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        (self.0 >> Self::LEN & 3) as usize
    }

    #[inline]
    pub(super) fn is_slow(self) -> bool {
        self.0 & Self::SLOW != 0
    }
}

pub(super) struct Tables {
    short: Box<[Short; LONG]>,
    /// For each 64 characters of three bytes, where they stand in `wide`.
    pages: Box<[u16; 0x1_0000 / PAGE]>,
    /// The first page is that of characters that stay as they are, and is not read.
    wide: Box<[Wide]>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let nothing = Short(0);
    let mut short = Box::new([nothing; LONG]);
    for (code, entry) in short.iter_mut().enumerate() {
        *entry = char::from_u32(code as u32).map_or(nothing, Short::of);
    }
    let mut pages = Box::new([0; 0x1_0000 / PAGE]);
    let mut wide = vec![Wide(0); PAGE];
    for (number, page) in pages.iter_mut().enumerate().skip(LONG / PAGE) {
        let codes = number as u32 * PAGE as u32..(number as u32 + 1) * PAGE as u32;
        let letters = || codes.clone().filter_map(char::from_u32);
        if letters().any(|c| long(c).is_some()) {
            *page = (wide.len() / PAGE) as u16;
            wide.extend(letters().map(Wide::of));
            wide.resize(wide.len().next_multiple_of(PAGE), Wide(0));
        }
    }
    Tables { short, pages, wide: wide.into() }
});

pub(super) fn tables() -> &'static Tables {
    &TABLES
}

impl Tables {
    /// The character of two bytes that these are.
    #[inline]
    pub(super) fn short(&self, first: u8, second: u8) -> Short {
        self.short[(usize::from(first & 0x1f) << 6) | usize::from(second & 0x3f)]
    }

    /// The character of one byte or two that begins with these.
    #[inline]
    pub(super) fn short_or_ascii(&self, first: u8, second: u8) -> Short {
        // The leading bits of both bytes at once.
        let two = (usize::from(first) << 6) + usize::from(second);
        let two = two.wrapping_sub((0xc0 << 6) + 0x80) % LONG;
        self.short[if first < 0x80 { usize::from(first) } else { two }]
    }

    pub(super) fn is_cyrillic(&self, first: u8, second: u8) -> bool {
        first & 0xe0 == 0xc0 && second & 0xc0 == 0x80 && self.short(first, second).is_cyrillic()
    }

    /// The character of three bytes that these are; `None`: it stays as it is.
    #[inline]
    pub(super) fn wide(&self, bytes: [u8; 3]) -> Option<Wide> {
        let page = (usize::from(bytes[0] & 0xf) << 6) | usize::from(bytes[1] & 0x3f);
        let page = usize::from(self.pages[page]);
        (page > 0).then(|| self.wide[page * PAGE + usize::from(bytes[2] & 0x3f)])
    }

    /// How many bytes of the normal form come from `c`.
    #[inline]
    pub(super) fn width(&self, c: char) -> usize {
        let code = c as usize;
        if code < 0x80 {
            1
        } else if code < LONG {
            let entry = self.short[code];
            match entry.is_slow() {
                false => entry.len(),
                true if is_combining(c) => 0,
                true => short_text(c).0.len(),
            }
        } else if let Some(page) = self.pages.get(code / PAGE) {
            match self.wide.get(usize::from(*page) * PAGE + code % PAGE) {
                Some(entry) if *page > 0 && !entry.is_slow() => entry.len(),
                Some(_) if *page > 0 => long(c).map_or(3, |text| text.len()),
                _ => 3,
            }
        } else {
            long(c).map_or(4, |text| text.len())
        }
    }
}

/// A mark that stands behind the letter that it belongs to.
pub(super) fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Lower case, and a space for every control character.
#[inline]
pub(super) fn lower(b: u8) -> u8 {
    (b | (u8::from(b.wrapping_sub(b'A') < 26) << 5)).max(b' ')
}
