//! From a release to a notice.

use std::collections::HashMap;

use model::{Lot, Money, Notice, Party, PartyRole, Stage};
use serde_json::Value;

use super::super::{NoticeRules, ParsedNotices, country, json, lang, words};

/// What each release tag says (OCDS 1.1, code list `releaseTag`), the furthest in life first: a
/// release with several tags stands where its furthest tag does.
#[rustfmt::skip]
const TAGS: &[(&str, Stage)] = &[
    ("tenderCancellation", Stage::Termination), ("awardCancellation", Stage::Termination),
    ("contractTermination", Stage::Termination), ("planningCancellation", Stage::Termination),
    ("contractAmendment", Stage::Modification), ("contractUpdate", Stage::Modification),
    ("contract", Stage::Award), ("award", Stage::Award), ("awardUpdate", Stage::Award),
    ("implementation", Stage::Award), ("implementationUpdate", Stage::Award),
    ("tenderAmendment", Stage::Corrigendum), ("tenderUpdate", Stage::Corrigendum),
    ("tender", Stage::Notice), ("bid", Stage::Notice), ("bidUpdate", Stage::Notice),
    ("planning", Stage::Planning), ("planningUpdate", Stage::Planning),
];

/// Statuses of awards, contracts, lots and tenders that came to nothing.
const NOTHING: [&str; 3] = ["cancelled", "unsuccessful", "withdrawn"];
/// Names of classification schemes whose codes are CPV codes: ДК 021:2015 is Ukraine's edition.
const CPV_SCHEMES: [&str; 4] = ["CPV", "EU-CPV", "ДК021", "ДК 021:2015"];

/// Reads one release; `Err` says why it is none.
pub(super) fn read(
    release: &Value,
    rules: &NoticeRules,
    at: &str,
    parsed: &mut ParsedNotices,
) -> Result<Notice, String> {
    if !release.is_object() {
        return Err("it is no object".into());
    }
    let ocid = json::text(release, "ocid").as_deref().and_then(words::name);
    let own = json::text(release, "id").as_deref().and_then(words::name);
    let date = json::text(release, "date");
    let id = own.or_else(|| match (&ocid, &date) {
        (Some(ocid), Some(date)) => words::name(&format!("{ocid}/{date}")),
        (Some(ocid), None) => Some(ocid.clone()),
        _ => None,
    });
    let Some(id) = id else { return Err("it has neither an ocid nor an id".into()) };
    if ocid.is_none() {
        parsed.problem(at, "it has no ocid: it belongs to no procedure");
    }
    let mut notice = Notice::new(id, stage(release));
    notice.local_id = ocid.as_ref().is_some_and(|ocid| !notice.notice_id.contains(ocid.as_str()));
    notice.procedure_id = ocid;
    notice.published = date.as_deref().and_then(words::instant);
    let tags: Vec<_> = json::list(release, "tag").into_iter().filter_map(json::plain).collect();
    notice.form = words::name(&tags.join(","));
    describe(&mut notice, release);
    parties(&mut notice, release, rules);
    codes(&mut notice, release);
    value(&mut notice, release);
    lots(&mut notice, release);
    notice.deadline = ["tender/tenderPeriod/endDate", "tender/expressionOfInterestDeadline"]
        .iter()
        .find_map(|path| words::instant(&json::text(release, path)?));
    let decided = json::list(release, "awards").into_iter().filter(|award| stands(award));
    let signed = json::list(release, "contracts").into_iter().filter(|contract| stands(contract));
    notice.awarded = decided
        .filter_map(|award| words::instant(&json::text(award, "date")?))
        .min()
        .or_else(|| {
            signed.filter_map(|contract| words::instant(&json::text(contract, "dateSigned")?)).min()
        });
    Ok(notice)
}

/// By the tags; a compiled release stands where its contents do.
fn stage(release: &Value) -> Stage {
    let tags: Vec<_> = json::list(release, "tag").into_iter().filter_map(json::plain).collect();
    let tagged = TAGS.iter().find(|(tag, _)| tags.iter().any(|known| known == tag));
    if let Some((_, stage)) = tagged {
        return *stage;
    }
    let status = json::text(release, "tender/status").unwrap_or_default().to_lowercase();
    let settled = ["awards", "contracts"]
        .iter()
        .any(|list| json::list(release, list).into_iter().any(stands));
    match () {
        () if settled => Stage::Award,
        () if NOTHING.contains(&status.as_str()) => Stage::Termination,
        () if matches!(status.as_str(), "planned" | "planning") => Stage::Planning,
        () if json::get(release, "tender").is_some() => Stage::Notice,
        () if json::get(release, "planning").is_some() => Stage::Planning,
        () => Stage::Notice,
    }
}

