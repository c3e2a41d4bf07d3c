//! `parse entities`: an entity list from a file, or from a folder of files that belong together.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use connector::Document;
use connector::entities::{Columns, EntityRules, Named, parse_entities};

use crate::because;
use crate::cli::ParseArgs;
use crate::command::file;
use crate::exit::{Failure, Outcome};
use crate::output;

/// Files of one folder: OFAC's set has four.
const FILES: usize = 200;
/// Rows that people are shown of a list.
const ROWS: usize = 50;

pub(crate) fn entities(args: &ParseArgs) -> Outcome {
    let rules = rules(args)?;
    let mut bytes = Vec::new();
    for path in paths(&args.file)? {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        bytes.push((name, file::read(&path)?));
    }
    let files: Vec<Named<Document<'_>>> = bytes
        .iter()
        .map(|(name, bytes)| Named {
            name: name.clone(),
            value: Document {
                bytes,
                content_type: args.content_type.as_deref(),
                base_url: args.base_url.as_deref(),
            },
        })
        .collect();
    let list = parse_entities(&rules, &files).map_err(|error| {
        Failure::found(anyhow::Error::new(error).context(args.file.display().to_string()))
    })?;
    if args.json {
        return output::json(&list);
    }
    let title = list.title.as_deref().unwrap_or(&list.list);
    output::line(&format!(
        "{}: {title}, {} items of {} records ({} joined, {} skipped, {} rejected){}",
        list.format,
        list.items.len(),
        list.records,
        list.joined,
        list.skips,
        list.rejected,
        if list.complete { "" } else { "; NOT COMPLETE" },
    ))?;
    let rows = list.items.iter().take(ROWS).map(|item| {
        vec![
            item.list.clone(),
            item.entity_id.clone(),
            item.name.clone(),
            item.countries.join(" "),
            output::or_dash(item.listed.as_ref()),
        ]
    });
    output::table(&["list", "id", "name", "countries", "listed"], rows.collect())?;
    if list.items.len() > ROWS {
        output::line(&format!("and {} more: --json prints all", list.items.len() - ROWS))?;
    }
    for skipped in list.skipped.iter().take(ROWS) {
        output::line(&format!("skipped {}: {}", skipped.at, skipped.reason))?;
    }
    for problem in list.problems.iter().take(ROWS) {
        output::line(&format!("problem at {}: {}", problem.at, problem.reason))?;
    }
    match &list.next {
        Some(next) => output::line(&format!("next: {next}")),
        None => Ok(()),
    }
}

fn rules(args: &ParseArgs) -> Result<EntityRules, Failure> {
    let format = args.format.as_deref().map(str::parse).transpose().map_err(Failure::usage)?;
    let mut pairs = Vec::new();
    for pair in &args.columns {
        let pair = pair.split_once('=');
        pairs.push(pair.ok_or_else(|| Failure::usage(because!("--column wants FIELD=COLUMN")))?);
    }
    let columns = Columns::new(pairs.iter().copied()).map_err(Failure::usage)?;
    Ok(EntityRules {
        format,
        list: args.list.clone(),
        columns: (!pairs.is_empty()).then_some(columns),
        delimiter: None,
        array: args.array.clone(),
    })
}

/// The file, or the files of the folder by name.
pub(crate) fn paths(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).with_context(|| path.display().to_string());
    let mut found = Vec::new();
    for entry in entries.map_err(Failure::io)? {
        let file = entry.map_err(Failure::io)?.path();
        let hidden = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if file.is_file() && !hidden {
            found.push(file);
        }
        if found.len() > FILES {
            let error = because!("{} holds more than {FILES} files", path.display());
            return Err(Failure::found(error));
        }
    }
    found.sort();
    Ok(found)
}
