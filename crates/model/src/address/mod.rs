//! What a web address says in words: all there is to go by where an entry has no words of its own,
//! as in most sitemaps.

mod word;

use std::ops::Range;

use crate::clean::{one_line, truncated};

/// Bytes of an address that are looked at.
const ADDRESS_BYTES: usize = 2_048;
/// Bytes of the words: longer than any headline.
const WORDS_BYTES: usize = 512;
/// Segments that are looked at, from the last one back.
const SEGMENTS: usize = 8;
/// A segment of so many words is a headline, and not the name of a section.
const HEADLINE: usize = 4;

/// The words of the last segment of an address that has any: percent signs decoded, what stands
/// between words as a blank; ids, dates and the endings of files left out.
///
/// They are the outlet's, but they are no title: whoever shows them says where they come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressWords {
    text: String,
    /// For each word: where it begins in `text`, and in the address.
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    /// In `text`.
    start: usize,
    /// Of each character: where it begins in the address; and where the last one ends.
    original: Vec<u32>,
}

impl AddressWords {
    /// `None` for an address that says nothing: a front page, a number, a hash.
    pub fn of(address: &str) -> Option<Self> {
        let address = truncated(address.trim_end(), ADDRESS_BYTES);
        let address: &str = &address;
        let path = path(address)?;
        let has_query = address[path.end..].starts_with('?');
        let mut segments = segments(address, path);
        segments.reverse();
        let mut found: Option<Vec<Piece>> = None;
        for (place, segment) in segments.into_iter().take(SEGMENTS).enumerate() {
            let words = word::words(address, segment, place == 0, has_query);
            match &mut found {
                None if words.is_empty() => {}
                None if words.len() > 1 => return Some(Self::from(words)),
                // One word alone: the headline may stand before it.
                None => found = Some(words),
                Some(last) if words.len() >= HEADLINE => {
                    let last = std::mem::take(last);
                    return Some(Self::from(words.into_iter().chain(last).collect::<Vec<_>>()));
                }
                Some(_) => break,
            }
        }
        found.map(Self::from)
    }

    /// The words, a blank between them.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where bytes of the words stand in the address that they were made of.
    pub fn place(&self, range: Range<usize>) -> Option<Range<usize>> {
        let start = self.original(range.start)?.0;
        let last = self.text.get(range.clone())?.char_indices().next_back()?.0;
        let end = self.original(range.start + last)?.1;
        (start < end).then_some(start as usize..end as usize)
    }

    /// Where the character at `at` begins and ends in the address.
    fn original(&self, at: usize) -> Option<(u32, u32)> {
        let word = self.words.partition_point(|word| word.start <= at).checked_sub(1)?;
        let word = self.words.get(word)?;
        let nth = self.text.get(word.start..at)?.chars().count();
        // A blank after a word is what follows its last letter.
        let start = *word.original.get(nth)?;
        Some((start, word.original.get(nth + 1).copied().unwrap_or(start)))
    }
}

impl From<Vec<Piece>> for AddressWords {
    fn from(pieces: Vec<Piece>) -> Self {
        let mut found = Self::default();
        for piece in pieces {
            if found.text.len() + piece.text.len() >= WORDS_BYTES {
                break;
            }
            if !found.text.is_empty() {
                found.text.push(' ');
            }
            found.words.push(Word { start: found.text.len(), original: piece.original });
            found.text.push_str(&piece.text);
        }
        found
    }
}

/// One word with its places in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Piece {
    text: String,
    original: Vec<u32>,
}

/// What stands for an item in lists and messages: its title; if it has none, what its address says,
/// named as that; else the address. Empty when there is neither.
pub fn title_or_address(title: Option<&str>, url: Option<&str>) -> String {
    let title = one_line(title.unwrap_or_default());
    if !title.is_empty() {
        return title;
    }
    match url.and_then(AddressWords::of) {
        Some(words) => format!("(no title; address: {})", words.text()),
        None => one_line(url.unwrap_or_default()),
    }
}

