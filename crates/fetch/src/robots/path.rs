//! Paths in the one spelling in which rules and addresses are compared (RFC 9309, 2.2.2).

/// Path and query of an address as it was written; `/` where it has none. Not a parser of
/// addresses: rules are compared with what would be sent, dots and all.
pub(super) fn of(url: &str) -> String {
    let url = url.strip_prefix("//").unwrap_or(url);
    let starts_path = |c| matches!(c, '/' | '?' | ';');
    let host = match (url.find("://"), url.find(starts_path)) {
        // What stands behind the first slash is no scheme.
        (Some(scheme), Some(path)) if path < scheme => url,
        (Some(scheme), _) => &url[scheme + 3..],
        (None, _) => url,
    };
    let host = host.split('#').next().unwrap_or_default();
    let Some((_, path)) = host.find(starts_path).map(|at| host.split_at(at)) else {
        return "/".to_owned();
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{slash}{}", plain(path.as_bytes()))
}

/// The comparable spelling of a literal piece of a path.
pub(super) fn plain(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, tail) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    // An escape of what needs none is the character itself.
                    let byte = high << 4 | low;
                    if is_unreserved(byte) {
                        out.push(char::from(byte))
                    } else {
                        escape(byte, &mut out)
                    }
                    rest = after;
                }
                _ => out.push('%'),
            },
            // These two are special in rules: an address that holds them is meant by their escapes.
            (b'*' | b'$', _) => escape(*byte, &mut out),
            _ if is_sent_as_it_is(*byte) => out.push(char::from(*byte)),
            _ => escape(*byte, &mut out),
        }
    }
    out
}

/// The spelling in which `:` and `/` of a query are the same with and without an escape, as in the
/// table of RFC 9309, 2.2.2; in a path they are not. `query`: `text` begins inside of one. Says as
/// well whether it ends in one.
pub(super) fn with_plain_query(text: &str, query: bool) -> (String, bool) {
    let (path, rest) = match text.split_once('?') {
        _ if query => ("", Some(text)),
        Some((path, rest)) => (path, Some(rest)),
        None => (text, None),
    };
    let Some(rest) = rest else { return (path.to_owned(), false) };
    let mark = if query { "" } else { "?" };
    let rest = rest.replace("%3A", ":").replace("%2F", "/");
    (format!("{path}{mark}{rest}"), true)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// RFC 3986, 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Whether clients send this byte of a path or query without an escape.
fn is_sent_as_it_is(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)
}

fn escape(byte: u8, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_path_and_query_are_what_counts() {
        for (url, expected) in [
            ("http://example.org", "/"),
            ("http://example.org/", "/"),
            ("http://example.org/a", "/a"),
            ("http://example.org/a?b=c;d#e", "/a?b=c;d"),
            ("http://example.org?a", "/?a"),
            ("http://example.org;a", "/;a"),
            ("http://example.org#a/b", "/"),
            ("//example.org/a", "/a"),
            ("example.org/a", "/a"),
            ("example.org/?x=https://b.org/c", "/?x=https://b.org/c"),
            ("http://example.org/a/../b", "/a/../b"),
            ("/a", "/a"),
            ("", "/"),
        ] {
            assert_eq!(of(url), expected, "{url}");
        }
    }

    #[test]
    fn spellings_of_one_path_are_one() {
        for (text, expected) in [
            ("/a%62c", "/abc"),
            ("/%7euser", "/~user"),
            ("/a%2fb", "/a%2Fb"),
            ("/вести", "/%D0%B2%D0%B5%D1%81%D1%82%D0%B8"),
            ("/%d0%b2", "/%D0%B2"),
            ("/a b", "/a%20b"),
            ("/a*b$", "/a%2Ab%24"),
            ("/100%", "/100%"),
            ("/%zz%4", "/%zz%4"),
        ] {
            assert_eq!(plain(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn doing_it_twice_changes_nothing_more(text in "[ -~ć%]{0,30}") {
            let once = plain(text.as_bytes());
            // A bare percent sign may become an escape together with what was one.
            prop_assume!(!text.contains("%%") && !text.contains("%25"));
            prop_assert!(once.is_ascii());
            prop_assert_eq!(plain(once.replace('*', "").as_bytes()), once);
        }
    }
}
