//! What is written down about one source, and what follows from it.

use std::time::Duration;

use super::silence::Silence;
use super::stretch::{Cause, Layer, Stretch, tile};
use super::{FAILURES_BEFORE_BROKEN, GRACE, Sight, is_overdue};
use crate::{Gap, Health, Outage, Timestamp, Transition};

/// What is written down about one source. Everything in the order of time.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// When it was tried first; `None`: never.
    pub begun: Option<Timestamp>,
    pub silences: Vec<Silence>,
    pub changes: Vec<(Timestamp, Transition)>,
    /// By the time of the poll that found them.
    pub gaps: Vec<(Timestamp, Gap)>,
    /// When the daemon did not run, by when that began.
    pub outages: Vec<(Timestamp, Outage)>,
    /// The last success; what was not seen before it may have been read by then.
    pub read: Option<Timestamp>,
    /// It is off or retired by today's configuration: since when, and why.
    pub off: Option<(Sight, Timestamp, Option<String>)>,
}

impl Ledger {
    /// The whole time from `since` to `until` without hole or overlap, neighbours that say the
    /// same joined.
    pub fn stretches(&self, since: Timestamp, until: Timestamp) -> Vec<Stretch> {
        tile(&self.layers(), since, until)
    }

    /// The ledger as it stood just before `end`: the same whenever it is read, so what later attempts add to
    /// a silence that lasted then is left out. `every` is the source's interval.
    #[must_use]
    pub fn as_of(mut self, end: Timestamp, every: Duration) -> Self {
        self.begun = self.begun.filter(|begun| *begun < end);
        self.changes.retain(|(at, _)| *at < end);
        self.gaps.retain(|(found, _)| *found < end);
        for (_, gap) in &mut self.gaps {
            gap.fill = gap.fill.take().filter(|fill| fill.at < end);
        }
        self.outages.retain(|(from, _)| *from < end);
        let lasted = |silence: &Silence| silence.until.is_none_or(|until| until >= end);
        self.silences.retain(|silence| match silence.cause {
            Cause::NotPolled if lasted(silence) => is_overdue(silence.noticed, every, end),
            _ => silence.noticed < end,
        });
        let changes = &self.changes;
        for silence in &mut self.silences {
            let lasted = lasted(silence);
            if lasted && silence.cause == Cause::Failed {
                let within = |at: Timestamp| at > silence.from;
                let told = changes.iter().rfind(|(at, change)| within(*at) && is_lost(change.to));
                silence.reason = told.and_then(|(_, change)| change.reason.clone());
                silence.outcome = None;
                silence.failures = 0;
            }
            silence.until = silence.until.filter(|_| !lasted);
        }
        self.read = None;
        self.off = None;
        self
    }

    /// Everything that was not simply watched, in the order in which it outweighs what came
    /// before: gaps, silences, not running, not begun, off.
    fn layers(&self) -> Vec<Layer> {
        let mut layers = Vec::new();
        layers.extend(self.gaps.iter().map(|(_, gap)| window(gap)));
        layers.extend(self.silences.iter().filter_map(|silence| self.silence(silence)));
        layers.extend(self.told_by_changes_alone());
        layers.extend(self.outages.iter().map(|(from, outage)| self.outage(*from, outage.until)));
        layers.push(Layer {
            from: Timestamp::EPOCH,
            to: self.begun,
            sight: Sight::Pending,
            cause: Cause::NotBegun,
            reason: Some(NOT_POLLED.into()),
            ever: true,
        });
        layers.extend(self.switched_off());
        layers.extend(self.off.iter().map(|(sight, from, reason)| Layer {
            from: *from,
            to: None,
            sight: *sight,
            cause: Cause::Off,
            reason: reason.clone(),
            ever: *from == Timestamp::EPOCH,
        }));
        layers
    }

    /// What a silence says; `None`: it was bridged before it was one.
    fn silence(&self, silence: &Silence) -> Option<Layer> {
        let (mut from, mut cause) = (silence.begin(), silence.cause);
        let mut reason = None;
        let sight = match (silence.until, self.is_declared(silence)) {
            (None, true) => Sight::Blind,
            (None, false) => Sight::Failing,
            (Some(_), _) if silence.is_first() => Sight::Blind,
            (Some(until), true) if self.is_missing(silence.from, until) => Sight::Blind,
            (Some(_), true) => Sight::Late,
            // A stumble; if its window did not bridge it, the gap is told.
            (Some(_), false) => return None,
        };
        if silence.cause == Cause::NotPolled
            && silence.reason.is_none()
            && let Some(outage) = self.outage_behind(silence)
        {
            // Until then it was read in its rhythm.
            from = from.max(outage);
            cause = Cause::NotRunning;
            reason = Some(NOT_RUNNING.to_owned());
        }
        let reason = reason.or_else(|| silence.told(sight));
        Some(Layer { from, to: silence.until, sight, cause, reason, ever: silence.is_first() })
    }

