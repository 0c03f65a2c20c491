//! The internet checksum (RFC 1071) and its incremental update (RFC 1624).

/// The checksum of `bytes`; an odd last byte is padded with zero (RFC 1071 §4.1).
pub(crate) fn of(bytes: &[u8]) -> u16 {
    !fold(sum(bytes))
}

/// The checksum after the field `old` became `new` (RFC 1624 §3, equation 3). Both have the same even length
/// and start at an even offset.
pub(crate) fn updated(checksum: u16, old: &[u8], new: &[u8]) -> u16 {
    debug_assert!(old.len() == new.len() && old.len().is_multiple_of(2));
    let removed: u32 = old.chunks_exact(2).map(|m| u32::from(!u16::from_be_bytes([m[0], m[1]]))).sum();
    !fold(u32::from(!checksum) + removed + sum(new))
}

pub(crate) fn sum(bytes: &[u8]) -> u32 {
    let mut words = bytes.chunks_exact(2);
    let total: u32 = words.by_ref().map(|w| u32::from(u16::from_be_bytes([w[0], w[1]]))).sum();
    total + words.remainder().first().map_or(0, |last| u32::from(*last) << 8)
}

pub(crate) const fn fold(sum: u32) -> u16 {
    let once = (sum & 0xFFFF) + (sum >> 16);
    ((once & 0xFFFF) + (once >> 16)) as u16
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

    proptest! {
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
