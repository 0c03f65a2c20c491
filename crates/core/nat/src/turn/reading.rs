//! Reads control messages, attribute by attribute: what makes no sense in a request is noted and not the end of it, as
//! whoever has signed it is told (RFC 8489 §6.3).

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytecodec::DecodeExt;
use stun_codec::{
    MessageClass, MessageDecoder,
    rfc5766::methods::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH},
};

use super::{
    attributes::Checked,
    channel_data::ChannelNumber,
    indication::{self, IPV4, IPV6},
    integrity::{LongTermKey, MESSAGE_INTEGRITY},
    message::{Class, IpFamily, Message, Method},
};
use crate::stun::{
    self, StunError, TransactionId,
    walk::{self, RawAttribute},
};

/// Specification: attributes (RFC 8489 §14, RFC 8656 §18).
mod kind {
    pub(super) const USERNAME: u16 = 0x0006;
    pub(super) const ERROR_CODE: u16 = 0x0009;
    pub(super) const CHANNEL_NUMBER: u16 = 0x000C;
    pub(super) const LIFETIME: u16 = 0x000D;
    pub(super) const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub(super) const REALM: u16 = 0x0014;
    pub(super) const NONCE: u16 = 0x0015;
    pub(super) const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    pub(super) const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    pub(super) const EVEN_PORT: u16 = 0x0018;
    pub(super) const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub(super) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub(super) const RESERVATION_TOKEN: u16 = 0x0022;
    pub(super) const ADDITIONAL_ADDRESS_FAMILY: u16 = 0x8000;
    pub(super) const ALTERNATE_DOMAIN: u16 = 0x8003;
    pub(super) const ALTERNATE_SERVER: u16 = 0x8023;
}

/// Specification: comprehension-required attributes that we know and need not read: MAPPED-ADDRESS, MESSAGE-INTEGRITY,
/// UNKNOWN-ATTRIBUTES, DATA, MESSAGE-INTEGRITY-SHA256, PASSWORD-ALGORITHM and USERHASH. DONT-FRAGMENT (0x001A) is left
/// out: without it a server answers 420, as RFC 8656 §7.2 asks for.
const UNREAD: [u16; 7] = [0x0001, MESSAGE_INTEGRITY, 0x000A, 0x0013, 0x001C, 0x001D, 0x001E];

/// Error codes (RFC 8489 §14.8, RFC 8656 §19).
const BAD_REQUEST: u16 = 400;
const FAMILY_NOT_SUPPORTED: u16 = 440;

/// What a message says about who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integrity {
    Missing,
    Wrong,
    Valid,
}

/// A message with the bytes that it was read from.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) message: Message,
    datagram: &'a [u8],
    /// Where MESSAGE-INTEGRITY begins, and its value.
    integrity: Option<(usize, &'a [u8])>,
}

impl Parsed<'_> {
    pub(super) fn has_integrity(&self) -> bool {
        self.integrity.is_some()
    }

    pub(super) fn integrity(&self, key: &LongTermKey) -> Integrity {
        match self.integrity {
            None => Integrity::Missing,
            Some((start, digest)) if key.verifies(&self.datagram[..start], digest) => Integrity::Valid,
            Some(_) => Integrity::Wrong,
        }
    }
}

