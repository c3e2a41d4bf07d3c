//! Delivery: each message at least once, under one id, whatever breaks (I6, R1).

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod tell;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use model::{Alert, Delivery, DeliveryState, Facet, MessageId, Timestamp};
use pipeline::deliver::{FlushReport, SendError, Which, retry};
use pipeline::{
    Channel, ChannelKind, Clock, Deliverer, DigestFormat, EmailSettings, ManualClock, Secret,
    SecretRef, Settings, SmtpTls,
};
use store::{Commit, Store, tables};
use tell::{
    alert, at, dead_letters, deliverer, delivery, item, morning, outbox, put_alert, put_item, rule,
    settings, tag,
};
use testkit::{Answer, Origin, SmtpAnswer, SmtpServer};
use tokio_util::sync::CancellationToken;

const NOON: &str = "2026-03-02T12:00:00Z";
const MINUTE: Duration = Duration::from_secs(60);

fn channel(id: &str, kind: ChannelKind) -> Channel {
    Channel { id: id.parse().unwrap(), kind }
}

fn webhook(origin: &Origin, secret: Option<Result<&str, &str>>) -> ChannelKind {
    let secret = secret.map(|value| {
        let value = value.map(str::to_owned).map_err(str::to_owned);
        Secret::new(SecretRef::Env("HOOK".into()), value)
    });
    ChannelKind::Webhook { url: origin.url("/hook").parse().unwrap(), secret }
}

fn email(port: u16) -> ChannelKind {
    ChannelKind::Email(EmailSettings {
        to: vec!["Desk <desk@example.org>".into(), "second@example.org".into()],
        from: "stackwatch <sw@example.org>".into(),
        host: "127.0.0.1".into(),
        port,
        tls: SmtpTls::Plain,
        user: None,
        password: None,
    })
}

/// A store, a clock and a deliverer with one channel beside the log.
struct Desk {
    store: Store,
    clock: ManualClock,
    deliverer: Deliverer,
    settings: Settings,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(channels: impl IntoIterator<Item = Channel>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        settings.channels.extend(channels);
        let (store, clock) = (Store::in_memory(), ManualClock::at(at(NOON)));
        let deliverer = deliverer(&store, settings.clone(), &clock);
        Self { store, clock, deliverer, settings, folder }
    }

    /// Stores an alert about a title, queued for the channels.
    fn alert(&self, title: &str, channels: &[&str]) -> Alert {
        let tags = vec![tag(Facet::Vendor, "nuctech", "Nuctech")];
        let item = item("danas", title, title, NOON, tags);
        put_item(&self.store, &item);
        let alert = alert(&item, &rule());
        put_alert(&self.store, &alert, channels);
        alert
    }

    async fn flush(&self) -> FlushReport {
        self.deliverer.flush().await.unwrap()
    }

    fn delivery(&self, alert: &Alert, channel: &str) -> Delivery {
        delivery(&self.store, alert, channel)
    }

    fn lines(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.folder.path().join("alerts.jsonl"));
        let text = text.unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn an_alert_becomes_one_line_with_its_id() {
    let desk = Desk::new([]);
    let alert = desk.alert("Nuctech at the border", &["log"]);
    let report = desk.flush().await;
    assert_eq!(report, FlushReport { delivered: 1, ..FlushReport::default() });
    let lines = desk.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["id"], alert.id.to_string());
    assert_eq!(lines[0]["type"], "alert");
    assert_eq!(lines[0]["tags"][0]["spans"][0]["text"], "Nuctech");
    let delivery = desk.delivery(&alert, "log");
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Delivered, 1));
    assert!(delivery.note.unwrap().ends_with("alerts.jsonl"));
    assert!(outbox(&desk.store).is_empty());
    assert_eq!(desk.flush().await, FlushReport::default());
    assert_eq!(desk.lines().len(), 1);
}

