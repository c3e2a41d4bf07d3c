//! The sources that are configured or stored, one after the other: there may be a hundred thousand,
//! so no more than one state at a time is held.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use model::{SourceId, SourceState};
use store::tables::Sources;
use store::{Range, Store};

use super::walk;
use crate::Error;
use crate::settings::SourceInfo;

/// A source with what is configured of it (`None`: it left the configuration) and what is stored.
pub(super) type Known<'a> = (SourceId, Option<&'a SourceInfo>, SourceState);

/// Shows every source once, in no order: what only adds them up needs none, and this way is the
/// shorter one.
pub(super) fn each_known<'a>(
    store: &Store,
    configured: &'a [SourceInfo],
    mut each: impl FnMut(Known<'a>),
) -> Result<(), Error> {
    let mut unseen: HashMap<&SourceId, &SourceInfo> =
        configured.iter().map(|info| (&info.id, info)).collect();
    walk(store, Range::<Sources>::all, |id, state| {
        each((id.clone(), unseen.remove(id), state));
        Ok(ControlFlow::Continue(()))
    })?;
    for info in configured.iter().filter(|info| unseen.contains_key(&info.id)) {
        each((info.id.clone(), Some(info), SourceState::default()));
    }
    Ok(())
}

/// Shows every source once, by id.
pub(super) fn each_by_id<'a>(
    store: &Store,
    configured: &'a [SourceInfo],
    mut each: impl FnMut(Known<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut all: Vec<(SourceId, Option<&SourceInfo>)> =
        configured.iter().map(|info| (info.id.clone(), Some(info))).collect();
    let ids: HashSet<&SourceId> = configured.iter().map(|info| &info.id).collect();
    walk(store, Range::<Sources>::all, |id, _| {
        if !ids.contains(id) {
            all.push((id.clone(), None));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    all.sort_by(|a, b| a.0.cmp(&b.0));
    for (id, info) in all {
        let state = store.get::<Sources>(&id)?.unwrap_or_default();
        each((id, info, state))?;
    }
    Ok(())
}
