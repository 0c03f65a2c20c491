//! The connections to all peers of one party.

mod candidates;
mod presence;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_base::{
    bucket::Rate,
    sources::{Source, SourceBuckets},
};
use lanrage_nat::{
    Allocation, Nat64Prefix, PathAgent, PathEvent, PathTransmit, TransactionIds, relay_pool::PeerRelayInfo,
    stun,
};
use lanrage_party::{
    AllocationId, Candidate, CandidateType, NatType, PartyId, PartySecret, PeerConfig, PeerId, Remote,
    SealedSignal, SignedRecord, Subnet, WireGuardPrivateKey, facts::News, limits,
};
use tracing::debug;

use crate::{
    facts::{CommandError, DroppedView},
    input::Ticket,
    output::{Output, StoreAction, Turn},
    party::membership::Membership,
    peers::{connection::Connection, relaying::carried::Way, signal::RelayDistance},
};

/// Punches and handshakes to one address, whoever named it: 256 at once, so that a whole party behind one router, or with
/// one relay, is reached, and 64 per second. A handshake has 148 bytes: 80 kbit/s.
const CHECKS: Rate = Rate { burst: 256, per_second: 64 };
/// Addresses that are counted: as many as all peers may name, and as many again.
const CHECKED_ADDRESSES: usize = 2 * limits::PEERS_PER_PARTY * limits::CANDIDATES;

/// Between two words to somebody of whom nobody says where they are.
const NOWHERE: Duration = Duration::from_secs(30);

/// By which ways peers are reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    /// By this device's allocations alone.
    pub(crate) relay_only: bool,
    /// And by two of them at once, while one loses packets.
    pub(crate) sends_twice: bool,
    /// Those of IPv4 through the line's translator.
    pub(crate) translator: Option<Nat64Prefix>,
}

/// The connections to all peers of one party.
#[derive(Debug)]
pub(crate) struct Connections {
    party: PartyId,
    secret: PartySecret,
    private_key: WireGuardPrivateKey,
    /// The party's network: no way to a peer leads through it.
    subnet: Subnet,
    /// Which start in this party this is.
    life: u64,
    connections: BTreeMap<PeerId, Connection>,
    candidates: Vec<Candidate>,
    /// Whether peers are reached by this device's allocations alone.
    relay_only: bool,
    /// Whether packets of games may be sent twice while a path loses some.
    sends_twice: bool,
    /// This device's line has no IPv4, and this translator to it.
    translator: Option<Nat64Prefix>,
    relays: Vec<RelayDistance>,
    /// What this device's router does.
    nat_type: NatType,
    /// When everybody was last told only because distances to relays had changed.
    distances_told_at: Option<Instant>,
    allocations: Vec<Allocation>,
    /// The ways to members by friends that pass on.
    friends: BTreeMap<PeerId, Vec<Allocation>>,
    last_signal: u64,
    /// Signals that were not authentic, not new, or not sensible.
    dropped_signals: u64,
    /// Candidates inside the party's own network, or of another link.
    dropped_candidates: u64,
    /// Punches and handshakes that were too many for one address.
    dropped_checks: u64,
    punch_ids: TransactionIds,
    /// What goes to addresses that peers merely name, by address: they may name somebody else's (RFC 8445 §19.5.1).
    checks: SourceBuckets,
    /// Signals for the control plane to carry.
    signals: VecDeque<(PeerId, SealedSignal, bool)>,
    /// When those were last told again of whom nobody says where they are.
    told_nowhere_at: Instant,
    /// Where peers may be reached has changed, and the relays do not know yet.
    peers_moved: bool,
    /// Who is reached how has changed, and those who pass on do not know yet.
    ways_changed: bool,
    /// A path was lost, and the relays do not know yet.
    path_lost: bool,
    /// A straight path was lost, or left for a relay.
    straight_lost: bool,
    /// What this device says of itself, in the secrets of before: for whoever knows no newer one.
    pub(crate) former: Vec<SignedRecord>,
    /// Peers of whom nothing is heard that they send to everybody.
    muted: BTreeSet<PeerId>,
    /// Peers whose path was lost, or whom a round of tries has not found.
    missed: BTreeSet<PeerId>,
}

