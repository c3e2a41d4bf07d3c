//! `[source.ID]`: the places that are watched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use console::SourceInfo;
use ipnet::IpNet;
use model::{SourceId, canonical_url};
use pipeline::{Pace, RobotsRule, Secret, Source};

use crate::connectors::{self, Kind};
use crate::groups::{Entry, Groups};
use crate::robots;
use crate::secret::secret_or_plain;
use crate::table::{Here, Placed, Table, Value, not_blank};
use crate::value::{country, duration_within, grade, language, one_of, slug, warn_if_blocked};

/// How often a source is asked whose `every` is left out.
const EVERY: Duration = Duration::from_secs(60 * 60);
const MAX_HEADERS: usize = 16;
const MAX_REPLACEMENTS: usize = 16;

/// The sources as the pipeline and the console need them.
#[derive(Default)]
pub(crate) struct Sources {
    pub(crate) polled: Vec<Source>,
    pub(crate) listed: Vec<SourceInfo>,
}

/// Reads every source, in the order of ids.
pub(crate) fn read(groups: &mut Groups<'_>, allow: &[IpNet]) -> Sources {
    let mut words = Words::default();
    // Room for all at once: a list that grows leaves its former places behind.
    let count = groups.count("source");
    let (polled, listed) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut sources = Sources { polled, listed };
    let mut addresses = BTreeMap::new();
    for Entry { id, table } in groups.take("source") {
        let here = table.here.clone();
        let Some(raw) = source(&id, table) else { continue };
        let feed = raw
            .address
            .as_ref()
            .filter(|_| matches!(raw.kind, Kind::Feed | Kind::Sitemap) && raw.off.is_none());
        if let Some((address, key)) =
            feed.and_then(|a| Some((a, canonical_url(a.value.as_str(), &[])?)))
        {
            match addresses.get(&key) {
                Some(first) => address.here.problem(format!("is polled already for {first}")),
                None => {
                    addresses.insert(key, format!("`source.{id}` in {}", here.shown()));
                }
            }
        }
        if let Some(address) = raw.address.as_ref().filter(|_| raw.off.is_none()) {
            warn_if_blocked(address, allow);
        }
        raw.add_to(&mut sources, &mut words);
    }
    sources
}

/// A source with whatever could be read of it.
struct RawSource<'d> {
    id: SourceId,
    kind: Kind,
    name: String,
    address: Option<Placed<'d, model::HttpUrl>>,
    every: Duration,
    slowest: Duration,
    lang: Option<String>,
    category: Option<String>,
    country: Option<String>,
    grade: Option<char>,
    off: Option<String>,
    headers: Vec<(String, Secret)>,
    replace: Vec<(String, String)>,
    terms: Option<String>,
    robots: RobotsRule,
    websub: bool,
    licence: Option<String>,
    rules: connectors::Rules,
    timeout: fetch::Patience,
}

