//! Text from outside, made safe for the place where it is shown.

use std::borrow::Cow;

/// Characters that act instead of being shown: controls, bidirectional overrides and marks, zero
/// width signs, line and paragraph separators, and the tag characters.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// `text` without anything that a terminal could take for an order; line breaks and tabs stay.
pub fn terminal_safe(text: &str) -> Cow<'_, str> {
    let bad = |c: char| acts(c) && c != '\n' && c != '\t';
    if text.contains(bad) {
        Cow::Owned(text.chars().filter(|&c| !bad(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// `text` on one line, with nothing that acts: for mail headers, table cells, log fields.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let start = line.len();
        if start > 0 {
            line.push(' ');
        }
        let before = line.len();
        line.extend(word.chars().filter(|&c| !acts(c)));
        if line.len() == before {
            line.truncate(start);
        }
    }
    line
}

/// `text` cut to at most `max` bytes at a character boundary, the cut shown by an ellipsis.
pub fn truncated(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(max.saturating_sub('…'.len_utf8()));
    Cow::Owned(format!("{}…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_overrides_never_pass() {
        assert_eq!(terminal_safe("a\u{1b}[31mb\u{202e}c\nd"), "a[31mbc\nd");
        assert_eq!(
            one_line("Subject\r\nBcc: x\t y\u{200b} \u{200b} z\u{85}w"),
            "Subject Bcc: x y z w"
        );
        assert_eq!(one_line(" \r\n "), "");
    }

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(truncated("ćevapi", 20), "ćevapi");
        assert_eq!(truncated("ććććć", 6), "ć…");
        assert!(truncated("华为华为", 7).len() <= 7);
    }
}
