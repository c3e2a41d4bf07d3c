//! The tasks of a running daemon, over one store: watching, delivering, digests, console, and the
//! signs of life. One of them ending, well or badly, ends them all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use console::query::Vendor;
use console::{
    Actions, Answer, DigestQuery, Document, Error, QuarantineRetry, RetagQuery, RetryQuery, State,
};
use model::{ChannelId, SourceId};
use pipeline::websub::{Desk, Wishes};
use pipeline::{Clock, Context, Deliverer, deliver};
use serde_json::{Value, json};
use store::Store;
use tagger::Tagger;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::command::run::notify;
use crate::installation::Installation;
use crate::{tell, websub};

/// The store is exported once in this time, which is looked at so often; after an export, or one
/// that failed, not before a pause.
const EXPORT_EVERY: Duration = Duration::from_secs(24 * 3600);
const EXPORT_LOOK: Duration = Duration::from_secs(60);
const EXPORT_PAUSE: Duration = Duration::from_secs(3600);
/// The watchdog is fed while the writer has gone through its loop within this time.
const WRITER_LIMIT: Duration = Duration::from_secs(30);

/// A wish for a reload, with the way for its outcome.
pub(crate) type Wish = oneshot::Sender<Result<(), String>>;

/// Where the daemon's configuration stands, for what is asked of its files while it runs.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) at: PathBuf,
    pub(crate) data: Option<PathBuf>,
    /// To whoever reloads.
    pub(crate) reloads: mpsc::Sender<Wish>,
}

impl Files {
    /// The watchlists as the files have them now.
    fn watchlists(&self) -> Result<Tagger, Error> {
        let read = Installation::load_at(&self.at, self.data.as_deref());
        Ok(read.map_err(|failure| Error::Invalid(failure.to_string()))?.config.tagger)
    }

    async fn reload(&self) -> Result<(), Error> {
        let (wish, outcome) = oneshot::channel();
        self.reloads.send(wish).await.map_err(internal)?;
        outcome.await.map_err(internal)?.map_err(Error::Invalid)
    }
}

/// A running daemon.
pub(crate) struct Daemon {
    contexts: watch::Sender<Context>,
    console: State,
    deliverer: Deliverer,
    tasks: JoinSet<anyhow::Result<()>>,
    /// Hubs are answered.
    is_heard: bool,
}

/// How the first task ended.
pub(crate) enum Ended {
    Well,
    Badly(anyhow::Error),
}

impl Daemon {
    /// Starts every task; `stop` ends them.
    pub(crate) async fn start(
        cx: Context,
        console: State,
        listener: TcpListener,
        socket: &Path,
        callbacks: Option<TcpListener>,
        files: Option<Files>,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let is_heard = callbacks.is_some();
        // Before sources are marked as back: those are looked at for hubs.
        pipeline::websub::settle(&cx, is_heard).await?;
        reconcile(&cx).await?;
        let now = cx.clock.now();
        if now >= model::Timestamp::CLOCK_FLOOR
            && let Some(outage) = pipeline::note_outage(&cx.store, now).await?
        {
            warn!("nothing was watched before {}: the daemon did not run", outage.until);
        }
        let (contexts, receiver) = watch::channel(cx.clone());
        let deliverer = tell::deliverer(&cx);
        let live = Live { contexts: receiver.clone(), deliverer: deliverer.clone(), files };
        console.open(cx.store.clone(), Arc::new(live));
        console.trouble(troubles(&cx, None));

        let mut tasks = JoinSet::new();
        let served = console::serve(
            console::router(console.clone()),
            Some(listener),
            socket.to_owned(),
            stop.clone(),
        );
        tasks.spawn(async move { Ok(served.await?) });
        let counters = console.clone();
        let (wishes, wished) = Wishes::channel();
        let watched =
            pipeline::watch_with(receiver.clone(), wished, stop.clone(), move |_, report| {
                counters.attempted(report.outcome, &report.counts, report.bytes);
            });
        tasks.spawn(async move { Ok(watched.await?) });
        if let Some(callbacks) = callbacks {
            let desk = Desk::new(receiver.clone(), wishes.clone());
            let counted = desk.clone();
            console.count_pushes(Arc::new(move || websub::pushes(&counted)));
            let served = console::serve_apart(websub::router(desk), callbacks, stop.clone());
            tasks.spawn(async move {
                served.await;
                Ok(())
            });
            let kept = pipeline::websub::keep(receiver.clone(), wishes, stop.clone());
            tasks.spawn(async move { Ok(kept.await?) });
        }
        let delivered = {
            let (deliverer, stop) = (deliverer.clone(), stop.clone());
            async move { deliverer.run(stop).await }
        };
        tasks.spawn(async move { Ok(delivered.await?) });
        let alive = pipeline::keep_alive(cx.store.clone(), Arc::clone(&cx.clock), stop.clone());
        tasks.spawn(async move { Ok(alive.await?) });
        let beats = pipeline::heartbeat(receiver, stop.clone());
        tasks.spawn(async move {
            beats.await;
            Ok(())
        });
        tasks.spawn(exports(cx.store.clone(), Arc::clone(&cx.clock), stop.clone()));
        tasks.spawn(watchdog(cx.store, stop));
        Ok(Self { contexts, console, deliverer, tasks, is_heard })
    }

