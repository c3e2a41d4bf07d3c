//! Raw hyper: connections that are opened once, a request, its answer's status, nothing else.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::origin::{ETAG, LAST_MODIFIED, Origin, PATH};
use crate::{Figures, USER_AGENT, Watch};

pub(crate) type Connection = SendRequest<Empty<Bytes>>;

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

/// Sends `each` requests over every connection, one after the other.
pub(crate) async fn round(
    connections: Vec<Connection>,
    origin: &Origin,
    each: usize,
) -> (Figures, Vec<Connection>) {
    let (asked, address) = (connections.len() * each, origin.address());
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
    (watch.stop(asked), connections)
}

/// The headers that the product sends.
fn request(address: SocketAddr) -> Request<Empty<Bytes>> {
    Request::get(PATH)
        .header(header::HOST, address.to_string())
        .header(header::ACCEPT, fetch::ACCEPT_FEED)
        .header(header::ACCEPT_ENCODING, "gzip, deflate, br")
        .header(header::IF_NONE_MATCH, ETAG)
        .header(header::IF_MODIFIED_SINCE, LAST_MODIFIED)
        .header(header::USER_AGENT, USER_AGENT)
        .body(Empty::new())
        .expect("a request of constants")
}
