//! The scripted hosts: every name leads to this one origin, which answers by address and keeps a
//! log of all that it is asked.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::format::{Answer, Special};
use super::time::Time;

/// The longest head of a request that is read.
const HEAD_BYTES: usize = 64 << 10;
/// A piece of an endless body.
const PIECE_BYTES: usize = 16 << 10;
/// A drip sends what it may send in so many seconds at once, at least a byte.
const DRIP_S: f64 = 0.25;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// One request, as the host saw it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) host: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Since the start.
    pub(crate) at: Duration,
    /// When its answer was sent, or the client had enough of it.
    pub(crate) ended: Option<Duration>,
    /// Bytes of the answer that were sent.
    pub(crate) sent: u64,
    pub(crate) status: u16,
}

impl Request {
    /// `host/path?query`.
    pub(crate) fn address(&self) -> String {
        format!("{}{}", self.host, self.target)
    }

    /// Whether both ask for the same.
    fn is_for(&self, other: &Self) -> bool {
        self.host == other.host && self.target == other.target
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }
}

/// What the hosts answer, by address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    pub(crate) answers: BTreeMap<String, Vec<Answer>>,
    pub(crate) bodies: BTreeMap<String, Vec<u8>>,
}

/// The origin, shared by all connections.
#[derive(Clone)]
pub(crate) struct Origin {
    script: Arc<Script>,
    log: Arc<Mutex<Vec<Request>>>,
    start: Instant,
    time: Time,
    /// Ends all connections that are open.
    plug: Arc<Mutex<CancellationToken>>,
    /// Told of every request.
    asked: Arc<Notify>,
}

impl Origin {
    pub(crate) fn new(script: Script, time: Time) -> Self {
        Self {
            script: Arc::new(script),
            log: Arc::default(),
            start: Instant::now(),
            time,
            plug: Arc::default(),
            asked: Arc::default(),
        }
    }

