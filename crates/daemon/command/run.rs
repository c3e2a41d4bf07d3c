//! `run`: the daemon, and one round of it.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use console::State;
use indicatif::{ProgressBar, ProgressStyle};
use pipeline::{Clock as _, Context, SystemClock};
use serde_json::json;
use store::Store;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::cli::{Cli, RunArgs};
use crate::daemon::{Daemon, Ended, Files, Wish};
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::{output, reach, tell};

/// From the first signal to the end: what has not ended by then is cut off.
const STOP_LIMIT: Duration = Duration::from_secs(10);

pub(crate) async fn run(cli: &Cli, args: &RunArgs) -> Outcome {
    let at = Installation::load(cli)?;
    at.warn();
    if args.once { once(&at, args.json).await } else { daemon(at).await }
}

/// Every source once, deliveries flushed, summary, exit.
async fn once(at: &Installation, as_json: bool) -> Outcome {
    if SystemClock.now() < model::Timestamp::CLOCK_FLOOR {
        let now = SystemClock.now();
        return Err(Failure::found(crate::because!(
            "the clock says {now}: set it, nothing was fetched"
        )));
    }
    let store = reach::open(at).await?;
    let cx = tell::context(at, store.clone()).map_err(Failure::io)?;
    pipeline::reconcile(&cx.store, &cx.settings.sources, cx.clock.now())
        .await
        .map_err(Failure::io)?;
    let on = cx.settings.sources.iter().filter(|source| source.off.is_none()).count();
    let bar = progress(on);
    let summary = pipeline::watch_once(&cx, |source, _| {
        bar.set_message(source.id.to_string());
        bar.inc(1);
    })
    .await
    .map_err(Failure::io)?;
    bar.finish_and_clear();
    let delivered = tell::deliverer(&cx).flush().await.map_err(Failure::io)?;
    close(store).await?;
    let counts = summary.counts;
    if as_json {
        output::json(&json!({
            "sources": summary.sources, "watched": summary.watched,
            "failed": summary.failed.iter().map(|(id, error)| json!({"source": id, "error": error})).collect::<Vec<_>>(),
            "counts": counts, "alerts": summary.alerts, "held": summary.held,
            "bytes": summary.bytes, "deliveries": delivered,
        }))?;
    } else {
        output::line(&format!(
            "watched {} of {} sources: {} entries, {} new, {} revised, {} unchanged, {} rejected",
            summary.watched,
            summary.sources,
            counts.seen,
            counts.new,
            counts.revised,
            counts.unchanged,
            counts.rejected
        ))?;
        output::line(&format!(
            "alerts: {} raised, {} held (first poll of a source, or old); deliveries: {} sent, {} to be tried again, {} given up",
            summary.alerts,
            summary.held,
            delivered.delivered,
            delivered.retried + delivered.waiting,
            delivered.dead
        ))?;
        for (source, error) in &summary.failed {
            output::line(&format!("not watched: {source}: {error}"))?;
        }
    }
    if summary.watched == 0 && summary.sources > 0 {
        return Err(Failure::found(crate::because!("no source could be read")));
    }
    Ok(())
}

