//! What changed between two states of an entity list. Pure; the day is passed in.
//!
//! Entries are paired in steps, the surest first, each step among what is left: same id and name;
//! everything but the id; name and addresses with the date of listing, then without it; same id
//! (a rename); name alone, where it stands once on both sides; addresses and citations (a
//! corrected name). Lists that number their rows anew at every edition are thereby no lists of
//! thousands of changes. What is left is added or removed.

use std::collections::{BTreeMap, HashMap};

use model::Designation;

/// What happened to one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    Added,
    /// It had ended by the list's own word and is in force again.
    Relisted,
    /// It is gone, or the list says that it was taken off.
    Removed,
    /// It is gone, and the list had said that it would end by now.
    Expired,
    /// Its name is another, not only another spelling.
    Renamed,
    /// It has new aliases, and nothing else changed.
    AliasAdded,
    Amended,
}

/// A part of an entry that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Id,
    Name,
    Aliases,
    Kind,
    Addresses,
    Countries,
    Programmes,
    Citations,
    Listed,
    Removed,
    SourceUrl,
    Identifiers,
    LicenceRequirement,
    LicencePolicy,
    Remarks,
}

impl Part {
    /// As it stands in revisions: the name in the contract of `parse`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "entity_id",
            Self::Name => "name",
            Self::Aliases => "aliases",
            Self::Kind => "type",
            Self::Addresses => "addresses",
            Self::Countries => "countries",
            Self::Programmes => "programmes",
            Self::Citations => "citations",
            Self::Listed => "listed",
            Self::Removed => "removed",
            Self::SourceUrl => "source_url",
            Self::Identifiers => "identifiers",
            Self::LicenceRequirement => "licence_requirement",
            Self::LicencePolicy => "licence_policy",
            Self::Remarks => "remarks",
        }
    }
}

/// One change of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<'d> {
    pub kind: ChangeKind,
    /// The entry as it was; `None` when it was added.
    pub before: Option<&'d Designation>,
    /// The entry as it is; `None` when it is gone.
    pub after: Option<&'d Designation>,
    /// What changed, for entries that are on both sides.
    pub parts: Vec<Part>,
}

impl Change<'_> {
    /// Nothing that an analyst is told about: another address of the publisher's page, another
    /// number for the same row.
    pub fn is_minor(&self) -> bool {
        self.before.is_some()
            && self.after.is_some()
            && self.kind == ChangeKind::Amended
            && self.parts.iter().all(|part| matches!(part, Part::Id | Part::SourceUrl))
    }
}

/// The changes that lead from `old` to `new`, in the order of lists and ids. `today` is a full-date
/// (`2026-01-31`): it tells what ended by itself from what was taken off. The order of entries, and
/// of aliases, addresses and the like within one, is no change.
///
/// The law: `apply(&diff(old, new, today), old)` is `normal(new)`, if ids are unique in each list
/// on both sides.
pub fn diff<'d>(old: &'d [Designation], new: &'d [Designation], today: &str) -> Vec<Change<'d>> {
    let mut left = Left::new(old, new);
    let mut changes = Vec::new();
    for step in STEPS {
        for (before, after) in left.pair(step) {
            changes.extend(compared(before, after, today));
        }
    }
    for before in left.old.into_values() {
        let ended = before.removed.as_deref().is_some_and(|date| date <= today);
        let kind = if ended { ChangeKind::Expired } else { ChangeKind::Removed };
        changes.push(Change { kind, before: Some(before), after: None, parts: Vec::new() });
    }
    for after in left.new.into_values() {
        let kind = ChangeKind::Added;
        changes.push(Change { kind, before: None, after: Some(after), parts: Vec::new() });
    }
    changes.sort_by_key(|change| {
        let entry = change.after.or(change.before);
        entry.map(|entry| (&entry.list, &entry.entity_id, change.kind))
    });
    changes
}

/// `list` after `changes`, in normal form.
pub fn apply(changes: &[Change<'_>], list: &[Designation]) -> Vec<Designation> {
    let id = |entry: &Designation| (entry.list.clone(), entry.entity_id.clone());
    let mut state: BTreeMap<(String, String), Designation> =
        list.iter().map(|entry| (id(entry), entry.clone())).collect();
    // All that was, before all that is: two entries may swap their ids.
    for before in changes.iter().filter_map(|change| change.before) {
        state.remove(&id(before));
    }
    for after in changes.iter().filter_map(|change| change.after) {
        state.insert(id(after), after.clone());
    }
    let entries: Vec<Designation> = state.into_values().collect();
    normal(&entries)
}

/// A list without its accidents: entries by list and id, values sorted.
pub fn normal(list: &[Designation]) -> Vec<Designation> {
    let mut list = list.to_vec();
    for entry in &mut list {
        for values in [
            &mut entry.aliases,
            &mut entry.addresses,
            &mut entry.countries,
            &mut entry.programmes,
            &mut entry.citations,
            &mut entry.identifiers,
        ] {
            values.sort();
        }
    }
    list.sort_by(|a, b| (&a.list, &a.entity_id).cmp(&(&b.list, &b.entity_id)));
    list
}

/// The entries whose own end fell after `since` and not after `until` (full-dates). A list that
/// keeps its rows past their end never changes on that day.
pub fn expiring<'d>(list: &'d [Designation], since: &str, until: &str) -> Vec<&'d Designation> {
    let fell = |date: &str| since < date && date <= until;
    list.iter().filter(|entry| entry.removed.as_deref().is_some_and(fell)).collect()
}