fn stands(part: &Value) -> bool {
    let status = json::text(part, "status").unwrap_or_default().to_lowercase();
    !NOTHING.contains(&status.as_str())
}

fn describe(notice: &mut Notice, release: &Value) {
    let parts: Vec<&Value> = json::get(release, "tender")
        .into_iter()
        .chain(json::list(release, "awards"))
        .chain(json::list(release, "contracts"))
        .collect();
    notice.title = parts.iter().find_map(|part| words::title(&json::text(part, "title")?));
    notice.title = notice.title.take().or_else(|| {
        let budget = ["planning/project/title", "planning/project", "planning/budget/project"];
        let found = budget.iter().find_map(|path| json::text(release, path))?;
        words::title(&found)
    });
    notice.summary =
        parts.iter().find_map(|part| words::summary(&json::lines(part, "description")?));
    notice.summary = notice.summary.take().or_else(|| {
        let budget = ["planning/rationale", "planning/budget/description"];
        words::summary(&budget.iter().find_map(|path| json::lines(release, path))?)
    });
    notice.lang = json::text(release, "language").as_deref().and_then(lang::bcp47);
    notice.reference = json::text(release, "tender/id").as_deref().and_then(words::name);
    notice.nature =
        json::text(release, "tender/mainProcurementCategory").as_deref().and_then(words::name);
    let method = ["tender/procurementMethodDetails", "tender/procurementMethod"];
    notice.procedure = method.iter().find_map(|path| words::name(&json::text(release, path)?));
    let pages = json::list(release, "tender/documents");
    let page = pages.iter().find(|document| {
        json::text(document, "documentType").is_some_and(|kind| kind.ends_with("Notice"))
    });
    notice.url = ["url", "tender/url"]
        .iter()
        .find_map(|path| words::web(&json::text(release, path)?))
        .or_else(|| words::web(&json::text(page?, "url")?));
    for document in pages {
        words::add(
            &mut notice.documents,
            json::text(document, "url").as_deref().and_then(words::web),
        );
    }
    for related in json::list(release, "relatedProcesses") {
        let earlier = json::text(related, "identifier");
        words::add(&mut notice.previous, earlier.as_deref().and_then(words::name));
    }
    let amended = json::list(release, "tender/amendments").into_iter();
    for amendment in amended.chain(json::list(release, "tender/amendment")) {
        for key in ["rationale", "description"] {
            words::add(
                &mut notice.changes,
                json::text(amendment, key).as_deref().and_then(words::title),
            );
        }
    }
}

/// The buyer, and those who won. Contact points are personal data and never read.
fn parties(notice: &mut Notice, release: &Value, rules: &NoticeRules) {
    let known = json::list(release, "parties");
    let by_id: HashMap<String, &Value> =
        known.iter().rev().filter_map(|party| Some((json::text(party, "id")?, *party))).collect();
    let full = |reference: &Value, role: PartyRole| -> Option<(Party, Option<String>)> {
        let id = json::text(reference, "id");
        let party = id.as_ref().and_then(|id| by_id.get(id).copied());
        let all: Vec<&Value> = std::iter::once(reference).chain(party).collect();
        let first = |path: &str| all.iter().find_map(|value| json::text(value, path));
        let name = first("name").or_else(|| first("identifier/legalName"))?;
        let state = first("address/countryName").or_else(|| first("address/country"));
        let state = state.as_deref().and_then(country::alpha2);
        let number = first("identifier/id").or_else(|| id.clone());
        let number = number.as_deref().and_then(words::name);
        let party = Party { role, name: words::name(&name)?, id: number, country: state.clone() };
        Some((party, state))
    };
    let with_role = |role: &str| -> Vec<&Value> {
        let plays = |party: &&&Value| {
            json::list(party, "roles")
                .into_iter()
                .filter_map(Value::as_str)
                .any(|known| known == role)
        };
        known.iter().filter(plays).copied().collect()
    };
    let buyers: Vec<&Value> = json::get(release, "buyer")
        .into_iter()
        .chain(with_role("buyer"))
        .chain(json::get(release, "tender/procuringEntity"))
        .chain(with_role("procuringEntity"))
        .collect();
    for (party, state) in
        buyers.into_iter().take(words::LIST).filter_map(|buyer| full(buyer, PartyRole::Buyer))
    {
        notice.country = notice.country.take().or(state);
        words::party(notice, party);
    }
    notice.country = notice.country.take().or_else(|| rules.country.clone());
    let mut settled = false;
    for part in json::list(release, "awards").into_iter().chain(json::list(release, "contracts")) {
        let suppliers = json::list(part, "suppliers");
        settled |= !suppliers.is_empty();
        let room = words::LIST - notice.parties.len();
        for supplier in suppliers.into_iter().filter(|_| stands(part)).take(room) {
            if let Some((party, _)) = full(supplier, PartyRole::Winner) {
                words::party(notice, party);
            }
        }
    }
    if !settled && notice.stage != Stage::Planning {
        for supplier in with_role("supplier").into_iter().take(words::LIST) {
            if let Some((party, _)) = full(supplier, PartyRole::Winner) {
                words::party(notice, party);
            }
        }
    }
}

