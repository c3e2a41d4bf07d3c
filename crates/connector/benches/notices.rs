//! Megabytes of notices a second, one core.

use std::hint::black_box;
use std::path::Path;

use connector::Document;
use connector::notices::{NoticeRules, parse_notices};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/notices").join(name);
    std::fs::read_to_string(path).expect("a fixture of the repository")
}

/// The part of `text` from `start` up to and with `end`, `times` over, in its place.
fn repeated(text: &str, start: &str, end: &str, times: usize) -> String {
    let from = text.find(start).expect("the start is there");
    let to = from + text[from..].find(end).expect("the end is there") + end.len();
    [&text[..from], &text[from..to].repeat(times), &text[to..]].concat()
}

fn notices(c: &mut Criterion) {
    let eforms = fixture("eforms-notice-two-buyers-and-lots.xml");
    let ted = fixture("ted-export-award-with-translation.xml");
    let ocds = fixture("ocds-release-package.json");
    let documents = [
        (
            "eforms, 1,000 lots",
            repeated(&eforms, "<cac:ProcurementProjectLot>", "</cac:ProcurementProjectLot>", 1_000),
        ),
        (
            "ted-export, 1,000 awards",
            repeated(&ted, "<AWARD_CONTRACT ITEM=\"1\">", "</AWARD_CONTRACT>", 1_000),
        ),
        ("ocds, 3,000 releases", ocds.repeat(1_000)),
    ];
    let mut group = c.benchmark_group("notices");
    for (name, text) in &documents {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |bencher| {
            let document = Document { bytes: text.as_bytes(), content_type: None, base_url: None };
            bencher.iter(|| black_box(parse_notices(&NoticeRules::default(), &document)));
        });
    }
    group.finish();
}

criterion_group!(benches, notices);
criterion_main!(benches);
