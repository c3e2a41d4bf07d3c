//! The command-line contract: what other programs read.

use serde_json::Value;

use crate::{installation, rows, rss, stderr, stdout};

#[test]
fn parse_prints_one_object_and_refuses_what_is_no_feed() {
    let daemon = installation();
    daemon.write("feed.xml", &rss(&[("g", "/relative", "Title")]));
    let path = daemon.path("feed.xml");
    let path = path.to_str().unwrap();
    let args = ["parse", "feed", path, "--json", "--base-url", "https://a.example/x/feed"];
    let parsed: Value = serde_json::from_str(&stdout(&daemon.command(&args))).unwrap();
    let item = &parsed["items"][0];
    assert_eq!(item["id"], "g");
    assert_eq!(item["url"], "https://a.example/relative");
    assert_eq!(item["title"], "Title");
    for field in ["summary", "text", "published", "updated"] {
        assert!(item.get(field).is_some_and(Value::is_null), "{field}: {item}");
    }
    for field in ["format", "title", "problems", "next"] {
        assert!(parsed.get(field).is_some(), "{field}: {parsed}");
    }
    daemon.write("page.html", "<html><body>no feed</body></html>");
    let page = daemon.path("page.html");
    let refused = daemon.command(&["parse", "feed", page.to_str().unwrap(), "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty() && !refused.stderr.is_empty());
    assert_eq!(daemon.command(&["parse", "feed", "/no/such/file"]).status.code(), Some(74));
}

#[test]
fn decode_prints_utf8() {
    let daemon = installation();
    std::fs::write(daemon.path("x.txt"), b"\xfbevapi").unwrap();
    let path = daemon.path("x.txt");
    let args =
        ["decode", path.to_str().unwrap(), "--content-type", "text/plain; charset=iso-8859-2"];
    assert_eq!(stdout(&daemon.command(&args)), "űevapi");
}

#[test]
fn url_check_answers_without_network() {
    let daemon = installation();
    let verdict = |url: &str| -> Value {
        serde_json::from_str(&stdout(&daemon.command(&["url-check", url, "--json"]))).unwrap()
    };
    assert_eq!(verdict("https://example.org/feed")["allowed"], true);
    for url in
        ["http://127.0.0.1/", "http://0x7f.1/", "http://[::ffff:10.0.0.1]/", "file:///etc/passwd"]
    {
        let verdict = verdict(url);
        assert_eq!(verdict["allowed"], false, "{url}");
        assert!(!verdict["reason"].as_str().unwrap().is_empty());
    }
}

#[test]
fn robots_answers_one_question_or_many() {
    let daemon = installation();
    let text = "User-agent: *\nDisallow: /private/\nCrawl-delay: 2\nSitemap: https://a.example/s\n";
    daemon.write("robots.txt", text);
    let path = daemon.path("robots.txt");
    let ask = |url: &str| -> Value {
        let args = ["robots", path.to_str().unwrap(), "--agent", "any", url];
        let output = daemon.command(&args);
        assert!(output.status.success(), "a refusal is an answer");
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let open = ask("https://a.example/news");
    assert_eq!((&open["allowed"], &open["crawl_delay"]), (&true.into(), &2.0.into()));
    assert_eq!(open["sitemaps"][0], "https://a.example/s");
    assert_eq!(ask("https://a.example/private/1")["allowed"], false);

    // "User-agent: x\nDisallow: /"
    let line =
        r#"{"robots_b64":"VXNlci1hZ2VudDogeApEaXNhbGxvdzogLw==","user_agent":"X","url":"/"}"#;
    let input = format!("{line}\n{}\n", line.replace("\"X\"", "\"y\""));
    let answers = rows(&daemon.command_with_input(&["robots", "--batch"], input.as_bytes()));
    let allowed: Vec<_> = answers.iter().map(|answer| answer["allowed"].as_bool()).collect();
    assert_eq!(allowed, [Some(false), Some(true)]);
    let broken = daemon.command_with_input(&["robots", "--batch"], b"{}\n");
    assert_eq!((broken.status.code(), stdout(&broken).lines().count()), (Some(1), 1));
}

#[test]
fn tag_and_eval_read_the_same_lines() {
    let daemon = installation();
    let line = r#"{"id":"1","title":"Nuctech i Huawei","lang":"sr-Latn","expect":{"vendor":["nuctech","huawei"]}}"#;
    let tagged = daemon.command_with_input(&["tag", "--jsonl", "--json"], line.as_bytes());
    let rows = rows(&tagged);
    let ids: Vec<_> = rows[0]["tags"].as_array().unwrap().iter().map(|tag| &tag["id"]).collect();
    assert_eq!(ids, ["huawei", "nuctech"]);
    let tag = &rows[0]["tags"][0];
    for field in ["facet", "id", "rule", "version", "confidence", "spans"] {
        assert!(tag.get(field).is_some(), "{field}");
    }
    let span = &tag["spans"][0];
    assert_eq!(
        (&span["field"], &span["start"], &span["end"]),
        (&"title".into(), &10.into(), &16.into())
    );

    daemon.write("labelled.jsonl", &format!("{line}\n"));
    let path = daemon.path("labelled.jsonl");
    let report = stdout(&daemon.command(&["eval", path.to_str().unwrap(), "--json"]));
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["facets"]["vendor"]["all"]["f1"], 1.0);
}

#[test]
fn a_line_that_cannot_be_read_is_named_and_the_next_ones_are_tagged() {
    let daemon = installation();
    // Half a surrogate pair, a whole one, the bytes of half a one, then three that are no objects.
    let lines = [
        br#"{"title":"Huawei \ud83d u Beogradu"}"#.as_slice(),
        br#"{"title":"Nuctech \ud83d\ude00"}"#,
        b"{\"title\":\"Nuctech \xed\xa0\xbd\"}",
        br#"{"title":"Huawei""#,
        br#"["Huawei"]"#,
        b"\xff\xfe",
        br#"{"title":"Huawei u \u0000Novom Sadu"}"#,
    ];
    let output = daemon.command_with_input(&["tag", "--jsonl", "--json"], &lines.join(&b'\n'));
    assert_eq!(output.status.code(), Some(1));
    let tagged: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<_> = tagged.iter().map(|line| &line["tags"][0]["id"]).collect();
    assert_eq!(ids, ["huawei", "nuctech", "nuctech", "huawei"]);
    assert_eq!(tagged[0]["title"], "Huawei \u{fffd} u Beogradu");
    let complaints = stderr(&output);
    for line in [":4: not JSON", ":5: not a JSON object", ":6: not JSON", "3 lines were left out"] {
        assert!(complaints.contains(line), "{line}: {complaints}");
    }
}

#[test]
fn opml_goes_in_and_out() {
    let daemon = installation();
    let opml = "<opml version=\"2.0\"><body><outline text=\"R & D\" xmlUrl=\"https://rd.example/feed\"/></body></opml>";
    daemon.write("list.opml", opml);
    let path = daemon.path("list.opml");
    let path = path.to_str().unwrap();
    let dry = stdout(&daemon.command(&["source", "import", path, "--dry-run", "--json"]));
    let dry: Value = serde_json::from_str(&dry).unwrap();
    assert_eq!(dry["feeds"][0]["url"], "https://rd.example/feed");
    let imported = daemon.command(&["source", "import", path]);
    assert!(imported.status.success(), "{}", crate::stderr(&imported));
    let sources = rows(&daemon.command(&["source", "list", "--json"]));
    assert_eq!(sources.len(), 1);
    assert!(!sources[0]["off"].is_null());
    assert!(stdout(&daemon.command(&["source", "export"])).contains("https://rd.example/feed"));
    assert!(stdout(&daemon.command(&["source", "import", path])).contains("nothing to add"));
}

#[test]
fn an_item_has_every_field_of_the_contract() {
    let origin = testkit::Origin::start();
    origin.serve("/a", rss(&[("1", "https://a.example/1", "Huawei")]));
    let daemon = installation().feed("a", origin.url("/a"));
    daemon.run_once();
    let items = rows(&daemon.command(&["items", "--json"]));
    for field in [
        "id",
        "kind",
        "source",
        "key",
        "url",
        "title",
        "summary",
        "text",
        "lang",
        "authors",
        "published",
        "updated",
        "fetched",
        "revision",
        "story",
        "capture",
        "tags",
    ] {
        assert!(items[0].get(field).is_some(), "{field}: {}", items[0]);
    }
    let test = daemon.command(&["source", "test", "a", "--json"]);
    let test: Value = serde_json::from_str(&stdout(&test)).unwrap();
    assert_eq!(test["counts"]["seen"], 1);
    assert_eq!(test["items"][0]["title"], "Huawei");
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&installation().command(&["completions", shell])).contains("stackwatch"));
    }
}

