//! What the rules find in an item, its record included.

use model::{AddressWords, Designation, Detail, Facet, Field, Notice, Published, Span, Tag};
use tagger::company::{self, Kind, Role};
use tagger::{Tagger, Text};

/// How sure a CPV code makes of a layer: buyers choose codes with more or less care.
const CPV_CONFIDENCE: f32 = 0.9;

/// What is tagged of an item: its words, and the record behind them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Taggable<'a> {
    text: Text<'a>,
    /// The item's address: all there is to read where it has no words.
    url: Option<&'a str>,
    record: Option<Record<'a>>,
}

#[derive(Clone, Copy)]
enum Record<'a> {
    Designation(&'a Designation),
    Notice(&'a Notice),
}

impl<'a> Taggable<'a> {
    pub(crate) fn published(
        text: Text<'a>,
        url: Option<&'a str>,
        record: Option<&'a Published>,
    ) -> Self {
        let record = record.map(|record| match record {
            Published::Designation(designation) => Record::Designation(designation),
            Published::Notice(notice) => Record::Notice(notice),
        });
        Self { text, url, record }
    }

    pub(crate) fn stored(text: Text<'a>, url: Option<&'a str>, detail: Option<&'a Detail>) -> Self {
        let record = detail.map(|detail| match detail {
            Detail::Listing(listing) => Record::Designation(&listing.designation),
            Detail::Notice(procurement) => Record::Notice(&procurement.notice),
        });
        Self { text, url, record }
    }

    /// Sorted by facet, id and rule.
    pub(crate) fn tags(&self, tagger: &Tagger) -> Vec<Tag> {
        let mut tags = tagger.tag(&self.text);
        match self.record {
            None if is_wordless(self.text.title, self.text.summary, self.text.text) => {
                return self.of_address(tagger);
            }
            None => return tags,
            // A rule that names entities is running text, and no party itself.
            Some(Record::Designation(of)) if is_announcement(of) => return tags,
            Some(Record::Designation(designation)) => {
                // A list has no running text: names are read as names, and what stands near an
                // ambiguous one in the next line says nothing about it.
                tags.retain(|tag| tag.facet != Facet::Vendor);
                tags.extend(tagger.tag_company(&self.listed(designation)));
            }
            Some(Record::Notice(notice)) => {
                for (role, names) in [
                    (Role::Supplier, notice.suppliers.iter().map(String::as_str).collect()),
                    (Role::Buyer, notice.buyer.iter().map(String::as_str).collect::<Vec<_>>()),
                ] {
                    if !names.is_empty() {
                        let found = tagger.tag_company(&self.party(names, role));
                        add_new(&mut tags, found);
                    }
                }
                self.add_layers(notice, tagger, &mut tags);
            }
        }
        tags.sort_by(|a, b| (a.facet, &a.id, &a.rule).cmp(&(b.facet, &b.id, &b.rule)));
        tags
    }

    /// Of an entry without words, as most sitemaps have them.
    fn of_address(&self, tagger: &Tagger) -> Vec<Tag> {
        let read = self.url.and_then(|url| Some((url, AddressWords::of(url)?)));
        read.map(|(url, words)| tagger.tag_address(url, &words, self.text.lang)).unwrap_or_default()
    }

    fn listed(&self, of: &'a Designation) -> company::Designation<'a> {
        company::Designation {
            names: vec![&of.name],
            aliases: of.aliases.iter().map(String::as_str).collect(),
            addresses: of.addresses.iter().map(String::as_str).collect(),
            countries: of.countries.iter().map(String::as_str).collect(),
            kind: match of.kind.as_deref() {
                None => Kind::Unknown,
                Some("entity") => Kind::Organisation,
                Some("individual") => Kind::Person,
                Some("vessel") => Kind::Vessel,
                Some("aircraft") => Kind::Aircraft,
                Some(_) => Kind::Other,
            },
            ..self.party(Vec::new(), Role::Listed)
        }
    }

    fn party(&self, names: Vec<&'a str>, role: Role) -> company::Designation<'a> {
        company::Designation {
            title: self.text.title,
            summary: self.text.summary,
            text: self.text.text,
            names,
            role,
            ..company::Designation::default()
        }
    }

    /// A CPV code is evidence of the layer with the longest prefix in the watchlists.
    fn add_layers(&self, notice: &Notice, tagger: &Tagger, tags: &mut Vec<Tag>) {
        for code in &notice.cpv {
            let Some(span) = self.span_of(code) else { continue };
            for (layer, prefix) in tagger.by_cpv(Facet::Layer, code) {
                let rule = format!("{layer}/cpv");
                match tags.iter_mut().find(|tag| tag.facet == Facet::Layer && tag.rule == rule) {
                    Some(tag) => tag.spans.push(span.clone()),
                    None => tags.push(Tag {
                        facet: Facet::Layer,
                        id: layer.to_owned(),
                        rule,
                        version: format!("cpv-{prefix}"),
                        confidence: CPV_CONFIDENCE,
                        spans: vec![span.clone()],
                    }),
                }
            }
        }
    }

    /// Where the code stands in the text that was made of the notice.
    fn span_of(&self, code: &str) -> Option<Span> {
        let start = self.text.text?.find(code)?;
        let end = start + code.len();
        let at = |n: usize| u32::try_from(n).ok();
        Some(Span { field: Field::Text, start: at(start)?, end: at(end)?, text: code.to_owned() })
    }
}

/// Whether an item has nothing to read but its address.
pub(crate) fn is_wordless(title: Option<&str>, summary: Option<&str>, text: Option<&str>) -> bool {
    [title, summary, text].into_iter().flatten().all(|part| part.trim().is_empty())
}

fn is_announcement(of: &Designation) -> bool {
    matches!(of.kind.as_deref(), Some("rule" | "notice" | "document"))
}

/// Tags of rules that found nothing so far.
fn add_new(tags: &mut Vec<Tag>, found: Vec<Tag>) {
    for tag in found {
        if !tags.iter().any(|known| known.facet == tag.facet && known.rule == tag.rule) {
            tags.push(tag);
        }
    }
}