impl Connections {
    /// Begins with nobody; the data plane takes the party's key and address.
    pub(crate) fn new(
        turn: &mut Turn<'_>,
        membership: &Membership,
        candidates: Vec<Candidate>,
        Ways { relay_only, sends_twice, translator }: Ways,
    ) -> Self {
        let (party, secret) = (membership.invitation.party, membership.invitation.secret.clone());
        debug!(party = %party.short(), "data plane enters the party");
        let end = membership.local_end();
        let (private_key, subnet) = (end.private_key.clone(), end.subnet);
        turn.push(Output::Enter(end));
        Self {
            party,
            secret,
            private_key,
            subnet,
            life: membership.sequence(),
            connections: BTreeMap::new(),
            candidates,
            relay_only,
            sends_twice,
            translator,
            relays: Vec::new(),
            nat_type: NatType::Unknown,
            distances_told_at: None,
            allocations: Vec::new(),
            friends: BTreeMap::new(),
            last_signal: 0,
            dropped_signals: 0,
            dropped_candidates: 0,
            dropped_checks: 0,
            punch_ids: TransactionIds::from_seed(turn.entropy.bytes()),
            checks: SourceBuckets::new(CHECKS, CHECKED_ADDRESSES),
            signals: VecDeque::new(),
            told_nowhere_at: turn.now.instant,
            peers_moved: false,
            ways_changed: false,
            path_lost: false,
            straight_lost: false,
            former: Vec::new(),
            muted: BTreeSet::new(),
            missed: BTreeSet::new(),
        }
    }

    /// What these peers send to everybody is dropped from now on, and what others send is heard.
    pub(crate) fn set_muted(&mut self, turn: &mut Turn<'_>, muted: &BTreeSet<PeerId>) {
        for peer in self.muted.symmetric_difference(muted) {
            if self.connections.contains_key(peer) {
                turn.push(Output::Mute { peer: *peer, is_muted: muted.contains(peer) });
            }
        }
        self.muted.clone_from(muted);
    }

    /// Whether what a peer sends to everybody is dropped.
    pub(crate) fn is_muted(&self, peer: &PeerId) -> bool {
        self.muted.contains(peer)
    }

    /// The connections, by peer.
    pub(crate) const fn connections(&self) -> &BTreeMap<PeerId, Connection> {
        &self.connections
    }

    /// Ends everything, the ways by friends among it: unlike those by servers they are this party's alone.
    pub(crate) fn close(self, turn: &mut Turn<'_>) {
        turn.push(Output::Leave);
        let friends: BTreeSet<AllocationId> = self.friends.values().flatten().map(|way| way.id).collect();
        friends.into_iter().for_each(|id| turn.push(Output::CloseAllocation(id)));
    }

    /// This device's allocations on relays: every peer may be reached by them.
    pub(crate) fn set_allocations(&mut self, turn: &mut Turn<'_>, allocations: Vec<Allocation>) {
        self.allocations = allocations;
        let peers: Vec<PeerId> = self.connections.keys().copied().collect();
        peers.iter().for_each(|peer| self.renew_allocations(turn, peer));
    }

    /// The ways to members by friends that pass on, in the place of those before.
    pub(crate) fn set_friends(&mut self, turn: &mut Turn<'_>, friends: BTreeMap<PeerId, Vec<Allocation>>) {
        let before = std::mem::replace(&mut self.friends, friends);
        let peers: BTreeSet<PeerId> = before.keys().chain(self.friends.keys()).copied().collect();
        for peer in peers {
            if before.get(&peer) != self.friends.get(&peer) {
                self.renew_allocations(turn, &peer);
            }
        }
    }

    fn renew_allocations(&mut self, turn: &mut Turn<'_>, peer: &PeerId) {
        let allocations = self.allocations_for(peer);
        if let Some(connection) = self.connections.get_mut(peer) {
            connection.agent.set_allocations(turn.now.instant, &allocations);
            self.drive(turn, *peer);
        }
    }

    /// By what the peer may be reached: relays, and friends that pass on.
    fn allocations_for(&self, peer: &PeerId) -> Vec<Allocation> {
        let friends = self.friends.get(peer).into_iter().flatten();
        self.allocations.iter().chain(friends).copied().collect()
    }

    /// How each member is reached now, if that has changed since the last time.
    pub(crate) fn take_ways(&mut self) -> Option<Vec<Way>> {
        let way = |(peer, connection): (&PeerId, &Connection)| {
            let straight = connection.path().filter(|path| path.remote.via.is_none() && !path.is_relayed);
            Way {
                peer: *peer,
                straight: straight.map(|path| (path.remote.address, path.rtt.unwrap_or(Duration::MAX))),
                is_there: connection.online() != Some(false),
            }
        };
        std::mem::take(&mut self.ways_changed).then(|| self.connections.iter().map(way).collect())
    }

