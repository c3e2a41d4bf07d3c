//! For tests only: an HTTP origin and a mail server on loopback that can misbehave on the wire,
//! and a harness around the real daemon.
//!
//! Everything here runs in threads of its own on the real clock, so a test may pause the clock of
//! its own runtime. A helper that waits has a deadline and panics with what it waited for.

mod answer;
mod daemon;
mod origin;
#[cfg(feature = "poller")]
pub mod poller;
mod running;
mod smtp;
mod wire;

pub use answer::Answer;
pub use daemon::Daemon;
pub use origin::{Origin, Seen};
pub use running::{Reply, Running, Stopped};
pub use smtp::{Mail, SmtpAnswer, SmtpServer};

use std::time::{Duration, Instant};

/// How long helpers wait before they give up: far more than any of it takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Asks `done` again and again until it holds; panics with `what` after [`PATIENCE`].
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
