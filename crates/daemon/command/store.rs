//! `store`: figures, verification, exports, rebuilding.

use serde_json::Value;

use crate::cli::{Cli, StoreCommand};
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::output;
use crate::reach::{cannot_open, daemon, open, refused};

pub(crate) async fn store(cli: &Cli, command: &StoreCommand) -> Outcome {
    let at = Installation::load(cli)?;
    match command {
        StoreCommand::Stats(args) => stats(&at, args.json).await,
        StoreCommand::Verify(args) => verify(&at, args.json).await,
        StoreCommand::Export { to } => export(&at, to.as_deref()).await,
        StoreCommand::Rebuild => rebuild(&at).await,
    }
}

async fn stats(at: &Installation, json: bool) -> Outcome {
    let stats: Value = match daemon(at).await? {
        Some(client) => client.get_json("/api/store/stats").await.map_err(refused)?,
        None => {
            let store = open(at).await?;
            let stats = store.stats().map_err(Failure::io)?;
            store.shutdown().map_err(Failure::io)?;
            serde_json::to_value(stats).map_err(Failure::io)?
        }
    };
    if json {
        return output::json(&stats);
    }
    show(&stats, "")
}

/// Nested figures, one a line.
fn show(value: &Value, name: &str) -> Outcome {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                show(value, &name)?;
            }
            Ok(())
        }
        Value::Array(rows) => {
            for (at, row) in rows.iter().enumerate() {
                let label = row.get("table").or_else(|| row.get("name")).and_then(Value::as_str);
                let label = label.map_or_else(|| at.to_string(), str::to_owned);
                show(row, &format!("{name}.{label}"))?;
            }
            Ok(())
        }
        Value::String(text) => output::line(&format!("{name:<40} {text}")),
        other => output::line(&format!("{name:<40} {other}")),
    }
}

async fn verify(at: &Installation, json: bool) -> Outcome {
    let findings: Vec<Value> = match daemon(at).await? {
        Some(client) => client.get_json("/api/store/verify").await.map_err(refused)?,
        None => {
            let store = open(at).await?;
            let findings = store.verify().map_err(Failure::io)?;
            store.shutdown().map_err(Failure::io)?;
            let values = findings.iter().map(serde_json::to_value);
            values.collect::<Result<_, _>>().map_err(Failure::io)?
        }
    };
    if json {
        output::json_lines(&findings)?;
    } else {
        for finding in &findings {
            output::line(&finding.to_string())?;
        }
    }
    if !findings.is_empty() {
        return Err(Failure::found(crate::because!("{} findings", findings.len())));
    }
    if json {
        Ok(())
    } else {
        output::line("fine: every index has its record and every record its indexes")
    }
}

async fn export(at: &Installation, to: Option<&std::path::Path>) -> Outcome {
    let report: Value = match daemon(at).await? {
        Some(_) if to.is_some() => {
            return Err(Failure::usage(crate::because!(
                "a running daemon exports into its data folder: leave --to away"
            )));
        }
        Some(client) => client.post_json("/api/store/export").await.map_err(refused)?,
        None => {
            let store = open(at).await?;
            let report = store.export(to).map_err(Failure::io)?;
            store.shutdown().map_err(Failure::io)?;
            serde_json::to_value(report).map_err(Failure::io)?
        }
    };
    output::json(&report)
}

async fn rebuild(at: &Installation) -> Outcome {
    let settings = at.config.store.clone();
    let report = tokio::task::spawn_blocking(move || ::store::rebuild(&settings))
        .await
        .map_err(Failure::io)?
        .map_err(cannot_open)?;
    output::json(&report)
}
