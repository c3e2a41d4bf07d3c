//! Which configured source an id means, among as many as there may be.

use model::SourceId;

use crate::SourceInfo;

/// The source of this id in `configured`, which is in the order of ids.
pub(crate) fn source<'a>(configured: &'a [SourceInfo], id: &SourceId) -> Option<&'a SourceInfo> {
    let at = configured.binary_search_by(|info| info.id.cmp(id)).ok()?;
    Some(&configured[at])
}
