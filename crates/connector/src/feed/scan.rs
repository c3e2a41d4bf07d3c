//! XML as it really arrives: tokens of a text that need not be well-formed. Never fails, and looks
//! at each byte a bounded number of times.

use super::problems::{Repair, Repairs};

/// Most attributes of one element that are looked at.
const ATTRIBUTES: usize = 64;

/// A piece of markup or text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Start(Tag<'a>),
    /// The qualified name of an end tag.
    End(&'a str),
    /// Character data, references not yet resolved.
    Text(&'a str),
    CData(&'a str),
}

/// A start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    pub(crate) name: &'a str,
    /// Everything between the name and the end of the tag.
    attributes: &'a str,
    /// `<a/>`
    pub(crate) empty: bool,
}

/// What a piece of markup ends with; the places of these in the list name them.
const ENDS: [&str; 6] = ["-->", "]]>", "\"", "'", ">", "]"];
const COMMENT: usize = 0;
const CDATA: usize = 1;
const DOUBLE_QUOTE: usize = 2;
const SINGLE_QUOTE: usize = 3;
const TAG: usize = 4;
const SUBSET: usize = 5;

/// Takes a text apart. After [`Scanner::next`], `before..at` is the token's place.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    pub(crate) before: usize,
    pub(crate) at: usize,
    /// From here on no such end exists. Spares searching again, and so quadratic time.
    none_from: [usize; ENDS.len()],
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, before: 0, at: 0, none_from: [usize::MAX; ENDS.len()] }
    }

    /// The text between two places that tokens gave.
    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// The next token; comments, processing instructions and document types are skipped.
    pub(crate) fn next(&mut self, repairs: &mut Repairs) -> Option<Token<'a>> {
        loop {
            self.before = self.at;
            let rest = &self.text[self.at..];
            let bytes = rest.as_bytes();
            let first = *bytes.first()?;
            if first != b'<' {
                let end = rest.find('<').unwrap_or(rest.len());
                self.at += end;
                return Some(Token::Text(&rest[..end]));
            }
            match bytes.get(1) {
                Some(b'!') => {
                    if let Some(token) = self.declaration(rest, repairs) {
                        return Some(token);
                    }
                }
                Some(b'?') => {
                    self.at = self.find(TAG, self.at).map_or(self.text.len(), |end| end + 1);
                }
                Some(b'/') => {
                    let body = &rest[2..];
                    let end = body.find(['>', '<']).unwrap_or(body.len());
                    let closed = body.as_bytes().get(end) == Some(&b'>');
                    if !closed {
                        repairs.note(Repair::OpenTag, self.before);
                    }
                    self.at += 2 + end + usize::from(closed);
                    return Some(Token::End(body[..end].trim()));
                }
                Some(&byte) if begins_name(byte) => return Some(self.start(rest, repairs)),
                _ => {
                    repairs.note(Repair::BareLess, self.before);
                    let end = rest[1..].find('<').map_or(rest.len(), |end| end + 1);
                    self.at += end;
                    return Some(Token::Text(&rest[..end]));
                }
            }
        }
    }

    /// `<!…`: a comment, a CDATA section or a document type.
    fn declaration(&mut self, rest: &'a str, repairs: &mut Repairs) -> Option<Token<'a>> {
        if rest.starts_with("<!--") {
            self.at = match self.find(COMMENT, self.at + 4) {
                Some(end) => end + 3,
                None => {
                    repairs.note(Repair::OpenComment, self.before);
                    self.find(TAG, self.at).map_or(self.text.len(), |end| end + 1)
                }
            };
            return None;
        }
        let is_cdata = rest.get(..9).is_some_and(|head| head.eq_ignore_ascii_case("<![CDATA["));
        if is_cdata {
            let from = self.at + 9;
            let end = self.find(CDATA, from).unwrap_or_else(|| {
                repairs.note(Repair::OpenCData, self.before);
                self.text.len()
            });
            self.at = (end + 3).min(self.text.len());
            return Some(Token::CData(&self.text[from..end]));
        }
        // Entities that a document type declares are never expanded.
        let close = self.find(TAG, self.at).unwrap_or(self.text.len());
        let end = match self.text[self.at..close].contains('[') {
            false => close,
            true => match self.find(SUBSET, self.at) {
                Some(end) => self.find(TAG, end).unwrap_or(self.text.len()),
                None => close,
            },
        };
        self.at = (end + 1).min(self.text.len());
        None
    }

    fn start(&mut self, rest: &'a str, repairs: &mut Repairs) -> Token<'a> {
        let bytes = rest.as_bytes();
        let mut end = 1;
        while bytes.get(end).is_some_and(|&b| !matches!(b, b'>' | b'/' | b'<') && b > b' ') {
            end += 1;
        }
        let name = &rest[1..end];
        let from = end;
        loop {
            match bytes.get(end) {
                Some(b'>') => break,
                // The next tag begins before this one ended, or the document ends here.
                Some(b'<') | None => {
                    repairs.note(Repair::OpenTag, self.before);
                    break;
                }
                Some(&quote @ (b'"' | b'\'')) if rest[from..end].trim_end().ends_with('=') => {
                    let value = self.at + end + 1;
                    let kind = if quote == b'"' { DOUBLE_QUOTE } else { SINGLE_QUOTE };
                    let close = self.find(kind, value);
                    match close.filter(|&close| !spans_tags(&self.text[value..close])) {
                        Some(close) => end = close + 1 - self.at,
                        None => {
                            repairs.note(Repair::OpenQuote, self.before);
                            end = self.find(TAG, value).unwrap_or(self.text.len()) - self.at;
                        }
                    }
                }
                Some(_) => end += 1,
            }
        }
        let inside = &rest[from.min(end)..end];
        let empty = inside.ends_with('/');
        self.at += (end + usize::from(bytes.get(end) == Some(&b'>'))).max(1);
        Token::Start(Tag { name, attributes: inside.strip_suffix('/').unwrap_or(inside), empty })
    }

    /// Where the next of [`ENDS`] stands, from `at` on.
    fn find(&mut self, kind: usize, at: usize) -> Option<usize> {
        if at >= self.none_from[kind] {
            return None;
        }
        let found = self.text.get(at..)?.find(ENDS[kind]);
        if found.is_none() {
            self.none_from[kind] = at;
        }
        found.map(|found| at + found)
    }
}

/// An attribute value with a whole tag in it lost its closing quote.
fn spans_tags(value: &str) -> bool {
    value.find('<').is_some_and(|open| value[open..].contains('>'))
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':' || !byte.is_ascii()
}

impl<'a> Tag<'a> {
    /// A tag that consists of what remained of one.
    pub(crate) fn of_attributes(attributes: &'a str) -> Self {
        Self { name: "", attributes, empty: true }
    }

    /// Name and value (references not yet resolved) of each attribute.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Attributes { rest: self.attributes }.take(ATTRIBUTES)
    }

    pub(crate) fn has_attributes(self) -> bool {
        !self.attributes.trim_ascii_start().is_empty()
    }

    /// The value of the attribute whose qualified name is `name` in whatever case.
    pub(crate) fn attribute(self, name: &str) -> Option<&'a str> {
        if self.attributes.is_empty() {
            return None;
        }
        self.attributes().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, v)| v)
    }
}

struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest =
            self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == '=');
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() {
            return None;
        }
        let after = rest[end..].trim_start();
        let Some(value) = after.strip_prefix('=') else {
            self.rest = after;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let (value, rest) = match value.as_bytes().first() {
            Some(&quote @ (b'"' | b'\'')) => {
                let value = &value[1..];
                let end = value.bytes().position(|byte| byte == quote).unwrap_or(value.len());
                (&value[..end], value.get(end + 1..).unwrap_or_default())
            }
            _ => {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                value.split_at(end)
            }
        };
        self.rest = rest;
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut repairs = Repairs::default();
        let mut scanner = Scanner::new(text);
        std::iter::from_fn(|| scanner.next(&mut repairs)).collect()
    }

    fn start<'a>(name: &'a str, attributes: &'a str, empty: bool) -> Token<'a> {
        Token::Start(Tag { name, attributes, empty })
    }

    #[test]
    fn markup_is_told_from_text_that_looks_like_it() {
        let text = "<a x='1>2'>1 < 2 &amp; <![CDATA[<b>]]><!-- <c> --><d/></a>";
        let expected = [
            start("a", " x='1>2'", false),
            Token::Text("1 "),
            Token::Text("< 2 &amp; "),
            Token::CData("<b>"),
            start("d", "", true),
            Token::End("a"),
        ];
        assert_eq!(tokens(text), expected);
    }

    #[test]
    fn a_lost_quote_costs_one_tag() {
        let found = tokens("<a href=\"x>y</a><b c=\"d\">e</b>");
        assert_eq!(
            found[1..],
            [
                Token::Text("y"),
                Token::End("a"),
                start("b", " c=\"d\"", false),
                Token::Text("e"),
                Token::End("b")
            ]
        );
    }

    #[test]
    fn a_document_type_declares_nothing() {
        assert_eq!(tokens("<!DOCTYPE a [<!ENTITY b \"c\"> ]><a>&b;</a>").len(), 3);
    }

    #[test]
    fn attributes_come_in_every_spelling() {
        let tag = Tag { name: "a", attributes: " B = 'c' d=e f g=\"h i\"", empty: false };
        let found: Vec<_> = tag.attributes().collect();
        assert_eq!(found, [("B", "c"), ("d", "e"), ("f", ""), ("g", "h i")]);
        assert_eq!(tag.attribute("b"), Some("c"));
    }
}
