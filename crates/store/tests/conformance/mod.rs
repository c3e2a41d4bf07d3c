//! One suite for all engines.

use model::{Facet, ItemId, Timestamp};
use proptest::prelude::*;
use store::tables::{
    Alerts, AlertsByTime, Attempts, BySource, ByTag, ByTime, Items, Meta, Outages, Outbox,
    Revisions, Texts,
};
use store::{Commit, CommitError, Range, Store, StoreError, Version};

use crate::common::{alert, at, channel, item, item_id, source};

/// Runs on the model in memory and on sled in a folder of its own.
fn on_every_engine(check: impl Fn(&Store)) {
    check(&Store::in_memory());
    let folder = tempfile::tempdir().unwrap();
    let store = crate::common::open(&folder);
    check(&store);
    assert_eq!(store.verify().unwrap(), []);
}

fn commit(store: &Store, plan: impl FnOnce(&mut Commit)) -> Result<u64, CommitError> {
    let mut commit = Commit::default();
    plan(&mut commit);
    store.commit_blocking(commit)
}

fn meta(store: &Store, name: &str, value: &str) {
    commit(store, |c| c.put::<Meta>(&name.into(), &value.into())).unwrap();
}

#[test]
fn a_commit_is_read_back_and_numbered_by_one() {
    on_every_engine(|store| {
        let first = commit(store, |c| c.put_item(&item(1, 100))).unwrap();
        let second = commit(store, |c| c.put_item(&item(2, 100))).unwrap();
        assert_eq!(second, first + 1);
        assert_eq!(*store.subscribe().borrow(), second);
        assert_eq!(store.get::<Items>(&item_id(2)).unwrap(), Some(item(2, 100)));
        assert_eq!(store.get::<Items>(&item_id(3)).unwrap(), None);
        commit(store, |c| c.delete_item(&item(2, 100))).unwrap();
        assert_eq!(store.get::<Items>(&item_id(2)).unwrap(), None);
        assert_eq!(store.page(Range::<ByTime>::all(), 9).unwrap().len(), 1);
    });
}

#[test]
fn a_plan_on_an_old_state_fails_whole_and_names_the_row() {
    on_every_engine(|store| {
        let key = String::from("a");
        let absent = store.read::<Meta>(&key).unwrap();
        assert_eq!((absent.value, absent.version), (None, Version::ABSENT));
        meta(store, "a", "1");
        let late = |version| {
            commit(store, |c| {
                c.expect::<Meta>(&key, version);
                c.put::<Meta>(&key, &b"2".to_vec());
                c.put::<Meta>(&"b".into(), &b"2".to_vec());
            })
        };
        let error = late(Version::ABSENT).unwrap_err();
        assert_eq!(error.to_string(), "table `meta`, key \"a\": changed since it was read");
        assert_eq!(store.get::<Meta>(&"b".into()).unwrap(), None);
        late(store.read::<Meta>(&key).unwrap().version).unwrap();
        // The same bytes are the same version, whoever wrote them.
        let version = store.read::<Meta>(&key).unwrap().version;
        meta(store, "a", "3");
        meta(store, "a", "2");
        assert_eq!(store.read::<Meta>(&key).unwrap().version, version);
    });
}

#[test]
fn of_many_plans_on_one_state_exactly_one_wins() {
    on_every_engine(|store| {
        let won = std::thread::scope(|scope| {
            let plan = || {
                commit(store, |c| {
                    c.expect::<Meta>(&"race".into(), Version::ABSENT);
                    c.put::<Meta>(&"race".into(), &b"x".to_vec());
                })
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(plan)).collect();
            threads.into_iter().filter_map(|thread| thread.join().unwrap().ok()).count()
        });
        assert_eq!(won, 1);
        // A refused plan takes no number.
        assert_eq!(*store.subscribe().borrow(), 1);
    });
}

