//! From the fields that an entry was published with to what is kept of it.

use model::{Entry, Timestamp, content_digest, entry_limits, truncated};

use super::problems::Repairs;

/// Ranks of what an entry's address is taken from, best first.
pub(crate) const LINK_ORIGINAL: u8 = 0;
pub(crate) const LINK_TEXT: u8 = 1;
pub(crate) const LINK_ALTERNATE: u8 = 2;
pub(crate) const LINK_OTHER_TYPE: u8 = 3;
pub(crate) const LINK_PERMALINK: u8 = 4;
pub(crate) const LINK_BY_ID: u8 = 5;
pub(crate) const LINK_TO_MEDIA: u8 = 6;

/// A value with its rank; the lowest rank wins.
pub(crate) type Ranked<T> = Option<(u8, T)>;

/// An entry, or the feed itself, while it is read.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) title: Ranked<String>,
    pub(crate) summary: Ranked<String>,
    pub(crate) text: Ranked<String>,
    pub(crate) link: Ranked<String>,
    pub(crate) id: Option<String>,
    pub(crate) published: Ranked<Timestamp>,
    pub(crate) updated: Ranked<Timestamp>,
    pub(crate) authors: Vec<(u8, String)>,
    pub(crate) lang: Option<String>,
    /// Whether there was anything in it at all.
    pub(crate) any: bool,
}

/// Puts `value` in `slot` unless something better is there; `latest`: also over its equal.
pub(crate) fn rank<T>(slot: &mut Ranked<T>, rank: u8, value: T, latest: bool) {
    match slot {
        Some((there, _)) if *there < rank || (*there == rank && !latest) => (),
        _ => *slot = Some((rank, value)),
    }
}

impl Draft {
    /// The entry, or `None` when there is nothing to keep. `source` is what it was read from, for
    /// the id of an entry without any text; `at` names its place in problems.
    pub(crate) fn finish(self, source: &str, at: &str, repairs: &mut Repairs) -> Option<Entry> {
        if !self.any && self.id.is_none() {
            repairs.list(at, "the entry is empty");
            return None;
        }
        let url = self.link.map(|(_, url)| url);
        let mut summary = self.summary.map(|(_, summary)| summary);
        let mut text = self.text.map(|(_, text)| text);
        if text.is_none() && summary.as_ref().is_some_and(|s| s.len() > entry_limits::SUMMARY_BYTES)
        {
            // The summary is the whole text: keep it as such, a shorter one to show.
            text.clone_from(&summary);
            let short =
                truncated(summary.as_deref().unwrap_or_default(), entry_limits::SUMMARY_BYTES);
            summary = Some(short.into_owned());
        }
        let mut cut = |field: &str, value: Option<String>, bytes: usize| {
            value.map(|value| {
                if value.len() <= bytes {
                    return value;
                }
                repairs.list(at, format!("{field} of {} bytes was cut to {bytes}", value.len()));
                truncated(&value, bytes).into_owned()
            })
        };
        let title = cut("title", self.title.map(|(_, t)| t), entry_limits::TITLE_BYTES);
        let summary = cut("summary", summary, entry_limits::SUMMARY_BYTES);
        let text = cut("text", text, entry_limits::TEXT_BYTES);
        let id = cut("id", self.id, entry_limits::ID_BYTES);
        let best = self.authors.iter().map(|(rank, _)| *rank).min();
        let mut authors: Vec<String> = Vec::new();
        for (_, name) in self.authors.into_iter().filter(|(rank, _)| Some(*rank) == best) {
            let name = truncated(&name, entry_limits::AUTHOR_BYTES).into_owned();
            if !authors.contains(&name) && authors.len() < entry_limits::AUTHORS {
                authors.push(name);
            }
        }
        let mut entry = Entry {
            id: String::new(),
            id_published: id.is_some(),
            url,
            title,
            summary,
            text,
            authors,
            published: self.published.map(|(_, time)| time),
            updated: self.updated.map(|(_, time)| time),
            lang: self.lang,
            backlog: false,
            record: None,
        };
        entry.id = id.or_else(|| entry.url.clone()).unwrap_or_else(|| content_id(&entry, source));
        Some(entry)
    }
}

/// The id of an entry that has neither id nor address: the same content gives the same id.
pub(crate) fn content_id(entry: &Entry, source: &str) -> String {
    let silent = entry.title.is_none() && entry.summary.is_none() && entry.text.is_none();
    let digest = if silent {
        content_digest(&Entry { text: Some(source.to_owned()), ..Entry::default() })
    } else {
        content_digest(entry)
    };
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("content:{hex}")
}

/// A person's name out of what stands in an author field: `a@b.c (Ana)`, `Ana <a@b.c>`, `Ana`.
pub(crate) fn person(text: &str) -> Option<String> {
    let text = text.trim();
    let name = match (text.find('('), text.find('<'), text.find('@')) {
        (Some(open), _, Some(at)) if at < open => text[open + 1..].trim_end_matches(')'),
        (_, Some(open), Some(at)) if open < at => &text[..open],
        (Some(open), _, Some(at)) if open < at => &text[..open],
        _ => text,
    };
    let name = name.trim().trim_matches('"').trim();
    let name = if name.is_empty() { text } else { name };
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_names_before_addresses() {
        for (text, name) in [
            ("desk@example.org (Ana Anić)", "Ana Anić"),
            ("Ana Anić <desk@example.org>", "Ana Anić"),
            ("Ana Anić (desk@example.org)", "Ana Anić"),
            ("desk@example.org", "desk@example.org"),
            ("Ana Anić (Beograd)", "Ana Anić (Beograd)"),
        ] {
            assert_eq!(person(text).as_deref(), Some(name));
        }
        assert_eq!(person("  "), None);
    }
}
