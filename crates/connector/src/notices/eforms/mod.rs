//! eForms: one notice in UBL 2.3 with the EU's extensions (eForms SDK, `fields/fields.json`; the
//! numbers of business terms are BT-…).

mod organisations;
mod result;
mod stage;

use model::{Lot, Money, Notice, Party, PartyRole, Stage, ValueKind};

pub(super) use self::stage::of_codes as stage_of;

use self::organisations::Organisations;
use self::result::Outcome;
use super::xml::{El, Tree};
use super::{ParsedNotices, country, lang, words};
use crate::{Document, ParseError};

/// The names of root elements.
pub(super) const ROOTS: [&str; 4] = [
    "PriorInformationNotice",
    "ContractNotice",
    "ContractAwardNotice",
    "BusinessRegistrationInformationNotice",
];

/// Reads one notice.
pub(super) fn read(text: &str, document: &Document<'_>) -> Result<ParsedNotices, ParseError> {
    let tree = Tree::read(text)?;
    let root = tree.root();
    if !ROOTS.contains(&root.name()) {
        return Err(ParseError::OtherKind {
            wanted: "an eForms notice",
            what: format!("XML that begins with <{}>", root.name()),
        });
    }
    let version = line(root, "CustomizationID");
    let mut parsed = ParsedNotices::new(match version.as_deref() {
        Some(version) => version.replacen("eforms-sdk", "eforms", 1),
        None => "eforms".into(),
    });
    let extension = Extension::of(root);
    let published = extension.publication;
    let number = published.and_then(|el| line(el, "NoticePublicationID"));
    let uuid = root.children("ID").find_map(El::line);
    let Some(id) = uuid.as_deref().or(number.as_deref()).and_then(words::name) else {
        parsed.reject("notice", "it has neither a notice id (BT-701) nor a publication number");
        return Ok(parsed);
    };
    let mut notice = Notice::new(id, stage::of(root, &extension, &mut parsed));
    identify(&mut notice, root, &extension, number, document);
    let language = line(root, "NoticeLanguageCode");
    notice.lang = language.as_deref().and_then(lang::bcp47);
    describe(&mut notice, root, language.as_deref());
    let organisations = Organisations::of(&extension, language.as_deref());
    buyers(&mut notice, root, &organisations, &mut parsed);
    lots(&mut notice, root, language.as_deref());
    let outcome = Outcome::of(&extension, &organisations, &mut parsed);
    outcome.put_into(&mut notice);
    value(&mut notice, root, &extension, &outcome);
    deadline(&mut notice, root);
    place(&mut notice, root);
    if root.name() == "BusinessRegistrationInformationNotice" {
        registration(&mut notice, root);
    }
    parsed.items.push(notice);
    Ok(parsed)
}

/// The parts of the EU's extension that a notice may carry.
#[derive(Clone, Copy, Default)]
struct Extension<'t> {
    subtype: Option<El<'t>>,
    organisations: Option<El<'t>>,
    publication: Option<El<'t>>,
    result: Option<El<'t>>,
    changes: Option<El<'t>>,
    modification: Option<El<'t>>,
}

impl<'t> Extension<'t> {
    fn of(root: El<'t>) -> Self {
        let mut all = Self::default();
        for extension in root.all("UBLExtensions/UBLExtension/ExtensionContent/EformsExtension") {
            for part in extension.elements() {
                let place = match part.name() {
                    "NoticeSubType" => &mut all.subtype,
                    "Organizations" => &mut all.organisations,
                    "Publication" => &mut all.publication,
                    "NoticeResult" => &mut all.result,
                    "Changes" => &mut all.changes,
                    "ContractModification" => &mut all.modification,
                    _ => continue,
                };
                place.get_or_insert(part);
            }
        }
        all
    }
}

/// The text of the first element at a path.
fn line(element: El<'_>, path: &str) -> Option<String> {
    element.all(path).into_iter().find_map(El::line)
}

/// The text at a path in the language of the notice; without it the first.
fn spoken(element: El<'_>, path: &str, language: Option<&str>, lines: bool) -> Option<String> {
    let all = element.all(path);
    let own = all.iter().find(|el| language.is_some() && el.attribute("languageID") == language);
    let text = |el: &El<'_>| if lines { el.lines() } else { el.line() };
    own.and_then(text).or_else(|| all.iter().find_map(text))
}

