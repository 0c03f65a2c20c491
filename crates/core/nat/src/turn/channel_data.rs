use std::ops::{Range, RangeInclusive};

use lanrage_base::channel_data;

/// Specification: length of the header, channel number and payload length (RFC 8656 §12.4).
pub(super) const CHANNEL_HEADER_BYTES: usize = channel_data::HEADER_BYTES;

/// Numbers that a client may choose. RFC 8656 §12 ends them at 0x4FFF; clients of RFC 5766 §11, coturn's own among them,
/// draw from all of these, and there is no server that refuses them.
const OF_CLIENTS: RangeInclusive<u16> = 0x4000..=0x7FFF;

/// A channel's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelNumber(u16);

impl ChannelNumber {
    /// Specification: how many we draw from, 0x4000 to 0x4FFF.
    pub(super) const COUNT: u16 = *channel_data::NUMBERS.end() - Self::FIRST + 1;
    const FIRST: u16 = *channel_data::NUMBERS.start();

    /// Checks a number.
    pub const fn new(number: u16) -> Option<Self> {
        if number >= Self::FIRST && number <= *OF_CLIENTS.end() { Some(Self(number)) } else { None }
    }

    /// The `index`-th number from the beginning of the range of RFC 8656.
    pub(super) fn from_index(index: usize) -> Option<Self> {
        let index = u16::try_from(index).ok().filter(|index| *index < Self::COUNT)?;
        Self::new(Self::FIRST + index)
    }

    /// How many numbers are smaller.
    pub(super) const fn index(self) -> usize {
        (self.0 - Self::FIRST) as usize
    }

    /// The number, 0x4000 to 0x7FFF.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// Whether the first byte of what a client says to a server is that of ChannelData.
pub(super) const fn is_of_client(message: &[u8]) -> bool {
    matches!(message, [0x40..=0x7F, ..])
}

/// Reads ChannelData: its channel, and where in the datagram the payload is. What follows the payload is
/// padding (RFC 8656 §12.5).
pub(super) fn parse(datagram: &[u8]) -> Option<(ChannelNumber, Range<usize>)> {
    let (number, payload) = channel_data::split(datagram)?;
    let channel = ChannelNumber::new(number)?;
    Some((channel, CHANNEL_HEADER_BYTES..CHANNEL_HEADER_BYTES + payload.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_header_is_the_channel_and_the_length() {
        let channel = ChannelNumber::new(0x4001).unwrap();
        assert_eq!(parse(&[0x40, 0x01, 0, 2, b'h', b'i']), Some((channel, 4..6)));
        assert_eq!(parse(&[0x40, 0x01, 0, 2, b'h', b'i', 0, 0]), Some((channel, 4..6)), "padded");
        assert_eq!(parse(&[0x40, 0x01, 0, 0]), Some((channel, 4..4)), "empty");
    }

    #[test]
    fn what_is_cut_or_on_no_channel_is_refused() {
        for bytes in [
            &[0x40, 0x01, 0, 3, b'h', b'i'][..],
            &[0x40, 0x01, 0],
            &[0x3F, 0xFF, 0, 0],
            &[0x80, 0x00, 0, 0],
            &[],
        ] {
            assert_eq!(parse(bytes), None, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_range_within_them(bytes in proptest::collection::vec(any::<u8>(), 0..64), first in 0x3F..0x81_u8) {
            let mut bytes = bytes;
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            if let Some((channel, payload)) = parse(&bytes) {
                prop_assert!(is_of_client(&bytes));
                prop_assert!(payload.end <= bytes.len());
                prop_assert_eq!(ChannelNumber::new(channel.get()), Some(channel));
            }
        }
    }
}
