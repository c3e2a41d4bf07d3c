//! The life of a procurement procedure: planning, notice, corrigendum, award, modification,
//! termination are states of one item.

use model::{Notice, Procurement, Stage};

/// Notices of one procedure that are remembered: framework contracts have hundreds of awards.
const SEEN: usize = 64;

/// What a notice means for a known procedure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NoticeMove {
    /// Seen before, word for word.
    Unchanged,
    /// An older notice than the newest one known: noted, the item stays as it is.
    Noted(Procurement),
    /// The newest state from now on.
    Newest(Procurement),
}

/// The record of a procedure that is seen for the first time.
pub(crate) fn first_notice(notice: &Notice, digest: [u8; 16]) -> Procurement {
    let seen = vec![(notice.notice_id.clone(), digest)];
    Procurement { notice: notice.clone(), seen }
}

/// Compares a notice with what is kept of its procedure.
pub(crate) fn compare_notice(before: &Procurement, now: &Notice, digest: [u8; 16]) -> NoticeMove {
    if before.seen.iter().any(|(id, seen)| *id == now.notice_id && *seen == digest) {
        return NoticeMove::Unchanged;
    }
    let mut seen = before.seen.clone();
    seen.retain(|(id, _)| *id != now.notice_id);
    seen.push((now.notice_id.clone(), digest));
    if seen.len() > SEEN {
        seen.remove(0);
    }
    if is_older(now, &before.notice) {
        return NoticeMove::Noted(Procurement { seen, ..before.clone() });
    }
    NoticeMove::Newest(Procurement { notice: now.clone(), seen })
}

/// By date, then by the order of a procedure's life.
fn is_older(now: &Notice, newest: &Notice) -> bool {
    if now.notice_id == newest.notice_id {
        return false;
    }
    match (now.published, newest.published) {
        (Some(now_at), Some(newest_at)) if now_at != newest_at => now_at < newest_at,
        _ => now.stage < newest.stage,
    }
}

/// The class of the alert that a notice of this stage causes: awards and modifications alert again,
/// a corrigendum does not.
pub(crate) fn stage_class(stage: Stage) -> &'static str {
    match stage {
        Stage::Award => "award",
        Stage::Modification => "modification",
        Stage::Termination => "termination",
        Stage::Planning | Stage::Notice | Stage::Corrigendum => crate::alerting::CLASS_NEW,
    }
}