fn identify(
    notice: &mut Notice,
    root: El<'_>,
    extension: &Extension<'_>,
    number: Option<String>,
    document: &Document<'_>,
) {
    notice.form = stage::form(root, extension);
    notice.procedure_id = line(root, "ContractFolderID").as_deref().and_then(words::name);
    notice.version = line(root, "VersionID").as_deref().and_then(words::name);
    if let Some(version) = &notice.version {
        notice.aliases.push(format!("{}-{version}", notice.notice_id));
    }
    if let Some(number) = number.as_deref().map(plain_number) {
        let page = format!("https://ted.europa.eu/en/notice/-/detail/{number}");
        notice.url = Some(page);
        words::add(&mut notice.aliases, Some(number));
    }
    if notice.url.is_none() {
        notice.url = document.base_url.and_then(words::web);
    }
    let published = extension.publication.and_then(|el| line(el, "PublicationDate"));
    notice.published = published.as_deref().and_then(words::day);
    notice.dispatched = moment(line(root, "IssueDate"), line(root, "IssueTime"));
    let changed = extension.changes.iter().chain(&extension.modification);
    for part in changed {
        for earlier in part.children("ChangedNoticeIdentifier") {
            words::add(&mut notice.previous, earlier.line().as_deref().and_then(words::name));
        }
        for reason in part.named("ReasonCode").chain(part.named("ReasonDescription")) {
            words::add(&mut notice.changes, reason.line().as_deref().and_then(words::title));
        }
        for what in part.named("ChangeDescription") {
            words::add(&mut notice.changes, what.line().as_deref().and_then(words::title));
        }
    }
    for earlier in root.all("TenderingProcess/NoticeDocumentReference/ID") {
        words::add(&mut notice.previous, earlier.line().as_deref().and_then(words::name));
    }
}

/// `00626028-2026` as TED's addresses write it.
fn plain_number(number: &str) -> String {
    let short = number.trim_start_matches('0');
    if short.is_empty() { number.into() } else { short.into() }
}

/// A day and a time of day, each with its offset, as one instant. A bare day is its midnight.
pub(super) fn moment(day: Option<String>, time: Option<String>) -> Option<model::Timestamp> {
    let day = day?;
    let date = day.get(..10)?;
    match time {
        None => words::day(date),
        Some(time) => {
            let zoned =
                time.ends_with('Z') || time.get(8..).is_some_and(|rest| rest.contains(['+', '-']));
            let offset = if zoned { "" } else { day.get(10..).unwrap_or_default() };
            words::instant(&format!("{date}T{time}{offset}")).or_else(|| words::day(date))
        }
    }
}

/// BT-21, BT-24, BT-23, BT-22, BT-105, of the procedure, else of its first lot or part.
fn describe(notice: &mut Notice, root: El<'_>, language: Option<&str>) {
    let mut projects = root.all("ProcurementProject");
    projects.extend(root.all("ProcurementProjectLot/ProcurementProject"));
    for project in &projects {
        if notice.title.is_none() {
            notice.title =
                spoken(*project, "Name", language, false).as_deref().and_then(words::title);
        }
        if notice.summary.is_none() {
            let text = spoken(*project, "Description", language, true);
            notice.summary = text.as_deref().and_then(words::summary);
        }
        if notice.reference.is_none() {
            let internal = project.children("ID").find_map(El::line);
            notice.reference = internal.as_deref().and_then(words::name);
        }
        if notice.nature.is_none() {
            let code = line(*project, "ProcurementTypeCode");
            notice.nature = code.as_deref().and_then(nature);
        }
    }
    notice.procedure =
        line(root, "TenderingProcess/ProcedureCode").as_deref().and_then(words::name);
    // Main codes come first: of the procedure, then of its lots.
    let code = |el: El<'_>| {
        let code = el.child("ItemClassificationCode")?;
        let list = code.attribute("listName").or(code.attribute("listID"));
        list.is_none_or(|list| list.eq_ignore_ascii_case("cpv"))
            .then(|| words::cpv(&code.line()?))?
    };
    let mut unique = words::Unique::default();
    for project in &projects {
        for kind in ["MainCommodityClassification", "AdditionalCommodityClassification"] {
            for found in project.all(kind) {
                unique.add(code(found));
            }
        }
    }
    notice.cpv = unique.list;
    for address in root.all("ProcurementProjectLot/TenderingTerms/CallForTendersDocumentReference")
    {
        let uri = line(address, "Attachment/ExternalReference/URI");
        words::add(&mut notice.documents, uri.as_deref().and_then(words::web));
    }
}

fn nature(code: &str) -> Option<String> {
    let word = match code {
        "supplies" => "goods",
        "services" | "works" => code,
        _ => return None,
    };
    Some(word.to_owned())
}

/// OPT-300: each buyer is a reference into the organisations.
fn buyers(
    notice: &mut Notice,
    root: El<'_>,
    organisations: &Organisations,
    parsed: &mut ParsedNotices,
) {
    for party in root.all("ContractingParty/Party") {
        let Some(reference) = line(party, "PartyIdentification/ID") else { continue };
        match organisations.get(&reference) {
            Some(found) => {
                notice.country = notice.country.take().or_else(|| found.country.clone());
                words::party(notice, found.party(PartyRole::Buyer));
            }
            None => parsed.problem("buyer", format!("no organisation is called {reference}")),
        }
    }
}

