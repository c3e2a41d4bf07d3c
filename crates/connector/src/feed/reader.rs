//! One pass over the tokens of a feed in XML of whatever kind: keeps the open elements, repairs
//! their nesting, and hands each field's content to `field`.

use model::{Entry, Links, entry_limits};
use url::Url;

use super::address::{self, is_web};
use super::capture::{Capture, is_entry_name};
use super::entry::{Draft, LINK_ALTERNATE, LINK_BY_ID, LINK_TO_MEDIA};
use super::names::{Field, Meaning, Space, format, language, meaning};
use super::problems::{Repair, Repairs};
use super::rhythm::RhythmDraft;
use super::scan::{Scanner, Tag, Token};
use crate::Tail;

/// The deepest nesting outside of texts.
pub(crate) const DEPTH: usize = 256;

/// What a document in XML yielded.
pub(crate) struct Read {
    pub(crate) format: Option<String>,
    pub(crate) feed: Draft,
    pub(crate) next: Option<String>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) rejected: u32,
    pub(crate) rhythm: RhythmDraft,
    pub(crate) links: Links,
    pub(crate) tail: Tail,
    pub(crate) too_deep: bool,
    /// The first element, where it does not begin a feed.
    pub(crate) other_root: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Feed,
    Entry,
    Group,
    Void,
    Field(Field),
    Other,
}

struct Open<'a> {
    name: &'a str,
    role: Role,
    /// How many name bindings, bases and languages were in force outside.
    outer: (usize, usize, usize),
}

