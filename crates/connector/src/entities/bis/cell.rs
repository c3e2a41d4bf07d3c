//! The cell of an entity in Part 744: name, aliases and addresses in one paragraph.
//!
//! `Name, a.k.a., the following two aliases: —X; and —Y. Address, City, Country; and Address.`

use std::sync::LazyLock;

use regex::Regex;

use crate::entities::word::{split_list, tidy};

/// The parts of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) addresses: Vec<String>,
    /// `Subordinate institution`, `See alternate addresses under …`.
    pub(crate) remarks: Option<String>,
}

/// Words that a name goes on with after a comma: legal forms, and academies of their parent.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(co(rp|mpany|rporation)?|ltd|limited|inc(orporated)?|l\.?l\.?c|l\.?l\.?p|s\.?a\.?(r\.?l)?|gmbh|plc|pte|pvt|p\.?j\.?s\.?c|o?j\.?s\.?c|sdn|bhd|b\.?v|n\.?v|k\.?g|a\.?g|a\.?s|s\.?p\.?a|s\.?r\.?o|d\.?o\.?o|fze|fzco|fzc|fz-?llc|ooo|zao|pao|ao|kft|oy|ab|jr|sr)\b",
    )
    .expect("a valid pattern")
});

/// What an address begins with.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^(#|\d|no\.?\s?\d|no\.\s|room|rm\.?\s|unit|units|suite|flat|floor|building|bldg|block|office|p\.?\s?o\.?\s?box|po box|level|shop|house|plot|street|st\.|ul\.|prospekt|g\.\s|c/o|apt|lot|warehouse|\S+ (road|rd\.|street|st\.|avenue|ave\.|district|building|lane|industrial|town|village|square|tower|park)\b)",
    )
    .expect("a valid pattern")
});

static AKA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i),?\s*\(?\s*(?:also known as|formerly known as|a\.k\.a\.?|f\.k\.a\.?|n\.k\.a\.?|d/b/a),?\s*(?:(?:the )?following (?:\w+(?:-\w+)? )?(?:alias(?:es)?|names?)\s*:?)?",
    )
    .expect("a valid pattern")
});

static NOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\(\s*see (?:also )?(?:alternate|alternative)? ?address(?:es)?[^)]*\)\.?")
        .expect("a valid pattern")
});

/// Takes a cell apart; the name is never empty when the cell is not.
pub(crate) fn read(text: &str) -> Cell {
    let mut text = tidy(text);
    let mut cell = Cell::default();
    if let Some(note) = NOTE.find(&text) {
        cell.remarks = Some(note.as_str().trim_matches(['(', ')', '.', ' ']).to_owned());
        text = tidy(&NOTE.replace_all(&text, ""));
    }
    let (head, rest) = match AKA.find(&text) {
        Some(aka) if aka.start() > 0 => (text[..aka.start()].to_owned(), Some(&text[aka.end()..])),
        _ => (text.clone(), None),
    };
    let places;
    match rest {
        None => {
            let (name, address) = split_name(&head);
            cell.name = name;
            places = address;
        }
        Some(rest) => {
            cell.name = head.trim_end_matches([',', ' ', ';']).to_owned();
            let (aliases, address) = split_aliases(rest);
            cell.aliases = aliases;
            places = address;
        }
    }
    cell.addresses = split_list(places.trim_end_matches('.'), &[';']);
    cell
}

/// The name ends at the first comma after which neither a legal form nor an opened bracket goes on.
fn split_name(head: &str) -> (String, String) {
    let mut depth = 0_i32;
    for (at, c) in head.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                let rest = head[at + 1..].trim_start();
                if !FORM.is_match(rest) {
                    return (head[..at].trim().to_owned(), rest.to_owned());
                }
            }
            _ => {}
        }
    }
    (head.trim().trim_end_matches('.').to_owned(), String::new())
}

