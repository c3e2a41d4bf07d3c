//! Winners and sums.

use model::{Money, Notice, PartyRole, Stage, Timestamp};

use super::super::xml::El;
use super::{Sections, line, money, organisation, stage, words};

/// Elements that hold one award each.
const AWARDS: [&str; 5] = [
    "AWARD_CONTRACT",
    "AWARDED_PRIZE",
    "AWARD_OF_CONTRACT",
    "AWARD_OF_CONTRACT_DEFENCE",
    "AWARD_AND_CONTRACT_VALUE",
];

/// Elements that hold one winner each.
const WINNERS: [&str; 3] =
    ["ADDRESS_CONTRACTOR", "ADDRESS_WINNER", "ECONOMIC_OPERATOR_NAME_ADDRESS"];

pub(super) fn read(notice: &mut Notice, sections: &Sections<'_>) {
    stage::form(notice, sections);
    let Some(form) = sections.form else {
        value(notice, None, coded(sections, "ESTIMATED_TOTAL"));
        return;
    };
    let winners = form.descendants().filter(|el| WINNERS.contains(&el.name()));
    for element in winners.take(words::LIST) {
        let address = element.child("CONTACT_DATA_WITHOUT_RESPONSIBLE_NAME").unwrap_or(element);
        if let Some(party) = organisation(address, PartyRole::Winner) {
            words::party(notice, party);
        }
    }
    let awards: Vec<_> =
        form.descendants().filter(|element| AWARDS.contains(&element.name())).collect();
    notice.awarded = awards.iter().filter_map(|award| awarded_on(*award)).min();
    for award in awards.iter().take(words::LIST) {
        into_lot(notice, *award);
    }
    let lost = |award: &&El<'_>| award.named("NO_AWARDED_CONTRACT").next().is_some();
    let won: Vec<_> = awards.iter().filter(|award| !lost(award)).collect();
    let after = form.named("VAL_TOTAL_AFTER").find_map(money);
    let total = || {
        sum(form.all("OBJECT_CONTRACT/VAL_TOTAL"))
            .or_else(|| one_of(form.named("TOTAL_FINAL_VALUE").filter_map(old_sum)))
            .or_else(|| words::add_up_all(won.iter().map(|award| award_sum(**award))))
            .or_else(|| coded(sections, "PROCUREMENT_TOTAL"))
    };
    let estimated = sum(form.all("OBJECT_CONTRACT/VAL_ESTIMATED_TOTAL"))
        .or_else(|| {
            let lots = form.all("OBJECT_CONTRACT/OBJECT_DESCR");
            words::add_up_all(lots.into_iter().map(|lot| lot.child("VAL_OBJECT").and_then(money)))
        })
        .or_else(|| coded(sections, "ESTIMATED_TOTAL"))
        .or_else(|| words::add_up_all(won.iter().map(|award| estimate_of(**award))))
        .or_else(|| {
            let settled: Vec<_> = AWARDS.into_iter().chain(["TOTAL_FINAL_VALUE"]).collect();
            let estimates = form
                .without(&settled)
                .filter(|el| el.name().starts_with("COSTS_RANGE_AND_CURRENCY"));
            one_of(estimates.filter_map(old_costs))
        })
        .or_else(|| coded(sections, "GLOBAL"));
    let has_award =
        matches!(notice.stage, Stage::Award | Stage::Modification) || !awards.is_empty();
    value(notice, after.or_else(|| total().filter(|_| has_award)), estimated);
}

fn value(notice: &mut Notice, awarded: Option<Money>, estimated: Option<Money>) {
    notice.set_value(awarded, estimated);
}

fn awarded_on(award: El<'_>) -> Option<Timestamp> {
    let plain = ["DATE_CONCLUSION_CONTRACT", "DATE_DECISION_JURY", "DATE_AWARD"];
    let day = plain.iter().find_map(|name| award.named(name).find_map(El::line));
    let day = day.or_else(|| {
        let date = award.child("CONTRACT_AWARD_DATE")?;
        let part = |name| line(date, name);
        Some(format!("{}-{:0>2}-{:0>2}", part("YEAR")?, part("MONTH")?, part("DAY")?))
    });
    words::day(&day?)
}

