//! How a source is read: the one prefix of its keys, such as `feed.url`.

use std::time::Duration;

use connector::entities::{Columns, EntityRules, Format};
use connector::notices::{NoticeFormat, NoticeRules, PageRules};
use connector::{Connector, FeedRules, SitemapRules};
use model::HttpUrl;
use pipeline::{Guard, Signal};

use crate::table::{Placed, Table, Value, not_blank};
use crate::value::{country, duration_within, other_web_address, slug, web_address_of};

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

/// How a source is read, as far as this version reads it.
pub(crate) struct Rules {
    /// `None`: only later versions read this kind.
    pub(crate) connector: Option<Connector>,
    pub(crate) guard: Guard,
    pub(crate) signal: Option<Signal>,
}

/// The kind of a source, its address and rules; `None` when it has no kind or several.
pub(crate) fn read<'d>(
    source: &mut Table<'d>,
) -> Option<(Kind, Option<Placed<'d, HttpUrl>>, Rules)> {
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
            let (address, rules) = rules(*kind, table);
            Some((*kind, address, rules))
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
fn rules<'d>(kind: Kind, mut table: Table<'d>) -> (Option<Placed<'d, HttpUrl>>, Rules) {
    let url = web_address_of(&mut table, "url");
    let mut rules = Rules { connector: None, guard: Guard::default(), signal: None };
    match kind {
        Kind::Feed => {
            let sitemap = other_web_address(&mut table, "sitemap").map(|sitemap| sitemap.value);
            rules.connector = Some(Connector::Feed(FeedRules { sitemap }));
        }
        Kind::Sitemap => rules.connector = Some(Connector::Sitemap(SitemapRules::default())),
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
            let address = url.as_ref().map(|url| url.value.to_string());
            rules.connector = Some(Connector::Notices(Box::new(notices(&mut table, address))));
        }
        Kind::Entities => {
            rules.connector = Some(Connector::Entities(Box::new(entities(&mut table))));
            rules.signal = signal(&mut table);
            let dated = url.as_ref().filter(|url| {
                let url = url.value.as_str();
                url.contains("{date}") || url.contains("%7Bdate%7D")
            });
            if let Some(url) = dated.filter(|_| rules.signal.is_none()) {
                url.here.problem("`{date}` is filled in by `entities.signal`, which is missing");
            }
            rules.guard = Guard {
                rows: rows(&mut table),
                max_loss: table.placed("max_loss", percent).map(|percent| percent.value / 100.0),
            };
        }
    }
    table.finish();
    (url, rules)
}

fn notices(table: &mut Table<'_>, url: Option<String>) -> NoticeRules {
    let page = page(table, "item").map(|item| PageRules {
        link: page(table, "link").map(|of| of.item),
        title: page(table, "title").map(|of| of.item),
        date: page(table, "date").map(|of| of.item),
        deadline: page(table, "deadline").map(|of| of.item),
        buyer: page(table, "buyer").map(|of| of.item),
        ..item
    });
    NoticeRules {
        format: table.placed("format", str::parse::<NoticeFormat>).map(|format| format.value),
        url,
        query: table.placed("query", not_blank).map(|query| query.value),
        page,
        country: table.placed("country", country).map(|country| country.value),
    }
}

/// A CSS selector.
fn page(table: &mut Table<'_>, key: &'static str) -> Option<PageRules> {
    table.placed(key, PageRules::new).map(|rules| rules.value)
}

fn entities(table: &mut Table<'_>) -> EntityRules {
    let format = table.placed("format", |text: &str| {
        let format: Format = text.parse().map_err(|error| format!("{error}"))?;
        if format.announces() {
            return Err(format!("`{format}` only says that a list changed: use the list itself"));
        }
        Ok(format)
    });
    EntityRules {
        format: format.map(|format| format.value),
        list: table.placed("list", slug).map(|list| list.value),
        columns: columns(table),
        delimiter: table.placed("delimiter", delimiter).map(|delimiter| delimiter.value),
        array: table.placed("array", not_blank).map(|array| array.value),
    }
}

/// `signal = { url = "…", format = "eu-fsf-rss", at_least = "7d" }`.
fn signal(table: &mut Table<'_>) -> Option<Signal> {
    let mut signal = table.table("signal")?;
    let here = signal.here.clone();
    let url = web_address_of(&mut signal, "url");
    let format = signal.placed("format", |text: &str| {
        let format: Format = text.parse().map_err(|error| format!("{error}"))?;
        if !format.announces() {
            return Err(format!("`{format}` is a list itself: a signal only announces one"));
        }
        Ok(format)
    });
    let at_least = signal.parsed("at_least", duration_within("1h", "31d"));
    signal.finish();
    let (Some(url), Some(format)) = (url, format) else {
        here.problem("a signal has a `url` and a `format`");
        return None;
    };
    let at_least = at_least.unwrap_or(AT_LEAST);
    Some(Signal { url: url.value, format: format.value, at_least })
}

/// A list whose signal says nothing new is loaded all the same after a week.
const AT_LEAST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// `columns = { name = "Company", listed = "Effective date" }`.
fn columns(table: &mut Table<'_>) -> Option<Columns> {
    let declared = table.table("columns")?;
    let here = declared.here.clone();
    let pairs: Vec<(String, String)> = declared
        .into_entries()
        .filter_map(|(key, value)| Some((key.key.clone(), value.text()?.value)))
        .collect();
    match Columns::new(pairs.iter().map(|(field, column)| (field.as_str(), column.as_str()))) {
        Ok(columns) => Some(columns),
        Err(error) => {
            here.problem(error.to_string());
            None
        }
    }
}

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        [byte @ (b',' | b';' | b'|' | b'\t')] => Ok(*byte),
        _ => Err(r#"is not one of ",", ";", "|" and "\t""#),
    }
}

/// `rows = [least, most]`.
fn rows(table: &mut Table<'_>) -> Option<(u32, u32)> {
    let value = table.take("rows")?;
    let here = value.here.clone();
    let numbers = value.values().unwrap_or_default();
    let numbers: Vec<_> = numbers.into_iter().filter_map(Value::whole_number).collect();
    match numbers.as_slice() {
        [least, most] if least.value <= most.value => {
            let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
            Some((count(least.value), count(most.value)))
        }
        _ => {
            here.problem("must be the least and the most rows, for example [10000, 60000]");
            None
        }
    }
}

fn percent(text: &str) -> Result<f64, &'static str> {
    let number = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    number
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or(r#"is not a part of a hundred, for example "5%""#)
}
