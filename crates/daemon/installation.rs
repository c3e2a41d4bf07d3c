//! The configuration that a command works with, and the shipped watchlists inside the binary.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use config::{Config, Environment};

use crate::cli::Cli;
use crate::exit::Failure;

/// A configuration without a mistake, and where it was read.
pub(crate) struct Installation {
    pub(crate) config: Config,
    pub(crate) at: PathBuf,
    /// What the command line puts in the place of the configured data folder.
    pub(crate) data: Option<PathBuf>,
    warnings: Vec<config::Problem>,
}

impl Installation {
    /// Finds and reads the configuration; each mistake goes to stderr on a line of its own.
    pub(crate) fn load(cli: &Cli) -> Result<Self, Failure> {
        let at = config::find(cli.config.as_deref()).map_err(Failure::usage)?;
        Self::load_at(&at, cli.data.as_deref())
    }

    /// Reads the configuration at `at`; `data` replaces the data folder it names.
    pub(crate) fn load_at(at: &Path, data: Option<&Path>) -> Result<Self, Failure> {
        let loaded = config::load(at, &Environment::of_process());
        report(&loaded.problems);
        let Some(config) = loaded.config else {
            let count = loaded.problems.len();
            let noun = if count == 1 { "problem" } else { "problems" };
            return Err(Failure::usage(crate::because!("{count} {noun}; nothing was started")));
        };
        let mut installation = Self {
            config,
            at: at.to_owned(),
            data: data.map(Path::to_owned),
            warnings: loaded.warnings,
        };
        installation.move_data();
        crate::memory::give_back();
        Ok(installation)
    }

    /// Reads it again, for a reload: the same place, the same data folder.
    pub(crate) fn again(&self) -> Result<Self, Failure> {
        Self::load_at(&self.at, self.data.as_deref())
    }

    /// Says what is doubtful, though it is no mistake: when something is started on it.
    pub(crate) fn warn(&self) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
        if self.config.keep != config::Keep::default() {
            tracing::warn!("[keep]: this version deletes nothing yet, whatever is set there");
        }
    }

    fn move_data(&mut self) {
        if let Some(data) = &self.data {
            let config = &mut self.config;
            config.data.clone_from(data);
            config.store.data.clone_from(data);
            Arc::make_mut(&mut config.pipeline).data.clone_from(data);
            Arc::make_mut(&mut config.console).socket = data.join("stackwatch.sock");
        }
    }
}

pub(crate) fn report(problems: &[config::Problem]) {
    for problem in problems {
        complain(&problem.to_string());
    }
}

/// One line on stderr, beside the log.
pub(crate) fn complain(line: &str) {
    use std::io::Write as _;
    // Nobody is left to be told when stderr is gone.
    drop(writeln!(std::io::stderr(), "{}", model::terminal_safe(line)));
}

/// The watchlists as they are shipped, by file name.
pub(crate) const WATCHLISTS: &[(&str, &str)] = &[
    ("vendors.toml", include_str!("../../watchlists/vendors.toml")),
    ("layers.toml", include_str!("../../watchlists/layers.toml")),
    ("events.toml", include_str!("../../watchlists/events.toml")),
    ("counterparties.toml", include_str!("../../watchlists/counterparties.toml")),
    ("places.toml", include_str!("../../watchlists/places.toml")),
    ("origins.toml", include_str!("../../watchlists/origins.toml")),
];

/// Writes a configuration of its own into `folder`: the shipped watchlists, no sources.
pub(crate) fn write_shipped(folder: &Path, stackwatch_toml: &str) -> std::io::Result<PathBuf> {
    let watchlists = folder.join("watchlists");
    std::fs::create_dir_all(&watchlists)?;
    for (name, text) in WATCHLISTS {
        std::fs::write(watchlists.join(name), text)?;
    }
    let config = folder.join("config");
    std::fs::create_dir_all(&config)?;
    std::fs::write(config.join("stackwatch.toml"), stackwatch_toml)?;
    Ok(config)
}
