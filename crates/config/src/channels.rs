//! `[channel.ID]`: the roads to people.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use ipnet::IpNet;
use model::ChannelId;
use pipeline::{Channel, ChannelKind, EmailSettings, SmtpTls};

use crate::groups::{Entry, Groups};
use crate::secret::secret;
use crate::sources::checked_id;
use crate::table::{Placed, Table};
use crate::value::{mail_address, one_of, warn_if_blocked, web_address_of};

const KINDS: [&str; 3] = ["file", "webhook", "email"];
const TLS: [(&str, SmtpTls); 3] =
    [("starttls", SmtpTls::StartTls), ("tls", SmtpTls::Tls), ("none", SmtpTls::Plain)];
const MAX_ADDRESSEES: usize = 50;

/// Reads every channel, in the order of ids.
pub(crate) fn read(groups: &mut Groups<'_>, allow: &[IpNet]) -> Vec<Channel> {
    let mut files = BTreeMap::new();
    let mut channels = Vec::new();
    for Entry { id, mut table } in groups.take("channel") {
        let place = table.here.clone();
        let channel_id = checked_id::<ChannelId>(&place, "channel", &id);
        let used_by = format!("channel `{id}`");
        let present: Vec<_> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
        let file = table.table("file").map(file);
        let webhook = table.table("webhook").map(|table| webhook(table, &used_by, allow));
        let email = table.table("email").map(|table| email(table, &used_by));
        table.finish();
        if present.is_empty() {
            if !place.cx.document.is_broken_after(place.start()) {
                place.bare_problem(
                    "a channel has one of `file`, `webhook` and `email`: none is here",
                );
            }
        } else if let [first, second, ..] = present.as_slice() {
            place.bare_problem(format!(
                "a channel has one of `file`, `webhook` and `email`: `{first}` and `{second}` are here"
            ));
        }
        let file = file.flatten().map(|path| {
            if let Some(first) = files.insert(path.value.clone(), id.clone()) {
                path.here.problem(format!("is the file of channel `{first}` already"));
            }
            ChannelKind::File { path: path.value }
        });
        let kind = file.or(webhook.flatten()).or(email.flatten());
        channels.extend(channel_id.zip(kind).map(|(id, kind)| Channel { id, kind }));
    }
    channels
}

fn file(mut table: Table<'_>) -> Option<Placed<'_, PathBuf>> {
    let path = table.required("path", "\"alerts.jsonl\"", inside_data);
    table.finish();
    path
}

/// What the store and the daemon keep at the top of the data folder.
const TAKEN: [&str; 13] = [
    "blobs",
    "conf",
    "current",
    "current.tmp",
    "db",
    "digests",
    "export",
    "export.tmp",
    "journal",
    "lock",
    "quarantine",
    "snapshots",
    "stackwatch.sock",
];

/// A path that cannot leave the data folder, nor meet what else is kept there.
fn inside_data(text: &str) -> Result<PathBuf, &'static str> {
    if text.trim().is_empty() || text.ends_with('/') || text.chars().any(char::is_control) {
        return Err("is not the name of a file");
    }
    let mut path = PathBuf::new();
    for part in Path::new(text).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return Err("must stay inside the data folder: no absolute path, no `..`"),
        }
    }
    let first = path.components().next().map(|part| part.as_os_str().to_string_lossy());
    let first = first.unwrap_or_default().to_ascii_lowercase();
    if TAKEN.contains(&first.as_str()) || first.starts_with("store-") {
        return Err("is a name that the store uses");
    }
    if path.as_os_str().is_empty() { Err("is not the name of a file") } else { Ok(path) }
}

fn webhook(mut table: Table<'_>, used_by: &str, allow: &[IpNet]) -> Option<ChannelKind> {
    let url = web_address_of(&mut table, "url");
    let key = table.text("secret").and_then(|text| secret(text, used_by));
    table.finish();
    let url = url?;
    warn_if_blocked(&url, allow);
    Some(ChannelKind::Webhook { url: url.value, secret: key })
}

fn email(mut table: Table<'_>, used_by: &str) -> Option<ChannelKind> {
    let place = table.here.clone();
    let has_to = table.has("to");
    let to = table.list("to", mail_address);
    if !has_to {
        table.missing("to", "[\"desk@example.org\"]");
    } else if to.len() > MAX_ADDRESSEES {
        to[MAX_ADDRESSEES].here.problem(format!("at most {MAX_ADDRESSEES} addresses"));
    }
    let from = table.required("from", "\"stackwatch@example.org\"", mail_address);
    let server = table.required("server", "\"mail.example.org:587\"", server);
    let tls = table.parsed("tls", one_of(&TLS)).unwrap_or(SmtpTls::StartTls);
    let user = table.placed("user", crate::table::not_blank);
    let has_password = table.has("password");
    let password = table.text("password").and_then(|text| secret(text, used_by));
    table.finish();
    match (&user, has_password) {
        (Some(user), false) => user.here.problem("needs a `password` beside it"),
        (None, true) => place.bare_problem("`email.password` needs a `user` beside it"),
        _ => {}
    }
    let to: Vec<_> = to.into_iter().map(|address| address.value).collect();
    if has_to && to.is_empty() {
        return None;
    }
    let (host, port) = server?.value;
    if tls == SmtpTls::Plain && has_password && !is_this_machine(&host) {
        place.warning("`email.tls` is \"none\": the password crosses the network in the clear");
    }
    let user = user.map(|user| user.value);
    let from = from?.value;
    Some(ChannelKind::Email(EmailSettings { to, from, host, port, tls, user, password }))
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|host| host.is_loopback())
}

/// `host:port`; an IPv6 address stands in brackets.
fn server(text: &str) -> Result<(String, u16), String> {
    let example = r#"for example "mail.example.org:587""#;
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        _ => return Err(format!("needs a port, {example}")),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':');
    let port = port.parse().ok().filter(|port| *port > 0);
    match port {
        Some(port) if !host.is_empty() && host.bytes().all(fits) => Ok((host.to_owned(), port)),
        Some(_) => Err(format!("is not a server, {example}")),
        None => Err(format!("has no port that can be used, {example}")),
    }
}
