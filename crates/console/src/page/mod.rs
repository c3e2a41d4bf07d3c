//! Pages for a person with a browser: plain documents without style or script, since strangers wrote
//! most of what they show.

mod coverage;
mod front;
mod quarantine;

use std::fmt::Write;

use model::{one_line, truncated};

pub(crate) use self::coverage::coverage;
pub(crate) use self::front::front;
pub(crate) use self::quarantine::quarantine;

/// Bytes of one text from outside that are shown.
const TEXT_BYTES: usize = 200;
/// Rows of one table; what is more is counted.
const ROWS: usize = 500;

/// A whole document around `body`, which is markup already.
fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <link rel=\"alternate\" type=\"application/atom+xml\" title=\"Alerts\" \
         href=\"/feed/alerts.atom\">\n</head>\n<body>\n{body}</body>\n</html>\n",
        title = escape(title),
    )
}

/// The rows of a table, of which no more are kept than are shown.
#[derive(Debug, Default)]
struct Rows {
    shown: Vec<Vec<String>>,
    count: usize,
}

impl Rows {
    /// A further row; its cells are only made if it is shown.
    fn add(&mut self, cells: impl FnOnce() -> Vec<String>) {
        if self.count < ROWS {
            self.shown.push(cells());
        }
        self.count += 1;
    }
}

/// A table under a heading, or nothing where there are no rows. Cells are text, not markup.
fn table(out: &mut String, heading: &str, header: &[&str], rows: &Rows) {
    if rows.count == 0 {
        return;
    }
    line(out, format_args!("<h2>{heading}</h2>\n<table>\n<thead><tr>"));
    for name in header {
        line(out, format_args!("<th scope=\"col\">{name}</th>"));
    }
    line(out, format_args!("</tr></thead>\n<tbody>"));
    for row in &rows.shown {
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", shown(cell))).collect();
        line(out, format_args!("<tr>{cells}</tr>"));
    }
    line(out, format_args!("</tbody>\n</table>"));
    if rows.count > rows.shown.len() {
        line(out, format_args!("<p>and {} more</p>", rows.count - rows.shown.len()));
    }
}

fn line(out: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(out, "{line}").expect("writing to a string cannot fail");
}

/// A text from outside: one line of bounded length that is text wherever it stands.
fn shown(text: &str) -> String {
    escape(&truncated(&one_line(text), TEXT_BYTES))
}

/// For text and for attributes in double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
