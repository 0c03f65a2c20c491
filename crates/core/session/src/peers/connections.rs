use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_nat::{Allocation, PathAgent, PathEvent, PathTransmit, relay_pool::PeerRelayInfo};
use lanrage_party::StoredPeer;
use lanrage_party::{
    AllocationId, Candidate, CandidateType, PartyId, PartySecret, PeerId, PeerRecord, Remote, SealedSignal,
    SignalKey, UnixMillis, WireGuardPrivateKey,
};
use lanrage_party::{LocalEnd, PeerConfig, initiates};
use tracing::{debug, info};

use crate::{
    ConnectionState, DroppedView,
    entropy::Entropy,
    output::TunnelAction,
    peers::connection::{Connection, KnownPeer},
    peers::signal::{RelayDistance, Signal},
};

/// Shortest time between two announcements of nothing but distances to relays.
const DISTANCES_PERIOD: Duration = Duration::from_secs(30);

/// What the connections want done or known.
#[derive(Debug)]
pub(crate) enum ConnectionOutput {
    Tunnel(TunnelAction),
    Punch {
        to: Remote,
    },
    Signal {
        to: PeerId,
        signal: SealedSignal,
    },
    Notice {
        code: &'static str,
        text: String,
    },
    /// Where peers may be reached has changed: the relays must know.
    PeersMoved,
    /// What is known of a peer has changed.
    Keep(Box<StoredPeer>),
    /// The peer is a peer no more.
    Removed {
        peer: PeerId,
    },
}

/// The connections to all peers of one party.
#[derive(Debug)]
pub(crate) struct Connections {
    secret: PartySecret,
    private_key: WireGuardPrivateKey,
    connections: BTreeMap<PeerId, Connection>,
    candidates: Vec<Candidate>,
    relays: Vec<RelayDistance>,
    /// When everybody was last told only because distances to relays had changed.
    distances_told_at: Option<Instant>,
    allocations: Vec<Allocation>,
    last_signal: u64,
    /// Signals that were not authentic, not new, or not sensible.
    dropped_signals: u64,
    outputs: VecDeque<ConnectionOutput>,
}

impl Connections {
    /// Begins with nobody; the data plane takes the party's key and address.
    pub(crate) fn new(
        party: PartyId,
        secret: PartySecret,
        end: LocalEnd,
        candidates: Vec<Candidate>,
    ) -> Self {
        debug!(%party, "data plane enters the party");
        Self {
            secret,
            private_key: end.private_key.clone(),
            connections: BTreeMap::new(),
            candidates,
            relays: Vec::new(),
            distances_told_at: None,
            allocations: Vec::new(),
            last_signal: 0,
            dropped_signals: 0,
            outputs: VecDeque::from([ConnectionOutput::Tunnel(TunnelAction::Enter(end))]),
        }
    }

    /// The connections, by peer.
    pub(crate) const fn connections(&self) -> &BTreeMap<PeerId, Connection> {
        &self.connections
    }

    /// Whether another peer than `peer` holds the address or the WireGuard key of `record`.
    pub(crate) fn conflicts(&self, peer: PeerId, record: &PeerRecord) -> bool {
        self.connections.iter().any(|(id, other)| {
            *id != peer
                && (other.record.virtual_ip == record.virtual_ip
                    || other.record.wireguard_key == record.wireguard_key)
        })
    }

    /// Takes a verified peer in, or brings what is known of it up to date.
    pub(crate) fn connect_to_peer(
        &mut self,
        now: Instant,
        wall: UnixMillis,
        peer: KnownPeer,
        entropy: &mut Entropy,
    ) {
        let id = peer.record.peer_id();
        let returned = match self.connections.get_mut(&id) {
            Some(known) if known.record.wireguard_key == peer.record.wireguard_key => {
                let returned = known.info.online == Some(false) && peer.info.online == Some(true);
                let moved = known.record.virtual_ip != peer.record.virtual_ip;
                let KnownPeer { signed, record, info } = peer;
                (known.signed, known.record, known.info, known.unlisted) = (signed, record, info, false);
                if moved {
                    self.configure(id);
                }
                returned
            }
            other => {
                let replaced = other.is_some();
                let own = self.private_key.public();
                let key = SignalKey::new(&self.secret, &self.private_key, &peer.record.wireguard_key);
                let initiator = initiates(&own, &peer.record.wireguard_key);
                info!(peer = %id.short(), initiator, replaced, "peer added");
                if !replaced {
                    self.notice("peer_joined", format!("{} is in the party.", peer.record.name));
                }
                let mut connection = Connection::new(peer, key, initiator, now);
                connection.agent.set_allocations(now, &self.allocations);
                self.connections.insert(id, connection);
                self.configure(id);
                true
            }
        };
        self.keep(&id);
        if returned {
            self.send_candidates(wall, id, entropy);
        }
    }

