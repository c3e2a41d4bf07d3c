//! What tagging costs with the shipped watchlists: a large text with names in it and without, and
//! one item. `peer` compares it with an automaton.

mod news;
#[path = "../tests/watchlists/mod.rs"]
mod watchlists;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use news::Script;
use tagger::{EntrySpec, Tagger, Text};

/// Bytes of the text that is tagged in one go.
const TEXT_BYTES: usize = 1 << 20;

fn in_text(text: &str) -> Text<'_> {
    Text { text: Some(text), ..Text::default() }
}

fn build(entries: Vec<EntrySpec>) -> Tagger {
    let (tagger, refused) = Tagger::build(entries);
    assert!(refused.is_empty(), "{refused:?}");
    tagger
}

fn shipped(c: &mut Criterion) {
    let tagger = build(watchlists::shipped());
    let names: Vec<String> =
        ["Huaweijem", "ZTE-ov", "Нуктекови скенери", "华为", "Hikvision", "data centar"]
            .map(String::from)
            .into();
    let text = news::items(Script::Mix, &names, TEXT_BYTES).concat();
    let empty = news::items(Script::Mix, &[], TEXT_BYTES).concat();
    let mut group = c.benchmark_group("shipped");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("news", |b| b.iter(|| tagger.tag(&in_text(&text))));
    group.bench_function("news-without-vendors", |b| b.iter(|| tagger.tag(&in_text(&empty))));
    group.bench_function("fold-alone", |b| b.iter(|| tagger::fold(&text)));
    group.finish();
    let item = "Ministar je posetio gradilište novog data centra sa delegacijom kompanije Huawei. "
        .repeat(15);
    let mut group = c.benchmark_group("shipped-item");
    group.throughput(Throughput::Bytes(item.len() as u64));
    group.bench_function("one", |b| b.iter(|| tagger.tag(&in_text(&item))));
    group.finish();
}

criterion_group!(benches, shipped);
criterion_main!(benches);
