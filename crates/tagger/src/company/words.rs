//! A name of a company as words in normal form, each with its place in the original.

use std::borrow::Cow;

use super::lexicon::{self, Class};
use crate::han;

/// Bytes of one name or address that are read: whole paragraphs stand in name cells of real lists.
pub(super) const MAX_VALUE_BYTES: usize = 4_096;
/// Words of one name or address.
const MAX_WORDS: usize = 512;
/// The longest word in bytes: what is longer names nobody.
const MAX_WORD_BYTES: usize = 64;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// Lower case, in Latin letters without marks, singular; Han characters simplified.
    pub(super) text: Cow<'a, str>,
    /// Bytes of the original.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) class: Class,
    /// It begins with a small letter.
    pub(super) small: bool,
    /// It stands in brackets.
    pub(super) bracketed: bool,
    /// What stands between it and the next word holds a comma.
    pub(super) comma_follows: bool,
}

/// The words of `original`: letters and digits that stand together, initials with their dots
/// (`d.o.o.`, `B.G.I.`) as one, apostrophes inside (`Xi'an`) left out, runs of Han characters.
pub(super) fn words(original: &str) -> Vec<Word<'_>> {
    let original = cut(original, MAX_VALUE_BYTES);
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut depth = 0_u32;
    let mut rest = original.char_indices().peekable();
    while words.len() < MAX_WORDS
        && let Some((start, first)) = rest.next()
    {
        if !is_letter(first) {
            match first {
                '(' | '[' | '（' | '【' => depth += 1,
                ')' | ']' | '）' | '】' => depth = depth.saturating_sub(1),
                ',' | '，' => {
                    if let Some(last) = words.last_mut() {
                        last.comma_follows = true;
                    }
                }
                _ => {}
            }
            continue;
        }
        let mut end = start + first.len_utf8();
        let han = is_han(first);
        // Letters since the last dot: initials are single letters with dots between.
        let mut since_dot = 1;
        let mut dotted = false;
        while let Some(&(at, c)) = rest.peek() {
            let next = original[at + c.len_utf8()..].chars().next();
            let goes_on = match c {
                _ if han => is_han(c),
                _ if is_han(c) => false,
                _ if is_letter(c) => !dotted || since_dot == 0,
                '\'' | '’' | '`' | 'ʼ' | '\u{ad}' => next.is_some_and(is_letter),
                '.' => {
                    since_dot == 1
                        && next.is_some_and(|n| n.is_alphabetic() && !is_han(n))
                        && is_initial(&original[at + 1..])
                }
                _ => false,
            };
            if !goes_on {
                break;
            }
            rest.next();
            if c == '.' {
                (since_dot, dotted) = (0, true);
            } else if is_letter(c) {
                since_dot += 1;
            }
            end = at + c.len_utf8();
        }
        let piece = &original[start..end];
        if piece.len() > MAX_WORD_BYTES && !han {
            continue;
        }
        let text = normal(piece, han);
        let class = lexicon::class(&text);
        let (small, bracketed) = (first.is_lowercase(), depth > 0);
        words.push(Word { text, start, end, class, small, bracketed, comma_follows: false });
    }
    words
}

/// Whether `rest` begins with one letter that a dot or no letter follows.
fn is_initial(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next().is_some_and(char::is_alphabetic) && !chars.next().is_some_and(is_letter)
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}')
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// `text` up to `max` bytes, cut between characters.
fn cut(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

fn normal(piece: &str, han: bool) -> Cow<'_, str> {
    if han {
        return simplified(piece);
    }
    let is_plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let text = if piece.as_bytes().iter().all(is_plain) {
        Cow::Borrowed(piece)
    } else if piece.is_ascii() {
        let kept = piece.bytes().filter(u8::is_ascii_alphanumeric);
        Cow::Owned(kept.map(|b| char::from(b.to_ascii_lowercase())).collect())
    } else {
        Cow::Owned(crate::fold(piece).chars().filter(|c| c.is_alphanumeric()).collect())
    };
    known(text)
}

/// The form in which lists know the word: without the plural (industries and industry) and in full
/// (intl and international). Words that say whose name it is stay as they are.
fn known(text: Cow<'_, str>) -> Cow<'_, str> {
    if let Some(full) = lexicon::in_full(&text) {
        return Cow::Borrowed(full);
    }
    match singular(&text) {
        Some(singular) if lexicon::class(&singular) != Class::Own => singular.into_owned().into(),
        _ => text,
    }
}

/// Without the plural, if it has one.
pub(super) fn singular(text: &str) -> Option<Cow<'_, str>> {
    if text.len() < 5 || !text.is_ascii() || text.ends_with("ss") {
        return None;
    }
    let stem = text.strip_suffix('s')?;
    Some(match stem.strip_suffix("ie") {
        Some(stem) => Cow::Owned(format!("{stem}y")),
        None => Cow::Borrowed(stem),
    })
}

fn simplified(piece: &str) -> Cow<'_, str> {
    if piece.chars().all(|c| han::simplified(c) == c) {
        return Cow::Borrowed(piece);
    }
    Cow::Owned(piece.chars().map(han::simplified).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: &[&str]) {
        let words = words(name);
        let found: Vec<_> = words.iter().map(|w| w.text.as_ref()).collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn initials_apostrophes_and_plurals_are_brought_to_one_form() {
        check("Huawei Technologies Co.,Ltd.", &["huawei", "technology", "co", "ltd"]);
        check("Macchina Security d.o.o. Beograd", &["macchina", "security", "doo", "beograd"]);
        check("B.G.I. S.p.A.", &["bgi", "spa"]);
        check("Xi’an Aircraft", &["xian", "aircraft"]);
        check("Đại Hoa, Şirketi A.Ş.", &["djai", "hoa", "sirketi", "as"]);
        check("TP-Link/Omada", &["tp", "link", "omada"]);
        check("ХУАВЕЈ д.о.о.", &["huavej", "doo"]);
        check("深圳華為技術有限公司 Huawei", &["深圳华为技术有限公司", "huawei"]);
    }
}
