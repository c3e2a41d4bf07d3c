//! Damage as it really happens to lists, thirty kinds of it, on every fixture and, where
//! STACKWATCH_REALDATA is set, on every real list: nothing panics, nothing takes long, every record
//! is accounted for (I3), and no column is ever read as another (I9).

use std::collections::{BTreeSet, HashSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use connector::entities::{EntityRules, Named, ParsedList, parse_entities};
use connector::{Document, ParseError};

/// What a damaged file may be read as.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Allowed {
    /// Exactly the same entries: the damage is none.
    Same,
    /// An error, or entries all of whose names, addresses and countries the whole file has.
    Within,
    /// An error, or whatever is accounted for.
    Anything,
    /// An error only.
    Error,
}

struct Damage {
    what: String,
    bytes: Vec<u8>,
    allowed: Allowed,
}

/// The same numbers at every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).expect("a small bound")
    }
}

/// A file of rows with its delimiter, and the place of its header if it has one.
struct Rows {
    above: String,
    header: bool,
    delimiter: u8,
    rows: Vec<csv::StringRecord>,
}

impl Rows {
    fn of(name: &str, text: &str) -> Option<Self> {
        if text.trim_start().starts_with(['<', '{', '[', '#', '-']) {
            return None;
        }
        let headless =
            ["sdn", "alt", "add", "cons_", "ex_"].iter().any(|part| name.starts_with(part));
        let title = matches!(name, "uk.csv" | "ofsi.csv");
        let lead = usize::from(title);
        let above: usize = text.split_inclusive('\n').take(lead).map(str::len).sum();
        let (above, body) = text.split_at(above);
        let line = body.lines().next()?;
        let signs: &[u8] = if headless { b"," } else { b",;\t|" };
        let count = |sign: &u8| line.bytes().filter(|byte| byte == sign).count();
        let delimiter = signs.iter().copied().max_by_key(count)?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(body.trim_end_matches('\u{1A}').as_bytes());
        let rows: Vec<_> = reader.records().collect::<Result<_, _>>().ok()?;
        let above = above.to_owned();
        (rows.len() > 1 && rows[0].len() > 2).then_some(Self {
            above,
            header: !headless,
            delimiter,
            rows,
        })
    }

    fn write(&self, rows: &[csv::StringRecord], delimiter: u8, end: csv::Terminator) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .delimiter(delimiter)
            .terminator(end)
            .from_writer(self.above.clone().into_bytes());
        for row in rows {
            writer.write_record(row).expect("writing to memory");
        }
        writer.into_inner().expect("writing to memory")
    }

    fn plain(&self, rows: &[csv::StringRecord]) -> Vec<u8> {
        self.write(rows, self.delimiter, csv::Terminator::Any(b'\n'))
    }

    fn without(&self, column: usize) -> Vec<u8> {
        let cut = |row: &csv::StringRecord| {
            let cells = row.iter().enumerate().filter(|(at, _)| *at != column);
            cells.map(|(_, cell)| cell).collect()
        };
        self.plain(&self.rows.iter().map(cut).collect::<Vec<csv::StringRecord>>())
    }

    fn swapped(&self, one: usize, other: usize) -> Vec<u8> {
        let turned = |row: &csv::StringRecord| {
            let mut cells: Vec<&str> = row.iter().collect();
            cells.resize(cells.len().max(self.rows[0].len()), "");
            cells.swap(one, other);
            csv::StringRecord::from(cells)
        };
        self.plain(&self.rows.iter().map(turned).collect::<Vec<_>>())
    }

    fn renamed(&self, change: impl Fn(usize, &str) -> String) -> Vec<u8> {
        let mut rows = self.rows.clone();
        rows[0] = self.rows[0].iter().enumerate().map(|(at, cell)| change(at, cell)).collect();
        self.plain(&rows)
    }
}

