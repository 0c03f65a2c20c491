use std::{
    net::{IpAddr, SocketAddr},
    ops::Range,
};

use super::{
    channel_data::{CHANNEL_HEADER_BYTES, ChannelNumber},
    indication::{DATA, IPV4, IPV6, Kind, XOR_PEER_ADDRESS, mask, masked},
};
use crate::stun::{HEADER_BYTES, MAGIC_COOKIE, TransactionId};

/// How a payload is wrapped on its way between client and server. Small and `Copy`, so that whoever moves
/// packets can keep it; it stays valid until the client says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Framing(Kinds);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kinds {
    Channel(ChannelNumber),
    Indication { kind: Kind, peer: SocketAddr, id: TransactionId },
}

/// Why a payload was not wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// The payload is not within the buffer, or the buffer has no room around it.
    #[error("no room around the payload: a datagram needs {before} bytes before it and {after} after it")]
    Room {
        /// Bytes needed before the payload.
        before: usize,
        /// Bytes needed after it.
        after: usize,
    },
    /// More than a length field can hold.
    #[error("a payload of {0} bytes is too long for a datagram")]
    TooLong(usize),
}

impl Framing {
    /// Bytes that must be free before a payload, whatever the framing.
    pub const HEADROOM: usize = HEADER_BYTES + 4 + 20 + 4;
    /// Bytes that must be free after a payload, whatever the framing.
    pub const TAILROOM: usize = 3;

    pub(super) const fn channel(channel: ChannelNumber) -> Self {
        Self(Kinds::Channel(channel))
    }

    pub(super) const fn indication(kind: Kind, peer: SocketAddr, id: TransactionId) -> Self {
        Self(Kinds::Indication { kind, peer, id })
    }

    /// Whether it is the short one: 4 bytes before the payload instead of 36 or 48.
    pub const fn is_channel(&self) -> bool {
        matches!(self.0, Kinds::Channel(_))
    }

    /// Wraps the `payload` that stands in `buffer` and returns the range of the whole datagram.
    ///
    /// # Errors
    /// [`FramingError`]; the buffer is then unchanged.
    pub fn write(&self, buffer: &mut [u8], payload: Range<usize>) -> Result<Range<usize>, FramingError> {
        let length = payload.len();
        let (before, after) = match self.0 {
            Kinds::Channel(_) => (CHANNEL_HEADER_BYTES, 0),
            Kinds::Indication { peer, .. } => {
                (HEADER_BYTES + 4 + address_bytes(peer) + 4, length.next_multiple_of(4) - length)
            }
        };
        let room = FramingError::Room { before, after };
        let start = payload.start.checked_sub(before).ok_or(room)?;
        let end = payload.end.checked_add(after).filter(|end| *end <= buffer.len()).ok_or(room)?;
        if payload.start > payload.end {
            return Err(room);
        }
        if end - start > usize::from(u16::MAX) {
            return Err(FramingError::TooLong(length));
        }

        let mut header = Writer(&mut buffer[start..payload.start]);
        match self.0 {
            Kinds::Channel(channel) => {
                header.put(&channel.get().to_be_bytes());
                header.put_length(length);
            }
            Kinds::Indication { kind, peer, id } => {
                header.put(&kind.message_type().to_be_bytes());
                header.put_length(end - start - HEADER_BYTES);
                header.put(&MAGIC_COOKIE);
                header.put(&id.0);
                header.put(&XOR_PEER_ADDRESS.to_be_bytes());
                header.put_length(address_bytes(peer));
                header.put_address(peer, &mask(id.0));
                header.put(&DATA.to_be_bytes());
                header.put_length(length);
            }
        }
        buffer[payload.end..end].fill(0);
        Ok(start..end)
    }
}

fn address_bytes(address: SocketAddr) -> usize {
    if address.is_ipv4() { 8 } else { 20 }
}

