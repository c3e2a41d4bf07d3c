//! Whether it is the hosts that are silent, or our own network. Says it once, and who may be asked
//! again when it is over.

use std::collections::{HashMap, HashSet};

use model::SourceId;
use tracing::{info, warn};

use crate::Source;
use crate::decide::Report;

/// So many hosts in a row without any answer are too many for chance.
const HOSTS: usize = 3;

/// What was heard from hosts, and what was not.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Hosts that were silent since the last answer of any host.
    silent: HashSet<String>,
    /// Sources that wait because nothing was heard from their host, by host.
    waiting: HashMap<String, HashSet<SourceId>>,
    down: bool,
}

impl Network {
    /// `down`: that is how it was when the last daemon ended.
    pub(crate) fn new(down: bool) -> Self {
        Self { down, ..Self::default() }
    }

    pub(crate) fn is_down(&self) -> bool {
        self.down
    }

    /// Takes note of a run. Returns the sources that waited for what has just been heard: all of
    /// them when the network is back, those of the host otherwise.
    pub(crate) fn heard(&mut self, source: &Source, report: &Report) -> Vec<SourceId> {
        let host = source.url.authority();
        if report.strain == Some(fetch::Strain::Hard) {
            self.silent.insert(host.to_owned());
            self.waiting.entry(host.to_owned()).or_default().insert(source.id.clone());
            if !self.down && self.silent.len() >= HOSTS {
                self.down = true;
                warn!(
                    hosts = self.silent.len(),
                    "no host answers: the network of this machine seems to be down; failures are \
                     not logged one by one until it is back"
                );
            }
            return Vec::new();
        }
        // Refused before anything was sent: nobody was heard.
        if report.outcome == model::OutcomeKind::Refused {
            return Vec::new();
        }
        self.silent.clear();
        if self.down {
            self.down = false;
            let waiting: Vec<_> =
                std::mem::take(&mut self.waiting).into_values().flatten().collect();
            info!(
                sources = waiting.len(),
                "the network is back: {} sources are asked",
                waiting.len()
            );
            return waiting.into_iter().filter(|id| *id != source.id).collect();
        }
        let mut waiting = self.waiting.remove(host).unwrap_or_default();
        waiting.remove(&source.id);
        waiting.into_iter().collect()
    }
}
