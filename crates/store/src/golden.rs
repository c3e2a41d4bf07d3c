//! What is on disk must stay readable: a sample value of every table has these very bytes. When
//! this fails, a type in `model` changed its stored form: give its table the next version, keep
//! the old type for reading, and add the new bytes beside the old ones.

use model::{
    Alert, AlertId, Asked, Attempt, Blind, Counts, Delivery, DeliveryState, DigestRun, Facet,
    Field, Fill, Gap, Habit, Health, Held, Hints, HubMode, Item, ItemId, Kind, Memory, MessageRef,
    Moved, Outage, OutboxEntry, OutcomeKind, PossibleGap, Problem, Quarantined, Revision,
    RobotsCopy, SitemapChild, SitemapMemory, SourceState, Span, StoryId, Subscription,
    SubscriptionState, Tag, Timestamp, Told, Transition, Validators,
};

use crate::tables::*;
use crate::text::Packed;
use crate::value::{decode, encode};

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// The sample is written as `golden`, and `golden` is read as the sample.
fn check<T: Table>(sample: T::Value, golden: &str)
where
    T::Value: PartialEq + std::fmt::Debug,
{
    assert_eq!(hex(&encode::<T>(&sample).unwrap()), golden, "`{}` is written", T::NAME);
    assert_eq!(decode::<T>(&bytes(golden)).unwrap(), sample, "`{}` is read", T::NAME);
}

fn tag() -> Tag {
    Tag {
        facet: Facet::Layer,
        id: "network".into(),
        rule: "network/words".into(),
        version: "0a1b2c3d".into(),
        confidence: 0.5,
        spans: vec![Span { field: Field::Summary, start: 3, end: 300, text: "mreža".into() }],
    }
}

fn item() -> Item {
    Item {
        id: ItemId([1; 16]),
        kind: Kind::Notice,
        source: "danas".parse().unwrap(),
        key: "guid-7".into(),
        url: Some("https://example.org/7".into()),
        title: Some("Вест".into()),
        summary: None,
        lang: Some("sr-Cyrl".into()),
        authors: vec!["A".into(), "B".into()],
        published: Some(at(1_000)),
        updated: None,
        fetched: at(2_000),
        revision: 2,
        story: StoryId([2; 16]),
        capture: None,
        tags: vec![tag()],
        content: [3; 16],
        envelope: [4; 16],
        restless: 5,
        aliases: 6,
        baseline: true,
        text_bytes: 70_000,
    }
}

fn alert() -> Alert {
    Alert {
        id: AlertId([9; 16]),
        rule: "new-mention".parse().unwrap(),
        label: "New".into(),
        at: at(3_000),
        held: Some(Held::Old),
        story: StoryId([2; 16]),
        item: ItemId([1; 16]),
        revision: 1,
        source: "danas".parse().unwrap(),
        source_name: "Danas".into(),
        title: None,
        summary: Some("s".into()),
        url: None,
        published: Some(at(1)),
        tags: Vec::new(),
        further: vec![ItemId([7; 16])],
        to: vec!["desk".parse().unwrap()],
    }
}

fn state() -> SourceState {
    SourceState {
        fetch_key: [8; 8],
        validators: Validators { etag: Some("\"x\"".into()), last_modified: None },
        body: Some([5; 16]),
        next_due: at(10),
        baseline: Some(at(11)),
        last_attempt: None,
        last_success: Some(at(12)),
        failures: 300,
        last_outcome: Some(OutcomeKind::Refused),
        error: Some("e".into()),
        health: Health::Broken,
        health_since: Some(at(13)),
        memory: Memory {
            hints: Hints {
                max_age_s: Some(60),
                ttl_s: None,
                period_s: Some(43_200),
                base: Some(at(14)),
                skip_hours: 0x00ff_0000,
                skip_days: 0x60,
            },
            pace_s: Some(1_800),
            moved: Some(Moved {
                to: "https://example.org/new".into(),
                since: at(15),
                answers: 3,
                adopted: true,
            }),
            gone: 2,
            host_pause: Some(at(16)),
            full_at: Some(at(17)),
            lies: true,
            doubt: true,
            habit: Habit {
                arrivals: 5,
                last_new: Some(at(18)),
                longest_s: 86_400,
                weekdays: [1, 2, 3, 4, 5, 6, 7],
                newest: None,
                window: 30,
            },
            gap: Some(gap()),
        },
        ..SourceState::default()
    }
}

fn gap() -> PossibleGap {
    PossibleGap { from: at(19), to: at(20) }
}

