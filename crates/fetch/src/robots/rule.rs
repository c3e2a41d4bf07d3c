//! One `Allow` or `Disallow`, compiled.

use super::path;

/// A path with `*` for anything and, at its end, `$` for the end (RFC 9309, 2.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) allow: bool,
    /// Octets as written: of two rules that match, the longer one counts.
    pub(super) octets: usize,
    /// What has to stand in the path, in this order; the first at its beginning.
    pieces: Box<[Box<str>]>,
    /// The same with queries in their plain spelling, where that is another one.
    by_query: Option<Box<[Box<str>]>>,
    /// The last piece has to end the path.
    to_end: bool,
}

impl Rule {
    /// `None` for an empty path, which says nothing.
    pub(super) fn new(allow: bool, text: &[u8]) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let (text_body, to_end) = match text.strip_suffix(b"$") {
            Some(body) => (body, true),
            None => (text, false),
        };
        let pieces: Vec<_> = text_body.split(|byte| *byte == b'*').map(path::plain).collect();
        // A `$` inside is a letter like others and counts as one, not as its escape.
        let dollars = text_body.iter().filter(|byte| **byte == b'$').count();
        let octets = pieces.iter().map(String::len).sum::<usize>() - 2 * dollars
            + (pieces.len() - 1)
            + usize::from(to_end);
        let last = pieces.len() - 1;
        let kept = pieces.into_iter().enumerate();
        // Inner empty pieces stand between two stars.
        let kept = kept.filter(|(at, piece)| *at == 0 || *at == last || !piece.is_empty());
        let pieces: Box<[_]> = kept.map(|(_, piece)| piece.into_boxed_str()).collect();
        let mut query = false;
        let plain = pieces.iter().map(|piece| {
            let (plain, inside) = path::with_plain_query(piece, query);
            query = inside;
            plain.into_boxed_str()
        });
        let plain: Box<[_]> = plain.collect();
        Some(Self { allow, octets, pieces, by_query: query.then_some(plain), to_end })
    }

    /// For `Allow: /folder/index.html`, which means the folder as well: servers answer both alike.
    pub(super) fn folder_of_index(text: &[u8]) -> Option<Self> {
        let slash = text.iter().rposition(|byte| *byte == b'/')?;
        text[slash..].starts_with(b"/index.htm").then_some(())?;
        Self::new(true, &[&text[..=slash], b"$"].concat())
    }

    /// Whether it speaks of a path, which is in its comparable spelling; `by_query`: that with its
    /// query in its plain one. Takes time linear in the length of the path: each piece is looked
    /// for once, from the left.
    pub(super) fn matches(&self, path: &str, by_query: Option<&str>) -> bool {
        let queries = self.by_query.as_ref().zip(by_query);
        self.fits(&self.pieces, path) || queries.is_some_and(|(rule, path)| self.fits(rule, path))
    }

    fn fits(&self, pieces: &[Box<str>], path: &str) -> bool {
        let Some((first, pieces)) = pieces.split_first() else { return true };
        let Some(mut rest) = path.strip_prefix(&**first) else { return false };
        let Some((last, inner)) = pieces.split_last() else {
            return !self.to_end || rest.is_empty();
        };
        for piece in inner {
            let Some((_, after)) = rest.split_once(&**piece) else { return false };
            rest = after;
        }
        if self.to_end { rest.ends_with(&**last) } else { rest.contains(&**last) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(rule: &str, url_path: &str) -> bool {
        Rule::new(false, rule.as_bytes()).unwrap().matches(&path::plain(url_path.as_bytes()), None)
    }

    #[test]
    fn stars_stand_for_anything_and_a_dollar_for_the_end() {
        for (rule, yes, no) in [
            ("/", vec!["/", "/a"], vec![]),
            ("/a", vec!["/a", "/ab", "/a/b", "/a?b"], vec!["/", "/A", "/b/a"]),
            ("/a$", vec!["/a"], vec!["/ab", "/a/", "/a?b"]),
            ("/$", vec!["/"], vec!["/a"]),
            ("*", vec!["/", "/a"], vec![]),
            ("/a*", vec!["/a", "/abc"], vec!["/b"]),
            ("/*.gif$", vec!["/a.gif", "/.gif"], vec!["/a.gif?b", "/a.png"]),
            ("*.gif", vec!["/a.gif?b"], vec!["/a.png"]),
            ("/a*b*c", vec!["/abc", "/axbxcx", "/acbc"], vec!["/acb", "/ab"]),
            ("/*ab*ab$", vec!["/abab", "/xabxab"], vec!["/ab", "/ababa"]),
            ("/a**b", vec!["/ab", "/axb"], vec!["/a"]),
            ("/a*$", vec!["/a", "/ab"], vec!["/b"]),
            ("/a$b", vec!["/a$b"], vec!["/a", "/ab"]),
            ("/a%2Ab", vec!["/a*b"], vec!["/ab", "/axb"]),
            ("a", vec![], vec!["/a", "/"]),
            ("$", vec![], vec!["/"]),
        ] {
            for path in yes {
                assert!(matches(rule, path), "{rule} speaks of {path}");
            }
            for path in no {
                assert!(!matches(rule, path), "{rule} does not speak of {path}");
            }
        }
    }

    #[test]
    fn length_is_counted_as_written() {
        for (rule, octets) in
            [("/", 1), ("/a*b$", 5), ("/a**", 4), ("/a$b", 4), ("/%61", 2), ("/\u{e4}", 7)]
        {
            assert_eq!(Rule::new(true, rule.as_bytes()).unwrap().octets, octets, "{rule}");
        }
        assert_eq!(Rule::new(true, b""), None);
    }

    /// The definition, said by recursion.
    fn naive(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => true,
            b"$" => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|skip| naive(rest, &path[skip..])),
            [byte, rest @ ..] => path.first() == Some(byte) && naive(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definition(pattern in "/[ab*]{0,7}[$]{0,1}", path in "/[ab]{0,10}") {
            prop_assert_eq!(matches(&pattern, &path), naive(pattern.as_bytes(), path.as_bytes()));
        }
    }
}