/// Part of an address with its percent signs decoded, as far as that is UTF-8.
pub(crate) fn decoded(part: &str) -> String {
    let (bytes, _) = word::decode(part.as_bytes(), 0..part.len());
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

/// The path of a web address, without query and fragment.
fn path(address: &str) -> Option<Range<usize>> {
    let (scheme, rest) = address.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let begin = scheme.len() + 3 + rest.find('/')?;
    let end = address[begin..].find(['?', '#']).map_or(address.len(), |length| begin + length);
    (is_web && !rest[..rest.find('/')?].contains(['?', '#'])).then_some(begin..end)
}

fn segments(address: &str, path: Range<usize>) -> Vec<Range<usize>> {
    let mut at = path.start;
    let segments = address[path].split('/').map(|segment| {
        let range = at..at + segment.len();
        at = range.end + 1;
        range
    });
    segments.filter(|range| !range.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(address: &str) -> String {
        AddressWords::of(address).map_or_else(String::new, |words| words.text().to_owned())
    }

    #[test]
    fn the_last_segment_with_words_is_what_an_address_says() {
        for (path, expected) in [
            ("2026/11/huawei-wins-5g-contract-in-serbia/", "huawei wins 5g contract in serbia"),
            ("vesti/2026-11-22-nuctech-skeneri-na-horgosu.html", "nuctech skeneri na horgosu"),
            ("vesti/23456/kineske_kamere+u+nisu", "kineske kamere u nisu"),
            ("story/2020/8/24/izgradnja-mreze-u-nisu/4943459", "izgradnja mreze u nisu"),
            ("news/share-market-update-psu/articleshow/73540940.cms", "share market update psu"),
            ("opinion/new-york-elections.html?smid=rss", "new york elections"),
            (
                "2020/03/11/loft-store-at-ninth-street-to-close/loft/",
                "loft store at ninth street to close loft",
            ),
            ("biznis/huawei", "huawei"),
            ("a/gaza-le-monde-arabe-20231101_AZMTTO7OZBCI3IG7LKHAZVLEQQ/", "gaza le monde arabe"),
            ("@writer/recherche-non-%C3%A0-une-loi-be507f7cf761", "recherche non à une loi"),
            (
                "%D0%B2%D0%B5%D1%81%D1%82%D0%B8/%D1%85%D1%83%D0%B0%D0%B2%D0%B5%D1%98-%D1%83-%D0%BD%D0%B8%D1%88%D1%83",
                "хуавеј у нишу",
            ),
            ("вести/хуавеј-у-нишу", "хуавеј у нишу"),
            ("Deportes/670291/Congresos-desde-Puerto-Montt.aspx", "Congresos desde Puerto Montt"),
            ("vesti/5g-mreza-za-5-miliona", "5g mreza za 5 miliona"),
            ("aktuell/2687.schweinepest-genome-editing.html", "schweinepest genome editing"),
            ("a/covid-19-vakcine-4389658", "covid 19 vakcine"),
        ] {
            let address = format!("https://a.example/{path}");
            assert_eq!(words(&address), expected, "{address}");
        }
    }

    #[test]
    fn numbers_hashes_and_names_of_programs_say_nothing() {
        for address in [
            "https://a.example",
            "https://a.example/",
            "https://a.example/?p=huawei-in-town",
            "https://a.example?x=/huawei-in-town",
            "https://a.example/#huawei-in-town",
            "https://a.example/2026/11/22/",
            "https://a.example/news/76785",
            "https://a.example/e/5d8c31a659b95cc18a43ad75d152e80f",
            "https://a.example/~3/_k8dJ5xnwYw/",
            "https://a.example/550e8400-e29b-41d4-a716-446655440000",
            "https://a.example/rd/CBMibWh0dHBzOi8vd3d3Lm51Lm5sL2Zvcm11bGUtMS82MDgwMDIx",
            "https://a.example/news_info.php?SerialNo=83141",
            "https://a.example/index.html",
            "https://a.example/%FF%FE-%00",
            "mailto:huawei-in-town@a.example/x",
            "huawei-in-town",
            "ftp://a.example/huawei-in-town",
            "",
        ] {
            assert_eq!(words(address), "", "{address}");
        }
    }

    #[test]
    fn a_long_address_is_cut_at_a_word() {
        let address = format!("https://a.example/{}", "serbia-".repeat(1_000));
        let found = words(&address);
        assert!(found.len() < WORDS_BYTES && found.ends_with("serbia"), "{}", found.len());
    }

    #[test]
    fn what_would_disturb_a_terminal_is_no_word() {
        let found = words("https://a.example/huawei%1B%5B31m-%E2%80%AEin%0Atown%3Cscript%3E");
        assert_eq!(found, "huawei 31m in town script");
    }

    #[test]
    fn what_stands_for_an_item_says_where_it_comes_from() {
        let url = Some("https://a.example/huawei-in-town/");
        for (title, url, expected) in [
            (Some("Huawei in town"), url, "Huawei in town"),
            (None, url, "(no title; address: huawei in town)"),
            (Some(" "), url, "(no title; address: huawei in town)"),
            (None, Some("https://a.example/?p=12"), "https://a.example/?p=12"),
            (None, None, ""),
        ] {
            assert_eq!(title_or_address(title, url), expected);
        }
    }

    #[test]
    fn a_place_in_the_words_leads_to_the_address() {
        let address = "https://a.example/a/la-m%C3%A9t%C3%A9o-de-huawei-2026";
        let found = AddressWords::of(address).unwrap();
        assert_eq!(found.text(), "la météo de huawei");
        for (word, original) in [
            ("la", "la"),
            ("météo", "m%C3%A9t%C3%A9o"),
            ("météo de huawei", "m%C3%A9t%C3%A9o-de-huawei"),
        ] {
            let at = found.text().find(word).unwrap();
            let place = found.place(at..at + word.len()).unwrap();
            assert_eq!(&address[place], original);
        }
        assert_eq!(found.place(0..0), None);
        assert_eq!(found.place(0..9_000), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_every_word_has_its_place(
            path in "[a-zA-Z0-9/%._+~=-]{0,60}|\\PC{0,40}",
        ) {
            for address in [format!("https://a.example/{path}"), path.clone()] {
                let Some(found) = AddressWords::of(&address) else { continue };
                prop_assert!(!found.text().is_empty());
                let mut at = 0;
                let mut before = 0;
                for word in found.text().split(' ') {
                    prop_assert!(word.chars().all(word::is_letter), "{word:?}");
                    let place = found.place(at..at + word.len()).unwrap();
                    // A single word and the headline before it stand in the order of the address.
                    prop_assert!(place.start >= before && place.end <= address.len());
                    let own = &address[place.clone()];
                    prop_assert!(own == word || own.contains('%'), "{own} is not {word}");
                    before = place.end;
                    at += word.len() + 1;
                }
            }
        }
    }
}