    fn plug(&self) -> MutexGuard<'_, CancellationToken> {
        self.plug.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts every connection, as a cable does that is pulled.
    pub(crate) fn cut(&self) {
        std::mem::take(&mut *self.plug()).cancel();
        self.time.note();
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Request>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns at the next request.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Requests for `host/path` so far.
    pub(crate) fn count(&self, address: &str) -> usize {
        let (host, target) = address.split_at(address.find('/').unwrap_or(address.len()));
        let log = self.log();
        log.iter().filter(|request| request.host == host && request.target == target).count()
    }

    pub(crate) async fn serve(self, listener: UnixListener) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = listener.accept().await;
            self.time.note();
            if let Ok((stream, _)) = accepted {
                connections.spawn(self.clone().connection(stream));
            }
            while connections.try_join_next().is_some() {}
        }
    }

    async fn connection(self, stream: UnixStream) {
        let plug = self.plug().clone();
        plug.run_until_cancelled(self.exchange(stream)).await;
    }

    async fn exchange(self, stream: UnixStream) {
        let (mut read, mut write) = stream.into_split();
        let mut buffer = Vec::new();
        while let Some(head) = self.head(&mut read, &mut buffer).await {
            let Some((number, answer)) = self.take(&head) else { return };
            let stays = self.answer(number, &answer, &mut read, &mut write).await;
            self.log()[number].ended.get_or_insert(self.start.elapsed());
            if !stays {
                return;
            }
        }
    }

    /// The next head; `None` when there is none.
    async fn head(&self, read: &mut OwnedReadHalf, buffer: &mut Vec<u8>) -> Option<String> {
        loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
                buffer.drain(..end + 4);
                return Some(head);
            }
            let mut piece = [0; 4096];
            let length = read.read(&mut piece).await;
            self.time.note();
            let length = length.ok().filter(|length| *length > 0)?;
            buffer.extend_from_slice(&piece[..length]);
            if buffer.len() > HEAD_BYTES {
                return None;
            }
        }
    }

    /// Writes the request down and finds its answer.
    fn take(&self, head: &str) -> Option<(usize, Answer)> {
        let mut lines = head.split("\r\n");
        let target = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = host.map(|(_, value)| value.clone()).unwrap_or_default();
        let at = self.start.elapsed();
        let mut request = Request { host, target, headers, at, ended: None, sent: 0, status: 404 };
        let address = request.address();
        let mut log = self.log();
        let before = log.iter().filter(|known| known.is_for(&request)).count();
        let answers = self.script.answers.get(&address);
        let answer = answers
            .and_then(|answers| nth(answers, before))
            .unwrap_or_else(|| Answer { status: Some(404), ..Answer::default() });
        request.status = answer.status.unwrap_or(200);
        log.push(request);
        self.asked.notify_one();
        Some((log.len() - 1, answer))
    }

    /// Sends an answer. Whether the connection stays open.
    async fn answer(
        &self,
        number: usize,
        answer: &Answer,
        read: &mut OwnedReadHalf,
        write: &mut OwnedWriteHalf,
    ) -> bool {
        let mut body = match &answer.body {
            Some(name) => match self.script.bodies.get(name) {
                Some(body) => body.clone(),
                None => name.clone().into_bytes(),
            },
            None => Vec::new(),
        };
        if answer.header("content-encoding").is_some_and(|it| it.eq_ignore_ascii_case("gzip"))
            && !body.starts_with(&GZIP)
        {
            body = gzip(&body);
        }
        let misbehaves = async {
            match answer.special {
                Some(Special::StallHeaders) => std::future::pending::<()>().await,
                Some(Special::HangUp) => {}
                Some(Special::Drip(bytes_per_s)) => {
                    let head = head_of(answer, None, false);
                    self.write(number, write, &head).await?;
                    // A fast one in pieces, or time would go by in the smallest of steps.
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let piece = (bytes_per_s * DRIP_S).clamp(1.0, 16_384.0) as usize;
                    #[expect(clippy::cast_precision_loss, reason = "some kilobytes")]
                    let pause = Duration::from_secs_f64((piece as f64 / bytes_per_s).min(1e9));
                    let mut bytes = body.iter().chain(std::iter::repeat(&b' '));
                    loop {
                        let piece: Vec<u8> = bytes.by_ref().take(piece).copied().collect();
                        self.write(number, write, &piece).await?;
                        sleep(pause).await;
                    }
                }
                Some(Special::EndlessChunks) => {
                    self.write(number, write, &head_of(answer, None, true)).await?;
                    let mut piece = format!("{PIECE_BYTES:x}\r\n").into_bytes();
                    piece.resize(piece.len() + PIECE_BYTES, b' ');
                    piece.extend(b"\r\n");
                    loop {
                        self.write(number, write, &piece).await?;
                    }
                }
                Some(Special::ShortBody(length)) => {
                    let length = length.unwrap_or(body.len() as u64 + 1_000);
                    self.write(number, write, &head_of(answer, Some(length), false)).await?;
                    self.write(number, write, &body).await?;
                }
                None => {
                    let empty = matches!(answer.status, Some(100..=199 | 204 | 304));
                    let length = (!empty).then_some(body.len() as u64);
                    let mut whole = head_of(answer, length, false);
                    if !empty {
                        whole.extend(&body);
                    }
                    self.write(number, write, &whole).await?;
                    return Some(true);
                }
            }
            Some(false)
        };
        if answer.special.is_none() {
            return misbehaves.await.unwrap_or(false);
        }
        tokio::select! {
            stays = misbehaves => stays.unwrap_or(false),
            // The client has had enough.
            () = self.gone(read) => false,
        }
    }

    async fn gone(&self, read: &mut OwnedReadHalf) {
        let mut piece = [0; 64];
        while read.read(&mut piece).await.is_ok_and(|length| length > 0) {
            self.time.note();
        }
        self.time.note();
    }

    async fn write(&self, number: usize, to: &mut OwnedWriteHalf, bytes: &[u8]) -> Option<()> {
        let written = to.write_all(bytes).await;
        self.time.note();
        written.ok()?;
        self.log()[number].sent += bytes.len() as u64;
        Some(())
    }
}

/// The answer that is given after `before` others; the last one repeats.
fn nth(answers: &[Answer], before: usize) -> Option<Answer> {
    let mut left = before as u64;
    for answer in answers {
        let times = answer.times.unwrap_or(1);
        if left < times {
            return Some(answer.clone());
        }
        left -= times;
    }
    answers.last().cloned()
}

/// The head of an answer; without a length it ends with the connection or with its last chunk.
fn head_of(answer: &Answer, length: Option<u64>, chunked: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", answer.status.unwrap_or(200));
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if chunked {
        head.push_str("Transfer-Encoding: chunked\r\n");
    } else if let Some(length) = length.filter(|_| answer.header("content-length").is_none()) {
        head.push_str(&format!("Content-Length: {length}\r\n"));
    } else if answer.special.is_some() {
        head.push_str("Connection: close\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}
