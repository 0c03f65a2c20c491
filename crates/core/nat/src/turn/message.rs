use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytecodec::{DecodeExt, EncodeExt};
use stun_codec::{
    AttributeType, MessageClass, MessageDecoder, MessageEncoder,
    rfc5389::attributes::{ErrorCode, Nonce, Realm, UnknownAttributes, Username, XorMappedAddress},
    rfc5766::{
        attributes::{ChannelNumber, Lifetime, RequestedTransport, XorPeerAddress, XorRelayAddress},
        methods::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH},
    },
    rfc8656::attributes::{AddressFamily, RequestedAddressFamily},
};

use super::{
    attributes::Attribute,
    channel_data,
    integrity::{LongTermKey, MESSAGE_INTEGRITY},
};
use crate::stun::{self, StunError, TransactionId, walk};

/// Specification: the only transport that is relayed, UDP (RFC 8656 §18.6).
pub(super) const UDP: u8 = 17;
/// Specification: attributes that ask for a pair of ports (RFC 8656 §18).
const EVEN_PORT: u16 = 0x0018;
const RESERVATION_TOKEN: u16 = 0x0022;
/// Implementation: comprehension-required attributes that we know. DONT-FRAGMENT (0x001A) is left out:
/// without it a server answers 420, as RFC 8656 §7.2 asks for.
const UNDERSTOOD: [u16; 20] = [
    0x0001,
    0x0006,
    MESSAGE_INTEGRITY,
    0x0009,
    0x000A,
    0x000C,
    0x000D,
    0x0012,
    0x0013,
    0x0014,
    0x0015,
    0x0016,
    0x0017,
    EVEN_PORT,
    0x0019,
    0x001C,
    0x001D,
    0x001E,
    0x0020,
    RESERVATION_TOKEN,
];

/// The requests of TURN (RFC 8656 §17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Method {
    Allocate,
    Refresh,
    CreatePermission,
    ChannelBind,
}

/// Indications are not control messages: [`super::indication`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Request,
    Success,
    Error,
}

