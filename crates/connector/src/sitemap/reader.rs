//! One pass over the tokens of a sitemap: keeps the open elements, repairs their nesting, gathers
//! the text of fields.

use url::Url;

use super::draft::Draft;
use super::names::{Field, Meaning, Space, begins_feed, meaning};
use super::{ENTRIES, ParsedSitemap};
use crate::ParseError;
use crate::feed::Repairs;
use crate::feed::problems::Repair;
use crate::feed::scan::{Scanner, Tag, Token};
use crate::feed::text::unescape_into;

/// The deepest nesting that is read.
const DEPTH: usize = 256;
/// Bytes of a field that are looked at: the longest address is shorter, and so is any title.
const FIELD_BYTES: usize = 16 * 1_024;

/// What a document in XML turned out to be.
pub(super) enum Read {
    Sitemap(ParsedSitemap),
    /// A feed in place of a sitemap.
    Feed,
    /// Something else, by the name of its first element; empty: no element at all.
    Other(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Root,
    Url,
    Sitemap,
    Group,
    Field,
    /// Whatever is in it is not read.
    Other,
}

struct Open<'a> {
    name: &'a str,
    role: Role,
    /// How many name bindings were in force outside.
    bindings: usize,
}

struct Reader<'a, 'r> {
    scanner: Scanner<'a>,
    repairs: &'r mut Repairs,
    base: Option<&'r Url>,
    open: Vec<Open<'a>>,
    bindings: Vec<(&'a str, Space)>,
    /// The entry that is being read.
    entry: Option<Draft>,
    /// The field that is being read, with its text so far.
    field: Option<(Field, String)>,
    parsed: ParsedSitemap,
    /// Entries and sitemaps of an index begun so far.
    count: usize,
    begun: bool,
    has_news: bool,
    /// The file holds more than it may.
    is_full: bool,
    other_root: Option<String>,
}

/// Reads `text`, whose relative addresses start from `base`.
pub(super) fn read(
    text: &str,
    base: Option<&Url>,
    repairs: &mut Repairs,
) -> Result<Read, ParseError> {
    let mut reader = Reader {
        scanner: Scanner::new(text),
        repairs,
        base,
        open: Vec::new(),
        bindings: Vec::new(),
        entry: None,
        field: None,
        parsed: ParsedSitemap::default(),
        count: 0,
        begun: false,
        has_news: false,
        is_full: false,
        other_root: None,
    };
    while let Some(token) = reader.scanner.next(reader.repairs) {
        match token {
            Token::Start(tag) => {
                if reader.is_feed(tag) {
                    return Ok(Read::Feed);
                }
                if reader.open.len() >= DEPTH {
                    if reader.parsed.items.is_empty() && reader.parsed.children.is_empty() {
                        return Err(ParseError::TooDeep { limit: DEPTH });
                    }
                    reader.repairs.list("document", format!("nested deeper than {DEPTH} levels"));
                    break;
                }
                reader.start(tag);
            }
            Token::End(name) => reader.end(name),
            Token::Text(text) => reader.text(text),
            Token::CData(text) => {
                if let Some((_, field)) = &mut reader.field {
                    field.push_str(head(text));
                }
            }
        }
    }
    Ok(reader.finish())
}

impl<'a> Reader<'a, '_> {
    /// The first element says what the document is.
    fn is_feed(&self, tag: Tag<'_>) -> bool {
        let local = tag.name.rsplit(':').next().unwrap_or(tag.name);
        !self.begun && self.other_root.is_none() && begins_feed(local)
    }