/// CPV codes: of the tender, its items, the awards' and contracts' items.
fn codes(notice: &mut Notice, release: &Value) {
    let mut holders: Vec<&Value> = json::get(release, "tender").into_iter().collect();
    for list in ["tender/items", "tender/lots"] {
        holders.extend(json::list(release, list));
    }
    for part in json::list(release, "awards").into_iter().chain(json::list(release, "contracts")) {
        holders.extend(json::list(part, "items"));
    }
    holders.extend(json::list(release, "planning/items"));
    let mut unique = words::Unique::default();
    let keys = ["classification", "additionalClassifications"];
    // The tender's own codes come before those of its items.
    let tender = holders.iter().take(usize::from(json::get(release, "tender").is_some()));
    for holder in tender.chain(&holders) {
        for code in keys.iter().flat_map(|key| json::list(holder, key)) {
            unique.add(cpv(code));
        }
    }
    notice.cpv = unique.list;
}

fn cpv(classification: &Value) -> Option<String> {
    let scheme = json::text(classification, "scheme")?;
    let known = CPV_SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(&scheme));
    if known { words::cpv(&json::text(classification, "id")?) } else { None }
}

/// A sum; nothing without a currency is what publishers fill in for "not known".
fn money(value: &Value, path: &str) -> Option<Money> {
    let found = json::get(value, path)?;
    let amount = json::amount(found, "amount")?;
    let currency = json::text(found, "currency").as_deref().and_then(words::currency);
    (amount > 0.0 || currency.is_some()).then_some(Money { amount, currency })
}

/// The awards, else the contracts, else the tender, else the budget.
fn value(notice: &mut Notice, release: &Value) {
    let of = |list: &str| {
        let parts = json::list(release, list).into_iter().filter(|part| stands(part));
        words::add_up_all(parts.map(|part| money(part, "value")))
    };
    let estimated =
        money(release, "tender/value").or_else(|| money(release, "planning/budget/amount"));
    notice.set_value(of("awards").or_else(|| of("contracts")), estimated);
}

fn lots(notice: &mut Notice, release: &Value) {
    let mut items: HashMap<String, Vec<&Value>> = HashMap::new();
    for item in json::list(release, "tender/items") {
        if let Some(lot) = json::text(item, "relatedLot") {
            items.entry(lot).or_default().push(item);
        }
    }
    let mut awards: HashMap<String, Vec<&Value>> = HashMap::new();
    for award in json::list(release, "awards").into_iter().filter(|award| stands(award)) {
        for lot in json::list(award, "relatedLots").into_iter().filter_map(json::plain) {
            awards.entry(lot).or_default().push(award);
        }
    }
    for (at, lot) in json::list(release, "tender/lots").into_iter().enumerate().take(words::LIST) {
        let id = json::text(lot, "id").unwrap_or_else(|| (at + 1).to_string());
        let title = json::text(lot, "title").as_deref().and_then(words::title);
        let status = json::text(lot, "status").as_deref().and_then(words::name);
        let mut entry = Lot { id, title, status, ..Lot::default() };
        let awards = awards.remove(&entry.id).unwrap_or_default();
        let awarded = words::add_up_all(awards.iter().map(|award| money(award, "value")));
        if let Some(sum) = awarded.or_else(|| money(lot, "value")) {
            (entry.value, entry.currency) = (Some(sum.amount), sum.currency);
        }
        for item in items.remove(&entry.id).unwrap_or_default() {
            for code in json::list(item, "classification") {
                words::add(&mut entry.cpv, cpv(code));
            }
        }
        for supplier in awards.into_iter().flat_map(|award| json::list(award, "suppliers")) {
            let name = json::text(supplier, "name");
            words::add(&mut entry.suppliers, name.as_deref().and_then(words::name));
        }
        notice.lots.push(entry);
    }
}
