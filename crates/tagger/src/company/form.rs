//! The names of vendors, compiled for being looked for in names of companies.

use std::collections::HashMap;
use std::ops::Range;

use model::Facet;
use sha2::{Digest, Sha256};

use super::lexicon::Class;
use super::words::{Word, is_han, words};
use crate::{EntrySpec, RuleSpec};

/// Part of every version: changes when the same lists would find other things.
pub(crate) const ENGINE: &str = "company/2";
/// The longest acronym in letters that other firms are likely to share.
const SHORT_LETTERS: usize = 4;

/// Letters that a form has at least, fillers left out.
const MIN_LETTERS: usize = 3;

/// How much a form says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Common words only (`State Grid`), or one that is an ordinary word (`Honor`): the name must
    /// begin with it and go on with nothing of its own.
    Common,
    /// A few letters, or a name that the list guards with `needs` or `unless`: what else the name
    /// says must fit.
    Short,
    /// One coined word, or several words of which one is not common.
    Strong,
}

/// One name of one vendor.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) vendor: u32,
    /// Words in normal form, without fillers. Of a name in Han characters: one.
    pub(super) words: Vec<String>,
    pub(super) strength: Strength,
    /// Letters of the words.
    pub(super) letters: usize,
    /// Written in capitals only: `BGI`, unlike `Dahua`.
    pub(super) acronym: bool,
    /// Written with a capital inside: `FiberHome`.
    pub(super) coined: bool,
    /// With the legal form that the list gives it, where that makes it unmistakable: `ZTE
    /// Corporation`. Empty: it has none.
    pub(super) full: Vec<String>,
    /// Where the rule's `needs` and `unless` stand in [`Vendors::guards`].
    pub(super) guard: Option<u32>,
}

/// Words that a rule wants to see, or not to see, beside its names.
#[derive(Debug, Default)]
pub(super) struct Guard {
    pub(super) needs: Vec<Phrase>,
    pub(super) unless: Vec<Phrase>,
}

/// Words one after another; the last may go on with any letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) words: Vec<String>,
    pub(super) open: bool,
}

/// One vendor.
#[derive(Debug)]
pub(super) struct Vendor {
    pub(super) id: String,
    /// `id/company` and `id/company-address`
    pub(super) rule: String,
    pub(super) address_rule: String,
    pub(super) version: String,
    /// Words of all its names: what may stand beside a short one.
    pub(super) words: Vec<String>,
    /// Names of others that look like its own.
    pub(super) unless: Vec<Phrase>,
}

/// All vendors, and the index over their names.
#[derive(Debug, Default)]
pub(super) struct Vendors {
    pub(super) all: Vec<Vendor>,
    pub(super) forms: Vec<Form>,
    pub(super) guards: Vec<Guard>,
    /// By the rarest word of the form: the form, and where in it the word stands.
    pub(super) by_word: HashMap<String, Vec<(u32, u32)>>,
    /// By the words of a form of several words, sorted: for names in another order.
    pub(super) by_bag: HashMap<String, Vec<u32>>,
    /// By the first character of a form in Han characters.
    pub(super) by_han: HashMap<char, Vec<u32>>,
    /// By the first word of an address: the vendor and the words.
    pub(super) addresses: HashMap<String, Vec<(u32, Vec<String>)>>,
}

impl Vendors {
    pub(super) fn read(specs: &[EntrySpec]) -> Self {
        let mut vendors = Self::default();
        let mut entries: Vec<_> = specs.iter().filter(|e| e.facet == Facet::Vendor).collect();
        entries.sort_by(|a, b| a.id.cmp(&b.id));
        entries.dedup_by(|a, b| a.id == b.id);
        for entry in entries {
            vendors.add(entry);
        }
        vendors.index();
        vendors
    }

