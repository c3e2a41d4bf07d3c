//! WebSub switched on and off between two starts.

use super::*;

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
