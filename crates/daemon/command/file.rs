//! Local files, bounded.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::Context as _;

use crate::exit::Failure;

/// Largest local file that is read.
const FILE_BYTES: u64 = 512 << 20;

/// The bytes of a file; `-` is stdin.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_BYTES + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| path.display().to_string()).map_err(Failure::io)?;
    if bytes.len() as u64 > FILE_BYTES {
        let error = crate::because!("{} is larger than {} MiB", path.display(), FILE_BYTES >> 20);
        return Err(Failure::found(error));
    }
    Ok(bytes)
}
