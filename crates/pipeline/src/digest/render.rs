//! A digest as text. Pure: the same digest gives the same bytes.

use std::sync::LazyLock;

use jiff::tz::TimeZone;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Value, context};
use model::{Facet, Held, HttpUrl, Timestamp};

use super::footer::footer;
use super::{AlertLine, Digest, Section, StoryLine};
use crate::DigestFormat;

/// The digest in one of its formats, with a line break at the end.
pub fn render(digest: &Digest, format: DigestFormat) -> String {
    match format {
        DigestFormat::Json => {
            let json = serde_json::to_string_pretty(digest);
            json.expect("a digest holds nothing that JSON cannot say") + "\n"
        }
        DigestFormat::Markdown => markdown(digest),
        DigestFormat::Html => html(digest),
    }
}

/// A local time as people read it in the digest's zone.
pub(super) fn local(zone: &TimeZone, time: Timestamp) -> String {
    time.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The same with the offset: on days when the clock is set one local time can mean two.
pub(super) fn local_exact(zone: &TimeZone, time: Timestamp) -> String {
    time.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
}

/// An address that may stand in a link: of the web, as the URL standard writes it.
fn link(url: Option<&str>) -> Option<String> {
    let url: HttpUrl = url?.parse().ok()?;
    Some(String::from(url))
}

fn heading(section: &Section) -> String {
    match (section.facet, &section.id) {
        (Some(Facet::Layer), Some(id)) => format!("Layer {id}"),
        (_, Some(id)) => id.clone(),
        (_, None) => "Other".into(),
    }
}

/// What stands behind a story's title: source, tags, words, remarks.
fn details(digest: &Digest, line: &StoryLine) -> String {
    let zone = &digest.zone;
    let mut parts = vec![line.source.clone(), local(zone, line.fetched)];
    if let Some(published) = line.published.filter(|published| *published < digest.period.start) {
        parts.push(format!("published {}", local(zone, published)));
    }
    if let Some(began) = line.began {
        parts.push(format!("story began {}", local(zone, began)));
    }
    let tags = [("vendors", &line.vendors), ("layers", &line.layers), ("words", &line.words)];
    for (name, values) in tags.iter().filter(|(_, values)| !values.is_empty()) {
        parts.push(format!("{name}: {}", values.join(", ")));
    }
    if line.edited {
        parts.push("edited".into());
    }
    parts.join(" · ")
}

fn alert_details(digest: &Digest, alert: &AlertLine) -> String {
    let held = match alert.held {
        None => "",
        Some(Held::Baseline) => " · not sent: came with the source's first poll",
        Some(Held::Old) => " · not sent: older than the rule's max_age",
    };
    format!("{} · {} · {}{held}", alert.label, alert.source, local(&digest.zone, alert.at))
}

fn summary(digest: &Digest) -> String {
    let counts = &digest.counts;
    let mut text = format!(
        "{} in {}, out of {} fetched. {} sent, {} not sent.",
        number(counts.items, "item", "items"),
        number(counts.stories, "story", "stories"),
        counts.fetched,
        number(counts.alerts, "alert", "alerts"),
        counts.held
    );
    if counts.not_listed > 0 {
        let left = number(counts.not_listed, "story", "stories");
        text.push_str(&format!(" Not listed below: {left}."));
    }
    text
}

pub(super) fn number(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn markdown(digest: &Digest) -> String {
    let mut out = Markdown(String::new());
    let zone = &digest.zone;
    let (start, end) = (digest.period.start, digest.period.end);
    out.line(&format!("# {}", escaped(&digest.heading())));
    let span =
        format!("{} to {} ({})", local_exact(zone, start), local_exact(zone, end), digest.timezone);
    out.paragraph(&escaped(&span));
    out.paragraph(&escaped(&summary(digest)));
    if !digest.alerts.is_empty() {
        out.paragraph("## Alerts");
        for alert in &digest.alerts {
            let details = escaped(&alert_details(digest, alert));
            out.line(&format!("- {} — {details}", linked(&alert.title, alert.url.as_deref())));
        }
        out.blank();
    }
    for section in &digest.sections {
        out.paragraph(&format!("## {}", escaped(&heading(section))));
        section.stories.iter().for_each(|line| out.story(digest, line));
        out.blank();
    }
    if digest.baseline.stories > 0 {
        out.paragraph("## Already there when a source was first read");
        digest.baseline.listed.iter().for_each(|line| out.story(digest, line));
        if digest.baseline.not_listed > 0 {
            out.line(&format!("- and {} more", digest.baseline.not_listed));
        }
        out.blank();
    }
    out.not_watched(digest);
    out.0
}

struct Markdown(String);

impl Markdown {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
    fn blank(&mut self) {
        self.0.push('\n');
    }
    fn paragraph(&mut self, text: &str) {
        if self.0.ends_with('\n') && !self.0.ends_with("\n\n") {
            self.blank();
        }
        self.line(text);
        self.blank();
    }

    fn story(&mut self, digest: &Digest, line: &StoryLine) {
        let mark = if line.alerted { "**alert** " } else { "" };
        let details = escaped(&details(digest, line));
        self.line(&format!("- {mark}{} — {details}", linked(&line.title, line.url.as_deref())));
        for outlet in &line.further {
            let title = linked(&outlet.title, outlet.url.as_deref());
            self.line(&format!("  - also {}: {title}", escaped(&outlet.source)));
        }
        if line.further_not_listed > 0 {
            self.line(&format!("  - and {} further outlets", line.further_not_listed));
        }
    }

    fn not_watched(&mut self, digest: &Digest) {
        self.paragraph("## What was not watched");
        for line in footer(digest) {
            self.line(&format!("- {}", escaped(&line)));
        }
    }
}

/// Text from outside that Markdown must take for text: every sign that could begin markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '<' | '>' | '#' | '~' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn linked(title: &str, url: Option<&str>) -> String {
    match link(url) {
        // Parentheses would end the address.
        Some(url) => {
            let url = url.replace('(', "%28").replace(')', "%29");
            format!("[{}]({url})", escaped(title))
        }
        None => escaped(title),
    }
}

/// Most instructions that the template may run: about ten times those of the largest digest.
const FUEL: u64 = 20_000_000;

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    templates.set_syntax(syntax.expect("the usual delimiters differ from each other"));
    templates.set_fuel(Some(FUEL));
    // The name's ending switches escaping on.
    templates
        .add_template("digest.html", include_str!("digest.html"))
        .expect("the template is part of the program and tested");
    templates
});

