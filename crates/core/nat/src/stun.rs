//! STUN Binding messages (RFC 8489): a total parser, and the four messages we send.
//!
//! Without credentials, as a server on the open internet answers anyone: a reply is believed because it comes
//! from the server that was asked and carries the id that was asked with ([`crate::StunClient`]).

mod attributes;
pub(crate) mod client;
pub(crate) mod retransmission;
pub(crate) mod transaction_ids;
pub(crate) mod walk;

use std::net::SocketAddr;

use attributes::{Attribute, ChangeAttribute};
use bytecodec::{DecodeExt, EncodeExt};
use stun_codec::{
    AttributeType, MessageClass, MessageDecoder, MessageEncoder,
    rfc5389::{
        attributes::{ErrorCode, Fingerprint, UnknownAttributes, XorMappedAddress},
        methods::BINDING,
    },
    rfc5780::attributes::{ChangeRequest, OtherAddress, ResponseOrigin},
};

/// Largest STUN message that is read, in bytes: RFC 8489 §6.1 keeps messages within the smallest IPv6 MTU
/// when the path's is not known, and nobody has reason to send a larger one.
pub const MESSAGE_BYTES: usize = 1_280;

/// Specification: header length in bytes (RFC 8489 §5).
pub(crate) const HEADER_BYTES: usize = 20;
/// Specification: the magic cookie (RFC 8489 §5).
pub(crate) const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
/// Specification: CHANGE-REQUEST (RFC 5780 §7.2).
pub(crate) const CHANGE_REQUEST: u16 = ChangeRequest::CODEPOINT;
/// Comprehension-required attributes that we know. Of those of RFC 8489 §14 most have no meaning here, as we
/// neither ask for nor check credentials.
const UNDERSTOOD: [u16; 12] =
    [0x0001, CHANGE_REQUEST, 0x0006, 0x0008, 0x0009, 0x000A, 0x0014, 0x0015, 0x001C, 0x001D, 0x001E, 0x0020];

/// The 96-bit identifier that ties a response to its request (RFC 8489 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionId(pub [u8; 12]);

/// From where a Binding request wants its answer (CHANGE-REQUEST, RFC 5780 §7.2); by default from where it was
/// sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Change {
    /// From the server's other IP address.
    pub ip: bool,
    /// From the server's other port.
    pub port: bool,
}

impl Change {
    /// Nothing is to be changed.
    pub const NONE: Self = Self { ip: false, port: false };

    fn of_bytes(bytes: [u8; 4]) -> Self {
        let bits = u32::from_be_bytes(bytes);
        Self { ip: bits & 0b100 != 0, port: bits & 0b010 != 0 }
    }
}

/// A Binding message, reduced to what we act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// Somebody asks for their own address.
    BindingRequest {
        /// To be echoed.
        id: TransactionId,
        /// From where the answer shall come.
        change: Change,
    },
    /// A server's answer.
    BindingResponse {
        /// The request's.
        id: TransactionId,
        /// Where the server saw the request come from (XOR-MAPPED-ADDRESS).
        mapped: SocketAddr,
        /// The server's other address, if it helps to discover NAT behaviour (OTHER-ADDRESS, RFC 5780 §7.4).
        other: Option<SocketAddr>,
    },
    /// Opens or keeps a NAT mapping; nobody answers.
    BindingIndication {
        /// Chosen by the sender; no meaning.
        id: TransactionId,
    },
    /// A server's refusal.
    BindingError {
        /// The request's.
        id: TransactionId,
        /// 300 to 699 (RFC 8489 §14.8).
        code: u16,
    },
}

