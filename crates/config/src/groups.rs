//! All files as one: settings by key, entries by kind and id.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::Environment;
use crate::document::{Document, Piece};
use crate::near;
use crate::problem::Report;
use crate::table::{Cx, Here, Placed, Table, Value};

/// The kinds of entries of the configuration itself.
pub(crate) const KINDS: [&str; 4] = ["source", "channel", "alert", "digest"];
/// The kinds of entries of watchlists, which may stand in the configuration too: small ones fit
/// in one file.
pub(crate) const FACETS: [&str; 6] =
    ["vendor", "layer", "event", "counterparty", "place", "origin"];
/// Everything else that may stand at the top of a file.
const SETTINGS: [&str; 10] = [
    "data",
    "watchlists",
    "contact",
    "timezone",
    "fetch",
    "store",
    "keep",
    "console",
    "heartbeat",
    "websub",
];

/// The table `key` at the top of a file holds entries by their ids.
pub(crate) fn has_entries(key: &str) -> bool {
    KINDS.contains(&key) || FACETS.contains(&key)
}

/// One `[kind.id]`.
pub(crate) struct Entry<'d> {
    pub(crate) id: String,
    pub(crate) table: Table<'d>,
}

/// An entry that waits to be read.
enum Kept<'d> {
    /// Alone in its piece, which is parsed again when its turn comes.
    Piece(Cx<'d>, Piece<'d>, Here<'d>),
    Table(Table<'d>),
}

impl<'d> Kept<'d> {
    fn here(&self) -> &Here<'d> {
        match self {
            Self::Piece(.., here) => here,
            Self::Table(table) => &table.here,
        }
    }

    fn read(self) -> Option<Table<'d>> {
        let (cx, piece) = match self {
            Self::Piece(cx, piece, _) => (cx, piece),
            Self::Table(table) => return Some(table),
        };
        let (kind, entries) = piece.parse().into_iter().next()?;
        let entries = Value::new(cx, kind.into_inner().into_owned(), entries).entries()?;
        let (_, entry) = entries.into_entries().next()?;
        entry.entry()
    }
}

/// What stands in all files together.
#[derive(Default)]
pub(crate) struct Groups<'d> {
    settings: BTreeMap<&'static str, Value<'d>>,
    entries: BTreeMap<&'static str, BTreeMap<String, Kept<'d>>>,
    /// Kinds of which an entry was left out: an id that is not there may have been in it.
    lost: Vec<&'static str>,
}

impl<'d> Groups<'d> {
    /// Adds what stands in the files of the configuration.
    pub(crate) fn add_configuration(
        &mut self,
        documents: &'d [Document],
        report: &'d Report,
        environment: &'d Environment,
    ) {
        let allowed: Vec<_> = SETTINGS.into_iter().chain(KINDS).chain(FACETS).collect();
        for document in documents {
            self.add(Cx { document, report, environment, base: 0 }, &allowed);
        }
    }

    /// Adds what stands in the files of the watchlists.
    pub(crate) fn add_watchlists(
        &mut self,
        documents: &'d [Document],
        report: &'d Report,
        environment: &'d Environment,
    ) {
        for document in documents {
            self.add(Cx { document, report, environment, base: 0 }, &FACETS);
        }
    }

    fn add(&mut self, cx: Cx<'d>, allowed: &[&'static str]) {
        for kind in KINDS.into_iter().chain(FACETS) {
            if cx.document.lost_section(kind) {
                self.lost.push(kind);
            }
        }
        for piece in cx.document.pieces() {
            self.add_piece(Cx { base: piece.base, ..cx }, piece, allowed);
        }
    }

    fn add_piece(&mut self, cx: Cx<'d>, piece: Piece<'d>, allowed: &[&'static str]) {
        for (key, value) in piece.parse() {
            let here = Here::new(cx, key.get_ref().as_ref(), key.span());
            let Some(&kind) = allowed.iter().find(|known| **known == here.key) else {
                let keys: Vec<_> = allowed.iter().map(|key| format!("`{key}`")).collect();
                let (key, keys) = (&here.key, keys.join(", "));
                let hint = near::hint(key, allowed.iter().copied());
                let message = format!("unknown field `{key}`, expected one of {keys}{hint}");
                here.bare_problem(message);
                // What it was meant to be now lacks the entries in it.
                self.lost.extend(near::nearest(key, allowed.iter().copied()));
                continue;
            };
            let value = Value::new(cx, here.key.clone(), value);
            if SETTINGS.contains(&kind) {
                self.add_setting(kind, here, value);
            } else {
                self.add_entries(kind, value, piece);
            }
        }
    }

    fn add_setting(&mut self, key: &'static str, here: Here<'d>, value: Value<'d>) {
        match self.settings.get(key) {
            Some(first) => {
                let place = first.here.shown();
                here.bare_problem(format!("`{key}`: already set in {place}"));
            }
            None => {
                self.settings.insert(key, value);
            }
        }
    }

    fn add_entries(&mut self, kind: &'static str, value: Value<'d>, piece: Piece<'d>) {
        let Some(table) = value.entries() else { return };
        let known = self.entries.entry(kind).or_default();
        for (here, value) in table.into_entries() {
            let id = here.key.clone();
            let cx = here.cx;
            let Some(table) = value.entry() else { continue };
            match known.get(&id) {
                Some(first) => {
                    let place = first.here().shown();
                    here.bare_problem(format!("`{kind}.{id}`: already used in {place}"));
                }
                None if piece.is_whole => {
                    known.insert(id, Kept::Table(table));
                }
                None => {
                    known.insert(id, Kept::Piece(cx, piece, table.here));
                }
            }
        }
    }

    pub(crate) fn has_setting(&self, key: &str) -> bool {
        self.settings.contains_key(key)
    }

    /// A setting that is a text, through the door of its type.
    pub(crate) fn text<T, E: Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<Placed<'d, T>> {
        self.settings.remove(key)?.text()?.check(parse)
    }

    /// A setting that is a table.
    pub(crate) fn table(&mut self, key: &'static str) -> Option<Table<'d>> {
        self.settings.remove(key)?.table()
    }

    pub(crate) fn count(&self, kind: &str) -> usize {
        self.entries.get(kind).map_or(0, BTreeMap::len)
    }

    pub(crate) fn ids(&self, kind: &str) -> Vec<String> {
        self.entries.get(kind).map(|entries| entries.keys().cloned().collect()).unwrap_or_default()
    }

    /// Every id of `kind` that was written is known.
    pub(crate) fn is_complete(&self, kind: &str) -> bool {
        !self.lost.contains(&kind)
    }

    /// All watchlists are incomplete: a file or folder could not be read.
    pub(crate) fn lose_watchlists(&mut self) {
        self.lost.extend(FACETS);
    }

    /// The entries of `kind` by id, to be read.
    pub(crate) fn take(&mut self, kind: &str) -> impl Iterator<Item = Entry<'d>> + use<'d> {
        let kept = self.entries.remove(kind).unwrap_or_default();
        kept.into_iter().filter_map(|(id, kept)| Some(Entry { id, table: kept.read()? }))
    }
}
