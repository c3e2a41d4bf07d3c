//! The answer on stdout, and nothing else there.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::exit::{Failure, Outcome};

/// Writes text as the answer. A reader who has left (`| head`) is no mistake.
pub(crate) fn text(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(Failure::io),
    }
}

/// One line of text from outside or from us, made safe for a terminal.
pub(crate) fn line(line: &str) -> Outcome {
    text(&format!("{}\n", model::terminal_safe(line)))
}

/// One object.
pub(crate) fn json(value: &impl Serialize) -> Outcome {
    let value = serde_json::to_string(value).map_err(Failure::io)?;
    text(&format!("{value}\n"))
}

/// A list: one object a line.
pub(crate) fn json_lines<T: Serialize>(rows: &[T]) -> Outcome {
    let mut lines = String::new();
    for row in rows {
        lines.push_str(&serde_json::to_string(row).map_err(Failure::io)?);
        lines.push('\n');
    }
    text(&lines)
}

/// A table for people; cells are one line each and cannot act on the terminal.
pub(crate) fn table(header: &[&str], rows: Vec<Vec<String>>) -> Outcome {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    for row in rows {
        table.add_row(row.iter().map(|cell| model::one_line(cell)));
    }
    text(&format!("{table}\n"))
}

/// For cells: a value, or a dash.
pub(crate) fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "–".into(), |value| value.to_string())
}
