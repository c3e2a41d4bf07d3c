//! Subscriptions against a hub on loopback: what is asked, what is answered, what is stored.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use model::{HubMode, OutcomeKind, Subscription, SubscriptionState, Timestamp};
use sha2::Sha256;
use store::{Range, tables};
use testkit::{Answer, Origin};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::testing::{context, source};
use crate::{Context, ManualClock, Settings, Source, run_source};

const PUBLIC: &str = "https://watch.example.org/sub/";

/// A source that offers the hub of the same origin, and the installation that follows it.
struct World {
    origin: Origin,
    cx: Context,
    clock: ManualClock,
    source: Arc<Source>,
    desk: Desk,
    wishes: Wishes,
    wished: mpsc::Receiver<SourceId>,
    contexts: watch::Sender<Context>,
}

fn feed(origin: &Origin, links: &str, entries: &[(&str, &str)]) -> String {
    let items: String = entries
        .iter()
        .map(|(id, title)| {
            format!("<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title></item>")
        })
        .collect();
    let links = links.replace("HUB", &origin.url("/hub")).replace("SELF", &origin.url("/feed"));
    format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>T</title>\
         {links}{items}</channel></rss>"
    )
}

const OFFER: &str = "<atom:link rel=\"hub\" href=\"HUB\"/><atom:link rel=\"self\" href=\"SELF\"/>";

impl World {
    fn new() -> Self {
        let origin = Origin::start();
        origin.script("/hub", [Answer::status(202)]);
        origin.serve("/feed", feed(&origin, OFFER, &[("1", "First")]));
        let source = Source { url: origin.url("/feed").parse().unwrap(), ..source("a") };
        let (mut cx, clock) = context(vec![source.clone()]);
        let websub = WebSub { public: PUBLIC.parse().unwrap(), listen: ([127, 0, 0, 1], 0).into() };
        cx.settings = Arc::new(Settings { websub: Some(websub), ..(*cx.settings).clone() });
        let (contexts, receiver) = watch::channel(cx.clone());
        let (wishes, wished) = Wishes::channel();
        let desk = Desk::new(receiver, wishes.clone());
        Self { origin, cx, clock, source: Arc::new(source), desk, wishes, wished, contexts }
    }

    /// Polled once, and subscribed to the hub of which the document tells.
    async fn live() -> Self {
        let world = Self::new();
        world.poll().await;
        world.ask().await;
        assert_eq!(world.verify(HubMode::Subscribe, 864_000).await, Reply::Challenge("c".into()));
        world
    }

    async fn poll(&self) -> crate::Report {
        self.clock.advance(Duration::from_secs(900));
        run_source(&self.cx, &self.source).await.unwrap()
    }

    /// One look of the keeper; what it asks is awaited.
    async fn ask(&self) {
        let mut asking = tokio::task::JoinSet::new();
        keeper::look(&self.cx, &self.wishes, &mut asking).await.unwrap();
        while let Some(asked) = asking.join_next().await {
            asked.unwrap().unwrap();
        }
    }

    fn rows(&self) -> Vec<(Key, Subscription)> {
        self.cx.store.page(Range::<tables::Subscriptions>::all(), 100).unwrap()
    }

    fn row(&self) -> Subscription {
        let mut rows = self.rows();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.remove(0).1
    }

    /// Source and secret part of the callback.
    fn callback(&self) -> (String, String) {
        let (source, id) = self.rows()[0].0.clone();
        (source.to_string(), id.to_string())
    }

    async fn hear(&self, query: &str) -> Reply {
        let (source, id) = self.callback();
        let Some(intent) = Intent::of(query) else { return Reply::NotFound };
        self.desk.hear(&source, &id, &intent).await.unwrap()
    }

    async fn verify(&self, mode: HubMode, lease: u32) -> Reply {
        let topic = self.origin.url("/feed");
        self.hear(&format!(
            "hub.mode={mode}&hub.topic={topic}&hub.challenge=c&hub.lease_seconds={lease}"
        ))
        .await
    }