fn damages(name: &str, bytes: &[u8], dice: &mut Dice) -> Vec<Damage> {
    use Allowed::{Anything, Error, Same, Within};
    let mut all = Vec::new();
    let mut add = |what: String, bytes: Vec<u8>, allowed| all.push(Damage { what, bytes, allowed });
    for _ in 0..4 {
        let at = dice.next(bytes.len());
        add(format!("cut at {at}"), bytes[..at].to_vec(), Anything);
    }
    for _ in 0..3 {
        let (at, bit) = (dice.next(bytes.len()), dice.next(8));
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1 << bit;
        add(format!("bit {bit} of {at} flipped"), flipped, Anything);
    }
    for (what, insert) in
        [("NUL", vec![0_u8; 3]), ("0x1A", vec![0x1A]), ("quotes", b"\"\"\"".to_vec())]
    {
        let at = dice.next(bytes.len());
        let mut odd = bytes.to_vec();
        odd.splice(at..at, insert);
        add(format!("{what} at {at}"), odd, Anything);
    }
    let mut zero = bytes.to_vec();
    let at = dice.next(bytes.len());
    zero[at..(at + 64).min(bytes.len())].fill(0);
    add(format!("64 NULs over {at}"), zero, Anything);
    let page = "<!doctype html><html><head><title>Access denied</title></head><body><p>Reference \
                #18.2</p><table><tr><td>x</td></tr></table></body></html>";
    add("a page instead".into(), page.into(), Error);
    add("a page before it".into(), [page.as_bytes(), bytes].concat(), Anything);
    add(
        "a JSON error instead".into(),
        br#"{"error":{"code":503,"message":"down"}}"#.to_vec(),
        Error,
    );
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("writing to memory");
    add("packed".into(), packer.finish().expect("writing to memory"), Error);
    add("twice".into(), bytes.repeat(2), Anything);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let bare = text.trim_start_matches('\u{FEFF}');
        add("with a byte order mark".into(), format!("\u{FEFF}{bare}").into_bytes(), Same);
        let wide: Vec<u8> = "\u{FEFF}"
            .encode_utf16()
            .chain(bare.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let declared = bare.trim_start().starts_with("<?xml");
        add("in UTF-16".into(), wide, if declared { Anything } else { Same });
        if !text.contains('\r') {
            let html = name.ends_with(".html");
            add(
                "CRLF".into(),
                text.replace('\n', "\r\n").into_bytes(),
                if html { Within } else { Same },
            );
        } else {
            add("LF".into(), text.replace("\r\n", "\n").into_bytes(), Same);
        }
        let (legacy, _, lossy) = encoding_rs::WINDOWS_1252.encode(text);
        add(
            "in Windows-1252".into(),
            legacy.into_owned(),
            if lossy || declared { Anything } else { Same },
        );
        let doubled = String::from_utf8_lossy(bytes).into_owned().into_bytes();
        let mangled = encoding_rs::WINDOWS_1252.decode(&doubled).0.into_owned();
        add("decoded wrongly before".into(), mangled.into_bytes(), Anything);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned(),
    };
    let Some(table) = Rows::of(name, &text) else { return all };
    let columns = table.rows[0].len();
    // A row that lacks cells is another row once they are filled up.
    let ragged = table.rows.iter().any(|row| row.len() * 4 < columns * 3);
    let turned = if ragged { Anything } else { Same };
    add("written anew".into(), table.plain(&table.rows), Same);
    for _ in 0..4 {
        let column = dice.next(columns);
        let shown = &table.rows[0][column];
        add(format!("without column {column} `{shown}`"), table.without(column), Within);
    }
    let mut rows = table.rows.clone();
    for _ in 0..3 {
        let at = 1 + dice.next(rows.len() - 1);
        rows.insert(at, rows[at].clone());
    }
    add("with rows twice".into(), table.plain(&rows), Within);
    let mut rows = table.rows.clone();
    let at = 1 + dice.next(rows.len() - 1);
    rows[at] = rows[at].iter().take(columns / 2).collect();
    add("with half a row".into(), table.plain(&rows), Within);
    if !table.header {
        let (one, other) = (1 + dice.next(columns - 1), 1 + dice.next(columns - 1));
        let allowed = if one == other { Same } else { Anything };
        add(format!("{one} and {other} swapped"), table.swapped(one, other), allowed);
        return all;
    }
    for delimiter in [b',', b';', b'\t', b'|'] {
        let anew = table.write(&table.rows, delimiter, csv::Terminator::Any(b'\n'));
        add(format!("parted by {:?}", char::from(delimiter)), anew, Same);
    }
    for _ in 0..2 {
        let (one, other) = (dice.next(columns), dice.next(columns));
        add(format!("{one} and {other} swapped"), table.swapped(one, other), turned);
    }
    add("header in capitals".into(), table.renamed(|_, cell| cell.to_uppercase()), Same);
    let spaced = |_, cell: &str| format!(" {} ", cell.replace('_', " "));
    add("header spaced".into(), table.renamed(spaced), Same);
    for _ in 0..4 {
        let column = dice.next(columns);
        let what = format!("column {column} `{}` renamed", &table.rows[0][column]);
        let anew =
            table.renamed(|at, cell| if at == column { "Zzz".into() } else { cell.to_owned() });
        add(what, anew, Within);
    }
    add("no header".into(), table.plain(&table.rows[1..]), Within);
    all
}