    fn keep(&mut self, peer: &PeerId) {
        if let Some(connection) = self.connections.get(peer) {
            self.outputs.push_back(ConnectionOutput::Keep(Box::new(connection.to_stored())));
        }
    }

    /// Ends the connection to a peer.
    pub(crate) fn disconnect_peer(&mut self, peer: &PeerId) {
        if let Some(mut gone) = self.connections.remove(peer) {
            gone.state.transition_to(ConnectionState::Closed);
            info!(peer = %peer.short(), "peer removed");
            self.outputs.push_back(ConnectionOutput::Tunnel(TunnelAction::RemovePeer(*peer)));
            self.outputs.push_back(ConnectionOutput::Removed { peer: *peer });
            self.outputs.push_back(ConnectionOutput::PeersMoved);
            self.notice("peer_left", format!("{} has left the party.", gone.record.name));
        }
    }

    /// Ends everything.
    pub(crate) fn close(&mut self) {
        for mut connection in std::mem::take(&mut self.connections).into_values() {
            connection.state.transition_to(ConnectionState::Closed);
        }
        self.outputs.push_back(ConnectionOutput::Tunnel(TunnelAction::Leave));
    }

    /// The server lists these peers. One that it does not list stays while its path works: a server that lost
    /// its memory does not end a game.
    pub(crate) fn retain_listed(&mut self, listed: impl Fn(&PeerId) -> bool) {
        let ids: Vec<PeerId> = self.connections.keys().copied().collect();
        for id in ids.into_iter().filter(|id| !listed(id)) {
            let Some(connection) = self.connections.get_mut(&id) else { continue };
            connection.unlisted = true;
            connection.info.online = Some(false);
            if connection.path().is_none() {
                self.disconnect_peer(&id);
            }
        }
    }

