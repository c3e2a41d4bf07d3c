//! Tables of text: a header somewhere near the top, cells parted by one sign.

use csv::{ReaderBuilder, StringRecord};

use crate::ParseError;
use crate::entities::ledger::Ledger;
use crate::entities::word::tidy;

/// Lines in which a header is looked for: lists begin with a title or a date.
const HEADER_LINES: usize = 12;
/// Columns that a message names.
const SHOWN: usize = 40;
/// Signs that part cells.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A table with a header.
#[derive(Debug)]
pub(crate) struct Table<'t> {
    /// The header as it is written.
    pub(crate) names: Vec<String>,
    /// What stands above it.
    pub(crate) preamble: Vec<&'t str>,
    keys: Vec<String>,
    body: &'t str,
    delimiter: u8,
    /// Lines before the body.
    lines: u64,
}

/// One row of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'r> {
    cells: &'r StringRecord,
    /// The line of the file that it begins on.
    pub(crate) line: u64,
}

impl Row<'_> {
    /// A cell without blanks around; empty for a column that is not there.
    pub(crate) fn cell(&self, column: Option<usize>) -> &str {
        column.and_then(|column| self.cells.get(column)).map_or("", str::trim)
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter().map(str::trim)
    }

    pub(crate) fn at(&self) -> String {
        format!("line {}", self.line)
    }
}

/// A name of a column without case and signs.
pub(crate) fn column_key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl<'t> Table<'t> {
    /// The table whose header `is_header` knows by the keys of its columns.
    pub(crate) fn open(
        text: &'t str,
        delimiter: Option<u8>,
        is_header: &dyn Fn(&[String]) -> bool,
    ) -> Option<Self> {
        let text = text.trim_start_matches('\u{FEFF}');
        let (mut from, mut lines, mut preamble) = (0, 0, Vec::new());
        while lines < HEADER_LINES as u64 && from < text.len() {
            let (line, count) = whole_line(&text[from..]);
            let delimiter = delimiter.unwrap_or_else(|| sniff(line));
            let names = cells_of(line, delimiter);
            let keys: Vec<String> = names.iter().map(|name| column_key(name)).collect();
            from += line.len();
            lines += count;
            if is_header(&keys) {
                let body = &text[from..];
                return Some(Self { names, preamble, keys, body, delimiter, lines });
            }
            preamble.push(line.trim());
        }
        None
    }

    /// The column of the first of `keys` that is there.
    pub(crate) fn column(&self, keys: &[&str]) -> Option<usize> {
        keys.iter().find_map(|key| self.keys.iter().position(|known| known == key))
    }

    /// A column that the format must have.
    pub(crate) fn need(&self, keys: &[&str]) -> Result<Option<usize>, ParseError> {
        self.column(keys).map(Some).ok_or_else(|| ParseError::Damaged {
            reason: format!(
                "the table has no column `{}`; its columns are {}",
                keys.first().unwrap_or(&""),
                shown(&self.names)
            ),
        })
    }

    /// Hands over every row that has its cells; the others are entered in the ledger, and so is
    /// an end in the middle of a row.
    pub(crate) fn each(&self, ledger: &mut Ledger, visit: &mut dyn FnMut(&mut Ledger, Row<'_>)) {
        let named = self.keys.iter().rposition(|key| !key.is_empty()).map_or(0, |at| at + 1);
        each_row(self.body, self.delimiter, ledger, &mut |ledger, cells, line, end| {
            let row = Row { cells, line: line + self.lines };
            let (at, count) = (row.at(), cells.len());
            if row.cells().all(str::is_empty) {
                return ledger.skip(at, "an empty row");
            }
            if end.is_cut(count < named) {
                return ledger.cut(at, "the file ends in the middle of a row");
            }
            // Publishers leave out the last cells of a row when they are empty; a row that lacks
            // more than a quarter has lost something.
            if count * 4 < named * 3 {
                return ledger.reject(at, format!("the row has {count} of {named} cells"));
            }
            let beyond = cells.iter().skip(self.keys.len()).any(|cell| !cell.trim().is_empty());
            if beyond {
                let columns = self.keys.len();
                let reason = format!("the row has {count} cells for {columns} columns");
                return ledger.reject(at, reason);
            }
            visit(ledger, row);
        });
    }
}

/// The first line of a text, with those that its quotes go on over, and how many they are.
pub(crate) fn whole_line(text: &str) -> (&str, u64) {
    let (mut end, mut count, mut quotes) = (0, 0, 0);
    for line in text.split_inclusive('\n').take(HEADER_LINES) {
        end += line.len();
        count += 1;
        quotes += line.bytes().filter(|byte| *byte == b'"').count();
        if quotes.is_multiple_of(2) {
            return (&text[..end], count);
        }
    }
    // A quote that nobody closes.
    let first = text.split_inclusive('\n').next().unwrap_or_default();
    (first, 1)
}

/// How a row ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    last: bool,
    open_quote: bool,
    newline: bool,
}

