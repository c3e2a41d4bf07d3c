//! The data folder: who may use it, which store in it is the live one, where the rest lies.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock, statvfs};
use rustix::io::Errno;

use crate::error::OpenError;

/// The paths below the data folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    data: PathBuf,
}

/// Held as long as the store is open; the kernel lets go of it with the process.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

/// A file error with the path that it is about.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> OpenError + '_ {
    |source| OpenError::Io { path: path.to_path_buf(), source }
}

/// Makes names that were created, renamed or removed in `path` durable.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

impl Folder {
    pub(crate) fn new(data: &Path) -> Self {
        Self { data: data.to_path_buf() }
    }

    /// Takes the folder for this process, making it if need be.
    pub(crate) fn lock(&self) -> Result<Lock, OpenError> {
        fs::create_dir_all(&self.data).map_err(at(&self.data))?;
        let path = self.data.join("LOCK");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        let mut file = options.open(&path).map_err(at(&path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut pid = String::new();
                // Only a help to whoever reads the message.
                let read = file.take(32).read_to_string(&mut pid);
                let pid = read.ok().and_then(|_| pid.trim().parse().ok());
                return Err(OpenError::Locked { data: self.data.clone(), pid });
            }
            Err(errno) => return Err(at(&path)(errno.into())),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(at(&path))?;
        Ok(Lock(file))
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.data.join("journal")
    }
    pub(crate) fn exports(&self) -> PathBuf {
        self.data.join("export")
    }
    pub(crate) fn store(&self, number: u32) -> PathBuf {
        self.data.join(store_name(number))
    }

    /// The number of the live store; of a new one in a folder that has none.
    pub(crate) fn current(&self) -> Result<u32, OpenError> {
        let path = self.data.join("CURRENT");
        let corrupt = |reason: String| OpenError::Corrupt { path: path.clone(), reason };
        match fs::read_to_string(&path) {
            Ok(text) => store_number(text.trim())
                .ok_or_else(|| corrupt(format!("`{}` names no store", text.escape_debug()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let number = match self.stores()?[..] {
                    [] => 1,
                    [only] => only,
                    _ => return Err(corrupt("missing, and there are several stores".into())),
                };
                self.set_current(number)?;
                Ok(number)
            }
            Err(error) => Err(at(&path)(error)),
        }
    }

    /// Makes `number` the live store; whole or not at all.
    pub(crate) fn set_current(&self, number: u32) -> Result<(), OpenError> {
        let temporary = self.data.join("CURRENT.tmp");
        let write = || {
            let mut file = File::create(&temporary)?;
            writeln!(file, "{}", store_name(number))?;
            file.sync_all()?;
            fs::rename(&temporary, self.data.join("CURRENT"))?;
            sync_dir(&self.data)
        };
        write().map_err(at(&temporary))
    }

    /// The numbers of all store folders, rising.
    pub(crate) fn stores(&self) -> Result<Vec<u32>, OpenError> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.data).map_err(at(&self.data))? {
            let name = entry.map_err(at(&self.data))?.file_name();
            numbers.extend(name.to_str().and_then(store_number));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Moves something aside under a name that is free, and says where it is now.
    pub(crate) fn quarantine(&self, path: &Path) -> Result<PathBuf, OpenError> {
        let folder = self.data.join("quarantine");
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let target = (1..)
            .map(|number: u32| folder.join(format!("{name}.{number}")))
            .find(|target| !target.exists())
            .expect("a free name among four thousand million");
        fs::rename(path, &target).map_err(at(path))?;
        sync_dir(&folder).map_err(at(&folder))?;
        sync_dir(&self.data).map_err(at(&self.data))?;
        Ok(target)
    }

    /// Bytes that are free to this user on the disk.
    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        let disk = statvfs(&self.data)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

fn store_name(number: u32) -> String {
    format!("store-{number:06}")
}

fn store_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("store-")?;
    let well_formed = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { digits.parse().ok() } else { None }
}

/// Bytes of all files in a folder and below, at most a few levels deep; what vanishes meanwhile
/// counts nothing.
pub(crate) fn bytes_below(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => bytes_below(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
