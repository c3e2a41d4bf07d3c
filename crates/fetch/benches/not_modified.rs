//! The commonest event of all: a source that has nothing new. CPU time of the fetching thread per
//! 304 over loopback; the origin works in a thread of its own and is not counted.

#![expect(clippy::print_stdout, reason = "a bench prints its figure")]

use std::time::{Duration, Instant};

use fetch::{Fetched, Fetcher, Request, Settings};
use testkit::Origin;

const ROUNDS: usize = 20_000;
const IN_FLIGHT: usize = 16;

fn main() {
    // `cargo test --benches` only wants to see that it runs.
    let rounds = if std::env::args().any(|arg| arg == "--bench") { ROUNDS } else { 200 };
    let origin = Origin::start();
    origin.serve("/feed.xml", "<rss/>");
    let settings = Settings {
        user_agent: "stackwatch/bench (+https://example.org/)".into(),
        per_host: IN_FLIGHT,
        spacing: Duration::ZERO,
        connect_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(20),
        total_timeout: Duration::from_secs(45),
        allow: vec!["127.0.0.0/8".parse().expect("a network")],
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let fetcher = Fetcher::new(settings).expect("a fetcher");
        let url = origin.url("/feed.xml").parse().expect("an address");
        let mut request = Request::feed(url, 1 << 20);
        let Ok(Fetched::Body(body)) = fetcher.get(&request).await else {
            panic!("the first answer is a body")
        };
        request.validators = body.meta.validators;
        let request = std::sync::Arc::new(request);
        let (start, cpu) = (Instant::now(), own_cpu());
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..IN_FLIGHT {
            let (fetcher, request) = (fetcher.clone(), std::sync::Arc::clone(&request));
            tasks.spawn(async move {
                for _ in 0..rounds / IN_FLIGHT {
                    let answer = fetcher.get(&request).await;
                    assert!(matches!(answer, Ok(Fetched::NotModified(_))), "{answer:?}");
                }
            });
        }
        tasks.join_all().await;
        let (wall, cpu) = (start.elapsed(), own_cpu() - cpu);
        let each = |time: Duration| time.as_secs_f64() * 1e6 / rounds as f64;
        println!(
            "{rounds} answers 304: {:.1} µs CPU of the fetching thread each, {:.0} per second, \
             {} connections",
            each(cpu),
            rounds as f64 / wall.as_secs_f64(),
            origin.connections()
        );
    });
}

/// CPU time of this thread: the origin runs in another one.
fn own_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}
