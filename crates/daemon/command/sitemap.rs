//! `parse sitemap`: a file or a folder of sitemaps.

use std::path::Path;

use connector::Document;
use connector::sitemap::{ParsedSitemap, SitemapRules, newest_first, parse_sitemap};
use model::{Entry, Problem};
use serde::Serialize;

use crate::cli::ParseArgs;
use crate::command::{file, folder, parse};
use crate::exit::{Failure, Outcome};
use crate::output;

/// Prints what the reader makes of a file, or of all files of a folder as one answer.
pub(crate) fn parse(args: &ParseArgs) -> Outcome {
    if !args.file.is_dir() {
        return print(args, &one(args, &args.file)?);
    }
    let mut whole = ParsedSitemap::default();
    let mut formats = std::collections::BTreeSet::new();
    for (name, parsed) in folder::read_each(&args.file, |path| one(args, path))? {
        match parsed {
            Ok(parsed) => {
                formats.insert(parsed.format);
                whole.items.extend(parsed.items);
                whole.children.extend(parsed.children);
                whole.problems.extend(folder::within(&name, parsed.problems));
            }
            Err(problem) => whole.problems.push(problem),
        }
    }
    if formats.is_empty()
        && let Some(problem) = whole.problems.first()
    {
        let error = crate::because!("{}: {}", args.file.display(), problem.reason);
        return Err(Failure::found(error));
    }
    whole.format = formats.into_iter().collect::<Vec<_>>().join(", ");
    newest_first(&mut whole.children);
    print(args, &whole)
}

fn one(args: &ParseArgs, path: &Path) -> Result<ParsedSitemap, Failure> {
    let bytes = file::read(path)?;
    let document = Document {
        bytes: &bytes,
        content_type: args.content_type.as_deref(),
        base_url: args.base_url.as_deref(),
    };
    parse_sitemap(&SitemapRules::default(), &document).map_err(|error| {
        Failure::found(anyhow::Error::new(error).context(path.display().to_string()))
    })
}

/// The contract of `parse`: one object; what is not known is `null`.
#[derive(Serialize)]
struct Printed<'a> {
    format: &'a str,
    title: Option<&'a str>,
    items: &'a [Entry],
    problems: &'a [Problem],
    /// The sitemaps that an index names, newest first.
    next: Option<Vec<&'a str>>,
}

fn print(args: &ParseArgs, parsed: &ParsedSitemap) -> Outcome {
    let next: Vec<_> = parsed.children.iter().map(|child| child.url.as_str()).collect();
    if args.json {
        return output::json(&Printed {
            format: &parsed.format,
            title: parsed.title.as_deref(),
            items: &parsed.items,
            problems: &parsed.problems,
            next: (!next.is_empty()).then_some(next),
        });
    }
    parse::entries(&parsed.format, parsed.title.as_deref(), &parsed.items)?;
    let rows = parsed.children.iter();
    let rows = rows.map(|child| vec![output::or_dash(child.modified), child.url.clone()]);
    if !parsed.children.is_empty() {
        output::table(&["modified", "sitemap"], rows.collect())?;
    }
    parse::problems(&parsed.problems)
}
