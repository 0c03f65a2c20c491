//! What is sealed, and what stands on the wire for it.

use lanrage_party::{VirtualIp, WireGuardKey};

/// In every plaintext, and so in no datagram outside.
pub(in crate::simulation) const PLAINTEXT: &[u8] = b"plaintext!";

/// Everything that was ever sealed, in order.
#[derive(Debug, Default)]
pub(in crate::simulation) struct Vault(Vec<Sealed>);

#[derive(Debug)]
pub(super) enum Sealed {
    Initiation { from: WireGuardKey, to: WireGuardKey, preshared: [u8; 32], stamp: u64 },
    Response { to: u64 },
    Data { session: u64, from: WireGuardKey, packet: Option<Inner> },
}

/// A packet inside the tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::simulation) struct Inner {
    pub(in crate::simulation) source: VirtualIp,
    pub(in crate::simulation) destination: VirtualIp,
    /// A probe of the path agent's; else a game's.
    pub(in crate::simulation) probe: bool,
    pub(in crate::simulation) payload: Vec<u8>,
}

impl Vault {
    pub(super) fn seal(&mut self, sealed: Sealed) -> u64 {
        self.0.push(sealed);
        self.0.len() as u64 - 1
    }

    pub(super) fn get(&self, place: u64) -> Option<&Sealed> {
        self.0.get(usize::try_from(place).ok()?)
    }
}

/// Whether these are the bytes of a sealed message.
pub(in crate::simulation) fn is_sealed(bytes: &[u8]) -> bool {
    matches!(bytes, [1..=4, 0, 0, 0, ..]) && bytes.len() >= 20
}

pub(super) fn message(kind: u8, receiver: u32, other: u32, place: u64, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len + 4);
    bytes.extend([kind, 0, 0, 0]);
    bytes.extend(receiver.to_le_bytes());
    bytes.extend(other.to_le_bytes());
    bytes.extend(place.to_le_bytes());
    bytes.resize(len, 0);
    bytes
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
