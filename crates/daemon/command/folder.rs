//! A folder of files that is read as one document.

use std::path::{Path, PathBuf};

use model::Problem;

use crate::exit::{Failure, Outcome};

/// Most files of one folder.
const FILES: usize = 20_000;
/// The deepest folder inside a folder.
const FOLDERS: usize = 16;

/// A file by its path in its folder, and what it came to: a problem where it could not be read.
type Read<T> = (String, Result<T, Problem>);

/// What every file of `folder` and of those in it came to, in the order of their paths.
pub(crate) fn read_each<T>(
    folder: &Path,
    mut read: impl FnMut(&Path) -> Result<T, Failure>,
) -> Result<Vec<Read<T>>, Failure> {
    let paths = files_of(folder)?;
    let one = |path: &PathBuf| {
        let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let unread = |failure: Failure| Problem { at: name.clone(), reason: failure.to_string() };
        let parsed = read(path).map_err(unread);
        (name, parsed)
    };
    Ok(paths.iter().map(one).collect())
}

/// Problems of one file of a folder, with its name in their places.
pub(crate) fn within(name: &str, problems: Vec<Problem>) -> impl Iterator<Item = Problem> {
    let problems = problems.into_iter();
    problems.map(move |problem| Problem { at: format!("{name}: {}", problem.at), ..problem })
}

/// The files of a folder and of those in it, in the order of their paths.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    collect(folder, FOLDERS, &mut files)?;
    files.sort();
    Ok(files)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Outcome {
    let fail = |error: std::io::Error| {
        Failure::io(anyhow::Error::new(error).context(folder.display().to_string()))
    };
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let kind = entry.file_type().map_err(fail)?;
        if kind.is_dir() && depth > 1 {
            collect(&entry.path(), depth - 1, files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
        if files.len() > FILES {
            let error = crate::because!("{} holds more than {FILES} files", folder.display());
            return Err(Failure::found(error));
        }
    }
    Ok(())
}
