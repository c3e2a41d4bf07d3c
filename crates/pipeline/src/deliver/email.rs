//! Channel `email`: one connection for each message, a stable `Message-ID`, nothing from outside
//! in a header without being made one line first.

use std::time::Duration;

use futures_util::future::BoxFuture;
use lettre::Message as Mail;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use model::{ChannelId, one_line, truncated};

use super::message::Message;
use super::notifier::{Notifier, SendError};
use crate::{DigestFormat, EmailSettings, SmtpTls};

/// For a whole conversation, from the connection to the answer after the message.
const LIMIT: Duration = Duration::from_secs(30);
/// For the farewell: the message is delivered already, whatever comes of it.
const QUIT_LIMIT: Duration = Duration::from_secs(2);
const NOTE_BYTES: usize = 200;

/// Sends through one SMTP server.
#[derive(Clone, Debug)]
pub struct EmailNotifier {
    settings: EmailSettings,
    channel: ChannelId,
    credentials: Option<Credentials>,
}

impl EmailNotifier {
    /// `NotReady` when the password is configured but missing.
    pub fn new(settings: &EmailSettings, channel: &ChannelId) -> Result<Self, SendError> {
        let password = settings.password.as_ref().map(|password| password.reveal()).transpose();
        let password = password.map_err(|missing| SendError::not_ready(one_line(missing)))?;
        let credentials = settings
            .user
            .as_ref()
            .map(|user| Credentials::new(user.clone(), password.unwrap_or_default().to_owned()));
        Ok(Self { settings: settings.clone(), channel: channel.clone(), credentials })
    }

    /// The mail as it goes over the wire: the same bytes at every attempt.
    pub fn compose(&self, message: &Message) -> Result<Mail, SendError> {
        let from = mailbox(&self.settings.from)?;
        // Receivers and people see a repetition by it (RFC 5322 section 3.6.4).
        let message_id = format!("<{}.{}@{}>", message.id, self.channel, from.email.domain());
        let date = std::time::UNIX_EPOCH + Duration::from_millis(message.at.millis());
        let mut mail = Mail::builder()
            .from(from)
            .subject(one_line(&message.subject))
            .date(date)
            .message_id(Some(message_id));
        for to in &self.settings.to {
            mail = mail.to(mailbox(to)?);
        }
        // RFC 3834: no out-of-office answers to alerts.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let mail = mail.raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
        let built = if message.documents.is_empty() {
            mail.singlepart(plain(message))
        } else {
            mail.multipart(digest_parts(message))
        };
        built.map_err(|error| SendError::not_ready(one_line(&error.to_string())))
    }

    async fn converse(&self, mail: &Mail) -> Result<String, Failure> {
        let settings = &self.settings;
        let hello = ClientId::default();
        let tls = || TlsParameters::new(settings.host.clone());
        let wrapper = (settings.tls == SmtpTls::Tls).then(tls).transpose()?;
        let server = (settings.host.as_str(), settings.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(LIMIT), &hello, wrapper, None).await?;
        if settings.tls == SmtpTls::StartTls {
            if !connection.can_starttls() {
                return Err(Failure::NoStartTls);
            }
            connection.starttls(tls()?, &hello).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(Failure::Login)?;
        }
        let answer = connection.send(mail.envelope(), &mail.formatted()).await?;
        let said = answer.message().collect::<Vec<_>>().join(" ");
        // The message is taken from here on: the farewell changes nothing.
        drop(tokio::time::timeout(QUIT_LIMIT, connection.abort()).await);
        Ok(format!("{} {said}", answer.code()))
    }
}

impl Notifier for EmailNotifier {
    fn knows_repetitions(&self) -> bool {
        false
    }

    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<String, SendError>> {
        Box::pin(async move {
            let mail = self.compose(message)?;
            let limit = LIMIT + QUIT_LIMIT;
            match tokio::time::timeout(limit, self.converse(&mail)).await {
                Ok(Ok(said)) => Ok(truncated(&one_line(&said), NOTE_BYTES).into_owned()),
                Ok(Err(failure)) => Err(failure.advice(&self.settings)),
                Err(_) => Err(SendError::temporary(format!(
                    "{}: no answer within {LIMIT:?}",
                    self.settings.host
                ))),
            }
        })
    }
}

/// Where a conversation failed.
enum Failure {
    NoStartTls,
    Login(SmtpError),
    Smtp(SmtpError),
}

impl From<SmtpError> for Failure {
    fn from(error: SmtpError) -> Self {
        Self::Smtp(error)
    }
}

impl Failure {
    fn advice(self, settings: &EmailSettings) -> SendError {
        let place = format!("{}:{}", settings.host, settings.port);
        let told = |error: &SmtpError| {
            format!("{place}: {}", truncated(&one_line(&error.to_string()), NOTE_BYTES))
        };
        match self {
            Self::NoStartTls => SendError::not_ready(format!(
                "{place}: the server offers no STARTTLS, and `tls = \"starttls\"` demands it"
            )),
            // A refused login says nothing against the message: someone has to mend the account.
            Self::Login(error) if error.is_permanent() => {
                SendError::not_ready(format!("login refused: {}", told(&error)))
            }
            Self::Smtp(error) if error.is_permanent() => SendError::permanent(told(&error)),
            Self::Login(error) | Self::Smtp(error) => SendError::temporary(told(&error)),
        }
    }
}

fn mailbox(address: &str) -> Result<Mailbox, SendError> {
    address.parse().map_err(|error| {
        SendError::not_ready(format!("`{}` is not an e-mail address: {error}", one_line(address)))
    })
}

fn plain(message: &Message) -> SinglePart {
    let mut text = message.text.clone();
    if message.possibly_repeated {
        text.push_str("\nThis message may be a repetition: an earlier attempt was interrupted.\n");
    }
    SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text)
}

/// Text, HTML if it is wanted, and the JSON as an attachment. The boundaries come from the
/// message's id, for lettre's are random.
fn digest_parts(message: &Message) -> MultiPart {
    let text = plain(message);
    let body = match message.document(DigestFormat::Html) {
        Some(html) => {
            let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(html.body.clone());
            let boundary = format!("alternative-{}", message.id);
            MultiPart::alternative().boundary(boundary).singlepart(text).singlepart(html)
        }
        None => {
            let boundary = format!("mixed-{}", message.id);
            MultiPart::mixed().boundary(boundary).singlepart(text)
        }
    };
    let Some(json) = message.document(DigestFormat::Json) else { return body };
    let kind = ContentType::parse("application/json").expect("a well-formed type");
    let attachment = Attachment::new(json.name.clone()).body(json.body.clone(), kind);
    let boundary = format!("outer-{}", message.id);
    MultiPart::mixed().boundary(boundary).multipart(body).singlepart(attachment)
}
