//! The edges of robots.txt: RFC 9309, and Google's documented behaviour where it is silent.

use fetch::robots::{MAX_BYTES, Robots};

/// What `stackwatch` may fetch of `https://example.org` by this file.
#[track_caller]
fn check(name: &str, file: impl AsRef<[u8]>, open: &[&str], closed: &[&str]) {
    let rules = Robots::parse(file.as_ref()).rules("stackwatch/0.1 (+https://example.org/about)");
    for path in open {
        assert!(rules.allows(&format!("https://example.org{path}")), "{name}: {path} is open");
    }
    for path in closed {
        assert!(!rules.allows(&format!("https://example.org{path}")), "{name}: {path} is closed");
    }
}

#[test]
fn spellings_of_a_path_compare_as_the_standard_says() {
    let rule = |path: &str| format!("user-agent: *\ndisallow: {path}\n");
    for (path, closed, open) in [
        // The table of 2.2.2.
        ("/foo/bar?baz=quz", vec!["/foo/bar?baz=quz", "/foo/bar?baz=quz&x"], vec!["/foo/bar"]),
        (
            "/foo/bar?baz=https://foo.bar",
            vec!["/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar"],
            vec!["/foo/bar?baz=https"],
        ),
        ("/foo/bar?baz=https%3a%2F%2ffoo", vec!["/foo/bar?baz=https://foo.bar"], vec![]),
        ("/foo/bar/ツ", vec!["/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", "/foo/bar/ツ"], vec![]),
        ("/foo/bar/%E3%83%84", vec!["/foo/bar/ツ"], vec!["/foo/bar/%E3%83%85"]),
        ("/foo/bar/%62%61%7A", vec!["/foo/bar/baz", "/foo/bar/%62az"], vec!["/foo/bar/Baz"]),
        // A slash that is escaped in a path is a letter of a name.
        ("/a%2Fb", vec!["/a%2fb"], vec!["/a/b"]),
        ("/a/b", vec!["/a/b"], vec!["/a%2Fb"]),
        // The table of 2.2.3.
        (
            "/path/file-with-a-%2A.html",
            vec!["/path/file-with-a-*.html"],
            vec!["/path/file-with-a-x.html"],
        ),
        ("/path/foo-%24", vec!["/path/foo-$", "/path/foo-$bar"], vec!["/path/foo-"]),
        ("/Folder", vec!["/Folder/x"], vec!["/folder/x", "/FOLDER"]),
        ("/~user", vec!["/%7Euser", "/%7euser"], vec!["/user"]),
        ("/a%20b", vec!["/a%20b", "/a b"], vec!["/a+b"]),
        ("/a+b", vec!["/a+b"], vec!["/a b", "/a%20b"]),
        ("/100%", vec!["/100%"], vec!["/100"]),
        ("/%zz", vec!["/%zz"], vec!["/zz"]),
        ("/вести/", vec!["/%D0%B2%D0%B5%D1%81%D1%82%D0%B8/1"], vec!["/vesti/"]),
    ] {
        check(path, rule(path), &open, &closed);
    }
}

#[test]
fn stars_and_dollars() {
    let rule = |path: &str| format!("user-agent: *\ndisallow: {path}\n");
    for (path, closed, open) in [
        ("*", vec!["/", "/x"], vec![]),
        ("/*", vec!["/", "/x"], vec![]),
        ("/***", vec!["/", "/x"], vec![]),
        ("/*.php", vec!["/a.php", "/a.php?x", "/d/b.phpx"], vec!["/a.PHP", "/php"]),
        ("/*.php$", vec!["/a.php"], vec!["/a.php?x", "/a.php/"]),
        ("/fish*", vec!["/fish", "/fishheads", "/fish.html"], vec!["/Fish", "/catfish"]),
        ("/fish*.php", vec!["/fish.php", "/fishheads/catfish.php?p"], vec!["/Fish.PHP"]),
        ("/$", vec!["/"], vec!["/a", "/?a"]),
        ("/a$b", vec!["/a$b", "/a$bc"], vec!["/a"]),
        ("/a$$", vec!["/a$"], vec!["/a", "/a$x"]),
        ("/*a*a*a$", vec!["/aaa", "/xaxaxa"], vec!["/aa", "/aaab"]),
        ("/*?*sid=", vec!["/x?sid=1", "/x?a=1&sid=2"], vec!["/x", "/xsid=1"]),
        ("/*/private/", vec!["/a/private/", "/a/b/private/x"], vec!["/private/"]),
        ("private/", vec![], vec!["/private/", "/private/x"]),
        ("*private", vec!["/private", "/my-private"], vec!["/privat"]),
        ("https://example.org/x", vec![], vec!["/x"]),
    ] {
        check(path, rule(path), &open, &closed);
    }
}

