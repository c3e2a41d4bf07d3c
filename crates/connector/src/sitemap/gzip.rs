//! Files that are gzip by their bytes, such as `news.xml.gz`: what the transport did not undo.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::BYTES;
use crate::ParseError;
use crate::feed::Repairs;

const MAGIC: &[u8] = b"\x1f\x8b";
/// Some servers pack a packed file once more.
const LAYERS: usize = 2;

/// The bytes without gzip around them, at most one more than a sitemap may have.
pub(super) fn unpack<'a>(
    bytes: &'a [u8],
    repairs: &mut Repairs,
) -> Result<Cow<'a, [u8]>, ParseError> {
    let mut unpacked = Cow::Borrowed(bytes);
    for _ in 0..LAYERS {
        if !unpacked.starts_with(MAGIC) {
            break;
        }
        unpacked = Cow::Owned(layer(&unpacked, repairs)?);
    }
    Ok(unpacked)
}

fn layer(bytes: &[u8], repairs: &mut Repairs) -> Result<Vec<u8>, ParseError> {
    let mut unpacked = Vec::new();
    let decoder = MultiGzDecoder::new(bytes);
    match decoder.take(BYTES as u64 + 1).read_to_end(&mut unpacked) {
        Ok(_) => Ok(unpacked),
        Err(error) if unpacked.is_empty() => Err(ParseError::Damaged {
            reason: format!("a gzip file that cannot be unpacked: {error}"),
        }),
        Err(_) => {
            repairs.list("document", "the gzip file is cut or damaged: what came out was read");
            Ok(unpacked)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_layer_and_two_come_off_and_a_bomb_does_not_unfold() {
        let mut repairs = Repairs::default();
        assert_eq!(&*unpack(b"plain", &mut repairs).unwrap(), b"plain");
        let once = packed(b"inside");
        assert_eq!(&*unpack(&once, &mut repairs).unwrap(), b"inside");
        assert_eq!(&*unpack(&packed(&once), &mut repairs).unwrap(), b"inside");
        let members = [packed(b"one "), packed(b"two")].concat();
        assert_eq!(&*unpack(&members, &mut repairs).unwrap(), b"one two");
        let bomb = packed(&vec![b' '; BYTES + 1000]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(unpack(&bomb, &mut repairs).unwrap().len(), BYTES + 1);
        assert!(repairs.finish("").is_empty());
    }

    #[test]
    fn what_a_cut_file_holds_is_kept_and_told() {
        let text: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
        let whole = packed(&text);
        let mut repairs = Repairs::default();
        let found = unpack(&whole[..whole.len() / 2], &mut repairs).unwrap();
        assert!(!found.is_empty() && text.starts_with(&found));
        assert_eq!(repairs.finish("").len(), 1);
        assert!(matches!(
            unpack(b"\x1f\x8bno", &mut Repairs::default()),
            Err(ParseError::Damaged { .. })
        ));
    }
}
