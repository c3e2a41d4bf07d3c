//! The books of one reading: every record of a file is entered once.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::{Designation, Problem};

use super::word::{is_tidy, same_key, short_hash, slug, tidy};
use super::{Format, ParsedList, READER_VERSION, Skipped};

/// Problems and skipped records that are told one by one.
const TOLD: usize = 1_000;
/// Aliases, addresses and so on that one entry may have: real ones stay below 300.
const VALUES: usize = 2_000;
/// Longest value that is kept: whole paragraphs stand as names in the CSL.
const VALUE_BYTES: usize = 16 * 1_024;

/// What readers write into.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) list: String,
    pub(crate) title: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) published: Option<String>,
    pub(crate) next: Option<String>,
    pub(crate) delta: bool,
    pub(crate) removals: Vec<String>,
    items: Vec<Designation>,
    problems: Vec<Problem>,
    skipped: Vec<Skipped>,
    told_short: u64,
    records: u64,
    joined: u64,
    skips: u64,
    rejected: u64,
    complete: bool,
    ids: HashMap<String, u32>,
    extended: HashSet<usize>,
    /// Items without an id of the publisher's, with what identifies them.
    derived: BTreeMap<usize, Vec<String>>,
}

impl Ledger {
    /// `list` is what entries belong to that name no sub-list.
    pub(crate) fn new(list: &str) -> Self {
        Self {
            list: list.into(),
            title: None,
            version: None,
            published: None,
            next: None,
            delta: false,
            removals: Vec::new(),
            items: Vec::new(),
            problems: Vec::new(),
            skipped: Vec::new(),
            told_short: 0,
            records: 0,
            joined: 0,
            skips: 0,
            rejected: 0,
            complete: true,
            ids: HashMap::new(),
            extended: HashSet::new(),
            derived: BTreeMap::new(),
        }
    }

    /// The id of a sub-list.
    pub(crate) fn sub(&self, part: &str) -> String {
        match slug(part, 40) {
            part if part.is_empty() => self.list.clone(),
            part => format!("{}/{part}", self.list),
        }
    }

    /// Enters a record as an entry. Without an id of the publisher's, the name identifies it, or,
    /// where several of a list share it, `key`. An entry without a name is rejected. Says where
    /// the item stands.
    pub(crate) fn add(
        &mut self,
        at: impl Into<String>,
        mut entry: Designation,
        key: &[&str],
    ) -> Option<usize> {
        let at = at.into();
        clean(&mut entry);
        if entry.name.is_empty() {
            self.reject(at, "the entry has no name");
            return None;
        }
        if entry.list.is_empty() {
            entry.list = self.list.clone();
        }
        if entry.entity_id.is_empty() {
            self.derived.insert(self.items.len(), key.iter().map(|part| (*part).into()).collect());
        } else if let Some(count) = self.seen_again(&entry) {
            self.problem(at, format!("the id {} stands here again", entry.entity_id));
            entry.entity_id = format!("{}#{count}", entry.entity_id);
        }
        self.records += 1;
        self.items.push(entry);
        Some(self.items.len() - 1)
    }

    /// How often the id of an entry stands in its list, when it is not the first time.
    fn seen_again(&mut self, entry: &Designation) -> Option<u32> {
        let seen = self.ids.entry(format!("{}\u{0}{}", entry.list, entry.entity_id)).or_insert(0);
        *seen += 1;
        (*seen > 1).then_some(*seen)
    }

    /// Gives ids to entries that have none of the publisher's. They last as long as what makes
    /// the entry: its name; with its country, where a list has the name twice; all that its reader
    /// named, where that is not enough. Rows that agree in everything are counted.
    fn name_derived(&mut self) {
        let derived = std::mem::take(&mut self.derived);
        let mut by_name: HashMap<String, u32> = HashMap::new();
        let mut by_country: HashMap<String, u32> = HashMap::new();
        let name = |item: &Designation| format!("{}\u{0}{}", item.list, same_key(&item.name));
        let land = |item: &Designation| item.countries.first().cloned().unwrap_or_default();
        for item in derived.keys().map(|index| &self.items[*index]) {
            *by_name.entry(name(item)).or_default() += 1;
            *by_country.entry(format!("{}\u{0}{}", name(item), land(item))).or_default() += 1;
        }
        for (index, key) in derived {
            let item = &self.items[index];
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            let hash = if by_name[&name(item)] == 1 {
                short_hash(&[&item.name])
            } else if by_country[&format!("{}\u{0}{}", name(item), land(item))] == 1 {
                short_hash(&[&item.name, &land(item)])
            } else {
                short_hash(&key)
            };
            let mut entry = item.clone();
            entry.entity_id = format!("{}-{hash}", slug(&entry.name, 40));
            if let Some(count) = self.seen_again(&entry) {
                entry.entity_id = format!("{}#{count}", entry.entity_id);
            }
            self.items[index].entity_id = entry.entity_id;
        }
    }

    /// Enters a record that belongs to an entry which is there already.
    pub(crate) fn join(&mut self) {
        self.records += 1;
        self.joined += 1;
    }

    /// An item that was entered, to add to it; `change` must not take anything away.
    pub(crate) fn extend(&mut self, index: usize, change: impl FnOnce(&mut Designation)) {
        if let Some(item) = self.items.get_mut(index) {
            change(item);
            self.extended.insert(index);
        }
    }

