//! Whether a name that holds a vendor's name is the vendor.

use std::collections::BTreeSet;

use super::address;
use super::form::{Form, Guard, Phrase, Strength, Vendors};
use super::lexicon::{Class, HAN_FILLERS, HOME_COUNTRIES, OFFSHORE};
use super::search::{Hit, hits};
use super::words::{Word, is_han, words};
use super::{Designation, Kind, Role, Use, Value};

/// How sure a vendor's address alone makes.
const BY_ADDRESS: f32 = 0.6;
/// Words of a name that are read: every one is held against every other.
const MAX_NAME_WORDS: usize = 128;
/// Letters of an acronym that means too many things as an alias alone.
const BARE_LETTERS: usize = 3;

/// What a vendor was recognised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Name,
    Address,
}

/// A vendor that the designation is.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) vendor: u32,
    pub(super) why: Why,
    pub(super) confidence: f32,
    /// Value, and bytes of it.
    pub(super) places: Vec<(usize, usize, usize)>,
}

/// Where the designation is, as far as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Home,
    Abroad,
    Unknown,
}

/// A name or alias with what was found in it.
struct Named<'v> {
    value: usize,
    is: Use,
    words: Vec<Word<'v>>,
    hits: Vec<Hit>,
}

/// One accepted hit.
struct Accepted {
    vendor: u32,
    strength: Strength,
    confidence: f32,
    named: usize,
    /// The alias says no more than a few letters.
    bare: bool,
}

pub(super) fn judge(vendors: &Vendors, of: &Designation<'_>, values: &[Value<'_>]) -> Vec<Found> {
    if matches!(of.kind, Kind::Person | Kind::Vessel | Kind::Aircraft) {
        return Vec::new();
    }
    let named: Vec<Named<'_>> = values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is != Use::Address)
        .map(|(number, value)| {
            let mut words = words(value.text);
            words.truncate(MAX_NAME_WORDS);
            let hits = hits(vendors, &words);
            Named { value: number, is: value.is, words, hits }
        })
        .collect();
    if named.iter().all(|name| name.hits.is_empty()) {
        return by_address(vendors, values).into_iter().collect();
    }
    let at = place_of(of, values, &named);
    let mut accepted = Vec::new();
    for (number, name) in named.iter().enumerate() {
        for hit in &name.hits {
            let judged = Judge { vendors, of, name, hit, at }.confidence();
            let Some(confidence) = judged else { continue };
            let form = &vendors.forms[hit.form as usize];
            let few = form.letters <= BARE_LETTERS || form.guard.is_some();
            let bare = few && content(&name.words).count() == 1;
            let (vendor, strength) = (form.vendor, form.strength);
            accepted.push(Accepted { vendor, strength, confidence, named: number, bare });
        }
    }
    let mut found: Vec<Found> = Vec::new();
    for number in 0..accepted.len() {
        let vendor = accepted[number].vendor;
        if found.iter().any(|f| f.vendor == vendor) || !holds(vendors, vendor, &accepted, &named) {
            continue;
        }
        let of_vendor = accepted.iter().filter(|a| a.vendor == vendor);
        let confidence = of_vendor.map(|a| a.confidence).fold(0.0, f32::max);
        let places = named.iter().flat_map(|name| {
            let own =
                name.hits.iter().filter(|hit| vendors.forms[hit.form as usize].vendor == vendor);
            own.map(|hit| (name.value, hit.start, hit.end))
        });
        found.push(Found { vendor, why: Why::Name, confidence, places: places.collect() });
    }
    if found.is_empty() {
        found.extend(by_address(vendors, values));
    }
    found.sort_by_key(|f| f.vendor);
    found
}