/// Fills a slice from the front. Every length was checked before.
struct Writer<'a>(&'a mut [u8]);

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let (head, rest) = std::mem::take(&mut self.0).split_at_mut(bytes.len());
        head.copy_from_slice(bytes);
        self.0 = rest;
    }

    fn put_length(&mut self, length: usize) {
        self.put(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    }

    fn put_address(&mut self, address: SocketAddr, mask: &[u8; 16]) {
        let family = if address.is_ipv4() { IPV4 } else { IPV6 };
        self.put(&[0, family]);
        self.put(&masked(address.port().to_be_bytes(), mask));
        match address.ip() {
            IpAddr::V4(ip) => self.put(&masked(ip.octets(), mask)),
            IpAddr::V6(ip) => self.put(&masked(ip.octets(), mask)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::turn::{channel_data, indication};

    const ID: TransactionId = TransactionId(*b"0123456789ab");

    fn buffer(payload: &[u8]) -> (Vec<u8>, Range<usize>) {
        let mut buffer = vec![0xEE; Framing::HEADROOM];
        buffer.extend(payload);
        buffer.extend([0xEE; Framing::TAILROOM]);
        (buffer, Framing::HEADROOM..Framing::HEADROOM + payload.len())
    }

    #[test]
    fn a_channel_costs_four_bytes() {
        let (mut bytes, payload) = buffer(b"hi");
        let framing = Framing::channel(ChannelNumber::new(0x4002).unwrap());
        let datagram = framing.write(&mut bytes, payload).unwrap();
        assert_eq!(&bytes[datagram], [0x40, 0x02, 0, 2, b'h', b'i']);
    }

    #[test]
    fn an_indication_is_a_stun_message_of_two_attributes() {
        let (mut bytes, payload) = buffer(b"hi");
        let peer = "192.0.2.1:32853".parse().unwrap();
        let datagram = Framing::indication(Kind::Send, peer, ID).write(&mut bytes, payload).unwrap();
        let expected = [
            &[0x00, 0x16, 0, 20, 0x21, 0x12, 0xA4, 0x42][..],
            b"0123456789ab",
            // The XORed form of this very address is in RFC 5769 §2.2.
            &[0x00, 0x12, 0, 8, 0, 1, 0xA1, 0x47, 0xE1, 0x12, 0xA6, 0x43],
            &[0x00, 0x13, 0, 2, b'h', b'i', 0, 0],
        ]
        .concat();
        assert_eq!(&bytes[datagram], expected);
    }

    #[test]
    fn a_buffer_without_room_is_refused_and_unchanged() {
        let v6 = Framing::indication(Kind::Data, "[2001:db8::1]:1".parse().unwrap(), ID);
        let channel = Framing::channel(ChannelNumber::new(0x4002).unwrap());
        let room = |before, after| Err(FramingError::Room { before, after });
        let mut bytes = [7; 60];
        assert_eq!(v6.write(&mut bytes, 47..50), room(48, 1));
        assert_eq!(v6.write(&mut bytes, 48..60), Ok(0..60));
        assert_eq!(v6.write(&mut bytes, 48..59), Ok(0..60));
        bytes = [7; 60];
        assert_eq!(v6.write(&mut bytes, 49..60), room(48, 1));
        assert_eq!(channel.write(&mut bytes, 3..5), room(4, 0));
        assert_eq!(channel.write(&mut bytes, 4..61), room(4, 0));
        assert_eq!(channel.write(&mut vec![0; 70_000], 4..65_600), Err(FramingError::TooLong(65_596)));
        assert_eq!(bytes, [7; 60]);
    }

    proptest! {
        #[test]
        fn what_is_framed_is_read(
            payload in proptest::collection::vec(any::<u8>(), 0..1_500),
            ip in any::<IpAddr>(), port in any::<u16>(), id in any::<[u8; 12]>(), number in 0x4000..0x5000_u16,
        ) {
            let peer = SocketAddr::new(ip, port);
            let channel = ChannelNumber::new(number).unwrap();
            let (mut bytes, range) = buffer(&payload);
            let datagram = Framing::channel(channel).write(&mut bytes, range).unwrap();
            let datagram = &bytes[datagram];
            let (read, range) = channel_data::parse(datagram).unwrap();
            prop_assert_eq!((read, &datagram[range]), (channel, &payload[..]));

            for kind in [Kind::Send, Kind::Data] {
                let (mut bytes, range) = buffer(&payload);
                let datagram = Framing::indication(kind, peer, TransactionId(id)).write(&mut bytes, range).unwrap();
                let datagram = &bytes[datagram];
                let (read, range) = indication::parse(kind, datagram).unwrap();
                prop_assert_eq!((read, &datagram[range]), (peer, &payload[..]));
            }
        }

        #[test]
        fn any_bytes_give_a_payload_within_them_or_nothing(
            words in proptest::collection::vec(
                prop_oneof![
                    any::<[u8; 4]>(),
                    (prop_oneof![Just([0, 0x12]), Just([0, 0x13]), Just([0, 0x1A]), Just([0x80, 0x28])], 0..24_u8)
                        .prop_map(|(kind, length)| [kind[0], kind[1], 0, length]),
                    Just([0, 1, 0x21, 0x12]),
                ],
                0..40,
            ),
        ) {
            let attributes = words.concat();
            let mut bytes = Kind::Data.message_type().to_be_bytes().to_vec();
            bytes.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
            bytes.extend(MAGIC_COOKIE);
            bytes.extend(ID.0);
            bytes.extend(attributes);
            prop_assert!(indication::is_indication(Kind::Data, &bytes));
            if let Some((_, payload)) = indication::parse(Kind::Data, &bytes) {
                prop_assert!(payload.end <= bytes.len());
            }
        }
    }
}
