//! A sitemap that is a text with one address on each line.

use super::draft::Draft;
use super::{ENTRIES, ParsedSitemap};
use crate::feed::Repairs;
use crate::feed::address::is_web;

/// Reads `text`; `None` if it does not begin with an address, so that it is something else.
pub(super) fn read(text: &str, repairs: &mut Repairs) -> Option<ParsedSitemap> {
    let lines = || {
        text.lines().map(|line| {
            line.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\0')
        })
    };
    if !lines().find(|line| !line.is_empty()).is_some_and(is_web) {
        return None;
    }
    let mut parsed = ParsedSitemap { format: "sitemap-text".into(), ..ParsedSitemap::default() };
    let mut is_full = false;
    for (number, line) in lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let place = format!("line {}", number + 1);
        if parsed.items.len() == ENTRIES {
            if !std::mem::replace(&mut is_full, true) {
                repairs.list(place, format!("more than {ENTRIES} addresses"));
            }
            parsed.rejected += 1;
            continue;
        }
        let draft = Draft { loc: Some(line.to_owned()), ..Draft::default() };
        match draft.finish(None, &place, repairs) {
            Some(entry) => parsed.items.push(entry),
            None => parsed.rejected += 1,
        }
    }
    Some(parsed)
}
