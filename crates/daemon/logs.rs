//! Logs on stderr, as text or JSON lines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;
use crate::exit::Failure;

/// Starts logging. sled speaks through `log` only, and far too much: it is held to warnings.
pub(crate) fn start(filter: Option<&str>, default: &str, format: LogFormat) -> Result<(), Failure> {
    let directives = format!("{},sled=warn", filter.unwrap_or(default));
    let filter = EnvFilter::try_new(&directives)
        .map_err(|error| Failure::usage(crate::because!("--log {directives}: {error}")))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Failure::usage(crate::because!("logging: {error}")))
}
