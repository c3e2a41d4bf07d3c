//! News of sources: who was told of what is read and what is not, and when they are told next. Few
//! messages, each with everything that changed since the last one (I8, R6, R7).
//!
//! What to tell is the difference between what was told last ([`model::Told`], written together
//! with the message) and the health that the source has now: a daemon that is killed in between
//! tells it after its next start, and what went and came back in between is not told at all.

mod told;
mod words;

use std::collections::BTreeSet;
use std::time::Duration;

use model::{
    Alert, AlertId, Health, ItemId, MessageRef, SourceId, SourceState, StoryId, Timestamp, Told,
};
use store::{Commit, CommitError, Store, StoreError, tables};
use tracing::{info, warn};

use self::told::{Verdict, after, is_unsteady, judge};
use self::words::{Turn, Words, network_back, network_down, turned};
use crate::deliver::enqueue;
use crate::run::chain;
use crate::steady::Steady;
use crate::{Context, Settings, Source, SourceNews};

/// A change is told after this, with what else changes meanwhile; of a source that is polled more
/// often than that, after its interval.
const GATHER: Duration = Duration::from_secs(60);
/// Two messages are at least this far apart: an outage of many is a message or two.
const APART: Duration = Duration::from_secs(3_600);
/// Once the network is back, sources have this long to be read before anything is said of them.
const AFTER_OUTAGE: Duration = Duration::from_secs(900);
/// What could not be written, because the disk was full, is tried again after this.
const AGAIN: Duration = Duration::from_secs(300);
/// Row of `meta` that is there while people were told that the network is down.
const DOWN_KEY: &str = "network-down";
/// The source that messages about several sources, or about none, name.
const SELF: &str = "stackwatch";

/// When what is told next. Its own times are those of the schedule.
#[derive(Debug, Default)]
pub(crate) struct Newsroom {
    /// Sources of which there may be something to tell.
    pending: BTreeSet<SourceId>,
    due: Option<Timestamp>,
    last: Option<Timestamp>,
    network: Network,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Network {
    #[default]
    Up,
    /// Not told yet.
    WentDown,
    /// Since then, by the clock.
    Down { since: Timestamp },
    /// What was not asked since `back` is not judged yet.
    CameBack { since: Timestamp, back: Timestamp },
}

impl Newsroom {
    /// Goes on where the last daemon ended.
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let bytes = store.get::<tables::Meta>(&DOWN_KEY.to_owned())?;
        let millis = bytes.and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
        let since = millis.and_then(|millis| Timestamp::from_millis(millis).ok());
        let network = since.map_or(Network::Up, |since| Network::Down { since });
        Ok(Self { network, ..Self::default() })
    }

    pub(crate) fn is_network_down(&self) -> bool {
        matches!(self.network, Network::Down { .. })
    }

    /// A source has this health, and perhaps nobody was told. `now` is the schedule's.
    pub(crate) fn note(&mut self, source: &Source, health: Health, now: Timestamp) {
        if matches!(health, Health::Unknown | Health::Off | Health::Retired) {
            return;
        }
        self.pending.insert(source.id.clone());
        if self.network == Network::Up {
            let apart = self.last.map_or(now, |last| last.after(APART.min(source.every * 4)));
            let due = now.after(GATHER.min(source.every)).max(apart);
            self.due = Some(self.due.map_or(due, |known| known.min(due)));
        }
    }

    /// What is known of our own network: while it is down one message is enough.
    pub(crate) fn network(&mut self, down: bool, now: Timestamp, clock: Timestamp) {
        match (self.network, down) {
            (Network::Up | Network::CameBack { .. }, true) => {
                self.network = match self.network {
                    // Nobody has been told that it was back.
                    Network::CameBack { since, .. } => Network::Down { since },
                    _ => Network::WentDown,
                };
                self.due = (self.network == Network::WentDown).then(|| now.after(GATHER));
            }
            // A hiccup that nobody was told of.
            (Network::WentDown, false) => {
                self.network = Network::Up;
                self.due = Some(now.after(AFTER_OUTAGE));
            }
            (Network::Down { since }, false) => {
                self.network = Network::CameBack { since, back: clock };
                self.due = Some(now.after(AFTER_OUTAGE));
            }
            _ => {}
        }
    }