/// What one award costs.
fn award_sum(award: El<'_>) -> Option<Money> {
    let sums = ["VAL_TOTAL", "VAL_PRIZE"];
    let found = sums.iter().find_map(|name| award.named(name).find_map(money));
    found.or_else(|| {
        let costs = award.named("CONTRACT_VALUE_INFORMATION").next()?;
        one_of(
            costs
                .without(&["INITIAL_ESTIMATED_TOTAL_VALUE_CONTRACT"])
                .filter(|el| el.name().starts_with("COSTS_RANGE_AND_CURRENCY"))
                .filter_map(old_costs),
        )
    })
}

fn estimate_of(award: El<'_>) -> Option<Money> {
    let found = award.named("VAL_ESTIMATED_TOTAL").find_map(money);
    found.or_else(|| award.named("INITIAL_ESTIMATED_TOTAL_VALUE_CONTRACT").find_map(old_sum))
}

/// The sum inside an element of the older layout.
fn old_sum(element: El<'_>) -> Option<Money> {
    let inside =
        element.descendants().filter(|el| el.name().starts_with("COSTS_RANGE_AND_CURRENCY"));
    one_of(std::iter::once(element).chain(inside).filter_map(old_costs))
}

/// `COSTS_RANGE_AND_CURRENCY…`: the currency stands on it, the number in `VALUE_COST`.
fn old_costs(costs: El<'_>) -> Option<Money> {
    let currency = costs.attribute("CURRENCY").and_then(words::currency);
    let sum = money(costs.child("VALUE_COST")?)?;
    Some(Money { currency: sum.currency.or(currency), ..sum })
}

/// A total of the coded data: `VALUES/VALUE@TYPE`, in the older layout `VALUES_LIST`.
fn coded(sections: &Sections<'_>, kind: &str) -> Option<Money> {
    let data = sections.data?;
    let of_kind = |el: &El<'_>| el.attribute("TYPE") == Some(kind);
    let new = data.all("VALUES/VALUE").into_iter().find(of_kind);
    let old = || {
        let values = data.all("VALUES_LIST/VALUES").into_iter().find(of_kind)?;
        values.path("SINGLE_VALUE/VALUE")
    };
    money(new.or_else(old)?)
}

fn sum(elements: Vec<El<'_>>) -> Option<Money> {
    words::add_up(elements.into_iter().filter_map(money))
}

fn one_of(mut sums: impl Iterator<Item = Money>) -> Option<Money> {
    sums.next()
}

/// Puts an award's winners and sum into its lot.
fn into_lot(notice: &mut Notice, award: El<'_>) {
    let number = line(award, "LOT_NO").or_else(|| line(award, "LOT_NUMBER"));
    let Some(id) = number.as_deref().and_then(words::name) else { return };
    let Some(lot) = notice.lots.iter_mut().find(|lot| lot.id == id) else { return };
    for element in award.descendants().filter(|el| WINNERS.contains(&el.name())) {
        let address = element.child("CONTACT_DATA_WITHOUT_RESPONSIBLE_NAME").unwrap_or(element);
        let party = organisation(address, PartyRole::Winner);
        words::add(&mut lot.suppliers, party.map(|party| party.name));
    }
    if let Some(sum) = award_sum(award) {
        (lot.value, lot.currency) = (Some(sum.amount), sum.currency);
    }
    let unsuccessful = award.named("NO_AWARDED_CONTRACT").next().is_some();
    if unsuccessful {
        let why = award.named("PROCUREMENT_DISCONTINUED").next().map(|_| "discontinued");
        lot.status = Some(why.unwrap_or("unsuccessful").to_owned());
    }
}