fn html(digest: &Digest) -> String {
    let zone = &digest.zone;
    let values = context! {
        heading => digest.heading(),
        start => local_exact(zone, digest.period.start),
        end => local_exact(zone, digest.period.end),
        timezone => &digest.timezone,
        summary => summary(digest),
        alerts => digest.alerts.iter().map(|alert| context! {
            title => &alert.title, href => link(alert.url.as_deref()),
            details => alert_details(digest, alert),
        }).collect::<Vec<_>>(),
        sections => digest.sections.iter().map(|section| context! {
            heading => heading(section), stories => stories(digest, &section.stories),
        }).collect::<Vec<_>>(),
        baseline => stories(digest, &digest.baseline.listed),
        baseline_total => digest.baseline.stories,
        baseline_summary => number(digest.baseline.stories, "story", "stories"),
        baseline_more => digest.baseline.not_listed,
        footer => footer(digest),
    };
    let template = TEMPLATES.get_template("digest.html").expect("added above");
    template.render(values).expect("the fuel lasts for every digest: its lines are bounded")
}

fn stories(digest: &Digest, lines: &[StoryLine]) -> Vec<Value> {
    let further = |line: &StoryLine| -> Vec<Value> {
        let outlets = line.further.iter().map(|outlet| {
            context! {
                source => &outlet.source, title => &outlet.title, href => link(outlet.url.as_deref()),
            }
        });
        outlets.collect()
    };
    let story = |line: &StoryLine| {
        context! {
            title => &line.title, href => link(line.url.as_deref()), lang => &line.lang,
            alerted => line.alerted, details => details(digest, line),
            further => further(line), more => line.further_not_listed,
        }
    };
    lines.iter().map(story).collect()
}
