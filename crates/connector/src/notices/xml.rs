//! A small tree of an XML document, by local names: notices are written against a dozen namespaces
//! whose prefixes and dates change, while the local names stay.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::ParseError;
use crate::feed::text::unescaped;

/// The deepest nesting that is read: eForms needs 20.
pub(super) const DEPTH: usize = 128;
/// Most elements of one document: the largest known notice has 60,000.
const ELEMENTS: usize = 500_000;
/// Most attributes that are kept of one element.
const ATTRIBUTES: usize = 64;

/// One document. Elements lie in the order of their start tags; the first one is the root.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    /// Character data of this element and, in its place, an index of each child.
    content: Vec<Piece>,
    /// One past the last element inside this one.
    end: usize,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Child(usize),
}

/// An element of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct El<'t> {
    tree: &'t Tree,
    at: usize,
}

impl Tree {
    /// Reads a whole document.
    pub(super) fn read(text: &str) -> Result<Self, ParseError> {
        let mut reader = Reader::from_str(text);
        let mut tree = Self { nodes: Vec::new() };
        let mut open: Vec<usize> = Vec::new();
        loop {
            let event = reader.read_event().map_err(|error| {
                let at = usize::try_from(reader.error_position()).unwrap_or(text.len());
                damaged(format!("{error} in {}", place(text, at)))
            })?;
            match event {
                Event::Start(start) => {
                    let at = tree.push(&start, &open)?;
                    open.push(at);
                    if open.len() > DEPTH {
                        return Err(ParseError::TooDeep { limit: DEPTH });
                    }
                }
                Event::Empty(start) => {
                    let at = tree.push(&start, &open)?;
                    tree.nodes[at].end = at + 1;
                }
                Event::End(_) => {
                    let end = tree.nodes.len();
                    let at = open.pop().expect("quick-xml refuses an end tag that closes nothing");
                    tree.nodes[at].end = end;
                }
                Event::Text(data) => tree.text(&open, &data.into_inner()),
                Event::CData(data) => tree.text(&open, &data.into_inner()),
                Event::GeneralRef(name) => {
                    tree.text(&open, &unescaped(&format!("&{};", name.into_inner())));
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => (),
            }
        }
        if let Some(&at) = open.last() {
            let inside = &tree.nodes[at].name;
            return Err(damaged(format!("it ends inside <{inside}>")));
        }
        if tree.nodes.is_empty() {
            return Err(damaged("there is no element in it".into()));
        }
        Ok(tree)
    }

    pub(super) fn root(&self) -> El<'_> {
        El { tree: self, at: 0 }
    }

    fn push(&mut self, start: &BytesStart<'_>, open: &[usize]) -> Result<usize, ParseError> {
        let at = self.nodes.len();
        if at >= ELEMENTS {
            return Err(damaged(format!("it has more than {ELEMENTS} elements")));
        }
        if open.is_empty() && at > 0 {
            return Err(damaged("there is a second root element in it".into()));
        }
        let mut attributes = start.attributes();
        let attributes =
            attributes.with_checks(false).flatten().take(ATTRIBUTES).map(|attribute| {
                (local(attribute.key.as_ref()).to_owned(), unescaped(&attribute.value))
            });
        let name = local(start.name().as_ref()).to_owned();
        let node = Node { name, attributes: attributes.collect(), ..Node::default() };
        self.nodes.push(node);
        if let Some(&parent) = open.last() {
            self.nodes[parent].content.push(Piece::Child(at));
        }
        Ok(at)
    }

    fn text(&mut self, open: &[usize], text: &str) {
        let Some(&at) = open.last() else { return };
        match self.nodes[at].content.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text),
            _ if text.chars().all(char::is_whitespace) => (),
            _ => self.nodes[at].content.push(Piece::Text(text.to_owned())),
        }
    }
}

