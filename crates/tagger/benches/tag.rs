//! What tagging costs: the shipped watchlists on generated text of four kinds, a field that holds
//! nothing, and 300, 3,000 and 30,000 names against an automaton that finds the same.

#[path = "../tests/watchlists/mod.rs"]
mod watchlists;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use model::Facet;
use tagger::{EntrySpec, RuleSpec, Tagger, Text};

/// Bytes of the text that is tagged in one go.
const TEXT_BYTES: usize = 1 << 20;

/// The same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const ENGLISH: &[&str] = &[
    "the",
    "government",
    "of",
    "said",
    "minister",
    "on",
    "Monday",
    "that",
    "network",
    "would",
    "be",
    "company",
    "equipment",
    "in",
    "contract",
    "million",
    "and",
    "report",
    "new",
    "city",
    "camera",
    "public",
    "tender",
    "agency",
    "was",
    "with",
    "officials",
    "software",
    "for",
    "data",
];
const SERBIAN: &[&str] = &[
    "vlada",
    "je",
    "juče",
    "saopštila",
    "da",
    "će",
    "ministarstvo",
    "nabaviti",
    "opremu",
    "za",
    "mrežu",
    "ugovor",
    "vredan",
    "miliona",
    "dinara",
    "građani",
    "u",
    "Beogradu",
    "kažu",
    "nadležni",
    "škole",
    "žele",
    "više",
    "kompanija",
    "sa",
    "sedištem",
    "izveštaj",
    "đaci",
    "podataka",
    "čeka",
];
const CYRILLIC: &[&str] = &[
    "влада",
    "је",
    "јуче",
    "саопштила",
    "да",
    "ће",
    "министарство",
    "набавити",
    "опрему",
    "за",
    "мрежу",
    "уговор",
    "вредан",
    "милиона",
    "динара",
    "грађани",
    "у",
    "Београду",
    "кажу",
    "надлежни",
    "школе",
];
const CHINESE: &[&str] = &[
    "政府", "表示", "项目", "网络", "公司", "设备", "合同", "部长", "城市", "数据", "公共", "安全",
    "发展", "合作", "今年", "技术", "国家", "企业", "，", "。", "的", "在", "和",
];

/// Text of the four kinds in the shares of a national catalogue, with a name every 50 words.
fn news(names: &[String]) -> String {
    let mut numbers = Numbers(0x5eed);
    let mut text = String::with_capacity(TEXT_BYTES + 64);
    while text.len() < TEXT_BYTES {
        let (words, gap) = match numbers.below(100) {
            0..45 => (ENGLISH, " "),
            45..67 => (SERBIAN, " "),
            67..85 => (CYRILLIC, " "),
            _ => (CHINESE, ""),
        };
        for _ in 0..25 {
            text.push_str(numbers.pick(words));
            text.push_str(gap);
        }
        if numbers.below(2) == 0 {
            text.push_str(&names[numbers.below(names.len())]);
        }
        text.push_str(".\n");
    }
    text
}

/// Names that look like names: two syllables to four, a few of two words.
fn invented(count: usize) -> Vec<String> {
    const SYLLABLES: &[&str] = &[
        "hua", "wei", "tek", "no", "lin", "zhu", "mar", "kon", "da", "vis", "sun", "ro", "bel",
        "gra", "tran", "syn", "op", "ti", "ka", "net", "qi", "xin", "yu", "fen", "gor", "pro",
    ];
    let mut numbers = Numbers(0xbead);
    let mut names = std::collections::BTreeSet::new();
    while names.len() < count {
        let mut name = String::new();
        for _ in 0..numbers.below(3) + 3 {
            name.push_str(numbers.pick(SYLLABLES));
        }
        if numbers.below(4) == 0 {
            name.push(' ');
            name.push_str(numbers.pick(SYLLABLES));
            name.push_str(numbers.pick(SYLLABLES));
        }
        names.insert(name);
    }
    names.into_iter().collect()
}

/// One entry for every hundred words, each as written: so the automaton can find the same.
fn entries(names: &[String]) -> Vec<EntrySpec> {
    let entry = |(n, words): (usize, &[String])| EntrySpec {
        facet: Facet::Layer,
        id: format!("e{n}"),
        label: String::new(),
        formerly: vec![],
        rules: vec![RuleSpec { id: "name".into(), words: words.to_vec(), ..RuleSpec::default() }],
        cpv: vec![],
        usual_layers: vec![],
        matches: vec![],
        ignores: vec![],
    };
    names.chunks(100).enumerate().map(entry).collect()
}

fn in_text(text: &str) -> Text<'_> {
    Text { text: Some(text), ..Text::default() }
}

fn build(entries: Vec<EntrySpec>) -> Tagger {
    let (tagger, refused) = Tagger::build(entries);
    assert!(refused.is_empty(), "{refused:?}");
    tagger
}

/// What the automaton must do for the same result: fold, search, check both ends.
fn automaton_hits(automaton: &AhoCorasick, text: &str) -> usize {
    let folded = tagger::fold(text);
    let bytes = folded.as_bytes();
    let edge = |at: Option<&u8>| at.is_none_or(|b| !b.is_ascii_alphanumeric());
    automaton
        .find_overlapping_iter(bytes)
        .filter(|m| edge(m.start().checked_sub(1).map(|at| &bytes[at])) && edge(bytes.get(m.end())))
        .count()
}

fn shipped(c: &mut Criterion) {
    let tagger = build(watchlists::shipped());
    let names: Vec<String> =
        ["Huaweijem", "ZTE-ov", "Нуктекови скенери", "华为", "Hikvision", "data centar"]
            .map(String::from)
            .into();
    let text = news(&names);
    let empty = news(&["nothing".to_owned()]);
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

fn forms(c: &mut Criterion) {
    let mut group = c.benchmark_group("forms");
    group.sample_size(20);
    for count in [300, 3_000, 30_000] {
        let names = invented(count);
        let text = news(&names);
        let tagger = build(entries(&names));
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .build(&names)
            .expect("the names fit");
        // The same work, or the figures mean nothing.
        let hits = tagger.count(&in_text(&text));
        assert_eq!(hits, automaton_hits(&automaton, &text), "hits with {count} forms");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(BenchmarkId::new("tagger", count), &text, |b, text| {
            b.iter(|| tagger.count(&in_text(text)));
        });
        group.bench_with_input(BenchmarkId::new("automaton", count), &text, |b, text| {
            b.iter(|| automaton_hits(&automaton, text));
        });
        group.bench_with_input(BenchmarkId::new("build", count), &names, |b, names| {
            b.iter_batched(|| entries(names), build, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, shipped, forms);
criterion_main!(benches);
