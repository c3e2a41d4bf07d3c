//! `doctor`: can this installation run.

use std::net::ToSocketAddrs as _;
use std::path::Path;
use std::time::Duration;

use model::Timestamp;
use pipeline::{ChannelKind, Clock as _, SystemClock};
use serde::Serialize;

use crate::cli::Cli;
use crate::exit::{Failure, Outcome};
use crate::installation::Installation;
use crate::output;
use crate::reach::{daemon, open};

/// How long a look outside may take.
const LOOK: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Grade {
    Fine,
    /// The daemon runs, but something is missing.
    Warning,
    Problem,
}

#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    grade: Grade,
    says: String,
}

fn finding(what: &str, grade: Grade, says: impl Into<String>) -> Finding {
    Finding { what: what.into(), grade, says: says.into() }
}

/// Looks at everything that the daemon needs; 1 when something would keep it from its work.
pub(crate) async fn doctor(cli: &Cli, as_json: bool) -> Outcome {
    let at = Installation::load(cli)?;
    let mut findings = vec![configuration(&at), clock(SystemClock.now())];
    findings.extend(told(&at));
    findings.extend(folder(&at));
    findings.push(store(&at).await);
    findings.push(port(&at).await);
    findings.push(trust());
    findings.push(names(&at).await);
    findings.extend(channels(&at).await);
    if as_json {
        output::json_lines(&findings)?;
    } else {
        for Finding { what, grade, says } in &findings {
            let mark = match grade {
                Grade::Fine => "fine   ",
                Grade::Warning => "warning",
                Grade::Problem => "PROBLEM",
            };
            output::line(&format!("{mark}  {what:<14} {}", model::one_line(says)))?;
        }
    }
    let problems = findings.iter().filter(|finding| finding.grade == Grade::Problem).count();
    match problems {
        0 => Ok(()),
        1 => Err(Failure::found(crate::because!("1 problem"))),
        many => Err(Failure::found(crate::because!("{many} problems"))),
    }
}

fn configuration(at: &Installation) -> Finding {
    let sources = &at.config.pipeline.sources;
    let on = sources.iter().filter(|source| source.off.is_none()).count();
    let says = format!("{}: {on} of {} sources on", at.at.display(), sources.len());
    finding("configuration", if on == 0 { Grade::Warning } else { Grade::Fine }, says)
}

/// Whether somebody hears of it when a source goes blind, before the next digest.
fn told(at: &Installation) -> Option<Finding> {
    let deaf = !at.config.pipeline.alerts.iter().any(pipeline::AlertRule::is_about_sources);
    deaf.then(|| {
        let says = "no alert rule has `when.health`: that a source is not read any more stands in \
                    digests and `coverage` only";
        finding("sources", Grade::Warning, says)
    })
}

fn clock(now: Timestamp) -> Finding {
    if now < Timestamp::CLOCK_FLOOR {
        finding(
            "clock",
            Grade::Problem,
            format!("it says {now}: nothing is fetched until it is set"),
        )
    } else {
        finding("clock", Grade::Fine, now.to_string())
    }
}

fn folder(at: &Installation) -> Vec<Finding> {
    let data = &at.config.data;
    if let Err(error) = std::fs::create_dir_all(data).and_then(|()| try_write(data)) {
        let says = format!("{}: {error}", data.display());
        return vec![finding("data folder", Grade::Problem, says)];
    }
    let mut findings = vec![finding("data folder", Grade::Fine, data.display().to_string())];
    if let Ok(stat) = rustix::fs::statvfs(data) {
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        let least = at.config.store.min_free_bytes;
        let says = format!("{} MiB free, {} MiB must stay", free >> 20, least >> 20);
        let grade = if free < least { Grade::Problem } else { Grade::Fine };
        findings.push(finding("free space", grade, says));
    }
    if let Ok(stat) = rustix::fs::statfs(data) {
        findings.push(file_system(stat.f_type as u64));
    }
    findings
}

fn try_write(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(".doctor");
    std::fs::write(&probe, b"x")?;
    std::fs::remove_file(&probe)
}

/// The store wants a local disk: on these the engine has lost data, or its fsync means nothing.
/// Numbers: statfs(2).
fn file_system(kind: u64) -> Finding {
    let doubtful = match kind {
        0x6969 => Some("NFS"),
        0x6573_5546 => Some("FUSE"),
        0x9123_683E => Some("btrfs (copy on write)"),
        0xFF53_4D42 | 0x517B | 0xFE53_4D42 => Some("SMB"),
        _ => None,
    };
    match doubtful {
        None => finding("file system", Grade::Fine, "local"),
        Some(name) => {
            let says = format!("{name}: the store belongs on a local disk (ext4, xfs)");
            finding("file system", Grade::Warning, says)
        }
    }
}