    /// The server says whether a peer is there.
    pub(crate) fn handle_online(
        &mut self,
        now: Instant,
        wall: UnixMillis,
        peer: PeerId,
        online: bool,
        entropy: &mut Entropy,
    ) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        let returned = online && connection.info.online != Some(true);
        connection.info.online = Some(online);
        if returned {
            self.send_candidates(wall, peer, entropy);
        }
        if !online {
            // The server's word is no proof, but worth a closer look: see `handle_control_lost`.
            self.handle_traffic(now, peer);
        }
    }

    /// There is no control server any more. Whatever ended it may have ended peers too: the host of a party without a
    /// server is both. Their paths are watched for a moment as if packets flowed, so that a death shows within a
    /// second, and not only by the next probe at rest.
    pub(crate) fn handle_control_lost(&mut self, now: Instant) {
        self.with_every_agent(now, |agent| agent.handle_traffic(now));
    }

    /// This device's candidates, or its distances to relays: everybody is told of a change. Distances move all the
    /// time; they are told no more often than every [`DISTANCES_PERIOD`], and only when they differ clearly.
    pub(crate) fn set_candidates(
        &mut self,
        now: Instant,
        wall: UnixMillis,
        candidates: Vec<Candidate>,
        relays: Vec<RelayDistance>,
        entropy: &mut Entropy,
    ) {
        let rested = self.distances_told_at.is_none_or(|at| now >= at + DISTANCES_PERIOD);
        let moved = rested && differ_clearly(&relays, &self.relays);
        if candidates == self.candidates && !moved {
            return;
        }
        if moved {
            self.distances_told_at = Some(now);
        }
        (self.candidates, self.relays) = (candidates, relays);
        self.announce(wall, entropy);
    }

    /// This device's allocations on relays: every peer may be reached by them.
    pub(crate) fn set_allocations(&mut self, now: Instant, allocations: Vec<Allocation>) {
        self.with_every_agent(now, |agent| agent.set_allocations(now, &allocations));
        self.allocations = allocations;
    }

    /// Signals, probes and candidates that were not believed or not of use.
    pub(crate) fn dropped(&self) -> DroppedView {
        let mut dropped = DroppedView { signals: self.dropped_signals, ..DroppedView::default() };
        for stats in self.connections.values().map(|connection| connection.agent.stats()) {
            dropped.probes += stats.probes_malformed + stats.probes_unexpected;
            dropped.candidates += stats.candidates_dropped;
        }
        dropped
    }

    /// What the relays must know of the peers.
    pub(crate) fn relay_infos(&self) -> Vec<PeerRelayInfo> {
        self.connections.values().filter_map(Connection::relay_info).collect()
    }

    /// Tells every peer this device's candidates, for example when the control plane is back.
    pub(crate) fn announce(&mut self, wall: UnixMillis, entropy: &mut Entropy) {
        let peers: Vec<PeerId> = self.connections.keys().copied().collect();
        for peer in peers {
            self.send_candidates(wall, peer, entropy);
        }
    }

    /// The peer was reached here before; until it says more, that is where it is looked for.
    pub(crate) fn try_last_endpoint(&mut self, now: Instant, peer: PeerId, endpoint: SocketAddr) {
        if let Some(connection) = self.connections.get_mut(&peer) {
            let last = Candidate { kind: CandidateType::PeerReflexive, address: endpoint };
            connection.last_endpoint = Some(endpoint);
            connection.candidates = vec![last];
            connection.agent.set_remote_candidates(now, &[last]);
            self.drive(now, peer);
        }
    }

    /// A sealed signal arrived, allegedly from `from`. What is not authentic or not new is dropped.
    pub(crate) fn handle_signal(&mut self, now: Instant, from: &PeerId, sealed: &SealedSignal) {
        let Some(connection) = self.connections.get_mut(from) else { return };
        let signal = match connection.key.open(sealed) {
            Ok(message) => Signal::decode(&message),
            Err(error) => {
                debug!(peer = %from.short(), %error, "signal dropped");
                self.dropped_signals += 1;
                return;
            }
        };
        match signal {
            Ok(signal) if signal.sequence > connection.seen_signal => {
                connection.seen_signal = signal.sequence;
                connection.agent.set_remote_candidates(now, &signal.candidates);
                let Signal { candidates, relays, .. } = signal;
                (connection.candidates, connection.relays) = (candidates, relays);
                self.outputs.push_back(ConnectionOutput::PeersMoved);
                self.drive(now, *from);
            }
            Ok(_) => {
                debug!(peer = %from.short(), "old signal dropped");
                self.dropped_signals += 1;
            }
            Err(error) => {
                debug!(peer = %from.short(), %error, "signal dropped");
                self.dropped_signals += 1;
            }
        }
    }

    /// A WireGuard handshake with the peer was completed.
    pub(crate) fn handle_session(&mut self, now: Instant, peer: PeerId, from: Remote) {
        self.with_agent(now, peer, |connection| connection.agent.handle_session(now, from));
    }

    /// An authenticated packet came from an address that was not the last one.
    pub(crate) fn handle_remote(&mut self, now: Instant, peer: PeerId, from: Remote) {
        self.with_agent(now, peer, |connection| connection.agent.handle_remote(now, from));
    }

    /// A probe arrived inside the session.
    pub(crate) fn handle_probe(&mut self, now: Instant, peer: PeerId, from: Remote, payload: &[u8]) {
        self.with_agent(now, peer, |connection| {
            if let Err(error) = connection.agent.handle_probe(now, from, payload) {
                debug!(peer = %peer.short(), %error, "probe dropped");
            }
        });
    }

    /// A punch came from `from`: nobody authenticates it, so it only hints to a peer that offered that address. A
    /// peer that punches has no session; if we think that there is one, a probe soon tells.
    pub(crate) fn handle_punch(&mut self, now: Instant, from: Remote) {
        let hinted = self.connections.iter().find(|(_, connection)| {
            let from = from.address.ip().to_canonical();
            connection.agent.paths().any(|path| path.remote.address.ip().to_canonical() == from)
        });
        if let Some(peer) = hinted.map(|(id, _)| *id) {
            if let Some(connection) = self.connections.get_mut(&peer) {
                connection.agent.handle_punch(now, from);
            }
            self.drive(now, peer);
        }
    }

    /// Packets flow to or from the peer. Gives the allocation of ours that they take.
    pub(crate) fn handle_traffic(&mut self, now: Instant, peer: PeerId) -> Option<AllocationId> {
        let connection = self.connections.get_mut(&peer)?;
        connection.agent.handle_traffic(now);
        let via = connection.path().and_then(|path| path.remote.via);
        self.drive(now, peer);
        via
    }

    /// The device's own network changed: every path is checked again at once.
    pub(crate) fn handle_network_change(&mut self, now: Instant) {
        self.with_every_agent(now, |agent| agent.handle_network_change(now));
    }

    /// The device has slept: neither paths nor sessions are sure.
    pub(crate) fn handle_resume(&mut self, now: Instant) {
        self.with_every_agent(now, |agent| agent.handle_resume(now));
    }

    fn with_every_agent(&mut self, now: Instant, act: impl Fn(&mut PathAgent)) {
        let peers: Vec<PeerId> = self.connections.keys().copied().collect();
        for peer in peers {
            if let Some(connection) = self.connections.get_mut(&peer) {
                act(&mut connection.agent);
            }
            self.drive(now, peer);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let due: Vec<PeerId> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.agent.poll_timeout().is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for peer in due {
            if let Some(connection) = self.connections.get_mut(&peer) {
                connection.agent.handle_timeout(now);
            }
            self.drive(now, peer);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.connections.values().filter_map(|connection| connection.agent.poll_timeout()).min()
    }

    pub(crate) fn poll_output(&mut self) -> Option<ConnectionOutput> {
        self.outputs.pop_front()
    }

    fn with_agent(&mut self, now: Instant, peer: PeerId, act: impl FnOnce(&mut Connection)) {
        if let Some(connection) = self.connections.get_mut(&peer) {
            connection.note_packet(now);
            act(connection);
            self.drive(now, peer);
        }
    }

    /// Takes out what the peer's path agent wants, and follows what it found.
    fn drive(&mut self, now: Instant, peer: PeerId) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        while let Some(transmit) = connection.agent.poll_transmit() {
            self.outputs.push_back(match transmit {
                PathTransmit::Punch { to } => ConnectionOutput::Punch { to },
                PathTransmit::Handshake { targets } => {
                    ConnectionOutput::Tunnel(TunnelAction::Handshake { peer, targets })
                }
                PathTransmit::Probe { to, payload } => {
                    ConnectionOutput::Tunnel(TunnelAction::Probe { peer, to, payload })
                }
            });
        }
        let mut notices = Vec::new();
        let mut gone = false;
        let mut moved = false;
        while let Some(event) = connection.agent.poll_event() {
            debug!(peer = %peer.short(), ?event, "path");
            match event {
                PathEvent::Selected { remote, previous_was_relayed, .. } => {
                    notices.extend(selected(connection, previous_was_relayed, now));
                    let action = TunnelAction::SetPath { peer, to: Some(remote) };
                    self.outputs.push_back(ConnectionOutput::Tunnel(action));
                    if connection.path().is_some_and(|path| !path.is_relayed) {
                        connection.last_endpoint = Some(remote.address);
                    }
                    let kept = Box::new(connection.to_stored());
                    self.outputs.push_back(ConnectionOutput::Keep(kept));
                }
                PathEvent::Lost { .. } => {
                    connection.lost_at.get_or_insert(now);
                    match connection.state {
                        ConnectionState::Connected | ConnectionState::Degraded => {
                            connection.state.transition_to(ConnectionState::Reconnecting);
                        }
                        _ => {}
                    }
                    gone |= connection.unlisted;
                }
                PathEvent::Unresponsive { .. } => {
                    if connection.state == ConnectionState::Connected {
                        connection.state.transition_to(ConnectionState::Degraded);
                    }
                }
                // The grade below says whether it is good again.
                PathEvent::Responsive { .. } => {}
                PathEvent::Mtu { mtu, .. } => {
                    let action = TunnelAction::SetPathMtu { peer, mtu };
                    self.outputs.push_back(ConnectionOutput::Tunnel(action));
                }
                PathEvent::Dormant | PathEvent::Awake => {
                    connection.dormant = event == PathEvent::Dormant;
                    moved = true;
                }
                PathEvent::RoundFailed { retry_at } => {
                    connection.retry_at = Some(retry_at);
                    match connection.state {
                        ConnectionState::Connecting | ConnectionState::Reconnecting => {
                            connection.state.transition_to(ConnectionState::Failed);
                        }
                        _ => {}
                    }
                    gone |= connection.unlisted;
                }
            }
        }
        connection.grade();
        if moved {
            self.outputs.push_back(ConnectionOutput::PeersMoved);
        }
        for (code, text) in notices {
            self.notice(code, text);
        }
        if gone {
            self.disconnect_peer(&peer);
        }
    }

    fn configure(&mut self, id: PeerId) {
        let Some(connection) = self.connections.get(&id) else { return };
        let theirs = connection.record.wireguard_key;
        let config = PeerConfig {
            id,
            public_key: theirs,
            preshared_key: self.secret.preshared_key(&self.private_key.public(), &theirs),
            virtual_ip: connection.record.virtual_ip,
        };
        self.outputs.push_back(ConnectionOutput::Tunnel(TunnelAction::AddPeer(config)));
    }

    fn send_candidates(&mut self, wall: UnixMillis, to: PeerId, entropy: &mut Entropy) {
        let Some(connection) = self.connections.get(&to) else { return };
        if self.candidates.is_empty() || connection.info.online == Some(false) {
            return;
        }
        self.last_signal = wall.0.max(self.last_signal + 1);
        let signal = Signal {
            sequence: self.last_signal,
            candidates: self.candidates.clone(),
            relays: self.relays.clone(),
        };
        match connection.key.seal(&signal.encode(), entropy.bytes()) {
            Ok(signal) => self.outputs.push_back(ConnectionOutput::Signal { to, signal }),
            Err(error) => debug!(%error, "signal not sent"),
        }
    }

    fn notice(&mut self, code: &'static str, text: String) {
        self.outputs.push_back(ConnectionOutput::Notice { code, text });
    }
}

