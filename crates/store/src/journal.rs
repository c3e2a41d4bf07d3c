//! The commit journal: files of frames, named by the number of their first commit. What is in it
//! is committed; the engine's own files are the indexed view of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::engine::Seq;
use crate::error::OpenError;
use crate::folder::{at, sync_dir};
use crate::frame::{self, End, Frame};

/// When a file is closed and when old files go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalLimits {
    /// Bytes and age at which a new file is begun.
    pub(crate) file_bytes: u64,
    pub(crate) file_age: Duration,
    /// Bytes of all files above which the oldest go even if no export covers them.
    pub(crate) total_bytes: u64,
}

impl Default for JournalLimits {
    fn default() -> Self {
        Self {
            file_bytes: 64 * 1024 * 1024,
            file_age: Duration::from_secs(24 * 3600),
            total_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// One file, and the number of the first commit that is or will be in it.
#[derive(Clone, Debug)]
pub(crate) struct JournalFile {
    pub(crate) path: PathBuf,
    pub(crate) first: Seq,
    pub(crate) bytes: u64,
}

/// The journal, open for appending.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    limits: JournalLimits,
    file: File,
    opened: Instant,
    /// In order; the last one is open.
    files: Vec<JournalFile>,
    next: Seq,
    buffer: Vec<u8>,
}

/// What reading the journal found, beside its frames.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) files: Vec<JournalFile>,
    /// The number of the commit that comes next.
    pub(crate) next: Seq,
    /// What can no longer be read, if anything.
    pub(crate) damage: Option<Damage>,
}

#[derive(Debug)]
pub(crate) struct Damage {
    pub(crate) path: PathBuf,
    pub(crate) reason: String,
}

impl From<Damage> for OpenError {
    fn from(damage: Damage) -> Self {
        Self::JournalDamaged { path: damage.path, reason: damage.reason }
    }
}

/// The files of a journal in order.
pub(crate) fn files(folder: &Path) -> Result<Vec<JournalFile>, OpenError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".wal"));
        if let Some(first) = digits.filter(|d| d.len() == 16).and_then(|d| d.parse().ok()) {
            let bytes = entry.metadata().map_err(at(folder))?.len();
            files.push(JournalFile { path: entry.path(), first, bytes });
        }
    }
    files.sort_unstable_by_key(|file| file.first);
    Ok(files)
}

/// Hands every frame with commits after `after` to `visit`, in order; cuts a torn tail off. Stops
/// at damage and says so; the caller decides whether that is the end.
pub(crate) fn replay(
    folder: &Path,
    after: Seq,
    mut visit: impl FnMut(Frame<'_>) -> Result<(), OpenError>,
) -> Result<Replayed, OpenError> {
    let mut files = files(folder)?;
    let mut next = files.first().map_or(after + 1, |file| file.first);
    let damaged =
        |file: &JournalFile, reason: String| Some(Damage { path: file.path.clone(), reason });
    let mut damage = None;
    for index in 0..files.len() {
        let following = files.get(index + 1).map(|file| file.first);
        let file = &mut files[index];
        if file.first != next && index > 0 {
            damage = damaged(file, format!("begins with {}, {next} comes next", file.first));
            break;
        }
        if let Some(first) = following.filter(|first| *first <= after + 1) {
            // Whatever is in it is in the store.
            next = first;
            continue;
        }
        let bytes = fs::read(&file.path).map_err(at(&file.path))?;
        let outcome = frame::scan(&bytes, next, |frame| match frame.last > after {
            true => visit(frame),
            false => Ok(()),
        });
        let end;
        (next, end) = outcome?;
        match end {
            End::Clean => {}
            End::Torn { valid } if following.is_none() => {
                // Its commits were never answered.
                tracing::info!(torn_bytes = bytes.len() - valid, "cut the journal's torn tail off");
                truncate(&file.path, valid).map_err(at(&file.path))?;
                file.bytes = valid as u64;
            }
            End::Torn { valid } | End::Damaged { valid } => {
                let reason = format!("no readable frame at byte {valid}, but later ones");
                damage = damaged(file, reason);
                break;
            }
        }
    }
    Ok(Replayed { files, next, damage })
}

fn truncate(path: &Path, bytes: usize) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(bytes as u64)?;
    file.sync_all()
}

