//! Mistakes in what holds for the whole installation, and its defaults.

use std::time::Duration;

use crate::support::{Folder, SETTINGS, check};

#[test]
fn each_setting_is_checked() {
    check(&[
        (
            "timezone = \"Belgrade\"\n",
            &[
                "1:12: timezone = \"Belgrade\": is not a time zone, for example \"Europe/Belgrade\" or \"UTC\"",
            ],
        ),
        ("data = \"\"\n", &["1:8: data = \"\": is empty"]),
        (
            "watchlists = \"nowhere\"\n",
            &["1:14: watchlists = \"nowhere\": is not a folder that can be read"],
        ),
        (
            "[fetch]\nparallel = 0\nper_host = 9\nspacing = \"2\"\n",
            &[
                "2:12: fetch.parallel = 0: must be between 1 and 1024",
                "3:12: fetch.per_host = 9: must be between 1 and 8",
                "4:11: fetch.spacing = \"2\": needs a unit, for example \"15s\", \"15m\" or \"1h\"",
            ],
        ),
        (
            "[fetch]\ntimeout = { connect = \"50s\" }\n",
            &[
                "2:11: fetch.timeout = { connect = \"50s\" }: `total` must not be shorter than `connect` and `idle`",
            ],
        ),
        (
            "[fetch]\nmax_body = { feed = \"8\", page = \"x\", list = \"9 TB\" }\n",
            &[
                "2:21: fetch.max_body.feed = \"8\": needs a unit, for example \"512 KiB\" or \"8 MiB\"",
                "2:33: fetch.max_body.page = \"x\": is not a size, for example \"512 KiB\" or \"8 MiB\"",
                "2:45: fetch.max_body.list = \"9 TB\": `TB` is not a unit of size: use B, KiB, MiB or GiB",
            ],
        ),
        (
            "[fetch]\nallow = [\"10.20.0.0/33\", 7]\n",
            &[
                "2:10: fetch.allow = \"10.20.0.0/33\": is not a network, for example \"10.20.0.0/16\"",
                "2:26: fetch.allow = 7: must be a text in quotes",
            ],
        ),
        (
            "[store]\ncache = \"1 KiB\"\n",
            &["2:9: store.cache = \"1 KiB\": must be between 1 MiB and 64 GiB"],
        ),
        (
            "[store]\nengine = \"sled\"\n",
            &["2:1: unknown field `store.engine`, expected one of `cache`, `min_free`"],
        ),
        (
            "[keep]\ntagged = \"for ever\"\nuntagged = \"1h\"\n",
            &[
                "2:10: keep.tagged = \"for ever\": is neither \"forever\" nor a number of days, for example \"365d\"",
                "3:12: keep.untagged = \"1h\": must be at least 1d",
            ],
        ),
        (
            "[console]\nlisten = \"8080\"\n",
            &[
                "2:10: console.listen = \"8080\": is not an address with a port, for example \"127.0.0.1:8080\"",
            ],
        ),
        (
            "[websub]\nlisten = \"127.0.0.1\"\nport = 1\n",
            &[
                "1:1: `websub.public` is missing, for example websub.public = \"https://example.org/…\"",
                "2:10: websub.listen = \"127.0.0.1\": is not an address with a port, for example \"127.0.0.1:8081\"",
                "3:1: unknown field `websub.port`, expected one of `listen`, `public`",
            ],
        ),
        (
            "[websub]\npublic = \"https://w.example.org/?a\"\nlisten = \"127.0.0.1:8080\"\n",
            &[
                "2:10: websub.public = \"https://w.example.org/?a\": must be an address without `?` and `#`: callbacks are put behind it",
                "3:10: websub.listen = \"127.0.0.1:8080\": is the console's: the internet reaches this one, never that one",
            ],
        ),
        (
            "[heartbeat]\nevery = \"1s\"\n",
            &[
                "1:1: `heartbeat.url` is missing, for example heartbeat.url = \"https://example.org/…\"",
                "2:9: heartbeat.every = \"1s\": must be between 10s and 1d",
            ],
        ),
        ("fetch = 1\n", &["1:9: fetch = 1: must be a table: write `fetch.KEY = …`"]),
    ]);
}