#[test]
fn ranges_have_bounds_directions_and_pages() {
    on_every_engine(|store| {
        for number in 0..30 {
            commit(store, |c| c.put_item(&item(number, 10))).unwrap();
        }
        let base = 1_700_000_000_000;
        let times = |range: Range<ByTime>| -> Vec<u64> {
            let rows = store.page(range, 1_000).unwrap();
            rows.into_iter().map(|((time, _), ())| time.millis() - base).collect()
        };
        let (from, to) = (at(base + 10), at(base + 13));
        assert_eq!(times(Range::between(&from, &to)), [10, 11, 12]);
        assert_eq!(times(Range::between(&from, &to).newest_first()), [12, 11, 10]);
        assert_eq!(times(Range::up_to(&at(base + 2))), [0, 1, 2]);
        assert_eq!(times(Range::since(&at(base + 27))), [27, 28, 29]);
        assert_eq!(times(Range::between(&to, &from)), []);

        let walk = |range: fn() -> Range<ByTime>| {
            let (mut seen, mut last) = (Vec::new(), None);
            loop {
                let range = last.iter().fold(range(), |range, last| range.after(last));
                let page = store.page(range, 7).unwrap();
                let Some((key, ())) = page.last() else { return seen };
                last = Some(*key);
                seen.extend(page.into_iter().map(|((time, _), ())| time.millis() - base));
            }
        };
        assert_eq!(walk(Range::all), (0..30).collect::<Vec<_>>());
        assert_eq!(walk(|| Range::all().reversed()), (0..30).rev().collect::<Vec<_>>());

        let of_source = store.page(Range::<BySource>::prefix(&source(3)), 100).unwrap();
        assert_eq!(of_source.len(), 4);
        let huawei = (Facet::Vendor, String::from("huawei"));
        let all = store.page(Range::<ByTag>::prefix(&huawei), 100).unwrap();
        assert_eq!(all.len(), 30);
        // A prefix of an id is another id.
        let hua = (Facet::Vendor, String::from("hua"));
        assert!(store.page(Range::<ByTag>::prefix(&hua), 100).unwrap().is_empty());
        let (facet, id) = huawei;
        let range = Range::<ByTag>::between(&(facet, id.clone(), from), &(facet, id, to));
        assert_eq!(store.page(range, 100).unwrap().len(), 3);
    });
}

#[test]
fn what_is_due_is_found_and_nothing_else() {
    on_every_engine(|store| {
        let entry = |number| model::OutboxEntry {
            message: model::MessageRef::Alert(alert(number).id),
            attempts: 0,
        };
        for number in 1..=3 {
            let key = (at(number * 100), alert(number).id.into(), channel());
            commit(store, |c| c.put::<Outbox>(&key, &entry(number))).unwrap();
        }
        let due = store.page(Range::<Outbox>::up_to(&at(200)), 10).unwrap();
        assert_eq!(due.iter().map(|(key, _)| key.0.millis()).collect::<Vec<_>>(), [100, 200]);
        commit(store, |c| c.put::<Outages>(&at(5), &model::Outage { until: at(9) })).unwrap();
        assert_eq!(store.page(Range::<Outages>::up_to(&at(5)), 10).unwrap().len(), 1);
    });
}

#[test]
fn a_new_state_of_an_item_moves_its_index_rows() {
    on_every_engine(|store| {
        let before = item(1, 100);
        commit(store, |c| c.put_item(&before)).unwrap();
        let mut after = before.clone();
        after.tags = vec![crate::common::tag(Facet::Vendor, "nuctech"), before.tags[1].clone()];
        commit(store, |c| c.replace_item(&before, &after)).unwrap();
        let tags: Vec<String> = store
            .page(Range::<ByTag>::all(), 10)
            .unwrap()
            .into_iter()
            .map(|((_, id, _, _), ())| id)
            .collect();
        assert_eq!(tags, ["nuctech", "network"]);
        assert_eq!(store.verify().unwrap(), []);
    });
}

