//! Exports: all rows in one compressed file, from which, with the journal after it, a store can
//! be made anew.
//!
//! `SWX1 · schema u32 · seq u64`, then rows `key length u16 · value length u32 · key · value`,
//! then a key length of 0, the number of rows (u64) and a CRC-32 of all before it; big-endian,
//! in one zstd frame. The rows are read while commits go on; `seq` is the last commit before the
//! first of them, and replaying the journal from there on leads to the state of the journal's
//! end, because commits are absolute puts and deletes.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::engine::{Engine, Seq};
use crate::error::StoreError;
use crate::folder::sync_dir;
use crate::limits::{KEY_BYTES, RECORD_BYTES};
use crate::meta::SCHEMA;
use crate::store::Store;

const MAGIC: &[u8; 4] = b"SWX1";
/// Exports that are kept in the data folder.
const KEPT: usize = 7;
const PAGE: usize = 200;
const LEVEL: i32 = 3;

/// Two exports would write to one temporary file.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// An export that was written and read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    pub path: PathBuf,
    /// Every commit up to this one is in it.
    pub seq: Seq,
    pub rows: u64,
    /// Of the file.
    pub bytes: u64,
}

impl Store {
    /// Writes all rows to a file `export-<seq>.swx.zst` in `dir`, while the store goes on, and
    /// reads it back. Without `dir` it is the data folder's own: there the newest 7 are kept, and
    /// journal files that are no longer needed go.
    pub fn export(&self, dir: Option<&Path>) -> Result<ExportReport, StoreError> {
        let own = self.engine.exports();
        let dir = dir.map(Path::to_path_buf).or_else(|| own.clone());
        let dir = dir.ok_or_else(|| StoreError::Io {
            path: PathBuf::new(),
            reason: "a store in memory has no folder for exports".into(),
        })?;
        let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let report = write(self.engine.as_ref(), &dir)?;
        if own.as_deref() == Some(&dir) {
            for (_, path) in list(&dir).into_iter().rev().skip(KEPT) {
                fs::remove_file(&path).map_err(|error| failed(&path, error))?;
            }
            self.engine.exported();
            self.barrier_blocking()?;
        }
        Ok(report)
    }
}

fn failed(path: &Path, error: impl std::fmt::Display) -> StoreError {
    StoreError::Io { path: path.to_path_buf(), reason: error.to_string() }
}

/// The exports in a folder, rising.
pub(crate) fn list(dir: &Path) -> Vec<(Seq, PathBuf)> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut exports: Vec<(Seq, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let digits = name.to_str()?.strip_prefix("export-")?.strip_suffix(".swx.zst")?;
            Some((digits.parse().ok()?, entry.path()))
        })
        .collect();
    exports.sort_unstable();
    exports
}

/// The numbers of the newest export and of the one before it. The journal is kept from the
/// second on, in case that the newest cannot be read when it is needed.
pub(crate) fn covered(dir: &Path) -> (Seq, Seq) {
    let mut newest = list(dir).into_iter().rev().map(|(seq, _)| seq);
    (newest.next().unwrap_or(0), newest.next().unwrap_or(0))
}

fn write(engine: &dyn Engine, dir: &Path) -> Result<ExportReport, StoreError> {
    fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
    let seq = *engine.subscribe().borrow();
    let path = dir.join(format!("export-{seq:016}.swx.zst"));
    let temporary = dir.join("export.tmp");
    let rows = write_rows(engine, &temporary, seq)?;
    let header = read(&temporary, |_, _| Ok(()))?;
    if header.rows != rows || header.seq != seq {
        return Err(failed(&temporary, "does not read back as it was written"));
    }
    let bytes = fs::metadata(&temporary).map_err(|error| failed(&temporary, error))?.len();
    fs::rename(&temporary, &path).and_then(|()| sync_dir(dir)).map_err(|e| failed(&path, e))?;
    Ok(ExportReport { path, seq, rows, bytes })
}

/// Writes and keeps the sum of what went by.
struct Summed<W> {
    inner: W,
    crc: crc32fast::Hasher,
}

impl<W: Write> Summed<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        self.inner.write_all(bytes)
    }
}

