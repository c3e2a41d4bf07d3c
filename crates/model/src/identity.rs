//! Identity of items and stories: which keys lead to the same item (I4a), which items tell the
//! same story.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use url::Url;

use crate::id::hash_id;
use crate::item::hash16;
use crate::{Entry, SourceId};

/// The version of the canonical-address rules; frozen: alias rows depend on every detail.
pub const CANONICAL_VERSION: u8 = 1;

hash_id!(
    /// A key under which an item can be found again: a published id or a canonical address.
    AliasKey
);
hash_id!(
    /// A key that items of one story share: a canonical address or an exact text.
    StoryKey
);

impl AliasKey {
    pub fn guid(source: &SourceId, guid: &str) -> Self {
        Self(hash16(&["alias/guid/1", source.as_str(), guid]))
    }
    pub fn url(source: &SourceId, canonical: &str) -> Self {
        Self(hash16(&["alias/url/1", source.as_str(), canonical]))
    }
    /// For an entry with neither id nor address.
    pub fn content(source: &SourceId, digest: &str) -> Self {
        Self(hash16(&["alias/content/1", source.as_str(), digest]))
    }
}

impl StoryKey {
    pub fn url(canonical: &str) -> Self {
        Self(hash16(&["story/url/1", canonical]))
    }
}

/// Parameters that say where a reader came from, never what he reads.
fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("utm_")
        || name.starts_with("mtm_")
        || name.starts_with("pk_")
        || matches!(
            name.as_str(),
            "fbclid"
                | "gclid"
                | "dclid"
                | "msclkid"
                | "yclid"
                | "igshid"
                | "mc_cid"
                | "mc_eid"
                | "_ga"
                | "ocid"
                | "cmpid"
                | "at_medium"
                | "at_campaign"
                | "ftag"
                | "wt_mc"
                | "ns_mchannel"
                | "ns_source"
                | "ns_campaign"
                | "ns_linkname"
        )
}

/// The form of an address under which two spellings of it are the same, rules version 1:
/// `https` for `http`, host without `www.`, no default port, user or fragment (`#!` stays, it
/// names the page), no tracking parameters, the other parameters in their order, no trailing
/// slash but the first, percent signs in upper case where they are needed and decoded where they
/// hide an unreserved character. `replacements` are the source's own, applied first, in order.
///
/// `None` when the address is not one of the web.
pub fn canonical_url(address: &str, replacements: &[(String, String)]) -> Option<String> {
    let mut address = address.trim().to_owned();
    for (from, to) in replacements {
        address = address.replace(from.as_str(), to);
    }
    let url: Url = address.parse().ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?.trim_end_matches('.');
    let host = host.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(host);
    let mut canonical = format!("https://{host}");
    if let Some(port) = url.port().filter(|port| !matches!(port, 80 | 443)) {
        canonical.push_str(&format!(":{port}"));
    }
    let path = unescape_unreserved(url.path());
    canonical.push_str(path.trim_end_matches('/'));
    if path.chars().all(|c| c == '/') {
        canonical.push('/');
    }
    let kept = url.query().map(|query| {
        let names = |pair: &&str| {
            !pair.is_empty() && !is_tracking(pair.split('=').next().unwrap_or_default())
        };
        query.split('&').filter(names).collect::<Vec<_>>().join("&")
    });
    if let Some(query) = kept.filter(|query| !query.is_empty()) {
        canonical.push('?');
        canonical.push_str(&unescape_unreserved(&query));
    }
    if let Some(fragment) = url.fragment().filter(|fragment| fragment.starts_with('!')) {
        canonical.push('#');
        canonical.push_str(fragment);
    }
    Some(canonical)
}

/// RFC 3986 section 6.2.2: `%7e` is `~`, `%c4` is `%C4`.
fn unescape_unreserved(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = hex.and_then(|hex| {
            let hex = std::str::from_utf8(hex).ok()?;
            hex.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u8::from_str_radix(hex, 16).ok())?
        });
        match code {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(byte);
                at += 3;
            }
            Some(byte) => {
                out.extend_from_slice(format!("%{byte:02X}").as_bytes());
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).expect("ASCII was replaced by ASCII")
}

