//! The internet checksum (RFC 1071) and its incremental update (RFC 1624).

/// Words are added in this many independent lanes, which the compiler turns into vector instructions.
const LANES: usize = 8;
const WORD_BYTES: usize = 4;

/// The checksum of `bytes`; an odd last byte is padded with zero (RFC 1071 §4.1).
pub(crate) fn of(bytes: &[u8]) -> u16 {
    !fold(sum(bytes))
}

/// The checksum after the field `old` became `new` (RFC 1624 §3, equation 3). Both have the same even length
/// and start at an even offset.
pub(crate) fn updated(checksum: u16, old: &[u8], new: &[u8]) -> u16 {
    debug_assert!(old.len() == new.len() && old.len().is_multiple_of(2));
    let removed: u64 = old.chunks_exact(2).map(|m| u64::from(!u16::from_be_bytes([m[0], m[1]]))).sum();
    !fold(u64::from(!checksum) + removed + sum(new))
}

/// The one's complement sum of `bytes`, at most 0xFFFF, to be added to others and folded. Zero only for zeros.
///
/// The order of bytes inside a word does not matter to the sum but for a swap at the end (RFC 1071 §2 B), nor does the
/// width of the words: so it reads words of 32 bits as the machine does.
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<{ LANES * WORD_BYTES }>();
    let mut lanes = [0_u64; LANES];
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<WORD_BYTES>().0) {
            *lane += u64::from(u32::from_ne_bytes(*word));
        }
    }
    let mut total: u64 = lanes.into_iter().sum();
    let (words, rest) = rest.as_chunks::<WORD_BYTES>();
    for word in words {
        total += u64::from(u32::from_ne_bytes(*word));
    }
    let mut last = [0; WORD_BYTES];
    last[..rest.len()].copy_from_slice(rest);
    total += u64::from(u32::from_ne_bytes(last));
    u64::from(u16::from_be(fold(total)))
}

/// A sum of 32-bit words, fewer than 2³¹ of them, with its carries added back in.
pub(crate) const fn fold(sum: u64) -> u16 {
    let words = (sum & 0xFFFF_FFFF) + (sum >> 32);
    let once = (words & 0xFFFF) + (words >> 16);
    let twice = (once & 0xFFFF) + (once >> 16);
    ((twice & 0xFFFF) + (twice >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_1071_section_3() {
        assert_eq!(!of(&[0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]), 0xDDF2);
    }

    #[test]
    fn the_example_of_rfc_1624_section_4() {
        assert_eq!(updated(0xDD2F, &[0x55, 0x55], &[0x32, 0x85]), 0x0000);
    }

    #[test]
    fn the_sum_of_the_largest_packet_of_ones_has_no_overflow() {
        assert_eq!(sum(&[0xFF; 65_536]), 0xFFFF);
        assert_eq!(fold(u64::MAX), 0xFFFF);
    }

    proptest! {
        #[test]
        fn words_of_32_bits_give_the_sum_of_pairs_of_bytes(
            bytes in prop::collection::vec(any::<u8>(), 0..3_000)
        ) {
            let pair = |pair: &[u8]| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low));
            let mut expected: u32 = bytes.chunks(2).map(pair).sum();
            while expected > 0xFFFF {
                expected = (expected & 0xFFFF) + (expected >> 16);
            }
            prop_assert_eq!(sum(&bytes), u64::from(expected));
        }

        #[test]
        fn the_update_equals_the_recomputation(
            mut bytes in prop::collection::vec(any::<u8>(), 6..64), new: [u8; 4], at in 0_usize..1_000
        ) {
            bytes[0] |= 0x40; // an IP header or pseudo-header is never all zero
            let at = 2 + at % (bytes.len() - 5) / 2 * 2;
            let before = of(&bytes);
            let old = bytes[at..at + 4].to_vec();
            bytes[at..at + 4].copy_from_slice(&new);
            prop_assert_eq!(updated(before, &old, &new), of(&bytes));
        }
    }
}