fn create(folder: &Path, first: Seq) -> io::Result<(File, JournalFile)> {
    let path = folder.join(format!("{first:016}.wal"));
    let file = OpenOptions::new().create(true).append(true).open(&path)?;
    file.sync_all()?;
    sync_dir(folder)?;
    Ok((file, JournalFile { path, first, bytes: 0 }))
}

impl Journal {
    /// Opens for appending after what was replayed.
    pub(crate) fn open(
        folder: &Path,
        limits: JournalLimits,
        replayed: Replayed,
    ) -> Result<Self, OpenError> {
        let Replayed { mut files, next, .. } = replayed;
        let file = match files.last().filter(|last| last.bytes < limits.file_bytes) {
            Some(last) => {
                OpenOptions::new().append(true).open(&last.path).map_err(at(&last.path))?
            }
            None => {
                let (file, entry) = create(folder, next).map_err(at(folder))?;
                files.push(entry);
                file
            }
        };
        let (folder, opened) = (folder.to_path_buf(), Instant::now());
        Ok(Self { folder, limits, file, opened, files, next, buffer: Vec::new() })
    }

    /// The number of the commit that comes next.
    pub(crate) fn next(&self) -> Seq {
        self.next
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Bytes of the files that hold commits after `seq`.
    pub(crate) fn bytes_after(&self, seq: Seq) -> u64 {
        let lasts = self.files[1..].iter().map(|file| file.first - 1).chain([Seq::MAX]);
        self.files
            .iter()
            .zip(lasts)
            .filter(|(_, last)| *last > seq)
            .map(|(file, _)| file.bytes)
            .sum()
    }

    /// Writes `count` commits as one frame and waits for the disk: the commit point. After an
    /// error nothing is known about what is on disk; the journal must be opened again.
    pub(crate) fn append<'a>(
        &mut self,
        count: usize,
        sets: impl Iterator<Item = [&'a [u8]; 2]>,
    ) -> io::Result<()> {
        let full = self.files.last().is_some_and(|file| file.bytes >= self.limits.file_bytes);
        if full || self.opened.elapsed() >= self.limits.file_age {
            self.rotate()?;
        }
        let last = self.next + count as Seq - 1;
        frame::write(&mut self.buffer, last, sets);
        self.file.write_all(&self.buffer)?;
        self.file.sync_data()?;
        self.next = last + 1;
        if let Some(open) = self.files.last_mut() {
            open.bytes += self.buffer.len() as u64;
        }
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.opened = Instant::now();
        if self.files.last().is_some_and(|file| file.bytes == 0) {
            return Ok(());
        }
        let (file, entry) = create(&self.folder, self.next)?;
        self.file = file;
        self.files.push(entry);
        Ok(())
    }

    /// Removes the files that are not needed: the store has them on disk (`durable`), and exports
    /// cover them (`exported`) or the journal has grown above its bound. The open one stays, so
    /// that its name tells where the journal stands.
    pub(crate) fn prune(&mut self, durable: Seq, exported: Seq) -> io::Result<()> {
        let mut removed = false;
        while let [oldest, following, ..] = &self.files[..] {
            let last = following.first - 1;
            let spare = last <= exported || self.bytes() > self.limits.total_bytes;
            if last > durable || !spare {
                break;
            }
            fs::remove_file(&oldest.path)?;
            self.files.remove(0);
            removed = true;
        }
        if removed { sync_dir(&self.folder) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Ops;

    fn limits(file_bytes: u64, total_bytes: u64) -> JournalLimits {
        JournalLimits { file_bytes, file_age: Duration::from_secs(3600), total_bytes }
    }

    fn open(folder: &Path, limits: JournalLimits) -> (Journal, Vec<(Seq, Seq)>) {
        let mut seen = Vec::new();
        let replayed = replay(folder, 0, |frame| {
            seen.push((frame.first, frame.last));
            Ok(())
        });
        (Journal::open(folder, limits, replayed.unwrap()).unwrap(), seen)
    }

    fn append(journal: &mut Journal, sets: usize) {
        let mut ops = Ops::default();
        ops.put(b"key", &[7; 100]);
        journal.append(sets, (0..sets).map(|_| [ops.0.as_slice(), &[]])).unwrap();
    }

    fn names(journal: &Journal) -> Vec<Seq> {
        let found: Vec<Seq> = files(&journal.folder).unwrap().iter().map(|f| f.first).collect();
        let known: Vec<Seq> = journal.files.iter().map(|file| file.first).collect();
        assert_eq!(found, known);
        known
    }

    #[test]
    fn files_are_begun_anew_and_read_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path(), limits(200, u64::MAX));
        for sets in [1, 2, 1, 1, 3] {
            append(&mut journal, sets);
        }
        assert_eq!(names(&journal), [1, 4, 6]);
        assert_eq!(journal.bytes_after(3), journal.bytes() - journal.files[0].bytes);
        drop(journal);
        let (mut journal, seen) = open(folder.path(), limits(200, u64::MAX));
        assert_eq!(seen, [(1, 1), (2, 3), (4, 4), (5, 5), (6, 8)]);
        assert_eq!(journal.next(), 9);
        append(&mut journal, 1);
        assert_eq!(names(&journal), [1, 4, 6, 9]);
    }

    #[test]
    fn a_file_goes_when_it_is_on_disk_elsewhere_and_exported() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path(), limits(1, u64::MAX));
        (0..5).for_each(|_| append(&mut journal, 1));
        assert_eq!(names(&journal), [1, 2, 3, 4, 5]);
        journal.prune(5, 0).unwrap();
        assert_eq!(names(&journal), [1, 2, 3, 4, 5]);
        journal.prune(2, 4).unwrap();
        assert_eq!(names(&journal), [3, 4, 5]);
        journal.prune(5, 4).unwrap();
        assert_eq!(names(&journal), [5]);
        // The open file stays, whatever is covered.
        journal.prune(9, 9).unwrap();
        assert_eq!(names(&journal), [5]);
    }

    #[test]
    fn above_its_bound_the_oldest_go_without_an_export() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path(), limits(1, 400));
        (0..5).for_each(|_| append(&mut journal, 1));
        journal.prune(2, 0).unwrap();
        assert_eq!(names(&journal), [3, 4, 5]);
        journal.prune(5, 0).unwrap();
        assert!(journal.bytes() <= 400, "{}", journal.bytes());
        assert_eq!(names(&journal), [3, 4, 5]);
    }

    #[test]
    fn an_old_file_is_closed_and_an_empty_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let age = Duration::ZERO;
        let limits = JournalLimits { file_bytes: 1 << 20, file_age: age, total_bytes: 1 << 30 };
        let (mut journal, _) = open(folder.path(), limits);
        (0..3).for_each(|_| append(&mut journal, 1));
        assert_eq!(names(&journal), [1, 2, 3]);
    }

    #[test]
    fn a_missing_file_in_the_middle_is_damage() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(folder.path(), limits(1, u64::MAX));
        (0..3).for_each(|_| append(&mut journal, 1));
        fs::remove_file(&journal.files[1].path).unwrap();
        let found = replay(folder.path(), 0, |_| Ok(())).unwrap();
        assert_eq!(found.next, 2);
        assert!(found.damage.unwrap().reason.contains("begins with 3, 2 comes next"));
        // What is in the store already is not read, so nothing is missing then.
        assert!(replay(folder.path(), 2, |_| Ok(())).unwrap().damage.is_none());
    }
}
