//! From markup to plain text: references resolved, tags dropped, white space evened out.

use quick_xml::escape::resolve_html5_entity;

use super::elements::{Element, element, is_inline};

/// The longest reference that is looked for, `&CounterClockwiseContourIntegral;` and shorter.
const REFERENCE_BYTES: usize = 33;

/// How a text is to be understood after XML has been taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    /// Characters as they stand.
    Plain,
    /// HTML, or text that may well be HTML: a tag is what HTML knows.
    Html,
    /// XML: whatever looks like a tag is one.
    Xml,
}

/// Character data with its references resolved, as XML says, with HTML's names allowed.
/// `bare` is told where a `&` begins no reference.
pub(crate) fn unescape_into(out: &mut String, text: &str, mut bare: impl FnMut(usize)) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match reference(rest) {
            Some((character, length)) => {
                character.push_to(out);
                rest = &rest[length..];
            }
            None => {
                bare(text.len() - rest.len());
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
}

/// As [`unescape_into`], for attribute values.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    unescape_into(&mut out, text, |_| ());
    out
}

enum Resolved {
    Char(char),
    Named(&'static str),
    Nothing,
}

impl Resolved {
    fn push_to(self, out: &mut String) {
        match self {
            Self::Char(c) => out.push(c),
            Self::Named(text) => out.push_str(text),
            Self::Nothing => (),
        }
    }
}

/// The reference at the beginning of `text`, which begins with `&`, and its length.
fn reference(text: &str) -> Option<(Resolved, usize)> {
    let window = &text.as_bytes()[1..text.len().min(REFERENCE_BYTES)];
    let end = window.iter().position(|&byte| matches!(byte, b';' | b'&' | b'<' | b' '))?;
    if window[end] != b';' {
        return None;
    }
    let name = &text[1..=end];
    let length = end + 2;
    let Some(number) = name.strip_prefix('#') else {
        // The common ones first: the table of all 2,231 is slow to search.
        let text = match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            "nbsp" => "\u{A0}",
            _ => resolve_html5_entity(name)?,
        };
        return Some((Resolved::Named(text), length));
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    let resolved = match code.ok()? {
        code @ 0x80..=0x9F => Resolved::Char(windows_1252(code)),
        code => match char::from_u32(code) {
            Some(c) if !is_refused(c) => Resolved::Char(c),
            _ => Resolved::Nothing,
        },
    };
    Some((resolved, length))
}

/// Characters that no text may hold.
pub(crate) fn is_refused(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'
        | '\u{80}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// What a control character of the second block was meant to be.
pub(crate) fn windows_1252(code: u32) -> char {
    const MEANT: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
        '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}',
        'ž', 'Ÿ',
    ];
    code.checked_sub(0x80).and_then(|at| MEANT.get(at as usize)).copied().unwrap_or('\u{FFFD}')
}

/// One line: markup dropped as `markup` says, leftover references resolved, white space evened.
pub(crate) fn line(text: &str, markup: Markup) -> String {
    let mut line = block(text, markup);
    if line.contains(['\n', '\t']) {
        line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    // References that were escaped twice: `&amp;amp;` reads `&` in every reader's list.
    if line.contains('&') && line.contains(';') { unescaped(&line) } else { line }
}

/// A text with its paragraphs: markup dropped as `markup` says, block elements become line breaks.
pub(crate) fn block(text: &str, markup: Markup) -> String {
    let mut writer = Writer { out: String::with_capacity(text.len()), gap: Gap::None };
    match markup {
        Markup::Plain => writer.push(text),
        Markup::Html => html(text, false, &mut writer),
        Markup::Xml => html(text, true, &mut writer),
    }
    writer.out
}

fn html(text: &str, any_tag: bool, writer: &mut Writer) {
    let mut rest = text;
    let mut no_comment_end = false;
    loop {
        rest = &rest[writer.push_to_markup(rest)..];
        if rest.is_empty() {
            return;
        }
        if rest.starts_with('&') {
            match reference(rest) {
                Some((resolved, length)) => {
                    match resolved {
                        Resolved::Char(c) => writer.push(c.encode_utf8(&mut [0; 4])),
                        Resolved::Named(text) => writer.push(text),
                        Resolved::Nothing => (),
                    }
                    rest = &rest[length..];
                }
                None => {
                    writer.push("&");
                    rest = &rest[1..];
                }
            }
            continue;
        }
        if rest.starts_with("<!--") {
            let end = if no_comment_end { None } else { rest.find("-->") };
            no_comment_end |= end.is_none();
            match end {
                Some(end) => rest = &rest[end + 3..],
                None => rest = &rest[4..],
            }
            continue;
        }
        if let Some(body) = rest.strip_prefix("<![CDATA[") {
            let end = body.find("]]>").unwrap_or(body.len());
            writer.push(&body[..end]);
            rest = body.get(end + 3..).unwrap_or_default();
            continue;
        }
        match tag(rest, any_tag) {
            Some((name, closing, length)) => {
                rest = &rest[length..];
                let kind = element(name);
                match kind {
                    Element::Hidden if !closing => rest = after_hidden(rest, name),
                    Element::Block => writer.gap(Gap::Line),
                    Element::Cell => writer.gap(Gap::Space),
                    Element::Inline | Element::Hidden => (),
                }
            }
            None => {
                writer.push("<");
                rest = &rest[1..];
            }
        }
    }
}

/// The longest tag; beyond it a `<` is text.
const TAG_BYTES: usize = 16 * 1_024;

/// The tag of an HTML element, or of any element, at the beginning of `text`: name, whether it closes, length.
fn tag(text: &str, any_tag: bool) -> Option<(&str, bool, usize)> {
    let bytes = text.as_bytes();
    let closing = bytes.get(1) == Some(&b'/');
    let from = if closing { 2 } else { 1 };
    if matches!(bytes.get(1), Some(b'!' | b'?')) {
        let end = bytes.iter().take(TAG_BYTES).skip(1).position(|b| matches!(b, b'>' | b'<'))? + 1;
        return (bytes[end] == b'>').then_some(("", false, end + 1));
    }
    let name = bytes[from..].iter().take(24);
    let length = name.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'-')).count();
    let name = &text[from..from + length];
    let follows = bytes.get(from + length)?;
    if length == 0 || !(matches!(follows, b'>' | b'/') || follows.is_ascii_whitespace()) {
        return None;
    }
    let local = name.rsplit(':').next().unwrap_or(name);
    if !any_tag && element(local) == Element::Inline && !is_inline(local) {
        return None;
    }
    let mut quote = None;
    for (at, &byte) in bytes.iter().enumerate().take(TAG_BYTES).skip(from + length) {
        match (quote, byte) {
            (None, b'>') => return Some((local, closing, at + 1)),
            // No tag; and looking further for each `<` would take quadratic time.
            (None, b'<') => return None,
            (None, b'"' | b'\'') if bytes[at - 1] == b'=' => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            _ => (),
        }
    }
    let end = bytes.iter().take(TAG_BYTES).position(|&byte| byte == b'>')?;
    Some((local, closing, end + 1))
}

