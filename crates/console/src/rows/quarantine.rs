//! What could not be read.

use model::{QuarantineId, Quarantined};
use serde::{Deserialize, Serialize};

/// A document that could not be read, or not all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuarantineRow {
    pub id: QuarantineId,
    #[serde(flatten)]
    pub document: Quarantined,
}

/// The same with the first bytes of the document, made text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuarantineDetail {
    #[serde(flatten)]
    pub row: QuarantineRow,
    pub beginning: String,
}