#[test]
fn nobody_polls_without_saying_who_he_is() {
    let folder = Folder::with(&[("config/a.toml", "")]);
    assert_eq!(
        folder.problems(),
        [
            "config: `contact` is missing: the User-Agent says where you can be reached, for example \
         contact = \"https://example.org/monitoring\" in stackwatch.toml",
        ]
    );
    for wrong in ["me", "https://a b", "ftp://a.rs/", "a@b.rs (me)", "https://u:p@a.rs/", "mailto:"]
    {
        let folder = Folder::with(&[("config/a.toml", &format!("contact = \"{wrong}\"\n"))]);
        assert_eq!(
            folder.problems(),
            [format!(
                "config/a.toml:1:11: contact = \"{wrong}\": is neither a web address nor an e-mail \
             address where a person can be reached"
            )]
        );
    }
    for right in ["desk@example.org", "mailto:desk@example.org", "https://a.rs/x?y=1"] {
        let folder = Folder::with(&[("config/a.toml", &format!("contact = \"{right}\"\n"))]);
        let config = folder.load().config.expect(right);
        let agent = format!("stackwatch/{} (+{right})", env!("CARGO_PKG_VERSION"));
        assert_eq!(config.fetch.user_agent, agent);
    }
}

#[test]
fn what_is_left_out_has_the_value_that_is_shipped() {
    let folder = Folder::with(&[("config/a.toml", SETTINGS)]);
    let bare = folder.load().config.unwrap();
    let all = crate::shipped::shipped().config.unwrap();
    assert_eq!(format!("{:?}", bare.keep), format!("{:?}", all.keep));
    let fetch = |settings: fetch::Settings| {
        format!("{:?}", fetch::Settings { user_agent: String::new(), ..settings })
    };
    assert_eq!(fetch(bare.fetch.clone()), fetch(all.fetch));
    assert_eq!(bare.store.cache_bytes, all.store.cache_bytes);
    assert_eq!(bare.store.min_free_bytes, all.store.min_free_bytes);
    assert_eq!(bare.pipeline.parallel, all.pipeline.parallel);
    assert_eq!(bare.pipeline.max_feed_bytes, all.pipeline.max_feed_bytes);
    assert_eq!(bare.console.listen, all.console.listen);
    assert_eq!(bare.keep.untagged, Some(Duration::from_secs(365 * 86_400)));
    let data = folder.path().canonicalize().unwrap().join("data");
    assert_eq!(bare.data, data);
    assert_eq!(bare.console.socket, data.join("stackwatch.sock"));
    let other = bare.with_data("/elsewhere".into());
    assert_eq!(other.console.socket.to_str(), Some("/elsewhere/stackwatch.sock"));
    assert_eq!((&other.store.data, &other.pipeline.data), (&other.data, &other.data));
}

#[test]
fn what_will_surprise_is_a_warning() {
    let warnings = |text: &str| Folder::of(text).warnings();
    let source = "[source.a]\nfeed.url = \"http://127.0.0.1:8900/feed\"\n";
    let blocked = warnings(source);
    assert_eq!(blocked.len(), 1);
    assert!(
        blocked[0].starts_with("config/a.toml:2:12: `feed.url` will not be called: 127.0.0.1 is ")
    );
    let allowed = format!("fetch.allow = [\"127.0.0.1\"]\n{source}");
    assert!(warnings(&allowed).is_empty(), "{:?}", warnings(&allowed));
    let open = "[source.a]\nfeed.url = \"https://a.rs/\"\n[console]\nlisten = \"0.0.0.0:80\"\n";
    assert_eq!(
        warnings(open),
        ["config/a.toml:4:10: `console.listen`: there is no sign-in: whoever reaches it reads it",]
    );
    assert_eq!(Folder::of("").warnings(), ["config: no source is configured: nothing is watched"]);
}

#[test]
fn hubs_are_asked_only_where_an_operator_says_so() {
    let websub = |text: &str| {
        let loaded = Folder::of(text).load();
        let config = loaded.config.expect("no problems");
        config
            .pipeline
            .websub
            .as_ref()
            .map(|websub| (websub.public.to_string(), websub.listen.to_string()))
    };
    assert_eq!(websub(""), None);
    let public = "[websub]\npublic = \"https://watch.example.org/sub\"\n";
    let expected = ("https://watch.example.org/sub".to_owned(), "127.0.0.1:8081".to_owned());
    assert_eq!(websub(public), Some(expected));
    let warnings =
        |public: &str| Folder::of(&format!("[websub]\npublic = \"{public}\"\n")).warnings();
    let private = warnings("https://10.0.0.1/");
    assert!(private.iter().any(|line| line.contains("no hub reaches this address")), "{private:?}");
    let plain = warnings("http://watch.example.org/");
    assert!(plain.iter().any(|line| line.contains("use https")), "{plain:?}");
    let source = "[source.a]\nfeed.url = \"https://a.example.org/\"\n";
    let wanted = |more: &str| {
        let loaded = Folder::of(&format!("{source}{more}")).load();
        loaded.config.expect("no problems").pipeline.sources[0].websub
    };
    assert!(wanted("") && wanted("websub = true\n") && !wanted("websub = false\n"));
}
