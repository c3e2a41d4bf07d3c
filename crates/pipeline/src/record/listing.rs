//! What happened to an entry of an entity list between two downloads.

use model::{Designation, Listing, ListingChange};

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

/// Compares an entry with what is kept of it. `restating`: another reader of ours read the list last
/// time, so that what differs need not be a change of the list.
pub(crate) fn compare_listing(before: &Listing, now: &Designation, restating: bool) -> ListingMove {
    let fields = fields(&before.designation, now);
    if before.gone {
        return ListingMove::Changed { change: ListingChange::Relisted, fields };
    }
    if fields.is_empty() {
        return ListingMove::Unchanged;
    }
    if restating {
        return ListingMove::Restated;
    }
    let only = |name: &str| fields.len() == 1 && fields[0] == name;
    let grown = before.designation.aliases.iter().all(|alias| now.aliases.contains(alias));
    let change = if fields.iter().any(|field| field == "name") {
        ListingChange::Renamed
    } else if only("aliases") && grown {
        ListingChange::AliasAdded
    } else {
        ListingChange::Amended
    };
    ListingMove::Changed { change, fields }
}

/// Names of the fields that differ. The order of a list's rows says nothing.
fn fields(before: &Designation, now: &Designation) -> Vec<String> {
    let same_set = |a: &[String], b: &[String]| {
        let (mut a, mut b): (Vec<_>, Vec<_>) = (a.iter().collect(), b.iter().collect());
        a.sort_unstable();
        b.sort_unstable();
        a == b
    };
    let compared = [
        ("name", before.name != now.name),
        ("aliases", !same_set(&before.aliases, &now.aliases)),
        ("type", before.kind != now.kind),
        ("addresses", !same_set(&before.addresses, &now.addresses)),
        ("countries", !same_set(&before.countries, &now.countries)),
        ("programmes", !same_set(&before.programmes, &now.programmes)),
        ("citations", !same_set(&before.citations, &now.citations)),
        ("listed", before.listed != now.listed),
        ("removed", before.removed != now.removed),
        ("source_url", before.source_url != now.source_url),
    ];
    compared.iter().filter(|(_, differs)| *differs).map(|(name, _)| (*name).to_owned()).collect()
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
        Listing { designation, change: ListingChange::Added, gone }
    }

    fn moved(gone: bool, restating: bool, edit: impl FnOnce(&mut Designation)) -> ListingMove {
        let before = listing(gone);
        let mut now = before.designation.clone();
        edit(&mut now);
        compare_listing(&before, &now, restating)
    }

    #[test]
    fn each_change_has_its_name() {
        let change = |moved: ListingMove| match moved {
            ListingMove::Changed { change, fields } => (change, fields.join(" ")),
            other => panic!("{other:?}"),
        };
        assert_eq!(moved(false, false, |_| {}), ListingMove::Unchanged);
        assert_eq!(moved(false, false, |d| d.aliases.reverse()), ListingMove::Unchanged);
        let renamed = change(moved(false, false, |d| d.name.push('!')));
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
        assert_eq!(moved(false, true, |d| d.name.push('!')), ListingMove::Restated);
        assert_eq!(moved(false, true, |_| {}), ListingMove::Unchanged);
    }
}
