//! STUN Binding messages (RFC 8489): a total parser, and the four messages we send.
//!
//! Without credentials, as a server on the open internet answers anyone: a reply is believed because it comes
//! from the server that was asked and carries the id that was asked with ([`crate::StunClient`]).

mod attributes;

use std::net::SocketAddr;

use attributes::Attribute;
use bytecodec::{DecodeExt, EncodeExt};
use stun_codec::{
    AttributeType, MessageClass, MessageDecoder, MessageEncoder,
    rfc5389::{
        attributes::{ErrorCode, Fingerprint, UnknownAttributes, XorMappedAddress},
        methods::BINDING,
    },
};

/// Largest STUN message that is read, in bytes: RFC 8489 §6.1 keeps messages within the smallest IPv6 MTU
/// when the path's is not known, and nobody has reason to send a larger one.
pub const MESSAGE_BYTES: usize = 1_280;

/// Specification: header length in bytes (RFC 8489 §5).
const HEADER_BYTES: usize = 20;
/// Specification: the magic cookie (RFC 8489 §5).
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
/// Specification: the FINGERPRINT attribute (RFC 8489 §14.7).
const FINGERPRINT: u16 = Fingerprint::CODEPOINT;
/// Specification: types from here on may be ignored by who does not know them (RFC 8489 §14).
const COMPREHENSION_OPTIONAL: u16 = 0x8000;
/// Comprehension-required attributes of RFC 8489 §14 that we know: their meaning for us is none, as we neither
/// ask for nor check credentials.
const UNDERSTOOD: [u16; 11] =
    [0x0001, 0x0006, 0x0008, 0x0009, 0x000A, 0x0014, 0x0015, 0x001C, 0x001D, 0x001E, 0x0020];

/// The 96-bit identifier that ties a response to its request (RFC 8489 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionId(pub [u8; 12]);

/// A Binding message, reduced to what we act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// Somebody asks for their own address.
    BindingRequest {
        /// To be echoed.
        id: TransactionId,
    },
    /// A server's answer.
    BindingResponse {
        /// The request's.
        id: TransactionId,
        /// Where the server saw the request come from (XOR-MAPPED-ADDRESS).
        mapped: SocketAddr,
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
    let unknown = unknown_attributes(&datagram[HEADER_BYTES..])?;
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
        MessageClass::Request => Ok(Message::BindingRequest { id }),
        MessageClass::Indication => Ok(Message::BindingIndication { id }),
        MessageClass::SuccessResponse => {
            let mapped = message.get_attribute::<XorMappedAddress>().ok_or(StunError::Malformed)?.address();
            Ok(Message::BindingResponse { id, mapped })
        }
        MessageClass::ErrorResponse => {
            let code = message.get_attribute::<ErrorCode>().ok_or(StunError::Malformed)?.code();
            Ok(Message::BindingError { id, code })
        }
    }
}

/// Walks the attributes: each whole, FINGERPRINT only at the end (and so at most once, which also keeps the
/// check of it linear). Returns the comprehension-required types that we do not know.
fn unknown_attributes(mut attributes: &[u8]) -> Result<Vec<u16>, StunError> {
    let mut unknown = Vec::new();
    while let Some(([t0, t1, l0, l1], rest)) = attributes.split_first_chunk::<4>() {
        let kind = u16::from_be_bytes([*t0, *t1]);
        let padded = usize::from(u16::from_be_bytes([*l0, *l1])).next_multiple_of(4);
        attributes = rest.get(padded..).ok_or(StunError::Malformed)?;
        if kind == FINGERPRINT && !attributes.is_empty() {
            return Err(StunError::Malformed);
        }
        if kind < COMPREHENSION_OPTIONAL && !UNDERSTOOD.contains(&kind) {
            unknown.push(kind);
        }
    }
    if attributes.is_empty() { Ok(unknown) } else { Err(StunError::Malformed) }
}

/// A Binding request: 28 bytes (FINGERPRINT included, so that it is never taken for something else).
pub fn binding_request(id: TransactionId) -> Vec<u8> {
    encode(MessageClass::Request, id, None)
}

/// A Binding indication: the datagram that opens our router for the peer's. Nobody answers it.
pub fn binding_indication(id: TransactionId) -> Vec<u8> {
    encode(MessageClass::Indication, id, None)
}

/// The answer to the request `id` that came from `mapped`.
pub fn binding_response(id: TransactionId, mapped: SocketAddr) -> Vec<u8> {
    encode(MessageClass::SuccessResponse, id, Some(XorMappedAddress::new(mapped).into()))
}

/// All that a STUN server without credentials has to do with a datagram that came from `from`: the answer to
/// send back there, or `None` if it deserves none. At most 52 bytes unless the request was longer itself, so it
/// is useless for amplification.
pub fn answer(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    match parse(datagram) {
        Ok(Message::BindingRequest { id }) => Some(binding_response(id, from)),
        Err(StunError::UnknownAttributes { request: Some(id), types }) => {
            let types = types.into_iter().map(AttributeType::new).collect();
            Some(encode_with(MessageClass::ErrorResponse, id, |message| {
                let code = ErrorCode::new(420, "Unknown Attribute".to_owned()).expect("420 is an error code");
                message.add_attribute(code);
                message.add_attribute(UnknownAttributes::new(types));
            }))
        }
        _ => None,
    }
}

fn encode(class: MessageClass, id: TransactionId, attribute: Option<Attribute>) -> Vec<u8> {
    encode_with(class, id, |message| {
        if let Some(attribute) = attribute {
            message.add_attribute(attribute);
        }
    })
}

fn encode_with(
    class: MessageClass,
    TransactionId(id): TransactionId,
    add_attributes: impl FnOnce(&mut stun_codec::Message<Attribute>),
) -> Vec<u8> {
    let mut message = stun_codec::Message::new(class, BINDING, stun_codec::TransactionId::new(id));
    add_attributes(&mut message);
    let fingerprint = Fingerprint::new(&message).expect("attributes of ours always encode");
    message.add_attribute(fingerprint);
    MessageEncoder::new().encode_into_bytes(message).expect("attributes of ours always encode")
}

#[cfg(test)]
mod tests;