#[tokio::test]
async fn what_a_crash_left_in_sending_is_sent_again_under_the_same_id() {
    let desk = Desk::new([]);
    let alert = desk.alert("Nuctech", &["log"]);
    let mut commit = Commit::default();
    let sending = Delivery { state: DeliveryState::Sending, ..desk.delivery(&alert, "log") };
    let key = (MessageId::from(alert.id), "log".parse().unwrap());
    commit.put::<tables::Deliveries>(&key, &sending);
    desk.store.commit_blocking(commit).unwrap();
    assert_eq!(desk.flush().await.delivered, 1);
    assert_eq!(desk.lines()[0]["id"], alert.id.to_string());
    assert_eq!(desk.lines()[0]["possibly_repeated"], true);
}

#[tokio::test]
async fn a_webhook_gets_signed_json_under_a_stable_key() {
    let origin = Origin::start();
    origin.script("/hook", [Answer::ok("thanks\u{1b}[31m")]);
    let desk = Desk::new([channel("hook", webhook(&origin, Some(Ok("s3cret"))))]);
    let alert = desk.alert("Nuctech \u{202e}skener", &["hook"]);
    assert_eq!(desk.flush().await.delivered, 1);
    let seen = origin.requests().pop().unwrap();
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("idempotency-key"), Some(alert.id.to_string().as_str()));
    let timestamp = seen.header("x-stackwatch-timestamp").unwrap();
    assert_eq!(timestamp, (at(NOON).millis() / 1000).to_string());
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"s3cret").unwrap();
    mac.update(format!("{timestamp}.{}", seen.text()).as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(seen.header("x-stackwatch-signature"), Some(format!("sha256={hex}").as_str()));
    let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(body["title"], "Nuctech \u{202e}skener");
    assert!(!seen.text().contains('\u{202e}'), "what acts is escaped");
    assert_eq!(desk.delivery(&alert, "hook").note.as_deref(), Some("200 thanks [31m"));
}

#[tokio::test]
async fn a_connection_lost_after_the_request_causes_one_repetition_with_the_same_key() {
    let origin = Origin::start();
    origin.script("/hook", [Answer::close(), Answer::ok("")]);
    let desk = Desk::new([channel("hook", webhook(&origin, None))]);
    let alert = desk.alert("Nuctech", &["hook"]);
    assert_eq!(desk.flush().await.retried, 1);
    assert_eq!(desk.delivery(&alert, "hook").due, Some(at(NOON).after(MINUTE)));
    desk.clock.advance(MINUTE);
    assert_eq!(desk.flush().await.delivered, 1);
    let seen = origin.requests();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].header("idempotency-key"), seen[1].header("idempotency-key"));
    assert_eq!(seen[0].body, seen[1].body);
    assert_eq!(desk.delivery(&alert, "hook").attempts, 2);
}

#[tokio::test]
async fn retry_after_is_waited_for_and_a_refusal_is_a_dead_letter_until_it_is_retried() {
    let origin = Origin::start();
    let busy = Answer::status(503).header("Retry-After", "7200");
    let (gone, fine) = (Answer::status(410).body("no such hook"), Answer::ok(""));
    origin.script("/hook", [busy, gone, fine]);
    let desk = Desk::new([channel("hook", webhook(&origin, None))]);
    let alert = desk.alert("Nuctech", &["hook"]);
    assert_eq!(desk.flush().await.retried, 1);
    let waiting = desk.delivery(&alert, "hook");
    assert_eq!(waiting.state, DeliveryState::Retry);
    assert!(waiting.due.unwrap() >= at(NOON).after(120 * MINUTE), "{waiting:?}");
    desk.clock.advance(119 * MINUTE);
    assert_eq!(desk.flush().await, FlushReport::default());
    desk.clock.advance(2 * MINUTE);
    assert_eq!(desk.flush().await.dead, 1);
    let dead = desk.delivery(&alert, "hook");
    assert_eq!((dead.state, dead.attempts), (DeliveryState::Dead, 2));
    assert_eq!(dead.note.as_deref(), Some("answered 410 no such hook"));
    assert_eq!((dead_letters(&desk.store), outbox(&desk.store).len()), (1, 0));

    let now = desk.clock.now();
    let nobody = Which::Message(MessageId::test(&"x".parse().unwrap(), now));
    assert_eq!(retry(&desk.store, &nobody, now).await.unwrap(), 0);
    assert_eq!(retry(&desk.store, &Which::Message(alert.id.into()), now).await.unwrap(), 1);
    assert_eq!(desk.delivery(&alert, "hook").state, DeliveryState::Queued);
    assert_eq!(dead_letters(&desk.store), 0);
    assert_eq!(desk.flush().await.delivered, 1);
}

