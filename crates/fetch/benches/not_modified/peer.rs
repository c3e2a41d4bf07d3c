//! Raw hyper: a request, its answer's status, nothing else. Once with the pool of connections that
//! belongs to it, as anyone would use it, and once on connections that are opened by hand and kept.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::origin::{ETAG, LAST_MODIFIED, Origin, PATH};
use crate::{Figures, IN_FLIGHT, USER_AGENT, Watch};

pub(crate) type Connection = SendRequest<Empty<Bytes>>;

#[expect(clippy::disallowed_methods, reason = "a driver ends with its connection")]
pub(crate) async fn connect(address: SocketAddr, count: usize) -> Vec<Connection> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let socket = TcpStream::connect(address).await.expect("the origin listens");
        socket.set_nodelay(true).expect("a fresh socket");
        let (sender, driver) = handshake(TokioIo::new(socket)).await.expect("a connection");
        tokio::spawn(driver);
        connections.push(sender);
    }
    connections
}

pub(crate) type Pool = Client<HttpConnector, Empty<Bytes>>;

pub(crate) fn pool() -> Pool {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Sends `each` requests in each of `IN_FLIGHT` tasks.
pub(crate) async fn pooled_round(pool: &Pool, origin: &Origin, each: usize) -> Figures {
    let (asked, before, address) = (each * IN_FLIGHT, origin.answered(), origin.address());
    let watch = Watch::start();
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let pool = pool.clone();
        tasks.spawn(async move {
            for _ in 0..each {
                let answer = pool.request(request(address)).await.expect("an answer");
                assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
                answer.into_body().collect().await.expect("nothing follows a 304");
            }
        });
    }
    tasks.join_all().await;
    let figures = watch.stop(asked);
    assert_eq!(origin.answered() - before, asked, "every request was answered by a 304");
    figures
}

/// Sends `each` requests over every connection, one after the other.
pub(crate) async fn round(
    connections: Vec<Connection>,
    origin: &Origin,
    each: usize,
) -> (Figures, Vec<Connection>) {
    let (asked, address) = (connections.len() * each, origin.address());
    let before = origin.answered();
    let watch = Watch::start();
    let mut tasks = JoinSet::new();
    for mut connection in connections {
        tasks.spawn(async move {
            for _ in 0..each {
                connection.ready().await.expect("the origin keeps the connection");
                let answer = connection.send_request(request(address)).await.expect("an answer");
                assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
                answer.into_body().collect().await.expect("nothing follows a 304");
            }
            connection
        });
    }
    let connections = tasks.join_all().await;
    let figures = watch.stop(asked);
    assert_eq!(origin.answered() - before, asked, "every request was answered by a 304");
    (figures, connections)
}

/// The headers that the product sends.
fn request(address: SocketAddr) -> Request<Empty<Bytes>> {
    Request::get(format!("http://{address}{PATH}"))
        .header(header::HOST, address.to_string())
        .header(header::ACCEPT, fetch::ACCEPT_FEED)
        .header(header::ACCEPT_ENCODING, "gzip, deflate, br")
        .header(header::IF_NONE_MATCH, ETAG)
        .header(header::IF_MODIFIED_SINCE, LAST_MODIFIED)
        .header(header::USER_AGENT, USER_AGENT)
        .body(Empty::new())
        .expect("a request of constants")
}
