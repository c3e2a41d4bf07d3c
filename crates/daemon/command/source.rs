//! `source`: the catalogue, one source on trial, and its exchange with feed readers.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use connector::Document;
use model::{SourceId, canonical_url};
use pipeline::{Context, SystemClock};
use serde_json::{Value, json};
use store::Store;

use crate::cli::{Cli, SourceCommand};
use crate::command::{file, reads};
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::{output, reach, tell};

pub(crate) async fn source(cli: &Cli, command: &SourceCommand) -> Outcome {
    match command {
        SourceCommand::List(args) => reads::sources(cli, args.json).await,
        SourceCommand::Test { id, json } => test(cli, id, *json).await,
        SourceCommand::Import { file, dry_run, json } => import(cli, file, *dry_run, *json),
        SourceCommand::Export => export(cli),
        SourceCommand::Accept { id } => accept(cli, id).await,
        SourceCommand::ImportFile { id, file, json } => import_file(cli, id, file, *json).await,
    }
}

/// Brings a file to a source by hand.
async fn import_file(cli: &Cli, id: &str, file: &Path, json: bool) -> Outcome {
    let at = Installation::load(cli)?;
    let source: SourceId = id.parse().map_err(Failure::usage)?;
    // The daemon may stand in another folder.
    let file = std::path::absolute(file).map_err(Failure::io)?;
    let report = match reach::daemon(&at).await? {
        Some(client) => {
            let query =
                console::query::query_string(&json!({ "path": file.display().to_string() }));
            let path = format!("/api/sources/{source}/import?{query}");
            client.post_json(&path).await.map_err(reach::refused)?
        }
        None => {
            let store = reach::open(&at).await?;
            let cx = tell::context(&at, store.clone()).map_err(Failure::io)?;
            let report = tell::import_file(&cx, &source, &file).await;
            store.shutdown().map_err(Failure::io)?;
            report.map_err(reach::failure)?
        }
    };
    if json {
        return output::json(&report);
    }
    let counts = &report["counts"];
    output::line(&format!(
        "{source}: {} entries, {} new, {} revised, {} unchanged, {} rejected; alerts: {} raised, \
         {} held",
        counts["seen"],
        counts["new"],
        counts["revised"],
        counts["unchanged"],
        counts["rejected"],
        report["alerts"],
        report["held"]
    ))?;
    for problem in report["problems"].as_array().into_iter().flatten().take(50) {
        let (at, reason) = (&problem["at"], &problem["reason"]);
        output::line(&format!("problem at {at}: {reason}"))?;
    }
    Ok(())
}

/// Waives the guards of an entity list for one download.
async fn accept(cli: &Cli, id: &str) -> Outcome {
    let at = Installation::load(cli)?;
    let source: SourceId = id.parse().map_err(Failure::usage)?;
    match reach::daemon(&at).await? {
        Some(client) => {
            let path = format!("/api/sources/{source}/accept");
            let _: Value = client.post_json(&path).await.map_err(reach::refused)?;
        }
        None => {
            let store = reach::open(&at).await?;
            let settings = &at.config.pipeline;
            let accepted = tell::accept_list(&store, settings, &SystemClock, source.clone()).await;
            store.shutdown().map_err(Failure::io)?;
            accepted.map_err(reach::failure)?;
        }
    }
    output::line(&format!(
        "the next download of `{source}` is taken as it comes, whatever its size; after that its \
         guards hold again"
    ))
}

/// Fetches one source and prints what it would store; off ones too.
async fn test(cli: &Cli, id: &str, json: bool) -> Outcome {
    let at = Installation::load(cli)?;
    let source = at.config.pipeline.sources.iter().find(|source| source.id.as_str() == id);
    let Some(source) = source.cloned() else {
        return Err(Failure::usage(crate::because!("no source `{id}` is configured")));
    };
    let cx = Context {
        store: Store::in_memory(),
        fetcher: fetch::Fetcher::new(at.config.fetch.clone()).map_err(Failure::io)?,
        tagger: at.config.tagger.clone(),
        settings: Arc::clone(&at.config.pipeline),
        clock: Arc::new(SystemClock),
    };
    let rehearsal = pipeline::rehearse(&cx, &source).await.map_err(Failure::io)?;
    let report = &rehearsal.report;
    if json {
        let items: Vec<_> = rehearsal
            .items
            .into_iter()
            .map(|item| console::rows::ItemRow::new(item, None, None))
            .collect();
        output::json(&json!({
            "source": source.id, "url": source.url, "title": rehearsal.title,
            "outcome": report.outcome, "status": report.status, "error": report.error,
            "bytes": report.bytes, "millis": report.millis, "counts": report.counts,
            "problems": report.problems, "items": items,
        }))?;
    } else {
        output::line(&format!("{} {}", source.id, source.url))?;
        let cells = rehearsal.items.iter().map(|item| {
            vec![
                output::or_dash(item.published.or(item.updated)),
                reads::title(item.title.as_deref(), item.url.as_deref()),
                reads::tag_words(&item.tags),
            ]
        });
        output::table(&["published", "title", "tags"], cells.collect())?;
        for problem in &report.problems {
            output::line(&format!("problem at {}: {}", problem.at, problem.reason))?;
        }
        let counts = report.counts;
        output::line(&format!(
            "{}: {} entries, {} rejected, {} bytes in {} ms",
            report.outcome, counts.seen, counts.rejected, report.bytes, report.millis
        ))?;
    }
    match &report.error {
        None => Ok(()),
        Some(error) => Err(Failure::found(crate::because!("{error}"))),
    }
}

