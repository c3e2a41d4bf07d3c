//! A store with things in it, and a console over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use console::{
    Actions, Answer, Client, DigestQuery, Document, Error, QuarantineRetry, RetagQuery, RetryQuery,
    Settings, SourceInfo, State,
};
use model::{
    Alert, AlertId, AlertRuleId, ChannelId, Facet, Field, Item, ItemId, Kind, SourceId, Span,
    StoryId, Tag, Timestamp,
};
use serde_json::{Value, json};
use store::{Commit, Store};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// 2026-03-01T12:00:00Z, and minutes after it.
pub(crate) fn minute(minutes: u64) -> Timestamp {
    let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    noon.after(Duration::from_secs(60 * minutes))
}

pub(crate) fn now() -> Timestamp {
    minute(600)
}

pub(crate) fn source(id: &str) -> SourceId {
    id.parse().unwrap()
}

pub(crate) fn channel(id: &str) -> ChannelId {
    id.parse().unwrap()
}

pub(crate) fn info(id: &str, off: Option<&str>) -> SourceInfo {
    SourceInfo {
        id: source(id),
        name: format!("The {id}").into(),
        url: format!("https://{id}.example/feed").parse().unwrap(),
        connector: "feed",
        every: Duration::from_secs(900),
        category: Some("local-news".into()),
        country: Some("RS".into()),
        lang: None,
        off: off.map(Into::into),
        robots_ignored: None,
        terms: None,
        licence: None,
    }
}

pub(crate) fn settings(folder: &Path) -> Settings {
    Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        socket: folder.join("stackwatch.sock"),
        sources: vec![info("danas", None), info("novosti", Some("blocks unknown agents"))],
    }
}

pub(crate) fn tag(facet: Facet, id: &str) -> Tag {
    Tag {
        facet,
        id: id.into(),
        rule: format!("{id}/name"),
        version: "0a1b2c3d".into(),
        confidence: 1.0,
        spans: vec![Span { field: Field::Title, start: 0, end: 3, text: "abc".into() }],
    }
}

pub(crate) fn item(from: &str, key: &str, fetched: Timestamp, tags: Vec<Tag>) -> Item {
    let source = source(from);
    let id = ItemId::derive(&source, "guid", key);
    Item {
        id,
        kind: Kind::Article,
        source,
        key: key.into(),
        url: None,
        title: Some(format!("Title of {key}")),
        summary: None,
        lang: None,
        authors: Vec::new(),
        published: None,
        updated: None,
        fetched,
        revision: 0,
        story: StoryId::of(id),
        capture: None,
        tags,
        content: [0; 16],
        envelope: [0; 16],
        restless: 0,
        aliases: 1,
        baseline: false,
        text_bytes: 0,
    }
}

pub(crate) fn alert(rule: &str, about: &Item, at: Timestamp) -> Alert {
    let rule: AlertRuleId = rule.parse().unwrap();
    Alert {
        id: AlertId::derive(&rule, about.story, "new"),
        label: "New mention".into(),
        rule,
        at,
        held: None,
        story: about.story,
        item: about.id,
        revision: about.revision,
        source: about.source.clone(),
        source_name: "Danas".into(),
        title: about.title.clone(),
        summary: about.summary.clone(),
        url: about.url.clone(),
        published: about.published,
        tags: about.tags.clone(),
        further: Vec::new(),
        to: vec![channel("log")],
    }
}

pub(crate) fn stored(fill: impl FnOnce(&mut Commit)) -> Store {
    let store = Store::in_memory();
    add(&store, fill);
    store
}

pub(crate) fn add(store: &Store, fill: impl FnOnce(&mut Commit)) {
    let mut commit = Commit::default();
    fill(&mut commit);
    store.commit_blocking(commit).unwrap();
}

/// A daemon that writes down what it was asked.
#[derive(Default)]
pub(crate) struct Asked(pub(crate) Mutex<Vec<String>>);

impl Asked {
    fn note(&self, what: String) -> Answer<Value> {
        self.0.lock().unwrap().push(what.clone());
        Box::pin(async move { Ok(json!({ "asked": what })) })
    }
}

