//! `check`: every mistake of the whole configuration, and every example of every rule.

use config::Environment;
use serde_json::json;

use crate::cli::Cli;
use crate::exit::{Failure, Outcome};
use crate::output;

/// Prints one line a mistake; 1 when there is one.
pub(crate) fn check(cli: &Cli, as_json: bool) -> Outcome {
    let at = config::find(cli.config.as_deref()).map_err(Failure::usage)?;
    let loaded = config::load(&at, &Environment::of_process());
    if as_json {
        let row = |problem: &config::Problem, severity: &str| {
            json!({
                "severity": severity,
                "file": problem.file.display().to_string(),
                "line": problem.line,
                "column": problem.column,
                "message": problem.message,
            })
        };
        let problems = loaded.problems.iter().map(|problem| row(problem, "error"));
        let warnings = loaded.warnings.iter().map(|problem| row(problem, "warning"));
        output::json_lines(&problems.chain(warnings).collect::<Vec<_>>())?;
    } else {
        for problem in &loaded.problems {
            output::line(&problem.to_string())?;
        }
        for warning in &loaded.warnings {
            output::line(&format!("warning: {warning}"))?;
        }
    }
    match (&loaded.config, loaded.problems.len()) {
        (Some(config), 0) => {
            if !as_json {
                let on = config.pipeline.sources.iter().filter(|source| source.off.is_none());
                output::line(&format!(
                    "fine: {} files, {} sources ({} on), {} alert rules, {} channels, {} digests, \
                     watchlists {}",
                    loaded.files,
                    config.pipeline.sources.len(),
                    on.count(),
                    config.pipeline.alerts.len(),
                    config.pipeline.channels.len(),
                    config.pipeline.digests.len(),
                    config.tagger.version()
                ))?;
            }
            Ok(())
        }
        (_, count) => {
            let noun = if count == 1 { "problem" } else { "problems" };
            Err(Failure::found(crate::because!("{count} {noun}")))
        }
    }
}
