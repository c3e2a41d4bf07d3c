//! The tagger beside its peers, in the same run and doing the same work: the folding beside one
//! that goes character by character, folding and matching beside an `aho-corasick` DFA.
//!
//! `cargo bench -p tagger --bench peer`; the two take turns, and the medians are compared.
#![expect(clippy::print_stdout, reason = "what it measured is what it is for")]

mod news;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use model::Facet;
use news::Script;
use tagger::{EntrySpec, Folder, RuleSpec, Tagger, Text};
use unicode_normalization::UnicodeNormalization;

/// Bytes of each text.
const BYTES: usize = 4 << 20;
/// Turns of each of the two.
const TURNS: usize = 15;

/// Median times of two functions that take turns.
fn compare<A, B>(mut ours: impl FnMut() -> A, mut peer: impl FnMut() -> B) -> (Duration, Duration) {
    let time = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        times.0.push(time(&mut || drop(black_box(ours()))));
        times.1.push(time(&mut || drop(black_box(peer()))));
    }
    times.0.sort_unstable();
    times.1.sort_unstable();
    (times.0[TURNS / 2], times.1[TURNS / 2])
}

fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

fn row(what: &str, bytes: usize, (ours, peer): (Duration, Duration)) {
    println!(
        "{what:<34} {:>8.0} MB/s   peer {:>8.1} MB/s   {:>6.2} times",
        rate(bytes, ours),
        rate(bytes, peer),
        peer.as_secs_f64() / ours.as_secs_f64()
    );
}

/// Compatibility form, lower case, no marks, Serbian Cyrillic in Latin letters: one character
/// after the other, as it is usually written.
fn fold_by_characters(text: &str, out: &mut String) {
    out.clear();
    for c in text.nfkd() {
        if unicode_normalization::char::is_combining_mark(c) {
            continue;
        }
        for c in c.to_lowercase() {
            match c {
                'а' => out.push('a'),
                'б' => out.push('b'),
                'в' => out.push('v'),
                'г' => out.push('g'),
                'д' => out.push('d'),
                'ђ' | 'đ' => out.push_str("dj"),
                'е' => out.push('e'),
                'ж' | 'з' => out.push('z'),
                'и' => out.push('i'),
                'ј' => out.push('j'),
                'к' => out.push('k'),
                'л' => out.push('l'),
                'љ' => out.push_str("lj"),
                'м' => out.push('m'),
                'н' => out.push('n'),
                'њ' => out.push_str("nj"),
                'о' => out.push('o'),
                'п' => out.push('p'),
                'р' => out.push('r'),
                'с' | 'ш' => out.push('s'),
                'т' => out.push('t'),
                'ћ' | 'ц' | 'ч' => out.push('c'),
                'у' => out.push('u'),
                'ф' => out.push('f'),
                'х' => out.push('h'),
                'џ' => out.push_str("dz"),
                '„' | '“' | '”' => out.push('"'),
                '–' => out.push('-'),
                '\n' => out.push(' '),
                c => out.push(c),
            }
        }
    }
}

fn folding() {
    println!("\nfolding alone, beside character by character over unicode-normalization");
    for script in [Script::English, Script::Serbian, Script::Cyrillic, Script::Chinese, Script::Mix]
    {
        let items = news::items(script, &news::names(300), BYTES);
        let bytes = items.iter().map(String::len).sum();
        let mut folder = Folder::default();
        let mut out = String::new();
        for item in &items {
            fold_by_characters(item, &mut out);
            assert_eq!(folder.fold(item), out.as_bytes(), "both fold alike");
        }
        let ours = || items.iter().map(|item| folder.fold(item).len()).sum::<usize>();
        let peer = || {
            let fold = |item: &String| {
                fold_by_characters(item, &mut out);
                out.len()
            };
            items.iter().map(fold).sum::<usize>()
        };
        row(&format!("{script:?}"), bytes, compare(ours, peer));
    }
}

/// One entry for every hundred words, each as written: so that the automaton can find the same.
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

/// What the automaton must do for the same result: search what is folded, and look whether words
/// begin and end where it found something. Scripts without spaces have no such ends.
fn automaton_hits(automaton: &AhoCorasick, folded: &[u8]) -> usize {
    let is_word = |at: usize| folded.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let counts = |start: usize, end: usize| {
        !folded[start].is_ascii() || (!is_word(start.wrapping_sub(1)) && !is_word(end))
    };
    automaton.find_overlapping_iter(folded).filter(|m| counts(m.start(), m.end())).count()
}

fn matching() {
    println!("\nfolding and matching, beside the same folding and an aho-corasick DFA");
    for script in [Script::English, Script::Serbian, Script::Cyrillic, Script::Chinese, Script::Mix]
    {
        for count in [300, 3_000, 30_000] {
            let names = news::names(count);
            let items = news::items(script, &names, BYTES);
            let bytes = items.iter().map(String::len).sum();
            let (tagger, refused) = Tagger::build(entries(&names));
            assert!(refused.is_empty(), "{refused:?}");
            let mut folder = Folder::default();
            let automaton = AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::Standard)
                .build(&names)
                .expect("the names fit");
            let ours = || {
                let count = |item| tagger.count(&Text { text: Some(item), ..Text::default() });
                items.iter().map(|item| count(item)).sum::<usize>()
            };
            let mut peer = || {
                let hits = |item: &String| automaton_hits(&automaton, folder.fold(item));
                items.iter().map(hits).sum::<usize>()
            };
            let hits = ours();
            assert_eq!(hits, peer(), "the same work, or the figures mean nothing");
            assert!(hits > 1_000, "{hits} hits");
            let times = compare(ours, peer);
            row(&format!("{script:?}, {count} forms, {hits} hits"), bytes, times);
        }
    }
}

fn building() {
    println!("\nbuilding");
    for count in [300, 3_000, 30_000] {
        let names = news::names(count);
        let mut times: Vec<Duration> = Vec::new();
        for _ in 0..TURNS {
            let entries = entries(&names);
            let start = Instant::now();
            black_box(Tagger::build(entries));
            times.push(start.elapsed());
        }
        times.sort_unstable();
        println!("{count} forms: {:.1} ms", times[TURNS / 2].as_secs_f64() * 1e3);
    }
}

fn main() {
    // `cargo test --benches` only asks whether it builds.
    if std::env::args().any(|arg| arg == "--bench") {
        folding();
        matching();
        building();
    }
}