/// The family of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpFamily {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl IpFamily {
    /// The family of `ip`.
    pub const fn of(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

/// A control message, reduced to what we act on. Absent attributes are `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) method: Method,
    pub(super) class: Class,
    pub(super) id: TransactionId,
    pub(super) error: Option<u16>,
    pub(super) username: Option<String>,
    pub(super) realm: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) lifetime: Option<Duration>,
    pub(super) transport: Option<u8>,
    pub(super) family: Option<IpFamily>,
    pub(super) channel: Option<channel_data::ChannelNumber>,
    pub(super) peers: Vec<SocketAddr>,
    pub(super) relayed: Option<SocketAddr>,
    pub(super) mapped: Option<SocketAddr>,
    /// Parsed only: EVEN-PORT or RESERVATION-TOKEN is there.
    pub(super) wants_port_pair: bool,
    /// Parsed: comprehension-required attributes that we do not know. Written: UNKNOWN-ATTRIBUTES.
    pub(super) unknown: Vec<u16>,
}

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
    pub(super) fn new(method: Method, class: Class, id: TransactionId) -> Self {
        Self {
            method,
            class,
            id,
            error: None,
            username: None,
            realm: None,
            nonce: None,
            lifetime: None,
            transport: None,
            family: None,
            channel: None,
            peers: Vec::new(),
            relayed: None,
            mapped: None,
            wants_port_pair: false,
            unknown: Vec::new(),
        }
    }

    /// A request whose id is set when it is sent.
    pub(super) fn request(method: Method) -> Self {
        Self::new(method, Class::Request, TransactionId([0; 12]))
    }

    /// The bytes to send, signed if there is a key. Without FINGERPRINT: the header tells STUN from all else
    /// that shares our sockets ([`stun::is_stun`]).
    pub(super) fn encode(&self, key: Option<&LongTermKey>) -> Vec<u8> {
        let mut bytes = MessageEncoder::new()
            .encode_into_bytes(self.to_codec())
            .expect("attributes of ours always encode");
        if let Some(key) = key {
            key.sign(&mut bytes);
        }
        bytes
    }

    fn to_codec(&self) -> stun_codec::Message<Attribute> {
        let class = match self.class {
            Class::Request => MessageClass::Request,
            Class::Success => MessageClass::SuccessResponse,
            Class::Error => MessageClass::ErrorResponse,
        };
        let method = match self.method {
            Method::Allocate => ALLOCATE,
            Method::Refresh => REFRESH,
            Method::CreatePermission => CREATE_PERMISSION,
            Method::ChannelBind => CHANNEL_BIND,
        };
        let mut message = stun_codec::Message::new(class, method, stun_codec::TransactionId::new(self.id.0));
        // The reason phrase is left empty: an answer that anyone can provoke shall be short.
        if let Some(code) = self.error.and_then(|code| ErrorCode::new(code, String::new()).ok()) {
            message.add_attribute(code);
        }
        if !self.unknown.is_empty() {
            let types = self.unknown.iter().copied().map(AttributeType::new).collect();
            message.add_attribute(UnknownAttributes::new(types));
        }
        if let Some(channel) = self.channel.and_then(|channel| ChannelNumber::new(channel.get()).ok()) {
            message.add_attribute(channel);
        }
        for peer in &self.peers {
            message.add_attribute(XorPeerAddress::new(*peer));
        }
        if let Some(relayed) = self.relayed {
            message.add_attribute(XorRelayAddress::new(relayed));
        }
        if let Some(mapped) = self.mapped {
            message.add_attribute(XorMappedAddress::new(mapped));
        }
        if let Some(lifetime) = self.lifetime {
            message.add_attribute(Lifetime::from_u32(u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX)));
        }
        if let Some(transport) = self.transport {
            message.add_attribute(RequestedTransport::new(transport));
        }
        if let Some(family) = self.family {
            message.add_attribute(RequestedAddressFamily::new(match family {
                IpFamily::V4 => AddressFamily::V4,
                IpFamily::V6 => AddressFamily::V6,
            }));
        }
        if let Some(username) = self.username.clone().and_then(|name| Username::new(name).ok()) {
            message.add_attribute(username);
        }
        if let Some(realm) = self.realm.clone().and_then(|realm| Realm::new(realm).ok()) {
            message.add_attribute(realm);
        }
        if let Some(nonce) = self.nonce.clone().and_then(|nonce| Nonce::new(nonce).ok()) {
            message.add_attribute(nonce);
        }
        message
    }

    /// Reads one datagram. Total: any bytes give a message or an error, with work and memory linear in
    /// [`stun::MESSAGE_BYTES`].
    ///
    /// # Errors
    /// [`StunError`], but never [`StunError::UnknownAttributes`]: they are in the message.
    pub(super) fn parse(datagram: &[u8]) -> Result<Parsed<'_>, StunError> {
        if !stun::is_stun(datagram) {
            return Err(StunError::NotStun);
        }
        if datagram.len() > stun::MESSAGE_BYTES {
            return Err(StunError::TooLong(datagram.len()));
        }
        let shape = Shape::of(datagram)?;
        let decoded = MessageDecoder::<Attribute>::new()
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
        message.wants_port_pair = shape.wants_port_pair;
        message.unknown = shape.unknown;
        for attribute in decoded.attributes() {
            message.take(attribute);
        }
        Ok(Parsed { message, datagram, integrity: shape.integrity })
    }

    /// Of a repeated attribute only the first counts (RFC 8489 §14), but for XOR-PEER-ADDRESS.
    fn take(&mut self, attribute: &Attribute) {
        match attribute {
            Attribute::ErrorCode(code) => _ = self.error.get_or_insert(code.code()),
            Attribute::XorMappedAddress(mapped) => _ = self.mapped.get_or_insert(mapped.address()),
            Attribute::Username(name) => _ = self.username.get_or_insert_with(|| name.name().to_owned()),
            Attribute::Realm(realm) => _ = self.realm.get_or_insert_with(|| realm.text().to_owned()),
            Attribute::Nonce(nonce) => _ = self.nonce.get_or_insert_with(|| nonce.value().to_owned()),
            Attribute::ChannelNumber(number) => {
                self.channel = self.channel.or(channel_data::ChannelNumber::new(number.value()));
            }
            Attribute::Lifetime(lifetime) => _ = self.lifetime.get_or_insert(lifetime.lifetime()),
            Attribute::XorPeerAddress(peer) => self.peers.push(peer.address()),
            Attribute::XorRelayAddress(relayed) => _ = self.relayed.get_or_insert(relayed.address()),
            Attribute::RequestedTransport(transport) => {
                _ = self.transport.get_or_insert(transport.protocol());
            }
            Attribute::RequestedAddressFamily(family) => {
                _ = self.family.get_or_insert(match family.address_family() {
                    AddressFamily::V4 => IpFamily::V4,
                    AddressFamily::V6 => IpFamily::V6,
                });
            }
            Attribute::UnknownAttributes(_) | Attribute::Fingerprint(_) => {}
        }
    }
}