fn damaged(reason: String) -> ParseError {
    ParseError::Damaged { reason }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn place(text: &str, at: usize) -> String {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    format!("line {}", before.iter().filter(|&&byte| byte == b'\n').count() + 1)
}

impl<'t> El<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.at]
    }

    /// The local name.
    pub(super) fn name(self) -> &'t str {
        &self.node().name
    }

    pub(super) fn attribute(self, name: &str) -> Option<&'t str> {
        let found = self.node().attributes.iter().find(|(key, _)| key == name)?;
        let value = found.1.trim();
        (!value.is_empty()).then_some(value)
    }

    /// The elements directly inside.
    pub(super) fn elements(self) -> impl Iterator<Item = El<'t>> {
        self.node().content.iter().filter_map(move |piece| match piece {
            Piece::Child(at) => Some(El { tree: self.tree, at: *at }),
            Piece::Text(_) => None,
        })
    }

    /// The elements of this name directly inside.
    pub(super) fn children(self, name: &'t str) -> impl Iterator<Item = El<'t>> {
        self.elements().filter(move |element| element.name() == name)
    }

    pub(super) fn child(self, name: &str) -> Option<El<'t>> {
        self.elements().find(|element| element.name() == name)
    }

    /// The first element at the end of a path of local names, `Party/PartyIdentification/ID`.
    pub(super) fn path(self, path: &str) -> Option<El<'t>> {
        self.all(path).into_iter().next()
    }

    /// All elements at the end of a path, in the order of the document.
    pub(super) fn all(self, path: &str) -> Vec<El<'t>> {
        let mut found = vec![self];
        for name in path.split('/') {
            found = found
                .into_iter()
                .flat_map(|element| element.elements().filter(|child| child.name() == name))
                .collect();
        }
        found
    }

    /// All elements inside, however deep, in the order of the document.
    pub(super) fn descendants(self) -> impl Iterator<Item = El<'t>> {
        (self.at + 1..self.node().end).map(move |at| El { tree: self.tree, at })
    }

    /// The elements of this name inside, however deep.
    pub(super) fn named(self, name: &'t str) -> impl Iterator<Item = El<'t>> {
        self.descendants().filter(move |element| element.name() == name)
    }

    /// All elements inside but those of the names in `left_out` and what is inside them.
    pub(super) fn without(self, left_out: &[&str]) -> impl Iterator<Item = El<'t>> {
        let (mut at, end) = (self.at + 1, self.node().end);
        std::iter::from_fn(move || {
            while at < end {
                let element = El { tree: self.tree, at };
                if !left_out.contains(&element.name()) {
                    at += 1;
                    return Some(element);
                }
                at = element.node().end;
            }
            None
        })
    }

    /// All text inside on one line; `None` where there is none.
    pub(super) fn line(self) -> Option<String> {
        let mut raw = String::new();
        self.collect(&mut raw, ' ');
        let line = model::one_line(&raw);
        (!line.is_empty()).then_some(line)
    }

    /// All text inside, with each element that has text on lines of its own.
    pub(super) fn lines(self) -> Option<String> {
        let mut raw = String::new();
        self.collect(&mut raw, '\n');
        let lines: Vec<_> =
            raw.split('\n').map(model::one_line).filter(|line| !line.is_empty()).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// What this element itself says, without the elements inside.
    pub(super) fn own(self) -> Option<String> {
        let own: String = self
            .node()
            .content
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                Piece::Child(_) => None,
            })
            .collect();
        let line = model::one_line(&own);
        (!line.is_empty()).then_some(line)
    }

    fn collect(self, out: &mut String, separator: char) {
        for piece in &self.node().content {
            match piece {
                // A line break of the source is a space.
                Piece::Text(text) => out.extend(text.chars().map(|c| match c {
                    '\n' | '\r' => ' ',
                    c => c,
                })),
                Piece::Child(at) => {
                    let child = El { tree: self.tree, at: *at };
                    // TED's `FT` raises or lowers letters inside a word.
                    let around = (child.name() != "FT").then_some(separator);
                    out.extend(around);
                    child.collect(out, separator);
                    out.extend(around);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_local_and_text_is_joined() {
        let tree = Tree::read(
            "<?xml version='1.0'?><a:r xmlns:a='u' a:k=' v&amp;w '><!-- no -->\n <b>x&lt;y\n z<c>1</c><c>2</c></b><b/></a:r>",
        )
        .unwrap();
        let root = tree.root();
        assert_eq!(root.name(), "r");
        assert_eq!(root.attribute("k"), Some("v&w"));
        let b = root.child("b").unwrap();
        assert_eq!(b.line().as_deref(), Some("x<y z 1 2"));
        assert_eq!(b.lines().as_deref(), Some("x<y z\n1\n2"));
        assert_eq!(b.own().as_deref(), Some("x<y z"));
        assert_eq!(root.all("b/c").len(), 2);
        assert_eq!(root.named("c").count(), 2);
        assert_eq!(root.without(&["c"]).map(El::name).collect::<Vec<_>>(), ["b", "b"]);
        assert_eq!(root.without(&["b"]).count(), 0);
        assert_eq!(root.children("b").nth(1).and_then(El::line), None);
    }

    #[test]
    fn damage_is_told_with_its_place() {
        let reason = |text: &str| match Tree::read(text) {
            Err(ParseError::Damaged { reason }) => reason,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(reason("<a><b>x"), "it ends inside <b>");
        assert!(reason("<a>\n</b>").ends_with("line 2"), "{}", reason("<a>\n</b>"));
        assert_eq!(reason("text"), "there is no element in it");
        assert_eq!(reason("<a/><b/>"), "there is a second root element in it");
        let deep = "<a>".repeat(DEPTH + 1);
        assert_eq!(Tree::read(&deep).err(), Some(ParseError::TooDeep { limit: DEPTH }));
    }
}
