//! The path of a socket, however deep its folder lies.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// Bytes that the system takes as the path of a socket, without the NUL at its end (unix(7)).
const PATH_BYTES: usize = 107;

/// A path that the system takes for the same file.
pub(crate) struct Reachable {
    pub(crate) path: PathBuf,
    /// The folder that `path` goes through; open as long as the path is used.
    _folder: Option<File>,
}

/// `name` in `folder`, by way of the open folder when the path is too long to be written out.
pub(crate) fn reachable(folder: &Path, name: &Path) -> io::Result<Reachable> {
    let path = folder.join(name);
    if path.as_os_str().len() <= PATH_BYTES {
        return Ok(Reachable { path, _folder: None });
    }
    let folder = File::open(folder)?;
    let path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
    Ok(Reachable { path, _folder: Some(folder) })
}

/// The folder that a socket lies in, and its name there.
pub(crate) fn parts(socket: &Path) -> io::Result<(&Path, &Path)> {
    let name = socket.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let folder = socket.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok((folder.unwrap_or(Path::new(".")), Path::new(name)))
}