#[test]
fn the_longest_rule_wins_and_on_a_tie_allow() {
    for (rules, open, closed) in [
        ("allow: /p\ndisallow: /", vec!["/page", "/p"], vec!["/", "/x"]),
        ("allow: /folder\ndisallow: /folder", vec!["/folder/page"], vec![]),
        ("disallow: /folder\nallow: /folder", vec!["/folder/page"], vec![]),
        ("allow: /page\ndisallow: /*.htm", vec!["/page"], vec!["/page.htm"]),
        ("allow: /page\ndisallow: /*.ph", vec!["/page.php5"], vec!["/x.php5"]),
        ("allow: /$\ndisallow: /", vec!["/"], vec!["/page.htm"]),
        ("disallow: /\nallow:", vec![], vec!["/", "/x"]),
        ("disallow:\nallow:", vec!["/", "/x"], vec![]),
        ("disallow: /a\ndisallow:", vec!["/"], vec!["/a"]),
        ("disallow: /a/*\nallow: /a/b", vec!["/a/b/c"], vec!["/a/c"]),
        ("disallow: /robots.txt\ndisallow: /r", vec![], vec!["/r"]),
    ] {
        check(rules, format!("user-agent: *\n{rules}\n"), &open, &closed);
    }
}

#[test]
fn groups_and_names() {
    for (file, closed, open) in [
        ("user-agent: STACKWATCH\ndisallow: /a", vec!["/a"], vec!["/"]),
        ("User-Agent: StackWatch/2.0\ndisallow: /a", vec!["/a"], vec!["/"]),
        ("user-agent: stackwatch bot\ndisallow: /a", vec!["/a"], vec!["/"]),
        ("user-agent: stackwatcher\ndisallow: /a", vec![], vec!["/a"]),
        ("user-agent: stack\ndisallow: /a", vec![], vec!["/a"]),
        ("user-agent: stackwatch-news\ndisallow: /a", vec![], vec!["/a"]),
        ("user-agent: stackwatch*\ndisallow: /a", vec!["/a"], vec![]),
        (
            "user-agent: *\ndisallow: /b\nuser-agent: stackwatch\ndisallow: /a",
            vec!["/a"],
            vec!["/b"],
        ),
        (
            "user-agent: stackwatch\ndisallow: /a\nuser-agent: *\ndisallow: /b\nuser-agent: stackwatch\ndisallow: /c",
            vec!["/a", "/c"],
            vec!["/b"],
        ),
        (
            "user-agent: *\ndisallow: /a\n\nuser-agent: x\ndisallow: /z\n\nuser-agent: *\ndisallow: /b",
            vec!["/a", "/b"],
            vec!["/z"],
        ),
        ("user-agent: x\n\n\nuser-agent: stackwatch\n\ndisallow: /a", vec!["/a"], vec!["/"]),
        (
            "user-agent: stackwatch\n# a remark\nsitemap: https://example.org/s\nfoo: bar\nuser-agent: x\ndisallow: /a",
            vec!["/a"],
            vec!["/"],
        ),
        ("user-agent: stackwatch\n\ndisallow: /a\n\ndisallow: /b", vec!["/a", "/b"], vec!["/"]),
        ("disallow: /a\nuser-agent: *\ndisallow: /b", vec!["/b"], vec!["/a"]),
        ("disallow: /a", vec![], vec!["/a"]),
        ("user-agent:\ndisallow: /a", vec![], vec!["/a"]),
        ("user-agent: * stackwatch\ndisallow: /a", vec!["/a"], vec!["/"]),
        ("user-agent: stackwatch\nuser-agent: *\ndisallow: /a", vec!["/a"], vec!["/"]),
        ("user-agent: stackwatch\nallow: /\nuser-agent: *\ndisallow: /", vec![], vec!["/", "/x"]),
        ("user-agent: stackwatch", vec![], vec!["/"]),
        ("user-agent: *\ndisallow: /\nuser-agent: stackwatch", vec![], vec!["/", "/x"]),
        ("user-agent: *\nnoindex: /a\nclean-param: x /\ndisallow: /b", vec!["/b"], vec!["/a"]),
    ] {
        check(file, file, &open, &closed);
    }
}

