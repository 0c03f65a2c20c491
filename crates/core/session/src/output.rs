//! What the session asks of the shells.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    time::{Duration, Instant},
};

use lanrage_control::{LinkAction, Now};
use lanrage_games::{Barrier, Side, Slug};
use lanrage_nat::{Names, port_mapping::MappingRequest, relay_stream::RelayStreamTarget};
use lanrage_party::{
    AllocationId, Departure, ForwardLimits, ForwardedPair, Invitation, LocalEnd, NatResult, PartyId,
    PeerConfig, PeerId, Place, Remote, SearchRedirect, StoredPeer, Subnet, VirtualIp, facts::News,
};
use lanrage_rendezvous::Order;
use lanrage_shield::Gate;

use crate::{
    entropy::Entropy,
    facts::{CommandError, Notice},
    input::Ticket,
    party::membership::SavedMembership,
};

/// Something to be carried out, in the order in which [`Session::poll_output`](crate::Session::poll_output) gives it.
///
/// Every variant goes to one shell, and none needs an answer before the next is carried out; what becomes of it comes
/// back as an [`Input`](crate::Input). What a shell cannot take at the moment is lost, and nothing hangs on it for ever:
/// every request that matters is repeated by a timer of whoever wants it.
#[derive(Debug)]
pub enum Output {
    /// The data plane takes part in a party with this key and lease.
    Enter(LocalEnd),
    /// The data plane is in no party any more and forgets all peers.
    Leave,
    /// The data plane exchanges packets with this peer from now on, or knows it by other values.
    AddPeer(PeerConfig),
    /// The data plane knows this peer no more.
    RemovePeer(PeerId),
    /// Packets to the peer go there from now on.
    SetPath {
        /// The peer.
        peer: PeerId,
        /// Where its packets go.
        to: Remote,
    },
    /// A second copy of a game's packets to the peer goes there from now on, or to nobody.
    SetSecondPath {
        /// The peer.
        peer: PeerId,
        /// Where the copies go.
        to: Option<Remote>,
    },
    /// What the peer sends to everybody is dropped, or heard again. A peer that is added anew is heard.
    Mute {
        /// The peer.
        peer: PeerId,
        /// Whether it is dropped.
        is_muted: bool,
    },
    /// The path to the peer carries packets of this size.
    SetPathMtu {
        /// The peer.
        peer: PeerId,
        /// Largest packet inside the tunnel (bytes).
        mtu: u16,
    },
    /// One fresh WireGuard handshake initiation, the same bytes to every target.
    Handshake {
        /// The peer.
        peer: PeerId,
        /// Where to, best first; never empty.
        targets: Vec<Remote>,
    },
    /// A probe, or something that members tell each other, inside the session with the peer. Without one it is dropped; who
    /// wants an answer asks again.
    Probe {
        /// The peer.
        peer: PeerId,
        /// Where to, whatever path is selected.
        to: Remote,
        /// The bytes of the probe.
        payload: Vec<u8>,
    },
    /// A datagram outside of any session: STUN, TURN, a punch, a knock.
    Datagram {
        /// Where to.
        to: Remote,
        /// The whole datagram.
        bytes: Vec<u8>,
    },
    /// A datagram that a relay carried in a Data indication (RFC 8656 §11.4), for the data plane to open.
    Relayed {
        /// Who sent it, and by which allocation.
        from: Remote,
        /// The datagram without the relay's framing.
        bytes: Vec<u8>,
    },
    /// Packets to this address of a peer go by this channel of the allocation (RFC 8656 §12), or by none.
    SetChannel {
        /// The allocation.
        allocation: AllocationId,
        /// The peer's address.
        peer: SocketAddr,
        /// Its channel number.
        channel: Option<u16>,
    },
    /// Addresses or ways of this device have changed: the data plane chooses anew from which of them it speaks to whom.
    ChooseSources,
    /// The data plane exchanges nothing with peers but by allocations from now on, or by any way.
    RelayOnly(bool),
    /// The data plane may use an allocation that is reached over UDP.
    OpenAllocation {
        /// The allocation.
        id: AllocationId,
        /// Its relay.
        server: SocketAddr,
    },
    /// The data plane may not use the allocation any more.
    CloseAllocation(AllocationId),
    /// The data plane passes on what these pairs of friends send each other, in the place of those before.
    Forward {
        /// All of them.
        pairs: Vec<ForwardedPair>,
        /// How much.
        limits: ForwardLimits,
    },
    /// To the connection with a relay over TCP or TLS.
    RelayStream(RelayStreamCommand),
    /// To the connection with the control server.
    Link(LinkAction),
    /// Opens the virtual device; answered by [`Input::Adapter`](crate::Input::Adapter).
    OpenAdapter {
        /// This device's lease.
        address: VirtualIp,
        /// The party's network.
        subnet: Subnet,
    },
    /// Puts back what other programs have taken from the virtual device; the next look shows whether that helped.
    MendAdapter,
    /// Closes the virtual device and takes its routes away.
    CloseAdapter,
    /// Reads the routing table; answered by [`Input::Routes`](crate::Input::Routes).
    ReadRoutes,
    /// Looks up the addresses of servers, in place of those wanted before; answered by
    /// [`Input::Names`](crate::Input::Names) as they are found.
    LookUp(Names),
    /// Measures what the way to the internet does to datagrams, with the help of these STUN servers; answered by
    /// [`Input::NatReport`](crate::Input::NatReport).
    MeasureNat(Vec<SocketAddr>),
    /// Asks the router for a port, or gives it back; [`Input::PortMapping`](crate::Input::PortMapping) tells of it.
    MapPort(MappingRequest),
    /// To the public stores; answered by [`Input::Rendezvous`](crate::Input::Rendezvous).
    Rendezvous(Order),
    /// Watches which games are played here, and what listens; or stops. Answered by [`Input::Games`](crate::Input::Games) and
    /// [`Input::Doors`](crate::Input::Doors).
    WatchPrograms(Option<ProgramWatch>),
    /// Looks at once at what listens. The number grows.
    LookAgain(u64),
    /// Looks at a game on this computer; answered by [`Input::GameExamined`](crate::Input::GameExamined), or not at all.
    ExamineGame(ExaminationWish),
    /// Asks everybody in the party for games; answered by [`Input::GamesFound`](crate::Input::GamesFound), or not at all.
    SearchGames(SearchWish),
    /// What is known of a game that is not seen, for whoever asked by this ticket.
    GameExplained {
        /// The command's ticket.
        ticket: Ticket,
        /// What is known.
        explained: Box<Explained>,
    },
    /// Where the short code leads that was to be looked up by this ticket.
    CodeOpened {
        /// The command's ticket.
        ticket: Ticket,
        /// What lies in the public store.
        invitation: Box<Invitation>,
    },
    /// A member has answered who asked by this ticket.
    Pong {
        /// The command's ticket.
        ticket: Ticket,
        /// The round-trip time inside the session.
        rtt: Duration,
    },
    /// The data plane lets peers begin this from now on.
    SetGates {
        /// Those who are not named.
        others: Gate,
        /// Those who are trusted otherwise.
        named: Vec<(PeerId, Gate)>,
    },
    /// These broadcasts of peers come to this computer at another port, until another party is entered or this one is left.
    RedirectSearches(Vec<SearchRedirect>),
    /// Keeps something for the next start.
    Store(StoreAction),
    /// Loads a membership that was kept; answered by [`Input::Kept`](crate::Input::Kept).
    Load {
        /// The command that waits for it.
        ticket: Ticket,
        /// The party.
        party: PartyId,
    },
    /// Tells the user.
    Notice(Notice),
    /// Answers a command. Every ticket is answered once.
    Complete {
        /// The command's ticket.
        ticket: Ticket,
        /// What came of it.
        result: Result<(), CommandError>,
    },
}

