//! The language of an item: what it says itself, else its script, else what its source usually is.

/// A guess by script counting; Latin text is in the source's language, in its Latin form.
///
/// Serbian in either script is told apart because one outlet often publishes both.
pub fn language(said: Option<&str>, text: &str, source: Option<&str>) -> Option<String> {
    let (mut latin, mut cyrillic, mut han) = (0_usize, 0_usize, 0_usize);
    for c in text.chars().take(2_000) {
        match c {
            'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' => latin += 1,
            '\u{400}'..='\u{4FF}' => cyrillic += 1,
            '\u{3400}'..='\u{9FFF}' => han += 1,
            _ => {}
        }
    }
    let said = said.or(source).map(str::to_owned);
    let base = |lang: &str| lang.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let of = said.as_deref().map(base).unwrap_or_default();
    // One Chinese character says about as much as two letters.
    if 2 * han > latin + cyrillic && han >= 4 {
        return if of == "zh" { said } else { Some("zh".into()) };
    }
    if cyrillic > latin && cyrillic >= 8 {
        return match of.as_str() {
            "sr" | "sh" | "bs" | "hr" => Some("sr-Cyrl".into()),
            "" | "en" | "zh" => guess_cyrillic(text).map(str::to_owned).or(said),
            _ => said,
        };
    }
    if latin > cyrillic && latin >= 8 && said.as_deref() == Some("sr-Cyrl") {
        return Some("sr-Latn".into());
    }
    if of == "sr" && said.as_deref() == Some("sr") && latin >= 8 {
        return Some("sr-Latn".into());
    }
    said
}

/// Letters that only one of the Cyrillic alphabets in the region has.
fn guess_cyrillic(text: &str) -> Option<&'static str> {
    let has = |letters: &str| text.chars().any(|c| letters.contains(c));
    if has("ѓќѕЃЌЅ") {
        Some("mk")
    } else if has("ђћЂЋ") || (has("љњџј") && !has("ыэъщ")) {
        Some("sr-Cyrl")
    } else if has("ыэЫЭ") {
        Some("ru")
    } else if has("ъщ") {
        Some("bg")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_decides_before_the_source_does() {
        let guess = |text, source| language(None, text, source);
        assert_eq!(guess("Хуавеј гради мрежу", Some("sr-Latn")).as_deref(), Some("sr-Cyrl"));
        assert_eq!(guess("Huavej gradi mrežu", Some("sr-Cyrl")).as_deref(), Some("sr-Latn"));
        assert_eq!(guess("华为在塞尔维亚建设网络", Some("en")).as_deref(), Some("zh"));
        assert_eq!(guess("Вести о ћуприји", None).as_deref(), Some("sr-Cyrl"));
        assert_eq!(guess("Huawei", Some("en")).as_deref(), Some("en"));
        assert_eq!(language(Some("de"), "Huawei baut ein Netz", Some("en")).as_deref(), Some("de"));
    }
}