/// Why bytes are not a message for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StunError {
    /// Not STUN at all: see [`is_stun`].
    #[error("not a STUN message")]
    NotStun,
    /// More than [`MESSAGE_BYTES`].
    #[error("a STUN message of {0} bytes is longer than {MESSAGE_BYTES}")]
    TooLong(usize),
    /// STUN of another method, such as TURN's.
    #[error("method {0:#x} is not Binding")]
    Method(u16),
    /// Attributes that we would have to understand (RFC 8489 §6.3) and do not.
    #[error("{} unknown comprehension-required attributes", types.len())]
    UnknownAttributes {
        /// The request's id if this was a request, which must then be answered with error 420.
        request: Option<TransactionId>,
        /// Their types, in order.
        types: Vec<u16>,
    },
    /// Attributes that are cut, misplaced, missing or nonsense, or a wrong FINGERPRINT.
    #[error("malformed STUN attributes")]
    Malformed,
}

/// Whether a datagram is a STUN message, so that it can share a socket with WireGuard.
///
/// RFC 7983 tells protocols apart by the first byte, where STUN's 0 to 3 and WireGuard's 1 to 4 overlap. The
/// magic cookie and the length field together leave no doubt: a WireGuard message has zeros where the length
/// stands, which only fits a STUN message of exactly 20 bytes, and no WireGuard message is that short.
pub fn is_stun(datagram: &[u8]) -> bool {
    let Some((header, attributes)) = datagram.split_first_chunk::<HEADER_BYTES>() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    header[0] < 4 && header[4..8] == MAGIC_COOKIE && length % 4 == 0 && length == attributes.len()
}

/// Reads one datagram. Total: any bytes give a message or an error, with work and memory linear in
/// [`MESSAGE_BYTES`].
///
/// # Errors
/// [`StunError`]; all but a request's [`StunError::UnknownAttributes`] are to be dropped silently (RFC 8489
/// §6.3).
pub fn parse(datagram: &[u8]) -> Result<Message, StunError> {
    if !is_stun(datagram) {
        return Err(StunError::NotStun);
    }
    if datagram.len() > MESSAGE_BYTES {
        return Err(StunError::TooLong(datagram.len()));
    }
    let unknown = unknown_attributes(datagram)?;
    let message = MessageDecoder::<Attribute>::new()
        .decode_from_bytes(datagram)
        .map_err(|_| StunError::Malformed)?
        .map_err(|_| StunError::Malformed)?;

    if message.method() != BINDING {
        return Err(StunError::Method(message.method().as_u16()));
    }
    let id = TransactionId(*message.transaction_id().as_bytes());
    let class = message.class();
    if !unknown.is_empty() {
        return Err(StunError::UnknownAttributes {
            request: (class == MessageClass::Request).then_some(id),
            types: unknown,
        });
    }
    match class {
        MessageClass::Request => {
            let change =
                walk::attributes(datagram).flatten().find(|attribute| attribute.kind == CHANGE_REQUEST);
            let change = match change.map(|attribute| <[u8; 4]>::try_from(attribute.value)) {
                None => Change::NONE,
                Some(Ok(bytes)) => Change::of_bytes(bytes),
                Some(Err(_)) => return Err(StunError::Malformed),
            };
            Ok(Message::BindingRequest { id, change })
        }
        MessageClass::Indication => Ok(Message::BindingIndication { id }),
        MessageClass::SuccessResponse => {
            let mapped = message.get_attribute::<XorMappedAddress>().ok_or(StunError::Malformed)?.address();
            let other = message.get_attribute::<OtherAddress>().map(OtherAddress::address);
            Ok(Message::BindingResponse { id, mapped, other })
        }
        MessageClass::ErrorResponse => {
            let code = message.get_attribute::<ErrorCode>().ok_or(StunError::Malformed)?.code();
            Ok(Message::BindingError { id, code })
        }
    }
}

/// Checks the attributes' shape. Returns the comprehension-required types that we do not know.
fn unknown_attributes(datagram: &[u8]) -> Result<Vec<u16>, StunError> {
    let mut unknown = Vec::new();
    for attribute in walk::attributes(datagram) {
        let kind = attribute?.kind;
        if kind < walk::COMPREHENSION_OPTIONAL && !UNDERSTOOD.contains(&kind) {
            unknown.push(kind);
        }
    }
    Ok(unknown)
}

