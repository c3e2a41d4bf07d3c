//! `Link` headers (RFC 8288), as far as WebSub asks for them: `rel=hub` and `rel=self`.

use model::{HttpUrl, Links};
use reqwest::header::{HeaderMap, LINK};

/// Links that are looked at in all headers of an answer together; the HTTP library has bounded
/// their bytes.
const MAX_LINKS: usize = 64;

/// Hubs and the document's own address. Relative ones start from `base`, the address that answered.
pub(crate) fn links(headers: &HeaderMap, base: &HttpUrl) -> Links {
    let mut links = Links::default();
    let lines = headers.get_all(LINK).iter().filter_map(|line| line.to_str().ok());
    for Link { target, relations, anchored } in lines.flat_map(Values).take(MAX_LINKS) {
        // With an anchor it is a link of some other document (section 3.2).
        if anchored || base.join(target).is_err() {
            continue;
        }
        let absolute = match target.parse::<HttpUrl>() {
            // As it was published: a hub compares it letter by letter.
            Ok(_) => target.to_owned(),
            Err(_) => base.join(target).map(String::from).unwrap_or_default(),
        };
        for relation in relations.split_ascii_whitespace() {
            if relation.eq_ignore_ascii_case("hub") {
                links.add_hub(&absolute);
            } else if relation.eq_ignore_ascii_case("self") {
                links.add_self(&absolute);
            }
        }
    }
    links
}

/// One link of a header.
#[derive(Debug, PartialEq, Eq)]
struct Link<'a> {
    target: &'a str,
    /// The words of the first `rel`; further ones are ignored (section 3.3).
    relations: &'a str,
    anchored: bool,
}

/// The links of one line. What is damaged ends at the next comma outside of quotes.
struct Values<'a>(&'a str);

impl<'a> Iterator for Values<'a> {
    type Item = Link<'a>;

    fn next(&mut self) -> Option<Link<'a>> {
        loop {
            let rest = self.0.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return None;
            }
            let Some((target, parameters)) = rest.strip_prefix('<').and_then(|r| r.split_once('>'))
            else {
                self.0 = &rest[end_of(rest, ',')..];
                continue;
            };
            let end = end_of(parameters, ',');
            let (mut own, rest) = parameters.split_at(end);
            self.0 = rest;
            let mut link = Link { target: target.trim(), relations: "", anchored: false };
            let mut named = false;
            while !own.is_empty() {
                let (parameter, next) = own.split_at(end_of(own, ';'));
                own = next.strip_prefix(';').unwrap_or_default();
                let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                let name = name.trim();
                if name.eq_ignore_ascii_case("rel") && !named {
                    link.relations = unquoted(value);
                    named = true;
                } else if name.eq_ignore_ascii_case("anchor") {
                    link.anchored = true;
                }
            }
            return Some(link);
        }
    }
}

/// Where `text` has `wanted` outside of quotes, or its end.
fn end_of(text: &str, wanted: char) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == wanted && !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// Names of relations need no escapes, so none are undone.
fn unquoted(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn read(lines: &[&[u8]]) -> Links {
        let mut headers = HeaderMap::new();
        for line in lines {
            if let Ok(line) = HeaderValue::from_bytes(line) {
                headers.append(LINK, line);
            }
        }
        links(&headers, &"https://a.example/dir/feed".parse().unwrap())
    }

    fn of(hubs: &[&str], this: Option<&str>) -> Links {
        Links {
            hubs: hubs.iter().map(|hub| (*hub).to_owned()).collect(),
            this: this.map(str::to_owned),
        }
    }

    #[test]
    fn link_headers_are_read_as_the_standard_writes_them() {
        const HUB: &str = "https://hub.example/";
        for (line, expected) in [
            ("<https://hub.example/>; rel=\"hub\"", of(&[HUB], None)),
            ("<https://hub.example/>;rel=hub", of(&[HUB], None)),
            ("<https://hub.example/> ; REL = HUB ; title=\"a, b; c\"", of(&[HUB], None)),
            (
                "<https://hub.example/>; rel=\"hub\", <https://a.example/t>; rel=\"self\"",
                of(&[HUB], Some("https://a.example/t")),
            ),
            (", ,<https://hub.example/>; title=\"x\\\", <y>\"; rel=hub,", of(&[HUB], None)),
            ("</t?a=1,2>; rel=\"alternate self\"", of(&[], Some("https://a.example/t?a=1,2"))),
            ("<t>; rel=self", of(&[], Some("https://a.example/dir/t"))),
            ("<HTTPS://A.example>; rel=self", of(&[], Some("HTTPS://A.example"))),
            // The first `rel` counts, and what has an anchor speaks of something else.
            ("<https://hub.example/>; rel=next; rel=hub", of(&[], None)),
            ("<https://hub.example/>; rel=hub; anchor=\"#x\"", of(&[], None)),
            ("<https://hub.example/>; rel=hubs", of(&[], None)),
            ("<https://hub.example/>", of(&[], None)),
            ("<javascript:alert(1)>; rel=hub, <data:,x>; rel=self", of(&[], None)),
            ("https://hub.example/; rel=hub, <https://hub.example/>; rel=hub", of(&[HUB], None)),
            ("<https://hub.example/; rel=hub", of(&[], None)),
            ("<>; rel=self", of(&[], Some("https://a.example/dir/feed"))),
            ("", of(&[], None)),
        ] {
            assert_eq!(read(&[line.as_bytes()]), expected, "{line}");
        }
        let several =
            read(&[b"<https://one.example/>; rel=hub", b"<https://two.example/>; rel=hub"]);
        assert_eq!(several, of(&["https://one.example/", "https://two.example/"], None));
        assert_eq!(read(&[b"<https://hub.example/\xff>; rel=hub"]), of(&[], None));
    }

    #[test]
    fn a_flood_of_links_stays_few() {
        let line: String =
            (0..5_000).map(|n| format!("<https://h{n}.example/>; rel=hub, ")).collect();
        assert_eq!(read(&[line.as_bytes()]).hubs.len(), 4);
        let none: String = "<https://a.example/>; rel=next, ".repeat(5_000);
        let late = none + "<https://hub.example/>; rel=hub";
        assert_eq!(read(&[late.as_bytes()]), of(&[], None));
    }

    proptest! {
        #[test]
        fn no_header_makes_the_reader_stumble(line in "[ -~]{0,200}|([<>;,=\"\\\\ ]|rel|hub|self|http://a){0,60}") {
            let links = read(&[line.as_bytes()]);
            prop_assert!(links.hubs.len() <= 4);
            for address in links.hubs.iter().chain(&links.this) {
                prop_assert!(address.parse::<HttpUrl>().is_ok(), "{address}");
            }
        }
    }
}
