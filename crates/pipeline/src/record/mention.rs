//! What was told of an entry that several lists repeat: the CSL has OFAC's entries under OFAC's
//! numbers, and nobody is told twice that one was added.

use model::{AlertRuleId, ListingChange};
use serde::{Deserialize, Serialize};

/// The last news of one entry, wherever it came from first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mention {
    /// What the entry is since then: `listed`, `removed`, `expired`, or its new name.
    state: String,
    /// Rules that have told it.
    rules: Vec<String>,
}

impl Mention {
    /// The row under which it is kept.
    pub(crate) fn row(origin: &str) -> String {
        format!("told/{origin}")
    }

    pub(crate) fn read(row: &[u8]) -> Option<Self> {
        serde_json::from_slice(row).ok()
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts are always JSON")
    }

    /// Of an entry that is told to be in `state`.
    pub(crate) fn of(state: &str) -> Self {
        Self { state: state.to_owned(), rules: Vec::new() }
    }

    pub(crate) fn says(&self, state: &str) -> bool {
        self.state == state
    }

    pub(crate) fn told_by(&self, rule: &AlertRuleId) -> bool {
        self.rules.iter().any(|told| told == rule.as_str())
    }

    pub(crate) fn add(&mut self, rules: &[AlertRuleId]) {
        self.rules.extend(rules.iter().map(|rule| rule.as_str().to_owned()));
    }
}

/// What an entry is after a change; `None` for what is no news.
pub(crate) fn state_after(change: ListingChange, name: Option<&str>) -> Option<String> {
    Some(match change {
        ListingChange::Added | ListingChange::Relisted => "listed".to_owned(),
        ListingChange::Removed => "removed".to_owned(),
        ListingChange::Expired => "expired".to_owned(),
        ListingChange::Renamed => {
            let name = name.unwrap_or_default().chars().filter(|c| c.is_alphanumeric());
            format!("renamed {}", name.flat_map(char::to_lowercase).collect::<String>())
        }
        ListingChange::Listed | ListingChange::Amended | ListingChange::AliasAdded => return None,
    })
}
