//! Workbooks (XLSX, XLS, ODS) are ZIP archives of XML, or worse, from strangers: they are opened in
//! a child of this program that may use little memory and time, and that only prints rows.

use std::io::{Cursor, Read, Write};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use calamine::{Data, Reader as _, open_workbook_auto_from_rs};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::exit::{Failure, Outcome};

/// Bytes of a workbook.
const BYTES: u64 = 64 << 20;
/// Address space of the child: a sheet of a hundred thousand rows takes a quarter of it.
const MEMORY: u64 = 1 << 30;
/// Seconds of processor time of the child.
const SECONDS: u64 = 30;
/// Bytes that the child may print.
const OUTPUT: u64 = 256 << 20;
/// Rows and columns of a sheet, bytes of a cell.
const ROWS: usize = 250_000;
const COLUMNS: usize = 256;
const CELL: usize = 32 * 1_024;
/// Columns with a name that make a sheet worth reading.
const FILLED: usize = 2;

/// The rows of the first sheet with contents, read by a child process.
pub(crate) fn rows(bytes: &[u8]) -> anyhow::Result<Vec<Vec<String>>> {
    if bytes.len() as u64 > BYTES {
        bail!("the workbook is larger than {} MiB", BYTES >> 20);
    }
    let program = std::env::current_exe().context("finding the program itself")?;
    let mut child = Command::new(program)
        .arg("read-workbook")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting the reader of workbooks")?;
    let mut stdin = child.stdin.take().context("the child has no input")?;
    let stdout = child.stdout.take().context("the child has no output")?;
    let stderr = child.stderr.take().context("the child has no error output")?;
    let mut printed = Vec::new();
    let mut complaint = String::new();
    let read = std::thread::scope(|scope| {
        // The child reads everything before it prints; a write that fails shows in its exit code.
        scope.spawn(move || drop(stdin.write_all(bytes)));
        let told = scope.spawn(move || {
            let mut text = Vec::new();
            let read = stderr.take(4_096).read_to_end(&mut text);
            read.map(|_| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
        });
        let read = stdout.take(OUTPUT + 1).read_to_end(&mut printed);
        if read.is_err() || printed.len() as u64 > OUTPUT {
            drop(child.kill());
        }
        complaint = told.join().unwrap_or_default();
        read
    });
    let status = child.wait().context("waiting for the reader of workbooks")?;
    read.context("reading the rows of a workbook")?;
    if printed.len() as u64 > OUTPUT {
        bail!("the workbook unpacks to more than {} MiB of rows", OUTPUT >> 20);
    }
    if !status.success() {
        let why = complaint.trim().trim_start_matches("stackwatch: ");
        match status.code() {
            // Codes of `Failure`; a panic (101) and a signal are what the limits end in.
            Some(1 | 74) if !why.is_empty() => bail!("not a workbook that can be read: {why}"),
            _ => bail!(
                "reading the workbook took more than {} MiB of memory or {SECONDS} s of time",
                MEMORY >> 20
            ),
        }
    }
    let text = String::from_utf8(printed).context("the rows of a workbook")?;
    text.lines().map(|line| serde_json::from_str(line).context("a row of a workbook")).collect()
}

/// The child: reads a workbook from stdin and prints each row as a JSON list of texts.
pub(crate) fn child() -> Outcome {
    for (what, most) in [
        (Resource::As, MEMORY),
        (Resource::Cpu, SECONDS),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ] {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(what, limit).map_err(Failure::io)?;
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(BYTES + 1).read_to_end(&mut bytes).map_err(Failure::io)?;
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(Failure::found)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for name in book.sheet_names() {
        let sheet = book.worksheet_range(&name).map_err(Failure::found)?;
        if sheet.width() < FILLED || sheet.is_empty() {
            continue;
        }
        // Rows above the first filled one are not in the range: places count from the sheet's top.
        let above = sheet.start().map_or(0, |(row, _)| row as usize).min(ROWS);
        let rows = std::iter::repeat_n(Vec::new(), above)
            .chain(sheet.rows().map(|row| row.iter().take(COLUMNS).map(text).collect()));
        for row in rows.take(ROWS) {
            let row: Vec<String> = row;
            serde_json::to_writer(&mut out, &row).map_err(Failure::io)?;
            out.write_all(b"\n").map_err(Failure::io)?;
        }
        break;
    }
    out.flush().map_err(Failure::io)
}

/// A cell as text: points in time in ISO 8601, numbers plainly and with two decimals at most.
fn text(cell: &Data) -> String {
    match cell {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            format!("{number:.0}")
        }
        Data::Float(number) => format!("{number:.2}"),
        Data::DateTime(time) if !time.is_datetime() => String::new(),
        Data::DateTime(time) => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            match (hour, minute, second) {
                (0, 0, 0) => date,
                _ => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
            }
        }
        Data::DateTimeIso(text) | Data::String(text) => model::truncated(text, CELL).into_owned(),
        Data::Int(number) => number.to_string(),
        Data::Bool(value) => value.to_string(),
        Data::DurationIso(_) | Data::Error(_) | Data::Empty => String::new(),
    }
}
