//! What the whole installation is told: folders, contact, limits. All defaults stand here.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;
use pipeline::{Heartbeat, WebSub};

use crate::Keep;
use crate::groups::Groups;
use crate::table::{Placed, Table, not_blank};
use crate::value::{
    contact, duration_within, retention, size_within, time_zone, warn_if_blocked, web_address_of,
};

/// The address that the shipped configuration has: nobody is reached there.
const EXAMPLE_CONTACT: &str = "https://example.org/monitoring";

/// What stands outside of all entries, with the defaults of what was left out.
pub(crate) struct Settings<'d> {
    /// As written; relative to the file.
    pub(crate) data: Option<Placed<'d, String>>,
    pub(crate) watchlists: Option<Placed<'d, String>>,
    /// `None`: missing or refused.
    pub(crate) contact: Option<String>,
    pub(crate) timezone: TimeZone,
    pub(crate) fetch: Fetch,
    pub(crate) store: Store,
    pub(crate) keep: Keep,
    pub(crate) listen: SocketAddr,
    pub(crate) heartbeat: Option<Heartbeat>,
    pub(crate) websub: Option<WebSub>,
    /// `contact` does not stand in any file.
    pub(crate) lacks_contact: bool,
}

/// `[fetch]`.
pub(crate) struct Fetch {
    pub(crate) parallel: usize,
    pub(crate) per_host: usize,
    pub(crate) spacing: Duration,
    pub(crate) connect: Duration,
    pub(crate) idle: Duration,
    pub(crate) total: Duration,
    pub(crate) max_feed_bytes: u64,
    pub(crate) max_list_bytes: u64,
    pub(crate) allow: Vec<IpNet>,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            parallel: 16,
            per_host: 1,
            spacing: Duration::from_secs(2),
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            total: Duration::from_secs(45),
            max_feed_bytes: 8 << 20,
            max_list_bytes: 512 << 20,
            allow: Vec::new(),
        }
    }
}

/// `[store]`.
pub(crate) struct Store {
    pub(crate) cache_bytes: u64,
    pub(crate) min_free_bytes: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self { cache_bytes: 32 << 20, min_free_bytes: 512 << 20 }
    }
}

impl Default for Keep {
    fn default() -> Self {
        Self { tagged: None, untagged: Some(Duration::from_secs(365 * 24 * 60 * 60)) }
    }
}

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

pub(crate) fn read<'d>(groups: &mut Groups<'d>) -> Settings<'d> {
    let lacks_contact = !groups.has_setting("contact");
    let fetch = groups.table("fetch").map(fetch).unwrap_or_default();
    let listen = groups.table("console").and_then(listen).unwrap_or(LISTEN);
    let websub = groups.table("websub");
    Settings {
        data: groups.text("data", not_blank),
        watchlists: groups.text("watchlists", not_blank),
        contact: groups.text("contact", contact).map(|placed| {
            if placed.value == EXAMPLE_CONTACT {
                let message = "`contact` is still the example: say where you can be reached";
                placed.here.warning(message);
            }
            placed.value
        }),
        timezone: groups.text("timezone", time_zone).map_or(TimeZone::UTC, |zone| zone.value),
        store: groups.table("store").map(store).unwrap_or_default(),
        keep: groups.table("keep").map(keep).unwrap_or_default(),
        listen,
        websub: websub.and_then(|table| crate::websub::read(table, listen, &fetch.allow)),
        heartbeat: groups.table("heartbeat").and_then(|table| heartbeat(table, &fetch.allow)),
        fetch,
        lacks_contact,
    }
}

fn fetch(mut table: Table<'_>) -> Fetch {
    let default = Fetch::default();
    let count = |number: Option<u64>, default: usize| {
        number.and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    };
    let parallel = count(table.count("parallel", 1..=1024), default.parallel);
    let per_host = count(table.count("per_host", 1..=8), default.per_host);
    let spacing = table.parsed("spacing", duration_within("0s", "10m"));
    let (mut connect, mut idle, mut total) = (default.connect, default.idle, default.total);
    if let Some(mut timeout) = table.table("timeout") {
        let limit = || duration_within("100ms", "10m");
        connect = timeout.parsed("connect", limit()).unwrap_or(connect);
        idle = timeout.parsed("idle", limit()).unwrap_or(idle);
        total = timeout.parsed("total", limit()).unwrap_or(total);
        if connect > total || idle > total {
            timeout.here.problem("`total` must not be shorter than `connect` and `idle`");
        }
        timeout.finish();
    }
    let mut max_feed_bytes = default.max_feed_bytes;
    let mut max_list_bytes = default.max_list_bytes;
    if let Some(mut max_body) = table.table("max_body") {
        let limit = || size_within("1 KiB", "4 GiB");
        max_feed_bytes = max_body.parsed("feed", limit()).unwrap_or(max_feed_bytes);
        // Read for their mistakes; these connectors come later.
        max_body.parsed("page", limit());
        max_list_bytes = max_body.parsed("list", limit()).unwrap_or(max_list_bytes);
        max_body.finish();
    }
    let allow = table.list("allow", network).into_iter().map(|network| {
        if network.value.prefix_len() == 0 {
            network.here.warning("`allow`: every address of this machine and its networks is open");
        }
        network.value
    });
    let allow = allow.collect();
    table.finish();
    let spacing = spacing.unwrap_or(default.spacing);
    Fetch {
        parallel,
        per_host,
        spacing,
        connect,
        idle,
        total,
        max_feed_bytes,
        max_list_bytes,
        allow,
    }
}

/// `10.20.0.0/16`, or one address.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let alone = |text: &str| text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>()
        .or_else(|_| alone(text))
        .map(|network| network.trunc())
        .map_err(|_| r#"is not a network, for example "10.20.0.0/16""#)
}

fn store(mut table: Table<'_>) -> Store {
    let default = Store::default();
    let cache = table.parsed("cache", size_within("1 MiB", "64 GiB"));
    let min_free = table.parsed("min_free", size_within("0 B", "1024 GiB"));
    table.finish();
    Store {
        cache_bytes: cache.unwrap_or(default.cache_bytes),
        min_free_bytes: min_free.unwrap_or(default.min_free_bytes),
    }
}

fn keep(mut table: Table<'_>) -> Keep {
    let default = Keep::default();
    let tagged = table.parsed("tagged", retention);
    let untagged = table.parsed("untagged", retention);
    table.finish();
    Keep {
        tagged: tagged.unwrap_or(default.tagged),
        untagged: untagged.unwrap_or(default.untagged),
    }
}

fn listen(mut table: Table<'_>) -> Option<SocketAddr> {
    let address = |text: &str| {
        text.parse::<SocketAddr>()
            .map_err(|_| r#"is not an address with a port, for example "127.0.0.1:8080""#)
    };
    let listen = table.placed("listen", address);
    table.finish();
    let listen = listen?;
    if !listen.value.ip().is_loopback() {
        listen.here.warning("`console.listen`: there is no sign-in: whoever reaches it reads it");
    }
    Some(listen.value)
}

fn heartbeat(mut table: Table<'_>, allow: &[IpNet]) -> Option<Heartbeat> {
    let url = web_address_of(&mut table, "url");
    let every = table.parsed("every", duration_within("10s", "1d"));
    table.finish();
    let url = url?;
    warn_if_blocked(&url, allow);
    Some(Heartbeat { url: url.value, every: every.unwrap_or(Duration::from_secs(300)) })
}