/// An item whose `bytes` no compressor makes much fewer.
fn noisy(number: u64, bytes: usize) -> model::Item {
    model::Item { summary: Some(crate::common::noise(bytes)), ..item(number, 100) }
}

#[test]
fn long_values_are_whole_and_leave_nothing_behind() {
    on_every_engine(|store| {
        let mut sizes = Vec::new();
        for bytes in [100, 60_000, 20_000, 100, 9_000] {
            let before = store.read::<Items>(&item_id(1)).unwrap();
            commit(store, |c| {
                c.expect::<Items>(&item_id(1), before.version);
                c.put_item(&noisy(1, bytes));
            })
            .unwrap();
            assert_eq!(store.get::<Items>(&item_id(1)).unwrap(), Some(noisy(1, bytes)));
            assert_eq!(store.verify().unwrap(), []);
            sizes.push(store.stats().unwrap().tables.last().unwrap().rows);
        }
        let [short, longest, long, again, longer] = sizes[..] else { panic!("{sizes:?}") };
        assert_eq!((short, again), (0, 0), "further pieces are gone with the long value");
        assert!(longest > long && long > longer && longer > 0, "{sizes:?}");
        // A change in the last piece alone is another version.
        let version = store.read::<Items>(&item_id(1)).unwrap().version;
        let mut changed = noisy(1, 9_000);
        changed.text_bytes = 7;
        commit(store, |c| c.put_item(&changed)).unwrap();
        assert_ne!(store.read::<Items>(&item_id(1)).unwrap().version, version);
        // Two states in one commit: the last one counts, the first leaves no piece.
        commit(store, |c| {
            c.put_item(&noisy(1, 50_000));
            c.put_item(&noisy(1, 5_000));
        })
        .unwrap();
        assert_eq!(store.verify().unwrap(), []);
        commit(store, |c| c.delete_item(&noisy(1, 5_000))).unwrap();
        assert_eq!(store.stats().unwrap().tables.last().unwrap().rows, 0);
    });
}

#[test]
fn a_text_is_the_newest_up_to_the_revision() {
    on_every_engine(|store| {
        let long: String = (0..200_000u32)
            .map(|i| format!("{:x} ", i.wrapping_mul(2_654_435_761)))
            .take(40_000)
            .collect();
        commit(store, |c| {
            c.put_item(&item(1, 10));
            c.put_text(item_id(1), 0, "first");
            c.put_text(item_id(1), 3, &long);
        })
        .unwrap();
        for (revision, text) in [(0, "first"), (2, "first"), (3, &long), (9, &long)] {
            assert_eq!(store.text(item_id(1), revision).unwrap().as_deref(), Some(text));
        }
        assert_eq!(store.text(item_id(2), 9).unwrap(), None);
        commit(store, |c| c.delete::<Texts>(&(item_id(1), 3))).unwrap();
        assert_eq!(store.text(item_id(1), 9).unwrap().as_deref(), Some("first"));
        assert_eq!(store.verify().unwrap(), []);
    });
}

#[test]
fn what_cannot_be_stored_is_told_by_the_commit() {
    on_every_engine(|store| {
        let huge = vec![0; 7_000];
        let error = commit(store, |c| c.put::<Meta>(&"big".into(), &huge)).unwrap_err();
        let text = "table `meta`, key \"big\": a record of 7009 bytes, at most 6144 are kept";
        assert_eq!(error.to_string(), text);
        let error = commit(store, |c| c.put::<Meta>(&"k".repeat(300), &vec![])).unwrap_err();
        assert!(matches!(error, CommitError::Refused { .. }), "{error}");
        let text = "a".repeat(2 << 20);
        let error = commit(store, |c| c.put_text(item_id(1), 0, &text)).unwrap_err();
        assert!(error.to_string().contains("at most 1048576"), "{error}");
        // Nothing of such a commit is stored, and the store goes on.
        let mixed = commit(store, |c| {
            c.put::<Meta>(&"good".into(), &vec![1]);
            c.put::<Meta>(&"big".into(), &huge);
        });
        assert!(mixed.is_err());
        assert_eq!(store.get::<Meta>(&"good".into()).unwrap(), None);
        meta(store, "good", "2");
    });
}

