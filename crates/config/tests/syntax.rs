//! Mistakes of syntax: each is reported once, and what is left is still read.

use crate::support::{Folder, check};

const FEED: &str = "feed.url = \"https://a.example/feed\"\n";

#[test]
fn a_mistake_of_syntax_is_named_once_with_its_place() {
    check(&[
        (&format!("[source.a]\n{FEED}every \"15m\"\n"), &["3:7: key with no value, expected `=`"]),
        (
            &format!("[source.a]\n{FEED}every = 15m\n"),
            &["3:9: string values must be quoted, expected literal string"],
        ),
        (
            &format!("[source.a]\n{FEED}name = \"A\nlang = \"en\"\n"),
            &["3:10: invalid basic string, expected `\"`"],
        ),
        (&format!("[source.a]\n{FEED}[source.b\n{FEED}"), &["3:10: unclosed table, expected `]`"]),
        (
            &format!("[source.a]\n{FEED}headers = {{ x = \"1\"\nname = \"A\"\n"),
            &["3:11: this table is never closed"],
        ),
    ]);
}

#[test]
fn a_list_that_is_never_closed_does_not_swallow_the_file() {
    let text = "[alert.a]\nwhen.kind = [\"article\",\nto = [\"log\"]\nmax_age = \"14\"\n\
                [channel.log]\nfile.path = \"a.jsonl\"\n[channel.b]\nfile.path = \"/b\"\n";
    check(&[(
        text,
        &[
            "2:13: this list is never closed",
            "4:11: max_age = \"14\": needs a unit, for example \"15s\", \"15m\" or \"1h\"",
            "8:13: file.path = \"/b\": must stay inside the data folder: no absolute path, no `..`",
        ],
    )]);
}

#[test]
fn every_mistake_of_a_file_is_found_and_the_rest_is_read() {
    let text = format!(
        "[source.a]\n{FEED}every 15\n[source.b]\nfeed.url = \"https://b.example/\"\nname = \n[source.c]\nfeed.url = \"x\"\n\
         lang = en\n"
    );
    check(&[(
        &text,
        &[
            "3:7: key with no value, expected `=`",
            "6:8: string values must be quoted, expected literal string",
            "8:12: feed.url = \"x\": is not an address: relative URL without a base",
            "9:8: string values must be quoted, expected literal string",
        ],
    )]);
}

#[test]
fn what_is_there_twice_names_the_first_place() {
    check(&[
        (
            &format!("[source.a]\n{FEED}name = \"A\"\nname = \"B\"\n"),
            &["4:1: `name`: already used on line 3"],
        ),
        (
            &format!(
                "[source.a]\n{FEED}[source.b]\nfeed.url = \"https://b.example/\"\n[source.a]\n{FEED}"
            ),
            &["5:9: `a`: already used on line 1"],
        ),
    ]);
    let folder = Folder::with(&[
        ("config/a.toml", "contact = \"a@b.rs\"\n[source.a]\nfeed.url = \"https://a.example/\"\n"),
        ("config/b.toml", "contact = \"a@b.rs\"\n[source.a]\nfeed.url = \"https://b.example/\"\n"),
    ]);
    let problems: Vec<_> = folder.problems();
    let first = folder.path().join("config/a.toml").display().to_string();
    let first = first.as_str();
    let expected = [
        format!("config/b.toml:1:1: `contact`: already set in {first}:1"),
        format!("config/b.toml:2:9: `source.a`: already used in {first}:2"),
    ];
    let short = |line: &String| line.replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(problems, expected.iter().map(short).collect::<Vec<_>>());
}

#[test]
fn characters_are_counted_and_not_bytes() {
    check(&[(
        "[source.a]\nname = { šđčćž = 1, 华为 = 2 }\n",
        &["2:10: invalid unquoted key, expected letters, numbers, `-`, `_`"],
    )]);
    check(&[(
        "# ćć\n[source.\"šš\"]\nfeed.url = \"https://š.example/\" # ć\nxć = 1\n",
        &[
            "2:1: [source.šš]: `š` is not allowed in an id: use a-z, 0-9 and `-`",
            "4:2: invalid unquoted key, expected letters, numbers, `-`, `_`",
        ],
    )]);
}