/// What is watched of this device's programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramWatch {
    /// For whoever reaches this address.
    pub address: VirtualIp,
    /// Whether what is played and hosted is told.
    pub games: bool,
    /// Whether what listens is told.
    pub doors: bool,
}

/// What is to be found out of a game on this computer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExaminationWish {
    /// Tells one wish from another.
    pub number: u64,
    /// Which game.
    pub slug: Slug,
    /// This device's address in the party.
    pub lease: VirtualIp,
    /// When the adapter came; `None` while it is not there.
    pub opened: Option<Instant>,
    /// Where a friend hosts it, to be tried from here.
    pub try_at: Option<(VirtualIp, Place)>,
}

/// Where games are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchWish {
    /// This device's address in the party.
    pub lease: VirtualIp,
    /// Everybody's.
    pub broadcast: Ipv4Addr,
}

/// What is known of a game that somebody does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Whether there is a path to the friend.
    pub is_connected: bool,
    /// This computer; `None` if nobody could look.
    pub own: Option<Side>,
    /// The program here that has the game's port.
    pub taken_by: Option<String>,
    /// The friend's computer; `None` if it has not answered.
    pub friend: Option<Side>,
    /// This device's address in the party.
    pub lease: VirtualIp,
    /// The address in the party of whoever hosts.
    pub host: VirtualIp,
    /// What the friend is called.
    pub name: String,
    /// Whether friends are told of the game.
    pub is_told: bool,
    /// What stands between the friend and a closed port here.
    pub barrier: Barrier,
}

