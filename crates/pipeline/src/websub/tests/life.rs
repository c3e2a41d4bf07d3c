//! Subscriptions over time: silent, denied, moved and left hubs.

use super::*;

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
