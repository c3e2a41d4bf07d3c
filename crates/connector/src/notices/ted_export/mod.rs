//! TED_EXPORT: one notice of the TED archive from 2014 to early 2024 (schemas R2.0.7 to R2.0.9 with
//! the standard forms F01 to F25, and the defence forms 16 to 19 in the older layout).

mod outcome;
mod stage;

use model::{Lot, Money, Notice, Party, PartyRole, Timestamp};

use super::xml::{El, Tree};
use super::{ParsedNotices, country, lang, words};
use crate::{Document, ParseError};

/// The name of the root element.
pub(super) const ROOT: &str = "TED_EXPORT";

/// Reads one notice.
pub(super) fn read(text: &str, document: &Document<'_>) -> Result<ParsedNotices, ParseError> {
    let tree = Tree::read(text)?;
    let root = tree.root();
    if root.name() != ROOT {
        return Err(ParseError::OtherKind {
            wanted: "a TED_EXPORT notice",
            what: format!("XML that begins with <{}>", root.name()),
        });
    }
    let mut parsed = ParsedNotices::new(match root.attribute("VERSION") {
        Some(version) => format!("ted-export-{version}"),
        None => "ted-export".into(),
    });
    let sections = Sections::of(root);
    let Some(id) = sections.id() else {
        parsed.reject("notice", "it has neither a DOC_ID nor a NO_DOC_OJS");
        return Ok(parsed);
    };
    let mut notice = Notice::new(id, stage::of(&sections, &mut parsed));
    identify(&mut notice, &sections, document);
    describe(&mut notice, &sections);
    if sections.form.is_none() {
        parsed.problem("notice", "there is no form in it: coded data only");
    }
    buyers(&mut notice, &sections);
    lots(&mut notice, &sections);
    outcome::read(&mut notice, &sections);
    deadline(&mut notice, &sections);
    parsed.items.push(notice);
    Ok(parsed)
}

/// The parts of a document, each where it is needed.
struct Sections<'t> {
    root: El<'t>,
    /// `NOTICE_DATA` of the coded data.
    data: Option<El<'t>>,
    /// `CODIF_DATA` of the coded data.
    codes: Option<El<'t>>,
    /// The form as the buyer wrote it; the others are translations.
    form: Option<El<'t>>,
}

impl<'t> Sections<'t> {
    fn of(root: El<'t>) -> Self {
        let data = root.path("CODED_DATA_SECTION/NOTICE_DATA");
        let language = data.and_then(|data| line(data, "LG_ORIG"));
        let forms: Vec<_> = root
            .all("FORM_SECTION")
            .into_iter()
            .flat_map(El::elements)
            .filter(|form| form.name() != "NOTICE_UUID")
            .collect();
        let original = |form: &&El<'t>| form.attribute("CATEGORY") == Some("ORIGINAL");
        let spoken =
            |form: &&El<'t>| language.is_some() && form.attribute("LG") == language.as_deref();
        let form =
            forms.iter().find(original).or_else(|| forms.iter().find(spoken)).or(forms.first());
        let codes = root.path("CODED_DATA_SECTION/CODIF_DATA");
        Self { root, data, codes, form: form.copied() }
    }

    fn id(&self) -> Option<String> {
        let published = self.root.attribute("DOC_ID").and_then(words::name);
        published.or_else(|| Some(number(&line(self.data?, "NO_DOC_OJS")?)))
    }

