//! What is said about an alert, a digest or a trial, for every channel alike. Pure.

use std::fmt::Write;

use jiff::tz::TimeZone;
use model::{Alert, ChannelId, MessageId, Timestamp, one_line, title_or_address, truncated};
use serde::Serialize;
use serde_json::{Value, json};

use crate::digest::{Digest, render};
use crate::{DigestFormat, DigestSettings};

/// Longest subject in bytes.
const SUBJECT_BYTES: usize = 200;
/// Longest summary shown, in bytes.
const SUMMARY_BYTES: usize = 600;
/// Matched words shown one by one.
const SPANS: usize = 12;
/// Further outlets shown one by one.
const OUTLETS: usize = 10;
/// Further entries of a list named in an alert: one rule has named more than a hundred.
const LISTED: usize = 200;

/// A message, complete: channels only choose which part they carry.
#[derive(Clone, Debug)]
pub struct Message {
    /// The same at every attempt: receivers know a repetition by it.
    pub id: MessageId,
    /// When it was decided.
    pub at: Timestamp,
    /// One line without anything that acts.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// What programs read, without the documents: `type` and `id` are always there.
    pub fields: Value,
    /// The renderings of a digest, in the order of its `formats`.
    pub documents: Vec<Document>,
    /// An earlier attempt may have arrived: a crash hid its outcome.
    pub possibly_repeated: bool,
}

/// A digest in one format.
#[derive(Clone, Debug)]
pub struct Document {
    pub format: DigestFormat,
    /// `morning-2026-03-29.md`: safe as a file name, the same for the same digest.
    pub name: String,
    pub body: String,
}

/// The name of the format in files and fields.
pub(super) fn extension(format: DigestFormat) -> &'static str {
    match format {
        DigestFormat::Html => "html",
        DigestFormat::Markdown => "md",
        DigestFormat::Json => "json",
    }
}

/// Another place that told an alert's story.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Further {
    pub source: String,
    pub title: Option<String>,
    pub url: Option<String>,
}

impl Message {
    /// The message about an alert; `further` are the outlets that were added to it.
    pub fn alert(alert: &Alert, further: &[Further], zone: &TimeZone) -> Self {
        let title = shown_title(alert);
        let subject = format!("[stackwatch] {}: {title}", one_line(&alert.label));
        Self {
            id: alert.id.into(),
            at: alert.at,
            subject: truncated(&one_line(&subject), SUBJECT_BYTES).into_owned(),
            text: alert_text(alert, &title, further, zone),
            fields: alert_fields(alert, further),
            documents: vec![],
            possibly_repeated: false,
        }
    }

    /// The message that carries a digest in its configured formats.
    pub fn digest(digest: &Digest, settings: &DigestSettings, made: Timestamp) -> Self {
        let mut formats: Vec<DigestFormat> = Vec::new();
        for format in &settings.formats {
            if !formats.contains(format) {
                formats.push(*format);
            }
        }
        let documents = formats.into_iter().map(|format| Document {
            format,
            name: format!("{}-{}.{}", digest.digest, digest.date(), extension(format)),
            body: render(digest, format),
        });
        let id = MessageId::digest(&digest.digest, digest.period.end);
        let subject = format!("[stackwatch] {}", digest.heading());
        Self {
            id,
            at: made,
            subject: truncated(&one_line(&subject), SUBJECT_BYTES).into_owned(),
            text: render(digest, DigestFormat::Markdown),
            fields: json!({
                "type": "digest",
                "id": id,
                "digest": digest.digest,
                "label": digest.label,
                "start": digest.period.start,
                "end": digest.period.end,
                "counts": digest.counts,
            }),
            documents: documents.collect(),
            possibly_repeated: false,
        }
    }

    /// A trial of a channel.
    pub fn test(channel: &ChannelId, at: Timestamp) -> Self {
        let id = MessageId::test(channel, at);
        let text = format!(
            "This is a test of channel `{channel}`, sent by hand at {at}. It is not an alert: \
             nothing was found.\n\nMessage {id}\n"
        );
        Self {
            id,
            at,
            subject: format!("[stackwatch] TEST of channel `{channel}`: not an alert"),
            fields: json!({
                "type": "test", "id": id, "channel": channel, "at": at, "text": text,
            }),
            text,
            documents: vec![],
            possibly_repeated: false,
        }
    }

    /// The document in one format, if the digest is sent in it.
    pub(super) fn document(&self, format: DigestFormat) -> Option<&Document> {
        self.documents.iter().find(|document| document.format == format)
    }