#[test]
fn nothing_makes_it_panic_or_run_for_long() {
    let deep = format!("a = {}", "[".repeat(100_000));
    let wide = "x\n".repeat(200_000);
    let open = "a = [\n".repeat(10_000);
    let quotes = "\"".repeat(100_001);
    for text in [
        &deep,
        &wide,
        &open,
        &quotes,
        "\u{feff}",
        "\0",
        "[",
        "]",
        "[[",
        "=",
        "= = =",
        "a.b.c",
        "a = '''",
        "a = \"\"\"\nb = 1",
        "[a]\n[a.b]\n[a]",
        "[[a]]\n[a]",
        "a = {b = {c = [",
        "\r",
        "a = 1\r",
        "[source]\n[[source.a]]",
        "\"\" = 1",
        "[source.\"\"]",
        "[source.a]\nfeed = 1\nevery = 15\nname = 2020-01-01\nheaders = []",
    ] {
        let began = std::time::Instant::now();
        let problems = Folder::of(text).problems();
        assert!(problems.len() <= 501, "{} lines", problems.len());
        assert!(began.elapsed().as_secs() < 20, "{:?}", &text[..text.len().min(20)]);
    }
}

#[test]
fn one_slip_is_one_line() {
    let good = "[channel.log]\nfile = { path = \"a.jsonl\" }\n[vendor.acme]\nnames = [\n  \"Acme\",\n]\n\
                matches = [\"Acme\"]\n[alert.a]\nwhen.vendor = [\"acme\"]\nto = [\"log\"]\nmatches = [\"Acme\"]\n";
    assert_eq!(Folder::of(good).problems(), Vec::<String>::new());
    for (right, wrong, line) in [
        ("path", "pth", "2:10: unknown field `file.pth`, expected `path`: did you mean `path`?"),
        ("[vendor", "[vndor", "3:2: unknown field `vndor`"),
        ("[vendor.acme]", "[vendor.ac me]", "3:11: unclosed table"),
        ("[vendor.acme]", "vendor.acme]", "3:12: key with no value"),
        ("names", "nmes", "4:1: unknown field `nmes`"),
        ("\",\n]", "\",\n", "4:9: this list is never closed"),
        ("\"Acme\",", "\"Acme,", "5:9: invalid basic string"),
        ("when", "wen", "9:1: unknown field `wen`"),
        ("to =", "t =", "10:1: unknown field `t`"),
    ] {
        let problems = Folder::of(&good.replacen(right, wrong, 1)).problems();
        let first = problems[0].trim_start_matches("config/a.toml:");
        assert!(problems.len() == 1 && first.starts_with(line), "{wrong}: {problems:#?}");
    }
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}

#[test]
fn a_file_that_was_damaged_anywhere_is_read_to_its_end() {
    let good = "[source.danas]\nname = \"Данас 你好\"\nfeed.url = \"https://a.rs/feed\"\nevery = \"15m\"\n\
                headers = { x-key = \"env:K\" }\nitem_url.replace = [[\"/c/\", \"/\"],\n  [\"a\", \"\"]]\n\
                [channel.log]\nfile = { path = \"a.jsonl\" }\n[[vendor.a.rule]]\nid = \"x\"\nnames = [\n  \
                \"Ačme\", # š\n]\n[alert.a]\nwhen.vendor = [\"a\"]\nto = [\"log\"]\n";
    assert_eq!(Folder::of(good).problems(), Vec::<String>::new());
    let pieces =
        ["[", "]", "{", "}", "\"", "'", "\"\"\"", "=", ".", ",", "#", "\n", "\r", "\0", "š", "\\"];
    let mut numbers = Numbers(7);
    for _ in 0..400 {
        let mut text = good.to_owned();
        for _ in 0..=numbers.below(4) {
            let at = text.floor_char_boundary(numbers.below(text.len()));
            if numbers.below(2) == 0 {
                text.insert_str(at, pieces[numbers.below(pieces.len())]);
            } else {
                text.remove(at);
            }
        }
        // Also checks that there is a configuration or a reason.
        let problems = Folder::of(&text).problems();
        assert!(problems.len() <= 30, "{text}\n{problems:#?}");
    }
}
