use lanrage_party::{
    Announcement, IdentityKey, PartyId, PeerId, RelayOffer, SealedSignal, Signature, UnixMillis,
};
use serde::{Deserialize, Serialize};

use super::{Change, Nonce, PartySnapshot, Refusal, SessionToken, relay};

/// A frame of a server. A client reads it with [`ServerMessage::parse`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Prove that you are who you say.
    Challenge {
        /// To be signed.
        nonce: Nonce,
        /// Which server it is; to a client whose hello has a nonce.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<ServerProof>,
    },
    /// You are in.
    Welcome {
        /// Resumes this session for 24 hours.
        session: SessionToken,
        /// [`super::PROTOCOL_VERSION`] of the server.
        protocol: u16,
        /// Time between two heartbeats, in milliseconds.
        heartbeat_interval_ms: u64,
        /// The server's clock.
        server_time: UnixMillis,
        /// Of this connection alone: what proves that somebody has a party's door key is made for it. A server that is
        /// older than doors has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<Nonce>,
        /// Whether there is a page for invitations at [`lanrage_party::ControlEndpoint::page`]. A server of before says nothing.
        #[serde(default, skip_serializing_if = "is_false")]
        has_page: bool,
        /// STUN servers to learn one's own address from; at most [`super::STUN_ENDPOINTS`].
        #[serde(default)]
        stun: Vec<StunEndpoint>,
        /// Relays, with credentials for this client; at most [`lanrage_party::limits::RELAYS`], each within its
        /// limits: what is not is left out when it is read.
        #[serde(default, deserialize_with = "relay::lenient", skip_serializing_if = "Vec::is_empty")]
        relays: Vec<RelayOffer>,
    },
    /// The relays as they are now, with fresh credentials; replaces all that were offered before.
    Relays {
        /// As in `welcome`.
        #[serde(deserialize_with = "relay::lenient")]
        relays: Vec<RelayOffer>,
    },
    /// A party as it is now; replaces all that was known of it.
    Party {
        /// The party.
        snapshot: PartySnapshot,
    },
    /// The next change of a party.
    Delta {
        /// The party.
        party: PartyId,
        /// Its revision after the change: one more than before it.
        revision: u64,
        /// What happened.
        change: Change,
    },
    /// A message of another member.
    Signal {
        /// The party of both.
        party: PartyId,
        /// Who sent it, as the server says; opening it proves it.
        from: PeerId,
        /// The message.
        signal: SealedSignal,
    },
    /// You are no longer a member.
    Left {
        /// The party.
        party: PartyId,
    },
    /// What the operator tells everybody who is there; replaces what was told before. Said behind `welcome` if there is any, and
    /// whenever it changes.
    Announcement {
        /// The text; none where there is nothing to tell any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Announcement>,
    },
    /// Answer to a heartbeat.
    Alive,
    /// Something was refused.
    Error(Refusal),
}

/// That a server has its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerProof {
    /// The server's identity key; its [`lanrage_party::ServerId`] follows from it.
    pub key: IdentityKey,
    /// Signature of [`lanrage_party::challenge_message`].
    pub signature: Signature,
}

/// A STUN server (RFC 8489) on UDP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StunEndpoint {
    /// Host name or address without brackets. Empty in a `welcome`: the host that the control server was
    /// reached at. [`crate::ControlEvent::Connected`] always has it filled in.
    #[serde(default)]
    pub host: String,
    /// UDP port, not 0.
    pub port: u16,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}