#[tokio::test]
async fn after_three_days_of_failures_a_message_is_listed_as_dead_and_not_lost() {
    let origin = Origin::start();
    origin.script("/hook", [Answer::status(500)]);
    let desk = Desk::new([channel("hook", webhook(&origin, None))]);
    let alert = desk.alert("Nuctech", &["hook"]);
    let mut rounds = 0;
    while dead_letters(&desk.store) == 0 {
        desk.flush().await;
        rounds += 1;
        assert!(rounds < 50);
        if let Some(due) = desk.delivery(&alert, "hook").due {
            desk.clock.set(due);
        }
    }
    assert_eq!((rounds, origin.requests().len()), (12, 12));
    assert!(desk.clock.now().since(at(NOON)) > Duration::from_secs(2 * 86_400));
    let health = &desk.deliverer.health()[&"hook".parse().unwrap()];
    assert_eq!((health.failed, health.dead, health.is_red()), (12, 1, true));
    assert_eq!(retry(&desk.store, &Which::All, desk.clock.now()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_missing_secret_makes_the_channel_red_and_loses_nothing() {
    let origin = Origin::start();
    origin.script("/hook", [Answer::ok("")]);
    let missing = webhook(&origin, Some(Err("environment variable HOOK is not set")));
    let desk = Desk::new([channel("hook", missing)]);
    let alert = desk.alert("Nuctech", &["hook", "log"]);
    for _ in 0..20 {
        desk.flush().await;
        desk.clock.advance(16 * MINUTE);
    }
    assert!(origin.requests().is_empty());
    let waiting = desk.delivery(&alert, "hook");
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Retry, 0));
    assert_eq!(waiting.note.as_deref(), Some("environment variable HOOK is not set"));
    assert!(desk.deliverer.health()[&"hook".parse().unwrap()].is_red());
    assert_eq!(desk.lines().len(), 1, "the other channel is not held up");
    let mut mended = desk.settings.clone();
    mended.channels[1].kind = webhook(&origin, Some(Ok("s3cret")));
    desk.deliverer.reload(tell::fetcher(), Arc::new(mended));
    desk.flush().await;
    assert_eq!(desk.delivery(&alert, "hook").state, DeliveryState::Delivered);
}

#[tokio::test]
async fn a_channel_that_left_the_configuration_ends_as_a_dead_letter_with_that_reason() {
    let desk = Desk::new([]);
    let alert = desk.alert("Nuctech", &["former"]);
    assert_eq!(desk.flush().await.dead, 1);
    let note = desk.delivery(&alert, "former").note;
    assert_eq!(note.as_deref(), Some("channel `former` is no longer configured"));
    assert_eq!(dead_letters(&desk.store), 1);
}

#[tokio::test]
async fn a_webhook_to_an_address_that_is_not_allowed_is_never_called() {
    let url = "http://169.254.169.254/hook".parse().unwrap();
    let desk = Desk::new([channel("hook", ChannelKind::Webhook { url, secret: None })]);
    let alert = desk.alert("Nuctech", &["hook"]);
    assert_eq!(desk.flush().await.retried, 1);
    let waiting = desk.delivery(&alert, "hook");
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Retry, 0));
}

