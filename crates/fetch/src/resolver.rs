//! Names to addresses, without those that may not be reached.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::address::refusal;
use crate::check::Blocked;
use crate::error::BoxError;

/// Longest time for a name's addresses.
pub(crate) const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// Lookups at the same time. The system's resolver cannot be interrupted, so each may hold a thread
/// for longer than [`LOOKUP_TIMEOUT`]; its place is given back only when the thread is done.
const MAX_LOOKUPS: usize = 16;

/// The system's resolver (name service switch, hosts file, search domains), filtered.
#[derive(Clone)]
pub(crate) struct Resolver {
    allow: Arc<[IpNet]>,
    places: Arc<Semaphore>,
}

/// No addresses in time.
#[derive(Debug, thiserror::Error)]
#[error("no address of `{0}` within {LOOKUP_TIMEOUT:?}")]
pub(crate) struct LookupTimeout(String);

impl Resolver {
    pub(crate) fn new(allow: &[IpNet]) -> Self {
        Self { allow: allow.into(), places: Arc::new(Semaphore::new(MAX_LOOKUPS)) }
    }

    /// The addresses of `host` that may be reached, at least one.
    pub(crate) async fn lookup(&self, host: &str) -> Result<Vec<SocketAddr>, BoxError> {
        let found = tokio::time::timeout(LOOKUP_TIMEOUT, self.ask(host.to_owned()))
            .await
            .map_err(|_| LookupTimeout(host.into()))??;
        Ok(reachable(host, found, &self.allow)?)
    }

    async fn ask(&self, host: String) -> std::io::Result<Vec<SocketAddr>> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let lookup = move || {
            let _place = place;
            (host.as_str(), 0).to_socket_addrs().map(Iterator::collect)
        };
        tokio::task::spawn_blocking(lookup).await?
    }
}

/// Drops every address that may not be reached; none left is an error that says why.
fn reachable(
    host: &str,
    found: Vec<SocketAddr>,
    allow: &[IpNet],
) -> Result<Vec<SocketAddr>, Blocked> {
    let mut blocked = Blocked::Name { host: host.into(), why: "a name without addresses" };
    let mut open = Vec::new();
    for address in found {
        match refusal(address.ip(), allow) {
            None => open.push(address),
            Some(why) => {
                blocked = Blocked::Resolved { host: host.into(), address: address.ip(), why };
            }
        }
    }
    if open.is_empty() { Err(blocked) } else { Ok(open) }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.lookup(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
