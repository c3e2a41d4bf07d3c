use model::Designation;
use proptest::prelude::*;

use super::*;

const TODAY: &str = "2026-03-10";

fn entry(id: &str, name: &str) -> Designation {
    Designation {
        list: "l".into(),
        entity_id: id.into(),
        name: name.into(),
        addresses: vec![format!("1 {name} Road")],
        citations: vec!["84 FR 54004".into()],
        ..Designation::default()
    }
}

#[track_caller]
fn check(old: Designation, new: Designation, kind: ChangeKind, parts: &[Part]) {
    let (old, new) = ([old], [new]);
    let changes = diff(&old, &new, TODAY);
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!((changes[0].kind, changes[0].parts.as_slice()), (kind, parts));
    assert_eq!(apply(&changes, &old), normal(&new));
}

#[test]
fn each_kind_of_change_is_told_by_its_name() {
    let plain = || entry("1", "Example Optics");
    let with = |change: fn(&mut Designation)| {
        let mut entry = plain();
        change(&mut entry);
        entry
    };
    check(
        plain(),
        with(|d| d.aliases.push("Exopt".into())),
        ChangeKind::AliasAdded,
        &[Part::Aliases],
    );
    check(plain(), with(|d| d.name = "Sample Optics".into()), ChangeKind::Renamed, &[Part::Name]);
    check(plain(), with(|d| d.name = "EXAMPLE Optics,".into()), ChangeKind::Amended, &[Part::Name]);
    check(
        plain(),
        with(|d| {
            d.aliases.push("Exopt".into());
            d.citations.push("85 FR 1".into());
        }),
        ChangeKind::Amended,
        &[Part::Aliases, Part::Citations],
    );
    check(
        plain(),
        with(|d| d.removed = Some("2026-03-01".into())),
        ChangeKind::Removed,
        &[Part::Removed],
    );
    check(
        plain(),
        with(|d| d.removed = Some("2027-03-01".into())),
        ChangeKind::Amended,
        &[Part::Removed],
    );
    check(
        with(|d| d.removed = Some("2025-01-01".into())),
        plain(),
        ChangeKind::Relisted,
        &[Part::Removed],
    );
    // A new number for the same row.
    check(plain(), with(|d| d.entity_id = "7".into()), ChangeKind::Amended, &[Part::Id]);
    // A corrected name under the same addresses and citations, with another number.
    let mut corrected = entry("8", "Exampel Optics");
    corrected.addresses = plain().addresses;
    check(plain(), corrected, ChangeKind::Renamed, &[Part::Id, Part::Name]);
}

#[test]
fn what_is_gone_was_removed_or_had_ended() {
    let mut ended = entry("1", "A");
    ended.removed = Some("2026-03-10".into());
    let mut running = entry("2", "B");
    running.removed = Some("2027-01-01".into());
    let old = [ended, running, entry("3", "C")];
    let changes = diff(&old, &[], TODAY);
    let kinds: Vec<ChangeKind> = changes.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, [ChangeKind::Expired, ChangeKind::Removed, ChangeKind::Removed]);
    let due = expiring(&old, "2026-03-09", "2026-12-31");
    assert_eq!(due.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["A"]);
}

#[test]
fn a_list_that_numbers_its_rows_anew_has_not_changed() {
    let old: Vec<Designation> =
        (0..50).map(|n| entry(&n.to_string(), &format!("Firm {n}"))).collect();
    // The first row goes, every other moves up by one.
    let new: Vec<Designation> =
        (1..50).map(|n| entry(&(n - 1).to_string(), &format!("Firm {n}"))).collect();
    let changes = diff(&old, &new, TODAY);
    let told: Vec<&Change<'_>> = changes.iter().filter(|change| !change.is_minor()).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert_eq!(
        (told[0].kind, told[0].before.unwrap().name.as_str()),
        (ChangeKind::Removed, "Firm 0")
    );
    assert_eq!(apply(&changes, &old), normal(&new));
}

#[test]
fn the_order_of_values_is_no_change() {
    let mut one = entry("1", "A");
    one.aliases = vec!["x".into(), "y".into()];
    let mut other = one.clone();
    other.aliases.reverse();
    assert_eq!(diff(&[one], &[other], TODAY), []);
}

#[test]
fn twenty_thousand_entries_take_no_quadratic_time() {
    let list = |shift: usize| -> Vec<Designation> {
        (0..20_000)
            .map(|n| entry(&format!("{}", n + shift), &format!("Firm {}", n % 15_000)))
            .collect()
    };
    let (old, new) = (list(0), list(7));
    let started = std::time::Instant::now();
    let changes = diff(&old, &new, TODAY);
    assert_eq!(apply(&changes, &old), normal(&new));
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

/// Few words, so that ids, names and addresses meet again on both sides.
fn designation() -> impl Strategy<Value = Designation> {
    let word = || prop::sample::select(vec!["a", "b", "c", "A.", "d e", ""]);
    let words = || prop::collection::vec(word().prop_map(String::from), 0..3);
    let date =
        || prop::option::of(prop::sample::select(vec!["2020-01-01", "2026-03-10", "2030-01-01"]));
    (word(), words(), words(), words(), date(), date()).prop_map(
        |(name, aliases, addresses, citations, listed, removed)| Designation {
            name: format!("n{name}"),
            aliases,
            addresses,
            citations,
            listed: listed.map(Into::into),
            removed: removed.map(Into::into),
            ..Designation::default()
        },
    )
}

fn list() -> impl Strategy<Value = Vec<Designation>> {
    let ids = prop::collection::btree_map((0..2_u8, 0..8_u8), designation(), 0..9);
    ids.prop_map(|entries| {
        let named = entries.into_iter().map(|((list, id), entry)| Designation {
            list: format!("l{list}"),
            entity_id: id.to_string(),
            ..entry
        });
        named.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn applying_the_difference_gives_the_new_list(old in list(), new in list()) {
        let changes = diff(&old, &new, TODAY);
        prop_assert_eq!(apply(&changes, &old), normal(&new));
    }

    #[test]
    fn a_list_does_not_differ_from_itself(list in list(), turn in 0..9_usize) {
        let mut turned = list.clone();
        if !turned.is_empty() {
            let places = turned.len();
            turned.rotate_left(turn % places);
        }
        prop_assert_eq!(diff(&list, &turned, TODAY), []);
    }

    #[test]
    fn every_entry_is_in_one_change_at_most(old in list(), new in list()) {
        let changes = diff(&old, &new, TODAY);
        let mut before: Vec<_> = changes.iter().filter_map(|c| c.before).map(|d| (&d.list, &d.entity_id)).collect();
        let all = before.len();
        before.sort();
        before.dedup();
        prop_assert_eq!(before.len(), all);
    }
}
