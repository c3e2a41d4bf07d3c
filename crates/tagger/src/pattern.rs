//! A name or word of a watchlist, taken apart into what is looked for.

use std::cell::RefCell;
use std::sync::Arc;

use crate::endings::{Tail, by_shape, class, is_acronym};
use crate::fold::Folded;
use crate::refused::PatternError;
use crate::{Endings, Text};

/// The longest name or word in bytes.
const MAX_BYTES: usize = 256;
/// The longest endings of a word with `*`, in letters.
const ANY_LETTERS: usize = 4;
/// Spaces that one space of a phrase may stand for.
const MAX_SPACES: usize = 3;

/// Which capitals the original must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Case {
    Any,
    /// A short name: its first letter is a capital.
    Capital,
    /// An acronym: capitals throughout.
    Capitals,
}

/// One word of a pattern in normal form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token {
    pub(crate) stem: Box<[u8]>,
    /// Places in `stem` of letters with a caron, acute or bar.
    pub(crate) marks: Box<[u8]>,
    pub(crate) tail: Tail,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pattern {
    pub(crate) tokens: Arc<[Token]>,
    pub(crate) case: Case,
    /// Found in Cyrillic text only: the letters that machine transliteration gives it there.
    pub(crate) cyrillic_only: bool,
    /// The sign that stands directly before it: `.DJI` is the index and no `DJI`.
    pub(crate) lead: Option<u8>,
}

impl Pattern {
    /// Nothing but the letters themselves decides.
    pub(crate) fn is_plain(&self) -> bool {
        self.case == Case::Any && !self.cyrillic_only && self.lead.is_none()
    }
}

/// Where a pattern was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) end: usize,
    /// A mark of the pattern is missing in the text: `cvoriste` for `čvorište`.
    pub(crate) bare: bool,
}

/// The patterns of a name: endings by `endings`, or by shape.
pub(crate) fn name(text: &str, endings: Option<Endings>) -> Result<Vec<Pattern>, PatternError> {
    if text.contains('*') {
        return Err(PatternError::StarInName);
    }
    patterns(text, true, endings)
}

/// The patterns of a word or phrase: as written, or with `*` for up to four letters.
pub(crate) fn word(text: &str) -> Result<Vec<Pattern>, PatternError> {
    patterns(text, false, None)
}

thread_local! {
    /// Used again for the next name.
    static FOLDED: RefCell<Folded> = RefCell::default();
}

fn patterns(
    text: &str,
    is_name: bool,
    endings: Option<Endings>,
) -> Result<Vec<Pattern>, PatternError> {
    if text.len() > MAX_BYTES {
        return Err(PatternError::TooLong { bytes: text.len(), max: MAX_BYTES });
    }
    let lead = lead_of(text).filter(|_| !is_name);
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() && !"*+&.#".contains(c));
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let whole = Text { title: Some(text), ..Text::default() };
    let mut folded = FOLDED.take();
    folded.read(&whole);
    let normal = folded.text();
    let mut tokens = Vec::with_capacity(2);
    let mut at = 0;
    while at < normal.len() {
        let end = normal[at..]
            .iter()
            .position(|b| matches!(b, b' ' | b'-'))
            .map_or(normal.len(), |n| at + n);
        if end > at {
            let glued = normal.get(end) == Some(&b'-') && end + 1 < normal.len();
            // ASCII is as long in normal form as it is written.
            let shown = if text.is_ascii() {
                &text[at..end]
            } else {
                let place = folded.place(&whole, at, end);
                text.get(place.start..place.end).unwrap_or_default()
            };
            let marks = folded.marks(at, end).map(|m| m as u8).collect();
            let is_last = end == normal.len();
            let declared = endings.filter(|_| is_last).map(Tail::from);
            tokens.push(token(&normal[at..end], marks, shown, glued, is_name, declared)?);
        }
        at = end + 1;
    }
    let letters_of = |token: &Token| {
        let stem = std::str::from_utf8(&token.stem).unwrap_or_default();
        stem.chars().filter(|c| c.is_alphanumeric()).count()
    };
    let letters: usize = tokens.iter().map(letters_of).sum();
    match letters {
        0 => return Err(PatternError::Nothing),
        1 => return Err(PatternError::OneLetter),
        _ => {}
    }
    let case = case_of(text, tokens.len(), is_name);
    let mut found = Vec::with_capacity(1);
    let is_ascii = normal.is_ascii();
    FOLDED.set(folded);
    if !is_ascii {
        let other = crate::han::traditional(text);
        if other != text {
            found.extend(patterns(&other, is_name, endings)?);
        }
    }
    let pattern = Pattern { tokens: tokens.into(), case, cyrillic_only: false, lead };
    found.extend(transliterated(&pattern, is_name));
    found.extend(fleeting(&pattern).filter(|_| is_name));
    found.extend(without_double_i(&pattern).filter(|_| is_name));
    found.push(pattern);
    Ok(found)
}

