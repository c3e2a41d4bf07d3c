//! What a procurement notice says.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::tag::words;
use std::fmt;
use std::str::FromStr;

words!(
    /// Where in its life a procurement procedure stands. Append only.
    Stage {
        Planning = "planning", Notice = "notice", Corrigendum = "corrigendum", Award = "award",
        Modification = "modification", Termination = "termination",
    }
);

/// One procurement notice: nothing of contact persons, nothing invented.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The publisher's number of this very notice. Never empty.
    pub notice_id: String,
    /// What all notices of one procedure share.
    pub procedure_id: Option<String>,
    pub stage: Stage,
    pub title: Option<String>,
    /// What is bought, in the publisher's words.
    pub summary: Option<String>,
    /// The official name of the contracting authority; the first one of several.
    pub buyer: Option<String>,
    /// Winners, each once, in the order of the notice.
    pub suppliers: Vec<String>,
    /// Eight digits each, the main one first, none twice.
    pub cpv: Vec<String>,
    /// The total, as a decimal number: awarded where there is an award, else estimated.
    pub value: Option<f64>,
    /// ISO 4217, of `value`.
    pub currency: Option<String>,
    /// Of the buyer or else the place of performance, ISO 3166-1 alpha-2 (`XK` for Kosovo).
    pub country: Option<String>,
    pub published: Option<Timestamp>,
    /// Of tenders or requests to participate; the earliest of several lots.
    pub deadline: Option<Timestamp>,
    pub url: Option<String>,
    /// What `value` is.
    pub value_kind: Option<ValueKind>,
    pub lots: Vec<Lot>,
    /// Every buyer, winner and named subcontractor, with what the notice says about it.
    #[serde(default)]
    pub parties: Vec<Party>,
    /// The value that was expected before the award, where the notice says both.
    pub estimated: Option<Money>,
    /// Further ids of this very notice: its UUID, `UUID-VERSION`, its number in the Official Journal.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Ids of earlier notices that this one corrects or continues, as published.
    #[serde(default)]
    pub previous: Vec<String>,
    /// Whether `notice_id` tells notices apart only within their procedure, as in OCDS.
    #[serde(default)]
    pub local_id: bool,
    /// Counts the states of one `notice_id`.
    pub version: Option<String>,
    /// The publisher's own code for what this is: `can-standard/29`, `F03/7`.
    pub form: Option<String>,
    /// The buyer's own reference of the procedure, which other portals repeat.
    pub reference: Option<String>,
    /// `goods`, `services` or `works`.
    pub nature: Option<String>,
    /// The publisher's word for the kind of procedure.
    pub procedure: Option<String>,
    /// When the buyer sent it off for publication.
    pub dispatched: Option<Timestamp>,
    /// When the (first) award was decided or the contract signed.
    pub awarded: Option<Timestamp>,
    /// BCP 47, of title and summary.
    pub lang: Option<String>,
    /// Places of performance as published, mostly NUTS codes.
    #[serde(default)]
    pub places: Vec<String>,
    /// What a corrigendum or modification gives as its reason, codes first.
    #[serde(default)]
    pub changes: Vec<String>,
    /// Addresses of the tender documents.
    #[serde(default)]
    pub documents: Vec<String>,
}

impl Notice {
    /// A notice of which nothing is known but its number and stage.
    pub fn new(notice_id: impl Into<String>, stage: Stage) -> Self {
        Self {
            notice_id: notice_id.into(),
            procedure_id: None,
            stage,
            title: None,
            summary: None,
            buyer: None,
            suppliers: Vec::new(),
            cpv: Vec::new(),
            value: None,
            currency: None,
            country: None,
            published: None,
            deadline: None,
            url: None,
            value_kind: None,
            lots: Vec::new(),
            parties: Vec::new(),
            estimated: None,
            aliases: Vec::new(),
            previous: Vec::new(),
            local_id: false,
            version: None,
            form: None,
            reference: None,
            nature: None,
            procedure: None,
            dispatched: None,
            awarded: None,
            lang: None,
            places: Vec::new(),
            changes: Vec::new(),
            documents: Vec::new(),
        }
    }

    /// The value is what was awarded, else what is expected; what is expected is kept beside it.
    pub fn set_value(&mut self, awarded: Option<Money>, estimated: Option<Money>) {
        let found = match (awarded, &estimated) {
            (Some(sum), _) => Some((sum, ValueKind::Awarded)),
            (None, Some(sum)) => Some((sum.clone(), ValueKind::Estimated)),
            (None, None) => None,
        };
        if let Some((sum, kind)) = found {
            (self.value, self.currency, self.value_kind) =
                (Some(sum.amount), sum.currency, Some(kind));
        }
        self.estimated = estimated;
    }

    /// The identity of this notice within its source.
    pub fn key(&self) -> String {
        match &self.procedure_id {
            Some(procedure) if self.local_id => format!("{procedure}/{}", self.notice_id),
            _ => self.notice_id.clone(),
        }
    }
}

words!(
    /// What a sum of money in a notice stands for. Append only.
    ValueKind { Estimated = "estimated", Awarded = "awarded", Framework = "framework" }
);

/// A sum of money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Money {
    pub amount: f64,
    /// ISO 4217.
    pub currency: Option<String>,
}

words!(
    /// What an organisation does in a procedure. Append only.
    PartyRole { Buyer = "buyer", Winner = "winner", Subcontractor = "subcontractor" }
);

/// An organisation in a notice: never a contact person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Party {
    pub role: PartyRole,
    pub name: String,
    /// Its number in a register, as published.
    pub id: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// One part of a procedure that is awarded by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lot {
    pub id: String,
    pub title: Option<String>,
    pub suppliers: Vec<String>,
    /// Awarded where there is an award, else estimated.
    pub value: Option<f64>,
    pub currency: Option<String>,
    /// As in [`Notice::cpv`].
    #[serde(default)]
    pub cpv: Vec<String>,
    /// The publisher's code for how the lot ended: `selec-w`, `clos-nw`, `cancelled`.
    pub status: Option<String>,
}
