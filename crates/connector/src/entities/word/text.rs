//! White space, separators, keys.

use std::sync::LazyLock;

use quick_xml::escape::resolve_html5_entity;
use regex::Regex;
use sha2::{Digest, Sha256};

/// Plain text on one line: white space as single blanks, references of HTML resolved, no control
/// characters and nothing invisible that is no letter.
pub(crate) fn tidy(text: &str) -> String {
    if is_tidy(text) {
        return text.to_owned();
    }
    let text = if text.contains('&') { unescaped(text) } else { text.to_owned() };
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars() {
        let invisible = matches!(c, '\u{200B}' | '\u{FEFF}' | '\u{2060}' | '\u{AD}');
        if c.is_whitespace() || (c.is_control() && !invisible) {
            blank = !out.is_empty();
        } else if !invisible {
            if blank {
                out.push(' ');
            }
            blank = false;
            out.push(c);
        }
    }
    out
}

/// The text is as [`tidy`] would write it; most of a list is.
pub(crate) fn is_tidy(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        let plain = byte.is_ascii_graphic() && byte != b'&';
        if !plain && (byte != b' ' || before == b' ') {
            return false;
        }
        before = byte;
    }
    text.is_empty() || before != b' '
}

/// Longest reference that is looked up, in bytes.
const REFERENCE_BYTES: usize = 32;

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let end = after.bytes().take(REFERENCE_BYTES).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, reference(&after[..end])?))) {
            Some((end, character)) => {
                out.push_str(&character);
                rest = &after[end + 1..];
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What `name` of `&name;` stands for.
pub(crate) fn reference(name: &str) -> Option<String> {
    let number = match name.strip_prefix('#') {
        None => return resolve_html5_entity(name).map(Into::into),
        Some(number) => number,
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).map(String::from)
}

/// Nothing said: empty, or one of the words that lists use for nothing.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text.trim(), "" | "-0-" | "-" | "--" | "N/A" | "n/a" | "NA" | "null" | "NULL" | "None")
}

/// Letters and digits only, in lower case: what makes two spellings the same name.
pub(crate) fn same_key(text: &str) -> String {
    if text.is_ascii() {
        let letters = text.bytes().filter(u8::is_ascii_alphanumeric);
        let key: String = letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect();
        return if key.is_empty() { text.to_owned() } else { key };
    }
    let key: String =
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    // A name of signs only is still a name.
    if key.is_empty() { text.to_owned() } else { key }
}

/// A word for ids: letters and digits of ASCII, `-` between, at most `limit` bytes.
pub(crate) fn slug(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() >= limit {
            break;
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// Eight bytes that stand for `parts`, the same for spellings that differ in signs only.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        let key = same_key(part);
        hash.update((key.len() as u64).to_be_bytes());
        hash.update(key.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The parts of a cell that holds several values, without a leading `and`.
pub(crate) fn split_list(text: &str, separators: &[char]) -> Vec<String> {
    text.split(|c| separators.contains(&c))
        .map(|part| {
            let part = part.trim();
            let part = part.strip_prefix("and ").unwrap_or(part).trim();
            tidy(part)
        })
        .filter(|part| !part.is_empty() && !is_null(part) && part != "and")
        .collect()
}

static CITATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(\d{1,3})\s*F\.?\s?R\.?\s*(\d{1,6}(?:,\d{3})?)\b").expect("a valid pattern")
});

/// The citations of the Federal Register in a cell, as `85 FR 83416`; what holds none is kept as
/// it is written.
pub(crate) fn citations(cell: &str) -> Vec<String> {
    if is_null(cell) {
        return Vec::new();
    }
    let found: Vec<String> = CITATION
        .captures_iter(cell)
        .map(|found| format!("{} FR {}", &found[1], found[2].replace(',', "")))
        .collect();
    if found.is_empty() { vec![tidy(cell)] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_line_without_references() {
        assert_eq!(tidy("  A &amp;\u{a0} B\r\n\tC&#39;s \u{200b}D & E; "), "A & B C's D & E;");
        assert!(is_tidy("A B-c.") && is_tidy(""));
        assert!(![" A", "A ", "A  B", "A\tB", "R&D", "é"].into_iter().any(is_tidy));
        assert_eq!(tidy("\u{1f}A\u{0}B"), "A B");
        assert_eq!(tidy("R&D; x &#xD800; &nosuchthing;"), "R&D; x &#xD800; &nosuchthing;");
    }

    #[test]
    fn citations_come_in_one_form() {
        let cell = "66 FR 24266, 77 FR 58006 (no. 182), 81 F.R. 64,694; 68 F.R. 38290 6/27/03";
        assert_eq!(citations(cell), ["66 FR 24266", "77 FR 58006", "81 FR 64694", "68 FR 38290"]);
        assert_eq!(citations("Vol. 83, No. 91, 05/10/2018"), ["Vol. 83, No. 91, 05/10/2018"]);
        assert!(citations(" ").is_empty());
    }

    #[test]
    fn a_key_hides_signs_and_case_but_nothing_else() {
        assert_eq!(short_hash(&["A-B Co., Ltd"]), short_hash(&["a b co ltd"]));
        assert_ne!(short_hash(&["ab", "c"]), short_hash(&["a", "bc"]));
        assert_ne!(short_hash(&["中"]), short_hash(&["国"]));
        assert_eq!(slug("  Huawei (Tech.) Co.!", 40), "huawei-tech-co");
    }

    #[test]
    fn a_cell_splits_at_its_separators() {
        assert_eq!(split_list("A; and B;; C and D ;", &[';']), ["A", "B", "C and D"]);
    }
}
