//! Stretches of time in which a source was in one state.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use super::Sight;
use crate::Timestamp;
use crate::tag::words;

words!(
    /// What a stretch that was not simply watched comes from.
    Cause {
        Watched = "watched", Failed = "failed", NotPolled = "not-polled",
        NotRunning = "not-running", Window = "window", Off = "off", NotBegun = "not-begun",
    }
);

/// A stretch of time in which a source was in one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    pub from: Timestamp,
    pub to: Timestamp,
    pub state: Sight,
    /// Why it was not watched.
    pub reason: Option<String>,
    pub cause: Cause,
    /// When it really began, maybe before `from`; `None`: nobody knows, or it was watched.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// When it really ended, where that is known; `None`: it lasts, as far as is known.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// The same without bounds: what one thing that is written down says.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) from: Timestamp,
    pub(super) to: Option<Timestamp>,
    pub(super) sight: Sight,
    pub(super) cause: Cause,
    pub(super) reason: Option<String>,
    /// Its beginning is not known.
    pub(super) ever: bool,
}

impl Layer {
    fn covers(&self, from: Timestamp, to: Timestamp) -> bool {
        self.from <= from && self.to.is_none_or(|end| end >= to)
    }

    /// Cut to `from..to`.
    fn cut(&self, from: Timestamp, to: Timestamp) -> Stretch {
        let since = (!self.ever).then_some(self.from);
        let reason = self.reason.clone();
        Stretch { from, to, state: self.sight, reason, cause: self.cause, since, until: self.to }
    }
}

/// The whole time from `since` to `until` without hole or overlap, neighbours that say the same
/// joined. Of layers over one another the later in the list counts; below all of them it was
/// watched.
pub(super) fn tile(layers: &[Layer], since: Timestamp, until: Timestamp) -> Vec<Stretch> {
    let mut edges = vec![since, until];
    for layer in layers {
        edges.extend([Some(layer.from), layer.to].into_iter().flatten());
    }
    edges.retain(|edge| (since..=until).contains(edge));
    edges.sort_unstable();
    edges.dedup();
    let mut tiles: Vec<Stretch> = Vec::new();
    for pair in edges.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let tile = match layers.iter().rfind(|layer| layer.covers(from, to)) {
            Some(layer) => layer.cut(from, to),
            None => Stretch {
                from,
                to,
                state: Sight::Watched,
                reason: None,
                cause: Cause::Watched,
                since: None,
                until: None,
            },
        };
        match tiles.last_mut() {
            Some(last) if last.says_the_same(&tile) => last.to = to,
            _ => tiles.push(tile),
        }
    }
    tiles
}

impl Stretch {
    fn says_the_same(&self, other: &Self) -> bool {
        let Self { from: _, to: _, state, reason, cause, since, until } = self;
        (*state, reason, *cause, *since, *until)
            == (other.state, &other.reason, other.cause, other.since, other.until)
    }
}