    /// When there is something to do, on the schedule's time line.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Writes the message that is due, if one is. Returns how many alerts were raised.
    ///
    /// # Errors
    /// When the store fails; a full disk only puts it off.
    pub(crate) async fn tell_due(
        &mut self,
        cx: &Context,
        steady: &Steady,
    ) -> Result<u32, StoreError> {
        if self.due.is_none_or(|due| due > steady.now()) {
            return Ok(0);
        }
        self.tell(cx, steady).await
    }

    /// Writes what there is to tell, due or not.
    ///
    /// # Errors
    /// As [`Newsroom::tell_due`].
    pub(crate) async fn tell(&mut self, cx: &Context, steady: &Steady) -> Result<u32, StoreError> {
        self.due = None;
        if !cx.settings.alerts.iter().any(crate::AlertRule::is_about_sources) {
            // Once there is such a rule, it is told what nobody knows yet.
            return Ok(0);
        }
        let clock = cx.clock.now();
        let mut commit = Commit::default();
        let (next, raised) = match self.network {
            Network::WentDown => {
                let on = on(&cx.settings).count();
                put_down(&mut commit, Some(clock));
                let raised = raise(&mut commit, cx, clock, |_| Some((network_down(on), None)));
                (Network::Down { since: clock }, raised)
            }
            Network::Down { .. } => return Ok(0),
            Network::Up => {
                let turns = self.turns(cx, steady, clock, None, &mut commit)?;
                let raised = raise(&mut commit, cx, clock, |rule| {
                    let turns = wanted(&turns, rule);
                    let only = match turns.as_slice() {
                        [only] => Some(only.source),
                        _ => None,
                    };
                    turned(&turns).map(|words| (words, only))
                });
                (Network::Up, raised)
            }
            Network::CameBack { since, back } => {
                let turns = self.turns(cx, steady, clock, Some(back), &mut commit)?;
                let read = read(cx)?;
                put_down(&mut commit, None);
                let outage = back.since(since);
                let raised = raise(&mut commit, cx, clock, |rule| {
                    Some((network_back(outage, read, &wanted(&turns, rule)), None))
                });
                (Network::Up, raised)
            }
        };
        if commit.is_empty() {
            self.network = next;
            return Ok(0);
        }
        match cx.store.commit(commit).await {
            Ok(_) => {
                self.network = next;
                self.last = (raised > 0).then(|| steady.now()).or(self.last);
                Ok(raised)
            }
            Err(CommitError::Store(error)) => Err(error),
            Err(error) => {
                warn!(error = chain(&error), "news of sources could not be written, tried again");
                for source in on(&cx.settings) {
                    self.pending.insert(source.id.clone());
                }
                self.due = Some(steady.now().after(AGAIN));
                Ok(0)
            }
        }
    }

    /// What is to be told of sources, with the rows that say that it was. What is not ripe stays
    /// pending; what was not asked since `asked` is not ripe.
    fn turns<'a>(
        &mut self,
        cx: &'a Context,
        steady: &Steady,
        clock: Timestamp,
        asked: Option<Timestamp>,
        commit: &mut Commit,
    ) -> Result<Vec<Turn<'a>>, StoreError> {
        let mut turns = Vec::new();
        let mut later: Option<Timestamp> = None;
        for source in on(&cx.settings) {
            if !self.pending.contains(&source.id) {
                continue;
            }
            let state = cx.store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
            let told = cx.store.get::<tables::ToldHealth>(&source.id)?;
            let unasked = asked.is_some_and(|asked| state.last_attempt.is_none_or(|at| at < asked));
            let verdict = match judge(told.as_ref(), &state, source.every, clock) {
                Verdict::Now(_) if unasked => Verdict::Later(clock.after(AFTER_OUTAGE)),
                verdict => verdict,
            };
            match verdict {
                Verdict::Nothing => {}
                Verdict::Later(at) => {
                    later = Some(later.map_or(at, |known| known.min(at)));
                    continue;
                }
                Verdict::Now(news) => {
                    let row = after(told.as_ref(), state.health, clock);
                    commit.put::<tables::ToldHealth>(&source.id, &row);
                    turns.push(turn(source, news, told.as_ref(), &row, state, clock));
                }
            }
            self.pending.remove(&source.id);
        }
        // What is not configured any more.
        let left: BTreeSet<&SourceId> = on(&cx.settings).map(|source| &source.id).collect();
        self.pending.retain(|id| left.contains(id));
        self.due = later.map(|at| steady.at(at, clock).max(steady.now().after(GATHER)));
        Ok(turns)
    }
}