fn token(
    normal: &[u8],
    marks: Box<[u8]>,
    shown: &str,
    glued: bool,
    is_name: bool,
    declared: Option<Tail>,
) -> Result<Token, PatternError> {
    let (stem, starred) = match normal.strip_suffix(b"*") {
        Some(stem) => (stem, true),
        None => (normal, false),
    };
    if stem.contains(&b'*') {
        return Err(PatternError::StarInside);
    }
    if stem.is_empty() {
        return Err(PatternError::Nothing);
    }
    let by_use = if is_name {
        by_shape(shown)
    } else if is_acronym(shown) {
        Tail::Acronym
    } else {
        Tail::Exact
    };
    let tail = match declared.unwrap_or(by_use) {
        _ if stem.last().is_some_and(|b| *b >= 0x80) => Tail::Open,
        _ if starred => Tail::Any,
        _ if glued => Tail::Glue,
        // The -a that the cases replace.
        Tail::Feminine if !stem.ends_with(b"a") || stem.len() < 3 => Tail::ForeignJ,
        Tail::InO if !stem.ends_with(b"o") => Tail::ForeignJ,
        tail => tail,
    };
    let stem =
        if matches!(tail, Tail::Feminine | Tail::InO) { &stem[..stem.len() - 1] } else { stem };
    Ok(Token { stem: stem.into(), marks, tail })
}

/// The sign that a word of a list begins with, where it means something: `.DJI`, `^DJI`, `$NIO`.
fn lead_of(text: &str) -> Option<u8> {
    let mut bytes = text.bytes();
    let sign = bytes.next().filter(|b| b".^$#@".contains(b))?;
    bytes.next().is_some_and(|b| b.is_ascii_alphanumeric()).then_some(sign)
}

/// Short names are written with a capital, acronyms in capitals; `temu` is no shop.
fn case_of(text: &str, words: usize, is_name: bool) -> Case {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if words != 1 {
        Case::Any
    } else if is_acronym(text) {
        Case::Capitals
    } else if is_name && letters <= 5 && text.chars().next().is_some_and(char::is_uppercase) {
        Case::Capital
    } else {
        Case::Any
    }
}

/// How machine transliteration writes a name with letters that Serbian lacks.
fn transliterated(pattern: &Pattern, is_name: bool) -> Option<Pattern> {
    // An acronym is spelled letter by letter, and short words would become others: `BYD`, `by`.
    let with_y = is_name && pattern.case == Case::Any;
    let foreign = |b: &u8| matches!(b, b'w' | b'x' | b'q') || (with_y && *b == b'y');
    if !pattern.tokens.iter().any(|t| t.stem.iter().any(foreign)) {
        return None;
    }
    let tokens = pattern.tokens.iter().map(|token| {
        let mut stem: Vec<u8> = Vec::with_capacity(token.stem.len() + 2);
        for &b in &token.stem {
            let after_vowel = stem.last().is_some_and(|b| b"aeiou".contains(b));
            match b {
                b'w' => stem.push(b'v'),
                b'q' => stem.push(b'k'),
                b'x' => stem.extend_from_slice(b"ks"),
                b'y' if with_y => stem.push(if after_vowel { b'j' } else { b'i' }),
                b => stem.push(b),
            }
        }
        // A mark behind an x would have moved; names with both do not occur.
        let marks = if stem.len() == token.stem.len() { token.marks.clone() } else { [].into() };
        Token { stem: stem.into(), marks, tail: token.tail }
    });
    Some(Pattern { tokens: tokens.collect(), cyrillic_only: true, ..pattern.clone() })
}

