//! The client: one allocation on one server.

mod login;
mod peer;
mod replies;
mod transaction;
mod view;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_party::limits;
use login::Login;
use peer::{Peer, PeerState};
use transaction::Transaction;
pub use view::{AddPeerError, Alternate, Received, TurnClientConfig, TurnEvent, TurnFailure, TurnPhase};

use super::{
    ChannelNumber, Framing, IpFamily, TurnCredentials, channel_data,
    indication::{self, Kind},
    is_channel_data,
    message::{Message, Method, UDP},
};
use crate::{address::canonical, outbox::Outbox, stun::retransmission::Due};

/// Most peer addresses that one allocation is used with: four per peer of a full party.
pub const TURN_PEERS: usize = 4 * limits::PEERS_PER_PARTY;

/// Implementation: pause between two Refresh requests. An allocation lives for 10 min, but the request also keeps
/// our router's mapping alive (routers that forget after 30 s are common), and tells soon that the server was
/// restarted or is gone.
const REFRESH: Duration = Duration::from_secs(20);
/// Implementation: the shortest lifetime that we refresh in time for; a server that grants less is refused.
const SHORTEST_LIFETIME: Duration = Duration::from_secs(60);
/// Implementation: pauses after a failure, doubled each time.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// Implementation: the longest such pause.
const LONGEST_RETRY: Duration = Duration::from_secs(30);
/// A request and its repetition for each peer, and ours.
const TRANSMITS: usize = 2 * TURN_PEERS + 8;
const EVENTS: usize = TURN_PEERS + 8;
/// Whose a channel number is that no peer has any more.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Holds one allocation on one TURN server, over the socket that everything else uses or over a stream of its own. Pure:
/// see the crate's documentation for how to drive it.
///
/// Over a stream ([`Transport::Stream`](super::Transport)) a client belongs to one connection: whoever owns both writes
/// each message of [`Self::poll_transmit`] to it, gives each one of a [`StreamDecoder`](super::StreamDecoder) to
/// [`Self::handle_datagram`] with the server's address, and pads what a [`Framing`] wraps with
/// [`pad_for_stream`](super::pad_for_stream). When the connection ends, and after [`TurnFailure::Unreachable`], drop the
/// client and begin again with a new connection and a new client; the server frees the allocation with the connection.
///
/// It allocates at once and refreshes every 20 s, or as often as [`Self::refresh_every`] says. If the server falls silent, the allocation is kept and asked for
/// every second: when the network comes back, nothing has to be set up again. When it is lost, another one is asked
/// for, with pauses of at most 30 s, for ever. For every peer that was added it keeps a channel bound, which includes the permission;
/// until it is, and for peers that get none, [`Framing`] is that of a Send indication. Everything is set up
/// again by itself after a loss; then framings change, and with them the relayed address.
///
/// Believes only replies from the server that was asked, with the id that was asked with, and success only if
/// it is signed. Relayed payloads are not authenticated by TURN; whoever can spoof the server's address can
/// forge them. At most [`TURN_PEERS`] peers. Redirections (300) are not followed: to whom is [`Self::alternate`], and
/// whether to go there is decided elsewhere.
#[derive(Debug)]
pub struct TurnClient {
    server: SocketAddr,
    family: IpFamily,
    login: Login,
    state: State,
    /// Consecutive failures.
    failures: u32,
    refresh_pause: Duration,
    alternate: Option<Alternate>,
    peers: BTreeMap<SocketAddr, Peer>,
    /// Which peer each channel number belongs to. A number is never given to another peer within an
    /// allocation, which saves the waiting times of RFC 8656 §12.1.
    channels: Vec<SocketAddr>,
    transmits: Outbox<(SocketAddr, Vec<u8>)>,
    events: Outbox<TurnEvent>,
}

#[derive(Debug)]
enum State {
    Waiting {
        retry_at: Instant,
    },
    /// `freed`: an allocation of a former life was in the way and has been deleted.
    Allocating {
        request: Transaction,
        freed: bool,
    },
    /// Deleting what is in the way.
    Freeing {
        request: Transaction,
    },
    Allocated(Allocation),
    Closing {
        request: Transaction,
    },
    Closed,
}

#[derive(Debug)]
struct Allocation {
    relayed: SocketAddr,
    expires_at: Instant,
    refreshed_at: Instant,
    refresh: Option<Transaction>,
    responsive: bool,
}

/// Which of our requests a reply belongs to.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Main,
    Peer(SocketAddr),
}

