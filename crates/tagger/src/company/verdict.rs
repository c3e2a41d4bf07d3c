//! Whether a name that holds a vendor's name is the vendor.

use std::collections::BTreeSet;

use super::address;
use super::form::{Strength, Vendors};
use super::hit::Judge;
use super::lexicon::{Class, HOME_COUNTRIES, OFFSHORE};
use super::search::{Hit, hits};
use super::words::{Word, is_han, words};
use super::{Designation, Kind, Use, Value};

/// How sure a vendor's address alone makes.
const BY_ADDRESS: f32 = 0.6;
/// Words of a name that are read: every one is held against every other.
const MAX_NAME_WORDS: usize = 128;
/// Letters of an acronym that means too many things as an alias alone.
pub(super) const BARE_LETTERS: usize = 3;

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
pub(super) enum At {
    Home,
    Abroad,
    Unknown,
}

/// A name or alias with what was found in it.
pub(super) struct Named<'v> {
    value: usize,
    pub(super) is: Use,
    pub(super) words: Vec<Word<'v>>,
    pub(super) hits: Vec<Hit>,
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
    let addresses = addresses.filter(|(_, value)| address::may_be_owned(vendors, value.text));
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
pub(super) fn spells(words: &[Word<'_>], acronym: &str) -> bool {
    let initials = |words: &mut dyn Iterator<Item = &Word<'_>>| -> String {
        words.filter_map(|word| word.text.chars().next()).collect()
    };
    let outside = || words.iter().filter(|word| !word.bracketed && word.text != acronym);
    let all = initials(&mut outside());
    let kept = initials(&mut outside().filter(|word| word.class != Class::Filler));
    acronym.len() > 1 && (all.starts_with(acronym) || kept.starts_with(acronym))
}
