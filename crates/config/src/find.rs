//! Where the configuration is.

use std::path::{Path, PathBuf};

/// The places that are looked at when nothing is said, in order.
const PLACES: [&str; 2] = ["config", "/etc/stackwatch"];

/// There is no configuration where it was looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    #[error("{}: does not exist", .0.display())]
    Given(PathBuf),
    #[error(
        "there is no configuration: neither ./config nor /etc/stackwatch exists (--config names \
         another place)"
    )]
    Anywhere,
}

/// The folder or file to read: `explicit`, else `./config`, else `/etc/stackwatch`.
///
/// # Errors
/// When it does not exist.
pub fn find(explicit: Option<&Path>) -> Result<PathBuf, NotFound> {
    match explicit {
        Some(path) if path.exists() => Ok(path.to_owned()),
        Some(path) => Err(NotFound::Given(path.to_owned())),
        None => {
            let place = PLACES.iter().map(PathBuf::from).find(|place| place.exists());
            place.ok_or(NotFound::Anywhere)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_named_is_taken_or_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(Some(folder.path())), Ok(folder.path().to_owned()));
        let gone = folder.path().join("gone");
        assert_eq!(find(Some(&gone)), Err(NotFound::Given(gone.clone())));
        let text = find(Some(&gone)).unwrap_err().to_string();
        assert_eq!(text, format!("{}: does not exist", gone.display()));
    }
}
