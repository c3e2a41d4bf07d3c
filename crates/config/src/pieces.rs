//! Where a file can be cut so that its entries are read one after the other. The tree of a whole
//! file takes some forty times its bytes, and what is made of it meanwhile keeps the memory of the
//! tree from going back to the system: with ten thousand sources that is half of all memory.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The parts of `text` that can be parsed alone, in order; together they are the whole. `root` is
/// what the parser makes of all of it. Text whose entries are not written one after the other is
/// one piece.
pub(crate) fn cut(text: &str, root: &DeTable<'_>, is_kind: fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (key, value) in root {
        let kind = key.get_ref().as_ref();
        match value.get_ref() {
            DeValue::Table(entries) if is_kind(kind) => {
                found.extend(entries.iter().map(|(id, entry)| Found {
                    kind,
                    id: Some(id.get_ref().as_ref()),
                    extent: extent(id, entry),
                }));
            }
            _ => found.push(Found { kind, id: None, extent: extent(key, value) }),
        }
    }
    found.sort_by_key(|found| found.extent.start);
    let starts = found.iter().skip(1).map(|found| line_start(text, found.extent.start));
    let starts: Vec<_> = std::iter::once(0).chain(starts).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let pieces: Vec<_> = starts.iter().zip(ends).map(|(start, end)| *start..end).collect();
    let is_cut_well = found.iter().zip(&pieces).all(|(found, piece)| {
        found.extent.end <= piece.end && found.stands_alone_in(&text[piece.clone()])
    });
    if is_cut_well { pieces } else { std::iter::once(0..text.len()).collect() }
}

/// What one piece would be about.
struct Found<'r> {
    kind: &'r str,
    /// `None`: a setting, with all that is in it.
    id: Option<&'r str>,
    /// From the first to the last place where something of it stands.
    extent: Range<usize>,
}

impl Found<'_> {
    /// The piece says by itself what it is about, and nothing else.
    fn stands_alone_in(&self, piece: &str) -> bool {
        let (root, errors) = DeTable::parse_recoverable(piece);
        let mut keys = root.get_ref().iter();
        let (Some((kind, value)), None, true) = (keys.next(), keys.next(), errors.is_empty())
        else {
            return false;
        };
        let is_it = match (self.id, value.get_ref()) {
            (None, _) => true,
            (Some(id), DeValue::Table(entries)) => {
                entries.len() == 1 && entries.iter().all(|(key, _)| key.get_ref() == id)
            }
            (Some(_), _) => false,
        };
        is_it && kind.get_ref() == self.kind
    }
}

/// The bytes from the first to the last place where something of `key` stands.
fn extent(key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>) -> Range<usize> {
    let within = match value.get_ref() {
        // A table has no text of its own: `[a.b.c]` may be written long before `[a]`.
        DeValue::Table(table) => table.iter().map(|(key, value)| extent(key, value)).reduce(both),
        DeValue::Array(items) => {
            let tables = items.iter().filter_map(|item| match item.get_ref() {
                DeValue::Table(table) => {
                    table.iter().map(|(key, value)| extent(key, value)).reduce(both)
                }
                _ => None,
            });
            Some(tables.fold(value.span(), both))
        }
        _ => Some(value.span()),
    };
    within.into_iter().fold(key.span(), both)
}

fn both(one: Range<usize>, other: Range<usize>) -> Range<usize> {
    one.start.min(other.start)..one.end.max(other.end)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_kind(key: &str) -> bool {
        key == "source"
    }

    fn pieces(text: &str) -> Vec<&str> {
        let root = DeTable::parse(text).expect("is TOML");
        cut(text, root.get_ref(), is_kind).into_iter().map(|piece| &text[piece]).collect()
    }

    #[test]
    fn settings_and_entries_are_a_piece_each_with_the_comments_behind_them() {
        let text = "# Of us.\ncontact = 'x'\n[fetch]\nparallel = 3\n\n[source.a] # A\nurl = '''\n\
            [source.x]\n'''\n[source.a.text]\nfull = true\n# B:\n  [ \"source\" . b ]\nt = [1,\n 2]\n";
        assert_eq!(
            pieces(text),
            [
                "# Of us.\ncontact = 'x'\n",
                "[fetch]\nparallel = 3\n\n",
                "[source.a] # A\nurl = '''\n[source.x]\n'''\n[source.a.text]\nfull = true\n# B:\n",
                "  [ \"source\" . b ]\nt = [1,\n 2]\n",
            ]
        );
        assert_eq!(pieces("source.a.url = 1\nsource.b.url = 2").len(), 2);
        assert_eq!(pieces("[[x]]\na = 1\n[[x]]\nb = 1\n[source.b]\nt = 1").len(), 2);
    }

    #[test]
    fn entries_that_are_not_written_one_after_the_other_stay_together() {
        for text in [
            "",
            "# Nothing.\n",
            "[source.a]\n[source.b]\n[source.a.text]\nfull = true\n",
            "[source]\na = { url = 1 }\nb = { url = 2 }\n",
            "source = { a = { url = 1 }, b = { url = 2 } }",
            "source.a.url = 1\nsource.b.url = 1\n[source.a.text]\nx = 1",
            "[source.a]\n[source.b]\n[[source.a.x]]\nx = 1",
        ] {
            assert_eq!(pieces(text), [text], "{text}");
        }
    }

    /// What can be read of pieces is what can be read of the whole, value by value.
    #[test]
    fn cutting_changes_nothing() {
        let written = [
            "data = '/x'\n",
            "fetch.parallel = 1\n",
            "[source.a]\nx = 1\n",
            "[source.a.deep]\ny = 1\n",
            "[source]\n",
            "[source.\"b c\"]\n",
            "[[source.d.rule]]\nz = '''\n[source.q]\n'''\n",
            "source.e.x = 1\n",
            "[console]\nlisten = [\n'a',\n]\n",
            "# [source.z]\n",
            "[source.f]\n",
        ];
        let mut tried = 0;
        // Every order of every three of them.
        for a in written {
            for b in written {
                for c in written {
                    let text = [a, b, c].concat();
                    let Ok(whole) = DeTable::parse(&text) else { continue };
                    let mut read = toml::Table::new();
                    for piece in cut(&text, whole.get_ref(), is_kind) {
                        merge(&mut read, text[piece].parse().expect("a piece is TOML"));
                    }
                    assert_eq!(read, text.parse::<toml::Table>().expect("is TOML"), "{text}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 700, "{tried} texts were TOML");
    }

    /// A piece must add, and never say again.
    fn merge(into: &mut toml::Table, piece: toml::Table) {
        for (key, value) in piece {
            match (into.get_mut(&key), value) {
                (None, value) => {
                    into.insert(key, value);
                }
                (Some(toml::Value::Table(known)), toml::Value::Table(entries)) => {
                    for (id, entry) in entries {
                        assert!(known.insert(id, entry).is_none(), "an entry is in two pieces");
                    }
                }
                (Some(_), _) => panic!("`{key}` is in two pieces"),
            }
        }
    }
}
