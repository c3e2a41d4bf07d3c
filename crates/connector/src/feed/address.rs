//! Addresses: relative ones against the base of their place.

use url::Url;

/// The longest address that is kept; a cut one would lead elsewhere.
const BYTES: usize = 2_048;

/// What became of an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Usable(String),
    Empty,
    /// A script, a local file and the like.
    Refused,
    TooLong,
}

/// The address that `reference` means at `base`. Absolute ones stay as they were published but for
/// white space; relative ones without a base stay relative.
pub(crate) fn resolve(base: Option<&Url>, reference: &str) -> Address {
    let reference = reference.trim();
    if reference.is_empty() {
        return Address::Empty;
    }
    if reference.len() > BYTES {
        return Address::TooLong;
    }
    if reference.bytes().any(|byte| byte < b' ') {
        let even: String = reference.chars().filter(|c| !c.is_control()).collect();
        return resolve(base, &even);
    }
    let scheme = reference.find(':').map(|end| &reference[..end]);
    let scheme = scheme.filter(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    });
    if let Some(scheme) = scheme {
        let lower = scheme.to_ascii_lowercase();
        if matches!(lower.as_str(), "http" | "https") {
            // `http:path` and `http://a b` need the parser, the rest stays as published.
            let plain = reference[scheme.len()..].starts_with("://") && !reference.contains(' ');
            let parsed = if plain { None } else { Url::parse(reference).ok() };
            return Address::Usable(parsed.map_or_else(|| reference.into(), String::from));
        }
        let refused = ["javascript", "data", "vbscript", "file", "blob", "about", "chrome", "jar"];
        return match refused.contains(&lower.as_str()) {
            true => Address::Refused,
            false => Address::Usable(reference.into()),
        };
    }
    match base.and_then(|base| base.join(reference).ok()) {
        Some(url) if url.as_str().len() <= BYTES => Address::Usable(url.into()),
        Some(_) => Address::TooLong,
        None => Address::Usable(reference.into()),
    }
}

/// Whether `text` is an absolute address of the web.
pub(crate) fn is_web(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|s| text.get(..s.len()).is_some_and(|head| head.eq_ignore_ascii_case(s)))
}

/// The base that `reference`, an `xml:base`, makes inside `outer`.
pub(crate) fn base(outer: Option<&Url>, reference: &str) -> Option<Url> {
    let reference = reference.trim();
    let inner = match outer {
        Some(outer) => outer.join(reference).ok(),
        None => Url::parse(reference).ok(),
    };
    inner.filter(|url| matches!(url.scheme(), "http" | "https")).or_else(|| outer.cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_and_scripts_refused() {
        let base = Url::parse("https://example.org/news/feed.xml").unwrap();
        let usable = |reference: &str| match resolve(Some(&base), reference) {
            Address::Usable(url) => url,
            other => panic!("{reference}: {other:?}"),
        };
        assert_eq!(usable(" a.html "), "https://example.org/news/a.html");
        assert_eq!(usable("//cdn.example.org/x"), "https://cdn.example.org/x");
        assert_eq!(usable("HTTP://Example.org/A"), "HTTP://Example.org/A");
        assert_eq!(usable("http://example.org/a b"), "http://example.org/a%20b");
        assert_eq!(usable("http://example.org/a\nb"), "http://example.org/ab");
        assert_eq!(resolve(Some(&base), "JavaScript:alert(1)"), Address::Refused);
        assert_eq!(resolve(None, "/a"), Address::Usable("/a".into()));
        assert_eq!(resolve(None, &"a".repeat(3_000)), Address::TooLong);
    }
}
