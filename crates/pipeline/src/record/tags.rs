//! What the rules find in an item, its record included.

use model::{Detail, Facet, Field, Notice, Published, Span, Tag};
use tagger::{Tagger, Text};

/// How sure a CPV code makes of a layer: buyers choose codes with more or less care.
const CPV_CONFIDENCE: f32 = 0.9;

/// What is tagged of an item: its words, and the notice behind them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Taggable<'a> {
    pub(crate) text: Text<'a>,
    pub(crate) notice: Option<&'a Notice>,
}

impl<'a> Taggable<'a> {
    pub(crate) fn published(text: Text<'a>, record: Option<&'a Published>) -> Self {
        let notice = match record {
            Some(Published::Notice(notice)) => Some(notice),
            _ => None,
        };
        Self { text, notice }
    }

    pub(crate) fn stored(text: Text<'a>, detail: Option<&'a Detail>) -> Self {
        let notice = match detail {
            Some(Detail::Notice(procurement)) => Some(&procurement.notice),
            _ => None,
        };
        Self { text, notice }
    }

    /// Sorted by facet, id and rule. A CPV code is evidence of a layer (by the longest prefix in
    /// the watchlists).
    pub(crate) fn tags(&self, tagger: &Tagger) -> Vec<Tag> {
        let mut tags = tagger.tag(&self.text);
        let codes = self.notice.map_or(&[][..], |notice| &notice.cpv);
        for code in codes {
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
        tags.sort_by(|a, b| (a.facet, &a.id, &a.rule).cmp(&(b.facet, &b.id, &b.rule)));
        tags
    }

    /// Where the code stands in the text that was made of the notice.
    fn span_of(&self, code: &str) -> Option<Span> {
        let start = self.text.text?.find(code)?;
        let end = start + code.len();
        let at = |n: usize| u32::try_from(n).ok();
        Some(Span { field: Field::Text, start: at(start)?, end: at(end)?, text: code.to_owned() })
    }
}