#[tokio::test]
async fn a_dead_channel_is_asked_a_few_times_and_holds_up_nobody() {
    let origin = Origin::start();
    origin.script("/hook", [Answer::status(500)]);
    let desk = Desk::new([channel("hook", webhook(&origin, None))]);
    for n in 0..40 {
        desk.alert(&format!("Nuctech {n}"), &["hook", "log"]);
    }
    let report = desk.flush().await;
    assert_eq!((report.delivered, report.retried), (40, 3));
    assert_eq!(origin.requests().len(), 3);
}

#[tokio::test]
async fn a_mail_carries_the_alert_with_a_stable_message_id() {
    let server = SmtpServer::start();
    let desk = Desk::new([channel("desk", email(server.port()))]);
    let alert = desk.alert("Nuctech skeneri na prelazu Horgoš", &["desk"]);
    assert_eq!(desk.flush().await.delivered, 1);
    let mail = server.wait_for_messages(1).remove(0);
    assert_eq!(mail.from, "sw@example.org");
    assert_eq!(mail.to, ["desk@example.org", "second@example.org"]);
    let id = format!("<{}.desk@example.org>", alert.id);
    assert_eq!(mail.header("Message-ID"), Some(id.as_str()));
    assert_eq!(mail.header("Date"), Some("Mon, 02 Mar 2026 12:00:00 +0000"));
    assert_eq!(mail.header("Auto-Submitted"), Some("auto-generated"));
    assert!(mail.data.is_ascii());
    assert!(desk.delivery(&alert, "desk").note.unwrap().starts_with("250"));
}

/// A mail server of other people's making, in a process of its own.
const PYTHON_SERVER: &str = r"
import asyncore, json, smtpd
class Server(smtpd.SMTPServer):
    def process_message(self, peer, mailfrom, rcpttos, data, **more):
        print(json.dumps([mailfrom, rcpttos, data.decode('utf-8')]), flush=True)
server = Server(('127.0.0.1', 0), None)
print(server.socket.getsockname()[1], flush=True)
asyncore.loop()
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_mail_server_takes_what_we_send() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let mut python = Command::new("python3");
    python.args(["-W", "ignore", "-c", PYTHON_SERVER]).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut server) = python.spawn() else {
        println!("not tested: there is no python3");
        return;
    };
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let Some(port) = lines.next().and_then(|line| line.ok()?.parse().ok()) else {
        println!("not tested: this python3 has no smtpd (it left in 3.12)");
        server.wait().unwrap();
        return;
    };
    let desk = Desk::new([channel("desk", email(port))]);
    let title = "Нуктек скенери \r\nBcc: victim@example.net";
    let alert = desk.alert(title, &["desk"]);
    let report = desk.flush().await;
    let said = if report.delivered == 1 { lines.next() } else { None };
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(desk.delivery(&alert, "desk").note.as_deref(), Some("250 OK"));
    let (from, to, data): (String, Vec<String>, String) =
        serde_json::from_str(&said.unwrap().unwrap()).unwrap();
    assert_eq!((from.as_str(), to.len()), ("sw@example.org", 2));
    assert!(data.contains(&format!("Message-ID: <{}.desk@example.org>", alert.id)));
    assert!(!data.contains("\nBcc:"));
}

#[tokio::test]
async fn mail_servers_decide_between_later_never_and_perhaps() {
    let server = SmtpServer::start();
    let desk = Desk::new([channel("desk", email(server.port()))]);
    let cases = [
        (SmtpAnswer::RefuseConnection(421), DeliveryState::Retry),
        (SmtpAnswer::RefuseRecipient(450), DeliveryState::Retry),
        (SmtpAnswer::RefuseRecipient(550), DeliveryState::Dead),
        (SmtpAnswer::RefuseMessage(552), DeliveryState::Dead),
        (SmtpAnswer::DropInMessage, DeliveryState::Retry),
        (SmtpAnswer::DropAfterMessage, DeliveryState::Retry),
    ];
    for (n, (answer, state)) in cases.into_iter().enumerate() {
        server.answer_with([answer.clone()]);
        let alert = desk.alert(&format!("Nuctech {n}"), &["desk"]);
        desk.flush().await;
        assert_eq!(desk.delivery(&alert, "desk").state, state, "{answer:?}");
    }
    // The last one was taken all the same: the repetition has the same Message-ID.
    server.answer_with([SmtpAnswer::Accept]);
    desk.clock.advance(2 * MINUTE);
    desk.flush().await;
    let mails = server.messages();
    let taken = mails[0].header("Message-ID").unwrap();
    let again = mails[1..].iter().filter(|mail| mail.header("Message-ID") == Some(taken));
    assert_eq!(again.count(), 1);
}

