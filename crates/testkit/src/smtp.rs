//! A mail server on loopback that takes, refuses or loses messages as told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::PATIENCE;

/// A message whose last line was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body as received, with lines ended by `\n` and without dot-stuffing.
    pub data: String,
}

impl Mail {
    /// The value of a header that stands on one line.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.data.split("\n\n").next()?;
        head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// How the server treats one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SmtpAnswer {
    Accept,
    /// This code instead of the greeting: 421, 554.
    RefuseConnection(u16),
    /// This code to each `RCPT TO`: 450 is temporary, 550 is final.
    RefuseRecipient(u16),
    /// This code after the message.
    RefuseMessage(u16),
    /// The connection ends after the final dot: the message was taken, the client cannot know.
    DropAfterMessage,
    /// The connection ends while the message is being received; it is not taken.
    DropInMessage,
    /// No greeting, for as long as the server lives.
    Stall,
}

/// An SMTP server on a free port of 127.0.0.1, without TLS; stopped when it is dropped.
pub struct SmtpServer {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    stop: AtomicBool,
}

#[derive(Default)]
struct State {
    answers: Vec<SmtpAnswer>,
    mails: Vec<Mail>,
    connections: usize,
}

impl SmtpServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free loopback port");
        let port = listener.local_addr().expect("a bound socket").port();
        let shared = Arc::new(Shared::default());
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || run(&listener, &served));
        Self { port, shared, thread: Some(thread) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Treats the next connections like this, one answer each; the last one stays.
    pub fn answer_with(&self, answers: impl IntoIterator<Item = SmtpAnswer>) {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        self.shared.state().answers = answers;
    }

    /// The messages that were taken, in order.
    pub fn messages(&self) -> Vec<Mail> {
        self.shared.state().mails.clone()
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Waits until `count` messages have been taken.
    pub fn wait_for_messages(&self, count: usize) -> Vec<Mail> {
        let state = self.shared.state();
        let missing = |state: &mut State| state.mails.len() < count;
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, missing)
            .expect("no thread panics with the lock");
        let mails = state.mails.clone();
        assert!(mails.len() >= count, "{} of {count} messages came: {mails:?}", mails.len());
        mails
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.changed.notify_all();
        // Wakes the thread that waits for a connection.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn run(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut sessions = Vec::new();
    for socket in listener.incoming() {
        if shared.stop.load(Ordering::SeqCst) {
            break;
        }
        let Ok(socket) = socket else { continue };
        let shared = Arc::clone(shared);
        // Whatever goes wrong on the socket ends this session only.
        sessions.push(std::thread::spawn(move || drop(Session::run(socket, &shared))));
    }
    for session in sessions {
        drop(session.join());
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics with the lock")
    }

    fn next_answer(&self) -> SmtpAnswer {
        let mut state = self.state();
        state.connections += 1;
        match state.answers.len() {
            0 => SmtpAnswer::Accept,
            1 => state.answers[0].clone(),
            _ => state.answers.pop().expect("there are two or more"),
        }
    }

    fn stall(&self) {
        let running = |_: &mut State| !self.stop.load(Ordering::SeqCst);
        let state = self.state();
        drop(self.changed.wait_while(state, running));
    }
}

struct Session<'a> {
    shared: &'a Shared,
    answer: SmtpAnswer,
    socket: TcpStream,
    from: String,
    to: Vec<String>,
}

