//! Which languages a rule is for.

use crate::fold::Folded;

/// Bytes of a text with one letter that carries a caron, acute or bar: of Serbo-Croatian every
/// twentieth does, of English with its names hardly one in hundreds.
const BYTES_PER_MARK: usize = 60;

/// What `sh` stands for: Serbo-Croatian where its languages cannot be told apart.
const SERBO_CROATIAN: [&str; 6] = ["sh", "sr", "hr", "bs", "cnr", "me"];

/// The language of a text of which nothing is known, where its letters alone tell.
pub(crate) fn by_letters(folded: &Folded) -> Option<&'static str> {
    let length = folded.text().len();
    let marks = folded.marks(0, length).take(length / BYTES_PER_MARK + 1).count();
    (marks * BYTES_PER_MARK > length).then_some("sh")
}

/// Whether a text in `lang` is one in `want`, both BCP 47: `sr` means `sr-Latn` and `sr-Cyrl` too
/// (RFC 4647 section 3.3.1).
pub(crate) fn is_of(lang: &str, want: &str) -> bool {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let is_prefix = lang.len() >= want.len()
        && lang.as_bytes()[..want.len()].eq_ignore_ascii_case(want.as_bytes())
        && matches!(lang.as_bytes().get(want.len()), None | Some(b'-'));
    let (lang, want) = (primary(lang), primary(want));
    let is_serbo_croatian = |tag: &String| SERBO_CROATIAN.contains(&tag.as_str());
    is_prefix
        || ((lang == "sh" || want == "sh") && is_serbo_croatian(&lang) && is_serbo_croatian(&want))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_means_its_scripts_and_sh_each_of_its_languages() {
        for (lang, want, expected) in [
            ("sr", "sr", true),
            ("sr-Latn", "sr", true),
            ("SR-latn", "sr", true),
            ("sr", "sr-Cyrl", false),
            ("sh", "hr", true),
            ("bs", "sh", true),
            ("hr", "sr", false),
            ("en", "sh", false),
            ("srn", "sr", false),
            ("", "sr", false),
        ] {
            assert_eq!(is_of(lang, want), expected, "{lang} {want}");
        }
    }
}
