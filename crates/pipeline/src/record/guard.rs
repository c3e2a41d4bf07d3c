//! Whether a download of an entity list can be believed (I9, R10). A list that collapsed changes
//! nothing: the last good state stands and the source is broken, until the list is whole again or
//! an operator accepts it.

use model::ListVersion;

/// Entries below which a share of a sub-list says little: one entry of ten is a tenth.
const SMALL: u32 = 40;

/// Entries that have a field, below which its loss says little.
const LEAST_FILLED: u32 = 12;

/// The bounds that configuration sets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guard {
    /// Fewest and most entries.
    pub rows: Option<(u32, u32)>,
    /// The part of the entries, or of those of one sub-list, that may go at once; 0.2 without it.
    pub max_loss: Option<f64>,
}

/// Why a download is not believed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Collapse {
    #[error("the file ends before its end: nothing of it was taken over")]
    Incomplete,
    #[error(
        "{found} entries, `entities.rows` allows {least} to {most}: nothing was taken over; `stackwatch source accept` takes it as it is"
    )]
    Rows { found: u32, least: u32, most: u32 },
    #[error(
        "{list} has {found} entries, it had {had}: more than `entities.max_loss` allows are gone, nothing was taken over; `stackwatch source accept` takes it as it is"
    )]
    Loss { list: String, found: u32, had: u32 },
    #[error(
        "{off} of {had} entries of {list} would go at once: more than `entities.max_loss` allows, nothing was taken over; `stackwatch source accept` takes it as it is"
    )]
    TakenOff { list: String, off: u32, had: u32 },
    #[error(
        "{found} entries have `{field}`, {had} had it: a column may be renamed or lost, nothing was taken over; `stackwatch source accept` takes it as it is"
    )]
    Field { field: String, found: u32, had: u32 },
    #[error("not one entry: nothing was taken over")]
    Empty,
}

/// Looks at a download beside the last good one.
///
/// # Errors
/// What is wrong with it. [`Collapse::Incomplete`] and [`Collapse::Empty`] cannot be accepted by an
/// operator.
pub fn guard(
    guard: &Guard,
    complete: bool,
    now: &ListVersion,
    before: Option<&ListVersion>,
    accepted: bool,
) -> Result<(), Collapse> {
    if !complete {
        return Err(Collapse::Incomplete);
    }
    if now.entries == 0 && before.is_none_or(|before| before.entries > 0) {
        return Err(Collapse::Empty);
    }
    if accepted {
        return Ok(());
    }
    if let Some((least, most)) =
        guard.rows.filter(|(least, most)| !(least..=most).contains(&&now.entries))
    {
        return Err(Collapse::Rows { found: now.entries, least, most });
    }
    let Some(before) = before else { return Ok(()) };
    let max_loss = guard.max_loss.unwrap_or(0.2);
    let lists = before
        .lists
        .iter()
        .map(|(list, had)| (list.as_str(), *had, now.lists.get(list).copied().unwrap_or_default()));
    for (list, had, found) in [("the list", before.entries, now.entries)].into_iter().chain(lists) {
        let lost = f64::from(had.saturating_sub(found));
        let allowed = (f64::from(had) * max_loss).max(if had < SMALL { 3.0 } else { 0.0 });
        let all_gone = found == 0 && had > 3;
        if lost > allowed || all_gone {
            return Err(Collapse::Loss { list: list.into(), found, had });
        }
    }
    // Another reader may well know less of a field, or more.
    if before.reader == now.reader {
        for (field, had) in &before.filled {
            let found = now.filled.get(field).copied().unwrap_or_default();
            if *had >= LEAST_FILLED && found < had / 4 {
                return Err(Collapse::Field { field: field.clone(), found, had: *had });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(lists: &[(&str, u32)]) -> ListVersion {
        ListVersion {
            entries: lists.iter().map(|(_, n)| n).sum(),
            lists: lists.iter().map(|(list, n)| ((*list).to_owned(), *n)).collect(),
            ..ListVersion::default()
        }
    }

    #[test]
    fn a_field_that_empties_is_a_column_that_was_renamed() {
        let with = |reader, aliases, listed| ListVersion {
            reader,
            filled: [("aliases".to_owned(), aliases), ("listed".to_owned(), listed)].into(),
            ..version(&[("el", 1_000)])
        };
        let check = |now: &ListVersion, accepted| {
            guard(&Guard::default(), true, now, Some(&with(3, 400, 9)), accepted)
        };
        assert_eq!(check(&with(3, 390, 0), false), Ok(()), "nine say nothing");
        let lost = Collapse::Field { field: "aliases".into(), found: 0, had: 400 };
        assert_eq!(check(&with(3, 0, 9), false), Err(lost));
        assert_eq!(check(&with(3, 0, 9), true), Ok(()));
        assert_eq!(check(&with(4, 0, 9), false), Ok(()), "our reader changed, not the list");
    }

    #[test]
    fn what_collapsed_is_not_believed() {
        let before = version(&[("el", 1_000), ("uvl", 100), ("tiny", 5)]);
        let bounds = Guard { rows: Some((800, 2_000)), max_loss: Some(0.05) };
        let check = |now: &[(&str, u32)], complete, accepted| {
            guard(&bounds, complete, &version(now), Some(&before), accepted)
        };
        let whole = [("el", 990), ("uvl", 98), ("tiny", 3)];
        assert_eq!(check(&whole, true, false), Ok(()));
        assert_eq!(check(&whole, false, true), Err(Collapse::Incomplete), "never accepted");
        assert_eq!(check(&[], true, true), Err(Collapse::Empty));
        let gone = check(&[("el", 1_050), ("tiny", 5)], true, false);
        assert_eq!(gone, Err(Collapse::Loss { list: "uvl".into(), found: 0, had: 100 }));
        let lost = check(&[("el", 990), ("uvl", 90), ("tiny", 5)], true, false);
        assert!(matches!(lost, Err(Collapse::Loss { list, .. }) if list == "uvl"));
        let few = check(&[("el", 700), ("uvl", 98)], true, false);
        assert_eq!(few, Err(Collapse::Rows { found: 798, least: 800, most: 2_000 }));
        assert_eq!(check(&[("el", 700)], true, true), Ok(()), "an operator knows better");
        assert_eq!(guard(&Guard::default(), true, &version(&[("x", 1)]), None, false), Ok(()));
    }
}