impl Message {
    /// Reads one datagram. Total: any bytes give a message or an error, with work and memory linear in
    /// [`stun::MESSAGE_BYTES`]. What follows MESSAGE-INTEGRITY is not covered by it and is ignored (RFC 8489 §14.5).
    ///
    /// # Errors
    /// [`StunError`], but never [`StunError::UnknownAttributes`]: they are in the message. An attribute that makes no
    /// sense is an error in an answer, and [`Message::flaw`] in a request.
    pub(super) fn parse(datagram: &[u8]) -> Result<Parsed<'_>, StunError> {
        if !stun::is_stun(datagram) {
            return Err(StunError::NotStun);
        }
        if datagram.len() > stun::MESSAGE_BYTES {
            return Err(StunError::TooLong(datagram.len()));
        }
        // All attributes stand whole, and FINGERPRINT at the end, before the codec sees them.
        for attribute in walk::attributes(datagram) {
            attribute?;
        }
        let decoded = MessageDecoder::<Checked>::new()
            .decode_from_bytes(datagram)
            .map_err(|_| StunError::Malformed)?
            .map_err(|_| StunError::Malformed)?;
        let method = match decoded.method() {
            ALLOCATE => Method::Allocate,
            REFRESH => Method::Refresh,
            CREATE_PERMISSION => Method::CreatePermission,
            CHANNEL_BIND => Method::ChannelBind,
            other => return Err(StunError::Method(other.as_u16())),
        };
        let class = match decoded.class() {
            MessageClass::Request => Class::Request,
            MessageClass::SuccessResponse => Class::Success,
            MessageClass::ErrorResponse => Class::Error,
            MessageClass::Indication => return Err(StunError::Malformed),
        };
        let mut message = Self::new(method, class, TransactionId(*decoded.transaction_id().as_bytes()));
        let mut integrity = None;
        for attribute in walk::attributes(datagram).flatten() {
            if attribute.kind == MESSAGE_INTEGRITY {
                integrity = Some((attribute.start, attribute.value));
                break;
            }
            if let Err(code) = message.take(&attribute, datagram) {
                message.flaw.get_or_insert(code);
            }
        }
        if class != Class::Request && message.flaw.is_some() {
            return Err(StunError::Malformed);
        }
        Ok(Parsed { message, datagram, integrity })
    }

    /// Of a repeated attribute only the first counts (RFC 8489 §14), but for XOR-PEER-ADDRESS. The error is the code that
    /// a request with such an attribute deserves.
    fn take(&mut self, attribute: &RawAttribute<'_>, datagram: &[u8]) -> Result<(), u16> {
        let value = attribute.value;
        match attribute.kind {
            kind::USERNAME => put(&mut self.username, text(value)?),
            kind::REALM => put(&mut self.realm, text(value)?),
            kind::NONCE => put(&mut self.nonce, text(value)?),
            kind::ERROR_CODE => put(&mut self.error, error_code(value)?),
            kind::CHANNEL_NUMBER => {
                let [high, low, _, _] = word(value)?;
                let number = ChannelNumber::new(u16::from_be_bytes([high, low])).ok_or(BAD_REQUEST)?;
                put(&mut self.channel, number);
            }
            kind::LIFETIME => {
                let seconds = u32::from_be_bytes(word(value)?);
                put(&mut self.lifetime, Duration::from_secs(seconds.into()));
            }
            kind::XOR_PEER_ADDRESS => self.peers.push(address(value, datagram)?),
            kind::XOR_RELAYED_ADDRESS => put(&mut self.relayed, address(value, datagram)?),
            kind::XOR_MAPPED_ADDRESS => put(&mut self.mapped, address(value, datagram)?),
            kind::REQUESTED_ADDRESS_FAMILY => match word(value)?[0] {
                IPV4 => put(&mut self.family, IpFamily::V4),
                IPV6 => put(&mut self.family, IpFamily::V6),
                _ => return Err(FAMILY_NOT_SUPPORTED),
            },
            // "The use of 0x01 is reserved" here: IPv4 is what one gets anyway.
            kind::ADDITIONAL_ADDRESS_FAMILY => match word(value)?[0] {
                IPV6 => self.wants_both_families = true,
                _ => return Err(BAD_REQUEST),
            },
            kind::EVEN_PORT => {
                let [flags] = *value else { return Err(BAD_REQUEST) };
                put(&mut self.even_port, flags & 0x80 != 0);
            }
            kind::REQUESTED_TRANSPORT => put(&mut self.transport, word(value)?[0]),
            kind::RESERVATION_TOKEN => {
                put(&mut self.reservation, value.try_into().map_err(|_| BAD_REQUEST)?);
            }
            // One that makes no sense is none: an answer without it is of use all the same.
            kind::ALTERNATE_SERVER => {
                if let Some(address) = plain_address(value) {
                    put(&mut self.alternate, address);
                }
            }
            kind::ALTERNATE_DOMAIN => {
                if let Some(domain) = text(value).ok().filter(|domain| is_domain(domain)) {
                    put(&mut self.alternate_domain, domain);
                }
            }
            kind if kind < walk::COMPREHENSION_OPTIONAL && !UNREAD.contains(&kind) => {
                self.unknown.push(kind);
            }
            _ => {}
        }
        Ok(())
    }
}

fn put<T>(place: &mut Option<T>, value: T) {
    place.get_or_insert(value);
}

fn word(value: &[u8]) -> Result<[u8; 4], u16> {
    value.try_into().map_err(|_| BAD_REQUEST)
}

fn text(value: &[u8]) -> Result<String, u16> {
    std::str::from_utf8(value).map(str::to_owned).map_err(|_| BAD_REQUEST)
}

fn address(value: &[u8], datagram: &[u8]) -> Result<SocketAddr, u16> {
    indication::address(value, datagram).ok_or(BAD_REQUEST)
}

