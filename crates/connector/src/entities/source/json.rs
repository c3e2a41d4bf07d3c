//! JSON as a stream of the elements of one array.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::xml::Fault;

/// What a walk meets.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A value of the document itself, under its path.
    Scalar(String, Value),
    /// An element of one of the arrays.
    Element(Value),
}

/// Hands over the elements of every array in `arrays` (paths with dots, `""` is the document
/// itself) as they are read, and the plain values beside them. Depth is bounded by serde_json.
pub(crate) fn walk(text: &str, arrays: &[&str], visit: &mut dyn FnMut(Piece)) -> Result<(), Fault> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = Seed { path: String::new(), arrays, visit };
    seed.deserialize(&mut reader).and_then(|()| reader.end()).map_err(fault)
}

/// The lines of a document of JSON lines, with their numbers; blank lines are nothing.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, Result<Value, Fault>)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(|(at, line)| {
        let value = serde_json::from_str(line.trim())
            .map_err(|error| Fault { at: format!("line {}", at + 1), ..fault(error) });
        (at + 1, value)
    })
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn fault(error: serde_json::Error) -> Fault {
    let too_deep = error.to_string().contains("recursion limit");
    Fault { at: format!("line {}", error.line()), reason: error.to_string(), too_deep }
}

struct Seed<'v> {
    path: String,
    arrays: &'v [&'v str],
    visit: &'v mut dyn FnMut(Piece),
}

impl Seed<'_> {
    fn scalar<E>(self, value: Value) -> Result<(), E> {
        (self.visit)(Piece::Scalar(self.path, value));
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.scalar(value.into())
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.scalar(value.into())
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.scalar(value.into())
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.scalar(value.into())
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.scalar(value.into())
    }
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.scalar(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        if self.arrays.contains(&self.path.as_str()) {
            while let Some(value) = elements.next_element::<Value>()? {
                (self.visit)(Piece::Element(value));
            }
        } else {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { path, arrays, visit } = self;
        while let Some(key) = map.next_key::<String>()? {
            let below = if path.is_empty() { key } else { format!("{path}.{key}") };
            let leads = arrays.iter().any(|array| {
                *array == below
                    || array.strip_prefix(below.as_str()).is_some_and(|rest| rest.starts_with('.'))
            });
            // Two levels of plain values are told; what is deeper is nobody's title or date.
            if leads || !below.contains('.') {
                map.next_value_seed(Seed { path: below, arrays, visit: &mut *visit })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The outline of a document: enough to tell formats apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// The keys of the document, if it is an object.
    pub(crate) keys: Vec<String>,
    /// The keys of the first element of each array of objects; `""` is the document itself.
    pub(crate) arrays: BTreeMap<String, Vec<String>>,
    /// More than one value, or one on a line of its own that other formats would not write.
    pub(crate) lines: bool,
}

impl Outline {
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known == key)
    }

    /// The first element of that array has this key.
    pub(crate) fn element_has(&self, array: &str, key: &str) -> bool {
        self.arrays.get(array).is_some_and(|keys| keys.iter().any(|known| known == key))
    }
}

/// Reads the outline, as far as the document can be read.
pub(crate) fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    // A damaged document still has the outline of its beginning.
    let whole = OutlineSeed(&mut outline).deserialize(&mut reader).is_ok();
    outline.lines = whole && reader.end().is_err();
    outline
}

struct OutlineSeed<'o>(&'o mut Outline);

impl<'de> DeserializeSeed<'de> for OutlineSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OutlineSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<(), A::Error> {
        ElementKeys { array: String::new(), outline: self.0 }.visit_seq(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.0.keys.push(key.clone());
            map.next_value_seed(ElementKeys { array: key, outline: &mut *self.0 })?;
        }
        Ok(())
    }
}

/// Notes the keys of the first element of an array, whatever else the value is.
struct ElementKeys<'o> {
    array: String,
    outline: &'o mut Outline,
}

impl<'de> DeserializeSeed<'de> for ElementKeys<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ElementKeys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        if let Some(first) = elements.next_element::<Value>()? {
            let keys = first.as_object().map(|object| object.keys().cloned().collect());
            self.outline.arrays.insert(self.array, keys.unwrap_or_default());
            while elements.next_element::<IgnoredAny>()?.is_some() {}
        } else {
            self.outline.arrays.insert(self.array, Vec::new());
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// The value of the first of `keys` that says something, as text.
pub(crate) fn text_of(value: &Value, keys: &[&str]) -> String {
    keys.iter().map(|key| plain(&value[*key])).find(|text| !text.is_empty()).unwrap_or_default()
}

/// The values of the first of `keys` that says something: elements of an array, or one text.
pub(crate) fn texts_of(value: &Value, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| many(&value[*key])).find(|texts| !texts.is_empty()).unwrap_or_default()
}

fn many(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(many).collect(),
        Value::Object(_) => {
            let text = text_of(value, &["name", "value", "full", "fullAddress", "label"]);
            if text.is_empty() { Vec::new() } else { vec![text] }
        }
        _ => Some(plain(value)).filter(|text| !text.is_empty()).into_iter().collect(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str, arrays: &[&str]) -> (Vec<Value>, Vec<String>, bool) {
        let (mut found, mut scalars) = (Vec::new(), Vec::new());
        let end = walk(text, arrays, &mut |piece| match piece {
            Piece::Element(value) => found.push(value),
            Piece::Scalar(path, _) => scalars.push(path),
        });
        (found, scalars, end.is_ok())
    }

    #[test]
    fn elements_of_nested_arrays_are_streamed() {
        let text = r#"{"a":{"b":[{"n":1},2],"c":[[]]},"t":"x","z":[1]}"#;
        let (found, scalars, whole) = elements(text, &["a.b"]);
        assert_eq!(found, [serde_json::json!({"n":1}), 2.into()]);
        assert_eq!(scalars, ["t"]);
        assert!(whole);
        assert_eq!(elements("[1,2]", &[""]).0.len(), 2);
    }

    #[test]
    fn a_cut_document_keeps_what_came_before() {
        let (found, _, whole) = elements(r#"{"r":[{"n":1},{"n":2},{"n"#, &["r"]);
        assert_eq!(found.len(), 2);
        assert!(!whole);
    }

    #[test]
    fn the_outline_tells_lines_from_documents() {
        assert!(outline("{\"op\":1}\n{\"op\":2}").lines);
        let outline = outline(r#"{"count":2,"results":[{"a":1},{"a"#);
        assert!(!outline.lines && outline.has("count") && outline.element_has("results", "a"));
    }
}