fn outbox() -> OutboxEntry {
    let digest = "morning".parse().unwrap();
    OutboxEntry { message: MessageRef::Digest { digest, end: at(20) }, attempts: 3 }
}

fn delivery() -> Delivery {
    Delivery {
        message: MessageRef::Alert(AlertId([9; 16])),
        channel: "desk".parse().unwrap(),
        state: DeliveryState::Retry,
        attempts: 2,
        due: Some(at(30)),
        at: at(29),
        note: Some("421".into()),
    }
}

#[test]
fn facts_and_sources() {
    let attempt = Attempt {
        outcome: OutcomeKind::Unreadable,
        status: Some(503),
        bytes: 1_000_000,
        millis: 1_500,
        counts: Counts { seen: 10, new: 1, revised: 2, unchanged: 3, rejected: 4 },
        error: Some("x".into()),
    };
    let transition =
        Transition { from: Health::Healthy, to: Health::Retired, reason: Some("gone".into()) };
    check::<Meta>(vec![0, 1, 255], "0001030001ff");
    check::<Sources>(
        state(),
        "010208080808080808080103227822000105050505050505050505050505050505904e01f8550001e05dac020001030101650201c865013c0001c0d10201b06d8080fc076001880e011768747470733a2f2f6578616d706c652e6f72672f6e6577987503010201807d01e8840101010501d08c0180a30501020304050607001e01b89401a09c01",
    );
    check::<Gaps>(gap().into(), "0602b89401a09c0100");
    let fill = Fill {
        at: at(21),
        tries: 2,
        found: 300,
        new: 4,
        undated: 5,
        oldest: Some(at(18)),
        error: Some("e".into()),
        over: true,
    };
    check::<Gaps>(
        Gap { fill: Some(fill), ..gap().into() },
        "0602b89401a09c010188a40102ac02040501d08c0101016501",
    );
    check::<Attempts>(attempt, "02010401f703c0843ddc0b0a01020304010178");
    check::<Transitions>(transition, "030101040104676f6e65");
    let told = Told { health: Health::Broken, at: at(20), first: at(19), times: 3 };
    check::<ToldHealth>(told, "090102a09c01b8940103");
    check::<Outages>(Outage { until: at(5) }, "04018827");
}

#[test]
fn what_is_known_of_hosts_and_of_silence() {
    let copy = RobotsCopy {
        said_at: Some(at(1)),
        body: Some(b"allow".to_vec()),
        validators: Validators { etag: Some("e".into()), last_modified: None },
        asked_at: Some(at(2)),
        failing_since: Some(at(2)),
        failures: 1,
        error: Some("no".into()),
    };
    check::<Robots>(copy, "070101e8070105616c6c6f770101650001d00f01d00f0101026e6f");
    let subscription = Subscription {
        hub: "https://hub.example/".into(),
        topic: "https://a.example/t".into(),
        public: "https://us.example".into(),
        secret: "00ff".into(),
        state: SubscriptionState::Live,
        since: at(1),
        asked: Some(Asked { mode: HubMode::Unsubscribe, until: at(2) }),
        due: at(3),
        lease_until: Some(at(4)),
        failures: 1,
        error: Some("e".into()),
        absent: 2,
        missed: 3,
        pushes: 4,
        forged: 300,
        last_push: Some(at(5)),
    };
    check::<Subscriptions>(
        subscription,
        "0d011468747470733a2f2f6875622e6578616d706c652f1368747470733a2f2f612e6578616d706c652f741268747470733a2f2f75732e6578616d706c65043030666601e8070101d00fb81701a01f01010165020304ac02018827",
    );
    let blind = Blind {
        until: Some(at(3)),
        noticed: at(2),
        outcome: Some(OutcomeKind::Unreachable),
        reason: Some("no".into()),
        failures: 300,
    };
    let child = SitemapChild {
        url: "https://example.org/1.xml".into(),
        modified: Some(at(1)),
        validators: Validators { etag: Some("e".into()), last_modified: None },
        body: [7; 16],
        read: at(2),
    };
    let memory = SitemapMemory { horizon: Some(at(3)), children: vec![child] };
    check::<Sitemaps>(
        memory,
        "0c0101b817011968747470733a2f2f6578616d706c652e6f72672f312e786d6c01e8070101650007070707070707070707070707070707d00f",
    );
    check::<Blindness>(blind, "080101b817d00f010201026e6fac02");
}

