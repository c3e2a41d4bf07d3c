//! `parse notices`: a file or a folder of procurement notices.

use std::collections::BTreeSet;
use std::path::Path;

use connector::notices::{Next, NoticeRules, ParsedNotices, Skipped, parse_notices, parse_rows};
use connector::{Document, ParseError};
use model::{Notice, Problem};
use serde::Serialize;

use crate::cli::ParseArgs;
use crate::command::{file, folder, workbook};
use crate::exit::{Failure, Outcome};
use crate::output;

/// Prints what the reader makes of a file, or of all files of a folder as one answer.
pub(crate) fn parse(args: &ParseArgs) -> Outcome {
    let rules = NoticeRules {
        format: args.format.as_deref().map(str::parse).transpose().map_err(|why: String| {
            Failure::usage(crate::because!(
                "--format {}: {why}",
                args.format.as_deref().unwrap_or_default()
            ))
        })?,
        ..NoticeRules::default()
    };
    if !args.file.is_dir() {
        return print(args, &one(args, &rules, &args.file)?);
    }
    let mut all = Folder::default();
    for (name, parsed) in folder::read_each(&args.file, |path| one(args, &rules, path))? {
        match parsed {
            Ok(parsed) => all.add(&name, parsed),
            Err(problem) => all.whole.problems.push(problem),
        }
    }
    let formats: Vec<_> = all.formats.iter().map(String::as_str).collect();
    all.whole.format = formats.join(", ");
    print(args, &all.whole)
}

/// The files of a folder, read as one.
#[derive(Default)]
struct Folder {
    formats: BTreeSet<String>,
    whole: ParsedNotices,
}

impl Folder {
    fn add(&mut self, name: &str, parsed: ParsedNotices) {
        self.formats.insert(parsed.format);
        self.whole.items.extend(parsed.items);
        self.whole.problems.extend(folder::within(name, parsed.problems));
        let skipped = parsed.skipped.into_iter();
        let skipped = skipped.map(|left| Skipped { at: format!("{name}: {}", left.at), ..left });
        self.whole.skipped.extend(skipped);
        self.whole.rejected += parsed.rejected;
    }
}

fn one(args: &ParseArgs, rules: &NoticeRules, path: &Path) -> Result<ParsedNotices, Failure> {
    let bytes = file::read(path)?;
    let document = Document {
        bytes: &bytes,
        content_type: args.content_type.as_deref(),
        base_url: args.base_url.as_deref(),
    };
    let failed = |error: ParseError| {
        Failure::found(anyhow::Error::new(error).context(path.display().to_string()))
    };
    let parsed = match parse_notices(rules, &document) {
        Err(ParseError::Workbook) => {
            let rows = workbook::rows(&bytes)
                .map_err(|error| Failure::found(error.context(path.display().to_string())))?;
            parse_rows(rules, &rows)
        }
        other => other,
    };
    parsed.map_err(failed)
}

/// The contract of `parse`: one object; what is not known is `null`.
#[derive(Serialize)]
struct Printed<'a> {
    format: &'a str,
    title: Option<&'a str>,
    items: &'a [Notice],
    problems: &'a [Problem],
    skipped: &'a [Skipped],
    total: Option<u64>,
    next: Option<&'a Next>,
}

/// Prints what was read; without a single notice and with records that could not be read, that is
/// a failure all the same.
fn print(args: &ParseArgs, parsed: &ParsedNotices) -> Outcome {
    show(args, parsed)?;
    if parsed.items.is_empty() && !parsed.problems.is_empty() {
        let why = &parsed.problems[0].reason;
        return Err(Failure::found(crate::because!("{}: {why}", args.file.display())));
    }
    Ok(())
}

fn show(args: &ParseArgs, parsed: &ParsedNotices) -> Outcome {
    if args.json {
        return output::json(&Printed {
            format: &parsed.format,
            title: parsed.title.as_deref(),
            items: &parsed.items,
            problems: &parsed.problems,
            skipped: &parsed.skipped,
            total: parsed.total,
            next: parsed.next.as_ref(),
        });
    }
    let title = parsed.title.as_deref().unwrap_or("without a title");
    output::line(&format!("{}: {}, {} notices", parsed.format, title, parsed.items.len()))?;
    let rows = parsed.items.iter().map(|notice| {
        let value = notice
            .value
            .map(|value| format!("{value:.2} {}", notice.currency.as_deref().unwrap_or_default()));
        vec![
            output::or_dash(
                notice.published.map(|time| time.to_string().chars().take(10).collect::<String>()),
            ),
            notice.stage.to_string(),
            output::or_dash(notice.title.as_ref()),
            output::or_dash(notice.buyer.as_ref()),
            notice.suppliers.join("; "),
            notice.cpv.first().cloned().unwrap_or_default(),
            output::or_dash(value),
        ]
    });
    output::table(
        &["published", "stage", "title", "buyer", "suppliers", "cpv", "value"],
        rows.collect(),
    )?;
    for skipped in &parsed.skipped {
        output::line(&format!("skipped {}: {}", skipped.at, skipped.reason))?;
    }
    for problem in &parsed.problems {
        output::line(&format!("problem at {}: {}", problem.at, problem.reason))?;
    }
    Ok(())
}
