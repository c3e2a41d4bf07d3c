//! Whether the rows fit together.

use model::ItemId;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::StoreError;
use crate::export::walk;
use crate::index;
use crate::split::{self, Head};
use crate::store::Store;
use crate::tables::{
    self, Alerts, AlertsByTime, Aliases, BySource, ByTag, ByTime, Details, Items, ListMembers,
    PIECES, Revisions, StoryMembers, Table, Texts, decode_key,
};
use crate::value;

/// More findings than anyone reads.
const MAX_FINDINGS: usize = 1_000;

/// A row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub table: &'static str,
    pub key: String,
    pub problem: String,
}

impl Store {
    /// Reads every row: values decode, pieces are complete, every record has its index rows and
    /// every index row its record, and sled kept no value in a file of its own. At most 1,000
    /// findings are listed. Commits may go on meanwhile.
    pub fn verify(&self) -> Result<Vec<Finding>, StoreError> {
        let engine = self.engine.as_ref();
        let mut findings = Vec::new();
        walk(engine, &[], |key, value| {
            if findings.len() < MAX_FINDINGS {
                findings.extend(confirmed(engine, key, value)?);
            }
            Ok(())
        })?;
        let blobs = self.health().blob_files;
        if blobs > 0 {
            let problem = format!("{blobs} files with large values, there must be none");
            findings.push(Finding { table: "sled", key: "blobs".into(), problem });
        }
        Ok(findings)
    }
}

/// What is wrong with a row; looked at twice, since a commit may come between two reads.
fn confirmed(engine: &dyn Engine, key: &[u8], value: &[u8]) -> Result<Option<Finding>, StoreError> {
    if problem(engine, key, value)?.is_none() {
        return Ok(None);
    }
    for _ in 0..8 {
        let Some(now) = engine.get(key)? else { return Ok(None) };
        let found = problem(engine, key, &now)?;
        if found.is_none() {
            return Ok(None);
        }
        if engine.get(key)?.as_ref() == Some(&now) {
            let (table, key) = tables::describe(key);
            return Ok(found.map(|problem| Finding { table, key, problem }));
        }
    }
    Ok(None)
}

fn problem(engine: &dyn Engine, key: &[u8], value: &[u8]) -> Result<Option<String>, StoreError> {
    if key.first() == Some(&PIECES) {
        return stray_piece(engine, key);
    }
    let Some(table) = tables::of(key) else { return Ok(Some("in no table".into())) };
    if (table.show_key)(&key[1..]).is_none() {
        return Ok(Some("not a key of this table".into()));
    }
    let whole = match Head::of(value).filter(|_| table.split) {
        Some(head) => match whole(engine, key, &head)? {
            Some(whole) => whole,
            None => return Ok(Some("its pieces do not belong together".into())),
        },
        None => value.to_vec(),
    };
    if let Err(reason) = (table.check_value)(&whole) {
        return Ok(Some(reason));
    }
    relation(engine, key, &whole)
}

fn whole(engine: &dyn Engine, key: &[u8], head: &Head<'_>) -> Result<Option<Vec<u8>>, StoreError> {
    let (from, to) = (split::piece_key(key, 1), split::piece_key(key, head.further + 1));
    let pieces = engine.range(&from, &to, usize::from(head.further), false)?;
    let pieces: Vec<Vec<u8>> = pieces.into_iter().map(|(_, piece)| piece).collect();
    Ok(head.join(&pieces))
}

fn stray_piece(engine: &dyn Engine, key: &[u8]) -> Result<Option<String>, StoreError> {
    let Some((head, number)) = split::of_piece_key(key) else {
        return Ok(Some("not the key of a piece".into()));
    };
    let further = split::further(engine.get(head)?.as_deref());
    let belongs = (1..=further).contains(&number);
    Ok((!belongs).then(|| format!("piece {number} of a value with {further} further ones")))
}

/// Whether the rows that this one needs are there.
fn relation(engine: &dyn Engine, key: &[u8], whole: &[u8]) -> Result<Option<String>, StoreError> {
    let has_item = |item: Option<ItemId>| match item {
        Some(item) => missing(engine, [tables::key::<Items>(&item)]),
        None => Ok(None),
    };
    match key[0] {
        Items::BYTE => match value::decode::<Items>(whole) {
            Ok(item) => missing(engine, index::of_item(&item)),
            Err(reason) => Ok(Some(reason)),
        },
        Alerts::BYTE => match value::decode::<Alerts>(whole) {
            Ok(alert) => missing(engine, index::of_alert(&alert)),
            Err(reason) => Ok(Some(reason)),
        },
        ByTime::BYTE => indexed_item(engine, key, decode_key::<ByTime>(key).map(|k| k.1)),
        ByTag::BYTE => indexed_item(engine, key, decode_key::<ByTag>(key).map(|k| k.3)),
        BySource::BYTE => indexed_item(engine, key, decode_key::<BySource>(key).map(|k| k.2)),
        AlertsByTime::BYTE => {
            let alert = decode_key::<AlertsByTime>(key).map(|k| k.1);
            let alert = match alert {
                Some(id) => read::<Alerts>(engine, &id)?,
                None => None,
            };
            let listed = alert.is_some_and(|alert| index::of_alert(&alert).contains(key));
            Ok((!listed).then(|| "no such alert".into()))
        }
        Revisions::BYTE => has_item(decode_key::<Revisions>(key).map(|k| k.0)),
        Details::BYTE => has_item(decode_key::<Details>(key)),
        ListMembers::BYTE => has_item(decode_key::<ListMembers>(key).map(|k| k.1)),
        Texts::BYTE => has_item(decode_key::<Texts>(key).map(|k| k.0)),
        StoryMembers::BYTE => has_item(decode_key::<StoryMembers>(key).map(|k| k.1)),
        Aliases::BYTE => has_item(value::decode::<Aliases>(whole).ok()),
        _ => Ok(None),
    }
}

fn missing(
    engine: &dyn Engine,
    needed: impl IntoIterator<Item = Vec<u8>>,
) -> Result<Option<String>, StoreError> {
    for key in needed {
        if engine.get(&key)?.is_none() {
            let (table, key) = tables::describe(&key);
            return Ok(Some(format!("no row {key} in `{table}`")));
        }
    }
    Ok(None)
}

fn indexed_item(
    engine: &dyn Engine,
    key: &[u8],
    item: Option<ItemId>,
) -> Result<Option<String>, StoreError> {
    let item = match item {
        Some(id) => read::<Items>(engine, &id)?,
        None => None,
    };
    let listed = item.is_some_and(|item| index::of_item(&item).contains(key));
    Ok((!listed).then(|| "no such item, or not at this place".into()))
}

/// A record, if it can be read; what cannot is found at its own row.
fn read<T: Table>(engine: &dyn Engine, key: &T::Key) -> Result<Option<T::Value>, StoreError> {
    let key = tables::key::<T>(key);
    let Some(stored) = engine.get(&key)? else { return Ok(None) };
    let bytes = match Head::of(&stored).filter(|_| T::SPLIT) {
        Some(head) => whole(engine, &key, &head)?,
        None => Some(stored),
    };
    Ok(bytes.and_then(|bytes| value::decode::<T>(&bytes).ok()))
}
