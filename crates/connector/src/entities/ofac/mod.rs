//! The lists of the US Treasury's Office of Foreign Assets Control.

pub(crate) mod advanced;
pub(crate) mod csv;
pub(crate) mod delta;
mod remarks;
pub(crate) mod xml;

/// What the lists call a kind of party, in one word.
fn kind(word: &str) -> Option<String> {
    let word = word.trim().to_lowercase();
    Some(match word.as_str() {
        "individual" | "person" => "individual".into(),
        "vessel" | "ship" => "vessel".into(),
        "aircraft" => "aircraft".into(),
        "entity" | "-0-" | "" | "organization" | "organisation" => "entity".into(),
        _ => return None,
    })
}

/// `LAST, First`: names as OFAC's tables write them.
fn person(last: &str, first: &str) -> String {
    match (last.trim(), first.trim()) {
        (last, "") => last.to_owned(),
        ("", first) => first.to_owned(),
        (last, first) => format!("{last}, {first}"),
    }
}