#[test]
fn what_could_not_be_read() {
    let row = Quarantined {
        source: "danas".parse().unwrap(),
        first: at(1),
        last: at(2),
        times: 2,
        reason: "no feed".into(),
        rejected: 3,
        problems: vec![Problem { at: "entry 1".into(), reason: "r".into() }],
        connector: "feed".into(),
        url: "https://example.org/".into(),
        content_type: Some("text/html".into()),
        status: 200,
        bytes: 300,
        kept: 200,
        retried: Some(at(3)),
    };
    check::<Quarantine>(
        row,
        "60010564616e6173e807d00f02076e6f2066656564030107656e7472792031017204666565641468747470733a2f2f6578616d706c652e6f72672f0109746578742f68746d6cc801ac02c80101b817",
    );
    check::<QuarantineBodies>(vec![1, 2], "6101020102");
}

#[test]
fn a_source_as_version_1_wrote_it_is_read() {
    let golden = "010108080808080808080103227822000105050505050505050505050505050505904e01f8550001e05dac020001030101650201c865";
    let expected = SourceState { memory: Memory::default(), ..state() };
    assert_eq!(decode::<Sources>(&bytes(golden)).unwrap(), expected);
}

#[test]
fn a_gap_as_version_1_wrote_it_is_read() {
    assert_eq!(decode::<Gaps>(&bytes("0601b89401a09c01")).unwrap(), gap().into());
}

#[test]
fn items_and_what_hangs_on_them() {
    let revision = Revision {
        at: at(1),
        url: None,
        title: Some("t".into()),
        summary: None,
        published: None,
        updated: Some(at(2)),
        tags: vec![tag()],
        changed: vec!["title".into()],
    };
    check::<Items>(
        item(),
        "100101010101010101010101010101010101010564616e617306677569642d37011568747470733a2f2f6578616d706c652e6f72672f370108d092d0b5d181d18200010773722d4379726c020141014201c0843d0080897a0202020202020202020202020202020202000101076e6574776f726b0d6e6574776f726b2f776f7264730830613162326333640000003f010103ac02066d7265c5be610303030303030303030303030303030304040404040404040404040404040404050601f0a204",
    );
    check::<Aliases>(ItemId([1; 16]), "110101010101010101010101010101010101");
    check::<Texts>(Packed { length: 300, zstd: vec![1, 2, 3] }, "1201ac0203010203");
    check::<StoryKeys>(StoryId([2; 16]), "130102020202020202020202020202020202");
    check::<StoryMembers>((), "");
    check::<Details>("{}".into(), "1601027b7d");
    check::<ListVersions>("{}".into(), "1801027b7d");
    check::<Revisions>(
        revision,
        "1501e80700010174000001d00f0101076e6574776f726b0d6e6574776f726b2f776f7264730830613162326333640000003f010103ac02066d7265c5be6101057469746c65",
    );
}

#[test]
fn index_rows_are_empty() {
    check::<ByTime>((), "");
    check::<ByTag>((), "");
    check::<BySource>((), "");
    check::<AlertsByTime>((), "");
    check::<ListMembers>((), "");
}

#[test]
fn messages() {
    let run =
        DigestRun { digest: "morning".parse().unwrap(), start: at(1), end: at(2), made: at(3) };
    check::<Outbox>(outbox(), "500101076d6f726e696e67a09c0103");
    check::<Alerts>(
        alert(),
        "5101090909090909090909090909090909090b6e65772d6d656e74696f6e034e6577c08db70101010202020202020202020202020202020201010101010101010101010101010101010564616e61730544616e6173000101730001e80700010707070707070707070707070707070701046465736b",
    );
    check::<Deliveries>(
        delivery(),
        "52010009090909090909090909090909090909046465736b020201b0ea01c8e2010103343231",
    );
    check::<DeadLetters>(outbox(), "540101076d6f726e696e67a09c0103");
    check::<DigestRuns>(run, "5801076d6f726e696e67e807d00fb817");
}

#[test]
fn what_is_not_a_value_of_the_table_is_refused_with_the_reason() {
    let refused = |bytes: &[u8]| decode::<Outages>(bytes).unwrap_err();
    assert_eq!(refused(&[0x10, 1, 5]), "a value of kind 0x10");
    assert_eq!(refused(&[0x04, 9, 5]), "a value of version 9, this stackwatch reads up to 1");
    assert_eq!(refused(&[0x04]), "a value without its two first bytes");
    assert_eq!(refused(&[0x04, 1, 5, 6]), "1 bytes after the end of the value");
    assert!(decode::<ByTime>(&[1]).is_err());
    // A length far beyond the end is refused before it is reserved.
    assert!(decode::<Meta>(&[0, 1, 255, 255, 255, 255, 15]).is_err());
}
