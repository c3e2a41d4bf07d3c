//! Country, layer and vendor, and who watches.

use model::{SourceId, Timestamp};
use serde::{Deserialize, Serialize};

/// A vendor in a layer, as far as the sources of one country go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatrixRow {
    /// ISO 3166-1 alpha-2; `null`: the sources of no country.
    pub country: Option<String>,
    pub layer: String,
    pub vendor: String,
    /// The watchlists name the layer as one of the vendor's.
    pub usual: bool,
    /// Sources of the country that are seen now: what they publish about it would arrive.
    pub watching: Vec<SourceId>,
    /// Sources of the country that should be and are not.
    pub blind: Vec<SourceId>,
    /// Sources of the country that brought the vendor in this layer, in the asked time.
    pub brought: Vec<Brought>,
    /// What is missing; `null`: it is watched and was seen.
    pub gap: Option<MatrixGap>,
}

/// What one source brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brought {
    pub source: SourceId,
    pub items: u64,
    /// When the newest of them came.
    pub last: Timestamp,
}

/// Why nothing may be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatrixGap {
    /// No source of the country is switched on.
    NoSource,
    /// There are some, and none of them is seen now.
    Blind,
    /// They are seen and brought nothing of it.
    Silent,
}
