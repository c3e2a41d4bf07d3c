//! What all answers are made from. It exists before the store is open, so that `/healthz` answers
//! from the first moment.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use model::{Counts, OutcomeKind, Timestamp};
use store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::tally::Tally;
use crate::{Actions, Error, Settings};

/// Reads of the store at once; more wait.
const READS: usize = 4;
/// Actions at once.
const ACTIONS: usize = 2;
/// How long a question waits for its turn.
const WAIT: Duration = Duration::from_secs(5);
/// How long a read may take before its asker is told that it does.
const READ_TIME: Duration = Duration::from_secs(30);
/// The same for an action: reading or writing the whole store takes minutes.
const ACTION_TIME: Duration = Duration::from_secs(15 * 60);

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What became of the messages of hubs (WebSub) since the start of the daemon, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushes {
    pub taken: Vec<(&'static str, u64)>,
    pub refused: Vec<(&'static str, u64)>,
}

/// Counts them.
pub type PushCounts = Arc<dyn Fn() -> Pushes + Send + Sync>;

/// What all answers are made from; clones share it.
#[derive(Clone)]
pub struct State(Arc<Inner>);

struct Inner {
    settings: RwLock<Arc<Settings>>,
    open: OnceLock<Open>,
    clock: Clock,
    started: Instant,
    troubles: RwLock<Arc<[String]>>,
    reads: Arc<Semaphore>,
    actions: Arc<Semaphore>,
    tally: Tally,
    pushes: OnceLock<PushCounts>,
}

struct Open {
    store: Store,
    actions: Arc<dyn Actions>,
}

impl State {
    /// The state of a daemon that is starting.
    pub fn new(settings: impl Into<Arc<Settings>>, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            settings: RwLock::new(settings.into()),
            open: OnceLock::new(),
            clock,
            started: Instant::now(),
            troubles: RwLock::new(Arc::from([])),
            reads: Arc::new(Semaphore::new(READS)),
            actions: Arc::new(Semaphore::new(ACTIONS)),
            tally: Tally::default(),
            pushes: OnceLock::new(),
        }))
    }

    /// The store is open and the pipeline stands: from now on questions are answered. Only the
    /// first call counts.
    pub fn open(&self, store: Store, actions: Arc<dyn Actions>) {
        self.0.open.get_or_init(|| Open { store, actions });
    }

    /// Takes over a new configuration. `listen` and `socket` keep what they were bound to.
    pub fn configure(&self, settings: Arc<Settings>) {
        *self.0.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// What else the daemon knows to be wrong (a missing secret, a refused reload): shown by
    /// `/healthz` as degraded until the next call takes it away.
    pub fn trouble(&self, reasons: Vec<String>) {
        *self.0.troubles.write().unwrap_or_else(PoisonError::into_inner) = reasons.into();
    }

    /// Counts an attempt at a source, for `/metrics`.
    pub fn attempted(&self, outcome: OutcomeKind, counts: &Counts, bytes: u64) {
        self.0.tally.add(outcome, counts, bytes);
    }

    /// Shows in `/metrics` what became of the messages of hubs. Only the first call counts.
    pub fn count_pushes(&self, counts: PushCounts) {
        self.0.pushes.get_or_init(|| counts);
    }

    /// `None`: no hub is answered.
    pub(crate) fn pushes(&self) -> Option<Pushes> {
        self.0.pushes.get().map(|counts| counts())
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.0.tally
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.0.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn troubles(&self) -> Arc<[String]> {
        Arc::clone(&self.0.troubles.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.0.started.elapsed()
    }

    pub(crate) fn store(&self) -> Result<&Store, Error> {
        self.0.open.get().map(|open| &open.store).ok_or(Error::Starting)
    }

    /// Runs `question` on a thread that may block. A thread that is still at work when its asker
    /// has gone keeps its place, so there are never more of them.
    pub(crate) async fn read<R: Send + 'static>(
        &self,
        question: impl FnOnce(&Store, &Settings, Timestamp) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, Error> {
        let store = self.store()?.clone();
        let (settings, now) = (self.settings(), self.now());
        let permit = turn(&self.0.reads).await?;
        let work = tokio::task::spawn_blocking(move || {
            let answer = question(&store, &settings, now);
            drop(permit);
            answer
        });
        match timeout(READ_TIME, work).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failed)) => Err(Error::Internal(failed.to_string())),
            Err(_) => Err(Error::Busy),
        }
    }

    /// Asks the daemon to do something.
    pub(crate) async fn act<R>(
        &self,
        action: impl FnOnce(&dyn Actions) -> crate::Answer<R>,
    ) -> Result<R, Error> {
        let open = self.0.open.get().ok_or(Error::Starting)?;
        let _permit = turn(&self.0.actions).await?;
        timeout(ACTION_TIME, action(&*open.actions)).await.map_err(|_| Error::Busy)?
    }
}

async fn turn(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
    let place = timeout(WAIT, Arc::clone(places).acquire_owned()).await.map_err(|_| Error::Busy)?;
    Ok(place.expect("the semaphore is never closed"))
}
