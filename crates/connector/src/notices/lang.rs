//! Languages: BCP 47 from the codes of ISO 639-2 that TED and the World Bank write.

/// ISO 639-2 (bibliographic and terminological), ISO 639-1, English name.
#[rustfmt::skip]
const LANGUAGES: &[(&[&str], &str, &str)] = &[
    (&["bul"], "bg", "Bulgarian"), (&["bos"], "bs", "Bosnian"), (&["cat"], "ca", "Catalan"),
    (&["ces", "cze"], "cs", "Czech"), (&["dan"], "da", "Danish"), (&["deu", "ger"], "de", "German"),
    (&["ell", "gre"], "el", "Greek"), (&["eng"], "en", "English"), (&["spa"], "es", "Spanish"),
    (&["est"], "et", "Estonian"), (&["fin"], "fi", "Finnish"), (&["fra", "fre"], "fr", "French"),
    (&["gle"], "ga", "Irish"), (&["hrv"], "hr", "Croatian"), (&["hun"], "hu", "Hungarian"),
    (&["isl", "ice"], "is", "Icelandic"), (&["ita"], "it", "Italian"), (&["lit"], "lt", "Lithuanian"),
    (&["lav"], "lv", "Latvian"), (&["mkd", "mac"], "mk", "Macedonian"), (&["mlt"], "mt", "Maltese"),
    (&["nld", "dut"], "nl", "Dutch"), (&["nor"], "no", "Norwegian"), (&["nob"], "nb", "Norwegian Bokmål"),
    (&["nno"], "nn", "Norwegian Nynorsk"), (&["pol"], "pl", "Polish"), (&["por"], "pt", "Portuguese"),
    (&["ron", "rum"], "ro", "Romanian"), (&["rus"], "ru", "Russian"), (&["slk", "slo"], "sk", "Slovak"),
    (&["slv"], "sl", "Slovenian"), (&["sqi", "alb"], "sq", "Albanian"), (&["srp"], "sr", "Serbian"),
    (&["swe"], "sv", "Swedish"), (&["tur"], "tr", "Turkish"), (&["ukr"], "uk", "Ukrainian"),
    (&["zho", "chi"], "zh", "Chinese"), (&["ara"], "ar", "Arabic"), (&["cnr"], "cnr", "Montenegrin"),
    (&["hye", "arm"], "hy", "Armenian"), (&["kat", "geo"], "ka", "Georgian"),
];

/// The BCP 47 tag for a code or an English name.
pub(super) fn bcp47(text: &str) -> Option<String> {
    let text = text.trim();
    let same = |known: &str| known.eq_ignore_ascii_case(text);
    let found = LANGUAGES
        .iter()
        .find(|(three, two, name)| same(two) || same(name) || three.iter().any(|code| same(code)));
    if let Some((_, two, _)) = found {
        return Some((*two).to_owned());
    }
    // `sr-Latn`, `en_GB`, and two letters that the table lacks.
    let (language, _) = text.split_once(['-', '_']).unwrap_or((text, ""));
    let plain = language.len() == 2 && language.bytes().all(|b| b.is_ascii_alphabetic());
    plain.then(|| language.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::bcp47;

    #[test]
    fn codes_of_every_kind_are_one_tag() {
        for (text, tag) in [
            ("ENG", Some("en")),
            ("srp", Some("sr")),
            ("FR", Some("fr")),
            ("French", Some("fr")),
            ("alb", Some("sq")),
            ("pt-BR", Some("pt")),
            ("", None),
            ("mul", None),
        ] {
            assert_eq!(bcp47(text).as_deref(), tag, "{text}");
        }
    }
}
