//! Frames of the commit journal: `len u32 · crc32 u32 · seq u64 · payload`, big-endian.
//!
//! One frame is one group of commits, so one fsync: `seq` is the number of its last commit, the
//! payload begins with how many there are (`u16`), then come their puts and deletes. The checksum
//! covers `seq` and payload. Since each frame is on disk before the next is written, a bad frame
//! at the very end was never acknowledged, and a bad one before a good one is damage.

use crate::engine::{Op, OpsIter, Seq};
use crate::limits::{COMMIT_BYTES, GROUP_BYTES};

const HEADER: usize = 16;
/// Bytes of a payload: a group is closed at `GROUP_BYTES`, the commit that closes it comes on top
/// with its framing and the deletes that it causes.
const MAX_PAYLOAD: usize = GROUP_BYTES + 4 * COMMIT_BYTES;
/// How far ahead a number may lie to be taken for that of a later frame.
const AHEAD: Seq = 1 << 32;

/// One group of commits.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) first: Seq,
    pub(crate) last: Seq,
    ops: &'a [u8],
    bytes: usize,
}

impl<'a> Frame<'a> {
    pub(crate) fn ops(&self) -> OpsIter<'a> {
        OpsIter(self.ops)
    }

    fn read(input: &'a [u8]) -> Option<Self> {
        let (length, rest) = input.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        if length > MAX_PAYLOAD {
            return None;
        }
        let checked = rest.get(..8 + length)?;
        if crc32fast::hash(checked) != u32::from_be_bytes(*crc) {
            return None;
        }
        let (last, payload) = checked.split_first_chunk::<8>()?;
        let (sets, ops) = payload.split_first_chunk::<2>()?;
        let last = Seq::from_be_bytes(*last);
        let sets = Seq::from(u16::from_be_bytes(*sets));
        let first = last.checked_sub(sets)?.checked_add(1)?;
        (sets > 0).then_some(Self { first, last, ops, bytes: HEADER + length })
    }

    /// All of the payload reads as puts and deletes.
    fn is_sound(&self) -> bool {
        let mut ops = self.ops();
        ops.by_ref().for_each(|_: Op<'_>| {});
        ops.is_done()
    }
}

/// Writes one frame for `sets`, the last of which has the number `last`, into `out`.
pub(crate) fn write<'a>(out: &mut Vec<u8>, last: Seq, sets: impl Iterator<Item = [&'a [u8]; 2]>) {
    out.clear();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&last.to_be_bytes());
    out.extend_from_slice(&[0; 2]);
    let mut count = 0u16;
    for set in sets {
        count += 1;
        set.iter().for_each(|ops| out.extend_from_slice(ops));
    }
    out[HEADER..HEADER + 2].copy_from_slice(&count.to_be_bytes());
    let length = u32::try_from(out.len() - HEADER).expect("groups are bounded");
    let crc = crc32fast::hash(&out[8..]);
    out[..4].copy_from_slice(&length.to_be_bytes());
    out[4..8].copy_from_slice(&crc.to_be_bytes());
}

/// How the bytes of a journal file end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With a whole frame.
    Clean,
    /// With something after `valid` bytes that is not a frame, and no frame after it.
    Torn { valid: usize },
    /// With something that is not the next frame after `valid` bytes, and frames after it.
    Damaged { valid: usize },
}

/// Hands the frames of a file to `visit`, the first of which must begin with `next`; returns the
/// number that would come next.
pub(crate) fn scan<'a, E>(
    bytes: &'a [u8],
    mut next: Seq,
    mut visit: impl FnMut(Frame<'a>) -> Result<(), E>,
) -> Result<(Seq, End), E> {
    let mut valid = 0;
    while valid < bytes.len() {
        match Frame::read(&bytes[valid..]) {
            Some(frame) if frame.first == next && frame.is_sound() => {
                valid += frame.bytes;
                next = frame.last + 1;
                visit(frame)?;
            }
            Some(_) => return Ok((next, End::Damaged { valid })),
            None if later_frame(&bytes[valid..], next) => {
                return Ok((next, End::Damaged { valid }));
            }
            None => return Ok((next, End::Torn { valid })),
        }
    }
    Ok((next, End::Clean))
}

/// Whether a frame with a number from `next` on stands anywhere behind the first byte.
fn later_frame(tail: &[u8], next: Seq) -> bool {
    (1..tail.len().saturating_sub(HEADER)).any(|start| {
        let seq = tail[start + 8..].first_chunk::<8>().map(|bytes| Seq::from_be_bytes(*bytes));
        // The number is looked at first: it spares the checksum nearly everywhere.
        seq.is_some_and(|seq| seq >= next && seq - next < AHEAD)
            && Frame::read(&tail[start..]).is_some_and(|frame| frame.is_sound())
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::engine::Ops;

    fn frame(last: Seq, sets: usize) -> Vec<u8> {
        let mut ops = Ops::default();
        ops.put(b"key", &last.to_be_bytes());
        ops.delete(b"gone");
        let mut out = Vec::new();
        write(&mut out, last, (0..sets).map(|_| [ops.0.as_slice(), &[]]));
        out
    }

    fn numbers(bytes: &[u8], next: Seq) -> (Vec<(Seq, Seq)>, Seq, End) {
        let mut seen = Vec::new();
        let visit = |frame: Frame<'_>| {
            seen.push((frame.first, frame.last));
            Ok::<_, Infallible>(())
        };
        let Ok((next, end)) = scan(bytes, next, visit);
        (seen, next, end)
    }

    #[test]
    fn frames_come_back_in_order_and_a_gap_is_damage() {
        let bytes = [frame(1, 1), frame(4, 3), frame(5, 1)].concat();
        assert_eq!(numbers(&bytes, 1), (vec![(1, 1), (2, 4), (5, 5)], 6, End::Clean));
        let gap = [frame(1, 1), frame(4, 2)].concat();
        let valid = frame(1, 1).len();
        assert_eq!(numbers(&gap, 1), (vec![(1, 1)], 2, End::Damaged { valid }));
    }

    #[test]
    fn a_tail_torn_at_any_byte_is_no_damage() {
        let whole = [frame(1, 1), frame(2, 1)].concat();
        let (valid, last) = (frame(1, 1).len(), frame(2, 1));
        for cut in 1..last.len() {
            let torn = &whole[..valid + cut];
            assert_eq!(numbers(torn, 1), (vec![(1, 1)], 2, End::Torn { valid }), "{cut}");
            let mut zeros = torn.to_vec();
            zeros.resize(whole.len() + 100, 0);
            let (seen, next, end) = numbers(&zeros, 1);
            assert_eq!((seen.len(), next, end), (1, 2, End::Torn { valid }), "{cut}");
        }
    }

    #[test]
    fn a_flipped_bit_before_a_good_frame_is_damage() {
        let whole = [frame(1, 1), frame(2, 1), frame(3, 1)].concat();
        let (start, end) = (frame(1, 1).len(), frame(1, 1).len() + frame(2, 1).len());
        for byte in start..end {
            let mut bytes = whole.clone();
            bytes[byte] ^= 0x10;
            let damaged = End::Damaged { valid: start };
            assert_eq!(numbers(&bytes, 1), (vec![(1, 1)], 2, damaged), "{byte}");
        }
    }
}
