use std::net::SocketAddr;

use lanrage_control::{GuestAction, LinkAction};
use lanrage_nat::{port_mapping::MappingRequest, relay_stream::RelayStreamTarget};
use lanrage_party::{
    AllocationId, LocalEnd, NatResult, PartyId, PeerConfig, PeerId, Remote, StoredPeer, Subnet, VirtualIp,
};

use crate::{CommandError, Names, Notice, party::membership::SavedMembership};

/// Tells one command from another until it is answered.
pub type Ticket = u64;

/// What the decisions ask of the shells. The event loop carries out every one, in order.
#[derive(Debug)]
pub enum Action {
    /// To the control server's link.
    Link(LinkAction),
    /// To the listener for guests.
    Guests(GuestCommand),
    /// To the data plane.
    Tunnel(TunnelAction),
    /// Opens the virtual device; the shell answers with what came of it.
    OpenAdapter { address: VirtualIp, subnet: Subnet },
    /// Closes the virtual device and takes its routes away.
    CloseAdapter,
    /// Looks up the addresses of servers, in place of those wanted before; the shell answers as it finds them.
    LookUp(Names),
    /// Measures what the way to the internet does to datagrams, with the help of these STUN servers; the shell
    /// answers with a report.
    MeasureNat(Vec<SocketAddr>),
    /// Asks the router for a port, or gives it back.
    MapPort(MappingRequest),
    /// To the connection with a relay over TCP or TLS.
    RelayStream(RelayStreamCommand),
    /// Keeps something for the next start.
    Store(StoreAction),
    /// Tells the user.
    Notice(Notice),
    /// Answers a command.
    Complete { ticket: Ticket, result: Result<(), CommandError> },
}

/// What the decisions want kept.
#[derive(Debug)]
pub enum StoreAction {
    /// This device is in the party.
    /// `active` is whether the next start brings it back.
    SaveMembership {
        membership: Box<SavedMembership>,
        host: PeerId,
        active: bool,
    },
    /// This device has left the party: its keys go, its name stays among the recent ones.
    ForgetMembership(PartyId),
    /// What was measured of a network.
    SaveNat(NatResult),
    SavePeer {
        party: PartyId,
        peer: Box<StoredPeer>,
    },
    RemovePeer {
        party: PartyId,
        peer: PeerId,
    },
}

/// What the decisions ask of the data plane.
#[derive(Debug)]
pub enum TunnelAction {
    Enter(LocalEnd),
    Leave,
    AddPeer(PeerConfig),
    RemovePeer(PeerId),
    SetPath {
        peer: PeerId,
        to: Option<Remote>,
    },
    SetPathMtu {
        peer: PeerId,
        mtu: u16,
    },
    Handshake {
        peer: PeerId,
        targets: Vec<Remote>,
    },
    Probe {
        peer: PeerId,
        to: Remote,
        payload: Vec<u8>,
    },
    Datagram {
        to: Remote,
        bytes: Vec<u8>,
    },
    /// A datagram that a relay carried in a Data indication.
    Relayed {
        from: Remote,
        bytes: Vec<u8>,
    },
    SetChannel {
        allocation: AllocationId,
        peer: SocketAddr,
        channel: Option<u16>,
    },
    OpenAllocation {
        id: AllocationId,
        server: SocketAddr,
    },
    CloseAllocation(AllocationId),
}

/// What the event loop asks of the listener.
#[derive(Debug)]
pub enum GuestCommand {
    /// Let guests in, at one of these ports, the first that is free.
    Listen { ports: Vec<u16>, beyond_lan: bool },
    /// To a guest.
    Act(GuestAction),
    /// Let nobody in any more.
    Stop,
}

/// What the event loop asks of the connections to relays.
#[derive(Debug)]
pub enum RelayStreamCommand {
    /// Connect for a new allocation.
    Connect(RelayStreamTarget),
    /// Send a message.
    Send { allocation: AllocationId, bytes: Vec<u8> },
    /// The allocation is there: the data plane may use the connection.
    Use(AllocationId),
    /// Hang up.
    Close(AllocationId),
}
