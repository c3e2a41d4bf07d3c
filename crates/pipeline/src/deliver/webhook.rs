//! Channel `webhook`: signed JSON by POST.

use std::fmt::Write;
use std::sync::Arc;

use fetch::{Advice, FetchError, Fetcher, Post};
use futures_util::future::BoxFuture;
use hmac::{Hmac, KeyInit, Mac};
use model::{HttpUrl, one_line, truncated};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::message::{Message, extension, json_line};
use super::notifier::{Notifier, SendError};
use crate::{Clock, Secret};

/// Longest part of an answer that is kept as a note.
const NOTE_BYTES: usize = 200;

/// Posts to one address; the fetcher's filter of addresses holds here too (I11).
pub struct WebhookNotifier {
    fetcher: Fetcher,
    url: HttpUrl,
    secret: Option<String>,
    clock: Arc<dyn Clock>,
}

impl WebhookNotifier {
    /// `NotReady` when the secret is configured but missing.
    pub fn new(
        fetcher: Fetcher,
        url: HttpUrl,
        secret: Option<&Secret>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SendError> {
        let secret = secret.map(Secret::reveal).transpose();
        let secret = secret.map_err(|missing| SendError::not_ready(one_line(missing)))?;
        Ok(Self { fetcher, url, secret: secret.map(str::to_owned), clock })
    }

    fn post(&self, message: &Message) -> Post {
        let body = body(message);
        // Seconds since 1970: receivers refuse what is old.
        let timestamp = (self.clock.now().millis() / 1000).to_string();
        let mut headers = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Idempotency-Key".to_owned(), message.id.to_string()),
            ("X-Stackwatch-Timestamp".to_owned(), timestamp.clone()),
        ];
        if let Some(secret) = &self.secret {
            let signature = format!("sha256={}", sign(secret, &timestamp, &body));
            headers.push(("X-Stackwatch-Signature".to_owned(), signature));
        }
        Post { url: self.url.clone(), headers, body: body.into() }
    }
}

impl Notifier for WebhookNotifier {
    fn knows_repetitions(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<String, SendError>> {
        Box::pin(async move {
            let answer = self.fetcher.post(&self.post(message)).await.map_err(|e| failed(&e))?;
            let said = truncated(&one_line(&answer.text), NOTE_BYTES).into_owned();
            let note = format!("{} {said}", answer.status).trim_end().to_owned();
            if answer.is_success() {
                return Ok(note);
            }
            match answer.status {
                408 | 425 | 429 | 500.. => Err(SendError::Temporary {
                    reason: format!("answered {note}"),
                    retry_after: answer.retry_after.map(|after| after.wait),
                }),
                _ => Err(SendError::permanent(format!("answered {note}"))),
            }
        })
    }
}

/// The fields of the message, and a digest's documents by format. The same bytes at every attempt.
fn body(message: &Message) -> String {
    let documents: Map<String, Value> = message
        .documents
        .iter()
        .map(|document| (extension(document.format).to_owned(), json!(document.body)))
        .collect();
    let more = [("documents", Value::Object(documents))];
    json_line(&message.fields_with(if message.documents.is_empty() { &[] } else { &more }))
}

/// Hexadecimal HMAC-SHA-256 over timestamp, dot and body: a captured request cannot be replayed
/// under another time.
fn sign(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to memory");
        hex
    })
}

fn failed(error: &FetchError) -> SendError {
    let retry_after = match error.advice() {
        Advice::WaitAtLeast(wait) => Some(wait),
        // A refused address is the operator's to mend; the message is not to blame.
        Advice::BackOff | Advice::Gone | Advice::NeedsOperator => None,
    };
    match error {
        FetchError::Refused(_) => SendError::not_ready(error.describe()),
        _ => SendError::Temporary { reason: error.describe(), retry_after },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha_256_over_timestamp_dot_body() {
        // RFC 4231, test case 2: the text contains no dot but the construction adds one.
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let hex: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, known);
        let mut mac = Hmac::<Sha256>::new_from_slice(b"key").unwrap();
        mac.update(b"1772348400.{\"id\":1}");
        let expected: String =
            mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(sign("key", "1772348400", "{\"id\":1}"), expected);
    }
}
