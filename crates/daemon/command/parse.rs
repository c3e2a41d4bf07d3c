//! `parse` and `decode`: connectors on local files.

use connector::{Connector, Document, FeedRules};
use model::{Entry, Problem};

use crate::cli::{DecodeArgs, ParseArgs, ParseKind};
use crate::command::{file, lists, notices, sitemap};
use crate::exit::{Failure, Outcome};
use crate::output;

/// Prints what a connector makes of a file. Fine whenever it could be read at all.
pub(crate) fn parse(args: &ParseArgs) -> Outcome {
    match args.kind {
        ParseKind::Feed => feed(args),
        ParseKind::Sitemap => sitemap::parse(args),
        ParseKind::Notices => notices::parse(args),
        ParseKind::Entities => lists::entities(args),
    }
}

fn feed(args: &ParseArgs) -> Outcome {
    let bytes = file::read(&args.file)?;
    let document = Document {
        bytes: &bytes,
        content_type: args.content_type.as_deref(),
        base_url: args.base_url.as_deref(),
    };
    let connector = Connector::Feed(FeedRules::default());
    let parsed = connector::parse(&connector, &document).map_err(|error| {
        Failure::found(anyhow::Error::new(error).context(args.file.display().to_string()))
    })?;
    if args.json {
        return output::json(&parsed);
    }
    entries(&parsed.format, parsed.title.as_deref(), &parsed.items)?;
    problems(&parsed.problems)
}

/// Entries for people.
pub(crate) fn entries(format: &str, title: Option<&str>, items: &[Entry]) -> Outcome {
    let title = title.unwrap_or("without a title");
    output::line(&format!("{format}: {title}, {} items", items.len()))?;
    let rows = items.iter().map(|entry| {
        vec![
            output::or_dash(entry.published.or(entry.updated)),
            output::or_dash(entry.title.as_ref()),
            output::or_dash(entry.url.as_ref()),
        ]
    });
    output::table(&["published", "title", "url"], rows.collect())
}

/// What had to be skipped or repaired, for people.
pub(crate) fn problems(problems: &[Problem]) -> Outcome {
    for problem in problems {
        output::line(&format!("problem at {}: {}", problem.at, problem.reason))?;
    }
    Ok(())
}

/// Prints a document as UTF-8.
pub(crate) fn decode(args: &DecodeArgs) -> Outcome {
    let bytes = file::read(&args.file)?;
    output::text(&connector::decode(&bytes, args.content_type.as_deref()).text)
}
