//! Long values in pieces. The first piece stands at the key itself and tells how many follow and
//! a hash of the whole: so its bytes, and the version made of them, change with every change, and
//! a reader sees when the pieces do not belong together.

use sha2::{Digest, Sha256};

use crate::limits::PIECE_BYTES;
use crate::tables::PIECES;

/// First byte of a first piece; no table has it.
const MARK: u8 = 0xfe;
/// Mark, number of further pieces, length of the whole, hash of the whole.
const HEADER: usize = 1 + 2 + 4 + 16;

/// The first 16 bytes of SHA-256.
pub(crate) fn hash(bytes: &[u8]) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&Sha256::digest(bytes)[..16]);
    hash
}

/// The first piece and the further ones; a value that fits stays as it is.
pub(crate) fn cut(whole: Vec<u8>) -> (Vec<u8>, Vec<Vec<u8>>) {
    if whole.len() <= PIECE_BYTES {
        return (whole, Vec::new());
    }
    let (first, rest) = whole.split_at(PIECE_BYTES - HEADER);
    let further: Vec<Vec<u8>> = rest.chunks(PIECE_BYTES).map(<[u8]>::to_vec).collect();
    let count = u16::try_from(further.len()).expect("values are at most VALUE_BYTES");
    let length = u32::try_from(whole.len()).expect("values are at most VALUE_BYTES");
    let mut head = Vec::with_capacity(PIECE_BYTES);
    head.push(MARK);
    head.extend_from_slice(&count.to_be_bytes());
    head.extend_from_slice(&length.to_be_bytes());
    head.extend_from_slice(&hash(&whole));
    head.extend_from_slice(first);
    (head, further)
}

/// What a first piece tells.
pub(crate) struct Head<'a> {
    pub(crate) further: u16,
    length: usize,
    hash: [u8; 16],
    first: &'a [u8],
}

impl<'a> Head<'a> {
    /// `None` if the value is not in pieces.
    pub(crate) fn of(value: &'a [u8]) -> Option<Self> {
        let (header, first) = value.split_at_checked(HEADER)?;
        let [MARK, a, b, c, d, e, f, hash @ ..] = header else { return None };
        Some(Self {
            further: u16::from_be_bytes([*a, *b]),
            length: usize::try_from(u32::from_be_bytes([*c, *d, *e, *f])).ok()?,
            hash: hash.try_into().ok()?,
            first,
        })
    }

    /// The whole value; `None` if the pieces do not belong together.
    pub(crate) fn join(&self, further: &[Vec<u8>]) -> Option<Vec<u8>> {
        let bytes = self.first.len() + further.iter().map(Vec::len).sum::<usize>();
        if bytes != self.length || further.len() != usize::from(self.further) {
            return None;
        }
        let mut whole = Vec::with_capacity(bytes);
        whole.extend_from_slice(self.first);
        further.iter().for_each(|piece| whole.extend_from_slice(piece));
        (hash(&whole) == self.hash).then_some(whole)
    }
}

/// How many further pieces a value has.
pub(crate) fn further(value: Option<&[u8]>) -> u16 {
    value.and_then(Head::of).map_or(0, |head| head.further)
}

/// The key of the further piece `number`, counted from 1.
pub(crate) fn piece_key(key: &[u8], number: u16) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.len() + 3);
    bytes.push(PIECES);
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes
}

/// The key of the value and the number that the key of a further piece consists of.
pub(crate) fn of_piece_key(key: &[u8]) -> Option<(&[u8], u16)> {
    let (head, number) = key.strip_prefix(&[PIECES])?.split_last_chunk::<2>()?;
    Some((head, u16::from_be_bytes(*number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_from_its_pieces_and_only_from_those() {
        for length in [0, 10, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES, 100_000] {
            let whole: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let (head, mut further) = cut(whole.clone());
            assert!(head.len() <= PIECE_BYTES && further.iter().all(|p| p.len() <= PIECE_BYTES));
            let Some(read) = Head::of(&head) else {
                assert_eq!(head, whole);
                continue;
            };
            assert_eq!(read.join(&further), Some(whole));
            further[0][0] ^= 1;
            assert_eq!(read.join(&further), None);
            further.pop();
            assert_eq!(read.join(&further), None);
        }
    }
}