    /// The first element of one of these names in the form, the earlier name before the later.
    fn first(&self, names: &[&'t str]) -> Option<El<'t>> {
        names.iter().find_map(|name| self.form?.named(name).next())
    }
}

/// The text of the first element at a path.
fn line(element: El<'_>, path: &str) -> Option<String> {
    element.all(path).into_iter().find_map(El::line)
}

/// `298488-2018` of `2018/S 131-298488`; other texts as they are.
fn number(text: &str) -> String {
    let short = |text: &str| {
        let (year, rest) = text.split_once("/S")?;
        let (_, number) = rest.trim().split_once('-')?;
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(year.trim()) && digits(number.trim()))
            .then(|| format!("{}-{}", number.trim(), year.trim()))
    };
    short(text).unwrap_or_else(|| text.to_owned())
}

fn identify(notice: &mut Notice, sections: &Sections<'_>, document: &Document<'_>) {
    let unpadded = notice.notice_id.trim_start_matches('0').to_owned();
    let page = format!("https://ted.europa.eu/en/notice/-/detail/{unpadded}");
    let known = unpadded.split_once('-').is_some_and(|(number, year)| {
        year.len() == 4 && number.bytes().chain(year.bytes()).all(|byte| byte.is_ascii_digit())
    });
    if known {
        words::add(&mut notice.aliases, Some(unpadded));
        notice.url = Some(page);
    }
    if let Some(data) = sections.data {
        words::add(&mut notice.aliases, line(data, "NO_DOC_OJS").as_deref().and_then(words::name));
        for address in data.all("URI_LIST/URI_DOC") {
            let own = address.attribute("LG") == line(data, "LG_ORIG").as_deref();
            if own || notice.url.is_none() {
                let found = address.line().as_deref().and_then(words::web);
                notice.url = notice.url.take().or(found);
            }
        }
    }
    notice.url = notice.url.take().or_else(|| document.base_url.and_then(words::web));
    for uuid in sections.root.all("FORM_SECTION/NOTICE_UUID") {
        words::add(&mut notice.aliases, uuid.line().as_deref().and_then(words::name));
    }
    // The earlier notice of this procedure: what the form names, then the coded data.
    let mut earlier = Vec::new();
    if let Some(form) = sections.form {
        earlier.extend(form.named("NOTICE_NUMBER_OJ").chain(form.named("NOTICE_NUMBER")));
    }
    earlier.extend(sections.data.iter().flat_map(|data| data.all("REF_NOTICE/NO_DOC_OJS")));
    for found in earlier.into_iter().filter_map(El::line) {
        words::add(&mut notice.previous, words::name(&number(&found)));
    }
    let first = notice.previous.first();
    notice.procedure_id = Some(first.unwrap_or(&notice.notice_id).clone());
    let published = line(sections.root, "CODED_DATA_SECTION/REF_OJS/DATE_PUB");
    notice.published = published.as_deref().and_then(words::day);
    let dispatched = sections.codes.and_then(|codes| line(codes, "DS_DATE_DISPATCH"));
    notice.dispatched = dispatched.as_deref().and_then(words::day);
}

fn describe(notice: &mut Notice, sections: &Sections<'_>) {
    let language = sections.form.and_then(|form| form.attribute("LG")).map(str::to_owned);
    let language = language.or_else(|| line(sections.data?, "LG_ORIG"));
    notice.lang = language.as_deref().and_then(lang::bcp47);
    let title = sections.form.and_then(|form| line(form, "OBJECT_CONTRACT/TITLE"));
    let title = title.or_else(|| sections.first(&["TITLE_CONTRACT", "TITLE"])?.line());
    notice.title = title.as_deref().and_then(words::title).or_else(|| official_title(sections));
    let text = sections.form.and_then(|form| form.path("OBJECT_CONTRACT/SHORT_DESCR")?.lines());
    let text = text.or_else(|| {
        let names =
            ["SHORT_DESCR", "SHORT_CONTRACT_DESCRIPTION", "TOTAL_QUANTITY_OR_SCOPE", "DESCRIPTION"];
        names.iter().find_map(|name| sections.form?.named(name).find_map(El::lines))
    });
    notice.summary = text.as_deref().and_then(words::summary);
    let reference = sections.first(&["REFERENCE_NUMBER", "FILE_REFERENCE_NUMBER"]);
    notice.reference = reference.and_then(El::line).as_deref().and_then(words::name);
    if let Some(codes) = sections.codes {
        let nature = codes.child("NC_CONTRACT_NATURE").and_then(|el| el.attribute("CODE"));
        notice.nature = nature.and_then(nature_of);
        notice.procedure = line(codes, "PR_PROC").as_deref().and_then(words::name);
    }
    cpv(notice, sections);
    let data = sections.data.iter().flat_map(|data| data.elements());
    for place in data.filter(|el| matches!(el.name(), "PERFORMANCE_NUTS" | "ORIGINAL_NUTS")) {
        words::add(&mut notice.places, place.attribute("CODE").and_then(words::name));
    }
}

/// TED's own title, made of the main CPV code; in English where there is one.
fn official_title(sections: &Sections<'_>) -> Option<String> {
    let titles = sections.root.all("TRANSLATION_SECTION/ML_TITLES/ML_TI_DOC");
    let english = titles.iter().find(|title| title.attribute("LG") == Some("EN"));
    line(*english.or(titles.first())?, "TI_TEXT").as_deref().and_then(words::title)
}

/// Codes of `NC_CONTRACT_NATURE`.
fn nature_of(code: &str) -> Option<String> {
    let word = match code {
        "1" => "works",
        "2" => "goods",
        "4" => "services",
        _ => return None,
    };
    Some(word.to_owned())
}

/// Main codes first; what a corrigendum replaces is not what is bought.
fn cpv(notice: &mut Notice, sections: &Sections<'_>) {
    let kept: Vec<_> = sections.form.iter().flat_map(|form| form.without(&["OLD_VALUE"])).collect();
    let main = kept.iter().filter(|el| el.name() == "CPV_MAIN").find_map(|el| el.child("CPV_CODE"));
    let codes = kept.iter().filter(|el| el.name() == "CPV_CODE").copied();
    let data = sections.data.iter().flat_map(|data| data.children("ORIGINAL_CPV"));
    let mut unique = words::Unique::default();
    for code in main.into_iter().chain(codes).chain(data) {
        let written = code.attribute("CODE").map(str::to_owned).or_else(|| code.line());
        unique.add(written.as_deref().and_then(words::cpv));
    }
    notice.cpv = unique.list;
}

fn buyers(notice: &mut Notice, sections: &Sections<'_>) {
    if let Some(form) = sections.form {
        let names = [
            "ADDRESS_CONTRACTING_BODY",
            "ADDRESS_CONTRACTING_BODY_ADDITIONAL",
            "CA_CE_CONCESSIONAIRE_PROFILE",
        ];
        for address in names.iter().flat_map(|name| form.named(name)).take(words::LIST) {
            if let Some(party) = organisation(address, PartyRole::Buyer) {
                notice.country = notice.country.take().or_else(|| party.country.clone());
                words::party(notice, party);
            }
        }
    }
    let names = sections.root.all("TRANSLATION_SECTION/ML_AA_NAMES/AA_NAME");
    if notice.buyer.is_none() {
        let language = sections.data.and_then(|data| line(data, "LG_ORIG"));
        let own = names.iter().find(|name| name.attribute("LG") == language.as_deref());
        let name = own.or(names.first()).and_then(|name| name.line());
        if let Some(name) = name.as_deref().and_then(words::name) {
            words::party(notice, Party { role: PartyRole::Buyer, name, id: None, country: None });
        }
    }
    let coded = sections.data.and_then(|data| data.child("ISO_COUNTRY"));
    let coded = coded.and_then(|el| country::alpha2(el.attribute("VALUE")?));
    notice.country = notice.country.take().or(coded);
}

/// An organisation of an address block: its official name, never a contact point.
fn organisation(address: El<'_>, role: PartyRole) -> Option<Party> {
    let old = address.child("ORGANISATION");
    let name = line(address, "OFFICIALNAME")
        .or_else(|| line(old?, "OFFICIALNAME"))
        .or_else(|| old?.own())?;
    let id = line(address, "NATIONALID").or_else(|| line(old?, "NATIONALID"));
    let state = address.child("COUNTRY").and_then(|el| country::alpha2(el.attribute("VALUE")?));
    let id = id.as_deref().and_then(words::name);
    Some(Party { role, name: words::name(&name)?, id, country: state })
}

/// `OBJECT_DESCR` of the forms since 2014, `F0x_DIVISION_INTO_LOTS` of the older ones.
fn lots(notice: &mut Notice, sections: &Sections<'_>) {
    let Some(form) = sections.form else { return };
    let objects = form.all("OBJECT_CONTRACT/OBJECT_DESCR");
    let divided = objects.len() > 1 || form.named("LOT_DIVISION").next().is_some();
    for (at, object) in objects.iter().enumerate().take(words::LIST).filter(|_| divided) {
        let number =
            line(*object, "LOT_NO").or_else(|| object.attribute("ITEM").map(str::to_owned));
        let id = number.as_deref().and_then(words::name).unwrap_or_else(|| (at + 1).to_string());
        let title = line(*object, "TITLE").as_deref().and_then(words::title);
        let mut lot = Lot { id, title, ..Lot::default() };
        for code in object.named("CPV_CODE") {
            words::add(&mut lot.cpv, code.attribute("CODE").and_then(words::cpv));
        }
        if let Some(money) = object.child("VAL_OBJECT").and_then(money) {
            (lot.value, lot.currency) = (Some(money.amount), money.currency);
        }
        notice.lots.push(lot);
    }
    for (at, object) in
        form.named("F16_DIVISION_INTO_LOTS").chain(form.named("LOT_PRIOR_INFORMATION")).enumerate()
    {
        let Some(title) = line(object, "LOT_TITLE").as_deref().and_then(words::title) else {
            continue;
        };
        let id = line(object, "LOT_NUMBER").unwrap_or_else(|| (at + 1).to_string());
        notice.lots.push(Lot { id, title: Some(title), ..Lot::default() });
    }
}

/// The sum that an element holds, with the currency of itself or its parent's attribute given in
/// `CURRENCY`. The older layout puts a plain number into `FMTVAL`.
fn money(element: El<'_>) -> Option<Money> {
    let text = element.attribute("FMTVAL").map(str::to_owned).or_else(|| element.own())?;
    let amount = words::amount(&text)?;
    Some(Money { amount, currency: element.attribute("CURRENCY").and_then(words::currency) })
}

/// Dates without an offset are on the buyer's clock.
fn deadline(notice: &mut Notice, sections: &Sections<'_>) {
    let at = |day: Option<String>, time: Option<String>| -> Option<Timestamp> {
        let day = day?;
        match time {
            None => words::day(&day),
            Some(time) => {
                let shown = words::instant(&format!("{}T{:0>5}", iso(&day), time.trim()));
                Some(country::local_time(shown?, notice.country.as_deref()))
            }
        }
    };
    let changed = sections.form.iter().flat_map(|form| form.named("CHANGE")).find_map(|change| {
        let place = line(change, "WHERE/SECTION")?;
        let new = change.child("NEW_VALUE").filter(|_| place.starts_with("IV.2.2"))?;
        at(line(new, "DATE"), line(new, "TIME"))
    });
    let form = sections.form.and_then(|form| {
        let procedure = form.child("PROCEDURE")?;
        at(line(procedure, "DATE_RECEIPT_TENDERS"), line(procedure, "TIME_RECEIPT_TENDERS"))
    });
    let coded = || {
        let text = line(sections.codes?, "DT_DATE_FOR_SUBMISSION")?;
        let (day, time) = text.split_once(' ').unwrap_or((&text, ""));
        at(Some(day.to_owned()), (!time.is_empty()).then(|| time.to_owned()))
    };
    notice.deadline = changed.or(form).or_else(coded);
}

/// `20210630` with dashes.
fn iso(day: &str) -> String {
    match (day.get(..4), day.get(4..6), day.get(6..8)) {
        (Some(year), Some(month), Some(date)) if day.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{year}-{month}-{date}")
        }
        _ => day.to_owned(),
    }
}
