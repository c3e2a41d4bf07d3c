//! Where words and characters begin: one bit for each of 64 bytes, eight bytes at a time.

/// Each byte's highest bit.
const HIGH: u64 = every(0x80);

const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Which of 64 bytes are letters or digits of the normal form, and which are the first of a
/// character of several bytes.
#[inline]
pub(super) fn classes(bytes: &[u8; 64]) -> (u64, u64) {
    let chunks = bytes.as_chunks::<8>().0.iter().map(|c| u64::from_le_bytes(*c));
    let side_by_side = |class: fn(u64) -> u64| {
        chunks.clone().rev().fold(0, |bits, chunk| (bits << 8) | gathered(class(chunk)))
    };
    let high = chunks.clone().fold(0, |high, chunk| high | chunk) & HIGH;
    let leads = if high == 0 { 0 } else { side_by_side(leads) };
    (side_by_side(words), leads)
}

fn words(bytes: u64) -> u64 {
    // No sum of seven bits and less than 0x80 reaches the next byte.
    let low = bytes & !HIGH;
    let from = |first: u8| low + every(0x80 - first);
    let letter = from(b'a') & !from(b'z' + 1);
    let digit = from(b'0') & !from(b'9' + 1);
    (letter | digit) & !bytes & HIGH
}

fn leads(bytes: u64) -> u64 {
    bytes & (bytes << 1) & HIGH
}

/// The highest bits of eight bytes side by side, that of the first byte lowest.
#[inline]
fn gathered(high: u64) -> u64 {
    (high >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_in_its_class_at_every_place() {
        for place in 0..64 {
            for byte in 0..=u8::MAX {
                let mut bytes = [b' '; 64];
                bytes[place] = byte;
                let is = |class: u64| class == 1 << place;
                let (words, leads) = classes(&bytes);
                // The normal form has no capitals.
                let word = byte.is_ascii_digit() || byte.is_ascii_lowercase();
                assert_eq!(is(words), word, "{byte:#x} at {place}");
                assert_eq!(is(leads), byte >= 0xc0, "{byte:#x} at {place}");
                assert_eq!((words | leads) & !(1 << place), 0);
            }
        }
    }
}
