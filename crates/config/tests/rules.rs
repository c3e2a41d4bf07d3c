//! Mistakes in alert rules, digests and watchlists, and examples that fail.

use crate::support::{Folder, SETTINGS, check};

const BASE: &str = "[channel.log]\nfile.path = \"a.jsonl\"\n[vendor.huawei]\nnames = [\"Huawei\"]\n\
                    [vendor.zte]\nnames = [\"ZTE\"]\n";

/// A rule behind six lines of what it needs; its first line is the seventh.
fn rule(text: &str) -> String {
    format!("{BASE}{text}")
}

#[test]
fn a_rule_names_what_there_is() {
    check(&[
        (
            &rule("[alert.a]\nwhen.vendor = [\"huawey\", \"bgi\"]\nto = [\"lob\"]\n"),
            &[
                "8:16: when.vendor = \"huawey\": there is no vendor `huawey` in the watchlists: did you mean `huawei`?",
                "8:26: when.vendor = \"bgi\": there is no vendor `bgi` in the watchlists",
                "9:7: to = \"lob\": there is no channel `lob`: did you mean `log`?",
            ],
        ),
        (
            &rule("[alert.a]\nlabel = \"A\"\n"),
            &[
                "7:1: `to` is missing, for example to = [\"log\"]",
                "7:1: `when` is missing, for example when = { vendor = [\"huawei\"] }",
            ],
        ),
        (
            &rule("[alert.a]\nwhen.vendor = []\nto = []\n"),
            &[
                "8:15: when.vendor = []: is empty: leave the key out, or name what it is about",
                "9:6: to = []: is empty: leave the key out, or name what it is about",
            ],
        ),
        (
            &rule("[alert.a]\nwhen.amount = [\"eur >= 1000000\", \"euros\"]\nto = [\"log\"]\n"),
            &[
                "8:34: when.amount = \"euros\": `euros` is no unit of amounts: a currency as `eur`, a device as `cameras`, `money`, `devices` or `*`",
            ],
        ),
        (
            &rule(
                "[alert.a]\nwhen.health = [\"broken\", \"dead\"]\nwhen.vendor = [\"zte\"]\nmatches = [\"ZTE\"]\nto = [\"log\"]\n",
            ),
            &[
                "7:1: `when.health` is about sources: of the other keys only `category` can stand beside it",
                "8:26: when.health = \"dead\": is not one of broken, blocked, gone, quiet, stale, empty, degraded, recovered, *",
                "10:12: matches = \"ZTE\": cannot be tried: a rule with `when.health` does not look at texts",
            ],
        ),
        (
            &rule("[digest.d]\nat = \"07:00\"\nwhen.health = [\"*\"]\nto = [\"log\"]\n"),
            &[
                "7:1: a digest tells of every source that is not read as it should be: `health` chooses nothing here",
            ],
        ),
        (
            &rule(
                "[alert.a]\nwhen.kind = [\"post\"]\nunless.lang = [\"SR\"]\nwhen.vendors = [\"*\"]\nto = [\"log\", \"log\"]\n",
            ),
            &[
                "8:14: when.kind = \"post\": is not one of `article`, `notice`, `listing`, `page`",
                "9:16: unless.lang = \"SR\": is written \"sr\"",
                "10:6: unknown field `when.vendors`, expected one of `amount`, `category`, `counterparty`, `event`, `health`, `kind`, `lang`, `layer`, `origin`, `place`, `vendor`: did you mean `vendor`?",
                "11:14: to = \"log\": is there twice",
            ],
        ),
        (
            &rule(
                "[digest.d]\nat = \"7:00\"\ndays = [\"monday\"]\nformats = [\"pdf\"]\nto = [\"log\"]\n",
            ),
            &[
                "8:6: at = \"7:00\": is not a time of day, for example \"07:00\"",
                "9:9: days = \"monday\": is not one of `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`",
                "10:12: formats = \"pdf\": is not one of `html`, `md`, `json`",
            ],
        ),
        (
            &rule("[digest.d]\nat = \"24:00\"\nto = [\"desk\"]\n"),
            &[
                "8:6: at = \"24:00\": is not a time of day, for example \"07:00\"",
                "9:7: to = \"desk\": there is no channel `desk`",
            ],
        ),
    ]);
}

