//! Tells apart what shares one UDP port, by its first bytes (RFC 7983, and WireGuard's own header).

use lanrage_base::channel_data;
use lanrage_party::{Lane, facts::DropReason, is_knock};

/// Longest STUN message that is handed on, in bytes: one that is not fragmented on any usual path.
pub(crate) const STUN_BYTES: usize = 1_500;

/// RFC 8489 §5.
const MAGIC_COOKIE: [u8; 4] = 0x2112_A442_u32.to_be_bytes();
const STUN_HEADER_BYTES: usize = 20;

/// Counters from here on must be refused (WireGuard whitepaper §6.1, Reject-After-Messages). It also keeps
/// arithmetic on an authenticated but malicious counter from overflowing.
const REJECT_AFTER_MESSAGES: u64 = u64::MAX - (1 << 13);

/// An initiation's type, then the first of three reserved bytes (whitepaper §5.4.2) with the lane's number. Only this
/// message needs it: all others name a session by its index. Who knows one lane alone drops it.
const EXPRESS_INITIATION: [u8; 4] = [1, Lane::Express as u8, 0, 0];
/// Where the lane's number stands.
pub(crate) const LANE_BYTE: usize = 1;

pub(crate) const INITIATION_BYTES: usize = 148;
const RESPONSE_BYTES: usize = 92;
const COOKIE_REPLY_BYTES: usize = 64;
const DATA_MIN_BYTES: usize = 32;

/// What a datagram is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    WireGuard(Message),
    Stun,
    Knock,
}

/// A WireGuard message (whitepaper §5.4); `receiver` is the index that our side chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message {
    /// It asks for a session of this lane.
    Initiation {
        lane: Lane,
    },
    Response {
        receiver: u32,
    },
    CookieReply {
        receiver: u32,
    },
    Data {
        receiver: u32,
    },
}

/// ChannelData is unwrapped before (see `relays`); what still looks like it here is nobody's.
pub(crate) fn classify(datagram: &[u8]) -> Result<Kind, DropReason> {
    if let [kind @ 1..=4, 0, 0, 0, ..] = datagram {
        return message(*kind, datagram).map(Kind::WireGuard).ok_or(DropReason::MalformedDatagram);
    }
    if datagram.len() == INITIATION_BYTES && datagram[..4] == EXPRESS_INITIATION {
        return Ok(Kind::WireGuard(Message::Initiation { lane: Lane::Express }));
    }
    if channel_data::claims_to_be(datagram) {
        return Err(DropReason::ForeignChannelData);
    }
    let is_stun = datagram.len() >= STUN_HEADER_BYTES && datagram[0] < 4 && datagram[4..8] == MAGIC_COOKIE;
    match datagram.len() {
        0 => Err(DropReason::MalformedDatagram),
        _ if is_knock(datagram) => Ok(Kind::Knock),
        _ if !is_stun => Err(DropReason::UnknownDatagram),
        1..=STUN_BYTES => Ok(Kind::Stun),
        _ => Err(DropReason::OversizedDatagram),
    }
}

