use lanrage_party::{
    AccessKey, AccessProof, DoorKey, DoorPrivateKey, IdentityKey, Leave, Name, NatType, PartyId, PeerId,
    SealedSignal, Signature, SignedRecord, Subnet,
};
use serde::{Deserialize, Serialize};

use super::{Nonce, RelayRegistration, SessionToken};

/// A frame of a client. Read it with [`ClientMessage::parse`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "each is made, sent and gone; nothing keeps many")]
pub enum ClientMessage {
    /// About the connection itself.
    Session(SessionMessage),
    /// About a party; only after `welcome`.
    Request(Request),
}

/// What a client says about its connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SessionMessage {
    /// The first frame.
    Hello {
        /// [`super::PROTOCOL_VERSION`] of the client.
        protocol: u16,
        /// The program's version, for the server's log; at most [`super::TEXT_BYTES`].
        client_version: String,
        /// Who it claims to be.
        identity: IdentityKey,
        /// The token of an earlier session, to spare the challenge.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionToken>,
        /// Only if this identity has no other connection: said by a client that was replaced, so that it does
        /// not throw out in turn whoever replaced it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        if_absent: bool,
        /// Random, of this connection alone: a server with a key signs it. Without one the server shows no key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nonce: Option<Nonce>,
    },
    /// The answer to a challenge.
    Prove {
        /// `host:port` as dialled; at most [`super::TEXT_BYTES`].
        authority: String,
        /// Signature with the identity key: of [`lanrage_party::login_message`] for a server that has shown its key, and
        /// of [`super::prove_message`] for one that has none.
        signature: Signature,
    },
    /// A sign of life, answered with `alive`.
    Heartbeat,
    /// The relays again, with fresh credentials; answered with `relays`. A server that is older than relays answers
    /// [`super::ErrorCode::UnknownMessage`].
    GetRelays,
    /// A relay is there and says how it is: a sign of life likewise, answered with `alive`.
    RegisterRelay(RelayRegistration),
}

/// What a member, or somebody who wants to be one, asks of a control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    /// Make a party, with the sender as host. Repeating it is harmless: a party that the sender already hosts
    /// is taken up again. Answered with the party.
    CreateParty {
        /// The party's id, chosen by the host.
        party: PartyId,
        /// Its name.
        name: Name,
        /// Its network.
        subnet: Subnet,
        /// The host's own record.
        record: SignedRecord,
        /// The host's NAT type.
        #[serde(default)]
        nat_type: NatType,
        /// The party's door: from now on nobody comes in without a proof by this key. Deposited with the party, or later
        /// by its maker. Without one, the party's id lets anybody in; so it was before there were doors.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        door: Option<DoorKey>,
        /// That the sender has the door's key ([`DoorPrivateKey::open`]); needed where the party has a door already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Signature>,
        /// That the sender has the key of a private server; needed there for a party that it does not know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        access: Option<AccessProof>,
    },
    /// Become a member, or be online again as the member one is. Answered with the party.
    JoinParty {
        /// The party.
        party: PartyId,
        /// The sender's record.
        record: SignedRecord,
        /// The sender's NAT type.
        #[serde(default)]
        nat_type: NatType,
        /// The party's door, as the sender knows it. Only the owner of a registry gives a party a door so, in its own
        /// registry: of anybody else this is no more than a claim.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        door: Option<DoorKey>,
        /// That the sender has the door's key; needed where the party has a door.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Signature>,
    },
    /// Stop being a member; the lease is free again. Answered with `left`, also if there is no such membership.
    LeaveParty {
        /// The party.
        party: PartyId,
        /// That it is the member's own word, and not only its session's. Programs that are older than that
        /// ([`lanrage_party::PeerRecord::signs_everything`]) leave without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leave: Option<Leave>,
    },
    /// Change what is known of the sender. Answered with the delta that every member gets.
    UpdatePeer {
        /// The party.
        party: PartyId,
        /// A newer record, of the same lease.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        record: Option<SignedRecord>,
        /// A newer measurement.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nat_type: Option<NatType>,
    },
    /// Carry a sealed message to another member that is online. Answered only if it cannot be carried.
    Signal {
        /// The party of both.
        party: PartyId,
        /// The receiver.
        to: PeerId,
        /// What only the receiver can open.
        signal: SealedSignal,
    },
    /// Send the whole party again, after a gap in its revisions.
    GetParty {
        /// The party.
        party: PartyId,
        /// That the sender has the door's key; needed where the party has a door.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Signature>,
    },
}

/// Which [`Request`] an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// [`Request::CreateParty`].
    CreateParty,
    /// [`Request::JoinParty`].
    JoinParty,
    /// [`Request::LeaveParty`].
    LeaveParty,
    /// [`Request::UpdatePeer`].
    UpdatePeer,
    /// [`Request::Signal`].
    Signal,
    /// [`Request::GetParty`].
    GetParty,
    /// A request of a newer protocol.
    #[serde(other)]
    Other,
}

impl Request {
    /// The party that it is about.
    pub const fn party(&self) -> PartyId {
        match self {
            Self::CreateParty { party, .. }
            | Self::JoinParty { party, .. }
            | Self::LeaveParty { party, .. }
            | Self::UpdatePeer { party, .. }
            | Self::Signal { party, .. }
            | Self::GetParty { party, .. } => *party,
        }
    }

    /// The same with the proof that `peer` has the door's key, for the session of this nonce; a request that needs none
    /// stays as it is.
    #[must_use]
    pub fn proven(mut self, key: &DoorPrivateKey, nonce: &Nonce, peer: &PeerId) -> Self {
        if let Self::CreateParty { party, proof, .. }
        | Self::JoinParty { party, proof, .. }
        | Self::GetParty { party, proof } = &mut self
        {
            *proof = Some(key.open(nonce.as_bytes(), party, peer));
        }
        self
    }

    /// The same with the proof that `peer` has a private server's key, for the session of this nonce, where that lets
    /// somebody in.
    #[must_use]
    pub fn with_access(mut self, key: &AccessKey, nonce: &Nonce, peer: &PeerId) -> Self {
        if let Self::CreateParty { party, access, .. } = &mut self {
            *access = Some(key.prove(nonce.as_bytes(), party, peer));
        }
        self
    }

    /// Which one it is.
    pub const fn kind(&self) -> RequestKind {
        match self {
            Self::CreateParty { .. } => RequestKind::CreateParty,
            Self::JoinParty { .. } => RequestKind::JoinParty,
            Self::LeaveParty { .. } => RequestKind::LeaveParty,
            Self::UpdatePeer { .. } => RequestKind::UpdatePeer,
            Self::Signal { .. } => RequestKind::Signal,
            Self::GetParty { .. } => RequestKind::GetParty,
        }
    }
}
