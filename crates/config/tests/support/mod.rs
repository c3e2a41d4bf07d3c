//! Configurations written into a folder of their own, and what reading them says.

use std::fs;
use std::path::Path;

use config::{Environment, Loaded, Problem, load};

/// Everything that has to be there.
pub(crate) const SETTINGS: &str = "contact = \"https://watch.example.rs/about\"\n";

pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    /// `files` as path and text, in a folder with `config/` in it.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::create_dir(folder.path().join("config")).unwrap();
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }
    /// `text` as `config/a.toml`, which begins with the settings that have to be there.
    pub(crate) fn of(text: &str) -> Self {
        Self::with(&[("config/a.toml", text), ("config/settings.toml", SETTINGS)])
    }
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    pub(crate) fn load(&self) -> Loaded {
        self.load_with(&Environment::default())
    }
    pub(crate) fn load_with(&self, environment: &Environment) -> Loaded {
        load(&self.path().join("config"), environment)
    }
    /// As they are shown, without the temporary folder.
    pub(crate) fn lines(&self, problems: &[Problem]) -> Vec<String> {
        let folder = format!("{}/", self.path().display());
        problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
    }
    /// The problems; there is a configuration only if there are none.
    pub(crate) fn problems(&self) -> Vec<String> {
        let loaded = self.load();
        assert_eq!(loaded.config.is_some(), loaded.problems.is_empty());
        self.lines(&loaded.problems)
    }
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.lines(&self.load().warnings)
    }
}

/// Every case of a table: `config/a.toml`, and the lines that it leads to without their
/// `config/a.toml:`.
pub(crate) fn check(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        let problems = Folder::of(text).problems();
        let problems: Vec<_> =
            problems.iter().map(|line| line.trim_start_matches("config/a.toml:")).collect();
        assert_eq!(problems, *expected, "{text}");
    }
}
