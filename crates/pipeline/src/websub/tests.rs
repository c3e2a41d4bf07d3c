//! Subscriptions against a hub on loopback: what is asked, what is answered, what is stored.

mod life;
mod messages;
mod offers;
mod switched;

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
