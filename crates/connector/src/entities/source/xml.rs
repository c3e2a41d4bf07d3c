//! XML as a stream of records: each wanted element is built as a small tree and handed over, the
//! document never is. Names are local names: publishers change their namespaces.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::entities::word::tidy;

/// Deepest nesting that is read; real lists stay below 20.
const DEPTH: usize = 100;
/// Largest record in bytes of the document; the largest real one is below 1 MiB.
const RECORD_BYTES: u64 = 32 << 20;

/// One element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Node(Node),
}

impl Node {
    /// An attribute without blanks around; empty when there is none.
    pub(crate) fn attr(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.trim())
    }

    pub(crate) fn children(&self) -> impl Iterator<Item = &Self> {
        self.parts.iter().filter_map(|part| match part {
            Part::Node(node) => Some(node),
            Part::Text(_) => None,
        })
    }

    /// Children of that name, in their order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children().filter(move |node| node.name == name)
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children().find(|node| node.name == name)
    }

    /// Every element of that name below this one, in the order of the document.
    pub(crate) fn below<'a>(&'a self, name: &str) -> Vec<&'a Self> {
        let mut found = Vec::new();
        self.collect(name, &mut found);
        found
    }

    fn collect<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for node in self.children() {
            if node.name == name {
                found.push(node);
            }
            node.collect(name, found);
        }
    }

    /// All text in it on one line; breaks and elements of their own part words.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        tidy(&out)
    }

    fn write(&self, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Node(node) => {
                    let inline =
                        matches!(node.name.as_str(), "E" | "I" | "SU" | "FR" | "sup" | "em");
                    if !inline {
                        out.push(' ');
                    }
                    node.write(out);
                    if !inline {
                        out.push(' ');
                    }
                }
            }
        }
    }

    /// The text of the first child of that name; empty when there is none.
    pub(crate) fn value(&self, name: &str) -> String {
        self.child(name).map(Self::text).unwrap_or_default()
    }

    /// The texts of all children of that name that say something.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        self.all(name).map(Self::text).filter(|text| !text.is_empty()).collect()
    }
}

/// What a walk meets.
#[derive(Debug)]
pub(crate) enum Seen {
    /// The beginning of the root or of a marked element: name and attributes, nothing in it.
    Open(Node),
    /// A wanted element, whole.
    Record(Node),
}

/// Why a document could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: String,
    pub(crate) reason: String,
    pub(crate) too_deep: bool,
}

/// Hands over the root, every element of `marks` as it opens, and every element of `records`
/// that stands in no other record.
pub(crate) fn walk(
    text: &str,
    marks: &[&str],
    records: &[&str],
    visit: &mut dyn FnMut(Seen),
) -> Result<(), Fault> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.check_end_names = true;
    let mut open: Vec<String> = Vec::new();
    let mut tree: Vec<Node> = Vec::new();
    let mut begun = 0;
    let mut rooted = false;
    let fault = |at: u64, reason: String, too_deep| {
        let at = usize::try_from(at).unwrap_or(text.len()).min(text.len());
        let line = text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        Fault { at: format!("line {line}"), reason, too_deep }
    };
    loop {
        let place = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => {
                let inside = open.last().map(|name| format!(" inside `{name}`"));
                let reason = format!("{error}{}", inside.unwrap_or_default());
                return Err(fault(reader.error_position(), reason, false));
            }
        };
        if !tree.is_empty() && reader.buffer_position().saturating_sub(begun) > RECORD_BYTES {
            let reason = format!("an entry is larger than {} MiB", RECORD_BYTES >> 20);
            return Err(fault(place, reason, false));
        }
        match event {
            Event::Start(start) => {
                if open.len() == DEPTH {
                    let reason = format!("elements are nested deeper than {DEPTH} levels");
                    return Err(fault(place, reason, true));
                }
                let node = node(&start);
                open.push(node.name.clone());
                if !tree.is_empty() {
                    tree.push(node);
                } else if records.contains(&node.name.as_str()) && rooted {
                    begun = place;
                    tree.push(node);
                } else if !rooted || marks.contains(&node.name.as_str()) {
                    rooted = true;
                    visit(Seen::Open(node));
                }
            }
            Event::Empty(start) => {
                let node = node(&start);
                if let Some(parent) = tree.last_mut() {
                    parent.parts.push(Part::Node(node));
                } else if records.contains(&node.name.as_str()) && rooted {
                    visit(Seen::Record(node));
                } else if !rooted || marks.contains(&node.name.as_str()) {
                    rooted = true;
                    visit(Seen::Open(node));
                }
            }
            Event::End(_) => {
                open.pop();
                let Some(node) = tree.pop() else { continue };
                match tree.last_mut() {
                    Some(parent) => parent.parts.push(Part::Node(node)),
                    None => visit(Seen::Record(node)),
                }
            }
            Event::Text(text) => add_text(&mut tree, &text),
            Event::CData(text) => add_text(&mut tree, &text),
            // An entity of the document's own is left as it stands: nothing is expanded.
            Event::GeneralRef(name) => add_text(&mut tree, &format!("&{};", &*name)),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    match open.last() {
        None if rooted => Ok(()),
        None => Err(fault(0, "there is no element".into(), false)),
        Some(name) => {
            let reason = format!("the document ends inside `{name}`");
            Err(fault(text.len() as u64, reason, false))
        }
    }
}

fn add_text(tree: &mut [Node], text: &str) {
    let Some(node) = tree.last_mut() else { return };
    match node.parts.last_mut() {
        Some(Part::Text(before)) => before.push_str(text),
        _ => node.parts.push(Part::Text(text.to_owned())),
    }
}

fn node(start: &BytesStart<'_>) -> Node {
    let name = start.local_name().as_ref().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes().with_checks(false).flatten() {
        let key = attribute.key.local_name().as_ref().to_owned();
        attributes.push((key, tidy(&attribute.value)));
    }
    Node { name, attributes, parts: Vec::new() }
}

/// The local name of the first element, without reading further.
pub(crate) fn root_name(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                return Some(start.local_name().as_ref().to_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> (Vec<Node>, Result<(), Fault>) {
        let mut found = Vec::new();
        let end = walk(text, &[], &["r"], &mut |seen| {
            if let Seen::Record(node) = seen {
                found.push(node);
            }
        });
        (found, end)
    }

    #[test]
    fn records_come_whole_whatever_their_namespace() {
        let text = "<a:list xmlns:a='x'><a:r id=' 7 '>A<i>&amp;</i> B<br/>C</a:r><r/></a:list>";
        let (found, end) = records(text);
        assert_eq!(end, Ok(()));
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].attr("id"), "7");
        assert_eq!(found[0].text(), "A & B C");
    }

    #[test]
    fn a_cut_document_says_where_it_ends() {
        let (found, end) = records("<list>\n<r>one</r>\n<r>tw");
        assert_eq!(found.len(), 1);
        let fault = end.unwrap_err();
        assert_eq!(fault.at, "line 3");
        assert!(fault.reason.contains("ends inside `r`"), "{fault:?}");
    }

    #[test]
    fn depth_is_bounded_and_entities_are_not_expanded() {
        let deep = format!("<list>{}", "<x>".repeat(DEPTH + 5));
        assert!(records(&deep).1.unwrap_err().too_deep);
        let text = "<!DOCTYPE l [<!ENTITY a 'aaaa'>]><l><r>&a;</r></l>";
        assert_eq!(records(text).0[0].text(), "&a;");
    }
}