async fn store(at: &Installation) -> Finding {
    match daemon(at).await {
        Ok(Some(_)) => finding("store", Grade::Fine, "a running daemon has it"),
        Err(error) => finding("store", Grade::Problem, error.to_string()),
        Ok(None) if !at.config.data.join("CURRENT").exists() => {
            finding("store", Grade::Fine, "not there yet: the first run makes it")
        }
        Ok(None) => match open(at).await {
            Err(error) => finding("store", Grade::Problem, error.to_string()),
            Ok(store) => {
                let health = store.health();
                let closed = store.shutdown();
                let says = format!(
                    "opened in {} ms, {} MiB on disk",
                    health.open_ms,
                    health.size_bytes >> 20
                );
                match closed {
                    Ok(()) => finding("store", Grade::Fine, says),
                    Err(error) => finding("store", Grade::Problem, error.to_string()),
                }
            }
        },
    }
}

async fn port(at: &Installation) -> Finding {
    let listen = at.config.console.listen;
    match tokio::net::TcpListener::bind(listen).await {
        Ok(_) => finding("console port", Grade::Fine, format!("{listen} is free")),
        Err(error) => match daemon(at).await {
            Ok(Some(_)) => {
                finding("console port", Grade::Fine, format!("{listen} is the daemon's"))
            }
            _ => finding("console port", Grade::Problem, format!("{listen}: {error}")),
        },
    }
}

/// Without certificate authorities every https fetch fails.
fn trust() -> Finding {
    const BUNDLES: [&str; 4] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
        "/etc/ssl/ca-bundle.pem",
    ];
    match BUNDLES.iter().find(|path| Path::new(path).exists()) {
        Some(path) => finding("TLS roots", Grade::Fine, *path),
        None => {
            let says = "no bundle of certificate authorities: install package ca-certificates";
            finding("TLS roots", Grade::Problem, says)
        }
    }
}

async fn names(at: &Installation) -> Finding {
    let source = at.config.pipeline.sources.iter().find(|source| source.off.is_none());
    let Some(host) = source.map(|source| source.url.host().to_owned()) else {
        return finding("DNS", Grade::Fine, "no source is on");
    };
    let look = {
        let host = host.clone();
        tokio::task::spawn_blocking(move || {
            (host.as_str(), 443).to_socket_addrs().map(|mut a| a.next())
        })
    };
    match tokio::time::timeout(LOOK, look).await {
        Ok(Ok(Ok(Some(address)))) => {
            finding("DNS", Grade::Fine, format!("{host} is {}", address.ip()))
        }
        Ok(Ok(Ok(None))) => finding("DNS", Grade::Warning, format!("{host} has no address")),
        Ok(Ok(Err(error))) => finding("DNS", Grade::Warning, format!("{host}: {error}")),
        Ok(Err(error)) => finding("DNS", Grade::Warning, format!("{host}: {error}")),
        Err(_) => finding("DNS", Grade::Warning, format!("{host}: no answer within {LOOK:?}")),
    }
}

async fn channels(at: &Installation) -> Vec<Finding> {
    let mut findings = Vec::new();
    for channel in &at.config.pipeline.channels {
        let what = format!("channel {}", channel.id);
        if let Some(missing) = channel.missing_secret() {
            findings.push(finding(&what, Grade::Problem, missing));
            continue;
        }
        findings.push(match &channel.kind {
            ChannelKind::File { path } => {
                finding(&what, Grade::Fine, at.config.data.join(path).display().to_string())
            }
            ChannelKind::Webhook { url, .. } => {
                let port = url.as_url().port_or_known_default().unwrap_or(443);
                reachable(&what, url.host(), port).await
            }
            ChannelKind::Email(email) => reachable(&what, &email.host, email.port).await,
        });
    }
    findings
}

async fn reachable(what: &str, host: &str, port: u16) -> Finding {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match tokio::time::timeout(LOOK, tokio::net::TcpStream::connect((bare, port))).await {
        Ok(Ok(_)) => finding(what, Grade::Fine, format!("{host}:{port} answers")),
        Ok(Err(error)) => finding(what, Grade::Warning, format!("{host}:{port}: {error}")),
        Err(_) => {
            finding(what, Grade::Warning, format!("{host}:{port}: no answer within {LOOK:?}"))
        }
    }
}
