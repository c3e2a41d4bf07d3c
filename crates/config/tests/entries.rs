//! Mistakes in sources and channels.

use crate::support::{Folder, check};

const FEED: &str = "feed.url = \"https://a.example/feed\"\n";
const CHANNEL: &str = "[channel.a]\n";

fn source(line: &str) -> String {
    format!("[source.a]\n{FEED}{line}\n")
}

#[test]
fn each_value_of_a_source_is_checked() {
    let cases = [
        ("every = \"15\"", r#"3:9: every = "15": needs a unit, for example "15s", "15m" or "1h""#),
        ("every = \"30s\"", r#"3:9: every = "30s": must be between 1m and 31d"#),
        (
            "every = \"often\"",
            r#"3:9: every = "often": is not a duration, for example "15s", "15m" or "1h""#,
        ),
        (
            "every = \"5y\"",
            r#"3:9: every = "5y": `y` is not a unit of time: use ms, s, m, h, d or w"#,
        ),
        ("every = 15", "3:9: every = 15: must be a text in quotes"),
        ("name = \" \"", r#"3:8: name = " ": is empty"#),
        (
            "lang = \"srpski\"",
            r#"3:8: lang = "srpski": is not a language, for example "sr-Latn", "sr-Cyrl" or "en""#,
        ),
        ("lang = \"sr-latn\"", r#"3:8: lang = "sr-latn": is written "sr-Latn""#),
        (
            "lang = \"sr_RS\"",
            r#"3:8: lang = "sr_RS": is not a language, for example "sr-Latn", "sr-Cyrl" or "en""#,
        ),
        (
            "category = \"Local news\"",
            r#"3:12: category = "Local news": `L` is not allowed in a category: use a-z, 0-9 and `-`"#,
        ),
        (
            "country = \"SRB\"",
            r#"3:11: country = "SRB": is not a country of ISO 3166-1, for example "RS""#,
        ),
        (
            "grade = \"G\"",
            r#"3:9: grade = "G": is not a grade: "A" (reliable) to "F" (cannot be judged)"#,
        ),
        ("off = true", "3:7: off = true: must be a text in quotes"),
        (
            "timeout = { idle = \"2m\", total = \"1m\" }",
            r#"3:11: timeout = { idle = "2m", total = "1m" }: `total` must not be shorter than `idle`"#,
        ),
        ("terms = \"fine\"", r#"3:9: terms = "fine": is not one of `ok`, `pending`, `restricted`"#),
        ("text = \"full\"", r#"3:8: text = "full": is not one of `never`, `tagged`, `always`"#),
        ("robots.obey = false", "3:1: to set robots.txt aside, say why: `robots.ignore = \"…\"`"),
        ("robots.ignore = \"\"", r#"3:17: robots.ignore = "": is empty"#),
        ("robots.ignore = true", "3:17: robots.ignore = true: must be a text in quotes"),
        (
            "robots = { ignore = \"agreed\", obey = true }",
            "3:10: `robots` says both: either `robots.obey = true` or `robots.ignore = \"why\"`",
        ),
        ("headers.host = \"b.example\"", "3:9: `headers.host` is set by stackwatch itself"),
        ("headers.\"x y\" = \"1\"", "3:9: `headers.x y` is not the name of a header"),
        ("headers.x = \"a\\r\\nb\"", "3:13: `headers.x`: a header is plain ASCII text"),
        (
            "item_url.replace = [[\"/c/\"]]",
            r#"3:21: item_url.replace = ["/c/"]: must be two texts, for example ["/c/", "/"]"#,
        ),
        ("item_url.drop = 1", "3:10: unknown field `item_url.drop`, expected `replace`"),
        (
            "feed.sitemap = \"ftp://a.example/\"",
            "3:16: feed.sitemap = \"ftp://a.example/\": `ftp:` addresses are not fetched: use http or https",
        ),
        (
            "feed.selector = \"a\"",
            "3:6: unknown field `feed.selector`, expected one of `sitemap`, `url`",
        ),
        (
            "intervall = \"15m\"",
            "3:1: unknown field `intervall`, expected one of `category`, `country`, `entities`, \
             `every`, `feed`, `grade`, `headers`, `item_url`, `lang`, `licence`, `list`, `name`, \
             `notices`, `off`, `page`, `robots`, `sitemap`, `slowest`, `terms_accepted`, `terms`, \
             `text`, `timeout`, `websub`",
        ),
    ];
    for (line, expected) in cases {
        check(&[(&source(line), &[expected])]);
    }
}

#[test]
fn an_address_is_one_of_the_web_and_carries_no_password() {
    let url = |url: &str| format!("[source.a]\nfeed.url = \"{url}\"\n");
    check(&[
        (
            &url("ftp://a.example/"),
            &[
                "2:12: feed.url = \"ftp://a.example/\": `ftp:` addresses are not fetched: use http or https",
            ],
        ),
        (
            &url("https://me:hunter2@a.example/"),
            &["2:12: `feed.url`: an address must not carry user and password"],
        ),
        ("[source.a]\nfeed.url = 1\n", &["2:12: feed.url = 1: must be a text in quotes"]),
        (
            "[source.a]\nfeed = {}\n",
            &["2:8: `feed.url` is missing, for example feed.url = \"https://example.org/…\""],
        ),
        (
            "[source.a]\nfeed = \"https://a.example/\"\n",
            &["2:8: feed = \"https://a.example/\": must be a table: write `feed.KEY = …`"],
        ),
    ]);
}

#[test]
fn a_source_has_exactly_one_connector() {
    check(&[
        (
            "[source.a]\nname = \"A\"\n",
            &["1:1: a source has one of `feed.url`, `sitemap.url`, `list.url`, `page.url`, \
             `notices.url` and `entities.url`: this one has none"],
        ),
        (
            &source("page.url = \"https://a.example/\""),
            &["1:1: a source has one connector: this one has `feed` and `page`"],
        ),
    ]);
}

#[test]
fn connectors_of_later_versions_are_read_but_have_to_be_off() {
    let list = "[source.a]\nlist.url = \"https://a.example/\"\nlist.item = \"article\"\n\
                list.date = { select = \"time\", format = \"%d\" }\n";
    check(&[
        (
            list,
            &[
                "1:1: connector `list` is not available in this version: add off = \"waits for `list`\"",
            ],
        ),
        (&format!("{list}off = \"later\"\n"), &[]),
        (
            &format!("{list}off = \"later\"\nlist.row = \"tr\"\n"),
            &[
                "6:6: unknown field `list.row`, expected one of `date`, `item`, `link`, `summary`, `title`, `url`",
            ],
        ),
        (
            "[source.a]\nentities.url = \"https://a.example/\"\nentities.rows = [9, 1]\nentities.max_loss = \"5\"\noff = \"later\"\n",
            &[
                "1:1: `terms` is missing: entities sources say whether use is `ok`, `pending` or `restricted`",
                "3:17: entities.rows = [9, 1]: must be the least and the most rows, for example [10000, 60000]",
                "4:21: entities.max_loss = \"5\": is not a part of a hundred, for example \"5%\"",
            ],
        ),
    ]);
}

#[test]
fn an_address_is_polled_once() {
    let text = "[source.a]\nfeed.url = \"https://a.example/feed/\"\n\
                [source.b]\nfeed.url = \"http://www.a.example/feed?utm_source=x\"\n\
                [source.c]\nfeed.url = \"https://a.example/feed\"\noff = \"the same\"\n";
    let folder = Folder::of(text);
    assert_eq!(
        folder.problems(),
        ["config/a.toml:4:12: feed.url = \"http://www.a.example/feed?utm_source=x\": is polled \
         already for `source.a` in config/a.toml:1",]
    );
}

#[test]
fn ids_are_slugs_and_entries_are_tables() {
    check(&[
        (
            &format!("[source.Danas]\n{FEED}"),
            &["1:1: [source.Danas]: `D` is not allowed in an id: use a-z, 0-9 and `-`"],
        ),
        (&format!("[source.\"\"]\n{FEED}"), &["1:1: [source.]: an id must not be empty"]),
        (&format!("[[source]]\n{FEED}"), &["1:1: `[[source]]` is not used: write `[source.ID]`"]),
        ("source = 1\n", &["1:10: source = 1: must be tables `[source.ID]`"]),
        ("[source]\na = 1\n", &["2:5: source.a = 1: must be a table"]),
        (
            "[sorce.a]\n",
            &[
                "1:2: unknown field `sorce`, expected one of `data`, `watchlists`, `contact`, `timezone`, \
             `fetch`, `store`, `keep`, `console`, `heartbeat`, `websub`, `source`, `channel`, `alert`, \
             `digest`, `vendor`, `layer`, `event`, `counterparty`, `place`, `origin`: did you mean `source`?",
            ],
        ),
    ]);
}

#[test]
fn several_mistakes_of_one_source_are_all_reported() {
    let text = format!(
        "[source.a]\n{FEED}every = \"15\"\nlang = 5\ncountry = \"XX\"\nnam = \"A\"\noff = \"\"\n"
    );
    assert_eq!(Folder::of(&text).problems().len(), 5);
}

#[test]
fn a_channel_has_one_road_with_all_it_needs() {
    let email = |keys: &str| format!("{CHANNEL}email = {{ {keys} }}\n");
    let good = "to = [\"a@b.rs\"], from = \"c@b.rs\"";
    check(&[
        (CHANNEL, &["1:1: a channel has one of `file`, `webhook` and `email`: none is here"]),
        (
            &format!("{CHANNEL}file.path = \"a.jsonl\"\nwebhook.url = \"https://b.rs/\"\n"),
            &[
                "1:1: a channel has one of `file`, `webhook` and `email`: `file` and `webhook` are here",
            ],
        ),
        (
            &format!("{CHANNEL}slack = 1\nfile.path = \"a.jsonl\"\n"),
            &["2:1: unknown field `slack`, expected one of `email`, `file`, `webhook`"],
        ),
        (
            &format!("{CHANNEL}file.path = \"../a.jsonl\"\n"),
            &[
                "2:13: file.path = \"../a.jsonl\": must stay inside the data folder: no absolute path, no `..`",
            ],
        ),
        (
            &format!("{CHANNEL}file.path = \"CURRENT\"\n"),
            &["2:13: file.path = \"CURRENT\": is a name that the store uses"],
        ),
        (
            &format!("{CHANNEL}file.path = \"a.jsonl\"\n[channel.b]\nfile.path = \"./a.jsonl\"\n"),
            &["4:13: file.path = \"./a.jsonl\": is the file of channel `a` already"],
        ),
        (
            &format!("{CHANNEL}webhook = {{ secret = \"hunter2\" }}\n"),
            &[
                "2:11: `webhook.url` is missing, for example webhook.url = \"https://example.org/…\"",
                "2:22: `webhook.secret`: a secret is not written into the configuration: use \"env:NAME\" or \"file:PATH\"",
            ],
        ),
        (
            &email("from = \"c@b.rs\", server = \"b.rs:25\""),
            &["2:9: `email.to` is missing, for example email.to = [\"desk@example.org\"]"],
        ),
        (
            &email("to = [\"a b@b.rs\"], from = \"c\", server = \"b.rs\""),
            &[
                "2:17: email.to = \"a b@b.rs\": is not an e-mail address, for example \"desk@example.org\"",
                "2:37: email.from = \"c\": is not an e-mail address, for example \"desk@example.org\"",
                "2:51: email.server = \"b.rs\": needs a port, for example \"mail.example.org:587\"",
            ],
        ),
        (
            &email(&format!("{good}, server = \"b.rs:0\", tls = \"ssl\"")),
            &[
                "2:54: email.server = \"b.rs:0\": has no port that can be used, for example \"mail.example.org:587\"",
                "2:70: email.tls = \"ssl\": is not one of `starttls`, `tls`, `none`",
            ],
        ),
        (
            &email(&format!("{good}, server = \"b.rs:25\", user = \"sw\"")),
            &["2:72: email.user = \"sw\": needs a `password` beside it"],
        ),
    ]);
}