    /// Cleans what was added to, once for all additions.
    fn settle(&mut self) {
        for index in std::mem::take(&mut self.extended) {
            clean(&mut self.items[index]);
        }
    }

    /// Enters a record that is no designation.
    pub(crate) fn skip(&mut self, at: impl Into<String>, reason: impl Into<String>) {
        self.records += 1;
        self.skips += 1;
        if self.skipped.len() < TOLD {
            self.skipped.push(Skipped { at: at.into(), reason: reason.into() });
        }
    }

    /// Enters a record that cannot be used.
    pub(crate) fn reject(&mut self, at: impl Into<String>, reason: impl Into<String>) {
        self.records += 1;
        self.rejected += 1;
        self.problem(at, reason);
    }

    /// Something worth telling that costs no record.
    pub(crate) fn problem(&mut self, at: impl Into<String>, reason: impl Into<String>) {
        if self.problems.len() < TOLD {
            self.problems.push(Problem { at: at.into(), reason: reason.into() });
        } else {
            self.told_short += 1;
        }
    }

    /// The file ends where it should not, or cannot be read further: it is no state of a list.
    pub(crate) fn cut(&mut self, at: impl Into<String>, reason: impl Into<String>) {
        self.complete = false;
        // Told first: it is the one problem that decides.
        self.problems.insert(0, Problem { at: at.into(), reason: reason.into() });
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// The reason that was told last; for an error when nothing was read.
    pub(crate) fn first_problem(&self) -> Option<String> {
        self.problems.first().map(|problem| format!("{}: {}", problem.at, problem.reason))
    }

    /// Writes another file's books behind these.
    pub(crate) fn append(&mut self, name: &str, mut other: Self) {
        other.settle();
        let before = self.items.len();
        self.derived.extend(other.derived.into_iter().map(|(index, key)| (before + index, key)));
        for (at, mut item) in other.items.into_iter().enumerate() {
            let derived = self.derived.contains_key(&(before + at));
            if !derived && let Some(count) = self.seen_again(&item) {
                item.entity_id = format!("{}#{count}", item.entity_id);
            }
            self.items.push(item);
        }
        for problem in other.problems {
            self.problem(format!("{name}, {}", problem.at), problem.reason);
        }
        for skipped in other.skipped {
            if self.skipped.len() < TOLD {
                self.skipped.push(Skipped { at: format!("{name}, {}", skipped.at), ..skipped });
            }
        }
        self.told_short += other.told_short;
        self.records += other.records;
        self.joined += other.joined;
        self.skips += other.skips;
        self.rejected += other.rejected;
        self.complete &= other.complete;
        self.delta |= other.delta;
        self.removals.extend(other.removals);
        self.title = self.title.take().or(other.title);
        self.version = self.version.take().or(other.version);
        self.published = self.published.take().max(other.published);
        self.next = self.next.take().or(other.next);
    }

    pub(crate) fn close(mut self, format: Format) -> ParsedList {
        self.settle();
        self.name_derived();
        if self.told_short > 0 {
            let reason = format!("{} further problems are not listed", self.told_short);
            self.problems.push(Problem { at: "document".into(), reason });
        }
        let mut counts = BTreeMap::new();
        for item in &self.items {
            *counts.entry(item.list.clone()).or_insert(0) += 1;
        }
        ParsedList {
            format,
            title: self.title,
            list: self.list,
            version: self.version,
            published: self.published,
            items: self.items,
            problems: self.problems,
            skipped: self.skipped,
            records: self.records,
            joined: self.joined,
            skips: self.skips,
            rejected: self.rejected,
            counts,
            complete: self.complete,
            delta: self.delta,
            removals: self.removals,
            next: self.next,
            reader: READER_VERSION,
        }
    }
}

/// Plain values: white space as single blanks, nothing empty, nothing twice, no alias that is the
/// name.
fn clean(entry: &mut Designation) {
    entry.name = settled(std::mem::take(&mut entry.name));
    entry.entity_id = settled(std::mem::take(&mut entry.entity_id));
    let name = same_key(&entry.name);
    distinct(&mut entry.aliases, Some(&name));
    for values in [
        &mut entry.addresses,
        &mut entry.countries,
        &mut entry.programmes,
        &mut entry.citations,
        &mut entry.identifiers,
    ] {
        distinct(values, None);
    }
    for value in [
        &mut entry.kind,
        &mut entry.source_url,
        &mut entry.licence_requirement,
        &mut entry.licence_policy,
        &mut entry.remarks,
    ] {
        *value = value.take().map(settled).filter(|text| !text.is_empty());
    }
}

fn distinct(values: &mut Vec<String>, name: Option<&str>) {
    let mut seen: Vec<String> = name.map(Into::into).into_iter().collect();
    let mut kept = Vec::with_capacity(values.len());
    // A set is worth its price for long lists only.
    let mut set = HashSet::new();
    for value in values.drain(..) {
        let value = settled(value);
        let key = same_key(&value);
        let known = if seen.len() > 32 {
            set.extend(seen.drain(..));
            false
        } else {
            seen.contains(&key)
        };
        if value.is_empty() || known || set.contains(&key) || kept.len() == VALUES {
            continue;
        }
        seen.push(key);
        kept.push(value);
    }
    *values = kept;
}

/// On one line and not too long.
fn settled(text: String) -> String {
    let mut text = if is_tidy(&text) { text } else { tidy(&text) };
    if text.len() > VALUE_BYTES {
        let end = (0..=VALUE_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}
