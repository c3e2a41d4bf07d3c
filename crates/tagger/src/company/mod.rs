//! Which vendor a company is, by the name, aliases and addresses that an entity list or a
//! procurement notice gives it.
//!
//! In lists there is no running text: the words that tell BGI from others with these letters are
//! missing, legal forms and the order of words differ, and look-alikes abound. So names are read as
//! names: words that every company has are told from its own, and what a name says beside a
//! vendor's must fit that vendor.

mod address;
mod form;
mod hit;
mod lexicon;
mod search;
mod verdict;
mod words;

use std::sync::Arc;

use model::{Facet, Field, Span, Tag};

pub(crate) use self::form::ENGINE;
use self::form::Vendors;
use self::verdict::{Found, Why};
use crate::EntrySpec;

/// Names, aliases and addresses of one designation that are read; the rest is left out.
const MAX_VALUES: usize = 512;
/// Spans of one tag.
const MAX_SPANS: usize = 16;

/// What kind of thing is designated. Persons, vessels and aircraft are no vendors, whatever they
/// are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The list does not say (BIS): taken for an organisation unless the name looks like a person's.
    #[default]
    Unknown,
    Organisation,
    Person,
    Vessel,
    Aircraft,
    Other,
}

/// Why a company is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// On an entity list.
    #[default]
    Listed,
    /// Offers or was awarded something.
    Supplier,
    /// Buys: a short name (the Dutch agency DJI) counts only where the rest of it fits.
    Buyer,
}

/// A designation of an entity list, or a party of a procurement notice.
///
/// `title`, `summary` and `text` are the fields of the item that the spans of tags point into.
/// `names`, `aliases` and `addresses` say what the company is called and where it is; each is
/// looked up in the fields, and one that stands in none of them counts, without a span.
///
/// When all three lists are empty, `title` is taken as the name, and every line of `text` as an
/// alias or address, by its shape.
#[derive(Clone, Debug, Default)]
pub struct Designation<'a> {
    pub title: Option<&'a str>,
    pub summary: Option<&'a str>,
    pub text: Option<&'a str>,
    pub names: Vec<&'a str>,
    pub aliases: Vec<&'a str>,
    pub addresses: Vec<&'a str>,
    /// ISO 3166 codes or names.
    pub countries: Vec<&'a str>,
    pub kind: Kind,
    pub role: Role,
}

/// Finds vendors by names of companies. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CompanyMatcher {
    vendors: Arc<Vendors>,
}

impl CompanyMatcher {
    /// Compiles the names of all vendor entries: the `names`, `companies`, `company_unless`,
    /// `addresses`, `needs` and `unless` of their rules. Entries of other facets are passed over.
    pub fn build(specs: &[EntrySpec]) -> Self {
        Self { vendors: Arc::new(Vendors::read(specs)) }
    }

    /// The vendors that the designation is, or is a part of: tags of facet `vendor` with the rule
    /// `ID/company` (by a name) or `ID/company-address`, sorted by id, each once.
    pub fn tag(&self, designation: &Designation<'_>) -> Vec<Tag> {
        let values = values(designation);
        let found = verdict::judge(&self.vendors, designation, &values);
        found.iter().map(|found| self.tag_of(designation, &values, found)).collect()
    }

    fn tag_of(&self, of: &Designation<'_>, values: &[Value<'_>], found: &Found) -> Tag {
        let vendor = &self.vendors.all[found.vendor as usize];
        let rule = match found.why {
            Why::Name => &vendor.rule,
            Why::Address => &vendor.address_rule,
        };
        let mut spans: Vec<Span> = Vec::new();
        for &(value, start, end) in &found.places {
            let place = &values[value];
            let Some((field, at)) = place.at.or_else(|| of.place(place.text)) else { continue };
            let (start, end) = (at + start, at + end);
            let Some(text) = of.field(field).and_then(|text| text.get(start..end)) else {
                continue;
            };
            let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(end)) else { continue };
            spans.push(Span { field, start, end, text: text.into() });
        }
        spans.sort();
        spans.dedup();
        spans.truncate(MAX_SPANS);
        Tag {
            facet: Facet::Vendor,
            id: vendor.id.clone(),
            rule: rule.clone(),
            version: vendor.version.clone(),
            confidence: found.confidence,
            spans,
        }
    }
}

impl<'a> Designation<'a> {
    fn field(&self, field: Field) -> Option<&'a str> {
        match field {
            Field::Title => self.title,
            Field::Summary => self.summary,
            Field::Text => self.text,
            Field::Url => None,
        }
    }

    /// Where `value` stands in the fields: as a line of its own if it can be.
    fn place(&self, value: &str) -> Option<(Field, usize)> {
        let fields = [Field::Title, Field::Text, Field::Summary];
        let all = fields.into_iter().filter_map(|field| Some((field, self.field(field)?)));
        let mut inside = None;
        for (field, text) in all {
            for (at, _) in text.match_indices(value) {
                let starts = at == 0 || text[..at].ends_with('\n');
                let rest = &text[at + value.len()..];
                if starts && (rest.is_empty() || rest.starts_with(['\n', '\r'])) {
                    return Some((field, at));
                }
                inside = inside.or(Some((field, at)));
            }
        }
        inside
    }
}

/// What a value of a designation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Name,
    Alias,
    Address,
}

/// One name, alias or address.
struct Value<'a> {
    text: &'a str,
    is: Use,
    /// The field that it stands in, and where; `None`: it is looked up when it matters.
    at: Option<(Field, usize)>,
}

fn values<'a>(of: &Designation<'a>) -> Vec<Value<'a>> {
    if of.names.is_empty() && of.aliases.is_empty() && of.addresses.is_empty() {
        return values_of_fields(of);
    }
    let title = of.title.filter(|_| of.names.is_empty());
    let names = of.names.iter().copied().chain(title).map(|text| (text, Use::Name));
    let aliases = of.aliases.iter().map(|&text| (text, Use::Alias));
    let addresses = of.addresses.iter().map(|&text| (text, Use::Address));
    let all = names.chain(aliases).chain(addresses).filter(|(text, _)| !text.trim().is_empty());
    all.take(MAX_VALUES).map(|(text, is)| Value { text, is, at: None }).collect()
}

fn values_of_fields<'a>(of: &Designation<'a>) -> Vec<Value<'a>> {
    let name = of.title.map(|text| Value { text, is: Use::Name, at: Some((Field::Title, 0)) });
    let mut values: Vec<_> = name.into_iter().collect();
    let mut at = 0;
    for line in of.text.unwrap_or_default().split('\n').take(MAX_VALUES) {
        let is = if address::looks_like(line) { Use::Address } else { Use::Alias };
        values.push(Value { text: line, is, at: Some((Field::Text, at)) });
        at += line.len() + 1;
    }
    values
}

#[cfg(test)]
mod tests;
