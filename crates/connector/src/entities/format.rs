//! The formats that lists are published in.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $list:literal;)+) => {
        /// How a list is written. The names are used in configuration and on the command line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Format { $($(#[$doc])* $variant),+ }

        impl Format {
            /// Every format.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in configuration.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The id of a list in this format, when nobody gives another.
            pub fn default_list(self) -> &'static str {
                match self { $(Self::$variant => $list),+ }
            }
        }
    };
}

formats! {
    /// The US Consolidated Screening List as JSON: an object with `results`.
    CslJson = "csl-json", "us-csl";
    /// The same as CSV, with the columns of any year.
    CslCsv = "csl-csv", "us-csl";
    /// The sub-lists that the CSL is made of, a row for each address and alias.
    CslRows = "csl-rows", "us-csl";
    /// OFAC's four CSV files without a header: names, aliases, addresses, comments.
    OfacCsv = "ofac-csv", "us-ofac";
    /// OFAC's `SDN.XML` and `CONSOLIDATED.XML`.
    OfacXml = "ofac-xml", "us-ofac";
    /// OFAC's `SDN_ADVANCED.XML` and `CONS_ADVANCED.XML`.
    OfacAdvancedXml = "ofac-advanced-xml", "us-ofac";
    /// OFAC's change files, and its enhanced XML, which has the same elements.
    OfacDeltaXml = "ofac-delta-xml", "us-ofac";
    /// OFAC's list of publications.
    OfacHistoryJson = "ofac-history-json", "us-ofac";
    /// The tab-separated Denied Persons List.
    BisDpl = "bis-dpl", "us-bis-dpl";
    /// Supplements to Part 744 as the eCFR gives them.
    EcfrXml = "ecfr-xml", "us-bis";
    /// The eCFR's list of amendments.
    EcfrVersionsJson = "ecfr-versions-json", "us-bis";
    /// A JSON document with an array of entries.
    JsonEntities = "json-entities", "entities";
    /// A table with a header, of whomever.
    Table = "table", "entities";
    /// Answers of the Federal Register's API.
    FederalRegisterJson = "federal-register-json", "us-federal-register";
    /// A rule of the Federal Register in full.
    FederalRegisterXml = "federal-register-xml", "us-federal-register";
    /// A note about a rule: title, number, date, abstract.
    FederalRegisterNote = "federal-register-note", "us-federal-register";
    /// A table of Federal Register documents.
    FederalRegisterCsv = "federal-register-csv", "us-federal-register";
    /// The UFLPA page of dhs.gov, and any page with a table of entities.
    HtmlTable = "html-table", "us-dhs-uflpa";
    /// The FCC's Covered List, page or table.
    FccCovered = "fcc-covered", "us-fcc-covered";
    /// The EU's financial sanctions files.
    EuFsfXml = "eu-fsf-xml", "eu-fsf";
    /// The same with semicolons, many rows for one entity.
    EuFsfCsv = "eu-fsf-csv", "eu-fsf";
    /// The feed that announces them.
    EuFsfRss = "eu-fsf-rss", "eu-fsf";
    /// Annexes of EU regulations as rows.
    EuAnnexCsv = "eu-annex-csv", "eu-annex";
    /// The UK Sanctions List.
    UkXml = "uk-xml", "gb-fcdo";
    /// The same as CSV, a row for each name.
    UkCsv = "uk-csv", "gb-fcdo";
    /// The consolidated list that OFSI kept until January 2026.
    OfsiCsv = "ofsi-csv", "gb-ofsi";
    /// The same as XML.
    OfsiXml = "ofsi-xml", "gb-ofsi";
    /// The UN Security Council's consolidated list.
    UnXml = "un-xml", "un-sc";
    /// The Swiss list.
    SecoXml = "seco-xml", "ch-seco";
    /// `targets.simple.csv` of OpenSanctions.
    OpenSanctionsCsv = "opensanctions-csv", "opensanctions";
    /// `entities.ftm.json` of OpenSanctions, an entity a line.
    OpenSanctionsFtm = "opensanctions-ftm", "opensanctions";
    /// Changes of OpenSanctions, an operation a line.
    OpenSanctionsDelta = "opensanctions-delta", "opensanctions";
    /// `index.json` of OpenSanctions: announces files.
    OpenSanctionsIndex = "opensanctions-index", "opensanctions";
    /// `delta.json` of OpenSanctions: announces changes.
    OpenSanctionsDeltaIndex = "opensanctions-delta-index", "opensanctions";
    /// `senzing.json` of OpenSanctions, a record a line.
    SenzingJson = "senzing-json", "opensanctions";
}

impl Format {
    /// The file has what came lately and not all that there is.
    pub fn tells_news(self) -> bool {
        matches!(
            self,
            Self::FederalRegisterJson
                | Self::FederalRegisterXml
                | Self::FederalRegisterNote
                | Self::FederalRegisterCsv
                | Self::OfacDeltaXml
                | Self::OpenSanctionsDelta
        )
    }

    /// Published by an office of the United States: what is not UTF-8 there is Windows-1252.
    pub(crate) fn is_american(self) -> bool {
        matches!(
            self,
            Self::CslJson
                | Self::CslCsv
                | Self::CslRows
                | Self::OfacCsv
                | Self::OfacXml
                | Self::BisDpl
                | Self::EcfrXml
                | Self::FederalRegisterCsv
                | Self::FederalRegisterNote
                | Self::FccCovered
        )
    }

    /// The entries go by the numbers of the US Treasury.
    pub(crate) fn has_treasury_numbers(self) -> bool {
        matches!(self, Self::OfacCsv | Self::OfacXml | Self::OfacAdvancedXml | Self::OfacDeltaXml)
    }

    /// The file holds no entries itself but says where they are or that they changed.
    pub fn announces(self) -> bool {
        matches!(
            self,
            Self::EuFsfRss
                | Self::OpenSanctionsIndex
                | Self::OpenSanctionsDeltaIndex
                | Self::OfacHistoryJson
                | Self::EcfrVersionsJson
        )
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A name that no format of entity lists has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no format of entity lists is called `{0}`; there are {list}", list = all_names())]
pub struct UnknownFormat(pub String);

fn all_names() -> String {
    Format::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.iter().find(|format| format.as_str() == text);
        found.copied().ok_or_else(|| UnknownFormat(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_under_its_own_name_only() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(*format));
        }
        let error = "csl".parse::<Format>().unwrap_err().to_string();
        assert!(error.contains("`csl`") && error.contains("csl-json"), "{error}");
    }
}