/// What only the raw attributes tell.
struct Shape<'a> {
    integrity: Option<(usize, &'a [u8])>,
    wants_port_pair: bool,
    unknown: Vec<u16>,
}

impl<'a> Shape<'a> {
    fn of(datagram: &'a [u8]) -> Result<Self, StunError> {
        let mut shape = Self { integrity: None, wants_port_pair: false, unknown: Vec::new() };
        for attribute in walk::attributes(datagram) {
            let attribute = attribute?;
            if shape.integrity.is_some() {
                // What follows MESSAGE-INTEGRITY is not covered by it and must be ignored (RFC 8489 §14.5).
                // Nobody has reason to put there what we would read, so a message that does is refused.
                if is_read(attribute.kind) {
                    return Err(StunError::Malformed);
                }
                continue;
            }
            match attribute.kind {
                MESSAGE_INTEGRITY => shape.integrity = Some((attribute.start, attribute.value)),
                EVEN_PORT | RESERVATION_TOKEN => shape.wants_port_pair = true,
                kind if kind < walk::COMPREHENSION_OPTIONAL && !UNDERSTOOD.contains(&kind) => {
                    shape.unknown.push(kind);
                }
                _ => {}
            }
        }
        Ok(shape)
    }
}

fn is_read(kind: u16) -> bool {
    // 0x001C is MESSAGE-INTEGRITY-SHA256, whose place this is.
    kind < walk::COMPREHENSION_OPTIONAL && kind != 0x001C && UNDERSTOOD.contains(&kind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        bind.channel = channel_data::ChannelNumber::new(0x4FFF);
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
    fn what_follows_the_signature_is_ignored_or_refused() {
        let key = rfc5769_key();
        let signed = allocate().encode(Some(&key));
        for kind in [0x001C, 0x8022, 0x7F00] {
            let bytes = with(signed.clone(), kind, &[0; 32]);
            let parsed = Message::parse(&bytes).unwrap();
            assert_eq!(parsed.integrity(&key), Integrity::Valid, "{kind:#x}");
            assert!(parsed.message.unknown.is_empty());
        }
        for (kind, value) in [(0x000D, &[0; 4][..]), (0x0008, &[0; 20])] {
            assert_eq!(Message::parse(&with(signed.clone(), kind, value)).err(), Some(StunError::Malformed));
        }
    }

    #[test]
    fn unknown_attributes_and_wishes_for_two_ports_are_noted() {
        let plain = Message::request(Method::Allocate).encode(None);
        let bytes = with(with(with(plain, 0x001A, &[]), 0x7F00, &[1]), 0x0018, &[0x80]);
        let message = Message::parse(&bytes).unwrap().message;
        assert_eq!(message.unknown, [0x001A, 0x7F00]);
        assert!(message.wants_port_pair);
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
                    (prop::sample::select(UNDERSTOOD.to_vec()), 0..32_u8)
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
