//! `tag` and `eval`: the watchlists on text that is not stored.

use std::cmp::Reverse;

use anyhow::Context as _;
use model::{AddressWords, Tag};
use serde_json::{Value, json};
use tagger::eval::{Counts, Line, Score};
use tagger::{Beside, Explained, Tagger, Text, Verdict};

use crate::cli::{Cli, EvalArgs, TagArgs};
use crate::command::{file, reads};
use crate::exit::{Failure, Outcome};
use crate::installation::{Installation, complain, write_shipped};
use crate::output;

/// `tag`
pub(crate) fn tag(cli: &Cli, args: &TagArgs) -> Outcome {
    let tagger = watchlists(cli)?;
    let stdin = [std::path::PathBuf::from("-")];
    let files = if args.files.is_empty() { &stdin[..] } else { &args.files };
    let mut unreadable = 0;
    for path in files {
        let bytes = file::read(path)?;
        if !args.jsonl {
            let text = connector::decode(&bytes, None).text;
            let text = Text { text: Some(&text), ..Text::default() };
            show(&tagger, args, &text, json!({}))?;
            continue;
        }
        for (number, line) in lines(&bytes) {
            match object(line) {
                Ok(line) => tag_line(&tagger, args, line)?,
                Err(error) => {
                    complain(&format!("{}:{number}: {error:#}", path.display()));
                    unreadable += 1;
                }
            }
        }
    }
    match unreadable {
        0 => Ok(()),
        1 => Err(Failure::found(anyhow::anyhow!("1 line was left out"))),
        many => Err(Failure::found(anyhow::anyhow!("{many} lines were left out"))),
    }
}

/// One line of JSON Lines.
fn object(line: &[u8]) -> anyhow::Result<Value> {
    let value: Value = serde_json::from_str(&repair_surrogates(line)).context("not JSON")?;
    anyhow::ensure!(value.is_object(), "not a JSON object");
    Ok(value)
}

fn tag_line(tagger: &Tagger, args: &TagArgs, line: Value) -> Outcome {
    let field = |name: &str| line.get(name).and_then(Value::as_str);
    let text = Text {
        title: field("title"),
        summary: field("summary"),
        text: field("text"),
        lang: field("lang"),
    };
    show(tagger, args, &text, line.clone())
}

/// As ingest tags: what has no words is tagged by those of its address.
fn tags(tagger: &Tagger, text: &Text<'_>, line: &Value) -> Vec<Tag> {
    let is_wordless =
        [text.title, text.summary, text.text].into_iter().flatten().all(str::is_empty);
    let url = line.get("url").and_then(Value::as_str).filter(|_| is_wordless);
    let words = url.and_then(|url| Some((url, AddressWords::of(url)?)));
    match words {
        Some((url, words)) => tagger.tag_address(url, &words, text.lang),
        None => tagger.tag(text),
    }
}

fn show(tagger: &Tagger, args: &TagArgs, text: &Text<'_>, mut line: Value) -> Outcome {
    let tags = tags(tagger, text, &line);
    if args.json || args.jsonl {
        if let Value::Object(object) = &mut line {
            object.insert("tags".into(), json!(tags));
            if args.explain {
                object.insert("explain".into(), json!(tagger.explain(text)));
            }
        }
        return output::json(&line);
    }
    if tags.is_empty() {
        output::line("no tags")?;
    }
    for tag in &tags {
        output::line(&reads::reason(tag))?;
    }
    if args.explain {
        let mut found = tagger.explain(text).found;
        found.sort_by(|a, b| {
            (a.span.field, a.span.start, a.facet).cmp(&(b.span.field, b.span.start, b.facet))
        });
        if found.is_empty() {
            output::line("no name or word of a watchlist is in it")?;
        }
        for found in found {
            output::line(&format!("  {}", why(&found)))?;
        }
    }
    Ok(())
}

/// Words of `needs` that are named where none of them stands near.
const SHOWN_NEEDS: usize = 8;