/// The stem of the cases of a name in -ii: Megvija, Megvijev.
fn without_double_i(pattern: &Pattern) -> Option<Pattern> {
    let last = pattern.tokens.last()?;
    let stem = last.stem.strip_suffix(b"i").filter(|stem| stem.ends_with(b"i"))?;
    if last.tail != Tail::ForeignJ || stem.len() < 5 {
        return None;
    }
    let mut tokens = pattern.tokens.to_vec();
    let n = tokens.len() - 1;
    tokens[n].stem = stem.into();
    Some(Pattern { tokens: tokens.into(), ..pattern.clone() })
}

/// The stem of the cases of Aleksandar and Kragujevac: Aleksandra, Kragujevcu.
fn fleeting(pattern: &Pattern) -> Option<Pattern> {
    let loses = |token: &Token| {
        let n = token.stem.len();
        n >= 5
            && token.tail == Tail::Masculine
            && (token.stem.ends_with(b"ar") || token.stem.ends_with(b"ac"))
            && !token.marks.iter().any(|&mark| usize::from(mark) == n - 1)
    };
    if !pattern.tokens.iter().any(loses) {
        return None;
    }
    let tokens = pattern.tokens.iter().map(|token| {
        let mut token = token.clone();
        if loses(&token) {
            let mut stem = token.stem.to_vec();
            stem.remove(stem.len() - 2);
            token.stem = stem.into();
        }
        token
    });
    Some(Pattern { tokens: tokens.collect(), ..pattern.clone() })
}

/// Looks for `tokens` at `at`, where a word starts; `text` has its padding.
pub(crate) fn find(tokens: &[Token], folded: &Folded, at: usize) -> Option<Found> {
    let text = folded.padded();
    let mut at = at;
    let mut bare = false;
    for (n, token) in tokens.iter().enumerate() {
        if n > 0 {
            at = gap(text, at, tokens[n - 1].tail)?;
        }
        let found = token_at(token, folded, at)?;
        bare |= found.bare;
        at = found.end;
    }
    Some(Found { end: at, bare })
}

/// Looks for one word of a pattern at `at`.
#[inline]
pub(crate) fn token_at(token: &Token, folded: &Folded, at: usize) -> Option<Found> {
    let text = folded.padded();
    let stem_end = at + token.stem.len();
    if text.get(at..stem_end)? != &*token.stem {
        return None;
    }
    let end = tail_end(text, stem_end, token.tail)?;
    let mut bare = false;
    if folded.has_marks() || !token.marks.is_empty() {
        let limit = if token.tail == Tail::Any { stem_end } else { end };
        let mut seen = 0;
        for mark in folded.marks(at, limit) {
            if !token.marks.iter().any(|&m| usize::from(m) == mark) {
                return None;
            }
            seen += 1;
        }
        bare = seen < token.marks.len();
    }
    Some(Found { end, bare })
}

/// Where a word whose stem ends at `at` ends, if its ending is right.
#[inline]
pub(crate) fn tail_end(text: &[u8], at: usize, tail: Tail) -> Option<usize> {
    let is_letter = |b: &u8| b.is_ascii_alphabetic();
    match tail {
        Tail::Open | Tail::Glue => Some(at),
        Tail::Exact => (!text.get(at)?.is_ascii_alphanumeric()).then_some(at),
        Tail::Any => {
            let n = text.get(at..)?.iter().take(ANY_LETTERS).take_while(|b| is_letter(b)).count();
            (!text.get(at + n)?.is_ascii_alphanumeric()).then_some(at + n)
        }
        _ => class(tail)?.end(text, at),
    }
}

/// What may stand between two words of a pattern: spaces or a hyphen; where the pattern has a
/// hyphen, nothing as well.
pub(crate) fn gap(text: &[u8], at: usize, before: Tail) -> Option<usize> {
    let ahead = text.get(at..)?;
    let spaces = |ahead: &[u8]| ahead.iter().take(MAX_SPACES).take_while(|b| **b == b' ').count();
    let first = spaces(ahead);
    if ahead.get(first) == Some(&b'-') {
        return Some(at + first + 1 + spaces(&ahead[first + 1..]));
    }
    (first > 0 || matches!(before, Tail::Glue | Tail::Open)).then_some(at + first)
}
