//! Names inside web and e-mail addresses are no mentions.

/// Bytes on either side that are looked at.
const REACH: usize = 256;

/// Last labels of host names that stand in running text.
const DOMAINS: &[&str] = &[
    "ai", "al", "app", "asia", "ba", "be", "bg", "biz", "blog", "by", "cat", "cc", "ch", "cloud",
    "club", "cn", "co", "com", "cz", "de", "dev", "edu", "ee", "es", "eu", "example", "fr", "ge",
    "gov", "gr", "hk", "hr", "hu", "ie", "info", "int", "io", "it", "jp", "kr", "kz", "live", "lt",
    "lv", "me", "media", "mk", "net", "news", "nl", "online", "org", "pl", "press", "ro", "rs",
    "ru", "shop", "si", "site", "sk", "store", "tech", "tr", "tv", "tw", "ua", "uk", "us", "wiki",
    "world", "xyz",
];

/// Whether `start..end` of `text` is part of an address, and not the whole name of a host.
pub(crate) fn inside(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let left = start
        - bytes[start.saturating_sub(REACH)..start].iter().rev().take_while(|b| !ends(b)).count();
    let right =
        end + bytes[end..(end + REACH).min(bytes.len())].iter().take_while(|b| !ends(b)).count();
    let Some(token) = text.get(left..right) else { return false };
    let token = token.trim_end_matches(['.', ':', '!', '?']);
    if token.contains("://") || token.to_ascii_lowercase().starts_with("www.") {
        return true;
    }
    if let Some((before, after)) = token.split_once('@') {
        return !before.is_empty() && after.contains('.');
    }
    let host = token.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let Some((labels, domain)) = host.rsplit_once('.') else { return false };
    let well_formed = labels.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    // A name that is itself written like a host (`Mynd.ai`) reaches to its end.
    well_formed && DOMAINS.contains(&domain) && end != left + host.len()
}

/// Whether an address ends before this byte.
fn ends(b: &u8) -> bool {
    !b.is_ascii() || b.is_ascii_whitespace() || b"\"'()<>[]{},;|".contains(b)
}

/// Whether `start..end` of a folded text may be part of an address: a quick look that says no to
/// nearly everything. Folding makes no other byte of one that ends an address.
pub(crate) fn may_surround(folded: &[u8], start: usize, end: usize) -> bool {
    let before = folded[start.saturating_sub(REACH)..start].iter().rev();
    let left = start - before.take_while(|b| !ends(b)).count();
    let after = folded[end..(end + REACH).min(folded.len())].iter();
    let right = end + after.take_while(|b| !ends(b)).count();
    let around = &folded[left..right];
    // A full stop at the end of a sentence is no sign of a host.
    around.iter().enumerate().any(|(n, b)| match b {
        b'@' | b'/' => true,
        b'.' => around.get(n + 1).is_some_and(u8::is_ascii_alphanumeric),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names() {
        let check = |text: &str, name: &str, expected: bool| {
            let start = text.find(name).unwrap();
            assert_eq!(inside(text, start, start + name.len()), expected, "{text}");
        };
        check("see https://e.huawei.com/en/ for more", "huawei", true);
        check("www.huawei.rs", "huawei", true);
        check("press@huawei.com.", "huawei", true);
        check("на huawei.com/rs објављено", "huawei", true);
        check("reč je o kompaniji Huawei.To je", "Huawei", false);
        check("@Huawei objavio", "Huawei", false);
        check("Huawei/ZTE", "ZTE", false);
        check("kupio Mynd.ai", "Mynd.ai", false);
        check("Huawei.", "Huawei", false);
        check("forum xiaomi-fans.club je ugašen", "xiaomi", true);
    }
}