    fn text(&mut self, text: &str) {
        match &mut self.field {
            Some((_, field)) if field.len() < FIELD_BYTES => {
                let (at, repairs) = (self.scanner.before, &mut *self.repairs);
                unescape_into(field, head(text), |bare| {
                    repairs.note(Repair::BareAmpersand, at + bare)
                });
            }
            Some(_) => (),
            None if !self.begun && text.contains(|c: char| !is_blank(c)) => {
                self.repairs.note(Repair::JunkBeforeRoot, self.scanner.before);
            }
            None => (),
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        let bindings = self.bindings.len();
        self.declare(tag);
        let (space, local) = self.resolve(tag.name);
        let role = match meaning(space, local) {
            meaning @ (Meaning::UrlSet | Meaning::Index) => self.root(meaning),
            Meaning::Url => self.begin(Role::Url),
            Meaning::Sitemap => self.begin(Role::Sitemap),
            Meaning::Field(field) if self.holds(field) => {
                self.end_open_field();
                self.field = Some((field, String::new()));
                Role::Field
            }
            Meaning::Group if self.parent() != Role::Other => {
                self.has_news = true;
                self.end_open_field();
                Role::Group
            }
            Meaning::Field(_) | Meaning::Group | Meaning::Other => {
                if !self.begun {
                    // What stands before the sitemap is not around it.
                    self.other_root.get_or_insert_with(|| local.to_owned());
                    self.bindings.truncate(bindings);
                    return;
                }
                Role::Other
            }
        };
        self.open.push(Open { name: tag.name, role, bindings });
        if tag.empty {
            self.close_to(self.open.len() - 1);
        }
    }

    fn root(&mut self, meaning: Meaning) -> Role {
        if self.begun {
            return Role::Root;
        }
        self.begun = true;
        if self.other_root.is_some() {
            self.repairs.note(Repair::JunkBeforeRoot, self.scanner.before);
        }
        let format = if meaning == Meaning::Index { "sitemap-index" } else { "sitemap" };
        self.parsed.format = format.into();
        Role::Root
    }

    /// Begins an entry; one that is still open lacks its end tag.
    fn begin(&mut self, role: Role) -> Role {
        if self.parent() == Role::Other && self.entry.is_none() && self.begun {
            // Beside the entries, in something that nobody knows.
            return Role::Other;
        }
        if !self.begun {
            self.root(if role == Role::Sitemap { Meaning::Index } else { Meaning::UrlSet });
        }
        let is_entry = |open: &Open<'_>| matches!(open.role, Role::Url | Role::Sitemap);
        if let Some(at) = self.open.iter().rposition(is_entry) {
            self.repairs.note(Repair::UnclosedElement, self.scanner.before);
            self.close_to(at);
        }
        self.count += 1;
        self.entry = Some(Draft::default());
        role
    }

    /// Whether a field stands where it belongs to the entry.
    fn holds(&self, field: Field) -> bool {
        if self.entry.is_none() {
            return false;
        }
        let parent = self.parent();
        match field {
            Field::Loc | Field::Modified => {
                matches!(parent, Role::Url | Role::Sitemap | Role::Field)
            }
            Field::Title | Field::Published | Field::Language | Field::Publication => {
                parent != Role::Other
            }
        }
    }

    fn parent(&self) -> Role {
        self.open.last().map_or(Role::Root, |open| open.role)
    }

    /// A field inside of a field: the outer one lacks its end tag.
    fn end_open_field(&mut self) {
        if self.field.is_some()
            && let Some(at) = self.open.iter().rposition(|open| open.role == Role::Field)
        {
            self.repairs.note(Repair::UnclosedElement, self.scanner.before);
            self.close_to(at);
        }
    }

    fn end(&mut self, name: &'a str) {
        match self.open.iter().rposition(|open| open.name.eq_ignore_ascii_case(name)) {
            Some(at) => {
                if at + 1 < self.open.len() {
                    self.repairs.note(Repair::UnclosedElement, self.scanner.before);
                }
                self.close_to(at);
            }
            None if self.begun => self.repairs.note(Repair::StrayEnd, self.scanner.before),
            None => (),
        }
    }

    /// Closes the open elements from `from` on.
    fn close_to(&mut self, from: usize) {
        while self.open.len() > from {
            let Some(open) = self.open.pop() else { break };
            match open.role {
                Role::Field => self.end_field(),
                Role::Url => self.end_url(),
                Role::Sitemap => self.end_sitemap(),
                Role::Root | Role::Group | Role::Other => (),
            }
            self.bindings.truncate(open.bindings);
        }
    }

    fn end_field(&mut self) {
        let Some((field, text)) = self.field.take() else { return };
        let place = self.place();
        if let Some(entry) = &mut self.entry {
            entry.set(field, &text, &place, self.repairs);
        }
    }

    fn end_url(&mut self) {
        let Some(mut draft) = self.entry.take() else { return };
        let place = self.place();
        if self.is_over(self.parsed.items.len(), &place) {
            return;
        }
        let publication = draft.publication.take();
        match draft.finish(self.base, &place, self.repairs) {
            Some(entry) => {
                self.parsed.items.push(entry);
                self.parsed.title = self.parsed.title.take().or(publication);
            }
            None => self.parsed.rejected += 1,
        }
    }

    fn end_sitemap(&mut self) {
        let Some(draft) = self.entry.take() else { return };
        let place = self.place();
        if self.is_over(self.parsed.children.len(), &place) {
            return;
        }
        match draft.child(self.base, &place, self.repairs) {
            Some(child) => self.parsed.children.push(child),
            None => self.parsed.rejected += 1,
        }
    }

    /// The protocol's bound; what is above it is counted.
    fn is_over(&mut self, there: usize, place: &str) -> bool {
        if there < ENTRIES {
            return false;
        }
        if !std::mem::replace(&mut self.is_full, true) {
            self.repairs.list(place, format!("more than {ENTRIES} addresses"));
        }
        self.parsed.rejected += 1;
        true
    }

    fn place(&self) -> String {
        format!("entry {}", self.count)
    }

    fn declare(&mut self, tag: Tag<'a>) {
        if !tag.has_attributes() {
            return;
        }
        for (name, value) in tag.attributes() {
            if name == "xmlns" {
                let space = match Space::by_address(value) {
                    // A default namespace that nobody knows, on the root, is a misspelt one.
                    Space::Other if self.open.is_empty() => Space::Sitemap,
                    space => space,
                };
                self.bindings.push(("", space));
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                self.bindings.push((prefix, Space::by_address(value)));
            }
        }
    }

    fn resolve(&mut self, name: &'a str) -> (Space, &'a str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bindings.iter().rev().find(|(bound, _)| *bound == prefix);
        let space = match bound {
            Some((_, space)) => *space,
            None => {
                if !prefix.is_empty() && self.begun {
                    self.repairs.note(Repair::UndeclaredPrefix, self.scanner.before);
                }
                Space::by_habit(prefix)
            }
        };
        (space, local)
    }

    /// At the end of the document: what a cut left half is not taken for the whole.
    fn finish(mut self) -> Read {
        if !self.begun {
            return Read::Other(self.other_root.unwrap_or_default());
        }
        if self.entry.is_some() || self.open.len() > 1 {
            self.repairs.note(Repair::UnclosedTail, self.scanner.at);
        }
        if let Some((Field::Loc, _)) = self.field
            && let Some(entry) = &mut self.entry
        {
            entry.loc = None;
        }
        self.field = None;
        self.close_to(0);
        if self.parsed.items.is_empty()
            && self.parsed.children.is_empty()
            && let Some(root) = self.other_root
        {
            // A page that merely contains something like a sitemap is a page.
            return Read::Other(root);
        }
        if self.has_news && self.parsed.format == "sitemap" {
            self.parsed.format = "sitemap-news".into();
        }
        Read::Sitemap(self.parsed)
    }
}

fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(FIELD_BYTES)]
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}' || c == '\0'
}