/// What is to be kept for the next start.
#[derive(Debug)]
pub enum StoreAction {
    /// This device is in the party.
    SaveMembership {
        /// All that is needed to be in it again.
        membership: Box<SavedMembership>,
        /// Its host.
        host: PeerId,
        /// Whether the next start brings it back.
        active: bool,
    },
    /// This device has left the party: its keys go, its name stays among the recent ones.
    ForgetMembership {
        /// The party.
        party: PartyId,
        /// The sequence of what this device said there last.
        sequence: u64,
    },
    /// What was measured of a network.
    SaveNat(NatResult),
    /// Nodes of the BitTorrent DHT that have answered, by which it is entered the next time.
    SaveDhtNodes(Vec<SocketAddrV4>),
    /// What is known of a peer.
    SavePeer {
        /// The party.
        party: PartyId,
        /// The peer.
        peer: Box<StoredPeer>,
    },
    /// Who has left the party by its own word, in the place of those kept before: so that nobody who missed it brings them
    /// back. At most 64.
    SaveDepartures {
        /// The party.
        party: PartyId,
        /// Each with its proof.
        departures: Vec<Departure>,
    },
    /// The peer is in the party no more.
    RemovePeer {
        /// The party.
        party: PartyId,
        /// The peer.
        peer: PeerId,
    },
}

/// To the connections with relays over TCP or TLS.
#[derive(Debug)]
pub enum RelayStreamCommand {
    /// Connect for a new allocation.
    Connect(RelayStreamTarget),
    /// Send a message.
    Send {
        /// By this allocation's connection.
        allocation: AllocationId,
        /// The message.
        bytes: Vec<u8>,
    },
    /// The allocation is there: the data plane may use the connection.
    Use(AllocationId),
    /// Hang up.
    Close(AllocationId),
}

/// What the parts have at hand while an input is handled: the time, randomness, and where outputs go.
pub(crate) struct Turn<'a> {
    pub(crate) now: Now,
    pub(crate) entropy: &'a mut Entropy,
    pub(crate) outputs: &'a mut VecDeque<Output>,
}

impl Turn<'_> {
    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn store(&mut self, action: StoreAction) {
        self.push(Output::Store(action));
    }

    pub(crate) fn notice(&mut self, news: News) {
        self.push(Output::Notice(Notice { at_ms: self.now.wall.0, party: None, news }));
    }

    pub(crate) fn complete(&mut self, ticket: Ticket, result: Result<(), CommandError>) {
        self.push(Output::Complete { ticket, result });
    }

    pub(crate) fn refuse(&mut self, ticket: Ticket, error: impl Into<CommandError>) {
        self.complete(ticket, Err(error.into()));
    }
}
