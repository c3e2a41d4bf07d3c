//! No way in (R19): addresses in every spelling.

use fetch::check_url;
use ipnet::IpNet;

fn verdict(url: &str) -> fetch::Verdict {
    check_url(url, &[])
}

#[test]
fn refused_addresses_are_recognised_in_every_spelling() {
    for url in [
        // 127.0.0.1
        "http://127.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0X7F.1/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://00000177.0x0.0.01/",
        "http://127.0.0.1./",
        "http://127\u{3002}0\u{3002}0\u{3002}1/",
        "http://１２７.０.０.１/",
        "http://%31%32%37.0.0.1/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[2002:7f00:1::]/",
        "http://example.org@127.0.0.1/",
        "http://127.0.0.1\\@example.org/",
        "http:127.0.0.1/",
        "http:\\\\127.0.0.1\\",
        "HTTP://127.0.0.1:8080/",
        " http://127.0.0.1/ ",
        "http://12\t7.0.0.1/",
        "http://0/",
        "http://[::]/",
        // metadata services
        "http://169.254.169.254/latest/",
        "http://0xa9fea9fe/",
        "http://2852039166/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::a9fe:a9fe]/",
        "http://metadata.google.internal/",
        "http://168.63.129.16/",
        "http://100.100.100.200/",
        // names
        "http://localhost/",
        "http://LOCALHOST:3000/",
        "http://localhost./",
        "http://foo.localhost/",
        "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
        "http://localhost.localdomain/",
        "http://ip6-localhost/",
        "http://printer.local/",
        "http://router.home.arpa/",
        "http://wiki.corp/",
        "http://wiki/",
        "http://kubernetes.default.svc/",
        "http://127.0.0.1.nip.io/",
        "http://app.localtest.me/",
        "http://example.org../",
        // ports of other services
        "http://example.org:25/",
        "https://example.org:22/",
        "http://example.org:6667/",
        "http://example.org:0/",
        // not of the web
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "//example.org/",
        "example.org",
        "",
        "http://",
        "http:///",
        "http://[::1",
        "http://256.256.256.256/",
        "http://example.org:99999/",
        "http://exa mple.org/",
    ] {
        let verdict = verdict(url);
        assert!(!verdict.allowed, "{url}: {}", verdict.reason);
        assert!(!verdict.reason.is_empty() && !verdict.reason.contains('\n'));
    }
}

#[test]
fn public_addresses_pass() {
    for url in [
        "http://example.org/",
        "https://www.novosti.rs/sitemaps/xml/news?page=1#x",
        "https://вести.срб/",
        "https://例え.jp/feed",
        "http://example.org:8080/",
        "http://8.8.8.8/",
        "http://0x08080808/",
        "http://172.32.0.1/",
        "https://[2606:4700::1111]/",
        "http://localhost.example.org/",
        "http://local.example/",
        "http://internal.org/",
        "http://user:word@example.org/",
        "https://example.org.:443/",
        "http://nip.io.example.org/",
    ] {
        let verdict = verdict(url);
        assert!(verdict.allowed, "{url}: {}", verdict.reason);
    }
}

#[test]
fn configuration_opens_what_it_names() {
    let allow: Vec<IpNet> = vec!["10.20.0.0/16".parse().unwrap()];
    for (url, allowed) in [
        ("http://10.20.1.1/", true),
        ("http://wiki/", true),
        ("http://10.21.1.1/", false),
        ("http://127.0.0.1/", false),
        ("http://localhost/", false),
        ("http://10.20.1.1:25/", false),
    ] {
        assert_eq!(check_url(url, &allow).allowed, allowed, "{url}");
    }
    let loopback: Vec<IpNet> = vec!["127.0.0.0/8".parse().unwrap()];
    assert!(check_url("http://localhost:8080/", &loopback).allowed);
    assert!(!check_url("http://[::1]:8080/", &loopback).allowed);
}

/// The collected list: every row must be judged as it says.
#[test]
fn the_collected_addresses_are_judged_right() {
    #[expect(clippy::disallowed_methods, reason = "names a folder that only some machines have")]
    let Ok(folder) = std::env::var("STACKWATCH_REALDATA") else {
        println!("STACKWATCH_REALDATA is not set: the collected addresses were not judged");
        return;
    };
    let path = std::path::Path::new(&folder).join("http/hostile/ssrf-urls.jsonl");
    let lines = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    let mut judged = 0;
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let url = row["url"].as_str().unwrap();
        let expected = match row["verdict"].as_str().unwrap() {
            "allow" => true,
            "block" | "invalid" | "refuse-scheme" => false,
            _ => continue,
        };
        judged += 1;
        let verdict = verdict(url);
        if verdict.allowed != expected {
            wrong.push(format!("{url}: {} ({})", verdict.reason, row["why"]));
        }
    }
    assert!(judged > 50, "only {judged} rows");
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
    println!("{judged} collected addresses judged right");
}