/// Whether another set of relays is known, or one of them is a quarter nearer or further than was said.
fn differ_clearly(now: &[RelayDistance], told: &[RelayDistance]) -> bool {
    now.len() != told.len()
        || now.iter().any(|relay| {
            let before = told.iter().find(|known| known.name == relay.name);
            before.is_none_or(|before| relay.rtt_ms.abs_diff(before.rtt_ms) > before.rtt_ms / 4 + 2)
        })
}

/// Moves a connection that has found a path to `Connected`; the notice says what the user has gained.
fn selected(
    connection: &mut Connection,
    previous_was_relayed: Option<bool>,
    now: Instant,
) -> Option<(&'static str, String)> {
    let name = &connection.record.name;
    let is_relayed = connection.path().is_some_and(|path| path.is_relayed);
    if connection.state == ConnectionState::Failed {
        connection.state.transition_to(ConnectionState::Reconnecting);
    }
    let notice = match (connection.state, connection.lost_at.take()) {
        (ConnectionState::Connecting, _) => Some(("connected", format!("Connected to {name}."))),
        (ConnectionState::Reconnecting, lost_at) => {
            let silence = lost_at.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
            Some(("reconnected", format!("Reconnected to {name} in {silence:.1} s.")))
        }
        _ => match (previous_was_relayed, is_relayed) {
            (Some(true), false) => Some(("moved_to_direct", format!("Moved to a direct path to {name}."))),
            (Some(false), true) => Some((
                "moved_to_relay",
                format!("The direct path to {name} broke; going on through a relay."),
            )),
            _ => None,
        },
    };
    if connection.state != ConnectionState::Degraded {
        connection.state.transition_to(ConnectionState::Connected);
    }
    connection.retry_at = None;
    notice
}
