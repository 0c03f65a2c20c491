use lanrage_party::PeerId;

use crate::protocol::Nonce;

/// Who asks a registry for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The peer, which has proven to be it.
    pub peer: PeerId,
    /// What the peer's proofs of this session are made for; `None` for one without a session, which can prove nothing.
    pub nonce: Option<Nonce>,
}

impl From<PeerId> for Caller {
    /// A peer without a session.
    fn from(peer: PeerId) -> Self {
        Self { peer, nonce: None }
    }
}
