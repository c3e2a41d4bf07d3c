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
    pub buyer: Option<String>,
    /// Winners, each once.
    pub suppliers: Vec<String>,
    /// Eight digits each, the main one first, none twice.
    pub cpv: Vec<String>,
    /// The total, as a decimal number: awarded where there is an award, else estimated.
    pub value: Option<f64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Of the buyer or place of performance, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    pub published: Option<Timestamp>,
    pub deadline: Option<Timestamp>,
    pub url: Option<String>,
    /// What `value` is.
    pub value_kind: Option<ValueKind>,
    pub lots: Vec<Lot>,
}

words!(
    /// What a sum of money in a notice stands for. Append only.
    ValueKind { Estimated = "estimated", Awarded = "awarded", Framework = "framework" }
);

/// One part of a procedure that is awarded by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lot {
    pub id: String,
    pub title: Option<String>,
    pub suppliers: Vec<String>,
    pub value: Option<f64>,
    pub currency: Option<String>,
}
