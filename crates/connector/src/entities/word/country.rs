//! Names of countries in the words of the lists, as ISO 3166-1 alpha-2.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::{same_key, tidy};

/// Code, then every name that lists use for it. Names of lists, not of diplomacy: Hong Kong,
/// Crimea or the West Bank stand in them as destinations.
const NAMES: &str = include_str!("countries.txt");

static BY_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for line in NAMES.lines() {
        let Some((code, rest)) = line.split_once(' ') else { continue };
        for name in rest.split(';') {
            names.insert(same_key(name), code);
        }
        names.insert(code.to_lowercase(), code);
    }
    names
});

/// The code of a country by its name or code, in any spelling that is known.
pub(crate) fn alpha2(text: &str) -> Option<&'static str> {
    let text = text.trim().trim_end_matches(['.', ',', ';']);
    if text.is_empty() || text.len() > 80 {
        return None;
    }
    let key = same_key(text);
    let known = |key: &str| BY_NAME.get(key).copied();
    known(&key)
        .or_else(|| known(key.strip_prefix("the")?))
        .or_else(|| known(key.strip_prefix("region")?))
        // `China (Hong Kong)`, `Turkey (Türkiye)`: the inner name is the nearer one, if it is one.
        .or_else(|| {
            let (outer, inner) = text.split_once('(')?;
            known(&same_key(inner)).or_else(|| known(&same_key(outer)))
        })
}

/// The code where the word is known, else the word; nothing for nothing.
pub(crate) fn country(text: &str) -> Option<String> {
    let text = tidy(text);
    if super::is_null(&text) || matches!(text.to_uppercase().as_str(), "UNKNOWN" | "00" | "ZZ") {
        return None;
    }
    Some(alpha2(&text).map_or(text, Into::into))
}

/// The country that an address ends with, by its name; codes of two letters only where `codes`.
pub(crate) fn country_at_the_end(address: &str, codes: bool) -> Option<&'static str> {
    let address = address.trim().trim_end_matches(['.', ';', ',']);
    let last = address.rsplit(',').next()?.trim();
    if last.len() == 2 {
        let code = codes && last.bytes().all(|byte| byte.is_ascii_uppercase());
        return if code { alpha2(last) } else { None };
    }
    // `Shenzhen, 518000, P.R. China`, `… Moscow Russia`: the last words, the longest first.
    alpha2(last).or_else(|| {
        let words: Vec<&str> = last.split_whitespace().collect();
        (1..words.len()).find_map(|from| {
            let tail = words[from..].join(" ");
            if tail.len() > 3 { alpha2(&tail) } else { None }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_by_the_words_of_the_lists() {
        for (word, code) in [
            ("China", "CN"),
            ("People's Republic of China", "CN"),
            ("Peoples Republic of China (PRC)", "CN"),
            ("Hong Kong", "HK"),
            ("Crimea Region of Ukraine", "UA"),
            ("Russian Federation", "RU"),
            ("RUSSIAN FEDERATION", "RU"),
            ("the United Arab Emirates", "AE"),
            ("Korea, North", "KP"),
            ("Democratic People's Republic of Korea", "KP"),
            ("Congo, Democratic Republic of the", "CD"),
            ("Burma", "MM"),
            ("Türkiye", "TR"),
            ("Côte d’Ivoire", "CI"),
            ("gb", "GB"),
            ("Region: Gaza", "PS"),
            ("Kosovo", "XK"),
        ] {
            assert_eq!(alpha2(word), Some(code), "{word}");
        }
        assert_eq!(country("Transnistria").as_deref(), Some("Transnistria"));
        assert_eq!(country("UNKNOWN"), None);
        assert_eq!(country("-0- "), None);
        assert_eq!(alpha2("Chinatown"), None);
    }

    #[test]
    fn an_address_ends_with_its_country() {
        let end = |text| country_at_the_end(text, true);
        assert_eq!(end("Unit 4, Kowloon, HK"), Some("HK"));
        assert_eq!(end("119435, Moscow, Pirogovskaya 18, Russian Federation."), Some("RU"));
        assert_eq!(end("Xiujia Bay, Xian 710021 P.R. China"), Some("CN"));
        assert_eq!(end("China Road 5, Springfield"), None);
        assert_eq!(country_at_the_end("Main St, Wilmington, DE", false), None);
    }

    #[test]
    fn every_line_of_the_table_is_a_code_and_names() {
        let mut codes = std::collections::HashSet::new();
        for line in NAMES.lines() {
            let (code, names) = line.split_once(' ').unwrap();
            assert!(code.len() == 2 && codes.insert(code), "{line}");
            assert!(names.split(';').all(|name| !name.trim().is_empty()), "{line}");
        }
        assert!(codes.len() > 240);
    }
}