impl TurnClient {
    /// A client that allocates at once. `seed` makes its transaction ids: 32 random bytes, used for nothing else.
    pub fn new(now: Instant, config: TurnClientConfig, seed: [u8; 32]) -> Self {
        let mut client = Self {
            server: canonical(config.server),
            family: config.family,
            login: Login::new(config.credentials, config.transport, seed),
            state: State::Waiting { retry_at: now },
            failures: 0,
            refresh_pause: REFRESH,
            alternate: None,
            peers: BTreeMap::new(),
            channels: Vec::new(),
            transmits: Outbox::new(TRANSMITS),
            events: Outbox::new(EVENTS),
        };
        client.handle_timeout(now);
        client
    }

    /// Newer credentials. The allocation goes on with those it was made with (RFC 8656 §5) until the server
    /// takes them no more. Without one, they are tried at once. Renew before the old ones expire: coturn refuses
    /// another user name from a port that failed with one ([`TurnFailure::Occupied`]), until it forgets that after
    /// a minute.
    pub fn set_credentials(&mut self, now: Instant, credentials: TurnCredentials) {
        self.login.set_credentials(credentials);
        if matches!(self.state, State::Waiting { .. }) {
            self.allocate(now);
        }
    }

    /// Lets `peer` send to our relayed address, and us to it.
    ///
    /// # Errors
    /// [`AddPeerError`]. Adding a peer again is fine and asks again at once if it was refused.
    pub fn add_peer(&mut self, now: Instant, peer: SocketAddr) -> Result<(), AddPeerError> {
        let peer = canonical(peer);
        if IpFamily::of(peer.ip()) != self.family {
            return Err(AddPeerError::Family);
        }
        if matches!(self.state, State::Closing { .. } | State::Closed) {
            return Err(AddPeerError::Closed);
        }
        match self.peers.get(&peer) {
            Some(Peer { state: PeerState::Refused { .. }, .. }) => {}
            Some(_) => return Ok(()),
            None if self.peers.len() >= TURN_PEERS => return Err(AddPeerError::Full),
            None => {
                let channel = self.channel_for(peer);
                let indication = self.login.ids().next_id();
                let state = PeerState::Wanted;
                let entry = Peer { channel, renumbered: false, state, bound: false, indication };
                self.peers.insert(peer, entry);
            }
        }
        if matches!(self.state, State::Allocated(_)) {
            self.ask_for(now, peer);
        }
        Ok(())
    }

    /// Forgets a peer. The server forgets it too when its permission runs out, within 5 min.
    pub fn remove_peer(&mut self, peer: SocketAddr) {
        self.peers.remove(&canonical(peer));
    }

    /// How to wrap what goes to `peer`; send the result to the server. `None` if it cannot be relayed now: no
    /// allocation, a peer that was not added, or one that the server refused.
    pub fn framing(&self, peer: SocketAddr) -> Option<Framing> {
        let State::Allocated(_) = self.state else {
            return None;
        };
        let (address, peer) = self.peers.get_key_value(&canonical(peer))?;
        match (&peer.state, peer.channel) {
            (PeerState::Refused { .. }, _) => None,
            (_, Some(channel)) if peer.bound => Some(Framing::channel(channel)),
            // Before the answer it rides right behind the request, and arrives after it unless the network
            // reorders them.
            _ => Some(Framing::indication(Kind::Send, *address, peer.indication)),
        }
    }

