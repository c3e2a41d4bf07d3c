//! The format of scenarios, as `FORMAT.md` describes it.
//!
//! Read leniently: keys that are not known are passed over, numbers may be written as texts, and a
//! scenario that cannot be read fails alone, with the reason.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::value::{float, number, text};

/// A repeated body is not made longer than this.
const LARGEST_BODY: usize = 256 << 20;

/// A file of scenarios.
#[derive(Clone, Debug)]
pub struct File {
    /// Documents by name.
    pub bodies: BTreeMap<String, Vec<u8>>,
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
        let (bodies, scenarios) = match serde_json::from_str(text)? {
            Value::Array(scenarios) => (None, scenarios),
            Value::Object(mut file) => {
                let Some(Value::Array(scenarios)) = file.remove("scenarios") else {
                    anyhow::bail!("`scenarios` is missing or no list");
                };
                (file.remove("bodies"), scenarios)
            }
            _ => anyhow::bail!("it is neither an object nor a list"),
        };
        let bodies = match bodies {
            Some(Value::Object(bodies)) => bodies,
            _ => Map::new(),
        };
        let bodies = bodies.iter().map(|(name, body)| (name.clone(), document(body))).collect();
        let scenarios = scenarios.iter().enumerate();
        Ok(Self {
            bodies,
            scenarios: scenarios.map(|(at, value)| Scenario::new(at, value)).collect(),
        })
    }
}

/// A document: a text, or an object that says how it is made.
fn document(value: &Value) -> Vec<u8> {
    let Value::Object(made) = value else { return text(value).unwrap_or_default().into_bytes() };
    let part = |name: &str| made.get(name).map(document);
    let base64 = ["base64", "b64"].iter().find_map(|name| made.get(*name)?.as_str());
    let mut body = match base64 {
        Some(code) => STANDARD.decode(code.trim()).unwrap_or_default(),
        None => {
            ["text", "body", "repeat", "content"].iter().find_map(|n| part(n)).unwrap_or_default()
        }
    };
    if let Some(times) = ["times", "count"].iter().find_map(|name| number(made.get(*name)?)) {
        let most = LARGEST_BODY / body.len().max(1);
        body = body.repeat(usize::try_from(times).unwrap_or(most).min(most));
    }
    [part("prefix").unwrap_or_default(), body, part("suffix").unwrap_or_default()].concat()
}

/// One virtual server and what must be seen of it.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    pub id: String,
    pub title: String,
    /// Answers for the feed's address.
    pub server: Vec<Answer>,
    /// Answers for other addresses: a path of the same host, or a whole address.
    pub routes: BTreeMap<String, Vec<Answer>>,
    pub feeds: Option<Feeds>,
    /// `robots`: the answers are those of `/robots.txt`, and pages are asked for.
    pub resource: Option<String>,
    pub base_interval_s: Option<f64>,
    pub floor_s: Option<f64>,
    pub ceiling_s: Option<f64>,
    pub run_s: Option<f64>,
    pub actions: Vec<Action>,
    pub expect: Vec<Check>,
    /// What makes it unplayable, as it is written.
    pub mistake: Option<String>,
}

impl Scenario {
    fn new(at: usize, value: &Value) -> Self {
        let id = value.get("id").and_then(text).unwrap_or_else(|| format!("scenario-{}", at + 1));
        let title = value.get("title").and_then(text).unwrap_or_default();
        match Self::read(value) {
            Ok(scenario) => Self { id, title, ..scenario },
            Err(mistake) => Self { id, title, mistake: Some(mistake), ..Self::default() },
        }
    }

    fn read(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or("it is no object")?;
        let field = |name: &str| fields.get(name).filter(|value| !value.is_null());
        let seconds = |name: &str| match field(name) {
            None => Ok(None),
            Some(value) => match float(value).filter(|seconds| *seconds >= 0.0) {
                Some(seconds) => Ok(Some(seconds)),
                None => Err(format!("`{name}` is no number of seconds")),
            },
        };
        let routes = match field("routes") {
            None => BTreeMap::new(),
            Some(Value::Object(routes)) => {
                let read = |(path, list): (&String, &Value)| Ok((path.clone(), answers(list)?));
                routes.iter().map(read).collect::<Result<_, String>>()?
            }
            Some(_) => return Err("`routes` is no object".into()),
        };
        Ok(Self {
            server: field("server").map(answers).transpose()?.unwrap_or_default(),
            routes,
            feeds: field("feeds").map(feeds).transpose()?,
            resource: field("resource").and_then(text),
            base_interval_s: seconds("base_interval_s")?,
            floor_s: seconds("floor_s")?,
            ceiling_s: seconds("ceiling_s")?,
            run_s: seconds("run_s")?,
            actions: list(field("actions")).iter().map(Action::read).collect::<Result<_, _>>()?,
            expect: list(field("expect")).iter().map(Check::read).collect::<Result<_, _>>()?,
            ..Self::default()
        })
    }
}

/// A list, or the one thing that stands in its place.
fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
    }
}

fn answers(value: &Value) -> Result<Vec<Answer>, String> {
    list(Some(value)).iter().map(Answer::read).collect()
}

