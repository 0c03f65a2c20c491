use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// Why the data plane dropped a packet (inside the tunnel) or a datagram (outside). Each reason is counted by itself; none
/// is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// Network: a datagram that is empty, or WireGuard of a wrong length.
    MalformedDatagram,
    /// Network: a datagram longer than its kind may be.
    OversizedDatagram,
    /// Network: neither WireGuard nor STUN nor ChannelData.
    UnknownDatagram,
    /// Network: STUN of somebody whom we sent nothing lately.
    UnaskedStun,
    /// Network: more STUN than anybody has to say.
    StunFlood,
    /// Network: more knocks than anybody needs.
    KnockFlood,
    /// Network: a knock, STUN, or what became of an authenticated message, that found the engine's queue full.
    ReportQueueFull,
    /// Network: the socket reported an error instead of a datagram.
    ReceiveFailed,
    /// Network: WireGuard while in no party.
    NoParty,
    /// Network: a handshake from an unknown key, or a message for an unknown index.
    UnknownPeer,
    /// Network: too many handshakes at the moment; a cookie was sent instead, if there are not too many of those too.
    RateLimited,
    /// Network: too many handshakes from an address that is proven, or from all of them.
    HandshakeFlood,
    /// Network: a MAC or tag is wrong.
    Unauthenticated,
    /// Network: a handshake message that came before, or that nobody waits for. One initiation over several
    /// paths ends here, except for its first copy.
    StaleHandshake,
    /// Network: data for a session that is not there (any more).
    NoSession,
    /// Network: a data message that came before. One packet over two paths ends here, except for its first copy.
    Replay,
    /// Network: ChannelData of anybody but an open allocation's relay, or inside other ChannelData.
    ForeignChannelData,
    /// Network: ChannelData that is cut or lies about its length.
    MalformedChannelData,
    /// Network: ChannelData of a channel that is bound to nobody.
    UnknownChannel,
    /// Network: more than this device passes on for two members.
    ForwardLimit,
    /// Network: STUN from a relayed peer, which has no business with us.
    RelayedStun,
    /// Network or inside: to or from a peer, not by a relay, while only relays are used.
    NotRelayed,
    /// Network: a relayed datagram that found the queue to the UDP thread full.
    RelayQueueFull,
    /// Inside: not a whole IPv4 packet.
    MalformedPacket,
    /// Inside: IPv6, which is not carried.
    Ipv6,
    /// Inside: longer than the tunnel carries.
    OversizedPacket,
    /// Inside: the source is not the sender's lease (from a peer), or not our own (from the device).
    ForeignSource,
    /// From a peer: the destination is neither us nor everybody.
    ForeignDestination,
    /// Inside: a search of a home's own devices, which stays at home.
    HouseholdSearch,
    /// From the device: the same packet for everybody that another interface has already brought.
    RepeatedSearch,
    /// Broadcast or multicast above the sender's rate.
    BroadcastStorm,
    /// Broadcast or multicast of a peer whom the player does not want to hear that of.
    MutedBroadcast,
    /// From a peer: what it would begin is not open to it.
    Refused,
    /// From a peer: no device is attached.
    NoDevice,
    /// From the device: no peer has the destination.
    UnknownDestination,
    /// From the device: the destination is our own address.
    OwnDestination,
    /// From the device: the protocol number of probes, which is ours inside the tunnel.
    ReservedProtocol,
    /// From the device: an offload header that does not fit its packet.
    MalformedOffload,
    /// From the device: its bulk packet waited longer for the socket than a queue should last (RFC 8289).
    QueueDelay,
    /// From the device: the queue for the socket was full, and this packet's peer had most of it.
    QueueFull,
    /// From the device: the oldest packet that waited for a session, pushed out by a newer one.
    PendingOverflow,
    /// From the device: larger than the path to its peer carries, and not to be fragmented. The OS is told.
    PathMtuExceeded,
    /// To the device: the OS refused it.
    DeviceRefused,
    /// To the network: the remote's allocation is closed, or has no channel to it.
    NoChannel,
    /// To the network: the queue of the relay's stream is full.
    RelayStreamFull,
    /// To the network: no socket of the address's family.
    NoSocket,
    /// To the network: the socket's buffer is full.
    SendBufferFull,
    /// To the network: larger than the interface or a known part of the path carries. What is padded to find that
    /// out ends here.
    DatagramTooBig,
    /// To the network: the OS refused the datagram.
    SendFailed,
}

impl DropReason {
    /// Every reason, in the order of their numbers.
    pub const ALL: &[Self] = Self::VARIANTS;
}