/// Aliases stand behind dashes or between semicolons; the last one ends where the address begins.
fn split_aliases(rest: &str) -> (Vec<String>, String) {
    let dashed = rest.contains(['—', '–']);
    let parts: Vec<&str> = if dashed {
        rest.split(['—', '–']).collect()
    } else {
        // Without dashes the aliases end with the first sentence that looks like an end.
        return until_address(rest);
    };
    let mut aliases = Vec::new();
    let mut address = String::new();
    let last = parts.len() - 1;
    for (at, part) in parts.iter().enumerate() {
        let part = part.trim();
        if at < last {
            let alias =
                part.trim_end_matches("and").trim().trim_end_matches([';', ',', ':']).trim();
            aliases.push(alias.trim_end_matches("and").trim_end_matches([';', ' ']).to_owned());
        } else {
            let (mut names, rest) = until_address(part);
            aliases.append(&mut names);
            address = rest;
        }
    }
    aliases.retain(|alias| !alias.is_empty());
    (aliases, address)
}

fn until_address(text: &str) -> (Vec<String>, String) {
    // `Alias Co., Ltd. No. 5 Road, City`: the full stop of a legal form ends the alias only where
    // an address plainly begins.
    for (at, _) in text.match_indices(['.', ')']) {
        let (left, right) = text.split_at(at + 1);
        let Some(right) = right.strip_prefix(' ').map(str::trim_start) else { continue };
        if right.is_empty() {
            continue;
        }
        let word = left.trim_end_matches('.').rsplit([' ', ',']).next().unwrap_or_default();
        let form = FORM.is_match(word) || word.chars().count() <= 2;
        let stop = left.ends_with('.');
        if PLACE.is_match(right) || (stop && !form && right.contains(',')) {
            let names = left.trim_end_matches('.').trim();
            let names = if form && stop { left.trim() } else { names };
            return (split_list(names, &[';']), right.to_owned());
        }
    }
    // `a.k.a. X, No. 5 Road`: a comma before what plainly is an address.
    for (at, _) in text.match_indices(',') {
        let right = text[at + 1..].trim_start();
        if PLACE.is_match(right) {
            return (split_list(&text[..at], &[';']), right.to_owned());
        }
    }
    (split_list(text.trim_end_matches('.'), &[';']), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_all_shapes_come_apart() {
        let plain = read(
            "Acme Optics Co., Ltd., No. 5 South Road, Haidian, Beijing, China; and Unit 2, Kowloon, Hong Kong. (See alternate addresses under Pakistan).",
        );
        assert_eq!(plain.name, "Acme Optics Co., Ltd.");
        assert_eq!(
            plain.addresses,
            ["No. 5 South Road, Haidian, Beijing, China", "Unit 2, Kowloon, Hong Kong"]
        );
        assert_eq!(plain.remarks.as_deref(), Some("See alternate addresses under Pakistan"));

        let aliases = read(
            "Acme (Group) Co., Ltd., a.k.a., the following three aliases: —Acme Systems; —Acme Sys Co., Ltd.; and —ASC. Bantian Base, Longgang District, Shenzhen, 518129, China.",
        );
        assert_eq!(aliases.name, "Acme (Group) Co., Ltd.");
        assert_eq!(aliases.aliases, ["Acme Systems", "Acme Sys Co., Ltd.", "ASC"]);
        assert_eq!(aliases.addresses, ["Bantian Base, Longgang District, Shenzhen, 518129, China"]);

        let one = read(
            "Beta Institute, a.k.a., the following one alias: –Beta Labs Co., Ltd. 12 Main St, Dubai, U.A.E.",
        );
        assert_eq!(one.aliases, ["Beta Labs Co., Ltd."]);
        assert_eq!(one.addresses, ["12 Main St, Dubai, U.A.E"]);

        assert_eq!(read("Gamma.").name, "Gamma");
        assert_eq!(read("").name, "");
    }
}