impl Actions for Asked {
    fn retry_deliveries(&self, which: RetryQuery) -> Answer<Value> {
        self.note(format!("retry {:?}", which.channel))
    }
    fn test_channel(&self, channel: ChannelId) -> Answer<Value> {
        if channel.as_str() == "dead" {
            return Box::pin(async { Err(Error::Failed("the server said 535".into())) });
        }
        self.note(format!("test {channel}"))
    }
    fn digest(&self, which: DigestQuery) -> Answer<Document> {
        self.0.lock().unwrap().push(format!("digest {which:?}"));
        let body = which.name.unwrap_or_default().into_bytes();
        Box::pin(async move { Ok(Document { content_type: "text/markdown; charset=utf-8", body }) })
    }
    fn import_file(&self, source: model::SourceId, path: String) -> Answer<Value> {
        self.note(format!("import {path} into {source}"))
    }
    fn accept_list(&self, source: model::SourceId) -> Answer<Value> {
        self.note(format!("accept {source}"))
    }
    fn vendors(&self) -> Answer<Vec<console::query::Vendor>> {
        Box::pin(async { Ok(vec![huawei()]) })
    }
    fn vendor(&self, id: String) -> Answer<console::query::Vendor> {
        let label = id.to_uppercase();
        Box::pin(async move { Ok(console::query::Vendor { id, label, usual_layers: vec![] }) })
    }
    fn retag(&self, which: RetagQuery) -> Answer<Value> {
        self.note(format!("retag {}", if which.dry_run { "dry" } else { "wet" }))
    }
    fn retry_quarantine(&self, which: QuarantineRetry) -> Answer<Value> {
        self.note(format!("quarantine {:?} {:?}", which.id, which.source))
    }
    fn store_stats(&self) -> Answer<Value> {
        self.note("stats".into())
    }
    fn verify_store(&self) -> Answer<Value> {
        Box::pin(async { panic!("a mistake in the daemon") })
    }
    fn export_store(&self) -> Answer<Value> {
        self.note("export".into())
    }
}

/// A vendor that usually builds networks.
pub(crate) fn huawei() -> console::query::Vendor {
    let usual_layers = vec!["network".into()];
    console::query::Vendor { id: "huawei".into(), label: "Huawei".into(), usual_layers }
}

/// A console that listens on a port and on a socket.
pub(crate) struct Running {
    pub(crate) folder: TempDir,
    pub(crate) state: State,
    pub(crate) asked: Arc<Asked>,
    pub(crate) port: u16,
    stop: CancellationToken,
    tasks: JoinSet<std::io::Result<()>>,
}

impl Running {
    /// One that has not opened its store yet.
    pub(crate) async fn starting() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = State::new(settings(folder.path()), Arc::new(now));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let socket = folder.path().join("stackwatch.sock");
        let router = console::router(state.clone());
        tasks.spawn(console::serve(router, Some(listener), socket, stop.clone()));
        let running = Self { folder, state, asked: Arc::default(), port, stop, tasks };
        // Serving begins when the task is polled first.
        let up = async {
            while Client::connect(&running.socket()).await.unwrap().is_none() {
                tokio::task::yield_now().await;
            }
        };
        timeout(DEADLINE, up).await.unwrap();
        running
    }

    pub(crate) async fn over(store: Store) -> Self {
        let running = Self::starting().await;
        running.state.open(store, running.asked.clone());
        running
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("stackwatch.sock")
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&self.socket()).await.unwrap().expect("a daemon answers")
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.tcp("GET", path, "localhost", "").await
    }

    pub(crate) async fn tcp(&self, method: &str, path: &str, host: &str, more: &str) -> Reply {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        exchange(stream, method, path, host, more).await
    }

    pub(crate) async fn unix(&self, method: &str, path: &str, more: &str) -> Reply {
        let stream = UnixStream::connect(self.socket()).await.unwrap();
        exchange(stream, method, path, "anything", more).await
    }

    /// Asks it to stop, and says how it ended.
    pub(crate) async fn stopped(mut self) -> TempDir {
        self.stop.cancel();
        let ended = timeout(DEADLINE, self.tasks.join_next()).await.unwrap();
        ended.unwrap().unwrap().unwrap();
        self.folder
    }
}

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }
}

async fn exchange(
    mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin,
    method: &str,
    path: &str,
    host: &str,
    more: &str,
) -> Reply {
    let question =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Reply { status, headers, body: bytes[end + 4..].to_vec() }
}
