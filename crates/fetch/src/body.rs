//! Bodies, piece by piece up to a cap.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::CONTENT_ENCODING;
use reqwest::{Response, StatusCode};
use tokio::time::{Instant, timeout};

use crate::error::{FetchError, Phase};

/// What a body that takes longer than usual has to bring: the slowest server of a list that was
/// measured (OFAC's) gives 190 KB/s.
const LEAST_PER_SECOND: u64 = 8 << 10;
/// Over which time that is measured: servers that make a list while they send it pause in between.
const WINDOW: Duration = Duration::from_secs(30);

/// The bounds of one body.
pub(crate) struct Bounds {
    /// Bytes after decompression.
    pub(crate) max: u64,
    /// A longer body is cut there, and is no error.
    pub(crate) may_cut: bool,
    /// Between two pieces.
    pub(crate) idle: Duration,
    /// From then on the body has to flow.
    pub(crate) flows_from: Option<Instant>,
}

/// The whole body within its bounds. A body that ends before its announced length, or inside its
/// compressed stream, is an error.
pub(crate) async fn read(
    mut response: Response,
    host: &str,
    bounds: Bounds,
) -> Result<Bytes, FetchError> {
    let Bounds { max, may_cut, idle, flows_from } = bounds;
    let mut flow = flows_from.map(|from| Flow { from, bytes: 0 });
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
        if let Some(flow) = &mut flow {
            flow.note(piece.len())?;
        }
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

/// How much came since a moment.
struct Flow {
    from: Instant,
    bytes: u64,
}

impl Flow {
    fn note(&mut self, bytes: usize) -> Result<(), FetchError> {
        let now = Instant::now();
        let Some(time) = now.checked_duration_since(self.from) else { return Ok(()) };
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        if time < WINDOW {
            return Ok(());
        }
        if self.bytes / time.as_secs().max(1) < LEAST_PER_SECOND {
            return Err(FetchError::Drips { bytes: self.bytes, within: time });
        }
        *self = Self { from: now, bytes: 0 };
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_flows_may_take_its_time_and_what_drips_may_not() {
        let from = Instant::now() + Duration::from_secs(45);
        for (per_second, expected) in [(190_000, true), (9_000, true), (4_000, false)] {
            let mut flow = Flow { from: from.max(Instant::now()), bytes: 0 };
            let mut fine = true;
            for _ in 0..300 {
                tokio::time::advance(Duration::from_secs(1)).await;
                fine &= flow.note(per_second).is_ok();
            }
            assert_eq!(fine, expected, "{per_second}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_flowing_is_left_within_a_minute() {
        let mut flow = Flow { from: Instant::now(), bytes: 0 };
        for second in 0.. {
            tokio::time::advance(Duration::from_secs(1)).await;
            let bytes = if second < 100 { 1 << 20 } else { 1 };
            if let Err(error) = flow.note(bytes) {
                assert!((100..160).contains(&second), "{second}");
                assert!(error.to_string().starts_with("the body drips: "), "{error}");
                return;
            }
        }
    }
}
