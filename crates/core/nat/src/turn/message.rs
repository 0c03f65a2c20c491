use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use bytecodec::EncodeExt;
use stun_codec::{
    AttributeType, MessageClass, MessageEncoder,
    rfc5389::attributes::{ErrorCode, Nonce, Realm, UnknownAttributes, Username, XorMappedAddress},
    rfc5766::{
        attributes::{
            ChannelNumber, EvenPort, Lifetime, RequestedTransport, ReservationToken, XorPeerAddress,
            XorRelayAddress,
        },
        methods::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH},
    },
    rfc8656::attributes::{AddressFamily, RequestedAddressFamily},
};

use super::{attributes::Attribute, channel_data, integrity::LongTermKey};
use crate::stun::{HEADER_BYTES, TransactionId};

/// Specification: the only transport that is relayed, UDP (RFC 8656 §18.6).
pub(super) const UDP: u8 = 17;
/// Specification: ADDRESS-ERROR-CODE (RFC 8656 §18.12).
const ADDRESS_ERROR_CODE: u16 = 0x8001;

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

/// What a client shows to get the port that was kept for it (RFC 8656 §18.9).
pub(super) type PortToken = [u8; 8];

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
    /// Parsed only: ALTERNATE-SERVER, with ALTERNATE-DOMAIN.
    pub(super) alternate: Option<SocketAddr>,
    pub(super) alternate_domain: Option<String>,
    /// EVEN-PORT: whether the port above is to be kept too.
    pub(super) even_port: Option<bool>,
    /// RESERVATION-TOKEN.
    pub(super) reservation: Option<PortToken>,
    /// Parsed only: ADDITIONAL-ADDRESS-FAMILY is there, and so an IPv6 address is wanted beside the IPv4 one.
    pub(super) wants_both_families: bool,
    /// Written only: ADDRESS-ERROR-CODE, the family that was not given, and why.
    pub(super) family_error: Option<(IpFamily, u16)>,
    /// Parsed: comprehension-required attributes that we do not know. Written: UNKNOWN-ATTRIBUTES.
    pub(super) unknown: Vec<u16>,
    /// Parsed only: the error code that a request deserves for an attribute of it that makes no sense.
    pub(super) flaw: Option<u16>,
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
            alternate: None,
            alternate_domain: None,
            even_port: None,
            reservation: None,
            wants_both_families: false,
            family_error: None,
            unknown: Vec::new(),
            flaw: None,
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
        if let Some((family, code)) = self.family_error {
            let family = if family == IpFamily::V4 { 1 } else { 2 };
            let [class, number] = [code / 100, code % 100].map(|part| u8::try_from(part).unwrap_or(0));
            append(&mut bytes, ADDRESS_ERROR_CODE, &[family, 0, class, number]);
        }
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
        if let Some(pair) = self.even_port {
            message.add_attribute(EvenPort::new(pair));
        }
        if let Some(token) = self.reservation {
            message.add_attribute(ReservationToken::new(u64::from_be_bytes(token)));
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
}

/// Appends an attribute that `stun_codec` does not know to a message, and corrects its length. `value` has whole words.
fn append(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    message.extend(value);
    let length = u16::try_from(message.len() - HEADER_BYTES).unwrap_or(u16::MAX);
    message[2..4].copy_from_slice(&length.to_be_bytes());
}