fn message(kind: u8, datagram: &[u8]) -> Option<Message> {
    let receiver = |at: usize| word(datagram, at).map(u32::from_le_bytes);
    match (kind, datagram.len()) {
        (1, INITIATION_BYTES) => Some(Message::Initiation { lane: Lane::Bulk }),
        (2, RESPONSE_BYTES) => Some(Message::Response { receiver: receiver(8)? }),
        (3, COOKIE_REPLY_BYTES) => Some(Message::CookieReply { receiver: receiver(4)? }),
        (4, DATA_MIN_BYTES..) => {
            let counter = u64::from_le_bytes(word(datagram, 8)?);
            (counter < REJECT_AFTER_MESSAGES).then_some(Message::Data { receiver: receiver(4)? })
        }
        _ => None,
    }
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanrage_party::limits::KNOCK_BYTES;
    use proptest::prelude::*;

    fn datagram(first: &[u8], len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        bytes[..first.len()].copy_from_slice(first);
        bytes
    }

    #[test]
    fn wireguard_messages_have_their_exact_lengths() {
        for lane in Lane::BOTH {
            let initiation = classify(&datagram(&[1, lane as u8], 148));
            assert_eq!(initiation, Ok(Kind::WireGuard(Message::Initiation { lane })));
        }
        assert_eq!(classify(&datagram(&[1, 2], 148)), Err(DropReason::UnknownDatagram));
        let response = datagram(&[2, 0, 0, 0, 9, 9, 9, 9, 7, 1], 92);
        assert_eq!(classify(&response), Ok(Kind::WireGuard(Message::Response { receiver: 0x107 })));
        let cookie = datagram(&[3, 0, 0, 0, 7, 1], 64);
        assert_eq!(classify(&cookie), Ok(Kind::WireGuard(Message::CookieReply { receiver: 0x107 })));
        let data = datagram(&[4, 0, 0, 0, 7, 1], 32);
        assert_eq!(classify(&data), Ok(Kind::WireGuard(Message::Data { receiver: 0x107 })));
        for (kind, len) in [(1, 147), (1, 149), (2, 91), (3, 65), (4, 31), (4, 4)] {
            assert_eq!(classify(&datagram(&[kind], len)), Err(DropReason::MalformedDatagram), "{kind} {len}");
        }
    }

    #[test]
    fn a_counter_beyond_the_protocols_end_is_refused() {
        let mut data = datagram(&[4], 32);
        data[8..16].copy_from_slice(&(REJECT_AFTER_MESSAGES - 1).to_le_bytes());
        assert!(classify(&data).is_ok());
        data[8..16].copy_from_slice(&REJECT_AFTER_MESSAGES.to_le_bytes());
        assert_eq!(classify(&data), Err(DropReason::MalformedDatagram));
    }

    #[test]
    fn a_stun_message_may_be_as_long_as_a_path_and_anything_else_is_nobodys() {
        let stun = |len| datagram(&[0x01, 0x01, 0, 0, 0x21, 0x12, 0xA4, 0x42], len);
        assert_eq!(classify(&stun(20)), Ok(Kind::Stun));
        assert_eq!(classify(&stun(STUN_BYTES)), Ok(Kind::Stun));
        assert_eq!(classify(&stun(STUN_BYTES + 1)), Err(DropReason::OversizedDatagram));
        for junk in [&b"x"[..], b"punch", &[0; 20], &[0x80; 512], &[0xFF; 2_000]] {
            assert_eq!(classify(junk), Err(DropReason::UnknownDatagram), "{junk:?}");
        }
        for first in [0x80, 0xFF] {
            assert_eq!(classify(&datagram(&[first], KNOCK_BYTES)), Ok(Kind::Knock));
            assert_eq!(classify(&datagram(&[first], KNOCK_BYTES + 1)), Err(DropReason::UnknownDatagram));
        }
        assert_eq!(classify(&[0x40, 0, 0, 0]), Err(DropReason::ForeignChannelData));
        assert_eq!(classify(&[]), Err(DropReason::MalformedDatagram));
    }

    proptest! {
        #[test]
        fn any_bytes_are_something_or_a_counted_drop(
            mut bytes in prop::collection::vec(any::<u8>(), 0..2_048), kind in 0_u8..6, header: bool
        ) {
            if header && bytes.len() >= 4 {
                bytes[..4].copy_from_slice(&[kind, 0, 0, 0]);
            }
            match classify(&bytes) {
                Ok(Kind::WireGuard(_)) => prop_assert!((1..=4).contains(&bytes[0]) && bytes.len() >= 32),
                Ok(Kind::Stun) => prop_assert!((20..=STUN_BYTES).contains(&bytes.len())),
                Ok(Kind::Knock) => prop_assert!(bytes.len() == KNOCK_BYTES && bytes[0] >= 0x80),
                Err(DropReason::UnknownDatagram) => prop_assert!(!bytes.is_empty()),
                Err(DropReason::ForeignChannelData) => prop_assert_eq!(bytes[0] >> 4, 4),
                Err(reason) => prop_assert!(
                    matches!(reason, DropReason::MalformedDatagram | DropReason::OversizedDatagram)
                ),
            }
        }
    }
}
