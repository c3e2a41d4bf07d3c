//! A procurement procedure as it is kept: its newest notice, and those that led to it.

use model::{Notice, Procurement};

use crate::alerting::CLASS_NEW;
use crate::notices::{Change, News, verdict};

/// Readings that are remembered: framework contracts have hundreds of awards.
const SEEN: usize = 256;
/// Notices that are kept whole: what was awarded before is told from what is new.
const HISTORY: usize = 24;

/// The classes under which a procedure alerts.
pub(crate) const CLASSES: &[&str] = &[CLASS_NEW, "award", "modification", "termination"];

/// What a notice means for a known procedure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NoticeMove {
    /// Read before, word for word.
    Unchanged,
    /// An older notice than the newest one known: noted, the item stays as it is.
    Noted(Procurement),
    /// The newest state from now on.
    Newest { kept: Procurement, class: &'static str, changed: Vec<String> },
}

/// The record of a procedure that is seen for the first time.
pub(crate) fn first_notice(notice: &Notice, digest: [u8; 16]) -> Procurement {
    Procurement { notice: notice.clone(), seen: vec![digest], history: Vec::new() }
}

/// Compares a notice with what is kept of its procedure.
pub(crate) fn compare_notice(before: &Procurement, now: &Notice, digest: [u8; 16]) -> NoticeMove {
    if before.seen.contains(&digest) {
        return NoticeMove::Unchanged;
    }
    let mut seen = before.seen.clone();
    seen.push(digest);
    if seen.len() > SEEN {
        seen.remove(0);
    }
    let mut history = before.history.clone();
    history.push(before.notice.clone());
    let verdict = verdict(&history, now);
    if !verdict.newest {
        let at = history.len() - 1;
        history.insert(at, now.clone());
        history.pop();
        return NoticeMove::Noted(Procurement {
            seen,
            history: bounded(history),
            ..before.clone()
        });
    }
    let mut changed: Vec<String> = verdict.changes.iter().map(name).collect();
    if changed.is_empty() {
        changed.push("details".into());
    }
    let kept = Procurement { notice: now.clone(), seen, history: bounded(history) };
    NoticeMove::Newest { kept, class: class_of(verdict.news), changed }
}

fn bounded(mut history: Vec<Notice>) -> Vec<Notice> {
    let surplus = history.len().saturating_sub(HISTORY);
    history.drain(..surplus);
    history
}

/// The class of the alert that a notice causes.
pub(crate) fn class_of(news: Option<News>) -> &'static str {
    match news {
        Some(News::Award) => CLASSES[1],
        Some(News::Modification) => CLASSES[2],
        Some(News::Termination) => CLASSES[3],
        Some(News::Procedure) | None => CLASS_NEW,
    }
}

/// The class of the alert that the first notice of a procedure causes.
pub(crate) fn first_class(notice: &Notice) -> &'static str {
    class_of(verdict(&[], notice).news)
}

fn name(change: &Change) -> String {
    match change {
        Change::Stage { to, .. } => to.as_str(),
        Change::Title => "title",
        Change::Text => "summary",
        Change::Buyer { .. } => "buyer",
        Change::Deadline { .. } => "deadline",
        Change::Value { .. } => "value",
        Change::SuppliersAdded(_) | Change::SuppliersRemoved(_) => "suppliers",
        Change::CpvAdded(_) | Change::CpvRemoved(_) => "cpv",
        Change::Lots { .. } => "lots",
    }
    .to_owned()
}