    async fn push(&self, push: Push) -> Reply {
        let (source, id) = self.callback();
        match self.desk.admit(&source, &id).await.unwrap() {
            Admission::Refuse(reply) => reply,
            Admission::Read(ticket) => self.desk.take(*ticket, push).await.unwrap(),
        }
    }

    /// A message with the hub's signature.
    async fn told(&self, body: &str) -> Reply {
        self.push(signed(&self.row().secret, body.as_bytes())).await
    }

    fn titles(&self) -> Vec<String> {
        let rows = self.cx.store.page(Range::<tables::Items>::all(), 100).unwrap();
        let mut titles: Vec<_> = rows.into_iter().filter_map(|(_, item)| item.title).collect();
        titles.sort();
        titles
    }

    fn state(&self) -> model::SourceState {
        self.cx.store.get::<tables::Sources>(&self.source.id).unwrap().unwrap()
    }

    fn attempts(&self) -> Vec<model::Attempt> {
        let rows = self.cx.store.page(Range::<tables::Attempts>::all(), 1_000).unwrap();
        rows.into_iter().map(|(_, attempt)| attempt).collect()
    }

    /// The forms that the hub received.
    fn asked(&self) -> Vec<Vec<(String, String)>> {
        let seen = self.origin.requests_to("/hub");
        seen.iter()
            .map(|seen| url::form_urlencoded::parse(&seen.body).into_owned().collect())
            .collect()
    }
}

fn signed(secret: &str, body: &[u8]) -> Push {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let digits: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Push {
        signature: Some(format!("sha256={digits}")),
        content_type: Some("application/rss+xml".into()),
        content_encoding: None,
        body: bytes::Bytes::copy_from_slice(body),
    }
}

