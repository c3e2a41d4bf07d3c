//! May an address be fetched? Decided before anything is sent, and again at every redirect.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{HttpUrl, InvalidUrl, one_line, truncated};
use url::Host;

use crate::address::refusal;

/// Why nothing is sent there (I11).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    #[error("{address} is {why}: not allowed by `fetch.allow`")]
    Address { address: IpAddr, why: &'static str },
    #[error("`{host}` is {why}: not allowed by `fetch.allow`")]
    Name { host: String, why: &'static str },
    /// The name exists, but every address of it was refused.
    #[error("`{host}` leads to {address}, {why}: not allowed by `fetch.allow`")]
    Resolved { host: String, address: IpAddr, why: &'static str },
    #[error("port {port} belongs to another service, not to the web")]
    Port { port: u16 },
}

/// Would a fetch of an address be allowed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub allowed: bool,
    pub reason: String,
}

/// Judges an address without the network: syntax, scheme, host and port. The addresses behind a
/// name are judged when it is resolved.
pub fn check_url(text: &str, allow: &[IpNet]) -> Verdict {
    let refused = |reason: String| Verdict { allowed: false, reason };
    let url: HttpUrl = match text.trim().parse() {
        Ok(url) => url,
        Err(InvalidUrl::Syntax { reason, .. }) => {
            let shown = one_line(&truncated(text, 80));
            return refused(format!("`{shown}` is not an address: {reason}"));
        }
        Err(error) => return refused(error.to_string()),
    };
    if let Err(blocked) = check(&url, allow) {
        return refused(blocked.to_string());
    }
    let mut reason = match url.as_url().host() {
        Some(Host::Domain(name)) => {
            format!("`{name}` is a public name; its addresses are judged when it is resolved")
        }
        _ if allow.is_empty() => format!("{} is a public address", url.host()),
        _ => format!("{} is public or in `fetch.allow`", url.host()),
    };
    if has_user(&url) {
        reason.push_str("; the user name in it is not sent");
    }
    Verdict { allowed: true, reason }
}

/// Refuses what no request may be sent to. Addresses that are written out never reach the
/// resolver, so this is the place where they are caught, in every spelling: `url` has normalised it.
pub(crate) fn check(url: &HttpUrl, allow: &[IpNet]) -> Result<(), Blocked> {
    let url = url.as_url();
    let address = |address| match refusal(address, allow) {
        Some(why) => Err(Blocked::Address { address, why }),
        None => Ok(()),
    };
    match url.host() {
        Some(Host::Ipv4(v4)) => address(IpAddr::V4(v4))?,
        Some(Host::Ipv6(v6)) => address(IpAddr::V6(v6))?,
        Some(Host::Domain(name)) => {
            if let Some(why) = local_name(name, allow) {
                return Err(Blocked::Name { host: name.into(), why });
            }
        }
        None => return Err(Blocked::Name { host: String::new(), why: "no host" }),
    }
    match url.port() {
        Some(port) if is_foreign_port(port) => Err(Blocked::Port { port }),
        _ => Ok(()),
    }
}

/// A user name or password stands in the address. It is dropped, not sent: addresses are shown in
/// logs, captures and digests, and a user name is the oldest disguise of a host.
pub(crate) fn has_user(url: &HttpUrl) -> bool {
    !url.as_url().username().is_empty() || url.as_url().password().is_some()
}

/// The address as it is sent: without user name, password and fragment.
pub(crate) fn bare(url: &HttpUrl) -> HttpUrl {
    if !has_user(url) && url.as_url().fragment().is_none() {
        return url.clone();
    }
    let mut bare = url.as_url().clone();
    bare.set_fragment(None);
    // Both only fail for addresses without a host, and this one has one.
    let stripped = bare.set_username("").and_then(|()| bare.set_password(None));
    debug_assert!(stripped.is_ok());
    HttpUrl::try_from(bare).expect("it was an address of the web and became shorter")
}

/// Zones whose names are never public (RFC 6761, 6762, 7686, 8375, and what ICANN set aside).
const LOCAL_ZONES: [&str; 13] = [
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "localdomain",
    "home.arpa",
    "svc",
    "onion",
    "invalid",
    "alt",
];

/// Services that give a name to any address, private ones included: for tests, never for sources.
const MIRROR_ZONES: [&str; 10] = [
    "nip.io",
    "sslip.io",
    "xip.io",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "rbndr.us",
    "1u.ms",
    "traefik.me",
];

/// Why a name is one of the local network. With networks in `allow` such names may be asked for:
/// the resolver still hands over only addresses of those networks.
fn local_name(name: &str, allow: &[IpNet]) -> Option<&'static str> {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let within = |zone: &str| {
        name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if within("localhost") || matches!(name.as_str(), "ip6-localhost" | "ip6-loopback") {
        let loopback: [IpAddr; 2] = [[127, 0, 0, 1].into(), [0, 0, 0, 0, 0, 0, 0, 1].into()];
        let open = allow.iter().any(|net| loopback.iter().any(|address| net.contains(address)));
        return if open { None } else { Some("a name of this machine") };
    }
    if name.is_empty() || name.split('.').any(str::is_empty) {
        return Some("not a name");
    }
    if !allow.is_empty() {
        return None;
    }
    if !name.contains('.') {
        return Some("a name without a domain, one of the local network");
    }
    if LOCAL_ZONES.into_iter().any(within) {
        return Some("a name of the local network");
    }
    MIRROR_ZONES.into_iter().any(within).then_some("a name that leads to any address one likes")
}

/// The "bad ports" of the Fetch standard: a request there could be read as an order by a mail
/// server or another text protocol.
fn is_foreign_port(port: u16) -> bool {
    matches!(port,
        0 | 1 | 7 | 9 | 11 | 13 | 15 | 17 | 19..=23 | 25 | 37 | 42 | 43 | 53 | 69 | 77 | 79 | 87
        | 95 | 101..=104 | 109..=111 | 113 | 115 | 117 | 119 | 123 | 135 | 137 | 139 | 143 | 161
        | 179 | 389 | 427 | 465 | 512..=515 | 526 | 530..=532 | 540 | 548 | 554 | 556 | 563 | 587
        | 601 | 636 | 989 | 990 | 993 | 995 | 1719 | 1720 | 1723 | 2049 | 3659 | 4045 | 4190
        | 5060 | 5061 | 6000 | 6566 | 6665..=6669 | 6679 | 6697 | 10080)
}