fn read(files: &[(String, Vec<u8>)]) -> Result<ParsedList, ParseError> {
    let files: Vec<Named<Document<'_>>> = files
        .iter()
        .map(|(name, bytes)| Named {
            name: name.clone(),
            value: Document { bytes, content_type: None, base_url: None },
        })
        .collect();
    parse_entities(&EntityRules::default(), &files)
}

/// What a whole file says, by kind: a word that turns up under another kind was read wrongly.
struct Said {
    names: HashSet<String>,
    addresses: HashSet<String>,
    countries: BTreeSet<String>,
}

impl Said {
    fn by(list: &ParsedList) -> Self {
        let items = || list.items.iter();
        Self {
            names: items()
                .flat_map(|i| i.aliases.iter().chain([&i.name]))
                .map(|name| folded(name))
                .collect(),
            addresses: items().flat_map(|i| &i.addresses).map(|line| folded(line)).collect(),
            countries: items().flat_map(|i| &i.countries).cloned().collect(),
        }
    }

    /// What a damaged copy says that the whole file does not.
    fn foreign(&self, list: &ParsedList) -> Option<String> {
        // A part of a name or address may be lost with its column, none may be won.
        let part = |known: &HashSet<String>, text: &str| {
            let text = folded(text);
            known.contains(&text) || known.iter().any(|whole| parts_of(whole, &text))
        };
        for item in &list.items {
            let names = || item.aliases.iter().chain([&item.name]);
            // A document of the register without a title is called by its number.
            let numbered = |name: &str| name.starts_with("Document ");
            if let Some(name) = names().find(|n| !numbered(n) && !part(&self.names, n)) {
                return Some(format!("the name `{name}`"));
            }
            if let Some(address) = item.addresses.iter().find(|a| !part(&self.addresses, a)) {
                return Some(format!("the address `{address}`"));
            }
            if let Some(land) = item.countries.iter().find(|land| !self.countries.contains(*land)) {
                return Some(format!("the country `{land}`"));
            }
        }
        None
    }
}

/// Every damage is tried on sets of files up to so many bytes; on larger ones every second one, and
/// so on.
const FULLY_TRIED: usize = 256 << 10;