/// Lots and parts (BT-137), with what is known of them before an award.
fn lots(notice: &mut Notice, root: El<'_>, language: Option<&str>) {
    for element in root.children("ProcurementProjectLot").take(words::LIST) {
        let id = element.child("ID").filter(|_| is_lot(&element)).and_then(El::line);
        let Some(id) = id else { continue };
        let project = element.child("ProcurementProject");
        let mut lot = Lot { id, ..Lot::default() };
        if let Some(project) = project {
            lot.title = spoken(project, "Name", language, false).as_deref().and_then(words::title);
            for kind in ["MainCommodityClassification", "AdditionalCommodityClassification"] {
                for code in project.all(&format!("{kind}/ItemClassificationCode")) {
                    words::add(&mut lot.cpv, code.line().as_deref().and_then(words::cpv));
                }
            }
            if let Some(money) =
                money(project, "RequestedTenderTotal/EstimatedOverallContractAmount")
            {
                (lot.value, lot.currency) = (Some(money.amount), money.currency);
            }
        }
        notice.lots.push(lot);
    }
}

/// Whether this is a lot or a part, and not a group of lots.
fn is_lot(element: &El<'_>) -> bool {
    element.child("ID").and_then(|id| id.attribute("schemeName")) != Some("LotsGroup")
}

/// A sum with its currency at a path; withheld ones are below zero and no sums.
fn money(element: El<'_>, path: &str) -> Option<Money> {
    let found = element.path(path)?;
    let amount = words::amount(&found.line()?)?;
    Some(Money { amount, currency: found.attribute("currencyID").and_then(words::currency) })
}

/// BT-161, else the winning tenders; BT-118 or BT-271 for frameworks; else BT-27.
fn value(notice: &mut Notice, root: El<'_>, extension: &Extension<'_>, outcome: &Outcome) {
    let estimate = "RequestedTenderTotal/EstimatedOverallContractAmount";
    let lots: Vec<El<'_>> = root.children("ProcurementProjectLot").filter(is_lot).collect();
    let of_lots = |path: &str| {
        words::add_up_all(lots.iter().map(|lot| money(*lot, &format!("ProcurementProject/{path}"))))
    };
    let estimated =
        money(root, &format!("ProcurementProject/{estimate}")).or_else(|| of_lots(estimate));
    let awarded = extension.result.and_then(|result| {
        money(result, "TotalAmount").or_else(|| words::add_up_all(outcome.sums.iter().cloned()))
    });
    let framework = || {
        let result = extension.result.and_then(|result| {
            money(result, "OverallMaximumFrameworkContractsAmount")
                .or_else(|| money(result, "OverallApproximateFrameworkContractsAmount"))
        });
        let extended = format!(
            "{}/FrameworkMaximumAmount",
            "RequestedTenderTotal/UBLExtensions/UBLExtension/ExtensionContent/EformsExtension"
        );
        result
            .or_else(|| money(root, &format!("ProcurementProject/{extended}")))
            .or_else(|| of_lots(&extended))
    };
    let found = match (awarded, &estimated) {
        (Some(sum), _) => Some((sum, ValueKind::Awarded)),
        (None, Some(sum)) => Some((sum.clone(), ValueKind::Estimated)),
        (None, None) => framework().map(|sum| (sum, ValueKind::Framework)),
    };
    if let Some((sum, kind)) = found {
        (notice.value, notice.currency, notice.value_kind) =
            (Some(sum.amount), sum.currency, Some(kind));
    }
    notice.estimated = estimated;
}

/// BT-131, else BT-1311, else BT-630: the earliest of the lots.
fn deadline(notice: &mut Notice, root: El<'_>) {
    let periods = [
        "TenderSubmissionDeadlinePeriod",
        "ParticipationRequestReceptionPeriod",
        "InterestExpressionReceptionPeriod",
    ];
    let mut processes = root.all("ProcurementProjectLot/TenderingProcess");
    processes.extend(root.all("TenderingProcess"));
    notice.deadline = periods.iter().find_map(|period| {
        let ends = processes.iter().flat_map(|process| {
            let mut found = process.all(period);
            // BT-630 lies in an extension of the process.
            if *period == "InterestExpressionReceptionPeriod" {
                found.extend(process.named(period));
            }
            found
        });
        ends.filter_map(|end| moment(line(end, "EndDate"), line(end, "EndTime"))).min()
    });
}

/// BT-5071 and BT-5141; the country only where the buyer has none.
fn place(notice: &mut Notice, root: El<'_>) {
    let mut locations = root.all("ProcurementProject/RealizedLocation/Address");
    locations.extend(root.all("ProcurementProjectLot/ProcurementProject/RealizedLocation/Address"));
    for address in locations {
        let nuts = line(address, "CountrySubentityCode").as_deref().and_then(words::name);
        let state = line(address, "Country/IdentificationCode");
        let state = state.as_deref().and_then(country::alpha2);
        notice.country = notice.country.take().or_else(|| state.clone());
        words::add(&mut notice.places, nuts.or(state));
    }
}

/// X01 and X02: a European company was registered. It is its own subject, not a buyer.
fn registration(notice: &mut Notice, root: El<'_>) {
    let title = line(root, "AdditionalDocumentReference/ReferencedDocumentInternalAddress");
    notice.title = notice.title.take().or_else(|| words::title(&title?));
    let note = root.path("Note").and_then(El::lines);
    notice.summary = notice.summary.take().or_else(|| words::summary(&note?));
    let state = line(root, "BusinessParty/PostalAddress/Country/IdentificationCode");
    notice.country = notice.country.take().or_else(|| country::alpha2(&state?));
}
