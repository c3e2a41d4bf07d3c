//! Finding and reading the files of a folder, whatever lies in it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::document::Document;
use crate::problem::Report;

/// The largest file in bytes: the shipped catalogue has 40 KiB.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
const MAX_FILES: usize = 1000;
const MAX_DEPTH: usize = 8;

/// Reads the file `at`, or every `*.toml` in the folder `at` and below it, by name.
pub(crate) fn read(at: &Path, report: &Report) -> Vec<Document> {
    let mut reader = Reader { report, visited: BTreeSet::new(), documents: Vec::new() };
    match fs::metadata(at) {
        Ok(found) if found.is_dir() => {
            let before = report.count();
            reader.folder(at, 0);
            if reader.documents.is_empty() && report.count() == before {
                report.whole(at, "there is no *.toml file in this folder");
            }
        }
        Ok(_) => reader.file(at),
        Err(error) => report.whole(at, reason(&error)),
    }
    reader.documents
}

struct Reader<'r> {
    report: &'r Report,
    /// Folders as they really are: a link that leads back to one would go round for ever.
    visited: BTreeSet<PathBuf>,
    documents: Vec<Document>,
}

impl Reader<'_> {
    fn folder(&mut self, at: &Path, depth: usize) {
        if depth > MAX_DEPTH {
            let message = format!("folders are nested more than {MAX_DEPTH} deep");
            return self.report.whole(at, message);
        }
        let real = fs::canonicalize(at).unwrap_or_else(|_| at.to_owned());
        if !self.visited.insert(real) {
            return self.report.whole(at, "leads to a folder that is read already");
        }
        let names = match names(at) {
            Ok(names) => names,
            Err(error) => return self.report.whole(at, reason(&error)),
        };
        for name in names {
            let path = at.join(&name);
            let is_toml = path.extension().is_some_and(|extension| extension == "toml");
            match fs::metadata(&path) {
                Ok(found) if found.is_dir() => self.folder(&path, depth + 1),
                _ if !is_toml => {}
                Ok(_) if self.documents.len() >= MAX_FILES => {
                    let message = format!("more than {MAX_FILES} files: the rest is not read");
                    return self.report.whole(at, message);
                }
                Ok(_) => self.file(&path),
                Err(error) => self.report.whole(&path, reason(&error)),
            }
        }
    }

    fn file(&mut self, path: &Path) {
        match text(path) {
            Ok(text) => {
                let folder = match path.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
                    _ => PathBuf::from("."),
                };
                let document = Document::new(path.to_owned(), folder, text, self.report);
                self.documents.push(document);
            }
            Err(message) => self.report.whole(path, message),
        }
    }
}

/// The names in a folder in order; hidden ones are left out: editors and `ConfigMap`s keep their
/// own affairs there.
fn names(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn text(path: &Path) -> Result<String, String> {
    // Before it is opened: opening a pipe waits for someone at the other end.
    let found = fs::metadata(path).map_err(|error| reason(&error))?;
    if !found.is_file() {
        return Err("is not a regular file".into());
    }
    let file = fs::File::open(path).map_err(|error| reason(&error))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("is larger than {} MiB", MAX_FILE_BYTES >> 20));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|&&b| b == b'\n').count() + 1;
        format!("is not UTF-8: line {line} has a byte that cannot be read")
    })
}

/// What the system says, without its numbers.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".into(),
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".into(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            format!("cannot be read: {}", text.to_lowercase())
        }
    }
}

/// `path` without detours through `..`, where that leads to the same place: for people to read.
pub(crate) fn tidy(path: PathBuf) -> PathBuf {
    let mut short = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(short.components().next_back(), Some(Component::Normal(_))) =>
            {
                short.pop();
            }
            part => short.push(part),
        }
    }
    if short.as_os_str().is_empty() {
        short.push(".");
    }
    let same = match (fs::canonicalize(&short), fs::canonicalize(&path)) {
        (Ok(short), Ok(long)) => short == long,
        _ => false,
    };
    if same { short } else { path }
}

/// The absolute form of a path that stands in a file of `folder` and need not exist yet.
pub(crate) fn absolute(folder: &Path, path: &str) -> PathBuf {
    // The folder as it really is, so that `..` goes where the system would go.
    let mut absolute = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    for part in Path::new(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                absolute.pop();
            }
            part => absolute.push(part),
        }
    }
    absolute
}
