//! Tags of an address: of an item that has no words of its own.

use model::{AddressWords, Facet, Field, Tag};

use crate::{Tagger, Text};

/// How sure the words of an address are beside those of a headline: they have neither capitals nor
/// marks, and are often cut.
const OF_ADDRESS: f32 = 0.9;

impl Tagger {
    /// What the rules find in the words of an address; the spans are places in the address, which
    /// is `address` itself.
    ///
    /// Addresses are written in small letters, and many names are told from words by their
    /// capitals. They are looked for as in a headline of capitals; one that could as well be a
    /// word or a surname counts where something else speaks for it. Amounts are left out: an
    /// address says `1-5` for 1.5.
    pub fn tag_address(&self, address: &str, words: &AddressWords, lang: Option<&str>) -> Vec<Tag> {
        let own = words.text();
        let read = |title: &str| self.tag(&Text { title: Some(title), lang, ..Text::default() });
        let mut tags = read(own);
        if !own.chars().any(char::is_uppercase) {
            let shouted = read(&with_capitals(own, |_| true));
            let is_known = |tag: &Tag| tags.iter().any(|known| known.rule == tag.rule);
            let found: Vec<Tag> = shouted.iter().filter(|tag| !is_known(tag)).cloned().collect();
            let as_names = match found.iter().any(|tag| tag.facet == Facet::Vendor) {
                true => read(&with_capitals(own, |before| before == Some(' '))),
                false => Vec::new(),
            };
            let counts = |tag: &Tag| {
                tag.facet != Facet::Vendor
                    || tag.spans.iter().any(|span| is_spelled(&span.text))
                    || shouted.iter().any(|other| {
                        matches!(other.facet, Facet::Vendor | Facet::Layer) && other.id != tag.id
                    })
                    || as_names.iter().any(|name| name.rule == tag.rule)
                        && !self.is_doubted(&tag.rule)
            };
            tags.extend(found.into_iter().filter(counts));
        }
        tags.retain(|tag| tag.facet != Facet::Amount);
        tags.retain_mut(|tag| {
            tag.confidence *= OF_ADDRESS;
            tag.spans.retain_mut(|span| {
                let place = words.place(span.start as usize..span.end as usize);
                let Some((place, text)) =
                    place.and_then(|place| Some((place.clone(), address.get(place)?)))
                else {
                    return false;
                };
                span.field = Field::Url;
                // An address is longer than its words, and still short.
                span.start = u32::try_from(place.start).unwrap_or(u32::MAX);
                span.end = u32::try_from(place.end).unwrap_or(u32::MAX);
                span.text = text.to_owned();
                true
            });
            !tag.spans.is_empty()
        });
        tags.sort_by(|a, b| (a.facet, &a.id, &a.rule).cmp(&(b.facet, &b.id, &b.rule)));
        tags
    }

    /// Whether the rule itself says that its names mean other things as well, and nothing that it
    /// needs tells them apart.
    fn is_doubted(&self, rule: &str) -> bool {
        self.rule(rule).is_none_or(|rule| rule.asks() && rule.needs.is_empty())
    }
}

/// Hardly a word: it begins with two consonants (`zte`, `bgi`).
fn is_spelled(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase);
    let is_vowel = |c: char| "aeiouаеиоу".contains(c);
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) => !is_vowel(first) && !is_vowel(second),
        _ => false,
    }
}

/// With capitals where `at` says so of the character before; each as long as the small letter.
fn with_capitals(text: &str, at: impl Fn(Option<char>) -> bool) -> String {
    let mut before = Some(' ');
    let capital = |c: char| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(upper), None) if upper.len_utf8() == c.len_utf8() => upper,
            _ => c,
        }
    };
    let letters = text.chars().map(|c| {
        let written = if at(before) { capital(c) } else { c };
        before = Some(c);
        written
    });
    letters.collect()
}