fn feeds(value: &Value) -> Result<Feeds, String> {
    if let Value::Array(list) = value {
        let of = |feed: &Value| match feed {
            Value::Object(feed) => feed.get("url").and_then(text),
            feed => text(feed),
        };
        let addresses: Option<Vec<String>> = list.iter().map(of).collect();
        return addresses.map(Feeds::Addresses).ok_or_else(|| "`feeds` has no addresses".into());
    }
    let count = number(value).and_then(|count| usize::try_from(count).ok());
    count.map(Feeds::Count).ok_or_else(|| "`feeds` is neither a number nor a list".into())
}

/// How many feeds, or which.
#[derive(Clone, Debug)]
pub enum Feeds {
    Count(usize),
    Addresses(Vec<String>),
}

/// What an answer does other than to answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Special {
    /// So many bytes a second, for ever.
    Drip(f64),
    StallHeaders,
    EndlessChunks,
    /// Less than this `Content-Length`; `None`: somewhat less than it says.
    ShortBody(Option<u64>),
    /// Ends the connection without a word.
    HangUp,
}

/// One answer of the server.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: Option<u16>,
    /// In their order; a name may come more than once.
    pub headers: Vec<(String, String)>,
    /// The name of a document, or the document.
    pub body: Option<String>,
    pub times: Option<u64>,
    pub special: Option<Special>,
}

impl Answer {
    fn read(value: &Value) -> Result<Self, String> {
        let answer = value.as_object().ok_or("an answer is no object")?;
        let field = |name: &str| answer.get(name).filter(|value| !value.is_null());
        let status = match field("status").map(|value| (value, number(value))) {
            None => None,
            Some((_, Some(status @ 100..=999))) => u16::try_from(status).ok(),
            Some((value, _)) => return Err(format!("{value} is no status")),
        };
        let special = match field("special").map(|value| text(value).unwrap_or_default()) {
            None => None,
            Some(name) => Some(match name.as_str() {
                "drip" => {
                    let rate = field("bytes_per_s").and_then(float);
                    Special::Drip(rate.filter(|rate| *rate > 0.0).unwrap_or(1.0))
                }
                "stall-headers" => Special::StallHeaders,
                "hang-up" => Special::HangUp,
                "endless-chunks" => Special::EndlessChunks,
                "short-body" => Special::ShortBody(field("content_length").and_then(number)),
                other => return Err(format!("the special answer `{other}` is not known")),
            }),
        };
        Ok(Self {
            status,
            headers: field("headers").map(headers).transpose()?.unwrap_or_default(),
            body: field("body").and_then(text),
            times: field("times").and_then(number),
            special,
        })
    }

    /// The first value of a header.
    pub(crate) fn header(&self, wanted: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| value.as_str())
    }
}

/// `{name: value}`, `{name: [value, value]}`, `[[name, value]]` or `["name: value"]`.
fn headers(value: &Value) -> Result<Vec<(String, String)>, String> {
    let wrong = |value: &Value| format!("{value} is no header");
    let mut headers = Vec::new();
    match value {
        Value::Object(fields) => {
            for (name, values) in fields {
                for value in list(Some(values)).iter().filter(|value| !value.is_null()) {
                    headers.push((name.clone(), text(value).ok_or_else(|| wrong(value))?));
                }
            }
        }
        Value::Array(lines) => {
            for line in lines {
                let pair = match line {
                    Value::Array(pair) => pair.iter().map(text).collect::<Option<Vec<_>>>(),
                    Value::String(line) => {
                        line.split_once(':').map(|(n, v)| vec![n.trim().into(), v.trim().into()])
                    }
                    Value::Object(pair) => {
                        ["name", "value"].iter().map(|key| text(pair.get(*key)?)).collect()
                    }
                    _ => None,
                };
                let pair = pair.filter(|pair| pair.len() == 2).ok_or_else(|| wrong(line))?;
                headers.push((pair[0].clone(), pair[1].clone()));
            }
        }
        other => return Err(wrong(other)),
    }
    Ok(headers)
}

/// Something that happens to the daemon.
#[derive(Clone, Debug)]
pub struct Action {
    pub at_s: f64,
    pub what: String,
    pub shift_s: Option<f64>,
}

impl Action {
    fn read(value: &Value) -> Result<Self, String> {
        let what = value.get("do").and_then(text).ok_or("an action does nothing")?;
        let at_s = value.get("at_s").and_then(float).ok_or("an action has no time")?;
        Ok(Self { at_s: at_s.max(0.0), what, shift_s: value.get("shift_s").and_then(float) })
    }
}

/// A check with its arguments; which ones it takes is its own business.
#[derive(Clone, Debug)]
pub struct Check {
    pub check: String,
    pub arguments: BTreeMap<String, Value>,
}

impl Check {
    fn read(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or("a check is no object")?;
        let check = fields.get("check").and_then(text).ok_or("a check has no kind")?;
        let arguments = fields.iter().filter(|(name, _)| *name != "check");
        Ok(Self { check, arguments: arguments.map(|(n, v)| (n.clone(), v.clone())).collect() })
    }

    /// The requests that the check names, counted from 1.
    pub(crate) fn requests(&self) -> Vec<usize> {
        let number = |value: &Value| number(value).and_then(|n| usize::try_from(n).ok());
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

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
