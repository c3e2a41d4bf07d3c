//! Values: `[kind u8][version u8][postcard]`, where the kind is the byte of the table. Rows of an
//! index are empty. A long value of a table that may be cut has the highest bit of its version set
//! and is `[kind][version | 0x80][length u32, big-endian][zstd of the postcard]`: fewer bytes go
//! through the journal and the engine.

use crate::limits::VALUE_BYTES;
use crate::tables::Table;

/// Marks a compressed value in the version byte.
const COMPRESSED: u8 = 0x80;
/// Shorter values gain nothing.
const COMPRESS_FROM: usize = 768;
/// The fastest: titles and summaries shrink little more with effort.
const LEVEL: i32 = 1;

/// The bytes of a value, whole.
pub(crate) fn encode<T: Table>(value: &T::Value) -> Result<Vec<u8>, String> {
    if T::INDEX {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::with_capacity(256);
    bytes.extend([T::BYTE, T::VERSION]);
    let bytes = postcard::to_extend(value, bytes).map_err(|error| error.to_string())?;
    if T::SPLIT && (COMPRESS_FROM..=VALUE_BYTES).contains(&bytes.len()) {
        return compress(&bytes);
    }
    Ok(bytes)
}

/// The value with its payload compressed, unless that does not make it shorter.
fn compress(plain: &[u8]) -> Result<Vec<u8>, String> {
    let payload = &plain[2..];
    let length = u32::try_from(payload.len()).map_err(|error| error.to_string())?;
    let zstd = zstd::bulk::compress(payload, LEVEL).map_err(|error| error.to_string())?;
    let mut bytes = Vec::with_capacity(6 + zstd.len());
    bytes.extend([plain[0], plain[1] | COMPRESSED]);
    bytes.extend(length.to_be_bytes());
    bytes.extend(zstd);
    Ok(if bytes.len() < plain.len() { bytes } else { plain.to_vec() })
}

/// The payload again. What was damaged on disk cannot grow above the limit of a value.
fn decompress(packed: &[u8]) -> Result<Vec<u8>, String> {
    let (length, zstd) = packed.split_first_chunk().ok_or("a value without its length")?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > VALUE_BYTES {
        return Err(format!("a value that claims {length} bytes"));
    }
    let payload = zstd::bulk::decompress(zstd, length).map_err(|error| error.to_string())?;
    if payload.len() != length {
        return Err(format!("a value of {} bytes that claims {length}", payload.len()));
    }
    Ok(payload)
}

/// The value of bytes that are whole.
pub(crate) fn decode<T: Table>(bytes: &[u8]) -> Result<T::Value, String> {
    if T::INDEX {
        // Nothing stands for `()`, and there must be nothing.
        return read(bytes);
    }
    match bytes {
        [kind, ..] if *kind != T::BYTE => Err(format!("a value of kind {kind:#04x}")),
        [_, version, payload @ ..] if *version == T::VERSION => read(payload),
        [_, version, packed @ ..] if *version == T::VERSION | COMPRESSED => {
            read(&decompress(packed)?)
        }
        [_, version, payload @ ..] => {
            let plain = version & !COMPRESSED;
            let unpacked = match version & COMPRESSED {
                0 => None,
                _ => Some(decompress(payload)?),
            };
            T::upgrade(plain, unpacked.as_deref().unwrap_or(payload)).unwrap_or_else(|| {
                let newest = T::VERSION;
                Err(format!("a value of version {plain}, this stackwatch reads up to {newest}"))
            })
        }
        _ => Err("a value without its two first bytes".into()),
    }
}

pub(crate) fn read<V: serde::de::DeserializeOwned>(payload: &[u8]) -> Result<V, String> {
    match postcard::take_from_bytes(payload) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(format!("{} bytes after the end of the value", rest.len())),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Revisions;

    fn revision(summary: String) -> model::Revision {
        model::Revision {
            at: model::Timestamp::EPOCH,
            url: None,
            title: None,
            summary: Some(summary),
            published: None,
            updated: None,
            tags: vec![],
            changed: vec![],
        }
    }

    #[test]
    fn a_long_value_is_compressed_and_comes_back() {
        let value = revision("Оптички каблови. ".repeat(200));
        let bytes = encode::<Revisions>(&value).unwrap();
        assert_eq!(bytes[1], Revisions::VERSION | COMPRESSED);
        assert!(bytes.len() < 400, "{}", bytes.len());
        assert_eq!(decode::<Revisions>(&bytes).unwrap(), value);
        let short = revision("Kratko".into());
        assert_eq!(encode::<Revisions>(&short).unwrap()[1], Revisions::VERSION);
    }

    #[test]
    fn a_damaged_one_is_an_error_and_no_bomb() {
        let mut bytes = encode::<Revisions>(&revision("a".repeat(5_000))).unwrap();
        bytes[2..6].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(decode::<Revisions>(&bytes).is_err());
        bytes[2..6].copy_from_slice(&10_u32.to_be_bytes());
        assert!(decode::<Revisions>(&bytes).is_err());
        assert!(decode::<Revisions>(&bytes[..4]).is_err());
    }
}