impl<'a> Session<'a> {
    fn run(socket: TcpStream, shared: &'a Shared) -> std::io::Result<()> {
        // A client that leaves its connection open must not hold up the end of the test.
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let answer = shared.next_answer();
        let mut lines = BufReader::new(Patient { socket: socket.try_clone()?, shared });
        let mut session = Session { shared, answer, socket, from: String::new(), to: Vec::new() };
        match session.answer {
            SmtpAnswer::Stall => {
                shared.stall();
                return Ok(());
            }
            SmtpAnswer::RefuseConnection(code) => return session.say(code, "not now"),
            _ => session.say(220, "testkit ESMTP")?,
        }
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            if !session.obey(line.trim_end(), &mut lines)? {
                break;
            }
            line.clear();
        }
        Ok(())
    }

    fn say(&mut self, code: u16, text: &str) -> std::io::Result<()> {
        self.socket.write_all(format!("{code} {text}\r\n").as_bytes())
    }

    /// Does what a line says; `false` ends the session.
    fn obey(&mut self, line: &str, lines: &mut impl BufRead) -> std::io::Result<bool> {
        let order = line.to_ascii_uppercase();
        match order.split(' ').next().unwrap_or_default() {
            "EHLO" => {
                let features =
                    b"250-testkit\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN\r\n";
                self.socket.write_all(features)?;
            }
            "AUTH" => self.authenticate(&order, lines)?,
            "MAIL" => {
                self.from = address(line);
                self.to.clear();
                self.say(250, "fine")?;
            }
            "RCPT" => match self.answer {
                SmtpAnswer::RefuseRecipient(code) => self.say(code, "no such box here")?,
                _ => {
                    self.to.push(address(line));
                    self.say(250, "fine")?;
                }
            },
            "DATA" if self.to.is_empty() => self.say(503, "whom for")?,
            "DATA" => return self.take_message(lines),
            "RSET" => {
                self.to.clear();
                self.say(250, "forgotten")?;
            }
            "HELO" | "NOOP" => self.say(250, "fine")?,
            "QUIT" => {
                self.say(221, "bye")?;
                return Ok(false);
            }
            _ => self.say(500, "what")?,
        }
        Ok(true)
    }

    /// Takes any credentials; `PLAIN` may come with its answer on the same line.
    fn authenticate(&mut self, order: &str, lines: &mut impl BufRead) -> std::io::Result<()> {
        let mut questions: &[&str] = match order {
            "AUTH LOGIN" => &["VXNlcm5hbWU6", "UGFzc3dvcmQ6"],
            "AUTH PLAIN" => &[""],
            _ => &[],
        };
        while let [question, rest @ ..] = questions {
            self.say(334, question)?;
            lines.read_line(&mut String::new())?;
            questions = rest;
        }
        self.say(235, "known")
    }

    fn take_message(&mut self, lines: &mut impl BufRead) -> std::io::Result<bool> {
        self.say(354, "go on")?;
        let mut data = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 || self.answer == SmtpAnswer::DropInMessage
            {
                return Ok(false);
            }
            let text = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(&line);
            if text == b"." {
                break;
            }
            data.extend_from_slice(text.strip_prefix(b".").unwrap_or(text));
            data.push(b'\n');
        }
        if let SmtpAnswer::RefuseMessage(code) = self.answer {
            self.say(code, "not this one")?;
            return Ok(true);
        }
        let data = String::from_utf8_lossy(&data).into_owned();
        let mail = Mail { from: self.from.clone(), to: std::mem::take(&mut self.to), data };
        self.shared.state().mails.push(mail);
        self.shared.changed.notify_all();
        if self.answer == SmtpAnswer::DropAfterMessage {
            return Ok(false);
        }
        self.say(250, "taken")?;
        Ok(true)
    }
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

/// Reads on after a timeout until the server is stopped.
struct Patient<'a> {
    socket: TcpStream,
    shared: &'a Shared,
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.socket.read(buffer) {
                Err(error)
                    if matches!(
                        error.kind(),
                        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                    ) =>
                {
                    if self.shared.stop.load(Ordering::SeqCst) {
                        return Ok(0);
                    }
                }
                other => return other,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Talks to the server; returns the codes of its answers, until it closes the connection.
    fn talk(server: &SmtpServer, lines: &str) -> Vec<u16> {
        let mut socket = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.write_all(lines.as_bytes()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let answers = BufReader::new(socket).lines().map_while(Result::ok);
        let last_lines = answers.filter(|line| line.as_bytes().get(3) == Some(&b' '));
        last_lines.map(|line| line[..3].parse().unwrap()).collect()
    }

    const MESSAGE: &str = "EHLO me\r\nMAIL FROM:<a@example.org> SIZE=9\r\nRCPT TO:<b@example.org>\r\n\
         RCPT TO:<c@example.org>\r\nDATA\r\nSubject: Hello\r\n\r\n..dot\r\nend\r\n.\r\nQUIT\r\n";

    #[test]
    fn a_message_is_recorded_as_it_was_meant() {
        let server = SmtpServer::start();
        assert_eq!(talk(&server, MESSAGE), [220, 250, 250, 250, 250, 354, 250, 221]);
        let mail = &server.wait_for_messages(1)[0];
        assert_eq!((mail.from.as_str(), mail.to.len()), ("a@example.org", 2));
        assert_eq!(mail.data, "Subject: Hello\n\n.dot\nend\n");
        assert_eq!(mail.header("subject"), Some("Hello"));
    }

    #[test]
    fn answers_are_given_in_their_order() {
        let server = SmtpServer::start();
        server.answer_with([
            SmtpAnswer::RefuseConnection(421),
            SmtpAnswer::RefuseRecipient(450),
            SmtpAnswer::RefuseMessage(554),
            SmtpAnswer::DropInMessage,
            SmtpAnswer::DropAfterMessage,
            SmtpAnswer::Accept,
        ]);
        assert_eq!(talk(&server, MESSAGE), [421]);
        assert_eq!(talk(&server, MESSAGE)[..6], [220, 250, 250, 450, 450, 503]);
        assert_eq!(talk(&server, MESSAGE), [220, 250, 250, 250, 250, 354, 554, 221]);
        assert_eq!(talk(&server, MESSAGE), [220, 250, 250, 250, 250, 354]);
        assert_eq!(server.messages().len(), 0);
        assert_eq!(talk(&server, MESSAGE), [220, 250, 250, 250, 250, 354]);
        assert_eq!(server.messages().len(), 1, "taken, but the client cannot know");
        assert_eq!(talk(&server, MESSAGE).last(), Some(&221));
        assert_eq!((server.messages().len(), server.connections()), (2, 6));
    }

    #[test]
    fn a_stalled_client_does_not_hold_up_the_end() {
        let server = SmtpServer::start();
        server.answer_with([SmtpAnswer::Stall]);
        let _stalled = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        crate::wait_until("the connection", || server.connections() == 1);
        server.answer_with([SmtpAnswer::Accept]);
        let _silent = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        crate::wait_until("the connection", || server.connections() == 2);
        drop(server);
    }
}
