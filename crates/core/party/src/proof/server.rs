//! Which control server it is, whatever its name: a server has an identity key as a player has one.

use sha2::{Digest, Sha256};

use crate::{
    IdentityKey, PeerId,
    text::{from_base64, text_form, to_base64},
};

/// A control server: the first 16 bytes of the SHA-256 of its identity key. Short, as it stands in links. Text form:
/// base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId([u8; 16]);

text_form!(ServerId, to_base64, from_base64, "a 16-byte id in base64url");

impl ServerId {
    /// The server that belongs to an identity key.
    pub fn of(key: &IdentityKey) -> Self {
        let digest = Sha256::digest(key.as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }
}

/// What a server signs to show that it has its key: for the client's nonce and its own, each used once, and the client.
pub fn challenge_message(server_nonce: &[u8; 32], client_nonce: &[u8; 32], peer: &PeerId) -> Vec<u8> {
    [b"lanrage challenge v1\0".as_slice(), server_nonce, client_nonce, peer.as_bytes()].concat()
}

/// What a client signs to show that it has its key, to this server and no other: fixed lengths, then the `host:port` that
/// was dialled.
pub fn login_message(
    server_nonce: &[u8; 32],
    server: &IdentityKey,
    peer: &PeerId,
    authority: &str,
) -> Vec<u8> {
    [b"lanrage prove v2\0".as_slice(), server_nonce, server.as_bytes(), peer.as_bytes(), authority.as_bytes()]
        .concat()
}
