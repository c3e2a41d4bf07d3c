//! `quarantine`: what could not be read, and another try.

use console::QuarantineRetry;
use console::query::{self, QuarantineQuery, query_string};
use console::rows::{QuarantineDetail, QuarantineRow};
use model::QuarantineId;
use pipeline::quarantine::Retried;
use serde_json::{Value, json};

use crate::cli::{Cli, QuarantineCommand};
use crate::command::reads::{id, local};
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::reach::{Reach, failure, refused};
use crate::{output, tell};

pub(crate) async fn quarantine(cli: &Cli, command: &QuarantineCommand) -> Outcome {
    let at = Installation::load(cli)?;
    match command {
        QuarantineCommand::List { source, limit, json } => {
            let source = source.as_deref().map(id).transpose()?;
            list(&at, QuarantineQuery { source, limit: Some(*limit) }, *json).await
        }
        QuarantineCommand::Show { id, json } => show(&at, parsed(id)?, *json).await,
        QuarantineCommand::Retry { id: one, source, json } => {
            let one = one.as_deref().map(parsed).transpose()?;
            let source = source.as_deref().map(id).transpose()?;
            retry(&at, QuarantineRetry { id: one, source }, *json).await
        }
    }
}

fn parsed(text: &str) -> Result<QuarantineId, Failure> {
    text.parse().map_err(|error: String| Failure::usage(crate::because!("{error}")))
}

async fn list(at: &Installation, query: QuarantineQuery, as_json: bool) -> Outcome {
    let reach = Reach::find(at).await?;
    let rows: Vec<QuarantineRow> =
        reach.ask("/api/quarantine", &query, |store| query::quarantine(store, &query)).await?;
    reach.close().await?;
    if as_json {
        return output::json_lines(&rows);
    }
    if rows.is_empty() {
        return output::line("nothing is in quarantine");
    }
    let cells = rows.iter().map(|QuarantineRow { id, document: row }| {
        vec![
            local(at, row.last),
            id.to_string(),
            row.source.to_string(),
            row.times.to_string(),
            if row.rejected > 0 { format!("{} entries", row.rejected) } else { "all of it".into() },
            row.reason.clone(),
        ]
    });
    output::table(&["last", "id", "source", "times", "unread", "reason"], cells.collect())?;
    output::line("`quarantine show ID` shows one as it came; `quarantine retry` reads them again")
}

async fn show(at: &Installation, id: QuarantineId, as_json: bool) -> Outcome {
    let reach = Reach::find(at).await?;
    let path = format!("/api/quarantine/{id}");
    let detail: QuarantineDetail =
        reach.ask(&path, &json!({}), |store| query::quarantined(store, id)).await?;
    reach.close().await?;
    if as_json {
        return output::json(&detail);
    }
    let QuarantineDetail { row: QuarantineRow { document: row, .. }, beginning } = detail;
    output::line(&format!("{id} from `{}` ({})", row.source, row.connector))?;
    output::line(&format!("{} answered {}, {}", row.url, row.status, {
        output::or_dash(row.content_type.as_ref())
    }))?;
    let (first, last) = (local(at, row.first), local(at, row.last));
    let times = match row.times {
        1 => format!("came once, {last}"),
        times => format!("came {times} times, first {first}, last {last}"),
    };
    output::line(&times)?;
    output::line(&format!("reason: {}", row.reason))?;
    for problem in &row.problems {
        output::line(&format!("  {}: {}", problem.at, problem.reason))?;
    }
    let whole =
        if row.kept < row.bytes { format!(", {} are kept", row.kept) } else { String::new() };
    output::line(&format!("{} bytes{whole}; it begins:", row.bytes))?;
    for line in beginning.lines() {
        output::line(&format!("    {line}"))?;
    }
    Ok(())
}

async fn retry(at: &Installation, which: QuarantineRetry, as_json: bool) -> Outcome {
    let answer: Value = match Reach::find(at).await? {
        Reach::Daemon(client) => {
            let path = format!("/api/quarantine/retry?{}", query_string(&which));
            client.post_json(&path).await.map_err(refused)?
        }
        Reach::Local(store) => {
            // Alerts stay in the outbox for the next `run`.
            let cx = tell::context(at, store.clone()).map_err(Failure::io)?;
            let answer = tell::retry_quarantine(&cx, which).await.map_err(failure);
            store.shutdown().map_err(Failure::io)?;
            answer?
        }
    };
    let done: Vec<Retried> = serde_json::from_value(answer).map_err(Failure::io)?;
    if as_json {
        return output::json_lines(&done);
    }
    if done.is_empty() {
        return output::line("nothing is in quarantine");
    }
    for one in &done {
        let counts = one.counts;
        let said = match &one.error {
            None => "read whole".to_owned(),
            Some(reason) if counts.seen == 0 => {
                output::line(&format!(
                    "{} of `{}`: still unreadable: {reason}",
                    one.id, one.source
                ))?;
                continue;
            }
            Some(reason) => format!("stays, some of it is still unreadable: {reason}"),
        };
        output::line(&format!(
            "{} of `{}`: {said}; {} entries, {} new, {} alerts, {} held",
            one.id, one.source, counts.seen, counts.new, one.alerts, one.held
        ))?;
    }
    output::line(
        "What was kept was read again with this version's readers; no site was asked, polls do \
         that. What stays is kept for another version, and dropped when it is old.",
    )
}