/// `text line 3: "BGI" is not vendor bgi: vetoed by "aerodromu" (`aerodrom*`) · bgi/short, byte 39`
fn why(found: &Explained) -> String {
    let counts = found.verdict == Verdict::Counted;
    let reason = match &found.verdict {
        Verdict::Counted => counted(found),
        Verdict::Vetoed { word } => {
            let by = found.veto.as_ref().map_or_else(|| quoted(word), beside);
            format!(": vetoed by {by}")
        }
        Verdict::Missing { needs } => {
            let shown: Vec<_> = needs.iter().take(SHOWN_NEEDS).map(|word| code(word)).collect();
            let more = needs.len().saturating_sub(SHOWN_NEEDS);
            let more = if more > 0 { format!(" or {more} more") } else { String::new() };
            format!(": nothing near confirms it ({}{more})", shown.join(", "))
        }
        Verdict::Alone => ": a weak word, and nothing beside it".to_owned(),
        Verdict::Covered { by } => format!(": part of what {by} matches"),
        Verdict::Address => ": part of a web or e-mail address".to_owned(),
        Verdict::Case => ": it is not written with its capitals".to_owned(),
        Verdict::Shouted => ": two capitals say nothing in a headline of capitals".to_owned(),
        Verdict::Language { langs } => format!(": the rule is for texts in {}", langs.join(", ")),
        Verdict::Named { by } => format!(": the item names its vendor ({by})"),
    };
    let span = &found.span;
    format!(
        "{} line {}: {} is {}{} {}{reason} · {}, byte {}",
        span.field,
        found.line,
        quoted(&span.text),
        if counts { "" } else { "not " },
        found.facet,
        found.id,
        found.rule,
        span.start,
    )
}

fn counted(found: &Explained) -> String {
    let mut parts = Vec::new();
    if found.weak {
        parts.push("a weak word beside another find".to_owned());
    }
    if let Some(word) = &found.confirmed {
        parts.push(format!("confirmed by {}", beside(word)));
    }
    if let Some((veto, despite)) = found.veto.as_ref().zip(found.despite.as_ref()) {
        parts.push(format!("{} outweighs the veto of {}", beside(despite), beside(veto)));
    }
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// The words as they stand in the text, and the word of the list.
fn beside(word: &Beside) -> String {
    let (text, listed) = (model::one_line(&word.span.text), model::one_line(&word.word));
    if text == listed { quoted(&text) } else { format!("\"{text}\" (`{listed}`)") }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", model::one_line(text))
}

fn code(text: &str) -> String {
    format!("`{}`", model::one_line(text))
}

/// `eval`
pub(crate) fn eval(cli: &Cli, args: &EvalArgs) -> Outcome {
    let tagger = watchlists(cli)?;
    let bytes = file::read(&args.file)?;
    let mut labelled = Vec::new();
    for (number, line) in lines(&bytes) {
        let line: Line = serde_json::from_str(&repair_surrogates(line)).map_err(|error| {
            let place = format!("{}:{number}", args.file.display());
            Failure::found(anyhow::Error::new(error).context(place))
        })?;
        labelled.push(line);
    }
    let report = tagger::eval::score(&tagger, labelled.into_iter());
    if args.json {
        return output::json(&report);
    }
    let facets = report.facets.iter().map(|(facet, of)| {
        let name = vec![facet.to_string(), of.lines.to_string()];
        [name, figures(&of.all)].concat()
    });
    let figure_heads = ["precision", "recall", "F1", "right/wrong/missing"];
    output::table(&[&["facet", "lines"], &figure_heads[..]].concat(), facets.collect())?;
    let is_perfect = |score: &Score| score.counts.wrong + score.counts.missing == 0;
    let all = report
        .facets
        .iter()
        .flat_map(|(facet, of)| of.ids.iter().map(move |(id, score)| (facet, id, score)));
    let (perfect, mut faulty): (Vec<_>, Vec<_>) = all.partition(|(.., score)| is_perfect(score));
    faulty.sort_by_key(|(.., score)| Reverse(score.counts.wrong + score.counts.missing));
    if !faulty.is_empty() {
        let rows = faulty.iter().map(|(facet, id, score)| {
            [vec![facet.to_string(), (*id).clone()], figures(score)].concat()
        });
        output::table(&[&["facet", "id"], &figure_heads[..]].concat(), rows.collect())?;
    }
    output::line(&format!("{} ids without a mistake", perfect.len()))?;
    for failure in &report.failures {
        output::line(&format!(
            "{} {}: wrong [{}], missing [{}]: {}",
            failure.line,
            failure.facet,
            failure.wrong.join(" "),
            failure.missing.join(" "),
            model::one_line(&failure.text)
        ))?;
    }
    for (facet, id) in &report.unknown {
        output::line(&format!("expected, but in no watchlist: {facet} {}", model::one_line(id)))?;
    }
    Ok(())
}

/// Precision, recall, F1 and the counts behind them.
fn figures(score: &Score) -> Vec<String> {
    let share = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}"));
    let Counts { right, wrong, missing } = score.counts;
    vec![
        share(score.precision),
        share(score.recall),
        share(score.f1),
        format!("{right}/{wrong}/{missing}"),
    ]
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    lines.map(|(at, line)| (at + 1, line.trim_ascii())).filter(|(_, line)| !line.is_empty())
}