    /// Whether peers are reached by this device's allocations alone from now on.
    pub(crate) fn set_relay_only(&mut self, turn: &mut Turn<'_>, relay_only: bool) {
        self.relay_only = relay_only;
        // Friends who pass on see this device's address: there are no ways by them until they are asked again.
        self.friends.clear();
        self.ways_changed = true;
        let allocations = self.allocations.clone();
        self.with_every_agent(turn, |agent, now| {
            agent.set_relay_only(now, relay_only);
            agent.set_allocations(now, &allocations);
        });
    }

    /// Whether packets of games may be sent twice from now on, while a path loses some.
    pub(crate) fn set_sends_twice(&mut self, turn: &mut Turn<'_>, sends_twice: bool) {
        if std::mem::replace(&mut self.sends_twice, sends_twice) != sends_twice {
            self.with_every_agent(turn, |agent, now| agent.set_doubling(now, sends_twice));
        }
    }

    /// Signals, probes and candidates that were not believed or not of use.
    pub(crate) fn dropped(&self) -> DroppedView {
        let mut dropped = DroppedView {
            signals: self.dropped_signals,
            candidates: self.dropped_candidates,
            checks: self.dropped_checks,
            ..DroppedView::default()
        };
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

    /// A WireGuard handshake with the peer was completed.
    pub(crate) fn handle_session(&mut self, turn: &mut Turn<'_>, peer: PeerId, from: Remote) {
        self.note_return(&peer);
        self.with_agent(turn, peer, |agent, now| agent.handle_session(now, from));
    }

    /// An authenticated packet came from an address that was not the last one.
    pub(crate) fn handle_remote(&mut self, turn: &mut Turn<'_>, peer: PeerId, from: Remote) {
        self.with_agent(turn, peer, |agent, now| agent.handle_remote(now, from));
    }

    /// A program of the peer's floods the party.
    pub(crate) fn handle_flood(&self, turn: &mut Turn<'_>, peer: PeerId, port: u16) {
        if let Some(connection) = self.connections.get(&peer) {
            turn.notice(News::PeerFlood { peer: connection.record.name.to_string(), port });
        }
    }

    /// A probe arrived inside the session.
    pub(crate) fn handle_probe(&mut self, turn: &mut Turn<'_>, peer: PeerId, from: Remote, payload: &[u8]) {
        self.with_agent(turn, peer, |agent, now| {
            if let Err(error) = agent.handle_probe(now, from, payload) {
                debug!(peer = %peer.short(), %error, "probe dropped");
            }
        });
    }

    /// A punch came from `from`: nobody authenticates it, so it only hints to the peers that offered that address: one, or
    /// all that are behind one router. A peer that punches has no session; if we think that there is one, a probe soon tells.
    pub(crate) fn handle_punch(&mut self, turn: &mut Turn<'_>, from: Remote) {
        let ip = from.address.ip().to_canonical();
        let offers = |connection: &Connection| {
            connection.agent.paths().any(|path| path.remote.address.ip().to_canonical() == ip)
        };
        let hinted = self.connections.iter().filter(|(_, connection)| offers(connection));
        for peer in hinted.map(|(peer, _)| *peer).collect::<Vec<_>>() {
            if let Some(connection) = self.connections.get_mut(&peer) {
                connection.agent.handle_punch(turn.now.instant, from);
            }
            self.drive(turn, peer);
        }
    }

    /// Packets flow to or from the peer. Gives the allocation of ours that they take.
    pub(crate) fn handle_traffic(&mut self, turn: &mut Turn<'_>, peer: PeerId) -> Option<AllocationId> {
        let connection = self.connections.get_mut(&peer)?;
        connection.agent.handle_traffic(turn.now.instant);
        let via = connection.path().and_then(|path| path.remote.via);
        self.drive(turn, peer);
        via
    }

    /// The device's own network changed: every path is checked again at once.
    pub(crate) fn handle_network_change(&mut self, turn: &mut Turn<'_>) {
        self.with_every_agent(turn, PathAgent::handle_network_change);
    }

    /// The system refused a packet of this size to an address: a peer's, or a relay's if `is_relay`.
    pub(crate) fn handle_refused_size(
        &mut self,
        turn: &mut Turn<'_>,
        to: SocketAddr,
        size: u16,
        is_relay: bool,
    ) {
        let takes_it = |remote: Remote| match remote.via {
            None => remote.address == to,
            Some(_) => is_relay,
        };
        self.with_every_agent(turn, |agent, now| agent.handle_refused_size(now, size, takes_it));
    }

    /// A router on some way carries no packets longer than this, headers included; it does not say on which.
    pub(crate) fn handle_packet_too_big(&mut self, turn: &mut Turn<'_>, mtu: u32) {
        self.with_every_agent(turn, |agent, now| agent.handle_packet_too_big(now, mtu));
    }

    /// The device has slept: neither paths nor sessions are sure.
    pub(crate) fn handle_resume(&mut self, turn: &mut Turn<'_>) {
        self.with_every_agent(turn, PathAgent::handle_resume);
    }

    pub(crate) fn handle_timeout(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now.instant;
        if self.nowhere_due().is_some_and(|due| due <= now) {
            self.told_nowhere_at = now;
            let nowhere = self.connections.iter().filter(|(_, connection)| connection.is_nowhere());
            self.missed.extend(nowhere.map(|(peer, _)| *peer));
        }
        let is_due = |connection: &Connection| connection.agent.poll_timeout().is_some_and(|at| at <= now);
        let due = self.connections.iter().filter(|(_, connection)| is_due(connection));
        for peer in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(connection) = self.connections.get_mut(&peer) {
                connection.agent.handle_timeout(now);
            }
            self.drive(turn, peer);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let agents = self.connections.values().filter_map(|connection| connection.agent.poll_timeout());
        agents.chain(self.nowhere_due()).min()
    }

    /// When those are told again where this device is of whom nobody says where they are. No path is looked for to them, so no round
    /// of tries fails either.
    fn nowhere_due(&self) -> Option<Instant> {
        let nowhere = self.connections.values().filter(|connection| connection.is_nowhere());
        let told = nowhere.map(|connection| connection.heard_at().max(self.told_nowhere_at)).min();
        told.map(|told| told + NOWHERE)
    }

    /// The next signal that the control plane is to carry, and whether it says again what may not have been heard.
    pub(crate) fn poll_signal(&mut self) -> Option<(PeerId, SealedSignal, bool)> {
        self.signals.pop_front()
    }

    /// Whether peers may be reached elsewhere than the last time.
    pub(crate) fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.peers_moved)
    }

    /// Whether a straight path was lost, or left for a relay, since the last time.
    pub(crate) fn take_straight_lost(&mut self) -> bool {
        std::mem::take(&mut self.straight_lost)
    }

    /// Whether a peer is known to be at that address, or may be, so that something was sent there.
    pub(crate) fn names(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        self.connections.values().any(|peer| {
            let named = peer.candidates.iter().map(|candidate| candidate.address).chain(peer.last_endpoint);
            let tried = peer.agent.paths().map(|path| path.remote.address);
            named.chain(tried).any(|known| known.ip().to_canonical() == ip)
        })
    }

    /// Whether one more datagram may go to an address that somebody has merely named.
    pub(crate) fn may_check(&mut self, now: Instant, to: IpAddr) -> bool {
        let may = self.checks.take(now, Source::of(to), 1);
        self.dropped_checks += u64::from(!may);
        may
    }

    /// Tells those again where this device may be reached whose paths were lost, or whom a round of tries has not found: what was
    /// said last may have gone the way that is lost. `all` is everybody whom no straight path leads to.
    pub(crate) fn remind(&mut self, turn: &mut Turn<'_>, all: bool) {
        let mut missed = std::mem::take(&mut self.missed);
        if all {
            let is_lost = |connection: &Connection| connection.path().is_none_or(|path| path.is_relayed);
            let lost = self.connections.iter().filter(|(_, connection)| is_lost(connection));
            missed.extend(lost.map(|(peer, _)| *peer));
        }
        missed.into_iter().for_each(|peer| self.say_candidates(turn, peer, true));
    }

    /// Whether a path was lost since the last time.
    pub(crate) fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.path_lost)
    }

    fn with_every_agent(&mut self, turn: &mut Turn<'_>, act: impl Fn(&mut PathAgent, Instant)) {
        let peers: Vec<PeerId> = self.connections.keys().copied().collect();
        for peer in peers {
            if let Some(connection) = self.connections.get_mut(&peer) {
                act(&mut connection.agent, turn.now.instant);
            }
            self.drive(turn, peer);
        }
    }

    /// Measures the path to a peer once; [`Output::Pong`] tells of the answer.
    ///
    /// # Errors
    /// If it is no member.
    pub(crate) fn ping(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        peer: PeerId,
    ) -> Result<(), CommandError> {
        let connection = self.connections.get_mut(&peer).ok_or(CommandError::UnknownPeer)?;
        connection.agent.ping(turn.now.instant, ticket);
        self.drive(turn, peer);
        Ok(())
    }

    /// For what was authenticated as the peer's.
    fn with_agent(&mut self, turn: &mut Turn<'_>, peer: PeerId, act: impl FnOnce(&mut PathAgent, Instant)) {
        if let Some(connection) = self.connections.get_mut(&peer) {
            connection.note_packet(turn.now.instant);
            act(&mut connection.agent, turn.now.instant);
            self.drive(turn, peer);
        }
    }

    /// Passes on what the peer's path agent wants sent, and follows what it found.
    fn drive(&mut self, turn: &mut Turn<'_>, peer: PeerId) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        let (checks, now) = (&mut self.checks, turn.now.instant);
        let mut is_within = |to: &Remote| checks.take(now, Source::of(to.address.ip()), 1);
        while let Some(transmit) = connection.agent.poll_transmit() {
            turn.push(match transmit {
                PathTransmit::Punch { to } if !is_within(&to) => {
                    self.dropped_checks += 1;
                    continue;
                }
                PathTransmit::Punch { to } => {
                    Output::Datagram { to, bytes: stun::binding_indication(self.punch_ids.next_id()) }
                }
                PathTransmit::Handshake { mut targets } => {
                    let wanted = targets.len();
                    targets.retain(&mut is_within);
                    self.dropped_checks += (wanted - targets.len()) as u64;
                    if targets.is_empty() {
                        continue;
                    }
                    Output::Handshake { peer, targets }
                }
                // Inside the session, and so to whoever answered before, or now and then.
                PathTransmit::Probe { to, payload } => Output::Probe { peer, to, payload },
            });
        }
        let mut found_nothing = false;
        while let Some(event) = connection.agent.poll_event() {
            debug!(peer = %peer.short(), ?event, "path");
            match event {
                PathEvent::Selected { remote, kind, previous_was_relayed, .. } => {
                    self.straight_lost |=
                        kind == CandidateType::Relayed && previous_was_relayed == Some(false);
                    let gain = connection.note_selected(turn.now.instant, previous_was_relayed);
                    self.ways_changed = true;
                    if kind == CandidateType::Relayed {
                        // A friend may relay before the peer has heard where this device is, and only that leads to a straight path.
                        self.missed.insert(peer);
                    }
                    turn.push(Output::SetPath { peer, to: remote });
                    let stored = Box::new(connection.to_stored());
                    turn.store(StoreAction::SavePeer { party: self.party, peer: stored });
                    if let Some(gain) = gain {
                        turn.notice(gain.news(connection.record.name.to_string()));
                    }
                }
                PathEvent::Lost { .. } => {
                    connection.note_lost(turn.now.instant);
                    Self::tell_away(turn, connection);
                    (self.path_lost, self.straight_lost, self.ways_changed) = (true, true, true);
                    self.missed.insert(peer);
                    found_nothing = true;
                }
                PathEvent::Farewell { leaves } => {
                    self.ways_changed = true;
                    connection.note_farewell(leaves);
                    Self::tell_away(turn, connection);
                    found_nothing = true;
                }
                PathEvent::RoundFailed { retry_at } => {
                    connection.note_failed(retry_at);
                    self.missed.insert(peer);
                    found_nothing = true;
                }
                PathEvent::Unresponsive { .. } => connection.note_unresponsive(),
                // The grade below says whether it is good again.
                PathEvent::Responsive { .. } => {}
                PathEvent::Doubled { to } => turn.push(Output::SetSecondPath { peer, to }),
                PathEvent::Mtu { mtu, .. } => turn.push(Output::SetPathMtu { peer, mtu }),
                PathEvent::Dormant | PathEvent::Awake => self.peers_moved = true,
                PathEvent::Pong { tag, rtt } => turn.push(Output::Pong { ticket: tag, rtt }),
            }
        }
        connection.grade();
        if found_nothing && connection.unlisted {
            self.disconnect_peer(turn, &peer);
        }
    }

    fn configure(&self, turn: &mut Turn<'_>, id: PeerId) {
        let Some(connection) = self.connections.get(&id) else { return };
        let theirs = connection.record.wireguard_key;
        let config = PeerConfig {
            id,
            public_key: theirs,
            preshared_key: self.secret.preshared_key(&self.private_key.public(), &theirs),
            virtual_ip: connection.record.virtual_ip,
        };
        turn.push(Output::AddPeer(config));
        if self.muted.contains(&id) {
            turn.push(Output::Mute { peer: id, is_muted: true });
        }
    }
}
