//! Lines of a robots.txt, and what each of them says.

/// Bytes of a line; what follows them is ignored. Eight times the longest address that old
/// browsers took, as in Google's parser.
const MAX_LINE_BYTES: usize = 8 * 2083;
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Agent(&'a [u8]),
    Allow(&'a [u8]),
    Disallow(&'a [u8]),
    CrawlDelay(&'a [u8]),
    Sitemap(&'a [u8]),
    /// Nothing at all, not even a remark.
    Blank,
}

/// The lines that say something known, and those that say nothing. Everything else (remarks, other
/// keys) is left out; above all it does not end a group (RFC 9309, 2.2.4).
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    // A mark that lost its end on the way is no part of the first key either.
    let marked = bytes.iter().zip(BYTE_ORDER_MARK).take_while(|(found, mark)| **found == *mark);
    let mut rest = &bytes[marked.count()..];
    let cut = move || {
        if rest.is_empty() {
            return None;
        }
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let (line, tail) = rest.split_at(rest.iter().position(is_end).unwrap_or(rest.len()));
        let returns = tail.iter().take_while(|byte| **byte == b'\r').count();
        let tail = &tail[returns..];
        rest = tail.strip_prefix(b"\n").unwrap_or(tail);
        Some(line)
    };
    std::iter::from_fn(cut).filter_map(line)
}

fn line(line: &[u8]) -> Option<Line<'_>> {
    if line.trim_ascii().is_empty() {
        return Some(Line::Blank);
    }
    let line = &line[..line.len().min(MAX_LINE_BYTES)];
    let line = line.split(|byte| *byte == b'#').next()?.trim_ascii();
    let (key, value) = key_and_value(line)?;
    let is = |spellings: &[&str]| {
        spellings.iter().any(|spelling| {
            key.get(..spelling.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(spelling.as_bytes()))
        })
    };
    Some(if is(&["user-agent", "useragent", "user agent"]) {
        Line::Agent(value)
    } else if is(&["allow"]) {
        Line::Allow(value)
    } else if is(&["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"]) {
        Line::Disallow(value)
    } else if is(&["crawl-delay", "crawldelay", "crawl delay"]) {
        Line::CrawlDelay(value)
    } else if is(&["sitemap", "site-map"]) {
        Line::Sitemap(value)
    } else {
        return None;
    })
}

/// Both sides of the colon. Some people forget it: two words without one are a key and a value,
/// more words are prose.
fn key_and_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let split = |at: usize| (line[..at].trim_ascii(), line[at + 1..].trim_ascii());
    if let Some(colon) = line.iter().position(|byte| *byte == b':') {
        return Some(split(colon)).filter(|(key, _)| !key.is_empty());
    }
    let (key, value) = split(line.iter().position(u8::is_ascii_whitespace)?);
    (!value.iter().any(u8::is_ascii_whitespace)).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Option<Line<'_>> {
        let mut lines = lines(text.as_bytes());
        let first = lines.next();
        assert_eq!(lines.next(), None, "{text}");
        first
    }

    #[test]
    fn keys_are_read_as_people_write_them() {
        for (text, expected) in [
            ("User-Agent: crawler", Some(Line::Agent(b"crawler"))),
            ("useragent crawler", Some(Line::Agent(b"crawler"))),
            ("USER AGENT : crawler", Some(Line::Agent(b"crawler"))),
            ("  disallow\t:\t/a  # why", Some(Line::Disallow(b"/a"))),
            ("Dissalow:/a", Some(Line::Disallow(b"/a"))),
            ("disallow /a", Some(Line::Disallow(b"/a"))),
            ("disallow: /a b", Some(Line::Disallow(b"/a b"))),
            ("disallow:", Some(Line::Disallow(b""))),
            ("Allow: /a#b", Some(Line::Allow(b"/a"))),
            ("Allow: /a:b", Some(Line::Allow(b"/a:b"))),
            ("Crawl-Delay: 5", Some(Line::CrawlDelay(b"5"))),
            ("Site-map: https://example.org/s", Some(Line::Sitemap(b"https://example.org/s"))),
            ("allow only good crawlers", None),
            ("disallow", None),
            (": /a", None),
            ("# disallow: /", None),
            ("Host: example.org", None),
            (" \t", Some(Line::Blank)),
            ("", None),
        ] {
            assert_eq!(only(text), expected, "{text}");
        }
    }

    #[test]
    fn any_end_of_line_ends_one_and_a_mark_begins_none() {
        let expected = [Line::Agent(b"*"), Line::Disallow(b"/a"), Line::Allow(b"/b")];
        for end in ["\n", "\r", "\r\n", "\r\r\n"] {
            for mark in [&b""[..], b"\xef\xbb\xbf", b"\xef\xbb"] {
                let text = format!("user-agent: *{end}disallow: /a{end}allow: /b");
                let bytes = [mark, text.as_bytes()].concat();
                assert!(lines(&bytes).eq(expected), "{end:?} {mark:x?}");
            }
        }
    }

    #[test]
    fn a_line_that_never_ends_is_cut() {
        let text = format!("disallow: /{}", "a".repeat(2 * MAX_LINE_BYTES));
        let Some(Line::Disallow(value)) = only(&text) else { panic!("it is still a line") };
        assert_eq!(value.len(), MAX_LINE_BYTES - "disallow: ".len());
    }
}
