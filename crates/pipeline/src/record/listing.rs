//! What happened to an entry of an entity list between two downloads.

use model::{Designation, Listing, ListingChange};

use super::expiry::passed;
use crate::listing::{ChangeKind, diff};

/// What a known entry's state in a new download means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListingMove {
    Unchanged,
    /// It differs because it was read by another reader: taken over, told to nobody.
    Restated,
    Changed {
        change: ListingChange,
        fields: Vec<String>,
    },
}

/// Compares an entry with what is kept of it, on the full-date `today`. `restating`: another reader
/// of ours read the list last time, so that what differs need not be a change of the list. An end of
/// its own that it passed after the full-date `since` is told once, whatever else changed.
pub(crate) fn compare_listing(
    before: &Listing,
    now: &Designation,
    restating: bool,
    since: &str,
    today: &str,
) -> ListingMove {
    let quiet = |change| {
        matches!(
            change,
            ListingChange::Amended | ListingChange::AliasAdded | ListingChange::Renamed
        )
    };
    let change = ListingChange::Expired;
    let expired =
        before.designation.removed == now.removed && passed(before, since, today).is_some();
    match compare(before, now, restating, today) {
        ListingMove::Unchanged | ListingMove::Restated if expired => {
            ListingMove::Changed { change, fields: Vec::new() }
        }
        ListingMove::Changed { change: other, fields } if expired && quiet(other) => {
            ListingMove::Changed { change, fields }
        }
        // Nobody saw it ended: its end was put off.
        ListingMove::Changed { change: ListingChange::Relisted, fields }
            if !before.gone && before.ended.is_none() =>
        {
            ListingMove::Changed { change: ListingChange::Amended, fields }
        }
        other => other,
    }
}

fn compare(before: &Listing, now: &Designation, restating: bool, today: &str) -> ListingMove {
    let (old, new) = (std::slice::from_ref(&before.designation), std::slice::from_ref(now));
    let changes = diff(old, new, today);
    let pair = changes.iter().find(|change| change.before.is_some() && change.after.is_some());
    let fields = match pair {
        Some(pair) => pair.parts.iter().map(|part| part.as_str().to_owned()).collect(),
        // One and the same number, and nothing else in common.
        None if !changes.is_empty() => vec!["name".to_owned()],
        None => Vec::new(),
    };
    if before.gone {
        return ListingMove::Changed { change: ListingChange::Relisted, fields };
    }
    if changes.is_empty() {
        return ListingMove::Unchanged;
    }
    if restating {
        return ListingMove::Restated;
    }
    let change = pair.map_or(ListingChange::Renamed, |pair| match pair.kind {
        ChangeKind::Renamed => ListingChange::Renamed,
        ChangeKind::AliasAdded => ListingChange::AliasAdded,
        ChangeKind::Relisted => ListingChange::Relisted,
        ChangeKind::Removed => ListingChange::Removed,
        ChangeKind::Expired => ListingChange::Expired,
        ChangeKind::Amended | ChangeKind::Added => ListingChange::Amended,
    });
    ListingMove::Changed { change, fields }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(gone: bool) -> Listing {
        let designation = Designation {
            list: "us-el".into(),
            entity_id: "7".into(),
            name: "Example Works".into(),
            aliases: vec!["EW".into(), "Works".into()],
            ..Designation::default()
        };
        Listing { designation, change: ListingChange::Added, gone, ended: None }
    }

    fn moved(gone: bool, restating: bool, edit: impl FnOnce(&mut Designation)) -> ListingMove {
        let before = listing(gone);
        let mut now = before.designation.clone();
        edit(&mut now);
        compare_listing(&before, &now, restating, "2026-02-01", "2026-03-01")
    }

    #[test]
    fn each_change_has_its_name() {
        let change = |moved: ListingMove| match moved {
            ListingMove::Changed { change, fields } => (change, fields.join(" ")),
            other => panic!("{other:?}"),
        };
        assert_eq!(moved(false, false, |_| {}), ListingMove::Unchanged);
        assert_eq!(moved(false, false, |d| d.aliases.reverse()), ListingMove::Unchanged);
        let renamed = change(moved(false, false, |d| d.name.push_str(" II")));
        assert_eq!(renamed, (ListingChange::Renamed, "name".into()));
        let grown = change(moved(false, false, |d| d.aliases.push("X".into())));
        assert_eq!(grown, (ListingChange::AliasAdded, "aliases".into()));
        let shrunk = change(moved(false, false, |d| d.aliases.truncate(1)));
        assert_eq!(shrunk, (ListingChange::Amended, "aliases".into()));
        let both = change(moved(false, false, |d| {
            d.aliases.push("X".into());
            d.addresses.push("1 Road".into());
        }));
        assert_eq!(both, (ListingChange::Amended, "aliases addresses".into()));
        assert_eq!(change(moved(true, false, |_| {})).0, ListingChange::Relisted);
    }

    #[test]
    fn a_newer_reader_of_ours_is_no_change_of_the_list() {
        assert_eq!(moved(false, true, |d| d.name.push_str(" II")), ListingMove::Restated);
        assert_eq!(moved(false, true, |_| {}), ListingMove::Unchanged);
    }
}
