//! What an entity list says about one party.

use serde::{Deserialize, Serialize};

/// One party that an entity list names: a plain record without markup, nothing invented.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Designation {
    /// The list or sub-list: `us-csl/el`, `un-sc`.
    pub list: String,
    /// The list's own number, else one derived from what identifies the row. Never empty, unique
    /// in its list.
    pub entity_id: String,
    pub name: String,
    /// In the order of the list, none twice, none equal to `name`.
    pub aliases: Vec<String>,
    /// `entity`, `individual`, `vessel`, `aircraft`, `address`; `None`: the list does not say.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub addresses: Vec<String>,
    /// ISO 3166-1 alpha-2 where the list's word is known, else as written.
    pub countries: Vec<String>,
    pub programmes: Vec<String>,
    /// Where it was published: `85 FR 83416`, `Regulation (EU) 833/2014`.
    pub citations: Vec<String>,
    /// RFC 3339 full-date.
    pub listed: Option<String>,
    /// RFC 3339 full-date on which the list itself says that it ends or ended.
    pub removed: Option<String>,
    pub source_url: Option<String>,
    /// Numbers of companies, ships and aircraft: `IMO 9333670`. Never those of persons.
    #[serde(default)]
    pub identifiers: Vec<String>,
    /// What needs a licence, as the list words it.
    #[serde(default)]
    pub licence_requirement: Option<String>,
    /// How an application is judged: `Presumption of denial.`
    #[serde(default)]
    pub licence_policy: Option<String>,
    /// What else the list says. Never of persons: birth dates and passports are not kept.
    #[serde(default)]
    pub remarks: Option<String>,
    /// The same entry wherever lists repeat each other: its publisher's own number, such as
    /// `us-treasury/30947` in the CSL and in OFAC's files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}