/// What makes a revision: hash over title, summary, text and authors, white space evened out.
pub fn content_digest(entry: &Entry) -> [u8; 16] {
    let even = |text: &Option<String>| {
        text.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let authors = entry.authors.join("\n");
    hash16(&["content/1", &even(&entry.title), &even(&entry.summary), &even(&entry.text), &authors])
}

/// Fewest letters and digits that a text must have before equal texts are called one story: below
/// it stand headings such as "Breaking news" that mean something else each time.
const EXACT_TEXT_LETTERS: usize = 48;

/// Letters and digits in compatibility form and lower case. Most text is in that form already,
/// and bringing it there again is the dearest step of all.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut push = |c: char| {
        if c.is_ascii() {
            folded.extend(c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase()));
        } else {
            folded.extend(c.to_lowercase().filter(|c| c.is_alphanumeric()));
        }
    };
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        text.chars().for_each(&mut push);
    } else {
        text.nfkc().for_each(&mut push);
    }
    folded
}

/// The story key of a text: letters and digits of title and body in compatibility form and lower
/// case. `None` for a text that is too short to be told apart.
pub fn exact_text_key(title: Option<&str>, body: Option<&str>) -> Option<StoryKey> {
    let title = fold(title.unwrap_or_default());
    let body = fold(body.unwrap_or_default());
    let letters = title.chars().count() + body.chars().count();
    (letters >= EXACT_TEXT_LETTERS).then(|| StoryKey(hash16(&["story/text/1", &title, &body])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(address: &str) -> String {
        canonical_url(address, &[]).expect("an address of the web")
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        let one = "https://example.rs/vesti/5g-mreza";
        for spelling in [
            "http://www.example.rs/vesti/5g-mreza/",
            "https://EXAMPLE.rs:443/vesti/5g%2Dmreza?utm_source=rss&utm_medium=feed",
            "https://user@example.rs./vesti/5g-mreza#komentari",
            " https://example.rs/vesti/5g-mreza?fbclid=x ",
        ] {
            assert_eq!(canonical(spelling), one);
        }
    }

    #[test]
    fn what_names_the_page_stays() {
        assert_eq!(canonical("https://a.rs/?id=7&utm_source=x&p=2"), "https://a.rs/?id=7&p=2");
        assert_eq!(canonical("https://a.rs/#!/page/3"), "https://a.rs/#!/page/3");
        assert_eq!(canonical("https://a.rs:8080/x"), "https://a.rs:8080/x");
        assert_eq!(canonical("https://www.rs/x"), "https://www.rs/x");
        assert_eq!(canonical_url("mailto:a@b.rs", &[]), None);
    }

    #[test]
    fn a_source_can_fold_its_two_scripts() {
        let rules = [("/c/".to_owned(), "/".to_owned())];
        assert_eq!(
            canonical_url("https://n.rs/c/vesti/1", &rules),
            canonical_url("https://n.rs/vesti/1", &rules)
        );
    }

    #[test]
    fn a_short_heading_is_no_story() {
        assert_eq!(exact_text_key(Some("Breaking news"), None), None);
        let long = Some("Nuctech skeneri za prtljag stigli na granični prelaz Horgoš");
        assert!(exact_text_key(long, None).is_some());
        assert_eq!(
            exact_text_key(long, None),
            exact_text_key(
                Some("NUCTECH skeneri za prtljag: stigli na granični prelaz „Horgoš“"),
                None
            )
        );
    }

    proptest! {
        #[test]
        fn the_short_way_to_a_fold_is_the_long_one(text in "\\PC{0,40}") {
            let long: String = text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
            prop_assert_eq!(fold(&text), long);
        }

        #[test]
        fn canonical_twice_is_canonical_once(text in "https?://[a-z]{1,8}\\.(rs|com)(/[-a-zA-Z0-9%~é]{0,9}){0,4}(\\?[a-z=&%_0-9]{0,12})?(#[!a-z]{0,4})?") {
            if let Some(once) = canonical_url(&text, &[]) {
                prop_assert_eq!(canonical_url(&once, &[]), Some(once.clone()));
            }
        }
    }
}