fn progress(sources: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(sources as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// The daemon until a signal.
async fn daemon(at: Installation) -> Outcome {
    let listen = at.config.console.listen;
    let listener = match TcpListener::bind(listen).await {
        Ok(listener) => listener,
        Err(error) => return Err(taken(&at, error).await),
    };
    let callbacks = match &at.config.pipeline.websub {
        Some(websub) => Some(callbacks(websub).await?),
        None => None,
    };
    std::fs::create_dir_all(&at.config.data).map_err(|error| {
        Failure::io(anyhow::Error::new(error).context(at.config.data.display().to_string()))
    })?;
    let signals = Signals::new().map_err(Failure::io)?;
    let clock = Arc::new(SystemClock);
    let console = State::new(Arc::clone(&at.config.console), Arc::new(move || clock.now()));
    if let Ok(address) = listener.local_addr() {
        info!("console on http://{address}/, socket {}", at.config.console.socket.display());
    }

    // The socket belongs to whoever has the store: it is opened first, under its lock.
    let store = open(&at).await?;
    let cx = tell::context(&at, store.clone()).map_err(Failure::io)?;
    let stop = CancellationToken::new();
    let (reloads, wishes) = mpsc::channel(1);
    let files = Files { at: at.at.clone(), data: at.data.clone(), reloads };
    let socket = at.config.console.socket.clone();
    let mut daemon =
        Daemon::start(cx, console, listener, &socket, callbacks, Some(files), stop.clone())
            .await
            .map_err(Failure::io)?;
    notify(&[sd_notify::NotifyState::Ready]);
    let sources = &at.config.pipeline.sources;
    info!(
        "watching {} of {} sources, data in {}",
        sources.iter().filter(|source| source.off.is_none()).count(),
        sources.len(),
        at.config.data.display()
    );
    let result = live(at, &mut daemon, signals, wishes, &stop).await;
    notify(&[sd_notify::NotifyState::Stopping]);
    stop.cancel();
    let wound_up =
        tokio::time::timeout(STOP_LIMIT - Duration::from_secs(1), daemon.wind_up()).await;
    if wound_up.is_err() {
        warn!("some work was cut off; it is repeated at the next start");
    }
    close(store).await?;
    info!("stopped");
    result
}

/// Where hubs are answered.
async fn callbacks(websub: &pipeline::WebSub) -> Result<TcpListener, Failure> {
    let listen = websub.listen;
    let bound = TcpListener::bind(listen).await.map_err(|error| {
        let context = format!("[websub] listen = \"{listen}\": is another program on this port?");
        Failure::io(anyhow::Error::new(error).context(context))
    })?;
    if let Ok(address) = bound.local_addr() {
        info!("hubs reach {}, answered on http://{address}/websub/", websub.public);
    }
    Ok(bound)
}

/// Whose the port is: mostly that of a daemon which runs already.
async fn taken(at: &Installation, error: std::io::Error) -> Failure {
    let listen = at.config.console.listen;
    let context = match reach::daemon(at).await {
        Ok(Some(_)) => {
            format!(
                "another stackwatch runs on {} and listens on {listen}",
                at.config.data.display()
            )
        }
        _ => format!("[console] listen = \"{listen}\": is another program on this port?"),
    };
    Failure::io(anyhow::Error::new(error).context(context))
}

/// Follows signals and tasks until one of them ends the daemon.
async fn live(
    mut at: Installation,
    daemon: &mut Daemon,
    mut signals: Signals,
    mut wishes: mpsc::Receiver<Wish>,
    stop: &CancellationToken,
) -> Outcome {
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => break,
            _ = signals.interrupt.recv() => break,
            _ = signals.hangup.recv() => at = reload(at, daemon).await.0,
            Some(wish) = wishes.recv() => {
                let (now, outcome) = reload(at, daemon).await;
                at = now;
                // Whoever asked may have left; the log has the outcome as well.
                drop(wish.send(outcome));
            }
            ended = daemon.ended() => match ended {
                Ended::Well => break,
                Ended::Badly(error) => return Err(Failure::io(error)),
            },
        }
    }
    info!("stopping");
    stop.cancel();
    Ok(())
}

/// The new state is built whole, then swapped; or refused with the reasons while the old one runs.
async fn reload(at: Installation, daemon: &mut Daemon) -> (Installation, Result<(), String>) {
    let refuse = |at: Installation, reason: String| {
        error!("reload refused, the old configuration runs on: {reason}");
        daemon.trouble(Some(format!("a reload was refused: {reason}")));
        (at, Err(reason))
    };
    let new = match at.again() {
        Ok(new) => new,
        Err(failure) => return refuse(at, failure.to_string()),
    };
    if new.config.data != at.config.data || new.config.console.listen != at.config.console.listen {
        warn!("`data` and `[console] listen` take effect at the next start");
    }
    let listen = |at: &Installation| at.config.pipeline.websub.as_ref().map(|w| w.listen);
    if listen(&new) != listen(&at) && listen(&new).is_some() {
        warn!("`[websub] listen` takes effect at the next start");
    }
    new.warn();
    let old = daemon.context();
    let mut cx = match tell::context(&new, old.store.clone()) {
        Ok(cx) => cx,
        Err(error) => return refuse(at, error.to_string()),
    };
    if new.config.fetch == at.config.fetch {
        // It knows which hosts have asked for a pause.
        cx.fetcher = old.fetcher;
    }
    daemon.reload(cx, Arc::clone(&new.config.console)).await;
    info!("reloaded: watchlists {}", new.config.tagger.version());
    (new, Ok(()))
}

async fn open(at: &Installation) -> Result<Store, Failure> {
    // Opening replays what was not flushed: a service manager must not lose patience.
    notify(&[sd_notify::NotifyState::ExtendTimeoutUsec(600_000_000)]);
    store::abort_on_sled_thread_panic();
    let store = reach::open(at).await?;
    let health = store.health();
    info!(replayed = health.replayed, duration_ms = health.open_ms, "store open");
    Ok(store)
}

async fn close(store: Store) -> Outcome {
    tokio::task::spawn_blocking(move || store.shutdown())
        .await
        .map_err(Failure::io)?
        .map_err(Failure::io)
}

/// Tells a service manager; without one it is nothing.
pub(crate) fn notify(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(error = %error, "the service manager was not told");
    }
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

/// For the demo: the same daemon on a context of its own.
pub(crate) async fn start_on(
    cx: Context,
    settings: Arc<console::Settings>,
    listener: TcpListener,
    stop: CancellationToken,
) -> Result<Daemon, Failure> {
    let clock = Arc::clone(&cx.clock);
    let socket = settings.socket.clone();
    let console = State::new(settings, Arc::new(move || clock.now()));
    Daemon::start(cx, console, listener, &socket, None, None, stop).await.map_err(Failure::io)
}