#[test]
fn parse_reads_an_entity_list_from_a_file_or_a_folder() {
    let daemon = installation();
    let parse = |words: &[&str], path: &str| {
        let path = daemon.path(path);
        let args = [&["parse", "entities"], words, &["--json", path.to_str().unwrap()]].concat();
        daemon.command(&args)
    };
    daemon.write(
        "list.csv",
        "Name,Alias,Country,Start date\nExample Optics,Exopt; EO,China,2021-06-03\n",
    );
    let answer = parse(&["--list", "my-list"], "list.csv");
    let parsed: Value = serde_json::from_str(&stdout(&answer)).unwrap();
    for field in ["format", "title", "problems", "next", "skipped", "complete", "version"] {
        assert!(parsed.get(field).is_some(), "{field}: {parsed}");
    }
    let item = &parsed["items"][0];
    let expected = serde_json::json!({
        "list": "my-list", "name": "Example Optics", "aliases": ["Exopt", "EO"], "type": null,
        "addresses": [], "countries": ["CN"], "programmes": [], "citations": [],
        "listed": "2021-06-03", "removed": null, "source_url": null,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(item[field], *value, "{field}");
    }
    assert!(item["entity_id"].as_str().is_some_and(|id| id.starts_with("example-optics-")));

    std::fs::create_dir(daemon.path("set")).unwrap();
    let nothing = "-0- ,".repeat(7);
    daemon
        .write("set/sdn.csv", &format!("7,\"EXAMPLE CO.\",-0- ,\"SDGT\",{nothing}-0- \r\n\u{1A}"));
    daemon.write("set/alt.csv", "7,1,\"aka\",\"EXCO\",-0- \r\n\u{1A}");
    let parsed: Value = serde_json::from_str(&stdout(&parse(&[], "set"))).unwrap();
    assert_eq!(
        (parsed["format"].as_str(), &parsed["items"][0]["aliases"]),
        (Some("ofac-csv"), &serde_json::json!(["EXCO"]))
    );

    // A page instead of a list, a format that is none, a list that was cut.
    daemon.write("page.csv", "<!doctype html><html><head><title>Sign in</title></head></html>");
    let refused = parse(&[], "page.csv");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty() && !refused.stderr.is_empty());
    assert_eq!(parse(&["--format", "nonsense"], "list.csv").status.code(), Some(64));
    daemon.write("cut.json", "{\"entities\":[{\"name\":\"A\",\"country\":\"China\"},{\"na");
    let parsed: Value = serde_json::from_str(&stdout(&parse(&[], "cut.json"))).unwrap();
    assert_eq!(
        (&parsed["complete"], parsed["items"].as_array().unwrap().len()),
        (&Value::Bool(false), 1)
    );
}
