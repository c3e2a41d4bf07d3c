//! Stems by their first bytes.

use crate::endings::Tail;
use crate::pattern::Token;

/// The first bytes of one stem, compared eight at once, and what says most often no behind them:
/// all in one place, because what is elsewhere is not in the cache.
#[derive(Clone, Copy)]
pub(super) struct Stem {
    /// The first eight bytes, the first one lowest, zeros behind them.
    head: u64,
    /// The eight behind them.
    next: u64,
    /// What the stem leads to.
    pub(super) to: u32,
    /// Bytes of the stem.
    pub(super) len: u16,
    pub(super) tail: Tail,
    /// Some letter of the stem has a mark.
    pub(super) marked: bool,
}

/// How many bytes of a stem are compared here.
pub(super) const COMPARED: usize = 16;
/// More stems than this are searched, fewer are tried.
const FEW: usize = 12;

impl Stem {
    pub(super) fn new(token: &Token, to: u32) -> Self {
        let stem = &token.stem;
        let mut bytes = [0; COMPARED + 8];
        let len = stem.len().min(COMPARED);
        bytes[..len].copy_from_slice(&stem[..len]);
        Self {
            head: word_at(&bytes, 0),
            next: word_at(&bytes, 8),
            to,
            len: stem.len() as u16,
            tail: token.tail,
            marked: !token.marks.is_empty(),
        }
    }

    /// In the order of the bytes.
    fn key(&self) -> (u64, u64) {
        (self.head.swap_bytes(), self.mask().swap_bytes())
    }

    #[inline]
    fn mask(&self) -> u64 {
        mask(usize::from(self.len))
    }

    /// Whether the bytes behind the first eight are those of `text` at `at`.
    #[inline]
    fn goes_on(&self, text: &[u8], at: usize) -> bool {
        let len = usize::from(self.len);
        len <= 8 || word_at(text, at + 8) & mask(len - 8) == self.next
    }
}

/// The first `bytes` bytes of a word.
#[inline]
fn mask(bytes: usize) -> u64 {
    u64::MAX >> (64 - 8 * bytes.min(8))
}

/// The eight bytes at `at`, the first one lowest.
#[inline]
pub(super) fn word_at(text: &[u8], at: usize) -> u64 {
    text.get(at..).and_then(|ahead| ahead.first_chunk()).map_or(0, |c| u64::from_le_bytes(*c))
}

pub(super) fn sort(stems: &mut [Stem]) {
    stems.sort_unstable_by_key(|stem| (stem.key(), stem.to));
}

/// Calls `then` for those of the sorted `stems` whose first sixteen bytes stand at `at`, where
/// `word` is.
#[inline]
pub(super) fn matching(
    stems: &[Stem],
    text: &[u8],
    at: usize,
    word: u64,
    mut then: impl FnMut(&Stem),
) {
    if stems.len() <= FEW {
        for stem in stems {
            if word & stem.mask() == stem.head && stem.goes_on(text, at) {
                then(stem);
            }
        }
        return;
    }
    for bytes in 1..=8 {
        let mask = mask(bytes);
        let key = ((word & mask).swap_bytes(), mask.swap_bytes());
        let first = stems.partition_point(|stem| stem.key() < key);
        for stem in stems[first..].iter().take_while(|stem| stem.key() == key) {
            if stem.goes_on(text, at) {
                then(stem);
            }
        }
    }
}

/// Stems that share a number of bytes at least, by a hash of these.
pub(super) struct Layer {
    mask: u64,
    /// Two bits in one word for each stem: says no to nearly every word of a text. It is kept
    /// small, because every word of a text is looked up in it, and the nearest cache is small.
    filter: Box<[u64; FILTER_WORDS]>,
    /// Of a small filter only a part is used.
    filter_mask: usize,
    /// Where the stems of each hash begin; one more at the end.
    starts: Box<[u32]>,
    starts_shift: u32,
    stems: Box<[Stem]>,
}

/// Words of the largest filter: 32 KiB.
const FILTER_WORDS: usize = 1 << FILTER_BITS;
const FILTER_BITS: u32 = 12;

#[inline]
fn hash(key: u64) -> u64 {
    key.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Two bits that a key has in its word of the filter; which word is said by the highest bits.
#[inline]
fn bits(hash: u64) -> u64 {
    (1 << (hash >> 32 & 63)) | (1 << (hash >> 38 & 63))
}

/// The word of the filter that `hash` is looked up in.
#[inline]
fn word_of(hash: u64, filter_mask: usize) -> usize {
    (hash >> (64 - FILTER_BITS)) as usize & filter_mask
}

impl Layer {
    /// Every one of `stems` has `bytes` bytes.
    pub(super) fn new(bytes: usize, mut stems: Vec<Stem>) -> Self {
        let mask = mask(bytes);
        let size = stems.len().next_power_of_two().trailing_zeros();
        let filter_mask = (1 << size.saturating_sub(2).min(FILTER_BITS)) - 1;
        let starts_shift = 64 - size.clamp(1, 24);
        let hash = |stem: &Stem| hash(stem.head & mask);
        stems.sort_by_cached_key(|s| (hash(s) >> starts_shift, s.key(), s.to));
        let mut filter = Box::new([0; FILTER_WORDS]);
        let mut starts = vec![0_u32; (1 << (64 - starts_shift)) + 1];
        for stem in &stems {
            let hash = hash(stem);
            filter[word_of(hash, filter_mask)] |= bits(hash);
            starts[(hash >> starts_shift) as usize + 1] += 1;
        }
        for n in 1..starts.len() {
            starts[n] += starts[n - 1];
        }
        Self { mask, filter, filter_mask, starts: starts.into(), starts_shift, stems: stems.into() }
    }

    /// Whether some stem may begin as `word` does.
    #[inline]
    pub(super) fn may_have(&self, word: u64) -> bool {
        let hash = hash(word & self.mask);
        !self.filter[word_of(hash, self.filter_mask)] & bits(hash) == 0
    }

    #[inline]
    pub(super) fn matching(&self, text: &[u8], at: usize, word: u64, then: impl FnMut(&Stem)) {
        let hash = (hash(word & self.mask) >> self.starts_shift) as usize;
        let stems = &self.stems[self.starts[hash] as usize..self.starts[hash + 1] as usize];
        matching(stems, text, at, word, then);
    }
}

/// One bit for each three letters that a shorter stem may begin.
pub(super) struct Short(Box<[u32; 1 << 10]>);

impl Short {
    /// Five bits tell letters apart; digits look like some of them.
    pub(super) fn of<'a>(stems: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut bits = Box::new([0; 1 << 10]);
        for stem in stems {
            let code = |n: usize| stem.get(n).map(|b| usize::from(b & 31));
            let all = |n: usize| code(n).map_or(0..32, |code| code..code + 1);
            for first in all(0) {
                for second in all(1) {
                    for third in all(2) {
                        bits[(first << 5) | second] |= 1 << third;
                    }
                }
            }
        }
        Self(bits)
    }

    #[inline]
    pub(super) fn may_have(&self, word: u64) -> bool {
        let two = ((word & 31) << 5) | (word >> 8 & 31);
        self.0[two as usize] >> (word >> 16 & 31) & 1 != 0
    }
}
