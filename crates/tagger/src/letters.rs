//! What one letter becomes in the normal form.

use unicode_normalization::UnicodeNormalization;

/// No letter is marked.
pub(crate) const NO_MARK: u8 = u8::MAX;

/// What a character of at most two bytes becomes, and which letter of that is marked.
pub(crate) fn short_text(c: char) -> (String, u8) {
    match c {
        '\u{ad}' | '\u{300}'..='\u{36f}' => (String::new(), NO_MARK),
        '\u{a0}' | '\u{80}'..='\u{9f}' => (" ".into(), NO_MARK),
        '«' | '»' => ("\"".into(), NO_MARK),
        '\u{2bc}' | '\u{2b9}' | '´' => ("'".into(), NO_MARK),
        '\u{400}'..='\u{52f}' => cyrillic(c),
        _ => latin(c),
    }
}

/// Serbian, Macedonian, Russian and Ukrainian letters in the Latin letters of Serbian.
fn cyrillic(c: char) -> (String, u8) {
    let lower = c.to_lowercase().next().unwrap_or(c);
    let (text, mark) = match lower {
        'а' => ("a", NO_MARK),
        'б' => ("b", NO_MARK),
        'в' => ("v", NO_MARK),
        'г' | 'ґ' => ("g", NO_MARK),
        'д' => ("d", NO_MARK),
        'ђ' => ("dj", 0),
        'е' | 'э' | 'ѐ' => ("e", NO_MARK),
        'ж' => ("z", 0),
        'з' => ("z", NO_MARK),
        'и' | 'ѝ' | 'і' | 'ы' => ("i", NO_MARK),
        'ј' | 'й' => ("j", NO_MARK),
        'к' => ("k", NO_MARK),
        'л' => ("l", NO_MARK),
        'љ' => ("lj", NO_MARK),
        'м' => ("m", NO_MARK),
        'н' => ("n", NO_MARK),
        'њ' => ("nj", NO_MARK),
        'о' => ("o", NO_MARK),
        'п' => ("p", NO_MARK),
        'р' => ("r", NO_MARK),
        'с' => ("s", NO_MARK),
        'т' => ("t", NO_MARK),
        'ћ' | 'ч' => ("c", 0),
        'ќ' => ("kj", NO_MARK),
        'ѓ' => ("gj", NO_MARK),
        'ѕ' => ("dz", NO_MARK),
        'у' | 'ў' => ("u", NO_MARK),
        'ф' => ("f", NO_MARK),
        'х' => ("h", NO_MARK),
        'ц' => ("c", NO_MARK),
        'џ' => ("dz", 1),
        'ш' => ("s", 0),
        'щ' => ("sc", 0),
        'ъ' | 'ь' => ("", NO_MARK),
        'ю' => ("ju", NO_MARK),
        'я' => ("ja", NO_MARK),
        'ё' => ("jo", NO_MARK),
        'є' => ("je", NO_MARK),
        'ї' => ("ji", NO_MARK),
        _ => return latin(c),
    };
    (text.into(), mark)
}

fn latin(c: char) -> (String, u8) {
    let lower = c.to_lowercase().next().unwrap_or(c);
    match lower {
        'č' | 'ć' => ("c".into(), 0),
        'š' => ("s".into(), 0),
        'ž' => ("z".into(), 0),
        // The Icelandic letter looks the same as a capital, and is often typed for it.
        'đ' | 'ð' => ("dj".into(), 0),
        'ǆ' => ("dz".into(), 1),
        'ǉ' => ("lj".into(), NO_MARK),
        'ǌ' => ("nj".into(), NO_MARK),
        'ø' => ("o".into(), NO_MARK),
        'ł' => ("l".into(), NO_MARK),
        'ı' => ("i".into(), NO_MARK),
        'ß' => ("ss".into(), NO_MARK),
        'æ' => ("ae".into(), NO_MARK),
        'œ' => ("oe".into(), NO_MARK),
        _ => (plain(c), NO_MARK),
    }
}

/// Lower case without combining marks, in letters that need no further change.
fn plain(c: char) -> String {
    let mut stripped = String::new();
    for part in c.to_lowercase().nfd() {
        if unicode_normalization::char::is_combining_mark(part) {
            continue;
        }
        if part == c || part.len_utf8() > 2 {
            stripped.push(part);
        } else {
            stripped.push_str(&short_text(part).0);
        }
    }
    if stripped.is_empty() { c.to_string() } else { stripped }
}

/// What a character of three or four bytes becomes; `None`: it stays as it is.
///
/// The compatibility form is taken where it cannot change what is meant: widths, ligatures,
/// presentation forms, mathematical letters, ideographs with two codes. Not for superscripts,
/// fractions or circled numbers.
pub(crate) fn long(c: char) -> Option<String> {
    let text = match c {
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{e0000}'..='\u{e01ef}' => String::new(),
        '\u{2000}'..='\u{200a}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}' => " ".into(),
        '‘' | '’' | '‚' | '‛' | '′' | '＇' => "'".into(),
        '“' | '”' | '„' | '‟' | '″' | '「' | '」' | '『' | '』' | '《' | '》' => {
            "\"".into()
        }
        '‐' | '‑' | '‒' | '–' | '−' => "-".into(),
        '\u{1e00}'..='\u{1eff}' => plain(c),
        '\u{f900}'..='\u{faff}'
        | '\u{fb00}'..='\u{fb06}'
        | '\u{ff01}'..='\u{ffef}'
        | '\u{1d400}'..='\u{1d7ff}'
        | '\u{2f800}'..='\u{2fa1f}' => {
            let mut text = String::new();
            for part in std::iter::once(c).nfkc() {
                if part == c {
                    return None;
                } else if part.len_utf8() <= 2 {
                    text.push_str(&short_text(part).0);
                } else {
                    text.push_str(&long(part).unwrap_or(part.into()));
                }
            }
            text
        }
        _ => return None,
    };
    Some(text)
}

/// A Cyrillic letter that looks like a Latin one, as that one.
pub(crate) fn as_latin(c: char) -> Option<u8> {
    Some(match c {
        'а' | 'А' => b'a',
        'е' | 'Е' => b'e',
        'о' | 'О' => b'o',
        'р' | 'Р' => b'p',
        'с' | 'С' => b'c',
        'у' | 'У' => b'y',
        'х' | 'Х' => b'x',
        'ј' | 'Ј' => b'j',
        'і' | 'І' => b'i',
        'ѕ' | 'Ѕ' => b's',
        'В' => b'b',
        'К' | 'к' => b'k',
        'М' | 'м' => b'm',
        'Н' => b'h',
        'Т' | 'т' => b't',
        _ => return None,
    })
}

/// A Latin letter that looks like a Cyrillic one, as that one sounds. `x` and `y` stay: machine
/// transliteration leaves them, with `q` and `w`, where it knows no Cyrillic letter.
pub(crate) fn as_cyrillic(b: u8) -> Option<u8> {
    Some(match b {
        b'a' | b'A' => b'a',
        b'e' | b'E' => b'e',
        b'o' | b'O' => b'o',
        b'p' | b'P' => b'r',
        b'c' | b'C' => b's',
        b'i' | b'I' => b'i',
        b'j' | b'J' => b'j',
        b'B' => b'v',
        b'H' => b'n',
        b'K' => b'k',
        b'M' => b'm',
        b'T' => b't',
        b'x' | b'X' => b'x',
        b'y' | b'Y' => b'y',
        _ => return None,
    })
}