/// An address that is not veiled by the message's own bytes (RFC 8489 §14.1).
fn plain_address(value: &[u8]) -> Option<SocketAddr> {
    let ([_, family, high, low], ip) = value.split_first_chunk()?;
    let ip: IpAddr = match *family {
        IPV4 => <[u8; 4]>::try_from(ip).ok()?.into(),
        IPV6 => <[u8; 16]>::try_from(ip).ok()?.into(),
        _ => return None,
    };
    Some((ip, u16::from_be_bytes([*high, *low])).into())
}

/// Specification: at most 255 bytes (RFC 8489 §14.16); here also of those that a domain name has.
fn is_domain(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    !text.is_empty() && text.len() <= 255 && text.bytes().all(is_known)
}

/// Specification: a class of 3 to 6 and a number below 100 (RFC 8489 §14.8).
fn error_code(value: &[u8]) -> Result<u16, u16> {
    let ([_, _, class, number], _) = value.split_first_chunk().ok_or(BAD_REQUEST)?;
    match (class & 0b111, *number) {
        (class @ 3..=6, number @ 0..=99) => Ok(u16::from(class) * 100 + u16::from(number)),
        _ => Err(BAD_REQUEST),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::turn::message::UDP;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text
            .bytes()
            .filter(u8::is_ascii_hexdigit)
            .map(|c| (c as char).to_digit(16).unwrap() as u8)
            .collect();
        digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
    }

    /// The request of RFC 5769 §2.4, a Binding request with long-term credentials.
    fn rfc5769_request() -> Vec<u8> {
        hex("00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
             0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e
             6f726700 00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666")
    }

    fn rfc5769_key() -> LongTermKey {
        LongTermKey::new("\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}", "example.org", "TheMatrIX")
    }

    fn allocate() -> Message {
        let mut message = Message::new(Method::Allocate, Class::Request, TransactionId([7; 12]));
        message.transport = Some(UDP);
        message.family = Some(IpFamily::V6);
        message.lifetime = Some(Duration::from_secs(600));
        message.username = Some("1000:peer".to_owned());
        message.realm = Some("example.org".to_owned());
        message.nonce = Some("once".to_owned());
        message
    }

    #[test]
    fn rfc5769_2_4_the_long_term_integrity_is_reproduced() {
        let vector = rfc5769_request();
        let (unsigned, integrity) = vector.split_at(vector.len() - 24);
        assert!(rfc5769_key().verifies(unsigned, &integrity[4..]));
        let mut signed = unsigned.to_vec();
        rfc5769_key().sign(&mut signed);
        assert_eq!(signed, vector);
        assert!(!LongTermKey::new("x", "example.org", "TheMatrIX").verifies(unsigned, &integrity[4..]));
    }

    #[test]
    fn what_we_write_we_read() {
        let key = rfc5769_key();
        let mut bind = Message::new(Method::ChannelBind, Class::Request, TransactionId([1; 12]));
        bind.channel = ChannelNumber::new(0x4FFF);
        bind.peers = vec!["192.0.2.1:1".parse().unwrap(), "[2001:db8::1]:2".parse().unwrap()];
        let mut success = Message::new(Method::Allocate, Class::Success, TransactionId([2; 12]));
        success.relayed = Some("198.51.100.1:49152".parse().unwrap());
        success.mapped = Some("[2001:db8::7]:7".parse().unwrap());
        success.lifetime = Some(Duration::from_secs(3_600));
        let mut refused = Message::new(Method::CreatePermission, Class::Error, TransactionId([3; 12]));
        refused.error = Some(438);
        refused.realm = Some("r".to_owned());
        refused.nonce = Some("n".to_owned());
        for message in [allocate(), bind, success, refused, Message::request(Method::Refresh)] {
            let bytes = message.encode(Some(&key));
            let parsed = Message::parse(&bytes).unwrap();
            assert_eq!((&parsed.message, parsed.integrity(&key)), (&message, Integrity::Valid));
            let bytes = message.encode(None);
            let parsed = Message::parse(&bytes).unwrap();
            assert_eq!((&parsed.message, parsed.integrity(&key)), (&message, Integrity::Missing));
        }
    }

    #[test]
    fn every_changed_byte_breaks_the_signature_or_the_message() {
        let key = rfc5769_key();
        let bytes = allocate().encode(Some(&key));
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 0x01;
            let valid =
                Message::parse(&damaged).is_ok_and(|parsed| parsed.integrity(&key) == Integrity::Valid);
            assert!(!valid, "byte {position}");
        }
    }

    /// `bytes` with another attribute behind, and the right length.
    fn with(mut bytes: Vec<u8>, kind: u16, value: &[u8]) -> Vec<u8> {
        bytes.extend(kind.to_be_bytes());
        bytes.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let length = u16::try_from(bytes.len() - 20).unwrap().to_be_bytes();
        bytes[2..4].copy_from_slice(&length);
        bytes
    }

    #[test]
    fn what_follows_the_signature_is_ignored() {
        let key = rfc5769_key();
        let signed = allocate().encode(Some(&key));
        for kind in [0x001C, 0x8022, 0x7F00, 0x000D, 0x0012, 0x0008] {
            let bytes = with(signed.clone(), kind, &[0; 32]);
            let parsed = Message::parse(&bytes).unwrap();
            assert_eq!(
                (parsed.integrity(&key), &parsed.message),
                (Integrity::Valid, &allocate()),
                "{kind:#x}"
            );
        }
    }

    #[test]
    fn unknown_attributes_and_wishes_for_two_ports_are_noted() {
        let plain = Message::request(Method::Allocate).encode(None);
        let bytes = with(with(with(plain, 0x001A, &[]), 0x7F00, &[1]), 0x0018, &[0x80]);
        let message = Message::parse(&bytes).unwrap().message;
        assert_eq!((message.unknown, message.even_port), (vec![0x001A, 0x7F00], Some(true)));
    }

    #[test]
    fn another_server_is_read_in_either_family_and_one_that_makes_no_sense_is_none() {
        let answer = || {
            let mut refused = Message::new(Method::Allocate, Class::Error, TransactionId([3; 12]));
            refused.error = Some(300);
            refused.encode(None)
        };
        let read = |value: &[u8]| Message::parse(&with(answer(), 0x8023, value)).unwrap().message.alternate;
        let v6 = [[0, 2, 0x0D, 0x96].as_slice(), &[0x20, 1, 0x0D, 0xB8], &[0; 11], &[1]].concat();
        assert_eq!(read(&[0, 1, 0x0D, 0x96, 192, 0, 2, 1]), Some("192.0.2.1:3478".parse().unwrap()));
        assert_eq!(read(&v6), Some("[2001:db8::1]:3478".parse().unwrap()));
        for value in [&[][..], &[0, 1, 0x0D, 0x96], &[0, 3, 0x0D, 0x96, 192, 0, 2, 1], &v6[..19]] {
            assert_eq!(read(value), None);
        }
        let domain =
            |value: &[u8]| Message::parse(&with(answer(), 0x8003, value)).unwrap().message.alternate_domain;
        assert_eq!(domain(b"relay.example"), Some("relay.example".to_owned()));
        for value in [&b""[..], b"a b", b"\xFF", &[b'a'; 256]] {
            assert_eq!(domain(value), None);
        }
    }

    #[test]
    fn what_is_no_control_message_is_refused() {
        let mut long = Message::request(Method::Allocate).encode(None);
        for _ in 0..20 {
            long = with(long, 0x8022, &[0; 80]);
        }
        let indication = {
            let mut bytes = Message::request(Method::Allocate).encode(None);
            bytes[1] |= 0x10;
            bytes
        };
        for (bytes, error) in [
            (stun::binding_request(TransactionId([0; 12])), StunError::Method(1)),
            (indication, StunError::Malformed),
            (long.clone(), StunError::TooLong(long.len())),
            (vec![0x40, 0, 0, 0], StunError::NotStun),
        ] {
            assert_eq!(Message::parse(&bytes).err(), Some(error));
        }
    }

    proptest! {
        #[test]
        fn any_attributes_are_a_message_or_an_error(
            kind in prop_oneof![Just(0x0003_u16), Just(0x0103), Just(0x0113), Just(0x0009), Just(0x0008), 0..0x0400_u16],
            words in proptest::collection::vec(
                prop_oneof![
                    any::<[u8; 4]>(),
                    (prop::sample::select((0..0x30_u16).collect::<Vec<_>>()), 0..32_u8)
                        .prop_map(|(kind, length)| [(kind >> 8) as u8, kind as u8, 0, length]),
                    Just([0, 1, 0x21, 0x12]),
                ],
                0..40,
            ),
        ) {
            let attributes = words.concat();
            let mut bytes = kind.to_be_bytes().to_vec();
            bytes.extend(u16::try_from(attributes.len()).unwrap().to_be_bytes());
            bytes.extend(stun::MAGIC_COOKIE);
            bytes.extend([5; 12]);
            bytes.extend(attributes);
            if let Ok(parsed) = Message::parse(&bytes) {
                prop_assert_ne!(parsed.integrity(&rfc5769_key()), Integrity::Valid);
            }
        }

        #[test]
        fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            let _ = Message::parse(&bytes);
        }
    }
}