pub(crate) struct Reader<'a, 'r> {
    scanner: Scanner<'a>,
    pub(crate) repairs: &'r mut Repairs,
    open: Vec<Open<'a>>,
    bindings: Vec<(&'a str, Space)>,
    bases: Vec<Option<Url>>,
    langs: Vec<Option<String>>,
    pub(crate) capture: Option<Capture<'a>>,
    /// The entry that is being read, and where it began.
    entry: Option<(Draft, usize)>,
    pub(crate) read: Read,
}

/// Reads `text`, whose relative addresses start from `base`.
pub(crate) fn read(text: &str, base: Option<Url>, repairs: &mut Repairs) -> Read {
    let mut reader = Reader {
        scanner: Scanner::new(text),
        repairs,
        open: Vec::new(),
        bindings: Vec::new(),
        bases: vec![base],
        langs: Vec::new(),
        capture: None,
        entry: None,
        read: Read {
            format: None,
            feed: Draft::default(),
            next: None,
            entries: Vec::new(),
            rejected: 0,
            rhythm: RhythmDraft::default(),
            links: Links::default(),
            tail: Tail::Whole,
            too_deep: false,
            other_root: None,
        },
    };
    while let Some(token) = reader.scanner.next(reader.repairs) {
        match token {
            Token::Start(tag) => reader.start(tag),
            Token::End(name) => reader.end(name),
            Token::Text(text) => reader.text(text),
            Token::CData(_) => {
                if let Some(capture) = &mut reader.capture {
                    capture.cdata = true;
                }
            }
        }
        if reader.read.too_deep {
            break;
        }
    }
    reader.finish()
}

impl<'a> Reader<'a, '_> {
    fn text(&mut self, text: &str) {
        if self.capture.is_some() {
            return;
        }
        if self.read.format.is_none() {
            if text.contains(|c: char| !c.is_whitespace() && c != '\u{FEFF}' && c != '\0') {
                self.repairs.note(Repair::JunkBeforeRoot, self.scanner.before);
            }
        } else if let Some((draft, _)) = &mut self.entry
            && !draft.any
        {
            draft.any = text.contains(|c: char| !c.is_whitespace());
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        let implied_end =
            self.capture.as_mut().is_some_and(|capture| capture.ends_before(tag.name));
        if implied_end {
            self.repairs.note(Repair::UnclosedElement, self.scanner.before);
            self.finish_field(self.scanner.before);
        }
        if let Some(capture) = &mut self.capture {
            capture.children = true;
            if !tag.empty {
                capture.same += usize::from(tag.name.eq_ignore_ascii_case(capture.tag.name));
                capture.entries += usize::from(is_entry_name(tag.name));
            }
            return;
        }
        let outer = (self.bindings.len(), self.bases.len(), self.langs.len());
        if tag.has_attributes() {
            self.declare(tag);
        }
        let (space, local) = self.resolve(tag.name);
        let role = self.role(tag, space, local);
        let Some(role) = role else {
            self.leave(outer);
            return;
        };
        if self.open.len() >= DEPTH {
            self.read.too_deep = true;
            return;
        }
        if let Role::Field(field) = role {
            self.capture = Some(Capture {
                field,
                tag,
                space,
                from: self.scanner.at,
                same: 0,
                entries: 0,
                children: false,
                cdata: false,
            });
        }
        self.open.push(Open { name: tag.name, role, outer });
        if tag.empty {
            match role {
                Role::Field(_) => self.finish_field(self.scanner.at),
                _ => self.close_to(self.open.len() - 1, self.scanner.at),
            }
        }
    }

    /// The role of an element where it stands; `None` leaves it out of the nesting.
    fn role(&mut self, tag: Tag<'a>, space: Space, local: &str) -> Option<Role> {
        let meaning = meaning(space, local);
        if self.read.format.is_none() {
            return self.root(tag, space, local, meaning);
        }
        // What stands beside an enclosure that nobody closed is not inside of it.
        if let Some(Open { role: Role::Void, .. }) = self.open.last() {
            self.repairs.note(Repair::UnclosedElement, self.scanner.before);
            self.close_to(self.open.len() - 1, self.scanner.before);
        }
        let parent = self.open.last().map_or(Role::Feed, |open| open.role);
        Some(match (parent, meaning) {
            // `<item/>` inside of an item is nothing, and no new one.
            (Role::Entry, Meaning::Entry) if tag.empty && !tag.has_attributes() => Role::Other,
            (Role::Feed | Role::Entry, Meaning::Entry) => return self.begin_entry(tag),
            (Role::Other, Meaning::Entry) if self.entry.is_none() => return self.begin_entry(tag),
            (Role::Feed, Meaning::Root) => Role::Feed,
            (Role::Feed | Role::Entry, Meaning::Field(field)) => self.field(field),
            (Role::Group, Meaning::Field(field)) => match field {
                Field::Title(_) => Role::Field(Field::Title(4)),
                Field::Summary(_) => Role::Field(Field::Summary(5)),
                _ => Role::Other,
            },
            (Role::Entry | Role::Group, Meaning::Group) => Role::Group,
            (Role::Feed | Role::Entry, Meaning::Void) => {
                self.draft().any = true;
                if local.eq_ignore_ascii_case("enclosure")
                    && let Some(url) = tag.attribute("url")
                {
                    // The last resort for entries that are nothing but a recording.
                    self.set_link(LINK_TO_MEDIA, &super::text::unescaped(url));
                }
                Role::Void
            }
            (Role::Entry, _) => {
                self.draft().any = true;
                Role::Other
            }
            _ => Role::Other,
        })
    }

    /// Fields that say nothing in an attribute need content; those of the feed that nobody asks
    /// for need not be read.
    fn field(&mut self, field: Field) -> Role {
        let in_entry = self.entry.is_some();
        if in_entry {
            self.draft().any = true;
        }
        match field {
            Field::Rhythm(_) if in_entry => Role::Other,
            Field::Content(_) | Field::Summary(_) | Field::Published(_) | Field::Updated(_)
                if !in_entry =>
            {
                Role::Other
            }
            field => Role::Field(field),
        }
    }

    /// Looks for the element that a feed begins with.
    fn root(&mut self, tag: Tag<'a>, space: Space, local: &str, meaning: Meaning) -> Option<Role> {
        let begins = match meaning {
            Meaning::Root => self.read.other_root.is_none() || !local.eq_ignore_ascii_case("items"),
            Meaning::Entry => self.read.other_root.is_none(),
            _ => false,
        };
        // An unknown namespace on a root with a known name is a misspelt one.
        let misspelt = matches!(local, "rss" | "feed" | "RDF") && space == Space::Other;
        if !begins && !misspelt {
            if self.read.other_root.is_none() {
                self.read.other_root = Some(local.to_owned());
            }
            return None;
        }
        if self.read.other_root.is_some() {
            self.repairs.note(Repair::JunkBeforeRoot, self.scanner.before);
        }
        if misspelt && !tag.name.contains(':') {
            self.bindings.push(("", if local == "feed" { Space::Atom } else { Space::Core }));
        }
        self.read.format = Some(format(tag, space, local));
        match meaning {
            Meaning::Entry => self.begin_entry(tag),
            _ => Some(Role::Feed),
        }
    }

    fn begin_entry(&mut self, tag: Tag<'a>) -> Option<Role> {
        if let Some(at) = self.open.iter().rposition(|open| open.role == Role::Entry) {
            self.repairs.note(Repair::UnclosedElement, self.scanner.before);
            self.close_to(at, self.scanner.before);
        }
        let about = tag.attributes().find(|(name, _)| {
            name.rsplit_once(':').is_some_and(|(_, local)| local.eq_ignore_ascii_case("about"))
        });
        let mut draft = Draft { any: tag.has_attributes(), ..Draft::default() };
        draft.id =
            about.map(|(_, id)| super::text::unescaped(id.trim())).filter(|id| !id.is_empty());
        let about = draft.id.clone();
        self.entry = Some((draft, self.scanner.at));
        if let Some(about) = about.filter(|about| is_web(about)) {
            self.set_link(LINK_BY_ID, &about);
        }
        if let Some(href) = tag.attribute("href") {
            self.set_link(LINK_ALTERNATE, &super::text::unescaped(href));
        }
        Some(Role::Entry)
    }

    fn end(&mut self, name: &'a str) {
        if let Some(capture) = &mut self.capture {
            if name.eq_ignore_ascii_case(capture.tag.name) {
                if capture.same > 0 {
                    capture.same -= 1;
                    return;
                }
                self.finish_field(self.scanner.before);
                return;
            }
            if capture.entries > 0 && is_entry_name(name) {
                capture.entries -= 1;
                return;
            }
            if !self.closes_around(name) {
                return;
            }
            self.repairs.note(Repair::UnclosedElement, self.scanner.before);
            self.finish_field(self.scanner.before);
        }
        match self.open.iter().rposition(|open| open.name.eq_ignore_ascii_case(name)) {
            Some(at) => {
                if at + 1 < self.open.len() {
                    self.repairs.note(Repair::UnclosedElement, self.scanner.before);
                }
                self.close_to(at, self.scanner.before);
            }
            None if self.read.format.is_some() => {
                self.repairs.note(Repair::StrayEnd, self.scanner.before);
            }
            None => (),
        }
    }

    /// Whether `name` ends the entry or the feed around the field that is being read.
    fn closes_around(&self, name: &str) -> bool {
        self.open.iter().any(|open| {
            matches!(open.role, Role::Entry | Role::Feed) && open.name.eq_ignore_ascii_case(name)
        })
    }

    /// Closes the open elements from `from` on; the last ends at byte `at`.
    fn close_to(&mut self, from: usize, at: usize) {
        while self.open.len() > from {
            let Some(open) = self.open.pop() else { break };
            if open.role == Role::Entry {
                self.end_entry(at);
            }
            self.leave(open.outer);
        }
    }

    fn leave(&mut self, (bindings, bases, langs): (usize, usize, usize)) {
        self.bindings.truncate(bindings);
        self.bases.truncate(bases);
        self.langs.truncate(langs);
    }

    fn end_entry(&mut self, at: usize) {
        let Some((mut draft, from)) = self.entry.take() else { return };
        let number = self.read.entries.len() + self.read.rejected as usize + 1;
        let place = format!("entry {number}");
        if self.read.entries.len() >= entry_limits::ENTRIES {
            if self.read.rejected == 0 || self.read.entries.len() == entry_limits::ENTRIES {
                self.repairs.list(place, "more entries than one document may have");
            }
            self.read.rejected += 1;
            return;
        }
        if draft.lang.is_none() {
            draft.lang =
                self.langs.last().cloned().flatten().or_else(|| self.read.feed.lang.clone());
        }
        match draft.finish(self.scanner.slice(from, at), &place, self.repairs) {
            Some(entry) => self.read.entries.push(entry),
            None => self.read.rejected += 1,
        }
    }

    /// Ends the field that is being read, whose content ends at byte `to`.
    fn finish_field(&mut self, to: usize) {
        let Some(capture) = self.capture.take() else { return };
        let raw = self.scanner.slice(capture.from, to);
        self.set(&capture, raw);
        self.close_to(self.open.len().saturating_sub(1), to);
    }

    /// Names, base and language that a tag declares.
    fn declare(&mut self, tag: Tag<'a>) {
        for (name, value) in tag.attributes() {
            if name == "xmlns" {
                let space = match Space::by_address(value) {
                    // A default namespace that nobody knows is a misspelt one.
                    Space::Other => Space::Core,
                    known => known,
                };
                self.bindings.push(("", space));
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                self.bindings.push((prefix, Space::by_address(value)));
            } else if name == "xml:base" {
                let outer = self.bases.last().cloned().flatten();
                self.bases.push(address::base(outer.as_ref(), &super::text::unescaped(value)));
            } else if name == "xml:lang" {
                self.langs.push(language(value));
            }
        }
    }

    fn resolve(&mut self, name: &'a str) -> (Space, &'a str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let bound = self.bindings.iter().rev().find(|(bound, _)| *bound == prefix);
        let space = match bound {
            Some((_, space)) => *space,
            None if prefix.is_empty() => Space::Core,
            None => {
                let space = Space::by_habit(prefix);
                if space != Space::Xml && self.read.format.is_some() {
                    self.repairs.note(Repair::UndeclaredPrefix, self.scanner.before);
                }
                space
            }
        };
        (space, local)
    }

    /// What is being read: the entry, or the feed around it.
    pub(crate) fn draft(&mut self) -> &mut Draft {
        match &mut self.entry {
            Some((draft, _)) => draft,
            None => &mut self.read.feed,
        }
    }

    pub(crate) fn in_entry(&self) -> bool {
        self.entry.is_some()
    }

    /// Takes the site's address as the base of relative ones where the feed is served by another
    /// host, as the services do that publish feeds for others.
    pub(crate) fn set_site(&mut self, site: &str) {
        let [Some(base)] = self.bases.as_slice() else { return };
        let Ok(site) = Url::parse(site.trim()) else { return };
        if matches!(site.scheme(), "http" | "https") && site.host_str() != base.host_str() {
            self.bases = vec![Some(site)];
        }
    }

    pub(crate) fn base(&self) -> Option<&Url> {
        self.bases.last().and_then(Option::as_ref)
    }

    /// The place for problems with the current entry.
    pub(crate) fn place(&self) -> String {
        match self.entry {
            Some(_) => {
                format!("entry {}", self.read.entries.len() + self.read.rejected as usize + 1)
            }
            None => "document".into(),
        }
    }

    fn finish(mut self) -> Read {
        let end = self.scanner.text().len();
        let (torn, entries) = (self.entry.is_some(), self.read.entries.len());
        if self.capture.is_some() {
            self.finish_field(end);
        }
        if !self.open.is_empty() {
            self.repairs.note(Repair::UnclosedTail, end);
            self.close_to(0, end);
            let is_torn = torn && self.read.entries.len() > entries;
            self.read.tail = if is_torn { Tail::Torn } else { Tail::Cut };
        }
        self.read
    }
}
