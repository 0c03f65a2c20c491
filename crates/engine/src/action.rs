use lanrage_control::LinkAction;
use lanrage_party::{PartyId, PeerId, Subnet, VirtualIp};
use lanrage_store::StoredPeer;
use lanrage_tunnel::{LocalEnd, PeerConfig};
use std::net::SocketAddr;

use crate::{CommandError, Notice, guest_shell::GuestCommand, membership::SavedMembership};

/// Tells one command from another until it is answered.
pub(crate) type Ticket = u64;

/// What the decisions ask of the shells. The event loop carries out every one, in order.
#[derive(Debug)]
pub(crate) enum Action {
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
    /// Looks up the addresses of STUN servers, given as host and port; the shell answers with them.
    ResolveStun(Vec<(String, u16)>),
    /// Keeps something for the next start.
    Store(StoreAction),
    /// Tells the user.
    Notice(Notice),
    /// Answers a command.
    Complete { ticket: Ticket, result: Result<(), CommandError> },
}

/// What the decisions want kept.
#[derive(Debug)]
pub(crate) enum StoreAction {
    /// This device is in the party.
    /// `active` is whether the next start brings it back.
    SaveMembership {
        membership: Box<SavedMembership>,
        host: PeerId,
        active: bool,
    },
    /// This device has left the party: its keys go, its name stays among the recent ones.
    ForgetMembership(PartyId),
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
pub(crate) enum TunnelAction {
    Enter(LocalEnd),
    Leave,
    AddPeer(PeerConfig),
    RemovePeer(PeerId),
    SetPath { peer: PeerId, to: Option<SocketAddr> },
    Handshake { peer: PeerId, targets: Vec<SocketAddr> },
    Probe { peer: PeerId, to: SocketAddr, payload: Vec<u8> },
    Datagram { to: SocketAddr, bytes: Vec<u8> },
}
