//! Scripted answers, the well-behaved and the others.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

/// One answer of a scripted path. Starts well-behaved; each method makes it worse.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
    pub(crate) manner: Manner,
}

/// How the bytes go out.
#[derive(Clone, Debug)]
pub(crate) enum Manner {
    /// With the right `Content-Length`.
    Whole,
    /// With a `Content-Length` that is larger by this much; then the connection is closed.
    Short(usize),
    /// Without a length, ended by closing the connection.
    UntilClose,
    /// In correct chunks of this many bytes.
    Chunked(usize),
    /// Chunked, closed before the last chunk.
    ChunkedCut,
    /// Chunked, with a size that is not a number.
    BadChunks,
    /// Head and this much of the body, then silence.
    Stall(usize),
    /// Silence instead of a head.
    StallHead,
    /// So many bytes at a time, with a pause between them.
    Drip(usize, Duration),
    /// The body again and again, in chunks, for as long as someone reads.
    Endless,
    /// The connection is closed without an answer.
    Close,
    /// The body instead of an answer, then the connection is closed.
    Raw,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            delay: Duration::ZERO,
            manner: Manner::Whole,
        }
    }
    /// 200 with a body and without validators.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).body(body)
    }
    /// 302.
    pub fn redirect(to: impl AsRef<str>) -> Self {
        Self::status(302).header("Location", to.as_ref())
    }
    /// 301.
    pub fn moved(to: impl AsRef<str>) -> Self {
        Self::status(301).header("Location", to.as_ref())
    }
    /// 304.
    pub fn not_modified() -> Self {
        Self::status(304)
    }
    /// 200 with a few KiB that unpack to `mebibytes` MiB of zeros.
    pub fn gzip_bomb(mebibytes: usize) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let piece = vec![0; 1 << 20];
        for _ in 0..mebibytes {
            encoder.write_all(&piece).expect("writing to memory");
        }
        let packed = encoder.finish().expect("writing to memory");
        Self::ok(packed).header("Content-Encoding", "gzip")
    }
    /// 200 with a body that never ends.
    pub fn endless() -> Self {
        Self { manner: Manner::Endless, ..Self::ok(vec![b'x'; 8 << 10]) }
    }
    /// The connection is closed as soon as the request was read.
    pub fn close() -> Self {
        Self { manner: Manner::Close, ..Self::status(200) }
    }
    /// Nothing comes, the connection stays open.
    pub fn silence() -> Self {
        Self { manner: Manner::StallHead, ..Self::status(200) }
    }
    /// These bytes instead of an answer.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { manner: Manner::Raw, ..Self::ok(bytes) }
    }

    /// Adds a header; the same name may be added again. Bytes go out as they are.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_owned()));
        self
    }
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
    /// Packs the body that is set by now.
    #[must_use]
    pub fn gzip(mut self) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.body).expect("writing to memory");
        self.body = encoder.finish().expect("writing to memory");
        self.header("Content-Encoding", "gzip")
    }
    /// Packs the body as `deflate`: zlib, as the standard says.
    #[must_use]
    pub fn deflate(mut self) -> Self {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.body).expect("writing to memory");
        self.body = encoder.finish().expect("writing to memory");
        self.header("Content-Encoding", "deflate")
    }
    /// Packs the body as `deflate` without the zlib frame, as some servers do.
    #[must_use]
    pub fn raw_deflate(mut self) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&self.body).expect("writing to memory");
        self.body = encoder.finish().expect("writing to memory");
        self.header("Content-Encoding", "deflate")
    }
    /// Drops the last bytes of the body that is set by now; the length that is announced fits what
    /// is left, so that only the compressed stream shows the cut.
    #[must_use]
    pub fn without_last(mut self, bytes: usize) -> Self {
        self.body.truncate(self.body.len().saturating_sub(bytes));
        self
    }
    /// Announces `missing` bytes more than are sent, then closes the connection.
    #[must_use]
    pub fn short_by(self, missing: usize) -> Self {
        Self { manner: Manner::Short(missing), ..self }
    }
    /// Without a length, ended by closing the connection.
    #[must_use]
    pub fn until_close(self) -> Self {
        Self { manner: Manner::UntilClose, ..self }
    }
    #[must_use]
    pub fn chunked(self, size: usize) -> Self {
        Self { manner: Manner::Chunked(size.max(1)), ..self }
    }
    /// Chunked, closed before the last chunk.
    #[must_use]
    pub fn chunked_cut(self) -> Self {
        Self { manner: Manner::ChunkedCut, ..self }
    }
    /// Chunked, with a size that is not a number.
    #[must_use]
    pub fn bad_chunks(self) -> Self {
        Self { manner: Manner::BadChunks, ..self }
    }
    /// Head and `bytes` of the body, then silence on an open connection.
    #[must_use]
    pub fn stall_after(self, bytes: usize) -> Self {
        Self { manner: Manner::Stall(bytes), ..self }
    }
    /// `bytes` of the body at a time, with `pause` between them.
    #[must_use]
    pub fn drip(self, bytes: usize, pause: Duration) -> Self {
        Self { manner: Manner::Drip(bytes.max(1), pause), ..self }
    }
    /// Adds `count` headers of 100 bytes each.
    #[must_use]
    pub fn header_flood(mut self, count: usize) -> Self {
        for number in 0..count {
            let name = format!("X-Flood-{number}");
            self.headers.push((name, vec![b'f'; 100]));
        }
        self
    }
    /// Waits before the answer.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

impl From<&str> for Answer {
    fn from(body: &str) -> Self {
        Self::ok(body)
    }
}
