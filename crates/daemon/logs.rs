//! Logs on stderr, as text or JSON lines.

use std::io::IsTerminal;

use tracing::{Event, Subscriber};
use tracing_log::{AsLog as _, NormalizeEvent as _};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use crate::cli::LogFormat;
use crate::exit::Failure;

/// Starts logging. sled speaks through `log` only, and far too much: it is held to warnings.
pub(crate) fn start(filter: Option<&str>, default: &str, format: LogFormat) -> Result<(), Failure> {
    let directives = format!("{},sled=warn", filter.unwrap_or(default));
    let filter = EnvFilter::try_new(&directives)
        .map_err(|error| Failure::usage(crate::because!("--log {directives}: {error}")))?;
    let ansi = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(ansi);
    let lines = match format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines)
        .with(SledErrors)
        .with(filter)
        .try_init()
        .map_err(|error| Failure::usage(crate::because!("logging: {error}")))
}

/// Counts what sled logs as an error: it reports failures of its background work nowhere else.
struct SledErrors;

impl<S: Subscriber> Layer<S> for SledErrors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let normal = event.normalized_metadata();
        let metadata = normal.as_ref().unwrap_or_else(|| event.metadata());
        store::observe_log(metadata.target(), metadata.level().as_log());
    }
}
