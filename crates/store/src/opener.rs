//! Opening sled: pinned options, patience with its lock, no panic let through.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::OpenError;
use crate::folder::at;

/// sled's threads hold its lock for a moment after the last handle is gone.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

static SLED_ERRORS: AtomicU64 = AtomicU64::new(0);

/// For the daemon's bridge of `log`: counts what sled reports as an error, which
/// [`crate::Health::sled_errors`] shows. sled's background threads fail without telling anyone
/// else.
pub fn observe_log(target: &str, level: log::Level) {
    if level == log::Level::Error && (target == "sled" || target.starts_with("sled::")) {
        SLED_ERRORS.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) fn sled_errors() -> u64 {
    SLED_ERRORS.load(Ordering::Relaxed)
}

/// Installs a panic hook that aborts the process when one of sled's threads panics: it would go
/// on without flushing. Started again, the process recovers from the journal. Call it once, from
/// `main`.
pub fn abort_on_sled_thread_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        before(info);
        if std::thread::current().name().is_some_and(is_sled_thread) {
            tracing::error!(
                "a thread of sled panicked, stopping; if every start ends so, `stackwatch store \
                 rebuild` makes the store anew"
            );
            std::process::abort();
        }
    }));
}

fn is_sled_thread(name: &str) -> bool {
    name == "log flusher" || name.starts_with("sled-io-")
}

/// Opens the sled folder at `path`, making it if need be.
pub(crate) fn open(path: &Path, cache_bytes: u64) -> Result<sled::Db, OpenError> {
    fs::create_dir_all(path).map_err(at(path))?;
    remove_leftovers(path).map_err(at(path))?;
    let begun = Instant::now();
    loop {
        // Damaged files make sled panic where it should return an error.
        let opened = catch_unwind(AssertUnwindSafe(|| config(path, cache_bytes).open()));
        let corrupt = |reason: String| OpenError::Corrupt { path: path.to_path_buf(), reason };
        let error = match opened {
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(sled::Error::Io(error))) => error,
            Ok(Err(error)) => return Err(corrupt(error.to_string())),
            Err(panic) => return Err(corrupt(panic_text(panic.as_ref()))),
        };
        if !is_locked(&error) || begun.elapsed() > LOCK_PATIENCE {
            return Err(at(path)(error));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn config(path: &Path, cache_bytes: u64) -> sled::Config {
    sled::Config::new()
        .path(path)
        .cache_capacity(cache_bytes)
        // Drives sled's garbage collection; durability does not rest on it.
        .flush_every_ms(Some(250))
        .use_compression(false)
}

fn is_locked(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.to_string().contains("could not acquire lock")
}

/// Removes what a kill during an earlier opening left, and what the next one would trip over.
fn remove_leftovers(path: &Path) -> io::Result<()> {
    // Without a data file nothing was ever stored, and `conf` may be half written.
    if !path.join("db").exists() {
        remove_if_there(&path.join("conf"))?;
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // sled takes a half-written snapshot for the newest one (spacejam/sled#1527).
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_of_sled_itself_are_counted() {
        let before = sled_errors();
        observe_log("sled::pagecache", log::Level::Warn);
        observe_log("sledge", log::Level::Error);
        assert_eq!(sled_errors(), before);
        observe_log("sled::flusher", log::Level::Error);
        observe_log("sled", log::Level::Error);
        assert_eq!(sled_errors(), before + 2);
        assert!(is_sled_thread("log flusher") && is_sled_thread("sled-io-3"));
        assert!(!is_sled_thread("store-writer"));
    }
}
