//! Whether a source is seen now.

use model::{Sight, SourceState, Timestamp};
use store::Configured;

use crate::settings::SourceInfo;

/// Whether the source is seen at `now`: what [`super::coverage`] says of it at that moment, from
/// its state alone.
pub(super) fn sight(info: Option<&SourceInfo>, state: &SourceState, now: Timestamp) -> Sight {
    match info {
        None => Sight::Retired,
        Some(info) if info.off.is_some() => Sight::Off,
        Some(info) => Sight::now(state, info.every, now),
    }
}

/// What the store has to know about a configured source.
pub(super) fn configured(info: &SourceInfo) -> Configured<'_> {
    Configured { every: info.every, off: info.off.as_deref() }
}