/// Reads an OPML list; without `--dry-run` the feeds that are new become sources, switched off
/// until someone has looked at them.
fn import(cli: &Cli, path: &Path, dry_run: bool, json: bool) -> Outcome {
    let bytes = file::read(path)?;
    let document = Document { bytes: &bytes, content_type: None, base_url: None };
    let list = connector::opml::parse(&document).map_err(|error| {
        Failure::found(anyhow::Error::new(error).context(path.display().to_string()))
    })?;
    if dry_run {
        if json {
            let feeds: Vec<_> = list
                .feeds
                .iter()
                .map(|feed| json!({ "url": feed.url, "title": feed.title }))
                .collect();
            return output::json(&json!({ "feeds": feeds }));
        }
        let cells = list
            .feeds
            .iter()
            .map(|feed| vec![feed.url.clone(), output::or_dash(feed.title.as_ref())]);
        return output::table(&["url", "title"], cells.collect());
    }
    let at = Installation::load(cli)?;
    if !at.at.is_dir() {
        let name = at.at.display();
        return Err(Failure::usage(crate::because!("{name} is one file: import needs a folder")));
    }
    let taken = Taken::of(&at);
    let (text, added, known) = as_sources(&list.feeds, taken);
    if added == 0 {
        return output::line(&format!(
            "nothing to add: {known} of {} feeds are sources already",
            list.feeds.len()
        ));
    }
    let target = at.at.join("sources").join("imported.toml");
    append(&target, &text)?;
    if let Err(error) = Installation::load_at(&at.at, None) {
        let name = target.display();
        return Err(Failure::usage(crate::because!(
            "{name} was written, but it is not right yet: {error}"
        )));
    }
    output::line(&format!(
        "{added} sources added to {}, all off (\"imported, not looked at yet\"): remove `off` from \
         those that you want; {known} were there already",
        target.display()
    ))
}

/// Ids and addresses that are in use.
struct Taken {
    ids: HashSet<String>,
    urls: HashSet<String>,
}

impl Taken {
    fn of(at: &Installation) -> Self {
        let sources = &at.config.pipeline.sources;
        Self {
            ids: sources.iter().map(|source| source.id.to_string()).collect(),
            urls: sources.iter().filter_map(|s| canonical_url(s.url.as_str(), &[])).collect(),
        }
    }
}

fn as_sources(feeds: &[connector::opml::OpmlFeed], mut taken: Taken) -> (String, usize, usize) {
    let (mut text, mut added, mut known) = (String::new(), 0, 0);
    for feed in feeds {
        let Ok(url) = feed.url.parse::<model::HttpUrl>() else { continue };
        let Some(canonical) = canonical_url(url.as_str(), &[]) else { continue };
        if !taken.urls.insert(canonical) {
            known += 1;
            continue;
        }
        let name = feed.title.as_deref().map_or_else(|| url.host().to_owned(), model::one_line);
        let id = free_id(&name, url.host(), &mut taken.ids);
        text.push_str(&format!(
            "\n[source.{id}]\nname     = {}\nfeed.url = {}\nevery    = \"60m\"\n\
             category = \"imported\"\noff      = \"imported, not looked at yet\"\n",
            quoted(&name),
            quoted(url.as_str())
        ));
        added += 1;
    }
    (text, added, known)
}

fn free_id(name: &str, host: &str, ids: &mut HashSet<String>) -> String {
    let slug = |text: &str| {
        let mut slug = String::new();
        for c in text.to_ascii_lowercase().chars() {
            match c {
                'a'..='z' | '0'..='9' => slug.push(c),
                _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
                _ => {}
            }
        }
        slug.truncate(48);
        slug.trim_end_matches('-').to_owned()
    };
    let base = Some(slug(name)).filter(|slug| slug.len() >= 2).unwrap_or_else(|| slug(host));
    let mut id = base.clone();
    let mut number = 2;
    while !ids.insert(id.clone()) {
        id = format!("{base}-{number}");
        number += 1;
    }
    id
}

/// A TOML basic string (TOML 1.0, section "String").
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn append(path: &Path, text: &str) -> Outcome {
    let context = |error: std::io::Error| {
        Failure::io(anyhow::Error::new(error).context(path.display().to_string()))
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(context)?;
    }
    let mut file =
        std::fs::OpenOptions::new().create(true).append(true).open(path).map_err(context)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(context)
}

/// The feeds as OPML, for a feed reader.
fn export(cli: &Cli) -> Outcome {
    let at = Installation::load(cli)?;
    let feeds: Vec<_> = at
        .config
        .pipeline
        .sources
        .iter()
        .map(|source| connector::opml::OpmlFeed {
            url: source.url.to_string(),
            title: Some(source.name.to_string()),
            html_url: None,
            category: source.category.as_deref().map(str::to_owned),
        })
        .collect();
    output::text(&connector::opml::write("stackwatch", &feeds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_ids_and_hostile_ones_stay_inside_their_string() {
        let mut ids = HashSet::new();
        assert_eq!(free_id("Večernje novosti!", "n.rs", &mut ids), "ve-ernje-novosti");
        assert_eq!(free_id("Večernje novosti", "n.rs", &mut ids), "ve-ernje-novosti-2");
        assert_eq!(free_id("新华社", "xinhua.example", &mut ids), "xinhua-example");
        let text = "a\"b\\c\nd";
        let toml: toml::Table = format!("x = {}", quoted(text)).parse().unwrap();
        assert_eq!(toml["x"].as_str(), Some("a\"b\\c d"));
    }
}