fn write_rows(engine: &dyn Engine, path: &Path, seq: Seq) -> Result<u64, StoreError> {
    let failed = |error: io::Error| failed(path, error);
    let file = File::create(path).map_err(failed)?;
    let inner = zstd::Encoder::new(BufWriter::new(file), LEVEL).map_err(failed)?;
    let mut out = Summed { inner, crc: crc32fast::Hasher::new() };
    let header = [MAGIC.as_slice(), &SCHEMA.to_be_bytes(), &seq.to_be_bytes()].concat();
    out.put(&header).map_err(failed)?;
    let mut rows = 0u64;
    walk(engine, &[], |key, value| {
        rows += 1;
        let mut row = Vec::with_capacity(6 + key.len() + value.len());
        row.extend_from_slice(&u16::try_from(key.len()).expect("bounded").to_be_bytes());
        row.extend_from_slice(&u32::try_from(value.len()).expect("bounded").to_be_bytes());
        row.extend_from_slice(key);
        row.extend_from_slice(value);
        out.put(&row).map_err(failed)
    })?;
    let end = [[0; 2].as_slice(), &rows.to_be_bytes()].concat();
    out.put(&end).map_err(failed)?;
    let crc = out.crc.finalize();
    let mut inner = out.inner;
    inner.write_all(&crc.to_be_bytes()).map_err(failed)?;
    let buffered = inner.finish().map_err(failed)?;
    let file = buffered.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(rows)
}

/// Hands every row from `from` on to `visit`, in short steps.
pub(crate) fn walk(
    engine: &dyn Engine,
    from: &[u8],
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut from = from.to_vec();
    loop {
        let page = engine.range(&from, &[u8::MAX], PAGE, false)?;
        for (key, value) in &page {
            visit(key, value)?;
        }
        match page.into_iter().next_back() {
            // The first key behind the last one seen.
            Some((mut last, _)) => {
                last.push(0);
                from = last;
            }
            None => return Ok(()),
        }
    }
}

/// What an export says about itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) seq: Seq,
    pub(crate) rows: u64,
}

/// Reads an export to its end and hands every row to `visit`.
pub(crate) fn read(
    path: &Path,
    visit: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<Header, StoreError> {
    let failed = |error: io::Error| failed(path, error);
    let file = File::open(path).map_err(failed)?;
    let decoder = zstd::Decoder::with_buffer(BufReader::new(file)).map_err(failed)?;
    let mut input = SummedIn { inner: BufReader::new(decoder), crc: crc32fast::Hasher::new() };
    read_rows(&mut input, path, visit)
}

struct SummedIn<R> {
    inner: R,
    crc: crc32fast::Hasher,
}

impl<R: Read> SummedIn<R> {
    fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
    fn fill(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.read_exact(bytes)?;
        self.crc.update(bytes);
        Ok(())
    }
}

fn read_rows<R: Read>(
    input: &mut SummedIn<R>,
    path: &Path,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<Header, StoreError> {
    let io = |error: io::Error| failed(path, error);
    if input.take().map_err(io)? != *MAGIC {
        return Err(failed(path, "not an export of stackwatch"));
    }
    let schema = u32::from_be_bytes(input.take().map_err(io)?);
    if schema > SCHEMA {
        return Err(failed(path, format!("has schema {schema}, this stackwatch knows {SCHEMA}")));
    }
    let seq = Seq::from_be_bytes(input.take().map_err(io)?);
    let (mut key, mut value, mut rows) = (Vec::new(), Vec::new(), 0u64);
    loop {
        let key_length = usize::from(u16::from_be_bytes(input.take().map_err(io)?));
        if key_length == 0 {
            break;
        }
        let length = u32::from_be_bytes(input.take().map_err(io)?) as usize;
        if key_length > KEY_BYTES || length > RECORD_BYTES {
            return Err(failed(path, "a row above the limits"));
        }
        key.resize(key_length, 0);
        value.resize(length, 0);
        input.fill(&mut key).map_err(io)?;
        input.fill(&mut value).map_err(io)?;
        visit(&key, &value)?;
        rows += 1;
    }
    let claimed = u64::from_be_bytes(input.take().map_err(io)?);
    let crc = input.crc.clone().finalize();
    let written = u32::from_be_bytes(input.take().map_err(io)?);
    if claimed != rows || crc != written {
        return Err(failed(path, "its checksum or number of rows does not fit"));
    }
    Ok(Header { seq, rows })
}