    fn add(&mut self, entry: &EntrySpec) {
        let number = self.all.len() as u32;
        let first = self.forms.len();
        let mut vendor = Vendor {
            id: entry.id.clone(),
            rule: format!("{}/company", entry.id),
            address_rule: format!("{}/company-address", entry.id),
            version: version(entry),
            words: Vec::new(),
            unless: Vec::new(),
        };
        for rule in &entry.rules {
            let guarded = !rule.needs.is_empty() || !rule.unless.is_empty();
            let guard = guarded.then(|| {
                self.guards.push(Guard {
                    needs: rule.needs.iter().filter_map(|text| phrase(text)).collect(),
                    unless: rule.unless.iter().filter_map(|text| phrase(text)).collect(),
                });
                self.guards.len() as u32 - 1
            });
            for name in &rule.names {
                self.add_name(number, name, guard);
            }
            for name in &rule.companies {
                self.add_name(number, name, None);
            }
            vendor.unless.extend(rule.company_unless.iter().filter_map(|text| phrase(text)));
            for address in &rule.addresses {
                let words: Vec<_> =
                    words(address).into_iter().map(|w| w.text.into_owned()).collect();
                if let Some(first) = words.first() {
                    self.addresses.entry(first.clone()).or_default().push((number, words));
                }
            }
        }
        self.drop_products(first);
        let own = self.forms[first..].iter().flat_map(|form| &form.words);
        vendor.words = own.cloned().collect();
        vendor.words.sort_unstable();
        vendor.words.dedup();
        self.all.push(vendor);
    }

    /// Guarded names that no other name of the vendor begins with are models (Seal, Dolphin):
    /// companies are not called after them.
    fn drop_products(&mut self, first: usize) {
        let named = |form: &Form| form.guard.is_none() && !form.words[0].starts_with(is_han);
        if !self.forms[first..].iter().any(named) {
            return;
        }
        let own = self.forms.split_off(first);
        let begins = |other: &Form, words: &[String]| {
            let is_place = |word: &String| is_place(super::lexicon::class(word));
            let places = other.words.iter().take_while(|word| is_place(word)).count();
            let behind = [0, places].map(|at| other.words[at..].starts_with(words));
            other.guard.is_none() && other.words.len() > words.len() && behind.contains(&true)
        };
        let (kept, dropped): (Vec<_>, Vec<_>) =
            own.into_iter().enumerate().partition(|(_, form)| {
                form.guard.is_none() || form.acronym || form.words[0].starts_with(is_han)
            });
        let named: Vec<_> = dropped
            .into_iter()
            .filter(|(_, form)| kept.iter().any(|(_, other)| begins(other, &form.words)))
            .collect();
        let mut all: Vec<_> = kept.into_iter().chain(named).collect();
        all.sort_by_key(|(at, _)| *at);
        self.forms.extend(all.into_iter().map(|(_, form)| form));
    }

    fn add_name(&mut self, vendor: u32, name: &str, guard: Option<u32>) {
        let all = words(name);
        let kept: Vec<&Word<'_>> = all.iter().filter(|w| w.class != Class::Filler).collect();
        let kept = if kept.is_empty() { all.iter().collect() } else { kept };
        let letters_kept: usize = kept.iter().map(|w| w.text.len()).sum();
        if letters_kept < MIN_LETTERS {
            return;
        }
        let texts: Vec<String> = kept.iter().map(|w| w.text.clone().into_owned()).collect();
        let strength = strength(&kept, guard.is_some());
        let coined = kept.len() == 1 && has_capital_inside(name);
        let full = if kept.len() < all.len() && guard.is_none() {
            all.iter().map(|w| w.text.clone().into_owned()).collect()
        } else {
            Vec::new()
        };
        let acronym =
            kept.len() == 1 && crate::endings::is_acronym(&name[kept[0].start..kept[0].end]);
        // Two words that are often written as one: TP-Link, TPLink.
        if let [first, second, rest @ ..] = &texts[..]
            && kept[..2].iter().any(|w| w.class == Class::Own)
            && !is_place(kept[0].class)
            && kept[1].class != Class::Structure
        {
            let joined = std::iter::once(format!("{first}{second}")).chain(rest.iter().cloned());
            let joined: Vec<String> = joined.collect();
            let letters = letters(&joined);
            let (words, full) = (joined, Vec::new());
            self.push(Form { vendor, words, strength, letters, acronym, coined, full, guard });
        }
        let (letters, words) = (letters(&texts), texts);
        self.push(Form { vendor, words, strength, letters, acronym, coined, full, guard });
    }

    fn push(&mut self, form: Form) {
        let is_known = |f: &Form| {
            let same = f.vendor == form.vendor && f.words == form.words && f.full == form.full;
            same && f.strength >= form.strength
        };
        if !self.forms.iter().rev().take_while(|f| f.vendor == form.vendor).any(is_known) {
            self.forms.push(form);
        }
    }

