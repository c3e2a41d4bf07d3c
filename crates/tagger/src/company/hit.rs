//! Whether one name that holds a vendor's name is the vendor's.

use std::ops::Range;

use super::form::{Form, Guard, Phrase, Strength, Vendors};
use super::lexicon::{self, Class, HAN_FILLERS};
use super::search::Hit;
use super::verdict::{At, BARE_LETTERS, Named, spells};
use super::words::{Word, is_han};
use super::{Designation, Kind, Role, Use};

/// Words from which on a name may be a sentence.
const SENTENCE_WORDS: usize = 8;

/// One hit in one name.
pub(super) struct Judge<'j> {
    pub(super) vendors: &'j Vendors,
    pub(super) of: &'j Designation<'j>,
    pub(super) name: &'j Named<'j>,
    pub(super) hit: &'j Hit,
    pub(super) at: At,
}

impl Judge<'_> {
    fn form(&self) -> &Form {
        &self.vendors.forms[self.hit.form as usize]
    }

    fn guard(&self) -> Option<&Guard> {
        self.form().guard.map(|number| &self.vendors.guards[number as usize])
    }

    /// How sure the hit makes that the name is the vendor's; `None`: it is not.
    pub(super) fn confidence(&self) -> Option<f32> {
        let form = self.form();
        let words = &self.name.words;
        let hit = self.hit;
        let vetoed = |phrase: &Phrase| phrase.is_beside(words, hit.first..hit.last + 1);
        if self.guard().is_some_and(|guard| guard.unless.iter().any(vetoed)) {
            return None;
        }
        if form.words[0].starts_with(is_han) {
            return self.in_han();
        }
        match form.strength {
            Strength::Strong => self.strong(),
            _ if self.is_in_full() => self.strong(),
            Strength::Short => self.short(),
            Strength::Common => self.common(),
        }
    }

    /// The words that no name of the vendor takes.
    fn rest(&self) -> impl Iterator<Item = &Word<'_>> {
        let vendor = self.form().vendor;
        let own = move |hit: &&Hit| self.vendors.forms[hit.form as usize].vendor == vendor;
        let taken = move |n: usize| {
            self.name.hits.iter().filter(own).any(|hit| hit.first <= n && n <= hit.last)
        };
        let around = self.around();
        let words = self.name.words.iter().enumerate().skip(around.start).take(around.len());
        words.filter(move |(n, word)| word.class != Class::Filler && !taken(*n)).map(|(_, w)| w)
    }

    /// The words that belong to the name. Some lists have whole sentences in its place: there it
    /// reaches to the next word in small letters.
    fn around(&self) -> Range<usize> {
        let words = &self.name.words;
        if words.len() < SENTENCE_WORDS {
            return 0..words.len();
        }
        let is_prose = |word: &Word<'_>| word.small && word.class != Class::Filler;
        let before = words[..self.hit.first].iter().rposition(is_prose).map_or(0, |at| at + 1);
        let behind = self.hit.last + 1;
        let after = words[behind..].iter().position(is_prose).map_or(words.len(), |at| behind + at);
        before..after
    }

    fn before(&self) -> &[Word<'_>] {
        &self.name.words[self.around().start..self.hit.first]
    }

    /// The name stands there with the legal form that the list gives it.
    fn is_in_full(&self) -> bool {
        let full = &self.form().full;
        let is_same = |word: &Word<'_>, wanted: &String| {
            let legal = word.class == Class::Filler && word.text.len() > 1;
            word.text == *wanted || (legal && word.text.get(..2) == wanted.get(..2))
        };
        let mut places = self.name.words.windows(full.len().max(1));
        !full.is_empty()
            && places.any(|at| at.iter().zip(full).all(|(word, wanted)| is_same(word, wanted)))
    }

    /// Whether the word is one of the vendor's names, or one that the rule wants to see.
    fn is_companion(&self, word: &Word<'_>) -> bool {
        let vendor = &self.vendors.all[self.form().vendor as usize];
        let needed = |guard: &Guard| {
            guard.needs.iter().any(|phrase| phrase.is_in(std::slice::from_ref(word)))
        };
        vendor.words.binary_search_by(|w| w.as_str().cmp(word.text.as_ref())).is_ok()
            || self.guard().is_some_and(needed)
    }

    fn has_own_words(&self) -> bool {
        self.rest().any(|w| w.class == Class::Own && w.text.len() > 2 && !self.is_companion(w))
    }

    fn strong(&self) -> Option<f32> {
        if self.is_a_person() {
            return None;
        }
        Some(match (self.rest().next().is_none(), self.has_own_words()) {
            (true, _) => 1.0,
            (false, false) => 0.95,
            (false, true) => 0.9,
        })
    }

    /// `SHEIN, Andrey`: a family name, a comma, other names and nothing that a company has.
    fn is_a_person(&self) -> bool {
        let words = &self.name.words;
        let last = &words[self.hit.last];
        let rest = &words[self.hit.last + 1..];
        let syllables = &words[self.hit.first..=self.hit.last];
        // Hua Wei: two names of a person as well.
        let short = syllables.len() > 1 && syllables.iter().all(|word| word.text.len() <= 3);
        if short && self.of.kind == Kind::Unknown && words.iter().all(|w| w.class == Class::Own) {
            return true;
        }
        self.of.kind == Kind::Unknown
            && self.hit.first == 0
            && last.comma_follows
            && (1..=3).contains(&rest.len())
            && rest.iter().all(|word| word.class == Class::Own)
    }

    fn short(&self) -> Option<f32> {
        let form = self.form();
        let words = &self.name.words;
        if form.words.len() == 1 && spells_rest(words, self.hit) {
            return None;
        }
        let own = self.has_own_words();
        let beside = || self.rest().filter(|w| matches!(w.class, Class::Own | Class::Common));
        let companion = beside().any(|word| self.is_companion(word));
        let trade = beside().any(|word| !self.is_companion(word));
        let leads = self.before().iter().all(|w| is_place(w) || w.class == Class::Filler);
        // A name that others share counts by what stands beside it.
        let common = !form.acronym || form.letters <= BARE_LETTERS;
        let shared = form.guard.is_some() && !form.coined && common;
        if self.of.role == Role::Buyer && (own || self.at != At::Home) {
            return None;
        }
        let is_lead = form.acronym && leads && self.at == At::Home && self.name.is == Use::Name;
        if shared && own && !companion && !is_lead {
            return None;
        }
        match self.at {
            At::Home if !own => Some(0.95),
            At::Home => Some(0.85),
            _ if companion && !own => Some(0.85),
            At::Unknown if !own && form.guard.is_none() && form.letters > BARE_LETTERS => {
                Some(0.85)
            }
            At::Unknown if !trade && (!shared || form.acronym) => Some(0.85),
            At::Unknown if self.of.role == Role::Listed && self.rest().next().is_none() => {
                Some(0.7)
            }
            At::Unknown if form.letters > BARE_LETTERS && leads && self.is_formal() => Some(0.75),
            At::Abroad if !trade && !shared && self.says_more() => Some(0.8),
            At::Abroad if !trade && form.acronym && self.rest().next().is_some() => Some(0.7),
            At::Unknown | At::Abroad => None,
        }
    }

    /// The legal form is one that names of Chinese firms end with in English.
    fn is_formal(&self) -> bool {
        let formal = ["co", "company", "corp", "corporation"];
        self.name.words[self.around()].iter().any(|word| formal.contains(&word.text.as_ref()))
    }

    /// Anything stands beside the hit, be it a legal form.
    fn says_more(&self) -> bool {
        self.around().len() > self.hit.last + 1 - self.hit.first
    }

    fn common(&self) -> Option<f32> {
        let form = self.form();
        if !self.before().iter().all(|w| is_place(w) || w.class == Class::Filler) {
            return None;
        }
        let here = self.at == At::Home;
        let companion =
            self.rest().any(|word| self.is_companion(word) && word.class != Class::Home);
        let says_more = |word: &Word<'_>| matches!(word.class, Class::Own | Class::Common);
        let more = self.rest().any(says_more);
        if form.words.len() == 1 {
            return (companion || (here && self.rest().next().is_none())).then_some(0.8);
        }
        let trades = form.words.iter().filter(|w| lexicon::class(w) == Class::Common).count();
        match (more, here) {
            (false, _) => Some(0.95),
            (true, true) if trades > 1 && (form.guard.is_none() || companion) => Some(0.8),
            (true, _) => None,
        }
    }

    /// In scripts without spaces what is left of the name decides.
    fn in_han(&self) -> Option<f32> {
        if self.form().strength == Strength::Strong {
            return Some(0.95);
        }
        let word = &self.name.words[self.hit.first];
        let mut left = word.text.replacen(self.form().words[0].as_str(), "", 1);
        for filler in HAN_FILLERS {
            left = left.replace(filler, "");
        }
        let needed =
            |guard: &Guard| guard.needs.iter().any(|phrase| phrase.is_in(&self.name.words));
        (left.is_empty() || self.guard().is_some_and(needed)).then_some(0.85)
    }
}

fn is_place(word: &Word<'_>) -> bool {
    matches!(word.class, Class::Home | Class::Place)
}

/// Whether the words beside the hit spell it: Beijing Graphene Institute (BGI).
fn spells_rest(words: &[Word<'_>], hit: &Hit) -> bool {
    let acronym = &words[hit.first].text;
    let (before, after) = (&words[..hit.first], &words[hit.last + 1..]);
    spells(before, acronym) || spells(after, acronym)
}
