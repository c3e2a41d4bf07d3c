//! An origin that knows one answer, so that it is not what is measured: the scripted one of the
//! testkit needs longer for a request than a client does.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const PATH: &str = "/feed.xml";
pub(crate) const ETAG: &str = "\"3f80f-1b6-3e1cb03b\"";
pub(crate) const LAST_MODIFIED: &str = "Sat, 21 Nov 2026 08:00:00 GMT";
const ANSWER: &[u8] = b"HTTP/1.1 304 Not Modified\r\nDate: Sun, 22 Nov 2026 08:00:00 GMT\r\n\
    Cache-Control: max-age=900\r\nETag: \"3f80f-1b6-3e1cb03b\"\r\n\r\n";

pub(crate) struct Origin {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    answered: AtomicUsize,
    unconditional: AtomicUsize,
}

impl Origin {
    /// Serves until the process ends.
    #[expect(clippy::disallowed_methods, reason = "a task ends with its connection")]
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        listener.set_nonblocking(true).expect("a fresh socket");
        let address = listener.local_addr().expect("a bound socket");
        let counts = Arc::new(Counts::default());
        let served = Arc::clone(&counts);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listening socket");
                while let Ok((socket, _)) = listener.accept().await {
                    tokio::spawn(converse(socket, Arc::clone(&served)));
                }
            });
        });
        Self { address, counts }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Requests with both validators, each answered by a 304.
    pub(crate) fn answered(&self) -> usize {
        self.counts.answered.load(Ordering::SeqCst)
    }

    /// Requests that lacked a validator; their connections were closed.
    pub(crate) fn unconditional(&self) -> usize {
        self.counts.unconditional.load(Ordering::SeqCst)
    }
}

/// A client sends nothing before it has its answer, so what a read ends with is the end of a head.
async fn converse(mut socket: TcpStream, counts: Arc<Counts>) {
    drop(socket.set_nodelay(true));
    let mut head = Vec::with_capacity(4096);
    while let Ok(1..) = socket.read_buf(&mut head).await {
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let has = |value: &str| head.windows(value.len()).any(|bytes| bytes == value.as_bytes());
        if !has(ETAG) || !has(LAST_MODIFIED) {
            counts.unconditional.fetch_add(1, Ordering::SeqCst);
            return;
        }
        head.clear();
        counts.answered.fetch_add(1, Ordering::SeqCst);
        if socket.write_all(ANSWER).await.is_err() {
            return;
        }
    }
}