/// What follows the end of an element whose content nobody reads.
fn after_hidden<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some(at) = rest.find("</") {
        rest = &rest[at + 2..];
        if rest.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return rest.find('>').map_or("", |end| &rest[end + 1..]);
        }
    }
    ""
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
}

/// The bytes that may begin white space or a control character.
const EVENED: [bool; 256] = looked_at(b"");
/// And those that may begin markup.
const EVENED_TO_MARKUP: [bool; 256] = looked_at(b"<&");

const fn looked_at(and: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = matches!(byte, 0..=0x20 | 0x7F | 0xC2 | 0xE1..=0xE3 | 0xEF);
        byte += 1;
    }
    let mut at = 0;
    while at < and.len() {
        table[and[at] as usize] = true;
        at += 1;
    }
    table
}

/// Writes text with white space evened out.
struct Writer {
    out: String,
    /// What stands between what was written and what comes.
    gap: Gap,
}

impl Writer {
    fn gap(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn push(&mut self, text: &str) {
        self.write(text, &EVENED);
    }

    /// Writes `text` up to the first `<` or `&`; gives how many bytes that were.
    fn push_to_markup(&mut self, text: &str) -> usize {
        self.write(text, &EVENED_TO_MARKUP)
    }

    fn write(&mut self, text: &str, looked_at: &[bool; 256]) -> usize {
        let bytes = text.as_bytes();
        let (mut word, mut at) = (0, 0);
        while let Some(&byte) = bytes.get(at) {
            if !looked_at[usize::from(byte)] {
                at += 1;
                continue;
            }
            // A single space between two words is as it should be.
            let is_plain = |next: &u8| !looked_at[usize::from(*next)];
            if byte == b' ' && at > word && bytes.get(at + 1).is_some_and(is_plain) {
                at += 2;
                continue;
            }
            if byte == b'<' || byte == b'&' {
                break;
            }
            let c = text[at..].chars().next().unwrap_or(' ');
            let next = at + c.len_utf8();
            let stays = c == '\u{3000}' || !(c.is_whitespace() || is_refused(c) || c == '\u{FEFF}');
            if !stays {
                self.word(&text[word..at]);
                self.instead_of(c);
                word = next;
            }
            at = next;
        }
        self.word(&text[word..at]);
        at
    }

    /// What stands for a character that is white space or may not stand in a text.
    fn instead_of(&mut self, c: char) {
        match c {
            '\u{2028}' | '\u{2029}' => self.gap(Gap::Line),
            '\u{80}'..='\u{9F}' if c != '\u{85}' => {
                let meant = windows_1252(c.into());
                if !is_refused(meant) {
                    self.word(meant.encode_utf8(&mut [0; 4]));
                }
            }
            _ if c.is_whitespace() => self.gap(Gap::Space),
            _ => (),
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if !self.out.is_empty() {
            match self.gap {
                Gap::None => (),
                Gap::Space => self.out.push(' '),
                Gap::Line => self.out.push('\n'),
            }
        }
        self.gap = Gap::None;
        self.out.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_taken_out_of_markup() {
        let cases = [
            ("<p>One &amp; two</p><p>three</p>", "One & two\nthree"),
            ("a<br/>b<script>alert('<p>')</script> c", "a\nb c"),
            ("Vec<T> and List<String> are 1 < 2", "Vec<T> and List<String> are 1 < 2"),
            ("<a href='x>y'>link</a>, <b>bold</b>", "link, bold"),
            ("  a \n\t b\u{a0}c  ", "a b c"),
            ("caf&eacute; &#8220;x&#x201d; &#146; &bogus; &", "café “x” ’ &bogus; &"),
            ("<td>1</td><td>2</td>", "1 2"),
            ("a<!-- <p>hidden</p> -->b", "ab"),
            ("\u{93}x\u{94}\u{1}", "“x”"),
            ("华为\u{3000}基站", "华为\u{3000}基站"),
        ];
        for (html, text) in cases {
            assert_eq!(block(html, Markup::Html), text, "{html}");
        }
    }

    #[test]
    fn a_title_is_one_line_and_never_escaped_twice() {
        assert_eq!(line("<b>AT&amp;T</b>\n wins", Markup::Html), "AT&T wins");
        assert_eq!(line("AT&amp;amp;T", Markup::Html), "AT&T");
        assert_eq!(line("a <b> c", Markup::Plain), "a <b> c");
    }
}
