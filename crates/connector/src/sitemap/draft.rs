//! From the fields of a `<url>` or `<sitemap>` to what is kept of it.

use model::{Entry, Timestamp, entry_limits, truncated};
use url::Url;

use super::Child;
use super::names::Field;
use crate::feed::address::{Address, is_web, resolve};
use crate::feed::names::language;
use crate::feed::text::{Markup, line};
use crate::feed::{Repairs, date};

/// An entry while it is read. The first of several fields of one kind counts.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// As it was written.
    pub(super) loc: Option<String>,
    pub(super) title: Option<String>,
    /// The name of the publication.
    pub(super) publication: Option<String>,
    pub(super) published: Option<Timestamp>,
    pub(super) modified: Option<Timestamp>,
    pub(super) lang: Option<String>,
}

impl Draft {
    /// Takes over the text of a field; `place` names the entry in problems.
    pub(super) fn set(&mut self, field: Field, text: &str, place: &str, repairs: &mut Repairs) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        match field {
            Field::Loc => keep(&mut self.loc, || Some(text.to_owned())),
            Field::Title => keep(&mut self.title, || {
                let title = line(text, Markup::Html);
                (!title.is_empty()).then_some(title)
            }),
            Field::Publication => keep(&mut self.publication, || {
                let name = line(text, Markup::Html);
                let name = truncated(&name, entry_limits::TITLE_BYTES).into_owned();
                (!name.is_empty()).then_some(name)
            }),
            Field::Language => keep(&mut self.lang, || language(text)),
            Field::Modified => keep(&mut self.modified, || time(text, place, repairs)),
            Field::Published => keep(&mut self.published, || time(text, place, repairs)),
        }
    }

    /// The entry; `None` when there is no address to know it by.
    pub(super) fn finish(
        self,
        base: Option<&Url>,
        place: &str,
        repairs: &mut Repairs,
    ) -> Option<Entry> {
        let url = address(self.loc.as_deref(), base, place, repairs)?;
        let title = self.title.map(|title| {
            if title.len() > entry_limits::TITLE_BYTES {
                let reason = format!(
                    "title of {} bytes was cut to {}",
                    title.len(),
                    entry_limits::TITLE_BYTES
                );
                repairs.list(place, reason);
            }
            truncated(&title, entry_limits::TITLE_BYTES).into_owned()
        });
        Some(Entry {
            id: url.clone(),
            id_published: false,
            url: Some(url),
            title,
            published: self.published,
            updated: self.modified,
            lang: self.lang,
            ..Entry::default()
        })
    }

    /// The sitemap that an entry of an index stands for.
    pub(super) fn child(
        self,
        base: Option<&Url>,
        place: &str,
        repairs: &mut Repairs,
    ) -> Option<Child> {
        let url = address(self.loc.as_deref(), base, place, repairs)?;
        Some(Child { url, modified: self.modified })
    }
}

fn keep<T>(slot: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if slot.is_none() {
        *slot = value();
    }
}

fn time(text: &str, place: &str, repairs: &mut Repairs) -> Option<Timestamp> {
    let time = date::parse(text);
    if time.is_none() {
        repairs.list(place, format!("`{}` is no date that can be read", shown(text)));
    }
    time
}

fn address(
    loc: Option<&str>,
    base: Option<&Url>,
    place: &str,
    repairs: &mut Repairs,
) -> Option<String> {
    let Some(loc) = loc else {
        repairs.list(place, "without an address");
        return None;
    };
    match resolve(base, loc) {
        Address::Usable(url) if is_web(&url) && Url::parse(&url).is_ok() => Some(url),
        Address::TooLong => {
            repairs.list(place, format!("the address `{}` is too long", shown(loc)));
            None
        }
        Address::Usable(_) | Address::Empty | Address::Refused => {
            repairs.list(place, format!("`{}` is no address of the web", shown(loc)));
            None
        }
    }
}

fn shown(text: &str) -> String {
    model::one_line(&truncated(text, 60))
}