/// Half a surrogate pair in JSON is no character (RFC 8259 section 8.2): it becomes U+FFFD instead
/// of a refused line.
fn repair_surrogates(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find("\\u") {
        // An even number of backslashes before the `u` is text, not an escape.
        let slashes = rest[..=at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        let code = |at: usize| u32::from_str_radix(rest.get(at..at + 4)?, 16).ok();
        let first = code(at + 2).filter(|_| slashes % 2 == 1);
        let second =
            rest.get(at + 6..at + 8).filter(|next| *next == "\\u").and_then(|_| code(at + 8));
        let (keep, repair) = match (first, second) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (at + 12, false),
            (Some(0xD800..=0xDFFF), _) => (at, true),
            _ => (at + 2, false),
        };
        out.push_str(&rest[..keep]);
        rest = &rest[keep..];
        if repair {
            out.push('\u{FFFD}');
            rest = &rest[6..];
        }
    }
    out.push_str(rest);
    out
}

/// The configured watchlists; where nothing is configured, the ones inside the program.
fn watchlists(cli: &Cli) -> Result<Tagger, Failure> {
    match config::find(cli.config.as_deref()) {
        Ok(at) => Ok(Installation::load_at(&at, cli.data.as_deref())?.config.tagger),
        Err(error) if cli.config.is_some() => Err(Failure::usage(error)),
        Err(_) => {
            let folder =
                crate::scratch::Folder::new("stackwatch-watchlists").map_err(Failure::io)?;
            let at = write_shipped(
                folder.path(),
                "contact = \"https://example.org/\"\nwatchlists = \"../watchlists\"\n",
            )
            .map_err(Failure::io)?;
            Ok(Installation::load_at(&at, None)?.config.tagger)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_surrogate_pair_is_replaced_and_a_whole_one_stays() {
        let fix = |text: &str| repair_surrogates(text.as_bytes());
        assert_eq!(fix(r#"{"a":"\ud83d\ude00"}"#), r#"{"a":"\ud83d\ude00"}"#);
        assert_eq!(fix(r#"{"a":"\ud83d x"}"#), "{\"a\":\"\u{FFFD} x\"}");
        assert_eq!(fix(r#"{"a":"\\ud83d"}"#), r#"{"a":"\\ud83d"}"#);
        assert_eq!(fix(r#"{"a":"\udc00\u0041"}"#), "{\"a\":\"\u{FFFD}\\u0041\"}");
    }
}
