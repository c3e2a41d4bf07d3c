//! The router on its two roads: a TCP port, and the socket in the data folder.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::{Transport, socket};

/// Connections on one road; more wait in the kernel.
const CONNECTIONS: usize = 64;
/// From the first byte of a question, or of silence between two, to the end of its head.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// A connection lives no longer, whatever happens on it: it covers the longest action.
const LIFE: Duration = Duration::from_secs(20 * 60);
/// Bytes of a question's head.
const HEAD_BYTES: usize = 64 * 1024;
/// What answers under way get at the stop.
const GRACE: Duration = Duration::from_secs(4);
/// After a failed accept (no more files): long enough not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves `router` on `tcp`, which the caller has bound, and on the socket file `socket` (mode
/// 0600), until `stop`; answers under way then get four seconds. The socket file is removed at
/// the end.
///
/// # Errors
/// When the socket cannot be made: another daemon answers on it (`AddrInUse`), the folder is
/// missing or not writable.
pub async fn serve(
    router: Router,
    tcp: Option<TcpListener>,
    socket: PathBuf,
    stop: CancellationToken,
) -> io::Result<()> {
    let unix = bind(&socket)?;
    let mut roads = JoinSet::new();
    let on_socket = router.clone().layer(Extension(Transport::Socket));
    roads.spawn(accept(Listener::Unix(unix), on_socket, stop.clone()));
    if let Some(tcp) = tcp {
        let address = tcp.local_addr()?;
        if !address.ip().is_loopback() {
            warn!(
                console.address = %address,
                "the console answers reads to everyone who reaches {address}: there is no sign-in"
            );
        }
        info!(console.address = %address, "the console listens on http://{address}/");
        let on_tcp = router.layer(Extension(Transport::Tcp));
        roads.spawn(accept(Listener::Tcp(tcp), on_tcp, stop));
    }
    while let Some(ended) = roads.join_next().await {
        if let Err(failed) = ended {
            warn!(error = %failed, "a listener of the console ended: {failed}");
        }
    }
    if let Err(error) = fs::remove_file(&socket) {
        debug!(error = %error, "{} could not be removed: {error}", socket.display());
    }
    Ok(())
}

/// Serves another router on `tcp` alone, within the same limits, until `stop`: what the internet
/// may reach has a listener of its own.
pub async fn serve_apart(router: Router, tcp: TcpListener, stop: CancellationToken) {
    accept(Listener::Tcp(tcp), router, stop).await;
}

/// Makes the socket where only its owner reaches it, then moves it into place: there is no moment
/// in which others can open it, nor one in which a file of a dead daemon stands in the way.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let explain = |error: io::Error| {
        io::Error::new(error.kind(), format!("socket {}: {error}", path.display()))
    };
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            let reason = "something that is no socket stands there";
            return Err(explain(io::Error::new(io::ErrorKind::AlreadyExists, reason)));
        }
        Ok(_) if answers(path).map_err(explain)? => {
            let reason = "another daemon answers on it";
            return Err(explain(io::Error::new(io::ErrorKind::AddrInUse, reason)));
        }
        Ok(_) | Err(_) => {}
    }
    let (folder, _) = socket::parts(path).map_err(explain)?;
    let room = folder.join(format!(".s{}", std::process::id()));
    make_private(&room).map_err(explain)?;
    let bound = bind_in(&room, path).map_err(explain);
    if let Err(error) = fs::remove_dir_all(&room) {
        debug!(error = %error, "{} could not be removed: {error}", room.display());
    }
    bound
}

fn answers(path: &Path) -> io::Result<bool> {
    let (folder, name) = socket::parts(path)?;
    let there = socket::reachable(folder, name)?;
    Ok(std::os::unix::net::UnixStream::connect(&there.path).is_ok())
}

fn bind_in(room: &Path, path: &Path) -> io::Result<UnixListener> {
    let made = socket::reachable(room, Path::new("s"))?;
    let listener = UnixListener::bind(&made.path)?;
    fs::set_permissions(room.join("s"), Permissions::from_mode(0o600))?;
    fs::rename(room.join("s"), path)?;
    Ok(listener)
}

fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    fs::DirBuilder::new().mode(0o700).create(folder)
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Listener {
    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(listener) => Ok(Box::new(listener.accept().await?.0)),
            Self::Unix(listener) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

async fn accept(listener: Listener, router: Router, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = Arc::clone(&places).acquire_owned() => place.expect("never closed"),
        };
        // Those that have ended make room in the set.
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                let (router, stop) = (router.clone(), stop.clone());
                connections.spawn(async move {
                    converse(stream, router, stop).await;
                    drop(place);
                });
            }
            Err(error) => {
                warn!(error = %error, "the console could not accept a connection: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, ended).await.is_err() {
        warn!("answers of the console were cut off at the stop");
    }
}

async fn converse(stream: Box<dyn Stream>, router: Router, stop: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = sleep(LIFE) => return,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(error = %error, "a connection to the console broke: {error}");
    }
}
