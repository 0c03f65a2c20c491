use std::time::Instant;

use lanrage_party::{
    Announcement, PartyId, PeerId, RelayOffer, SealedSignal, ServerId, UnixMillis, facts::ServerFault,
};

use crate::{
    LinkClosed,
    protocol::{Change, ErrorCode, PartySnapshot, Refusal, StunEndpoint},
};

/// What a control server has to say. All of it is unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlEvent {
    /// The server is there.
    Connected {
        /// STUN servers that it offers, with their hosts filled in.
        stun: Vec<StunEndpoint>,
        /// The server's clock.
        server_time: UnixMillis,
        /// Which server it is; `None` for an older one without a key.
        server: Option<ServerId>,
    },
    /// The relays that the server offers, with their hosts filled in and credentials for this device; replaces all that it
    /// offered before. Follows every [`ControlEvent::Connected`], be it empty, and comes again when
    /// relays come, go or fill up, and before the credentials expire. Every offer is within its limits. What was offered
    /// stays usable while the server is away.
    Relays(Vec<RelayOffer>),
    /// What the server's operator tells everybody now, if anything.
    Announcement(Option<Announcement>),
    /// The server is not there, or no more. Said again with every failed try.
    Disconnected {
        /// Why.
        reason: DisconnectReason,
        /// When it will be tried again.
        retry_at: Instant,
    },
    /// A party as it is now; replaces all that was known of it.
    Party(PartySnapshot),
    /// A change of a party, with no gap to what was said before.
    Change {
        /// The party.
        party: PartyId,
        /// Its revision after the change, for [`PartySnapshot::apply`].
        revision: u64,
        /// What happened; never [`Change::Unknown`].
        change: Change,
    },
    /// A message of another member.
    Signal {
        /// The party of both.
        party: PartyId,
        /// Who is said to have sent it.
        from: PeerId,
        /// The message.
        signal: SealedSignal,
    },
    /// The membership is over.
    Left {
        /// The party.
        party: PartyId,
    },
    /// Something was refused.
    Refused {
        /// What and why.
        refusal: Refusal,
        /// When the plane itself tries again; `None` if it will not, because a repetition cannot help.
        retry_at: Option<Instant>,
    },
}

/// Why there is no control server. Each has a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisconnectReason {
    /// The connection could not be made, or was lost.
    #[error(transparent)]
    Link(#[from] LinkClosed),
    /// The server did not answer in time.
    #[error("the server does not answer")]
    Silent,
    /// The server refused the session.
    #[error("the server refused the connection: {0}")]
    Refused(ErrorCode),
    /// It is another server than the one that is meant.
    #[error("another server answers there: it does not have the key of the one that is meant")]
    OtherServer {
        /// Which one it is; `None` if it shows no key.
        shown: Option<ServerId>,
    },
    /// What answered is no control server.
    #[error("what answers there is not a LANrage server")]
    NotAServer,
}

impl From<&DisconnectReason> for ServerFault {
    fn from(reason: &DisconnectReason) -> Self {
        match reason {
            DisconnectReason::Link(closed) => closed.into(),
            DisconnectReason::Silent => Self::Silent,
            DisconnectReason::Refused(code) => Self::Refused { refusal: (*code).into() },
            DisconnectReason::OtherServer { .. } => Self::OtherServer,
            DisconnectReason::NotAServer => Self::NotAServer,
        }
    }
}
