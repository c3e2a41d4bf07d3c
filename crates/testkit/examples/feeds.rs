//! Serves many feeds on loopback for end-to-end measurements, and prints where.
//!
//! `cargo run --release -p testkit --example feeds -- FOLDER [FEEDS] [ENTRIES]` writes
//! `FOLDER/urls` (one address a line, as newsboat reads them) and `FOLDER/sources.toml` (as
//! stackwatch does), then serves until it is stopped. The n-th feed changes never: the second
//! round of any client is answered by 304s.

use std::fmt::Write as _;

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = std::path::PathBuf::from(args.next().expect("a folder to write the lists into"));
    let mut number = |default: usize| args.next().map_or(default, |n| n.parse().expect("a number"));
    let (feeds, entries) = (number(1_000), number(30));

    let origin = testkit::Origin::start();
    let (mut urls, mut sources) = (String::new(), String::new());
    for feed in 0..feeds {
        let path = format!("/{feed}.xml");
        let url = origin.url(&path);
        origin.serve(&path, document(feed, entries));
        writeln!(urls, "{url}").expect("a String takes everything");
        writeln!(
            sources,
            "[source.f{feed}]\nname = \"F{feed}\"\nfeed.url = \"{url}\"\nevery = \"15m\"\n\
             category = \"bench\""
        )
        .expect("a String takes everything");
    }
    std::fs::create_dir_all(&folder).expect("the folder");
    std::fs::write(folder.join("urls"), urls).expect("writing the addresses");
    std::fs::write(folder.join("sources.toml"), sources).expect("writing the sources");
    eprintln_ready(feeds, entries, &folder);
    loop {
        std::thread::park();
    }
}

#[expect(clippy::print_stderr, reason = "a person waits for this line")]
fn eprintln_ready(feeds: usize, entries: usize, folder: &std::path::Path) {
    eprintln!("serving {feeds} feeds of {entries} entries; lists in {}", folder.display());
}

/// About 2.3 KB an entry, in the words of nobody.
fn document(feed: usize, entries: usize) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>Feed {feed}</title><link>https://f{feed}.example/</link>"
    );
    for entry in 0..entries {
        let body = (0..34)
            .map(|word| {
                format!("Reč {} o opremi i mreži broj {}, ", word * feed % 97, entry + word)
            })
            .collect::<String>();
        write!(
            xml,
            "<item><title>Vest {entry} izvora {feed} o javnoj nabavci</title>\
             <link>https://f{feed}.example/{entry}</link><guid>https://f{feed}.example/{entry}</guid>\
             <pubDate>Sun, 22 Nov 2026 0{}:00:00 GMT</pubDate>\
             <description>{body}{body}</description></item>",
            entry % 10
        )
        .expect("a String takes everything");
    }
    xml.push_str("</channel></rss>");
    xml
}
