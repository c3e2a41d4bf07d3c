//! What a watchlist says, before it is compiled.

use model::Facet;

/// One entry of a watchlist: a vendor, layer, event kind, counterparty, place or origin.
#[derive(Clone, Debug, PartialEq)]
pub struct EntrySpec {
    pub facet: Facet,
    pub id: String,
    pub label: String,
    /// Ids that it had before.
    pub formerly: Vec<String>,
    /// The rule made of the entry's own keys first (its id is `name`), then its `[[…rule]]` tables.
    pub rules: Vec<RuleSpec>,
    /// CPV prefixes: evidence in notices.
    pub cpv: Vec<String>,
    /// Layers that the vendor is usually seen in: a hint for people, never evidence.
    pub usual_layers: Vec<String>,
    /// Texts that the entry must tag, and must not tag.
    pub matches: Vec<String>,
    pub ignores: Vec<String>,
}

/// One rule of an entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSpec {
    /// Unique in the entry; `name` for the entry's own keys.
    pub id: String,
    /// Names: endings and Cyrillic are generated.
    pub names: Vec<String>,
    /// Words and phrases; `*` stands for any ending of up to four letters.
    pub words: Vec<String>,
    /// Words that count only beside another hit of this entry or a vendor.
    pub weak: Vec<String>,
    /// Plain regular expressions over the original text, linear-time engine. The group
    /// `(?<name>…)` is the name; the rest of the match is context.
    pub regex: Vec<String>,
    /// `None`: by shape.
    pub endings: Option<Endings>,
    /// Must be there (any of them) for the rule to count.
    pub needs: Vec<String>,
    /// Must not be there (any of them).
    pub unless: Vec<String>,
    /// Outweigh every `unless` but one over the name or right beside it (`BGI airport`), and count
    /// as `needs` too.
    pub despite: Vec<String>,
    /// What follows one of these within [`ASIDE`](crate::ASIDE) letters is an aside of the page (follow
    /// us on, download our app) and no mention; nothing outweighs it.
    pub aside: Vec<String>,
    /// Letters on either side in which `needs`, `unless` and `despite` are looked for; `None`: the
    /// whole item.
    pub within: Option<usize>,
    /// The rule counts in texts of these languages only (BCP 47, `sr` means `sr-Latn` too; `sh`,
    /// Serbo-Croatian not told apart, is each of its languages), and in texts of unknown language.
    /// Empty: in all.
    pub langs: Vec<String>,
    /// The rule counts only where the item names no vendor.
    pub unless_vendor: bool,
    /// Between 0 and 1; `None`: 1.0 for names, 0.8 for words.
    pub confidence: Option<f32>,
    pub matches: Vec<String>,
    pub ignores: Vec<String>,
    /// Names of companies that are the vendor, for [`CompanyMatcher`](crate::CompanyMatcher) only:
    /// full legal names, subsidiaries.
    pub companies: Vec<String>,
    /// Names of companies that look like the vendor's and are not.
    pub company_unless: Vec<String>,
    /// Addresses at which nobody else is.
    pub addresses: Vec<String>,
}

impl EntrySpec {
    /// Without what only text is searched for, and without the examples: most of a list.
    pub(crate) fn for_companies(&self) -> Self {
        let rule = |rule: &RuleSpec| RuleSpec {
            id: rule.id.clone(),
            names: rule.names.clone(),
            needs: rule.needs.clone(),
            unless: rule.unless.clone(),
            companies: rule.companies.clone(),
            company_unless: rule.company_unless.clone(),
            addresses: rule.addresses.clone(),
            confidence: rule.confidence,
            ..RuleSpec::default()
        };
        Self {
            facet: self.facet,
            id: self.id.clone(),
            label: self.label.clone(),
            formerly: Vec::new(),
            rules: self.rules.iter().map(rule).collect(),
            cpv: Vec::new(),
            usual_layers: Vec::new(),
            matches: Vec::new(),
            ignores: Vec::new(),
        }
    }
}

/// How a name is inflected in Serbian, Croatian and Bosnian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endings {
    /// Masculine ending in a consonant: Nuctech, Nuctecha, Nuctechom, Nuctechov …
    Masculine,
    /// Foreign name ending in a vowel sound with a j between: Huawei, Huaweija, Huawei-jem …
    ForeignJ,
    /// Feminine in -a: Dahua, Dahue, Dahuin …
    Feminine,
    /// Capitals, endings behind a hyphen: BGI, BGI-ja, BGI-jeva, ZTE-a …
    Acronym,
    /// As written.
    None,
}

impl std::str::FromStr for Endings {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "masculine" => Self::Masculine,
            "foreign-j" => Self::ForeignJ,
            "feminine" => Self::Feminine,
            "acronym" => Self::Acronym,
            "none" => Self::None,
            _ => {
                return Err(format!(
                    "`{text}` is not one of `masculine`, `foreign-j`, `feminine`, `acronym`, `none`"
                ));
            }
        })
    }
}
