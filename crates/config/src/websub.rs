//! `[websub]`: where hubs reach this installation. Without it nothing is subscribed to.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use pipeline::WebSub;

use crate::table::Table;
use crate::value::web_address_of;

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8081);
/// Callbacks are longer by the source and its secret part.
const PUBLIC_BYTES: usize = 1_024;

pub(crate) fn read(mut table: Table<'_>, console: SocketAddr, allow: &[IpNet]) -> Option<WebSub> {
    let public = web_address_of(&mut table, "public");
    let address = |text: &str| {
        text.parse::<SocketAddr>()
            .map_err(|_| r#"is not an address with a port, for example "127.0.0.1:8081""#)
    };
    let listen = table.placed("listen", address);
    table.finish();
    if let Some(listen) = &listen
        && listen.value == console
        && console.port() != 0
    {
        listen.here.problem("is the console's: the internet reaches this one, never that one");
    }
    let public = public?;
    let url = public.value.as_url();
    if url.query().is_some() || url.fragment().is_some() {
        public.here.problem("must be an address without `?` and `#`: callbacks are put behind it");
        return None;
    }
    if public.value.as_str().len() > PUBLIC_BYTES {
        public.here.problem(format!("is longer than {PUBLIC_BYTES} bytes"));
        return None;
    }
    if !fetch::check_url(public.value.as_str(), allow).allowed {
        public.here.warning("`websub.public`: no hub reaches this address");
    } else if url.scheme() == "http" {
        public.here.warning("`websub.public`: what hubs bring can be read on its way: use https");
    }
    let listen = listen.map_or(LISTEN, |listen| listen.value);
    Some(WebSub { public: public.value, listen })
}
