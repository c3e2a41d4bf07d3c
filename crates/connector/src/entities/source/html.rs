//! The tables of an HTML page, by one pass over its tags: no tree, so no depth to bound.

use crate::entities::word::tidy;

/// Text before a table that is kept to tell tables apart.
const HEADING_BYTES: usize = 2_000;

/// A table with the text that stands before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HtmlTable {
    /// What stands between the table before and this one, its last two thousand bytes.
    pub(crate) before: String,
    pub(crate) rows: Vec<Vec<String>>,
}

/// A page, as far as lists need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) tables: Vec<HtmlTable>,
    /// The page ends inside a table or before its own end.
    pub(crate) cut: bool,
}

/// Reads a page.
pub(crate) fn page(text: &str) -> Page {
    let mut page = Page::default();
    let mut table: Option<HtmlTable> = None;
    let (mut before, mut cell, mut title) = (String::new(), None::<String>, None::<String>);
    let mut closed = false;
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (words, tail) = rest.split_at(start);
        push(words, &mut cell, &mut title, &mut before, table.is_some());
        if let Some(comment) = tail.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let Some(end) = tail.find('>') else {
            rest = "";
            break;
        };
        let tag = &tail[1..end];
        rest = &tail[end + 1..];
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .flat_map(char::to_lowercase)
            .collect();
        match (name.as_str(), closing) {
            ("script" | "style", false) => {
                let close = if name == "script" { "</script" } else { "</style" };
                rest = find_tag(rest, close).map_or("", |at| &rest[at..]);
            }
            ("title", closing) => {
                if !closing {
                    title = Some(String::new());
                } else if let Some(text) = title.take()
                    && page.title.is_empty()
                {
                    page.title = tidy(&text);
                }
            }
            ("table", false) => {
                page.tables.extend(table.take());
                table = Some(HtmlTable { before: last(&tidy(&before)), rows: Vec::new() });
                before.clear();
            }
            ("table", true) => {
                finish_cell(&mut cell, &mut table);
                page.tables.extend(table.take());
            }
            ("tr", closing) => {
                finish_cell(&mut cell, &mut table);
                if let Some(table) = table.as_mut()
                    && !closing
                {
                    table.rows.push(Vec::new());
                }
            }
            ("td" | "th", closing) => {
                finish_cell(&mut cell, &mut table);
                if table.is_some() && !closing {
                    cell = Some(String::new());
                }
            }
            ("html" | "body", true) => closed = true,
            ("b" | "i" | "em" | "strong" | "span" | "a" | "sup" | "sub" | "u" | "font", _) => {}
            _ => push(" ", &mut cell, &mut title, &mut before, table.is_some()),
        }
    }
    page.cut = table.is_some() || !closed;
    push(rest, &mut cell, &mut title, &mut before, table.is_some());
    finish_cell(&mut cell, &mut table);
    page.tables.extend(table);
    for table in &mut page.tables {
        table.rows.retain(|row| !row.is_empty());
    }
    page
}

fn push(
    words: &str,
    cell: &mut Option<String>,
    title: &mut Option<String>,
    before: &mut String,
    in_table: bool,
) {
    match (cell, title) {
        (Some(cell), _) => cell.push_str(words),
        (None, Some(title)) => title.push_str(words),
        (None, None) if !in_table => {
            before.push_str(words);
            if before.len() > 8 * HEADING_BYTES {
                *before = last(before);
            }
        }
        (None, None) => {}
    }
}

fn finish_cell(cell: &mut Option<String>, table: &mut Option<HtmlTable>) {
    let Some(text) = cell.take() else { return };
    let Some(table) = table else { return };
    if table.rows.is_empty() {
        table.rows.push(Vec::new());
    }
    if let Some(row) = table.rows.last_mut() {
        row.push(tidy(&text));
    }
}

fn last(text: &str) -> String {
    let from = text.len().saturating_sub(HEADING_BYTES);
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text[from..].to_owned()
}

fn find_tag(text: &str, tag: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    bytes.windows(tag.len()).position(|window| window.eq_ignore_ascii_case(tag.as_bytes()))
}

/// The text is an HTML page, by its beginning.
pub(crate) fn is_page(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(2_000).collect::<String>().to_lowercase();
    head.starts_with("<!doctype html") || (head.starts_with('<') && head.contains("<html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_come_with_the_words_before_them() {
        let page = page(
            "<html><head><title>A &amp; B</title><script>if (a<b) '<table>'</script></head><body>\
             <p>First <b>li</b>mb</p><table><thead><tr><th>Name<th>Date</tr></thead>\
             <tr><td>X<br>Y</td><td> June </td></tr></table><h2>Second</h2>\
             <!-- <table> --><TABLE><tr><td>Z</td></tr></TABLE></body></html>",
        );
        assert_eq!(page.title, "A & B");
        assert!(!page.cut);
        assert_eq!(page.tables[0].before, "First limb");
        assert_eq!(page.tables[0].rows, [["Name", "Date"], ["X Y", "June"]]);
        assert_eq!((page.tables[1].before.as_str(), page.tables.len()), ("Second", 2));
    }

    #[test]
    fn a_cut_page_is_noticed() {
        assert!(page("<html><table><tr><td>X").cut);
        assert_eq!(page("<html><table><tr><td>X").tables[0].rows, [["X"]]);
        assert!(page("<html><table><tr><td>X</td></tr></table><p").cut);
    }
}