    /// What the daemon works with now.
    pub(crate) fn context(&self) -> Context {
        self.contexts.borrow().clone()
    }

    /// Takes over a new configuration; what runs now ends under the old one.
    pub(crate) async fn reload(&self, cx: Context, console: Arc<console::Settings>) {
        if let Err(error) = pipeline::websub::settle(&cx, self.is_heard).await {
            error!("hubs are looked for, or left, at the next start: {error:#}");
        }
        if let Err(error) = reconcile(&cx).await {
            error!(
                "sources that left or were switched off are written down at the next start: {error:#}"
            );
        }
        self.console.configure(console);
        self.console.trouble(troubles(&cx, None));
        self.deliverer.reload(cx.fetcher.clone(), Arc::clone(&cx.settings));
        self.contexts.send_replace(cx);
    }

    /// Shows `reason` as trouble of the daemon until the next reload.
    pub(crate) fn trouble(&self, reason: Option<String>) {
        let cx = self.contexts.borrow().clone();
        self.console.trouble(troubles(&cx, reason));
    }

    /// Waits for the first task that ends.
    pub(crate) async fn ended(&mut self) -> Ended {
        match self.tasks.join_next().await {
            Some(Ok(Ok(()))) | None => Ended::Well,
            Some(Ok(Err(error))) => Ended::Badly(error),
            Some(Err(panic)) => Ended::Badly(panic.into()),
        }
    }

    /// Waits for all tasks after `stop`.
    pub(crate) async fn wind_up(&mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Ok(Err(error)) = ended {
                error!("while stopping: {error:#}");
            }
        }
    }
}

/// Writes down which sources are off, gone or back; not while the clock is not set.
async fn reconcile(cx: &Context) -> anyhow::Result<()> {
    let now = cx.clock.now();
    if now >= model::Timestamp::CLOCK_FLOOR {
        pipeline::reconcile(&cx.store, &cx.settings.sources, now).await?;
    }
    Ok(())
}

/// What an operator has to mend: secrets that are missing.
fn troubles(cx: &Context, reason: Option<String>) -> Vec<String> {
    let settings = &cx.settings;
    let sources =
        settings.sources.iter().filter(|source| source.off.is_none()).flat_map(|source| {
            let missing = source.headers.iter().filter_map(|(_, secret)| secret.reveal().err());
            missing.map(move |reason| format!("source `{}`: {reason}", source.id))
        });
    let channels = settings.channels.iter().filter_map(|channel| {
        channel.missing_secret().map(|reason| format!("channel `{}`: {reason}", channel.id))
    });
    reason.into_iter().chain(sources).chain(channels).collect()
}

/// Exports the store when the last export is a day old, or when the journal has grown: the
/// journal is pruned by it.
async fn exports(
    store: Store,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut wait = EXPORT_LOOK;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(wait) => {}
        }
        wait = EXPORT_LOOK;
        let written = store.last_export().and_then(|export| export.written);
        let old = written.is_none_or(|written| clock.now().since(written) > EXPORT_EVERY);
        if !old && !store.health().export_due {
            continue;
        }
        // Whatever comes of it, not again at once.
        wait = EXPORT_PAUSE;
        let exported = {
            let store = store.clone();
            tokio::task::spawn_blocking(move || store.export(None)).await?
        };
        match exported {
            Ok(report) => info!("exported: {}", serde_json::to_string(&report)?),
            // The store itself is whole; `store stats` shows the age of the last export.
            Err(error) => error!("the export failed: {error}"),
        }
    }
}

