use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

/// What a control server refused, in the words of its protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ServerRefusal {
    /// The frame is not a message of the protocol.
    ControlBadFrame,
    /// The server does not know the message.
    ControlUnknownMessage,
    /// The frame is too large.
    ControlTooLarge,
    /// Client and server speak different versions.
    ControlProtocolVersion,
    /// The client has not proven who it is.
    ControlNotAuthenticated,
    /// A signature is not of the identity that it names.
    ControlBadSignature,
    /// The proof was made for another server.
    ControlWrongServer,
    /// A session says that its member leaves, and the member has not signed it.
    ControlUnsignedLeave,
    /// There is no such party.
    ControlUnknownParty,
    /// The party's door does not open to whom has no key of it.
    ControlDoorClosed,
    /// The party exists and has another host.
    ControlPartyExists,
    /// Not a member of the party.
    ControlNotAMember,
    /// The member is away.
    ControlPeerAway,
    /// The party is full.
    ControlPartyFull,
    /// There are too many parties.
    ControlTooManyParties,
    /// The server lets only those make parties who have its key.
    ControlAccessNeeded,
    /// The key that was shown is not the server's.
    ControlAccessWrong,
    /// The server lets this device in no more.
    ControlBanned,
    /// The device has as many parties there as it may.
    ControlDeviceParties,
    /// From its address as many parties were made lately as may be.
    ControlAddressParties,
    /// Another member has the address.
    ControlLeaseTaken,
    /// A member keeps its address until it leaves.
    ControlLeaseFixed,
    /// The address is outside the party's network.
    ControlOutsideSubnet,
    /// A newer record of this device is known.
    ControlStaleRecord,
    /// Too many messages at once.
    ControlRateLimited,
    /// The server is full.
    ControlServerFull,
    /// The identity has connected from elsewhere.
    ControlReplaced,
    /// The connection was silent or too slow.
    ControlTimedOut,
    /// The server is stopping.
    ControlStopping,
    /// The server has a problem of its own.
    ControlInternal,
    /// A code of a newer protocol.
    #[default]
    ControlUnknown,
}
