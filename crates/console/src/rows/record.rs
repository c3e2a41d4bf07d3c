//! The records behind items of lists and portals.

use model::{Designation, Listing, ListingChange, Lot, Notice, Stage, Timestamp, ValueKind};
use serde::{Deserialize, Serialize};

/// The newest notice of a procurement procedure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoticeRow {
    /// The publisher's number of the notice.
    pub id: String,
    pub procedure_id: Option<String>,
    pub stage: Stage,
    pub buyer: Option<String>,
    pub suppliers: Vec<String>,
    pub cpv: Vec<String>,
    pub value: Option<f64>,
    /// `estimated`, `awarded` or `framework`.
    pub value_kind: Option<ValueKind>,
    /// ISO 4217.
    pub currency: Option<String>,
    pub deadline: Option<Timestamp>,
    pub country: Option<String>,
    pub lots: Vec<Lot>,
}

impl From<Notice> for NoticeRow {
    fn from(notice: Notice) -> Self {
        Self {
            id: notice.notice_id,
            procedure_id: notice.procedure_id,
            stage: notice.stage,
            buyer: notice.buyer,
            suppliers: notice.suppliers,
            cpv: notice.cpv,
            value: notice.value,
            value_kind: notice.value_kind,
            currency: notice.currency,
            deadline: notice.deadline,
            country: notice.country,
            lots: notice.lots,
        }
    }
}

/// An entry of an entity list, and what happened to it last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListingRow {
    #[serde(flatten)]
    pub designation: Designation,
    pub change: ListingChange,
    /// The list does not have it any more.
    pub gone: bool,
}

impl From<Listing> for ListingRow {
    fn from(Listing { designation, change, gone, ended: _ }: Listing) -> Self {
        Self { designation, change, gone }
    }
}