/// Feeds the service manager's watchdog while the store's writer is alive; a poisoned store ends
/// the daemon, for only opening it again helps.
async fn watchdog(store: Store, stop: CancellationToken) -> anyhow::Result<()> {
    loop {
        if let Some(reason) = store.poisoned() {
            anyhow::bail!("the store failed: {reason}");
        }
        if store.writer_alive() < WRITER_LIMIT {
            notify(&[sd_notify::NotifyState::Watchdog]);
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
    }
}

/// What the console asks of a running daemon.
struct Live {
    contexts: watch::Receiver<Context>,
    deliverer: Deliverer,
    /// `None`: there are no files, as in the demo.
    files: Option<Files>,
}

impl Live {
    fn cx(&self) -> Context {
        self.contexts.borrow().clone()
    }
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(internal)?
}

impl Actions for Live {
    fn retry_deliveries(&self, which: RetryQuery) -> Answer<Value> {
        let cx = self.cx();
        Box::pin(async move {
            let which = tell::which(which)?;
            let retried = deliver::retry(&cx.store, &which, cx.clock.now()).await;
            Ok(json!({ "retried": retried.map_err(internal)? }))
        })
    }

    fn test_channel(&self, channel: ChannelId) -> Answer<Value> {
        let (cx, deliverer) = (self.cx(), self.deliverer.clone());
        Box::pin(async move {
            let receipt = tell::test_channel(&deliverer, &cx.settings, &channel).await?;
            Ok(json!({ "channel": channel, "receipt": receipt }))
        })
    }

    fn digest(&self, which: DigestQuery) -> Answer<Document> {
        let (cx, deliverer) = (self.cx(), self.deliverer.clone());
        Box::pin(async move {
            if which.send {
                tell::send_digest(&deliverer, &cx.settings, &*cx.clock, &which).await?;
            }
            blocking(move || tell::render_digest(&cx.store, &cx.settings, &*cx.clock, &which)).await
        })
    }

    fn import_file(&self, source: SourceId, path: String) -> Answer<Value> {
        let cx = self.cx();
        Box::pin(async move { tell::import_file(&cx, &source, Path::new(&path)).await })
    }

    fn accept_list(&self, source: SourceId) -> Answer<Value> {
        let cx = self.cx();
        Box::pin(
            async move { tell::accept_list(&cx.store, &cx.settings, &*cx.clock, source).await },
        )
    }

    fn vendors(&self) -> Answer<Vec<Vendor>> {
        let tagger = self.cx().tagger;
        Box::pin(async move { Ok(tell::vendors(&tagger)) })
    }

    fn vendor(&self, id: String) -> Answer<Vendor> {
        let tagger = self.cx().tagger;
        Box::pin(async move { tell::vendor(&tagger, &id) })
    }

    fn retag(&self, which: RetagQuery) -> Answer<Value> {
        let (contexts, files) = (self.contexts.clone(), self.files.clone());
        Box::pin(async move {
            let tagger = match &files {
                // A preview shows what the files say; the daemon works on with what it has.
                Some(files) if which.dry_run => {
                    let files = files.clone();
                    Some(blocking(move || files.watchlists()).await?)
                }
                // What is applied is what new items are tagged with from then on.
                Some(files) => {
                    files.reload().await?;
                    None
                }
                None => None,
            };
            let cx = contexts.borrow().clone();
            let tagger = tagger.unwrap_or_else(|| cx.tagger.clone());
            tell::retag(&cx, &tagger, which).await
        })
    }

    fn retry_quarantine(&self, which: QuarantineRetry) -> Answer<Value> {
        let cx = self.cx();
        Box::pin(async move { tell::retry_quarantine(&cx, which).await })
    }

    fn store_stats(&self) -> Answer<Value> {
        let store = self.cx().store;
        Box::pin(blocking(move || serde_json::to_value(store.stats()?).map_err(internal)))
    }

    fn verify_store(&self) -> Answer<Value> {
        let store = self.cx().store;
        Box::pin(blocking(move || serde_json::to_value(store.verify()?).map_err(internal)))
    }

    fn export_store(&self) -> Answer<Value> {
        let store = self.cx().store;
        Box::pin(blocking(move || serde_json::to_value(store.export(None)?).map_err(internal)))
    }
}