    /// The fields with further ones.
    pub(super) fn fields_with(&self, more: &[(&str, Value)]) -> Value {
        let mut fields = self.fields.clone();
        if let Value::Object(fields) = &mut fields {
            for (name, value) in more {
                fields.insert((*name).to_owned(), value.clone());
            }
        }
        fields
    }
}

fn shown_title(alert: &Alert) -> String {
    let title = title_or_address(alert.title.as_deref(), alert.url.as_deref());
    if title.is_empty() { "(without a title)".into() } else { title }
}

fn alert_fields(alert: &Alert, further: &[Further]) -> Value {
    let fields = serde_json::to_value(alert).expect("an alert holds nothing JSON cannot say");
    let Value::Object(mut fields) = fields else { return fields };
    fields.insert("type".into(), "alert".into());
    fields.insert("further_outlets".into(), json!(further));
    Value::Object(fields)
}

fn alert_text(alert: &Alert, title: &str, further: &[Further], zone: &TimeZone) -> String {
    let mut text =
        format!("{}\n\n{title}\n{}", one_line(&alert.label), one_line(&alert.source_name));
    if let Some(published) = alert.published {
        push(&mut text, format_args!(", published {}", local(published, zone)));
    }
    push(&mut text, format_args!("\n"));
    if let Some(url) = &alert.url {
        push(&mut text, format_args!("{}\n", one_line(url)));
    }
    let summary = alert.summary.as_deref().unwrap_or_default();
    if alert.item == crate::news::moment(alert.at) {
        // News of sources: a line for each.
        let lines: String = summary.lines().map(|line| format!("- {}\n", one_line(line))).collect();
        push(&mut text, format_args!("\n{lines}"));
    } else {
        let summary = one_line(summary);
        if !summary.is_empty() && summary != title {
            push(&mut text, format_args!("\n{}\n", truncated(&summary, SUMMARY_BYTES)));
        }
    }
    let matched = matched(alert);
    if !matched.is_empty() {
        push(&mut text, format_args!("\nMatched:\n{matched}"));
    }
    // Rows of one list are all there is to read; outlets of a story repeat it.
    let rows = further.iter().all(|outlet| outlet.source == alert.source_name);
    let (heading, shown) = if rows { ("And:", LISTED) } else { ("Also in:", OUTLETS) };
    if !further.is_empty() {
        push(&mut text, format_args!("\n{heading}\n"));
    }
    for outlet in further.iter().take(shown) {
        let url = one_line(outlet.url.as_deref().unwrap_or_default());
        let told = title_or_address(outlet.title.as_deref(), outlet.url.as_deref());
        let told = if told == url { String::new() } else { told };
        push(&mut text, format_args!("- {}: {told} {url}\n", one_line(&outlet.source)));
    }
    let more = alert.further.len().max(further.len()).saturating_sub(shown);
    if more > 0 {
        push(&mut text, format_args!("- and {more} more\n"));
    }
    push(&mut text, format_args!("\nAlert {} by rule {}\n", alert.id, alert.rule));
    text
}

fn matched(alert: &Alert) -> String {
    let mut lines = String::new();
    let mut shown = Vec::new();
    for tag in &alert.tags {
        for span in &tag.spans {
            let line = format!(
                "- {} {} (rule {}): \"{}\" in the {}\n",
                tag.facet,
                one_line(&tag.id),
                one_line(&tag.rule),
                truncated(&span.shown(), 80),
                span.place(),
            );
            if shown.len() < SPANS && !shown.contains(&line) {
                lines.push_str(&line);
                shown.push(line);
            }
        }
    }
    lines
}

fn local(time: Timestamp, zone: &TimeZone) -> String {
    time.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("writing to memory");
}

/// JSON on one line in which every character that acts is escaped: it means the same to programs
/// and does nothing to a terminal.
pub(super) fn json_line(value: &Value) -> String {
    let json = value.to_string();
    let mut line = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        let mut buffer = [0; 4];
        if c.is_ascii() || !model::terminal_safe(c.encode_utf8(&mut buffer)).is_empty() {
            line.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                push(&mut line, format_args!("\\u{unit:04x}"));
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_line_means_the_same_and_does_nothing_to_a_terminal() {
        let value = json!({ "title": "Nuctech \u{202e}skener\u{1b}[31m\r\n\u{e0041} 华为" });
        let line = json_line(&value);
        assert_eq!(line, model::one_line(&line));
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }
}
