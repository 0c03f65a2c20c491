//! Send and Data indications (RFC 8656 §11), read where they are: they carry payload.

use std::{
    net::{IpAddr, SocketAddr},
    ops::Range,
};

use super::integrity::MESSAGE_INTEGRITY;
use crate::stun::{self, MAGIC_COOKIE, TransactionId, walk};

/// Specification: attributes (RFC 8656 §18).
pub(super) const XOR_PEER_ADDRESS: u16 = 0x0012;
pub(super) const DATA: u16 = 0x0013;
/// Specification: address families (RFC 8489 §14.1).
pub(super) const IPV4: u8 = 1;
pub(super) const IPV6: u8 = 2;

/// Who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// The client to the server.
    Send,
    /// The server to the client.
    Data,
}

impl Kind {
    /// The message type: method 0x006 or 0x007, class indication.
    pub(super) const fn message_type(self) -> u16 {
        match self {
            Self::Send => 0x0016,
            Self::Data => 0x0017,
        }
    }
}

/// Whether a datagram that is STUN is such an indication, well-formed or not.
pub(super) fn is_indication(kind: Kind, datagram: &[u8]) -> bool {
    stun::is_stun(datagram) && datagram[..2] == kind.message_type().to_be_bytes()
}

/// The peer, and where in the datagram the payload is. `None` for what is malformed, or has attributes that we
/// would have to understand and do not, as DONT-FRAGMENT (RFC 8656 §11.2 has it dropped silently).
pub(super) fn parse(kind: Kind, datagram: &[u8]) -> Option<(SocketAddr, Range<usize>)> {
    if !is_indication(kind, datagram) {
        return None;
    }
    let (mut peer, mut payload) = (None, None);
    for attribute in walk::attributes(datagram) {
        let attribute = attribute.ok()?;
        match attribute.kind {
            XOR_PEER_ADDRESS if peer.is_none() => peer = Some(address(attribute.value, datagram)?),
            DATA if payload.is_none() => {
                let start = attribute.value_start();
                payload = Some(start..start + attribute.value.len());
            }
            // Of a repeated attribute only the first counts (RFC 8489 §14); nobody signs indications.
            XOR_PEER_ADDRESS | DATA | MESSAGE_INTEGRITY | walk::COMPREHENSION_OPTIONAL.. => {}
            _ => return None,
        }
    }
    Some((peer?, payload?))
}

/// An XORed address that stands in `datagram`.
pub(super) fn address(value: &[u8], datagram: &[u8]) -> Option<SocketAddr> {
    let ([_, family, p0, p1], ip) = value.split_first_chunk()?;
    let mask = mask(datagram[8..20].try_into().ok()?);
    let port = u16::from_be_bytes([p0 ^ mask[0], p1 ^ mask[1]]);
    let ip = match *family {
        IPV4 => IpAddr::from(masked::<4>(ip.try_into().ok()?, &mask)),
        IPV6 => IpAddr::from(masked::<16>(ip.try_into().ok()?, &mask)),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// What addresses are XORed with: the magic cookie, then the transaction id (RFC 8489 §14.2).
pub(super) fn mask(id: [u8; 12]) -> [u8; 16] {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&MAGIC_COOKIE);
    mask[4..].copy_from_slice(&TransactionId(id).0);
    mask
}

pub(super) fn masked<const N: usize>(mut octets: [u8; N], mask: &[u8; 16]) -> [u8; N] {
    for (octet, mask) in octets.iter_mut().zip(mask) {
        *octet ^= mask;
    }
    octets
}
