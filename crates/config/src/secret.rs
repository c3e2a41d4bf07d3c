//! Secrets: named in the configuration, never written there.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use pipeline::{Secret, SecretRef};

use crate::files;
use crate::table::Placed;

/// The longest secret in bytes.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// The secret that `text` names; a text that names none is refused and not repeated. `used_by`
/// says what stays red while the secret is missing.
pub(crate) fn secret(text: Placed<'_, String>, used_by: &str) -> Option<Secret> {
    let Some(from) = reference(&text) else {
        let message = format!(
            "`{}`: a secret is not written into the configuration: use \"env:NAME\" or \
             \"file:PATH\"",
            text.here.key
        );
        text.here.bare_problem(message);
        return None;
    };
    let value = resolve(&from, &text);
    if let Err(missing) = &value {
        text.here.warning(format!("{missing}: {used_by} stays red"));
    }
    Some(Secret::new(from, value))
}

/// A value that may be a secret, or plain.
pub(crate) fn secret_or_plain(text: Placed<'_, String>, used_by: &str) -> Option<Secret> {
    match reference(&text) {
        Some(_) => secret(text, used_by),
        None => Some(Secret::new(SecretRef::Plain, Ok(text.value))),
    }
}

fn reference(text: &Placed<'_, String>) -> Option<SecretRef> {
    if let Some(name) = text.value.strip_prefix("env:") {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let is_name = !name.is_empty() && name.bytes().all(fits);
        return is_name.then(|| SecretRef::Env(name.to_owned()));
    }
    let path = text.value.strip_prefix("file:").filter(|path| !path.is_empty())?;
    let folder = &text.here.cx.document.folder;
    Some(SecretRef::File(files::absolute(folder, path)))
}

fn resolve(from: &SecretRef, text: &Placed<'_, String>) -> Result<String, String> {
    let value = match from {
        SecretRef::Env(name) => {
            let value = text.here.cx.environment.get(name).map(str::to_owned);
            value.ok_or_else(|| format!("the environment variable {name} is not set"))?
        }
        SecretRef::File(path) => {
            if is_open_to_all(path) {
                let path = path.display();
                let message = format!("{path} can be read by everybody here: chmod o-rwx");
                text.here.warning(message);
            }
            read(path).map_err(|why| format!("the secret's file {} {why}", path.display()))?
        }
        SecretRef::Plain => text.value.clone(),
    };
    if value.chars().any(char::is_control) {
        return Err("the secret has control characters in it".into());
    }
    Ok(value)
}

/// The file's text without the newline that editors and `echo` add.
fn read(path: &Path) -> Result<String, String> {
    let found = fs::metadata(path).map_err(|error| files::reason(&error))?;
    if !found.is_file() {
        return Err("is not a regular file".into());
    }
    let file = fs::File::open(path).map_err(|error| files::reason(&error))?;
    let mut text = String::new();
    let read = file.take(MAX_SECRET_BYTES + 1).read_to_string(&mut text);
    read.map_err(|_| "cannot be read as text")?;
    if text.len() as u64 > MAX_SECRET_BYTES {
        return Err(format!("is larger than {MAX_SECRET_BYTES} bytes"));
    }
    let value = text.trim_end_matches(['\n', '\r']);
    if value.is_empty() { Err("is empty".into()) } else { Ok(value.to_owned()) }
}

#[cfg(unix)]
fn is_open_to_all(path: &PathBuf) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_: &PathBuf) -> bool {
    false
}
