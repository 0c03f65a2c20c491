//! ChannelData messages (RFC 8656 §12.4): four bytes in front of what a relay passes on.

use std::ops::RangeInclusive;

/// The channel number, then the length of the data without padding.
pub const HEADER_BYTES: usize = 4;
/// Numbers that a channel may have (RFC 8656 §12).
pub const NUMBERS: RangeInclusive<u16> = 0x4000..=0x4FFF;

/// Whether the first byte says ChannelData (RFC 7983 §7).
pub const fn claims_to_be(message: &[u8]) -> bool {
    matches!(message, [0x40..=0x4F, ..])
}

/// The header of `len` bytes of data.
pub const fn header(number: u16, len: u16) -> [u8; HEADER_BYTES] {
    let ([n0, n1], [l0, l1]) = (number.to_be_bytes(), len.to_be_bytes());
    [n0, n1, l0, l1]
}

/// Bytes behind a message that a stream needs and a datagram does not (RFC 8656 §12.5).
pub const fn padding(message_bytes: usize) -> usize {
    message_bytes.wrapping_neg() & 3
}

/// The number and the data. None if the message is cut or its number none of a channel; what follows the data is
/// padding, and left out.
pub fn parse(message: &[u8]) -> Option<(u16, &[u8])> {
    split(message).filter(|(number, _)| NUMBERS.contains(number))
}

/// The same, whatever the number is.
pub fn split(message: &[u8]) -> Option<(u16, &[u8])> {
    let (header, rest) = message.split_first_chunk::<HEADER_BYTES>()?;
    let number = u16::from_be_bytes([header[0], header[1]]);
    let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    Some((number, rest.get(..len)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_that_is_cut_or_longer_than_it_is_or_of_no_channel_is_none() {
        let whole = [0x40, 0x01, 0, 3, b'a', b'b', b'c'];
        assert_eq!(parse(&whole), Some((0x4001, &b"abc"[..])));
        for cut in 0..whole.len() {
            assert_eq!(parse(&whole[..cut]), None, "{cut}");
        }
        for first in [0x00, 0x3F, 0x50, 0xFF] {
            assert_eq!(parse(&[first, 0xFF, 0, 0]), None);
            assert!(!claims_to_be(&[first]));
        }
        assert!(!claims_to_be(&[]));
    }

    proptest! {
        #[test]
        fn what_is_framed_is_read_back_padded_or_not(
            number in NUMBERS, data in prop::collection::vec(any::<u8>(), 0..100)
        ) {
            let mut message = header(number, data.len() as u16).to_vec();
            message.extend_from_slice(&data);
            prop_assert!(claims_to_be(&message));
            prop_assert_eq!(parse(&message), Some((number, &data[..])));
            message.resize(message.len() + padding(message.len()), 0);
            prop_assert!(message.len().is_multiple_of(4));
            prop_assert_eq!(parse(&message), Some((number, &data[..])));
        }

        #[test]
        fn any_bytes_parse_or_do_not(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            if let Some((number, data)) = parse(&bytes) {
                prop_assert!(NUMBERS.contains(&number) && HEADER_BYTES + data.len() <= bytes.len());
            }
        }
    }
}
