//! What holds for every question and every answer, whatever the address.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;

use axum::body::HttpBody;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use super::MAX_BODY_BYTES;
use crate::{Error, State};

/// The road on which a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Anyone who reaches the port, pages in a browser of this machine included: reads only.
    Tcp,
    /// Whoever may open the socket file: the user that the daemon runs as, and root.
    Socket,
}

/// Strangers wrote every title that is shown: nothing that is served may load, run, frame or send
/// anything.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

pub(super) async fn guard(
    Shared(state): Shared<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let transport = *request.extensions_mut().get_or_insert_with(|| Transport::Tcp);
    let mut response = match check(&request, transport, state.settings().listen.ip()) {
        Err(refused) => refused.into_response(),
        // A panic is a mistake in one answer; it must not end the connection unexplained.
        Ok(()) => match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(_) => Error::Internal("a handler panicked".into()).into_response(),
        },
    };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

fn check(request: &Request, transport: Transport, listen: IpAddr) -> Result<(), Error> {
    if request.body().size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(Error::Invalid(format!("a body has at most {MAX_BODY_BYTES} bytes")));
    }
    if transport == Transport::Socket {
        return Ok(());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Error::Refused("changes are taken over the socket only".into()));
    }
    let host = request.uri().host().or_else(|| {
        let value = request.headers().get(header::HOST)?.to_str().ok()?;
        Some(without_port(value))
    });
    // A name that someone else's DNS points at this machine must not become a way in.
    if host.is_some_and(|host| is_ours(host, listen)) {
        return Ok(());
    }
    Err(Error::Refused("this is not answered under that name: use localhost or the address".into()))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_ours(host: &str, listen: IpAddr) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse::<IpAddr>()
        .is_ok_and(|ip| ip.is_loopback() || (ip == listen && !listen.is_unspecified()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        let listen: IpAddr = "192.0.2.7".parse().unwrap();
        for ours in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:80", "[::1]", "192.0.2.7"]
        {
            assert!(is_ours(without_port(ours), listen), "{ours}");
        }
        for other in ["evil.example", "localhost.evil.example:80", "192.0.2.8", "", "0.0.0.0", "::"]
        {
            assert!(!is_ours(without_port(other), listen), "{other}");
            assert!(!is_ours(without_port(other), "0.0.0.0".parse().unwrap()), "{other}");
        }
    }
}
