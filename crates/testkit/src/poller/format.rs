//! The format of scenarios, as `FORMAT.md` describes it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

/// A file of scenarios.
#[derive(Clone, Debug, Deserialize)]
pub struct File {
    /// Documents by name.
    #[serde(default)]
    pub bodies: BTreeMap<String, String>,
    pub scenarios: Vec<Scenario>,
}

impl File {
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        text.parse().with_context(|| path.display().to_string())
    }
}

impl std::str::FromStr for File {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> anyhow::Result<Self> {
        Ok(serde_json::from_str(text)?)
    }
}

/// One virtual server and what must be seen of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Scenario {
    pub id: String,
    #[serde(default)]
    pub title: String,
    /// Answers for the feed's address.
    pub server: Vec<Answer>,
    /// Answers for other addresses: a path of the same host, or a whole address.
    #[serde(default)]
    pub routes: BTreeMap<String, Vec<Answer>>,
    #[serde(default)]
    pub feeds: Option<Feeds>,
    /// `robots`: the answers are those of `/robots.txt`, and pages are asked for.
    #[serde(default)]
    pub resource: Option<String>,
    #[serde(default)]
    pub base_interval_s: Option<f64>,
    #[serde(default)]
    pub floor_s: Option<f64>,
    #[serde(default)]
    pub ceiling_s: Option<f64>,
    #[serde(default)]
    pub run_s: Option<f64>,
    #[serde(default)]
    pub actions: Vec<Action>,
    pub expect: Vec<Check>,
}

/// How many feeds, or which.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Feeds {
    Count(usize),
    Addresses(Vec<String>),
}

/// One answer of the server.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Answer {
    #[serde(default)]
    pub status: Option<u16>,
    /// A value, or several of the same name.
    #[serde(default)]
    pub headers: BTreeMap<String, Value>,
    /// The name of a document.
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub times: Option<u64>,
    #[serde(default)]
    pub special: Option<String>,
    #[serde(default)]
    pub bytes_per_s: Option<f64>,
    #[serde(default)]
    pub content_length: Option<u64>,
}

/// Something that happens to the daemon.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    pub at_s: f64,
    #[serde(rename = "do")]
    pub what: String,
    #[serde(default)]
    pub shift_s: Option<f64>,
}

/// A check with its arguments; which ones it takes is its own business.
#[derive(Clone, Debug, Deserialize)]
pub struct Check {
    pub check: String,
    #[serde(flatten)]
    pub arguments: BTreeMap<String, Value>,
}

impl Check {
    /// The requests that the check names, counted from 1.
    pub(crate) fn requests(&self) -> Vec<usize> {
        let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        let mut named = Vec::new();
        for name in ["request", "after_request", "count_equals_after_request"] {
            named.extend(self.arguments.get(name).and_then(number));
        }
        if let Some(Value::Array(list)) = self.arguments.get("requests") {
            named.extend(list.iter().filter_map(number));
        }
        named
    }
}
