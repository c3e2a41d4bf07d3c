//! Where a statement of TOML begins and ends, judged by eye: for text that the parser gave up on.

use std::ops::Range;

/// The `[` or `{` of a value that the end of the file finds still open, and what it opens.
pub(crate) fn unclosed(text: &str) -> Option<(usize, &'static str)> {
    let open = Scan::over(text, 0).open;
    open.first().map(|&(at, bracket)| (at, if bracket == b'[' { "list" } else { "table" }))
}

/// The statement that the mistake at `at` stands in: a `[header]` with all that belongs to it, or
/// `key = value` over as many lines as it takes.
pub(crate) fn around(text: &str, at: usize) -> Range<usize> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let line = line_start(text, at);
    let content = text[line..].lines().next().unwrap_or_default().trim();
    let half_header = content.ends_with(']') && !content.contains('=');
    if (content.starts_with('[') || half_header) && is_outside(text, line) {
        return section(text, line);
    }
    let begin = statement_start(text, line);
    begin..next_start(text, line, begins_statement)
}

/// From the line of `at` to the next line with a header.
pub(crate) fn section(text: &str, at: usize) -> Range<usize> {
    let line = line_start(text, at.min(text.len()));
    line..next_start(text, line, begins_header)
}

/// The keys of the header that `at` stands in.
pub(crate) fn header(text: &str, at: usize) -> Option<Vec<String>> {
    let line = text[line_start(text, at)..].lines().next()?.trim();
    let inner = line.strip_prefix('[')?.split(']').next()?.trim_start_matches('[');
    Some(inner.split('.').map(|key| key.trim().trim_matches(['"', '\'']).to_owned()).collect())
}

/// Where the header `path` stands for the first time.
pub(crate) fn first_header(text: &str, path: &[String]) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if begins_header(line) && header(text, at).as_deref() == Some(path) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

fn next_start(text: &str, line: usize, begins: fn(&str) -> bool) -> usize {
    let mut at = line;
    for (number, content) in text[line..].split_inclusive('\n').enumerate() {
        if number > 0 && begins(content) {
            return at;
        }
        at += content.len();
    }
    text.len()
}

/// The line that a mistake belongs to: its own, unless a value of an earlier line goes on in it.
fn statement_start(text: &str, line: usize) -> usize {
    let mut start = line;
    while start > 0 {
        start = line_start(text, start - 1);
        if begins_statement(&text[start..]) {
            let scan = Scan::over(&text[..line], start);
            return if scan.open.is_empty() && !scan.in_long_text { line } else { start };
        }
    }
    line
}

/// No value of an earlier line goes on at the start of `line`.
fn is_outside(text: &str, line: usize) -> bool {
    statement_start(text, line) == line
}

fn begins_header(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let inner = line.strip_prefix("[[").or_else(|| line.strip_prefix('['));
    inner.is_some_and(|inner| inner.trim_start().starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn begins_statement(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let key = line.trim_start_matches(|c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '\t')
    });
    begins_header(line) || (key.len() < line.len() && key.starts_with('='))
}

/// What is open at the end of a piece of TOML.
struct Scan {
    open: Vec<(usize, u8)>,
    in_long_text: bool,
}

impl Scan {
    /// Reads `text` from `from`, which is outside of everything.
    fn over(text: &str, from: usize) -> Self {
        let bytes = text.as_bytes();
        let mut scan = Self { open: Vec::new(), in_long_text: false };
        let mut at = from;
        let mut line_begins = true;
        while at < bytes.len() {
            let first = std::mem::replace(&mut line_begins, false);
            match bytes[at] {
                b'\n' => {
                    line_begins = true;
                    at += 1;
                }
                b' ' | b'\t' => {
                    line_begins = first;
                    at += 1;
                }
                b'#' => at = line_end(bytes, at),
                quote @ (b'"' | b'\'') => match end_of_text(bytes, at, quote) {
                    Some(end) => at = end,
                    None => {
                        scan.in_long_text = true;
                        return scan;
                    }
                },
                b'[' if first && scan.open.is_empty() => at = line_end(bytes, at),
                bracket @ (b'[' | b'{') => {
                    scan.open.push((at, bracket));
                    at += 1;
                }
                b']' | b'}' => {
                    scan.open.pop();
                    at += 1;
                }
                _ => at += 1,
            }
        }
        scan
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|&b| b == b'\n').map_or(bytes.len(), |length| at + length)
}

/// Behind the closing quotes of the text that begins at `at`; a short one ends with its line.
/// `None` for a long one without end.
fn end_of_text(bytes: &[u8], at: usize, quote: u8) -> Option<usize> {
    let long = bytes[at..].starts_with(&[quote; 3]);
    let mut at = at + if long { 3 } else { 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 2,
            b'\n' if !long => return Some(at),
            b if b == quote && !long => return Some(at + 1),
            b if b == quote && bytes[at..].starts_with(&[quote; 3]) => return Some(at + 3),
            _ => at += 1,
        }
    }
    if long { None } else { Some(bytes.len()) }
}
