//! HTML pages that list notices, for portals that publish no data: selectors say where things are.

use model::{Notice, Stage};
use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::{NoticeRules, ParsedNotices, words};
use crate::feed::date;
use crate::{Document, ParseError};

/// Most notices of one page: the largest known one has 4,050.
const NOTICES: usize = 20_000;
/// Bytes of a page; a tree of it takes twenty times as much.
const PAGE_BYTES: usize = 16 << 20;

/// Where notices stand on a page, compiled.
#[derive(Clone, Debug)]
pub struct PageRules {
    /// One notice: a table row, a list item.
    pub item: Selector,
    /// Inside it, the link to the notice's page; without it the first link.
    pub link: Option<Selector>,
    /// Inside it, the title; without it the link's text.
    pub title: Option<Selector>,
    /// Inside it, when it was published.
    pub date: Option<Selector>,
    /// Inside it, until when tenders are taken.
    pub deadline: Option<Selector>,
    /// Inside it, the buyer.
    pub buyer: Option<Selector>,
}

impl PageRules {
    /// Rules that find notices by `item` alone.
    ///
    /// # Errors
    /// When `item` is no CSS selector: the message says where.
    pub fn new(item: &str) -> Result<Self, String> {
        let item = Selector::parse(item).map_err(|error| error.to_string())?;
        Ok(Self { item, link: None, title: None, date: None, deadline: None, buyer: None })
    }
}

/// Reads one page.
pub(super) fn read(
    text: &str,
    rules: &NoticeRules,
    page: &PageRules,
    document: &Document<'_>,
) -> Result<ParsedNotices, ParseError> {
    if text.len() > PAGE_BYTES {
        let reason = format!("the page is larger than {} MiB", PAGE_BYTES >> 20);
        return Err(ParseError::Damaged { reason });
    }
    let html = Html::parse_document(text);
    let mut parsed = ParsedNotices::new("html");
    let heading = Selector::parse("title").ok().and_then(|title| html.select(&title).next());
    parsed.title = heading.and_then(|heading| words::title(&text_of(heading)));
    let base = document.base_url.and_then(|base| Url::parse(base).ok());
    for (at, item) in html.select(&page.item).enumerate() {
        let place = format!("item {}", at + 1);
        if at >= NOTICES {
            parsed.skip(place, format!("more than {NOTICES} items on one page"));
            break;
        }
        match notice(item, rules, page, base.as_ref()) {
            Some(notice) => parsed.items.push(notice),
            None => parsed.reject(place, "it has neither a link nor a title"),
        }
    }
    if parsed.items.is_empty() && parsed.rejected == 0 {
        let what = "a page on which the selector finds nothing".into();
        return Err(ParseError::OtherKind { wanted: super::detect::WANTED, what });
    }
    Ok(parsed)
}

fn notice(
    item: ElementRef<'_>,
    rules: &NoticeRules,
    page: &PageRules,
    base: Option<&Url>,
) -> Option<Notice> {
    let anchors = Selector::parse("a[href]").ok()?;
    let select = |selector: &Option<Selector>| item.select(selector.as_ref()?).next();
    let inner = |element: ElementRef<'_>| -> Option<String> {
        Some(
            element
                .value()
                .attr("href")
                .or_else(|| element.select(&anchors).next()?.value().attr("href"))?
                .to_owned(),
        )
    };
    let link = match page.link {
        Some(_) => select(&page.link),
        None => item.select(&anchors).next(),
    };
    let href = link.and_then(inner);
    let address = href.and_then(|href| match base {
        Some(base) => words::web(base.join(href.trim()).ok()?.as_str()),
        None => words::web(&href),
    });
    let heading = select(&page.title).or(link).unwrap_or(item);
    let title = words::title(&text_of(heading));
    let id = words::name(address.as_deref().or(title.as_deref())?)?;
    let mut notice = Notice::new(id, Stage::Notice);
    notice.title = title;
    notice.url = address;
    notice.country.clone_from(&rules.country);
    let text = |selector: &Option<Selector>| select(selector).map(text_of);
    notice.published = text(&page.date).and_then(|text| date::parse(&text));
    notice.deadline = text(&page.deadline).and_then(|text| date::parse(&text));
    if let Some(name) = text(&page.buyer).as_deref().and_then(words::name) {
        let country = rules.country.clone();
        let party = model::Party { role: model::PartyRole::Buyer, name, id: None, country };
        words::party(&mut notice, party);
    }
    Some(notice)
}

fn text_of(element: ElementRef<'_>) -> String {
    model::one_line(&element.text().collect::<Vec<_>>().join(" "))
}
