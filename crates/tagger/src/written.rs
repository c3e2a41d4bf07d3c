//! How a match is written in the original: with its capitals, in a shouted headline, in an address.

use crate::Text;
use crate::address;
use crate::endings::Tail;
use crate::evaluate::State;
use crate::fold::{Folded, Place};
use crate::pattern::{Case, Found, Pattern};

/// Capitals around a name that make its line a headline in capitals.
const SHOUTED_LETTERS: usize = 5;
/// So many capitals may have one small letter among them: `TEMU i SHEIN NA CARINI`.
const CAPITALS_PER_SMALL: usize = 8;
/// Bytes on either side, of the same line, that are looked at for them.
const SHOUT_REACH: usize = 80;

/// How a match is written in the original.
pub(crate) struct Written {
    pub(crate) state: State,
    /// Capitals only, as is everything around: they do not tell a name from a word.
    pub(crate) shouted: bool,
}

/// `None`: the pattern means another script than the original has.
pub(crate) fn written(
    text: &Text<'_>,
    folded: &Folded,
    form: &Pattern,
    start: usize,
    found: Found,
) -> Option<Written> {
    let end = found.end;
    if form.lead.is_some_and(|lead| start == 0 || folded.text()[start - 1] != lead) {
        return None;
    }
    let suspicious = address::may_surround(folded.text(), start, end);
    if form.is_plain() && !suspicious {
        return Some(Written { state: State::Counts, shouted: false });
    }
    let place = folded.place(text, start, end);
    let content = text.field(place.field);
    let words = content.get(place.start..place.end)?;
    if form.cyrillic_only && !words.chars().any(|c| ('\u{400}'..='\u{52f}').contains(&c)) {
        return None;
    }
    let mut shouted = false;
    let mut state = State::Counts;
    if form.case != Case::Any {
        let token = &form.tokens[0];
        let stem_end = start + token.stem.len();
        let stem = folded.place(text, start, stem_end);
        let (stem, ending) =
            (content.get(stem.start..stem.end)?, content.get(stem.end..place.end)?);
        let mut letters = stem.chars().filter(|c| c.is_alphabetic());
        let as_named = match form.case {
            Case::Capital => letters.next().is_none_or(char::is_uppercase),
            _ => letters.all(char::is_uppercase),
        };
        // `ZTEov` has an ending; `ZTEOV` would be another word.
        let is_ending =
            token.tail != Tail::Acronym || ending.chars().next().is_none_or(|c| !c.is_uppercase());
        shouted = is_shouted(content, place);
        if !as_named || !is_ending {
            state = State::Case;
        } else if shouted && token.stem.len() < 3 && form.case == Case::Capitals {
            state = State::Shouted;
        }
    }
    if state == State::Counts && suspicious && address::inside(content, place.start, place.end) {
        state = State::Address;
    }
    Some(Written { state, shouted })
}

/// Whether the rest of the line, as far as it is looked at, is written in capitals.
fn is_shouted(content: &str, place: Place) -> bool {
    let from = content.floor_char_boundary(place.start.saturating_sub(SHOUT_REACH));
    let to = content.ceil_char_boundary((place.end + SHOUT_REACH).min(content.len()));
    let before = content[from..place.start].rsplit('\n').next().unwrap_or_default();
    let after = content[place.end..to].split('\n').next().unwrap_or_default();
    let (mut capitals, mut small) = (0, 0);
    for c in before.chars().chain(after.chars()) {
        capitals += usize::from(c.is_uppercase());
        small += usize::from(c.is_lowercase());
    }
    capitals >= SHOUTED_LETTERS && small * CAPITALS_PER_SMALL <= capitals
}

#[cfg(test)]
mod tests {
    use model::Field;

    use super::*;

    #[test]
    fn a_headline_in_capitals_is_told_from_an_acronym_in_a_text() {
        for (text, name, expected) in [
            ("BGI U NIŠU OTVARA CENTAR", "BGI", true),
            ("БГИ У НИШУ ОТВАРА ЦЕНТАР", "БГИ", true),
            ("TEMU i SHEIN NA CARINI", "TEMU", true),
            ("BGI OTVARA CENTAR\nKineska kompanija otvara novi centar u gradu.", "BGI", true),
            ("NOVI CENTAR U NIŠU\nKompanija BGI otvara centar.", "BGI", false),
            ("Kompanija BGI otvara centar.", "BGI", false),
            ("BGI", "BGI", false),
            ("EU i SAD o kompaniji BGI", "BGI", false),
        ] {
            let start = text.find(name).unwrap();
            let place = Place { field: Field::Text, start, end: start + name.len() };
            assert_eq!(is_shouted(text, place), expected, "{text}");
        }
    }
}
