use lanrage_party::{PartyId, VirtualIp, facts::ServerRefusal};
use serde::{Deserialize, Serialize};

use super::RequestKind;

/// Why a server refused something: a stable word for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not a message of this protocol.
    #[error("the frame is not a message of this protocol")]
    BadFrame,
    /// A message of a newer protocol.
    #[error("the server does not know this message")]
    UnknownMessage,
    /// Larger than allowed.
    #[error("the frame is too large")]
    TooLarge,
    /// The two do not speak the same protocol.
    #[error("client and server speak different protocol versions; update the older one")]
    ProtocolVersion,
    /// `welcome` was not said yet, or the hello took too long.
    #[error("say hello and prove who you are first")]
    NotAuthenticated,
    /// A proof or a record is not signed by whom it names.
    #[error("the signature is not of the identity that it names")]
    BadSignature,
    /// The proof was made for a server of another name.
    #[error("the proof was made for another server")]
    WrongServer,
    /// A member's session says that it leaves, and the member has not signed it.
    #[error("a member leaves by its own signature, and not by its session's word")]
    UnsignedLeave,
    /// There is no such party.
    #[error("the server does not know this party")]
    UnknownParty,
    /// The party has a door, and the sender has shown no key of it.
    #[error("the party's door does not open: this needs the party's link, of its present generation")]
    DoorClosed,
    /// Another peer hosts a party of this id.
    #[error("this party already exists and has another host")]
    PartyExists,
    /// The sender, or the receiver, is not a member.
    #[error("not a member of this party")]
    NotAMember,
    /// The receiver is a member, and not online.
    #[error("this member is away")]
    PeerAway,
    /// No more members fit.
    #[error("the party is full")]
    PartyFull,
    /// The sender is in as many parties as it may, or the server has as many as it can hold.
    #[error("too many parties")]
    TooManyParties,
    /// The server is private, and the sender has shown no key of it.
    #[error("the server is private: a party is made there with its key")]
    AccessNeeded,
    /// The key that the sender has shown is not the server's.
    #[error("the key is not that of this server")]
    AccessWrong,
    /// The server's operator lets this identity in no more.
    #[error("the server lets this device in no more")]
    Banned,
    /// The sender has as many parties of its own as the server lets one device have.
    #[error("the device has as many parties here as it may")]
    DeviceParties,
    /// As many parties were made from the sender's address lately as may be.
    #[error("as many parties were made from this address as may be; try again later")]
    AddressParties,
    /// Another member holds the address; [`Refusal::taken`] lists those that are held.
    #[error("another member has this address")]
    LeaseTaken,
    /// The sender already holds the address in [`Refusal::lease`], until it leaves.
    #[error("a member keeps its address until it leaves")]
    LeaseFixed,
    /// The address is not one of the party's network.
    #[error("the address is outside the party's network")]
    OutsideSubnet,
    /// A newer record of this peer is known; see [`Refusal::newest`].
    #[error("a newer record of this peer is known")]
    StaleRecord,
    /// Too many messages at once; see [`Refusal::retry_after_ms`].
    #[error("too many messages; slow down")]
    RateLimited,
    /// The server has as many connections as it can hold.
    #[error("the server is full")]
    ServerFull,
    /// The same identity has connected again, from here or elsewhere.
    #[error("this identity has connected from elsewhere")]
    Replaced,
    /// The receiver of the messages was too slow, or silent for too long.
    #[error("the connection was silent or too slow")]
    TimedOut,
    /// The server is about to stop.
    #[error("the server is stopping")]
    Stopping,
    /// The server cannot do it now; nothing was changed.
    #[error("the server has a problem of its own; nothing was changed")]
    Internal,
    /// A code of a newer protocol.
    #[error("refused for a reason that this version does not know")]
    #[serde(other)]
    Unknown,
}

impl From<ErrorCode> for ServerRefusal {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::BadFrame => Self::ControlBadFrame,
            ErrorCode::UnknownMessage => Self::ControlUnknownMessage,
            ErrorCode::TooLarge => Self::ControlTooLarge,
            ErrorCode::ProtocolVersion => Self::ControlProtocolVersion,
            ErrorCode::NotAuthenticated => Self::ControlNotAuthenticated,
            ErrorCode::BadSignature => Self::ControlBadSignature,
            ErrorCode::WrongServer => Self::ControlWrongServer,
            ErrorCode::UnsignedLeave => Self::ControlUnsignedLeave,
            ErrorCode::UnknownParty => Self::ControlUnknownParty,
            ErrorCode::DoorClosed => Self::ControlDoorClosed,
            ErrorCode::PartyExists => Self::ControlPartyExists,
            ErrorCode::NotAMember => Self::ControlNotAMember,
            ErrorCode::PeerAway => Self::ControlPeerAway,
            ErrorCode::PartyFull => Self::ControlPartyFull,
            ErrorCode::TooManyParties => Self::ControlTooManyParties,
            ErrorCode::AccessNeeded => Self::ControlAccessNeeded,
            ErrorCode::AccessWrong => Self::ControlAccessWrong,
            ErrorCode::Banned => Self::ControlBanned,
            ErrorCode::DeviceParties => Self::ControlDeviceParties,
            ErrorCode::AddressParties => Self::ControlAddressParties,
            ErrorCode::LeaseTaken => Self::ControlLeaseTaken,
            ErrorCode::LeaseFixed => Self::ControlLeaseFixed,
            ErrorCode::OutsideSubnet => Self::ControlOutsideSubnet,
            ErrorCode::StaleRecord => Self::ControlStaleRecord,
            ErrorCode::RateLimited => Self::ControlRateLimited,
            ErrorCode::ServerFull => Self::ControlServerFull,
            ErrorCode::Replaced => Self::ControlReplaced,
            ErrorCode::TimedOut => Self::ControlTimedOut,
            ErrorCode::Stopping => Self::ControlStopping,
            ErrorCode::Internal => Self::ControlInternal,
            ErrorCode::Unknown => Self::ControlUnknown,
        }
    }
}

/// What was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why.
    pub code: ErrorCode,
    /// A sentence for a log, at most [`super::TEXT_BYTES`] after parsing. Programs branch on the code alone.
    #[serde(default)]
    pub detail: String,
    /// When to try again, in milliseconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The party that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// The request that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestKind>,
    /// With [`ErrorCode::LeaseTaken`]: every address that another member holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<VirtualIp>,
    /// With [`ErrorCode::LeaseFixed`]: the address that the sender holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<VirtualIp>,
    /// With [`ErrorCode::StaleRecord`]: the sequence of the sender's newest record. The next one has to be above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<u64>,
}

impl Refusal {
    /// A refusal that says no more than its code.
    pub fn new(code: ErrorCode) -> Self {
        Self {
            code,
            detail: code.to_string(),
            retry_after_ms: None,
            party: None,
            request: None,
            taken: Vec::new(),
            lease: None,
            newest: None,
        }
    }

    /// The same with a sentence of its own.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same with the time to wait before another try.
    #[must_use]
    pub const fn retry_after(mut self, millis: u64) -> Self {
        self.retry_after_ms = Some(millis);
        self
    }

    /// The same with what it is about.
    #[must_use]
    pub const fn about(mut self, request: RequestKind, party: PartyId) -> Self {
        self.request = Some(request);
        self.party = Some(party);
        self
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}
