//! What came of a procedure: lot results lead to tenders, tenders to tendering parties, those to
//! organisations. Every step is a reference.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::{Money, Timestamp};

use super::super::xml::El;
use super::{
    Extension, Notice, Organisations, ParsedNotices, Party, PartyRole, line, money, words,
};

/// Most organisations behind one tender: consortia have a dozen.
const MEMBERS: usize = 200;

/// Winners and sums, in the order of the notice.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    winners: Vec<Party>,
    subcontractors: Vec<Party>,
    /// What each winning tender costs (BT-720), where that is not withheld.
    pub(super) sums: Vec<Option<Money>>,
    lots: BTreeMap<String, LotOutcome>,
    awarded: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct LotOutcome {
    winners: Vec<String>,
    sums: Vec<Option<Money>>,
    status: Option<String>,
}

/// A winning tender and the lot that it won.
struct Win {
    tender: String,
    lot: Option<String>,
}

impl Outcome {
    pub(super) fn of(
        extension: &Extension<'_>,
        organisations: &Organisations,
        parsed: &mut ParsedNotices,
    ) -> Self {
        let mut outcome = Self::default();
        let Some(result) = extension.result else { return outcome };
        let parts = Parts::of(result);
        for contract in result.children("SettledContract") {
            let day = line(contract, "AwardDate").or_else(|| line(contract, "IssueDate"));
            let day = day.as_deref().and_then(words::day);
            outcome.awarded = [outcome.awarded, day].into_iter().flatten().min();
        }
        let mut counted = HashSet::new();
        for win in outcome.wins(result, &parts).into_iter().take(words::LIST) {
            let Some(tender) = parts.tenders.get(&win.tender) else {
                parsed.problem("lot result", format!("no tender is called {}", win.tender));
                continue;
            };
            let sum = money(*tender, "LegalMonetaryTotal/PayableAmount");
            let lot = win.lot.or_else(|| line(*tender, "TenderLot/ID"));
            if let Some(lot) = lot.and_then(|lot| words::name(&lot)) {
                let entry = outcome.lots.entry(lot).or_default();
                entry.sums.push(sum.clone());
                for party in parts.tenderers(*tender) {
                    if let Some(found) = organisations.get(&party) {
                        words::add(&mut entry.winners, Some(found.party(PartyRole::Winner).name));
                    }
                }
            }
            if !counted.insert(win.tender) {
                continue;
            }
            outcome.sums.push(sum);
            for party in parts.tenderers(*tender) {
                match organisations.get(&party) {
                    Some(found) => outcome.winners.push(found.party(PartyRole::Winner)),
                    None => parsed.problem("winner", format!("no organisation is called {party}")),
                }
            }
            let named = parts.subcontractors(*tender).into_iter();
            let found = named
                .filter_map(|id| Some(organisations.get(&id)?.party(PartyRole::Subcontractor)));
            outcome.subcontractors.extend(found);
        }
        outcome
    }

    /// The winning tenders. Those of a lot result that has winners; where contracts name some of
    /// them, those: a result may list ranked tenders that got no contract. A notice without lot
    /// results (modifications) has its contracts.
    fn wins(&mut self, result: El<'_>, parts: &Parts<'_>) -> Vec<Win> {
        let mut wins = Vec::new();
        let mut results = 0;
        for lot_result in result.children("LotResult").take(words::LIST) {
            results += 1;
            let status = line(lot_result, "TenderResultCode");
            let lot = line(lot_result, "TenderLot/ID");
            if let Some(lot) = lot.as_deref().and_then(words::name) {
                self.lots.entry(lot).or_default().status.clone_from(&status);
            }
            if status.is_some_and(|code| code != "selec-w") {
                continue;
            }
            let tenders = lines(lot_result, "LotTender/ID");
            let contracts = lines(lot_result, "SettledContract/ID");
            let settled: Vec<_> = contracts
                .iter()
                .flat_map(|contract| parts.settled(contract))
                .take(words::LIST)
                .collect();
            let known: HashSet<&String> = settled.iter().collect();
            let chosen: Vec<_> = tenders.iter().filter(|id| known.contains(id)).cloned().collect();
            let winning = match (tenders.is_empty(), chosen.is_empty()) {
                (true, _) => settled,
                (false, true) => tenders,
                (false, false) => chosen,
            };
            if wins.len() >= words::LIST {
                break;
            }
            wins.extend(winning.into_iter().map(|tender| Win { tender, lot: lot.clone() }));
        }
        if results == 0 {
            let tenders =
                result.children("SettledContract").flat_map(|el| lines(el, "LotTender/ID"));
            wins.extend(tenders.map(|tender| Win { tender, lot: None }));
        }
        wins
    }

    /// Puts winners, and what is known of each lot, into the notice.
    pub(super) fn put_into(&self, notice: &mut Notice) {
        notice.awarded = self.awarded;
        for party in self.winners.iter().chain(&self.subcontractors) {
            words::party(notice, party.clone());
        }
        for lot in &mut notice.lots {
            let Some(outcome) = self.lots.get(&lot.id) else { continue };
            lot.suppliers.clone_from(&outcome.winners);
            lot.status.clone_from(&outcome.status);
            if let Some(sum) = words::add_up_all(outcome.sums.iter().cloned()) {
                (lot.value, lot.currency) = (Some(sum.amount), sum.currency);
            }
        }
    }
}

/// The elements that results refer to.
struct Parts<'t> {
    tenders: HashMap<String, El<'t>>,
    contracts: HashMap<String, El<'t>>,
    parties: HashMap<String, El<'t>>,
}

impl<'t> Parts<'t> {
    fn of(result: El<'t>) -> Self {
        let by_id = |name: &'t str| {
            let elements = result.children(name).take(words::LIST);
            elements.filter_map(|el| Some((el.child("ID")?.line()?, el))).collect()
        };
        Self {
            tenders: by_id("LotTender"),
            contracts: by_id("SettledContract"),
            parties: by_id("TenderingParty"),
        }
    }

    /// The tenders of a contract.
    fn settled(&self, contract: &str) -> Vec<String> {
        self.contracts.get(contract).map(|el| lines(*el, "LotTender/ID")).unwrap_or_default()
    }

    /// The organisations behind a tender.
    fn tenderers(&self, tender: El<'_>) -> Vec<String> {
        self.of_party(tender, "Tenderer/ID")
    }

    fn subcontractors(&self, tender: El<'_>) -> Vec<String> {
        self.of_party(tender, "SubContractor/ID")
    }

    fn of_party(&self, tender: El<'_>, path: &str) -> Vec<String> {
        let parties = lines(tender, "TenderingParty/ID");
        let known = parties.iter().filter_map(|id| self.parties.get(id));
        known.flat_map(|party| lines(*party, path)).take(MEMBERS).collect()
    }
}

fn lines(element: El<'_>, path: &str) -> Vec<String> {
    element.all(path).into_iter().filter_map(El::line).collect()
}
