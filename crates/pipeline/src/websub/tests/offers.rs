//! Who is asked to tell us, and what is confirmed.

use super::*;

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
