//! What a field's content means: references, markup modes, addresses, dates, people.

use std::borrow::Cow;

use base64::Engine;
use model::{HttpUrl, entry_limits};

use super::address::{Address, is_web, resolve};
use super::capture::Capture;
use super::date;
use super::entry::{
    LINK_ALTERNATE, LINK_BY_ID, LINK_ORIGINAL, LINK_OTHER_TYPE, LINK_PERMALINK, LINK_TEXT, person,
    rank,
};
use super::names::{Field, Space, language};
use super::problems::{Repair, Repairs};
use super::reader::Reader;
use super::scan::{Scanner, Tag, Token};
use super::text::{Markup, block, line, unescape_into, unescaped};

/// Bytes of markup that are read for one field: markup is longer than its text.
const MARKUP_BYTES: usize = 4 * entry_limits::TEXT_BYTES;
/// The same for fields of one line.
const LINE_BYTES: usize = 32 * entry_limits::TITLE_BYTES;

impl<'a> Reader<'a, '_> {
    /// Takes over the content of a field.
    pub(crate) fn set(&mut self, capture: &Capture<'a>, raw: &'a str) {
        match capture.field {
            Field::Title(r) => {
                let (content, markup) = self.content(capture, raw, LINE_BYTES);
                let title = line(&content, markup);
                if !title.is_empty() {
                    rank(&mut self.draft().title, r, title, true);
                }
            }
            Field::Summary(r) | Field::Content(r) => {
                let (content, markup) = self.content(capture, raw, MARKUP_BYTES);
                let text = block(&content, markup);
                if text.is_empty() {
                    return;
                }
                let draft = self.draft();
                let is_summary = matches!(capture.field, Field::Summary(_));
                let slot = if is_summary { &mut draft.summary } else { &mut draft.text };
                rank(slot, r, text, false);
            }
            Field::Link => self.link(capture, raw),
            Field::OriginalLink => {
                let reference = self.plain(capture, raw);
                self.set_link(LINK_ORIGINAL, &reference);
            }
            Field::Id => self.id(capture, raw),
            Field::Published(r) => {
                if let Some(time) = self.date(capture, raw) {
                    rank(&mut self.draft().published, r, time, false);
                }
            }
            Field::Updated(r) => {
                if let Some(time) = self.date(capture, raw) {
                    rank(&mut self.draft().updated, r, time, false);
                }
            }
            Field::Author(r) => {
                let author = self.author(capture, raw);
                let draft = self.draft();
                if let Some(author) = author
                    && draft.authors.len() < 4 * entry_limits::AUTHORS
                {
                    draft.authors.push((r, author));
                }
            }
            Field::Rhythm(what) => self.read.rhythm.set(what, raw),
            Field::Language => {
                let tag = language(&self.plain(capture, raw));
                if tag.is_some() {
                    self.draft().lang = tag;
                }
            }
        }
    }

    fn date(&mut self, capture: &Capture<'a>, raw: &'a str) -> Option<model::Timestamp> {
        let text = self.plain(capture, raw);
        let time = date::parse(&text);
        if time.is_none() && !text.trim().is_empty() {
            let place = self.place();
            let shown = model::truncated(text.trim(), 60).into_owned();
            self.repairs
                .list(place, format!("`{}` is no date that can be read", model::one_line(&shown)));
        }
        time
    }

    /// An Atom link by its attributes, an RSS link by its text.
    fn link(&mut self, capture: &Capture<'a>, raw: &'a str) {
        let Some(href) = capture.tag.attribute("href") else {
            let reference = self.plain(capture, raw);
            if !self.in_entry() {
                self.set_site(&reference);
            }
            self.set_link(LINK_TEXT, &reference);
            return;
        };
        let relation = capture.tag.attribute("rel").map(|rel| rel.trim().to_ascii_lowercase());
        let relation = relation.as_deref().unwrap_or_default();
        let relation = relation.rsplit('/').next().unwrap_or(relation);
        let kind = capture.tag.attribute("type").unwrap_or_default().to_ascii_lowercase();
        match relation {
            "" | "alternate" if kind.is_empty() || kind.contains("html") => {
                let href = unescaped(href);
                if !self.in_entry() {
                    self.set_site(&href);
                }
                self.set_link(LINK_ALTERNATE, &href);
            }
            "" | "alternate" => self.set_link(LINK_OTHER_TYPE, &unescaped(href)),
            "next" if !self.in_entry() => {
                if let Address::Usable(next) = resolve(self.base(), &unescaped(href)) {
                    self.read.next = Some(next);
                }
            }
            // Only the feed's own: an entry may be written by anybody.
            "hub" if !self.in_entry() => {
                if let Some(hub) = self.published_address(href) {
                    self.read.links.add_hub(&hub);
                }
            }
            "self" if !self.in_entry() => {
                if let Some(this) = self.published_address(href) {
                    self.read.links.add_self(&this);
                }
            }
            _ => (),
        }
    }

    /// An address as it was published, where it is a whole one: hubs compare it letter by letter.
    fn published_address(&self, href: &str) -> Option<String> {
        match resolve(self.base(), &unescaped(href)) {
            Address::Usable(address) => address.parse::<HttpUrl>().is_ok().then_some(address),
            _ => None,
        }
    }

    /// Takes an address as the entry's; the lowest rank wins, then the first.
    pub(crate) fn set_link(&mut self, r: u8, reference: &str) {
        match resolve(self.base(), reference) {
            Address::Usable(url) => rank(&mut self.draft().link, r, url, false),
            Address::Empty => (),
            Address::Refused => {
                let place = self.place();
                self.repairs.list(place, "an address that is none of the web was dropped");
            }
            Address::TooLong => {
                let place = self.place();
                self.repairs.list(place, "an address that is too long was dropped");
            }
        }
    }

    fn id(&mut self, capture: &Capture<'a>, raw: &'a str) {
        let id = self.plain(capture, raw).trim().to_owned();
        if id.is_empty() {
            return;
        }
        let denied = capture.tag.attribute("ispermalink");
        let denied = denied.is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        let is_guid = capture.tag.name.to_ascii_lowercase().ends_with("guid");
        if is_web(&id) && !denied {
            // An id of Atom need not lead anywhere, but without any link it is the best there is.
            self.set_link(if is_guid { LINK_PERMALINK } else { LINK_BY_ID }, &id);
        }
        self.draft().id = Some(id);
    }

    /// The name inside of an author, or the text that stands there instead.
    fn author(&mut self, capture: &Capture<'a>, raw: &'a str) -> Option<String> {
        if !capture.children {
            return person(&line(&self.plain(capture, raw), Markup::Html));
        }
        let mut scanner = Scanner::new(head(raw, LINE_BYTES));
        let mut quiet = Repairs::default();
        let (mut name, mut email, mut bare) = (String::new(), String::new(), String::new());
        let (mut inside, mut other) = ("", String::new());
        while let Some(token) = scanner.next(&mut quiet) {
            let slot = match inside {
                "name" => &mut name,
                "email" => &mut email,
                "" => &mut bare,
                _ => &mut other,
            };
            match token {
                Token::Start(tag) if !tag.empty => inside = local(tag),
                Token::Start(_) => (),
                Token::End(_) => inside = "",
                Token::Text(text) => unescape_into(slot, text, |_| ()),
                Token::CData(text) => slot.push_str(text),
            }
        }
        let found = [name, email, bare].into_iter().map(|text| line(&text, Markup::Html));
        found.filter(|text| !text.is_empty()).find_map(|text| person(&text))
    }

    /// The content of a field that holds no markup.
    fn plain(&mut self, capture: &Capture<'a>, raw: &'a str) -> Cow<'a, str> {
        let raw = head(raw, LINE_BYTES);
        if !capture.cdata && !capture.children && !raw.contains('&') {
            return Cow::Borrowed(raw);
        }
        Cow::Owned(self.joined(capture, raw))
    }

    /// Character data, references and CDATA sections in one piece.
    fn joined(&mut self, capture: &Capture<'a>, raw: &'a str) -> String {
        let mut out = String::with_capacity(raw.len());
        let repairs = &mut *self.repairs;
        let mut unescape = |out: &mut String, text: &str, from: usize| {
            unescape_into(out, text, |at| repairs.note(Repair::BareAmpersand, from + at));
        };
        if !capture.cdata && !capture.children {
            unescape(&mut out, raw, capture.from);
            return out;
        }
        let mut quiet = Repairs::default();
        let mut scanner = Scanner::new(raw);
        while let Some(token) = scanner.next(&mut quiet) {
            match token {
                Token::Text(text) => unescape(&mut out, text, capture.from + scanner.before),
                Token::CData(text) => out.push_str(text),
                Token::Start(_) | Token::End(_) => (),
            }
        }
        out
    }

    /// The content of a field that may hold markup, and how to read it.
    fn content(
        &mut self,
        capture: &Capture<'a>,
        raw: &'a str,
        most: usize,
    ) -> (Cow<'a, str>, Markup) {
        if raw.len() > most {
            let place = self.place();
            self.repairs.list(place, format!("a field of {} bytes was cut to {most}", raw.len()));
        }
        let raw = head(raw, most);
        self.look_for_controls(capture, raw);
        let atom = capture.space == Space::Atom;
        let kind = capture.tag.attribute("type").unwrap_or_default().trim().to_ascii_lowercase();
        let mode = capture.tag.attribute("mode").unwrap_or_default().trim().to_ascii_lowercase();
        if mode == "base64" {
            return (Cow::Owned(self.base64(raw)), Markup::Html);
        }
        if capture.children {
            // Markup of HTML or XML that stands in the feed as it is.
            return (Cow::Borrowed(raw), Markup::Xml);
        }
        let declared_plain =
            atom && mode.is_empty() && matches!(kind.as_str(), "text" | "text/plain");
        let markup = if declared_plain { Markup::Plain } else { Markup::Html };
        let is_media =
            atom && kind.contains('/') && !kind.starts_with("text/") && !kind.contains("xml");
        if is_media && mode.is_empty() {
            // RFC 4287 section 4.1.3.3: other media types are in base64, and no text.
            return (Cow::Borrowed(""), Markup::Plain);
        }
        if capture.cdata || raw.contains('&') {
            return (Cow::Owned(self.joined(capture, raw)), markup);
        }
        (Cow::Borrowed(raw), markup)
    }

    fn base64(&mut self, raw: &str) -> String {
        let packed: String = raw.chars().filter(|c| !c.is_whitespace()).collect();
        match base64::engine::general_purpose::STANDARD.decode(packed) {
            Ok(bytes) => crate::decode(&bytes, None).text,
            Err(_) => {
                let place = self.place();
                self.repairs.list(place, "content that should be base64 is not");
                String::new()
            }
        }
    }

    fn look_for_controls(&mut self, capture: &Capture<'a>, raw: &str) {
        // Without a branch for each byte: nearly always there is none.
        let bad =
            |byte: &u8| (*byte < b' ') & (*byte != b'\n') & (*byte != b'\r') & (*byte != b'\t');
        if !raw.bytes().fold(false, |any, byte| any | bad(&byte)) {
            return;
        }
        if let Some(at) = raw.as_bytes().iter().position(bad) {
            self.repairs.note(Repair::ControlCharacter, capture.from + at);
        }
    }
}

fn local<'a>(tag: Tag<'a>) -> &'a str {
    let local = tag.name.rsplit(':').next().unwrap_or(tag.name);
    match local {
        _ if local.eq_ignore_ascii_case("name") => "name",
        _ if local.eq_ignore_ascii_case("email") => "email",
        _ => "other",
    }
}

/// The beginning of a text, at most `bytes` long.
fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
