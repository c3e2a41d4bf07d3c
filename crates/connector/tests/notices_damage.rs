//! Damage to notices, on every fixture and, where STACKWATCH_REALDATA is set, on every real file:
//! nothing panics, nothing takes long, what is left of a record is accounted for (I3).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use connector::notices::{NoticeRules, ParsedNotices, parse_notices};
use connector::{Document, ParseError};

fn read(bytes: &[u8]) -> Result<ParsedNotices, ParseError> {
    let document = Document { bytes, content_type: None, base_url: None };
    parse_notices(&NoticeRules::default(), &document)
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

/// What was done, the bytes, and whether they say the same as before.
type Damaged = (String, Vec<u8>, bool);

fn damages(bytes: &[u8], dice: &mut Dice) -> Vec<Damaged> {
    let mut all: Vec<Damaged> = Vec::new();
    let mut add = |what: String, bytes: Vec<u8>, same| all.push((what, bytes, same));
    for _ in 0..8 {
        let at = dice.next(bytes.len());
        add(format!("cut at {at}"), bytes[..at].to_vec(), false);
    }
    for _ in 0..8 {
        let (at, bit) = (dice.next(bytes.len()), dice.next(8));
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1 << bit;
        add(format!("bit {bit} of {at} flipped"), flipped, false);
    }
    let odd: [&[u8]; 9] = [b"\0\0", b"\"", b"<", b"&", b"]]>", b"{", b"\xE9", b"\x1A", b"<!--"];
    for insert in odd {
        let at = dice.next(bytes.len());
        let mut longer = bytes.to_vec();
        longer.splice(at..at, insert.iter().copied());
        add(format!("{insert:?} at {at}"), longer, false);
    }
    for _ in 0..3 {
        let (at, length) = (dice.next(bytes.len()), 1 + dice.next(400));
        let until = (at + length).min(bytes.len());
        let copy = bytes[at..until].to_vec();
        let (mut twice, mut less) = (bytes.to_vec(), bytes.to_vec());
        twice.splice(at..at, copy);
        less.drain(at..until);
        add(format!("{length} bytes of {at} twice"), twice, false);
        add(format!("{length} bytes of {at} lost"), less, false);
    }
    let page =
        b"<!doctype html><html><head><title>Access denied</title></head><body>x</body></html>";
    add("a page instead".into(), page.to_vec(), false);
    add("a page before it".into(), [&page[..], bytes].concat(), false);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("writing to memory");
    add("packed".into(), packer.finish().expect("writing to memory"), false);
    add("twice".into(), bytes.repeat(2), false);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let bare = text.trim_start_matches('\u{FEFF}');
        add("with a byte order mark".into(), format!("\u{FEFF}{bare}").into_bytes(), true);
        let wide = "\u{FEFF}".encode_utf16().chain(bare.encode_utf16());
        add("in UTF-16".into(), wide.flat_map(u16::to_le_bytes).collect(), false);
        let (legacy, _, _) = encoding_rs::WINDOWS_1251.encode(text);
        add("in Windows-1251".into(), legacy.into_owned(), false);
    }
    all
}

fn check(name: &str, bytes: &[u8], seed: u64, wrong: &mut Vec<String>) -> usize {
    let began = Instant::now();
    let whole = read(bytes);
    let usual = began.elapsed();
    let damages = damages(bytes, &mut Dice(seed));
    let count = damages.len();
    for (what, bytes, same) in damages {
        let began = Instant::now();
        let result = read(&bytes);
        let took = began.elapsed();
        if took > usual * 10 + Duration::from_secs(3) {
            wrong.push(format!("{name} {what}: took {took:?}, the whole file {usual:?}"));
        }
        match (&result, &whole) {
            (Ok(now), Ok(before)) if same && now.items != before.items => {
                wrong.push(format!("{name} {what}: other notices"));
            }
            (Err(error), Ok(_)) if same => wrong.push(format!("{name} {what}: {error}")),
            _ => {}
        }
        let Ok(parsed) = result else { continue };
        if what == "a page instead" || what == "packed" {
            wrong.push(format!("{name} {what}: was read as {}", parsed.format));
        }
        let untold = parsed.problems.len() < parsed.rejected.min(1_000) as usize;
        let nameless = parsed.items.iter().any(|notice| notice.notice_id.is_empty());
        let silent = parsed.items.is_empty()
            && parsed.skipped.is_empty()
            && parsed.problems.is_empty()
            && whole.as_ref().is_ok_and(|whole| !whole.items.is_empty());
        if untold || nameless || silent {
            wrong.push(format!("{name} {what}: not all is accounted for: {parsed:?}"));
        }
    }
    count
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).expect("readable").map(|e| e.expect("readable").path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "xml" || e == "json" || e == "jsonl") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn damage_all(folder: &Path, rounds: u64) -> usize {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for path in files(folder) {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("readable");
        for round in 0..rounds {
            let seed = 0x9E37_79B9_7F4A_7C15 ^ (round << 32) ^ bytes.len() as u64;
            count += check(&name, &bytes, seed, &mut wrong);
        }
    }
    let shown: Vec<String> = wrong.iter().map(|w| w.chars().take(400).collect()).collect();
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), shown.join("\n"));
    count
}

#[test]
fn no_damage_to_a_fixture_makes_a_reader_panic_or_lose_count() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/notices");
    let count = damage_all(&folder, 6);
    assert!(count > 1_000, "{count} damaged files");
}

#[test]
fn no_damage_to_a_real_notice_makes_a_reader_panic_or_lose_count() {
    let Some(folder) = std::env::var_os("STACKWATCH_REALDATA").map(PathBuf::from) else {
        println!("STACKWATCH_REALDATA is not set: real data is not tested");
        return;
    };
    let count = damage_all(&folder.join("procurement"), 1);
    println!("{count} damaged files");
    assert!(count > 3_000, "{count} damaged files");
}