fn value<'f>(form: &'f [(String, String)], name: &str) -> Option<&'f str> {
    form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn a_hub_that_a_document_offers_is_asked_as_the_standard_says() {
    let world = World::new();
    world.poll().await;
    world.ask().await;
    let asked = world.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    let ((source, id), row) = world.rows().remove(0);
    assert_eq!(value(&asked[0], "hub.mode"), Some("subscribe"));
    assert_eq!(value(&asked[0], "hub.topic"), Some(world.origin.url("/feed").as_str()));
    let callback = format!("https://watch.example.org/sub/websub/{source}/{id}");
    assert_eq!(value(&asked[0], "hub.callback"), Some(callback.as_str()));
    assert_eq!(value(&asked[0], "hub.secret"), Some(row.secret.as_str()));
    assert_eq!(value(&asked[0], "hub.lease_seconds"), Some("864000"));
    let head = &world.origin.requests_to("/hub")[0];
    assert_eq!(head.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert!((32..200).contains(&row.secret.len()));
    assert_eq!(row.state, SubscriptionState::Wanted);

    // Asked once; the document is not looked at for it again and again.
    world.poll().await;
    world.ask().await;
    assert_eq!(world.asked().len(), 1);
    assert_eq!(world.verify(HubMode::Subscribe, 1_000).await, Reply::Challenge("c".into()));
    assert_eq!(world.row().state, SubscriptionState::Live);
    // 80 % of the lease later it is renewed, under the same callback.
    world.clock.advance(Duration::from_secs(799));
    world.ask().await;
    assert_eq!(world.asked().len(), 1);
    world.clock.advance(Duration::from_secs(1));
    world.ask().await;
    assert_eq!(world.asked().len(), 2);
    assert_eq!(value(&world.asked()[1], "hub.callback"), Some(callback.as_str()));
    assert_eq!(world.row().state, SubscriptionState::Live, "renewing is no interruption");
}

#[tokio::test]
async fn nothing_is_asked_where_nobody_wants_it() {
    for change in [
        |settings: &mut Settings| settings.websub = None,
        |settings: &mut Settings| settings.sources[0].websub = false,
    ] {
        let mut world = World::new();
        let mut settings = (*world.cx.settings).clone();
        change(&mut settings);
        world.source = Arc::new(settings.sources[0].clone());
        world.cx.settings = Arc::new(settings);
        world.poll().await;
        world.ask().await;
        assert_eq!((world.rows().len(), world.asked().len()), (0, 0));
    }
    // Nor for a topic of somebody else's, nor at a hub inside of a network.
    let victim = "<atom:link rel=\"hub\" href=\"HUB\"/>\
                  <atom:link rel=\"self\" href=\"https://victim.example/feed\"/>";
    let inside = "<atom:link rel=\"hub\" href=\"http://169.254.169.254/\"/>";
    for links in [victim, inside, ""] {
        let world = World::new();
        world.origin.serve("/feed", feed(&world.origin, links, &[]));
        world.poll().await;
        assert_eq!(world.rows().len(), 0, "{links}");
    }
}

#[tokio::test]
async fn a_topic_where_the_feed_has_moved_to_is_its_own() {
    let there = Origin::start_at("127.0.0.2");
    let world = World::new();
    let links = OFFER.replace("SELF", &there.url("/feed"));
    there.serve("/feed", feed(&world.origin, &links, &[]));
    world.poll().await;
    let (old, new) = (world.origin.url("/feed"), there.url("/feed"));
    assert_eq!(world.row().topic, old);
    // For good, but for one answer: the hub of the old address is kept until three agree.
    world.origin.script("/feed", [Answer::status(301).header("Location", &new)]);
    for n in 0..3 {
        assert_eq!(world.row().topic, old, "{n}");
        there.serve("/feed", feed(&world.origin, &links, &[("1", &format!("Title {n}"))]));
        world.poll().await;
    }
    assert_eq!(world.row().topic, new);
    // Once adopted, no redirect is seen any more.
    let mut state = world.state();
    let moved = state.memory.moved.as_mut().unwrap();
    moved.adopted = true;
    let mut commit = store::Commit::default();
    commit.put::<tables::Sources>(&world.source.id, &state);
    commit.delete::<tables::Subscriptions>(&world.rows()[0].0);
    world.cx.store.commit(commit).await.unwrap();
    there.serve("/feed", feed(&world.origin, &links, &[("1", "Moved")]));
    world.poll().await;
    assert_eq!(world.row().topic, new);
}

#[tokio::test]
async fn headers_win_over_the_document_and_count_on_a_304() {
    let world = World::new();
    world.origin.script("/other", [Answer::status(202)]);
    let link = format!("<{}>; rel=\"hub\"", world.origin.url("/other"));
    let body = feed(&world.origin, OFFER, &[]);
    let answer = Answer::ok(body).header("ETag", "\"1\"");
    world.origin.script("/feed", [answer.clone().header("Link", &link)]);
    world.poll().await;
    assert_eq!(world.row().hub, world.origin.url("/other"));
    assert_eq!(world.row().topic, world.origin.url("/feed"), "what the head lacks");

    let world = World::new();
    let plain = Answer::ok(feed(&world.origin, "", &[])).header("ETag", "\"1\"");
    let link = format!("<{}>; rel=\"hub\"", world.origin.url("/hub"));
    world.origin.script("/feed", [plain, Answer::not_modified().header("Link", &link)]);
    world.poll().await;
    assert_eq!(world.rows().len(), 0);
    world.poll().await;
    assert_eq!(world.row().hub, world.origin.url("/hub"));
}

#[tokio::test]
async fn only_what_was_asked_for_is_confirmed_and_only_once() {
    let world = World::new();
    world.poll().await;
    let topic = world.origin.url("/feed");
    let subscribe =
        format!("hub.mode=subscribe&hub.topic={topic}&hub.challenge=c&hub.lease_seconds=60");
    assert_eq!(world.hear(&subscribe).await, Reply::NotFound, "not asked yet");
    world.ask().await;
    let long = "c".repeat(2_049);
    for query in [
        subscribe.replace("/feed", "/other"),
        subscribe.replace("=subscribe", "=unsubscribe"),
        subscribe.replace("=subscribe", "=publish"),
        subscribe.replace("hub.challenge=c", "hub.challenge="),
        subscribe.replace("hub.challenge=c", &format!("hub.challenge={long}")),
        subscribe.replace("&hub.challenge=c", ""),
        subscribe.replace("=60", "=soon"),
        format!("{subscribe}&hub.topic={topic}"),
        String::new(),
    ] {
        assert_eq!(world.hear(&query).await, Reply::NotFound, "{query}");
    }
    let intent = Intent::of(&subscribe).unwrap();
    let (source, id) = world.callback();
    for (source, id) in [
        ("b", id.as_str()),
        (&source, "00000000000000000000000000000000"),
        (&source, &id[..31]),
        (&source, ""),
        ("../a", &id),
    ] {
        assert_eq!(world.desk.hear(source, id, &intent).await.unwrap(), Reply::NotFound);
    }
    assert_eq!(world.hear(&subscribe).await, Reply::Challenge("c".into()));
    assert_eq!(world.hear(&subscribe).await, Reply::NotFound, "a replay");
    assert_eq!(world.row().state, SubscriptionState::Live);
}

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
async fn a_live_hub_makes_polls_rare_and_a_silent_one_does_not() {
    let mut world = World::live().await;
    let wait = |report: &crate::Report, world: &World| report.next_due.since(world.cx.clock.now());
    let every = world.source.every;
    let report = world.poll().await;
    assert!(wait(&report, &world) >= 4 * every, "{report:?}");
    for n in 1..=3 {
        let entries = [(format!("missed {n}"), format!("Missed {n}"))];
        let entries = entries.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect::<Vec<_>>();
        world.origin.serve("/feed", feed(&world.origin, OFFER, &entries));
        let report = world.poll().await;
        assert!(wait(&report, &world) < 2 * every, "what it failed to tell: {report:?}");
        assert_eq!(world.row().missed, n);
    }
    assert_eq!(world.row().state, SubscriptionState::Silent);
    assert!(wait(&world.poll().await, &world) < 2 * every);
    world.told(&feed(&world.origin, OFFER, &[("told", "Told")])).await;
    assert_eq!(world.row().state, SubscriptionState::Live);
    assert!(wait(&world.poll().await, &world) >= 4 * every);
    // A lease that ends is noticed, and the source polled as usual.
    while world.wished.try_recv().is_ok() {}
    world.clock.advance(11 * DAY);
    world.ask().await;
    assert_eq!(world.row().state, SubscriptionState::Wanted);
    assert_eq!(world.wished.try_recv().as_ref(), Ok(&world.source.id));
    assert!(wait(&world.poll().await, &world) < 2 * every);
}

#[tokio::test]
async fn a_hub_that_says_no_is_asked_again_a_day_later() {
    let mut world = World::live().await;
    let topic = world.origin.url("/feed");
    let denied = |topic: &str| format!("hub.mode=denied&hub.topic={topic}&hub.reason=over%20quota");
    assert_eq!(world.hear(&denied("https://other.example/")).await, Reply::NotFound);
    assert_eq!(world.hear(&denied(&topic)).await, Reply::Thanks);
    let row = world.row();
    assert_eq!((row.state, row.error.as_deref()), (SubscriptionState::Denied, Some("over quota")));
    assert!(world.wished.try_recv().is_ok(), "it is polled as usual");
    let body = feed(&world.origin, OFFER, &[("2", "After all")]);
    assert_eq!(world.told(&body).await, Reply::Gone);
    world.clock.advance(DAY);
    world.ask().await;
    assert_eq!(world.asked().len(), 2);
}

#[tokio::test]
async fn a_hub_that_moved_is_followed_and_one_that_fails_is_left_alone_for_a_while() {
    let world = World::new();
    world.origin.script("/hub", [Answer::status(307).header("Location", "/new")]);
    world.origin.script("/new", [Answer::status(308).header("Location", world.origin.url("/end"))]);
    world.origin.script("/end", [Answer::status(202)]);
    world.poll().await;
    world.ask().await;
    let seen = world.origin.requests_to("/end");
    assert_eq!((seen.len(), seen[0].method.as_str()), (1, "POST"));
    assert!(seen[0].text().contains("hub.secret="));
    assert_eq!(world.verify(HubMode::Subscribe, 60).await, Reply::Challenge("c".into()));

    for (answers, wait) in [
        (vec![Answer::status(500)], 300),
        (vec![Answer::status(503).header("Retry-After", "4000")], 4_000),
        (vec![Answer::status(404).body("no such topic")], 86_400),
        (vec![Answer::status(302).header("Location", "/new")], 300),
        (vec![Answer::status(307).header("Location", "/hub")], 300),
        (vec![Answer::status(307).header("Location", "http://169.254.169.254/")], 86_400),
        (vec![Answer::status(307)], 300),
    ] {
        let world = World::new();
        world.origin.script("/hub", answers.clone());
        world.poll().await;
        world.ask().await;
        let row = world.row();
        assert_eq!(row.due.since(world.cx.clock.now()).as_secs(), wait, "{answers:?} {row:?}");
        assert!(row.asked.is_none() && row.failures == 1 && row.error.is_some(), "{row:?}");
        assert!(world.origin.requests_to("/hub").len() <= 4);
    }
}

#[tokio::test]
async fn a_source_that_is_switched_off_leaves_its_hub() {
    let mut world = World::live().await;
    let mut settings = (*world.cx.settings).clone();
    settings.sources[0].off = Some("enough".into());
    world.cx.settings = Arc::new(settings);
    world.contexts.send_replace(world.cx.clone());
    world.ask().await;
    let asked = world.asked();
    assert_eq!(value(&asked[1], "hub.mode"), Some("unsubscribe"));
    assert_eq!(value(&asked[1], "hub.callback"), value(&asked[0], "hub.callback"));
    let body = feed(&world.origin, OFFER, &[("2", "Unwanted")]);
    assert_eq!(world.told(&body).await, Reply::Gone);
    assert_eq!(world.verify(HubMode::Subscribe, 60).await, Reply::NotFound);
    assert_eq!(world.verify(HubMode::Unsubscribe, 0).await, Reply::Challenge("c".into()));
    assert_eq!(world.rows().len(), 0);
    assert_eq!(world.titles(), ["First"]);
}

#[tokio::test]
async fn a_document_that_names_another_hub_three_times_is_believed() {
    let world = World::live().await;
    world.origin.script("/other", [Answer::status(202)]);
    let other = OFFER.replace("HUB", &world.origin.url("/other"));
    for n in 0..3 {
        assert_eq!(world.rows().len(), 1);
        let title = format!("Title {n}");
        world.origin.serve("/feed", feed(&world.origin, &other, &[("1", &title)]));
        world.poll().await;
    }
    let mut states: Vec<_> =
        world.rows().into_iter().map(|(_, row)| (row.state, row.hub)).collect();
    states.sort();
    assert_eq!(
        states,
        [
            (SubscriptionState::Wanted, world.origin.url("/other")),
            (SubscriptionState::Leaving, world.origin.url("/hub")),
        ]
    );
}

#[tokio::test]
async fn a_new_public_address_is_told_to_the_hub() {
    let mut world = World::live().await;
    let mut settings = (*world.cx.settings).clone();
    let public = "https://new.example.org".parse().unwrap();
    settings.websub = settings.websub.map(|websub| WebSub { public, ..websub });
    world.cx.settings = Arc::new(settings);
    world.ask().await;
    world.ask().await;
    let asked = world.asked();
    let new = asked.iter().find(|form| {
        value(form, "hub.callback").is_some_and(|to| to.starts_with("https://new.example.org/"))
    });
    assert_eq!(new.and_then(|form| value(form, "hub.mode")), Some("subscribe"), "{asked:?}");
    assert!(asked.iter().any(|form| value(form, "hub.mode") == Some("unsubscribe")));
    assert_eq!(world.rows().len(), 2);
}

#[tokio::test]
async fn the_keeper_asks_by_itself_and_stops_when_told() {
    let world = World::new();
    let stop = CancellationToken::new();
    let mut keeper = tokio::task::JoinSet::new();
    keeper.spawn(keep(world.contexts.subscribe(), world.wishes.clone(), stop.clone()));
    world.poll().await;
    let deadline = tokio::time::Instant::now() + testkit::PATIENCE;
    while world.asked().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "the hub is never asked");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    keeper.join_next().await.unwrap().unwrap().unwrap();
    assert!(Timestamp::CLOCK_FLOOR < world.row().since);
}

