//! A scripted HTTP server on loopback that records what it was asked.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::{PATIENCE, wire};

/// A request that an [`Origin`] received.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Seen {
    /// The value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// An HTTP/1.1 server on loopback, in a thread of its own; stopped when it is dropped. A path that
/// was not set answers 404.
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

#[derive(Default)]
struct State {
    routes: HashMap<String, Route>,
    seen: Vec<Seen>,
    /// Documents served so far: gives each its own modification date.
    versions: u64,
}

enum Route {
    Document { answer: Answer, etag: String, last_modified: String },
    Script { answers: Vec<Answer>, next: usize },
}

impl Origin {
    /// On a free port of 127.0.0.1.
    pub fn start() -> Self {
        Self::start_at("127.0.0.1")
    }

    /// On a free port of another loopback address, `127.0.0.2` for example: another host.
    pub fn start_at(host: &str) -> Self {
        let listener = std::net::TcpListener::bind((host, 0)).expect("a free loopback port");
        listener.set_nonblocking(true).expect("a fresh socket");
        let address = listener.local_addr().expect("a bound socket");
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || run(listener, &served, stopped));
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The absolute address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Serves a document with `ETag` and `Last-Modified`, and answers 304 to a request that carries
    /// them. Serving another body later changes both.
    pub fn serve(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.serve_as(path, "application/xml", body);
    }

    /// As [`Origin::serve`], with a content type.
    pub fn serve_as(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) {
        let body = body.into();
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let mut state = self.shared.state();
        state.versions += 1;
        let etag = format!("\"{:016x}\"", hasher.finish());
        // 2026-01-01 and a second more for each document.
        let modified = Duration::from_secs(1_767_225_600 + state.versions);
        let last_modified = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + modified);
        let answer = Answer::ok(body)
            .header("Content-Type", content_type)
            .header("ETag", &etag)
            .header("Last-Modified", &last_modified);
        state.routes.insert(path.into(), Route::Document { answer, etag, last_modified });
    }

    /// Gives these answers in their order; the last one again and again.
    pub fn script(&self, path: &str, answers: impl IntoIterator<Item = Answer>) {
        let answers: Vec<_> = answers.into_iter().collect();
        assert!(!answers.is_empty(), "a script has at least one answer");
        self.shared.state().routes.insert(path.into(), Route::Script { answers, next: 0 });
    }

    /// The path answers 404 again.
    pub fn remove(&self, path: &str) {
        self.shared.state().routes.remove(path);
    }

    /// Everything that was received so far, in order of arrival.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// What was received for one path.
    pub fn requests_to(&self, path: &str) -> Vec<Seen> {
        self.shared.state().seen.iter().filter(|seen| seen.path == path).cloned().collect()
    }

    /// Forgets what was received.
    pub fn forget(&self) {
        self.shared.state().seen.clear();
    }

    /// Waits until `count` requests have been received in all; panics with what came otherwise.
    /// Blocks the thread: not for a task of a single-threaded runtime that has to send them.
    pub fn wait_for_requests(&self, count: usize) -> Vec<Seen> {
        self.wait_for(count, |_| true)
    }

    /// Waits until `count` requests for `path` have been received.
    pub fn wait_for_requests_to(&self, path: &str, count: usize) -> Vec<Seen> {
        self.wait_for(count, |seen| seen.path == path)
    }

    fn wait_for(&self, count: usize, wanted: impl Fn(&Seen) -> bool) -> Vec<Seen> {
        let missing =
            |state: &mut State| state.seen.iter().filter(|seen| wanted(seen)).count() < count;
        let state = self.shared.state();
        let (state, _) = self
            .shared
            .arrived
            .wait_timeout_while(state, PATIENCE, missing)
            .expect("no thread panics with the lock");
        let came: Vec<_> = state.seen.iter().filter(|seen| wanted(seen)).cloned().collect();
        assert!(came.len() >= count, "{} of {count} requests came: {came:?}", came.len());
        came
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The most requests that were being answered at the same time.
    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight.load(Ordering::SeqCst)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // Dropping the sender is the sign to stop.
        drop(self.stop.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn run(listener: std::net::TcpListener, shared: &Arc<Shared>, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime of one thread");
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("a listening socket");
        let mut tasks = JoinSet::new();
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                _ = &mut stopped => return,
                Ok((socket, _)) = listener.accept() => {
                    shared.connections.fetch_add(1, Ordering::SeqCst);
                    tasks.spawn(converse(socket, Arc::clone(shared)));
                }
                Some(_) = tasks.join_next() => {}
            }
        }
    });
}

