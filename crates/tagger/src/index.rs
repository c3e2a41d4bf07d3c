//! Finds where patterns occur, in one pass over the normal form.
//!
//! An automaton touches every byte; names begin where words begin. So only word starts are looked
//! at, and of them only those whose first letters begin some pattern: a few bits in small tables
//! say no to nearly all of them. Scripts without spaces are looked up at every character.

mod starts;
mod stems;

use std::collections::HashMap;
use std::ops::Range;

use self::stems::{COMPARED, Layer, Short, Stem, word_at};
use crate::fold::Folded;
use crate::pattern::{Found, Pattern, Token, find, gap, tail_end, token_at};

/// Bytes whose word starts are found at once.
const BLOCK: usize = 64;
/// Bytes whose candidates are gathered before they are looked at, so that neither work waits for
/// the other.
const CHUNK: usize = 16 * BLOCK;

/// Set where a stem leads to the only pattern that begins with it, not to a head.
const ONLY: u32 = 1 << 31;

/// All patterns of all rules.
pub(crate) struct Index {
    patterns: Vec<Pattern>,
    heads: Vec<Head>,
    /// Patterns that are no longer than their heads.
    alone: Vec<u32>,
    /// The second words of the others.
    seconds: Vec<Stem>,
    words: Words,
    characters: Characters,
}

/// What patterns begin with: the same first word is looked for once.
struct Head {
    /// One of the patterns that begin with it.
    pattern: u32,
    alone: Range<u32>,
    seconds: Range<u32>,
}

/// What begins where words begin: stems of eight bytes and more, of six, of four, and shorter ones.
struct Words {
    layers: [Layer; 3],
    short: Short,
    /// Stems of three, two and one bytes.
    shorter: [Layer; 3],
}

impl Words {
    #[inline]
    fn may_have(&self, word: u64) -> bool {
        let [eight, six, four] = self.layers.each_ref().map(|layer| layer.may_have(word));
        eight | six | four | self.short.may_have(word)
    }
}

impl Characters {
    #[inline]
    fn may_have(&self, word: u64) -> bool {
        let [eight, six, two] = self.layers.each_ref().map(|layer| layer.may_have(word));
        eight | six | two
    }
}

/// What begins where any character begins: two ideographs and a part of the third, two, less.
struct Characters {
    layers: [Layer; 3],
}

