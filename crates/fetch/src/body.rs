//! Bodies, piece by piece up to a cap.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::CONTENT_ENCODING;
use reqwest::{Response, StatusCode};
use tokio::time::timeout;

use crate::error::{FetchError, Phase};

/// The whole body, at most `max` bytes after decompression, with at most `idle` between two
/// pieces. A body that ends before its announced length, or inside its compressed stream, is an
/// error; so is a longer one, unless it `may_cut` it there.
pub(crate) async fn read(
    mut response: Response,
    host: &str,
    max: u64,
    may_cut: bool,
    idle: Duration,
) -> Result<Bytes, FetchError> {
    let unusable = |what, source| FetchError::BadAnswer { host: host.to_owned(), what, source };
    // Codings that were decoded are gone from the headers.
    let coding = response.headers().get(CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(unusable("a content coding that was not asked for", None));
    }
    if !may_cut && response.content_length().is_some_and(|length| length > max) {
        return Err(FetchError::TooLarge { limit: max });
    }
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    loop {
        let piece = match timeout(idle, response.chunk()).await {
            Err(_) => return Err(FetchError::Timeout { phase: Phase::Body, limit: idle }),
            Ok(Err(error)) => {
                let source = error.without_url().into();
                return Err(unusable("its body is cut short or damaged", Some(source)));
            }
            Ok(Ok(None)) => break,
            Ok(Ok(Some(piece))) => piece,
        };
        let length = first.len() + whole.len() + piece.len();
        let is_over = u64::try_from(length).unwrap_or(u64::MAX) > max;
        if is_over && !may_cut {
            return Err(FetchError::TooLarge { limit: max });
        }
        // A body of one piece is not copied.
        if first.is_empty() && whole.is_empty() {
            first = piece;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&piece);
        }
        if is_over {
            let max = usize::try_from(max).unwrap_or(usize::MAX);
            first.truncate(max);
            whole.truncate(max);
            break;
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

/// The first bytes of a body whose status already says what counts; errors end it.
pub(crate) async fn beginning(mut response: Response, max: usize, idle: Duration) -> String {
    let mut bytes = Vec::new();
    if response.status() != StatusCode::NO_CONTENT {
        while bytes.len() < max
            && let Ok(Ok(Some(piece))) = timeout(idle, response.chunk()).await
        {
            let room = max - bytes.len();
            bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
