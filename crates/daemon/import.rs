//! Files that an operator brings to a source by hand: `source import-file`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use connector::entities::{Named, parse_entities};
use connector::notices::{NoticeRules, parse_notices, parse_rows};
use connector::sitemap::{of_sitemap, parse_sitemap};
use connector::{Connector, Document, ParseError, Parsed, feed, of_list, of_notices};
use console::Error;
use model::SourceId;
use pipeline::{Context, Report, Source};

use crate::command::{lists, workbook};

/// Bytes of all files of one import.
const BYTES: u64 = 1 << 30;

/// Stores what the file or folder says, as a poll of the source would: with its guards, its alerts,
/// and a row in the poll log. The file is read where the store is.
pub(crate) async fn import(cx: &Context, id: &SourceId, path: &Path) -> Result<Report, Error> {
    let source = cx.settings.source(id);
    let source = source
        .cloned()
        .ok_or_else(|| Error::NotFound(format!("no source `{id}` is configured")))?;
    let work = {
        let (source, path) = (source.clone(), path.to_owned());
        move || read(&source, &path)
    };
    let read = tokio::task::spawn_blocking(work).await;
    let read = read.map_err(|error| Error::Internal(error.to_string()))?;
    let (parsed, digest) = read.map_err(|error| Error::Invalid(format!("{error:#}")))?;
    let report = pipeline::import(cx, &Arc::new(source), parsed, digest).await;
    report.map_err(|error| Error::Internal(error.to_string()))
}

fn read(source: &Source, path: &Path) -> anyhow::Result<(Parsed, [u8; 16])> {
    let mut files = Vec::new();
    let mut total = 0;
    for path in paths(path)? {
        total += path.metadata().with_context(|| path.display().to_string())?.len();
        if total > BYTES {
            bail!("more than {} MiB", BYTES >> 20);
        }
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        files.push((path, bytes));
    }
    let digest = pipeline::digest_of(files.iter().map(|(_, bytes)| bytes.as_slice()));
    let whole = |bytes| Document { bytes, content_type: None, base_url: None };
    let parsed = match (&source.connector, &files[..]) {
        (Connector::Entities(rules), files) => {
            let named = files.iter().map(|(path, bytes)| Named {
                name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                value: whole(bytes),
            });
            of_list(parse_entities(rules, &named.collect::<Vec<_>>())?)
        }
        (_, []) => bail!("{} holds no file", path.display()),
        (Connector::Feed(rules), [(_, bytes)]) => feed::parse_feed(rules, &whole(bytes))?,
        (Connector::Feed(_), _) => bail!("a feed is one file"),
        (Connector::Sitemap(rules), files) => {
            let mut all = Parsed::default();
            for (path, bytes) in files {
                let read = parse_sitemap(rules, &whole(bytes));
                let file = of_sitemap(read.with_context(|| path.display().to_string())?);
                all.format = file.format;
                all.rejected += file.rejected;
                all.items.extend(file.items);
                all.problems.extend(file.problems);
            }
            all
        }
        (Connector::Notices(rules), files) => {
            let mut all = Parsed::default();
            for (path, bytes) in files {
                let page = notices(rules, bytes).with_context(|| path.display().to_string())?;
                all.format = page.format;
                all.rejected += page.rejected;
                all.items.extend(page.items);
                all.problems.extend(page.problems);
            }
            all
        }
    };
    Ok((parsed, digest))
}

fn notices(rules: &NoticeRules, bytes: &[u8]) -> anyhow::Result<Parsed> {
    let document = Document { bytes, content_type: None, base_url: None };
    let parsed = match parse_notices(rules, &document) {
        Err(ParseError::Workbook) => parse_rows(rules, &workbook::rows(bytes)?),
        other => other,
    };
    Ok(of_notices(parsed?))
}

fn paths(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    lists::paths(path).map_err(|failure| anyhow::anyhow!("{failure}"))
}
