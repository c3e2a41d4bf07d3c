//! Why an entry of a watchlist was left out.

use model::Facet;
use serde::Serialize;

/// Why a name or word cannot be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("nothing to look for is left of it in normal form")]
    Nothing,
    #[error("one letter is found everywhere: use at least two")]
    OneLetter,
    #[error("it has {bytes} bytes, at most {max} are taken")]
    TooLong { bytes: usize, max: usize },
    #[error("`*` stands at the end of a word only")]
    StarInside,
    #[error("names take their endings from a class: use `words` for `*`")]
    StarInName,
}

/// Why an entry was left out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RefusedBecause {
    #[error("`{text}`: {reason}")]
    Pattern { text: String, reason: PatternError },
    #[error("regex `{text}`: {reason}")]
    Regex { text: String, reason: String },
    #[error("rule `{id}` is there twice")]
    RuleTwice { id: String },
    #[error("the id is used by another entry")]
    IdTwice,
    #[error("`formerly` names `{id}`, which is an entry or another entry's former id")]
    FormerlyTaken { id: String },
    #[error("it has no names, words, weak words, regex or cpv")]
    Empty,
    #[error("it has {count} names and words, at most {max} are taken")]
    TooMany { count: usize, max: usize },
    #[error("confidence {value} is not between 0 and 1")]
    Confidence { value: f32 },
    #[error("`matches` line `{example}` is not tagged: {why}")]
    NotTagged { example: String, why: String },
    #[error("`ignores` line `{example}` is tagged by rule `{rule}` on `{words}`")]
    Tagged { example: String, rule: String, words: String },
}

/// An entry, or what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    pub facet: Facet,
    pub id: String,
    /// The rule of the entry that is wrong, if it is one.
    pub rule: Option<String>,
    pub what: RefusedBecause,
    /// `what` in words.
    pub message: String,
    /// The line of `matches` or `ignores` that failed.
    pub example: Option<String>,
}

impl Refused {
    pub(crate) fn new(facet: Facet, id: &str, rule: Option<&str>, what: RefusedBecause) -> Self {
        let example = match &what {
            RefusedBecause::NotTagged { example, .. } | RefusedBecause::Tagged { example, .. } => {
                Some(example.clone())
            }
            _ => None,
        };
        let rule = rule.map(str::to_owned);
        Self { facet, id: id.into(), rule, message: what.to_string(), what, example }
    }
}

/// What became of one place where a form of a rule was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Verdict {
    /// It is in the tag.
    Counted,
    /// A word of `unless` stands near it.
    Vetoed { word: String },
    /// No word of `needs` stands near it.
    Missing { needs: Vec<String> },
    /// A weak word with nothing beside it.
    Alone,
    /// A longer match of another rule covers it.
    Covered { by: String },
    /// Part of a web or e-mail address.
    Address,
    /// Not written with the capitals of the name.
    Case,
    /// Two capitals in a headline of capitals: they say nothing there.
    Shouted,
    /// The rule is for texts of other languages.
    Language { langs: Vec<String> },
    /// The rule counts where no vendor is named, and this rule names one.
    Named { by: String },
}

/// A word of `needs`, `unless` or `despite`, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Beside {
    /// As the list has it: `aerodrom*`.
    pub word: String,
    /// The words of the text.
    pub span: model::Span,
}