#[tokio::test]
async fn an_unreachable_mail_server_is_tried_again() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let desk = Desk::new([channel("desk", email(port))]);
    let alert = desk.alert("Nuctech", &["desk"]);
    assert_eq!(desk.flush().await.retried, 1);
    let waiting = desk.delivery(&alert, "desk");
    assert_eq!(waiting.due, Some(at(NOON).after(MINUTE)));
    assert!(waiting.note.unwrap().starts_with(&format!("127.0.0.1:{port}: ")));
}

#[tokio::test]
async fn a_server_without_starttls_gets_neither_password_nor_message() {
    let server = SmtpServer::start();
    let ChannelKind::Email(mut settings) = email(server.port()) else { unreachable!() };
    settings.tls = SmtpTls::StartTls;
    let desk = Desk::new([channel("desk", ChannelKind::Email(settings))]);
    let alert = desk.alert("Nuctech", &["desk"]);
    assert_eq!(desk.flush().await.retried, 1);
    assert!(server.messages().is_empty());
    assert!(desk.delivery(&alert, "desk").note.unwrap().contains("offers no STARTTLS"));
}

#[tokio::test]
async fn line_breaks_and_escape_sequences_never_reach_a_mail_header() {
    let server = SmtpServer::start();
    let desk = Desk::new([channel("desk", email(server.port()))]);
    let title = "Nuctech\r\nBcc: victim@example.net\r\n\r\nbody\u{1b}[31m\u{202e}\u{0}\u{85}x";
    desk.alert(title, &["desk"]);
    assert_eq!(desk.flush().await.delivered, 1);
    let mail = server.wait_for_messages(1).remove(0);
    assert_eq!(mail.to.len(), 2);
    assert_eq!(mail.header("Bcc"), None);
    let (head, body) = mail.data.split_once("\n\n").unwrap();
    assert!(!head.contains('\u{1b}') && !head.contains('\0'));
    assert!(head.lines().all(|line| line.starts_with(' ') || line.contains(": ")), "{head}");
    assert!(!body.contains('\u{1b}') && !body.contains('\u{202e}'));
}

#[tokio::test]
async fn a_trial_is_clearly_marked_and_leaves_the_outbox_alone() {
    let origin = Origin::start();
    origin.script("/hook", [Answer::ok("ok"), Answer::status(403).body("who are you")]);
    let desk = Desk::new([channel("hook", webhook(&origin, None))]);
    let test = |id: &str| {
        let (deliverer, id) = (desk.deliverer.clone(), id.parse().unwrap());
        async move { deliverer.test_channel(&id).await }
    };
    assert_eq!(test("hook").await, Ok("200 ok".into()));
    let body: serde_json::Value = serde_json::from_slice(&origin.requests()[0].body).unwrap();
    assert_eq!(body["type"], "test");
    let refused = SendError::Permanent { reason: "answered 403 who are you".into() };
    assert_eq!(test("hook").await, Err(refused));
    assert!(matches!(test("nobody").await, Err(SendError::Permanent { .. })));
    assert!(outbox(&desk.store).is_empty());
}