fn turn<'a>(
    source: &'a Source,
    news: told::News,
    told: Option<&Told>,
    row: &Told,
    state: SourceState,
    clock: Timestamp,
) -> Turn<'a> {
    Turn {
        source,
        news,
        before: told.map_or(Health::Unknown, |told| told.health),
        health: state.health,
        since: state.health_since,
        reason: state.error,
        last_new: state.memory.habit.last_new,
        unsteady: is_unsteady(row, clock),
    }
}

fn on(settings: &Settings) -> impl Iterator<Item = &Source> {
    settings.sources.iter().filter(|source| source.off.is_none())
}

/// How many sources are read, of those that are on.
fn read(cx: &Context) -> Result<(usize, usize), StoreError> {
    let (mut read, mut all) = (0, 0);
    for source in on(&cx.settings) {
        let state = cx.store.get::<tables::Sources>(&source.id)?;
        read += usize::from(state.is_some_and(|state| state.health.is_watched()));
        all += 1;
    }
    Ok((read, all))
}

/// The turns that a rule asks for.
fn wanted<'a>(turns: &[Turn<'a>], rule: &crate::AlertRule) -> Vec<Turn<'a>> {
    let wanted = |turn: &&Turn<'_>| {
        let news = match turn.news {
            told::News::Back => SourceNews::Recovered,
            _ => SourceNews::Became(turn.health),
        };
        // That something is over is of use to those who were told of it.
        let heard = turn.news != told::News::Back
            || rule.hears(SourceNews::Became(turn.before), turn.source.category.as_deref());
        heard && rule.hears(news, turn.source.category.as_deref())
    };
    turns.iter().filter(wanted).cloned().collect()
}

/// One alert for each rule that has something to say; returns how many.
fn raise<'a>(
    commit: &mut Commit,
    cx: &Context,
    clock: Timestamp,
    say: impl Fn(&crate::AlertRule) -> Option<(Words, Option<&'a Source>)>,
) -> u32 {
    let mut raised = 0;
    for rule in cx.settings.alerts.iter().filter(|rule| rule.is_about_sources()) {
        let Some((words, source)) = say(rule) else { continue };
        let alert = alert(rule, words, source, clock);
        info!(alert = %alert.id, "told: {}", alert.title.as_deref().unwrap_or_default());
        commit.put_alert(&alert);
        enqueue(commit, alert.id.into(), &MessageRef::Alert(alert.id), &alert.to, clock);
        raised += 1;
    }
    raised
}

/// The item that an alert about sources names: there is none in the store, it stands for the
/// moment.
pub(crate) fn moment(clock: Timestamp) -> ItemId {
    ItemId::derive(&SELF.parse().expect("a constant that is an id"), "sources", &clock.to_string())
}

fn alert(
    rule: &crate::AlertRule,
    words: Words,
    source: Option<&Source>,
    clock: Timestamp,
) -> Alert {
    let item = moment(clock);
    let story = StoryId::of(item);
    let own = || SELF.parse().expect("a constant that is an id");
    Alert {
        id: AlertId::derive(&rule.id, story, "sources"),
        rule: rule.id.clone(),
        label: rule.label.clone(),
        at: clock,
        held: None,
        story,
        item,
        revision: 0,
        source: source.map_or_else(own, |source| source.id.clone()),
        source_name: source.map_or_else(|| SELF.to_owned(), |source| source.name.to_string()),
        title: Some(words.title),
        summary: (!words.summary.is_empty()).then_some(words.summary),
        url: None,
        published: None,
        tags: Vec::new(),
        further: Vec::new(),
        to: rule.to.clone(),
    }
}

fn put_down(commit: &mut Commit, since: Option<Timestamp>) {
    match since {
        Some(since) => {
            let millis = since.millis().to_be_bytes().to_vec();
            commit.put::<tables::Meta>(&DOWN_KEY.to_owned(), &millis);
        }
        None => commit.delete::<tables::Meta>(&DOWN_KEY.to_owned()),
    }
}
