//! The words of one segment: what is one, and what is an id, a date or the name of a program.

use std::ops::Range;

use super::Piece;

/// Endings of files.
const ENDINGS: &[&str] = &[
    "amp", "asp", "aspx", "cfm", "cgi", "cms", "do", "ece", "htm", "html", "jhtml", "jsp", "jspx",
    "md", "pdf", "php", "php3", "php5", "phtml", "pl", "shtml", "stm", "xhtml", "xml",
];
/// Those of programs: with a query, the name says what runs and not what is told.
const PROGRAMS: &[&str] = &["asp", "aspx", "cfm", "cgi", "do", "jsp", "jspx", "php", "php5", "pl"];
/// Single words that say where something stands, not what it is about.
const PLACES: &[&str] = &[
    "amp",
    "archive",
    "article",
    "articles",
    "articleshow",
    "blog",
    "clanak",
    "clanci",
    "content",
    "default",
    "detail",
    "details",
    "home",
    "index",
    "item",
    "liveblog",
    "main",
    "najnovije",
    "news",
    "node",
    "page",
    "post",
    "posts",
    "press",
    "print",
    "read",
    "story",
    "tekst",
    "vest",
    "vesti",
    "vijest",
    "vijesti",
    "view",
];
/// Digits that are an id, at either end of a headline and within it.
const ID_DIGITS: usize = 4;
const INNER_ID_DIGITS: usize = 6;
/// The shortest run of hexadecimal digits that is a hash, and the longest word there is.
const HASH: usize = 8;
const LONGEST: usize = 40;
/// Changes between letters and digits, or from a small letter to a capital, that no word has.
const CHANGES: usize = 3;

/// The words of a segment. `last`: of the address, where a file may end; `has_query`: behind it.
pub(super) fn words(
    address: &str,
    segment: Range<usize>,
    last: bool,
    has_query: bool,
) -> Vec<Piece> {
    let Some(mut pieces) = pieces(address, segment) else { return Vec::new() };
    if last && pieces.len() > 1 {
        let ending = pieces.last().filter(|piece| follows_dot(address, piece));
        let ending = ending.map(|piece| piece.text.to_lowercase()).unwrap_or_default();
        if has_query && PROGRAMS.contains(&ending.as_str()) {
            return Vec::new();
        }
        if ENDINGS.contains(&ending.as_str()) {
            pieces.pop();
        }
    }
    // A UUID is letters in part: as a whole it is an id.
    let is_hex = |piece: &Piece| piece.text.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = pieces.iter().any(|piece| piece.text.bytes().any(|b| b.is_ascii_digit()));
    if digits && pieces.iter().all(is_hex) {
        return Vec::new();
    }
    let first = pieces.iter().position(|piece| !is_id(&piece.text, ID_DIGITS));
    let Some(first) = first else { return Vec::new() };
    let end = pieces.iter().rposition(|piece| !is_id(&piece.text, ID_DIGITS)).unwrap_or(first);
    let mut words: Vec<Piece> = pieces.drain(first..=end).collect();
    words.retain(|piece| !is_id(&piece.text, INNER_ID_DIGITS));
    // What is left of a date, and numbers alone.
    if first > 0 {
        let dated = words.iter().take_while(|piece| is_number(&piece.text)).count();
        words.drain(..dated);
    }
    let letters = words.iter().flat_map(|piece| piece.text.chars()).filter(|c| c.is_alphabetic());
    let is_place = |piece: &Piece| PLACES.contains(&piece.text.to_lowercase().as_str());
    if letters.count() < 3 || words.iter().all(is_place) {
        return Vec::new();
    }
    words
}

/// Decodes a segment and cuts it where no letter stands; `None` when it is not UTF-8.
fn pieces(address: &str, segment: Range<usize>) -> Option<Vec<Piece>> {
    let (bytes, places) = decode(address.as_bytes(), segment);
    let text = std::str::from_utf8(&bytes).ok()?;
    let mut pieces = Vec::new();
    let mut piece = Piece::default();
    for (at, c) in text.char_indices() {
        let place = |at: usize| u32::try_from(places[at]).unwrap_or(u32::MAX);
        if is_letter(c) {
            if piece.text.is_empty() {
                piece.original.push(place(at));
            }
            piece.text.push(c);
            piece.original.push(place(at + c.len_utf8()));
        } else if !piece.text.is_empty() {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    if !piece.text.is_empty() {
        pieces.push(piece);
    }
    Some(pieces)
}

/// The bytes of `segment` with percent signs decoded, and where each stood and the last one ended.
pub(super) fn decode(raw: &[u8], segment: Range<usize>) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut places = Vec::with_capacity(segment.len() + 1);
    let mut at = segment.start;
    while at < segment.end {
        places.push(at);
        let hex = |n: usize| {
            let digit = raw.get(at + n).filter(|_| at + n < segment.end)?;
            char::from(*digit).to_digit(16)
        };
        match (raw[at], hex(1), hex(2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 3;
            }
            (byte, ..) => {
                bytes.push(byte);
                at += 1;
            }
        }
    }
    places.push(segment.end);
    (bytes, places)
}

/// Part of a word: a letter or digit, or a mark on one.
pub(super) fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c)
}

fn follows_dot(address: &str, piece: &Piece) -> bool {
    let start = piece.original.first().map_or(0, |start| *start as usize);
    start > 0 && address.as_bytes().get(start - 1) == Some(&b'.')
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// Whether no reader would call it a word: a long number, a hash, letters and digits at random.
fn is_id(word: &str, digits: usize) -> bool {
    let length = word.chars().count();
    if is_number(word) {
        return length >= digits;
    }
    let has_digit = word.bytes().any(|b| b.is_ascii_digit());
    let hash = has_digit && length >= HASH && word.bytes().all(|b| b.is_ascii_hexdigit());
    let chars: Vec<char> = word.chars().collect();
    let changes = chars.windows(2).filter(|pair| {
        let (a, b) = (pair[0], pair[1]);
        a.is_ascii_digit() != b.is_ascii_digit() || (a.is_lowercase() && b.is_uppercase())
    });
    hash || length > LONGEST || changes.count() >= CHANGES
}