#[test]
fn a_missing_index_row_and_a_stray_one_are_found() {
    on_every_engine(|store| {
        commit(store, |c| {
            c.put_item(&item(1, 10));
            c.put_alert(&alert(1));
        })
        .unwrap();
        assert_eq!(store.verify().unwrap(), []);
        let by_time = (item(1, 10).fetched, item_id(1));
        let stray = (alert(1).at, alert(2).id);
        commit(store, |c| {
            c.delete::<ByTime>(&by_time);
            c.put::<AlertsByTime>(&stray, &());
            c.put::<BySource>(&(source(2), at(1), item_id(1)), &());
        })
        .unwrap();
        let found: Vec<&str> =
            store.verify().unwrap().iter().map(|finding| finding.table).collect();
        assert_eq!(found, ["items", "by-source", "alerts-by-time"]);
        commit(store, |c| {
            c.put::<ByTime>(&by_time, &());
            c.delete::<AlertsByTime>(&stray);
            c.delete::<BySource>(&(source(2), at(1), item_id(1)));
        })
        .unwrap();
    });
}

#[test]
fn a_closed_store_takes_no_commit_and_still_reads() {
    on_every_engine(|store| {
        commit(store, |c| c.put_item(&item(1, 10))).unwrap();
        store.shutdown().unwrap();
        let error = commit(store, |c| c.put_item(&item(2, 10))).unwrap_err();
        assert!(matches!(error, CommitError::Store(StoreError::Closed)), "{error}");
        assert!(store.get::<Items>(&item_id(1)).unwrap().is_some());
    });
}

#[tokio::test]
async fn commits_of_many_tasks_are_all_there_and_announced() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::common::open(&folder);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..200 {
        let store = store.clone();
        tasks.spawn(async move {
            let mut commit = Commit::default();
            commit.put_item(&item(number, 500));
            store.commit(commit).await.unwrap()
        });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    store.subscribe().wait_for(|seq| *seq == 200).await.unwrap();
    store.barrier().await.unwrap();
    assert_eq!(store.health().durable_seq, 200);
    assert!(store.health().is_good());
}

/// One random step.
#[derive(Clone, Debug)]
enum Step {
    Item { number: u64, bytes: usize, tags: u8, expect: Expect },
    DeleteItem { number: u64 },
    Text { number: u64, revision: u32, bytes: usize },
    Attempt { number: u64, time: u64 },
    Delete { number: u64, time: u64 },
}

#[derive(Clone, Copy, Debug)]
enum Expect {
    Nothing,
    Current,
    Absent,
}

fn step() -> impl Strategy<Value = Step> {
    let number = 0..6u64;
    let bytes = prop_oneof![3 => 0..1_000usize, 1 => 3_000..20_000usize];
    let expect = prop_oneof![Just(Expect::Nothing), Just(Expect::Current), Just(Expect::Absent)];
    prop_oneof![
        4 => (number.clone(), bytes.clone(), 0..4u8, expect)
            .prop_map(|(number, bytes, tags, expect)| Step::Item { number, bytes, tags, expect }),
        1 => number.clone().prop_map(|number| Step::DeleteItem { number }),
        1 => (number.clone(), 0..3u32, bytes)
            .prop_map(|(number, revision, bytes)| Step::Text { number, revision, bytes }),
        1 => (number.clone(), 0..5u64).prop_map(|(number, time)| Step::Attempt { number, time }),
        1 => (number, 0..5u64).prop_map(|(number, time)| Step::Delete { number, time }),
    ]
}