    /// Gives a datagram that came from `from`. Says what it was; the payload is not copied.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Received {
        if canonical(from) != self.server {
            return Received::NotOurs;
        }
        if is_channel_data(datagram) {
            return match channel_data::parse(datagram) {
                Some((channel, payload)) => self.relayed_by(channel, payload),
                None => Received::Nothing,
            };
        }
        if indication::is_indication(Kind::Data, datagram) {
            return match indication::parse(Kind::Data, datagram) {
                Some((peer, payload)) if matches!(self.state, State::Allocated(_)) => {
                    Received::Data { peer: canonical(peer), payload }
                }
                _ => Received::Nothing,
            };
        }
        let Ok(reply) = Message::parse(datagram) else {
            return Received::NotOurs;
        };
        self.handle_reply(now, &reply)
    }

    /// Refreshes the allocation so often from now on: a router on the way forgets sooner than most.
    pub fn refresh_every(&mut self, pause: Duration) {
        self.refresh_pause = pause.min(REFRESH);
    }

    /// Something is wrong with what comes over the relay, or our network changed, or the device woke up: finds
    /// out at once whether the allocation is still there.
    pub fn check(&mut self, now: Instant) {
        match &self.state {
            State::Allocated(_) => self.refresh(now),
            State::Waiting { .. } | State::Allocating { .. } | State::Freeing { .. } => {
                self.failures = 0;
                self.allocate(now);
            }
            State::Closing { .. } | State::Closed => {}
        }
    }

    /// The server sees us elsewhere than where the allocation was made: it is not ours from here, whatever the server
    /// would say to a refresh. An older one of ours may be here, and would answer.
    pub fn moved(&mut self, now: Instant) {
        if matches!(self.state, State::Allocated(_)) {
            // The move is to blame, and not the server: nothing to wait for.
            self.failures = 0;
            self.fail(now, TurnFailure::Lost);
        }
    }

    /// Gives the allocation back. Drive the client on until [`TurnEvent::Closed`] (at most 12 s), or drop it: then
    /// the server keeps the allocation until it expires.
    pub fn close(&mut self, now: Instant) {
        match &self.state {
            State::Closing { .. } | State::Closed => {}
            // Unless it was signed, the request cannot have made an allocation.
            State::Waiting { .. } | State::Allocating { .. } if !self.login.is_challenged() => self.closed(),
            State::Waiting { .. } => self.closed(),
            State::Allocating { .. } | State::Freeing { .. } | State::Allocated(_) => {
                let request = self.send(now, deletion());
                self.state = State::Closing { request };
            }
        }
        self.peers.clear();
    }

    /// Does what is due at `now`. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        match &mut self.state {
            State::Waiting { retry_at } if now >= *retry_at => self.allocate(now),
            State::Waiting { .. } | State::Closed => {}
            State::Allocating { request, .. } | State::Freeing { request } => {
                match request.handle_timeout(now) {
                    Due::Nothing => {}
                    Due::Resend => self.transmits.push((self.server, request.bytes())),
                    Due::GiveUp => self.fail(now, TurnFailure::Unreachable),
                }
            }
            State::Closing { request } => match request.handle_timeout(now) {
                // The end of the stream frees the allocation as well.
                Due::Nothing if self.login.is_over_stream() && request.is_late() => self.closed(),
                Due::Nothing => {}
                Due::Resend => self.transmits.push((self.server, request.bytes())),
                Due::GiveUp => self.closed(),
            },
            State::Allocated(_) => self.keep_allocation(now),
        }
        if matches!(self.state, State::Allocated(_)) {
            self.keep_peers(now);
        }
    }

    /// The next datagram to send, and where to. Drain after every input.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.transmits.pop()
    }

    /// The next thing to know. Drain after every input.
    pub fn poll_event(&mut self) -> Option<TurnEvent> {
        self.events.pop()
    }

    /// When to call [`Self::handle_timeout`]; `None` once closed.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Waiting { retry_at } => Some(*retry_at),
            State::Allocating { request, .. } | State::Freeing { request } | State::Closing { request } => {
                Some(request.deadline())
            }
            State::Allocated(allocation) => {
                let own = match &allocation.refresh {
                    Some(refresh) => refresh.deadline(),
                    None => allocation.refreshed_at + self.refresh_pause,
                };
                let peers = self.peers.values().filter_map(Peer::deadline);
                peers.chain([own, allocation.expires_at]).min()
            }
            State::Closed => None,
        }
    }

    /// The server.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// Our address on the relay, while there is one: a relayed candidate.
    pub fn relayed_address(&self) -> Option<SocketAddr> {
        match &self.state {
            State::Allocated(allocation) => Some(allocation.relayed),
            _ => None,
        }
    }

    /// Where the server sent us, while [`TurnFailure::Redirected`] is its last word and it said so.
    pub fn alternate(&self) -> Option<&Alternate> {
        self.alternate.as_ref()
    }

    /// What the client is doing.
    pub fn phase(&self) -> TurnPhase {
        match &self.state {
            State::Waiting { retry_at } => TurnPhase::Waiting { retry_at: *retry_at },
            State::Allocating { .. } | State::Freeing { .. } => TurnPhase::Allocating,
            State::Allocated(allocation) => {
                TurnPhase::Allocated { relayed: allocation.relayed, responsive: allocation.responsive }
            }
            State::Closing { .. } => TurnPhase::Closing,
            State::Closed => TurnPhase::Closed,
        }
    }

    fn relayed_by(&self, channel: ChannelNumber, payload: std::ops::Range<usize>) -> Received {
        match (&self.state, self.channels.get(channel.index())) {
            (State::Allocated(_), Some(peer)) if *peer != NOBODY => Received::Data { peer: *peer, payload },
            _ => Received::Nothing,
        }
    }

    fn send(&mut self, now: Instant, message: Message) -> Transaction {
        let transaction = self.login.request(now, message);
        self.transmits.push((self.server, transaction.bytes()));
        transaction
    }

    fn allocate(&mut self, now: Instant) {
        self.login.use_newest();
        let request = self.send(now, allocation_request(self.family));
        self.state = State::Allocating { request, freed: false };
    }

    fn refresh(&mut self, now: Instant) {
        let request = self.send(now, Message::request(Method::Refresh)).persistent(now);
        if let State::Allocated(allocation) = &mut self.state {
            allocation.refresh = Some(request);
        }
    }

    fn keep_allocation(&mut self, now: Instant) {
        let State::Allocated(allocation) = &mut self.state else {
            return;
        };
        if now >= allocation.expires_at {
            return self.fail(now, TurnFailure::Unreachable);
        }
        let Some(refresh) = &mut allocation.refresh else {
            if now >= allocation.refreshed_at + self.refresh_pause {
                self.refresh(now);
            }
            return;
        };
        match refresh.handle_timeout(now) {
            Due::Nothing => {}
            Due::Resend => self.transmits.push((self.server, refresh.bytes())),
            Due::GiveUp => return self.fail(now, TurnFailure::Unreachable),
        }
        if allocation.responsive && refresh.is_late() {
            allocation.responsive = false;
            self.events.push(TurnEvent::Unresponsive);
        }
    }

    fn keep_peers(&mut self, now: Instant) {
        let mut due = Vec::new();
        for (address, peer) in &mut self.peers {
            match &mut peer.state {
                PeerState::Asking(request) => match request.handle_timeout(now) {
                    Due::Nothing => {}
                    Due::Resend => self.transmits.push((self.server, request.bytes())),
                    // The server's silence is the allocation's business, which asks more often.
                    Due::GiveUp => due.push(*address),
                },
                PeerState::Held { renew_at: at } | PeerState::Refused { retry_at: at } if now >= *at => {
                    due.push(*address);
                }
                PeerState::Wanted => due.push(*address),
                PeerState::Held { .. } | PeerState::Refused { .. } => {}
            }
        }
        for address in due {
            self.ask_for(now, address);
        }
    }

    fn ask_for(&mut self, now: Instant, address: SocketAddr) {
        let Some(peer) = self.peers.get(&address) else {
            return;
        };
        let request = self.send(now, binding_request(address, peer.channel));
        if let Some(peer) = self.peers.get_mut(&address) {
            peer.state = PeerState::Asking(request);
        }
    }

    fn channel_for(&mut self, peer: SocketAddr) -> Option<ChannelNumber> {
        let known = self.channels.iter().position(|address| *address == peer);
        let index = known.unwrap_or(self.channels.len());
        let channel = ChannelNumber::from_index(index)?;
        if known.is_none() {
            self.channels.push(peer);
        }
        Some(channel)
    }

    /// Gives a peer another number; the one before is nobody's from now on.
    fn renumber(&mut self, address: SocketAddr) {
        if let Some(former) = self.channels.iter_mut().find(|known| **known == address) {
            *former = NOBODY;
        }
        let channel = self.channel_for(address);
        if let Some(peer) = self.peers.get_mut(&address) {
            peer.channel = channel;
        }
    }
}

fn allocation_request(family: IpFamily) -> Message {
    let mut message = Message::request(Method::Allocate);
    message.transport = Some(UDP);
    // IPv4 is the default, and servers without IPv6 do not know the attribute.
    message.family = (family == IpFamily::V6).then_some(family);
    message
}

fn deletion() -> Message {
    let mut message = Message::request(Method::Refresh);
    message.lifetime = Some(Duration::ZERO);
    message
}

fn binding_method(channel: Option<ChannelNumber>) -> Method {
    if channel.is_some() { Method::ChannelBind } else { Method::CreatePermission }
}

fn binding_request(peer: SocketAddr, channel: Option<ChannelNumber>) -> Message {
    let mut message = Message::request(binding_method(channel));
    message.channel = channel;
    message.peers = vec![peer];
    message
}
