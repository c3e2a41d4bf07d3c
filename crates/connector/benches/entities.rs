//! 100 MB of XML through the reader of the largest real list: MB/s, and how much memory reading
//! takes beyond the document itself. `cargo bench -p connector --bench entities`

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::fmt::Write as _;
use std::time::Instant;

use connector::Document;
use connector::entities::{EntityRules, Named, parse_entities};

/// Size of the document: real ones end at 127 MB.
const BYTES: usize = 100 << 20;
/// Runs; the fastest counts.
const RUNS: usize = 3;

fn document(entry: impl Fn(usize) -> String, head: &str, foot: &str) -> (String, usize) {
    let mut text = String::with_capacity(BYTES + (1 << 20));
    text.push_str(head);
    let mut entries = 0;
    while text.len() < BYTES {
        text.push_str(&entry(entries));
        entries += 1;
    }
    text.push_str(foot);
    (text, entries)
}

/// One entry of the EU's list with several names and addresses, as real ones have.
fn eu_entry(at: usize) -> String {
    let mut text = format!(
        "<sanctionEntity euReferenceNumber=\"EU.{at}.1\" logicalId=\"{at}\"><remark>Remark &amp; \
         more about number {at}</remark><regulation programme=\"UKR\" numberTitle=\"2025/{at} (OJ L)\" \
         publicationDate=\"2025-01-31\"/><subjectType code=\"enterprise\" classificationCode=\"E\"/>"
    );
    for name in 0..12 {
        write!(text, "<nameAlias wholeName=\"Example Optics {at} of Kind {name} Co., Ltd\" nameLanguage=\"EN\" strong=\"true\" logicalId=\"{name}\"/>").expect("memory");
    }
    text.push_str("<address street=\"No. 5 Sample Road\" city=\"Shenzhen\" countryIso2Code=\"CN\" countryDescription=\"CHINA\"/></sanctionEntity>\n");
    text
}

/// Peak and present resident memory in MiB, as Linux tells them.
fn resident() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        number.unwrap_or(0) / 1_024
    };
    (of("VmHWM:"), of("VmRSS:"))
}

fn main() {
    // `cargo test --all-targets` runs benches too, without this word.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let head = "<?xml version=\"1.0\"?>\n<export generationDate=\"2026-06-05T15:51:25\">\n";
    let (text, entries) = document(eu_entry, head, "</export>\n");
    let mib = text.len() / (1 << 20);
    let (_, before) = resident();
    for run in 0..RUNS {
        let document = Document { bytes: text.as_bytes(), content_type: None, base_url: None };
        let files = [Named { name: "bench.xml".into(), value: document }];
        let started = Instant::now();
        let list = parse_entities(&EntityRules::default(), &files).expect("the document is whole");
        let seconds = started.elapsed().as_secs_f64();
        assert_eq!(list.items.len(), entries);
        let (peak, now) = resident();
        println!(
            "run {run}: {mib} MiB, {entries} entries in {seconds:.2} s = {:.0} MiB/s; resident \
             {before} MiB with the document, {now} MiB with the items, peak {peak} MiB",
            mib as f64 / seconds,
        );
    }
}
