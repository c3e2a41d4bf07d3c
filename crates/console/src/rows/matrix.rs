//! Country, layer and vendor, and who watches.

use model::{SourceId, Timestamp};
use serde::{Deserialize, Serialize};

/// A vendor in a layer, as far as the sources of one country go, and those of no country.
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
    /// Who could bring it, by kind of source.
    #[serde(default)]
    pub could: Could,
    /// Portals of no country that brought notices of this country about it, in the asked time.
    #[serde(default)]
    pub brought_for: Vec<Brought>,
    /// What sources of no country brought of the vendor in this layer about no country in
    /// particular: it may concern this one. Empty in the row without a country, where `brought` has
    /// it.
    #[serde(default)]
    pub brought_by_any: Vec<Brought>,
}

/// Who could bring a vendor in a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Could {
    /// Sources of the country.
    pub own: ByKind,
    /// Sources of no country: they may bring it as well. In the row without a country, the same as
    /// `own`.
    pub international: ByKind,
}

/// How many sources of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByKind {
    /// Feeds, sitemaps and pages: what is written about a vendor.
    pub news: Seen,
    /// Procurement portals: what a vendor sells to whom.
    pub notices: Seen,
    /// Entity lists: what a vendor is listed for, wherever it works.
    pub lists: Seen,
}

/// How many sources are seen now, and how many should be and are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub watching: u32,
    pub blind: u32,
}

impl ByKind {
    /// The kind that a connector is of.
    pub(crate) fn of(&mut self, connector: &str) -> &mut Seen {
        match connector {
            "notices" => &mut self.notices,
            "entities" => &mut self.lists,
            _ => &mut self.news,
        }
    }

    /// `12 news, 1 notices`; `none` where nothing is seen.
    pub fn watching(&self) -> String {
        let kinds = [(self.news, "news"), (self.notices, "notices"), (self.lists, "lists")];
        let seen = kinds.iter().filter(|(seen, _)| seen.watching > 0);
        let words: Vec<_> = seen.map(|(seen, kind)| format!("{} {kind}", seen.watching)).collect();
        if words.is_empty() { "none".into() } else { words.join(", ") }
    }

    /// Sources that should be seen and are not.
    pub fn blind(&self) -> u32 {
        self.news.blind + self.notices.blind + self.lists.blind
    }
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

impl MatrixGap {
    /// What is missing, in words. `country` is how the row's country is called.
    pub fn meaning(self, country: &str) -> String {
        match self {
            Self::NoSource => format!("not watched: no source of {country} is on"),
            Self::Blind => format!("not watched: every source of {country} is blind"),
            Self::Silent => format!("watched: no source of {country} brought anything of it"),
        }
    }
}

impl MatrixRow {
    /// The country, for people; what no country is set for is about any.
    pub fn country_name(&self) -> &str {
        self.country.as_deref().unwrap_or("any country")
    }

    /// No source of the country is seen now: what is known comes from sources of no country.
    pub fn is_unwatched(&self) -> bool {
        matches!(self.gap, Some(MatrixGap::NoSource | MatrixGap::Blind))
    }
}