async fn converse(mut socket: TcpStream, shared: Arc<Shared>) {
    // Answers are small: waiting for more to send would only cost time.
    drop(socket.set_nodelay(true));
    let mut buffer = Vec::with_capacity(4096);
    while let Some(heard) = wire::hear(&mut socket, &mut buffer).await {
        let now = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let flight = Flight(&shared);
        let answer = shared.answer(heard);
        let said = wire::say(&mut socket, &answer).await;
        drop(flight);
        if !matches!(said, Ok(true)) {
            return;
        }
    }
}

/// Counts down when the answer is out, and also when the task is dropped before.
struct Flight<'a>(&'a Shared);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics with the lock")
    }

    /// Records the request and picks its answer.
    fn answer(&self, heard: wire::Heard) -> Answer {
        let wire::Heard { method, path, headers, body } = heard;
        let seen = Seen { method, path, headers, body, at: Instant::now() };
        let mut state = self.state();
        let bare = seen.path.split('?').next().unwrap_or_default();
        let known = if state.routes.contains_key(&seen.path) { seen.path.as_str() } else { bare };
        let answer = match state.routes.get_mut(known) {
            None => Answer::status(404).body("not here"),
            Some(Route::Script { answers, next }) => {
                let answer = answers[*next].clone();
                *next = (*next + 1).min(answers.len() - 1);
                answer
            }
            Some(Route::Document { answer, etag, last_modified }) => {
                let fresh = match seen.header("if-none-match") {
                    Some(tags) => tags.contains(etag.as_str()),
                    None => seen.header("if-modified-since") == Some(last_modified.as_str()),
                };
                if fresh { Answer::not_modified().header("ETag", etag) } else { answer.clone() }
            }
        };
        state.seen.push(seen);
        drop(state);
        self.arrived.notify_all();
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// Sends bytes on a connection of its own; returns what comes back until it is closed.
    fn send(origin: &Origin, request: &str) -> String {
        let mut socket = std::net::TcpStream::connect(origin.address()).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(origin: &Origin, path: &str, headers: &str) -> String {
        send(origin, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n"))
    }

    #[test]
    fn a_served_document_has_validators_that_it_honours() {
        let origin = Origin::start();
        origin.serve("/a", "one");
        let first = get(&origin, "/a?x=1", "");
        assert!(first.starts_with("HTTP/1.1 200 ") && first.ends_with("\r\n\r\none"), "{first}");
        let value = |name: &str| {
            let line = first.lines().find(|line| line.starts_with(name)).unwrap();
            line[name.len() + 2..].to_owned()
        };
        let (etag, date) = (value("ETag"), value("Last-Modified"));
        let fresh = |headers: &str| get(&origin, "/a", headers).starts_with("HTTP/1.1 304 ");
        assert!(fresh(&format!("If-None-Match: {etag}\r\n")));
        assert!(fresh(&format!("If-Modified-Since: {date}\r\n")));
        assert!(!fresh(&format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {date}\r\n")));
        origin.serve("/a", "two");
        assert!(!fresh(&format!("If-None-Match: {etag}\r\n")));
        assert!(!fresh(&format!("If-Modified-Since: {date}\r\n")));
        assert!(get(&origin, "/b", "").starts_with("HTTP/1.1 404 "));
        assert_eq!(origin.wait_for_requests_to("/a", 5).len(), 5);
    }

    #[test]
    fn a_script_is_played_once_and_its_last_answer_stays() {
        let origin = Origin::start();
        origin.script("/s", [Answer::status(500), Answer::redirect("/t"), Answer::ok("x")]);
        let statuses: Vec<_> = (0..4).map(|_| get(&origin, "/s", "")[9..12].to_owned()).collect();
        assert_eq!(statuses, ["500", "302", "200", "200"]);
    }

    #[test]
    fn one_connection_carries_several_requests_with_bodies() {
        let origin = Origin::start();
        let request = "POST /hook HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
        origin.script("/hook", [Answer::ok("taken")]);
        let answers = send(&origin, &request.repeat(3));
        assert_eq!(answers.matches("taken").count(), 3);
        assert!(origin.requests().iter().all(|seen| seen.text() == "body"));
        assert_eq!((origin.connections(), origin.most_in_flight()), (1, 1));
    }

    #[test]
    fn an_origin_ends_with_connections_still_open() {
        let origin = Origin::start();
        origin.script("/s", [Answer::silence()]);
        let mut socket = std::net::TcpStream::connect(origin.address()).unwrap();
        socket.write_all(b"GET /s HTTP/1.1\r\n\r\n").unwrap();
        origin.wait_for_requests(1);
        drop(origin);
        assert_eq!(socket.read(&mut [0; 8]).unwrap(), 0);
    }
}