impl Index {
    pub(crate) fn new(patterns: Vec<Pattern>) -> Self {
        let mut numbers: HashMap<&Token, u32> = HashMap::with_capacity(patterns.len());
        let mut firsts: Vec<(u32, u32)> = Vec::with_capacity(patterns.len());
        for (n, pattern) in patterns.iter().enumerate() {
            let next = numbers.len() as u32;
            firsts.push((*numbers.entry(&pattern.tokens[0]).or_insert(next), n as u32));
        }
        firsts.sort_unstable();
        let (mut heads, mut alone, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
        let mut leads = Vec::new();
        for same in firsts.chunk_by(|a, b| a.0 == b.0) {
            if let [(_, pattern)] = *same
                && patterns[pattern as usize].tokens.len() == 1
            {
                leads.push((pattern, ONLY | pattern));
                continue;
            }
            let (alone_from, seconds_from) = (alone.len(), seconds.len());
            for &(_, pattern) in same {
                match patterns[pattern as usize].tokens.get(1) {
                    Some(second) => seconds.push(Stem::new(second, pattern)),
                    None => alone.push(pattern),
                }
            }
            stems::sort(&mut seconds[seconds_from..]);
            leads.push((same[0].1, heads.len() as u32));
            heads.push(Head {
                pattern: same[0].1,
                alone: alone_from as u32..alone.len() as u32,
                seconds: seconds_from as u32..seconds.len() as u32,
            });
        }
        let first = |pattern: u32| &patterns[pattern as usize].tokens[0];
        let of = |is_word: bool, sizes: Range<usize>| {
            let fits = |token: &Token| {
                token.stem[0].is_ascii() == is_word && sizes.contains(&token.stem.len())
            };
            let fitting = leads.iter().map(|&(pattern, to)| (first(pattern), to));
            let stems = fitting.filter(|(token, _)| fits(token)).map(|(t, to)| Stem::new(t, to));
            Layer::new(sizes.start, stems.collect())
        };
        let all = usize::MAX;
        let words = Words {
            layers: [of(true, 8..all), of(true, 6..8), of(true, 4..6)],
            short: Short::of(
                leads.iter().map(|l| &*first(l.0).stem).filter(|s| s[0] < 0x80 && s.len() < 4),
            ),
            shorter: [of(true, 3..4), of(true, 2..3), of(true, 1..2)],
        };
        let characters =
            Characters { layers: [of(false, 8..all), of(false, 6..8), of(false, 2..6)] };
        Self { heads, alone, seconds, words, characters, patterns }
    }

    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Calls `hit` with pattern, start and end of everything that is found, until it says stop.
    ///
    /// What begins in the same kilobyte is found all the same: so what is found does not depend on
    /// the order of the patterns.
    pub(crate) fn scan(&self, folded: &Folded, mut hit: impl FnMut(u32, usize, Found) -> bool) {
        let text = folded.padded();
        let mut candidates = [0; CHUNK];
        let mut before = 0;
        for chunk_at in (0..folded.text().len()).step_by(CHUNK) {
            let mut count = 0;
            for block in text[chunk_at..].chunks_exact(BLOCK).take(CHUNK / BLOCK).enumerate() {
                let (Some(bytes), block_at) = (block.1.first_chunk(), chunk_at + block.0 * BLOCK)
                else {
                    break;
                };
                let (words, mut leads) = starts::classes(bytes);
                let mut starts = words & !(words << 1 | before);
                before = words >> (BLOCK - 1);
                while starts != 0 {
                    let at = block_at + starts.trailing_zeros() as usize;
                    starts &= starts - 1;
                    candidates[count % CHUNK] = at;
                    count += usize::from(self.words.may_have(word_at(text, at)));
                }
                while leads != 0 {
                    let at = block_at + leads.trailing_zeros() as usize;
                    leads &= leads - 1;
                    candidates[count % CHUNK] = at;
                    count += usize::from(self.characters.may_have(word_at(text, at)));
                }
            }
            let mut go_on = true;
            for &at in &candidates[..count.min(CHUNK)] {
                let word = word_at(text, at);
                let (layers, shorter) = match text[at] < 0x80 {
                    true => (&self.words.layers, &self.words.shorter[..]),
                    false => (&self.characters.layers, &[][..]),
                };
                for layer in layers.iter().chain(shorter).filter(|layer| layer.may_have(word)) {
                    go_on &= self.look(layer, folded, at, word, &mut hit);
                }
            }
            if !go_on {
                return;
            }
        }
    }

    /// Calls `hit` with what the stems of `layer` begin at `at`, and says whether to go on.
    fn look(
        &self,
        layer: &Layer,
        folded: &Folded,
        at: usize,
        word: u64,
        hit: &mut impl FnMut(u32, usize, Found) -> bool,
    ) -> bool {
        let mut go_on = true;
        layer.matching(folded.padded(), at, word, |stem| {
            if let Some(first) = self.first(stem, folded, at) {
                self.complete(stem, folded, first, |pattern, found| {
                    go_on &= hit(pattern, at, found);
                });
            }
        });
        go_on
    }

    /// The word that begins with `stem` at `at`, if its ending and its marks are right.
    #[inline]
    fn first(&self, stem: &Stem, folded: &Folded, at: usize) -> Option<Found> {
        let len = usize::from(stem.len);
        if len <= COMPARED {
            let end = tail_end(folded.padded(), at + len, stem.tail)?;
            if !stem.marked && folded.marks(at, end).next().is_none() {
                return Some(Found { end, bare: false });
            }
        }
        let pattern = if stem.to & ONLY == 0 {
            self.heads[stem.to as usize].pattern
        } else {
            stem.to & !ONLY
        };
        token_at(&self.patterns[pattern as usize].tokens[0], folded, at)
    }

    /// Calls `then` with the patterns that begin with what was found first.
    fn complete(
        &self,
        stem: &Stem,
        folded: &Folded,
        first: Found,
        mut then: impl FnMut(u32, Found),
    ) {
        if stem.to & ONLY != 0 {
            then(stem.to & !ONLY, first);
            return;
        }
        let head = &self.heads[stem.to as usize];
        for &pattern in &self.alone[head.alone.start as usize..head.alone.end as usize] {
            then(pattern, first);
        }
        let seconds = &self.seconds[head.seconds.start as usize..head.seconds.end as usize];
        if seconds.is_empty() {
            return;
        }
        let text = folded.padded();
        let Some(at) = gap(text, first.end, stem.tail) else { return };
        stems::matching(seconds, text, at, word_at(text, at), |second| {
            let tokens = &self.patterns[second.to as usize].tokens;
            if let Some(rest) = find(&tokens[1..], folded, at) {
                then(second.to, Found { end: rest.end, bare: first.bare | rest.bare });
            }
        });
    }
}

#[cfg(test)]
mod tests;
