//! A process that is watched, stopped and killed.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::PATIENCE;

/// A command that takes longer than this has hung.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// A running daemon; killed when it is dropped.
pub struct Running {
    child: Child,
    folder: PathBuf,
}

/// How a process ended.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    pub status: ExitStatus,
    /// From the signal to the end.
    pub after: Duration,
}

/// What the console answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    pub body: String,
}

impl Running {
    pub(crate) fn new(child: Child, folder: &Path) -> Self {
        Self { child, folder: folder.to_owned() }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no chance to tidy up.
    pub fn kill(mut self) -> ExitStatus {
        // It may have ended by itself: the status says so.
        drop(self.child.kill());
        self.child.wait().expect("the child is ours")
    }

    /// SIGTERM, and the wait for the end; panics with the log if it does not come.
    pub fn terminate(mut self) -> Stopped {
        let start = Instant::now();
        self.signal(Signal::TERM);
        let status = self.ended("its end after SIGTERM");
        Stopped { status, after: start.elapsed() }
    }

    /// SIGHUP: read the configuration again.
    pub fn hangup(&self) {
        self.signal(Signal::HUP);
    }

    /// Waits for an end that the test has caused by other means.
    pub fn wait(mut self) -> ExitStatus {
        self.ended("its end")
    }

    /// It has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Everything that this and earlier starts in the same folder have logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Asks `done` until it holds; panics with the log after `deadline` or when the daemon ends.
    pub fn wait_until(&mut self, deadline: Duration, mut done: impl FnMut(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            let ended = self.child.try_wait().expect("the child is ours");
            assert!(ended.is_none(), "the daemon ended ({ended:?}):\n{}", self.log());
            assert!(start.elapsed() < deadline, "not within {deadline:?}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the console answers on its socket in the data folder.
    pub fn wait_until_ready(&mut self) {
        self.wait_until(PATIENCE, |running| running.try_get("/healthz").is_some());
    }

    /// GET of a console page over `data/stackwatch.sock`; panics when nobody answers.
    pub fn get(&self, path: &str) -> Reply {
        self.try_get(path).unwrap_or_else(|| panic!("no answer to {path}:\n{}", self.log()))
    }

    /// GET of a console page over `data/stackwatch.sock`.
    pub fn try_get(&self, path: &str) -> Option<Reply> {
        let socket = UnixStream::connect(self.folder.join("data/stackwatch.sock")).ok()?;
        socket.set_read_timeout(Some(PATIENCE)).ok()?;
        ask(socket, path)
    }

    /// GET of a page over TCP, for an address that the log names.
    pub fn get_from(address: SocketAddr, path: &str) -> Option<Reply> {
        let socket = TcpStream::connect(address).ok()?;
        socket.set_read_timeout(Some(PATIENCE)).ok()?;
        ask(socket, path)
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_child(&self.child);
        kill_process(id, signal).expect("the child is ours and not yet waited for");
    }

    fn ended(&mut self, what: &str) -> ExitStatus {
        let mut status = None;
        let start = Instant::now();
        while status.is_none() {
            status = self.child.try_wait().expect("the child is ours");
            assert!(start.elapsed() < PATIENCE, "{what} does not come:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(2));
        }
        status.expect("the loop ends with one")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already: nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn ask(mut socket: impl Read + Write, path: &str) -> Option<Reply> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunked(body) } else { body.to_owned() };
    Some(Reply { status, head: head.to_owned(), body })
}

fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let Some(piece) = after.get(..size).filter(|piece| !piece.is_empty()) else { break };
        body.push_str(piece);
        rest = after[size..].trim_start_matches("\r\n");
    }
    body
}

/// Feeds a child its input, and collects what it says; panics if it hangs.
pub(crate) fn finish(mut child: Child, input: &[u8], args: &[&str]) -> Output {
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let id = Pid::from_child(&child);
    let input = input.to_owned();
    // A child that does not read its input closes it: not our concern.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let collector = std::thread::spawn(move || child.wait_with_output());
    let start = Instant::now();
    while !collector.is_finished() {
        if start.elapsed() > COMMAND_LIMIT {
            let killed = kill_process(id, Signal::KILL);
            panic!("{args:?} did not end within {COMMAND_LIMIT:?} (killed: {killed:?})");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(feeder.join());
    let output = collector.join().expect("waiting does not panic");
    output.expect("the child is ours")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait_until;

    #[test]
    fn chunks_become_one_text_again() {
        assert_eq!(unchunked("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"), "hello, world");
        assert_eq!(unchunked(""), "");
    }

    #[test]
    fn a_condition_is_polled_until_it_holds() {
        let start = Instant::now();
        let mut calls = 0;
        wait_until("three calls", || {
            calls += 1;
            calls == 3
        });
        assert!(calls == 3 && start.elapsed() < PATIENCE);
    }
}
