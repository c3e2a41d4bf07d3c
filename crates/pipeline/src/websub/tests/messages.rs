//! What becomes of what a hub brings.

use super::*;

#[tokio::test]
async fn what_a_hub_brings_is_stored_tagged_and_told_and_touches_nothing_of_polls() {
    let world = World::live().await;
    let before = world.state();
    world.clock.advance(Duration::from_secs(60));
    let news = feed(&world.origin, OFFER, &[("2", "Nuctech wins"), ("1", "First")]);
    assert_eq!(world.told(&news).await, Reply::Thanks);
    assert_eq!(world.titles(), ["First", "Nuctech wins"]);
    let outbox = || world.cx.store.page(Range::<tables::Outbox>::all(), 10).unwrap().len();
    assert_eq!(outbox(), 1, "told at once");
    let after = world.state();
    let habit = model::Habit { window: before.memory.habit.window, ..after.memory.habit };
    assert_eq!(after.memory.habit, habit, "a part of a document is no window");
    assert_eq!(after.memory.habit.last_new, Some(world.cx.clock.now()), "it is not quiet");
    let memory = model::Memory { habit: before.memory.habit, ..after.memory.clone() };
    assert_eq!(model::SourceState { memory, ..after }, before);
    let attempt = world.attempts().pop().unwrap();
    assert_eq!((attempt.outcome, attempt.counts.new), (OutcomeKind::Pushed, 1));
    assert_eq!(attempt.counts.unchanged, 1);
    assert_eq!(attempt.bytes, news.len() as u64);

    // Once more, and from the source itself: the same item, no second alert, no missed news.
    assert_eq!(world.told(&news).await, Reply::Thanks);
    world.origin.serve("/feed", news);
    let report = world.poll().await;
    assert_eq!((report.counts.new, report.counts.unchanged), (0, 2));
    assert_eq!(outbox(), 1);
    let row = world.row();
    assert_eq!((row.pushes, row.missed, row.state), (2, 0, SubscriptionState::Live));
    assert_eq!(world.state().memory.gap, None);
}

#[tokio::test]
async fn an_edited_entry_is_asked_for_at_the_source() {
    let mut world = World::live().await;
    let edited = feed(&world.origin, OFFER, &[("1", "First, edited")]);
    assert_eq!(world.told(&edited).await, Reply::Thanks);
    assert_eq!(world.titles(), ["First"], "hubs repeat old messages");
    assert_eq!(world.wished.try_recv().as_ref(), Ok(&world.source.id));
    assert_eq!(world.told(&feed(&world.origin, OFFER, &[("1", "First")])).await, Reply::Thanks);
    assert!(world.wished.try_recv().is_err());
}

#[tokio::test]
async fn a_message_that_cannot_be_used_is_a_sign_to_poll() {
    let mut world = World::live().await;
    for body in ["", "<html><body>no feed</body></html>", "{", "<rss/>"] {
        assert_eq!(world.told(body).await, Reply::Thanks, "{body}");
        assert_eq!(world.wished.try_recv().as_ref(), Ok(&world.source.id), "{body}");
    }
    let mut strange = signed(&world.row().secret, b"x");
    strange.content_encoding = Some("br".into());
    assert_eq!(world.push(strange).await, Reply::Thanks);
    assert!(world.wished.try_recv().is_ok());
    assert_eq!(world.titles(), ["First"]);
    assert_eq!(world.row().pushes, 5);
}

#[tokio::test]
async fn a_packed_message_is_read_and_signed_as_it_came() {
    use std::io::Write;
    let world = World::live().await;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(feed(&world.origin, OFFER, &[("2", "Packed")]).as_bytes()).unwrap();
    let mut push = signed(&world.row().secret, &packer.finish().unwrap());
    push.content_encoding = Some("gzip".into());
    assert_eq!(world.push(push).await, Reply::Thanks);
    assert_eq!(world.titles(), ["First", "Packed"]);
}

#[tokio::test]
async fn a_forged_message_is_thanked_for_and_left_unread() {
    let mut world = World::live().await;
    let body = feed(&world.origin, OFFER, &[("2", "Forged")]);
    let right = signed(&world.row().secret, body.as_bytes());
    for signature in [
        None,
        Some(String::new()),
        Some("sha256=".into()),
        Some("sha256=00".into()),
        signed("guess", body.as_bytes()).signature,
        signed(&world.row().secret, b"another body").signature,
        right.signature.as_ref().map(|s| s.replace("sha256", "md5")),
    ] {
        let push = Push { signature, ..right.clone() };
        assert_eq!(world.push(push).await, Reply::Thanks);
    }
    assert_eq!(world.titles(), ["First"]);
    assert!(world.wished.try_recv().is_err(), "nor does it cause a poll");
    assert_eq!((world.row().forged, world.row().pushes), (7, 0));
    assert_eq!(world.push(right).await, Reply::Thanks);
    assert_eq!(world.titles(), ["First", "Forged"]);
}

#[tokio::test]
async fn a_flood_is_asked_to_come_later_and_leaves_few_attempts() {
    let world = World::live().await;
    // From here on nothing waits for a socket.
    tokio::time::pause();
    let mut refused = 0;
    for n in 0..100 {
        let body = feed(&world.origin, OFFER, &[(&format!("n{n}"), &format!("Title {n}"))]);
        world.clock.advance(Duration::from_secs(1));
        match world.told(&body).await {
            Reply::Thanks => {}
            Reply::TooMany { retry_after } => {
                assert!(retry_after <= Duration::from_secs(60));
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 40);
    assert!(world.attempts().len() <= 51, "{}", world.attempts().len());
    tokio::time::advance(Duration::from_secs(60)).await;
    let body = feed(&world.origin, OFFER, &[("later", "Later")]);
    assert_eq!(world.told(&body).await, Reply::Thanks);
}

#[tokio::test]
async fn before_the_first_poll_a_message_only_asks_for_it() {
    let mut world = World::live().await;
    let mut commit = store::Commit::default();
    commit.delete::<tables::Sources>(&world.source.id);
    world.cx.store.commit(commit).await.unwrap();
    let body = feed(&world.origin, OFFER, &[("2", "Too early")]);
    assert_eq!(world.told(&body).await, Reply::Thanks);
    assert_eq!(world.titles(), ["First"]);
    assert!(world.wished.try_recv().is_ok());
}

#[tokio::test]
async fn every_message_is_counted_by_its_end() {
    let world = World::live().await;
    let body = feed(&world.origin, OFFER, &[("2", "Second")]);
    world.told(&body).await;
    world.told("<html/>").await;
    world.push(Push::default()).await;
    assert_eq!(world.desk.admit("a", "x").await.unwrap().refused(), Some(Reply::NotFound));
    let other = "00000000000000000000000000000000";
    assert_eq!(world.desk.admit("a", other).await.unwrap().refused(), Some(Reply::Gone));
    world.desk.count(PushEnd::TooLarge);
    let counts = world.desk.counts();
    let counted: Vec<_> =
        counts.iter().filter(|(_, n)| *n > 0).map(|(end, n)| (*end, *n)).collect();
    use PushEnd::{Forged, Gone, Read, Sign, TooLarge, Unknown};
    let expected = [(Read, 1), (Sign, 1), (Forged, 1), (Unknown, 1), (Gone, 1), (TooLarge, 1)];
    assert_eq!(counted, expected);
}

impl Admission {
    fn refused(self) -> Option<Reply> {
        match self {
            Self::Refuse(reply) => Some(reply),
            Self::Read(_) => None,
        }
    }
}
