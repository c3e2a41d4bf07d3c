//! HTTP/1.1 on a raw socket: just enough to read requests and to answer them rightly or wrongly.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::answer::{Answer, Manner};

const MAX_HEAD_BYTES: usize = 64 << 10;
const MAX_BODY_BYTES: usize = 64 << 20;

/// A request as it came over the wire.
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Reads the next request; `None` when the client has closed the connection or sends nonsense.
/// `buffer` keeps what was read beyond it.
pub(crate) async fn hear(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Heard> {
    let head_end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        // Not a method: somebody speaks TLS.
        if buffer.first().is_some_and(|first| !first.is_ascii_alphabetic()) {
            return None;
        }
        if buffer.len() > MAX_HEAD_BYTES || socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    buffer.drain(..head_end + 4);
    let mut lines = head.split("\r\n");
    let mut request_line = lines.next()?.split(' ');
    let (method, path) = (request_line.next()?.to_owned(), request_line.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
    if length > MAX_BODY_BYTES {
        return None;
    }
    while buffer.len() < length {
        if socket.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = buffer.drain(..length).collect();
    Some(Heard { method, path, headers, body })
}

/// Sends an answer in its manner. `Ok(true)`: the connection may be used again.
pub(crate) async fn say(socket: &mut TcpStream, answer: &Answer) -> io::Result<bool> {
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    let body = answer.body.as_slice();
    match answer.manner {
        Manner::Whole => {
            let mut bytes = head(answer, Length::Is(body.len()));
            bytes.extend_from_slice(body);
            socket.write_all(&bytes).await?;
            return Ok(true);
        }
        Manner::Chunked(size) => {
            socket.write_all(&head(answer, Length::Chunked)).await?;
            for piece in body.chunks(size) {
                socket.write_all(&chunk(piece)).await?;
            }
            socket.write_all(b"0\r\n\r\n").await?;
            return Ok(true);
        }
        Manner::Short(missing) => {
            socket.write_all(&head(answer, Length::Is(body.len() + missing))).await?;
            socket.write_all(body).await?;
        }
        Manner::UntilClose => {
            socket.write_all(&head(answer, Length::Unknown)).await?;
            socket.write_all(body).await?;
        }
        Manner::ChunkedCut => {
            socket.write_all(&head(answer, Length::Chunked)).await?;
            socket.write_all(&chunk(body)).await?;
        }
        Manner::BadChunks => {
            socket.write_all(&head(answer, Length::Chunked)).await?;
            socket.write_all(b"zz\r\n").await?;
            socket.write_all(body).await?;
        }
        Manner::Stall(bytes) => {
            socket.write_all(&head(answer, Length::Is(body.len()))).await?;
            socket.write_all(&body[..bytes.min(body.len())]).await?;
            until_closed(socket).await;
        }
        Manner::StallHead => until_closed(socket).await,
        Manner::Drip(bytes, pause) => {
            socket.write_all(&head(answer, Length::Is(body.len()))).await?;
            for piece in body.chunks(bytes) {
                socket.write_all(piece).await?;
                tokio::time::sleep(pause).await;
            }
            return Ok(true);
        }
        Manner::Endless => {
            socket.write_all(&head(answer, Length::Chunked)).await?;
            let piece = chunk(body);
            loop {
                socket.write_all(&piece).await?;
            }
        }
        Manner::Close => {}
        Manner::Raw => socket.write_all(body).await?,
    }
    Ok(false)
}

enum Length {
    Is(usize),
    Chunked,
    Unknown,
}

fn head(answer: &Answer, length: Length) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    // These never have a body, and a length would be one of another answer.
    if !matches!(answer.status, 204 | 304) {
        let line = match length {
            Length::Is(bytes) => format!("Content-Length: {bytes}\r\n"),
            Length::Chunked => "Transfer-Encoding: chunked\r\n".into(),
            Length::Unknown => "Connection: close\r\n".into(),
        };
        head.extend_from_slice(line.as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn chunk(piece: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{:x}\r\n", piece.len()).into_bytes();
    bytes.extend_from_slice(piece);
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Silence until the client gives up; the origin's end ends it as well.
async fn until_closed(socket: &mut TcpStream) {
    let mut sink = [0; 1024];
    while matches!(socket.read(&mut sink).await, Ok(1..)) {}
}