#[tokio::test]
async fn a_digest_is_made_once_and_reaches_every_channel_in_its_formats() {
    let (origin, server) = (Origin::start(), SmtpServer::start());
    origin.script("/hook", [Answer::ok("")]);
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.channels.push(channel("hook", webhook(&origin, None)));
    settings.channels.push(channel("desk", email(server.port())));
    let formats = [DigestFormat::Html, DigestFormat::Markdown, DigestFormat::Json];
    let to = ["log", "hook", "desk"].map(|id| id.parse().unwrap()).to_vec();
    settings.digests = vec![pipeline::DigestSettings { to, ..morning(&formats) }];
    let (store, clock) = (Store::in_memory(), ManualClock::at(at(NOON)));
    let tags = vec![tag(Facet::Vendor, "zte", "ZTE")];
    put_item(&store, &item("danas", "zte", "ZTE u Nišu", "2026-03-01T12:00:00Z", tags));
    let deliverer = deliverer(&store, settings, &clock);

    let report = deliverer.flush().await.unwrap();
    assert_eq!((report.digests, report.delivered), (1, 3));
    assert_eq!(deliverer.flush().await.unwrap(), FlushReport::default());

    let line = std::fs::read_to_string(folder.path().join("alerts.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["type"], "digest");
    let names = ["html", "md", "json"].map(|ending| format!("digests/morning-2026-03-02.{ending}"));
    assert_eq!(line["files"], serde_json::json!(names));
    let texts = names.map(|name| std::fs::read_to_string(folder.path().join(name)).unwrap());
    assert!(texts.iter().all(|text| text.contains("ZTE u Nišu")));
    let posted: serde_json::Value = serde_json::from_slice(&origin.requests()[0].body).unwrap();
    assert_eq!(posted["documents"]["md"], texts[1]);
    assert_eq!(posted["id"], line["id"]);
    let mail = server.wait_for_messages(1).remove(0);
    assert_eq!(mail.header("Subject"), Some("[stackwatch] Morning digest, 2026-03-02"));
    for kind in ["multipart/alternative", "text/plain", "text/html", "application/json"] {
        assert!(mail.data.contains(kind), "{kind}");
    }
}

/// A clock that runs and can be set forward.
#[derive(Clone)]
struct RunningClock {
    began: std::time::Instant,
    ahead: Arc<AtomicU64>,
}

impl RunningClock {
    fn set(&self, time: Timestamp) {
        let ahead = time.since(at(NOON)).saturating_sub(self.began.elapsed());
        self.ahead.store(u64::try_from(ahead.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for RunningClock {
    fn now(&self) -> Timestamp {
        let ahead = Duration::from_millis(self.ahead.load(Ordering::SeqCst));
        at(NOON).after(self.began.elapsed()).after(ahead)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_wakes_for_commits_due_times_and_digests_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.digests = vec![morning(&[DigestFormat::Markdown])];
    let store = Store::in_memory();
    let clock = RunningClock { began: std::time::Instant::now(), ahead: Arc::default() };
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let worker = Deliverer::new(store.clone(), tell::fetcher(), Arc::new(settings), shared);
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    running.spawn({
        let (worker, stop) = (worker.clone(), stop.clone());
        async move { worker.run(stop).await }
    });
    let delivered = |what: &str, count: u64| {
        testkit::wait_until(what, || {
            worker.health().values().map(|health| health.delivered).sum::<u64>() == count
        });
    };
    let mut item = item("danas", "a", "Nuctech", NOON, vec![tag(Facet::Vendor, "bgi", "BGI")]);
    put_item(&store, &item);
    put_alert(&store, &alert(&item, &rule()), &["log"]);
    delivered("a commit wakes it", 1);
    item.story = model::StoryId([7; 16]);
    let later = Alert { at: clock.now().after(Duration::from_secs(1)), ..alert(&item, &rule()) };
    put_alert(&store, &later, &["log"]);
    delivered("a row is delivered when it is due", 2);
    assert!(clock.now() >= later.at);
    // Any commit lets it look at the clock; from there it finds the time by itself.
    clock.set(at("2026-03-03T05:59:59Z"));
    item.key = "b".into();
    put_item(&store, &item);
    delivered("the digest of the next morning comes by itself", 3);
    assert!(clock.now() >= at("2026-03-03T06:00:00Z"));
    stop.cancel();
    assert!(running.join_next().await.unwrap().unwrap().is_ok());
}