impl End {
    /// The file was cut in this row, which lacks cells or not.
    pub(crate) fn is_cut(self, short: bool) -> bool {
        self.last && (self.open_quote || (short && !self.newline))
    }
}

/// Hands over every row of a text without a header, with its line (the first is 1).
pub(crate) fn each_row(
    text: &str,
    delimiter: u8,
    ledger: &mut Ledger,
    visit: &mut dyn FnMut(&mut Ledger, &StringRecord, u64, End),
) {
    // The byte with which DOS ended its files.
    let text = text.trim_end_matches(['\u{1A}', '\0']);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut row = StringRecord::new();
    let mut next = StringRecord::new();
    let mut more = advance(&mut reader, &mut row);
    while more {
        more = advance(&mut reader, &mut next);
        let (line, start) = row.position().map_or((0, 0), |at| (at.line(), at.byte()));
        let end = if more {
            End { last: false, open_quote: false, newline: true }
        } else {
            let rest = usize::try_from(start).ok().and_then(|start| text.get(start..));
            let rest = rest.unwrap_or_default();
            End {
                last: true,
                open_quote: ends_in_quotes(rest, delimiter),
                newline: rest.ends_with(['\n', '\r']),
            }
        };
        visit(ledger, &row, line, end);
        std::mem::swap(&mut row, &mut next);
    }
}

/// The bytes are text already, so nothing but the end can stop the reader.
fn advance(reader: &mut csv::Reader<&[u8]>, row: &mut StringRecord) -> bool {
    reader.read_record(row).unwrap_or(false)
}

fn ends_in_quotes(text: &str, delimiter: u8) -> bool {
    let (mut quoted, mut begins) = (false, true);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if quoted && bytes.peek() == Some(&b'"') => {
                bytes.next();
            }
            b'"' if quoted => quoted = false,
            b'"' if begins => quoted = true,
            _ => {}
        }
        begins = !quoted && (byte == delimiter || byte == b'\n' || byte == b'\r');
    }
    quoted
}

/// The cells of one line.
pub(crate) fn cells_of(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(line.as_bytes());
    let mut row = StringRecord::new();
    if advance(&mut reader, &mut row) { row.iter().map(tidy).collect() } else { Vec::new() }
}

/// What most likely parts the cells of a header.
pub(crate) fn sniff(line: &str) -> u8 {
    let count = |delimiter: u8| {
        let mut quoted = false;
        line.bytes()
            .filter(|byte| {
                quoted ^= *byte == b'"';
                !quoted && *byte == delimiter
            })
            .count()
    };
    let mut best = b',';
    for delimiter in DELIMITERS {
        if count(delimiter) > count(best) {
            best = delimiter;
        }
    }
    best
}

/// Column names for a message, bounded.
pub(crate) fn shown(names: &[String]) -> String {
    let mut list: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        list.push(format!("and {} more", names.len() - SHOWN));
    }
    if list.is_empty() { "none".into() } else { list.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(u64, Vec<String>)>, Ledger) {
        let mut ledger = Ledger::new("l");
        let mut rows = Vec::new();
        let header = |keys: &[String]| keys.iter().any(|key| key == "name");
        let table = Table::open(text, None, &header).unwrap();
        table.each(&mut ledger, &mut |_, row| {
            rows.push((row.line, row.cells().map(Into::into).collect()));
        });
        (rows, ledger)
    }

    #[test]
    fn a_header_is_found_below_a_title_whatever_parts_its_cells() {
        for text in
            ["Name,Id\nA,1\n", "\u{FEFF}x\nName;Id\nA;1", "Report\r\n\r\n\"Name\"\tID\r\nA\t1\r\n"]
        {
            let (rows, ledger) = read(text);
            assert_eq!(rows[0].1, ["A", "1"], "{text}");
            assert!(ledger.is_complete());
        }
    }

    #[test]
    fn rows_that_lost_or_won_cells_are_rejected_with_their_line() {
        let (rows, ledger) = read("name,a,b,c\nX,1,2,3\nY,1\nZ,1,2,3,4\nW,1,2\n,,,\n");
        assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), [2, 5]);
        let list = ledger.close(crate::entities::Format::Table);
        assert_eq!((list.rejected, list.skips), (2, 1));
        assert_eq!(list.problems[0].at, "line 3");
    }

    #[test]
    fn a_cut_file_is_not_complete() {
        assert!(!read("name,a,b,c\nX,1,2,3\nY,1,2").1.is_complete());
        assert!(!read("name,a\nX,\"unfinished").1.is_complete());
        assert!(read("name,a\nX,\"finished \"\"well\"\"\"").1.is_complete());
    }
}
