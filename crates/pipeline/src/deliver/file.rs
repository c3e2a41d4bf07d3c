//! Channel `file`: one JSON line for each message, digests as files beside it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use futures_util::future::BoxFuture;
use serde_json::json;

use super::message::{Message, json_line};
use super::notifier::{Notifier, SendError};

/// Appends to a file in the data folder.
#[derive(Clone, Debug)]
pub struct FileNotifier {
    path: PathBuf,
}

impl FileNotifier {
    /// The file `path` inside `data`; `NotReady` when it would lie outside.
    pub fn new(data: &Path, path: &Path) -> Result<Self, SendError> {
        let inside = path.file_name().is_some()
            && path
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !inside {
            let reason = format!("{}: not a file inside the data folder", path.display());
            return Err(SendError::NotReady { reason });
        }
        Ok(Self { path: data.join(path) })
    }
}

impl Notifier for FileNotifier {
    fn knows_repetitions(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<String, SendError>> {
        Box::pin(async move {
            let (path, message) = (self.path.clone(), message.clone());
            let written = tokio::task::spawn_blocking(move || {
                write(&path, &message)
                    .map(|()| path.display().to_string())
                    .map_err(|error| SendError::not_ready(format!("{}: {error}", path.display())))
            });
            written.await.unwrap_or_else(|error| {
                Err(SendError::temporary(format!("writing was interrupted: {error}")))
            })
        })
    }
}

fn write(path: &Path, message: &Message) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut more = Vec::new();
    if !message.documents.is_empty() {
        let digests = folder.join("digests");
        std::fs::create_dir_all(&digests)?;
        let mut names = Vec::new();
        for document in &message.documents {
            replace(&digests, &document.name, document.body.as_bytes())?;
            names.push(format!("digests/{}", document.name));
        }
        more.push(("files", json!(names)));
    }
    if message.possibly_repeated {
        more.push(("possibly_repeated", json!(true)));
    }
    append(path, &json_line(&message.fields_with(&more)))
}

/// Adds a line that is on disk when this returns. A line that a crash cut short is ended first, so
/// that it spoils no other.
fn append(path: &Path, line: &str) -> io::Result<()> {
    let created = !path.exists();
    let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let torn = ends_torn(&mut file)?;
    let mut bytes = Vec::with_capacity(line.len() + 2);
    if torn {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    // One call: with O_APPEND another writer's line cannot come between.
    file.write_all(&bytes)?;
    file.sync_data()?;
    if created { sync_folder(path) } else { Ok(()) }
}

fn ends_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Writes a file whole or not at all.
fn replace(folder: &Path, name: &str, body: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    let temporary = folder.join(format!(".{name}.new"));
    let mut file = File::create(&temporary)?;
    file.write_all(body)?;
    file.sync_data()?;
    std::fs::rename(&temporary, &path)?;
    sync_folder(&path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_crash_cut_short_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        append(&path, "{\"n\":1}").unwrap();
        std::fs::write(&path, "{\"n\":1}\n{\"n\":2,\"ti").unwrap();
        append(&path, "{\"n\":3}").unwrap();
        append(&path, "{\"n\":4}").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"n\":1}\n{\"n\":2,\"ti\n{\"n\":3}\n{\"n\":4}\n");
    }

    #[test]
    fn no_path_leads_out_of_the_data_folder() {
        let data = Path::new("/var/lib/stackwatch");
        for path in ["../x", "/etc/passwd", "a/../../x", "", ".."] {
            assert!(FileNotifier::new(data, Path::new(path)).is_err(), "{path}");
        }
        assert!(FileNotifier::new(data, Path::new("out/alerts.jsonl")).is_ok());
    }
}
