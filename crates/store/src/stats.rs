//! What the store holds, table by table.

use std::collections::BTreeMap;
use std::path::PathBuf;

use model::Timestamp;
use serde::Serialize;

use crate::engine::Seq;
use crate::error::StoreError;
use crate::export::{list, walk};
use crate::meta::SCHEMA;
use crate::store::Store;
use crate::tables::{ALL, PIECES};

/// Figures over the whole store; reading them walks through all rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    pub schema: u32,
    pub last_seq: Seq,
    /// In the order of the tables; the further pieces of long values count as `pieces`.
    pub tables: Vec<TableStats>,
    /// Keys and values of all rows.
    pub live_bytes: u64,
    /// Of the engine's files.
    pub size_bytes: u64,
    pub journal_bytes: u64,
    pub last_export: Option<LastExport>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableStats {
    pub table: &'static str,
    pub rows: u64,
    /// Keys and values.
    pub bytes: u64,
}

/// The newest export in the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastExport {
    pub path: PathBuf,
    pub seq: Seq,
    pub bytes: u64,
    pub written: Option<Timestamp>,
}

impl Store {
    /// Rows and bytes of every table.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let mut counted: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
        walk(self.engine.as_ref(), &[], |key, value| {
            let (rows, bytes) = counted.entry(key.first().copied().unwrap_or(0)).or_default();
            *rows += 1;
            *bytes += (key.len() + value.len()) as u64;
            Ok(())
        })?;
        let known = ALL.iter().map(|table| (table.byte, table.name)).chain([(PIECES, "pieces")]);
        let tables = known.map(|(byte, table)| {
            let (rows, bytes) = counted.get(&byte).copied().unwrap_or_default();
            TableStats { table, rows, bytes }
        });
        let health = self.health();
        Ok(Stats {
            schema: SCHEMA,
            last_seq: health.last_seq,
            tables: tables.collect(),
            live_bytes: counted.values().map(|(_, bytes)| bytes).sum(),
            size_bytes: health.size_bytes,
            journal_bytes: health.journal_bytes,
            last_export: self.last_export(),
        })
    }

    /// The newest export in the data folder, by its name and file time.
    pub fn last_export(&self) -> Option<LastExport> {
        let (seq, path) = list(&self.engine.exports()?).pop()?;
        let meta = std::fs::metadata(&path).ok()?;
        let since = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok();
        let written = since
            .and_then(|since| Timestamp::from_millis(u64::try_from(since.as_millis()).ok()?).ok());
        Some(LastExport { path, seq, bytes: meta.len(), written })
    }
}