    fn index(&mut self) {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for word in self.forms.iter().flat_map(|form| &form.words) {
            *counts.entry(word).or_default() += 1;
        }
        for (number, form) in self.forms.iter().enumerate() {
            let number = number as u32;
            if let Some(first) = form.words[0].chars().next().filter(|c| is_han(*c)) {
                self.by_han.entry(first).or_default().push(number);
                continue;
            }
            let rarity = |word: &String| {
                let common = super::lexicon::class(word) != Class::Own;
                (common, counts.get(word.as_str()).copied().unwrap_or(0))
            };
            let at = (0..form.words.len()).min_by_key(|&n| rarity(&form.words[n])).unwrap_or(0);
            let key = form.words[at].clone();
            self.by_word.entry(key).or_default().push((number, at as u32));
            if form.words.len() > 1 {
                self.by_bag
                    .entry(bag(form.words.iter().map(String::as_str)))
                    .or_default()
                    .push(number);
            }
        }
    }
}

/// Words in an order that does not depend on theirs.
pub(super) fn bag<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut words: Vec<_> = words.collect();
    words.sort_unstable();
    words.join(" ")
}

fn has_capital_inside(name: &str) -> bool {
    let mut pairs = name.chars().zip(name.chars().skip(1));
    pairs.any(|(one, two)| one.is_lowercase() && two.is_uppercase())
}

fn letters(words: &[String]) -> usize {
    words.iter().map(String::len).sum()
}

fn is_place(class: Class) -> bool {
    matches!(class, Class::Place | Class::Home)
}

fn strength(words: &[&Word<'_>], guarded: bool) -> Strength {
    if words.iter().any(|w| w.text.chars().any(is_han)) {
        return if guarded { Strength::Short } else { Strength::Strong };
    }
    let own: usize = words.iter().filter(|w| w.class == Class::Own).map(|w| w.text.len()).sum();
    match own {
        0 if words.len() >= 4 && !guarded => Strength::Strong,
        0 => Strength::Common,
        _ if guarded => Strength::Short,
        _ if words.len() > 1 => Strength::Strong,
        _ if own <= SHORT_LETTERS => Strength::Short,
        _ => Strength::Strong,
    }
}

/// A word or phrase of `needs` and `unless`.
fn phrase(text: &str) -> Option<Phrase> {
    let open = text.ends_with('*');
    let words: Vec<String> =
        words(text.trim_end_matches('*')).into_iter().map(|word| word.text.into_owned()).collect();
    (!words.is_empty()).then_some(Phrase { words, open })
}

impl Phrase {
    /// Whether the phrase stands in `name`.
    pub(super) fn is_in(&self, name: &[Word<'_>]) -> bool {
        self.is_beside(name, usize::MAX..usize::MAX)
    }

    /// Whether the phrase stands in `name`, and not within the words `taken` alone: the list says
    /// that AVIC is not Avić, and the name in capitals is both.
    pub(super) fn is_beside(&self, name: &[Word<'_>], taken: Range<usize>) -> bool {
        let Some((last, before)) = self.words.split_last() else { return false };
        if last.chars().any(is_han) {
            return name.iter().any(|word| word.text.contains(last.as_str()));
        }
        name.windows(self.words.len()).enumerate().any(|(at, words)| {
            let (end, start) = words.split_last().expect("the phrase has words");
            let ends =
                if self.open { end.text.starts_with(last.as_str()) } else { end.text == *last };
            let found = ends && start.iter().zip(before).all(|(word, wanted)| word.text == *wanted);
            found && !(taken.start <= at && at + words.len() <= taken.end)
        })
    }
}

/// Eight hexadecimal digits over everything that decides what is found for the vendor.
fn version(entry: &EntrySpec) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    part(ENGINE);
    part(&entry.id);
    let lists = |rule: &RuleSpec| -> [Vec<String>; 6] {
        [
            &rule.names,
            &rule.needs,
            &rule.unless,
            &rule.companies,
            &rule.company_unless,
            &rule.addresses,
        ]
        .map(Clone::clone)
    };
    for list in entry.rules.iter().flat_map(lists) {
        part(&list.len().to_string());
        list.iter().for_each(|text| part(text));
    }
    hash.finalize()[..4].iter().map(|b| format!("{b:02x}")).collect()
}