impl World {
    /// A new start with another configuration: nothing of the old process is there any more.
    async fn restarted(&mut self, change: impl Fn(&mut Settings)) {
        let mut settings = (*self.cx.settings).clone();
        change(&mut settings);
        if let Some(source) = settings.sources.first() {
            self.source = Arc::new(source.clone());
        }
        self.cx.settings = Arc::new(settings);
        self.contexts.send_replace(self.cx.clone());
        settle(&self.cx, self.cx.settings.websub.is_some()).await.unwrap();
        crate::reconcile(&self.cx.store, &self.cx.settings.sources, self.cx.clock.now())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_is_no_longer_wanted_after_a_restart_is_left() {
    for change in [
        |settings: &mut Settings| settings.sources[0].websub = false,
        |settings: &mut Settings| settings.sources[0].off = Some("enough".into()),
        |settings: &mut Settings| settings.sources.clear(),
    ] {
        let mut world = World::live().await;
        world.restarted(change).await;
        world.ask().await;
        let asked = world.asked();
        assert_eq!(value(&asked[1], "hub.mode"), Some("unsubscribe"), "{asked:?}");
        assert_eq!(world.verify(HubMode::Unsubscribe, 0).await, Reply::Challenge("c".into()));
        assert_eq!(world.rows().len(), 0);
    }
}

#[tokio::test]
async fn without_a_public_address_subscriptions_are_dropped_at_the_next_start_only() {
    let mut world = World::live().await;
    world.restarted(|settings| settings.websub = None).await;
    assert_eq!((world.rows().len(), world.asked().len()), (0, 1), "nobody could verify");
    assert!(!is_told(&world.cx, &world.source, world.cx.clock.now()).unwrap());
    // A reload of a daemon that hears its hubs leaves them in good order.
    let mut world = World::live().await;
    let settings = Settings { websub: None, ..(*world.cx.settings).clone() };
    world.cx.settings = Arc::new(settings);
    settle(&world.cx, true).await.unwrap();
    world.ask().await;
    assert_eq!(value(&world.asked()[1], "hub.mode"), Some("unsubscribe"));
}

#[tokio::test]
async fn a_hub_that_nobody_cared_for_is_found_without_a_change_of_the_document() {
    let off = |settings: &mut Settings| settings.websub = None;
    let out = |settings: &mut Settings| settings.sources[0].websub = false;
    for (name, change) in [("off", off as fn(&mut Settings)), ("out", out), ("away", off)] {
        let mut world = World::new();
        let wanted = Arc::clone(&world.cx.settings);
        let body = feed(&world.origin, OFFER, &[("1", "First")]);
        let whole = Answer::ok(body).header("ETag", "\"1\"");
        let answers = [whole.clone(), Answer::not_modified(), whole, Answer::not_modified()];
        world.origin.script("/feed", answers);
        world.restarted(change).await;
        world.poll().await;
        world.poll().await;
        let sent = |n: usize, world: &World| {
            let seen = &world.origin.requests_to("/feed")[n];
            seen.header("if-none-match").map(str::to_owned)
        };
        assert_eq!((world.rows().len(), sent(1, &world).as_deref()), (0, Some("\"1\"")), "{name}");
        if name == "away" {
            world
                .restarted(|settings| {
                    *settings = (*wanted).clone();
                    settings.sources[0].off = Some("later".into());
                })
                .await;
        }
        // Switched on: asked for the whole of it, once, and told as nothing new.
        world.restarted(|settings| *settings = (*wanted).clone()).await;
        let report = world.poll().await;
        assert_eq!((report.counts.new, report.counts.unchanged), (0, 1), "{name}");
        assert_eq!(sent(2, &world), None, "{name}");
        assert_eq!(world.row().state, SubscriptionState::Wanted, "{name}");
        // Another start asks for nothing more.
        world.restarted(|_| {}).await;
        world.poll().await;
        assert_eq!(sent(3, &world).as_deref(), Some("\"1\""), "{name}");
    }
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