#[test]
fn examples_of_alert_rules_are_tried() {
    let text = "[alert.a]\nwhen.vendor = [\"huawei\"]\nunless.vendor = [\"zte\"]\nto = [\"log\"]\n";
    check(&[
        (
            &rule(&format!(
                "{text}matches = [\"Huawei u Nišu\"]\nignores = [\"ZTE\", \"Huawei i ZTE\"]\n"
            )),
            &[],
        ),
        (
            &rule(&format!(
                "{text}matches = [\"ZTE u Nišu\", \"Niš\", \"Huawei i ZTE\"]\nignores = [\"Huawei u Nišu\"]\n"
            )),
            &[
                "11:12: matches = \"ZTE u Nišu\": `when` does not hold: found in it: vendor zte",
                "11:26: matches = \"Niš\": `when` does not hold: nothing was found in it",
                "11:33: matches = \"Huawei i ZTE\": `unless` holds: found in it: vendor huawei, vendor zte",
                "12:12: ignores = \"Huawei u Nišu\": the rule matches it: found in it: vendor huawei",
            ],
        ),
        // What an example cannot say neither helps nor hurts.
        (
            &rule(
                "[alert.a]\nwhen.vendor = [\"huawei\"]\nwhen.kind = [\"notice\"]\nunless.lang = [\"en\"]\nto = [\"log\"]\nmatches = [\"Huawei\"]\n",
            ),
            &[],
        ),
    ]);
}

#[test]
fn watchlists_are_read_from_their_folder_with_places() {
    let folder = Folder::with(&[
        ("config/a.toml", &format!("watchlists = \"../lists\"\n{SETTINGS}")),
        ("lists/vendors.toml", "[vendor.huawei]\nnames = [\"Huawei\"]\nmatches = [\"Nuctech\"]\n"),
        ("lists/layers.toml", "[layer.network]\nwords = [\"5G\", \"a*b\"]\n[source.a]\nx = 1\n"),
    ]);
    let problems = folder.problems();
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert!(
        problems[0].starts_with("lists/layers.toml:2:16: layer.network, rule name: `a*b`: "),
        "{problems:#?}"
    );
    assert_eq!(
        problems[1],
        "lists/layers.toml:3:2: unknown field `source`, expected one of `vendor`, `layer`, `event`, \
         `counterparty`, `place`, `origin`"
    );
    assert!(
        problems[2].starts_with(
            "lists/vendors.toml:3:12: vendor.huawei: `matches` line `Nuctech` is not tagged: "
        ),
        "{problems:#?}"
    );
}

#[test]
fn each_key_of_a_watchlist_is_checked() {
    let vendor = |keys: &str| format!("[vendor.a]\nnames = [\"Acme\"]\n{keys}\n");
    let cases = [
        ("confidence = 2", "3:14: confidence = 2: must be between 0 and 1"),
        ("confidence = \"high\"", "3:14: confidence = \"high\": must be a number"),
        ("unless_vendor = 1", "3:17: unless_vendor = 1: must be true or false"),
        ("langs = [\"SR\"]", "3:10: langs = \"SR\": is written \"sr\""),
        ("within = 0", "3:10: within = 0: must be between 1 and 10000"),
        (
            "endings = \"odd\"",
            "3:11: endings = \"odd\": is not one of `masculine`, `foreign-j`, `feminine`, `acronym`, `none`",
        ),
        ("cpv = [\"3x\"]", "3:8: cpv = \"3x\": is not a CPV prefix: two to eight digits"),
        (
            "layers = [\"netwrk\"]",
            "3:11: layers = \"netwrk\": there is no layer `netwrk` in the watchlists",
        ),
        (
            "formerly = [\"A b\"]",
            "3:13: formerly = \"A b\": `A` is not allowed in an id: use a-z, 0-9 and `-`",
        ),
        ("regex = [\"(\"]", ""),
        ("rule = 1", "3:8: rule = 1: must be a list"),
        ("[[vendor.a.rule]]\nnames = [\"B1\"]", "3:1: `id` is missing, for example id = \"short\""),
        (
            "[[vendor.a.rule]]\nid = \"name\"\nnames = [\"B1\"]",
            "4:6: id = \"name\": `name` is the rule made of the entry's own keys",
        ),
        (
            "[[vendor.a.rule]]\nid = \"x\"\nnams = [\"B1\"]",
            "5:1: unknown field `nams`, expected one of `addresses`, `aside`, `companies`, `company_unless`, `confidence`, `despite`, `endings`, `id`, `ignores`, `langs`, `matches`, `names`, `needs`, `regex`, `unless_vendor`, `unless`, `weak`, `within`, `words`: did you mean `names`?",
        ),
    ];
    for (keys, expected) in cases {
        let problems = Folder::of(&vendor(keys)).problems();
        assert!(!problems.is_empty(), "{keys}");
        let place = if expected.is_empty() {
            "config/a.toml:3:10: vendor.a, rule name: regex `(`: "
        } else {
            ""
        };
        let first = problems.iter().any(|line| line.starts_with(place) && line.ends_with(expected));
        assert!(first, "{problems:#?}");
    }
}