#[test]
fn lines_as_people_and_machines_write_them() {
    let files: [(&str, Vec<u8>); 17] = [
        ("CR", b"user-agent: *\rdisallow: /a\rallow: /a/b\r".to_vec()),
        ("CRLF", b"user-agent: *\r\ndisallow: /a\r\nallow: /a/b\r\n".to_vec()),
        ("mixed ends", b"user-agent: *\r\rdisallow: /a\n\rallow: /a/b".to_vec()),
        ("UTF-8 mark", b"\xef\xbb\xbfuser-agent: *\ndisallow: /a\nallow: /a/b".to_vec()),
        ("mark and blank", b"\xef\xbb\xbf\n\nuser-agent: *\ndisallow: /a\nallow: /a/b".to_vec()),
        ("spaces", b"  user-agent  :  *  \n\tdisallow\t:\t/a\t\n allow : /a/b ".to_vec()),
        ("no space", b"user-agent:*\ndisallow:/a\nallow:/a/b".to_vec()),
        ("remarks", b"#x\nuser-agent: * # all\ndisallow: /a#b\nallow: /a/b # c".to_vec()),
        ("case", b"USER-AGENT: *\nDISALLOW: /a\nAllow: /a/b".to_vec()),
        ("no colon", b"user-agent *\ndisallow /a\nallow /a/b".to_vec()),
        ("typos", b"useragent: *\ndissallow: /a\nallow: /a/b".to_vec()),
        ("zero bytes", b"\0\0\nuser-agent: *\n\0: x\ndisallow: /a\nallow: /a/b\n\0".to_vec()),
        ("no UTF-8", b"user-agent: *\n\xff\xfe: \xff\ndisallow: /a\nallow: /a/b\n# \xe9".to_vec()),
        (
            "prose",
            b"Welcome to our site: enjoy.\nuser-agent: *\ndisallow: /a\nallow: /a/b".to_vec(),
        ),
        (
            "many blanks",
            [&b"\n".repeat(9_000)[..], b"user-agent: *\ndisallow: /a\nallow: /a/b"].concat(),
        ),
        (
            "a long remark",
            [b"#", &b"x".repeat(60_000)[..], b"\nuser-agent: *\ndisallow: /a\nallow: /a/b"]
                .concat(),
        ),
        (
            "a long line among rules",
            [b"user-agent: *\ndisallow: /a\nallow: /", &b"y".repeat(60_000)[..], b"\nallow: /a/b"]
                .concat(),
        ),
    ];
    for (name, file) in files {
        check(name, file, &["/", "/a/b", "/a/bc"], &["/a", "/a/c"]);
    }
}

#[test]
fn what_is_no_robots_file_closes_nothing() {
    for (name, file) in [
        ("nothing", &b""[..]),
        (
            "HTML",
            b"<!doctype html><html><head><title>404: not found</title></head><p>disallow: /</p>",
        ),
        ("JSON", b"{\"user-agent\": \"*\", \"disallow\": \"/\"}"),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        (
            "UTF-16",
            b"\xff\xfeu\0s\0e\0r\0-\0a\0g\0e\0n\0t\0:\0 \0*\0\n\0d\0i\0s\0a\0l\0l\0o\0w\0:\0 \0/\0",
        ),
    ] {
        check(name, file, &["/", "/x"], &[]);
    }
}

#[test]
fn the_limit_cuts_between_lines() {
    let filler = b"# a line that fills\n";
    let head = b"user-agent: *\ndisallow: /early\n";
    let room = MAX_BYTES - head.len();
    let mut file = [&head[..], &filler.repeat(room / filler.len())].concat();
    file.extend(b"disallow: /late\n");
    check("500 KiB", &file, &["/late"], &["/early"]);
}

#[test]
fn delays_of_every_kind() {
    for (line, seconds) in [
        ("crawl-delay: 10", Some(10.0)),
        ("Crawl-Delay:0.5", Some(0.5)),
        ("crawl-delay: 10 # slowly", Some(10.0)),
        ("crawl-delay: 10s", None),
        ("crawl-delay: -1", None),
        ("crawl-delay: NaN", None),
        ("crawl-delay: 1e400", None),
        ("crawl-delay:", None),
    ] {
        let rules = Robots::parse(format!("user-agent: *\n{line}").as_bytes()).rules("stackwatch");
        assert_eq!(rules.crawl_delay().map(|delay| delay.as_secs_f64()), seconds, "{line}");
    }
}