/// A Binding request: 28 bytes (FINGERPRINT included, so that it is never taken for something else).
pub fn binding_request(id: TransactionId) -> Vec<u8> {
    encode::<Attribute>(MessageClass::Request, id, |_| {})
}

/// A Binding request whose answer shall come from elsewhere (RFC 5780 §7.2): 36 bytes.
pub fn binding_request_for(id: TransactionId, change: Change) -> Vec<u8> {
    encode::<ChangeAttribute>(MessageClass::Request, id, |message| {
        message.add_attribute(ChangeRequest::new(change.ip, change.port));
    })
}

/// A Binding indication: the datagram that opens our router for the peer's. Nobody answers it.
pub fn binding_indication(id: TransactionId) -> Vec<u8> {
    encode::<Attribute>(MessageClass::Indication, id, |_| {})
}

/// The answer to the request `id` that came from `mapped`.
pub fn binding_response(id: TransactionId, mapped: SocketAddr) -> Vec<u8> {
    encode::<Attribute>(MessageClass::SuccessResponse, id, |message| {
        message.add_attribute(XorMappedAddress::new(mapped))
    })
}

/// The answer to the request `id` that came from `mapped`, by a server that helps to discover NAT behaviour
/// (RFC 5780 §6.1): sent from `origin`; `other` differs from where the request was sent to in all that the
/// server can change.
pub fn behaviour_response(
    id: TransactionId,
    mapped: SocketAddr,
    origin: SocketAddr,
    other: SocketAddr,
) -> Vec<u8> {
    encode::<Attribute>(MessageClass::SuccessResponse, id, |message| {
        message.add_attribute(XorMappedAddress::new(mapped));
        message.add_attribute(ResponseOrigin::new(origin));
        message.add_attribute(OtherAddress::new(other));
    })
}

/// The refusal of the request `id` for the comprehension-required attributes `types` (RFC 8489 §6.3.1).
pub(crate) fn unknown_attributes_response(id: TransactionId, types: Vec<u16>) -> Vec<u8> {
    let types = types.into_iter().map(AttributeType::new).collect();
    encode::<Attribute>(MessageClass::ErrorResponse, id, |message| {
        let code = ErrorCode::new(420, "Unknown Attribute".to_owned()).expect("420 is an error code");
        message.add_attribute(code);
        message.add_attribute(UnknownAttributes::new(types));
    })
}

/// All that a STUN server without credentials has to do with a datagram that came from `from`: the answer to
/// send back there, or `None` if it deserves none. At most 52 bytes unless the request was longer itself, so it
/// is useless for amplification. A server with a second address answers with
/// [`BehaviourResponder`](crate::BehaviourResponder) instead.
pub fn answer(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    match parse(datagram) {
        Ok(Message::BindingRequest { id, change: Change::NONE }) => Some(binding_response(id, from)),
        Ok(Message::BindingRequest { id, .. }) => Some(unknown_attributes_response(id, vec![CHANGE_REQUEST])),
        Err(StunError::UnknownAttributes { request: Some(id), types }) => {
            Some(unknown_attributes_response(id, types))
        }
        _ => None,
    }
}

fn encode<A>(
    class: MessageClass,
    TransactionId(id): TransactionId,
    add_attributes: impl FnOnce(&mut stun_codec::Message<A>),
) -> Vec<u8>
where
    A: stun_codec::Attribute + From<Fingerprint>,
    A::Encoder: Default,
{
    let mut message = stun_codec::Message::new(class, BINDING, stun_codec::TransactionId::new(id));
    add_attributes(&mut message);
    let fingerprint = Fingerprint::new(&message).expect("attributes of ours always encode");
    message.add_attribute(fingerprint);
    MessageEncoder::new().encode_into_bytes(message).expect("attributes of ours always encode")
}

#[cfg(test)]
mod tests;