#[test]
fn what_a_broken_entry_was_called_is_not_called_unknown() {
    // The header cannot be read, so `log` may well have been it.
    check(&[(
        &format!(
            "{BASE}[channel.lo g]\nfile.path = \"b.jsonl\"\n[alert.a]\nwhen.vendor = [\"zte\"]\nto = [\"lo-g\"]\n"
        ),
        &["7:12: unclosed table, expected `]`"],
    )]);
    // An entry that is refused for another mistake is still there to be named.
    check(&[(
        &rule(
            "[vendor.bgi]\nnames = [\"BGI\"]\nwithin = 0\n[alert.a]\nwhen.vendor = [\"bgi\"]\nto = [\"log\"]\n",
        ),
        &["9:10: within = 0: must be between 1 and 10000"],
    )]);
}

#[test]
fn an_id_of_old_is_named_by_its_new_one() {
    check(&[(
        &rule(
            "[vendor.bgi]\nnames = [\"BGI Group\"]\nformerly = [\"bgi-group\"]\n[alert.a]\nwhen.vendor = [\"bgi-group\"]\nto = [\"log\"]\n",
        ),
        &["11:16: when.vendor = \"bgi-group\": vendor `bgi-group` is called `bgi` now"],
    )]);
}

#[test]
fn five_mistakes_in_three_files_are_five_lines() {
    let folder = Folder::with(&[
        (
            "config/stackwatch.toml",
            "contact = \"https://watch.example.rs/\"\ntimezone = \"Mars\"\n",
        ),
        (
            "config/sources/rs.toml",
            "[source.a]\nfeed.url = \"https://a.rs/feed\"\nevery = \"15\"\n[source.b]\nfeed.url \"x\"\n[source.c]\nfeed.url = \"https://c.rs/feed\"\nlangs = \"en\"\n",
        ),
        (
            "watchlists/vendors.toml",
            "[vendor.huawei]\nnames = [\"Huawei\"]\nignores = [\"Huawei u Nišu\"]\n",
        ),
    ]);
    let problems = folder.problems();
    let places: Vec<_> = problems.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "config/sources/rs.toml:3:9",
            "config/sources/rs.toml:5:10",
            "config/sources/rs.toml:8:1",
            "config/stackwatch.toml:2:12",
            "watchlists/vendors.toml:3:12",
        ],
        "{problems:#?}"
    );
    assert!(folder.load().config.is_none());
}

#[test]
fn a_name_that_two_vendors_claim_alike_is_warned_of() {
    let two = |keys: &str| {
        Folder::of(&format!(
            "[vendor.acme]\nnames = [\"Acme\"]\n[vendor.bolt]\nnames = [\"Bolt\", \"ACMĒ\", \"Acme\"]\n{keys}\n"
        ))
        .warnings()
    };
    let twin = "config/a.toml:4:26: vendor `bolt` and vendor `acme` (config/a.toml:1) both have `Acme`: every mention is tagged with both; give one a `confidence`, or `needs` that tell them apart";
    assert!(two("").iter().any(|line| line == twin), "{:#?}", two(""));
    for keys in ["confidence = 0.9", "needs = [\"5G\"]"] {
        assert!(!two(keys).iter().any(|line| line.contains("both have")), "{keys}");
    }
}