/// How two entries can be the same one.
#[derive(Clone, Copy, Debug)]
struct Step {
    key: fn(&Designation) -> Option<String>,
    /// Entries that share a key are paired in their order, not left alone.
    crowds: bool,
}

const STEPS: [Step; 7] = [
    Step { key: |d| Some(key(&[&d.list, &d.entity_id, &folded(&d.name)])), crowds: true },
    Step { key: |d| Some(key(&[&d.list, &content(d)])), crowds: true },
    Step {
        key: |d| Some(key(&[&d.list, &folded(&d.name), &places(d), d.listed.as_deref()?])),
        crowds: false,
    },
    Step { key: |d| Some(key(&[&d.list, &folded(&d.name), &places(d)])), crowds: false },
    Step { key: |d| Some(key(&[&d.list, &d.entity_id])), crowds: true },
    Step { key: |d| Some(key(&[&d.list, &folded(&d.name)])), crowds: false },
    Step {
        key: |d| {
            let told = !d.addresses.is_empty() && !d.citations.is_empty();
            told.then(|| key(&[&d.list, &places(d), &sorted(&d.citations).join("\u{1}")]))
        },
        crowds: false,
    },
];

/// Entries that are not paired yet, by their place.
struct Left<'d> {
    old: BTreeMap<usize, &'d Designation>,
    new: BTreeMap<usize, &'d Designation>,
}

impl<'d> Left<'d> {
    fn new(old: &'d [Designation], new: &'d [Designation]) -> Self {
        let numbered = |list: &'d [Designation]| list.iter().enumerate().collect();
        Self { old: numbered(old), new: numbered(new) }
    }

    /// Takes out the pairs of one step.
    fn pair(&mut self, step: Step) -> Vec<(&'d Designation, &'d Designation)> {
        if self.old.is_empty() || self.new.is_empty() {
            return Vec::new();
        }
        let by_key = |side: &BTreeMap<usize, &'d Designation>| {
            let mut map: HashMap<String, Vec<usize>> = HashMap::new();
            for (place, entry) in side {
                if let Some(key) = (step.key)(entry) {
                    map.entry(key).or_default().push(*place);
                }
            }
            map
        };
        let (mine, theirs) = (by_key(&self.old), by_key(&self.new));
        let mut pairs = Vec::new();
        for (key, olds) in mine {
            let Some(news) = theirs.get(&key) else { continue };
            if !step.crowds && (olds.len() > 1 || news.len() > 1) {
                continue;
            }
            for (old, new) in olds.iter().zip(news) {
                let taken = (self.old.remove(old), self.new.remove(new));
                if let (Some(before), Some(after)) = taken {
                    pairs.push((before, after));
                }
            }
        }
        pairs
    }
}

fn compared<'d>(
    before: &'d Designation,
    after: &'d Designation,
    today: &str,
) -> Option<Change<'d>> {
    let parts = changed(before, after);
    if parts.is_empty() {
        return None;
    }
    let ended = |entry: &Designation| entry.removed.as_deref().is_some_and(|date| date <= today);
    let kind = if ended(before) && !ended(after) {
        ChangeKind::Relisted
    } else if !ended(before) && ended(after) {
        // The end was announced before: it came by itself.
        if before.removed == after.removed { ChangeKind::Expired } else { ChangeKind::Removed }
    } else if folded(&before.name) != folded(&after.name) {
        ChangeKind::Renamed
    } else if parts == [Part::Aliases]
        && before.aliases.iter().all(|alias| after.aliases.contains(alias))
    {
        ChangeKind::AliasAdded
    } else {
        ChangeKind::Amended
    };
    Some(Change { kind, before: Some(before), after: Some(after), parts })
}

fn changed(before: &Designation, after: &Designation) -> Vec<Part> {
    let values = |a: &[String], b: &[String]| a != b && sorted(a) != sorted(b);
    let parts = [
        (Part::Id, before.entity_id != after.entity_id),
        (Part::Name, before.name != after.name),
        (Part::Aliases, values(&before.aliases, &after.aliases)),
        (Part::Kind, before.kind != after.kind),
        (Part::Addresses, values(&before.addresses, &after.addresses)),
        (Part::Countries, values(&before.countries, &after.countries)),
        (Part::Programmes, values(&before.programmes, &after.programmes)),
        (Part::Citations, values(&before.citations, &after.citations)),
        (Part::Listed, before.listed != after.listed),
        (Part::Removed, before.removed != after.removed),
        (Part::SourceUrl, before.source_url != after.source_url),
        (Part::Identifiers, values(&before.identifiers, &after.identifiers)),
        (Part::LicenceRequirement, before.licence_requirement != after.licence_requirement),
        (Part::LicencePolicy, before.licence_policy != after.licence_policy),
        (Part::Remarks, before.remarks != after.remarks),
    ];
    parts.into_iter().filter(|(_, changed)| *changed).map(|(part, _)| part).collect()
}

/// Everything an entry says but its id.
fn content(entry: &Designation) -> String {
    let mut entry = normal(std::slice::from_ref(entry)).remove(0);
    entry.entity_id.clear();
    format!("{entry:?}")
}

/// Letters and digits of a text in lower case; the text where it has none.
fn folded(text: &str) -> String {
    let key: String =
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if key.is_empty() { text.to_owned() } else { key }
}

fn places(entry: &Designation) -> String {
    let mut places: Vec<String> = entry.addresses.iter().map(|place| folded(place)).collect();
    places.sort();
    places.join("\u{1}")
}

fn sorted(values: &[String]) -> Vec<&str> {
    let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
    values.sort_unstable();
    values
}

fn key(parts: &[&str]) -> String {
    parts.join("\u{0}")
}
