//! Values as earlier versions of a table wrote them. A type here never changes again.

use model::{Gap, Health, OutcomeKind, SourceState, Timestamp, Validators};
use serde::{Deserialize, Serialize};

use crate::value::read;

/// `sources`, version 1: without what earlier answers teach.
#[derive(Serialize, Deserialize)]
pub(crate) struct SourceState1 {
    pub(crate) fetch_key: [u8; 8],
    pub(crate) validators: Validators,
    pub(crate) body: Option<[u8; 16]>,
    pub(crate) next_due: Timestamp,
    pub(crate) baseline: Option<Timestamp>,
    pub(crate) last_attempt: Option<Timestamp>,
    pub(crate) last_success: Option<Timestamp>,
    pub(crate) failures: u32,
    pub(crate) polls: u32,
    pub(crate) last_outcome: Option<OutcomeKind>,
    pub(crate) error: Option<String>,
    pub(crate) health: Health,
    pub(crate) health_since: Option<Timestamp>,
}

pub(crate) fn sources(version: u8, payload: &[u8]) -> Option<Result<SourceState, String>> {
    (version == 1).then(|| read::<SourceState1>(payload).map(SourceState::from))
}

impl From<SourceState1> for SourceState {
    fn from(old: SourceState1) -> Self {
        Self {
            fetch_key: old.fetch_key,
            validators: old.validators,
            body: old.body,
            next_due: old.next_due,
            baseline: old.baseline,
            last_attempt: old.last_attempt,
            last_success: old.last_success,
            failures: old.failures,
            polls: old.polls,
            last_outcome: old.last_outcome,
            error: old.error,
            health: old.health,
            health_since: old.health_since,
            memory: model::Memory::default(),
        }
    }
}

/// `gaps`, version 1: without what was done about them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Gap1 {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

pub(crate) fn gaps(version: u8, payload: &[u8]) -> Option<Result<Gap, String>> {
    (version == 1)
        .then(|| read::<Gap1>(payload).map(|old| Gap { from: old.from, to: old.to, fill: None }))
}