fn folded(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Every word of `text` stands in `whole`, in its order.
fn parts_of(whole: &str, text: &str) -> bool {
    let mut words = whole.split(' ');
    text.split(' ').all(|word| words.any(|known| known == word))
}

fn accounted(list: &ParsedList) -> bool {
    let sum = list.items.len() as u64 + list.joined + list.skips + list.rejected;
    let mut ids: Vec<_> = list.items.iter().map(|item| (&item.list, &item.entity_id)).collect();
    ids.sort();
    ids.dedup();
    list.records == sum
        && ids.len() == list.items.len()
        && list.counts.values().sum::<u64>() == list.items.len() as u64
        && list.items.iter().all(|item| !item.name.is_empty() && !item.entity_id.is_empty())
        && (list.rejected == 0 || !list.problems.is_empty())
        && (list.complete || !list.problems.is_empty())
}

/// Damages one file of a set; the others stay as they are.
fn check(files: &[(String, Vec<u8>)], damaged: usize, seed: u64, wrong: &mut Vec<String>) -> usize {
    let name = &files[damaged].0;
    let began = Instant::now();
    let Ok(whole) = read(files) else { return 0 };
    let usual = began.elapsed();
    let said = Said::by(&whole);
    let mut dice = Dice(seed);
    let damages = damages(name, &files[damaged].1, &mut dice);
    // A list of many megabytes takes seconds to read: some of its damages are enough.
    let step =
        (1 + files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() / FULLY_TRIED).min(12);
    let mut count = 0;
    for Damage { what, bytes, allowed } in damages.into_iter().skip(damaged % step).step_by(step) {
        count += 1;
        let mut files = files.to_vec();
        files[damaged].1 = bytes;
        let began = Instant::now();
        let result = read(&files);
        let took = began.elapsed();
        let mut tell = |what_is: String| wrong.push(format!("{name} {what}: {what_is}"));
        if took > usual * 10 + Duration::from_secs(3) {
            tell(format!("took {took:?}, the whole file {usual:?}"));
        }
        let list = match (result, allowed) {
            (Err(_), Allowed::Error | Allowed::Within | Allowed::Anything) => continue,
            (Err(error), Allowed::Same) => {
                tell(format!("an error: {error}"));
                continue;
            }
            (Ok(list), _) => list,
        };
        if !accounted(&list) {
            tell("not all is accounted for".into());
        }
        match allowed {
            Allowed::Same if list.items != whole.items => {
                let at = list.items.iter().zip(&whole.items).position(|(a, b)| a != b);
                let shown = at.map(|at| format!("{:?} was {:?}", list.items[at], whole.items[at]));
                let (now, then) = (list.items.len(), whole.items.len());
                tell(format!("other entries, {now} of {then}: {}", shown.unwrap_or_default()));
            }
            Allowed::Within => {
                if let Some(foreign) = said.foreign(&list) {
                    tell(format!("{foreign} is nowhere in the whole file"));
                }
            }
            // Of several files the others are still there, and the loss of one is told.
            Allowed::Error if files.len() == 1 || list.problems.is_empty() => {
                tell(format!("was read as {}", list.format));
            }
            Allowed::Same | Allowed::Error | Allowed::Anything => {}
        }
    }
    count
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).expect("the folder is readable");
    for path in entries.map(|entry| entry.expect("readable").path()) {
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.file_name().is_some_and(|name| name != "SOURCES.tsv") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn named(path: &Path) -> (String, Vec<u8>) {
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    (name, std::fs::read(path).expect("readable"))
}

fn damage_all(folder: &Path, rounds: u64) -> usize {
    let (mut wrong, mut count) = (Vec::new(), 0);
    let mut sets: Vec<Vec<PathBuf>> = Vec::new();
    for path in files_below(folder) {
        // The four files of one OFAC set are read together.
        let set = path.parent().and_then(Path::file_name).expect("a folder").to_string_lossy();
        let of_set = set.starts_with("ofac-") && path.extension().is_some_and(|e| e == "csv");
        match sets.last_mut().filter(|last| of_set && last[0].parent() == path.parent()) {
            Some(last) => last.push(path),
            None => sets.push(vec![path]),
        }
    }
    for paths in sets {
        let files: Vec<(String, Vec<u8>)> = paths.iter().map(|path| named(path)).collect();
        for damaged in 0..files.len() {
            for round in 0..rounds {
                let seed = 0x2545_F491_4F6C_DD1D ^ (round << 32) ^ (damaged as u64);
                count += check(&files, damaged, seed, &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    count
}

#[test]
fn no_damage_to_a_fixture_makes_a_wrong_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/entities");
    let count = damage_all(&folder, 6);
    assert!(count > 4_000, "{count} damaged files");
}

#[test]
fn no_damage_to_a_real_list_makes_a_wrong_list() {
    let Some(folder) = std::env::var_os("STACKWATCH_REALDATA").map(PathBuf::from) else {
        println!("STACKWATCH_REALDATA is not set: real data is not tested");
        return;
    };
    let count = damage_all(&folder.join("entity-lists"), 1);
    println!("{count} damaged files");
    assert!(count > 300, "{count} damaged files");
}