    /// It was long enough to be a change of state: health said so, or nobody polled.
    fn is_declared(&self, silence: &Silence) -> bool {
        silence.cause == Cause::NotPolled
            || silence.is_first()
            || silence.failures >= FAILURES_BEFORE_BROKEN
            || self.changes.iter().any(|(at, change)| {
                *at > silence.from && silence.contains(*at) && is_lost(change.to)
            })
    }

    /// The daemon's own absence, where that is why nobody polled: it began before the poll was
    /// late.
    fn outage_behind(&self, silence: &Silence) -> Option<Timestamp> {
        let until = silence.until.unwrap_or(Timestamp::MAX);
        let touches = |from: Timestamp, end: Timestamp| from < until && end > silence.from;
        let behind = self.outages.iter().find(|(from, outage)| touches(*from, outage.until));
        behind.map(|(from, _)| *from).filter(|from| *from <= silence.noticed.after(GRACE))
    }

    /// Something of that time may be missing for good.
    fn is_missing(&self, from: Timestamp, until: Timestamp) -> bool {
        self.gaps.iter().any(|(_, gap)| gap.from < until && gap.to > from && !gap.is_filled())
    }

    fn outage(&self, from: Timestamp, until: Timestamp) -> Layer {
        let read = self.read.is_some_and(|read| read >= until);
        let made_up_for = read && !self.is_missing(from, until);
        let sight = if made_up_for { Sight::Late } else { Sight::Blind };
        let reason = Some(NOT_RUNNING.to_owned());
        Layer { from, to: Some(until), sight, cause: Cause::NotRunning, reason, ever: false }
    }

    /// Losses that no silence covers: what was written down before silences were.
    fn told_by_changes_alone(&self) -> impl Iterator<Item = Layer> {
        let covered = |at: Timestamp| self.silences.iter().any(|silence| silence.contains(at));
        self.changes.iter().enumerate().filter_map(move |(place, (at, change))| {
            let begins = is_lost(change.to) && !is_lost(change.from) && !covered(*at);
            let later = &self.changes[place + 1..];
            let end = later.iter().find(|(_, next)| !is_lost(next.to)).map(|(end, _)| *end);
            begins.then(|| {
                let missing = end.is_none_or(|end| self.is_missing(*at, end));
                let told = self.changes[place..].iter().take_while(|(_, next)| is_lost(next.to));
                Layer {
                    from: *at,
                    to: end,
                    sight: if missing { Sight::Blind } else { Sight::Late },
                    cause: Cause::Failed,
                    reason: told.filter_map(|(_, next)| next.reason.clone()).last(),
                    ever: false,
                }
            })
        })
    }

    /// Off, retired, and back but not polled yet: from one change to the next.
    fn switched_off(&self) -> impl Iterator<Item = Layer> {
        self.changes.iter().enumerate().filter_map(|(place, (from, change))| {
            let (sight, cause, reason) = match change.to {
                Health::Off => (Sight::Off, Cause::Off, change.reason.clone()),
                Health::Retired => (Sight::Retired, Cause::Off, change.reason.clone()),
                Health::Unknown => (Sight::Pending, Cause::NotBegun, Some(NOT_POLLED.into())),
                _ => return None,
            };
            let to = self.changes.get(place + 1).map(|(next, _)| *next);
            Some(Layer { from: *from, to, sight, cause, reason, ever: false })
        })
    }
}

const NOT_RUNNING: &str = "stackwatch did not run";
const NOT_POLLED: &str = "it was not polled yet";

/// The source cannot be read in this state.
fn is_lost(health: Health) -> bool {
    matches!(health, Health::Broken | Health::Blocked | Health::Gone)
}

/// What a possible gap says about its time.
fn window(gap: &Gap) -> Layer {
    let moved = "its window did not reach back to the poll before";
    let tried = gap.fill.as_ref().map(|fill| match &fill.error {
        Some(error) => format!("; its sitemap could not be searched: {error}"),
        None => format!("; its sitemap had {} of that time, {} of them new", fill.found, fill.new),
    });
    let tried = tried.unwrap_or_default();
    let (sight, rest) = match gap.is_filled() {
        true => (Sight::Late, ""),
        false => (Sight::Gap, "; entries may be missing"),
    };
    Layer {
        from: gap.from,
        to: Some(gap.to),
        sight,
        cause: Cause::Window,
        reason: Some(format!("{moved}{tried}{rest}")),
        ever: false,
    }
}
