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
    names: Names,
}

/// Who knows the addresses of names: the system; in tests also a function in its place, so that a
/// name can change its mind between two questions.
type Names = Arc<dyn Fn(&str) -> std::io::Result<Vec<SocketAddr>> + Send + Sync>;

fn system(host: &str) -> std::io::Result<Vec<SocketAddr>> {
    (host, 0).to_socket_addrs().map(Iterator::collect)
}

/// No addresses in time.
#[derive(Debug, thiserror::Error)]
#[error("no address of `{0}` within {LOOKUP_TIMEOUT:?}")]
pub(crate) struct LookupTimeout(String);

impl Resolver {
    pub(crate) fn new(allow: &[IpNet]) -> Self {
        Self::over(allow, Arc::new(system))
    }

    pub(crate) fn over(allow: &[IpNet], names: Names) -> Self {
        Self { allow: allow.into(), places: Arc::new(Semaphore::new(MAX_LOOKUPS)), names }
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
        let names = Arc::clone(&self.names);
        let lookup = move || {
            let _place = place;
            names(&host)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::cause;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn only_addresses_that_may_be_reached_are_handed_over() {
        let found = addresses(&["10.0.0.1", "8.8.8.8", "::1", "2606:4700::1111", "64:ff9b::a00:1"]);
        let open = reachable("example.org", found, &[]).unwrap();
        assert_eq!(open, addresses(&["8.8.8.8", "2606:4700::1111"]));
    }

    #[test]
    fn a_name_without_such_an_address_says_why() {
        let found = addresses(&["169.254.169.254"]);
        let blocked = reachable("rebound.example.org", found, &[]).unwrap_err();
        assert_eq!(
            blocked.to_string(),
            "`rebound.example.org` leads to 169.254.169.254, a link-local address (cloud metadata \
             lives there): not allowed by `fetch.allow`"
        );
        assert!(reachable("empty.example.org", Vec::new(), &[]).is_err());
    }

    #[tokio::test]
    async fn the_filter_stands_behind_the_system_resolver() {
        let closed = Resolver::new(&[]).lookup("localhost").await.unwrap_err();
        assert!(cause::<Blocked>(closed.as_ref()).is_some(), "{closed}");
        let loopback = ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        assert!(!Resolver::new(&loopback).lookup("localhost").await.unwrap().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lookup_that_does_not_end_is_given_up() {
        let resolver = Resolver::new(&[]);
        let all = Arc::clone(&resolver.places);
        let taken = all.acquire_many(u32::try_from(MAX_LOOKUPS).unwrap()).await.unwrap();
        let error = resolver.lookup("example.org").await.unwrap_err();
        assert!(cause::<LookupTimeout>(error.as_ref()).is_some(), "{error}");
        drop(taken);
    }
}