/// Whether what speaks for the vendor holds when all names are looked at: a few letters are often
/// somebody else's, whose full name stands beside them.
fn holds(vendors: &Vendors, vendor: u32, accepted: &[Accepted], named: &[Named<'_>]) -> bool {
    let unless = &vendors.all[vendor as usize].unless;
    if named.iter().any(|name| unless.iter().any(|phrase| phrase.is_in(&name.words))) {
        return false;
    }
    let own = || accepted.iter().filter(move |a| a.vendor == vendor);
    if own().any(|a| a.strength == Strength::Strong) {
        return true;
    }
    let form = |hit: &Hit| &vendors.forms[hit.form as usize];
    let is_own = |name: &Named<'_>| name.hits.iter().any(|hit| form(hit).vendor == vendor);
    let all = named.iter().flat_map(|name| &name.hits);
    let forms: BTreeSet<u32> = all.map(|hit| hit.form).collect();
    let forms = forms.into_iter().map(|number| &vendors.forms[number as usize]);
    let mut short = forms.filter(|form| form.vendor == vendor && form.words.len() == 1);
    let others = || named.iter().filter(|name| !is_own(name));
    if short.any(|form| others().any(|name| spells(&name.words, &form.words[0]))) {
        return false;
    }
    let by_name = |a: &&Accepted| named[a.named].is == Use::Name;
    let others = accepted
        .iter()
        .any(|a| a.vendor != vendor && (a.strength == Strength::Strong || by_name(&a)));
    own().any(|a| by_name(&a)) || (!others && own().any(|a| !a.bare))
}

fn by_address(vendors: &Vendors, values: &[Value<'_>]) -> Option<Found> {
    if vendors.addresses.is_empty() {
        return None;
    }
    let addresses = values.iter().enumerate().filter(|(_, value)| value.is == Use::Address);
    let owned = addresses.filter_map(|(number, value)| {
        let (vendor, start, end) = address::owner(vendors, &words(value.text))?;
        Some((vendor, (number, start, end)))
    });
    let owned: Vec<_> = owned.collect();
    let vendor = owned.iter().map(|(vendor, _)| *vendor).min()?;
    let places = owned.into_iter().filter(|(owner, _)| *owner == vendor).map(|(_, place)| place);
    Some(Found { vendor, why: Why::Address, confidence: BY_ADDRESS, places: places.collect() })
}

fn place_of(of: &Designation<'_>, values: &[Value<'_>], named: &[Named<'_>]) -> At {
    let is_home = |country: &&str| HOME_COUNTRIES.contains(&country.trim().to_lowercase().as_str());
    // Where letter-box firms are registered says nothing.
    let says_something = |country: &&&str| {
        let country = country.trim().to_lowercase();
        !country.is_empty() && !OFFSHORE.iter().any(|place| country.contains(place))
    };
    let countries = of.countries.iter().filter(says_something);
    if countries.clone().any(is_home) {
        return At::Home;
    }
    let says = |words: &[Word<'_>], class: Class| words.iter().any(|word| word.class == class);
    if named.iter().any(|name| says(&name.words, Class::Home)) {
        return At::Home;
    }
    if countries.count() > 0 {
        return At::Abroad;
    }
    let addresses = values.iter().filter(|value| value.is == Use::Address);
    let addresses: Vec<_> = addresses.map(|value| words(value.text)).collect();
    let in_han = |name: &Named<'_>| name.words.iter().any(|word| word.text.starts_with(is_han));
    if named.iter().any(in_han) || addresses.iter().any(|words| says(words, Class::Home)) {
        At::Home
    } else if addresses.iter().any(|words| {
        let offshore = |word: &Word<'_>| OFFSHORE.contains(&word.text.as_ref());
        says(words, Class::Place) && !words.iter().any(offshore)
    }) {
        At::Abroad
    } else {
        At::Unknown
    }
}

fn content<'w, 'a>(words: &'w [Word<'a>]) -> impl Iterator<Item = &'w Word<'a>> {
    words.iter().filter(|word| word.class != Class::Filler)
}

/// Whether the first letters of the words are `acronym`.
fn spells(words: &[Word<'_>], acronym: &str) -> bool {
    let initials = |words: &mut dyn Iterator<Item = &Word<'_>>| -> String {
        words.filter_map(|word| word.text.chars().next()).collect()
    };
    let outside = || words.iter().filter(|word| !word.bracketed && word.text != acronym);
    let all = initials(&mut outside());
    let kept = initials(&mut outside().filter(|word| word.class != Class::Filler));
    acronym.len() > 1 && (all.starts_with(acronym) || kept.starts_with(acronym))
}

/// One hit in one name.
struct Judge<'j> {
    vendors: &'j Vendors,
    of: &'j Designation<'j>,
    name: &'j Named<'j>,
    hit: &'j Hit,
    at: At,
}

impl Judge<'_> {
    fn form(&self) -> &Form {
        &self.vendors.forms[self.hit.form as usize]
    }

    fn guard(&self) -> Option<&Guard> {
        self.form().guard.map(|number| &self.vendors.guards[number as usize])
    }

    /// How sure the hit makes that the name is the vendor's; `None`: it is not.
    fn confidence(&self) -> Option<f32> {
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
        let words = self.name.words.iter().enumerate();
        words.filter(move |(n, word)| word.class != Class::Filler && !taken(*n)).map(|(_, w)| w)
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
        let leads = words[..self.hit.first].iter().all(|w| is_place(w) || w.class == Class::Filler);
        // A name that others share counts by what stands beside it.
        let shared = form.guard.is_some() && (!form.acronym || form.letters <= BARE_LETTERS);
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
        self.name.words.iter().any(|word| formal.contains(&word.text.as_ref()))
    }

    /// Anything stands beside the hit, be it a legal form.
    fn says_more(&self) -> bool {
        self.name.words.len() > self.hit.last + 1 - self.hit.first
    }

    fn common(&self) -> Option<f32> {
        let form = self.form();
        let words = &self.name.words;
        let is_place =
            |word: &Word<'_>| matches!(word.class, Class::Home | Class::Place | Class::Filler);
        if !words[..self.hit.first].iter().all(is_place) {
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
        let trades =
            form.words.iter().filter(|w| super::lexicon::class(w) == Class::Common).count();
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
