//! Where names of vendors stand in a name.

use super::form::{Strength, Vendors, bag};
use super::lexicon::Class;
use super::words::{Word, is_han};

/// Words of a name whose order may differ.
const MAX_BAG: usize = 8;
/// Letters of a coined word that is found when it is written as two.
const MIN_SPLIT_LETTERS: usize = 7;
/// Places in one name: hostile names repeat a word.
const MAX_HITS: usize = 32;

/// A name of a vendor in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) form: u32,
    /// The first and the last word.
    pub(super) first: usize,
    pub(super) last: usize,
    /// Bytes of the name.
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Hit {
    fn is_within(&self, other: &Self) -> bool {
        let wider = (other.end - other.start) > (self.end - self.start);
        wider && other.start <= self.start && self.end <= other.end
    }
}

/// All vendors' names in `name`, without those that are a part of a longer one.
pub(super) fn hits(vendors: &Vendors, name: &[Word<'_>]) -> Vec<Hit> {
    let content: Vec<usize> = (0..name.len()).filter(|&n| name[n].class != Class::Filler).collect();
    let mut hits = Vec::new();
    if in_order(vendors, name, &content, &mut hits) {
        reordered(vendors, name, &content, &mut hits);
    }
    split(vendors, name, &content, &mut hits);
    for (at, word) in name.iter().enumerate().filter(|(_, w)| w.text.starts_with(is_han)) {
        in_han(vendors, at, word, &mut hits);
    }
    hits.truncate(MAX_HITS);
    let all = hits.clone();
    hits.retain(|hit| !all.iter().any(|other| hit.is_within(other)));
    hits.sort_by_key(|hit| (hit.start, hit.end, hit.form));
    hits.dedup();
    hits
}

/// Whether any word of the name is the rarest of a vendor's name.
fn in_order(vendors: &Vendors, name: &[Word<'_>], content: &[usize], hits: &mut Vec<Hit>) -> bool {
    let mut any = false;
    for (at, &word) in content.iter().enumerate() {
        let Some(forms) = vendors.by_word.get(name[word].text.as_ref()) else { continue };
        any = true;
        for &(number, offset) in forms {
            let form = &vendors.forms[number as usize];
            let Some(first) = at.checked_sub(offset as usize) else { continue };
            let Some(found) = content.get(first..first + form.words.len()) else { continue };
            if found.iter().zip(&form.words).all(|(&n, wanted)| name[n].text == *wanted) {
                hits.push(hit(name, number, found[0], found[found.len() - 1]));
            }
        }
    }
    any
}

/// Coined words written as two: Hik Vision.
fn split(vendors: &Vendors, name: &[Word<'_>], content: &[usize], hits: &mut Vec<Hit>) {
    let mut joined = String::new();
    for pair in content.windows(2) {
        let (one, two) = (&name[pair[0]], &name[pair[1]]);
        let short = one.text.len() + two.text.len() < MIN_SPLIT_LETTERS;
        let common = one.class != Class::Own && two.class != Class::Own;
        if short || common || two.start > one.end + 1 || one.text.len() < 2 {
            continue;
        }
        joined.clear();
        joined.push_str(&one.text);
        joined.push_str(&two.text);
        let Some(forms) = vendors.by_word.get(&joined) else { continue };
        for &(number, _) in forms {
            let form = &vendors.forms[number as usize];
            if form.words.len() == 1 && form.strength == Strength::Strong {
                hits.push(hit(name, number, pair[0], pair[1]));
            }
        }
    }
}

/// The words of a vendor's name and no others, in any order.
fn reordered(vendors: &Vendors, name: &[Word<'_>], content: &[usize], hits: &mut Vec<Hit>) {
    if !(2..=MAX_BAG).contains(&content.len()) {
        return;
    }
    let key = bag(content.iter().map(|&n| name[n].text.as_ref()));
    for &number in vendors.by_bag.get(&key).into_iter().flatten() {
        hits.push(hit(name, number, content[0], content[content.len() - 1]));
    }
}

/// Scripts without spaces: a name may begin at every character.
fn in_han(vendors: &Vendors, at: usize, word: &Word<'_>, hits: &mut Vec<Hit>) {
    for (offset, first) in word.text.char_indices() {
        for &number in vendors.by_han.get(&first).into_iter().flatten() {
            let form = &vendors.forms[number as usize].words[0];
            if hits.len() < MAX_HITS && word.text[offset..].starts_with(form.as_str()) {
                let start = word.start + offset;
                hits.push(Hit {
                    form: number,
                    first: at,
                    last: at,
                    start,
                    end: start + form.len(),
                });
            }
        }
    }
}

fn hit(name: &[Word<'_>], form: u32, first: usize, last: usize) -> Hit {
    Hit { form, first, last, start: name[first].start, end: name[last].end }
}
