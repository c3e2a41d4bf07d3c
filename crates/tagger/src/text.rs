//! The parts of an item by their names.

use model::{Field, Span};

use crate::Text;

impl Text<'_> {
    pub(crate) fn fields(&self) -> impl Iterator<Item = (Field, &str)> {
        [(Field::Title, self.title), (Field::Summary, self.summary), (Field::Text, self.text)]
            .into_iter()
            .filter_map(|(field, content)| content.filter(|c| !c.is_empty()).map(|c| (field, c)))
    }

    /// The line of its field that a span begins in, from 1.
    pub(crate) fn line_of(&self, span: &Span) -> u32 {
        let before = self.field(span.field).as_bytes().get(..span.start as usize);
        let breaks = before.unwrap_or_default().iter().filter(|b| **b == b'\n').count();
        u32::try_from(breaks + 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn field(&self, field: Field) -> &str {
        let content = match field {
            Field::Title => self.title,
            Field::Summary => self.summary,
            Field::Text => self.text,
            Field::Url => None,
        };
        content.unwrap_or_default()
    }
}
