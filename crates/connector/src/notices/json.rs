//! JSON as portals write it: found by path, read whatever type it came in, mended where numbers
//! break the grammar.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::ParseError;

/// The documents in a text, one after the other, and how many numbers had to be mended.
pub(super) struct Documents {
    mended: Option<String>,
    /// How many numbers no JSON parser accepts: `00012`, `1e9999`, `NaN`.
    pub(super) repairs: usize,
}

impl Documents {
    /// Checks the grammar of the whole text; a text that is no JSON is mended once.
    pub(super) fn new(text: &str) -> Result<Self, ParseError> {
        let Err(first) = check(text) else { return Ok(Self { mended: None, repairs: 0 }) };
        let (mended, repairs) = mend(text);
        if repairs > 0 && check(&mended).is_ok() {
            return Ok(Self { mended: Some(mended), repairs });
        }
        Err(ParseError::Damaged { reason: format!("it is no JSON: {first}") })
    }

    /// The documents, unread.
    pub(super) fn split<'a>(&'a self, text: &'a str) -> Vec<&'a RawValue> {
        let text = self.mended.as_deref().unwrap_or(text);
        serde_json::Deserializer::from_str(text).into_iter().flatten().collect()
    }
}

fn check(text: &str) -> Result<(), serde_json::Error> {
    for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        document?;
    }
    Ok(())
}

/// Numbers with leading zeros, without a finite value, and `NaN` and `Infinity`, outside strings.
fn mend(text: &str) -> (String, usize) {
    let mut out = String::with_capacity(text.len());
    let mut repairs = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
                at = (at + 1).min(bytes.len());
                // An escape at the very end may have led into a character.
                while !text.is_char_boundary(at) {
                    at += 1;
                }
                out.push_str(&text[start..at]);
            }
            b'-' | b'+' | b'.' | b'0'..=b'9' | b'N' | b'I' => {
                let token =
                    |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                at += bytes[at..].iter().take_while(|byte| token(byte)).count();
                let number = &text[start..at];
                match serde_json::from_str::<f64>(number) {
                    Ok(_) => out.push_str(number),
                    Err(_) => {
                        repairs += 1;
                        // Rust reads leading zeros, `+5`, `.5` and `5.`; JSON does not.
                        match number.parse::<f64>() {
                            Ok(value) if value.is_finite() => out.push_str(&value.to_string()),
                            _ => out.push_str("null"),
                        }
                    }
                }
            }
            _ => {
                at += 1;
                while !text.is_char_boundary(at) {
                    at += 1;
                }
                out.push_str(&text[start..at]);
            }
        }
    }
    (out, repairs)
}

/// What stands at a path of keys, `tender/value/amount`; `null` stands for nothing.
pub(super) fn get<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let found = path.split('/').try_fold(value, |value, key| value.get(key))?;
    (!found.is_null()).then_some(found)
}

/// A text or number at a path, as text on one line.
pub(super) fn text(value: &Value, path: &str) -> Option<String> {
    plain(get(value, path)?)
}

/// A text or a number as text on one line.
pub(super) fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => model::one_line(text),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Text of several lines at a path.
pub(super) fn lines(value: &Value, path: &str) -> Option<String> {
    let text = get(value, path)?.as_str()?;
    let lines: Vec<_> = text.lines().map(model::one_line).filter(|line| !line.is_empty()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The members of a list at a path; a single thing where a list should be is a list of it.
pub(super) fn list<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    match get(value, path) {
        Some(Value::Array(members)) => members.iter().filter(|member| !member.is_null()).collect(),
        Some(single) => vec![single],
        None => Vec::new(),
    }
}

/// A sum at a path, written as a number or as text.
pub(super) fn amount(value: &Value, path: &str) -> Option<f64> {
    match get(value, path)? {
        Value::Number(number) => super::words::sum(number.as_f64()?),
        Value::String(text) => super::words::amount(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_parser_takes_are_mended() {
        let text = "{\"a\": 000, \"b\": 1e9999, \"c\": 00012.5, \"d\": NaN, \"e\": -3, \"f\": \"007 \\\" é 01\", \"g\": +7}";
        let documents = Documents::new(text).unwrap();
        assert_eq!(documents.repairs, 5);
        let read: Value = serde_json::from_str(documents.split(text)[0].get()).unwrap();
        let expected = serde_json::json!(
            {"a": 0, "b": null, "c": 12.5, "d": null, "e": -3, "f": "007 \" é 01", "g": 7}
        );
        assert_eq!(read, expected);
        assert!(Documents::new("{\"a\": ").is_err());
        assert!(Documents::new("\"\\").is_err());
        assert_eq!(Documents::new("{}\n{}\n").unwrap().split("{}\n{}\n").len(), 2);
    }

    #[test]
    fn values_are_found_whatever_their_type() {
        let value = serde_json::json!({"a": {"b": [1, null, "2"]}, "n": "1 234,50", "s": " x\ny "});
        assert_eq!(list(&value, "a/b").len(), 2);
        assert_eq!(list(&value, "s").len(), 1);
        assert_eq!(amount(&value, "n"), Some(1_234.5));
        assert_eq!(text(&value, "s").as_deref(), Some("x y"));
        assert_eq!(lines(&value, "s").as_deref(), Some("x\ny"));
        assert_eq!(text(&value, "a"), None);
        assert!(get(&value, "a/x/y").is_none());
    }
}
