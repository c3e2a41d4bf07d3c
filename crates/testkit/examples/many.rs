//! Serves very many small feeds on very many loopback hosts, some of them dead, and writes the
//! configuration that watches them.
//!
//! `cargo run --release -p testkit --example many -- FOLDER [SOURCES] [PER_HOST] [EVERY] [SILENT]
//! [REFUSING]`, by default 100000, 5, 1h, 0, 0, makes `FOLDER/stackwatch.toml`, `FOLDER/sources/`
//! and `FOLDER/watchlists/`, then serves until it is stopped. Host `n` is an address of 127.0.0.0/8
//! of its own. The first SILENT hosts accept and never answer; on the next REFUSING ones nobody
//! listens. A feed never changes: every poll but the first is answered by a 304.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Sources of one file: far from the bounds of a file, and not very many files either.
const PER_FILE: usize = 4_000;
const ENTRIES: usize = 3;
const HEAD_BYTES: usize = 16 << 10;

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = std::path::PathBuf::from(args.next().expect("a folder for the configuration"));
    let mut args = args.collect::<Vec<_>>().into_iter();
    let mut next = |default: &str| args.next().unwrap_or_else(|| default.to_owned());
    let count = |text: String| -> usize { text.parse().expect("a number") };
    let (sources, per_host) = (count(next("100000")), count(next("5")));
    let every = next("1h");
    let (silent, refusing) = (count(next("0")), count(next("0")));

    let listener = std::net::TcpListener::bind("0.0.0.0:0").expect("a free port");
    listener.set_nonblocking(true).expect("a fresh socket");
    let port = listener.local_addr().expect("a bound socket").port();
    // Bound and given back: nobody listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let closed = closed.local_addr().expect("a bound socket").port();

    let url = |n: usize| {
        let host = n / per_host;
        let port = if (silent..silent + refusing).contains(&host) { closed } else { port };
        format!("http://{}:{port}/{n}.xml", address(host))
    };
    write(&folder, sources, &every, url).expect("writing the configuration");
    let hosts = sources.div_ceil(per_host);
    told(&format!(
        "serving {sources} feeds on {hosts} hosts, {silent} silent, {refusing} refusing; \
         configuration in {}",
        folder.display()
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let listener = TcpListener::from_std(listener).expect("a listening socket");
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            tokio::select! {
                Ok((socket, _)) = listener.accept() => drop(tasks.spawn(converse(socket, silent))),
                Some(_) = tasks.join_next() => {}
            }
        }
    });
}

/// The address of host `n`.
fn address(n: usize) -> Ipv4Addr {
    let n = u32::try_from(n).expect("fewer hosts than addresses");
    // From 127.1.0.1 on: 127.0.0.1 is left to others.
    Ipv4Addr::from_bits(Ipv4Addr::new(127, 1, 0, 1).to_bits() + n)
}

fn write(
    folder: &Path,
    count: usize,
    every: &str,
    url: impl Fn(usize) -> String,
) -> std::io::Result<()> {
    let sources = folder.join("sources");
    std::fs::create_dir_all(&sources)?;
    std::fs::create_dir_all(folder.join("watchlists"))?;
    std::fs::write(
        folder.join("stackwatch.toml"),
        "data = \"data\"\nwatchlists = \"watchlists\"\n\
         contact = \"https://example.org/monitoring\"\n\n\
         [fetch]\nparallel = 64\nallow = [\"127.0.0.0/8\"]\n\n\
         [console]\nlisten = \"127.0.0.1:8099\"\n\n\
         [channel.log]\nfile = { path = \"alerts.jsonl\" }\n\n\
         [digest.morning]\nlabel = \"Morning\"\nat = \"07:00\"\nto = [\"log\"]\n",
    )?;
    std::fs::write(
        folder.join("watchlists/vendors.toml"),
        "[vendor.example]\nlabel = \"Example\"\nnames = [\"Primerix\"]\nmatches = [\"Primerix\"]\n",
    )?;
    for first in (0..count).step_by(PER_FILE) {
        let mut text = String::new();
        for n in first..count.min(first + PER_FILE) {
            writeln!(
                text,
                "[source.s{n:06}]\nname = \"Source {n}\"\nfeed.url = \"{}\"\nevery = \"{every}\"\n\
                 lang = \"sr\"\ncategory = \"bench\"\ncountry = \"RS\"\n",
                url(n)
            )
            .expect("a String takes everything");
        }
        std::fs::write(sources.join(format!("{:03}.toml", first / PER_FILE)), text)?;
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a person waits for this line")]
fn told(line: &str) {
    eprintln!("{line}");
}

async fn converse(mut socket: TcpStream, silent: usize) {
    let host = socket.local_addr().map(|at| at.ip());
    let is_silent =
        (0..silent).any(|n| host.as_ref().is_ok_and(|ip| *ip == IpAddr::V4(address(n))));
    drop(socket.set_nodelay(true));
    let mut buffer = Vec::with_capacity(1024);
    loop {
        match socket.read_buf(&mut buffer).await {
            Ok(1..) if buffer.len() <= HEAD_BYTES => {}
            _ => return,
        }
        // Nobody sends a second request before the first is answered.
        if is_silent || !buffer.ends_with(b"\r\n\r\n") {
            continue;
        }
        let answer = answer(&String::from_utf8_lossy(&buffer));
        buffer.clear();
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The feed of the path, or a 304 to its own tag.
fn answer(head: &str) -> String {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let number = path.strip_prefix('/').and_then(|rest| rest.strip_suffix(".xml"));
    let Some(number) = number.and_then(|number| number.parse::<u32>().ok()) else {
        return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".into();
    };
    let tag = format!("\"f{number}\"");
    if head.contains(&tag) {
        return format!("HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n");
    }
    let mut xml = format!("<rss version=\"2.0\"><channel><title>Feed {number}</title>");
    for entry in 0..ENTRIES {
        write!(
            xml,
            "<item><title>Vest {entry} izvora {number} o javnoj nabavci</title>\
             <link>https://f{number}.example/{entry}</link><guid>{number}-{entry}</guid>\
             <description>Opština broj {number} objavila je poziv {entry}.</description></item>"
        )
        .expect("a String takes everything");
    }
    xml.push_str("</channel></rss>");
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {tag}\r\n\
         Content-Length: {}\r\n\r\n{xml}",
        xml.len()
    )
}