fn source<'d>(id: &str, mut table: Table<'d>) -> Option<RawSource<'d>> {
    let place = table.here.clone();
    let used_by = format!("source `{id}`");
    let id = checked_id::<SourceId>(&place, "source", id);
    let name = table.placed("name", not_blank).map(|name| name.value);
    let every = table.parsed("every", duration_within("1m", "31d"));
    let slowest = table.parsed("slowest", duration_within("1m", "31d"));
    let lang = table.parsed("lang", language);
    let category = table.parsed("category", slug);
    let country = table.parsed("country", country);
    let grade = table.parsed("grade", grade);
    let off = table.parsed("off", not_blank);
    let headers = headers(&mut table, &used_by);
    let replace = replacements(&mut table);
    let terms = table.placed("terms", one_of(&TERMS));
    let terms_accepted = table.placed("terms_accepted", not_blank);
    let robots = robots::read(&mut table);
    let websub = table.switch("websub").unwrap_or(true);
    let licence = table.placed("licence", not_blank).map(|licence| licence.value);
    let timeout = timeout(&mut table);
    let text = table.placed("text", one_of(&TEXTS));
    let connector = connectors::read(&mut table);
    table.finish();

    if let Some(text) = text.filter(|text| text.value != "never" && off.is_none()) {
        text.here.warning("`text`: this version does not fetch articles themselves yet");
    }
    let (kind, address, rules) = connector?;
    if kind.needs_terms() && terms.is_none() && !place.cx.document.is_broken_after(place.start()) {
        let kind = kind.as_str();
        place.bare_problem(format!(
            "`terms` is missing: {kind} sources say whether use is `ok`, `pending` or `restricted`"
        ));
    }
    if let Some(terms) = &terms
        && off.is_none()
        && kind.needs_terms()
    {
        let accepted = terms_accepted.is_some();
        match terms.value {
            "restricted" if !accepted => terms.here.bare_problem(
                "`terms` is `restricted`: the source never runs, unless `terms_accepted = \"who \
                 decided it, when and why\"` stands beside it; else add `off`",
            ),
            "pending" if !accepted => terms
                .here
                .warning("`terms` is `pending`: nobody has confirmed that the data may be used"),
            _ => {}
        }
    }
    if rules.connector.is_none() && off.is_none() {
        let kind = kind.as_str();
        place.bare_problem(format!(
            "connector `{kind}` is not available in this version: add off = \"waits for `{kind}`\""
        ));
    }
    let id = id?;
    Some(RawSource {
        kind,
        name: name.unwrap_or_else(|| id.to_string()),
        address,
        every: every.unwrap_or(EVERY),
        slowest: slowest.unwrap_or_default(),
        lang,
        category,
        country,
        grade,
        off,
        headers,
        replace,
        terms: terms.map(|terms| terms.value.to_owned()),
        rules,
        robots,
        websub,
        licence,
        timeout,
        id,
    })
}

/// `timeout = { idle = "3m", total = "10m" }`, in place of that of `[fetch]`.
fn timeout(table: &mut Table<'_>) -> fetch::Patience {
    let Some(mut timeout) = table.table("timeout") else { return fetch::Patience::default() };
    let idle = timeout.parsed("idle", duration_within("100ms", "10m"));
    let total = timeout.parsed("total", duration_within("100ms", "2h"));
    if idle.zip(total).is_some_and(|(idle, total)| idle > total) {
        timeout.here.problem("`total` must not be shorter than `idle`");
    }
    timeout.finish();
    fetch::Patience { idle, total }
}

const TERMS: [(&str, &str); 3] =
    [("ok", "ok"), ("pending", "pending"), ("restricted", "restricted")];
const TEXTS: [(&str, &str); 3] = [("never", "never"), ("tagged", "tagged"), ("always", "always")];

/// An id through its door; a refusal is reported at its entry.
pub(crate) fn checked_id<T: std::str::FromStr<Err = model::InvalidId>>(
    place: &Here<'_>,
    kind: &str,
    id: &str,
) -> Option<T> {
    match id.parse() {
        Ok(id) => Some(id),
        Err(error) => {
            place.bare_problem(format!("[{kind}.{id}]: {error}"));
            None
        }
    }
}

