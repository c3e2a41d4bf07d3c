//! The formats that portals publish in.

use std::fmt;
use std::str::FromStr;

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// How a document of notices is written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum NoticeFormat { $($(#[$doc])* $variant),+ }

        impl NoticeFormat {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word for it in configuration and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

formats! {
    /// Answers of the TED search API v3.
    TedSearch = "ted-search",
    /// One eForms notice in UBL 2.3.
    EForms = "eforms",
    /// One notice of the TED archive before eForms.
    TedExport = "ted-export",
    /// OCDS packages, releases, records and compiled releases, also as JSON lines and arrays.
    Ocds = "ocds",
    /// Answers of the World Bank's `procnotices`.
    WorldBank = "worldbank",
    /// OData answers of the portal of Bosnia and Herzegovina.
    OData = "odata",
    /// JSON of the grids of Serbia, Montenegro and North Macedonia.
    Grid = "grid",
    /// A grid exported as a workbook by the portal of Serbia.
    Workbook = "xlsx",
    /// An HTML page that lists notices, read by selectors.
    Html = "html",
}

impl fmt::Display for NoticeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for NoticeFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|format| format.as_str() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|format| format!("`{format}`")).collect();
            format!("`{text}` is not one of {}", known.join(", "))
        })
    }
}
