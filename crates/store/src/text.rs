//! Long texts: zstd, the whole text in one go, cut into pieces like any long value.

use model::entry_limits::TEXT_BYTES;
use serde::{Deserialize, Serialize};

/// A compressed text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Bytes of the text itself.
    pub(crate) length: u32,
    pub(crate) zstd: Vec<u8>,
}

const LEVEL: i32 = 3;

/// The text, compressed; an error if it is above [`TEXT_BYTES`].
pub(crate) fn pack(text: &str) -> Result<Packed, String> {
    let length = text.len();
    if length > TEXT_BYTES {
        return Err(format!("a text of {length} bytes, at most {TEXT_BYTES} are kept"));
    }
    let length = u32::try_from(length).map_err(|error| error.to_string())?;
    let zstd = zstd::bulk::compress(text.as_bytes(), LEVEL).map_err(|error| error.to_string())?;
    Ok(Packed { length, zstd })
}

/// The text again. What was damaged on disk can neither grow above the limit nor stop being text.
pub(crate) fn unpack(packed: &Packed) -> Result<String, String> {
    let length = usize::try_from(packed.length).map_err(|error| error.to_string())?;
    if length > TEXT_BYTES {
        return Err(format!("a text that claims {length} bytes"));
    }
    let bytes = zstd::bulk::decompress(&packed.zstd, length).map_err(|error| error.to_string())?;
    if bytes.len() != length {
        return Err(format!("a text of {} bytes that claims {length}", bytes.len()));
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_and_a_bomb_does_not_unfold() {
        for text in ["", "kratko", &"Хуавеј гради мрежу. ".repeat(2_000)] {
            assert_eq!(unpack(&pack(text).unwrap()).as_deref(), Ok(text));
        }
        assert!(pack(&"a".repeat(TEXT_BYTES + 1)).is_err());
        let bomb = zstd::bulk::compress(&vec![b'a'; 20 * TEXT_BYTES], 3).unwrap();
        assert!(unpack(&Packed { length: 1_000_000, zstd: bomb.clone() }).is_err());
        assert!(unpack(&Packed { length: u32::MAX, zstd: bomb }).is_err());
    }
}