impl RawSource<'_> {
    fn add_to(self, sources: &mut Sources, words: &mut Words) {
        let Some(address) = self.address else { return };
        let mut kept = |word: Option<String>| word.map(|word| words.keep(word));
        let name: Arc<str> = self.name.into();
        let (lang, category) = (kept(self.lang), kept(self.category));
        let (country, off) = (kept(self.country), kept(self.off));
        let (terms, licence) = (kept(self.terms), kept(self.licence));
        sources.listed.push(SourceInfo {
            id: self.id.clone(),
            name: Arc::clone(&name),
            url: address.value.clone(),
            connector: self.kind.as_str(),
            every: self.every,
            category: category.clone(),
            country: country.clone(),
            lang: lang.clone(),
            off: off.clone(),
            robots_ignored: self.robots.ignored().map(Into::into),
            terms: terms.clone(),
            licence,
        });
        // The others are off and have nothing to be polled with.
        if let Some(connector) = self.rules.connector {
            sources.polled.push(Source {
                id: self.id,
                name,
                url: address.value,
                connector,
                guard: self.rules.guard,
                timeout: self.timeout,
                signal: self.rules.signal.map(Box::new),
                every: self.every,
                pace: Pace { slowest: self.slowest, ..Pace::default() },
                lang,
                category,
                country,
                grade: self.grade,
                off,
                headers: self.headers,
                replace: self.replace,
                terms,
                robots: self.robots,
                websub: self.websub,
            });
        }
    }
}

/// Words that many sources share, each kept once.
#[derive(Default)]
struct Words(BTreeSet<Arc<str>>);

impl Words {
    fn keep(&mut self, word: String) -> Arc<str> {
        match self.0.get(word.as_str()) {
            Some(known) => Arc::clone(known),
            None => {
                let word: Arc<str> = word.into();
                self.0.insert(Arc::clone(&word));
                word
            }
        }
    }
}

/// Headers that belong to the fetcher: another value would break a request or hide who asks.
const OWN_HEADERS: [&str; 12] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-modified-since",
    "if-none-match",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

fn headers(table: &mut Table<'_>, used_by: &str) -> Vec<(String, Secret)> {
    let Some(headers) = table.table("headers") else { return Vec::new() };
    let mut read = Vec::new();
    for (name, value) in headers.into_entries() {
        let Some(value) = value.text() else { continue };
        let key = name.key.to_ascii_lowercase();
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if key.is_empty() || !key.bytes().all(is_token) {
            name.bare_problem(format!("`headers.{key}` is not the name of a header"));
        } else if OWN_HEADERS.contains(&key.as_str()) {
            name.bare_problem(format!("`headers.{key}` is set by stackwatch itself"));
        } else if read.len() == MAX_HEADERS {
            name.bare_problem(format!("a source has at most {MAX_HEADERS} headers"));
        } else if value.value.chars().any(|c| c.is_control() || !c.is_ascii()) {
            value.here.bare_problem(format!("`headers.{key}`: a header is plain ASCII text"));
        } else {
            let is_plain = !value.value.starts_with("env:") && !value.value.starts_with("file:");
            if is_plain && looks_secret(&key) {
                let message = "looks like a secret that is written out: use \"env:NAME\"";
                value.here.warning(format!("`headers.{key}` {message}"));
            }
            read.extend(secret_or_plain(value, used_by).map(|secret| (key, secret)));
        }
    }
    read
}

fn looks_secret(header: &str) -> bool {
    ["authorization", "cookie", "key", "token", "secret"].iter().any(|part| header.contains(part))
}

/// `item_url.replace = [["from", "to"]]`.
fn replacements(table: &mut Table<'_>) -> Vec<(String, String)> {
    let Some(mut item_url) = table.table("item_url") else { return Vec::new() };
    let pairs = item_url.take("replace").and_then(Value::values).unwrap_or_default();
    item_url.finish();
    if let Some(pair) = pairs.get(MAX_REPLACEMENTS) {
        pair.here.bare_problem(format!("at most {MAX_REPLACEMENTS} replacements"));
    }
    let pair = |pair: Value<'_>| {
        let here = pair.here.clone();
        let mut texts = pair.texts().into_iter().map(|text| text.value);
        match (texts.next(), texts.next(), texts.next()) {
            (Some(from), Some(to), None) if !from.is_empty() => Some((from, to)),
            _ => {
                here.problem(r#"must be two texts, for example ["/c/", "/"]"#);
                None
            }
        }
    };
    pairs.into_iter().take(MAX_REPLACEMENTS).filter_map(pair).collect()
}
