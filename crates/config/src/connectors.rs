//! How a source is read: the one prefix of its keys, such as `feed.url`.

use model::HttpUrl;

use crate::table::{Placed, Table, Value, not_blank};
use crate::value::{slug, web_address_of};

/// The kinds of connectors that the language knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Feed,
    Sitemap,
    List,
    Page,
    Notices,
    Entities,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Feed, Self::Sitemap, Self::List, Self::Page, Self::Notices, Self::Entities];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Feed => "feed",
            Self::Sitemap => "sitemap",
            Self::List => "list",
            Self::Page => "page",
            Self::Notices => "notices",
            Self::Entities => "entities",
        }
    }

    /// Data with conditions of use.
    pub(crate) fn needs_terms(self) -> bool {
        matches!(self, Self::Notices | Self::Entities)
    }
}

/// The kind of a source and its address; `None` when it has no kind or several.
pub(crate) fn read<'d>(source: &mut Table<'d>) -> Option<(Kind, Option<Placed<'d, HttpUrl>>)> {
    let present: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| source.has(kind.as_str())).collect();
    let tables: Vec<_> = Kind::ALL.into_iter().map(|kind| source.table(kind.as_str())).collect();
    match present.as_slice() {
        [] => {
            let place = &source.here;
            if !place.cx.document.is_broken_after(place.start()) {
                place.bare_problem(
                    "a source has one of `feed.url`, `sitemap.url`, `list.url`, `page.url`, \
                     `notices.url` and `entities.url`: this one has none",
                );
            }
            None
        }
        [kind] => {
            let table = tables.into_iter().flatten().next()?;
            Some((*kind, address(*kind, table)))
        }
        several => {
            let names: Vec<_> = several.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
            let names = names.join(" and ");
            source.here.bare_problem(format!("a source has one connector: this one has {names}"));
            None
        }
    }
}

/// Reads the keys of a connector; those that only later versions use are read for their shape.
fn address<'d>(kind: Kind, mut table: Table<'d>) -> Option<Placed<'d, HttpUrl>> {
    let url = web_address_of(&mut table, "url");
    match kind {
        Kind::Feed | Kind::Sitemap => {}
        Kind::List => {
            for key in ["item", "link", "title", "summary"] {
                table.placed(key, not_blank);
            }
            match table.take("date") {
                Some(value) if value.is_table() => {
                    if let Some(mut date) = value.table() {
                        date.placed("select", not_blank);
                        date.placed("format", not_blank);
                        date.finish();
                    }
                }
                Some(value) => drop(value.text()),
                None => {}
            }
        }
        Kind::Page => {
            table.placed("select", not_blank);
            table.texts("ignore");
        }
        Kind::Notices => {
            table.placed("format", slug);
            table.placed("query", not_blank);
        }
        Kind::Entities => {
            table.placed("format", slug);
            table.placed("list", slug);
            rows(&mut table);
            table.placed("max_loss", percent);
        }
    }
    table.finish();
    url
}

/// `rows = [least, most]`.
fn rows(table: &mut Table<'_>) {
    let Some(value) = table.take("rows") else { return };
    let here = value.here.clone();
    let numbers = value.values().unwrap_or_default();
    let numbers: Vec<_> = numbers.into_iter().filter_map(Value::whole_number).collect();
    match numbers.as_slice() {
        [least, most] if least.value <= most.value => {}
        _ => here.problem("must be the least and the most rows, for example [10000, 60000]"),
    }
}

fn percent(text: &str) -> Result<f64, &'static str> {
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or(r#"is not a part of a hundred, for example "5%""#)
}
