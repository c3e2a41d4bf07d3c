//! The body of a push: a document of the source, or a part of one, read by the source's own reader.

use std::io::Read as _;
use std::sync::Arc;

use connector::{Connector, Document};
use flate2::read::MultiGzDecoder;
use store::tables;

use crate::run::{RunError, blocking, chain, parse_caught, store_pushed};
use crate::{Context, Source, Totals};

/// What became of a push.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Taken {
    /// Read and stored; `ask`: the source itself has to be asked for the rest.
    Read { totals: Totals, ask: bool },
    /// A sign that there is something, and no more: nothing in it could be used.
    Sign { why: String },
}

/// Stores what a push brings. Entries that are not known become items; known ones that look
/// different are asked for at the source, for hubs repeat messages and mix up their order.
pub(super) async fn take(
    cx: &Context,
    source: &Arc<Source>,
    topic: &str,
    content_type: Option<String>,
    encoding: Option<&str>,
    body: bytes::Bytes,
) -> Result<Taken, RunError> {
    let sign = |why: &str| Ok(Taken::Sign { why: why.to_owned() });
    let before = cx.store.get::<tables::Sources>(&source.id)?.unwrap_or_default();
    // Until the first poll nobody can say what is news (I7a).
    if before.baseline.is_none() || before.fetch_key != source.fetch_key() {
        return sign("it was not polled yet");
    }
    if !matches!(source.connector, Connector::Feed(_)) || body.is_empty() {
        return sign("the message is empty");
    }
    let limit = cx.settings.max_feed_bytes;
    let body = match encoding.map(str::trim).unwrap_or_default() {
        "" | "identity" => body.to_vec(),
        "gzip" | "x-gzip" => match blocking(move || unpacked(&body, limit)).await {
            Some(body) => body,
            None => return sign("it cannot be unpacked within the limits"),
        },
        _ => return sign("its coding is not known"),
    };
    let bytes = body.len() as u64;
    let (reader, topic) = (Arc::clone(source), topic.to_owned());
    let read = blocking(move || {
        let (content_type, base_url) = (content_type.as_deref(), Some(topic.as_str()));
        parse_caught(&reader, &Document { bytes: &body, content_type, base_url })
    });
    match read.await {
        Some(Ok(parsed)) if parsed.items.is_empty() => sign("no entry in it can be used"),
        Some(Ok(parsed)) => {
            let (totals, ask) = store_pushed(cx, source, parsed, bytes).await?;
            Ok(Taken::Read { totals, ask })
        }
        Some(Err(error)) => sign(&chain(&error)),
        None => sign("the reader of this format panicked"),
    }
}

/// At most `limit` bytes: a small message can hold a very long one.
fn unpacked(packed: &[u8], limit: u64) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    MultiGzDecoder::new(packed).take(limit.saturating_add(1)).read_to_end(&mut body).ok()?;
    (body.len() as u64 <= limit).then_some(body)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_packed_body_is_bounded_after_unpacking() {
        assert_eq!(unpacked(&packed(b"feed"), 4).as_deref(), Some(&b"feed"[..]));
        assert_eq!(unpacked(&packed(b"feeds"), 4), None);
        assert_eq!(unpacked(&packed(&vec![0; 64 << 20]), 1 << 20), None, "a bomb of 64 KB");
        assert_eq!(unpacked(b"not packed", 100), None);
        let whole = packed(b"feed");
        assert_eq!(unpacked(&whole[..whole.len() - 4], 100), None, "cut off");
    }
}