fn attempt(time: u64) -> model::Attempt {
    model::Attempt {
        outcome: model::OutcomeKind::Parsed,
        status: Some(200),
        bytes: time,
        millis: 3,
        counts: model::Counts::default(),
        error: None,
    }
}

/// Plans a step on what the store says, so that both engines get what they answer for.
fn run(store: &Store, steps: &[Step]) -> Result<(), String> {
    let mut commit = Commit::default();
    let mut planned = std::collections::BTreeMap::new();
    for step in steps {
        match step {
            Step::Item { number, bytes, tags, expect } => {
                let id = item_id(*number);
                let stored = store.read::<Items>(&id).map_err(|e| e.to_string())?;
                match expect {
                    Expect::Nothing => {}
                    Expect::Current => commit.expect::<Items>(&id, stored.version),
                    Expect::Absent => commit.expect::<Items>(&id, Version::ABSENT),
                }
                let before = planned.remove(number).unwrap_or(stored.value);
                let mut after = item(*number, *bytes);
                after.tags.truncate(usize::from(*tags));
                match before {
                    Some(before) => commit.replace_item(&before, &after),
                    None => commit.put_item(&after),
                }
                planned.insert(*number, Some(after));
            }
            Step::DeleteItem { number } => {
                let id = item_id(*number);
                let stored = store.get::<Items>(&id).map_err(|e| e.to_string())?;
                if let Some(gone) = planned.insert(*number, None).unwrap_or(stored) {
                    commit.delete_item(&gone);
                }
            }
            Step::Text { number, revision, bytes } => {
                let text: String =
                    (0..*bytes as u32).map(|i| char::from(b'a' + (i * i % 23) as u8)).collect();
                commit.put_text(item_id(*number), *revision, &text);
            }
            Step::Attempt { number, time } => {
                commit.put::<Attempts>(&(source(*number), at(*time)), &attempt(*time));
            }
            Step::Delete { number, time } => {
                commit.delete::<Attempts>(&(source(*number), at(*time)));
            }
        }
    }
    store.commit_blocking(commit).map(drop).map_err(|error| error.to_string())
}

/// Everything that can be read.
fn all(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let texts: Vec<Option<String>> = (0..6)
        .flat_map(|number| (0..3).map(move |revision| (item_id(number), revision)))
        .map(|(id, revision): (ItemId, u32)| store.text(id, revision).unwrap())
        .collect();
    let versions: Vec<Version> =
        (0..6).map(|number| store.read::<Items>(&item_id(number)).unwrap().version).collect();
    (
        store.page(Range::<Items>::all(), 100).unwrap(),
        store.page(Range::<ByTime>::all().newest_first(), 100).unwrap(),
        store.page(Range::<ByTag>::all(), 100).unwrap(),
        store.page(Range::<Attempts>::prefix(&source(1)), 3).unwrap(),
        store
            .page(Range::<ByTime>::since(&Timestamp::EPOCH).after(&(at(3), item_id(1))), 2)
            .unwrap(),
        store.page(Range::<Revisions>::all(), 100).unwrap(),
        store.page(Range::<Alerts>::all(), 100).unwrap(),
        texts,
        versions,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sled_reads_like_the_model(
        groups in prop::collection::vec(prop::collection::vec(step(), 1..5), 1..25),
        reopen in 0..25usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (model, mut store) = (Store::in_memory(), crate::common::open(&folder));
        for (index, steps) in groups.iter().enumerate() {
            prop_assert_eq!(run(&model, steps), run(&store, steps));
            if index == reopen {
                drop(store);
                store = crate::common::open(&folder);
            }
        }
        prop_assert_eq!(all(&model), all(&store));
        // Texts may stand without their item here; nothing else may be found.
        let odd = |store: &Store| -> Vec<_> {
            store.verify().unwrap().into_iter().filter(|found| found.table != "texts").collect()
        };
        prop_assert_eq!(odd(&model), vec![]);
        prop_assert_eq!(odd(&store), vec![]);
    }
}
