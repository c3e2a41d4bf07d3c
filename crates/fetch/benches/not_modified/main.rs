//! The commonest event of all: a source that has nothing new. Answers 304 per second, and CPU time
//! of the fetching thread for each, beside raw hyper with the same request, as many in flight and
//! the same origin. `cargo bench -p fetch`.
//!
//! They take turns, and the origin works in a thread of its own that is not counted. Floors: half
//! of hyper's answers per second, and 25 µs of CPU each.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod origin;
mod peer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use fetch::{Fetched, Fetcher, Request, Settings};
use model::Validators;
use tokio::task::JoinSet;

const IN_FLIGHT: usize = 16;
const ROUNDS: usize = 9;
const ASKED_IN_A_ROUND: usize = 16_000;
const USER_AGENT: &str = "stackwatch/bench (+https://example.org/)";

fn main() {
    // `cargo test --benches` only wants to see that it runs.
    let real = std::env::args().any(|arg| arg == "--bench");
    let (rounds, asked) = if real { (ROUNDS, ASKED_IN_A_ROUND) } else { (2, 160) };
    let origin = origin::Origin::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let [mut product, mut hyper, mut bare] = [const { Vec::new() }; 3];
    runtime.block_on(async {
        let fetcher = Fetcher::new(settings()).expect("a fetcher");
        // Connections are open and everything was touched once before the first figure.
        product_round(&fetcher, &origin, asked / 10).await;
        let pool = peer::pool();
        peer::pooled_round(&pool, &origin, asked / IN_FLIGHT / 10).await;
        let mut connections = peer::connect(origin.address(), IN_FLIGHT).await;
        for _ in 0..rounds {
            product.push(product_round(&fetcher, &origin, asked).await);
            hyper.push(peer::pooled_round(&pool, &origin, asked / IN_FLIGHT).await);
            let (figures, back) = peer::round(connections, &origin, asked / IN_FLIGHT).await;
            bare.push(figures);
            connections = back;
        }
    });
    assert_eq!(origin.unconditional(), 0, "both sent their validators each time");
    let rate = |rounds: &[Figures]| median(rounds.iter().map(|f| f.per_second));
    let (to_hyper, to_bare) = (rate(&product) / rate(&hyper), rate(&product) / rate(&bare));
    println!("{rounds} rounds of {asked} conditional requests each, {IN_FLIGHT} in flight");
    println!("  product:                    {}", told(&product));
    println!("  raw hyper, its client:      {}", told(&hyper));
    println!("  raw hyper, bare connection: {}", told(&bare));
    println!(
        "  per second: {to_hyper:.2} of hyper's client (floor 0.5), {to_bare:.2} of the bare one"
    );
}

fn settings() -> Settings {
    Settings {
        user_agent: USER_AGENT.into(),
        per_host: IN_FLIGHT,
        spacing: Duration::ZERO,
        connect_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(20),
        total_timeout: Duration::from_secs(45),
        allow: vec!["127.0.0.0/8".parse().expect("a network")],
    }
}

async fn product_round(fetcher: &Fetcher, origin: &origin::Origin, asked: usize) -> Figures {
    let url = format!("http://{}{}", origin.address(), origin::PATH).parse().expect("an address");
    let mut request = Request::feed(url, 1 << 20);
    request.validators = Validators {
        etag: Some(origin::ETAG.into()),
        last_modified: Some(origin::LAST_MODIFIED.into()),
    };
    let (request, before) = (Arc::new(request), origin.answered());
    let watch = Watch::start();
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (fetcher, request) = (fetcher.clone(), Arc::clone(&request));
        tasks.spawn(async move {
            for _ in 0..asked / IN_FLIGHT {
                let answer = fetcher.get(&request).await;
                assert!(matches!(answer, Ok(Fetched::NotModified(_))), "{answer:?}");
            }
        });
    }
    tasks.join_all().await;
    let figures = watch.stop(asked);
    assert_eq!(origin.answered() - before, asked, "every request was answered by a 304");
    figures
}

/// What one round took.
struct Figures {
    per_second: f64,
    /// CPU of the asking thread for one answer, in microseconds.
    cpu: f64,
}

struct Watch(Instant, Duration);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), own_cpu())
    }

    fn stop(self, answers: usize) -> Figures {
        let (wall, cpu) = (self.0.elapsed().as_secs_f64(), (own_cpu() - self.1).as_secs_f64());
        let answers = answers as f64;
        Figures { per_second: answers / wall, cpu: cpu * 1e6 / answers }
    }
}

fn told(rounds: &[Figures]) -> String {
    let [rate, cpu] = [|f: &Figures| f.per_second, |f: &Figures| f.cpu].map(|of| {
        let all = || rounds.iter().map(of);
        (median(all()), all().fold(f64::MAX, f64::min), all().fold(0.0, f64::max))
    });
    format!(
        "{:.0} answers/s ({:.0} to {:.0}), {:.1} µs CPU each ({:.1} to {:.1})",
        rate.0, rate.1, rate.2, cpu.0, cpu.1, cpu.2
    )
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// CPU time of this thread: the origin runs in another one.
fn own_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanos.unwrap_or_default())
}
